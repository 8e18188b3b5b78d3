// Charts: SVG with a text alternative each, drawn anew in the width that there is.
import { h, put, s } from "./dom.js";
import { day, isoDay, midnight, time, zone } from "./words.js";

/** An SVG picture in CSS pixels; `label` is what a screen reader says in its place. */
export function picture(label, width, height, ...marks) {
  return s("svg", { role: "img", "aria-label": label, viewBox: `0 0 ${width} ${height}`, width, height }, marks);
}

/** Keeps a chart as wide as its place: draw(width) makes it anew whenever that changes. */
export function fitted(draw, signal) {
  const place = h("div", { class: "fitted" });
  let last = 0;
  const observer = new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (width === last || width === 0) return;
    last = width;
    put(place, draw(width));
  });
  observer.observe(place);
  signal.addEventListener("abort", () => observer.disconnect());
  return place;
}

/** A chart with its numbers as a table, for whoever wants them: rows of texts below the heads. */
export function withTable(chart, caption, heads, rows) {
  return h(
    "figure", {}, chart,
    h("details", {}, h("summary", {}, `${caption} as a table`), table(caption, heads, rows)),
  );
}

export function table(caption, heads, rows) {
  return h(
    "div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table", {}, h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, cell))))),
    ),
  );
}

/** A linear scale: scale([0, 100], [10, 200])(50) -> 105. */
export function scale([low, high], [from, to]) {
  const span = high - low || 1;
  return (value) => from + ((value - low) / span) * (to - from);
}

const STEPS = [15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map((count) => count * 60_000);

/** What a mark on an axis says, centred on its place as far as the width lets it. */
export function tick(label, x, y, width) {
  const half = label.length * 3.5;
  return s("text", { x: Math.max(half, Math.min(x, width - half)), y, "text-anchor": "middle" }, label);
}

/** Round moments between two, `most` of them at most: { at, label }; the first of a day is labelled with the day. */
export function moments(from, to, most, timeZone = zone()) {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? STEPS.at(-1);
  const marks = [];
  let last = isoDay(from, timeZone);
  const start = midnight(from, timeZone); // a step is counted from it, so that days begin where people see them begin
  for (let at = start + Math.ceil((from - start) / step) * step; at <= to; at += step) {
    const of = isoDay(at, timeZone);
    marks.push({ at, label: step >= 86_400_000 || of !== last ? day(at, timeZone) : time(at, timeZone) });
    last = of;
  }
  return marks;
}

/** One bar of shares: parts are { value, class, label }; what each is stands in a legend beside it. */
export function stacked(label, width, height, parts) {
  const total = parts.reduce((sum, part) => sum + part.value, 0);
  const x = scale([0, total], [0, width]);
  let sum = 0;
  const bars = parts.filter((part) => part.value > 0).map((part) => {
    const left = x(sum);
    sum += part.value;
    return s("rect", { class: part.class, x: left, y: 0, width: Math.max(0, x(sum) - left - 1), height, rx: 1.5 }, s("title", {}, part.label));
  });
  return picture(label, width, height, bars);
}
