/*
 * probe - the page of the probe itself: what it received, what it lost, what it keeps.
 */
import { html } from "../vendor/preact-htm.js";
import { fetchProbe, fetchRules, fetchStats, fetchStore } from "../api.js";
import { bytes, count, dayAndTime, isKnown, percent, text } from "../format.js";
import { useAsked, useKeys, useStore } from "../hooks.js";
import { ConfigPanel, FaultPanel, LibraryPanel } from "../parts/about_panel.js";
import { Icon } from "../parts/icon.js";
import { MachinePanel } from "../parts/machine_panel.js";
import { MirrorPanel } from "../parts/mirror_panel.js";
import { Answer, Empty } from "../parts/notice.js";
import { Sparkline, useHistory } from "../parts/sparkline.js";
import { StorePanel } from "../parts/store_panel.js";
import { binsMissing, countsOf, DROPS, LOSSES } from "../ledger.js";
import { liveStats } from "../live.js";
import { backToCalls } from "../router.js";
import { clock } from "../settings.js";
import { anomalyWord, binWord, protocolWord } from "../words.js";

const ASK_MS = 3000;

/* The store and the rules change slowly; what they cannot say is not worth an error of the whole page. */
const ask = async (signal) => {
  const [stats, probe, store, rules] = await Promise.all([
    fetchStats(signal),
    fetchProbe(signal),
    fetchStore(signal).catch(() => null),
    fetchRules(signal).catch(() => null),
  ]);
  return { stats, probe: { ...probe, at: Date.now() / 1000 }, store, rules };
};

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

export function ProbePage() {
  const asked = useAsked(ask, { everyMs: ASK_MS });
  const sum = (counts) => counts.reduce((all, [, value]) => all + value, 0);

  useKeys({ Escape: backToCalls });
  return html`<main id="main" class="page probe-page" tabindex="-1">
    <h1>Probe</h1>
    <${Answer} asked=${asked} what="The probe's figures">
      ${({ stats, probe, store, rules }) => {
        const capture = stats.capture ?? null;
        const malformed = countsOf(capture?.malformed);
        const refusals = countsOf(capture?.refusals);
        const protocols = countsOf(capture?.protocols);
        const anomalies = countsOf(capture?.sip_anomalies);

        return html`<${FaultPanel} rules=${rules} />
        <div class="grid">
          <div class="column">
            <${Now} live=${stats.live === true} />
            ${capture
              ? html`<${Ledger} capture=${capture} />`
              : html`<section class="panel"><${Empty} title="No ledger yet"><p>It is written when a probe has run on this store.</p><//></section>`}
            <${StorePanel} stats=${stats} store=${store} />
            ${capture
              ? html`<${BarList} title="Malformed, by name" counts=${malformed} total=${sum(malformed)} none="Nothing was malformed." />
                  <${BarList} title="Refused, or not as it should be" counts=${refusals} total=${sum(refusals)} none="No limit was reached." />
                  <${BarList} title="Odd SIP messages" counts=${anomalies} total=${sum(anomalies)} word=${anomalyWord}
                    none="Every SIP message was as it should be." />`
              : null}
            <${LibraryPanel} probe=${probe} />
          </div>
          <div class="column">
            <${MachinePanel} probe=${probe} />
            ${stats.mirror ? html`<${MirrorPanel} mirror=${stats.mirror} />` : null}
            ${capture
              ? html`<${BarList} title="Where the packets went" counts=${countsOf(capture.bins)}
                    total=${capture.received} none="Nothing was received."><${Sums} capture=${capture} /><//>
                  <${BarList} title="Seen, not analysed" counts=${protocols} total=${sum(protocols)}
                    word=${protocolWord} none=${isKnown(capture.protocols) ? "Nothing that nDPI knows." : "nDPI was not asked."}>
                    <p class="quiet">What nDPI takes unknown flows for: a hint, never a verdict.</p><//>`
              : null}
            <${ConfigPanel} probe=${probe} />
          </div>
        </div>
        <p class="quiet">For Prometheus: <a href="metrics">/metrics</a>, with a token that may <code>metrics</code> (<code>earshot token add prometheus --scopes metrics</code>).</p>`;
      }}
    <//>
  </main>`;
}
