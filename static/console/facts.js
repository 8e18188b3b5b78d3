// What the server announces, as a sentence and with its severity in words.
import { moment, title } from "./words.js";

const SENTENCES = {
  sample_status_changed: (it) => [
    `${it.name}: ${words(it.oldStatus)} → ${words(it.newStatus)}.`,
    it.blockerResolved && "No longer a blocker.",
    it.blockerRaised && "It blocks the shoot now.",
  ],
  sample_added: (it) => [`${it.name || it.sku} was added: ${words(it.status)}.`],
  sample_removed: (it) => [`${it.name || it.sku} was removed.`, it.blockerResolved && "No longer a blocker."],
  task_status_changed: (it) => [
    `${it.title}: ${words(it.oldStatus)} → ${words(it.newStatus)}.`,
    it.criticalPathAffected && "On the critical path.",
    it.blockerResolved && "What waited for it may go on.",
  ],
  task_assigned: (it) => [
    it.newOwnerName || it.newOwnerId ? `${it.title} is now ${it.newOwnerName || "somebody else"}’s.` : `${it.title} has nobody now.`,
    it.criticalPathAffected && "On the critical path.",
  ],
  deadline_approaching: (it) => [
    it.hoursLeft < 0 ? `${it.title} is overdue since ${moment(it.dueAt)}.` : `${it.title} is due ${moment(it.dueAt)}.`,
    it.criticalPathAffected && "On the critical path.",
  ],
  asset_uploaded: (it) => [`${it.fileName} was uploaded.`],
  asset_approved: (it) => [`${it.fileName} was approved.`],
  asset_rejected: (it) => [`${it.fileName} was rejected${it.reason ? `: ${it.reason}` : ""}.`],
};

const words = (status) => String(status ?? "").replaceAll("_", " ");

/** "Ivory silk gown: delayed → received. No longer a blocker." */
export function sentence({ event, payload }) {
  const write = SENTENCES[event];
  return write ? write(payload).filter(Boolean).join(" ") : title(event);
}
