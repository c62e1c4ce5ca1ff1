/*
 * legs - the calls of one conversation, each with its letter, and what the machine between two of them adds.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { addedOf, evidenceOf } from "../legs.js";
import { clock } from "../settings.js";
import { duration, isKnown, splitAddress, text, time } from "../format.js";
import { MosChip, StatusChip, VerdictChip } from "./chip.js";
import { Icon } from "./icon.js";
import { LegBadge } from "./leg_badge.js";

function Leg({ leg, ownId, zone }) {
  const { call } = leg;
  const own = leg.id === ownId;
  const trunks = [call.trunk_in, call.trunk_out].filter(isKnown).map((name) => text(name, 40));
  const names = html`<bdi>${text(call.from_user, 60)}</bdi><span class="arrow"> → </span><bdi>${text(call.to_user, 60)}</bdi>`;

  return html`<li class=${own ? "own" : ""}>
    <${LegBadge} leg=${leg} />
    <div>
      <p>
        ${own ? html`<b>${names}</b> <span class="quiet">this call</span>` : html`<a href=${`#/call/${leg.id}`}>${names}</a>`}
      </p>
      <p class="leg-line">
        <span class="mono">${text(splitAddress(call.src).host, 46)} → ${text(splitAddress(call.dst).host, 46)}</span>
        <span class="quiet">${time(call.invite_time, zone, 3)}${isKnown(call.duration_ms) ? `, ${duration(call.duration_ms)}` : ""}
          ${trunks.length ? ` · ${trunks.join(" → ")}` : ""}</span>
        <${StatusChip} call=${call} /><${MosChip} mos=${call.mos_lq} word /><${VerdictChip} verdict=${call.media_verdict} />
      </p>
    </div>
  </li>`;
}

/* What the machine between two legs adds, direction by direction: which side of it hurts. */
function Between({ a, b, pair }) {
  const added = addedOf(pair);
  const { speaksFor, against } = evidenceOf(pair);

  return html`<li>
    <div>
      <p>
        <${LegBadge} leg=${a} /> <${LegBadge} leg=${b} />
        ${pair.certain === true
          ? html` <b>One conversation, for certain</b>`
          : html` <b>Most likely one conversation</b> <span class="quiet">score ${isKnown(pair.score) ? pair.score.toFixed(2) : "unknown"}</span>`}
      </p>
      ${speaksFor.length ? html`<p><span class="quiet">By:</span> ${speaksFor.join("; ")}</p>` : null}
      ${against.length ? html`<p><span class="quiet">Against it:</span> ${against.join("; ")}</p>` : null}
      ${added.map(
        ({ way, loss, delay, hurts }) => html`<dl class=${`added ${hurts ? "added-bad" : ""}`}>
          <div><dt>${way}</dt><dd><${Icon} name=${hurts ? "warning" : "check"} />${hurts ? "hurts here" : "passes well"}</dd></div>
          <div><dt>Lost between</dt><dd>${loss}</dd></div>
          <div><dt>Delay added</dt><dd>${delay}</dd></div>
        </dl>`,
      )}
    </div>
  </li>`;
}

/* conversation: of legs.js */
export function Legs({ conversation, ownId }) {
  const zone = useStore(clock);
  const { legs, pairs } = conversation;

  if (legs.length === 0) return null;
  return html`<section class="panel legs" aria-labelledby="legs">
    <h2 id="legs">${legs.length} legs of one conversation</h2>
    <ol class="leg-list">${legs.map((leg) => html`<${Leg} key=${leg.id} leg=${leg} ownId=${ownId} zone=${zone} />`)}</ol>
    ${pairs.length
      ? html`<h3>Between the legs</h3>
          <ol class="note-list">${pairs.map((each) => html`<${Between} ...${each} />`)}</ol>`
      : null}
  </section>`;
}
