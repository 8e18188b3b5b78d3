// What is missing, what to take, and what is there twice.
import { h } from "../../dom.js";
import { empty, fewOf, severity } from "../../parts.js";
import { fitted, stacked } from "../../svg.js";
import { percent, plural, title } from "../../words.js";
import { thumbnail } from "./pictures.js";

const LEVELS = { critical: "critical", high: "critical", medium: "warning", low: "info" };

export function showMissing({ missingShots, coverage }, rows, open, signal) {
  if (!coverage?.required) return empty("No shot list yet.", "Say which pictures are wanted, and what is missing appears here.");
  const parts = [
    { class: "fill part-composition", value: coverage.captured, label: `${coverage.captured} captured` },
    { class: "fill part-missing", value: coverage.missing, label: `${coverage.missing} missing` },
  ];
  return [
    h("p", { class: "score" }, h("strong", {}, percent(coverage.percent)), `${coverage.captured} of ${plural(coverage.required, "picture")} that the shot list wants`),
    fitted((width) => stacked(parts.map((part) => part.label).join(", "), width, 12, parts), signal),
    missingShots.length
      ? fewOf(missingShots, (some) => h("ol", { class: "blockers" }, some.map((shot) => h(
        "li", {},
        h("p", { class: "head" }, h("strong", {}, shot.name ?? shot.sku ?? shot.shotId), severity(LEVELS[shot.severity], { word: title(shot.severity) })),
        h("p", {}, shot.message),
        h("p", { class: "quiet" }, `${title(shot.suggestedAction)}.`, shot.canShootNow === true && " The sample is here.", shot.canShootNow === false && " The sample is not here."),
        shot.nearest.length > 0 && h("p", { class: "row nearest" }, "Nearest: ", shot.nearest.map((one) => link(one.assetId, rows, open, one.mismatches.map((word) => title(word).toLowerCase()).join(", ")))),
      ))))
      : empty("Every shot is there."),
  ];
}

export function showSelects({ selects, selectionReasons }, rows, watcher, open) {
  if (!selects.length) return empty("Nothing to select yet.");
  const why = new Map(selectionReasons.map((reason) => [reason.assetId, reason]));
  return h("ol", { class: "picks" }, selects.map(({ id }) => picked(rows.get(id), watcher, open, why.get(id)?.message)));
}

export function showDuplicates(groups, rows, watcher, open) {
  if (!groups.length) return empty("No picture is there twice.");
  return fewOf(groups, (some) => h("ol", { class: "groups" }, some.map((group) => h(
    "li", {},
    h("p", {}, group.reason),
    h("ul", { class: "picks" }, group.assetIds.map((id) => picked(rows.get(id), watcher, open, id === group.keeperId ? "Keep this one" : ""))),
  ))));
}

function picked(row, watcher, open, words) {
  return row && h("li", {}, h("button", { type: "button", class: "pick", dataset: { id: row.id }, onclick: () => open(row.id) }, thumbnail(row, watcher), h("span", { class: "name" }, row.file_name)), words && h("p", { class: "quiet" }, words));
}

function link(id, rows, open, words) {
  const row = rows.get(id);
  return row && h("span", {}, h("button", { type: "button", class: "link", onclick: () => open(id) }, row.file_name), words && ` (${words})`);
}
