/*
 * audit - the trail: who looked at what, took what, changed what, and whether the chain of its lines is whole.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { fetchAudit, isId } from "../api.js";
import { count, dayAndTime, isKnown, NONE, text } from "../format.js";
import { useStore } from "../hooks.js";
import { Icon } from "../parts/icon.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { changeQuery } from "../router.js";
import { may } from "../session.js";
import { clock } from "../settings.js";

const LINES = 200;
const TYPING_MS = 350;
const DEEDS = ["login", "logout", "setup", "password", "search", "open", "read", "download", "listen", "export", "erase", "acknowledge", "silence", "resend", "test", "user", "token", "trail"];
const FIELDS = [
  ["user", "Who", "ann"],
  ["deed", "Did", "download"],
  ["call", "Call", "0123456789abcdef"],
];

/* "2026-11-21T10:15" of a field, on the clock that was chosen, is epoch seconds in the address. */
function toField(seconds, zone) {
  const value = Number(seconds);
  return seconds && Number.isFinite(value) ? dayAndTime(value, zone).slice(0, 16).replace(" ", "T") : "";
}

function fromField(value, zone) {
  const ms = value ? Date.parse(`${value}${zone === "utc" ? "Z" : ""}`) : NaN;
  return Number.isNaN(ms) ? "" : String(ms / 1000);
}

/* What is typed goes into the address when the fingers rest. */
function Field({ name, title, hint, value }) {
  const [typed, setTyped] = useState(value);

  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    const timer = typed.trim() === value ? null : setTimeout(() => changeQuery({ [name]: typed.trim() }, { replace: true }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return html`<label class="field"
    >${title}<input value=${typed} placeholder=${hint} maxlength="128" list=${name === "deed" ? "deeds" : undefined} spellcheck=${false} onInput=${(event) => setTyped(event.target.value)}
  /></label>`;
}

function Filters({ query }) {
  const zone = useStore(clock);
  const any = [...FIELDS.map(([name]) => name), "since", "until"].some((name) => query[name]);

  return html`<search class="fields trail-filters">
    ${FIELDS.map(([name, title, hint]) => html`<${Field} name=${name} title=${title} hint=${hint} value=${query[name] ?? ""} />`)}
    <datalist id="deeds">${DEEDS.map((deed) => html`<option value=${deed}></option>`)}</datalist>
    ${[["since", "From"], ["until", "Until"]].map(
      ([name, title]) => html`<label class="field"
        >${title}<input type="datetime-local" value=${toField(query[name], zone)} onChange=${(event) => changeQuery({ [name]: fromField(event.target.value, zone) })}
      /></label>`,
    )}
    ${any ? html`<button type="button" onClick=${() => changeQuery({ user: "", deed: "", call: "", since: "", until: "" })}>Clear</button>` : null}
  </search>`;
}

function Syslog({ syslog }) {
  if (!isKnown(syslog)) return null;
  const bad = syslog.dropped > 0 || isKnown(syslog.reason);
  return html`<p class="chain"><${Icon} name=${bad ? "warning" : "check"} />A copy goes to syslog: ${count(syslog.sent)} lines sent, ${count(syslog.waiting)} waiting${bad
    ? html`, <b class="level-bad">${count(syslog.dropped)} given up</b>${isKnown(syslog.reason) ? `: ${text(syslog.reason, 200)}` : ""}`
    : ""}.</p>`;
}

function Chain({ broken, checked }) {
  if (isKnown(broken))
    return html`<p class="failure" role="alert"><${Icon} name="warning" /><span><b>The chain is broken at line ${count(broken.line)}:</b> ${text(broken.reason, 300)}.
      ${" "}What stands after it may have been changed. <code>earshot audit verify</code> says more.</span></p>`;
  if (checked?.whole === false) return html`<p class="chain"><${Icon} name="dots" />The chain is being checked: whole so far, ${count(checked.lines)} lines.</p>`;
  return html`<p class="chain"><${Icon} name="check" />The chain is whole: each line holds the hash of the one before${isKnown(checked?.lines) ? `, ${count(checked.lines)} lines` : ""}.${checked?.unchained > 0
    ? ` ${count(checked.unchained)} more are from before there was a chain.`
    : ""}${checked?.erased > 0 ? ` ${count(checked.erased)} have lost their texts by erasure, as they should.` : ""}</p>`;
}

function Line({ line, zone }) {
  const refused = isKnown(line.status) && line.status >= 400;
  const opens = isId(line.object) && may("see");

  return html`<tr>
    <td class="number">${count(line.seq)}</td>
    <td class="nowrap">${dayAndTime(line.time, zone)}</td>
    <th scope="row"><bdi>${text(line.user, 64)}</bdi>${isKnown(line.token) && line.token !== "" ? html` <span class="tag">token <bdi>${text(line.token, 64)}</bdi></span>` : null}</th>
    <td class="mono">${text(line.from, 64)}</td>
    <td>${text(line.deed, 40)}</td>
    <td class="mono">${opens ? html`<a href=${`#/call/${line.object}`}>${line.object}</a>` : html`<bdi>${text(line.object, 120)}</bdi>`}</td>
    <td class="answer"><bdi>${text(line.detail, 300)}</bdi>${isKnown(line.call_id) ? html` <bdi class="mono quiet">${text(line.call_id, 120)}</bdi>` : null}</td>
    <td class=${refused ? "level-bad nowrap" : "nowrap"}>${refused ? html`<${Icon} name="cross" />` : null}${isKnown(line.status) ? line.status : NONE}</td>
  </tr>`;
}

/* The newest page that fits the filters, and older ones as one asks. */
function useTrail(filters) {
  const key = JSON.stringify(filters);
  const [state, setState] = useState({ key, lines: null, next: null, about: {}, error: null });
  const ask = (cursor, signal) =>
    fetchAudit({ limit: LINES, ...filters, ...(cursor && { cursor }) }, signal).then(
      ({ lines, next, ...about }) => setState((now) => ({ key, lines: cursor ? [...now.lines, ...lines] : lines, next, about, error: null })),
      (error) => error.name !== "AbortError" && setState((now) => ({ ...now, key, error })),
    );

  useEffect(() => {
    const abort = new AbortController();
    ask(null, abort.signal);
    return () => abort.abort();
  }, [key]);
  return { ...state, again: () => ask(null), older: () => ask(state.next) };
}

export function AuditPage({ query }) {
  const zone = useStore(clock);
  const kept = ["user", "deed", "call", "since", "until"].filter((name) => query[name]);
  const { lines, next, about, error, again, older } = useTrail(Object.fromEntries(kept.map((name) => [name, query[name]])));

  return html`<main id="main" class="page audit-page" tabindex="-1">
    <h1>Audit trail</h1>
    <${Filters} query=${query} />
    ${error ? html`<${Failure} what="The trail" error=${error} retry=${again} />` : null}
    ${lines === null && !error ? html`<${Loading} what="the trail" />` : null}
    ${lines ? html`<${Chain} ...${about} /><${Syslog} ...${about} />` : null}
    ${lines?.length === 0
      ? html`<${Empty} title="No such line"><p>${kept.length ? "Nothing in the trail fits. Take a filter away." : "Nobody has done anything yet."}</p><//>`
      : null}
    ${lines?.length
      ? html`<div class="panel scroll-x" tabindex="0" role="region" aria-label="The trail">
          <table class="plain-table trail">
            <thead><tr><th scope="col" class="number">Line</th><th scope="col">When</th><th scope="col">Who</th><th scope="col">From</th><th scope="col">Did</th><th scope="col">To</th>
              <th scope="col">In full</th><th scope="col">Answer</th></tr></thead>
            <tbody>${lines.map((line) => html`<${Line} key=${line.seq} line=${line} zone=${zone} />`)}</tbody>
          </table>
        </div>`
      : null}
    ${next ? html`<p class="more"><button type="button" onClick=${older}>Show older ones</button></p>` : null}
  </main>`;
}
