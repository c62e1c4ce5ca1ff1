/*
 * tracks - a call's five-second intervals, one row of cells for each direction and medium.
 *
 * A long call has more cells than a screen has room; several then become one that holds the worst
 * of each value (of levels: the loudest). Nothing is averaged, so nothing bad disappears. Unknown
 * values stay null.
 */
import { isKnown } from "./format.js";

/* How long an interval of the record is. */
const INTERVAL_S = 5;
/* R 60, under which G.107 Annex B lets nearly all users be dissatisfied. */
export const BAD_MOS = 3.1;
const TOLD_MOS = 0.1;

const known = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);
const share = (part, all) => (part !== null && all > 0 ? part / all : null);

function cellOf(interval, start) {
  const packets = known(interval.packets) ?? 0;
  const lost = known(interval.lost);
  const late = known(interval.late);
  const from = interval.t - start;

  return {
    from,
    to: from + INTERVAL_S,
    intervals: 1,
    packets,
    lost,
    late,
    loss: share(lost, packets + (lost ?? 0)),
    lateness: share(late, packets + (lost ?? 0)),
    jitter: known(interval.jitter_ms_max),
    mos: known(interval.mos_lq),
    level: known(interval.level_dbm0),
    silence: known(interval.silence_ratio),
    clipping: known(interval.clipping_ratio),
  };
}

const either = (choose) => (a, b) => (a === null ? b : b === null ? a : choose(a, b));
const least = either(Math.min);
const most = either(Math.max);
const both = either((a, b) => a + b);
const missing = ({ loss, lateness }) => (loss ?? -1) + (lateness ?? 0);

/* Loss and lateness are of the one interval in which they were worst, so that they belong together. */
function worse(a, b) {
  const { loss, lateness } = missing(b) > missing(a) ? b : a;

  return {
    from: a.from,
    to: Math.max(a.to, b.to),
    intervals: a.intervals + b.intervals,
    packets: a.packets + b.packets,
    lost: both(a.lost, b.lost),
    late: both(a.late, b.late),
    loss,
    lateness,
    jitter: most(a.jitter, b.jitter),
    mos: least(a.mos, b.mos),
    level: most(a.level, b.level),
    silence: most(a.silence, b.silence),
    clipping: most(a.clipping, b.clipping),
  };
}

/* At most `room` cells, each as wide as the others, of those that begin within it the worst. */
export function worstCells(cells, room) {
  if (cells.length <= room || room < 1) return cells;
  const begin = cells[0].from;
  const width = Math.max((cells.at(-1).to - begin) / room, INTERVAL_S);
  const wide = new Map();

  for (const cell of cells) {
    const place = Math.min(Math.floor((cell.from - begin) / width), room - 1);
    const before = wide.get(place);
    wide.set(place, before ? worse(before, cell) : cell);
  }
  return [...wide].map(([place, cell]) => ({
    ...cell,
    from: begin + place * width,
    to: Math.max(begin + (place + 1) * width, cell.to),
  }));
}

export const isBad = ({ mos }) => mos !== null && mos < BAD_MOS;

/* Cells side by side that a test holds for, as [{from, to}]. */
export function runsWhere(cells, holds) {
  const runs = [];

  for (const cell of cells) {
    if (!holds(cell)) continue;
    const last = runs.at(-1);
    if (last && cell.from - last.to < 0.01) last.to = cell.to;
    else runs.push({ from: cell.from, to: cell.to });
  }
  return runs;
}

function cellsOf(streams, start) {
  return streams
    .flatMap(({ intervals }) => (Array.isArray(intervals) ? intervals : []))
    .filter((interval) => known(interval?.t) !== null)
    .map((interval) => cellOf(interval, start))
    .sort((a, b) => a.from - b.from);
}

/* Where they were worst: the ten seconds with the least MOS of all streams of the track; null where
 * they were hardly worse than the best of it, for then there is nothing to point at. */
function worstTen(streams, cells, start) {
  const [worst] = streams
    .map(({ worst_10s: each }) => each)
    .filter((each) => isKnown(each?.time) && isKnown(each?.mos_lq))
    .sort((a, b) => a.mos_lq - b.mos_lq);
  const best = cells.reduce((most, { mos }) => Math.max(most, mos ?? 0), 0);

  if (!worst || best - worst.mos_lq < TOLD_MOS) return null;
  return { from: worst.time - start, to: worst.time - start + 10, mos: worst.mos_lq };
}

const ORDER = ["caller_to_callee", "callee_to_caller"];
const place = ({ media, direction }) => (media === "video" ? 10 : 0) + (ORDER.includes(direction) ? ORDER.indexOf(direction) : 5);

/* The epoch second at which the first packet of them was heard; null when none says. */
export function mediaStart(streams) {
  const starts = streams.map(({ start_time: at }) => at).filter(isKnown);
  return starts.length ? Math.min(...starts) : null;
}

/* start: the epoch second that counts as 0. → [{key, media, direction, streams, cells, worst}] */
export function tracksOf(streams, start) {
  const groups = new Map();

  for (const stream of streams) {
    const media = stream.media === "video" ? "video" : "audio";
    const direction = ORDER.includes(stream.direction) ? stream.direction : "unknown";
    const key = `${media} ${direction}`;
    groups.set(key, { key, media, direction, streams: [...(groups.get(key)?.streams ?? []), stream] });
  }
  return [...groups.values()]
    .sort((a, b) => place(a) - place(b))
    .map((track) => ({ ...track, cells: cellsOf(track.streams, start) }))
    .map((track) => ({ ...track, worst: worstTen(track.streams, track.cells, start) }));
}

/* The second at which the last of them ends. */
export function tracksEnd(tracks, streams, start) {
  const ends = streams.map(({ end_time: at }) => at).filter(isKnown).map((at) => at - start);
  const cells = tracks.flatMap(({ cells }) => cells.slice(-1).map(({ to }) => to));
  return Math.max(INTERVAL_S, ...(ends.length ? ends : cells));
}
