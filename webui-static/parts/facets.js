/*
 * facets - what the newest calls that are found have in common: how often each trunk, each status and so on
 * stands in them. A click puts its word into the filter, or takes it out: the text is the one truth.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { fetchFacets } from "../api.js";
import { hasTerm, notTerm, splitTerms, timeOf, toggleTerm, withTime } from "../filter_text.js";
import { count, text as shown } from "../format.js";
import { mosWords, verdictWords } from "../words.js";
import { MosBars } from "./chip.js";
import { Icon } from "./icon.js";

const TIMES = [["15m", "15 min"], ["1h", "1 h"], ["24h", "24 h"], ["7d", "7 days"], ["today", "today"]];
/* Rows come first: counts may follow. */
const AFTER_MS = 120;
const AGAIN_MS = 30000;
const SHOWN = 6;

/* The newest answer, for the box that completes: what trunks there are, and so on. */
export const known = { facets: [] };

/* {answer, error, stale}: of the filter, anew now and then; stale while another one is on its way. */
export function useFacets(filter, ready) {
  const [state, setState] = useState({ filter: null, answer: null, error: null });

  useEffect(() => {
    if (!ready) return undefined;
    const abort = new AbortController();
    const ask = () =>
      document.hidden ||
      fetchFacets(filter ? { filter } : {}, abort.signal).then(
        (answer) => {
          known.facets = answer.facets;
          setState({ filter, answer, error: null });
        },
        (error) => error.name !== "AbortError" && setState((now) => ({ ...now, error })),
      );
    const first = setTimeout(ask, AFTER_MS);
    const again = setInterval(ask, AGAIN_MS);
    return () => {
      clearTimeout(first);
      clearInterval(again);
      abort.abort();
    };
  }, [filter, ready]);
  return { ...state, stale: state.filter !== filter };
}

function Value({ field, value, share, on, toggle, exclude }) {
  const name = field === "verdict" ? verdictWords(value.value).word : shown(value.value, 40);
  const bars = field === "mos" ? { good: 4.1, fair: 3.7, poor: 3.2, bad: 1 }[value.value] : undefined;

  return html`<li class=${on ? "facet-on" : ""}>
    <button type="button" class="facet-value" aria-pressed=${on} onClick=${toggle}>
      <span class="facet-bar" style=${{ width: `${Math.round(share * 100)}%` }}></span>
      ${on ? html`<${Icon} name="check" />` : null}
      ${bars ? html`<span class=${`level-${mosWords(bars).level}`}><${MosBars} mos=${bars} /></span>` : null}
      <bdi>${name}</bdi><span class="facet-count">${count(value.calls)}</span>
    </button>
    <button type="button" class="facet-not" title="all but these" onClick=${exclude}><span aria-hidden="true">−</span><span class="offscreen">Not <bdi>${name}</bdi></span></button>
  </li>`;
}

function Facet({ facet, looked, text, set }) {
  const [all, setAll] = useState(false);
  const { field, title, values, others } = facet;
  const terms = splitTerms(text);
  const left = terms.filter((term) => new RegExp(`^[-!]\\(?${field}[:<>=]`).test(term));
  const rows = all ? values : values.slice(0, SHOWN);
  const toggle = (term) => set(toggleTerm(text, term));

  if (values.length === 0 && left.length === 0) return null;
  return html`<section class="facet">
    <h2>${title}</h2>
    <ul>
      ${left.map(
        (term) => html`<li class="facet-on" key=${term}>
          <button type="button" class="facet-value" aria-pressed="true" onClick=${() => toggle(term)}><${Icon} name="cross" /><bdi>not ${shown(term.slice(1).replace(/^\(?[a-z_]+:/, "").replace(/\)$/, ""), 40)}</bdi></button>
        </li>`,
      )}
      ${rows.map(
        (value) => html`<${Value}
          key=${value.filter}
          field=${field}
          value=${value}
          share=${looked ? value.calls / looked : 0}
          on=${hasTerm(text, value.filter)}
          toggle=${() => toggle(value.filter)}
          exclude=${() => set(toggleTerm(hasTerm(text, value.filter) ? toggleTerm(text, value.filter) : text, notTerm(value.filter)))}
        />`,
      )}
    </ul>
    ${values.length > SHOWN
      ? html`<button type="button" class="facet-more" onClick=${() => setAll(!all)}>${all ? "fewer" : `${values.length - SHOWN} more`}</button>`
      : null}
    ${all && others > 0 ? html`<p class="quiet">others in ${count(others)}</p>` : null}
  </section>`;
}

/* "2026-11-21T10:00", as the filter has it: UTC. */
function utcMinute(local) {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? "" : at.toISOString().slice(0, 16);
}

function When({ text, set }) {
  const now = timeOf(text);
  const [own, setOwn] = useState(false);
  const [range, setRange] = useState({ from: "", until: "" });
  const take = (change) => {
    const next = { ...range, ...change };
    const from = utcMinute(next.from);
    const until = utcMinute(next.until);
    setRange(next);
    set(withTime(text, from && until ? `time:${from}..${until}` : from ? `since:${from}` : until ? `until:${until}` : ""));
  };

  return html`<section class="facet">
    <h2>Time</h2>
    <div class="facet-times">
      ${TIMES.map(([name, word]) => {
        const term = name === "today" ? "time:today" : `since:${name}`;
        return html`<button type="button" aria-pressed=${now === term} onClick=${() => set(withTime(text, now === term ? "" : term))}>${word}</button>`;
      })}
      <button type="button" aria-expanded=${own} onClick=${() => setOwn(!own)}>from … until</button>
      ${now ? html`<button type="button" onClick=${() => set(withTime(text, ""))}>any time</button>` : null}
    </div>
    ${own
      ? html`<div class="facet-own">
          <label>from <input type="datetime-local" value=${range.from} onChange=${(event) => take({ from: event.target.value })} /></label>
          <label>until <input type="datetime-local" value=${range.until} onChange=${(event) => take({ until: event.target.value })} /></label>
        </div>`
      : null}
  </section>`;
}

/* text: the filter; set: makes it another. */
export function Facets({ facets, text, set }) {
  const { answer, error, stale } = facets;

  return html`<aside class=${`facets ${stale ? "facets-stale" : ""}`} id="facets" aria-label="Facets" aria-busy=${stale}>
    <${When} text=${text} set=${set} />
    ${answer?.facets.map((facet) => html`<${Facet} key=${facet.field} ...${{ facet, looked: answer.looked, text, set }} />`)}
    ${answer
      ? html`<p class="quiet facet-note">
          ${answer.whole ? `Of all ${count(answer.looked)} calls found.` : `Of the newest ${count(answer.looked)} calls found: shares, not sums.`}
        </p>`
      : error ? html`<p class="quiet facet-note">The counts could not be fetched: ${error.message}.</p>` : html`<p class="quiet facet-note">Counting.</p>`}
  </aside>`;
}
