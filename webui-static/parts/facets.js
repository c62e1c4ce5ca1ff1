/*
 * facets - the search box and the filters of the Calls page. What they hold is in the address.
 */
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";
import { FILTER_KEYS, isFiltered, isStatus, RANGES } from "../call_filter.js";
import { STATE_NAMES, stateWord } from "../words.js";

/* Long enough that a typed number asks once, short enough to feel at once. */
const TYPING_MS = 220;

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

function Facet({ label, name, value, choices, change }) {
  return html`<label class=${`facet ${value ? "facet-on" : ""}`}>
    <span class="offscreen">${label}</span>
    <select value=${value} onChange=${(event) => change({ [name]: event.target.value })}>
      ${choices.map(
        ([option, word]) =>
          html`<option value=${option} selected=${option === value}>${word}</option>`,
      )}
    </select>
  </label>`;
}

function Omnibox({ value, change, field }) {
  const [typed, setTyped] = useState(value);
  const timer = useRef(null);

  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const settle = (next) => {
    clearTimeout(timer.current);
    timer.current = null;
    change({ q: next.trim() }, { replace: true });
  };
  /* Whoever leaves the field has finished typing. */
  const leave = (event) => {
    if (timer.current !== null) settle(event.target.value);
  };
  const type = (event) => {
    const next = event.target.value;
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => settle(next), TYPING_MS);
  };
  const press = (event) => {
    if (event.key === "Enter") settle(event.target.value);
  };

  return html`<div class="omnibox">
    <${Icon} name="search" />
    <input
      ref=${field}
      type="search"
      id="omnibox"
      aria-label="Search calls by Call-ID, number or IP address"
      placeholder="Call-ID, number or IP address"
      autocomplete="off"
      spellcheck=${false}
      value=${typed}
      onInput=${type}
      onKeyDown=${press}
      onBlur=${leave}
    />
    <kbd aria-hidden="true">/</kbd>
  </div>`;
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

export function Facets({ query, change, field }) {
  const own = query.since || query.until || query.range === "own";
  const ranges = [...RANGES.map(([name, word]) => [name, word]), ["own", "from … until …"]];
  const status = isStatus(query.status) ? query.status : "";
  const clear = () => change(Object.fromEntries(FILTER_KEYS.map((key) => [key, ""])));
  const facet = (label, name, value, choices) =>
    html`<${Facet} ...${{ label, name, value, choices, change }} />`;

  return html`<search class="facets" role="search">
    <${Omnibox} value=${query.q ?? ""} change=${change} field=${field} />
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
    ${isFiltered(query)
      ? html`<button type="button" class="clear" onClick=${clear}>
          <${Icon} name="cross" />Clear
        </button>`
      : null}
  </search>`;
}
