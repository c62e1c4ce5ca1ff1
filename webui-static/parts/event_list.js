/*
 * event_list - what changed in mid-stream, by time; what nobody announced is pointed at.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, time } from "../format.js";
import { eventList } from "../marks.js";
import { directionWord } from "../words.js";
import { Icon } from "./icon.js";

const SHOWN = 64;

export function EventList({ streams }) {
  const zone = useStore(clock);
  const events = eventList(streams);

  if (events.length === 0) return null;
  return html`<section class="panel" aria-labelledby="changes">
    <h2 id="changes">Changes in mid-call</h2>
    <ol class="event-list">
      ${events.slice(0, SHOWN).map(
        ({ words, change, announced, flagged, time: at, stream }) => html`<li class=${flagged ? "drop-bad" : ""}>
          <${Icon} name=${flagged ? "warning" : "turn"} />
          <div>
            <span>${time(at, zone, 3)}</span>${" "}<b>${words}</b>${change ? html` <bdi>${change}</bdi>` : null}
            ${" "}<span class="quiet">${directionWord(stream.direction)}${announced ? ` · ${announced}` : ""}</span>
          </div>
        </li>`,
      )}
    </ol>
    ${events.length > SHOWN ? html`<p class="quiet">and ${count(events.length - SHOWN)} more</p>` : null}
  </section>`;
}
