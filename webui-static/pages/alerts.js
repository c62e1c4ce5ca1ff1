/*
 * alerts - the page of alerts: those that fire first, one of them opened, what is silenced, who is told, the
 * rules.
 */
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { alerts, handled, isOpen, loadAlerts, loadOlderAlerts, tellHandled } from "../alerts.js";
import { silenceChoices } from "../alert_words.js";
import { acknowledge, fetchAlert, fetchDeliveries, fetchReceivers, fetchRules, fetchSilences } from "../api.js";
import { count } from "../format.js";
import { useAsked, useKeys, useStore } from "../hooks.js";
import { SilenceSheet, useDoing } from "../parts/alert_actions.js";
import { AlertDetail } from "../parts/alert_detail.js";
import { AlertRow } from "../parts/alert_row.js";
import { DeliveryPanel } from "../parts/delivery_panel.js";
import { Answer, Empty, Failure, Loading } from "../parts/notice.js";
import { RulePanel } from "../parts/rule_panel.js";
import { SilencePanel } from "../parts/silence_panel.js";
import { backToCalls, formatRoute, navigate } from "../router.js";

const DELIVERIES_SHOWN = 200;

const TABS = [
  ["", "Alerts"],
  ["silences", "Silences"],
  ["deliveries", "Deliveries"],
  ["rules", "Rules"],
];

const useAskedOf = (fetch, key) => useAsked(fetch, { key, due: useStore(handled) });

function Tabs({ tab }) {
  return html`<nav class="tabs" aria-label="About alerts">
    ${TABS.map(
      ([name, word]) => html`<a href=${formatRoute({ page: "alerts", query: { tab: name } })} aria-current=${tab === name ? "page" : null}>${word}</a>`,
    )}
  </nav>`;
}

/* ---- the list ---- */

function Group({ title, list, selected }) {
  if (list.length === 0) return null;
  return html`<section aria-label=${title}>
    <h2 class="section-title">${title} <span class="quiet">${count(list.length)}</span></h2>
    <ul class="alert-list">${list.map((alert) => html`<${AlertRow} key=${alert.id} alert=${alert} selected=${alert.id === selected} />`)}</ul>
  </section>`;
}

function useSelected(list) {
  const [id, setId] = useState(null);
  const at = list.findIndex((alert) => alert.id === id);
  const move = (step) => setId(list[Math.max(0, Math.min(at < 0 ? 0 : at + step, list.length - 1))]?.id ?? null);

  useEffect(() => {
    const row = document.querySelector(".alert.selected");

    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector(".alert-link")?.focus({ preventScroll: true });
  }, [id]);
  return { alert: at < 0 ? null : list[at], move, clear: () => setId(null) };
}

function AlertList({ silence }) {
  const { list, next, loaded, error } = useStore(alerts);
  const doing = useDoing();
  const of = (state) => list.filter((alert) => alert.state === state);
  const shown = [...of("firing"), ...of("pending"), ...list.filter((alert) => !isOpen(alert) && alert.state !== "passed")];
  const { alert, move, clear } = useSelected(shown);

  useKeys({
    j: () => move(1),
    k: () => move(-1),
    Enter: () => alert !== null && navigate({ page: "alerts", id: alert.id }),
    a: () => alert !== null && isOpen(alert) && !alert.ack && void doing.act(() => acknowledge(alert.id)),
    s: () => alert !== null && silence(alert),
    Escape: () => {
      if (alert === null) return backToCalls();
      document.activeElement?.blur();
      return clear();
    },
  });

  return html`${error ? html`<${Failure} what="Alerts" error=${error} retry=${loadAlerts} />` : null}
    ${doing.error ? html`<${Failure} what="That" error=${doing.error} />` : null}
    ${!loaded ? html`<${Loading} what="alerts" />` : null}
    ${loaded && shown.length === 0 && !error
      ? html`<${Empty} title="All quiet">
          <p>No rule has fired on anything in this store. New alerts appear here, and as a note on
            every page, the moment they fire. <a href="#/alerts?tab=rules">How near the rules are to it</a></p>
        <//>`
      : null}
    ${loaded && shown.length > 0 && of("firing").length === 0 ? html`<p class="quiet">None is firing.</p>` : null}
    <${Group} title="Firing" list=${of("firing")} selected=${alert?.id} />
    <${Group} title="Pending" list=${of("pending")} selected=${alert?.id} />
    <${Group} title="History" list=${shown.filter((each) => !isOpen(each))} selected=${alert?.id} />
    ${next ? html`<p class="more"><button type="button" onClick=${loadOlderAlerts}>Show older ones</button></p>` : null}`;
}

/* ---- one ---- */

function OneAlert({ id, silence }) {
  const state = useAskedOf((signal) => fetchAlert(id, signal), id);
  const { list } = useStore(alerts);
  const doing = useDoing();
  const live = list.find((alert) => alert.id === id);
  const asked = useRef(null);

  /* The feed is quicker than the server's answer, which knows more. */
  asked.current = state.answer && live && (live.changed_time ?? 0) > (state.answer.changed_time ?? 0) ? { ...state.answer, ...live, deliveries: state.answer.deliveries } : state.answer;
  const alert = asked.current;

  useKeys({
    a: () => alert !== null && isOpen(alert) && !alert.ack && void doing.act(() => acknowledge(id)),
    s: () => alert !== null && silence(alert),
    Escape: () => navigate({ page: "alerts" }),
  });
  if (state.error && !state.answer)
    return html`<${Failure} what="This alert" error=${state.error} retry=${tellHandled} />
      <p><a href="#/alerts">All alerts</a></p>`;
  if (!alert) return html`<${Loading} what="the alert" />`;
  return html`<${AlertDetail} alert=${alert} onSilence=${() => silence(alert)} doing=${doing} />`;
}

/* ---- the other tabs ---- */

function Silences({ silence }) {
  const state = useAskedOf(fetchSilences);
  const doing = useDoing();

  return html`<${Answer} asked=${state} what="Silences">
    ${({ silences }) => html`<${SilencePanel} silences=${silences} doing=${doing} onNew=${() => silence(null)} />`}
  <//>`;
}

const askDeliveries = async (signal) => {
  const [{ receivers }, dead, waiting] = await Promise.all([
    fetchReceivers(signal),
    fetchDeliveries({ state: "dead", limit: DELIVERIES_SHOWN }, signal),
    fetchDeliveries({ state: "waiting", limit: DELIVERIES_SHOWN }, signal),
  ]);
  return { receivers, dead, waiting };
};

function Deliveries() {
  const state = useAskedOf(askDeliveries);
  const doing = useDoing();

  return html`<${Answer} asked=${state} what="Deliveries">
    ${(answer) => html`<${DeliveryPanel} ...${answer} doing=${doing} />`}
  <//>`;
}

function Rules() {
  const state = useAskedOf(fetchRules);

  return html`<${Answer} asked=${state} what="Rules">${(answer) => html`<${RulePanel} ...${answer} />`}<//>`;
}

const BODIES = { "": AlertList, silences: Silences, deliveries: Deliveries, rules: Rules };

export function AlertsPage({ id, query }) {
  const [silenced, setSilenced] = useState(null);
  const tab = Object.hasOwn(BODIES, query.tab ?? "") ? (query.tab ?? "") : "";
  const Body = BODIES[tab];
  /* alert: null for labels that are written by hand */
  const silence = (alert) => setSilenced({ labels: alert === null ? [] : silenceChoices(alert) });
  const escape = tab === "" ? {} : { Escape: () => navigate({ page: "alerts" }) };

  useKeys(id === null ? escape : {}, { bottom: true });
  return html`<main id="main" class="page alerts-page" tabindex="-1">
    ${id === null
      ? html`<h1>Alerts</h1>
          <${Tabs} tab=${tab} />
          <${Body} key=${tab} silence=${silence} />`
      : html`<${OneAlert} key=${id} id=${id} silence=${silence} />`}
    ${silenced ? html`<${SilenceSheet} labels=${silenced.labels} close=${() => setSilenced(null)} />` : null}
  </main>`;
}
