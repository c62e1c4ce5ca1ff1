/*
 * chart - one value of a stream over time, drawn by uPlot.
 *
 * uPlot is a classic script and is fetched when the first chart is: the list of calls does not wait
 * for it.
 */
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useMedia, useStore, useWidth } from "../hooks.js";
import { theme } from "../settings.js";
import { duration, NONE } from "../format.js";

const HEIGHT_PX = 118;
let library = null;

function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const sheet = document.createElement("link");
    const script = document.createElement("script");

    sheet.rel = "stylesheet";
    sheet.href = "vendor/uPlot.min.css";
    script.src = "vendor/uPlot.iife.min.js";
    script.onload = () => resolve(globalThis.uPlot);
    script.onerror = () => {
      library = null;
      reject(new Error("the chart library could not be fetched"));
    };
    document.head.append(sheet, script);
  });
  return library;
}

/* A colour of the style sheet as the canvas wants it, perhaps let through. */
function colour(name, opacity = 1) {
  const sample = document.createElement("i");

  sample.style.color = `var(${name})`;
  document.body.append(sample);
  const parts = getComputedStyle(sample).color.match(/[\d.]+/g) ?? [128, 128, 128];
  sample.remove();
  return `rgba(${parts.slice(0, 3).join(", ")}, ${opacity})`;
}

function axis(change) {
  return {
    stroke: colour("--quiet"),
    font: "11px system-ui, sans-serif",
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { show: false },
    ...change,
  };
}

/* kind: bars for what is counted in each bucket, line for what is measured. */
function shape(uPlot, kind, tint) {
  const stroke = colour(tint);

  if (kind === "bars")
    return {
      stroke,
      fill: colour(tint, 0.45),
      width: 0,
      paths: uPlot.paths.bars({ size: [0.8, 40], align: 1 }),
      points: { show: false },
    };
  return {
    stroke,
    width: 2,
    fill: colour(tint, 0.1),
    paths: uPlot.paths.stepped({ align: 1 }),
    points: { show: false },
  };
}

/* Steps of the time axis, in seconds: whole ones, as a clock has them. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

/* 65 → "1:05"; a duration of nothing is "0:00" here, not "0 ms". */
const clockOf = (seconds) => (seconds < 1 ? "0:00" : duration(seconds * 1000));

function optionsOf(uPlot, { kind, low, top, tint, group, end, width, read }) {
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: false },
    cursor: { sync: { key: group }, y: false, drag: { x: false, y: false } },
    scales: { x: { time: false, range: [0, end] }, y: { range: [low, top] } },
    axes: [
      axis({ size: 24, incrs: TIME_STEPS, values: (chart, ticks) => ticks.map(clockOf) }),
      axis({ size: 40, space: 26 }),
    ],
    series: [{}, { ...shape(uPlot, kind, tint), spanGaps: false }],
    hooks: { setCursor: [(chart) => read(chart.cursor.idx)] },
  };
}

/* seconds, values: the series; end: the last second shown; format: a value as text; still: said when no
 * moment is pointed at; group: charts whose cursors go together. */
export function Chart({ title, seconds, values, kind, low, top, tint, group, end, format, still = "" }) {
  const place = useRef(null);
  const width = useWidth(place);
  const chosen = useStore(theme);
  const light = useMedia("(prefers-color-scheme: light)");
  const [at, setAt] = useState(null);
  const [failed, setFailed] = useState(null);

  useEffect(() => {
    let chart = null;
    let gone = false;

    if (width < 80) return undefined;
    loadLibrary().then(
      (uPlot) => {
        if (gone) return;
        const options = optionsOf(uPlot, { kind, low, top, tint, group, end, width, read: setAt });
        chart = new uPlot(options, [seconds, values], place.current);
      },
      (error) => setFailed(error.message),
    );
    return () => {
      gone = true;
      chart?.destroy();
    };
  }, [width, seconds, values, low, top, end, chosen, light]);
  const index = Number.isInteger(at) && at < values.length ? at : null;

  return html`<figure class="chart">
    <figcaption>
      <span>${title}</span>
      <output class="chart-read"
        >${index === null ? still : `${clockOf(seconds[index])}   ${values[index] === null ? NONE : format(values[index])}`}</output
      >
    </figcaption>
    <div class="chart-place" ref=${place}></div>
    ${failed ? html`<p class="quiet">No chart: ${failed}.</p>` : null}
  </figure>`;
}
