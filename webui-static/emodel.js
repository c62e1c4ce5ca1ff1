/*
 * emodel - how a stream's R value comes about, so that a person can follow it.
 *
 * Shows what the probe computed; computes nothing anew but the terms between. On a listening MOS
 * there is no delay: R = (Ro − Is) − Ie_eff. In conversation the delay's term is what R loses more.
 * Source  ITU-T G.107, G.107.1, G.107.2; G.113 for Ie and Bpl.
 */
import { isKnown } from "./format.js";

/* The best R of each scale, and the ceiling of Ie_eff. */
const SCALES = {
  nb: { name: "narrowband", best: 93.2062, ceiling: 95 },
  wb: { name: "wideband", best: 129, ceiling: 95 },
  fb: { name: "fullband", best: 148, ceiling: 132 },
};
/* R is given with two decimals; the terms between add their own rounding. */
const CLOSE = 0.6;
const LEAST_PACKETS = 100;
const HEADLINE_BUFFER_MS = 200;

/* What a listener's jitter buffer may be: its key in the record, its name. */
export const BUFFERS = [
  ["raw", "loss alone"],
  ["jb20", "20 ms"],
  ["jb60", "60 ms"],
  ["jb120", "120 ms"],
  ["jb200", "200 ms"],
  ["adaptive", "adaptive"],
];
export const HEADLINE = "jb200";

function impairment({ ie, bpl, ppl_ratio: ppl, burst_ratio: burst }, ceiling) {
  const loss = ppl * 100;
  if (loss === 0) return ie;
  return ie + (ceiling - ie) * (loss / (loss / Math.max(burst, 1) + bpl));
}

/* The scale that the headline R is of: as the record says, or (of older days) the one that fits;
 * null when the sum does not come out: another model made it than the one that is explained here. */
function scaleOf({ model, r }) {
  const needed = [model?.ie, model?.bpl, model?.ppl_ratio, model?.burst_ratio, r?.[HEADLINE]];
  const fits = ({ best, ceiling }) => Math.abs(best - impairment(model, ceiling) - r[HEADLINE]) < CLOSE;

  if (!needed.every(isKnown)) return null;
  if (!isKnown(model.scale)) return Object.values(SCALES).find(fits) ?? null;
  const scale = Object.hasOwn(SCALES, model.scale) ? SCALES[model.scale] : null;
  return scale !== null && fits(scale) ? scale : null;
}

/* The share that is missing behind a buffer, and how many of it came too late. */
function missingOf(stream, buffer) {
  const { late, lost_total: missing } = buffer === "raw" ? { late: 0, lost_total: stream.lost } : (stream.playout?.[buffer] ?? {});

  if (buffer === HEADLINE) return { ppl: stream.model.ppl_ratio, late, missing };
  return { ppl: isKnown(missing) && stream.expected > 0 ? missing / stream.expected : null, late, missing };
}

/* How often losses come side by side is recorded for the headline's buffer, and for loss alone. */
function burstsOf(stream, buffer) {
  if (buffer === HEADLINE) return stream.model.burst_ratio;
  return buffer === "raw" ? (stream.burst?.burst_ratio ?? null) : null;
}

/* {scale, best, codec, loss, r, mos, ppl, late, missing, bursts} with best − codec − loss = r; null when the
 * record does not hold what is needed. */
export function explainMos(stream, buffer = HEADLINE) {
  const scale = scaleOf(stream);
  const r = stream.r?.[buffer];
  const mos = stream.mos_lq?.[buffer];

  if (scale === null || !isKnown(r) || !isKnown(mos)) return null;
  const codec = stream.model.ie;
  return {
    scale: scale.name,
    best: scale.best,
    codec,
    loss: Math.max(scale.best - codec - r, 0),
    r,
    mos,
    bursts: burstsOf(stream, buffer),
    ...missingOf(stream, buffer),
  };
}

/* What delay takes in conversation: {r, mos, delay, ms, parts: [[what, ms]…]}; parts only where they make up
 * the whole. null: unknown. */
export function explainConversation(stream) {
  const r = stream.r?.cq;
  const ms = stream.model?.cq_delay_ms ?? null;
  const rtt = stream.rtcp?.rtt_ms;

  if (![r, stream.mos_cq, stream.r?.[HEADLINE]].every(isKnown)) return null;
  const parts = [
    ["half of the round trip", isKnown(rtt) ? rtt / 2 : null],
    ["the buffer", HEADLINE_BUFFER_MS],
    ["one packet", stream.ptime_ms],
  ];
  const sum = parts.reduce((all, [, part]) => all + (part ?? Number.NaN), 0);
  return {
    r,
    mos: stream.mos_cq,
    delay: Math.max(stream.r[HEADLINE] - r, 0),
    ms,
    parts: isKnown(ms) && Math.abs(sum - ms) < 1 ? parts : [],
  };
}

/* Why there is no MOS, as a sentence; null when there is one. */
export function whyNoMos(stream) {
  if (isKnown(stream.mos_lq?.[HEADLINE])) return null;
  if (stream.media === "image") return "Fax is not listened to: there is no MOS.";
  if (stream.media === "video") return "The E-model is about speech: there is no MOS of video.";
  if (isKnown(stream.packets) && stream.packets < LEAST_PACKETS)
    return `Too little was heard for a MOS: ${stream.packets} packets, and under ${LEAST_PACKETS} it would be a guess.`;
  if (!isKnown(stream.codec)) return "No MOS: nothing said which codec this is.";
  if (!isKnown(stream.model?.ie)) return "No MOS: no impairment is published or known for this codec.";
  if (isKnown(stream.r?.raw)) return "No MOS behind a buffer: its timestamps contradict the times of arrival.";
  return "No MOS: the record does not say why.";
}
