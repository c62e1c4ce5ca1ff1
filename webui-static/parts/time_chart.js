/*
 * time_chart - how a call sounded over time: both directions on one axis, what happened above them.
 *
 * What is bad is hatched and pointed at, so that no meaning hangs on a colour. Read by pointer, by
 * arrow keys, and as a table. The moment that is read is shared with the ladder.
 */
import { html, useMemo, useRef } from "../vendor/preact-htm.js";
import { useStore, useWidth } from "../hooks.js";
import { isKnown } from "../format.js";
import { isBad, runsWhere, worstCells, worstSeconds } from "../tracks.js";
import { directionWord } from "../words.js";
import { areaPath, barPath, cellAt, HEAD_PX, heatPaths, layoutLanes, steppedPath, timeTicks } from "./lanes.js";
import { CellTable, clockOf, Readout, spokenMoment } from "./time_readout.js";

/* As wide as a bar must be to be seen and pointed at. */
const CELL_PX = 4;
/* As wide as a second must be to be seen. */
const SECOND_PX = 2;
/* Room for a track's name, and for "worst 10 s". */
const NAME_PX = 160;
const LABEL_PX = 62;

function Patterns() {
  return html`<defs>
    <pattern id="hatch-bad" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect class="hatch-bad" width="2.2" height="5" />
    </pattern>
    <pattern id="hatch-late" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
      <rect class="hatch-late" width="2" height="4" />
    </pattern>
  </defs>`;
}

/* The worst that RTCP reported of the streams of a track, and what of the lane's scale it is. */
const REPORTED = {
  Loss: ({ rtcp }) => (isKnown(rtcp?.fraction_lost_max) ? rtcp.fraction_lost_max * 100 : null),
  Jitter: ({ rtcp }) => rtcp?.jitter_ms_max ?? null,
};

function Reported({ lane, streams, view }) {
  const worst = Math.max(0, ...streams.map(REPORTED[lane.name] ?? (() => null)).filter(isKnown));
  const y = lane.yOf(worst);

  if (worst === 0) return null;
  return html`<g class="lane-reported">
    <path d=${`M${view.gutter} ${y}h${view.plot}`} />
    <text x=${view.gutter + view.plot - 4} y=${y < lane.y + 12 ? y + 11 : y - 3} text-anchor="end">RTCP: up to ${worst.toFixed(1)} ${lane.unit}</text>
  </g>`;
}

function Lane({ lane, track, view }) {
  const { cells } = track;
  const { xOf } = view;
  const { yOf, bottom, y, height } = lane;
  const drawings = {
    Seconds: () => heatPaths(track.strip, xOf, bottom).map(({ name, d }) => html`<path class=${`second-${name}`} d=${d} />`),
    MOS: () => html`<path class="lane-mos-area" d=${areaPath(cells, (cell) => cell.mos, xOf, yOf, bottom)} />
      ${runsWhere(cells, isBad).map(
        ({ from, to }) => html`<rect class="lane-bad" x=${xOf(from)} y=${y} width=${Math.max(xOf(to) - xOf(from), 2)} height=${height} fill="url(#hatch-bad)" />
          <path class="lane-bad-mark" d=${`M${(xOf(from) + xOf(to)) / 2} ${y - 1}l-4 -6h8z`} />`,
      )}
      <path class="lane-mos" d=${steppedPath(cells, (cell) => cell.mos, xOf, yOf)} />`,
    Loss: () => html`<path class="lane-lost" d=${barPath(cells, () => 0, (cell) => (cell.loss === null ? null : cell.loss * 100), xOf, yOf)} />
      <path class="lane-late" fill="url(#hatch-late)" d=${barPath(
        cells,
        (cell) => (cell.loss === null ? null : cell.loss * 100),
        (cell) => (cell.lateness === null || cell.loss === null ? null : (cell.loss + cell.lateness) * 100),
        xOf,
        yOf,
      )} />`,
    Jitter: () => html`<path class="lane-jitter" d=${barPath(cells, () => 0, (cell) => cell.jitter, xOf, yOf)} />`,
    Level: () => html`<path class="lane-silence" d=${barPath(cells, () => -60, (cell) => (cell.silence === null ? null : -60 + cell.silence * 60), xOf, yOf)} />
      <path class="lane-level" d=${steppedPath(cells, (cell) => cell.level, xOf, yOf)} />`,
  };

  return html`<g>
    ${lane.ticks.map(
      (tick) => html`<line class="lane-line" x1=${view.gutter} x2=${view.gutter + view.plot} y1=${yOf(tick)} y2=${yOf(tick)} />
        <text class="lane-tick" x=${view.gutter - 6} y=${yOf(tick) + (tick === lane.ticks[0] ? 0 : tick === lane.ticks.at(-1) ? 8 : 4)} text-anchor="end">${String(tick).replace("-", "−")}</text>`,
    )}
    <text class="lane-name" x="0" y=${y + 9}>${lane.name}</text>
    <text class="lane-unit" x="0" y=${y + 22}>${lane.unit}</text>
    ${drawings[lane.name]()}
    <${Reported} lane=${lane} streams=${track.streams} view=${view} />
  </g>`;
}

function Worst({ worst, placed, view }) {
  if (worst === null || placed.lanes.length === 0) return null;
  const left = view.xOf(worst.from);
  const width = Math.max(view.xOf(worst.to) - left, 3);
  const right = view.gutter + view.plot;
  const place = Math.min(Math.max(left, view.gutter + NAME_PX), right - LABEL_PX);

  return html`<g class="worst">
    <rect x=${left} y=${placed.lanes[0].y - 4} width=${width} height=${placed.bottom - placed.lanes[0].y} />
    <path d=${`M${left} ${placed.lanes[0].y - 4}v-5h${width}v5`} />
    <text x=${place} y=${placed.lanes[0].y - 12}>worst 10 s</text>
  </g>`;
}

function Marks({ marks, view, start }) {
  return html`<g class="marks">
    <text class="lane-name" x="0" y=${HEAD_PX - 14}>Events</text>
    ${marks.map(
      (mark, at) => html`<g key=${at} class=${`mark mark-${mark.kind}`}>
        <title>${`${clockOf(mark.time - start)} ${mark.words}`}</title>
        <line x1=${view.xOf(mark.time - start)} x2=${view.xOf(mark.time - start)} y1=${HEAD_PX - 8} y2=${view.foot} />
        <text x=${view.xOf(mark.time - start)} y=${HEAD_PX - 13} text-anchor="middle">${mark.glyph}</text>
      </g>`,
    )}
  </g>`;
}

function Axis({ view, end }) {
  return html`<g>
    ${timeTicks(end, view.plot).map(
      (tick) => html`<line class="lane-line" x1=${view.xOf(tick)} x2=${view.xOf(tick)} y1=${HEAD_PX} y2=${view.foot} />
        <text class="lane-tick" x=${view.xOf(tick)} y=${view.foot + 16} text-anchor=${view.xOf(tick) > view.gutter + view.plot - 16 ? "end" : "middle"}>${clockOf(tick)}</text>`,
    )}
  </g>`;
}

function Legend({ marks, levels, reported }) {
  return html`<ul class="legend">
    <li><span class="key key-seconds"></span>a second each, as high as its loss: 0, 1, 5, 20 %, more</li>
    <li><span class="key key-bad"></span>▼ MOS under 3.1</li>
    <li><span class="key key-worst"></span>worst ten seconds</li>
    <li><span class="key key-lost"></span>lost</li>
    <li><span class="key key-late"></span>too late for 200 ms</li>
    ${levels ? html`<li><span class="key key-silence"></span>share of silence</li><li><span class="key key-level"></span>level of speech</li>` : null}
    ${marks.some(({ kind }) => kind === "key") ? html`<li>• key pressed</li>` : null}
    ${marks.some(({ kind }) => kind === "event" || kind === "alarm") ? html`<li>◆ change · ! announced by nobody</li>` : null}
    ${marks.some(({ kind }) => kind === "burst") ? html`<li>≋ burst of loss</li>` : null}
    ${marks.some(({ kind }) => kind === "sip") ? html`<li>▿ SIP request</li>` : null}
    ${reported ? html`<li><span class="key key-reported"></span>the worst that RTCP reported</li>` : null}
  </ul>`;
}

/* By pointer and by keys: which second is read. moment: the store that holds it, in epoch seconds; pin: keeps a second. */
function useCursor({ view, start, end, cells, moment, pin }) {
  const now = useStore(moment);
  const at = now === null || now < start || now > start + end ? null : now - start;
  const setAt = (second) => moment.set(second === null ? null : start + second);
  const stops = useMemo(() => [...new Set(cells.flat().map(({ from, to }) => (from + to) / 2))].sort((a, b) => a - b), [cells]);
  const step = (by) => {
    if (stops.length === 0) return;
    const now = at === null ? (by > 0 ? -1 : stops.length) : stops.findIndex((stop) => stop >= at);
    setAt(stops[Math.max(0, Math.min((now < 0 ? stops.length - 1 : now) + by, stops.length - 1))]);
  };
  const keys = { ArrowRight: () => step(1), ArrowLeft: () => step(-1), PageDown: () => step(10), PageUp: () => step(-10), Home: () => setAt(stops[0] ?? null), End: () => setAt(stops.at(-1) ?? null) };

  return {
    at,
    handlers: {
      onPointerMove: (event) => {
        const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
        setAt(Math.max(0, Math.min(((x - view.gutter) / view.plot) * end, end - 0.001)));
      },
      onPointerLeave: (event) => event.pointerType === "mouse" && pin(),
      onClick: () => at !== null && pin(at),
      onKeyDown: (event) => {
        if (!Object.hasOwn(keys, event.key)) return;
        event.preventDefault();
        event.stopPropagation();
        keys[event.key]();
      },
    },
  };
}

/* tracks, marks: see tracks.js, marks.js; start: the epoch second of 0; end: the last second shown; moment, pin: see useCursor. */
export function TimeChart({ tracks, marks, start, end, moment, pin }) {
  const place = useRef(null);
  const width = useWidth(place);
  const drawn = useMemo(
    () =>
      tracks.map((track) => ({
        ...track,
        cells: worstCells(track.cells, Math.max(Math.floor((width - 90) / CELL_PX), 20)),
        strip: worstSeconds(track.seconds, Math.max(Math.floor((width - 90) / SECOND_PX), 40)),
      })),
    [tracks, width],
  );
  const view = useMemo(() => layoutLanes(drawn, end, width), [drawn, end, width]);
  const all = useMemo(() => drawn.map(({ cells }) => cells), [drawn]);
  const { at, handlers } = useCursor({ view, start, end, cells: all, moment, pin });
  /* Drawn once: the pointer moves only the line over it. */
  const drawing = useMemo(
    () => width > 0 && html`<g>
        <${Patterns} />
        <${Axis} view=${view} end=${end} />
        ${view.tracks.map((placed) => html`<g key=${placed.track.key}>
          <text class="track-name" x=${view.gutter} y=${placed.y + 12}>${directionWord(placed.track.direction)}${placed.track.media === "video" ? " · video" : ""}</text>
          ${placed.lanes.map((lane) => html`<${Lane} lane=${lane} track=${placed.track} view=${view} />`)}
          <${Worst} worst=${placed.track.worst} placed=${placed} view=${view} />
        </g>`)}
        ${marks.length ? html`<${Marks} marks=${marks} view=${view} start=${start} />` : null}
      </g>`,
    [view, marks, end, width > 0],
  );
  const read = drawn.map((track) => ({ track, cell: at === null ? null : cellAt(track.cells, at), second: at === null ? null : (cellAt(track.seconds, at)?.share ?? null) }));
  const spoken = at === null ? "nothing chosen; use the arrow keys" : spokenMoment(at, read);

  return html`<figure class="time-chart">
    <${Readout} at=${at} read=${read} start=${start} />
    <div
      class="time-plot"
      ref=${place}
      tabindex="0"
      role="slider"
      aria-label="Moment of the call"
      aria-valuemin="0"
      aria-valuemax=${Math.round(end)}
      aria-valuenow=${Math.round(at ?? 0)}
      aria-valuetext=${spoken}
      ...${handlers}
    >
      <svg width=${width} height=${view.height} aria-hidden="true" focusable="false">
        ${drawing}
        ${at === null ? null : html`<line class="time-cursor" x1=${view.xOf(at)} x2=${view.xOf(at)} y1=${HEAD_PX} y2=${view.foot} />`}
      </svg>
    </div>
    <figcaption><${Legend} marks=${marks} reported=${tracks.some(({ streams }) => streams.some(({ rtcp }) => rtcp?.reports > 0))} levels=${view.tracks.some(({ lanes }) => lanes.some(({ name }) => name === "Level"))} /></figcaption>
    <${CellTable} tracks=${drawn} start=${start} />
  </figure>`;
}
