/*
 * words - what the names in the records mean, in plain words.
 *
 * A name that is not in a table is shown as it is, with its underscores as spaces: the server may
 * be newer than this page.
 */
import { isKnown, NONE, own, plain, text } from "./format.js";

const STATES = {
  trying: "trying",
  ringing: "ringing",
  in_call: "in call",
  completed: "completed",
  cancelled: "cancelled",
  failed: "failed",
  abandoned: "abandoned",
  interrupted: "interrupted",
};

/* The word, and level: good, fair, poor, bad or quiet. What it means for this call is the story's to say. */
const VERDICTS = {
  ok: ["ok", "good"],
  no_rtp: ["no audio", "bad"],
  one_way: ["one-way", "bad"],
  wrong_address: ["wrong address", "bad"],
  nat_unreachable: ["behind NAT", "bad"],
  silent: ["silent", "poor"],
  on_hold: ["on hold", "quiet"],
  early_only: ["early only", "quiet"],
  capture_blind: ["blind", "fair"],
  unknown: ["unclear", "quiet"],
};

const CONFIDENCE_REASONS = {
  capture_drops: "the probe lost packets while the call was up",
  simultaneous_gaps: "its losses fall on instants in which calls of other hosts lost packets as well",
  one_direction_invisible: "one direction of these hosts is never seen",
  tcp_gaps: "there are holes in the TCP stream of its signalling",
  truncated_packets: "packets were cut off by the capture's snap length",
};

const CONFIDENCE = {
  high: "The probe saw everything: these numbers are the network's.",
  reduced: "Some of the loss may be the probe's own.",
  low: "Do not blame the network for these numbers: the probe itself missed packets.",
};

const BINS = {
  sip: "SIP messages",
  sip_malformed: "SIP that cannot be read",
  sip_keepalive: "SIP keep-alives",
  rtp: "RTP of known streams",
  rtp_unproven: "perhaps RTP, too few to be sure",
  rtp_malformed: "RTP that does not fit",
  rtcp: "RTCP",
  rtcp_malformed: "RTCP damaged or encrypted",
  stun: "STUN",
  dtls: "DTLS",
  zrtp: "ZRTP",
  t38: "T.38 fax",
  udp_other: "other UDP",
  udp_empty: "empty UDP",
  tcp: "TCP without SIP",
  tcp_segment: "TCP that may be SIP, and completes no message",
  tcp_malformed: "TCP that cannot be read",
  tls: "TLS",
  websocket: "WebSocket upgrades and pings",
  icmp: "ICMP",
  sctp: "SCTP",
  tunnel: "tunnels not opened",
  tunnel_malformed: "tunnels that cannot be read",
  tunnel_depth: "too many layers of tunnels",
  ip_other: "other IP protocols",
  fragment: "parts of fragmented packets",
  fragment_overlap: "fragments that contradict each other",
  fragment_malformed: "fragments that cannot be",
  fragment_limit: "fragments over the limit",
  duplicate: "copies made by the mirror port",
  arp: "ARP",
  link_other: "other Ethernet types",
  link_unknown: "unknown link type",
  link_short: "cut below IP",
  vlan_depth: "too many VLAN tags",
  ip_version: "wrong IP version",
  ip_header: "IP header that does not fit",
  ip_short: "cut inside the IP header",
  ip_length: "IP length that lies",
  ipv6_extensions: "IPv6 extensions too long",
  udp_short: "cut inside the UDP header",
  udp_length: "UDP length that lies",
  filtered: "left out by the filter",
};

const REFUSALS = {
  calls: "calls over the limit",
  streams: "streams over the limit",
  streams_in_call: "streams of one call over the limit",
  transactions: "transactions over the limit",
  media_addresses: "media addresses over the limit",
  branches: "branches of one call over the limit",
  text_cut: "header values cut",
  sdp_malformed: "SDP that cannot be read",
  sip_no_call: "SIP of no known call",
  rtp_out_of_window: "wild RTP sequence numbers",
  intervals: "intervals over the limit",
  fragmented: "fragmented packets over the limit",
  tcp_streams: "TCP streams over the limit",
  tcp_bytes: "TCP bytes waiting over the limit",
  tcp_overlap: "TCP bytes sent twice, differing",
  sip_resync: "SIP streams picked up after damage",
  sip_too_long: "SIP messages over the limit",
  websocket_malformed: "WebSocket frames that cannot be",
  tls_malformed: "TLS handshakes that cannot be read",
  certificate_malformed: "certificates that cannot be read",
  certificates: "certificates over the limit",
  handshakes: "TLS handshakes over the limit",
  flows: "unknown flows over the limit",
  conversations: "conversations over the limit",
  stream_events: "changes in mid-stream over the limit",
  payload_malformed: "codec frames that cannot be",
  xr_malformed: "RTCP XR blocks whose length lies",
  vq_malformed: "phones' quality reports that cannot be read",
  vq_no_call: "phones' quality reports of no open call",
  vq_reports: "phones' quality reports of one call over the limit",
  dtmf_digits: "keypresses of one call over the limit",
  dtmf_malformed: "keypresses that cannot be read",
  tone_listeners: "streams listened to for tones over the limit",
  udptl_malformed: "packets to a fax address that are no UDPTL",
  call_notes: "deviations or events of a call over the limit",
  links: "links between calls over the limit",
  legs: "calls forgotten that may be legs",
  kpi_groups: "trunks and destinations over the limit",
  kpi_late: "counts of a call that came over an hour late, in no minute",
  registrations: "registrations over the limit",
  peers: "peers over the limit",
  sources: "sources watched over the limit",
  identity_malformed: "Identity headers that cannot be read",
  media_pairs: "pairs of media hosts over the limit",
  sdp_limit: "session descriptions with more lines than are read",
  learned_addresses: "media addresses found without SDP, over the limit",
  privacy_message_blanked: "messages stored blank: their head cannot be read",
  privacy_header_blanked: "lines of messages stored blank: they have no name",
  privacy_body_blanked: "message bodies stored blank: not text, or packed",
  privacy_identity_blanked: "Identity headers stored blank",
  privacy_piece_blanked: "packets stored blank: a part of a message",
  privacy_frame_blanked: "packets stored blank: where their content begins was not found",
  privacy_record_lost: "records not stored: no memory to mask them",
  calls_unanswered: "unanswered calls that made room",
  rtcp_foreign: "RTCP of a call from a host that takes no part in it",
  memory: "out of memory",
};

/* Names of nDPI, or of the probe's own; the others are shown as they are. */
const PROTOCOLS = {
  mgcp: "MGCP",
  iax: "IAX",
  h323: "H.323",
  skinny: "Skinny (SCCP)",
  megaco: "Megaco (H.248)",
  sip: "SIP that is not read",
  rtp: "RTP without SIP",
  rtcp: "RTCP without SIP",
  stun: "STUN",
  rtsp: "RTSP",
  whatsapp: "WhatsApp calls",
  teams: "Teams",
  skype: "Skype",
  zoom: "Zoom",
  hangout: "Google Meet",
  facebook_call: "Facebook calls",
  signal: "Signal calls",
  tls: "TLS",
  dtls: "DTLS",
  quic: "QUIC",
  http: "HTTP",
  ssh: "SSH",
  dns: "DNS",
  mdns: "mDNS",
  llmnr: "LLMNR",
  ssdp: "SSDP",
  dhcp: "DHCP",
  ntp: "NTP",
  tftp: "TFTP",
  syslog: "syslog",
  radius: "RADIUS",
  diameter: "Diameter",
  snmp: "SNMP",
};

/* What is wrong with a SIP message, or only rare. */
const ANOMALIES = {
  bad_start_line: "spaces in the start line where none belong",
  bad_ruri: "a Request-URI that cannot be",
  ruri_headers: "headers in the Request-URI",
  bad_via: "a Via that cannot be",
  bad_branch: "a branch that names nothing",
  bad_from: "a From that cannot be",
  bad_to: "a To that cannot be",
  bad_contact: "a Contact that cannot be",
  bad_cseq: "a CSeq that cannot be",
  bad_date: "a Date that is not GMT",
  bad_header: "a line that is no header",
  bad_number: "no number where one belongs",
  scalar_overflow: "a number too large for its header",
  cl_negative: "Content-Length below 0",
  cl_gt_body: "Content-Length beyond the message",
  extra_bytes: "bytes behind the body",
  dup_singleton: "a header twice, differently",
  cseq_method_mismatch: "CSeq names another method",
  missing_header: "no Via, From, To or CSeq",
  header_limit: "more headers than are read",
  cut: "cut in its headers",
  unknown_version: "another version of SIP",
  bad_status: "a status that cannot be",
  rfc2543: "of RFC 2543: legal, old",
  folded: "a header over several lines: legal, rare",
};

const DIRECTIONS = {
  caller_to_callee: "caller to callee",
  callee_to_caller: "callee to caller",
  unknown: "direction unknown",
};


export const stateWord = (name) => own(STATES, name) ?? plain(name);
export const binWord = (name) => own(BINS, name) ?? own(REFUSALS, name) ?? plain(name);
export const protocolWord = (name) => own(PROTOCOLS, name) ?? plain(name);
export const anomalyWord = (name) => own(ANOMALIES, name) ?? plain(name);
export const directionWord = (name) => own(DIRECTIONS, name) ?? plain(name);
export const reasonWord = (name) => own(CONFIDENCE_REASONS, name) ?? plain(name);
export const confidenceSentence = (name) => own(CONFIDENCE, name) ?? null;

export function verdictWords(name) {
  const [word, level] = own(VERDICTS, name) ?? [plain(name), "quiet"];
  return { word, level };
}

/* Listening quality in a word, and how many of four bars. ITU-T G.107 Annex B draws these lines. */
export function mosWords(mos) {
  if (!isKnown(mos)) return { word: NONE, level: "none", bars: 0 };
  if (mos >= 4.03) return { word: "good", level: "good", bars: 4 };
  if (mos >= 3.6) return { word: "fair", level: "fair", bars: 3 };
  if (mos >= 3.1) return { word: "poor", level: "poor", bars: 2 };
  return { word: "bad", level: "bad", bars: 1 };
}

/* RFC 3261 §7.2: the class is the first digit. */
export function statusClass(status) {
  if (!isKnown(status)) return "none";
  const digit = Math.floor(status / 100);
  return digit >= 1 && digit <= 6 ? `${digit}xx` : "none";
}
