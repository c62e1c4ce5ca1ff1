/*
 * ladder_text - a ladder as plain text, to paste into a ticket.
 */
import { delta, isKnown, text, time } from "./format.js";

const COLUMN = 30;
const GUTTER = 24;

const centred = (said, width) => {
  const cut = said.length > width ? `${said.slice(0, width - 1)}…` : said;
  const left = Math.floor((width - cut.length) / 2);
  return " ".repeat(left) + cut + " ".repeat(width - cut.length - left);
};

const labelOf = ({ method, status, reason, has_sdp: sdp }) =>
  `${isKnown(status) ? `${status} ${text(reason, 40)}` : text(method, 20)}${sdp ? " (SDP)" : ""}`;

/* The row of bars that every host has, with `said` laid over it from one place to another. */
function lay(bars, from, said) {
  return bars.slice(0, from) + said + bars.slice(from + said.length);
}

function arrow(row, xs, bars) {
  const [from, to] = [Math.min(row.at1, row.at2), Math.max(row.at1, row.at2)];
  if (from === to) return lay(bars, xs[from] + 1, ` ${labelOf(row.message)} ↩`);
  const room = xs[to] - xs[from] - 1;
  const line = row.at2 > row.at1 ? `${"─".repeat(room - 1)}>` : `<${"─".repeat(room - 1)}`;
  return lay(bars, xs[from] + 1, line);
}

/* rows: [{message, at1, at2 (places of columns), copy: null | "again" | "seen", letter: null | "A"}] */
export function ladderText({ columns, rows, zone }) {
  const xs = columns.map((_, at) => GUTTER + at * COLUMN + COLUMN / 2);
  const bars = columns.reduce((line, _, at) => lay(line, xs[at], "│"), " ".repeat(GUTTER + columns.length * COLUMN));
  const out = [" ".repeat(GUTTER) + columns.map((name) => centred(text(name, 60), COLUMN)).join("")];
  let before = null;

  for (const row of rows) {
    const { message, at1, at2 } = row;
    const [from, to] = [Math.min(at1, at2), Math.max(at1, at2)];
    const said = `${labelOf(message)}${row.copy === "again" ? " ↻" : row.copy === "seen" ? " ⇉" : ""}`;
    const gutter = (what) => what.padEnd(GUTTER);
    const label = from === to ? bars : lay(bars, xs[from] + 2, centred(said, xs[to] - xs[from] - 3));
    const step = before === null || !isKnown(message.time) ? "" : delta(message.time - before);
    out.push(gutter(`${row.letter ? `${row.letter} ` : ""}${time(message.time, zone, 6)}`) + label.slice(GUTTER));
    out.push(gutter(step.padStart(18)) + arrow(row, xs, bars).slice(GUTTER));
    if (isKnown(message.time)) before = message.time;
  }
  return `${out.map((line) => line.trimEnd()).join("\n")}\n`;
}
