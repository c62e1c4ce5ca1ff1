/*
 * chip - outcome, quality and verdict at a glance: always a drawing or a word beside the colour.
 */
import { html } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";
import { fixed, isKnown, NONE } from "../format.js";
import { mosWords, stateWord, statusClass, verdictWords } from "../words.js";

const LIVE_STATES = { trying: "dots", ringing: "bell", in_call: "phone" };
const CLASS_ICONS = {
  "1xx": "dots",
  "2xx": "check",
  "3xx": "turn",
  "4xx": "cross",
  "5xx": "bolt",
  "6xx": "bolt",
  none: "dots",
};
/* 487: the caller hung up first. 486, 600: busy. Nobody's fault. */
const CANCELLED = 487;

export function StatusChip({ call }) {
  const { state, final_status: status } = call;
  const live = Object.hasOwn(LIVE_STATES, state ?? "");
  const level = statusClass(status);
  const icon = live ? LIVE_STATES[state] : status === CANCELLED ? "stop" : CLASS_ICONS[level];

  return html`<span class=${`chip status-${live ? "live" : level}`}>
    <${Icon} name=${icon} />
    ${!live && isKnown(status) ? html`<b>${status}</b>` : null}
    <span class="chip-word">${stateWord(state)}</span>
  </span>`;
}

function Bars({ filled }) {
  return html`<svg class="bars" viewBox="0 0 16 12" aria-hidden="true" focusable="false">
    ${[1, 2, 3, 4].map(
      (bar) =>
        html`<rect
          class=${bar <= filled ? "bar-on" : "bar-off"}
          x=${(bar - 1) * 4}
          y=${12 - bar * 3}
          width="3"
          height=${bar * 3}
        />`,
    )}
  </svg>`;
}

/* Its bars alone. */
export const MosBars = ({ mos }) => html`<${Bars} filled=${mosWords(mos).bars} />`;

export function MosChip({ mos, word = false, figure = true }) {
  const { word: name, level, bars } = mosWords(mos);

  if (!isKnown(mos)) return html`<span class="quiet">${NONE}</span>`;
  return html`<span class=${`mos level-${level}`}>
    <${Bars} filled=${bars} />${figure ? html`<b>${fixed(mos, 2)}</b>` : null}
    <span class=${word ? "" : "offscreen"}>${name}</span>
  </span>`;
}

const VERDICT_ICONS = { good: "check", bad: "oneway", poor: "warning", fair: "warning" };

export function VerdictChip({ verdict }) {
  if (!isKnown(verdict)) return html`<span class="quiet">${NONE}</span>`;
  const { word, level } = verdictWords(verdict);

  return html`<span class=${`verdict level-${level}`}>
    ${VERDICT_ICONS[level] ? html`<${Icon} name=${VERDICT_ICONS[level]} />` : null}${word}
  </span>`;
}
