// Small pieces that every view uses, so that they look and speak alike.
import { h, put } from "./dom.js";

// A shape for each severity: colour never says it alone.
const SHAPES = { info: "○", success: "✓", warning: "△", critical: "◆" };
const NAMES = { info: "Information", success: "Good news", warning: "Warning", critical: "Critical" };

/** The mark of a severity: shape and word. `brief` leaves the word to screen readers. */
export function severity(name = "info", { brief = false, word = NAMES[name] } = {}) {
  return h("span", { class: `severity ${name}` }, h("span", { "aria-hidden": "true" }, SHAPES[name] ?? SHAPES.info), h("span", { class: brief ? "unseen" : null }, word));
}

/** What a view shows where there is nothing: what would be here, and how it comes. */
export function empty(what, ...how) {
  return h("div", { class: "empty" }, h("p", { class: "what" }, what), how.length > 0 && h("p", {}, ...how));
}

/** What a view shows while it waits. */
export function waiting(what = "Loading…") {
  return h("p", { class: "waiting", role: "status" }, h("span", { class: "spinner", "aria-hidden": "true" }), what);
}

/** What went wrong, and what to do; `again` is offered as a button. */
export function failure(trouble, again) {
  return h(
    "div", { class: "notice critical", role: "alert" },
    h("p", {}, severity("critical", { brief: true, word: "Error" }), " ", h("strong", {}, trouble.message)),
    trouble.advice && h("p", {}, trouble.advice),
    again && h("button", { type: "button", onclick: again }, "Try again"),
  );
}

/** A box with a heading, in which a view shows one thing. */
export function panel(heading, attributes = {}, ...children) {
  return h("section", { ...attributes, class: `panel ${attributes.class ?? ""}` }, h("h2", {}, heading), ...children);
}

/** The first few of a long list, the others behind "36 more"; `list(items)` makes either. */
export function fewOf(items, list, most = 6) {
  if (items.length <= most + 1) return list(items);
  return [list(items.slice(0, most)), h("details", {}, h("summary", {}, `${items.length - most} more`), list(items.slice(most)))];
}

/** Puts what was computed anew in the place of what was there: details stay open or closed, and the focus where it was. */
export function renew(place, ...children) {
  const nameOf = (element) => element.dataset.id ?? element.textContent.replace(/\d+/g, "");
  const details = () => [...place.querySelectorAll("details")];
  const before = new Map(details().map((one) => [nameOf(one.firstChild), one.open]));
  const focused = place.contains(document.activeElement) && nameOf(document.activeElement);
  put(place, ...children);
  for (const one of details()) one.open = before.get(nameOf(one.firstChild)) ?? one.open;
  if (focused) [...place.querySelectorAll("button, summary, a")].find((one) => nameOf(one) === focused)?.focus({ preventScroll: true });
}
