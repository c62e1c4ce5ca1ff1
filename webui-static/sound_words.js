/*
 * sound_words - what the names in a stream's record mean: changes, keys, loss sides, fax.
 *
 * As in words.js, a name that is not here is shown as it is, with its underscores as spaces.
 */
import { count, isKnown, milliseconds, own, percent, plain, text } from "./format.js";


const WAYS = { rfc4733: "RTP event (RFC 4733)", info: "SIP INFO", inband: "tone in the sound" };
const MODELS = {
  itu: "ITU-T figures",
  literature: "figures from literature",
  assumed: "figures assumed from a similar codec",
};
const CORRECTIONS = { none: "none", redundancy: "redundancy", fec: "forward error correction" };
const REPORTS = { session: "of the whole call", interval: "of a part of it", alert: "an alert" };

export const keyWay = (name) => own(WAYS, name) ?? plain(name);
export const modelWord = (name) => own(MODELS, name) ?? plain(name);
export const correctionWord = (name) => own(CORRECTIONS, name) ?? plain(name);
export const reportWord = (name) => own(REPORTS, name) ?? plain(name);

/* Changes in mid-stream. */
const EVENTS = {
  codec_change: "The codec changed",
  clock_change: "The RTP clock changed its rate (Hz)",
  restart: "The sequence numbers began anew",
  timestamp_jump: "The RTP clock jumped",
  dscp_change: "The DSCP mark changed",
  ssrc_change: "Another SSRC took over",
  media_address_change: "The packets come from another address",
  ssrc_collision: "Two senders use the same SSRC",
  t38_switch: "Switched to fax (T.38)",
};

/* {words, change, flagged}: flagged is what no SDP announced, though it should have. */
export function eventWords(event) {
  const words = own(EVENTS, event.event) ?? plain(event.event);
  const changed = isKnown(event.from) || isKnown(event.to) ? `${text(event.from, 60)} → ${text(event.to, 60)}` : "";
  const change = isKnown(event.jump_ms) ? `by ${(event.jump_ms / 1000).toFixed(2)} s`.replace("-", "−") : changed;
  const announced = event.announced === true ? "announced by SDP" : event.announced === false ? "announced by nobody" : "";

  return { words, change, announced, flagged: event.announced === false };
}

const ENDS = {
  caller_to_callee: ["caller", "callee"],
  callee_to_caller: ["callee", "caller"],
};

/* Who sends and who hears a stream. */
export function endsOf(direction) {
  return own(ENDS, direction) ?? ["sender", "receiver"];
}

const packets = (n) => (n === 1 ? "1 packet" : `${count(n)} packets`);

/* On which side of the probe packets were lost, as a sentence; null when nobody can say. */
export function lossSideSentence(stream) {
  const { loss_side: side, lost_before_probe: before, lost_after_probe: after } = stream.rtcp ?? {};
  const [sender, receiver] = endsOf(stream.direction);
  const many = (n) => (isKnown(n) ? packets(n) : "packets");

  switch (side) {
    case "none":
      return `Nothing was lost on either side of the probe: what the ${sender} sent arrived at the ${receiver}.`;
    case "before_probe":
      return `${many(before)} lost between the ${sender} and the probe; from the probe to the ${receiver} everything arrived. Look towards the ${sender}.`;
    case "after_probe":
      return `${many(after)} lost between the probe and the ${receiver}; everything that the ${sender} sent passed the probe. Look towards the ${receiver}.`;
    case "both":
      return `Lost on both sides of the probe: ${many(before)} between the ${sender} and the probe, ${many(after)} between the probe and the ${receiver}.`;
    default:
      return null;
  }
}

/* Why a measure of the sound is not there. */
export function whyNoSound(stream) {
  if (stream.srtp === true) return "encrypted";
  if (stream.media !== "audio" && isKnown(stream.media)) return "no sound";
  if (isKnown(stream.silence_ratio)) return "only silence";
  return "this codec is not decoded";
}

/* Why a measure of the time is not there. */
export const whyNoDrift = () => "too short to tell";

/* Share of missing packets for a sentence; a share of nothing has no bursts. */
export function lossWords(ppl, bursts) {
  if (!isKnown(ppl)) return "loss";
  if (ppl === 0) return "loss 0 %";
  return `loss ${percent(ppl)}${isKnown(bursts) ? ` bursts ${bursts.toFixed(1)}` : ""}`;
}

/* The call's foreign sources, explained. */
export const FOREIGN_SENTENCE =
  "Somebody whom no SDP named sent packets to this call's port. They are shown here and count in none of the call's figures. It may be a leftover of an older call, a wrong mapping, or an attack.";

export const tookWords = (ms) => (isKnown(ms) ? `${milliseconds(ms)}` : "duration not told");
