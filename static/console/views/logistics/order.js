// In which order to shoot: a lane for each day with its setups and the minutes of changing over, and the same as a list.
import { h, s } from "../../dom.js";
import { empty } from "../../parts.js";
import { fitted, moments, picture, scale, tick } from "../../svg.js";
import { day, minutes, number, plural, time, title } from "../../words.js";

const LANE = 44;
const AXIS = 24;
const SIDE = 20; // half a label

export function showOrder(plan, rows, signal) {
  if (!plan.batches.length) return empty("There is nothing to shoot yet.", "What is received or on set gets its place here.");
  const saved = plan.timeSavedMinutes > 0 && `, ${minutes(plan.timeSavedMinutes)} less than in the order of the list`;
  return [
    h(
      "p", {}, `${plural(plan.batches.length, "setup")}: ${minutes(plan.shootMinutes)} of shooting and `,
      `${minutes(plan.changeoverMinutes)} of changing over${saved || ""}.`,
      plan.overtimeMinutes > 0 && ` ${minutes(plan.overtimeMinutes)} do not fit into the first day: ${plural(plan.daysNeeded, "day")} are needed.`,
    ),
    days(plan.batches).map((batches) => lane(batches, signal)),
    h("ol", { class: "batches" }, plan.batches.map((batch) => setup(batch, rows))),
    plan.deferred.length > 0 && h(
      "details", {}, h("summary", {}, `Not planned: ${plural(plan.deferred.length, "sample")}`),
      h("ul", {}, plan.deferred.map((one) => h("li", {}, `${nameOf(one.sampleId, rows)}: ${title(one.reason).toLowerCase()}`))),
    ),
  ];
}

const nameOf = (id, rows) => rows.get(id)?.name || rows.get(id)?.sku || id;

function days(batches) {
  const byDay = new Map();
  for (const batch of batches) byDay.set(batch.day, [...byDay.get(batch.day) ?? [], batch]);
  return [...byDay.values()];
}

function lane(batches, signal) {
  const starts = batches.map((batch) => new Date(batch.startAt).getTime());
  const ends = batches.map((batch) => new Date(batch.endAt).getTime());
  const from = starts[0] - batches[0].changeoverMinutes * 60_000;
  const heading = day(starts[0]);
  const label = `${heading}, ${time(from)} to ${time(ends.at(-1))}: ` + batches.map((batch) =>
    `${batch.changeoverMinutes ? `${minutes(batch.changeoverMinutes)} of changing over, then ` : ""}setup ${batch.order} until ${time(batch.endAt)}`).join("; ");
  return h("figure", { class: "lane" }, h("figcaption", {}, heading), fitted((width) => {
    const x = scale([from, ends.at(-1)], [SIDE, width - SIDE]);
    return picture(
      label, width, LANE + AXIS,
      moments(from, ends.at(-1), width / 70).map(({ at, label: text }) => [
        s("line", { class: "grid", x1: x(at), x2: x(at), y1: 0, y2: LANE + 4 }),
        tick(text, x(at), LANE + 18, width),
      ]),
      batches.map((batch, index) => block(batch, x(starts[index] - batch.changeoverMinutes * 60_000), x(starts[index]), x(ends[index]))),
    );
  }, signal));
}

function block(batch, changing, start, end) {
  const middle = LANE / 2 + 4;
  const change = start - changing;
  return [
    batch.changeoverMinutes > 0 && s("g", {},
      s("rect", { class: "changeover", x: changing + 1, y: 10, width: Math.max(1, change - 2), height: LANE - 20 }),
      change > 18 && s("text", { class: "on-changeover", x: changing + change / 2, y: middle, "text-anchor": "middle" }, number(batch.changeoverMinutes)),
      s("title", {}, `Changing over: ${minutes(batch.changeoverMinutes)}`)),
    s("g", {},
      s("rect", { class: batch.heroCount ? "setup hero" : "setup", x: start, y: 2, width: Math.max(2, end - start - 1), height: LANE - 4, rx: 3 }),
      end - start > 14 && s("text", { class: "on-setup", x: (start + end) / 2, y: middle, "text-anchor": "middle" }, batch.order),
      s("title", {}, `${batch.order}. ${batch.label}: ${time(batch.startAt)}–${time(batch.endAt)}`)),
  ];
}

function setup(batch, rows) {
  const hero = batch.heroCount ? `, ${plural(batch.heroCount, "hero", "heroes")}` : "";
  return h(
    "li", {},
    batch.changeoverMinutes > 0 && h("p", { class: "quiet changing" }, `${minutes(batch.changeoverMinutes)} of changing over`),
    h("p", { class: "head" }, h("strong", {}, batch.label), h("span", { class: "when" }, `${time(batch.startAt)}–${time(batch.endAt)}`)),
    h("details", {}, h("summary", {}, `${plural(batch.sampleCount, "sample")}${hero}, ${minutes(batch.shootMinutes)}`),
      h("p", {}, batch.sampleIds.map((id) => nameOf(id, rows)).join(", "))),
  );
}
