/*
 * sound - where a call's sound comes from, and what its waveform says.
 *
 * Each listening is recorded by the server, so nothing here is asked for before a person asks.
 */
import { audioAddress, fetchPeaks } from "./api.js";

export const GAPS = [
  ["conceal", "concealed"],
  ["silence", "as silence"],
];
export const FORMATS = ["wav", "flac"];
const BUCKETS = 800;

function pairs(list) {
  if (!Array.isArray(list)) return [];
  const at = (value) => (Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0);
  return list.map((pair) => (Array.isArray(pair) ? [at(pair[0]), at(pair[1])] : [0, 0]));
}

/* {seconds, start, caller, callee}: the caller's peaks and the callee's, each [[least, greatest]…];
 * start: the epoch second of the first sample, where the server says it. */
export function readPeaks(answer) {
  const channels = Array.isArray(answer.channels) ? answer.channels : [];
  const named = (name) => channels.find((channel) => channel?.name === name)?.peaks;

  return {
    seconds: typeof answer.duration_s === "number" ? answer.duration_s : 0,
    start: typeof answer.start_time === "number" ? answer.start_time : null,
    caller: pairs(named("caller") ?? answer.left),
    callee: pairs(named("callee") ?? answer.right),
  };
}

export async function askPeaks(id, signal) {
  return readPeaks(await fetchPeaks(id, BUCKETS, signal));
}

export const soundAddress = (id, gaps) => audioAddress(id, { format: "wav", gaps });
export const soundDownload = (id, format, gaps) => audioAddress(id, { format, gaps });

/* Peaks as the path of a figure `width` wide around y, `half` above and below. A line of nothing is
 * still seen. */
export function wavePath(peaks, width, y, half) {
  const step = width / Math.max(peaks.length, 1);

  return peaks
    .map(([low, high], at) => {
      const top = (y - high * half - 0.4).toFixed(1);
      return `M${((at + 0.5) * step).toFixed(1)} ${top}V${(y - low * half + 0.4).toFixed(1)}`;
    })
    .join("");
}
