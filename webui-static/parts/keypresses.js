/*
 * keypresses - the keys that were pressed in the call: when, for how long, in which way.
 *
 * Digits are secrets (PINs, cards): a bullet stands for one unless the record holds it.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, isKnown, time } from "../format.js";
import { keyText, keyWays, MASK } from "../marks.js";
import { tookWords } from "../sound_words.js";
import { keysOf } from "../stream_kinds.js";
import { directionWord } from "../words.js";

const SHOWN = 64;

export function Keypresses({ call }) {
  const zone = useStore(clock);
  const keys = keysOf(call);
  const masked = keys.some((key) => keyText(key) === MASK);

  if (keys.length === 0) return null;
  return html`<section class="panel" aria-labelledby="keys">
    <h2 id="keys">Keys pressed</h2>
    ${masked
      ? html`<p class="quiet">Digits are secrets and are not kept, unless <code>dtmf.keep_digits</code> says so.</p>`
      : null}
    <ol class="keypresses">
      ${keys.slice(0, SHOWN).map(
        (key) => html`<li>
          <kbd>${keyText(key) === MASK ? html`<span aria-hidden="true">${MASK}</span><span class="offscreen">masked</span>` : keyText(key)}</kbd>
          <span>${time(key.time, zone, 3)}</span>
          <span class="quiet">${tookWords(key.duration_ms)} · ${keyWays(key)}${isKnown(key.direction) ? ` · ${directionWord(key.direction)}` : ""}</span>
        </li>`,
      )}
    </ol>
    ${keys.length > SHOWN ? html`<p class="quiet">and ${count(keys.length - SHOWN)} more</p>` : null}
  </section>`;
}
