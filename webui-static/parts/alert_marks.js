/*
 * alert_marks - how grave an alert is, whether it goes on, and what was done about it: a drawing and a word each.
 */
import { html } from "../vendor/preact-htm.js";
import { alertStateWord } from "../alert_words.js";
import { count, dayAndTime, isKnown, text } from "../format.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { Icon } from "./icon.js";
import { SeverityIcon, severityOf } from "./severity.js";

export function SeverityChip({ alert }) {
  return html`<span class=${`tag severity severity-${severityOf(alert)}`}><${SeverityIcon} alert=${alert} />${severityOf(alert)}</span>`;
}

export function StateTag({ alert }) {
  return html`<span class=${`tag ${alert.state === "firing" ? "tag-firing" : alert.state === "pending" ? "tag-pending" : ""}`}
    >${alertStateWord(alert.state)}</span
  >`;
}

/* More than once, muted, taken care of, silenced, not delivered. */
export function Handling({ alert }) {
  const zone = useStore(clock);
  const { ack, silence, muted, flaps, deliveries } = alert;

  return html`<span class="handling">
    ${flaps > 0 ? html`<span class="mark-word"><${Icon} name="turn" />came back ${count(flaps)}×</span>` : null}
    ${muted ? html`<span class="mark-word"><${Icon} name="stop" />muted: another alert explains it</span>` : null}
    ${ack ? html`<span class="mark-word mark-done"><${Icon} name="check" />acknowledged ${dayAndTime(ack.time, zone)}${ack.comment ? html`: <bdi>${text(ack.comment, 80)}</bdi>` : null}</span>` : null}
    ${silence ? html`<span class="mark-word"><${Icon} name="bell" />silenced until ${dayAndTime(silence.until, zone)}</span>` : null}
    ${isKnown(deliveries?.dead) && deliveries.dead > 0
      ? html`<span class="mark-word level-bad"><${Icon} name="warning" />${count(deliveries.dead)} not delivered</span>`
      : null}
  </span>`;
}
