// Changes made in this window: what the channels tell of them is no news here.
const OF = {
  sample_status_changed: ({ sampleId, newStatus }) => `${sampleId} ${newStatus}`,
  task_status_changed: ({ taskId, newStatus }) => `${taskId} ${newStatus}`,
  asset_approved: ({ assetId }) => `${assetId} approved`,
  asset_rejected: ({ assetId }) => `${assetId} rejected`,
};
const ECHO_MS = 10_000;

const own = new Set(); // "<id> <status>"

/** Changes the status of a record by `change()`, whose echo the frame then passes over. */
export async function announce(id, status, change) {
  const key = `${id} ${status}`;
  own.add(key);
  try {
    const done = await change();
    setTimeout(() => own.delete(key), ECHO_MS); // the echo may be lost with the connection
    return done;
  } catch (trouble) {
    own.delete(key);
    throw trouble;
  }
}

/** Tells whether a fact is the echo of a change made in this window. */
export const isOwn = ({ event, payload }) => event in OF && own.delete(OF[event](payload));
