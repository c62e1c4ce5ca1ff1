/*
 * story - a call told in plain words, as the server tells it, part by part.
 *
 * The sentences are made where the records are (analyzer/story); here they are only laid out.
 */
import { text } from "./format.js";

const SENTENCES_MAX = 4000;
const TOLD = ["who", "what", "fault", "sound", "legs"];
/* What stands elsewhere on the page: deviations in their list, how sure the probe is beside its capture. */
const ELSEWHERE = ["standard", "sure"];

function parts(call) {
  const story = Array.isArray(call?.story) ? call.story : [];
  return story.filter((each) => each !== null && typeof each === "object" && typeof each.text === "string" && each.text !== "");
}

/* [{part, text}] in the order in which they came; a part that this page does not know stands among them. */
export function storyOf(call) {
  return parts(call)
    .filter(({ part }) => !ELSEWHERE.includes(part))
    .map(({ part, text: said }) => ({ part: TOLD.includes(part) ? part : "other", text: text(said, SENTENCES_MAX) }));
}

/* How far the probe is to be believed; null: not told. */
export function sureOf(call) {
  const said = parts(call).filter(({ part }) => part === "sure");
  return said.length ? said.map(({ text: sentence }) => text(sentence, SENTENCES_MAX)).join(" ") : null;
}
