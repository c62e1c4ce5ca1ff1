/*
 * certificates - how long a certificate has to live, in words, and whom it is for.
 */
import { count, isKnown } from "./format.js";

/* Who renews in the last month has time; in the last week it is urgent. */
const SOON_DAYS = 30;
const URGENT_DAYS = 7;

/* {icon, level, words}: no meaning hangs on a colour alone. */
export function daysLeft({ state, days_left: days, replaced }) {
  if (replaced) return { icon: "turn", level: "quiet", words: "replaced since" };
  if (state === "not_observable") return { icon: "stop", level: "quiet", words: "not observable" };
  if (!isKnown(days)) return { icon: "dots", level: "quiet", words: "not known" };
  if (days < 0) return { icon: "cross", level: "bad", words: `expired ${plural(Math.ceil(-days))} ago` };
  const words = plural(Math.floor(days));
  if (days < URGENT_DAYS) return { icon: "bolt", level: "bad", words };
  if (days < SOON_DAYS) return { icon: "warning", level: "poor", words };
  return { icon: "check", level: "good", words };
}

function plural(days) {
  return days === 1 ? "1 day" : `${count(days)} days`;
}

/* The name that was asked for, else the first that it is for, else its subject. */
export function certificateNames({ server_name: asked, subject_alt_names: names, subject }) {
  const list = (Array.isArray(names) ? names : []).filter((name) => typeof name === "string");
  const name = asked ?? list[0] ?? subject ?? null;

  return { name, more: list.filter((each) => each !== name).length };
}

/* Those that end first on top; those that cannot be seen behind. */
export function sortCertificates(certificates) {
  const rank = ({ days_left: days, replaced }) => (isKnown(days) && !replaced ? days : Infinity);
  return [...certificates].sort((a, b) => {
    const order = rank(a) - rank(b);
    if (order !== 0 && !Number.isNaN(order)) return order;
    return (b.last_seen ?? 0) - (a.last_seen ?? 0);
  });
}

const isSoon = ({ days_left: days, replaced }) => isKnown(days) && !replaced && days >= 0 && days < SOON_DAYS;
const isOver = ({ days_left: days, replaced }) => isKnown(days) && !replaced && days < 0;

/* name in the address */
export const CERTIFICATE_TABS = [
  { name: "", word: "all", icon: null, takes: () => true },
  { name: "expired", word: "expired", icon: "cross", takes: isOver },
  { name: "soon", word: "end within 30 days", icon: "bolt", takes: isSoon },
  { name: "mismatch", word: "for another name", icon: "warning", takes: ({ name_matches: matches }) => matches === false },
  { name: "watched", word: "watched", icon: "search", takes: ({ origin }) => origin === "watch" },
];

/* Who issued it: "CN=R3,O=Let's Encrypt,C=US" is R3, Let's Encrypt. */
export function issuerName(issuer) {
  const part = (name) => new RegExp(`(?:^|,)${name}=((?:[^,\\\\]|\\\\.)*)`).exec(issuer ?? "")?.[1].replace(/\\(.)/g, "$1");
  const names = [part("CN"), part("O")].filter((name) => name !== undefined);

  return names.length > 0 ? names.join(", ") : (issuer ?? null);
}

/* The same server showed another one under that name since. */
function markReplaced(list) {
  const newest = new Map();
  const keyOf = ({ server, server_name: name, transport }) => `${server} ${name ?? ""} ${transport ?? ""}`;

  for (const each of list) {
    const known = newest.get(keyOf(each));
    if (known === undefined || (each.first_seen ?? 0) > (known.first_seen ?? 0)) newest.set(keyOf(each), each);
  }
  return list.map((each) => ((each.last_seen ?? 0) < (newest.get(keyOf(each)).first_seen ?? 0) ? { ...each, replaced: true } : each));
}

/* What passed and what was asked for, those that end first on top. */
export function certificatesOf({ certificates = [], watched = [] }) {
  return sortCertificates([...markReplaced(certificates), ...watched.map(({ certificate }) => certificate).filter(isKnown)]);
}
