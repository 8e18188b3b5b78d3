// Events: the critical path, what blocks doors, who is there when, the run of show, and the call sheet.
import { call, where } from "../api.js";
import { h, newId, put } from "../dom.js";
import { mover } from "../own.js";
import { paced } from "../paced.js";
import { empty, failure, panel, renew, severity, waiting } from "../parts.js";
import { recordDialog } from "../record.js";
import { minutes, moment, span, time, title, zone } from "../words.js";
import { showPath, showPathBlockers } from "./events/path.js";
import { TASK_STATUSES, eventDocument, followPlan, namesOf, readEvents, zoneOf } from "./events/plan.js";
import { callSheet } from "./events/sheet.js";
import { showRun } from "./events/show.js";
import { showStaffing } from "./events/staffing.js";

const PANELS = { staffing: "staffing", "run-of-show": "run" }; // pages of the app that are a panel here

export async function show(root, { params, signal }) {
  const events = await readEvents();
  if (!events.length) {
    put(root, empty("No events yet.", "They appear here as soon as somebody makes one, or invites you to it."));
    return;
  }
  const event = events.find(({ id }) => id === params.get("event") || id === params.get("id")) ?? events[0];
  let changed = () => {};
  const plan = await followPlan(event, () => changed(), signal);
  const analyse = () => call("events-optimizer", {
    event: eventDocument(plan), analysisType: "all", options: { includeFilled: true }, ...where(), contextId: `console ${event.id}`,
  }, { signal });
  if (params.has("sheet")) {
    const { runOfShow } = await analyse();
    if (!signal.aborted) put(root, callSheet(runOfShow, event, namesOf(plan), `#/events?event=${event.id}`));
    return;
  }

  const places = Object.fromEntries(["path", "blockers", "staffing", "run"].map((name) => [name, h("div")]));
  const panels = {
    path: panel("Critical path", { class: "wide" }, places.path),
    blockers: panel("What blocks doors", {}, places.blockers),
    staffing: panel("Staffing", {}, places.staffing),
    run: panel("Run of show", { class: "wide" }, places.run),
  };
  let report = null;
  const dialog = recordDialog(TASK_STATUSES, mover("event_tasks", plan.tasks, (task) => task.title, redraw));

  function open(id) {
    const task = plan.tasks.get(id);
    if (task) dialog.open(task, task.title, factsOf(task, plan, report?.tasks.find((one) => one.taskId === id)));
  }

  function redraw() {
    if (report) renew(places.path, showPath(report, plan, { open, signal }));
  }

  const analyseSoon = paced(async () => {
    const answer = await analyse();
    if (signal.aborted) return;
    const names = namesOf(plan);
    report = answer.criticalPath;
    redraw();
    renew(places.blockers, showPathBlockers(report, open));
    renew(places.staffing, showStaffing(answer.staffing, answer.staffingSummary, names, signal));
    renew(places.run, showRun(answer.runOfShow, names, signal));
  }, (trouble) => {
    for (const place of Object.values(places)) put(place, failure(trouble, analyseSoon));
  }, signal);
  changed = () => { redraw(); analyseSoon(); };

  for (const place of Object.values(places)) put(place, waiting("Computing…"));
  put(root, head(event, events), h("div", { class: "panels" }, panels.path, panels.blockers, panels.staffing, panels.run), dialog.element);
  analyseSoon();
  open(params.get("id"));
  const wanted = panels[PANELS[params.get("page")]];
  if (wanted) requestAnimationFrame(() => wanted.scrollIntoView({ block: "start" }));
}

/** Which event, and when. */
function head(event, events) {
  const id = newId("event");
  const doors = event.doors_at && new Date(event.doors_at) - Date.now();
  const times = [["Doors", event.doors_at], ["Show", event.start_at], ["Deadline", event.deadline_at]].filter(([, at]) => at);
  return h(
    "div", { class: "row event-head" },
    events.length > 1
      ? h("div", { class: "field" }, h("label", { for: id }, "Event"), h(
        "select", { id, onchange: ({ target }) => { location.hash = `#/events?event=${target.value}`; } },
        events.map((one) => h("option", { value: one.id, selected: one === event }, one.name)),
      ))
      : h("h2", {}, event.name),
    h("p", {}, severity("info", { word: title(event.status) }), times.map(([word, at]) => h("span", { class: "time" }, `${word} `, h("strong", {}, moment(at)))),
      doors > 0 && h("span", { class: "time" }, "Doors in ", h("strong", {}, span(doors / 60_000)))),
    h("a", { class: "button", href: `#/events?event=${event.id}&sheet=1` }, "Call sheet"),
    isElsewhere(event) && h("p", { class: "quiet" }, `Times are in ${zone().replaceAll("_", " ")}, those of the call sheet in ${zoneOf(event).replaceAll("_", " ")}, where the event is. Settings change yours.`),
  );
}

/** Whether clocks at the event show another time than those of this page. */
const isElsewhere = (event) => time(event.start_at ?? Date.now(), zoneOf(event)) !== time(event.start_at ?? Date.now());

function factsOf(task, plan, computed) {
  const linked = (mine, other) => plan.links.filter((link) => link[mine] === task.id).map((link) => plan.tasks.get(link[other])?.title).filter(Boolean).join(", ");
  return [
    ["Owner", task.owner_name],
    ["Due", task.due_at && moment(task.due_at)],
    ["Takes", task.duration_minutes != null && minutes(task.duration_minutes)],
    ["Planned", computed && `${moment(computed.earlyStartAt)} to ${moment(computed.earlyFinishAt)}`],
    ["Float", computed && (computed.isCritical ? "None: it is on the critical path" : span(computed.totalFloatMinutes))],
    ["Waits for", linked("task_id", "predecessor_id")],
    ["Opens", linked("predecessor_id", "task_id")],
    ["Blocked by", task.status === "blocked" && task.details?.blockedReason],
  ];
}
