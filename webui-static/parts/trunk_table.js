/*
 * trunk_table - what each trunk did in the last minutes, and all calls together; a figure of few calls is no figure.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, duration, fixed, isKnown, milliseconds, NONE, percent, text, time } from "../format.js";
import { trunkRows } from "../trunks.js";
import { Icon } from "./icon.js";

const DIRECTIONS = new Map([["in", "from it"], ["out", "to it"]]);

function Channels({ row }) {
  const { concurrent_max: most, channel_limit: limit } = row;

  if (!isKnown(most)) return NONE;
  if (!isKnown(limit)) return count(most);
  return html`${row.full ? html`<${Icon} name="warning" /> ` : null}${count(most)} of ${count(limit)}`;
}

export function TrunkPanel({ trunks }) {
  const zone = useStore(clock);
  const { rows, more } = trunkRows(trunks);

  if (rows.length === 0) return null;
  return html`<section class="panel wide" aria-labelledby="trunks">
    <h2 id="trunks">Trunks, ${count(trunks.minutes)} minutes up to ${time(trunks.until, zone)}</h2>
    <div class="scroll-x" tabindex="0" role="region" aria-label="Trunks">
      <table class="compare trunk-table">
        <thead>
          <tr>
            <th scope="col">Trunk</th><th scope="col">Calls</th><th scope="col">Attempts</th><th scope="col">ASR</th>
            <th scope="col">NER</th><th scope="col">ACD</th><th scope="col">PDD p95</th><th scope="col">MOS p5</th>
            <th scope="col">One-way</th><th scope="col">Most at once</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (row) => html`<tr>
              <th scope="row">${row.all ? "all calls" : html`<bdi>${text(row.trunk, 60)}</bdi>`}</th>
              <td>${DIRECTIONS.get(row.direction) ?? NONE}</td>
              <td>${count(row.attempts)}</td>
              <td>${percent(row.asr_ratio)}</td>
              <td>${percent(row.ner_ratio)}</td>
              <td>${isKnown(row.acd_s) ? duration(row.acd_s * 1000) : NONE}</td>
              <td>${milliseconds(row.pdd_ms?.p95)}</td>
              <td>${fixed(row.mos_lq?.p5, 2)}</td>
              <td>${row.judged > 0 ? `${count(row.one_way)} of ${count(row.judged)}` : NONE}</td>
              <td><${Channels} row=${row} /></td>
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${more > 0 ? html`<p class="quiet">and ${count(more)} more</p>` : null}
  </section>`;
}
