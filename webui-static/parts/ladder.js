/*
 * ladder - the signalling of a call as a drawing: hosts, arrows, times, and the media between.
 */
import { html, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { useStore, useWidth } from "../hooks.js";
import { HEAD_PX, heatOf, layoutLadder } from "./ladder_layout.js";
import { clock } from "../settings.js";
import { count, delta, fixed, isKnown, percent, text, time } from "../format.js";
import { statusClass } from "../words.js";

/* A call that never ends (a re-INVITE a minute, for a week) is not drawn whole unless asked. */
const ROWS_AT_FIRST = 400;
const LOSS_LEVELS = [
  [0, "none"],
  [0.01, "low"],
  [0.03, "some"],
  [1, "high"],
];

function messageLabel(message) {
  if (isKnown(message.status)) return `${message.status} ${text(message.reason, 26)}`;
  return text(message.method, 20);
}

function arrowHead(x2, y, toRight) {
  const back = toRight ? -8 : 8;
  return `M${x2} ${y}l${back} -4.500v9z`;
}

function Times({ row, start, zone }) {
  const first = row.delta === null;

  return html`<text class="ladder-time" x="0" y=${row.y + 24}>
      ${time(row.time, zone, 3)}
    </text>
    <text class="ladder-delta" x="0" y=${row.y + 37}>
      ${first ? "start" : delta(row.delta)}
      ${first ? "" : `  ${delta(row.time - start)}`}
    </text>`;
}

/* At the end of the gutter: whose the row is, a letter in a box. */
function LegMark({ leg, gutter, y }) {
  if (!leg) return null;
  return html`<g class=${`ladder-leg leg-${leg.colour}`}>
    <rect x=${gutter - 24} y=${y + 15} width="16" height="16" rx="4" />
    <text x=${gutter - 16} y=${y + 27} text-anchor="middle">${leg.letter}</text>
  </g>`;
}

/* ↻: the same bytes again; ⇉: one message, seen at one more point of its path. */
const COPIES = { again: "↻ sent again", seen: "⇉ seen again" };

function copyOf(row) {
  if (row.retransmitted) return "again";
  return row.sighted ? "seen" : null;
}

function Arrow({ row, left, selected, select }) {
  const { message, x1, x2, index } = row;
  const copy = copyOf(row);
  const y = row.y + 28;
  const kind = isKnown(message.status) ? `status-${statusClass(message.status)}` : "request";
  const self = x1 === x2;
  const end = self ? x1 + 44 : x2;
  const press = (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    select(index);
  };

  return html`<g
    class=${`ladder-message ${kind} ${copy ? "again" : ""} ${selected ? "selected" : ""}`}
    role="button"
    tabindex="0"
    aria-pressed=${selected ? "true" : "false"}
    data-index=${index}
    onClick=${() => select(index)}
    onKeyDown=${press}
  >
    <rect class="ladder-hit" x=${left} y=${row.y + 2} height=${row.height - 4} width="100%" />
    <path class="ladder-line" d=${self ? `M${x1} ${y}h44v8h-44` : `M${x1} ${y}H${end}`} />
    <path
      class="ladder-head"
      d=${self ? arrowHead(x1, y + 8, false) : arrowHead(end, y, x2 > x1)}
    />
    <text class="ladder-label" x=${self ? x1 + 52 : (x1 + x2) / 2} y=${self ? y + 6 : y - 7}
      text-anchor=${self ? "start" : "middle"}
    >
      ${messageLabel(message)}${message.has_sdp ? html`${" "}<tspan class="ladder-mark" dx="3">SDP</tspan>` : null}
      ${copy ? html`${" "}<tspan class="ladder-mark" dx="3">${COPIES[copy]}</tspan>` : null}
    </text>
  </g>`;
}

const lossLevel = (loss) =>
  loss === null ? "unknown" : LOSS_LEVELS.find(([limit]) => loss <= limit)[1];

function streamLabel(stream, room) {
  const codec = text(stream.codec, 16);
  const loss = isKnown(stream.lost) && stream.expected > 0 ? stream.lost / stream.expected : null;
  const mos = fixed(stream.mos_lq?.jb200, 2);
  const long = `${codec} · ${count(stream.packets)} packets · ${percent(loss)} lost · MOS ${mos}`;

  return long.length * 6.6 < room ? long : `${codec} · ${percent(loss)} · MOS ${mos}`;
}

function StreamBar({ row }) {
  const { stream, x1, x2 } = row;
  const y = row.y + 27;
  const toRight = x2 > x1;
  const from = Math.min(x1, x2) + 6;
  const room = Math.abs(x2 - x1) - 12;

  if (x1 === x2) return null;
  return html`<g class="ladder-stream">
    ${heatOf(stream).map((part) => {
      const start = toRight ? part.from : 1 - part.to;
      return html`<rect
        class=${`heat-${lossLevel(part.loss)}`}
        x=${from + start * room}
        width=${Math.max((part.to - part.from) * room - 0.5, 0.5)}
        y=${y}
        height="10"
      />`;
    })}
    <path class="ladder-stream-head" d=${`M${x2} ${y + 5}l${toRight ? -8 : 8} -9v18z`} />
    <text class="ladder-label" x=${(x1 + x2) / 2} y=${y - 7} text-anchor="middle">
      ${streamLabel(stream, Math.abs(x2 - x1))}
    </text>
  </g>`;
}

function Columns({ columns, height }) {
  return columns.map(
    ({ name, x }, at) =>
      html`<g class="ladder-column" key=${at}>
        <line x1=${x} x2=${x} y1=${HEAD_PX - 10} y2=${height} />
        <text x=${x} y="22" text-anchor="middle">${text(name, 46)}</text>
      </g>`,
  );
}

/* legs: of the conversation, as legs.js has them; none for a call that stands alone. */
export function Ladder({ messages, streams, legs = [], selected, select }) {
  const frame = useRef(null);
  const width = useWidth(frame);
  const zone = useStore(clock);
  const [whole, setWhole] = useState(false);
  const shown = whole ? messages : messages.slice(0, ROWS_AT_FIRST);
  const layout = useMemo(() => layoutLadder(shown, streams, width, legs), [shown.length, messages, streams, width, legs]);
  const legOf = useMemo(() => new Map(legs.map((leg) => [leg.id, leg])), [legs]);
  const rows = layout.rows.filter((row) => row.x1 !== null && row.x2 !== null);

  return html`<div class="ladder" ref=${frame} tabindex="0" role="region" aria-label="SIP ladder">
    <svg width=${layout.width} height=${layout.height} role="group" aria-label="Messages in order of time">
      <${Columns} columns=${layout.columns} height=${layout.height} />
      ${rows.map(
        (row) =>
          html`<g key=${`${row.kind}${row.index}`} class="ladder-row">
            <${Times} row=${row} start=${layout.start} zone=${zone} />
            <${LegMark} leg=${row.stream?.leg ?? legOf.get(row.message?.call)} gutter=${layout.gutter} y=${row.y} />
            ${row.kind === "message"
              ? html`<${Arrow} row=${row} left=${layout.gutter - 8} selected=${selected === row.index} select=${select} />`
              : html`<${StreamBar} row=${row} />`}
          </g>`,
      )}
    </svg>
    ${shown.length < messages.length
      ? html`<p>
          <button type="button" onClick=${() => setWhole(true)}>
            Show the other ${count(messages.length - shown.length)} messages
          </button>
        </p>`
      : null}
  </div>`;
}
