/*
 * marks - what happened at one moment of a call's media: keys pressed, changes in mid-stream.
 */
import { isKnown, percent, text } from "./format.js";
import { directionWord } from "./words.js";
import { eventWords, keyWay } from "./sound_words.js";
import { eventsOf, keysOf } from "./stream_kinds.js";

const REQUESTS_MAX = 40;

/* A digit is there only where the configuration keeps them; else a bullet stands for it. */
export const MASK = "•";

export function keyText({ digit }) {
  return typeof digit === "string" && /^[0-9A-Da-d*#]$/.test(digit) ? digit : MASK;
}

export function keyWays(key) {
  const also = Array.isArray(key.also) ? key.also : [];
  return [key.method, ...also].filter(isKnown).map(keyWay).join(", also ");
}

function keyMark(key) {
  return {
    kind: "key",
    time: key.time,
    glyph: keyText(key),
    words: `key ${keyText(key) === MASK ? "(masked)" : keyText(key)}, ${keyWays(key)}, ${directionWord(key.direction ?? "unknown")}`,
  };
}

function eventMark(event, stream) {
  const { words, flagged } = eventWords(event);
  return { kind: flagged ? "alarm" : "event", time: event.t, glyph: flagged ? "!" : "◆", words: `${words}, ${directionWord(stream.direction)}` };
}

const burstMark = ({ from, to, share }, direction, start) => ({
  kind: "burst",
  time: start + from,
  glyph: "≋",
  words: `burst of loss, ${to - from} s, up to ${percent(share)} in a second, ${directionWord(direction)}`,
});

/* Bursts of all tracks, see tracks.js; start: the epoch second of their 0. */
export const burstMarks = (tracks, start) => tracks.flatMap(({ bursts, direction }) => bursts.map((burst) => burstMark(burst, direction, start)));

/* Requests that change or end a call while it has media. */
export function requestMarks(messages) {
  return messages
    .filter(({ method, status, time }) => isKnown(method) && !isKnown(status) && !/^(ACK|PRACK|INFO)$/.test(method) && typeof time === "number")
    .slice(0, REQUESTS_MAX)
    .map(({ method, time }) => ({ kind: "sip", time, glyph: "▿", words: text(method, 20) }));
}

/* All of a call by time; those without a time are left to the lists. */
export function marksOf(call, streams) {
  const keys = keysOf(call).map(keyMark);
  const events = streams.flatMap((stream) => eventsOf(stream).map((event) => eventMark(event, stream)));

  return [...keys, ...events].filter(({ time }) => typeof time === "number").sort((a, b) => a.time - b.time);
}

/* Events of all streams with the stream each is of, by time. */
export function eventList(streams) {
  return streams
    .flatMap((stream) => eventsOf(stream).map((event) => ({ ...eventWords(event), time: event.t ?? null, stream })))
    .sort((a, b) => (a.time ?? Infinity) - (b.time ?? Infinity));
}
