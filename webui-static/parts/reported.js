/*
 * reported - what each end says in RTCP, beside what the probe measured itself.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, fixed, isKnown, milliseconds, NONE, percent, text, time } from "../format.js";
import { directionWord } from "../words.js";
import { LossSide } from "./loss_side.js";

const lossOf = (stream) => (stream.expected > 0 && isKnown(stream.lost) ? stream.lost / stream.expected : null);
const db = (value) => (isKnown(value) ? `${value} dBm`.replace("-", "−") : NONE);

/* [what, measured, reported in RR and SR, reported in XR block 7] */
const ROWS = [
  ["Lost, share", (s) => percent(lossOf(s)), (s) => (isKnown(s.rtcp.fraction_lost_max) ? `up to ${percent(s.rtcp.fraction_lost_max)}` : NONE), (s, xr) => percent(xr.loss_ratio)],
  ["Lost, packets", (s) => count(s.lost), (s) => count(s.rtcp.lost_cumulative), () => ""],
  ["Sent, packets", (s) => `${count(s.packets)} seen`, (s) => count(s.rtcp.sender_packets), () => ""],
  ["Discarded, too late", (s) => (isKnown(s.playout?.jb60?.late) ? `${count(s.playout.jb60.late)} for 60 ms` : NONE), () => "", (s, xr) => percent(xr.discard_ratio)],
  ["Jitter, highest", (s) => milliseconds(s.jitter_ms?.max), (s) => milliseconds(s.rtcp.jitter_ms_max), () => ""],
  ["Round trip", (s) => (isKnown(s.rtcp.rtt_ms) ? milliseconds(s.rtcp.rtt_ms) : NONE), () => "", (s, xr) => milliseconds(xr.round_trip_ms)],
  ["… of it probe to receiver", (s) => milliseconds(s.rtcp.rtt_receiver_ms), () => "", () => ""],
  ["Delay inside the phone", () => "", () => "", (s, xr) => milliseconds(xr.end_system_delay_ms)],
  ["Loss within bursts", (s) => percent(s.burst?.density_ratio), () => "", (s, xr) => percent(xr.burst_density_ratio)],
  ["Burst length", (s) => milliseconds(s.burst?.duration_ms), () => "", (s, xr) => milliseconds(xr.burst_duration_ms)],
  ["Level", (s) => (isKnown(s.level_dbm0) ? `${fixed(s.level_dbm0, 1)} dBm0`.replace("-", "−") : NONE), () => "", (s, xr) => db(xr.signal_dbm)],
  ["Noise", () => "", () => "", (s, xr) => db(xr.noise_dbm)],
  ["Jitter buffer", () => "", () => "", (s, xr) => [isKnown(xr.jb_nominal_ms) ? milliseconds(xr.jb_nominal_ms) : null, isKnown(xr.jitter_buffer) ? text(xr.jitter_buffer, 20) : null].filter(isKnown).join(", ") || NONE],
  ["R", (s) => fixed(s.r?.jb200, 1), () => "", (s, xr) => fixed(xr.r_factor, 0)],
  ["MOS, listening", (s) => fixed(s.mos_lq?.jb200, 2), () => "", (s, xr) => fixed(xr.mos_lq, 1)],
  ["MOS, conversation", (s) => fixed(s.mos_cq, 2), () => "", (s, xr) => fixed(xr.mos_cq, 1)],
];

const xrOf = (stream) => (stream.rtcp?.xr !== null && typeof stream.rtcp?.xr === "object" ? stream.rtcp.xr : null);

/* A row in which nobody says anything but the probe is not a comparison. */
function isCompared([, , reported, extended], stream, xr) {
  const says = (shown) => shown !== "" && shown !== NONE;
  return says(reported(stream)) || (xr !== null && says(extended(stream, xr)));
}

function Comparison({ stream, xr }) {
  const rows = ROWS.filter((row) => isCompared(row, stream, xr) || row[0].includes("ound trip"));

  return html`<div class="scroll-x" tabindex="0" role="region" aria-label=${`Measured and reported, ${directionWord(stream.direction)}`}>
    <table class="compare">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Probe</th>
          <th scope="col">RTCP</th>
          ${xr ? html`<th scope="col">RTCP XR</th>` : null}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ([what, measured, reported, extended]) => html`<tr>
            <th scope="row">${what}</th>
            <td>${measured(stream)}</td>
            <td>${reported(stream)}</td>
            ${xr ? html`<td>${extended(stream, xr)}</td>` : null}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function Said({ stream }) {
  const zone = useStore(clock);
  const { reports, sender_reports: sent, cname, bye_time: bye } = stream.rtcp;
  const parts = [
    isKnown(reports) ? `${count(reports)} receiver reports` : null,
    isKnown(sent) ? `${count(sent)} sender reports` : null,
    isKnown(bye) ? `goodbye (BYE) at ${time(bye, zone)}` : null,
  ].filter(isKnown);

  return html`<p class="quiet">
    ${parts.join(" · ")}${isKnown(cname) ? html` · sender calls itself <bdi class="mono">${text(cname, 80)}</bdi>` : null}
  </p>`;
}

const spoke = ({ rtcp }) => (rtcp?.reports > 0 || rtcp?.sender_reports > 0 || isKnown(rtcp?.xr) || isKnown(rtcp?.cname) || isKnown(rtcp?.bye_time));

/* streams: of the call itself, with RTP. */
export function Reported({ streams }) {
  if (streams.length === 0) return null;
  const told = streams.filter(spoke);

  return html`<section class="panel" aria-labelledby="reported">
    <h2 id="reported">What the ends reported (RTCP)</h2>
    ${told.length === 0
      ? html`<p class="quiet">No RTCP was seen: neither end reported anything, so there is no round trip, and no side of the loss.</p>`
      : html`<div class="budget-grid">
          ${told.map(
            (stream) => html`<section key=${stream.id} class="reported">
              <h3>${directionWord(stream.direction)}${stream.media === "video" ? ", video" : ""}</h3>
              <${LossSide} stream=${stream} />
              <${Comparison} stream=${stream} xr=${xrOf(stream)} />
              <${Said} stream=${stream} />
            </section>`,
          )}
        </div>`}
  </section>`;
}
