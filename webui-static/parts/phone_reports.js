/*
 * phone_reports - what the phones themselves say about the call (RFC 6035).
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { fixed, isKnown, milliseconds, NONE, percent, text, time } from "../format.js";
import { reportWord } from "../sound_words.js";
import { phoneReportsOf } from "../stream_kinds.js";

const db = (value) => (isKnown(value) ? `${fixed(value, 0)} dBm`.replace("-", "−") : NONE);

const ROWS = [
  ["Codec", (m) => text(m.codec, 30)],
  ["MOS, listening", (m) => fixed(m.mos_lq, 1)],
  ["MOS, conversation", (m) => fixed(m.mos_cq, 1)],
  ["R, listening", (m) => fixed(m.r_lq, 0)],
  ["R, conversation", (m) => fixed(m.r_cq, 0)],
  ["Lost", (m) => percent(m.loss_ratio)],
  ["Discarded", (m) => percent(m.discard_ratio)],
  ["Loss within bursts", (m) => percent(m.burst_density_ratio)],
  ["Burst length", (m) => milliseconds(m.burst_duration_ms)],
  ["Loss between bursts", (m) => percent(m.gap_density_ratio)],
  ["Jitter", (m) => milliseconds(m.jitter_ms)],
  ["Jitter buffer", (m) => milliseconds(m.jb_nominal_ms)],
  ["Round trip", (m) => milliseconds(m.round_trip_ms)],
  ["Delay inside the phone", (m) => milliseconds(m.end_system_delay_ms)],
  ["Level", (m) => db(m.signal_dbm)],
  ["Noise", (m) => db(m.noise_dbm)],
];

const isMetrics = (value) => value !== null && typeof value === "object";

function Report({ report, zone }) {
  const sides = [["It heard", report], ["The other side", report.remote]].filter(([, metrics]) => isMetrics(metrics));
  const rows = ROWS.filter(([, show]) => sides.some(([, metrics]) => show(metrics) !== NONE));

  return html`<section class="reported">
    <h3>${isKnown(report.by) ? `the ${text(report.by, 20)}'s phone` : "a phone of the call"}</h3>
    <p class="quiet">${time(report.time, zone)} · ${reportWord(report.kind)}${report.final === true ? " · the last one" : ""}</p>
    ${rows.length === 0
      ? html`<p class="quiet">It holds no figures that can be read.</p>`
      : html`<table class="compare">
          <thead><tr><th scope="col">What</th>${sides.map(([name]) => html`<th scope="col">${name}</th>`)}</tr></thead>
          <tbody>
            ${rows.map(([what, show]) => html`<tr><th scope="row">${what}</th>${sides.map(([, metrics]) => html`<td>${show(metrics)}</td>`)}</tr>`)}
          </tbody>
        </table>`}
  </section>`;
}

export function PhoneReports({ call }) {
  const zone = useStore(clock);
  const reports = phoneReportsOf(call);

  if (reports.length === 0) return null;
  return html`<section class="panel" aria-labelledby="phones">
    <h2 id="phones">What the phones reported (RFC 6035)</h2>
    <div class="budget-grid">${reports.slice(0, 16).map((report) => html`<${Report} report=${report} zone=${zone} />`)}</div>
  </section>`;
}
