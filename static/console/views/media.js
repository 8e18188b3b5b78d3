// Media: upload, the contact sheet with scores, selects, missing shots, and what is there twice.
import { call, where } from "../api.js";
import { h, put } from "../dom.js";
import { mover } from "../own.js";
import { paced } from "../paced.js";
import { failure, panel, renew, waiting } from "../parts.js";
import { recordDialog } from "../record.js";
import { documentOf, followRows } from "../records.js";
import { moment, number, title } from "../words.js";
import { showDuplicates, showMissing, showSelects } from "./media/lists.js";
import { pictureWatcher } from "./media/pictures.js";
import { explained } from "./media/score.js";
import { contactSheet } from "./media/sheet.js";
import { uploads } from "./media/upload.js";

const STATUSES = ["pending_review", "approved", "rejected", "archived"];

export async function show(root, { params, signal }) {
  const watcher = pictureWatcher(signal);
  let scores = new Map();
  let ranks = new Map();
  let changed = () => {};
  const [rows, shots] = await Promise.all([
    followRows("assets", (ids) => changed(ids), signal),
    followRows("shots", () => changed([]), signal),
  ]);
  const move = mover("assets", rows, (row) => row.file_name, (ids) => sheet.update(ids));
  const dialog = recordDialog(STATUSES, move);
  const sheet = contactSheet(rows, { scores: () => scores, ranks: () => ranks, watcher, open, move, params });
  const places = { selects: h("div"), missing: h("div"), duplicates: h("div") };

  function open(id) {
    const row = rows.get(id);
    if (row) dialog.open(row, row.file_name || "Unnamed picture", factsOf(row), scores.has(id) && explained(scores.get(id), signal));
  }

  const analyse = paced(async () => {
    const answer = await call("media-scorer", {
      ...where(), assets: [...rows.values()].filter(isMeasured).map(documentOf), shotList: [...shots.values()].map(documentOf), analysisType: "all", contextId: "console",
    }, { signal });
    if (signal.aborted) return;
    scores = new Map(answer.qualityScores.map((score) => [score.assetId, score]));
    ranks = new Map(answer.selectionReasons.map((reason) => [reason.assetId, reason.rank]));
    sheet.update(null);
    renew(places.selects, showSelects(answer, rows, watcher, open));
    renew(places.missing, showMissing(answer, rows, open, signal));
    renew(places.duplicates, showDuplicates(answer.duplicateGroups, rows, watcher, open));
  }, (trouble) => {
    for (const place of Object.values(places)) put(place, failure(trouble, analyse));
  }, signal);
  changed = (ids) => { sheet.update(ids); analyse(); };

  for (const place of Object.values(places)) put(place, waiting("Computing…"));
  put(
    root,
    panel("Upload", {}, uploads()),
    panel("Contact sheet", {}, sheet.element),
    h("div", { class: "panels" }, panel("Selects", {}, places.selects), panel("Missing shots", {}, places.missing), panel("There twice", {}, places.duplicates)),
    dialog.element,
  );
  analyse();
  open(params.get("id"));
}

// Of what cannot be measured, or not yet, there is nothing to score.
const isMeasured = (row) => row.status !== "processing" && !row.measure_error;

function factsOf(row) {
  return [
    ["Status", title(row.status)],
    ["Rejected for", row.status === "rejected" && row.rejection_reason],
    ["Not measured", row.measure_error],
    ["SKU", row.sku],
    ["Shows", [row.color, row.angle, row.shot_type].filter(Boolean).map(title).join(", ")],
    ["Size", row.width && `${number(row.width)} × ${number(row.height)} px`],
    ["Taken", row.captured_at && moment(row.captured_at)],
    ["Rating", row.rating && `${row.rating} of 5`],
    ["Tags", row.tags.join(", ")],
  ];
}
