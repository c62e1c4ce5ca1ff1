/*
 * hostile_api - what a server might answer in which every text is an attack, also those that the probe writes
 * itself. Lists have a row of each payload; what there is one of has the payload of its id.
 */
import { PAYLOADS } from "./hostile_capture.js";

const T = 1772450000;

/* The id of the records that are made of one payload. */
export const idOf = (index) => (0xaa00 + index).toString(16).padStart(16, "0");
const attackOf = (id) => PAYLOADS[Math.max(0, parseInt(id, 16) - 0xaa00) % PAYLOADS.length];

/* Each of these names: the attack. */
const texts = (attack, names) => Object.fromEntries(names.split(" ").map((name) => [name, attack]));

function stream(attack, id) {
  return {
    ...texts(attack, "call_id ssrc src dst direction media codec codec_model"),
    id,
    call: id,
    start_time: T + 1,
    end_time: T + 11,
    packets: 500,
    expected: 510,
    lost: 10,
    mos_lq: { raw: 4, jb50: 4, jb200: 4, adaptive: 4 },
    intervals: [{ t: T + 1, packets: 240, lost: 5, jitter_ms_max: 2, mos_lq: 4 }],
  };
}

/* What the API adds to a call: its story and its legs. */
function tale(attack, id) {
  const other = idOf(99);
  const leg = (each) => ({ ...texts(attack, "state from_user to_user src dst trunk_in trunk_out media_verdict"), id: each, invite_time: 1, streams: [stream(attack, each)] });
  return {
    story: [{ part: attack, text: attack }, { part: "fault", text: attack }, { part: "sure", text: attack }],
    legs: {
      calls: [leg(id), leg(other), { id: attack }],
      pairs: [{ call_a: id, call_b: other, score: 0.9, evidence: [{ by: attack, detail: attack, weight: -1 }], media: [{ direction: attack, delay_added_ms: 7 }] }],
    },
  };
}

export function hostileCall(attack, id) {
  const names =
    "call_id transport state from_user to_user from_uri to_uri request_uri from_tag to_tag src dst user_agent server final_reason reason_header ended_by " +
    "outcome nos_cause media_verdict capture_confidence vlan tunnel ended_how challenged_by from_number to_number trunk_in trunk_out destination destination_prefix";
  const note = (key) => [{ t: T + 1, [key]: attack, by: attack, count: 2, detail: attack }, { [key]: "refer", detail: `offer: ${attack}; would take: ${attack}` }, null, attack];
  const sides = { caller: attack, callee: attack };
  return {
    type: "call",
    ...texts(attack, names),
    id,
    invite_time: T,
    final_status: 486,
    mos_lq: 3.2,
    codecs: [attack, attack],
    capture_confidence_reasons: [attack],
    ...tale(attack, id),
    history: note("event"),
    deviations: [...note("deviation"), { ...note("deviation")[0], deviation: "known" }],
    links: [{ t: 1, link: attack, call_id: attack, call: attack }, { link: "replaces", call_id: attack, call: id }],
    media_evidence: { why: attack, packets: sides, announced: sides, arrived_from: sides, went_to: sides, directions: sides, rtcp: sides, held_by: attack,
      pair: { hosts: [attack, attack], calls: 1, only_from: attack }, learned: [{ side: attack, addr: attack, by: attack }] },
    media_timeouts: [{ from: 1, to: 70, direction: attack }],
    stir: { attestation: attack, x5u_host: attack },
    streams: [stream(attack, id), { ...stream(attack, id), direction: "caller_to_callee" }],
  };
}

export function hostileAlert(attack, id) {
  return {
    type: "alert",
    ...texts(attack, "rule severity group summary description runbook unit search"),
    id,
    state: "firing",
    since: T,
    time: T,
    calls: [attack, id],
    value: 1,
    threshold: 0.5,
    labels: { rule: attack, [attack]: attack, n: 3 },
    evidence: { step_s: 10, series: [1, null, attack, 3], top: [{ field: attack, values: [{ value: attack, count: 1 }] }, attack] },
    muted_by: idOf(98),
    muted: true,
    ack: { time: T, by: attack, comment: attack },
    silence: { id: 1, until: T, comment: attack },
    deliveries: { waiting: 1, delivered: 1, dead: 1 },
  };
}

const delivery = (attack, at) => ({ ...texts(attack, "receiver message about state reason"), id: at + 1, tries: 1, created: T, next_try: T, settled: null, status: 500, alerts: [attack, idOf(at)] });

/* What one alert has more. */
function incident(attack, id) {
  return {
    ...hostileAlert(attack, id),
    call_records: [hostileCall(attack, id), { id: attack }, null],
    muted_by_alert: { id: idOf(98), summary: attack },
    deliveries: { list: [delivery(attack, 0)], told: [{ receiver: attack, held: attack }], dead: 1 },
  };
}

function rule(attack) {
  const live = { ...texts(attack, "rule unit"), threshold: 1, firing: 1, pending: 1, values: [{ ...texts(attack, "group state"), value: 0.5, baseline: 1, samples: 3 }] };
  return { ...texts(attack, "name severity error description reason runbook text"), live };
}

export function hostileCertificate(attack, id) {
  return {
    type: "certificate",
    ...texts(attack, "server server_name transport tls_version state subject issuer serial fingerprint key_type"),
    id,
    subject_alt_names: [attack, attack],
    days_left: 3,
    observable: true,
  };
}

const message = (attack, id) => ({ ...texts(attack, "src method reason cseq branch call_id from_tag to_tag request_uri"), time: T, dst: `${attack}x`, status: null, call: id, has_sdp: true,
  raw: `${attack}\r\n${attack}: ${attack}\r\nVia: ${attack}\r\nContact: <sip:${attack}>\r\n\r\nv=0\r\ns=${attack}\r\nm=audio 4000 RTP/AVP 96\r\na=rtpmap:96 ${attack}/8000\r\na=x:${attack}\r\n` });

const kpi = { attempts: 9, settled: 9, answered: 5, failure: 1, concurrent_max: 3, asr: 0.5, ner: 0.6, ended: 5, acd_s: 60, pdd_calls: 9, pdd_ms_p50: 300, pdd_ms_p95: 900, mos_calls: 5, mos_p5: 3, mos_p50: 4,
  judged: 5, one_way: 1, short_calls: 1, observed_s: 3600, calls_per_s: 1, erlang: 2, concurrent: 2 };

const group = (attack) => ({ ...kpi, ...texts(attack, "trunk direction trouble destination filter"), before: kpi, series: [0.5, null, attack], channel_limit: 1 });

const overview = (each) => ({
  minutes: 60, from: T - 3600, until: T, step_s: 60, totals: { ...kpi, filter: PAYLOADS[0] }, before: { ...kpi, filter: PAYLOADS[1] }, gaps: [{ from: T - 3000, until: T - 2900 }],
  series: [T - 60, T].map((time) => ({ ...kpi, time })),
  mos: [{ from: 1, to: 2.6, calls: 2, filter: "mos<2.6" }, ...each((attack) => ({ from: 3, to: 5, calls: 1, filter: attack }))],
  responses: each((attack) => ({ class: attack, calls: 1, filter: attack })),
  nos: each((attack) => ({ ...texts(attack, "kind title meaning filter"), calls: 1, share: 0.1, share_before: 0.2 })),
  causes: each((attack) => ({ status: 486, ...texts(attack, "reason kind meaning filter"), calls: 1, share: 0.1, share_before: 0.2 })),
  trunks: each(group), destinations: each(group), busy_hour: { from: T - 3600, of: T - 86400, attempts: 9, erlang: 2.5, filter: PAYLOADS[0] }, groups: 25, live: true, now: null,
});

const probe = (each) => ({
  version: PAYLOADS[3], build: texts(PAYLOADS[4], "commit compiler date kind"), libraries: each((attack) => texts(attack, "name version purpose")), live: true,
  processes: each((attack) => ({ name: attack, pid: 1, started: T, rss_bytes: 1e6, cpu_s: 1, threads: 2, fds: 9 })), queues: each((attack) => ({ name: attack, depth: 1, capacity: 9, length: 1 })),
  interfaces: each((attack) => ({ ...texts(attack, "name source kind"), packets: 1 })), config_file: PAYLOADS[5], config: each((attack) => ({ option: attack, value: attack, default: false })),
});

const rights = "self see numbers signalling packets sound handle trail admin metrics".split(" ");

/* Path of the API → what it answers. */
export function hostileAnswer(path) {
  const each = (make) => PAYLOADS.map((attack, index) => make(attack, idOf(index), index));
  const counts = { ...Object.fromEntries(PAYLOADS.map((attack, index) => [attack, index + 1])), __proto__: 4 };
  const id = /\/([0-9a-f]{16})(\/|$)/.exec(path)?.[1];
  const attack = id && attackOf(id);
  const other = idOf(99);
  const table = [
    [/\/messages$/, () => ({ messages: [message(attack, id), { ...message(attack, other), method: null, status: 486 }] })],
    [/\/deviations$/, () => ({ deviations: [{ name: "known", sentence: PAYLOADS[0], clause: PAYLOADS[1] }, { name: PAYLOADS[2], sentence: PAYLOADS[3], clause: "RFC 3261 §8.1" }] })],
    [/\/calls\/[0-9a-f]+$/, () => hostileCall(attack, id)],
    [/\/calls$/, () => ({ calls: each(hostileCall), next: null })],
    [/\/fields$/, () => ({ fields: each((text) => ({ ...texts(text, "group name unit help example"), aliases: [text], kind: "text", sortable: true, values: [text] })) })],
    [/\/facets$/, () => ({ looked: 25, whole: true, facets: each((text) => ({ ...texts(text, "field title"), values: each((value) => ({ value, filter: value, calls: 1 })) })) })],
    [/\/alerts$/, () => ({ alerts: each(hostileAlert), next: null })],
    [/\/alerts\/[0-9a-f]+$/, () => incident(attack, id)],
    [/\/silences$/, () => ({ silences: each((text, of, at) => ({ id: at + 1, ...texts(text, "labels state comment by"), from: 1, until: 2 })) })],
    [/\/deliveries$/, () => ({ deliveries: each((text, of, at) => delivery(text, at)), next: null, waiting: 1, delivered: 1, dead: 1 })],
    [/\/receivers$/, () => ({ receivers: each((text) => ({ ...texts(text, "name kind place state reason"), next_try: 1 })) })],
    [/\/rules$/, () => ({ time: T, rules: each(rule) })],
    [/\/certificates$/, () => ({ as_of: T, certificates: each(hostileCertificate), next: null, watched: each((text) => ({ ...texts(text, "target error"), looked: T, certificate: null })),
      unobservable: each((text) => ({ ...texts(text, "server server_name version"), resumed: true, seen_count: 2, last: T })) })],
    [/\/trunks\/health$/, () => ({ from: T - 86400, until: T, targets: each((text) => ({ ...texts(text, "trunk address source state"), since: T, last_answer: T, last_asked: T, flaps: 1, asked: 9, answered: 8, round_trip_ms_p50: 12,
      round_trip_ms_p95: 30, spans: [{ from: T - 86400, until: T, state: text, status: 200 }], points: [{ time: T - 60, round_trip_ms: 12, status: 200 }, { time: T, round_trip_ms: null, status: text }] })) })],
    [/\/trunks$/, () => ({ minutes: 15, until: T, groups: [...each(group), PAYLOADS[0]] })],
    [/\/registrations\/now$/, () => ({ counts, as_of: T, registrations: each((text, of) => ({ id: of, ...texts(text, "aor user domain contact server user_agent src state told filter"), since: T, first: T, last_success: T, expires: T, last: T, attempts: 3, failures: 1,
      last_status: 403, flaps: 1 })), next: null })],
    [/\/security\/sources$/, () => ({ from: T - 86400, until: T, sources_all: 25, kinds: each((text) => ({ ...texts(text, "kind sentence why"), sources: 1 })),
      sources: each((text) => ({ ...texts(text, "src trunk filter"), kinds: [text, "scanner_agent"], attempts: 9, distinct: 3, first: T, last: T, going_on: true, user_agents: [text], targets: [text], numbers: [text],
        security: [{ ...texts(text, "fact source subject trunk call_id user_agent"), id: idOf(7), first_seen: T, last_seen: T, count: 3, distinct: 2, window_s: 60, threshold: 2,
          evidence: { ...texts(text, "sentence"), refused: 1, top: [{ user: text, count: 1 }], [text]: text } }] })), cut: false })],
    [/\/transactions$/, () => ({ transactions: each((text, of) => ({ id: of, ...texts(text, "type method call_id user from_uri to_uri src dst user_agent final_reason contact"), time: T, final_status: 403, round_trip_ms: 3, attempts: 1 })),
      next: null })],
    [/\/overview$/, () => overview(each)],
    [/\/probe$/, () => probe(each)],
    [/\/session$/, () => ({ user: "ann", role: "admin", rights: [...rights, PAYLOADS[0]], expires: T, setup: false, listen: true })],
    [/\/users$/, () => ({ users: each((text) => ({ ...texts(text, "name role"), disabled: false, created: T, last_login: T, sessions: 1, tokens: 1 })) })],
    [/\/tokens$/, () => ({ tokens: each((text, of, at) => ({ id: at, ...texts(text, "name user"), scopes: [text], created: T, expires: T, last_used: T })) })],
    [/\/live\/ticket$/, () => ({ ticket: PAYLOADS[0], expires: T })],
    [/\/audit$/, () => ({ lines: each((text, of, at) => ({ seq: at, time: T, ...texts(text, "user token from deed object detail call_id"), status: 200 })), next: null, broken: { line: 3, reason: PAYLOADS[1] } })],
    [/\/store$/, () => ({ now: { ...texts(PAYLOADS[5], "step reason"), bytes: 1 }, newest: null })],
    [/\/stats$/, () => ({ version: PAYLOADS[6], store: { calls: 1 }, live: true, listen: true,
      mirror: { frames: 7, source: PAYLOADS[7], vlans: counts, tunnels: counts, complaints: [...PAYLOADS, "cut"] },
      capture: { source: PAYLOADS[8], received: 7, bins: counts, malformed: counts, refusals: counts, protocols: counts, sip_anomalies: counts } })],
  ];
  return table.find(([pattern]) => pattern.test(path))?.[1]() ?? null;
}
