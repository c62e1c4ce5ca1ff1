/*
 * story - a call told in a few sentences: what happened, why it ended, how it sounded.
 *
 * Says only what the record says; what is unknown is left out.
 */
import { count, duration, isKnown, milliseconds, percent, text } from "./format.js";
import { causeWord, mosWords, verdictWords } from "./words.js";

function setup(call) {
  const parts = [];

  if (call.auth_challenged) parts.push("had to prove who is calling");
  if (isKnown(call.post_dial_delay_ms))
    parts.push(`got a first sign after ${milliseconds(call.post_dial_delay_ms)}`);
  if (isKnown(call.ring_ms) && isKnown(call.answer_time))
    parts.push(`rang for ${milliseconds(call.ring_ms)}`);
  if (parts.length === 0) return null;
  return `The call ${parts.join(", ")}.`;
}

function finalStatus(call) {
  if (!isKnown(call.final_status)) return "without a final answer";
  const reason = isKnown(call.final_reason) ? ` ${text(call.final_reason, 60)}` : "";
  return `with ${call.final_status}${reason}`;
}

function ending(call) {
  switch (call.state) {
    case "trying":
      return "Nobody has answered yet.";
    case "ringing":
      return "It is ringing.";
    case "in_call":
      return isKnown(call.duration_ms)
        ? `They have been talking for ${duration(call.duration_ms)}.`
        : "They are talking.";
    case "completed": {
      const who = isKnown(call.ended_by) ? `, then the ${text(call.ended_by, 20)} hung up` : "";
      return isKnown(call.duration_ms) ? `They talked for ${duration(call.duration_ms)}${who}.` : null;
    }
    case "cancelled":
      return "The caller gave up before anybody answered.";
    case "abandoned":
      return "It was never finished: the last messages of the call were not seen.";
    case "failed": {
      const cause = causeWord(call.nos_cause);
      return `It failed ${finalStatus(call)}${cause ? `: ${cause}` : ""}.`;
    }
    default:
      return null;
  }
}

function sound(call) {
  const loss =
    call.loss_ratio === 0 ? "no packet was lost" : `up to ${percent(call.loss_ratio)} of the packets were lost`;

  if (isKnown(call.mos_lq)) {
    const heard = `The worse side sounded ${mosWords(call.mos_lq).word} (MOS ${call.mos_lq.toFixed(2)})`;
    return isKnown(call.loss_ratio) ? `${heard}; ${loss}.` : `${heard}.`;
  }
  return isKnown(call.loss_ratio) ? `${loss[0].toUpperCase()}${loss.slice(1)}.` : null;
}

/* A short burst that the whole call's MOS hides. */
function worst(call) {
  const { bad_seconds: bad, worst_10s_mos_lq: mos } = call;

  if (!(bad > 0)) return null;
  const seconds = bad === 1 ? "For one second it was bad" : `For ${count(bad)} seconds it was bad`;
  return isKnown(mos) ? `${seconds}; the worst ten in a row had MOS ${mos.toFixed(2)}.` : `${seconds}.`;
}

/* What receivers miss and the probe does not: the MOS above is of what passed the probe. */
function behind(call) {
  const WORTH_SAYING = 0.01;
  const ends = { caller_to_callee: "callee", callee_to_caller: "caller" };

  return (call.streams ?? [])
    .filter((s) => !s.foreign_source && s.direction in ends && s.expected > 0)
    .map((s) => ({ end: ends[s.direction], share: (s.rtcp?.lost_after_probe ?? 0) / s.expected }))
    .filter(({ share }) => share >= WORTH_SAYING)
    .map(({ end, share }) => `Behind the probe the ${end} lost another ${percent(share)}: it heard worse than that.`);
}

function oddities(call) {
  const said = [];

  if (call.fax === true) said.push("It was switched to fax (T.38).");
  if (call.codec_changes_unannounced > 0) said.push("The codec changed, and no SDP announced it.");
  if (call.foreign_sources > 0) said.push("Somebody else sent packets to its ports, too.");
  return said;
}

export function storyOf(call) {
  const verdict = verdictWords(call.media_verdict).sentence;

  return [setup(call), ending(call), verdict, sound(call), worst(call), ...behind(call), ...oddities(call)].filter(
    (sentence) => sentence !== null,
  );
}
