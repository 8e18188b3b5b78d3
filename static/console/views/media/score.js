// A score and what it is made of.
import { h } from "../../dom.js";
import { severity } from "../../parts.js";
import { fitted, stacked, table } from "../../svg.js";
import { number, percent, title } from "../../words.js";

const GROUPS = { technical: "Technical", composition: "Composition", brand: "Brand" };
const VERDICTS = { select: "success", keep: "info", review: "warning", reject: "critical" };

export function verdict(score) {
  return severity(VERDICTS[score.verdict] ?? "info", { word: `${number(score.score)} ${score.grade}` });
}

/** Why a picture has its score: the parts, what is wrong with it, and every measure. */
export function explained(score, signal) {
  const parts = Object.entries(GROUPS).filter(([name]) => score.factors[name].available).map(([name, label]) => ({
    class: `fill part-${name}`, value: score.factors[name].contribution, label: `${label} ${number(score.factors[name].contribution)}`,
  }));
  const penalties = score.factors.penalties ?? [];
  const sum = [...parts.map((part) => part.label), ...penalties.map((one) => `${title(one.code)} ${number(one.contribution)}`)].join(", ");
  return h(
    "section", { class: "explained" },
    h("h3", {}, `Score ${number(score.score)} of 100, grade ${score.grade}: ${score.verdict}`),
    fitted((width) => stacked(`${number(score.score)} points: ${sum}`, width, 12, parts), signal),
    h("p", { class: "quiet parts" }, parts.map((part) => h("span", {}, h("span", { class: `key ${part.class.slice(5)}`, "aria-hidden": "true" }), part.label)),
      penalties.map((one) => h("span", {}, `${one.note} (${number(one.contribution)})`)),
      h("span", {}, `Measured: ${percent(score.confidence * 100)}`)),
    score.issues.length > 0 && h("ul", { class: "suggested" }, score.issues.map((issue) => h("li", {}, issue.message))),
    h("details", {}, h("summary", {}, "Every measure"), table(
      "Measures", ["Measure", "Score", "Points", "Remark"],
      Object.entries(GROUPS).flatMap(([name]) => Object.entries(score.factors[name].factors)
        .map(([factor, one]) => [title(factor.replace(/[A-Z]/g, " $&")), number(one.score), number(one.contribution), one.note ?? "–"])),
    )),
  );
}
