/*
 * sdp - session descriptions read for comparing: which answers which offer, and what of it was taken.
 *
 * Source  RFC 3264, RFC 8866
 */
import { isKnown } from "./format.js";

const MEDIA_MAX = 16;
const LINES_MAX = 400;
/* RFC 3551: what needs no rtpmap. */
const STATIC = { 0: "PCMU/8000", 3: "GSM/8000", 4: "G723/8000", 8: "PCMA/8000", 9: "G722/8000", 13: "CN/8000", 15: "G728/8000", 18: "G729/8000", 26: "JPEG/90000", 31: "H261/90000", 34: "H263/90000" };
const DIRECTIONS = ["sendrecv", "sendonly", "recvonly", "inactive"];

/* The body of a message's text. */
export function bodyOf(raw) {
  const end = /\r\n\r\n|\n\n|\r\r/.exec(raw ?? "");
  return end ? raw.slice(end.index + end[0].length) : "";
}

function emptyMedia() {
  return { media: "session", port: null, proto: null, formats: [], connection: null, direction: null, attributes: [] };
}

function readAttribute(section, value) {
  const [, name, said = ""] = /^([^:]*):?(.*)$/s.exec(value);
  const [pt] = said.split(" ", 1);

  if (DIRECTIONS.includes(value)) section.direction = value;
  else if (name === "rtpmap") section.maps.set(pt, said.slice(pt.length + 1));
  else if (name === "fmtp") section.fmtps.set(pt, said.slice(pt.length + 1));
  else section.attributes.push([name, said]);
}

/* {session, media: [{media, port, proto, formats: [{pt, name, fmtp}], connection, direction, attributes: [[name, value]…]}]};
 * null: no session description. */
export function parseSdp(body) {
  const lines = (body ?? "").split(/\r\n|\n|\r/).slice(0, LINES_MAX);
  if (!lines[0]?.startsWith("v=")) return null;
  const open = () => ({ ...emptyMedia(), maps: new Map(), fmtps: new Map(), pts: [] });
  const sections = [open()];

  for (const line of lines) {
    const [, kind, value] = /^([a-z])=(.*)$/s.exec(line) ?? [];
    const now = sections.at(-1);
    if (kind === "m") {
      if (sections.length > MEDIA_MAX) break;
      const [media, port, proto, ...pts] = value.trim().split(/ +/);
      sections.push({ ...open(), media, port: port ?? null, proto: proto ?? null, pts });
    } else if (kind === "c") now.connection = value.replace(/^IN IP[46] /, "");
    else if (kind === "a") readAttribute(now, value);
    else if (kind === "o" || kind === "s" || kind === "b") now.attributes.push([{ o: "origin", s: "name", b: "bandwidth" }[kind], value]);
  }
  const [session, ...media] = sections.map(({ maps, fmtps, pts, ...section }) => ({
    ...section,
    formats: pts.map((pt) => ({ pt, name: maps.get(pt) ?? (Object.hasOwn(STATIC, pt) ? STATIC[pt] : null), fmtp: fmtps.get(pt) ?? null })),
  }));
  return { session, media };
}

const numberOf = (cseq) => (isKnown(cseq) ? String(cseq).split(" ", 1)[0] : null);

/* Of each message with SDP which it answers: [{offer, answer}], indexes; answer null as long as there is none. An offer
 * that several answer (183, 200; forks) stands once with each. */
export function sdpPairs(messages) {
  const pairs = [];
  const openOf = new Map();
  const has = ({ has_sdp: sdp }) => sdp === true;

  messages.forEach((message, index) => {
    if (!has(message)) return;
    const dialog = `${message.call} ${message.call_id} ${message.from_tag}`;
    const isRequest = isKnown(message.method) && !isKnown(message.status);
    const key = `${message.call} ${message.call_id} ${numberOf(message.cseq)}`;
    const late = openOf.get(dialog);

    if (isRequest && /^(ACK|PRACK)$/.test(message.method) && late !== undefined) {
      pairs.push({ offer: late, answer: index });
      openOf.delete(dialog);
    } else if (!isRequest && openOf.has(key)) {
      pairs.push({ offer: openOf.get(key), answer: index });
    } else if (isRequest) {
      if (!openOf.has(key)) openOf.set(key, index);
    } else openOf.set(dialog, index);
  });
  const paired = new Set(pairs.flatMap(({ offer, answer }) => [offer, answer]));
  messages.forEach((message, index) => has(message) && !paired.has(index) && pairs.push({ offer: index, answer: null }));
  return pairs;
}

/* The pair that a message is in: of several, the one that has it as its answer, else the last answer to it. */
export function pairOf(pairs, index) {
  return pairs.find(({ answer }) => answer === index) ?? pairs.findLast(({ offer }) => offer === index) ?? null;
}

const mark = (offered, answered) => {
  if (offered === answered) return "same";
  if (answered === null) return "offered";
  return offered === null ? "answered" : "changed";
};
const row = (what, offered, answered) => ({ what, offered, answered, mark: mark(offered, answered) });

function keyed(pairs) {
  const counts = new Map();
  return new Map(pairs.map(([name, value]) => {
    const n = (counts.get(name) ?? 0) + 1;
    counts.set(name, n);
    return [n > 1 ? `${name} (${n})` : name, value === "" ? "yes" : value];
  }));
}

const codecKey = ({ pt, name, fmtp }) => {
  const mode = /(?:^|;)\s*mode=[^;]*/.exec(fmtp ?? "");
  return name === null ? pt : `${name.toLowerCase()}${mode?.[0] ?? ""}`;
};
const codecWords = (format) => (format ? `${format.pt} ${format.name ?? ""}${format.fmtp ? `; ${format.fmtp}` : ""}`.trim() : null);

function codecRows(offered, answered) {
  const left = new Map(answered.map((format) => [codecKey(format), format]));
  const rows = offered.map((format) => {
    const taken = left.get(codecKey(format)) ?? null;
    left.delete(codecKey(format));
    return row("Codec", codecWords(format), codecWords(taken));
  });
  return [...rows, ...[...left.values()].map((format) => row("Codec", null, codecWords(format)))];
}

function sectionRows(a, b, [sessionA, sessionB]) {
  const [attributesA, attributesB] = [keyed(a?.attributes ?? []), keyed(b?.attributes ?? [])];
  const direction = (section, session) => (section ? (section.direction ?? session?.direction ?? "sendrecv") : null);
  const where = (section, session) => (section ? `${section.connection ?? session?.connection ?? "?"}:${section.port ?? "?"}` : null);

  return [
    row("Address", where(a, sessionA), where(b, sessionB)),
    row("Transport", a?.proto ?? null, b?.proto ?? null),
    row("Direction", direction(a, sessionA), direction(b, sessionB)),
    ...codecRows(a?.formats ?? [], b?.formats ?? []),
    ...[...new Set([...attributesA.keys(), ...attributesB.keys()])].map((name) => row(name, attributesA.get(name) ?? null, attributesB.get(name) ?? null)),
  ];
}

/* Two descriptions side by side: [{title, refused, rows: [{what, offered, answered, mark}]}]; mark: same, changed, offered
 * (and not answered), answered (and not offered). An address always differs, and is no difference to be marked. */
export function compareSdp(offer, answer) {
  const count = Math.max(offer?.media.length ?? 0, answer?.media.length ?? 0);
  const plain = (rows) => rows.map((each) => (["Address", "origin", "name"].includes(each.what) ? { ...each, mark: "same" } : each));
  const of = (section) => keyed(section?.attributes ?? []);
  const [a, b] = [of(offer?.session), of(answer?.session)];
  const session = [...new Set([...a.keys(), ...b.keys()])].map((name) => row(name, a.get(name) ?? null, b.get(name) ?? null));

  return [
    ...Array.from({ length: count }, (_, at) => {
      const [one, other] = [offer?.media[at] ?? null, answer?.media[at] ?? null];
      return {
        title: (one ?? other).media,
        refused: other?.port === "0",
        rows: plain(sectionRows(one, other, [offer?.session, answer?.session])),
      };
    }),
    ...(session.length ? [{ title: "session", refused: false, rows: plain(session) }] : []),
  ];
}
