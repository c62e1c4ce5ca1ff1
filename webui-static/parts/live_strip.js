/*
 * live_strip - what happens right now, in one line: calls open, packets, the newest call.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { connection, liveStats, probeSpeaks } from "../live.js";
import { clock } from "../settings.js";
import { count, text, time } from "../format.js";

function Figure({ value, label }) {
  return html`<span class="figure"><b>${value}</b> ${label}</span>`;
}

function Newest({ call }) {
  const zone = useStore(clock);

  if (!call) return null;
  return html`<span class="figure newest">
    newest <b>${time(call.invite_time, zone)}</b>${" "}
    <bdi>${text(call.from_user, 24)}</bdi> → <bdi>${text(call.to_user, 24)}</bdi>
  </span>`;
}

/* Whether a probe speaks, also noticed when it falls silent. */
function useFresh() {
  const [, tick] = useState(0);

  useStore(connection);
  useEffect(() => {
    const timer = setInterval(() => tick((now) => now + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return probeSpeaks();
}

/* stored: how many calls the store holds; newest: the newest call that is known. */
export function LiveStrip({ stored, newest }) {
  const stats = useStore(liveStats);
  const fresh = useFresh();
  const dropped = fresh
    ? (stats.kernel_dropped ?? 0) + (stats.interface_dropped ?? 0) + (stats.store_dropped ?? 0)
    : 0;

  return html`<div class="live-strip" aria-label="Live">
    <span class=${`live-mark ${fresh ? "live-on" : ""}`}>${fresh ? "live" : "stored"}</span>
    ${fresh
      ? html`<${Figure} value=${count(stats.calls_open)} label="open now" />
          <${Figure} value=${count(stats.packets_per_s)} label="packets/s" />`
      : html`<span class="quiet silent">No probe is running: this is what was stored.</span>`}
    <${Figure} value=${count(stored)} label="calls stored" />
    ${dropped > 0
      ? html`<a class="figure dropped" href="#/probe"><b>${count(dropped)}</b> packets dropped</a>`
      : null}
    <${Newest} call=${newest} />
  </div>`;
}
