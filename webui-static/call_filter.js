/*
 * call_filter - what the Calls page asks for: from its address to the API, and for live records.
 *
 * The server filters what is stored; matchesCall says the same of a record that arrives live.
 */
import { isKnown, splitAddress } from "./format.js";

export const RANGES = [
  ["", "any time", null],
  ["15m", "last 15 minutes", 900],
  ["1h", "last hour", 3600],
  ["24h", "last 24 hours", 86400],
  ["7d", "last 7 days", 604800],
];

/* The keys of the address that narrow the list; clearing removes them all. */
export const FILTER_KEYS = ["q", "status", "state", "mos_max", "one_way", "range", "since", "until"];

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

/* The address's query as a plain description; what makes no sense in it is left out. */
export function readFilter(query, nowSeconds) {
  const one = { true: true, false: false };

  return {
    text: (query.q ?? "").trim(),
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
    q: filter.text,
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

function matchesText(call, wanted) {
  if (wanted === "") return true;
  const callId = call.call_id ?? "";

  if (callId === wanted) return true;
  if (wanted.endsWith("*") && callId.startsWith(wanted.slice(0, -1))) return true;
  if ((call.from_user ?? "").includes(wanted) || (call.to_user ?? "").includes(wanted)) return true;
  return [call.src, call.dst].some((address) => splitAddress(address).host === wanted);
}

function matchesStatus(call, wanted) {
  if (wanted === null) return true;
  if (!isKnown(call.final_status)) return false;
  const status = String(call.final_status);
  return wanted.endsWith("xx") ? status[0] === wanted[0] : status === wanted;
}

export function matchesCall(call, filter) {
  return (
    matchesText(call, filter.text) &&
    matchesStatus(call, filter.status) &&
    (filter.state === null || call.state === filter.state) &&
    (filter.mosMax === null || (isKnown(call.mos_lq) && call.mos_lq <= filter.mosMax)) &&
    (filter.oneWay === null || call.one_way === filter.oneWay) &&
    (filter.since === null || (call.invite_time ?? 0) >= filter.since) &&
    (filter.until === null || (call.invite_time ?? 0) <= filter.until)
  );
}
