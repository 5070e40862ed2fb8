// Draws every figure[data-chart] that is on the page or comes onto it. The numbers stand in the table beside it.
"use strict";

(() => {
  const drawn = new Map();

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const written = (unit, value) => {
    if (value === null || value === undefined) return "–";
    if (unit === "share") return `${(value * 100).toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
    return value.toLocaleString(undefined, { maximumFractionDigits: 1 });
  };

  const options = (figure, data, width) => ({
    width,
    height: 190,
    padding: [10, 26, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 7 } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
    scales: {
      x: { time: data.unit !== "days" && data.axis !== "number" },
      y: { range: (_, low, high) => (data.unit === "share" && data.start === "zero" ? [0, 1] : [data.start === "zero" ? 0 : low, high + (high - low || 1) * 0.08]) },
    },
    axes: [
      { stroke: colour("--soft"), grid: { show: false }, ticks: { stroke: colour("--line") }, font: "12px sans-serif",
        values: data.axis === "number" ? (_, ticks) => ticks.map((tick) => tick.toLocaleString()) : [
          [31536000, "{YYYY}", null, null, null, null, null, null, 1],
          [2419200, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
          [86400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
          [3600, "", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
        ] },
      { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, size: 58, font: "12px sans-serif",
        values: (_, ticks) => ticks.map((tick) => written(data.unit, tick)) },
    ],
    series: [{}, ...data.series.map((line, place) => ({
      label: line.label,
      stroke: colour(`--line-${place + 1}`),
      width: 2,
      spanGaps: true,
      points: { show: data.x.length < 15, size: 6, fill: colour(`--line-${place + 1}`) },
      fill: data.series.length === 1 ? colour("--line-fill") : undefined,
    }))],
    hooks: {
      setCursor: [(plot) => {
        figure.querySelectorAll("[data-line]").forEach((key, place) => {
          const index = plot.cursor.idx;
          key.textContent = index === null || index === undefined ? "" : written(data.unit, data.series[place].values[index]);
        });
      }],
    },
  });

  const draw = (figure) => {
    const place = figure.querySelector(".plot");
    const data = JSON.parse(figure.dataset.chart);
    drawn.get(figure)?.destroy();
    drawn.set(figure, new uPlot(options(figure, data, place.clientWidth || 600), [data.x, ...data.series.map((line) => line.values)], place));
  };

  // All take their places before the first is measured: alone it would be as wide as the whole row.
  const show = (figures) => {
    figures.forEach((figure) => figure.classList.add("drawn"));
    figures.forEach(draw);
  };

  const figures = () => [...document.querySelectorAll("figure[data-chart]")];

  const look = () => {
    for (const figure of [...drawn.keys()]) if (!figure.isConnected) { drawn.get(figure).destroy(); drawn.delete(figure); }
    show(figures().filter((figure) => !drawn.has(figure)));
  };

  const again = () => show(figures());

  look();
  new MutationObserver(look).observe(document.querySelector("main"), { childList: true, subtree: true });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  matchMedia("print").addEventListener("change", again);
  let waiting;
  addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(again, 120); });
})();
