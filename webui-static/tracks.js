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

/* The share of each second that was lost or late; null: nothing came, or an older record does not say. */
function secondsOf(interval, start) {
  const { packets, lost, late } = { packets: known(interval.packets) ?? 0, lost: known(interval.lost) ?? 0, late: known(interval.late) ?? 0 };
  const told = Array.isArray(interval.unheard) ? interval.unheard : null;
  const all = packets + lost === 0 || (told === null && lost + late > 0) ? null : 0;

  return Array.from({ length: INTERVAL_S }, (_, at) => ({ from: interval.t - start + at, to: interval.t - start + at + 1, share: told ? known(told[at]) : all }));
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

function intervalsOf(streams) {
  return streams
    .flatMap(({ intervals }) => (Array.isArray(intervals) ? intervals : []))
    .filter((interval) => known(interval?.t) !== null)
    .sort((a, b) => a.t - b.t);
}

/* A second in which hardly anything was lost does not end a burst; one in which so much was begins one. */
const BURST_SHARE = 0.1;
const BURST_GAP_S = 2;
const BURSTS_MAX = 12;

/* Seconds of much loss beside each other, the worst of them: [{from, to, share}], by time. */
export function burstsOf(seconds) {
  const bursts = [];

  for (const { from, to, share } of seconds) {
    if (share === null || share < BURST_SHARE) continue;
    const last = bursts.at(-1);
    if (last && from - last.to <= BURST_GAP_S) Object.assign(last, { to, share: Math.max(last.share, share) });
    else bursts.push({ from, to, share });
  }
  const told = [...bursts].sort((a, b) => b.share * (b.to - b.from) - a.share * (a.to - a.from)).slice(0, BURSTS_MAX);
  return told.sort((a, b) => a.from - b.from);
}

/* At most `room` pieces of the seconds, each the worst of them. */
export function worstSeconds(seconds, room) {
  const size = Math.max(1, Math.ceil(seconds.length / Math.max(room, 1)));
  if (size === 1) return seconds;
  return Array.from({ length: Math.ceil(seconds.length / size) }, (_, at) => {
    const part = seconds.slice(at * size, (at + 1) * size);
    return { from: part[0].from, to: part.at(-1).to, share: part.reduce((worst, { share }) => most(worst, share), null) };
  });
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

/* start: the epoch second that counts as 0. → [{key, media, direction, streams, cells, seconds, bursts, worst}] */
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
    .map((track) => {
      const intervals = intervalsOf(track.streams);
      const seconds = intervals.flatMap((interval) => secondsOf(interval, start));
      return { ...track, cells: intervals.map((interval) => cellOf(interval, start)), seconds, bursts: burstsOf(seconds) };
    })
    .map((track) => ({ ...track, worst: worstTen(track.streams, track.cells, start) }));
}

/* The second at which the last of them ends. */
export function tracksEnd(tracks, streams, start) {
  const ends = streams.map(({ end_time: at }) => at).filter(isKnown).map((at) => at - start);
  const cells = tracks.flatMap(({ cells }) => cells.slice(-1).map(({ to }) => to));
  return Math.max(INTERVAL_S, ...(ends.length ? ends : cells));
}
