/*
 * delivery_panel - whom alerts are told, whether they hear, and the messages that nobody took.
 */
import { html } from "../vendor/preact-htm.js";
import { receiverState } from "../alert_words.js";
import { replayAllDeliveries, testReceiver } from "../api.js";
import { count, dayAndTime, isKnown, text, time } from "../format.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { Trouble } from "./trouble.js";
import { DeliveryTable } from "./delivery_table.js";
import { Icon } from "./icon.js";
import { Empty } from "./notice.js";

function Receivers({ receivers, doing }) {
  const zone = useStore(clock);

  if (receivers.length === 0)
    return html`<${Empty} title="Nobody is told">
      <p>Alerts are only shown here. To have them sent, name a receiver in the configuration, or for a try:</p>
      <pre>earshot serve --webhook https://hooks.example/earshot</pre>
    <//>`;
  return html`<div class="panel scroll-x" tabindex="0" role="region" aria-label="Receivers">
    <table class="plain-table">
      <thead><tr><th scope="col">Receiver</th><th scope="col">Kind</th><th scope="col">State</th><th scope="col">Waiting</th><th scope="col">Delivered</th>
        <th scope="col">Given up</th><th scope="col">Last one</th><th scope="col"><span class="offscreen">Try it</span></th></tr></thead>
      <tbody>
        ${receivers.map((each) => {
          const { word, icon, level } = receiverState(each.state);

          return html`<tr key=${each.name}>
            <th scope="row"><bdi>${text(each.name, 60)}</bdi><span class="quiet place"><bdi>${text(each.place, 100)}</bdi></span></th>
            <td>${text(each.kind, 20)}</td>
            <td class=${`level-${level}`}><${Icon} name=${icon} /> ${word}${isKnown(each.reason) ? html`<span class="quiet place">${text(each.reason, 200)}${isKnown(each.next_try) ? `; next try ${time(each.next_try, zone)}` : ""}</span>` : null}</td>
            <td>${count(each.waiting)}</td><td>${count(each.delivered)}</td>
            <td class=${each.dead > 0 ? "level-bad" : ""}>${count(each.dead)}</td>
            <td class="nowrap">${dayAndTime(each.last_delivered, zone)}</td>
            <td><button type="button" disabled=${doing.busy} onClick=${() => doing.act(() => testReceiver(each.name))}>Send a test</button></td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}

export function DeliveryPanel({ receivers, dead, waiting, doing }) {
  const rows = [...dead.deliveries, ...waiting.deliveries];

  return html`<section aria-label="Deliveries">
    <${Trouble} error=${doing.error} />
    <${Receivers} receivers=${receivers} doing=${doing} />
    <h2 class="section-title">Given up and waiting</h2>
    <p class="quiet">${count(dead.dead)} given up, ${count(dead.waiting)} waiting, ${count(dead.delivered)} delivered.
      ${dead.dead > 0
        ? html` <button type="button" disabled=${doing.busy} onClick=${() => doing.act(() => replayAllDeliveries())}>Send all again that were given up</button>`
        : null}</p>
    ${rows.length ? html`<div class="panel"><${DeliveryTable} rows=${rows} withAlert=${true} doing=${doing} /></div>` : html`<p class="quiet">Every message has been taken.</p>`}
  </section>`;
}
