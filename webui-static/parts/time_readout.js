/*
 * time_readout - what the chart over time says, in words: of one moment, and of all as a table.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, duration, fixed, isKnown, milliseconds, NONE, percent, time } from "../format.js";
import { isBad } from "../tracks.js";
import { directionWord } from "../words.js";

/* 65 → "1:05"; a duration of nothing is "0:00" here, not "0 ms". */
export const clockOf = (seconds) => (seconds < 1 ? "0:00" : duration(Math.floor(seconds) * 1000));

const dbm0 = (level) => (isKnown(level) ? `${level.toFixed(1)} dBm0`.replace("-", "−") : NONE);

/* [what, how it is shown of a cell] */
const COLUMNS = [
  ["MOS", ({ mos }) => fixed(mos, 2)],
  ["Lost", ({ loss, lost }) => (loss === null ? NONE : `${percent(loss)} (${count(lost)})`)],
  ["Late", ({ late }) => count(late)],
  ["Jitter, highest", ({ jitter }) => milliseconds(jitter)],
  ["Level", ({ level }) => dbm0(level)],
  ["Silence", ({ silence }) => percent(silence)],
  ["Clipping", ({ clipping }) => percent(clipping)],
];

const nameOf = (track) => `${directionWord(track.direction)}${track.media === "video" ? ", video" : ""}`;

/* second: the share of that second alone that was lost or late; null: not known. */
function Moment({ track, cell, second }) {
  return html`<div class="readout-track">
    <b>${nameOf(track)}</b>
    ${cell === null
      ? html`<span class="quiet">nothing heard</span>`
      : COLUMNS.map(([what, show]) => html`<span><span class="quiet">${what}</span> ${show(cell)}</span>`)}
    ${second !== null ? html`<span><span class="quiet">In this second</span> ${percent(second)}</span>` : null}
    ${cell !== null && cell.intervals > 1 ? html`<span class="quiet">the worst of ${count(cell.intervals)} intervals</span>` : null}
  </div>`;
}

/* The same for a screen reader: what is known, and nothing else. */
export function spokenMoment(at, read) {
  const said = read.map(({ track, cell }) => {
    if (cell === null) return `${nameOf(track)}: nothing heard`;
    const known = COLUMNS.map(([what, show]) => [what, show(cell)]).filter(([, shown]) => shown !== NONE);
    return `${nameOf(track)}: ${known.map(([what, shown]) => `${what} ${shown}`).join(", ")}`;
  });
  return `${clockOf(at)}. ${said.join(". ")}`;
}

/* read: [{track, cell}] of the chosen moment. It keeps its room when nothing is chosen. */
export function Readout({ at, read, start }) {
  const zone = useStore(clock);

  return html`<div class="readout">
    ${at === null
      ? html`<p class="quiet">Point at a moment, or use the arrow keys, to read it.</p>`
      : html`<p><b>${clockOf(at)}</b>${" "}<span class="quiet">${time(start + at, zone)}</span></p>
          ${read.map((each) => html`<${Moment} key=${each.track.key} ...${each} />`)}`}
  </div>`;
}

function Rows({ track, start, zone }) {
  return html`<table class="cell-table">
    <caption>${nameOf(track)}</caption>
    <thead>
      <tr>
        <th scope="col">From</th>
        <th scope="col">At</th>
        ${COLUMNS.map(([what]) => html`<th scope="col">${what}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${track.cells.map(
        (cell) => html`<tr class=${isBad(cell) ? "cell-bad" : ""}>
          <th scope="row">${clockOf(cell.from)}</th>
          <td>${time(start + cell.from, zone)}</td>
          ${COLUMNS.map(([, show]) => html`<td>${show(cell)}</td>`)}
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/* The chart as tables; rows are made when they are asked for. */
export function CellTable({ tracks, start }) {
  const [open, setOpen] = useState(false);
  const zone = useStore(clock);

  return html`<details class="cells" onToggle=${(event) => setOpen(event.currentTarget.open)}>
    <summary>The same as a table</summary>
    ${open
      ? html`<div class="scroll-x" tabindex="0" role="region" aria-label="Intervals as a table">
          ${tracks.map((track) => html`<${Rows} key=${track.key} track=${track} start=${start} zone=${zone} />`)}
        </div>`
      : null}
  </details>`;
}
