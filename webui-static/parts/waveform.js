/*
 * waveform - a call's sound as two waves, the caller's above, the callee's below; lost intervals
 * are shaded, a line shows where it plays.
 */
import { html, useMemo, useRef } from "../vendor/preact-htm.js";
import { useWidth } from "../hooks.js";
import { wavePath } from "../sound.js";
import { runsWhere } from "../tracks.js";
import { timeTicks } from "./lanes.js";
import { clockOf } from "./time_readout.js";

const LANE_PX = 64;
const GAP_PX = 6;
const FOOT_PX = 22;
const STRIP_PX = 7;
const STEP_S = 5;

const isLossy = ({ loss }) => loss !== null && loss > 0;

function Lane({ name, peaks, lossy, y, width, xOf }) {
  const path = useMemo(() => wavePath(peaks, width, y + LANE_PX / 2, LANE_PX / 2 - 4), [peaks, width, y]);

  return html`<g>
    <rect class="wave-lane" x="0" y=${y} width=${width} height=${LANE_PX} rx="4" />
    ${lossy.map(({ from, to }) => {
      const [left, wide] = [xOf(from), Math.max(xOf(to) - xOf(from), 2)];
      return html`<rect class="wave-lossy" x=${left} y=${y} width=${wide} height=${LANE_PX} />
        <rect x=${left} y=${y + LANE_PX - STRIP_PX} width=${wide} height=${STRIP_PX} fill="url(#wave-hatch)" />`;
    })}
    <path class="wave" d=${path} />
    <text class="wave-name" x="8" y=${y + 15}>${name}</text>
  </g>`;
}

/* peaks: see sound.js; at: the second that plays; lossy: {caller, callee}: cells of their tracks. */
export function Waveform({ peaks, at, lossy, seek, toggle }) {
  const place = useRef(null);
  const width = Math.max(useWidth(place), 40);
  const seconds = Math.max(peaks.seconds, 0.1);
  const xOf = (second) => (Math.max(0, Math.min(second, seconds)) / seconds) * width;
  const runs = useMemo(
    () => ({ caller: runsWhere(lossy.caller, isLossy), callee: runsWhere(lossy.callee, isLossy) }),
    [lossy],
  );
  const keys = {
    ArrowRight: () => seek(at + STEP_S),
    ArrowLeft: () => seek(at - STEP_S),
    PageDown: () => seek(at + 6 * STEP_S),
    PageUp: () => seek(at - 6 * STEP_S),
    Home: () => seek(0),
    End: () => seek(seconds),
    " ": toggle,
  };
  const press = (event) => {
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  };
  const point = (event) => {
    const box = event.currentTarget.getBoundingClientRect();
    seek(((event.clientX - box.left) / box.width) * seconds);
  };

  return html`<div
    class="waveform"
    ref=${place}
    tabindex="0"
    role="slider"
    aria-label="Where it plays"
    aria-valuemin="0"
    aria-valuemax=${Math.round(seconds)}
    aria-valuenow=${Math.round(at)}
    aria-valuetext=${`${clockOf(at)} of ${clockOf(seconds)}`}
    onClick=${point}
    onKeyDown=${press}
  >
    <svg width=${width} height=${2 * LANE_PX + GAP_PX + FOOT_PX} aria-hidden="true" focusable="false">
      <defs>
        <pattern id="wave-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatch-bad" width="2" height="6" />
        </pattern>
      </defs>
      <${Lane} name="caller" peaks=${peaks.caller} lossy=${runs.caller} y=${0} width=${width} xOf=${xOf} />
      <${Lane} name="callee" peaks=${peaks.callee} lossy=${runs.callee} y=${LANE_PX + GAP_PX} width=${width} xOf=${xOf} />
      ${timeTicks(seconds, width).map(
        (tick) => html`<text class="lane-tick" x=${Math.min(Math.max(xOf(tick), 12), width - 14)} y=${2 * LANE_PX + GAP_PX + 16} text-anchor="middle">${clockOf(tick)}</text>`,
      )}
      <line class="playhead" x1=${xOf(at)} x2=${xOf(at)} y1="0" y2=${2 * LANE_PX + GAP_PX} />
    </svg>
  </div>`;
}
