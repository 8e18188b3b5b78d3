// Rows of a table: read, followed through `postgres_changes`, and written as the functions read them.
import { client, everyRow } from "./api.js";
import { onFact, onJoined } from "./live.js";

let channels = 0;

/**
 * Reads the rows of a table that the user sees and follows them until the signal ends: a Map by id.
 *
 * They are all, or those whose columns are as in `like`, `{ event_id: … }`. `onChange(ids)` is called after each change, with null when everything was read anew; never before the Map is there.
 */
export async function followRows(table, onChange, signal, like = {}) {
  const rows = new Map();
  let following = false;
  const read = async () => {
    const all = await everyRow(() => client.from(table).select().match(like).order("id"));
    rows.clear();
    for (const row of all) rows.set(row.id, row);
  };
  let reading = read(); // one after the other: none may bring back what a later one has seen
  const readAgain = async () => {
    reading = reading.then(read, read);
    await reading.catch(() => {}); // what is shown stays as it was; the next join reads again
    tell(null);
  };
  const tell = (ids) => { if (following && !signal.aborted) onChange(ids); };
  const take = async ({ eventType, new: row, old }) => {
    await reading.catch(() => {}); // it may have seen the rows as they were before
    const { id } = eventType === "DELETE" ? old : row;
    if (eventType !== "DELETE") rows.set(id, row);
    else if (!rows.delete(id)) return; // all are told, unlike what they were
    tell([id]);
  };
  const filter = Object.entries(like).map(([column, value]) => `${column}=eq.${value}`).join(",");
  const channel = client.channel(`console-${table}-${++channels}`)
    .on("postgres_changes", { event: "*", schema: "public", table, filter }, take)
    .subscribe((status, error) => {
      if (signal.aborted) return;
      if (status === "SUBSCRIBED") readAgain();
      else if (/PrivateOnly/.test(error?.message)) {
        // Rooms of one's own are switched off here: the facts tell that something changed, if not what.
        client.removeChannel(channel);
        onFact(readAgain, signal);
        onJoined(readAgain, signal);
      }
    });
  signal.addEventListener("abort", () => client.removeChannel(channel));
  await reading;
  setTimeout(() => { following = true; });
  return rows;
}

// Columns that the functions have no use for, or have in another form.
const INNER = new Set(["user_id", "event_id", "details", "features", "reference", "created_at", "updated_at", "announced_due_at"]);

const camel = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** What is known of a record: its features, its details and the columns that hold something, which count most. */
export function documentOf(row) {
  const columns = Object.entries(row).filter(([name, value]) => !INNER.has(name) && value !== null && value !== "" && !(Array.isArray(value) && !value.length));
  return { ...row.features, ...row.details, ...Object.fromEntries(columns.map(([name, value]) => [camel(name), value])) };
}
