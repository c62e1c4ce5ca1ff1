/*
 * rule_panel - the rules: how near each is to firing, what it says, and when it would have fired.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { alertStateWord, measure, nearness } from "../alert_words.js";
import { testRule } from "../api.js";
import { count, dayAndTime, duration, isKnown, text } from "../format.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { Icon } from "./icon.js";
import { Empty } from "./notice.js";
import { severityOf, SeverityIcon } from "./severity.js";

const SPANS = [["1d", "the last day"], ["7d", "the last week"], ["4w", "the last four weeks"]];
const SHOWN_MAX = 100;

function Values({ live }) {
  const values = Array.isArray(live?.values) ? live.values : [];

  if (values.length === 0) return html`<p class="quiet">${live ? "No group has records in its window." : "No probe has said anything of it."}</p>`;
  return html`<ul class="bar-list rule-values">
    ${values.map((each) => {
      const near = nearness(each.value, live.threshold);

      return html`<li>
        <bdi class="bar-name">${isKnown(each.group) ? text(each.group, 80) : "all"}</bdi>
        <span class="bar-value">${measure(each.value, live.unit)}${isKnown(each.baseline) ? html` <span class="quiet">normally ${measure(each.baseline, live.unit)}</span>` : null}</span>
        <span class="bar-share">${each.state === "quiet" ? `of ${count(each.samples)}` : alertStateWord(each.state)}</span>
        <span class=${`bar-track ${near === 1 ? "bar-over" : ""}`} aria-hidden="true"><span style=${{ width: `${(near ?? 0) * 100}%` }}></span></span>
      </li>`;
    })}
  </ul>`;
}

function Trial({ name }) {
  const zone = useStore(clock);
  const [span, setSpan] = useState("7d");
  const [state, setState] = useState({ busy: false, error: null, alerts: null });
  const run = async () => {
    setState({ busy: true, error: null, alerts: null });
    try {
      const { alerts, cut } = await testRule(name, span);
      setState({ busy: false, error: null, alerts: Array.isArray(alerts) ? alerts : [], cut });
    } catch (error) {
      setState({ busy: false, error, alerts: null });
    }
  };

  return html`<div class="trial">
    <p class="trial-ask">When would it have fired in
      <select aria-label="How far back" value=${span} onChange=${(event) => setSpan(event.target.value)}>${SPANS.map(([value, word]) => html`<option value=${value}>${word}</option>`)}</select>
      <button type="button" disabled=${state.busy} onClick=${run}>${state.busy ? "Reading…" : "Test"}</button></p>
    ${state.error ? html`<p class="trouble" role="alert"><${Icon} name="warning" />${text(state.error.message, 400)}</p>` : null}
    ${state.alerts === null
      ? null
      : state.alerts.length === 0
        ? html`<p role="status">Never: nobody would have been woken.</p>`
        : html`<p role="status">${state.cut ? "More than " : ""}${count(state.alerts.length)} ${state.alerts.length === 1 ? "time" : "times"}${state.alerts.length > SHOWN_MAX ? `, the first ${SHOWN_MAX}` : ""}:</p>
            <ul class="trial-list">
              ${state.alerts.slice(0, SHOWN_MAX).map(
                (alert) => html`<li><span class="nowrap">${dayAndTime(alert.fired_time ?? alert.time ?? alert.since, zone)}</span>
                  ${isKnown(alert.ended_time) ? html`<span class="quiet">${duration((alert.ended_time - (alert.fired_time ?? alert.time)) * 1000)}</span>` : null}
                  <bdi>${text(alert.summary ?? alert.group, 200)}</bdi></li>`,
              )}
            </ul>`}
  </div>`;
}

function Rule({ rule }) {
  const { live } = rule;
  const firing = live?.firing ?? 0;
  const [open, setOpen] = useState(false);
  const nearest = Array.isArray(live?.values) ? live.values[0] : null;

  return html`<li class=${`panel rule severity-${severityOf(rule)} ${firing ? "firing" : ""}`}>
    <details onToggle=${(event) => setOpen(event.target.open)}>
      <summary>
        <span class="rule-mark"><${SeverityIcon} alert=${rule} /></span>
        <b>${text(rule.name, 70)}</b>
        ${firing ? html`<span class="tag tag-firing">${count(firing)} firing</span>` : null}
        ${live?.pending ? html`<span class="tag tag-pending">${count(live.pending)} pending</span>` : null}
        ${isKnown(rule.error) ? html`<span class="tag level-bad">cannot be read</span>` : null}
        <span class="quiet rule-now">${nearest ? html`${measure(nearest.value, live.unit)} of ${measure(live.threshold, live.unit)}` : live ? "no records" : ""}</span>
      </summary>
      ${open
        ? html`<div class="rule-body">
            ${isKnown(rule.error) ? html`<p class="trouble"><${Icon} name="warning" />${text(rule.error, 400)}</p>` : null}
            ${isKnown(rule.description) ? html`<p>${text(rule.description, 1500)}</p>` : null}
            <${Values} live=${live} />
            ${isKnown(rule.reason) ? html`<p class="quiet">${text(rule.reason, 2500)}</p>` : null}
            <${Trial} name=${rule.name} />
            <details class="rule-file">
              <summary>The file</summary>
              <pre class="rule-text" tabindex="0">${typeof rule.text === "string" ? rule.text : ""}</pre>
            </details>
          </div>`
        : null}
    </details>
  </li>`;
}

/* Those that fire first, then those that are nearest to it. */
export function sortRules(rules) {
  const near = ({ live }) => Math.max(...(Array.isArray(live?.values) ? live.values : []).map((each) => nearness(each.value, live.threshold) ?? 0), 0);
  const rank = (rule) => [rule.live?.firing ?? 0, rule.live?.pending ?? 0, near(rule)];

  return rules
    .map((rule) => ({ rule, rank: rank(rule) }))
    .sort((a, b) => b.rank[0] - a.rank[0] || b.rank[1] - a.rank[1] || b.rank[2] - a.rank[2] || (a.rule.name < b.rule.name ? -1 : 1))
    .map(({ rule }) => rule);
}

export function RulePanel({ rules, time: said }) {
  const zone = useStore(clock);

  if (rules.length === 0)
    return html`<${Empty} title="There are no rules">
      <p>Each YAML file in the folder of the rules is one alert. Those that came along are in <span class="mono">share/earshot/rules</span>.</p>
    <//>`;
  return html`<section aria-label="Rules">
    <p class="quiet">${count(rules.length)} rules${isKnown(said) ? `; values of ${dayAndTime(said, zone)}` : "; no probe is running, so there are no values"}.</p>
    <ul class="rule-list">${sortRules(rules).map((rule) => html`<${Rule} key=${rule.name} rule=${rule} />`)}</ul>
  </section>`;
}
