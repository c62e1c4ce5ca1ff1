/*
 * alerts - the page of alerts: those that fire first, each with the calls that prove it.
 */
import { html, useEffect } from "../vendor/preact-htm.js";
import { useKeys, useStore } from "../hooks.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { SeverityIcon, severityOf } from "../parts/severity.js";
import { alerts, loadAlerts, loadOlderAlerts } from "../alerts.js";
import { isId } from "../api.js";
import { count, dayAndTime, duration, fixed, isKnown, text, time } from "../format.js";
import { backToCalls } from "../router.js";
import { clock } from "../settings.js";

const EVIDENCE_SHOWN = 12;

/* Only web addresses become links; whatever else a rule says stays text. */
function Runbook({ value }) {
  if (!isKnown(value)) return null;
  if (!/^https?:\/\//i.test(value)) return html`<p class="quiet">What to do: ${text(value, 400)}</p>`;
  return html`<p><a href=${value} rel="noreferrer">What to do about it</a></p>`;
}

function Evidence({ ids }) {
  const calls = (Array.isArray(ids) ? ids : []).filter(isId);

  if (calls.length === 0) return null;
  return html`<p class="evidence">
    <span class="quiet">Calls that prove it:</span>
    ${calls
      .slice(0, EVIDENCE_SHOWN)
      .map((id, at) => html` <a class="evidence-call" href=${`#/call/${id}`}>call ${at + 1}</a>`)}
    ${calls.length > EVIDENCE_SHOWN
      ? html` <span class="quiet">and ${count(calls.length - EVIDENCE_SHOWN)} more</span>`
      : null}
  </p>`;
}

function When({ alert }) {
  const zone = useStore(clock);
  const ended = isKnown(alert.ended_time);

  return html`<span class="alert-when">
    since ${dayAndTime(alert.since ?? alert.time, zone)}
    ${ended
      ? html` <span class="quiet"
          >until ${time(alert.ended_time, zone)},
          ${" "}${duration((alert.ended_time - (alert.since ?? alert.time)) * 1000)}</span
        >`
      : null}
  </span>`;
}

function Figures({ alert }) {
  if (!isKnown(alert.value)) return null;
  const plain = (value) => (Number.isInteger(value) ? count(value) : fixed(value, 2));

  return html`<span class="quiet">
    ${plain(alert.value)}${isKnown(alert.threshold) ? ` against a limit of ${plain(alert.threshold)}` : ""}
    ${isKnown(alert.samples) ? `, from ${count(alert.samples)} records` : ""}
    ${isKnown(alert.window_s) ? ` in ${duration(alert.window_s * 1000)}` : ""}
  </span>`;
}

function Alert({ alert, selected }) {
  const firing = alert.state === "firing";

  return html`<li
    class=${`panel alert severity-${severityOf(alert)} ${firing ? "firing" : "resolved"} ${selected ? "selected" : ""}`}
  >
    <div class="alert-mark"><${SeverityIcon} alert=${alert} /></div>
    <div class="alert-body">
      <h2>${text(alert.summary, 300)}</h2>
      <p class="alert-line">
        <span class="tag">${severityOf(alert)}</span>
        <span class=${`tag ${firing ? "tag-firing" : ""}`}>${firing ? "firing" : "resolved"}</span>
        <${When} alert=${alert} />
        <span>${text(alert.rule, 60)}</span>
        ${isKnown(alert.group) ? html`<bdi class="mono">${text(alert.group, 80)}</bdi>` : null}
        <${Figures} alert=${alert} />
      </p>
      ${isKnown(alert.description) ? html`<p class="quiet">${text(alert.description, 600)}</p>` : null}
      <${Evidence} ids=${alert.calls} />
      <${Runbook} value=${alert.runbook} />
    </div>
  </li>`;
}

export function AlertsPage({ id }) {
  const { list, next, loaded, error } = useStore(alerts);
  const firing = list.filter((alert) => alert.state === "firing").length;

  useKeys({ Escape: backToCalls });
  useEffect(() => {
    document.querySelector(".alert.selected")?.scrollIntoView({ block: "center" });
  }, [id, loaded]);

  return html`<main id="main" class="page alerts-page" tabindex="-1">
    <h1>Alerts</h1>
    ${error ? html`<${Failure} what="Alerts" error=${error} retry=${loadAlerts} />` : null}
    ${!loaded ? html`<${Loading} what="alerts" />` : null}
    ${loaded && list.length === 0 && !error
      ? html`<${Empty} title="All quiet">
          <p>No rule has fired on anything in this store. New alerts appear here, and as a note on
            every page, the moment they fire.</p>
        <//>`
      : null}
    ${list.length
      ? html`<p class="quiet">${firing ? `${count(firing)} firing` : "None is firing"}, ${count(list.length)} in all.</p>
          <ul class="alert-list">
            ${list.map((alert) => html`<${Alert} key=${alert.id} alert=${alert} selected=${alert.id === id} />`)}
          </ul>`
      : null}
    ${next ? html`<button type="button" onClick=${loadOlderAlerts}>Show older ones</button>` : null}
  </main>`;
}
