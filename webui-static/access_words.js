/*
 * access_words - roles, rights and deeds in plain words.
 */
import { own, text } from "./format.js";

/* docs/ACCESS.md has the same as a table. */
export const ROLES = {
  viewer: "calls and figures with masked numbers; no messages, no packets",
  engineer: "numbers, SIP messages, pcap; acknowledges and silences alerts",
  media: "the same, and listens where that is on",
  auditor: "the audit trail; no calls",
  admin: "everything, and users",
};

const RIGHTS = {
  self: "see to one's own account",
  see: "see calls, alerts, figures",
  numbers: "see numbers and names in clear",
  signalling: "read SIP messages",
  packets: "take packets and results away",
  sound: "listen, where that is on",
  handle: "acknowledge, silence, send again",
  trail: "read the audit trail",
  admin: "see to users and the tokens of all",
  metrics: "ask for /metrics",
};

/* What a token can be given. */
export const SCOPES = ["see", "numbers", "signalling", "packets", "sound", "handle", "trail", "metrics"];

export const roleWords = (name) => own(ROLES, name) ?? text(name, 40);
export const rightWords = (name) => own(RIGHTS, name) ?? text(name, 40);
