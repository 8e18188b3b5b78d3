// The board: a column for each status, a card for each sample. A card moves by mouse, by keys, or from its dialog.
import { h, newId, put, unseen } from "../../dom.js";
import { mover } from "../../own.js";
import { number, title } from "../../words.js";
import { drawCard, makeCard } from "./card.js";

/** The statuses, in the order in which a sample goes through them; what went wrong comes last. */
export const STATUSES = [
  "awaiting", "in_transit", "delayed", "received", "on_set", "shot", "returned", "damaged", "lost", "cancelled",
];

const HELP = "Arrow keys go from card to card. Shift and left or right move a card to the next status. Enter opens it.";
const KIND = "text/x-sample"; // of what is dragged

/** Makes the board of `rows` (a Map by id, kept by somebody else); call update(ids) when rows changed, null for all. */
export function makeBoard(rows, { open, params, signal }) {
  const cards = new Map(); // by id
  const move = mover("samples", rows, (row) => row.name || row.sku, update);
  const columns = new Map(STATUSES.map((status) => [status, makeColumn(status, (id) => move(id, status))]));
  const columnOf = (card) => columns.get(card.row.status);
  const cardAt = (element) => cards.get(element.closest(".card")?.dataset.id);
  const helpId = newId("help");
  const search = h("input", { type: "search", placeholder: "Name, SKU, look, place", "aria-label": "Find samples", value: params.get("q") ?? "", oninput: () => filter() });
  const heroes = h("input", { type: "checkbox", onchange: () => filter() });
  const found = h("span", { class: "quiet", role: "status" });
  const strip = h("div", { class: "columns" }, [...columns.values()].map((column) => column.element));
  const element = h(
    "div", { class: "board" },
    h("div", { class: "row" }, search, h("label", { class: "choice" }, heroes, "Heroes only"), found),
    h("p", { class: "quiet keys", id: helpId }, HELP),
    strip,
  );

  function update(ids) {
    if (ids === null) return fillAll();
    for (const id of ids) {
      if (rows.has(id)) place(draw(id));
      else drop(id);
    }
    count();
  }

  function fillAll() {
    const focused = document.activeElement && cardAt(document.activeElement);
    for (const id of [...cards.keys()]) if (!rows.has(id)) drop(id);
    const all = [...rows.keys()].map(draw).sort(inOrder);
    for (const [status, { list }] of columns) put(list, all.filter((card) => card.row.status === status).map((card) => card.item));
    count();
    focused?.button.focus();
  }

  function draw(id) {
    const row = rows.get(id);
    const card = cards.has(id) ? drawCard(cards.get(id), row) : makeCard(row, helpId);
    cards.set(id, card);
    match(card);
    return card;
  }

  function place(card) {
    const { list } = columnOf(card);
    const next = [...list.children].find((item) => item !== card.item && inOrder(card, cardAt(item.firstChild)) < 0) ?? null;
    if (card.item.parentNode === list && card.item.nextSibling === next) return;
    const focused = card.button === document.activeElement;
    if (card.item.parentNode !== list) card.button.tabIndex = -1; // no stop of its new column yet
    list.insertBefore(card.item, next);
    if (focused) card.button.focus();
  }

  function drop(id) {
    cards.get(id)?.item.remove();
    cards.delete(id);
  }

  let wanted = [];

  function filter() {
    wanted = search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    cards.forEach(match);
    count();
  }

  function match(card) {
    const hidden = !wanted.every((word) => card.text.includes(word)) || (heroes.checked && !card.row.is_hero);
    if (hidden !== card.hidden) card.item.hidden = card.hidden = hidden;
  }

  function count() {
    const counts = new Map(STATUSES.map((status) => [status, 0]));
    for (const card of cards.values()) if (!card.hidden) counts.set(card.row.status, counts.get(card.row.status) + 1);
    const seen = [...counts.values()].reduce((sum, one) => sum + one);
    put(found, seen < cards.size ? `${number(seen)} of ${number(cards.size)} samples` : `${number(seen)} samples`);
    for (const [status, column] of columns) {
      const now = counts.get(status);
      if (now !== column.counted) put(column.count, number(now), unseen(now === 1 ? " sample" : " samples"));
      column.counted = now;
      keepOneStop(column);
    }
  }

  /** Each column is one stop of the Tab key; arrows go on from there. */
  function keepOneStop(column, card = column.stop) {
    const valid = card && !card.hidden && cards.has(card.row.id) && columnOf(card) === column;
    const stop = valid ? card : visible(column)[0];
    if (stop === column.stop) return;
    if (column.stop && columnOf(column.stop) === column) column.stop.button.tabIndex = -1;
    column.stop = stop;
    if (stop) stop.button.tabIndex = 0;
  }

  const visible = ({ list }) => [...list.children].map((item) => cardAt(item.firstChild)).filter((card) => !card.hidden);

  function stepTo(card) {
    if (!card) return;
    keepOneStop(columnOf(card), card);
    card.button.focus();
    card.button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** The card beside this one: in its column, or at the same height in the next one that has any. */
  function neighbour(card, key) {
    const mine = visible(columnOf(card));
    const at = mine.indexOf(card);
    if (key === "ArrowUp" || key === "ArrowDown") return mine[at + (key === "ArrowDown" ? 1 : -1)];
    const place = STATUSES.indexOf(card.row.status);
    const order = key === "ArrowLeft" ? STATUSES.slice(0, place).reverse() : STATUSES.slice(place + 1);
    const next = order.map((status) => visible(columns.get(status))).find((all) => all.length);
    return next?.[Math.min(at, next.length - 1)];
  }

  strip.addEventListener("click", (event) => {
    const card = cardAt(event.target);
    if (card) open(card.row.id);
  });
  strip.addEventListener("dragstart", (event) => {
    event.dataTransfer.setData(KIND, cardAt(event.target).row.id);
    event.dataTransfer.effectAllowed = "move";
  });
  strip.addEventListener("keydown", (event) => {
    const card = cardAt(event.target);
    if (!card || !event.key.startsWith("Arrow") || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!event.shiftKey) stepTo(neighbour(card, event.key));
    else if (by) {
      const to = STATUSES[STATUSES.indexOf(card.row.status) + by];
      if (!to) return;
      move(card.row.id, to);
      stepTo(card);
    }
  });

  filter();
  fillAll();
  const asked = columns.get(params.get("status"));
  if (asked) {
    asked.element.classList.add("wanted");
    requestAnimationFrame(() => {
      if (!signal.aborted) asked.element.scrollIntoView({ block: "nearest", inline: "start" });
    });
  }
  return { element, update, move };
}

const inOrder = (one, other) => (one.key < other.key ? -1 : Number(one.key > other.key));

function makeColumn(status, take) {
  const headingId = newId("column");
  const count = h("span", { class: "count" });
  const list = h("ul", { "aria-labelledby": headingId });
  const element = h(
    "section", { class: `column ${status}`, dataset: { status } },
    h("h3", { id: headingId }, title(status), " ", count), list,
  );
  element.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes(KIND)) return;
    event.preventDefault();
    element.classList.add("over");
  });
  element.addEventListener("dragleave", (event) => { if (!element.contains(event.relatedTarget)) element.classList.remove("over"); });
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("over");
    take(event.dataTransfer.getData(KIND));
  });
  return { element, list, count, counted: null, stop: null };
}
