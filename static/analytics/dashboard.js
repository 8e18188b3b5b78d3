/* Draws the charts of the dashboard from the JSON in the page, in the colours of the admin's theme. */
"use strict";

const documents = JSON.parse(document.getElementById("charts").textContent);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const drawn = [];

function colours(element) {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    series: [of("--chart-1"), of("--chart-2"), of("--chart-3")],
    text: of("--body-quiet-color"),
    line: of("--hairline-color"),
    font: style.fontFamily,
  };
}

function written(value, unit) {
  const number = value.toLocaleString("en-GB", { maximumFractionDigits: value < 10 ? 1 : 0 });
  return unit ? `${number} ${unit}` : number;
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

function settings(chart, { series, text, line, font }) {
  const lying = chart.kind === "bar";
  const values = {
    beginAtZero: true,
    border: { display: false },
    grid: { color: line },
    ticks: { color: text, maxTicksLimit: 6, maxRotation: 0, callback: (value) => written(value, chart.unit) },
  };
  const labels = {
    border: { color: line },
    grid: { display: false },
    ticks: { color: text, autoSkip: !lying, autoSkipPadding: 16, maxRotation: 0 },
  };
  return {
    type: lying ? "bar" : "line",
    data: {
      labels: lying ? chart.labels : chart.labels.map((label) => day.format(new Date(label))),
      datasets: chart.series.map(({ name, values: data }, n) => ({
        label: name,
        data,
        borderColor: series[n],
        backgroundColor: series[n],
        borderWidth: lying ? 0 : 2,
        borderRadius: lying ? 4 : 0,
        maxBarThickness: 22,
        pointRadius: chart.labels.length > 40 || n === chart.level ? 0 : 2,
        pointHitRadius: 12,
        // Told apart without colours, too.
        borderDash: [[], [6, 3], [2, 2]][n],
        cubicInterpolationMode: "monotone",
      })),
    },
    options: {
      animation: calm.matches ? false : { duration: 300 },
      font: { family: font },
      indexAxis: lying ? "y" : "x",
      interaction: { mode: "index", intersect: false, axis: lying ? "y" : "x" },
      maintainAspectRatio: false,
      plugins: {
        legend: {
          display: chart.series.length > 1,
          align: "end",
          labels: { color: text, boxWidth: 24, boxHeight: 1 },
        },
        tooltip: {
          callbacks: {
            label: ({ dataset, parsed }) =>
              `${dataset.label}: ${written(lying ? parsed.x : parsed.y, chart.unit)}`,
          },
        },
      },
      scales: lying ? { x: values, y: labels } : { x: labels, y: values },
    },
  };
}

function draw() {
  for (const chart of drawn.splice(0)) chart.destroy();
  for (const chart of documents) {
    const place = document.querySelector(`[data-chart="${chart.id}"]`);
    if (place) drawn.push(new Chart(place.firstElementChild, settings(chart, colours(place))));
  }
}

draw();
dark.addEventListener("change", draw);
new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
