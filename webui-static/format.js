/*
 * format - values as text for people.
 *
 * Unknown values (null, undefined, NaN) are NONE, never 0.
 */
export const NONE = "–";

export function isKnown(value) {
  return value !== null && value !== undefined && !Number.isNaN(value);
}

/* Characters that show nothing, or turn the text around: a stranger could hide behind them. */
const INVISIBLE =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu;

function showInvisible(character) {
  const code = character.codePointAt(0);

  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/* A string from the wire, cut to `limit` characters, with nothing hidden in it. */
export function text(value, limit = 200) {
  if (!isKnown(value) || value === "") return NONE;
  const shown = String(value).replace(INVISIBLE, showInvisible);
  return shown.length > limit ? `${shown.slice(0, limit)}…` : shown;
}

/* What a table of ours says of a name; undefined: nothing, whatever a stranger calls himself. */
export const own = (table, name) => (Object.hasOwn(table, name ?? "") ? table[name] : undefined);

/* A name that is in no table, as words. */
export const plain = (name) => text(isKnown(name) ? String(name).replaceAll("_", " ") : name, 60);

export function count(value) {
  return isKnown(value) ? Math.round(value).toLocaleString("en-GB") : NONE;
}

export function fixed(value, decimals = 2) {
  return isKnown(value) ? value.toFixed(decimals) : NONE;
}

/* 0.0123 → "1.23 %"; what is small but not nothing never reads as 0. */
export function percent(ratio) {
  if (!isKnown(ratio)) return NONE;
  const value = ratio * 100;
  if (value === 0) return "0 %";
  if (value < 0.01) return "<0.01 %";
  return `${value < 1 ? value.toFixed(2) : value.toFixed(1)} %`;
}

/* 180 → "180 ms", 3200 → "3.20 s" */
export function milliseconds(ms) {
  if (!isKnown(ms)) return NONE;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/* 92_000 → "1:32" */
export function duration(ms) {
  if (!isKnown(ms)) return NONE;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const all = Math.round(ms / 1000);
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const minutes = Math.floor(all / 60) % 60;

  return hours > 0 ? `${hours}:${two(minutes)}:${two(all % 60)}` : `${minutes}:${two(all % 60)}`;
}

export function bytes(value) {
  if (!isKnown(value)) return NONE;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let size = value;
  let unit = 0;

  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

/* Epoch seconds → the parts of a date on the clock that was chosen. */
function dateParts(seconds, zone) {
  const date = new Date(seconds * 1000);
  const two = (value) => String(value).padStart(2, "0");
  const utc = zone === "utc";
  const of = (part) => (utc ? date[`getUTC${part}`]() : date[`get${part}`]());

  if (Number.isNaN(date.getTime())) return null;
  return {
    day: `${of("FullYear")}-${two(of("Month") + 1)}-${two(of("Date"))}`,
    time: `${two(of("Hours"))}:${two(of("Minutes"))}:${two(of("Seconds"))}`,
  };
}

export function day(seconds, zone) {
  return (isKnown(seconds) && dateParts(seconds, zone)?.day) || NONE;
}

/* decimals of a second: 0, 3 or 6. They are taken from the number, for a Date has only three. */
export function time(seconds, zone, decimals = 0) {
  if (!isKnown(seconds)) return NONE;
  /* A double holds microseconds of today's epoch, but only just: round once, then split. */
  const scale = 10 ** decimals;
  const ticks = decimals ? Math.round(seconds * scale) : Math.floor(seconds);
  const parts = dateParts(Math.floor(ticks / scale), zone);

  if (!parts) return NONE;
  if (!decimals) return parts.time;
  return `${parts.time}.${String(((ticks % scale) + scale) % scale).padStart(decimals, "0")}`;
}

export function dayAndTime(seconds, zone, decimals = 0) {
  if (!isKnown(seconds)) return NONE;
  return `${day(seconds, zone)} ${time(seconds, zone, decimals)}`;
}

/* Seconds between two moments, signed: "+0.182" */
export function delta(seconds) {
  if (!isKnown(seconds)) return NONE;
  const sign = seconds < 0 ? "−" : "+";
  return sign + Math.abs(seconds).toFixed(Math.abs(seconds) < 100 ? 3 : 1);
}

/* "10.0.0.1:5060" → {host, port}; "[2001:db8::1]:5060" likewise. */
export function splitAddress(address) {
  if (!isKnown(address)) return { host: null, port: null };
  const found = /^\[([^\]]*)\](?::(\d+))?$/.exec(address) ?? /^([^:]*)(?::(\d+))?$/.exec(address);

  return found ? { host: found[1], port: found[2] ?? null } : { host: address, port: null };
}
