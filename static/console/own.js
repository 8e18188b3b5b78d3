// Changes made in this window: shown at once, taken back if they are refused; what the channels tell of them is no news here.
import { Trouble, client, query } from "./api.js";
import { toast, toastTrouble } from "./toasts.js";
import { title } from "./words.js";

const CALLED = { samples: "sample", event_tasks: "task", assets: "picture" };
const OF = {
  sample_status_changed: ({ sampleId, newStatus }) => `${sampleId} ${newStatus}`,
  task_status_changed: ({ taskId, newStatus }) => `${taskId} ${newStatus}`,
  asset_approved: ({ assetId }) => `${assetId} approved`,
  asset_rejected: ({ assetId }) => `${assetId} rejected`,
};
const ECHO_MS = 10_000;

const own = new Set(); // "<id> <status>"

/** Returns move(id, status) for the rows of a table (a Map by id), which `update([id])` draws and `nameOf(row)` names. */
export function mover(table, rows, nameOf, update) {
  return async (id, status) => {
    const row = rows.get(id);
    if (!row || row.status === status) return;
    const set = (to) => {
      rows.set(id, { ...rows.get(id), status: to });
      update([id]);
    };
    set(status);
    toast(`${nameOf(row)}: ${title(row.status)} → ${title(status)}.`, { severity: "success" });
    try {
      await change(table, id, status);
    } catch (trouble) {
      if (rows.get(id)?.status === status) set(row.status);
      toastTrouble(trouble);
    }
  };
}

async function change(table, id, status) {
  const key = `${id} ${status}`;
  own.add(key);
  try {
    const changed = await query(client.from(table).update({ status }).eq("id", id).select("id"));
    if (!changed.length) throw new Trouble(`This ${CALLED[table]} is not there any more.`, "Reload the page to see what is.");
    setTimeout(() => own.delete(key), ECHO_MS); // the echo may be lost with the connection
  } catch (trouble) {
    own.delete(key);
    throw trouble;
  }
}

/** Tells whether a fact is the echo of a change made in this window. */
export const isOwn = ({ event, payload }) => event in OF && own.delete(OF[event](payload));
