// A proposal: what would change, field by field, and the two ways to answer it. Nothing changes before it is confirmed.
import { call } from "../../api.js";
import { h, newId, put } from "../../dom.js";
import { failure, severity, waiting } from "../../parts.js";
import { table } from "../../svg.js";
import { moment, number, plural, title } from "../../words.js";

const SHOWN = 8; // changes that are listed at once; the others fold away
const MOMENT = /^\d{4}-\d\d-\d\dT/;

export function offerOf(answer, { ask, signal }) {
  const { proposal } = answer.meta;
  const target = answer.actions?.find((one) => one.target.startsWith("/confirm"))?.target;
  const box = h("section", { class: "offer", "aria-label": "Proposed change" });
  const said = h("div", { role: "status" });
  put(box, changes(proposal), proposal.warning && h("p", { class: "notice" }, severity("warning"), " ", proposal.warning), said);
  if (!target) return box;
  const token = new URL(target, location.origin).searchParams.get("token");
  const count = proposal.needsTypedCount && countField(proposal);
  const buttons = h(
    "form", {
      class: "row",
      onsubmit: (event) => {
        event.preventDefault();
        confirm(count ? Number(count.input.value) : undefined);
      },
    },
    count?.element,
    h("button", { class: "primary" }, "Confirm"),
    h("button", { type: "button", onclick: () => { buttons.remove(); ask("no"); } }, "Cancel"),
  );
  box.append(buttons);

  async function confirm(typed) {
    buttons.hidden = true;
    put(said, waiting("Changing…"));
    try {
      const done = await call("action-confirm", { token, count: typed }, { signal });
      put(said, h("p", {}, severity(done.applied ? "success" : "info", { word: done.applied ? "Done" : "Confirmed" }), " ", done.content),
        !done.applied && h("p", { class: "quiet" }, "This page has nothing of its own that it could change: your app would do it now."));
      buttons.remove();
    } catch (trouble) {
      if (signal.aborted) return;
      put(said, failure(trouble));
      buttons.hidden = !(trouble.code === "count_required" || !trouble.status || trouble.status >= 429);
    }
  }

  // Whoever wrote "yes" has confirmed already.
  if (answer.meta.skill === "dialog.affirm" && answer.type === "action" && !proposal.needsTypedCount) confirm();
  return box;
}

function countField({ count }) {
  const id = newId("count");
  const input = h("input", { id, type: "text", inputmode: "numeric", pattern: `\\s*${count}\\s*`, required: true, size: 6, autocomplete: "off", title: `Type ${count}` });
  return { input, element: h("div", { class: "field" }, h("label", { for: id }, `Type ${count} to confirm`), input) };
}

function changes({ changes: all, count }) {
  if (!all.length) return null;
  const rows = all.map((one) => [one.label || "New", title(one.field), value(one.old), value(one.new)]);
  const heads = ["What", "Field", "Now", "Then"];
  return [
    h("p", {}, h("strong", {}, `What would change: ${plural(count, "record")}`)),
    table("What would change", heads, rows.slice(0, SHOWN)),
    rows.length > SHOWN && h("details", {}, h("summary", {}, `${number(rows.length - SHOWN)} more`), table("More of what would change", heads, rows.slice(SHOWN))),
  ];
}

function value(it) {
  if (it === null || it === undefined || it === "") return "–";
  if (it === true || it === false) return it ? "yes" : "no";
  if (Array.isArray(it)) return it.join(", ") || "–";
  if (typeof it === "string") return MOMENT.test(it) ? moment(it) : it.replaceAll("_", " ");
  return number(it);
}
