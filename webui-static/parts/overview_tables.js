/*
 * overview_tables - how calls sounded, how they ended and why, and on which trunks and destinations it went worst.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { count, dayAndTime, duration, fixed, isKnown, milliseconds, NONE, own, percent, text, time } from "../format.js";
import { callsAddress, causeRows, FEW } from "../overview.js";
import { clock } from "../settings.js";
import { mosWords } from "../words.js";
import { MosChip } from "./chip.js";
import { Icon } from "./icon.js";
import { Trend } from "./trend.js";

const LEVELS = ["good", "fair", "poor", "bad"];

/* Which bars belong to a word of MOS: by their middle. */
const levelOf = ({ from, to }) => mosWords((from + to) / 2).level;

export function MosPanel({ answer }) {
  const { mos, totals } = answer;
  const most = Math.max(1, ...mos.map(({ calls }) => calls));
  const sum = totals.mos_calls;

  return html`<section class="panel" aria-labelledby="mos-title">
    <h2 id="mos-title">How they sounded <span class="quiet">MOS of ${count(sum)} of ${count(totals.ended)} calls that ended</span></h2>
    ${sum > 0
      ? html`<div class="histogram" role="group" aria-label="Calls by MOS">
            ${mos.map(
              (bar) => html`<a
                class=${`level-${levelOf(bar)}`}
                href=${callsAddress(bar.filter, "", "mos")}
                tabindex=${bar.calls ? 0 : -1}
                title=${`MOS ${fixed(bar.from, 2)} to ${fixed(bar.to, 2)}: ${count(bar.calls)} calls`}
                aria-label=${`MOS ${fixed(bar.from, 2)} to ${fixed(bar.to, 2)}: ${count(bar.calls)} calls`}
                ><span style=${{ height: `${bar.calls ? Math.max((bar.calls / most) * 100, 3) : 0}%` }}></span
              ></a>`,
            )}
          </div>
          <div class="histogram-axis quiet" aria-hidden="true"><span>1</span><span>2</span><span>3</span><span>4</span><span></span></div>
          <ul class="mos-levels">
            ${LEVELS.map((level) => {
              const bars = mos.filter((bar) => levelOf(bar) === level);
              const calls = bars.reduce((all, bar) => all + bar.calls, 0);
              return html`<li><${MosChip} mos=${{ good: 4.1, fair: 3.7, poor: 3.2, bad: 1 }[level]} word figure=${false} />
                <b>${percent(calls / sum)}</b> <span class="quiet">${count(calls)}</span></li>`;
            })}
          </ul>`
      : html`<p class="quiet">${totals.ended > 0 ? "No media was heard of the calls that ended: was RTP on the mirror port, or the capture signalling alone?" : "No answered call ended in this window."}</p>`}
  </section>`;
}

const CLASS_WORDS = { "2xx": "answered", "3xx": "redirected", "4xx": "refused", "5xx": "server failed", "6xx": "refused everywhere", none: "no final response" };

export function ResponsePanel({ answer }) {
  const { responses, totals } = answer;
  const zone = useStore(clock);
  const hour = answer.busy_hour;

  return html`<section class="panel" aria-labelledby="responses-title">
    <h2 id="responses-title">How they ended <span class="quiet">${count(totals.settled)} calls settled</span></h2>
    <ul class="bar-rows">
      ${responses.map(
        ({ class: name, calls, filter }) => html`<li>
          <a href=${callsAddress(filter)}><b class="mono">${name === "none" ? NONE : name}</b> ${own(CLASS_WORDS, name) ?? ""}</a>
          <span class="bar-track" aria-hidden="true"><span class=${`status-fill-${own(CLASS_WORDS, name) ? name : "none"}`} style=${{ width: `${totals.settled > 0 ? (calls / totals.settled) * 100 : 0}%` }}></span></span>
          <span>${count(calls)}</span><span class="quiet">${totals.settled > 0 ? percent(calls / totals.settled) : NONE}</span>
        </li>`,
      )}
    </ul>
    <h3>Busy hour</h3>
    ${hour
      ? html`<p><a href=${callsAddress(hour.filter)}>${dayAndTime(hour.from, zone).slice(0, 16)} – ${time(hour.from + 3600, zone).slice(0, 5)}</a>:
          ${" "}<b>${count(hour.attempts)}</b> attempts, <b>${fixed(hour.erlang, 1)}</b> erlang
          <span class="quiet"> since ${dayAndTime(hour.of, zone).slice(0, 16)}; erlang by the talking time of what ended in it</span></p>`
      : html`<p class="quiet">No call began.</p>`}
  </section>`;
}

function Was({ row }) {
  const few = row.calls < FEW;
  const up = isKnown(row.share_before) && row.share > row.share_before * 1.25 && row.share - row.share_before > 0.005;

  return html`<td class="number quiet">${isKnown(row.share_before) ? html`${up && !few ? html`<span class="level-poor" title="more than before">▴ </span>` : null}${percent(row.share_before)}` : NONE}</td>`;
}

function CauseRow({ row, name, kind = false }) {
  return html`<tr class=${kind ? "cause-kind" : ""}>
    <th scope="row"><a href=${callsAddress(row.filter)}>${name}</a></th>
    <td class="number">${count(row.calls)}</td>
    <td class="number">${percent(row.share)}</td>
    <${Was} row=${row} />
    <td class="cause-meaning">${text(row.meaning, 300)}</td>
  </tr>`;
}

export function CausePanel({ answer }) {
  const rows = causeRows(answer);

  return html`<section class="panel" aria-labelledby="causes-title">
    <h2 id="causes-title">Why calls were not answered <span class="quiet">and what the industry reads from it</span></h2>
    ${rows.length === 0
      ? html`<p class="quiet">${answer.totals.settled > 0 ? "All of them were." : "No call was settled in this window."}</p>`
      : html`<div class="scroll-x" tabindex="0" role="region" aria-label="Why calls were not answered">
          <table class="dense causes">
            <thead><tr><th scope="col">Cause</th><th scope="col" class="number">Calls</th><th scope="col" class="number">Share</th><th scope="col" class="number">Before</th><th scope="col">Reads as</th></tr></thead>
            ${rows.map(
              (kind) => html`<tbody key=${kind.kind}>
                <${CauseRow} row=${kind} name=${kind.title} kind />
                ${kind.statuses.map((cause) => html`<${CauseRow} key=${cause.status} row=${cause}
                  name=${html`<span class="mono">${isKnown(cause.status) ? cause.status : NONE}</span> ${text(cause.reason, 60)}`} />`)}
              </tbody>`,
            )}
          </table>
        </div>
        <p class="quiet note">408 and 480 after the caller's CANCEL count as cancelled.</p>`}
  </section>`;
}

const share = (part, whole) => (whole > 0 ? part / whole : null);

/* A ratio, and of how many; of few calls it stands without weight. */
function Ratio({ name, value, n, href }) {
  return html`<td data-name=${name} class=${`number ${n < FEW ? "few" : ""}`}>${isKnown(value) ? html`<a href=${href}>${percent(value)}</a> <small>${count(n)}</small>` : NONE}</td>`;
}

function Group({ row, title }) {
  const to = (words, sort) => callsAddress(row.filter, words, sort);

  return html`<tr>
    <th scope="row">
      <a href=${to()}>${title}</a>
      ${row.trouble ? html`<span class="why"><${Icon} name="warning" /> ${text(row.trouble, 160)}</span>` : null}
    </th>
    <td data-name="Calls" class="number">${count(row.attempts)}<small>${isKnown(row.before?.attempts) ? ` was ${count(row.before.attempts)}` : ""}</small></td>
    <td data-name="Over time"><${Trend} values=${row.series} top=${1} label="ASR over the window" /></td>
    <${Ratio} name="ASR" value=${row.asr} n=${row.settled} href=${to("has:outcome -outcome:success")} />
    <td data-name="ASR before" class="number quiet">${percent(row.before?.asr)}</td>
    <${Ratio} name="NER" value=${row.ner} n=${row.settled} href=${to("has:outcome -outcome:success -nos_cause:busy,cancel -status:480,603")} />
    <td data-name="ACD" class=${`number ${row.ended < FEW ? "few" : ""}`}>${isKnown(row.acd_s) ? html`<a href=${to("outcome:success", "duration")}>${duration(row.acd_s * 1000)}</a>` : NONE}</td>
    <td data-name="PDD" class=${`number ${row.pdd_calls < FEW ? "few" : ""}`}>${isKnown(row.pdd_ms_p50) ? html`<a href=${to("has:pdd", "-pdd")}>${milliseconds(row.pdd_ms_p50)}</a>` : NONE}</td>
    <td data-name="MOS" class=${row.mos_calls < FEW ? "few" : ""}>${isKnown(row.mos_p50) ? html`<a class="plain" href=${to("has:mos", "mos")}><${MosChip} mos=${row.mos_p50} /></a> <small>${count(row.mos_calls)}</small>` : NONE}</td>
    <${Ratio} name="One-way" value=${share(row.one_way, row.judged)} n=${row.judged} href=${to("one_way")} />
  </tr>`;
}

const DIRECTIONS = { in: "from it", out: "to it" };

export function GroupPanel({ id, title, what, rows, groups, none }) {
  const all = groups?.[id] ?? rows.length;
  const bad = groups?.[`${id}_in_trouble`] ?? 0;

  return html`<section class="panel" aria-labelledby=${`${id}-title`}>
    <h2 id=${`${id}-title`}>${title} <span class="quiet">${bad > 0 ? `${count(bad)} of ${count(all)} do worse than they should` : all > 0 ? `none of ${count(all)} stands out; the busiest` : ""}</span></h2>
    ${rows.length === 0
      ? html`<p class="quiet">${none}</p>`
      : html`<div class="scroll-x" tabindex="0" role="region" aria-label=${title}>
          <table class="dense groups">
            <thead><tr>
              <th scope="col">${what}</th><th scope="col" class="number">Calls</th><th scope="col">ASR, 0 to 100 %</th><th scope="col" class="number">ASR</th><th scope="col" class="number">before</th>
              <th scope="col" class="number">NER</th><th scope="col" class="number">ACD</th><th scope="col" class="number">PDD</th><th scope="col">MOS</th><th scope="col" class="number">One-way</th>
            </tr></thead>
            <tbody>${rows.map((row) => html`<${Group} key=${`${row.trunk ?? row.destination}/${row.direction ?? ""}`} row=${row}
              title=${html`<bdi>${text(row.trunk ?? row.destination, 60)}</bdi>${own(DIRECTIONS, row.direction) ? html` <span class="quiet">${DIRECTIONS[row.direction]}</span>` : null}`} />`)}</tbody>
          </table>
        </div>`}
  </section>`;
}
