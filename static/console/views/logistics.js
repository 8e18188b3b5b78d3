// Logistics: where every sample is, how ready the shoot is, what endangers it, and in which order to shoot.
import { call, where } from "../api.js";
import { h, newId, put } from "../dom.js";
import { paced } from "../paced.js";
import { empty, failure, panel, renew, waiting } from "../parts.js";
import { recordDialog } from "../record.js";
import { documentOf, followRows } from "../records.js";
import { isoDay } from "../words.js";
import { showBlockers } from "./logistics/blockers.js";
import { STATUSES, makeBoard } from "./logistics/board.js";
import { factsOf, headingOf } from "./logistics/facts.js";
import { showOrder } from "./logistics/order.js";
import { showReadiness } from "./logistics/readiness.js";

// The shooting day that the order is planned for; kept while the page is open.
const plan = { date: null, from: "09:00", to: "19:00" };

export async function show(root, { params, signal }) {
  plan.date ??= isoDay(Date.now());
  const places = [h("div"), h("div"), h("div")];
  const [readiness, blockers, order] = places;
  let board = null;
  let open = null;

  const rows = await followRows("samples", (ids) => {
    if (board) {
      board.update(ids);
      analyseSoon();
    } else build(); // the first sample of all
  }, signal);

  const analyse = async () => {
    const answer = await call("logistics-analyzer", {
      ...where(),
      sampleList: [...rows.values()].map(documentOf),
      options: plan.date && { dayStartAt: `${plan.date}T${plan.from}`, dayEndAt: `${plan.date}T${plan.to}` },
      contextId: "console",
    }, { signal });
    if (signal.aborted) return;
    renew(readiness, showReadiness(answer.readiness, signal));
    renew(blockers, showBlockers(answer, signal, open));
    renew(order, showOrder(answer.batching, rows, signal));
  };
  const analyseSoon = paced(analyse, (trouble) => {
    for (const place of places) put(place, failure(trouble, analyseSoon));
  }, signal);

  const build = () => {
    if (!rows.size) {
      put(root, empty("No samples yet.", "They appear here as soon as somebody adds them: import a list, or add them through the API."));
      return;
    }
    const dialog = recordDialog(STATUSES, (id, status) => board.move(id, status));
    open = (id) => {
      const row = rows.get(id);
      if (row) dialog.open(row, headingOf(row), factsOf(row));
    };
    board = makeBoard(rows, { open, params, signal });
    put(
      root,
      panel("Board", { class: "board-panel" }, board.element),
      h(
        "div", { class: "panels" },
        panel("Readiness", {}, readiness),
        panel("Blockers", {}, blockers),
        panel("Shoot order", { class: "wide" }, planForm(analyseSoon), order),
      ),
      dialog.element,
    );
    for (const place of places) put(place, waiting("Computing…"));
    if (params.get("id")) open(params.get("id"));
    analyseSoon();
  };
  build();
}

/** Which day the order is for, and its hours. */
function planForm(changed) {
  const field = (label, name, type) => {
    const id = newId("plan");
    const input = h("input", { id, type, value: plan[name], required: true, onchange: () => {
      if (!input.value) return;
      plan[name] = input.value;
      changed();
    } });
    return h("div", { class: "field" }, h("label", { for: id }, label), input);
  };
  return h("div", { class: "row plan" }, field("Day", "date", "date"), field("From", "from", "time"), field("Until", "to", "time"));
}
