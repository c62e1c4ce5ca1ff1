/*
 * alert_row - one alert in the list: what, where, since when, how bad against normal, and who cares.
 *
 * What comes from the wire is text inside elements, never part of an attribute.
 */
import { html } from "../vendor/preact-htm.js";
import { isOpen } from "../alerts.js";
import { againstWords, barOf } from "../alert_words.js";
import { isId } from "../api.js";
import { dayAndTime, duration, isKnown, text, time } from "../format.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { AlertSpark } from "./alert_chart.js";
import { Handling, SeverityChip, StateTag } from "./alert_marks.js";
import { severityOf, SeverityIcon } from "./severity.js";

const BAR = { width: 120, height: 12 };

/* Of an alert without a series: the value on a bar, the limit and what is normal as marks. */
function Bar({ alert }) {
  const { value, threshold, baseline } = barOf(alert);

  if (value === null) return null;
  return html`<svg class="alert-bar" width=${BAR.width} height=${BAR.height} aria-hidden="true" focusable="false">
    <rect class="bar-back" width=${BAR.width} height="6" y="3" rx="3" />
    <rect class="bar-fill" width=${Math.max(value * BAR.width, 3)} height="6" y="3" rx="3" />
    ${threshold === null ? null : html`<line class="chart-threshold" x1=${threshold * BAR.width} x2=${threshold * BAR.width} y1="0" y2="12" />`}
    ${baseline === null ? null : html`<line class="chart-normal" x1=${baseline * BAR.width} x2=${baseline * BAR.width} y1="0" y2="12" />`}
  </svg>`;
}

function When({ alert }) {
  const zone = useStore(clock);
  const since = alert.since ?? alert.time;

  return html`<span class="alert-when">
    since ${dayAndTime(since, zone)}
    ${isKnown(alert.ended_time)
      ? html` <span class="quiet">until ${time(alert.ended_time, zone)}, ${duration((alert.ended_time - since) * 1000)}</span>`
      : null}
  </span>`;
}

function Drawing({ alert }) {
  const hasSeries = Array.isArray(alert.evidence?.series) && alert.evidence.series.filter(isKnown).length > 1;

  return html`<span class="alert-drawing">${hasSeries ? html`<${AlertSpark} alert=${alert} />` : html`<${Bar} alert=${alert} />`}</span>`;
}

export function AlertRow({ alert, selected }) {
  const href = isId(alert.id) ? `#/alerts/${alert.id}` : undefined;
  const quieted = alert.muted || alert.ack || alert.silence ? "quieted" : "";

  return html`<li
    class=${`panel alert severity-${severityOf(alert)} ${isOpen(alert) ? alert.state : "over"} ${quieted} ${selected ? "selected" : ""}`}
    data-id=${isId(alert.id) ? alert.id : null}
  >
    <div class="alert-mark"><${SeverityIcon} alert=${alert} /></div>
    <div class="alert-body">
      <h3><a class="alert-link" href=${href}>${text(alert.summary, 300)}</a></h3>
      <p class="alert-line">
        <${SeverityChip} alert=${alert} /><${StateTag} alert=${alert} />
        <${When} alert=${alert} />
        <span>${text(alert.rule, 60)}</span>
        ${isKnown(alert.group) ? html`<bdi class="mono">${text(alert.group, 80)}</bdi>` : null}
      </p>
      <p class="alert-line">
        ${isKnown(alert.value) ? html`<span>${againstWords(alert)}</span>` : null}
        <${Handling} alert=${alert} />
      </p>
    </div>
    <${Drawing} alert=${alert} />
  </li>`;
}
