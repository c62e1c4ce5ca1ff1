/*
 * delivery_table - messages on their way to people: to whom, about what, how often it was tried, and why it
 * failed.
 */
import { html } from "../vendor/preact-htm.js";
import { aboutWord, deliveryState } from "../alert_words.js";
import { isId, replayDelivery } from "../api.js";
import { count, dayAndTime, isKnown, NONE, text, time } from "../format.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { Icon } from "./icon.js";

function Told({ row }) {
  const alerts = (Array.isArray(row.alerts) ? row.alerts : []).filter(isId);

  if (alerts.length === 0) return NONE;
  return html`<a href=${`#/alerts/${alerts[0]}`}>${alerts.length === 1 ? "alert" : `${count(alerts.length)} alerts`}</a>`;
}

/* withAlert: where it is not of one alert anyway. */
export function DeliveryTable({ rows, withAlert, doing }) {
  const zone = useStore(clock);

  return html`<div class="scroll-x" tabindex="0" role="region" aria-label="Messages">
    <table class="plain-table">
      <thead>
        <tr>
          <th scope="col">Receiver</th><th scope="col">About</th>${withAlert ? html`<th scope="col">Of</th>` : null}
          <th scope="col">State</th><th scope="col">Tries</th><th scope="col">Made</th><th scope="col">Next try</th><th scope="col">Answer</th>
          <th scope="col"><span class="offscreen">Again</span></th>
        </tr>
      </thead>
      <tbody>
        ${rows.map((row) => {
          const { word, icon, level } = deliveryState(row.state);

          return html`<tr key=${row.id}>
            <th scope="row"><bdi>${text(row.receiver, 60)}</bdi></th>
            <td>${aboutWord(row.about)}</td>
            ${withAlert ? html`<td><${Told} row=${row} /></td>` : null}
            <td class=${`level-${level} nowrap`}><${Icon} name=${icon} /> ${word}</td>
            <td>${count(row.tries)}</td>
            <td class="nowrap">${dayAndTime(row.created, zone)}</td>
            <td class="nowrap">${isKnown(row.next_try) ? time(row.next_try, zone) : NONE}</td>
            <td class="answer">${isKnown(row.status) ? html`<b>${count(row.status)}</b> ` : null}${isKnown(row.reason) ? text(row.reason, 200) : isKnown(row.status) ? null : NONE}</td>
            <td>${row.state === "dead"
              ? html`<button type="button" disabled=${doing.busy} onClick=${() => doing.act(() => replayDelivery(row.id))}>Send again</button>`
              : null}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
