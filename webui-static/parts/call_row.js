/*
 * call_row - one call in a table of calls, column by column.
 *
 * What comes from the wire is text inside elements, never part of an attribute.
 */
import { html } from "../vendor/preact-htm.js";
import { isId } from "../api.js";
import { COLUMNS } from "../columns.js";
import { day, duration, isKnown, milliseconds, percent, splitAddress, text, time } from "../format.js";
import { MosChip, StatusChip, VerdictChip } from "./chip.js";

const codecsOf = ({ codecs }) => (Array.isArray(codecs) && codecs.length ? codecs.join(", ") : null);
const host = (address) => text(splitAddress(address).host);
const pair = (a, b) => html`<bdi>${text(a)}</bdi><span class="arrow"> → </span><bdi>${text(b)}</bdi>`;

const link = (call, zone) => html`<a href=${isId(call.id) ? `#/call/${call.id}` : undefined} class="row-link"
  ><span class="quiet day">${day(call.invite_time, zone)}</span> ${time(call.invite_time, zone)}</a>`;

const talked = ({ duration_ms, duration_open }) =>
  html`${duration(duration_ms)}${duration_open === true ? html`<span class="quiet" aria-label="and counting">+</span>` : null}`;

/* By the names of columns.js. */
const CELLS = {
  time: link,
  parties: (c) => pair(c.from_user, c.to_user),
  status: (c) => html`<${StatusChip} call=${c} />`,
  mos: (c) => html`<${MosChip} mos=${c.mos_lq} />`,
  duration: talked,
  verdict: (c) => html`<${VerdictChip} verdict=${c.media_verdict} />`,
  loss: (c) => percent(c.loss_ratio),
  pdd: (c) => milliseconds(c.post_dial_delay_ms),
  trunks: (c) => pair(c.trunk_in, c.trunk_out),
  hosts: (c) => html`${host(c.src)}<span class="arrow"> → </span>${host(c.dst)}`,
  jitter: (c) => milliseconds(c.jitter_ms_p95),
  codec: (c) => text(codecsOf(c), 40),
  destination: (c) => text(c.destination, 60),
  reason: (c) => text(c.final_reason, 60),
  outcome: (c) => text(c.outcome),
  ended: (c) => text(c.ended_by),
  bad: (c) => text(c.bad_seconds),
  ua: (c) => text(c.user_agent, 80),
  server: (c) => text(c.server, 80),
  call_id: (c) => text(c.call_id, 80),
};

/* What is left away where there are no columns, when it is not known. */
const VALUES = { mos: "mos_lq", verdict: "media_verdict", loss: "loss_ratio" };

/* top: where it lies in a box of its own; undefined: in a table as any other. pick: chooses it among others, told whether up to the last one; undefined: there is nothing to choose for. */
export function CallRow({ call, index, selected, fresh, zone, open, height, top, columns, picked, pick }) {
  const id = isId(call.id) ? call.id : null;
  const choose = (event) => {
    event.stopPropagation();
    pick(index, event.shiftKey);
  };

  return html`<tr
    key=${call.id}
    class=${`call-row ${selected ? "selected" : ""} ${fresh ? "fresh" : ""} ${picked ? "picked" : ""}`}
    aria-rowindex=${index + 2}
    data-id=${id}
    role="row"
    style=${{ height: `${height}px`, transform: top === undefined ? null : `translateY(${top}px)` }}
    onClick=${(event) => id && (event.shiftKey && pick ? choose(event) : open(id))}
  >
    ${pick
      ? html`<td class="c-pick" role="cell" onClick=${choose}><input type="checkbox" checked=${picked} aria-label="Choose this call" /></td>`
      : null}
    ${columns.map((name) => {
      const unknown = VALUES[name] && !isKnown(call[VALUES[name]]);
      return html`<td role="cell" class=${`c-${name} ${COLUMNS[name].right ? "right" : ""} ${unknown ? "unknown" : ""}`}>${CELLS[name](call, zone)}</td>`;
    })}
  </tr>`;
}
