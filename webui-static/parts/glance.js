/*
 * glance - each direction's sound in its most telling figures.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, fixed, isKnown, milliseconds, NONE, percent, text, time } from "../format.js";
import { whyNoMos } from "../emodel.js";
import { whyNoSound } from "../sound_words.js";
import { directionWord } from "../words.js";
import { MosChip } from "./chip.js";
import { LossRuns } from "./loss_runs.js";

function Fact({ name, children }) {
  return html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;
}

/* A value, or a dash and why. */
function known(value, shown, why) {
  return isKnown(value) ? shown : html`${NONE} <span class="quiet">${why}</span>`;
}

export const dbm0 = (value) => `${fixed(value, 1)} dBm0`.replace("-", "−");

export function Glance({ stream }) {
  const zone = useStore(clock);
  const { worst_10s: worst, interval_mos: intervals } = stream;
  const loss = stream.expected > 0 && isKnown(stream.lost) ? stream.lost / stream.expected : null;
  const video = stream.media === "video";
  const noMos = whyNoMos(stream);

  return html`<section class="panel glance">
    <header>
      <h3>${directionWord(stream.direction)}${video ? ", video" : ""}</h3>
      <${MosChip} mos=${stream.mos_lq?.jb200} word />
      <span class="quiet">${text(stream.codec, 20)} · ${count(stream.packets)} packets</span>
    </header>
    ${noMos ? html`<p class="quiet">${noMos}</p>` : null}
    <dl class="facts small">
      <${Fact} name="Lost">${percent(loss)} <span class="quiet">${count(stream.lost)} packets</span><//>
      <${Fact} name="Jitter">${milliseconds(stream.jitter_ms?.p95)} <span class="quiet">p95, up to ${milliseconds(stream.jitter_ms?.max)}</span><//>
      ${video
        ? null
        : html`<${Fact} name="Bad seconds">${known(stream.bad_seconds, count(stream.bad_seconds), "not judged")}<//>
            <${Fact} name="Worst ten seconds">${isKnown(worst?.mos_lq)
              ? html`<${MosChip} mos=${worst.mos_lq} /> <span class="quiet">at ${time(worst.time, zone)}</span>`
              : html`${NONE} <span class="quiet">shorter than that</span>`}<//>
            <${Fact} name="MOS of intervals">${isKnown(intervals?.p50)
              ? html`${fixed(intervals.p50, 2)} <span class="quiet">median, ${fixed(intervals.p5, 2)} the worst 5 %</span>`
              : html`${NONE} <span class="quiet">too short</span>`}<//>
            <${Fact} name="Level">${known(stream.level_dbm0, dbm0(stream.level_dbm0), whyNoSound(stream))}<//>
            <${Fact} name="Silence">${known(stream.silence_ratio, percent(stream.silence_ratio), whyNoSound(stream))}<//>
            <${Fact} name="Clipping">${known(stream.clipping_ratio, percent(stream.clipping_ratio), whyNoSound(stream))}<//>`}
      <${Fact} name="Runs of loss"><${LossRuns} stream=${stream} /><//>
    </dl>
  </section>`;
}

/* The direction in which nothing was heard of a call that has the other. */
export function Missing({ direction }) {
  return html`<section class="panel glance">
    <header><h3>${directionWord(direction)}</h3></header>
    <p class="quiet">No packet was seen going this way.</p>
  </section>`;
}
