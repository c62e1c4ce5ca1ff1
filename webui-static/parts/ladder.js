/*
 * ladder - the signalling of a call as a drawing: hosts, arrows, times, and the media between.
 *
 * The hosts' names stay in sight while it is scrolled. Of its messages one is reached by Tab, the others by the arrows.
 */
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { useStore, useWidth } from "../hooks.js";
import { agentsOf, heatOf, layoutLadder, lineOf, REPORT_PX, yOfTime } from "./ladder_layout.js";
import { clock } from "../settings.js";
import { count, delta, duration, fixed, isKnown, milliseconds, percent, splitAddress, text, time } from "../format.js";
import { keyText, keyWays } from "../marks.js";
import { statusClass } from "../words.js";

/* A call that never ends (a re-INVITE a minute, for a week) is not drawn whole unless asked. */
const ROWS_AT_FIRST = 400;
const HEADS_PX = 42;
const BAR_PX = 10;
/* As much of the window as a ladder that must fit may take. */
const FIT_SHARE = 0.72;
const LETTER_ROOM_PX = 6.6;
/* Of the hosts' names. */
const LETTER_PX = 7.3;
const LOSS_LEVELS = [
  [0, "none"],
  [0.01, "low"],
  [0.03, "some"],
  [1, "high"],
];
/* The class of a code, as a sign beside its colour. */
const SIGNS = { "2xx": "✓ ", "3xx": "↪ ", "4xx": "✕ ", "5xx": "⚠ ", "6xx": "⚠ " };

function messageLabel({ status, reason, method }) {
  if (!isKnown(status)) return text(method, 20);
  return `${SIGNS[statusClass(status)] ?? ""}${status} ${text(reason, 26)}`;
}

const arrowHead = (x, y, toRight) => `M${x} ${y}l${toRight ? -8 : 8} -4.500v9z`;

function Times({ row, start, zone }) {
  const y = row.y + lineOf(row);
  const first = row.delta === null;

  if (row.compact)
    return html`<text class="ladder-time" x="0" y=${y + 4}>${time(row.time, zone, 3)}</text>`;
  return html`<text class="ladder-time" x="0" y=${y - 4}>${time(row.time, zone, 3)}</text>
    <text class="ladder-delta" x="0" y=${y + 9}>${first ? "start" : `${delta(row.delta)}  ${delta(row.time - start)}`}</text>`;
}

/* At the end of the gutter: whose the row is, a letter in a box. */
function LegMark({ leg, gutter, y }) {
  if (!leg) return null;
  return html`<g class=${`ladder-leg leg-${leg.colour}`}>
    <rect x=${gutter - 24} y=${y - 13} width="16" height="16" rx="4" />
    <text x=${gutter - 16} y=${y - 1} text-anchor="middle">${leg.letter}</text>
  </g>`;
}

/* ↻: the same bytes again; ⇉: one message, seen at one more point of its path. */
const COPIES = { again: "↻ sent again", seen: "⇉ seen again" };

export function copyOf(row) {
  if (row.retransmitted) return "again";
  return row.sighted ? "seen" : null;
}

function Arrow({ row, left, state, select, look }) {
  const { message, x1, x2, index, compact } = row;
  const copy = copyOf(row);
  const y = row.y + lineOf(row);
  const kind = isKnown(message.status) ? `status-${statusClass(message.status)}` : "request";
  const self = x1 === x2;
  const press = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    select(index);
  };

  return html`<g
    class=${`ladder-message ${kind} ${copy ? "again" : ""} ${state.selected ? "selected" : ""} ${state.unfound ? "unfound" : ""}`}
    role="button"
    tabindex=${state.stop ? "0" : "-1"}
    aria-pressed=${state.selected ? "true" : "false"}
    data-index=${index}
    onClick=${() => select(index)}
    onPointerEnter=${() => look(row.time)}
    onKeyDown=${press}
  >
    <rect class="ladder-hit" x=${left} y=${row.y + 1} height=${row.height - 2} width="100%" />
    <path class="ladder-line" d=${self ? `M${x1} ${y}h44v8h-44` : `M${x1} ${y}H${x2}`} />
    <path class="ladder-head" d=${self ? arrowHead(x1, y + 8, false) : arrowHead(x2, y, x2 > x1)} />
    <text class="ladder-label" x=${self ? x1 + 52 : (x1 + x2) / 2} y=${self ? y + 6 : compact ? y + 4 : y - 7}
      text-anchor=${self ? "start" : "middle"}
    >
      ${messageLabel(message)}${message.has_sdp ? html`${" "}<tspan class="ladder-mark" dx="3">SDP</tspan>` : null}
      ${copy ? html`${" "}<tspan class="ladder-mark" dx="3">${COPIES[copy]}</tspan>` : null}
      ${state.compared ? html`${" "}<tspan class="ladder-mark" dx="3">⇆ compared</tspan>` : null}
    </text>
  </g>`;
}

const lossLevel = (loss) => (loss === null ? "unknown" : LOSS_LEVELS.find(([limit]) => loss <= limit)[1]);

function streamLabel(stream, room) {
  const loss = isKnown(stream.lost) && stream.expected > 0 ? stream.lost / stream.expected : null;
  const mos = fixed(stream.mos_lq?.jb200, 2);
  const labels = [
    `${stream.media === "image" ? "UDPTL" : "RTP"} ${text(stream.codec, 16)} · ${count(stream.packets)} packets · ${percent(loss)} lost · MOS ${mos}`,
    `${text(stream.codec, 16)} · ${percent(loss)} · MOS ${mos}`,
    `${percent(loss)} · ${mos}`,
  ];

  return labels.find((label) => label.length * LETTER_ROOM_PX < room) ?? labels.at(-1);
}

function reportLabel({ rtcp }, room) {
  const said = [
    `RTCP · ${count((rtcp.reports ?? 0) + (rtcp.sender_reports ?? 0))} reports`,
    isKnown(rtcp.fraction_lost_max) ? `up to ${percent(rtcp.fraction_lost_max)} lost` : null,
    isKnown(rtcp.rtt_ms) ? `round trip ${milliseconds(rtcp.rtt_ms)}` : null,
  ].filter(isKnown);

  while (said.length > 1 && said.join(" · ").length * LETTER_ROOM_PX > room) said.pop();
  return said.join(" · ");
}

/* Of the report the receiver is the sender: it goes the other way. */
function ReportBar({ stream, from, room, y, toRight }) {
  const level = lossLevel(stream.rtcp.fraction_lost_max ?? null);
  const end = toRight ? from : from + room;
  const label = reportLabel(stream, room);
  const side = Math.max((room - label.length * LETTER_ROOM_PX) / 2 - 4, 0);

  return html`<path class=${`heat-${level}`} d=${`M${from} ${y}h${side}v5h${-side}zM${from + room - side} ${y}h${side}v5h${-side}z`} />
    <path class=${`heat-${level}`} d=${arrowHead(toRight ? end - 4 : end + 4, y + 2.5, !toRight)} />
    <text class="ladder-label ladder-report" x=${from + room / 2} y=${y + 7} text-anchor="middle">${label}</text>`;
}

function StreamBar({ row, left, selected, choose }) {
  const { stream, x1, x2 } = row;
  const reports = row.height > REPORT_PX + 30 && (stream.rtcp?.reports > 0 || stream.rtcp?.sender_reports > 0);
  const y = row.y + row.height - (reports ? REPORT_PX : 0) - BAR_PX - 4;
  const toRight = x2 > x1;
  const from = Math.min(x1, x2) + 6;
  const room = Math.abs(x2 - x1) - 12;
  const press = (event) => (event.key === "Enter" || event.key === " ") && (event.preventDefault(), event.stopPropagation(), choose(stream.id));

  if (x1 === x2) return null;
  return html`<g class=${`ladder-stream ${selected ? "selected" : ""}`} role="button" tabindex=${selected ? "0" : "-1"} aria-pressed=${selected ? "true" : "false"}
    onClick=${() => choose(stream.id)} onKeyDown=${press}>
    <rect class="ladder-hit" x=${left} y=${row.y + 1} height=${row.height - 2} width="100%" />
    ${heatOf(stream).map((part) => {
      const start = toRight ? part.from : 1 - part.to;
      return html`<rect
        class=${`heat-${lossLevel(part.loss)}`}
        x=${from + start * room}
        width=${Math.max((part.to - part.from) * room - 0.5, 0.5)}
        y=${y}
        height=${BAR_PX}
      />`;
    })}
    <path class="ladder-stream-head" d=${`M${x2} ${y + 5}l${toRight ? -8 : 8} -9v18z`} />
    <text class="ladder-label" x=${(x1 + x2) / 2} y=${y - 4} text-anchor="middle">
      ${streamLabel(stream, Math.abs(x2 - x1))}
    </text>
    ${reports ? html`<${ReportBar} stream=${stream} from=${from} room=${room} y=${y + BAR_PX + 6} toRight=${toRight} />` : null}
  </g>`;
}

function KeysPressed({ row }) {
  const { keys, x1, x2 } = row;
  const y = row.y + row.height / 2 + 4;
  const shown = keys.slice(0, 12).map((key) => keyText(key)).join(" ");

  return html`<g class="ladder-keys">
    <title>${keys.length === 1 ? keyWays(keys[0]) : `${count(keys.length)} keys, ${keyWays(keys[0])}`}</title>
    <path class="ladder-line" d=${`M${x1} ${y - 4}H${x2}`} />
    <path class="ladder-head" d=${arrowHead(x2, y - 4, x2 > x1)} />
    <text class="ladder-label" x=${(x1 + x2) / 2} y=${y} text-anchor="middle">DTMF ${shown}${keys.length > 12 ? "…" : ""}</text>
  </g>`;
}

/* Of an address the end tells more. */
const shortName = (name, room) => (name.length > room ? `…${name.slice(1 - room)}` : name);

/* Names of the hosts, and what they call themselves. */
function Heads({ layout, agents }) {
  const room = Math.floor(layout.columns.length > 1 ? (layout.columns[1].x - layout.columns[0].x - 4) / LETTER_PX : 46);

  return html`<svg width=${layout.width - layout.gutter} height=${HEADS_PX} viewBox=${`${layout.gutter} 0 ${layout.width - layout.gutter} ${HEADS_PX}`} role="group" aria-label="Hosts">
    ${layout.columns.map(({ name, x }, at) => {
      const agent = agents.get(splitAddress(name).host) ?? agents.get(name);
      const fits = Math.min(room, Math.floor((2 * Math.min(x - layout.gutter, layout.width - x)) / LETTER_ROOM_PX));
      return html`<g class="ladder-column" key=${at}>
        <text class="ladder-host" x=${x} y="17" text-anchor="middle">${name.length > room ? html`<title>${text(name)}</title>` : null}${shortName(text(name), room)}</text>
        ${agent ? html`<text class="ladder-agent" x=${x} y="33" text-anchor="middle"><title>${text(agent, 120)}</title>${text(agent, fits)}</text>` : null}
      </g>`;
    })}
  </svg>`;
}

/* The moment that the chart over time points at. */
function Moment({ moment, layout }) {
  const at = useStore(moment);
  const y = at === null ? null : yOfTime(layout.rows, at);

  return y === null ? null : html`<line class="ladder-moment" x1=${layout.gutter} x2=${layout.width} y1=${y} y2=${y} />`;
}

/* Scrolled no further than it must be, the heads not over it. */
function keepInSight(frame, row, gutter) {
  if (!frame || !row) return;
  const [top, bottom] = [row.y, row.y + row.height + HEADS_PX];
  if (top < frame.scrollTop) frame.scrollTop = top - 8;
  else if (bottom > frame.scrollTop + frame.clientHeight) frame.scrollTop = bottom - frame.clientHeight + 8;
  const [left, right] = [Math.min(row.x1, row.x2) - 40, Math.max(row.x1, row.x2) + 40];
  if (left - gutter < frame.scrollLeft) frame.scrollLeft = left - gutter;
  else if (right > frame.scrollLeft + frame.clientWidth) frame.scrollLeft = right - frame.clientWidth;
  const box = frame.getBoundingClientRect();
  if (box.bottom < 80 || box.top > innerHeight - 120) frame.scrollIntoView({ block: "center" });
}

/* legs: of the conversation, as legs.js has them; none for a call that stands alone. view: {spacing, zoom}; found: indexes,
 * null when nothing is sought; compared: the index of the message that another is compared with; step: to another message;
 * moment: a store, the epoch second that is pointed at. */
export function Ladder({ messages, streams, keys, legs = [], view, selected, select, compared, found, stream, choose, step, moment }) {
  const frame = useRef(null);
  const width = useWidth(frame);
  const zone = useStore(clock);
  const [whole, setWhole] = useState(false);
  const shown = whole || selected >= ROWS_AT_FIRST ? messages : messages.slice(0, ROWS_AT_FIRST);
  const layout = useMemo(
    () => layoutLadder(shown, streams, width, legs, { keys, ...view, height: Math.max(innerHeight * FIT_SHARE - HEADS_PX, 240) }),
    [shown.length, messages, streams, keys, width, legs, view.spacing, view.zoom],
  );
  const agents = useMemo(() => agentsOf(messages), [messages]);
  const legOf = useMemo(() => new Map(legs.map((leg) => [leg.id, leg])), [legs]);
  const rows = layout.rows.filter((row) => row.x1 !== null && row.x2 !== null);
  const stop = selected ?? rows.find(({ kind }) => kind === "message")?.index;
  const look = (at) => moment.set(isKnown(at) ? at : null);
  const press = (event) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!by || messages.length === 0) return;
    event.preventDefault();
    event.stopPropagation();
    step(by);
  };

  useEffect(() => {
    if (selected === null || width === 0) return;
    keepInSight(frame.current, rows.find((row) => row.kind === "message" && row.index === selected), layout.gutter);
    if (frame.current?.contains(document.activeElement)) frame.current.querySelector(`[data-index="${selected}"]`)?.focus({ preventScroll: true });
  }, [selected, width > 0]);

  return html`<div class="ladder" ref=${frame} tabindex="0" role="region" aria-label="SIP ladder" onKeyDown=${press} onPointerLeave=${() => look(null)}>
    ${width === 0 ? null : html`<div class="ladder-heads"><svg class="ladder-gutter" width=${layout.gutter} height=${HEADS_PX} aria-hidden="true" /><${Heads} layout=${layout} agents=${agents} /></div>
    <div class="ladder-body">
    <svg class="ladder-gutter" width=${layout.gutter} height=${layout.height} role="group" aria-label="Times">
      ${rows.map(
        (row) => html`<g key=${`${row.kind}${row.index}`} class=${`of-${row.kind}`}>
          <${Times} row=${row} start=${layout.start} zone=${zone} />
          ${row.cut === null ? null : html`<text class="ladder-delta" x="0" y=${row.y - 12}>⋮ ${duration(row.cut * 1000)}</text>`}
          ${row.kind === "keys" ? null : html`<${LegMark} leg=${row.stream?.leg ?? legOf.get(row.message?.call)} gutter=${layout.gutter} y=${row.y + lineOf(row) + (row.compact ? 5 : 1)} />`}
        </g>`,
      )}
    </svg>
    <svg width=${layout.width - layout.gutter} height=${layout.height} viewBox=${`${layout.gutter} 0 ${layout.width - layout.gutter} ${layout.height}`} role="group" aria-label="Messages in order of time">
      ${layout.columns.map(({ x }) => html`<line class="ladder-lifeline" x1=${x} x2=${x} y1="0" y2=${layout.height} />`)}
      ${rows.map(
        (row) =>
          html`<g key=${`${row.kind}${row.index}`} class="ladder-row">
            ${row.kind === "message"
              ? html`<${Arrow}
                  row=${row}
                  left=${layout.gutter}
                  state=${{ selected: selected === row.index, compared: compared === row.index, unfound: found !== null && !found.has(row.index), stop: stop === row.index }}
                  select=${select}
                  look=${look}
                />`
              : row.kind === "keys"
                ? html`<${KeysPressed} row=${row} />`
                : html`<${StreamBar} row=${row} left=${layout.gutter} selected=${stream !== null && row.stream.id === stream} choose=${choose} />`}
          </g>`,
      )}
      <${Moment} moment=${moment} layout=${layout} />
    </svg>
    </div>`}
    ${shown.length < messages.length
      ? html`<p>
          <button type="button" onClick=${() => setWhole(true)}>
            Show the other ${count(messages.length - shown.length)} messages
          </button>
        </p>`
      : null}
  </div>`;
}
