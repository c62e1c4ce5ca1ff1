/*
 * trunk_table - what each trunk and destination did, and all calls together; a figure of few calls is no figure. Any cell opens the
 * calls behind it.
 */
import { html } from "../vendor/preact-htm.js";
import { count, duration, fixed, isKnown, milliseconds, NONE, own, percent, text } from "../format.js";
import { callsAddress, FEW } from "../overview.js";
import { groupFilter } from "../trunks.js";
import { Icon } from "./icon.js";

const DIRECTIONS = { in: "from it", out: "to it" };

function Channels({ row }) {
  const { concurrent_max: most, channel_limit: limit } = row;

  if (!isKnown(most)) return NONE;
  if (!isKnown(limit)) return count(most);
  return html`${row.full ? html`<${Icon} name="warning" /> ` : null}${count(most)} of ${count(limit)}`;
}

function Row({ row, span, trunks }) {
  const filter = groupFilter(row, span);
  const settled = row.answered + row.failure + row.nos;
  const to = (shown, words, sort, few = false) =>
    html`<td class=${`number ${few ? "few" : ""}`}>${shown === NONE ? NONE : html`<a href=${callsAddress(filter, words, sort)}>${shown}</a>`}</td>`;

  return html`<tr>
    <th scope="row"><a href=${callsAddress(filter)}>${row.all ? "all calls" : html`<bdi>${text(trunks ? row.trunk : row.destination, 60)}</bdi>`}</a></th>
    ${trunks ? html`<td>${own(DIRECTIONS, row.direction) ?? NONE}</td>` : null}
    ${to(count(row.attempts))}
    ${to(percent(row.asr_ratio), "has:outcome -outcome:success", "", settled < FEW)}
    ${to(percent(row.ner_ratio), "has:outcome -outcome:success -nos_cause:busy,cancel -status:480,603", "", settled < FEW)}
    ${to(isKnown(row.acd_s) ? duration(row.acd_s * 1000) : NONE, "outcome:success", "-duration", row.ended < FEW)}
    ${to(milliseconds(row.pdd_ms?.p95), "has:pdd", "-pdd", settled < FEW)}
    ${to(fixed(row.mos_lq?.p5, 2), "has:mos", "mos", row.ended < FEW)}
    ${to(row.judged > 0 ? `${count(row.one_way)} of ${count(row.judged)}` : NONE, "one_way", "", row.judged < FEW)}
    ${trunks ? html`<td class="number"><${Channels} row=${row} /></td>` : null}
  </tr>`;
}

const HEADS = ["Attempts", "ASR", "NER", "ACD", "PDD p95", "MOS p5", "One-way"];

/* rows: of trunks.js. trunks: else they are destinations. */
export function TrunkTable({ title, rows, span, more = 0, none, trunks = false }) {
  return html`<section class="panel">
    <h2>${title}</h2>
    ${rows.length === 0
      ? html`<p class="quiet">${none}</p>`
      : html`<div class="scroll-x" tabindex="0" role="region" aria-label=${title}>
          <table class="dense">
            <thead><tr>
              <th scope="col">${trunks ? "Trunk" : "Destination"}</th>${trunks ? html`<th scope="col">Calls</th>` : null}
              ${HEADS.map((head) => html`<th scope="col" class="number">${head}</th>`)}
              ${trunks ? html`<th scope="col" class="number">Most at once</th>` : null}
            </tr></thead>
            <tbody>${rows.map((row) => html`<${Row} key=${`${row.trunk}/${row.direction}/${row.destination}`} ...${{ row, span, trunks }} />`)}</tbody>
          </table>
        </div>`}
    ${more > 0 ? html`<p class="quiet">and ${count(more)} more</p>` : null}
  </section>`;
}
