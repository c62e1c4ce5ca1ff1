/*
 * probe - the page of the probe itself: what it received, what it lost, what it keeps.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { useKeys, useStore } from "../hooks.js";
import { CertificatePanel } from "../parts/certificate_table.js";
import { Icon } from "../parts/icon.js";
import { MirrorPanel } from "../parts/mirror_panel.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { Sparkline, useHistory } from "../parts/sparkline.js";
import { TrunkPanel } from "../parts/trunk_table.js";
import { fetchCertificates, fetchStats, fetchTrunks } from "../api.js";
import { bytes, count, dayAndTime, isKnown, percent, text } from "../format.js";
import { binsMissing, countsOf, DROPS, LOSSES } from "../ledger.js";
import { liveStats } from "../live.js";
import { backToCalls } from "../router.js";
import { clock } from "../settings.js";
import { anomalyWord, binWord, protocolWord } from "../words.js";

const ASK_MS = 3000;
const ASK_CERTIFICATES_MS = 15000;
const CERTIFICATES_SHOWN = 200;
const TRUNK_MINUTES = 15;

/* What `fetch` answers, asked for again and again; an error stands beside what was known. */
function useAsked(fetch, everyMs) {
  const [state, setState] = useState({ answer: null, error: null });

  useEffect(() => {
    const abort = new AbortController();
    const ask = () =>
      fetch(abort.signal).then(
        (answer) => setState({ answer, error: null }),
        (error) => error.name !== "AbortError" && setState((now) => ({ ...now, error })),
      );
    ask();
    const timer = setInterval(ask, everyMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, []);
  return state;
}

const askCertificates = (signal) => fetchCertificates({ limit: CERTIFICATES_SHOWN }, signal);

const askTrunks = (signal) => fetchTrunks({ minutes: TRUNK_MINUTES }, signal);

function Now({ live }) {
  const stats = useStore(liveStats);
  const rates = useHistory("stats", (message) => message.packets_per_s);

  return html`<section class="panel now">
    <h2>Now</h2>
    ${live
      ? html`<p class="big"><b>${count(stats?.packets_per_s)}</b> packets/s</p>
          <p class="quiet">${count(stats?.calls_open)} calls open</p>
          <${Sparkline} values=${rates} label="Packets per second over the last two minutes" />`
      : html`<p class="quiet">No probe is writing to this store. What follows is the newest ledger.</p>
          <pre>earshot run -i eth0 --store DIR</pre>`}
  </section>`;
}

function Drop({ name, title, why, capture }) {
  const value = capture[name];
  const share = isKnown(value) && capture.received > 0 ? value / (capture.received + value) : null;
  const bad = isKnown(value) && value > 0;

  return html`<li class=${`drop ${bad ? "drop-bad" : ""}`}>
    <${Icon} name=${bad ? "warning" : isKnown(value) ? "check" : "dots"} />
    <div>
      <b>${count(value)}</b> <span>${title}</span>
      ${bad ? html`<p class="quiet">${percent(share)} of all. ${why}</p>` : null}
      ${isKnown(value) ? null : html`<p class="quiet">Not known for this source.</p>`}
    </div>
  </li>`;
}

function Ledger({ capture }) {
  const zone = useStore(clock);

  return html`<section class="panel">
    <h2>Ledger</h2>
    <p class="big"><b>${count(capture.received)}</b> packets received</p>
    <p class="quiet">
      ${bytes(capture.received_bytes)} from <bdi class="mono">${text(capture.source, 120)}</bdi>,
      ${" "}${dayAndTime(capture.start_time, zone)} to ${dayAndTime(capture.end_time, zone)}.
      ${" "}${count(capture.calls)} calls, ${count(capture.streams)} streams,
      ${" "}${count(capture.stored)} packets stored.
    </p>
    <ul class="drops">
      ${DROPS.map(
        ([name, title, why]) => html`<${Drop} key=${name} ...${{ name, title, why, capture }} />`,
      )}
    </ul>
    <dl class="facts small">
      ${LOSSES.map(
        ([name, title]) =>
          html`<div class="fact"><dt>${title}</dt><dd>${count(capture[name])}</dd></div>`,
      )}
    </dl>
  </section>`;
}

function BarList({ title, counts, total, none, word = binWord, children }) {
  return html`<section class="panel">
    <h2>${title}</h2>
    ${children}
    ${counts.length === 0
      ? html`<p class="quiet">${none}</p>`
      : html`<ul class="bar-list">
          ${counts.map(
            ([name, value]) =>
              html`<li key=${name}>
                <span class="bar-name">${word(name)}</span>
                <span class="bar-value">${count(value)}</span>
                <span class="bar-share">${percent(total > 0 ? value / total : null)}</span>
                <span class="bar-track" aria-hidden="true"
                  ><span style=${{ width: `${total > 0 ? Math.max((value / total) * 100, 0.4) : 0}%` }}></span
                ></span>
              </li>`,
          )}
        </ul>`}
  </section>`;
}

function Sums({ capture }) {
  const missing = binsMissing(capture);

  if (missing === null) return null;
  return html`<p class=${missing === 0 ? "quiet" : "drop-bad"}>
    ${missing === 0
      ? "Every packet received is in exactly one of these: they add up."
      : `These do not add up: ${count(missing)} packets are in no bin.`}
  </p>`;
}

function Store({ stats }) {
  const zone = useStore(clock);
  const { store } = stats;

  return html`<section class="panel">
    <h2>Store</h2>
    <p class="big"><b>${count(store?.calls)}</b> calls</p>
    <dl class="facts small">
      <div class="fact"><dt>Alerts</dt><dd>${count(store?.alerts)}</dd></div>
      <div class="fact"><dt>Days</dt><dd>${count(store?.days)}</dd></div>
      <div class="fact"><dt>Size</dt><dd>${bytes(store?.bytes)}</dd></div>
      <div class="fact"><dt>Oldest call</dt><dd>${dayAndTime(store?.first_time, zone)}</dd></div>
      <div class="fact"><dt>Newest call</dt><dd>${dayAndTime(store?.last_time, zone)}</dd></div>
      <div class="fact"><dt>Earshot</dt><dd>${text(stats.version, 30)}</dd></div>
    </dl>
  </section>`;
}

export function ProbePage() {
  const { answer: stats, error } = useAsked(fetchStats, ASK_MS);
  const { answer: certificates } = useAsked(askCertificates, ASK_CERTIFICATES_MS);
  const { answer: trunks } = useAsked(askTrunks, ASK_CERTIFICATES_MS);
  const capture = stats?.capture ?? null;
  const sum = (counts) => counts.reduce((all, [, value]) => all + value, 0);
  const malformed = countsOf(capture?.malformed);
  const refusals = countsOf(capture?.refusals);
  const protocols = countsOf(capture?.protocols);
  const anomalies = countsOf(capture?.sip_anomalies);

  useKeys({ Escape: backToCalls });
  return html`<main id="main" class="page probe-page" tabindex="-1">
    <h1>Probe</h1>
    ${error ? html`<${Failure} what="The probe's figures" error=${error} />` : null}
    ${!stats && !error ? html`<${Loading} what="the probe's figures" />` : null}
    ${stats
      ? html`<div class="grid">
          <${Now} live=${stats.live === true} />
          <${Store} stats=${stats} />
          ${trunks ? html`<${TrunkPanel} trunks=${trunks} />` : null}
          ${capture
            ? html`<${Ledger} capture=${capture} />
                ${stats.mirror ? html`<${MirrorPanel} mirror=${stats.mirror} />` : null}
                <${BarList} title="Where the packets went" counts=${countsOf(capture.bins)}
                  total=${capture.received} none="Nothing was received."><${Sums} capture=${capture} /><//>
                <${BarList} title="Malformed, by name" counts=${malformed} total=${sum(malformed)}
                  none="Nothing was malformed." />
                <${BarList} title="Refused, or not as it should be" counts=${refusals} total=${sum(refusals)}
                  none="No limit was reached." />
                <${BarList} title="Odd SIP messages" counts=${anomalies} total=${sum(anomalies)} word=${anomalyWord}
                  none="Every SIP message was as it should be." />
                <${BarList} title="Seen, not analysed" counts=${protocols} total=${sum(protocols)}
                  word=${protocolWord} none=${isKnown(capture.protocols) ? "Nothing that nDPI knows." : "nDPI was not asked."}>
                  <p class="quiet">What nDPI takes unknown flows for: a hint, never a verdict.</p><//>
                ${certificates
                  ? html`<${CertificatePanel} certificates=${certificates.certificates} watched=${certificates.watched ?? []}
                      more=${isKnown(certificates.next)} />`
                  : null}`
            : html`<section class="panel"><${Empty} title="No ledger yet">
                <p>It is written when a probe has run on this store.</p><//></section>`}
        </div>`
      : null}
  </main>`;
}
