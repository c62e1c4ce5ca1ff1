/*
 * legs - the calls of one conversation, each with its letter: A is the one that began first.
 *
 * No drawing. What the API says wrongly is left out.
 */
import { isId } from "./api.js";
import { isKnown, milliseconds, percent, text } from "./format.js";
import { directionWord } from "./words.js";

const list = (value) => (Array.isArray(value) ? value.filter((each) => each !== null && typeof each === "object") : []);

/* Beyond as many legs the colours begin anew; the letters do not. */
export const LEG_COLOURS = 6;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/* {legs: [{id, letter, colour, call}], pairs: [{a, b, pair}], of(id)}; without legs when the call stands alone. */
export function legsOf(call) {
  const calls = list(call?.legs?.calls).filter(({ id }) => isId(id));
  const legs = calls.length < 2 ? [] : calls.map((each, at) => ({
    id: each.id,
    letter: LETTERS[at % LETTERS.length],
    colour: at % LEG_COLOURS,
    call: each,
  }));
  const byId = new Map(legs.map((leg) => [leg.id, leg]));
  const pairs = list(call?.legs?.pairs)
    .map((pair) => ({ a: byId.get(pair.call_a), b: byId.get(pair.call_b), pair }))
    .filter(({ a, b }) => a && b);

  return { legs, pairs, of: (id) => byId.get(id) ?? null };
}

/* Streams of all legs, each with its leg. The page's own call has its streams whole: they are told of in its place. */
export function streamsOfLegs(legs, ownId, ownStreams) {
  return legs.flatMap((leg) =>
    (leg.id === ownId ? ownStreams : list(leg.call.streams))
      .filter((stream) => stream.foreign_source !== true)
      .map((stream) => ({ ...stream, leg })),
  );
}

/* What counts as hurting: one packet in a hundred, or more delay than a jitter buffer's step. */
const LOSS_HURTS = 0.01;
const DELAY_HURTS_MS = 50;

/* Facts, no sentence: the story has that. */
function oneWay(way, { loss_added_ratio: loss, delay_added_ms: delay }) {
  return { way, loss: percent(loss), delay: milliseconds(delay), hurts: loss >= LOSS_HURTS || delay >= DELAY_HURTS_MS };
}

/* Of each stream that both legs carry; of the worst alone where the streams are not told. */
export function addedOf(pair) {
  const media = list(pair.media).slice(0, 8);
  const known = (each) => isKnown(each.loss_added_ratio) || isKnown(each.delay_added_ms);

  if (media.some(known)) return media.filter(known).map((each) => oneWay(directionWord(each.direction ?? "unknown"), each));
  return known(pair) ? [oneWay("worst direction", pair)] : [];
}

const EVIDENCE = {
  call_id: "the one names the other's Call-ID",
  header: "the same value in a header that the configuration names",
  session_id: "the same Session-ID (RFC 7989)",
  session_from: "the same Session-ID (RFC 7989)",
  session_to: "the same Session-ID (RFC 7989)",
  icid: "the same charging id (ICID)",
  sound: "the same sound on both",
  dialled_number: "the number dialled",
  caller_number: "the caller",
};

const EVIDENCE_SHOWN = 24;

function evidenceWord({ by, detail }) {
  const word = Object.hasOwn(EVIDENCE, by ?? "") ? EVIDENCE[by] : null;
  const said = typeof detail === "string" && detail !== "" ? text(detail, 160) : null;
  if (word && said) return `${word} (${said})`;
  return word ?? said ?? text(isKnown(by) ? String(by).replaceAll("_", " ") : by, 60);
}

/* {speaksFor, against}: texts, the weightiest first. */
export function evidenceOf(pair) {
  const all = list(pair.evidence).slice(0, EVIDENCE_SHOWN).sort((x, y) => Math.abs(y.weight ?? 0) - Math.abs(x.weight ?? 0));
  const isAgainst = ({ weight }) => weight < 0;
  return { speaksFor: all.filter((each) => !isAgainst(each)).map(evidenceWord), against: all.filter(isAgainst).map(evidenceWord) };
}
