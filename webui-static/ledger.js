/*
 * ledger - the probe's own accounts, ready to be shown: what came in, and where it went.
 */
import { isKnown } from "./format.js";

/* A JSON object of counts as [name, count], greatest first. */
export function countsOf(object) {
  if (object === null || typeof object !== "object" || Array.isArray(object)) return [];
  return Object.entries(object)
    .filter(([, value]) => typeof value === "number")
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/* Every packet received is in exactly one bin. The difference, or null when it cannot be said. */
export function binsMissing(capture) {
  const bins = countsOf(capture.bins);

  if (!isKnown(capture.received) || bins.length === 0) return null;
  return capture.received - bins.reduce((sum, [, value]) => sum + value, 0);
}

export const DROPS = [
  ["kernel_dropped", "Dropped by the kernel", "The capture ring was full: the machine could not keep up."],
  ["interface_dropped", "Dropped by the interface", "The network card had no room, before the kernel saw them."],
  ["store_dropped", "Not stored", "Analysed, but the disk was full or too slow: not in any pcap."],
];

export const LOSSES = [
  ["truncated", "Cut by the snap length"],
  ["duplicate_frames", "Duplicate frames"],
  ["fragments_expired", "Fragments never completed"],
  ["tcp_gaps", "Gaps in TCP"],
  ["tracked_limit", "Over a tracking limit"],
  ["not_kept", "Left out on purpose (video)"],
];
