// How ready the shoot is now, and how ready it is expected to become.
import { h, s } from "../../dom.js";
import { STATUSES } from "./board.js";
import { fitted, moments, picture, scale, stacked, tick, withTable } from "../../svg.js";
import { moment, number, percent, plural, title } from "../../words.js";

const HEIGHT = 190;
const MARGIN = { left: 44, right: 16, top: 12, bottom: 26 };
const TARGET = 95; // what the analysis takes for ready, unless told otherwise

export function showReadiness(report, signal) {
  const counts = STATUSES.map((status) => ({ status, value: report.byStatus[status] ?? 0 })).filter(({ value }) => value);
  const summary = counts.map(({ status, value }) => `${title(status)} ${value}`).join(", ");
  return [
    h("p", { class: "score" }, h("strong", {}, percent(report.effectiveScore)), h("span", {}, title(report.level))),
    h(
      "p", {}, `${number(report.ready)} of ${plural(report.total, "sample")} on set or shot, `,
      `${report.heroes.ready} of ${plural(report.heroes.total, "hero", "heroes")}, `,
      `${report.looks.ready} of ${plural(report.looks.total, "look")} complete.`,
    ),
    fitted((width) => stacked(`Samples by status: ${summary}`, width, 16,
      counts.map(({ status, value }) => ({ value, class: `fill ${status}`, label: `${title(status)}: ${value}` }))), signal),
    h("ul", { class: "legend" }, counts.map(({ status, value }) =>
      h("li", {}, h("span", { class: `key ${status}`, "aria-hidden": "true" }), `${title(status)} `, h("strong", {}, value)))),
    report.bottleneck && h("p", { class: "quiet" }, `Bottleneck: ${report.bottleneck.message}`),
    h("h3", {}, "Forecast"),
    forecast(report, signal),
  ];
}

function forecast({ forecast: points, forecastAtShoot, readyBy }, signal) {
  if (points.length < 2) return h("p", { class: "quiet" }, "Nothing more is expected to arrive, so there is nothing to forecast.");
  const said = [
    forecastAtShoot != null && `${percent(forecastAtShoot)} expected when the shoot begins.`,
    readyBy ? `Ready (${TARGET} %) by ${moment(readyBy)}.` : `${TARGET} % is not reached within these days.`,
  ].filter(Boolean).join(" ");
  const rows = points.map((point) => [moment(point.at), percent(point.expectedScore), `${number(point.low)}–${number(point.high)} %`]);
  return [
    h("p", {}, said),
    withTable(fitted((width) => drawForecast(points, width, said), signal), "Forecast", ["When", "Expected", "90 % band"], rows),
  ];
}

function drawForecast(points, width, said) {
  const at = points.map((point) => new Date(point.at).getTime());
  const x = scale([at[0], at.at(-1)], [MARGIN.left, width - MARGIN.right]);
  const lowest = Math.max(0, Math.floor((Math.min(...points.map((point) => point.low)) - 5) / 10) * 10);
  const y = scale([lowest, 100], [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const path = (values) => values.map((value, index) => `${index ? "L" : "M"}${x(at[index]).toFixed(1)},${y(value).toFixed(1)}`).join("");
  const high = points.map((point) => point.high);
  const low = points.map((point) => point.low);
  const back = low.map((value, index) => `L${x(at[index]).toFixed(1)},${y(value).toFixed(1)}`).reverse().join("");
  const levels = [lowest, (lowest + 100) / 2, 100];
  return picture(
    `Forecast of readiness: ${said}`, width, HEIGHT,
    levels.map((level) => [
      s("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(level), y2: y(level) }),
      s("text", { x: MARGIN.left - 8, y: y(level) + 4, "text-anchor": "end" }, `${number(level)} %`),
    ]),
    moments(at[0], at.at(-1), width / 110).map(({ at: mark, label }) =>
      tick(label, x(mark), HEIGHT - 8, width)),
    s("line", { class: "target", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(TARGET), y2: y(TARGET) }),
    s("path", { class: "band", d: `${path(high)}${back}Z` }),
    s("path", { class: "line", d: path(points.map((point) => point.expectedScore)) }),
    points.map((point, index) => s("circle", { class: "dot", cx: x(at[index]), cy: y(point.expectedScore), r: 3 },
      s("title", {}, `${moment(point.at)}: ${percent(point.expectedScore)}`))),
  );
}
