/*
 * quality - how one direction sounded over time: loss, jitter, MOS, one below the other.
 */
import { html, useMemo } from "../vendor/preact-htm.js";
import { Chart } from "./chart.js";
import { MosChip } from "./chip.js";
import { axisTop, seriesOf } from "../series.js";
import { count, milliseconds, percent, text } from "../format.js";
import { directionWord } from "../words.js";

/* The direction in which nothing was heard of a call that has the other. */
export function Silence({ direction }) {
  return html`<section class="panel quality">
    <header><h3>${directionWord(direction)}</h3></header>
    <p class="quiet">No packet was seen going this way.</p>
  </section>`;
}

export function Quality({ stream, start, end }) {
  const series = useMemo(() => seriesOf(stream, start), [stream, start]);
  const loss = stream.expected > 0 ? stream.lost / stream.expected : null;
  const shared = { seconds: series.seconds, end, group: "quality" };

  return html`<section class="panel quality">
    <header>
      <h3>${directionWord(stream.direction)}</h3>
      <${MosChip} mos=${stream.mos_lq?.jb200} word />
      <span class="quiet">
        ${text(stream.codec, 20)} · ${count(stream.packets)} packets · ${percent(loss)} lost ·
        ${" "}${milliseconds(stream.jitter_ms?.p95)} jitter (p95)
      </span>
    </header>
    ${series.seconds.length === 0
      ? html`<p class="quiet">Too short to be drawn over time.</p>`
      : html`<${Chart} ...${shared} title="Loss, %" kind="bars" tint="--bad" values=${series.loss}
            still=${loss === 0 ? "none lost" : ""}
            low=${0} top=${axisTop(series.loss, 1)} format=${(value) => percent(value / 100)} />
          <${Chart} ...${shared} title="Jitter, ms (highest)" kind="line" tint="--accent" values=${series.jitter}
            low=${0} top=${axisTop(series.jitter, 10)} format=${milliseconds} />
          <${Chart} ...${shared} title="MOS" kind="line" tint="--good" values=${series.mos}
            low=${1} top=${4.6} format=${(value) => value.toFixed(2)} />`}
  </section>`;
}
