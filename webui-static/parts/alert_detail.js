/*
 * alert_detail - one alert opened: what is wrong, how bad against normal, by whom, its calls, what to do, who
 * was told.
 */
import { html } from "../vendor/preact-htm.js";
import { againstWords, heldWord, labelsOf, measure, topOf } from "../alert_words.js";
import { isId } from "../api.js";
import { count, dayAndTime, duration, isKnown, text } from "../format.js";
import { useMedia, useStore } from "../hooks.js";
import { formatRoute, navigate } from "../router.js";
import { clock } from "../settings.js";
import { AlertActions } from "./alert_actions.js";
import { AlertChart } from "./alert_chart.js";
import { Handling, SeverityChip, StateTag } from "./alert_marks.js";
import { COLUMNS, USUAL } from "../columns.js";
import { CallRow } from "./call_row.js";
import { DeliveryTable } from "./delivery_table.js";
import { Icon } from "./icon.js";
import { severityOf } from "./severity.js";

const ROW_PX = 28;
const NARROW_ROW_PX = 84;

function Fact({ name, children }) {
  return html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;
}

function Facts({ alert }) {
  const zone = useStore(clock);
  const { unit } = alert;
  const at = (value) => dayAndTime(value, zone);

  return html`<dl class="facts">
    <${Fact} name="Measured">${againstWords(alert)}<//>
    ${isKnown(alert.before) ? html`<${Fact} name="Just before">${measure(alert.before, unit)}<//>` : null}
    ${isKnown(alert.samples)
      ? html`<${Fact} name="Rests on">${isKnown(alert.matching) ? `${count(alert.matching)} of ` : ""}${count(alert.samples)} records${isKnown(alert.window_s) ? ` in ${duration(alert.window_s * 1000)}` : ""}<//>`
      : null}
    <${Fact} name="Since">${at(alert.since ?? alert.time)}<//>
    ${isKnown(alert.fired_time) ? html`<${Fact} name="Fired">${at(alert.fired_time)}<//>` : null}
    ${isKnown(alert.ended_time)
      ? html`<${Fact} name="Over">${at(alert.ended_time)}, after ${duration((alert.ended_time - (alert.since ?? alert.time)) * 1000)}<//>`
      : null}
    ${alert.flaps > 0 ? html`<${Fact} name="Came back">${count(alert.flaps)} times<//>` : null}
  </dl>`;
}

function Labels({ alert }) {
  const labels = labelsOf(alert);

  if (labels.length === 0) return null;
  return html`<ul class="labels" aria-label="Labels">
    ${labels.map(([name, value]) => html`<li><span class="quiet">${text(name, 40)}</span> <bdi class="mono">${text(value, 100)}</bdi></li>`)}
  </ul>`;
}

function Top({ alert }) {
  const top = topOf(alert);

  if (top.length === 0) return null;
  return html`<section class="panel" aria-labelledby="top">
    <h2 id="top">What the bad ones had most of</h2>
    <div class="tops">
      ${top.map(({ field, values }) => {
        const most = Math.max(...values.map((each) => each.count ?? 0), 1);

        return html`<div>
          <h3 class="mono">${text(field, 60)}</h3>
          <ul class="bar-list">
            ${values.map(
              ({ value, count: times }) => html`<li>
                <bdi class="bar-name">${text(value, 120)}</bdi><span class="bar-value">${count(times)}</span><span></span>
                <span class="bar-track" aria-hidden="true"><span style=${{ width: `${Math.max(((times ?? 0) / most) * 100, 1)}%` }}></span></span>
              </li>`,
            )}
          </ul>
        </div>`;
      })}
    </div>
  </section>`;
}

function searchAddress(search) {
  return isKnown(search) && search !== "" ? formatRoute({ page: "calls", query: { filter: String(search) } }) : null;
}

function Calls({ alert }) {
  const zone = useStore(clock);
  const narrow = useMedia("(max-width: 760px)");
  const records = Array.isArray(alert.call_records) ? alert.call_records.filter((call) => isId(call?.id)) : [];
  const search = searchAddress(alert.search);
  const named = (Array.isArray(alert.calls) ? alert.calls : []).length;

  if (records.length === 0 && !search && named === 0) return null;
  return html`<section class="panel" aria-labelledby="alert-calls">
    <h2 id="alert-calls">Its calls</h2>
    ${records.length
      ? html`<table class="calls-table alert-calls">
          <thead><tr>${USUAL.map((name) => html`<th scope="col" class=${`c-${name} ${COLUMNS[name].right ? "right" : ""}`} style=${{ width: name === "parties" ? "auto" : `${COLUMNS[name].px}px` }}>${COLUMNS[name].title}</th>`)}</tr></thead>
          <tbody>
            ${records.map(
              (call, index) => html`<${CallRow} key=${call.id} call=${call} index=${index} selected=${false} fresh=${false} zone=${zone} columns=${USUAL}
                open=${(id) => navigate({ page: "call", id })} height=${narrow ? NARROW_ROW_PX : ROW_PX} />`,
            )}
          </tbody>
        </table>`
      : html`<p class="quiet">${named ? "They are no longer in the store." : "This alert names no single calls."}</p>`}
    ${search ? html`<p><a class="button" href=${search}><${Icon} name="search" />All calls that it means</a></p>` : null}
  </section>`;
}

/* Only web addresses become links; whatever else a rule says stays text. */
function Runbook({ value }) {
  if (!isKnown(value) || value === "") return null;
  return html`<section class="panel" aria-labelledby="runbook">
    <h2 id="runbook">What to do</h2>
    ${/^https?:\/\/\S+$/i.test(value) ? html`<p><a href=${value} rel="noreferrer">${text(value, 200)}</a></p>` : html`<p>${text(value, 2000)}</p>`}
  </section>`;
}

function Deliveries({ alert, doing }) {
  const { list, told } = alert.deliveries ?? {};
  const rows = Array.isArray(list) ? list : [];
  const held = (Array.isArray(told) ? told : []).filter((each) => isKnown(each?.held));

  return html`<section class="panel" aria-labelledby="told">
    <h2 id="told">Who was told</h2>
    ${held.length
      ? html`<ul class="held">${held.map((each) => html`<li><bdi>${text(each.receiver, 60)}</bdi> <span class="quiet">${heldWord(each.held)}</span></li>`)}</ul>`
      : null}
    ${rows.length
      ? html`<${DeliveryTable} rows=${rows} withAlert=${false} doing=${doing} />`
      : html`<p class="quiet">${isKnown(alert.deliveries) ? "Nobody yet." : "Not known here: another process sends this store's alerts."}${" "}
          <a href="#/alerts?tab=deliveries">Receivers</a></p>`}
  </section>`;
}

function Parent({ alert }) {
  const { muted_by_alert: parent } = alert;

  if (!isId(alert.muted_by)) return null;
  return html`<p class="parent"><${Icon} name="stop" />Explained by <a href=${`#/alerts/${alert.muted_by}`}>${text(parent?.summary ?? "another alert", 200)}</a>:
    nobody is told of this one while that fires.</p>`;
}

export function AlertDetail({ alert, onSilence, doing }) {
  return html`<div class="alert-detail">
    <p class="crumb"><a href="#/alerts">All alerts</a></p>
    <header class=${`panel alert-head severity-${severityOf(alert)} ${alert.state === "firing" ? "firing" : ""}`}>
      <h1>${text(alert.summary, 300)}</h1>
      <p class="alert-line">
        <${SeverityChip} alert=${alert} /><${StateTag} alert=${alert} /><a href=${`#/alerts?tab=rules`}>${text(alert.rule, 60)}</a>
        ${isKnown(alert.group) ? html`<bdi class="mono">${text(alert.group, 120)}</bdi>` : null}
        <${Handling} alert=${alert} />
      </p>
      ${isKnown(alert.description) ? html`<p class="quiet">${text(alert.description, 1500)}</p>` : null}
      <${Parent} alert=${alert} />
      <${AlertActions} alert=${alert} onSilence=${onSilence} doing=${doing} />
    </header>
    <section class="panel" aria-labelledby="measure">
      <h2 id="measure">How bad</h2>
      <${Facts} alert=${alert} />
      <${AlertChart} alert=${alert} />
      <${Labels} alert=${alert} />
    </section>
    <${Top} alert=${alert} />
    <${Calls} alert=${alert} />
    <${Runbook} value=${alert.runbook} />
    <${Deliveries} alert=${alert} doing=${doing} />
  </div>`;
}
