/*
 * leg_badge - a leg of a conversation: a letter, and a colour that only repeats it.
 */
import { html } from "../vendor/preact-htm.js";

export function LegBadge({ leg }) {
  return leg ? html`<span class=${`leg-badge leg-${leg.colour}`}><span class="offscreen">Leg </span>${leg.letter}</span>` : null;
}
