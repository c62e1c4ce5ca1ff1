/*
 * evidence - what the verdict on a call's audio rests on, as rows for a table: what is known of the caller and of the
 * callee, side by side, and what is known of both. Facts alone; the sentences are the story's.
 */
import { count, duration, isKnown, own, plain, text } from "./format.js";

const object = (value) => (value !== null && typeof value === "object" && !Array.isArray(value) ? value : {});
const list = (value) => (Array.isArray(value) ? value.filter((each) => each !== null && typeof each === "object") : []);

const WHY = {
  both_heard: "both sides were heard",
  dtx: "one side is quiet by comfort noise",
  nothing_came: "nothing came from either side",
  caller_sent_nothing: "nothing came from the caller",
  callee_sent_nothing: "nothing came from the callee",
  sent_elsewhere: "packets went where no SDP wanted them",
  private_address: "nothing came, and the listener's address is private",
  sent_to_private_address: "packets are sent to a private address",
  silence: "one side's packets hold silence",
  held: "on hold at the end",
  before_answer: "heard before the answer alone",
  pair_never_both_ways: "these two are never seen both ways",
  reports_of_unseen: "the listener reports on packets that the probe never saw",
  too_short: "too short to tell",
  no_media_anywhere: "the probe hears no media of any call",
  no_sdp: "no SDP was seen",
  fax: "a fax",
  direction_unknown: "whose packets they are is not known",
  answer_unseen: "the answer was not seen",
  pair_undecided: "the network or the mirror: not told apart yet",
};
const REPORTS = {
  hears_unseen: "hear packets that the probe never saw",
  hears_seen: "hear what the probe saw",
  hears_nothing: "hear nothing",
};
const LEARNED = {
  answers: "it sends to an announced address",
  answered: "an announced address sends there",
  candidate: "an ICE candidate",
  port: "the announced port, at the host of the signalling",
  ssrc: "an SSRC that the SDP names",
  continues: "it goes on where another stream stopped",
};

export const whyWord = (name) => own(WHY, name) ?? plain(name);

/* What is said of both sides: how it reads; mono: an address; some: worth a row only when it is not 0 for both. */
const SIDED = [
  ["packets", "Packets since the answer", count],
  ["early_packets", "Packets before the answer", count, "some"],
  ["elsewhere", "Packets to where no SDP wants them", count, "some"],
  ["announced", "Wants its media at", (value) => text(value, 60), "mono"],
  ["arrived_from", "Its packets come from", (value) => text(value, 60), "mono"],
  ["went_to", "Its packets go to", (value) => text(value, 60), "mono"],
  ["directions", "Said last in SDP", (value) => text(value, 20)],
  ["excused_ms", "Allowed to be quiet for", duration, "some"],
  ["rtcp", "Its reports", (value) => own(REPORTS, value) ?? plain(value)],
];

/* [{title, caller, callee, mono}]; null: not known. Rows of which nothing is known are left out. */
export function sidedRows(evidence) {
  const said = object(evidence);

  return SIDED.map(([key, title, show, kind]) => {
    const sides = object(said[key]);
    if (kind === "some" && !(sides.caller > 0 || sides.callee > 0)) return { caller: null, callee: null };
    const [caller, callee] = [sides.caller, sides.callee].map((value) =>
      isKnown(value) && typeof value !== "object" ? show(value) : null,
    );
    return { title, caller, callee, mono: kind === "mono" };
  }).filter(({ caller, callee }) => isKnown(caller) || isKnown(callee));
}

function pairText(pair) {
  const hosts = Array.isArray(pair.hosts) ? pair.hosts.map((host) => text(host, 60)).join(" and ") : "these two";
  const alone = isKnown(pair.only_from) ? `; only ${text(pair.only_from, 60)} was ever seen to send` : "";
  return `${count(pair.calls)} ${pair.calls === 1 ? "call" : "calls"} between ${hosts}: ${count(pair.both_ways)} heard both ways, ${count(pair.one_way)} one way${alone}`;
}

/* [[title, text]] of what concerns both. */
export function sharedFacts(evidence) {
  const said = object(evidence);
  const pair = object(said.pair);
  const capture = object(said.capture);
  const facts = [
    ["Because", isKnown(said.why) ? whyWord(said.why) : null],
    ["Talked for", isKnown(said.talk_ms) ? duration(said.talk_ms) : null],
    ["Packets of unknown direction", said.unassigned > 0 ? count(said.unassigned) : null],
    ["On hold at the end by", isKnown(said.held_by) ? plain(said.held_by) : null],
    ["Other calls of this pair", isKnown(pair.calls) ? pairText(pair) : null],
    ["Lost at the same instant as other calls", capture.lost > 0 ? `${count(capture.simultaneous)} of ${count(capture.lost)} packets` : null],
    ["Lost by the probe meanwhile", capture.dropped > 0 ? `${count(capture.dropped)} packets` : null],
    ["Final", said.provisional === true ? "no: it may be judged otherwise when the call is over" : null],
  ];
  return facts.filter(([, value]) => isKnown(value));
}

/* Addresses that no SDP named, and why they belong to the call all the same. */
export const learnedOf = (evidence) =>
  list(object(evidence).learned).map((each) => ({ side: plain(each.side), address: text(each.addr, 60), by: own(LEARNED, each.by) ?? plain(each.by) }));
