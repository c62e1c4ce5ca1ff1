/*
 * overview_chart - calls over the window: how many began and were answered, how many were open at once; hatched
 * where nobody was listening. A step opens its calls.
 */
import { html, useRef, useState } from "../vendor/preact-htm.js";
import { useStore, useWidth } from "../hooks.js";
import { count, dayAndTime, isKnown, percent, time } from "../format.js";
import { callsAddress, stepFilter } from "../overview.js";
import { clock } from "../settings.js";

const HEIGHT = 190;
const PAD = { left: 44, right: 44, top: 10, bottom: 22 };
const TICKS = 4;

/* The next round number over the most. */
function topOf(most) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(most, 1)));
  return [1, 2, 4, 5, 10].map((step) => step * unit).find((top) => top >= most) ?? most;
}

function Ticks({ top, x, anchor, yOf }) {
  return Array.from({ length: TICKS + 1 }, (_, at) => (top * at) / TICKS)
    .filter((value) => Number.isInteger(value))
    .map((value) => html`<text class="lane-tick" x=${x} y=${yOf(value / top) + 4} text-anchor=${anchor}>${count(value)}</text>`);
}

function Read({ step, stepS, zone }) {
  if (!step) return html`<p class="chart-read quiet">Point at a bar to read it; a click opens its calls.</p>`;
  const end = Math.min(step.time + stepS, step.until);
  return html`<p class="chart-read"><b>${dayAndTime(step.time, zone)} – ${time(end, zone)}</b>
    <span>${count(step.attempts)} began</span><span>${count(step.answered)} answered of ${count(step.settled)} settled</span>
    <span>ASR ${percent(step.asr)}</span><span>most at once ${count(step.concurrent)}</span></p>`;
}

export function OverviewChart({ answer }) {
  const place = useRef(null);
  const width = useWidth(place);
  const zone = useStore(clock);
  const [at, setAt] = useState(null);
  const { series, step_s: stepS, from, until, gaps } = answer;
  const plot = { w: Math.max(width - PAD.left - PAD.right, 10), h: HEIGHT - PAD.top - PAD.bottom };
  const xOf = (seconds) => PAD.left + ((seconds - from) / (until - from)) * plot.w;
  const yOf = (part) => PAD.top + (1 - part) * plot.h;
  const most = topOf(Math.max(1, ...series.map(({ attempts }) => attempts)));
  const mostOpen = topOf(Math.max(1, ...series.map(({ concurrent }) => concurrent ?? 0)));
  const bar = Math.max((stepS / (until - from)) * plot.w - 1, 1);
  const stepAt = (event) => {
    const part = (event.clientX - event.currentTarget.getBoundingClientRect().left - PAD.left) / plot.w;
    return part < 0 || part >= 1 ? null : Math.floor((part * (until - from)) / stepS);
  };
  const open = series
    .map(({ time: begins, concurrent }, i) => (isKnown(concurrent) ? `${i > 0 && isKnown(series[i - 1].concurrent) ? "L" : "M"}${(xOf(begins) + bar / 2).toFixed(1)} ${yOf(concurrent / mostOpen).toFixed(1)}` : ""))
    .join("");
  const labels = [0, 0.25, 0.5, 0.75, 1].map((part) => from + part * (until - from));
  const clockOf = (seconds) => (until - from > 90000 ? dayAndTime(seconds, zone).slice(5, 16) : time(seconds, zone).slice(0, 5));

  return html`<figure class="panel overview-chart">
    <${Read} step=${at === null ? null : { ...series[at], until }} stepS=${stepS} zone=${zone} />
    <div
      ref=${place}
      class="overview-plot"
      onPointerMove=${(event) => setAt(stepAt(event))}
      onPointerLeave=${() => setAt(null)}
      onClick=${(event) => {
        const step = series[stepAt(event)];
        if (step) location.hash = callsAddress(stepFilter(step.time, Math.min(stepS, until - step.time)));
      }}
    >
      <svg width=${width} height=${HEIGHT} role="img" aria-label=${`Calls over the window: up to ${count(Math.max(0, ...series.map(({ attempts }) => attempts)))} in ${count(stepS / 60)} minutes`}>
        <defs><pattern id="hatch-gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-gap" width="1.500" height="6" /></pattern></defs>
        ${[0.25, 0.5, 0.75, 1].map((part) => html`<line class="lane-line" x1=${PAD.left} x2=${PAD.left + plot.w} y1=${yOf(part)} y2=${yOf(part)} />`)}
        <${Ticks} top=${most} x=${PAD.left - 6} anchor="end" yOf=${yOf} />
        <${Ticks} top=${mostOpen} x=${PAD.left + plot.w + 6} anchor="start" yOf=${yOf} />
        ${gaps.map((gap) => html`<rect x=${xOf(gap.from)} y=${PAD.top} width=${Math.max(xOf(gap.until) - xOf(gap.from), 1)} height=${plot.h} fill="url(#hatch-gap)" />`)}
        ${series.map(
          (step, i) => html`<g class=${i === at ? "step step-on" : "step"}>
            <rect class="step-began" x=${xOf(step.time)} width=${bar} y=${yOf(step.attempts / most)} height=${(step.attempts / most) * plot.h} />
            <rect class="step-answered" x=${xOf(step.time)} width=${bar} y=${yOf(Math.min(step.answered / most, 1))} height=${Math.min(step.answered / most, 1) * plot.h} />
          </g>`,
        )}
        <path class="step-open" d=${open} />
        ${labels.map((seconds, i) => html`<text class="lane-tick" x=${xOf(seconds)} y=${HEIGHT - 6} text-anchor=${["start", "middle", "middle", "middle", "end"][i]}>${clockOf(seconds)}</text>`)}
      </svg>
    </div>
    <figcaption class="legend">
      <span><i class="key key-began"></i>began</span><span><i class="key key-answered"></i>answered</span>
      <span><i class="key key-open"></i>most at once (right)</span>
      ${gaps.length ? html`<span><i class="key key-gap"></i>nobody was listening</span>` : null}
      <span class="quiet">${count(stepS / 60)} min a bar</span>
    </figcaption>
  </figure>`;
}

