/*
 * call_tools - the line above the table: how many, the live tail, the order, the columns, and taking calls away.
 */
import { html } from "../vendor/preact-htm.js";
import { exportAddress } from "../api.js";
import { COLUMNS, ORDERS, readColumns, USUAL } from "../columns.js";
import { count } from "../format.js";
import { downloadFrom } from "../download.js";
import { Icon } from "./icon.js";
import { closeMenu, Menu } from "./menu.js";

/* As the API has it. */
export const PICKS_MAX = 200;
export const EXPORT_MENU = "export-menu";

const FORMATS = [
  ["pcap", "packets, for every tool", true],
  ["pcapng", "packets with comments", true],
  ["csv", "a table, safe to open", false],
  ["jsonl", "JSON, a line each", false],
];

function Formats({ params }) {
  const take = (format, hasPackets) => {
    const { sort, ...rest } = params;
    closeMenu(EXPORT_MENU);
    downloadFrom(exportAddress({ ...rest, ...(sort && !hasPackets ? { sort } : {}), format }));
  };
  return FORMATS.map(
    ([format, what, hasPackets]) =>
      html`<button type="button" onClick=${() => take(format, hasPackets)}><b>${format}</b><span class="quiet">${what}</span></button>`,
  );
}

/* picked: ids; all: everything that is found is chosen. */
function ExportMenu({ picked, all, params }) {
  return html`<${Menu} id=${EXPORT_MENU} title="Export" icon="download">
    ${picked.length && !all
      ? html`<h2>${picked.length === 1 ? "The chosen call" : `The ${count(picked.length)} chosen calls, in one file`}</h2>
          <${Formats} params=${{ ids: picked.join(",") }} />`
      : null}
    <h2>All calls found</h2>
    <${Formats} params=${params} />
    <p class="quiet">Packets of at most 100,000 calls in one go.</p>
  <//>`;
}

function ColumnMenu({ names, shown, change }) {
  const toggle = (name) => {
    const next = names.includes(name) ? names.filter((other) => other !== name) : [...names, name];
    change(next.length ? readColumns(next.join(",")) : USUAL);
  };
  return html`<${Menu} id="column-menu" title="Columns" icon="columns">
    ${Object.entries(COLUMNS).map(
      ([name, { title }]) => html`<label>
        <input type="checkbox" checked=${names.includes(name)} onChange=${() => toggle(name)} />${title}
        ${names.includes(name) && !shown.includes(name) ? html`<span class="quiet">no room</span>` : null}
      </label>`,
    )}
    <button type="button" onClick=${() => change(USUAL)}>The usual ones</button>
  <//>`;
}

/* "1,200 found so far, more below" */
function Known({ state, stored, filtered }) {
  const { count: rows, next, loading } = state;

  if (rows === 0) return html`<span>${loading ? "looking" : ""}</span>`;
  if (next === null) return html`<span>All <b>${count(rows)}</b> ${rows === 1 ? "call is" : "calls are"} shown.</span>`;
  return html`<span><b>${count(rows)}</b> known so far, more below${!filtered && stored ? html`; <b>${count(stored)}</b> stored` : null}</span>`;
}

function Tail({ list, state, ordered }) {
  const { paused } = state;

  if (ordered) return null;
  return html`<button type="button" class="tool-button" aria-pressed=${paused} onClick=${() => list.pause(!paused)}>
    <${Icon} name=${paused ? "play" : "pause"} /><span>${paused ? "Resume" : "Pause"}</span>
  </button>`;
}

function Order({ sort, order }) {
  const choices = ORDERS.some(([name]) => name === sort) ? ORDERS : [...ORDERS, [sort, sort]];

  return html`<select class="order" aria-label="Order" value=${sort} onChange=${(event) => order(event.target.value)}>
    ${choices.map(([name, word]) => html`<option value=${name} selected=${name === sort}>${word}</option>`)}
  </select>`;
}

export function CallTools({ list, state, stored, filtered, ordered, sort, order, names, shown, setColumns, facets, setFacets, picks, all, clear, mayTake }) {
  const picked = [...picks];

  return html`<div class="call-tools">
    <button type="button" class="tool-button" aria-expanded=${facets} aria-controls="facets" onClick=${() => setFacets(!facets)}><${Icon} name="funnel" /><span>Facets</span></button>
    <${Tail} ...${{ list, state, ordered }} />
    <span class="known quiet" role="status"><${Known} ...${{ state, stored, filtered }} /></span>
    ${all || picked.length
      ? html`<button type="button" class="tool-button chosen" onClick=${clear}>
          <${Icon} name="cross" /><span>${all ? "all chosen" : `${count(picked.length)} chosen`}</span>
        </button>`
      : null}
    <span class="tools-right">
      <${Order} sort=${sort} order=${order} />
      <${ColumnMenu} names=${names} shown=${shown} change=${setColumns} />
      ${mayTake ? html`<${ExportMenu} picked=${picked} all=${all} params=${list.params.filter ? { filter: list.params.filter, ...(sort ? { sort } : {}) } : sort ? { sort } : {}} />` : null}
    </span>
  </div>`;
}
