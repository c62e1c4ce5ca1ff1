/*
 * call_row - one call in the table of calls.
 *
 * What comes from the wire is text inside elements, never part of an attribute.
 */
import { html } from "../vendor/preact-htm.js";
import { MosChip, StatusChip, VerdictChip } from "./chip.js";
import { day, duration, isKnown, milliseconds, percent, splitAddress, text, time } from "../format.js";
import { isId } from "../api.js";

/* Its class, its title, and the order that a click asks for first: what one looks for on top. */
export const COLUMNS = [
  ["time", "Time", "time"],
  ["parties", "From → To", "from"],
  ["hosts", "Hosts", null],
  ["status", "Status", "-status"],
  ["duration", "Talked", "-duration"],
  ["pdd", "PDD", "-pdd"],
  ["mos", "MOS", "mos"],
  ["loss", "Loss", "-loss"],
  ["jitter", "Jitter", "-jitter"],
  ["verdict", "Audio", "verdict"],
  ["codec", "Codec", null],
];

/* The same to choose from, where there is no room for headings. */
export const ORDERS = [
  ["", "newest first"],
  ["time", "oldest first"],
  ["mos", "worst MOS first"],
  ["-loss", "most loss first"],
  ["-jitter", "most jitter first"],
  ["-pdd", "longest PDD first"],
  ["-duration", "longest first"],
  ["-status", "highest status first"],
];

function codecsOf(call) {
  return Array.isArray(call.codecs) && call.codecs.length ? call.codecs.join(", ") : null;
}

function Talked({ call }) {
  return html`${duration(call.duration_ms)}${call.duration_open === true
      ? html`<span class="quiet" aria-label="and counting">+</span>`
      : null}`;
}

export function CallRow({ call, index, selected, fresh, zone, open, height }) {
  const href = isId(call.id) ? `#/call/${call.id}` : undefined;
  const classes = `call-row ${selected ? "selected" : ""} ${fresh ? "fresh" : ""}`;

  return html`<tr
    class=${classes}
    aria-rowindex=${index + 2}
    data-id=${isId(call.id) ? call.id : null}
    style=${{ height: `${height}px` }}
    onClick=${() => href && open(call.id)}
  >
    <td class="c-time">
      <a href=${href} class="row-link"
        ><span class="quiet day">${day(call.invite_time, zone)}</span> ${time(call.invite_time, zone)}</a
      >
    </td>
    <td class="c-parties">
      <bdi>${text(call.from_user)}</bdi><span class="arrow"> → </span><bdi>${text(call.to_user)}</bdi>
    </td>
    <td class="c-hosts quiet">
      ${text(splitAddress(call.src).host)} → ${text(splitAddress(call.dst).host)}
    </td>
    <td class="c-status"><${StatusChip} call=${call} /></td>
    <td class="c-duration"><${Talked} call=${call} /></td>
    <td class="c-pdd">${milliseconds(call.post_dial_delay_ms)}</td>
    <td class=${`c-mos ${isKnown(call.mos_lq) ? "" : "unknown"}`}><${MosChip} mos=${call.mos_lq} /></td>
    <td class=${`c-loss ${isKnown(call.loss_ratio) ? "" : "unknown"}`}>${percent(call.loss_ratio)}</td>
    <td class="c-jitter">${milliseconds(call.jitter_ms_p95)}</td>
    <td class=${`c-verdict ${isKnown(call.media_verdict) ? "" : "unknown"}`}><${VerdictChip} verdict=${call.media_verdict} /></td>
    <td class="c-codec">${text(codecsOf(call), 40)}</td>
  </tr>`;
}
