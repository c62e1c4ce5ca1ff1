/*
 * emodel - how a stream's R value comes about, so that a person can follow it.
 *
 * Shows what the probe computed; computes nothing anew but the terms between. On a listening MOS
 * there is no delay: R = (Ro − Is) − Ie_eff.
 * Source  ITU-T G.107, G.107.1, G.107.2; G.113 for Ie and Bpl.
 */
import { isKnown } from "./format.js";

/* The best R of each scale, and the ceiling of Ie_eff. */
const SCALES = [
  { name: "narrowband", best: 93.2062, ceiling: 95 },
  { name: "wideband", best: 129, ceiling: 95 },
  { name: "fullband", best: 148, ceiling: 132 },
];
/* R is given with two decimals; the terms between add their own rounding. */
const CLOSE = 0.6;

function impairment({ ie, bpl, ppl_ratio: ppl, burst_ratio: burst }, ceiling) {
  const loss = ppl * 100;
  if (loss === 0) return ie;
  return ie + (ceiling - ie) * (loss / (loss / Math.max(burst, 1) + bpl));
}

/* {scale, best, codec, loss, r, mos} with best − codec − loss = r; null when the record does not
 * hold what is needed, or was made by a model that this one does not explain. */
export function explainMos(stream) {
  const { model, r, mos_lq: mos } = stream;
  const needed = [model?.ie, model?.bpl, model?.ppl_ratio, model?.burst_ratio, r?.jb200, mos?.jb200];

  if (!needed.every(isKnown)) return null;
  for (const { name, best, ceiling } of SCALES) {
    const total = impairment(model, ceiling);
    if (Math.abs(best - total - r.jb200) < CLOSE)
      return { scale: name, best, codec: model.ie, loss: total - model.ie, r: r.jb200, mos: mos.jb200 };
  }
  return null;
}
