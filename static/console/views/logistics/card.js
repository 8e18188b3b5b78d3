// A card of the board: what a sample is called, where it is, and whether it comes in time.
import { h, put } from "../../dom.js";
import { moment, title } from "../../words.js";

const PENDING = new Set(["awaiting", "in_transit", "delayed"]);

/** Makes the card of a sample: { item, button, row, key, text, hidden }. Cards stand in the order of their keys. */
export function makeCard(row, helpId) {
  const button = h("button", { type: "button", class: "card", draggable: "true", tabindex: "-1", "aria-describedby": helpId, dataset: { id: row.id } });
  const card = { button, item: h("li", {}, button), hidden: false };
  return drawCard(card, row);
}

/** Draws the card of a row anew. */
export function drawCard(card, row) {
  const name = row.name || row.sku || "Unnamed";
  card.row = row;
  // Heroes first, then by when they are needed.
  card.key = [row.is_hero ? 0 : 1, row.needed_at ?? "9999", name.toLowerCase(), row.id].join("\0");
  card.text = [row.name, row.sku, row.location, row.holder, row.category, ...row.look_ids].join(" ").toLowerCase();
  put(
    card.button,
    h("span", { class: "name" }, row.is_hero && [h("span", { class: "hero" }, "Hero"), " "], name),
    h("span", { class: "about" }, h("span", { class: "swatch", style: { "--swatch": row.details?.colorHex ?? "transparent" }, "aria-hidden": "true" }), row.location || title(row.category)),
    when(row),
  );
  return card;
}

function when(row) {
  if (PENDING.has(row.status) && row.expected_at) {
    const late = row.needed_at && row.expected_at > row.needed_at;
    return h("span", { class: late ? "about late" : "about" }, `Expected ${moment(row.expected_at)}`, late && ", too late");
  }
  return row.needed_at && h("span", { class: "about" }, `Needed ${moment(row.needed_at)}`);
}
