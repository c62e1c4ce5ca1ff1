/*
 * call_words - what the names in a call's lists mean: what happened to it, other calls, how it ended.
 *
 * As in words.js, a name that is not here is shown as it is, with its underscores as spaces.
 */
import { isKnown, own, plain, text } from "./format.js";


const HISTORIES = {
  challenge: "Credentials were asked for",
  redirect: "Sent elsewhere by a redirection",
  branch: "The call forked: one more phone answered to it",
  early_media: "Media before the answer was agreed on",
  prack: "A provisional answer was acknowledged (PRACK)",
  update: "The session was changed by UPDATE",
  reinvite: "The session was changed by a re-INVITE",
  hold: "Put on hold",
  resume: "Taken back from hold",
  media_moved: "The media moved to another address",
  refer: "A transfer was asked for (REFER)",
  transferred: "The transfer came about",
  transfer_failed: "The transfer failed",
  replaced: "Another call took its place",
  joined: "Another call joined it",
  session_refresh: "The session timer was refreshed",
  session_expired: "The session timer ran out",
  glare: "Both sides changed the session at once (491)",
  fax: "Went over to fax (T.38)",
  merged: "The INVITE came twice, by two ways (482)",
  cancel: "The caller gave up",
  media_timeout: "No packet came for over a minute",
};

const LINKS = {
  replaces: "This call takes the place of",
  replaced_by: "Its place was taken by",
  joins: "This call joins",
  joined_by: "It was joined by",
  transfers_to: "Its transfer led to",
  referred_from: "It came of a transfer in",
};

const ENDED_HOW = {
  bye: "hung up (BYE)",
  cancel: "given up before the answer (CANCEL)",
  rejected: "refused",
  redirected: "sent elsewhere",
  timeout: "nobody answered the INVITE",
  ack_timeout: "hung up because the answer was never acknowledged",
  session_timeout: "the session timer ran out",
  replaced: "another call took its place",
  interrupted: "cut off, without a BYE",
};

/* RFC 8588: what the signer vouches for. */
const ATTESTATIONS = {
  A: "full (A): the signer knows the caller and the number",
  B: "partial (B): the signer knows the caller, not the number",
  C: "gateway (C): the signer knows where the call came in, no more",
};

/* What the Identity header says, in short; null: there is none. Nobody has verified its signature. */
export function attestationWords(stir) {
  if (stir === null || typeof stir !== "object" || Array.isArray(stir)) return null;
  const level = own(ATTESTATIONS, stir.attestation) ?? "an attestation that cannot be read";
  const mismatch = [stir.orig_matches === false ? "not for this caller" : null, stir.dest_matches === false ? "not for who is called" : null].filter(Boolean);
  const against = mismatch.length ? `, but ${mismatch.join(" and ")}` : "";
  const signer = isKnown(stir.x5u_host) ? `, signed by ${text(stir.x5u_host, 80)}` : "";
  return `${level}${against}${signer}, unverified`;
}

const KEPT = {
  headers: "Of its media the headers alone are kept, no sound",
  signalling: "Its signalling is kept, its media is not",
  nothing: "None of its packets are kept",
};

const KEPT_BY = {
  default: "so the configuration has it (store.keep)",
  policy: "so a line of store.policy has it",
  value: "it ended without what store.media_of asks for",
  pressure: "the disk was too full",
  erased: "they were erased",
};

/* What is not there of a call's packets, and why; null: they are whole, or nobody says. */
export function keptSentence({ kept, kept_by: by }) {
  const what = own(KEPT, kept);
  const why = own(KEPT_BY, by);
  return what ? `${what}${why ? `: ${why}` : ""}.` : null;
}

const SIDES = { caller: "by the caller", callee: "by the callee" };

export const historyWord = (name) => own(HISTORIES, name) ?? plain(name);
export const linkWord = (name) => own(LINKS, name) ?? plain(name);
export const endedWord = (name) => (isKnown(name) ? (own(ENDED_HOW, name) ?? plain(name)) : null);
export const sideWord = (name) => (isKnown(name) ? (own(SIDES, name) ?? `by ${plain(name)}`) : null);
