// The dialog of one record: what is known of it, and every status that it can be put into; the way for touch screens, too.
import { h, newId, put } from "./dom.js";
import { title } from "./words.js";

/** `move(id, status)` puts a record into another status; open it with its row, its heading and [term, value] facts, and what `more` there is to show. */
export function recordDialog(statuses, move) {
  const headingId = newId("record");
  const element = h("dialog", { class: "record", "aria-labelledby": headingId });
  const open = (row, heading, facts, ...more) => {
    put(
      element,
      h("h2", { id: headingId }, heading),
      h("dl", {}, facts.filter(([, value]) => value).map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value)))),
      more,
      h(
        "fieldset", {}, h("legend", {}, "Status"),
        h("div", { class: "row" }, statuses.map((status) =>
          h("button", { type: "button", "aria-pressed": String(status === row.status), onclick: () => { element.close(); move(row.id, status); } }, title(status)))),
      ),
      h("div", { class: "row end" }, h("button", { type: "button", class: "primary", onclick: () => element.close() }, "Close")),
    );
    element.showModal();
  };
  return { element, open };
}
