/*
 * registrations - the page of who is registered, who is turned away, who comes and goes, and whose time ran out.
 */
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { fetchRegistrationsNow, fetchTransactions } from "../api.js";
import { count, dayAndTime, duration, isKnown, milliseconds, text, time } from "../format.js";
import { useAsked, useKeys, useStore } from "../hooks.js";
import { Icon } from "../parts/icon.js";
import { Answer, Empty, Failure, Loading } from "../parts/notice.js";
import { StateMark } from "../parts/state_mark.js";
import { REGISTRATION_STATES, registrationMark, registrationWhy } from "../rooms.js";
import { backToCalls, changeQuery, formatRoute, navigate } from "../router.js";
import { clock } from "../settings.js";

const ASK_MS = 10000;
const PAGE = 100;
const HISTORY = 50;
/* Between the last key and the question. */
const TYPED_MS = 300;

const wanted = ({ state, q }) => ({ ...(REGISTRATION_STATES.includes(state) ? { state } : {}), ...(q ? { q } : {}), limit: PAGE });

function Tabs({ counts, query }) {
  const all = REGISTRATION_STATES.reduce((sum, state) => sum + (counts?.[state] ?? 0), 0);
  const tab = (state, word, n, icon = null) => html`<a
    href=${formatRoute({ page: "registrations", query: { ...query, state, open: "" } })}
    aria-current=${(query.state ?? "") === state ? "page" : null}
    >${icon ? html`<${Icon} name=${icon} /> ` : null}${word}${counts ? html` <span class="tab-count">${count(n)}</span>` : null}</a
  >`;

  return html`<nav class="tabs" aria-label="States">
    ${tab("", "all", all)}
    ${REGISTRATION_STATES.map((state) => {
      const { word, icon } = registrationMark(state);
      return tab(state, word, counts?.[state] ?? 0, icon);
    })}
  </nav>`;
}

function Search({ q }) {
  const [typed, setTyped] = useState(q);
  const box = useRef(null);

  useEffect(() => setTyped(q), [q]);
  useEffect(() => {
    const now = typed.trim();
    if (now === q) return undefined;
    const timer = setTimeout(() => changeQuery({ q: now, open: "" }, { replace: true }), TYPED_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  useKeys({ "/": () => box.current?.select() });
  return html`<label class="room-search"><${Icon} name="search" /><span class="offscreen">Search a user, a domain or an address</span>
    <input ref=${box} type="search" maxlength="128" placeholder="user, user@domain or address" autocomplete="off" autocapitalize="none" spellcheck=${false}
      value=${typed} onInput=${(event) => setTyped(event.target.value)} /></label>`;
}

/* What it asked and what it was told, the newest first. */
function History({ row }) {
  const zone = useStore(clock);
  const [pages, setPages] = useState({ list: [], next: null, loaded: false, error: null });
  const load = (cursor) =>
    fetchTransactions({ method: "register", ...(row.user ? { user: row.user } : {}), source: row.src, limit: HISTORY, ...(cursor ? { cursor } : {}) }).then(
      ({ transactions, next }) => setPages((now) => ({ list: cursor ? [...now.list, ...transactions] : transactions, next, loaded: true, error: null })),
      (error) => setPages((now) => ({ ...now, error })),
    );

  useEffect(() => void load(null), [row.id, row.last]);
  if (pages.error) return html`<${Failure} what="Its history" error=${pages.error} retry=${() => load(null)} />`;
  if (!pages.loaded) return html`<${Loading} what="its history" />`;
  return html`${pages.list.length === 0
      ? html`<p class="quiet">None of its REGISTERs was found among the newest that were looked at.</p>`
      : html`<div class="scroll-x" tabindex="0" role="region" aria-label="Its REGISTERs">
          <table class="dense">
            <thead><tr><th scope="col">Asked</th><th scope="col">Answer</th><th scope="col" class="number">Round trip</th><th scope="col" class="number">For</th><th scope="col" class="number">Requests</th><th scope="col">Contact</th></tr></thead>
            <tbody>${pages.list.map(
              (each) => html`<tr key=${each.id}>
                <td>${dayAndTime(each.time, zone)}</td>
                <td>${isKnown(each.final_status)
                  ? html`<span class=${each.final_status < 300 ? "level-good" : "level-bad"}><${Icon} name=${each.final_status < 300 ? "check" : "cross"} /> ${each.final_status}</span> <bdi class="quiet">${text(each.final_reason, 60)}</bdi>`
                  : html`<span class="level-bad"><${Icon} name="dots" /> none</span>`}</td>
                <td class="number">${milliseconds(each.round_trip_ms)}</td>
                <td class="number">${isKnown(each.expires_s) ? (each.expires_s === 0 ? "log out" : duration(each.expires_s * 1000)) : "–"}</td>
                <td class="number">${count(each.attempts)}${each.auth_challenged ? html` <span class="quiet">challenged</span>` : null}</td>
                <td><bdi class="mono">${text(each.contact, 80)}</bdi></td>
              </tr>`,
            )}</tbody>
          </table>
        </div>`}
    ${pages.next ? html`<p><button type="button" onClick=${() => load(pages.next)}>Look further back</button></p>` : null}`;
}

function Opened({ row }) {
  const zone = useStore(clock);
  const fact = (name, value) => html`<div class="fact"><dt>${name}</dt><dd>${value}</dd></div>`;

  return html`<tr class="opened"><td colspan="7">
    <dl class="facts small">
      ${fact("Contact", html`<bdi class="mono">${text(row.contact, 200)}</bdi>`)}
      ${fact("User agent", html`<bdi>${text(row.user_agent, 120)}</bdi>`)}
      ${fact("First heard of", dayAndTime(row.first, zone))}
      ${fact("Registered last", isKnown(row.last_success) ? dayAndTime(row.last_success, zone) : "never")}
      ${fact("REGISTERs", html`${count(row.attempts)} <span class="quiet">${count(row.failures)} refused · ${count(row.challenges)} challenged · ${count(row.unanswered)} unanswered</span>`)}
      ${fact("Round trip", milliseconds(row.round_trip_ms))}
      ${fact("Bindings", count(row.contacts))}
    </dl>
    <p class="row-tools"><button type="button" onClick=${() => navigate({ page: "calls", query: { filter: row.filter } })}><${Icon} name="phone" />Calls of this user</button></p>
    <h3>Its REGISTERs</h3>
    <${History} row=${row} />
  </td></tr>`;
}

function Row({ row, open, selected, toggle }) {
  const zone = useStore(clock);
  const why = registrationWhy(row);

  return html`<tr class=${`reg-row ${selected ? "selected" : ""}`} data-id=${row.id} onClick=${(event) => event.target.closest("a, button, input") === null && toggle()}>
      <th scope="row"><button type="button" class="row-open" aria-expanded=${open} onClick=${toggle}><${Icon} name=${open ? "up" : "right"} /><bdi>${text(row.aor, 80)}</bdi></button></th>
      <td data-name="State"><${StateMark} mark=${registrationMark(row.state)} />${why ? html` <span class="quiet reg-why">${why}</span>` : null}</td>
      <td data-name="Since">${dayAndTime(row.since, zone)}</td>
      <td data-name="Until">${isKnown(row.expires) ? time(row.expires, zone) : "–"}</td>
      <td data-name="From"><span class="mono">${text(row.src, 60)}</span></td>
      <td data-name="At"><span class="mono">${text(row.server, 60)}</span></td>
      <td data-name="Phone"><bdi>${text(row.user_agent, 40)}</bdi></td>
    </tr>
    ${open ? html`<${Opened} row=${row} />` : null}`;
}

/* The first page comes anew every few seconds; those behind it when they are asked for. */
function usePages(query) {
  const key = `${query.state ?? ""} ${query.q ?? ""}`;
  const [behind, setBehind] = useState({ key, pages: [] });
  const asked = useAsked((signal) => fetchRegistrationsNow(wanted(query), signal), { key, everyMs: ASK_MS });
  const pages = behind.key === key ? behind.pages : [];
  const first = asked.answer?.registrations ?? [];
  const seen = new Set();
  const rows = [...first, ...pages.flatMap(({ registrations }) => registrations)].filter(({ id }) => !seen.has(id) && seen.add(id));
  const next = pages.length ? pages.at(-1).next : asked.answer?.next;
  const more = async () => {
    const page = await fetchRegistrationsNow({ ...wanted(query), cursor: next });
    setBehind({ key, pages: [...pages, page] });
  };

  return { asked, rows, next, more };
}

function Nobody({ query, counts }) {
  const all = REGISTRATION_STATES.reduce((sum, state) => sum + (counts?.[state] ?? 0), 0);

  if (all > 0 || query.q)
    return html`<p class="panel quiet">${query.q ? "Nobody like that" : "Nobody"} is ${query.state ? registrationMark(query.state).word : "known"}. <a href=${formatRoute({ page: "registrations" })}>Show all</a></p>`;
  return html`<${Empty} title="No phone has registered yet">
    <p>This page fills when a REGISTER passes the mirror port: phones renew theirs every few minutes to an hour.
      A port that carries the way between phones and registrar shows them; one behind the SBC alone does not.</p><//>`;
}

export function RegistrationsPage({ query }) {
  const zone = useStore(clock);
  const { asked, rows, next, more } = usePages(query);
  const at = rows.findIndex(({ id }) => id === query.at);
  const move = (step) => rows.length > 0 && changeQuery({ at: rows[Math.max(0, Math.min(at < 0 ? 0 : at + step, rows.length - 1))].id }, { replace: true });
  const toggle = (id) => changeQuery({ open: query.open === id ? "" : id, at: id }, { replace: true });

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => at >= 0 && toggle(rows[at].id),
    Escape: () => (query.open ? changeQuery({ open: "" }, { replace: true }) : backToCalls()),
  });
  useEffect(() => {
    const row = document.querySelector(".reg-row.selected");
    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector(".row-open")?.focus({ preventScroll: true });
  }, [query.at]);

  return html`<main id="main" class="page rooms-page" tabindex="-1">
    <header class="overview-head"><h1>Registrations</h1>
      ${asked.answer ? html`<p class="quiet">as of ${dayAndTime(asked.answer.as_of, zone)}</p>` : null}
      <${Search} q=${query.q ?? ""} /></header>
    <${Tabs} counts=${asked.answer?.counts} query=${query} />
    <${Answer} asked=${asked} what="Registrations">
      ${({ counts, cut }) => html`${rows.length === 0
          ? html`<${Nobody} query=${query} counts=${counts} />`
          : html`<div class="panel">
              <table class="dense reg-table">
                <caption class="offscreen">Registrations, the newest change first</caption>
                <thead><tr><th scope="col">User</th><th scope="col">State</th><th scope="col">Since</th><th scope="col">Until</th><th scope="col">From</th><th scope="col">At</th><th scope="col">Phone</th></tr></thead>
                <tbody>${rows.map((row) => html`<${Row} key=${row.id} row=${row} open=${query.open === row.id} selected=${query.at === row.id} toggle=${() => toggle(row.id)} />`)}</tbody>
              </table>
            </div>`}
        ${next ? html`<p class="more"><button type="button" onClick=${more}>Show more</button></p>` : null}
        ${cut ? html`<p class="quiet">There are more registrations than are looked at; search for the one you want.</p>` : null}`}
    <//>
  </main>`;
}
