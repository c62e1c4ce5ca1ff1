/*
 * state_mark - a state as a drawing and a word.
 */
import { html } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";

/* mark: {icon, level, word} */
export function StateMark({ mark }) {
  return html`<span class=${`state-mark level-${mark.level}`}><${Icon} name=${mark.icon} />${mark.word}</span>`;
}
