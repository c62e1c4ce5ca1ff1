/*
 * budget - "why is this 3.1?": the R value of each stream taken apart, behind the buffer of one's
 * choice.
 */
import { html } from "../vendor/preact-htm.js";
import { codecSources } from "../codec_sources.js";
import { BUFFERS, explainConversation, explainMos, HEADLINE, whyNoMos } from "../emodel.js";
import { count, fixed, isKnown, milliseconds, percent, text } from "../format.js";
import { lossWords, modelWord } from "../sound_words.js";
import { directionWord } from "../words.js";
import { MosChip } from "./chip.js";

const NAMES = new Map(BUFFERS);
function Part({ value, best, kind, name }) {
  const share = Math.max(value / best, 0);

  if (share === 0) return null;
  return html`<span class=${`budget-part budget-${kind}`} style=${{ width: `${share * 100}%` }}
    ><span>${name} ${fixed(value, 1)}</span></span
  >`;
}

function Bar({ why, talk }) {
  const left = talk ? talk.r : why.r;

  return html`<div class="budget-bar" aria-hidden="true">
    <${Part} value=${left} best=${why.best} kind="left" name="R" />
    <${Part} value=${why.codec} best=${why.best} kind="codec" name="codec" />
    <${Part} value=${why.loss} best=${why.best} kind="loss" name="loss" />
    ${talk ? html`<${Part} value=${talk.delay} best=${why.best} kind="delay" name="delay" />` : null}
  </div>`;
}

/* "R 93.2 − 11.0 codec − 14.6 loss 2.1 % bursts 1.8 − 0 delay = 67.6, MOS 3.5" */
function Sum({ why, talk }) {
  return html`<p class="budget-sum">
    R ${fixed(why.best, 1)} − ${fixed(why.codec, 1)} codec − ${fixed(why.loss, 1)} ${lossWords(why.ppl, why.bursts)} −
    ${" "}${talk ? fixed(talk.delay, 1) : "0"} delay = <b>${fixed(talk ? talk.r : why.r, 1)}</b>, MOS${" "}
    <b>${fixed(talk ? talk.mos : why.mos, 1)}</b>
  </p>`;
}

function Codec({ stream, why }) {
  const { model } = stream;
  const sources = codecSources(model.codec);

  return html`<li>
    <span class="budget-key budget-codec"></span><span>${fixed(why.codec, 1)} for the codec itself:
    ${" "}<b>${text(model.codec ?? stream.codec, 40)}</b>, ${why.scale}, Ie ${fixed(model.ie, 1)}${sources ? ` (${sources.ie})` : ""}, robustness Bpl
    ${" "}${fixed(model.bpl, 1)}${sources ? ` (${sources.bpl})` : ""}; ${modelWord(stream.codec_model)}.</span>
  </li>`;
}

function Loss({ why, buffer }) {
  const late = buffer === "raw" ? "" : `, ${count(why.late)} of them late`;
  const behind = buffer === "raw" ? "lost on the way; a buffer makes it no better" : `lost or too late for a buffer of ${NAMES.get(buffer)}`.replace("of adaptive", "that adapts");

  return html`<li>
    <span class="budget-key budget-loss"></span><span>${fixed(why.loss, 1)} for ${percent(why.ppl)} of its packets ${behind}
    ${" "}(${count(why.missing)} missing${late})${isKnown(why.bursts) ? `, burst ratio ${fixed(why.bursts, 2)}` : ""}.</span>
  </li>`;
}

function Delay({ talk }) {
  if (!talk)
    return html`<li>
      <span class="budget-key budget-delay"></span><span>No delay: this is how it sounded to a listener, not how it was to talk.</span>
    </li>`;
  return html`<li>
    <span class="budget-key budget-delay"></span><span>${fixed(talk.delay, 1)} for
    ${" "}${isKnown(talk.ms) ? `${milliseconds(talk.ms)} from mouth to ear` : "the delay"}${talk.parts.length
      ? `: ${talk.parts.map(([what, ms]) => `${milliseconds(ms)} for ${what}`).join(", ")}`
      : ""}.</span>
  </li>`;
}

/* The same call behind each buffer. */
function WhatIf({ stream, chosen }) {
  return html`<table class="what-if">
    <caption>The same packets behind another buffer</caption>
    <thead>
      <tr><th scope="col">Buffer</th><th scope="col">Late</th><th scope="col">Missing</th><th scope="col">R</th><th scope="col">MOS</th></tr>
    </thead>
    <tbody>
      ${BUFFERS.map(([buffer, name]) => {
        const { late, lost_total: missing } = buffer === "raw" ? { late: null, lost_total: stream.lost } : (stream.playout?.[buffer] ?? {});
        return html`<tr class=${buffer === chosen ? "chosen" : ""}>
          <th scope="row">${name}</th>
          <td>${count(late)}</td>
          <td>${count(missing)}</td>
          <td>${fixed(stream.r?.[buffer], 1)}</td>
          <td><${MosChip} mos=${stream.mos_lq?.[buffer]} /></td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function Working({ stream, buffer, talking }) {
  const why = explainMos(stream, talking ? HEADLINE : buffer);
  const talk = talking && why ? explainConversation(stream) : null;

  return html`<section class="budget">
    <header><h3>${directionWord(stream.direction)}</h3><${MosChip} mos=${talking ? stream.mos_cq : stream.mos_lq?.[buffer]} word /></header>
    ${why === null
      ? html`<p class="quiet">
          ${whyNoMos(stream) ?? (isKnown(stream.r?.[HEADLINE]) && !isKnown(stream.r?.[buffer])
            ? "Not computed for this buffer."
            : `R ${fixed(stream.r?.[buffer], 1)}; the working is of a model that this page does not explain (${text(stream.model?.version, 40)}).`)}
        </p>`
      : talking && talk === null
        ? html`<p class="quiet">No MOS of the conversation: neither side's RTCP told the round trip, and a delay is not guessed.</p>`
        : html`<${Sum} why=${why} talk=${talk} />
            <${Bar} why=${why} talk=${talk} />
            <ul class="budget-list">
              <li><span class="budget-key budget-left"></span><span>${fixed(why.best, 1)} is the best of the ${why.scale} scale.</span></li>
              <${Codec} stream=${stream} why=${why} />
              <${Loss} why=${why} buffer=${talking ? HEADLINE : buffer} />
              <${Delay} talk=${talk} />
            </ul>`}
    ${isKnown(stream.r?.raw) ? html`<${WhatIf} stream=${stream} chosen=${talking ? HEADLINE : buffer} />` : null}
  </section>`;
}

const TALK = "talk";

function Switch({ chosen, choose }) {
  const options = [...BUFFERS.map(([buffer, name]) => [buffer, buffer === HEADLINE ? `${name} (MOS LQ)` : name]), [TALK, "in conversation (MOS CQ)"]];

  return html`<fieldset class="switch">
    <legend>Behind a jitter buffer of</legend>
    ${options.map(
      ([value, name]) => html`<label class=${value === chosen ? "on" : ""}>
        <input type="radio" name="buffer" value=${value} checked=${value === chosen} onChange=${() => choose(value)} />${name}
      </label>`,
    )}
  </fieldset>`;
}

/* streams: audio of the call itself; buffer: the one that the address names. */
export function Budgets({ streams, buffer, choose }) {
  const chosen = buffer === TALK || NAMES.has(buffer) ? buffer : HEADLINE;

  if (streams.length === 0) return null;
  return html`<section class="panel budgets" aria-labelledby="why-mos">
    <h2 id="why-mos">Why this MOS</h2>
    <${Switch} chosen=${chosen} choose=${choose} />
    <div class="budget-grid">
      ${streams.map(
        (stream) => html`<${Working} key=${stream.id} stream=${stream} buffer=${chosen === TALK ? HEADLINE : chosen} talking=${chosen === TALK} />`,
      )}
    </div>
  </section>`;
}
