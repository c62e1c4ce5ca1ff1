/*
 * call_notes - what happened to a call besides its messages: deviations from the standard, its history, the other calls
 * that its messages name. Each with when, by whom, how often.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { isId } from "../api.js";
import { historyWord, linkWord, sideWord } from "../call_words.js";
import { deviationsOf, historyOf, linksOf, timeoutsOf } from "../call_notes.js";
import { clock } from "../settings.js";
import { count, duration, isKnown, text, time } from "../format.js";
import { directionWord } from "../words.js";
import { Icon } from "./icon.js";

const SHOWN = 64;

function often(times) {
  return times > 1 ? `${count(times)} times` : null;
}

function Aside({ parts }) {
  const said = parts.filter(isKnown);
  return said.length ? html` <span class="quiet">${said.join(" · ")}</span>` : null;
}

function More({ all }) {
  return all.length > SHOWN ? html`<p class="quiet">and ${count(all.length - SHOWN)} more</p>` : null;
}

/* The two sides of a detail, one beside the other: what was offered, what was answered. */
function Detail({ detail }) {
  if (detail.sides)
    return html`<dl class="sides">
      ${detail.sides.map(([name, value]) => html`<div><dt>${name}</dt><dd>${isKnown(value) ? html`<bdi>${text(value, 200)}</bdi>` : html`<span class="quiet">not said</span>`}</dd></div>`)}
    </dl>`;
  return detail.text ? html`<p class="detail"><bdi>${text(detail.text, 300)}</bdi></p>` : null;
}

/* table: of the server, by name; null as long as it has not come. */
export function Deviations({ call, table }) {
  const zone = useStore(clock);
  const all = deviationsOf(call, table);

  if (all.length === 0) return null;
  return html`<section class="panel" aria-labelledby="deviations">
    <h2 id="deviations">Against the standard</h2>
    <ol class="note-list">
      ${all.slice(0, SHOWN).map(
        (each) => html`<li>
          <${Icon} name="warning" />
          <div>
            <p>
              ${each.sentence ? html`<b>${each.sentence}</b> ` : null}<code>${text(each.name, 60)}</code>
              ${each.clause ? html`${" "}<a href=${each.address} rel="noreferrer">${each.clause}</a>` : null}
            </p>
            <p>
              <span>${time(each.time, zone, 3)}</span>
              <${Aside} parts=${[sideWord(each.by), often(each.count)]} />
            </p>
            <${Detail} detail=${each.detail} />
          </div>
        </li>`,
      )}
    </ol>
    <${More} all=${all} />
  </section>`;
}

export function History({ call }) {
  const zone = useStore(clock);
  const all = historyOf(call);

  if (all.length === 0) return null;
  return html`<section class="panel" aria-labelledby="history">
    <h2 id="history">What happened to it</h2>
    <ol class="note-list">
      ${all.slice(0, SHOWN).map(
        (each) => html`<li>
          <${Icon} name="turn" />
          <div>
            <span>${time(each.time, zone, 3)}</span> <b>${historyWord(each.name)}</b>
            <${Aside} parts=${[sideWord(each.by), often(each.count)]} />
            ${each.detail ? html` <bdi>${text(each.detail, 200)}</bdi>` : null}
          </div>
        </li>`,
      )}
    </ol>
    <${More} all=${all} />
  </section>`;
}

export function Links({ call }) {
  const zone = useStore(clock);
  const all = linksOf(call);

  if (all.length === 0) return null;
  return html`<section class="panel" aria-labelledby="links">
    <h2 id="links">Other calls that it names</h2>
    <ol class="note-list">
      ${all.slice(0, SHOWN).map(
        (each) => html`<li>
          <${Icon} name="phone" />
          <div>
            <span>${time(each.time, zone, 3)}</span> ${linkWord(each.name)}${" "}
            ${isId(each.call)
              ? html`<a href=${`#/call/${each.call}`}><bdi class="mono">${text(each.callId, 120)}</bdi></a>`
              : html`<bdi class="mono">${text(each.callId, 120)}</bdi> <span class="quiet">which the probe did not see</span>`}
          </div>
        </li>`,
      )}
    </ol>
  </section>`;
}

export function MediaTimeouts({ call }) {
  const zone = useStore(clock);
  const all = timeoutsOf(call);

  if (all.length === 0) return null;
  return html`<section class="panel" aria-labelledby="timeouts">
    <h2 id="timeouts">Over a minute without a packet</h2>
    <ol class="note-list">
      ${all.slice(0, SHOWN).map(
        (each) => html`<li>
          <${Icon} name="pause" />
          <div>
            <span>${time(each.time, zone, 3)}</span> <b>${isKnown(each.ms) ? duration(each.ms) : "and not back yet"}</b>
            <${Aside} parts=${[isKnown(each.direction) ? directionWord(each.direction) : null]} />
          </div>
        </li>`,
      )}
    </ol>
    <${More} all=${all} />
  </section>`;
}
