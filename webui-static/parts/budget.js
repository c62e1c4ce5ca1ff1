/*
 * budget - "why is this 3.1?": the R value of each stream taken apart.
 */
import { html } from "../vendor/preact-htm.js";
import { explainMos } from "../emodel.js";
import { fixed, percent, text } from "../format.js";
import { directionWord } from "../words.js";

function Part({ value, best, kind }) {
  const share = `${Math.max((value / best) * 100, 0)}%`;
  return html`<span class=${`budget-part budget-${kind}`} style=${{ width: share }}></span>`;
}

function Working({ stream }) {
  const why = explainMos(stream);
  const { model } = stream;

  if (!why) return null;
  return html`<section class="budget">
    <h3>${directionWord(stream.direction)}</h3>
    <p class="budget-sum">
      R = ${fixed(why.best, 1)} − ${fixed(why.codec, 1)} − ${fixed(why.loss, 1)} =${" "}
      <b>${fixed(why.r, 1)}</b>, which is MOS <b>${fixed(why.mos, 2)}</b>
    </p>
    <div class="budget-bar" aria-hidden="true">
      <${Part} value=${why.r} best=${why.best} kind="left" />
      <${Part} value=${why.codec} best=${why.best} kind="codec" />
      <${Part} value=${why.loss} best=${why.best} kind="loss" />
    </div>
    <ul class="budget-list">
      <li><span class="budget-key budget-left"></span>${fixed(why.best, 1)} is the best of the ${why.scale} scale.</li>
      <li>
        <span class="budget-key budget-codec"></span>${fixed(why.codec, 1)} for the codec itself
        (${text(stream.codec, 20)}, Ie ${fixed(model.ie, 1)}, ${text(stream.codec_model, 20)}).
      </li>
      <li>
        <span class="budget-key budget-loss"></span>${fixed(why.loss, 1)} for ${percent(model.ppl_ratio)} of its packets
        lost or too late for a 200 ms buffer, burst ratio ${fixed(model.burst_ratio, 2)}, robustness Bpl ${fixed(model.bpl, 1)}.
      </li>
    </ul>
  </section>`;
}

export function Budgets({ streams }) {
  const known = streams.filter((stream) => explainMos(stream) !== null);

  if (known.length === 0) return null;
  return html`<details class="panel budgets">
    <summary>Why this MOS? The E-model's working</summary>
    <div class="budget-grid">${known.map((stream) => html`<${Working} stream=${stream} />`)}</div>
  </details>`;
}
