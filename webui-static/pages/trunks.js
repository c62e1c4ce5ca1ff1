/*
 * trunks - the page of trunks and destinations: were they up, how fast did they answer, what did their calls come to.
 */
import { html } from "../vendor/preact-htm.js";
import { fetchTrunkHealth, fetchTrunks } from "../api.js";
import { dayAndTime, isKnown } from "../format.js";
import { useAsked, useKeys, useStore } from "../hooks.js";
import { Answer, Empty } from "../parts/notice.js";
import { SpanNav } from "../parts/span_nav.js";
import { TrunkHealth } from "../parts/trunk_health.js";
import { TrunkTable } from "../parts/trunk_table.js";
import { healthRows, readSpan } from "../rooms.js";
import { backToCalls } from "../router.js";
import { clock } from "../settings.js";
import { destinationRows, trunkRows } from "../trunks.js";

/* What the sums of minutes reach back at most. */
const MINUTES_MAX = 1440;

const NO_TRUNKS = html`Trunks have the names that the configuration gives to their addresses, and their calls are told apart:${" "}
  <code>trunks: [{ name: carrier-a, addresses: [198.51.100.0/28], channels: 30 }]</code>`;

export function TrunksPage({ query }) {
  const span = readSpan(query);
  const zone = useStore(clock);
  const minutes = Math.min(span.hours * 60, MINUTES_MAX);
  const asked = useAsked(
    async (signal) => {
      const [health, trunks] = await Promise.all([fetchTrunkHealth({ hours: span.hours }, signal), fetchTrunks({ minutes }, signal)]);
      return { health, trunks };
    },
    { key: span.name, everyMs: span.everyS * 1000 },
  );

  useKeys({ Escape: backToCalls });
  return html`<main id="main" class="page rooms-page" tabindex="-1">
    <header class="overview-head"><h1>Trunks</h1>
      ${asked.answer ? html`<p class="quiet">${dayAndTime(asked.answer.health.from, zone).slice(0, 16)} – ${dayAndTime(asked.answer.health.until, zone).slice(0, 16)}</p>` : null}
      <${SpanNav} page="trunks" query=${query} span=${span} /></header>
    <${Answer} asked=${asked} what="Trunks">
      ${({ health, trunks }) => {
        const rows = healthRows(health, trunks);
        const named = trunkRows(trunks);
        const places = destinationRows(trunks);

        if (rows.targets.length + named.rows.length === 0)
          return html`<${Empty} title="No trunk was heard of">
            <p>This page fills with the first calls, and with the first OPTIONS that a PBX sends to its trunks.</p><p>${NO_TRUNKS}</p><//>`;
        return html`<${TrunkHealth} rows=${rows} health=${health} />
          <${TrunkTable} title=${`Calls by trunk, ${minutes === 1440 ? "24 hours" : span.words}`} rows=${named.rows} more=${named.more} span=${trunks} trunks none="No call in this time." />
          ${isKnown(named.rows[1]) ? null : html`<p class="quiet">${NO_TRUNKS}</p>`}
          <${TrunkTable} title="Calls by destination" rows=${places.rows} more=${places.more} span=${trunks}
            none=${html`No number was understood: <code>numbers.country</code> and <code>destinations.file</code> in the configuration say how they are dialled here.`} />
          ${trunks.cut ? html`<p class="quiet">There are more groups than are counted: some are missing.</p>` : null}`;
      }}
    <//>
  </main>`;
}
