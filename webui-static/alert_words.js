/*
 * alert_words - what is in an alert, in words: its measure, what is normal, how far it is from that; its
 * labels as what a silence is asked for with.
 */
import { count, duration, fixed, isKnown, milliseconds, NONE, percent, text } from "./format.js";

const MINUTE_S = 60;

function plain(value) {
  if (Number.isInteger(value)) return count(value);
  return Math.abs(value) >= 100 ? count(value) : fixed(value, 2);
}

function seconds(value) {
  return Math.abs(value) < MINUTE_S ? `${plain(value)} s` : duration(Math.abs(value) * 1000);
}

const UNITS = {
  ratio: percent,
  ms: milliseconds,
  s: seconds,
  bytes: (value) => `${count(value)} bytes`,
};

/* A measure with its unit; unit: as the rule says, or null. */
export function measure(value, unit) {
  if (typeof value !== "number" || Number.isNaN(value)) return NONE;
  if (Object.hasOwn(UNITS, unit ?? "")) return UNITS[unit](value);
  return isKnown(unit) ? `${plain(value)} ${text(unit, 20)}` : plain(value);
}

const STATES = { pending: "pending", firing: "firing", resolved: "resolved", passed: "came to nothing" };

export const alertStateWord = (state) => (Object.hasOwn(STATES, state ?? "") ? STATES[state] : text(state, 20));

/* "62 % against 20 %, normally 1.2 %" */
export function againstWords({ value, threshold, baseline, unit }) {
  const parts = [measure(value, unit)];

  if (!isKnown(value)) return NONE;
  if (isKnown(threshold)) parts.push(` against ${measure(threshold, unit)}`);
  if (isKnown(baseline)) parts.push(`, normally ${measure(baseline, unit)}`);
  return parts.join("");
}

/* The JSON of a record's text may be text still, or what it says. */
function objectOf(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? value : {};
}

const numberOrNull = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/* The measure step by step: [{from, to, value}], seconds since 1970, the oldest first. Its end is that of the
 * version that was told. */
export function seriesOf(alert) {
  const { step_s: step, series } = objectOf(alert.evidence);
  const end = alert.changed_time ?? alert.fired_time ?? alert.time;

  if (!Array.isArray(series) || numberOrNull(step) === null || step <= 0 || !isKnown(end)) return [];
  return series.map((value, at) => ({
    from: end - (series.length - at) * step,
    to: end - (series.length - at - 1) * step,
    value: numberOrNull(value),
  }));
}

/* What the bad ones had most of: [{field, values: [{value, count}]}] */
export function topOf(alert) {
  const { top } = objectOf(alert.evidence);

  return (Array.isArray(top) ? top : [])
    .map((row) => ({
      field: objectOf(row).field,
      values: (Array.isArray(objectOf(row).values) ? row.values : []).map(objectOf),
    }))
    .filter(({ field, values }) => isKnown(field) && values.length > 0);
}

/* [[name, value]…] of those that are texts. */
export function labelsOf(alert) {
  return Object.entries(objectOf(alert.labels)).filter(([, value]) => typeof value === "string");
}

const NAME = /^[A-Za-z0-9_.-]+$/;

/* trunk=carrier-a, trunk="carrier one": a label as a silence is asked for with; null: that cannot be said. */
export function labelWord(name, value) {
  if (!NAME.test(name)) return null;
  if (/^[^\s,"*\\]+$/.test(value)) return `${name}=${value}`;
  return `${name}="${value.replace(/[\\"]/g, "\\$&")}"`;
}

/* Labels that say how bad it is, or what kind of rule it is, do not say which alert it is. */
const NOT_CHOSEN = new Set(["severity", "area"]);

/* What a silence of this alert begins with: [{name, value, word, chosen}] */
export function silenceChoices(alert) {
  return labelsOf(alert)
    .map(([name, value]) => ({ name, value, word: labelWord(name, value), chosen: !NOT_CHOSEN.has(name) }))
    .filter(({ word }) => word !== null);
}

/* Where a value lies on a bar from 0 to the greatest of the three: shares of its length, null: not known. */
export function barOf({ value, threshold, baseline }) {
  const known = [value, threshold, baseline].filter((each) => isKnown(each) && each >= 0);
  const top = Math.max(...known, 0) * 1.1;
  const share = (each) => (isKnown(each) && each >= 0 && top > 0 ? Math.min(each / top, 1) : null);

  return { value: share(value), threshold: share(threshold), baseline: share(baseline) };
}

const HELD = {
  muted: "held: another alert explains it",
  silenced: "held: silenced",
  maintenance: "held: maintenance window",
  acknowledged: "held: acknowledged",
  hours: "held: outside of its hours",
};

export const heldWord = (name) => (Object.hasOwn(HELD, name ?? "") ? HELD[name] : text(name, 40));

const DELIVERY_STATES = {
  waiting: ["waiting", "clock", "fair"],
  delivered: ["delivered", "check", "good"],
  dead: ["given up", "cross", "bad"],
};
const RECEIVER_STATES = { up: ["up", "check", "good"], down: ["down", "warning", "bad"], gone: ["wants no more", "stop", "quiet"] };
const ABOUT = { firing: "firing", resolved: "resolved", again: "still firing", test: "test" };

function stateOf(table, name) {
  const [word, icon, level] = Object.hasOwn(table, name ?? "") ? table[name] : [text(name, 20), "dots", "quiet"];
  return { word, icon, level };
}

export const deliveryState = (name) => stateOf(DELIVERY_STATES, name);
export const receiverState = (name) => stateOf(RECEIVER_STATES, name);
export const aboutWord = (name) => (Object.hasOwn(ABOUT, name ?? "") ? ABOUT[name] : text(name, 20));

/* How near the group of a rule is to firing, 0 to 1; null: not known. direction: of the threshold. */
export function nearness(value, threshold) {
  if (!isKnown(value) || !isKnown(threshold) || threshold === 0) return null;
  return Math.max(0, Math.min(value / threshold, 1));
}
