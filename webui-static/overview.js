/*
 * overview - what the page of the overview computes: which window is asked for, how often, where its figures lead,
 * and why one is not known.
 */
import { count, isKnown } from "./format.js";
import { formatRoute } from "./router.js";

/* name in the address, words, minutes, seconds between two looks */
export const WINDOWS = [
  ["15m", "15 min", 15, 10],
  ["1h", "1 h", 60, 10],
  ["6h", "6 h", 360, 30],
  ["24h", "24 h", 1440, 60],
  ["7d", "7 d", 10080, 300],
];

/* The address's query as {name, words, minutes, everyS, until}; until null: up to now. */
export function readWindow(query) {
  const [name, words, minutes, everyS] = WINDOWS.find(([each]) => each === query.window) ?? WINDOWS[1];
  const until = Number(query.until);

  return { name, words, minutes, everyS, until: query.until && Number.isFinite(until) && until > 0 ? until : null };
}

/* The query of the window before or after; null: there is none. */
export function beside({ minutes, until }, answer, later) {
  if (!later) return isKnown(answer?.from) ? { until: answer.from } : null;
  return until === null ? null : { until: until + minutes * 60 };
}

/* Calls behind a figure; null: nothing leads there. */
export function callsAddress(filter, words = "", sort = "") {
  return filter ? formatRoute({ page: "calls", query: { filter: words ? `${words} ${filter}` : filter, sort } }) : null;
}

/* The calls of one step of the chart. */
export function stepFilter(time, stepS) {
  return `since:${time} until:${time + stepS - 1}.999999`;
}

/* Why a figure is "–": nothing to count, or nothing seen. */
export function whyUnknown(name, totals) {
  const { settled, ended, concurrent_max: most, observed_s: observed } = totals ?? {};

  if (observed === 0) return "no probe was listening";
  if (name === "concurrent") return isKnown(most) ? "no probe was listening at the end" : "no call was open";
  if (name === "acd") return "no answered call ended";
  if (name === "mos") return ended > 0 ? "no media was heard of them" : "no answered call ended";
  if (name === "one_way") return ended > 0 ? "no media was judged" : "no answered call ended";
  if (name === "pdd") return "no call showed a sign of life";
  return settled > 0 ? "not known" : "no call was settled";
}

/* Change against the window before: {sign, words}, or null where one of both is not known. rises: is more good?
 * null: neither. What rests on few calls, or is less than matters (of the value before, or of a share as such), is not judged. */
export function changeOf(now, before, { show, rises = null, few = false, matters = 0.1 }) {
  if (!isKnown(now) || !isKnown(before)) return null;
  const sign = Math.sign(now - before);
  const level = rises === null || few || Math.abs(now - before) < matters * (before <= 1 ? 1 : before) ? "quiet" : sign > 0 === rises ? "good" : "bad";

  return { sign: ["▾", "=", "▴"][sign + 1], level, words: show(before) };
}

export const FEW = 20;

export const ofCalls = (n, what = "calls") => (isKnown(n) ? `of ${count(n)} ${n === 1 ? what.replace(/s$/, "") : what}` : "");

/* NOS and failures: each kind with the statuses that belong to it, most frequent first; empty ones left out. */
export function causeRows(answer) {
  const causes = answer?.causes ?? [];

  return (answer?.nos ?? [])
    .filter(({ calls }) => calls > 0)
    .sort((a, b) => b.calls - a.calls)
    .map((kind) => ({ ...kind, statuses: causes.filter((cause) => cause.kind === kind.kind) }));
}

/* A path through values from 0 to 1, broken where one is not known; one alone is a dot. */
export function trendPath(values, width, height, pad = 2) {
  const step = values.length > 1 ? (width - 2 * pad) / (values.length - 1) : 0;
  let open = false;

  return values
    .map((value, at) => {
      if (!isKnown(value)) {
        open = false;
        return "";
      }
      const point = `${(pad + at * step).toFixed(1)} ${(height - pad - Math.min(Math.max(value, 0), 1) * (height - 2 * pad)).toFixed(1)}`;
      const alone = !open && !isKnown(values[at + 1]);
      const mark = open ? "L" : "M";
      open = true;
      return `${mark}${point}${alone ? "h.01" : ""}`;
    })
    .join("");
}
