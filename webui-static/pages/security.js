/*
 * security - the page of scanners and fraud suspects, by source: what they tried, since when, and what to do with them.
 */
import { html } from "../vendor/preact-htm.js";
import { fetchSecuritySources } from "../api.js";
import { count, dayAndTime, isKnown, text, time } from "../format.js";
import { useAsked, useKeys, useStore } from "../hooks.js";
import { CopyButton } from "../parts/copy_button.js";
import { Icon } from "../parts/icon.js";
import { Answer, Empty } from "../parts/notice.js";
import { SpanNav } from "../parts/span_nav.js";
import { callsAddress } from "../overview.js";
import { kindsHeard, kindWords, readSpan } from "../rooms.js";
import { backToCalls, changeQuery, formatRoute } from "../router.js";
import { clock } from "../settings.js";

function Kinds({ answer, query }) {
  const heard = kindsHeard(answer);
  const chip = (kind, word, n, icon) => html`<a class="kind-chip" href=${formatRoute({ page: "security", query: { ...query, kind } })} aria-current=${(query.kind ?? "") === kind ? "true" : null}>
    ${icon ? html`<${Icon} name=${icon} />` : null}${word} <span class="tab-count">${count(n)}</span></a>`;

  if (heard.length === 0) return null;
  return html`<nav class="kinds" aria-label="What they did">
    ${chip("", "all", answer.sources_all)}
    ${heard.map(({ kind, sources }) => {
      const { word, icon } = kindWords(kind);
      return chip(kind, word, sources, icon);
    })}
  </nav>`;
}

function Texts({ name, list, mono = false }) {
  const shown = (Array.isArray(list) ? list : []).filter((each) => typeof each === "string");

  if (shown.length === 0) return null;
  return html`<div class="fact"><dt>${name}</dt><dd>${shown.map((each, at) => html`${at ? ", " : ""}<bdi class=${mono ? "mono" : ""}>${text(each, 64)}</bdi>`)}</dd></div>`;
}

/* What the evidence of a fact counts, beside its sentence. */
function Evidence({ fact }) {
  const zone = useStore(clock);
  const { evidence = {}, window_s: window } = fact;
  const top = Array.isArray(evidence?.top) ? evidence.top : [];
  const { word, icon } = kindWords(fact.fact);

  return html`<li class="evidence-line">
    <p><b><${Icon} name=${icon} /> ${word}</b>${isKnown(fact.subject) ? html` <bdi class="mono">${text(fact.subject, 64)}</bdi>` : null}
      ${" "}<span class="quiet">${count(fact.count)} ${isKnown(window) ? `in ${count(window)} s at most` : ""}${isKnown(fact.distinct) ? `, ${count(fact.distinct)} different` : ""} · ${dayAndTime(fact.first_seen, zone)} – ${time(fact.last_seen, zone)}</span></p>
    ${isKnown(evidence?.refused) ? html`<p class="quiet">${count(evidence.refused)} refused, ${count(evidence.accepted)} accepted</p>` : null}
    ${top.length > 0 ? html`<p class="quiet">most: ${top.slice(0, 8).map((each, at) => html`${at ? ", " : ""}<bdi class="mono">${text(each.user ?? each.number ?? each.source, 64)}</bdi> ${count(each.count)}×`)}</p>` : null}
    ${isKnown(fact.call) ? html`<p><a href=${formatRoute({ page: "call", id: fact.call })}>A call that shows it</a></p>` : null}
  </li>`;
}

function Source({ source, answer, query }) {
  const zone = useStore(clock);
  const meanings = new Map((answer.kinds ?? []).map((each) => [each.kind, each]));
  const name = source.src ?? "many sources together";
  const open = query.open === (source.src ?? "many");

  return html`<li class=${`panel source ${source.going_on ? "source-on" : ""}`}>
    <div class="source-head">
      <h2 class="mono">${text(name, 60)}</h2>
      ${source.going_on
        ? html`<span class="state-mark level-bad"><${Icon} name="bolt" />going on</span>`
        : html`<span class="state-mark level-quiet"><${Icon} name="check" />over</span>`}
      ${isKnown(source.trunk) ? html`<span class="tag">trunk <bdi>${text(source.trunk, 60)}</bdi></span>` : null}
      <span class="row-tools">
        ${source.filter ? html`<a class="button" href=${callsAddress(source.filter)}><${Icon} name="phone" />Its calls</a>` : null}
        ${source.src ? html`<${CopyButton} value=${source.src}>Address<//>` : null}
        ${source.filter ? html`<${CopyButton} value=${source.filter}>Filter<//>` : null}
      </span>
    </div>
    <ul class="source-kinds">${source.kinds.map((kind) => html`<li><b><${Icon} name=${kindWords(kind).icon} /> ${kindWords(kind).word}.</b> <span class="quiet">${text(meanings.get(kind)?.sentence, 300)}</span></li>`)}</ul>
    <dl class="facts small">
      <div class="fact"><dt>Attempts, at least</dt><dd>${count(source.attempts)}${isKnown(source.distinct) ? html` <span class="quiet">${count(source.distinct)} different</span>` : null}</dd></div>
      <div class="fact"><dt>Since</dt><dd>${dayAndTime(source.first, zone)}</dd></div>
      <div class="fact"><dt>Last</dt><dd>${dayAndTime(source.last, zone)}</dd></div>
      <${Texts} name="Calls itself" list=${source.user_agents} />
      <${Texts} name="Tried" list=${source.numbers} mono />
      <${Texts} name="Went for" list=${source.targets} mono />
    </dl>
    <p><button type="button" aria-expanded=${open} onClick=${() => changeQuery({ open: open ? "" : (source.src ?? "many") }, { replace: true })}>
      <${Icon} name=${open ? "up" : "right"} />${source.security.length === 1 ? "One record" : `${count(source.security.length)} newest records`} as evidence</button></p>
    ${open
      ? html`<ul class="evidence-list">${source.security.map((fact) => html`<${Evidence} key=${fact.id} fact=${fact} />`)}</ul>
          <p class="quiet">Why with these numbers: ${source.kinds.map((kind) => html`${text(meanings.get(kind)?.why, 400)} `)}</p>`
      : null}
  </li>`;
}

export function SecurityPage({ query }) {
  const span = readSpan(query);
  const asked = useAsked((signal) => fetchSecuritySources({ hours: span.hours, ...(query.kind ? { kind: query.kind } : {}) }, signal), { key: `${span.name} ${query.kind ?? ""}`, everyMs: span.everyS * 1000 });

  useKeys({ Escape: () => (query.open ? changeQuery({ open: "" }, { replace: true }) : backToCalls()) });
  return html`<main id="main" class="page rooms-page" tabindex="-1">
    <header class="overview-head"><h1>Security</h1>
      ${asked.answer ? html`<p class="quiet">${count(asked.answer.sources_all)} ${asked.answer.sources_all === 1 ? "source" : "sources"}</p>` : null}
      <${SpanNav} page="security" query=${query} span=${span} /></header>
    <${Answer} asked=${asked} what="Sources">
      ${(answer) => html`<${Kinds} answer=${answer} query=${query} />
        ${answer.sources.length === 0
          ? html`<${Empty} title=${query.kind ? "Nobody did that" : "Nobody to guard against"}>
              <p>In the last ${span.words} nothing was heard that a guard wants to know: scanners, sweeps of extensions and numbers, passwords tried, floods,
                strangers' RTP, passwords in the clear. <a href=${formatRoute({ page: "security", query: { span: "7d" } })}>Look at 7 days</a></p>
              <p class="quiet">Calls abroad at night are told apart once <code>security.hours: 07:00-19:00</code> and <code>numbers.country</code> are in the configuration; plain traffic on
                a trunk once it is marked <code>encrypted: yes</code>.</p><//>`
          : html`<ul class="sources">${answer.sources.map((source) => html`<${Source} key=${source.src ?? "many"} source=${source} answer=${answer} query=${query} />`)}</ul>`}
        ${answer.cut ? html`<p class="quiet">There are more sources than are shown: a shorter span, or one kind, has them.</p>` : null}`}
    <//>
  </main>`;
}
