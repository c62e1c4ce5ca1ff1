/*
 * alert_chart - the measure of an alert step by step, with what it was held against and what is normal.
 */
import { html, useRef } from "../vendor/preact-htm.js";
import { measure, seriesOf } from "../alert_words.js";
import { dayAndTime, isKnown, time } from "../format.js";
import { useStore, useWidth } from "../hooks.js";
import { clock } from "../settings.js";
import { areaPath, steppedPath } from "./lanes.js";

const HEIGHT = 168;
const TOP = 14;
const FOOT = 22;
const GUTTER = 64;
const RIGHT = 8;
const SMALL = { width: 120, height: 28 };

/* Where times and values lie. */
function viewOf(cells, alert, { width, left, right, top, bottom }) {
  const from = cells[0].from;
  const to = cells.at(-1).to;
  const marks = [alert.threshold, alert.baseline].filter(isKnown);
  const values = [...cells.map(({ value }) => value).filter((value) => value !== null), ...marks];
  const high = Math.max(...values, 0) * 1.12 || 1;
  const low = Math.min(...values, 0);

  return {
    from,
    to,
    high,
    low,
    bottom,
    xOf: (at) => left + ((Math.max(from, Math.min(at, to)) - from) / (to - from)) * (width - left - right),
    yOf: (value) => bottom - ((value - low) / (high - low)) * (bottom - top),
  };
}

const read = (cell) => cell.value;

/* In a row of the list: no axis, no words. */
export function AlertSpark({ alert }) {
  const cells = seriesOf(alert);

  if (cells.filter(({ value }) => value !== null).length < 2) return null;
  const view = viewOf(cells, alert, { ...SMALL, left: 1, right: 1, top: 2, bottom: SMALL.height - 2 });
  const line = (value, name) =>
    isKnown(value)
      ? html`<line class=${name} x1="0" x2=${SMALL.width} y1=${view.yOf(value)} y2=${view.yOf(value)} />`
      : null;

  return html`<svg class="alert-spark" width=${SMALL.width} height=${SMALL.height} aria-hidden="true" focusable="false">
    <path class="chart-area" d=${areaPath(cells, read, view.xOf, view.yOf, view.yOf(Math.max(view.low, 0)))} />
    <path class="chart-line" d=${steppedPath(cells, read, view.xOf, view.yOf)} />
    ${line(alert.threshold, "chart-threshold")}${line(alert.baseline, "chart-normal")}
  </svg>`;
}

function Level({ value, name, word, unit, view, width }) {
  if (!isKnown(value)) return null;
  const y = view.yOf(value);

  return html`<line class=${name} x1=${GUTTER} x2=${width - RIGHT} y1=${y} y2=${y} />
    <text class="chart-word" x=${width - RIGHT - 2} y=${y - 4} text-anchor="end">${word} ${measure(value, unit)}</text>`;
}

export function AlertChart({ alert }) {
  const place = useRef(null);
  const width = useWidth(place);
  const zone = useStore(clock);
  const cells = seriesOf(alert);
  const known = cells.filter(({ value }) => value !== null);

  if (known.length < 2) return null;
  const view = viewOf(cells, alert, { width: Math.max(width, 200), left: GUTTER, right: RIGHT, top: TOP, bottom: HEIGHT - FOOT });
  const worst = known.reduce((a, b) => (b.value > a.value ? b : a));
  const words = `${measure(known.at(-1).value, alert.unit)} at ${time(view.to, zone)}; the most was ${measure(worst.value, alert.unit)} at ${time(worst.from, zone)}`;
  const since = alert.since ?? alert.time;
  const axis = [view.high / 1.12, view.high / 2.24, view.low];

  return html`<figure class="alert-chart">
    <div ref=${place}>
      <svg width=${Math.max(width, 200)} height=${HEIGHT} role="img">
        <title>The measure from ${dayAndTime(view.from, zone)} on: ${words}</title>
        ${axis.map(
          (value) => html`<line class="lane-line" x1=${GUTTER} x2=${Math.max(width, 200) - RIGHT} y1=${view.yOf(value)} y2=${view.yOf(value)} />
            <text class="lane-tick" x=${GUTTER - 6} y=${view.yOf(value) + 4} text-anchor="end">${measure(value, alert.unit)}</text>`,
        )}
        ${since > view.from && since < view.to
          ? html`<line class="chart-since" x1=${view.xOf(since)} x2=${view.xOf(since)} y1=${TOP} y2=${HEIGHT - FOOT} />
              <text class="chart-word" x=${view.xOf(since)} y=${TOP - 3} text-anchor="middle">since</text>`
          : null}
        <path class="chart-area" d=${areaPath(cells, read, view.xOf, view.yOf, view.yOf(Math.max(view.low, 0)))} />
        <path class="chart-line" d=${steppedPath(cells, read, view.xOf, view.yOf)} />
        <${Level} value=${alert.threshold} name="chart-threshold" word="limit" unit=${alert.unit} view=${view} width=${Math.max(width, 200)} />
        <${Level} value=${alert.baseline} name="chart-normal" word="normal" unit=${alert.unit} view=${view} width=${Math.max(width, 200)} />
        <text class="lane-tick" x=${GUTTER} y=${HEIGHT - 6}>${time(view.from, zone)}</text>
        <text class="lane-tick" x=${Math.max(width, 200) - RIGHT} y=${HEIGHT - 6} text-anchor="end">${time(view.to, zone)}</text>
      </svg>
    </div>
    <figcaption class="quiet">Last ${words}.</figcaption>
  </figure>`;
}
