/*
 * loss_runs - how many packets were lost side by side, and how often: a small histogram.
 */
import { html } from "../vendor/preact-htm.js";
import { count, NONE } from "../format.js";
import { runsOf } from "../stream_kinds.js";

const LENGTHS = ["1", "2", "3", "4", "5–9", "10–19", "20+"];
const BAR_PX = 22;
const HEIGHT_PX = 30;

export function LossRuns({ stream }) {
  const runs = runsOf(stream).slice(0, LENGTHS.length);
  const most = Math.max(1, ...runs);
  const told = runs.map((n, at) => (n > 0 ? `${count(n)} of ${LENGTHS[at]}` : "")).filter((words) => words !== "");

  if (runs.length === 0) return html`${NONE} <span class="quiet">not recorded</span>`;
  if (told.length === 0) return html`none`;
  return html`<svg class="loss-runs" viewBox=${`0 0 ${LENGTHS.length * BAR_PX} ${HEIGHT_PX + 14}`} role="img" aria-label=${`Runs of lost packets: ${told.join(", ")}`}>
    ${runs.map((n, at) => {
      const height = n > 0 ? Math.max((n / most) * (HEIGHT_PX - 10), 2) : 0;
      return html`<rect x=${at * BAR_PX + 3} y=${HEIGHT_PX - height} width=${BAR_PX - 6} height=${height} />
        <text x=${at * BAR_PX + BAR_PX / 2} y=${HEIGHT_PX + 10} text-anchor="middle">${LENGTHS[at]}</text>
        ${n > 0 ? html`<text class="loss-runs-count" x=${at * BAR_PX + BAR_PX / 2} y=${HEIGHT_PX - height - 2} text-anchor="middle">${count(n)}</text>` : null}`;
    })}
  </svg>`;
}
