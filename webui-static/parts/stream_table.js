/*
 * stream_table - every metric of every stream: metrics down, streams across.
 */
import { html } from "../vendor/preact-htm.js";
import { MosChip } from "./chip.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, fixed, isKnown, milliseconds, NONE, percent, text, time } from "../format.js";
import { directionWord } from "../words.js";

const yesNo = (value) => (isKnown(value) ? (value ? "yes" : "no") : NONE);
const lossOf = (stream) => (stream.expected > 0 && isKnown(stream.lost) ? stream.lost / stream.expected : null);

function buffer(name) {
  return (stream) => {
    const { late, lost_total: missing } = stream.playout?.[name] ?? {};
    const r = stream.r?.[name];
    const parts = isKnown(r) ? [`R ${fixed(r, 1)}`] : [];

    if (name !== "raw") parts.push(`${count(late)} late`, `${count(missing)} missing`);
    return html`<${MosChip} mos=${stream.mos_lq?.[name]} />${" "}
      <span class="quiet">${parts.join(" · ")}</span>`;
  };
}

/* [group, [[what, how it is shown]…]]; a text or a drawing. */
const GROUPS = [
  ["Stream", [
    ["From", (s) => text(s.src)],
    ["To", (s) => text(s.dst)],
    ["SSRC", (s) => text(s.ssrc)],
    ["Media", (s) => text(s.media)],
    ["Codec", (s) => `${text(s.codec, 40)}${isKnown(s.payload_type) ? ` (payload type ${s.payload_type})` : ""}`],
    ["Clock", (s) => (isKnown(s.clock_rate_hz) ? `${count(s.clock_rate_hz)} Hz` : NONE)],
    ["Packet time", (s) => milliseconds(s.ptime_ms)],
    ["First, last packet", (s, zone) => `${time(s.start_time, zone, 3)} – ${time(s.end_time, zone, 3)}`],
    ["DSCP", (s) => count(s.dscp)],
    ["Encrypted (SRTP)", (s) => yesNo(s.srtp)],
  ]],
  ["Packets", [
    ["Received", (s) => count(s.packets)],
    ["Expected", (s) => count(s.expected)],
    ["Lost", (s) => `${count(s.lost)} (${percent(lossOf(s))})`],
    ["Duplicates", (s) => count(s.duplicates)],
    ["Out of order", (s) => count(s.out_of_order)],
    ["Restarts", (s) => count(s.restarts)],
  ]],
  ["Jitter and gaps", [
    ["Jitter, mean", (s) => milliseconds(s.jitter_ms?.mean)],
    ["Jitter, 95th percentile", (s) => milliseconds(s.jitter_ms?.p95)],
    ["Jitter, highest", (s) => milliseconds(s.jitter_ms?.max)],
    ["Between packets, mean", (s) => milliseconds(s.delta_ms?.mean)],
    ["Between packets, longest", (s) => milliseconds(s.delta_ms?.max)],
  ]],
  ["Bursts of loss", [
    ["Bursts", (s) => count(s.burst?.bursts)],
    ["Loss within bursts", (s) => percent(s.burst?.density_ratio)],
    ["Burst length, mean", (s) => milliseconds(s.burst?.duration_ms)],
    ["Between bursts, mean", (s) => milliseconds(s.burst?.gap_duration_ms)],
    ["Longest run lost", (s) => count(s.burst?.longest_run)],
    ["Burst ratio", (s) => fixed(s.burst?.burst_ratio, 2)],
  ]],
  ["How it sounds", [
    ["Loss alone", buffer("raw")],
    ["50 ms buffer", buffer("jb50")],
    ["200 ms buffer", buffer("jb200")],
    ["Adaptive buffer", buffer("adaptive")],
    ["In conversation (MOS CQ)", (s) => html`<${MosChip} mos=${s.mos_cq} />`],
  ]],
  ["What RTCP reported", [
    ["Reports", (s) => count(s.rtcp?.reports)],
    ["Loss fraction, highest", (s) => percent(s.rtcp?.fraction_lost_max)],
    ["Lost in all", (s) => count(s.rtcp?.lost_cumulative)],
    ["Jitter, highest", (s) => milliseconds(s.rtcp?.jitter_ms_max)],
    ["Round trip", (s) => milliseconds(s.rtcp?.rtt_ms)],
  ]],
];

export function StreamTable({ streams }) {
  const zone = useStore(clock);

  return html`<div class="panel scroll-x" tabindex="0" role="region" aria-label="Streams">
    <table class="stream-table">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          ${streams.map((stream) => html`<th scope="col">${directionWord(stream.direction)}</th>`)}
        </tr>
      </thead>
      ${GROUPS.map(
        ([group, rows]) =>
          html`<tbody>
            <tr class="group"><th scope="rowgroup" colspan=${streams.length + 1}>${group}</th></tr>
            ${rows.map(
              ([name, show]) =>
                html`<tr>
                  <th scope="row">${name}</th>
                  ${streams.map((stream) => html`<td>${show(stream, zone)}</td>`)}
                </tr>`,
            )}
          </tbody>`,
      )}
    </table>
  </div>`;
}
