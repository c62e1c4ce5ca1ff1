/*
 * rooms - what the pages beside the calls compute: how a target stood, who is registered, what a source did, what a process takes.
 */
import { count, duration, isKnown } from "./format.js";

const list = (value) => (Array.isArray(value) ? value.filter((each) => each !== null && typeof each === "object") : []);
const own = (table, name, none) => (Object.hasOwn(table, name ?? "") ? table[name] : none);

/* ---- which time is looked at ---- */

/* name in the address, words, hours, seconds between two looks */
export const SPANS = [
  ["1h", "1 h", 1, 10],
  ["6h", "6 h", 6, 20],
  ["24h", "24 h", 24, 30],
  ["7d", "7 d", 168, 120],
];

export function readSpan(query, usual = "24h") {
  const [name, words, hours, everyS] = SPANS.find(([each]) => each === query.span) ?? SPANS.find(([each]) => each === usual);

  return { name, words, hours, everyS };
}

/* ---- trunks ---- */

/* state as a drawing, a word and a level: no meaning hangs on a colour. */
const TARGETS = {
  up: { icon: "check", level: "good", word: "up" },
  down: { icon: "cross", level: "bad", word: "down" },
  silent: { icon: "dots", level: "quiet", word: "silent" },
};

export const targetMark = (state) => own(TARGETS, state, TARGETS.silent);

/* Of the time in which it was asked: how much it was up; null: it never was asked. */
export function shareUp(target) {
  const spans = list(target?.spans);
  const sum = (these) => these.reduce((all, { from, until }) => all + Math.max(0, until - from), 0);
  const all = sum(spans);

  return all > 0 ? sum(spans.filter(({ state }) => state === "up")) / all : null;
}

/* Where each span lies in the band, in percent. */
export function bandOf(target, from, until) {
  const at = (time) => (Math.min(Math.max(time, from), until) - from) / (until - from) * 100;

  if (!(until > from)) return [];
  return list(target?.spans).map((span) => ({
    ...span,
    state: own(TARGETS, span.state, null) ? span.state : "silent",
    left: at(span.from),
    width: Math.max(at(span.until) - at(span.from), 0.15),
  }));
}

/* What a span says when it is pointed at. */
export function spanWords(span, zone, time) {
  const words = { up: "up", down: span.status ? `down, answered ${span.status}` : "down, no answer", silent: "asked, nothing came back" };

  return `${words[span.state]}: ${time(span.from, zone)} – ${time(span.until, zone)}, ${duration((span.until - span.from) * 1000)}`;
}

/* The targets, and behind them trunks that carried calls and were asked by nobody. */
export function healthRows(health, trunks) {
  const targets = list(health?.targets);
  const known = new Set(targets.map(({ trunk }) => trunk).filter(isKnown));
  const names = new Set(list(trunks?.groups).map(({ trunk }) => trunk).filter((trunk) => isKnown(trunk) && !known.has(trunk)));

  return { targets, never: [...names].sort() };
}

/* A chart of round trips: {p50, p95} as paths of a box, top as the value of its upper edge. Pieces in which nothing was answered break
 * the line. */
export function roundTrips(points, from, until, width, height) {
  const known = list(points).filter(({ round_trip_ms: ms }) => isKnown(ms));
  const top = Math.max(1, ...known.map(({ round_trip_ms: p50, round_trip_ms_p95: p95 }) => Math.max(p50, p95 ?? p50)));
  const step = (until - from) / 96;
  const path = (read) => {
    let last = null;

    return known
      .map((point) => {
        const x = (((point.time - from + step / 2) / (until - from)) * width).toFixed(1);
        const y = (height - (read(point) / top) * (height - 2) - 1).toFixed(1);
        const joined = last !== null && point.time - last < step * 2.5;

        last = point.time;
        return joined ? `L${x} ${y}` : `M${x} ${y}h.01`;
      })
      .join("");
  };

  return { top, p50: path((point) => point.round_trip_ms), p95: path((point) => point.round_trip_ms_p95 ?? point.round_trip_ms), any: known.length > 0 };
}

/* ---- registrations ---- */

const REGISTRATIONS = {
  registered: { icon: "check", level: "good", word: "registered" },
  failing: { icon: "cross", level: "bad", word: "failing" },
  flapping: { icon: "turn", level: "poor", word: "flapping" },
  expired: { icon: "clock", level: "fair", word: "expired" },
  removed: { icon: "stop", level: "quiet", word: "logged out" },
};

export const REGISTRATION_STATES = Object.keys(REGISTRATIONS);
export const registrationMark = (state) => own(REGISTRATIONS, state, { icon: "dots", level: "quiet", word: "not known" });

/* Why it is in that state, in words. */
export function registrationWhy(row) {
  const { state, told, last_status: status, flaps } = row;
  const answered = isKnown(status) ? `, last answer ${status}` : "";

  if (state === "failing") {
    if (told === "unknown") return "the registrar has not answered";
    if (told === "challenged") return `credentials were asked for, and none were right${answered}`;
    return `refused${answered}`;
  }
  if (state === "flapping") return `lost and back ${count(flaps)} times since yesterday${told === "registered" ? "" : ", away at the moment"}`;
  if (state === "expired") return "its time ran out, and nobody asked for more";
  if (state === "removed") return "the phone asked for it";
  if (state === "registered" && isKnown(status) && status >= 400 && status !== 401 && status !== 407) return `the last refresh was answered ${status}`;
  return "";
}

/* ---- security ---- */

const KINDS = {
  scanner_agent: ["Scanner", "search"],
  extension_sweep: ["Sweep of extensions", "search"],
  invite_sweep: ["Sweep of numbers", "phone"],
  always_refused: ["Always refused", "cross"],
  register_bruteforce: ["Passwords tried", "lock"],
  new_network: ["User in a new network", "info"],
  number_redial: ["One number again and again", "turn"],
  new_destination: ["New destination", "info"],
  out_of_hours: ["Abroad out of hours", "clock"],
  clear_credentials: ["Password in the clear", "warning"],
  foreign_rtp: ["RTP of a stranger", "wave"],
  downgrade: ["Plain where encrypted", "warning"],
  flood: ["Flood", "bolt"],
  stir_mismatch: ["Identity of another number", "warning"],
  stir_expired: ["Identity too old", "clock"],
};

export function kindWords(kind) {
  const [word, icon] = own(KINDS, kind, [String(kind ?? "").replaceAll("_", " "), "info"]);

  return { word, icon };
}

/* The kinds that anything was heard of, most sources first. */
export function kindsHeard(answer) {
  return list(answer?.kinds).filter(({ sources }) => sources > 0).sort((a, b) => b.sources - a.sources);
}

/* ---- the probe ---- */

/* Of one processor, between two answers; null: not known yet, or another process. */
export function cpuShare(before, now, seconds) {
  if (!before || !now || before.pid !== now.pid || !(seconds > 0)) return null;
  return isKnown(before.cpu_s) && isKnown(now.cpu_s) ? Math.max(0, now.cpu_s - before.cpu_s) / seconds : null;
}

/* A queue that is nearly full, or has lost something. */
export function queueMark({ depth, cap, lost }) {
  if (lost > 0) return { icon: "warning", level: "bad" };
  return isKnown(cap) && cap > 0 && depth > cap * 0.75 ? { icon: "warning", level: "poor" } : { icon: "check", level: "good" };
}

const QUEUES = { rows: "Rows for the databases", packets: "Packets for the disk", packet_memory: "Packets in memory" };
export const queueWord = (name) => own(QUEUES, name, String(name ?? "").replaceAll("_", " "));

/* How the options of the configuration stand in sections, those that were changed first said. */
export function configSections(config) {
  const sections = new Map();

  for (const option of list(config)) {
    const [section] = String(option.option).split(".");
    if (!sections.has(section)) sections.set(section, []);
    sections.get(section).push(option);
  }
  return [...sections].map(([name, options]) => ({ name, options, changed: options.filter((each) => each.default !== true).length }));
}
