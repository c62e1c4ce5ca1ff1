/*
 * loss_side - sender, probe, receiver: on which side of the probe packets were lost.
 */
import { html } from "../vendor/preact-htm.js";
import { count, isKnown } from "../format.js";
import { endsOf, lossSideSentence } from "../sound_words.js";

const WIDTH = 360;
const Y = 26;
const STOPS = [34, WIDTH / 2, WIDTH - 34];
const LOSSY = { before_probe: [true, false], after_probe: [false, true], both: [true, true], none: [false, false] };

function Way({ from, to, lossy, lost }) {
  const middle = (from + to) / 2;

  return html`<g class=${lossy ? "way way-lossy" : "way"}>
    <path d=${`M${from + 10} ${Y}H${to - 12}`} />
    <path class="way-head" d=${`M${to - 8} ${Y}l-8 -4.500v9z`} />
    ${lossy ? html`<path class="way-cross" d=${`M${middle - 6} ${Y - 6}l12 12m0 -12l-12 12`} />` : null}
    <text x=${middle} y=${Y - 10} text-anchor="middle">${lossy ? `${isKnown(lost) ? count(lost) : "some"} lost` : "none lost"}</text>
  </g>`;
}

/* Nothing, where the reports say nothing that can be compared. */
export function LossSide({ stream }) {
  const { loss_side: side, lost_before_probe: before, lost_after_probe: after } = stream.rtcp ?? {};
  const sentence = lossSideSentence(stream);
  const [sender, receiver] = endsOf(stream.direction);

  if (sentence === null)
    return html`<p class="quiet">On which side of the probe packets were lost cannot be said: no report to compare with.</p>`;
  return html`<svg class="loss-side" viewBox=${`0 0 ${WIDTH} 56`} aria-hidden="true" focusable="false">
      <${Way} from=${STOPS[0]} to=${STOPS[1]} lossy=${LOSSY[side][0]} lost=${before} />
      <${Way} from=${STOPS[1]} to=${STOPS[2]} lossy=${LOSSY[side][1]} lost=${after} />
      ${[sender, "probe", receiver].map(
        (name, at) => html`<circle class=${at === 1 ? "stop stop-probe" : "stop"} cx=${STOPS[at]} cy=${Y} r="6" />
          <text class="stop-name" x=${STOPS[at]} y="50" text-anchor="middle">${name}</text>`,
      )}
    </svg>
    <p>${sentence}</p>`;
}
