// The critical path as a Gantt chart: a bar for each task, the float it has, what waits for what, and now.
import { h, put, s, unseen } from "../../dom.js";
import { empty } from "../../parts.js";
import { moments, picture, scale, table, tick } from "../../svg.js";
import { moment, percent, span, title } from "../../words.js";

const ROW = 32;
const AXIS = 36;
const EDGE = 32; // px left and right of the time that is shown
const CLOSED = new Set(["done", "cancelled"]);
const ZOOMS = [1, 2, 4, 8, 16];

// Kept while the page is open.
const wish = { closed: false, zoom: 1 };

/** `open(taskId)` shows one task. */
export function gantt(report, plan, { open, signal }) {
  const chart = h("div", { class: "gantt" });
  const zoomIn = h("button", { type: "button", "aria-label": "Zoom in", onclick: () => zoom(1) }, "+");
  const zoomOut = h("button", { type: "button", "aria-label": "Zoom out", onclick: () => zoom(-1) }, "−");
  const closed = h("input", { type: "checkbox", checked: wish.closed, onchange: () => { wish.closed = closed.checked; draw(); } });

  function zoom(by) {
    wish.zoom = ZOOMS[ZOOMS.indexOf(wish.zoom) + by] ?? wish.zoom;
    draw();
  }

  function draw() {
    zoomIn.disabled = wish.zoom === ZOOMS.at(-1);
    zoomOut.disabled = wish.zoom === ZOOMS[0];
    const tasks = byStart(report.tasks).filter((task) => wish.closed || !CLOSED.has(statusOf(task, plan)));
    if (!tasks.length) return put(chart, empty("Every task is done.", "Show the finished ones to see the whole plan."));
    const names = h("ol", { class: "names" }, tasks.map((task) => nameOf(task, plan, open)));
    const bars = h("div", { class: "bars", tabindex: "0", role: "region", "aria-label": "The chart of the tasks; scrolls sideways" });
    put(chart, names, bars);
    const width = Math.max(280, bars.clientWidth) * wish.zoom;
    put(bars, drawn(report, tasks, plan, width));
  }

  let last = 0;
  const observer = new ResizeObserver(([{ contentRect }]) => {
    if (Math.floor(contentRect.width) === last) return;
    last = Math.floor(contentRect.width);
    draw();
  });
  observer.observe(chart);
  signal.addEventListener("abort", () => observer.disconnect());
  return h(
    "figure", { class: "path" },
    h("div", { class: "row" }, h("label", { class: "choice" }, closed, "Finished tasks, too"), h("span", { class: "row" }, zoomOut, zoomIn), legend()),
    chart,
    h("details", {}, h("summary", {}, "The plan as a table"), planTable(report, plan)),
  );
}

const statusOf = (task, plan) => plan.tasks.get(task.taskId)?.status ?? task.status;

function nameOf(task, plan, open) {
  return h(
    "li", { class: task.isCritical ? "critical" : null },
    h("button", { type: "button", class: "link", title: task.name, dataset: { id: task.taskId }, onclick: () => open(task.taskId) },
      task.isCritical && [h("span", { "aria-hidden": "true" }, "◆ "), unseen("Critical: ")], task.name,
      unseen(`, ${title(statusOf(task, plan)).toLowerCase()}`)),
  );
}

function legend() {
  const item = (mark, word) => h("span", {}, h("span", { class: `mark ${mark}`, "aria-hidden": "true" }), word);
  return h("p", { class: "legend quiet" }, item("critical", "Critical ◆"), item("plain", "Other"), item("finished", "Finished"), item("float", "Float"), item("now", "Now"));
}

function drawn(report, tasks, plan, width) {
  const now = Date.now();
  const of = tasks.map((task) => ({
    task,
    row: plan.tasks.get(task.taskId),
    start: new Date(task.earlyStartAt).getTime(),
    end: new Date(task.earlyFinishAt).getTime(),
    late: new Date(task.lateFinishAt).getTime(),
  }));
  const deadline = report.deadlineAt && new Date(report.deadlineAt).getTime();
  const from = Math.min(...of.map((one) => one.start));
  const to = Math.max(...of.map((one) => one.end), deadline ?? 0);
  const x = scale([from, to], [EDGE, width - EDGE]);
  const height = AXIS + tasks.length * ROW;
  const places = new Map(of.map((one, index) => [one.task.taskId, { ...one, y: AXIS + index * ROW + ROW / 2 }]));
  const line = (name, at, label) => at >= from && at <= to && s("g", {},
    s("line", { class: name, x1: x(at), x2: x(at), y1: AXIS - 6, y2: height }),
    s("text", { class: `on-${name}`, x: x(at), y: AXIS - 10, "text-anchor": "middle" }, label));
  return picture(
    `${tasks.length} tasks from ${moment(from)} to ${moment(to)}; the table below says the same.`, width, height,
    moments(from, to, width / 110).map(({ at, label }) => [
      s("line", { class: "grid", x1: x(at), x2: x(at), y1: AXIS - 6, y2: height }),
      tick(label, x(at), 10, width),
    ]),
    plan.links.map((link) => tie(link, places, x)),
    [...places.values()].map((place) => bar(place, x)),
    line("deadline", deadline, "Deadline"),
    line("now", now, "Now"),
  );
}

function bar({ task, row, start, end, late, y }, x) {
  const left = x(start);
  const length = Math.max(3, x(end) - left);
  const finished = CLOSED.has(row?.status ?? task.status);
  const height = task.isCritical ? 18 : 12;
  const share = finished ? 0 : row?.percent_complete ?? 0;
  const milestone = row?.is_milestone || task.durationMinutes === 0;
  return s("g", { class: finished ? "finished" : task.isCritical ? "critical" : "plain" },
    late > end && !finished && s("path", { class: "float", d: `M${x(end)} ${y}H${x(late)}m0 -4v8` }),
    milestone
      ? s("path", { class: "task", d: `M${left} ${y - 8}l8 8l-8 8l-8 -8z` })
      : s("rect", { class: "task", x: left, y: y - height / 2, width: length, height, rx: 3 }),
    share > 0 && !milestone && s("rect", { class: "progress", x: left, y: y + height / 2 - 4, width: length * share, height: 4, rx: 2 }),
    s("title", {}, `${task.name}: ${moment(start)} to ${moment(end)}, ${floatOf(task)}`));
}

const floatOf = (task) => task.isCritical ? "no float" : `${span(task.totalFloatMinutes)} of float`;

/** A line from the end (or start) of the one task to the start (or end) of the other, as the type of the link says. */
function tie(link, places, x) {
  const before = places.get(link.predecessor_id);
  const after = places.get(link.task_id);
  if (!before || !after) return null;
  const [leaves, enters] = link.type; // F or S of the predecessor, F or S of the successor
  const x1 = x(leaves === "F" ? before.end : before.start);
  const x2 = x(enters === "S" ? after.start : after.end);
  const out = leaves === "F" ? 5 : -5;
  const into = enters === "S" ? -5 : 5;
  const half = before.y < after.y ? ROW / 2 : -ROW / 2;
  const d = out > 0 && into < 0 && x2 - x1 >= 10
    ? `M${x1} ${before.y}h${out}V${after.y}H${x2}`
    : `M${x1} ${before.y}h${out}v${half}H${x2 + into}V${after.y}H${x2}`;
  return s("path", { class: before.task.isCritical && after.task.isCritical ? "tie critical" : "tie", d });
}

function planTable(report, plan) {
  return table("Tasks of the plan", ["Task", "Status", "Start", "Finish", "Float", "Waits for"], byStart(report.tasks).map((task) => {
    const status = statusOf(task, plan);
    const share = plan.tasks.get(task.taskId)?.percent_complete;
    return [
      task.isCritical ? `◆ ${task.name} (critical)` : task.name,
      share && !CLOSED.has(status) ? `${title(status)}, ${percent(share * 100)}` : title(status),
      moment(task.earlyStartAt),
      moment(task.earlyFinishAt),
      span(task.totalFloatMinutes),
      plan.links.filter((link) => link.task_id === task.taskId).map((link) => plan.tasks.get(link.predecessor_id)?.title).filter(Boolean).join(", ") || "–",
    ];
  }));
}

const byStart = (tasks) => tasks.toSorted((one, other) => one.earlyStartAt.localeCompare(other.earlyStartAt) || one.earlyFinishAt.localeCompare(other.earlyFinishAt));
