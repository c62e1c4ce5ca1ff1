/*
 * stream_pane - one stream that was chosen on the ladder, beside it.
 */
import { html } from "../vendor/preact-htm.js";
import { Glance } from "./glance.js";
import { Icon } from "./icon.js";
import { LegBadge } from "./leg_badge.js";
import { count, fixed, milliseconds, percent, text } from "../format.js";

function Facts({ rows }) {
  return html`<dl class="facts small">${rows.map(([name, value]) => html`<div class="fact"><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/* whole: the stream with its figures, where it is of the page's own call; else the call that has them is named. */
export function StreamPane({ stream, whole, close }) {
  const { rtcp } = whole ?? {};

  return html`<aside class="message-pane stream-pane" aria-label="Stream">
    <header>
      <div class="message-where">
        <b>${stream.leg ? html`<${LegBadge} leg=${stream.leg} /> ` : null}RTP ${text(stream.codec, 20)}</b>
        <span class="quiet">${text(stream.src)} → ${text(stream.dst)}, SSRC ${text(stream.ssrc)}</span>
      </div>
      <button type="button" class="round" aria-label="Close the stream" onClick=${close}><${Icon} name="cross" /></button>
    </header>
    <div class="stream-facts">
      ${whole
        ? html`<${Glance} stream=${whole} />
            ${rtcp?.reports > 0
              ? html`<h3>Its receiver reported (RTCP)</h3>
                  <${Facts} rows=${[["Reports", count(rtcp.reports)], ["Lost, at most", percent(rtcp.fraction_lost_max)], ["Jitter, highest", milliseconds(rtcp.jitter_ms_max)], ["Round trip", milliseconds(rtcp.rtt_ms)]]} />`
              : null}`
        : html`<${Facts} rows=${[["Packets", count(stream.packets)], ["Lost", percent(stream.expected > 0 ? stream.lost / stream.expected : null)], ["MOS", fixed(stream.mos_lq?.jb200, 2)]]} />
            ${stream.leg ? html`<p><a href=${`#/call/${stream.leg.id}`}>Its own call, with all figures</a></p>` : null}`}
    </div>
  </aside>`;
}
