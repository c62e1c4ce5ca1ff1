/*
 * ladder_layout - where everything of a call's ladder goes: pure numbers, no drawing.
 *
 * Hosts are columns in the order in which they first speak, the caller's side left, leg by leg; messages and streams are
 * rows in the order of time. When a host talks to itself (everything on one machine), columns are host:port.
 */
import { isKnown, splitAddress } from "../format.js";

const ROW_PX = 42;
const ROW_LEAST_PX = 15;
const STREAM_LEAST_PX = 30;
/* A second bar, of what RTCP says. */
export const REPORT_PX = 18;
/* Below this a row has no room for two lines of text. */
const COMPACT_PX = 32;
const HEAD_PX = 4;
const FOOT_PX = 12;
/* Spaced in time: a second, and a gap of which no more is shown. */
const SECOND_PX = 60;
const GAP_MOST_PX = 180;
export const ZOOM_STEP = 1.25;
/* Points of a path at which one message is looked for. */
const SIGHTINGS_MAX = 16;
/* For the letter of a leg, behind the times. */
const LETTER_PX = 34;
/* From host to host where all must fit. */
const COLUMN_LEAST_PX = 52;
const EDGE_LEAST_PX = 34;
/* gutter: for the times; edge: half a host's name; column: from host to host. A phone has less. */
const NARROW_PX = 560;
const WIDE = { gutter: 128, edge: 62, columnMin: 92, columnMax: 640 };
const NARROW = { gutter: 84, edge: 46, columnMin: 110, columnMax: 640 };

function talksToItself({ src, dst }) {
  const host = splitAddress(src).host;
  return host !== null && host === splitAddress(dst).host;
}

/* The same bytes between the same two hosts: sent again. */
export function markRetransmissions(messages) {
  const seen = new Map();

  return messages.map((message) => {
    const key = JSON.stringify([message.src, message.dst, message.raw]);
    const first = seen.get(key);
    seen.set(key, (first ?? 0) + 1);
    return first !== undefined;
  });
}

/* The same message of the same call at another point of its path: with the branch of one before it, or sent on by the
 * host that had it. A host that sends it to several forks the call: only the first of these is the same message. */
export function markSightings(messages) {
  const seen = new Map();

  return messages.map((message) => {
    const { call, method, status, cseq, from_tag: from, to_tag: to, branch } = message;
    const [src, dst] = [splitAddress(message.src).host, splitAddress(message.dst).host];
    if (!isKnown(cseq) || src === null || dst === null) return false;
    const key = JSON.stringify([call, method, status, cseq, from, to]);
    const before = seen.get(key) ?? [];
    const here = before.some((each) => each.src === src && each.dst === dst);
    const same = before.some((each) => isKnown(branch) && each.branch === branch);
    const sentOn = before.some((each) => each.dst === src) && !before.some((each) => each.src === src);

    if (!here && before.length < SIGHTINGS_MAX) seen.set(key, [...before, { src, dst, branch }]);
    return !here && (same || sentOn);
  });
}

function callersEnd({ direction, src, dst }) {
  if (direction === "caller_to_callee") return src;
  return direction === "callee_to_caller" ? dst : null;
}

/* The hosts of one leg, or of a call that stands alone: those that only carry media stand outside of the others, the
 * caller's left, the rest right. */
function hostsOf(messages, streams, nameOf) {
  const names = [];
  const add = (name) => {
    if (name !== null && !names.includes(name)) names.push(name);
  };

  for (const { src, dst } of messages) [src, dst].forEach((address) => add(nameOf(address)));
  const signalling = names.length;
  for (const { src, dst } of streams) [src, dst].forEach((address) => add(nameOf(address)));
  const callers = new Set(streams.map(callersEnd).filter(isKnown).map(nameOf));
  const media = names.splice(signalling);
  const left = media.filter((name) => callers.has(name));
  const right = media.filter((name) => !callers.has(name));

  return [...left, ...names, ...right];
}

/* Leg by leg: so the columns stand in the order of the path. */
function columnNames(messages, streams, legs) {
  const split = [...messages, ...streams].some(talksToItself);
  const nameOf = (address) => {
    const { host, port } = splitAddress(address);
    if (host === null) return null;
    return split && port !== null ? `${host}:${port}` : host;
  };
  const own = (leg) => [messages.filter(({ call }) => call === leg.id), streams.filter((stream) => stream.leg?.id === leg.id)];
  const names = legs.length
    ? legs.flatMap((leg) => hostsOf(...own(leg), nameOf))
    : hostsOf(messages, streams, nameOf);

  return { names: [...new Set(names)], nameOf };
}

/* Keys pressed one after the other, with no message between, are one row. */
function keyRows(keys, streams, times) {
  const rows = [];
  const between = (from, to) => times.some((time) => time > from && time <= to);

  for (const key of [...keys].filter(({ time }) => isKnown(time)).sort((a, b) => a.time - b.time)) {
    const stream = streams.find(({ direction, media }) => media !== "video" && isKnown(direction) && direction === key.direction);
    const last = rows.at(-1);
    if (!stream) continue;
    if (last?.stream === stream && !between(last.last, key.time)) {
      last.keys.push(key);
      last.last = key.time;
    } else rows.push({ kind: "keys", index: rows.length, stream, keys: [key], time: key.time, last: key.time });
  }
  return rows;
}

/* Messages, streams and keys in one list; of the same instant, the message first. */
function inOrder(messages, streams, keys) {
  const retransmitted = markRetransmissions(messages);
  const sighted = markSightings(messages);
  const rows = [
    ...messages.map((message, index) => ({
      kind: "message",
      index,
      message,
      time: message.time,
      retransmitted: retransmitted[index],
      sighted: sighted[index] && !retransmitted[index],
    })),
    ...streams.map((stream, index) => ({ kind: "stream", index, stream, time: stream.start_time })),
    ...keyRows(keys, streams, messages.map(({ time }) => time)),
  ];

  return rows.sort((a, b) => (a.time ?? Infinity) - (b.time ?? Infinity));
}

const hasReports = ({ rtcp }) => rtcp?.reports > 0 || rtcp?.sender_reports > 0;

function heightOf(row, rowPx) {
  if (row.kind === "message") return rowPx;
  if (row.kind === "keys") return Math.max(rowPx * 0.7, ROW_LEAST_PX);
  return Math.max(rowPx + 8, STREAM_LEAST_PX) + (hasReports(row.stream) ? REPORT_PX : 0);
}

/* Where each row begins. Evenly: one under the other. In proportion: as far apart as the times are, though never so near
 * that they cover each other, nor so far that the next is out of sight; `cut` are the seconds of such a gap. */
function place(rows, { spacing, factor }) {
  const rowPx = Math.max(ROW_PX * factor, ROW_LEAST_PX);
  const perSecond = spacing === "time" ? SECOND_PX * factor : 0;
  let y = HEAD_PX;
  let end = HEAD_PX;
  let before = null;

  const placed = rows.map((row) => {
    const height = heightOf(row, rowPx);
    const delta = before === null || !isKnown(row.time) ? null : row.time - before;
    const apart = delta === null ? 0 : delta * perSecond;
    const top = Math.max(end, y + Math.min(apart, GAP_MOST_PX));
    const cut = apart > GAP_MOST_PX ? delta : null;

    y = top;
    end = top + height;
    if (isKnown(row.time)) before = row.time;
    return { ...row, y: top, height, delta, cut, compact: rowPx < COMPACT_PX };
  });
  return { rows: placed, height: end + FOOT_PX };
}

/* The largest factor, at most 1, with which the ladder is no higher than that. */
function fitting(rows, spacing, height) {
  let [low, high] = [0, 1];
  const isFine = (factor) => place(rows, { spacing, factor }).height <= height;

  if (isFine(1)) return 1;
  for (let step = 0; step < 12; step++) {
    const middle = (low + high) / 2;
    if (isFine(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/* width: what there is; the ladder may need more and is then scrolled sideways. start: the time
 * that the first gutter counts from. legs: see legs.js; empty for a call that stands alone. keys: pressed in it.
 * spacing: "even" or "time"; zoom: steps from 0, or "fit" for all of it within `height`. */
export function layoutLadder(messages, streams, width, legs = [], { keys = [], spacing = "even", zoom = 0, height = 0 } = {}) {
  const { names, nameOf } = columnNames(messages, streams, legs);
  const { gutter: times, edge: wide, columnMin, columnMax } = width < NARROW_PX ? NARROW : WIDE;
  const edge = zoom === "fit" && width < NARROW_PX ? EDGE_LEAST_PX : wide;
  const gutter = times + (legs.length ? LETTER_PX : 0);
  const gaps = Math.max(names.length - 1, 1);
  const free = (width - gutter - 2 * edge) / gaps;
  const gap = Math.max(zoom === "fit" ? COLUMN_LEAST_PX : columnMin, Math.min(columnMax, free));
  const xOf = new Map(names.map((name, at) => [name, gutter + edge + at * gap]));
  const ordered = inOrder(messages, streams, keys).map((row) => {
    const [at1, at2] = [row.message ?? row.stream].flatMap(({ src, dst }) => [names.indexOf(nameOf(src)), names.indexOf(nameOf(dst))]);
    return { ...row, at1, at2, x1: xOf.get(names[at1]) ?? null, x2: xOf.get(names[at2]) ?? null };
  });
  const factor = zoom === "fit" ? fitting(ordered, spacing, height) : ZOOM_STEP ** zoom;
  const placed = place(ordered, { spacing, factor });

  return {
    columns: names.map((name) => ({ name, x: xOf.get(name) })),
    rows: placed.rows,
    start: ordered[0]?.time ?? null,
    gutter,
    width: Math.max(gutter + 2 * edge + (names.length - 1) * gap, width),
    height: placed.height,
  };
}

/* Where that moment is, between the rows before and after it; null: outside. */
export function yOfTime(rows, time) {
  const known = rows.filter((row) => isKnown(row.time));
  const after = known.findIndex((row) => row.time >= time);
  const line = (row) => row.y + lineOf(row);

  if (after < 0 || (after === 0 && known[0].time > time)) return null;
  if (after === 0) return line(known[0]);
  const [a, b] = [known[after - 1], known[after]];
  const share = b.time > a.time ? (time - a.time) / (b.time - a.time) : 1;
  return line(a) + share * (line(b) - line(a));
}

/* How far below its top a row's arrow is. */
export const lineOf = ({ height, compact }) => (compact ? height / 2 : Math.min(height - 14, 28));

/* What each host calls itself: its User-Agent or Server, as its first message with one says; by host. */
export function agentsOf(messages) {
  const agents = new Map();

  for (const { src, raw } of messages) {
    const { host } = splitAddress(src);
    if (host === null || agents.has(host)) continue;
    const [, said] = /^(?:user-agent|server)[ \t]*:[ \t]*([^\r\n]{1,120})/im.exec((raw ?? "").slice(0, 16384)) ?? [];
    if (said) agents.set(host, said.trim());
  }
  return agents;
}

/* The share that an interval lost; null where nothing is known. */
function lossOf({ packets, lost }) {
  const all = (packets ?? 0) + (lost ?? 0);
  return all > 0 ? (lost ?? 0) / all : null;
}

/* A stream's series as at most `pieces` parts of its bar: [{from, to, loss}], 0..1 of the way;
 * loss is that of the worst interval in it, null where nothing is known. Without a series it is that of the whole. */
export function heatOf(stream, pieces = 60) {
  const intervals = Array.isArray(stream.intervals) ? stream.intervals : [];
  const size = Math.max(1, Math.ceil(intervals.length / pieces));
  const all = isKnown(stream.lost) && stream.expected > 0 ? stream.lost / stream.expected : null;
  const parts = [];

  for (let at = 0; at < intervals.length; at += size) {
    const known = intervals.slice(at, at + size).map(lossOf).filter(isKnown);
    parts.push({
      from: at / intervals.length,
      to: Math.min(at + size, intervals.length) / intervals.length,
      loss: known.length ? Math.max(...known) : null,
    });
  }
  return parts.length ? parts : [{ from: 0, to: 1, loss: all }];
}
