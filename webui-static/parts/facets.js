/*
 * facets - the box that takes a filter, and choices beside it. What they hold is in the address.
 */
import { html } from "../vendor/preact-htm.js";
import { ORDERS } from "./call_row.js";
import { FilterBox } from "./filter_box.js";
import { Icon } from "./icon.js";
import { FILTER_KEYS, isFiltered, isStatus, RANGES, readText } from "../call_filter.js";
import { STATE_NAMES, stateWord } from "../words.js";

const STATUSES = [
  ["", "any status"],
  ["2xx", "2xx answered"],
  ["3xx", "3xx redirected"],
  ["4xx", "4xx refused"],
  ["486", "486 busy"],
  ["487", "487 cancelled"],
  ["404", "404 not found"],
  ["408", "408 timeout"],
  ["5xx", "5xx server"],
  ["503", "503 unavailable"],
  ["6xx", "6xx declined"],
];
const MOS_LIMITS = [
  ["", "any MOS"],
  ["4.03", "below good (4.03)"],
  ["3.6", "below fair (3.6)"],
  ["3.1", "below poor (3.1)"],
  ["2.6", "below 2.6"],
];
const ONE_WAY = [
  ["", "any audio"],
  ["true", "one-way only"],
  ["false", "not one-way"],
];

/* A value of the address that is not among the choices is added to them. */
function withOwn(choices, value, word = value) {
  return choices.some(([name]) => name === value) ? choices : [...choices, [value, word]];
}

function Facet({ label, name, value, choices, change, kind = "" }) {
  return html`<label class=${`facet ${kind} ${value ? "facet-on" : ""}`}>
    <span class="offscreen">${label}</span>
    <select value=${value} onChange=${(event) => change({ [name]: event.target.value })}>
      ${choices.map(
        ([option, word]) =>
          html`<option value=${option} selected=${option === value}>${word}</option>`,
      )}
    </select>
  </label>`;
}

function localInput(seconds) {
  if (!seconds) return "";
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

function Moment({ label, name, value, change }) {
  const set = (event) => {
    const at = new Date(event.target.value).getTime();
    change({ [name]: Number.isNaN(at) ? "" : String(Math.floor(at / 1000)) });
  };
  return html`<label class="moment">
    <span>${label}</span>
    <input type="datetime-local" value=${localInput(value)} onChange=${set} />
  </label>`;
}

/* fault: {column, length, sentence} of the filter, as the server has it */
export function Facets({ query, fault, change, field }) {
  const own = query.since || query.until || query.range === "own";
  const ranges = [...RANGES.map(([name, word]) => [name, word]), ["own", "from … until …"]];
  const status = isStatus(query.status) ? query.status : "";
  const clear = () => change(Object.fromEntries(FILTER_KEYS.map((key) => [key, ""])));
  const facet = (label, name, value, choices) =>
    html`<${Facet} ...${{ label, name, value, choices, change }} />`;

  return html`<search class="facets" role="search">
    <${FilterBox} value=${readText(query)} fault=${fault} change=${change} field=${field} />
    ${facet("Final status", "status", status, withOwn(STATUSES, status))}
    ${facet("State", "state", query.state ?? "", [
      ["", "any state"],
      ...STATE_NAMES.map((name) => [name, stateWord(name)]),
    ])}
    ${facet("MOS below", "mos_max", query.mos_max ?? "", withOwn(MOS_LIMITS, query.mos_max ?? "", `MOS to ${query.mos_max}`))}
    ${facet("One-way audio", "one_way", query.one_way ?? "", ONE_WAY)}
    <${Facet}
      label="Time"
      name="range"
      value=${own ? "own" : (query.range ?? "")}
      choices=${ranges}
      change=${({ range }) => change({ range, since: "", until: "" })}
    />
    ${own
      ? html`<${Moment} label="from" name="since" value=${query.since} change=${change} />
          <${Moment} label="until" name="until" value=${query.until} change=${change} />`
      : null}
    <${Facet}
      label="Order"
      name="sort"
      kind="facet-order"
      value=${query.sort ?? ""}
      choices=${withOwn(ORDERS, query.sort ?? "")}
      change=${change}
    />
    ${isFiltered(query)
      ? html`<button type="button" class="clear" onClick=${clear}>
          <${Icon} name="cross" />Clear
        </button>`
      : null}
  </search>`;
}
