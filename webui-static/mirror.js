/*
 * mirror - is my SPAN port right? What the probe's record of it says, and what to do about it.
 */
import { isKnown } from "./format.js";
import { countsOf } from "./ledger.js";

/* complaint: as the record names it. count, of, ratio: fields of the record. */
const CHECKS = [
  {
    complaint: "doubled",
    title: "came twice",
    count: "duplicate_frames",
    of: "frames",
    what: "packets",
    ratio: "duplicate_ratio",
    fix: "Mirror each port in one direction only, or one port instead of both ends of a link. The copies are left out of every figure, but cost twice the bandwidth.",
  },
  {
    complaint: "one_way",
    title: "heard in one direction only",
    count: "one_way",
    of: "conversations",
    what: "pairs of hosts",
    fix: "Mirror both directions (rx and tx), or the port by which the answers return too. Until then, what looks like one-way audio may be the mirror.",
  },
  {
    complaint: "vlan_missing",
    title: "tagged otherwise in one direction",
    count: "vlan_asymmetric",
    of: "conversations",
    what: "pairs of hosts",
    fix: "Let the mirror keep the VLAN tags (on Cisco: encapsulation replicate), or set decap.separate_vlans: no.",
  },
  {
    complaint: "cut",
    title: "are cut",
    count: "truncated",
    of: "frames",
    what: "packets",
    ratio: "truncated_ratio",
    fix: "Raise the snap length (capture.snaplen, tcpdump -s 0), or the MTU of the tunnel that carries the mirror.",
  },
];

function shareOf(check, mirror) {
  if (check.ratio) return mirror[check.ratio];
  return isKnown(mirror[check.count]) && mirror[check.of] > 0 ? mirror[check.count] / mirror[check.of] : null;
}

/* Each check with its count, share and whether the probe complains of it; then complaints that this
 * page does not know. */
export function checksOf(mirror) {
  const complaints = Array.isArray(mirror.complaints) ? mirror.complaints : [];
  const known = CHECKS.map((check) => ({
    ...check,
    value: mirror[check.count] ?? null,
    total: mirror[check.of] ?? null,
    share: shareOf(check, mirror),
    judged: isKnown(mirror[check.count]) && mirror[check.of] > 0,
    bad: complaints.includes(check.complaint),
  }));
  const others = complaints.filter(
    (name) => typeof name === "string" && !CHECKS.some(({ complaint }) => complaint === name),
  );

  return { known, others, bad: known.filter(({ bad }) => bad).length + others.length };
}

/* VLANs or tunnels with their share of the packets, greatest first; what does not fit is summed. */
export function sharesOf(object, most = 6) {
  const counts = countsOf(object);
  const all = counts.reduce((sum, [, value]) => sum + value, 0);
  const shown = counts.slice(0, most).map(([name, value]) => [name, all > 0 ? value / all : null]);

  return { shown, more: Math.max(0, counts.length - most) };
}
