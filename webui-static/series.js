/*
 * series - a stream's five-second buckets as columns that a chart can draw.
 *
 * Unknown values stay null: a chart shows a gap, never a zero.
 */
import { isKnown } from "./format.js";

/* How long a bucket of the record is. */
const BUCKET_S = 5;

function known(value) {
  return isKnown(value) ? value : null;
}

function lossOf({ packets, lost }) {
  const all = (packets ?? 0) + (lost ?? 0);
  return isKnown(lost) && all > 0 ? (lost / all) * 100 : null;
}

/* start: the epoch second that counts as 0. → {seconds, loss, jitter, mos}; loss in percent. One
 * point more than buckets: where the last one ends, so that it has a width like the others. */
export function seriesOf(stream, start) {
  const intervals = Array.isArray(stream.intervals) ? stream.intervals : [];
  const last = intervals.at(-1);
  const column = (read) => (last ? [...intervals.map(read), read(last)] : []);
  const seconds = intervals.map(({ t }) => t - start);

  return {
    seconds: last ? [...seconds, seconds.at(-1) + BUCKET_S] : [],
    loss: last ? [...intervals.map(lossOf), null] : [],
    jitter: column((interval) => known(interval.jitter_ms_max)),
    mos: column((interval) => known(interval.mos_lq)),
  };
}

/* The second at which a call's charts end: where its last stream does. */
export function chartEnd(streams, start) {
  const ends = streams.map(({ end_time: end }) => end).filter(isKnown);
  return Math.max(BUCKET_S, ...ends.map((end) => end - start));
}

/* Of the two directions, the one that has no stream though the other has; null when neither or both. */
export function silentDirection(streams) {
  const has = (name) => streams.some(({ direction }) => direction === name);
  const [going, coming] = [has("caller_to_callee"), has("callee_to_caller")];

  if (going === coming) return null;
  return going ? "callee_to_caller" : "caller_to_callee";
}

/* In pairs: the caller's first stream and the callee's first, then their second ones. */
export function orderStreams(streams) {
  const early = [...streams].sort((a, b) => (a.start_time ?? 0) - (b.start_time ?? 0));
  const going = early.filter(({ direction }) => direction === "caller_to_callee");
  const coming = early.filter(({ direction }) => direction === "callee_to_caller");
  const others = early.filter((stream) => !going.includes(stream) && !coming.includes(stream));
  const pairs = Array.from({ length: Math.max(going.length, coming.length) }, (_, at) => [
    going[at],
    coming[at],
  ]);

  return [...pairs.flat().filter((stream) => stream !== undefined), ...others];
}

/* The top of an axis: a round number at or above the greatest value, at least `least`. */
export function axisTop(values, least) {
  const greatest = Math.max(least, ...values.filter((value) => value !== null));
  const power = 10 ** Math.floor(Math.log10(greatest));

  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((top) => top >= greatest * 0.999);
}
