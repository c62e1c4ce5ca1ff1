/*
 * stream_table - every metric of every stream: metrics down, streams across.
 */
import { html } from "../vendor/preact-htm.js";
import { MosChip } from "./chip.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, fixed, isKnown, milliseconds, NONE, percent, text, time } from "../format.js";
import { whyNoDrift, whyNoSound } from "../sound_words.js";
import { directionWord } from "../words.js";
import { dbm0 } from "./glance.js";

const yesNo = (value) => (isKnown(value) ? (value ? "yes" : "no") : NONE);
const lossOf = (stream) => (stream.expected > 0 && isKnown(stream.lost) ? stream.lost / stream.expected : null);

const dash = (why) => html`${NONE} <span class="quiet">${why}</span>`;
const signed = (value, decimals) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(decimals)}`;

/* RFC 4594: what the marks that voice has are called. */
const DSCPS = { 0: "best effort", 8: "CS1", 24: "CS3", 26: "AF31", 34: "AF41", 40: "CS5", 46: "EF, for voice", 48: "CS6" };
const dscp = (value) => (Object.hasOwn(DSCPS, value ?? "") ? `${value} (${DSCPS[value]})` : count(value));

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
    ["Parameters (fmtp)", (s) => text(s.fmtp, 60)],
    ["Packet time", (s) => milliseconds(s.ptime_ms)],
    ["First, last packet", (s, zone) => `${time(s.start_time, zone, 3)} – ${time(s.end_time, zone, 3)}`],
    ["DSCP", (s) => dscp(s.dscp)],
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
    ["Skew, earliest to latest", (s) => (isKnown(s.skew_ms?.min) ? `${signed(s.skew_ms.min, 1)} to ${signed(s.skew_ms.max, 1)} ms` : NONE)],
    ["Clock drift", (s) => (isKnown(s.clock_drift_ppm) ? `${signed(s.clock_drift_ppm, 1)} ppm` : dash(whyNoDrift()))],
  ]],
  ["Speech and pauses", [
    ["Talkspurts", (s) => count(s.talkspurts)],
    ["Comfort noise packets", (s) => count(s.comfort_noise)],
    ["Not sent on purpose (DTX)", (s) => percent(s.dtx_ratio)],
    ["Level", (s) => (isKnown(s.level_dbm0) ? dbm0(s.level_dbm0) : dash(whyNoSound(s)))],
    ["Silence", (s) => (isKnown(s.silence_ratio) ? percent(s.silence_ratio) : dash(whyNoSound(s)))],
    ["Clipping", (s) => (isKnown(s.clipping_ratio) ? percent(s.clipping_ratio) : dash(whyNoSound(s)))],
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
    ["20 ms buffer", buffer("jb20")],
    ["50 ms buffer", buffer("jb50")],
    ["60 ms buffer", buffer("jb60")],
    ["120 ms buffer", buffer("jb120")],
    ["200 ms buffer", buffer("jb200")],
    ["Adaptive buffer", buffer("adaptive")],
    ["In conversation (MOS CQ)", (s) => html`<${MosChip} mos=${s.mos_cq} />`],
    ["Model", (s) => [s.model?.codec, s.model?.scale, s.model?.version].filter(isKnown).map((part) => text(part, 30)).join(" · ") || NONE],
  ]],
  ["What RTCP reported", [
    ["Reports", (s) => count(s.rtcp?.reports)],
    ["Loss fraction, highest", (s) => percent(s.rtcp?.fraction_lost_max)],
    ["Lost in all", (s) => count(s.rtcp?.lost_cumulative)],
    ["Jitter, highest", (s) => milliseconds(s.rtcp?.jitter_ms_max)],
    ["Round trip", (s) => milliseconds(s.rtcp?.rtt_ms)],
  ]],
];

const MEDIA = { image: ", fax", video: ", video" };
const headOf = ({ foreign_source: foreign, direction, media }) =>
  foreign === true ? "a foreign source" : `${directionWord(direction)}${Object.hasOwn(MEDIA, media ?? "") ? MEDIA[media] : ""}`;

export function StreamTable({ streams }) {
  const zone = useStore(clock);

  return html`<div class="panel scroll-x" tabindex="0" role="region" aria-label="Streams">
    <table class="stream-table">
      <thead>
        <tr>
          <th scope="col">Metric</th>
          ${streams.map((stream) => html`<th scope="col">${headOf(stream)}</th>`)}
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
