/*
 * evidence - what the verdict on the audio rests on: both sides beside each other, then what concerns both.
 */
import { html } from "../vendor/preact-htm.js";
import { isKnown, NONE } from "../format.js";
import { learnedOf, sharedFacts, sidedRows } from "../evidence.js";
import { verdictWords } from "../words.js";
import { VerdictChip } from "./chip.js";

/* What went well is there for who asks. */
const UNEASY = ["bad", "poor", "fair"];

function Cell({ value, mono }) {
  return html`<td>${mono && isKnown(value) ? html`<span class="mono">${value}</span>` : (value ?? NONE)}</td>`;
}

export function Evidence({ call }) {
  const rows = sidedRows(call.media_evidence);
  const facts = sharedFacts(call.media_evidence);
  const learned = learnedOf(call.media_evidence);

  if (rows.length === 0 && facts.length === 0) return null;
  return html`<section class="panel" aria-labelledby="evidence">
    <details open=${UNEASY.includes(verdictWords(call.media_verdict).level)}>
      <summary><h2 id="evidence">Its audio, by the evidence <${VerdictChip} verdict=${call.media_verdict} /></h2></summary>
      ${rows.length
        ? html`<div class="scroll-x" tabindex="0" role="region" aria-label="Evidence of both sides">
            <table class="compare">
              <thead><tr><td></td><th scope="col">Caller</th><th scope="col">Callee</th></tr></thead>
              <tbody>
                ${rows.map(
                  ({ title, caller, callee, mono }) => html`<tr>
                    <th scope="row">${title}</th>
                    <${Cell} value=${caller} mono=${mono} />
                    <${Cell} value=${callee} mono=${mono} />
                  </tr>`,
                )}
              </tbody>
            </table>
          </div>`
        : null}
      <dl class="evidence-facts">
        ${facts.map(([title, value]) => html`<div><dt>${title}</dt><dd>${value}</dd></div>`)}
        ${learned.map(
          ({ side, address, by }) => html`<div>
            <dt>Found for the ${side}</dt>
            <dd><span class="mono">${address}</span> <span class="quiet">${by}</span></dd>
          </div>`,
        )}
      </dl>
    </details>
  </section>`;
}
