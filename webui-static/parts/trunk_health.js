/*
 * trunk_health - a band of when a target was up and when not, and how long its answers took.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { count, dayAndTime, isKnown, milliseconds, percent, text, time } from "../format.js";
import { callsAddress } from "../overview.js";
import { bandOf, roundTrips, shareUp, spanWords, targetMark } from "../rooms.js";
import { clock } from "../settings.js";
import { Icon } from "./icon.js";
import { StateMark } from "./state_mark.js";

const WIDTH = 960;
const HEIGHT = 36;
const TICKS = 5;

/* The calls to it in that time; an address is digits, dots and colons. */
const callsOf = ({ address }, { from, until }) => callsAddress(`dst:${address} since:${Math.floor(from)} until:${Math.ceil(until)}`);

function Band({ of: target, from, until }) {
  const zone = useStore(clock);
  const spans = bandOf(target, from, until);

  return html`<div class="band" role="group" aria-label="When it was up">
    ${spans.map((span) => html`<a
      class=${`band-span band-${span.state}`}
      style=${{ left: `${span.left}%`, width: `${span.width}%` }}
      href=${callsOf(target, span)}
      title=${spanWords(span, zone, dayAndTime)}
      aria-label=${`${spanWords(span, zone, dayAndTime)}. Calls of that time`}
    ></a>`)}
  </div>`;
}

function Rounds({ of: target, from, until }) {
  const zone = useStore(clock);
  const chart = roundTrips(target.points, from, until, WIDTH, HEIGHT);
  const step = (until - from) / 96;
  const x = (at) => ((at - from) / (until - from)) * WIDTH;

  if (!chart.any) return html`<p class="quiet">No answer in this time: no round trip to draw.</p>`;
  return html`<div class="rounds">
    <svg viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img"
      aria-label=${`Round trips of OPTIONS: median ${milliseconds(target.round_trip_ms_p50)}, 95th percentile ${milliseconds(target.round_trip_ms_p95)}, the top of the chart is ${milliseconds(chart.top)}`}>
      <path class="rounds-p95" d=${chart.p95} /><path class="rounds-p50" d=${chart.p50} />
      ${target.points.map((point) => html`<rect class="rounds-piece" x=${x(point.time)} width=${(step / (until - from)) * WIDTH} y="0" height=${HEIGHT}>
        <title>${`${time(point.time, zone)}: ${count(point.answered)} of ${count(point.asked)} answered, median ${milliseconds(point.round_trip_ms)}, p95 ${milliseconds(point.round_trip_ms_p95)}${isKnown(point.status) ? `, ${point.status}` : ""}`}</title>
      </rect>`)}
    </svg>
    <span class="rounds-top quiet">${milliseconds(chart.top)}</span>
  </div>`;
}

function Target({ of: target, health }) {
  const zone = useStore(clock);
  const up = shareUp(target);
  const span = { from: health.from, until: health.until };

  return html`<li class="panel target">
    <div class="target-head">
      <h3><a href=${callsOf(target, span)}>${isKnown(target.trunk) ? html`<bdi>${text(target.trunk, 60)}</bdi> <span class="quiet mono">${text(target.address, 60)}</span>` : html`<span class="mono">${text(target.address, 60)}</span>`}</a></h3>
      <${StateMark} mark=${targetMark(target.state)} />
      <span class="quiet">${isKnown(target.since) ? `since ${dayAndTime(target.since, zone)}` : null}</span>
      <dl class="target-facts">
        <div><dt>Up</dt><dd>${percent(up)}</dd></div>
        <div><dt>Came back</dt><dd class=${target.flaps > 0 ? "level-poor" : ""}>${target.flaps > 0 ? html`<${Icon} name="turn" /> ` : null}${count(target.flaps)}×</dd></div>
        <div><dt>Answered</dt><dd>${count(target.answered)} of ${count(target.asked)}</dd></div>
        <div><dt>Round trip p50</dt><dd>${milliseconds(target.round_trip_ms_p50)}</dd></div>
        <div><dt>p95</dt><dd>${milliseconds(target.round_trip_ms_p95)}</dd></div>
        <div><dt>Last good answer</dt><dd>${isKnown(target.last_answer) ? dayAndTime(target.last_answer, zone).slice(5) : "never"}</dd></div>
        <div><dt>Asked by</dt><dd class="mono">${text(target.source, 60)}</dd></div>
      </dl>
    </div>
    <${Band} of=${target} ...${span} />
    <${Rounds} of=${target} ...${span} />
  </li>`;
}

function Axis({ from, until }) {
  const zone = useStore(clock);
  const ticks = Array.from({ length: TICKS }, (_, at) => from + ((until - from) * at) / (TICKS - 1));
  const show = until - from > 90000 ? (at) => dayAndTime(at, zone).slice(5, 16) : (at) => time(at, zone).slice(0, 5);

  return html`<div class="band-axis quiet" aria-hidden="true">${ticks.map((at) => html`<span>${show(at)}</span>`)}</div>`;
}

/* Who could be asked, and what makes it so. */
function Never({ names }) {
  if (names.length === 0) return null;
  return html`<div class="never">
    <p><${Icon} name="dots" /> <b>Never asked by OPTIONS:</b> ${names.slice(0, 40).map((name, at) => html`${at ? ", " : ""}<bdi>${text(name, 60)}</bdi>`)}${names.length > 40 ? ` and ${count(names.length - 40)} more` : ""}.</p>
    <p class="quiet">Earshot is passive and asks nobody itself: it hears the pings that your PBX or SBC sends. Turn them on there
      (Asterisk: <code>qualify_frequency=30</code>; Kamailio, OpenSIPS: <code>dispatcher</code> probing; FreeSWITCH: <code>ping=30</code>), and this page shows the trunk.</p>
  </div>`;
}

export function TrunkHealth({ rows, health }) {
  const { targets, never } = rows;

  return html`<section aria-labelledby="health">
    <h2 class="section-title" id="health">Health, by the answers to OPTIONS</h2>
    ${targets.length === 0 && never.length === 0
      ? html`<p class="panel quiet">Nobody asked anybody by OPTIONS in this time. Earshot hears the pings that a PBX or SBC sends to its trunks; it sends none itself.</p>`
      : null}
    ${targets.length > 0
      ? html`<ul class="legend band-legend" aria-label="Marks">
            <li><span class="key band-up"></span>up</li><li><span class="key band-down"></span>down: silence, 408 or 5xx twice in a row</li>
            <li><span class="key band-silent"></span>asked, and nothing says that it lives</li><li>empty: nobody asked</li>
          </ul>
          <ul class="targets">${targets.map((target) => html`<${Target} key=${`${target.source}>${target.address}`} of=${target} health=${health} />`)}</ul>
          <${Axis} from=${health.from} until=${health.until} />`
      : null}
    ${health.cut ? html`<p class="quiet">There is more than is shown: a shorter span has it.</p>` : null}
    <${Never} names=${never} />
  </section>`;
}

