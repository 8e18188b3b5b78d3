// The user's samples: read once, kept up to date by what the channel tells, changed through the table.
import { Trouble, client, query } from "./api.js";
import { onFact } from "./live.js";
import { announce } from "./own.js";
import { followRows } from "./records.js";

/** The statuses, in the order in which a sample goes through them; what went wrong comes last. */
export const STATUSES = [
  "awaiting", "in_transit", "delayed", "received", "on_set", "shot", "returned", "damaged", "lost", "cancelled",
];

/** Follows the samples as `followRows` does. A status is taken from its fact, which comes before the row. */
export async function followSamples(onChange, signal) {
  const rows = await followRows("samples", onChange, signal);
  onFact(({ event, payload: { sampleId: id, newStatus: status } }) => {
    if (event !== "sample_status_changed" || !rows.has(id)) return;
    rows.set(id, { ...rows.get(id), status });
    onChange([id]);
  }, signal);
  return rows;
}

/** Changes the status of a sample for good. Raises Trouble; then nothing was changed. */
export function moveSample(id, status) {
  return announce(id, status, async () => {
    const changed = await query(client.from("samples").update({ status }).eq("id", id).select("id"));
    if (!changed.length) throw new Trouble("This sample is not there any more.", "Reload the page to see what is.");
  });
}
