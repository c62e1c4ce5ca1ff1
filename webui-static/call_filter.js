/*
 * call_filter - what the Calls page asks for: from its address to the API, and for live records.
 *
 * The server filters what is stored. matchesCall says the same of a record that arrives live, but
 * for what is written in the filter: that is the server's to understand.
 */
import { asWord, readSort } from "./filter_text.js";
import { isKnown } from "./format.js";

export const RANGES = [
  ["", "any time", null],
  ["15m", "last 15 minutes", 900],
  ["1h", "last hour", 3600],
  ["24h", "last 24 hours", 86400],
  ["7d", "last 7 days", 604800],
];

/* The keys of the address that narrow the list; clearing removes them all. */
export const FILTER_KEYS = ["filter", "q", "status", "state", "mos_max", "one_way", "range", "since", "until"];

export function isStatus(value) {
  return /^[1-6](?:xx|\d\d)$/.test(value ?? "");
}

function rangeSince(query, nowSeconds) {
  const found = RANGES.find(([name]) => name === (query.range ?? ""));
  return found?.[2] ? nowSeconds - found[2] : null;
}

function numberOf(value) {
  const number = Number(value);
  return value !== undefined && value !== "" && Number.isFinite(number) ? number : null;
}

/* What is written in the box. Older addresses have a word of it as q. */
export function readText(query) {
  return (query.filter ?? asWord(query.q)).trim();
}

/* The address's query as a plain description; what makes no sense in it is left out. */
export function readFilter(query, nowSeconds) {
  const one = { true: true, false: false };

  return {
    text: readText(query),
    sort: query.sort || null,
    status: isStatus(query.status) ? query.status : null,
    state: query.state || null,
    mosMax: numberOf(query.mos_max),
    oneWay: one[query.one_way] ?? null,
    since: numberOf(query.since) ?? rangeSince(query, nowSeconds),
    until: numberOf(query.until),
  };
}

export function filterParams(filter) {
  const all = {
    filter: filter.text,
    sort: filter.sort,
    status: filter.status,
    state: filter.state,
    mos_max: filter.mosMax,
    one_way: filter.oneWay,
    since: filter.since,
    until: filter.until,
  };

  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== null && value !== ""),
  );
}

export function isFiltered(query) {
  return FILTER_KEYS.some((key) => query[key] !== undefined && query[key] !== "");
}

function matchesStatus(call, wanted) {
  if (wanted === null) return true;
  if (!isKnown(call.final_status)) return false;
  const status = String(call.final_status);
  return wanted.endsWith("xx") ? status[0] === wanted[0] : status === wanted;
}

/* Newest first is the order in which calls arrive; any other one is the server's to keep. */
export function isNewestFirst(filter) {
  const { field, falls } = readSort(filter.sort);
  return field === null || (field === "time" && falls);
}

export function matchesCall(call, filter) {
  return (
    matchesStatus(call, filter.status) &&
    (filter.state === null || call.state === filter.state) &&
    (filter.mosMax === null || (isKnown(call.mos_lq) && call.mos_lq <= filter.mosMax)) &&
    (filter.oneWay === null || call.one_way === filter.oneWay) &&
    (filter.since === null || (call.invite_time ?? 0) >= filter.since) &&
    (filter.until === null || (call.invite_time ?? 0) <= filter.until)
  );
}
