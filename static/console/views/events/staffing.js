// Who is there when: a lane for each shift, its gaps with what they endanger, and who could fill them.
import { h, s } from "../../dom.js";
import { empty, severity } from "../../parts.js";
import { fitted, moments, picture, scale, table, tick } from "../../svg.js";
import { day, moment, plural, time, title } from "../../words.js";

const LANE = 30;
const AXIS = 22;
const EDGE = 20;
const LEVELS = { critical: "critical", high: "critical", medium: "warning", low: "info" };

export function showStaffing(shifts, summary, names, signal) {
  if (!summary || !shifts.length) return empty("No shifts yet.", "Say for each role from when to when how many people are needed.");
  const gaps = shifts.filter((shift) => shift.gap > 0 || shift.conflicts.length);
  const who = (id) => names.get(id) ?? id;
  return [
    h("p", {}, `${summary.assigned} of ${plural(summary.required, "place")} taken. `,
      summary.gap ? `${plural(summary.gap, "place")} open` : "Nothing open",
      summary.conflicts > 0 && `, ${plural(summary.conflicts, "conflict")}`, ".",
      summary.peakGapAt && ` The widest gap is at ${moment(summary.peakGapAt)}.`),
    gaps.length > 0 && h("ol", { class: "blockers" }, gaps.map((shift) => gapOf(shift, who))),
    summary.proposal.length > 0 && [
      h("h3", {}, "Who could fill them"),
      h("ul", { class: "next" }, summary.proposal.map((one) => h(
        "li", {}, `${who(one.personId)}: ${shiftName(shifts.find((shift) => shift.shiftId === one.shiftId))}`,
        one.replacesPersonId && `, in the place of ${who(one.replacesPersonId)}`,
      ))),
    ],
    summary.unfillable > 0 && h("p", { class: "quiet" }, `For ${plural(summary.unfillable, "place")} nobody on the list is free and able: somebody has to be booked.`),
    lanes(shifts, signal),
    h("details", {}, h("summary", {}, "The shifts as a table"), table(
      "Shifts", ["Role", "From", "Until", "Needed", "There", "Gap"],
      shifts.map((shift) => [title(shift.role), shift.startAt ? moment(shift.startAt) : "–", shift.endAt ? moment(shift.endAt) : "–", shift.required, shift.validAssigned, shift.gap || "–"]),
    )),
  ];
}

const shiftName = (shift) => shift ? `${title(shift.role)}${shift.startAt ? `, ${moment(shift.startAt)}–${time(shift.endAt)}` : ""}` : "a shift";

function gapOf(shift, who) {
  return h(
    "li", {},
    h("p", { class: "head" }, h("strong", {}, shiftName(shift)), severity(LEVELS[shift.severity], { word: title(shift.severity) })),
    h("p", {}, `${shift.validAssigned} of ${shift.required} there.`, shift.conflicts.map((one) => ` ${one.message}`)),
    shift.suggestions.length > 0 && h("p", { class: "quiet" }, "Could take it: ", shift.suggestions.map((one) => one.name ?? who(one.personId)).join(", ")),
  );
}

function lanes(shifts, signal) {
  const timed = shifts.filter((shift) => shift.startAt && shift.endAt).sort((one, other) => one.startAt.localeCompare(other.startAt));
  const days = Map.groupBy(timed, (shift) => day(shift.startAt));
  return [...days].map(([heading, of]) => h(
    "figure", { class: "lane" }, h("figcaption", {}, heading),
    fitted((width) => draw(heading, of, width), signal),
  ));
}

function draw(heading, shifts, width) {
  const from = Math.min(...shifts.map((shift) => new Date(shift.startAt)));
  const to = Math.max(...shifts.map((shift) => new Date(shift.endAt)));
  const x = scale([from, to], [EDGE, width - EDGE]);
  const label = `${heading}: ` + shifts.map((shift) => `${shift.role} ${shift.validAssigned} of ${shift.required}`).join(", ");
  return picture(
    label, width, AXIS + shifts.length * LANE,
    moments(from, to, width / 80).map(({ at, label: text }) => [
      s("line", { class: "grid", x1: x(at), x2: x(at), y1: AXIS - 6, y2: AXIS + shifts.length * LANE }),
      tick(text, x(at), 10, width),
    ]),
    shifts.map((shift, index) => {
      const left = x(new Date(shift.startAt));
      const length = Math.max(4, x(new Date(shift.endAt)) - left);
      const y = AXIS + index * LANE;
      const text = `${shift.gap ? "△ " : ""}${title(shift.role)} ${shift.validAssigned}/${shift.required}`;
      // A short bar has its words beside it, on the side where there is room.
      const beside = length < text.length * 7;
      const end = beside && left + length + text.length * 7 > width;
      return s("g", { class: shift.gap ? "shift short" : "shift" },
        s("rect", { x: left, y: y + 3, width: length, height: LANE - 6, rx: 3 }),
        s("text", { x: beside ? (end ? left - 6 : left + length + 6) : left + 8, y: y + LANE / 2 + 4, "text-anchor": end ? "end" : "start" }, text));
    }),
  );
}
