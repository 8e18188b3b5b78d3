// The contact sheet: every picture with its score; chosen by arrows, approved and rejected by a key.
import { h, newId, put } from "../../dom.js";
import { empty } from "../../parts.js";
import { number, title } from "../../words.js";
import { thumbnail } from "./pictures.js";
import { verdict } from "./score.js";

const HELP = "Arrow keys go from picture to picture. A approves, R rejects, Enter opens it.";
const ORDERS = {
  score: ["Best first", (one, other) => (other.score?.score ?? -1) - (one.score?.score ?? -1)],
  newest: ["Newest first", (one, other) => other.row.created_at.localeCompare(one.row.created_at)],
  name: ["By name", (one, other) => one.row.file_name.localeCompare(other.row.file_name)],
};

// Kept while the page is open.
const wish = { order: "score", status: "" };

/** The sheet of `rows` (a Map by id); call update(ids) when rows changed, update(null) for all and for new scores. */
export function contactSheet(rows, { scores, ranks, watcher, open, move, params }) {
  const cards = new Map();
  const helpId = newId("help");
  wish.status = params.get("status") ?? wish.status;
  const search = h("input", { type: "search", placeholder: "Name, SKU, tag", "aria-label": "Find pictures", value: params.get("q") ?? "", oninput: () => arrange() });
  const status = h("select", { "aria-label": "Status", onchange: () => { wish.status = status.value; arrange(); } });
  const order = h("select", { "aria-label": "Order", onchange: () => { wish.order = order.value; arrange(); } },
    Object.entries(ORDERS).map(([name, [label]]) => h("option", { value: name, selected: name === wish.order }, label)));
  const found = h("span", { class: "quiet", role: "status" });
  const list = h("ul", { class: "contacts" });
  const none = h("div", {});

  function draw(id) {
    const row = rows.get(id);
    const card = cards.get(id) ?? {};
    card.button ??= h("button", { type: "button", class: "contact", tabindex: "-1", "aria-describedby": helpId, dataset: { id } });
    card.item ??= h("li", {}, card.button);
    if (card.row?.updated_at !== row.updated_at || !card.thumb) card.thumb = thumbnail(row, watcher);
    card.row = row;
    card.score = scores().get(id);
    card.text = [row.file_name, row.sku, row.color, row.angle, ...row.tags].join(" ").toLowerCase();
    const rank = ranks().get(id);
    put(
      card.button, card.thumb,
      h("span", { class: "name" }, row.file_name),
      h("span", { class: "about" }, scoreOf(card)),
      h("span", { class: "about" }, title(row.status), rank && h("span", { class: "rank" }, ` · Select ${rank}`)),
    );
    cards.set(id, card);
  }

  function update(ids) {
    for (const id of cards.keys()) if (!rows.has(id)) cards.delete(id);
    for (const id of ids ?? rows.keys()) if (rows.has(id)) draw(id);
    const statuses = [...new Set([...rows.values()].map((row) => row.status))].sort();
    put(status, h("option", { value: "" }, "Any status"), statuses.map((one) => h("option", { value: one, selected: one === wish.status }, title(one))));
    arrange();
  }

  function arrange() {
    const wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const seen = [...cards.values()]
      .filter(({ row, text }) => wanted.every((word) => text.includes(word)) && (wish.status ? row.status === wish.status : row.status !== "archived"))
      .sort(ORDERS[wish.order][1]);
    const focused = document.activeElement?.dataset?.id;
    put(list, seen.map((card) => card.item));
    put(none, !seen.length && (rows.size ? empty("No picture fits.", "Take a word away, or choose another status.") : empty("No pictures yet.", "Drop some above.")));
    put(found, `${number(seen.length)} of ${number(rows.size)} pictures`);
    const stop = cards.get(focused)?.item.isConnected ? cards.get(focused) : seen[0];
    for (const card of seen) card.button.tabIndex = card === stop ? 0 : -1;
    if (focused && stop?.row.id === focused) stop.button.focus({ preventScroll: true });
  }

  function stepTo(button) {
    if (!button) return;
    for (const other of list.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    button.tabIndex = 0;
    button.focus();
  }

  list.addEventListener("click", (event) => {
    const button = event.target.closest(".contact");
    if (button) open(button.dataset.id);
  });
  list.addEventListener("keydown", (event) => {
    const button = event.target.closest(".contact");
    if (!button || event.altKey || event.ctrlKey || event.metaKey) return;
    const all = [...list.children].map((item) => item.firstChild);
    const across = Math.max(1, all.filter((one) => one.offsetTop === all[0].offsetTop).length);
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
    const to = { a: "approved", r: "rejected" }[event.key.toLowerCase()];
    if (by) stepTo(all[all.indexOf(button) + by]);
    else if (to) move(button.dataset.id, to);
    else return;
    event.preventDefault();
  });

  update(null);
  return {
    update,
    element: h("div", { class: "contact-sheet" }, h("div", { class: "row" }, search, status, order, found), h("p", { class: "quiet keys", id: helpId }, HELP), list, none),
  };
}

function scoreOf({ row, score }) {
  if (row.status === "processing") return "Measuring…";
  if (row.measure_error) return "Cannot be measured";
  return score ? verdict(score) : "No score yet";
}
