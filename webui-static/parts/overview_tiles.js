/*
 * overview_tiles - the figures of a window side by side: each with what it was before and how many calls it rests
 * on; a click shows those calls.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { count, duration, fixed, isKnown, milliseconds, NONE, percent } from "../format.js";
import { liveStats, probeSpeaks } from "../live.js";
import { callsAddress, changeOf, FEW, ofCalls, whyUnknown } from "../overview.js";
import { MosChip } from "./chip.js";
import { Trend } from "./trend.js";

const rate = (value) => (isKnown(value) ? value.toFixed(value < 10 ? 2 : 1) : NONE);
const seconds = (value) => (isKnown(value) ? duration(value * 1000) : NONE);
const share = (part, whole) => (whole > 0 ? part / whole : null);

/* read, show: the figure; rests: on how many calls; rises: is more good? words, sort: of the calls behind it. */
const TILES = [
  { name: "rate", title: "Calls/s", help: "Calls that began, by the second that was observed", read: (t) => t.calls_per_s, show: rate, rests: (t) => `${count(t.attempts)} calls began`, n: (t) => t.attempts, step: (s) => (isKnown(s.concurrent) ? s.attempts : null) },
  { name: "concurrent", title: "At once", help: "Answered calls that were open at the end of the window", read: (t) => t.concurrent, past: (t) => t.concurrent_max, show: count, rests: (t) => `most ${count(t.concurrent_max)}, ${fixed(t.erlang, 1)} erlang`, words: "state:in_call", step: (s) => s.concurrent, open: true },
  { name: "asr", title: "ASR", help: "Answered, of all that were settled (ITU-T E.425)", read: (t) => t.asr, show: percent, rests: (t) => ofCalls(t.settled), n: (t) => t.settled, rises: true, matters: 0.02, words: "has:outcome -outcome:success", step: (s) => s.asr, top: 1 },
  { name: "ner", title: "NER", help: "The network did its part: answered, busy, cancelled, declined (ITU-T E.425)", read: (t) => t.ner, show: percent, rests: (t) => ofCalls(t.settled), n: (t) => t.settled, rises: true, matters: 0.02, words: "has:outcome -outcome:success -nos_cause:busy,cancel -status:480,603", step: (s) => s.ner, top: 1 },
  { name: "acd", title: "ACD", help: "Mean time that answered calls lasted which ended in the window", read: (t) => t.acd_s, show: seconds, rests: (t) => `${ofCalls(t.ended)}${t.short_calls > 0 ? `, ${count(t.short_calls)} under 6 s` : ""}`, n: (t) => t.ended, words: "outcome:success", sort: "duration", step: (s) => s.acd_s },
  { name: "pdd", title: "PDD", help: "Post-dial delay: half of the calls waited no longer", read: (t) => t.pdd_ms_p50, show: milliseconds, rests: (t) => `p95 ${milliseconds(t.pdd_ms_p95)} ${ofCalls(t.pdd_calls)}`, n: (t) => t.pdd_calls, rises: false, words: "has:pdd", sort: "-pdd", step: (s) => s.pdd_ms_p50 },
  { name: "mos", title: "MOS", help: "Median of the calls' worst streams; the worst 5 % beside it", read: (t) => t.mos_p50, show: (v) => fixed(v, 2), chip: true, rests: (t) => `worst 5 % ${fixed(t.mos_p5, 2)} ${ofCalls(t.mos_calls)}`, n: (t) => t.mos_calls, rises: true, matters: 0.03, words: "has:mos", sort: "mos", step: (s) => (isKnown(s.mos_p50) ? s.mos_p50 - 1 : null), top: 3.5 },
  { name: "one_way", title: "One-way", help: "Somebody did not hear the other, of the calls whose media was judged", read: (t) => share(t.one_way, t.judged), show: percent, rests: (t) => `${count(t.one_way)} ${ofCalls(t.judged)}`, n: (t) => t.judged, rises: false, matters: 0.005, words: "one_way", step: (s) => share(s.one_way, s.judged), top: 1 },
];

function Change({ tile, totals, before }) {
  const read = tile.past ?? tile.read;
  const few = tile.n !== undefined && (tile.n(totals) < FEW || tile.n(before) < FEW);
  const change = changeOf(read(totals), read(before), { show: tile.show, rises: tile.rises ?? null, few, matters: tile.matters });

  if (change === null) return html`<span class="tile-change quiet">before ${NONE}</span>`;
  return html`<span class=${`tile-change level-${change.level}`}><span aria-hidden="true">${change.sign}</span> ${tile.past ? "most before" : "before"} ${change.words}</span>`;
}

function Open({ live }) {
  const stats = useStore(liveStats);

  return live && probeSpeaks() ? html`<span class="tile-live">${count(stats?.calls_open)} now</span>` : null;
}

function Tile({ tile, answer, live }) {
  const { totals, before, series } = answer;
  const value = tile.read(totals);
  const address = callsAddress(totals.filter, tile.words, tile.sort);

  return html`<a class="tile" href=${address} title=${tile.help}>
    <span class="tile-title">${tile.title}${tile.open ? html`<${Open} live=${live} />` : null}</span>
    <span class="tile-value">${isKnown(value) ? (tile.chip ? html`<${MosChip} mos=${value} />` : tile.show(value)) : NONE}</span>
    <${Trend} values=${series.map(tile.step)} top=${tile.top ?? null} width=${160} height=${26} label=${`${tile.title} over the window`} />
    <span class="tile-rests quiet">${isKnown(value) ? tile.rests(totals) : whyUnknown(tile.name, totals)}</span>
    <${Change} tile=${tile} totals=${totals} before=${before} />
  </a>`;
}

export function Tiles({ answer, live }) {
  return html`<div class="tiles">${TILES.map((tile) => html`<${Tile} key=${tile.name} tile=${tile} answer=${answer} live=${live} />`)}</div>`;
}
