/*
 * ladder_layout - where everything of a call's ladder goes: pure numbers, no drawing.
 *
 * Hosts are columns in the order in which they first speak, the caller's side left, leg by leg; messages and streams are
 * rows in the order of time. When a host talks to itself (everything on one machine), columns are host:port.
 */
import { isKnown, splitAddress } from "../format.js";

export const ROW_PX = 42;
export const STREAM_ROW_PX = 50;
export const HEAD_PX = 46;
/* Points of a path at which one message is looked for. */
const SIGHTINGS_MAX = 16;
/* For the letter of a leg, behind the times. */
const LETTER_PX = 34;
/* gutter: for the times; edge: half a host's name; column: from host to host. A phone has less. */
const NARROW_PX = 560;
const WIDE = { gutter: 128, edge: 62, columnMin: 150, columnMax: 640 };
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

/* Messages and streams in one list; of the same instant, the message first. */
function inOrder(messages, streams) {
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
  ];

  return rows.sort((a, b) => (a.time ?? Infinity) - (b.time ?? Infinity));
}

/* width: what there is; the ladder may need more and is then scrolled sideways. start: the time
 * that the first gutter counts from. legs: see legs.js; empty for a call that stands alone. */
export function layoutLadder(messages, streams, width, legs = []) {
  const { names, nameOf } = columnNames(messages, streams, legs);
  const { gutter: times, edge, columnMin, columnMax } = width < NARROW_PX ? NARROW : WIDE;
  const gutter = times + (legs.length ? LETTER_PX : 0);
  const gaps = Math.max(names.length - 1, 1);
  const free = (width - gutter - 2 * edge) / gaps;
  const gap = Math.max(columnMin, Math.min(columnMax, free));
  const xOf = new Map(names.map((name, at) => [name, gutter + edge + at * gap]));
  let y = HEAD_PX;
  let before = null;

  const rows = inOrder(messages, streams).map((row) => {
    const { src, dst } = row.message ?? row.stream;
    const height = row.kind === "message" ? ROW_PX : STREAM_ROW_PX;
    const placed = {
      ...row,
      x1: xOf.get(nameOf(src)) ?? null,
      x2: xOf.get(nameOf(dst)) ?? null,
      y,
      height,
      delta: before === null || !isKnown(row.time) ? null : row.time - before,
    };
    y += height;
    if (isKnown(row.time)) before = row.time;
    return placed;
  });

  return {
    columns: names.map((name) => ({ name, x: xOf.get(name) })),
    rows,
    start: rows[0]?.time ?? null,
    gutter,
    width: Math.max(gutter + 2 * edge + (names.length - 1) * gap, width),
    height: y + 12,
  };
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
