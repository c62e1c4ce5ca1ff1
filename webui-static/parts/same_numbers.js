/*
 * same_numbers - other calls of the same two numbers, asked for when somebody wants them.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { fetchCalls } from "../api.js";
import { sameNumbersFilter } from "../call_notes.js";
import { clock } from "../settings.js";
import { dayAndTime, duration, isKnown, text } from "../format.js";
import { formatRoute } from "../router.js";
import { MosChip, StatusChip, VerdictChip } from "./chip.js";
import { Failure, Loading } from "./notice.js";

const SHOWN = 12;

function Found({ filter, ownId }) {
  const zone = useStore(clock);
  const [state, setState] = useState({ calls: null, error: null });

  useEffect(() => {
    const abort = new AbortController();
    fetchCalls({ filter, limit: SHOWN + 1 }, abort.signal).then(
      ({ calls }) => setState({ calls: calls.filter(({ id }) => id !== ownId).slice(0, SHOWN), error: null }),
      (error) => error.name !== "AbortError" && setState({ calls: null, error }),
    );
    return () => abort.abort();
  }, [filter]);
  if (state.error) return html`<${Failure} what="They" error=${state.error} />`;
  if (state.calls === null) return html`<${Loading} what="them" />`;
  if (state.calls.length === 0) return html`<p class="quiet">None within a week before it and a day after.</p>`;
  return html`<ol class="note-list">${state.calls.map(
    (call) => html`<li><div class="leg-line">
      <a href=${`#/call/${call.id}`}>${dayAndTime(call.invite_time, zone)}</a>
      <span><bdi>${text(call.from_user, 40)}</bdi> → <bdi>${text(call.to_user, 40)}</bdi></span>
      <span class="quiet">${isKnown(call.duration_ms) ? duration(call.duration_ms) : ""}</span>
      <${StatusChip} call=${call} /><${MosChip} mos=${call.mos_lq} /><${VerdictChip} verdict=${call.media_verdict} />
    </div></li>`,
  )}</ol>
  <p><a href=${formatRoute({ page: "calls", query: { filter } })}>All of them in the list of calls</a></p>`;
}

export function SameNumbers({ call }) {
  const [open, setOpen] = useState(false);
  const filter = sameNumbersFilter(call);

  if (filter === null) return null;
  return html`<details class="panel" onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary><h2>Calls of the same numbers</h2></summary>
    ${open ? html`<${Found} filter=${filter} ownId=${call.id} />` : null}
  </details>`;
}
