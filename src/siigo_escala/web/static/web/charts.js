// Draws the charts of a page from the data beside them, and folds the table that says the same.
"use strict";

(() => {
  const drawn = [];
  const colour = (name) => {
    // A custom property holds both themes; the browser computes the one that counts when it is used as a colour.
    const probe = document.createElement("span");
    probe.className = "probe-" + name;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  // As the tables write them: the sign stands before the "$".
  const amount = (value, least, most) => (value < 0 ? "-$ " : "$ ") + Math.abs(value).toLocaleString("es-CO", { minimumFractionDigits: least, maximumFractionDigits: most });
  const pesos = (value) => amount(Number(value), 2, 2);
  const short = (value) => {
    const size = Math.abs(value);
    if (size >= 1e6) return amount(value / 1e6, 0, 1) + " M";
    if (size >= 1e3) return amount(value / 1e3, 0, 0) + " mil";
    return amount(value, 0, 3);
  };
  const option = (data, kind) => {
    const ink = colour("ink"), line = colour("line");
    const colours = [colour("bar"), colour("bar-missing")];
    const names = { type: "category", data: data.labels, axisLabel: { color: ink, hideOverlap: true }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
    const values = { type: "value", min: 0, axisLabel: { color: ink, formatter: short, hideOverlap: true }, splitLine: { lineStyle: { color: line } } };
    const flat = kind === "horizontal";
    return {
      animation: false,
      aria: { enabled: false, decal: { show: data.series.length > 1 } },
      color: colours,
      textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      grid: { left: 8, right: 16, top: data.series.length > 1 ? 40 : 12, bottom: 8, containLabel: true },
      legend: { show: data.series.length > 1, top: 0, left: 0, textStyle: { color: ink } },
      tooltip: { trigger: "axis", renderMode: "richText", confine: true, valueFormatter: pesos, axisPointer: { type: "shadow" } },
      xAxis: flat ? values : names,
      yAxis: flat ? { ...names, inverse: true } : values,
      series: data.series.map((one, place) => ({
        name: one.name, type: "bar", stack: "all", barMaxWidth: 28, data: one.values.map(Number),
        itemStyle: { decal: place === 0 ? { symbol: "none" } : { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 4], rotation: -Math.PI / 4, color: "rgba(255,255,255,.6)" } },
      })),
    };
  };
  const draw = (box) => {
    const data = JSON.parse(document.getElementById(box.dataset.from).textContent);
    box.hidden = false;
    const chart = echarts.init(box, null, { renderer: "canvas" });
    chart.setOption(option(data, box.dataset.chart));
    drawn.push({ chart, box, data });
    const table = box.parentElement.querySelector("[data-folds]");
    if (table) table.open = false;
  };
  const all = (root) => root.querySelectorAll("[data-chart][hidden]").forEach(draw);
  document.addEventListener("DOMContentLoaded", () => all(document));
  document.addEventListener("htmx:afterSettle", () => all(document));
  window.addEventListener("resize", () => drawn.forEach(({ chart }) => chart.resize()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    drawn.forEach(({ chart, box, data }) => chart.setOption(option(data, box.dataset.chart)));
  });
})();
