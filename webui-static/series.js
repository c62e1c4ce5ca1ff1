/*
 * series - a stream's five-second buckets as columns that a chart can draw.
 *
 * Unknown values stay null: a chart shows a gap, never a zero.
 */
import { isKnown } from "./format.js";

function known(value) {
  return isKnown(value) ? value : null;
}

/* start: the epoch second that counts as 0. → {seconds, loss, jitter, mos}; loss in percent. */
export function seriesOf(stream, start) {
  const intervals = Array.isArray(stream.intervals) ? stream.intervals : [];

  return {
    seconds: intervals.map(({ t }) => t - start),
    loss: intervals.map(({ packets, lost }) => {
      const all = (packets ?? 0) + (lost ?? 0);
      return isKnown(lost) && all > 0 ? (lost / all) * 100 : null;
    }),
    jitter: intervals.map((interval) => known(interval.jitter_ms_max)),
    mos: intervals.map((interval) => known(interval.mos_lq)),
  };
}

/* The top of an axis: a round number at or above the greatest value, at least `least`. */
export function axisTop(values, least) {
  const greatest = Math.max(least, ...values.filter((value) => value !== null));
  const power = 10 ** Math.floor(Math.log10(greatest));

  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((top) => top >= greatest * 0.999);
}
