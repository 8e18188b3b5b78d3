// An event with its tasks and links: followed, and written as `events-optimizer` reads it.
import { client, everyRow } from "../../api.js";
import { documentOf, followRows } from "../../records.js";
import { zone } from "../../words.js";

export const TASK_STATUSES = ["not_started", "ready", "in_progress", "blocked", "done", "cancelled"];

/** The time zone of the venue; that of the page where the event says none of its own. */
export const zoneOf = (event) => (!event.timezone || event.timezone === "UTC" ? zone() : event.timezone);

const JUST_OVER_MS = 12 * 3_600_000; // an event that began so long ago is still the one people speak of

const startOf = (event) => event.start_at ?? event.doors_at ?? event.deadline_at ?? event.plan_start_at;

/** All events that the user owns or is a member of, the next one first, then those past. */
export async function readEvents(now = Date.now()) {
  const rows = await everyRow(() => client.from("events").select().order("created_at").order("id"));
  const rank = (event) => {
    const at = new Date(startOf(event) ?? now).getTime();
    const over = at < now - JUST_OVER_MS || ["wrapped", "cancelled"].includes(event.status);
    return over ? [1, -at] : [0, at];
  };
  return rows.map((event) => ({ event, rank: rank(event) }))
    .sort((one, other) => one.rank[0] - other.rank[0] || one.rank[1] - other.rank[1])
    .map(({ event }) => event);
}

/** Reads an event's plan and follows it as `followRows` does: { event, tasks, links }, with `tasks` a Map by id. */
export async function followPlan(event, onChange, signal) {
  const of = (table) => followRows(table, onChange, signal, { event_id: event.id });
  const [tasks, links] = await Promise.all([of("event_tasks"), of("task_dependencies")]);
  return { event, tasks, get links() { return [...links.values()]; } };
}

/** The plan as the functions take an event. */
export function eventDocument({ event, tasks, links }) {
  const dependsOn = Map.groupBy(links, (link) => link.task_id);
  return {
    ...documentOf(event),
    tasks: [...tasks.values()].map((task) => ({
      ...documentOf(task),
      name: task.title,
      dependsOn: (dependsOn.get(task.id) ?? []).map((link) => ({ taskId: link.predecessor_id, type: link.type, lagMinutes: link.lag_minutes })),
    })),
  };
}

/** Names by id, of everybody and everything that an event's answers refer to. */
export function namesOf({ event, tasks }) {
  const { people = [], models = [], looks = [] } = event.details ?? {};
  return new Map([
    ...[...people, ...models].map((one) => [one.id, one.name ?? one.id]),
    ...looks.map((look) => [look.id, look.number ? `${look.number} ${look.name ?? ""}`.trim() : look.name ?? look.id]),
    ...[...tasks.values()].map((task) => [task.id, task.title]),
  ]);
}
