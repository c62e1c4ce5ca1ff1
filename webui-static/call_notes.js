/*
 * call_notes - the lists of a call's record, read with care: they may come from a newer server, or a damaged store.
 */
import { isKnown } from "./format.js";

const list = (value) => (Array.isArray(value) ? value.filter((each) => each !== null && typeof each === "object") : []);
const word = (value) => (typeof value === "string" && value !== "" ? value : null);
const number = (value) => (typeof value === "number" ? value : null);

function note(each, key) {
  return { name: word(each[key]), time: number(each.t), by: word(each.by), count: number(each.count) ?? 1, detail: word(each.detail) };
}

/* "RFC 3261 §8.1.1" → where that section can be read. null: it is no such clause. */
export function clauseAddress(clause) {
  const found = /^RFC (\d{1,5})(?: §([\d.]{1,16}))?$/.exec(clause ?? "");
  if (!found) return null;
  return `https://www.rfc-editor.org/rfc/rfc${found[1]}${found[2] ? `#section-${found[2]}` : ""}`;
}

/* What a refused offer held, and what would have been taken: to stand one beside the other. null: it is no such detail. */
export function sidesOf(detail) {
  const found = /^offer: (.*?)(?:; would take: (.*?))?(?:; warning: (.*))?$/s.exec(detail ?? "");
  if (!found) return null;
  const [, offered, taken, warning] = found;
  return [["Offered", offered], ["Would take", taken ?? null], ...(warning ? [["Warning", warning]] : [])];
}

/* table: [{name, sentence, clause}] as the server has it, or null. */
export function deviationsOf(call, table) {
  const rows = new Map(list(table).map((row) => [row.name, row]));

  return list(call.deviations).map((each) => {
    const read = note(each, "deviation");
    const row = rows.get(read.name);
    const address = clauseAddress(word(row?.clause));
    const sides = sidesOf(read.detail);
    return { ...read, sentence: word(row?.sentence), clause: address ? row.clause : null, address, detail: { sides, text: read.detail } };
  });
}

export const historyOf = (call) => list(call.history).map((each) => note(each, "event"));

export function linksOf(call) {
  return list(call.links).map((each) => ({ name: word(each.link), time: number(each.t), callId: each.call_id, call: each.call }));
}

export function timeoutsOf(call) {
  return list(call.media_timeouts).map((each) => ({
    time: number(each.from),
    ms: isKnown(each.to) && isKnown(each.from) ? (each.to - each.from) * 1000 : null,
    direction: word(each.direction),
  }));
}

const DAY_S = 86400;

/* Finds the calls between the same two, either way, of the week before and the day after. null: they are not known, or a
 * filter cannot hold them. */
export function sameNumbersFilter({ from_user: from, to_user: to, invite_time: at }) {
  const fits = (user) => typeof user === "string" && user !== "" && user.length <= 200 && !/[\u0000-\u001f\u007f]/.test(user);
  const said = (user) => `"${user.replace(/["\\]/g, "\\$&")}"`;

  if (!fits(from) || !fits(to) || !isKnown(at)) return null;
  const [a, b] = [said(from), said(to)];
  return `(from:${a} to:${b} or from:${b} to:${a}) since:${Math.floor(at - 7 * DAY_S)} until:${Math.ceil(at + DAY_S)}`;
}
