// What is known of one sample, for its dialog.
import { moment, title } from "../../words.js";

export const headingOf = (row) => row.name || row.sku || "Unnamed sample";

/** [term, value], where there is a value. */
export function factsOf(row) {
  const moments = [
    ["Needed", row.needed_at], ["Expected", row.expected_at], ["Received", row.received_at], ["Shot", row.shot_at],
    ["Return due", row.return_due_at],
  ];
  return [
    ["SKU", row.sku],
    ["Kind", [row.is_hero && "Hero", title(row.category), row.color].filter(Boolean).join(", ")],
    ["Place", row.location],
    ["With", row.holder],
    ["Looks", row.look_ids.join(", ")],
    ...moments.map(([term, at]) => [term, at && moment(at)]),
    ["Supplier", row.details?.supplier],
  ];
}
