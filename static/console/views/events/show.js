// The day around the show: blocks on a line of time, the exits with every change of clothes, and each line of the run.
import { h, s } from "../../dom.js";
import { empty, severity } from "../../parts.js";
import { fitted, moments, picture, scale, table, tick } from "../../svg.js";
import { minutes, number, plural, second, time, title } from "../../words.js";

const EDGE = 24;
const CHANGES = { ok: ["success", "Fits"], tight: ["warning", "Tight"], impossible: ["critical", "Cannot be done"] };

export function showRun(run, names, signal) {
  if (!run) return empty("No run of show yet.", "It needs the time at which the show starts.");
  const who = (id) => names.get(id) ?? id;
  return [
    h("p", {}, `The show runs from ${second(run.showStartAt)} to ${second(run.showEndAt)}: ${plural(run.lookOrder.length, "exit")} in ${minutes(run.showSeconds / 60)}.`),
    run.warnings.concat(run.conflicts).length > 0 && h("ul", { class: "next" }, run.warnings.concat(run.conflicts).map((text) => h("li", {}, severity("warning", { brief: true }), " ", text))),
    fitted((width) => blocks(run, width), signal),
    run.lookOrder.length > 0 && [
      h("h3", {}, "Exits and quick changes"),
      fitted((width) => exits(run, who, width), signal),
      changes(run, who),
    ],
    h("h3", {}, "Minute by minute"),
    run.blocks.map((block) => h(
      "details", { class: "block", open: block.phase !== "show" },
      h("summary", {}, `${block.name}, ${time(block.startAt)}–${time(block.endAt)}: ${plural(block.items.length, "line")}`),
      lines(block, who),
    )),
  ];
}

function blocks(run, width) {
  const from = new Date(run.blocks[0].startAt).getTime();
  const to = Math.max(...run.blocks.map((block) => new Date(block.endAt)));
  const x = scale([from, to], [EDGE, width - EDGE]);
  return picture(
    run.blocks.map((block) => `${block.name} ${time(block.startAt)} to ${time(block.endAt)}`).join(", "), width, 66,
    moments(from, to, width / 80).map(({ at, label }) => tick(label, x(at), 62, width)),
    run.blocks.map((block) => {
      const left = x(new Date(block.startAt));
      const length = Math.max(4, x(new Date(block.endAt)) - left);
      return s("g", { class: `phase ${block.phase}` },
        s("rect", { x: left, y: 18, width: length - 1, height: 26, rx: 3 }),
        length > 60
          ? s("text", { class: "within", x: left + 8, y: 35 }, block.name)
          : s("text", { x: Math.min(left, width - EDGE), y: 12, "text-anchor": "middle" }, block.name));
    }),
  );
}

/** A dot for each exit; an arc from where a model comes off to where the same model goes out again. */
function exits(run, who, width) {
  const most = run.lookOrder.at(-1).exitOffsetSeconds + 1;
  const x = scale([0, most], [EDGE, width - EDGE]);
  const of = new Map(run.lookOrder.map((exit) => [exit.lookId, exit]));
  const base = 96;
  const label = `${plural(run.lookOrder.length, "exit")}; ` + (["tight", "impossible"].map((status) => [run.quickChanges.filter((one) => one.status === status).length, status]).filter(([count]) => count).map(([count, status]) => `${count} ${CHANGES[status][1].toLowerCase()}`).join(", ") || "every change fits");
  return picture(
    label, width, base + 34,
    run.quickChanges.map((change) => {
      const leaves = of.get(change.fromLookId);
      const enters = of.get(change.toLookId);
      if (!leaves || !enters) return null;
      const x1 = x(Math.min(leaves.backAtSeconds, most));
      const x2 = x(enters.exitOffsetSeconds);
      const height = Math.min(84, 16 + Math.abs(x2 - x1) / 3);
      return s("path", { class: `change ${change.status}`, d: `M${x1} ${base}Q${(x1 + x2) / 2} ${base - height * 2 + 16} ${x2} ${base}` },
        s("title", {}, `${who(change.modelId)}, ${who(change.fromLookId)} → ${who(change.toLookId)}: ${number(change.availableSeconds)} s for ${number(change.neededSeconds)} s`));
    }),
    run.lookOrder.map((exit, index) => s("g", {},
      s("circle", { class: "exit", cx: x(exit.exitOffsetSeconds), cy: base, r: 4 }, s("title", {}, `${exit.position}. ${who(exit.lookId)}, ${who(exit.modelId)}, ${second(exit.exitAt)}`)),
      (index % Math.ceil(run.lookOrder.length * 22 / width) === 0) && s("text", { x: x(exit.exitOffsetSeconds), y: base + 22, "text-anchor": "middle" }, exit.position))),
  );
}

function changes(run, who) {
  const pressing = run.quickChanges.filter((change) => change.status !== "ok");
  return [
    pressing.length > 0 && h("ol", { class: "blockers" }, pressing.map((change) => h(
      "li", {},
      h("p", { class: "head" }, h("strong", {}, `${who(change.modelId)}: ${who(change.fromLookId)} → ${who(change.toLookId)}`), severity(...mark(change))),
      h("p", {}, `${number(change.availableSeconds)} s for a change that takes ${number(change.neededSeconds)} s.`),
      change.fixes.length > 0 && h("ul", { class: "suggested" }, change.fixes.map((fix) => h("li", {}, fix.detail))),
    ))),
    h("details", {}, h("summary", {}, `All ${plural(run.quickChanges.length, "quick change")} as a table`), table(
      "Quick changes", ["Model", "Off", "Out again", "Seconds there are", "Seconds needed", "Verdict"],
      run.quickChanges.map((change) => [who(change.modelId), who(change.fromLookId), who(change.toLookId), number(change.availableSeconds), number(change.neededSeconds), CHANGES[change.status]?.[1] ?? title(change.status)]),
    )),
  ];
}

function mark(change) {
  const [level, word] = CHANGES[change.status] ?? ["info", title(change.status)];
  return [level, { word }];
}

function lines(block, who) {
  const exact = block.phase === "show";
  return table(block.name, ["At", "What", "For", "Who"], block.items.map((item) => [
    exact ? second(item.startAt) : time(item.startAt),
    [item.name, item.overlapSeconds > 0 && ` (${number(item.overlapSeconds)} s too long)`].filter(Boolean).join(""),
    exact ? `${number(item.durationMinutes * 60)} s` : minutes(item.durationMinutes),
    item.owner ? who(item.owner) : "–",
  ]));
}
