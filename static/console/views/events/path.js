// When the plan ends, what blocks doors, and what to do next.
import { h } from "../../dom.js";
import { empty, severity } from "../../parts.js";
import { minutes, moment, number, percent, plural } from "../../words.js";
import { gantt } from "./gantt.js";

const STATES = {
  on_track: ["success", "On track"], tight: ["warning", "Tight"], at_risk: ["warning", "At risk"],
  late: ["critical", "Late"], done: ["success", "Done"],
};
const HIGH = 50; // severity score, of 100

export function showPath(report, plan, { open, signal }) {
  if (!report.tasks.length) return empty("No tasks yet.", "Add them to the event, and what waits for what.");
  if (!report.valid) return cycles(report, plan);
  const [level, word] = STATES[report.status] ?? ["info", report.status];
  const likely = report.simulation?.probabilityByDeadline ?? report.pert?.probabilityByDeadline;
  return [
    h(
      "p", { class: "verdict" }, severity(level, { word }), " ",
      `The last task ends ${moment(report.projectFinishAt)}`,
      report.slackMinutes != null && (report.slackMinutes >= 0 ? `, ${minutes(report.slackMinutes)} before the deadline` : `, ${minutes(-report.slackMinutes)} after the deadline`),
      likely != null && `; in time with a probability of ${percent(likely * 100)}`, ".",
    ),
    gantt(report, plan, { open, signal }),
  ];
}

function cycles(report, plan) {
  const name = (id) => plan.tasks.get(id)?.title ?? id;
  return h(
    "div", { class: "notice critical", role: "alert" },
    h("p", {}, h("strong", {}, "Tasks wait for each other in a circle, so nothing can be planned.")),
    h("ul", {}, report.cycles.map((cycle) => h("li", {}, [...cycle, cycle[0]].map(name).join(" → ")))),
    h("p", {}, "Take one of these dependencies away."),
  );
}

export function showPathBlockers(report, open) {
  const name = (task) => report.tasks.find((one) => one.taskId === task.taskId)?.name ?? task.taskId;
  return [
    report.blockers.length
      ? h("ol", { class: "blockers" }, report.blockers.map((one) => h(
        "li", {},
        h("p", { class: "head" },
          h("button", { type: "button", class: "link", onclick: () => open(one.taskId) }, name(one)),
          severity(one.severityScore >= HIGH ? "critical" : "warning", { word: number(one.severityScore) })),
        h("p", {}, one.message),
      )))
      : empty("Nothing blocks doors."),
    report.nextActions.length > 0 && [
      h("h3", {}, plural(report.nextActions.length, "task that can start", "tasks that can start")),
      h("ul", { class: "next" }, report.nextActions.map((one) => h(
        "li", {}, h("button", { type: "button", class: "link", onclick: () => open(one.taskId) }, one.label), h("p", { class: "quiet" }, one.reason),
      ))),
    ],
  ];
}
