// What endangers the shoot, worst first, and what each severity is made of.
import { h } from "../../dom.js";
import { empty, severity } from "../../parts.js";
import { fitted, stacked } from "../../svg.js";
import { number, plural, title } from "../../words.js";

const PARTS = { hero: "Hero", lateness: "Lateness", status: "Status", downstream: "What depends on it" };
const LEVELS = { critical: "critical", high: "critical", medium: "warning", low: "info" };

export function showBlockers({ blockers, watchlist }, signal, open) {
  return [
    blockers.length
      ? h("ol", { class: "blockers" }, blockers.map((one) => blocker(one, signal, open)))
      : empty("Nothing blocks the shoot."),
    watchlist.length > 0 && h(
      "details", {}, h("summary", {}, `Watchlist: ${plural(watchlist.length, "sample")}`),
      h("ol", { class: "blockers" }, watchlist.map((one) => blocker(one, signal, open))),
    ),
  ];
}

function blocker(one, signal, open) {
  const parts = Object.entries(PARTS).map(([name, label]) => ({
    class: `fill part-${name}`, value: one.contributions[name], label: `${label} ${number(one.contributions[name])}`,
  })).filter((part) => part.value > 0);
  const sum = parts.map((part) => part.label).join(" + ");
  return h(
    "li", {},
    h(
      "p", { class: "head" },
      h("button", { type: "button", class: "link", onclick: () => open(one.sampleId) }, one.name || one.sku || one.sampleId),
      severity(LEVELS[one.severity], { word: `${title(one.severity)} ${number(one.severityScore)}` }),
    ),
    h("p", {}, one.rationale),
    fitted((width) => stacked(`Severity ${number(one.severityScore)}: ${sum}`, Math.min(width, width * (one.severityScore / 100)), 10, parts), signal),
    h("p", { class: "quiet parts" }, parts.map((part) => h("span", {}, h("span", { class: `key ${part.class.slice(5)}`, "aria-hidden": "true" }), part.label))),
    one.suggestedActions.length > 0 && h("ul", { class: "suggested" }, one.suggestedActions.map((action) => h("li", {}, action.label))),
  );
}
