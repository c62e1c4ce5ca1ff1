/*
 * call_filter - what the Calls page asks for. There is one truth, the text of the filter; older addresses
 * said parts of it in keys of their own, which become words of it.
 */
import { asWord, readSort } from "./filter_text.js";

const RANGES = ["15m", "1h", "24h", "7d"];

/* Keys of older addresses, and the word that each means; null: none. */
const OLDER = {
  q: (value) => asWord(value),
  status: (value) => (/^[1-6](?:xx|\d\d)$/.test(value) ? `status:${value}` : null),
  state: (value) => (/^[a-z_]+$/.test(value) ? `state:${value}` : null),
  mos_max: (value) => (/^[\d.]+$/.test(value) ? `mos<=${value}` : null),
  one_way: (value) => ({ true: "one_way:yes", false: "one_way:no" })[value] ?? null,
  range: (value) => (RANGES.includes(value) ? `since:${value}` : null),
  since: (value) => (/^[\d.]+$/.test(value) ? `since:@${value}` : null),
  until: (value) => (/^[\d.]+$/.test(value) ? `until:@${value}` : null),
};

/* The address's query with all of it in the filter; the same object where nothing is to be changed. */
export function modernQuery(query) {
  const old = Object.keys(OLDER).filter((key) => query[key] !== undefined);
  if (old.length === 0) return query;
  const words = old.map((key) => OLDER[key](query[key].trim())).filter((word) => word !== null && word !== "");
  const rest = Object.fromEntries(Object.entries(query).filter(([key]) => !old.includes(key)));
  const own = (query.filter ?? "").trim();
  const text = [own && words.length ? `(${own})` : own, ...words].filter((word) => word !== "").join(" ");

  return text ? { ...rest, filter: text } : rest;
}

/* What is written in the box. */
export const readText = (query) => (modernQuery(query).filter ?? "").trim();

/* As the API takes it. */
export function filterParams(query) {
  const filter = readText(query);

  return { ...(filter ? { filter } : {}), ...(query.sort ? { sort: query.sort } : {}) };
}

/* Newest first is the order in which calls arrive; any other one is the server's to keep. */
export function isNewestFirst(query) {
  const { field, falls } = readSort(query.sort);
  return field === null || (field === "time" && falls);
}
