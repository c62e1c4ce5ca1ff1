/*
 * fax - T.38 in a call: UDPTL packets, what was lost, and what its redundancy brought back.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, isKnown, percent, text, time } from "../format.js";
import { correctionWord } from "../sound_words.js";
import { directionWord } from "../words.js";

function recovery({ lost, udptl }) {
  if (!isKnown(lost) || !isKnown(udptl?.recovered)) return null;
  if (lost === 0) return "No packet was lost.";
  const left = lost - udptl.recovered;
  if (left <= 0) return "All that was lost came again in a packet after it: the page is whole.";
  return `${count(left)} packets never came again: lines of the page may be missing.`;
}

function Direction({ stream, zone }) {
  const sentence = recovery(stream);

  return html`<section>
    <h3>${directionWord(stream.direction)}</h3>
    <p class="quiet">${text(stream.src)} → ${text(stream.dst)}, ${time(stream.start_time, zone)} to ${time(stream.end_time, zone)}</p>
    <dl class="facts small">
      <div class="fact"><dt>UDPTL packets</dt><dd>${count(stream.packets)} <span class="quiet">of ${count(stream.expected)}</span></dd></div>
      <div class="fact"><dt>Lost</dt><dd>${count(stream.lost)} <span class="quiet">${percent(stream.expected > 0 && isKnown(stream.lost) ? stream.lost / stream.expected : null)}</span></dd></div>
      <div class="fact"><dt>Of them recovered</dt><dd>${count(stream.udptl?.recovered)}</dd></div>
      <div class="fact"><dt>Error correction</dt><dd>${correctionWord(stream.udptl?.error_correction)}</dd></div>
    </dl>
    ${sentence ? html`<p>${sentence}</p>` : null}
  </section>`;
}

export function Fax({ streams }) {
  const zone = useStore(clock);

  if (streams.length === 0) return null;
  return html`<section class="panel fax" aria-labelledby="fax">
    <h2 id="fax">Fax (T.38)</h2>
    <div class="budget-grid">${streams.map((stream) => html`<${Direction} key=${stream.id} stream=${stream} zone=${zone} />`)}</div>
  </section>`;
}
