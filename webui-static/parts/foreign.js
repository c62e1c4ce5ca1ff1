/*
 * foreign - packets of somebody else at this call's ports, set apart and explained.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, isKnown, percent, text, time } from "../format.js";
import { FOREIGN_SENTENCE } from "../sound_words.js";
import { Icon } from "./icon.js";

export function Foreign({ streams }) {
  const zone = useStore(clock);

  if (streams.length === 0) return null;
  return html`<section class="panel foreign" aria-labelledby="foreign">
    <h2 id="foreign"><${Icon} name="warning" /> ${streams.length === 1 ? "A foreign source" : `${count(streams.length)} foreign sources`}</h2>
    <p>${FOREIGN_SENTENCE}</p>
    <ul>
      ${streams.map(
        (stream) => html`<li key=${stream.id}>
          <b class="mono">${text(stream.src)}</b> → <span class="mono">${text(stream.dst)}</span>
          ${" "}<span class="quiet">SSRC ${text(stream.ssrc)} · ${text(stream.codec, 20)} · ${count(stream.packets)} packets ·
          ${" "}${percent(stream.expected > 0 && isKnown(stream.lost) ? stream.lost / stream.expected : null)} lost ·
          ${" "}${time(stream.start_time, zone)} to ${time(stream.end_time, zone)}</span>
        </li>`,
      )}
    </ul>
  </section>`;
}
