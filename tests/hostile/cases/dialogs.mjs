/* dialogs - what calls say of other calls, of timers, of who vouches for them: numbers and names that
 * lie, and lists without an end. */
import * as f from "../frames.mjs";
import { invite, request, response, sdp } from "../sip.mjs";

const answer = (callId, o = {}) => response(200, callId, { body: sdp({ address: "192.0.2.20", port: 5000 }), ...o });

/* Every value of a header in a call of its own, which goes on as if nothing were. */
function values(name, cause, header, list, { refusals = {}, method = null, cve, check } = {}) {
  return {
    name, cause, ...(cve ? { cve } : {}),
    frames: (s) => list.forEach((value, i) => {
      const callId = `${name}-${i}@hostile`, headers = { [header]: value };
      s.sip(invite(callId, method ? {} : { headers })).sip(answer(callId), false).sip(request("ACK", callId, { tag: "callee" }));
      if (method) s.sip(request(method, callId, { tag: "callee", cseq: `2 ${method}`, branch: "2", headers }));
    }),
    expect: { bins: { sip: list.length * (method ? 4 : 3) }, callCount: list.length, refusals, ...(check ? { check } : {}) },
  };
}

const long = (text, n) => text.repeat(n);
const base64 = (text) => Buffer.from(text, "latin1").toString("base64url");
const passport = (header, claims) => `${base64(header)}.${base64(claims)}.c2ln;info=<https://cert.example.org/a.cer>;alg=ES256;ppt=shaken`;
const claims = (attest, iat) => `{"attest":"${attest}","dest":{"tn":["12155551212"]},"iat":${iat},"orig":{"tn":"12155551213"},"origid":"x"}`;
const shaken = '{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"https://cert.example.org/a.cer"}';

/* No call may be linked to itself, or to nobody. */
const linksAreSane = (records) => records.filter((r) => r.type === "call")
  .flatMap((r) => (r.links ?? []).filter((link) => !link.call_id || (link.call_id === r.call_id)).map((link) => `${r.call_id} ${link.link} '${link.call_id}'`));
/* A timer is a number of seconds, or there is none. */
const timersAreSane = (records) => records.filter((r) => r.type === "call" && r.session_expires_s !== null && !(r.session_expires_s > 0 && r.session_expires_s < 2 ** 32))
  .map((r) => `${r.call_id} has a timer of ${r.session_expires_s}`);
const numbersAreSane = (records) => records.filter((r) => r.type === "call")
  .flatMap((r) => [r.from_number, r.to_number].filter((n) => n !== null && !/^\+[0-9]{1,22}$/.test(n)).map((n) => `${r.call_id} has the number '${n}'`));

export default [
  values("refer_targets", "Refer-To of nothing, of itself, without an end, with Replaces in every state of escaping", "Refer-To", [
    "", "<", "<>", "<sip:", "sip:a@b", "<sip:a@b?", "<sip:a@b?Replaces", "<sip:a@b?Replaces=", "<sip:a@b?Replaces=%", "<sip:a@b?Replaces=%4", "<sip:a@b?Replaces=x%00y%3Bto-tag%3D1>",
    "<sip:a@b?Replaces=refer_targets-11%40hostile%3Bto-tag%3Dcallee%3Bfrom-tag%3Dcaller>", `<sip:a@b?Replaces=${long("%41", 5000)}>`, `<sip:${long("a", 20000)}@b>`,
    `<sip:a@b?${long("Replaces=x&", 2000)}>`, '"<sip:a@b>" <sip:c@d>', "<tel:%n%n>", "<sip:a@b>,<sip:c@d>",
  ], { method: "REFER", refusals: { text_cut: "?", links: "?" }, check: linksAreSane }),
  values("replaces_lies", "Replaces of nothing, of itself, of calls that never were, with tags without an end", "Replaces", [
    "", ";", "x", "x;to-tag", "x;to-tag=;from-tag=", "replaces_lies-5@hostile;to-tag=callee;from-tag=caller", "replaces_lies-0@hostile;to-tag=callee;from-tag=caller;early-only",
    `${long("c", 5000)};to-tag=1;from-tag=2`, `x;to-tag=${long("t", 5000)};from-tag=2`, `x${long(";early-only", 3000)}`, "x\0y;to-tag=1;from-tag=2", ["a;to-tag=1;from-tag=2", "b;to-tag=1;from-tag=2"],
  ], { refusals: { text_cut: "?", links: "?" }, check: linksAreSane }),
  values("join_lies", "Join of nothing and of itself", "Join", ["", "join_lies-1@hostile;to-tag=callee;from-tag=caller", "x;to-tag=1", long("j", 9000)],
    { refusals: { text_cut: "?", links: "?" }, check: linksAreSane }),
  {
    name: "replaces_ring",
    cause: "200 calls that each replace the one before, and the first the last: a walk along them never ends",
    frames: (s) => {
      for (let i = 0; i < 200; i++) {
        const headers = { Replaces: `ring${(i + 199) % 200}@hostile;to-tag=callee;from-tag=caller` };
        s.sip(invite(`ring${i}@hostile`, { headers })).sip(answer(`ring${i}@hostile`), false);
      }
      for (let i = 0; i < 200; i++) s.sip(request("BYE", `ring${i}@hostile`, { tag: "callee", cseq: "2 BYE", branch: "2" }));
    },
    expect: { bins: { sip: 600 }, callCount: 200, refusals: { links: "?" }, check: linksAreSane },
  },
  {
    name: "refer_2000_in_a_call",
    cause: "2,000 REFERs in one call, each to another, with as many NOTIFYs of anything",
    frames: (s) => {
      s.sip(invite("refers@hostile")).sip(answer("refers@hostile"), false);
      for (let i = 0; i < 2000; i++) {
        s.sip(request("REFER", "refers@hostile", { tag: "callee", cseq: `${2 + 2 * i} REFER`, branch: `r${i}`, headers: { "Refer-To": `<sip:u${i}@example.net?Replaces=c${i}%3Bto-tag%3D1%3Bfrom-tag%3D2>` } }));
        s.sip(request("NOTIFY", "refers@hostile", { tag: "callee", cseq: `${3 + 2 * i} NOTIFY`, branch: `n${i}`, headers: { Event: "refer" }, body: `SIP/2.0 ${i % 1000} x`, type: "message/sipfrag" }));
      }
    },
    expect: { bins: { sip: 4002 }, calls: ["refers@hostile"], refusals: { links: "?", call_notes: "?", transactions: "?" } },
  },
  {
    name: "hold_5000_times",
    cause: "5,000 re-INVITEs that hold and resume",
    frames: (s) => {
      s.sip(invite("holds@hostile")).sip(answer("holds@hostile"), false);
      for (let i = 0; i < 5000; i++) {
        const o = { cseq: `${i + 2} INVITE`, branch: `h${i}` };
        s.sip(request("INVITE", "holds@hostile", { tag: "callee", ...o, body: sdp({ lines: [i % 2 ? "a=sendrecv" : "a=sendonly"] }) }));
      }
    },
    expect: { bins: { sip: 5002 }, calls: ["holds@hostile"], refusals: { call_notes: "?" } },
  },
  values("session_timers_lie", "Session-Expires of 0, −1, 2^32, 2^64, of words, twice", "Session-Expires",
    ["", "0", "-1", "1", "4294967295", "4294967296", "18446744073709551616", "90;refresher=", "90;refresher=uac;refresher=uas", "ninety", "9e9", `9${long("0", 400)}`, ["90", "1800"], "\0"],
    { check: timersAreSane }),
  values("rack_lies", "RSeq and RAck beyond 32 bits, and of nothing", "RSeq", ["", "0", "-1", "4294967296", long("9", 300), "1 1 INVITE"]),
  values("identity_lies", "Identity headers that are no token, of bytes beyond base64, of JSON that never ends or nests 5,000 deep, of times before 1970 and after all", "Identity", [
    "", ".", "..", "a.b.c", ";info=<>", "=.=.=", long("A", 20000), `${long("e30.", 500)}`, passport("{", "{"), passport(shaken, ""), passport(shaken, '{"attest":'), passport(shaken, `${long("[", 5000)}`),
    passport(shaken, `${long('{"a":', 2000)}`), passport(shaken, claims("A", -1)), passport(shaken, claims("Z", 0)), passport(shaken, claims("A", "99999999999999999999")), passport(shaken, claims("%n", "1e400")),
    passport(shaken, '{"attest":"A","attest":"B","iat":"now","orig":[],"dest":7}'), passport('{"alg":"none","x5u":"\0\x1b[2J"}', claims("A", 1772442000)),
    passport(shaken, `{"attest":"A","orig":{"tn":"${long("1", 9000)}"},"dest":{"tn":["1"]},"iat":1772442000}`), Array(300).fill(passport(shaken, claims("A", 1772442000))),
  ], { refusals: { identity_malformed: "+", text_cut: "?" } }),
  values("numbers_lie", "numbers with control characters, of 5,000 digits, of separators alone, in other scripts, with an extension without an end", "To", [
    "<sip:+49\x00301234@b>", "<sip:+49\x1b[31m30@b>", "<sip:00%3449301234567@b>", `<sip:${long("9", 5000)}@b>`, "<sip:+@b>", "<sip:+-.()@b>", `<sip:+${long("-", 3000)}1@b>`,
    "<sip:\xd9\xa3\xd9\xa4\xd9\xa5@b>", "<tel:+1-202-555-0100;ext=\x07>", "<tel:>", "<sip:+1;phone-context=%n@b>", `<sip:0${long("0", 2000)}@b>`, "<sip:*#06#@b>", "<sip:+4930\u00a0123@b>",
  ], { refusals: { text_cut: "?" }, check: numbersAreSane }),
  values("uris_lie_about_length", "URIs whose parameters, ports and brackets say that there is more", "Contact", [
    "<sip:a@[::1>", "<sip:a@b:99999>", "<sip:a@b:>", "<sip:a@b;lr", "<sip:a:b:c@d@e>", "<sips:%@%>", '"quote <sip:a@b>', '"\\', "<sip:a@b?h=v&", `<sip:a@${long("b.", 4000)}>`, `<sip:a@b${long(";p", 8000)}>`, "<<<<sip:a@b>>>>",
  ]),
  values("vias_lie", "Vias without a host, with ports beyond, received of words, 200 of them in one line", "Via", [
    "", "SIP/2.0/UDP", "SIP/2.0/UDP ;branch=x", "SIP/2.0/UDP 10.0.0.1:99999;branch=z9hG4bKx", "SIP/2.0/UDP 10.0.0.1;received=;rport=;branch=", "SIP/2.0/UDP [::;branch=z9hG4bKy", long("SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKz,", 200),
    `SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK${long("b", 9000)}`,
  ]),
  values("leg_names_lie", "Session-ID, ICID, Diversion and History-Info of nothing, without an end, the same for all", "Session-ID",
    ["", ";remote=", "00000000000000000000000000000000;remote=00000000000000000000000000000000", long("f", 9000), "zz", Array(100).fill("ab30317f1a784dc48ff824d0d3715d86")]),
  {
    name: "leg_names_the_same_everywhere",
    cause: "3,000 calls of one Session-ID, ICID and X-CID: a group without an end, compared pair by pair",
    frames: (s) => {
      const headers = { "Session-ID": "ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000", "X-CID": "all", "P-Charging-Vector": "icid-value=all", "History-Info": "<sip:bob@example.net>;index=1", Diversion: "<sip:bob@example.net>" };
      for (let i = 0; i < 3000; i++) s.sip(invite(`alike${i}@hostile`, { headers, body: "" }));
    },
    expect: { bins: { sip: 3000 }, callCount: 3000, refusals: { legs: "?" } },
  },
  {
    name: "candidates_5000",
    cause: "5,000 ICE candidates, of ports 0 and 65535, of components beyond, of addresses that are names",
    frames: (s) => {
      const lines = Array.from({ length: 1000 }, (_, i) => `a=candidate:${i} ${1 + (i % 300)} UDP ${i} 192.0.2.${i % 256} ${(i * 97) % 65536} typ host`);
      lines.push("a=candidate:", "a=candidate:1", "a=candidate:1 1 UDP 1 x.local 65535 typ host", "a=candidate:1 1 UDP 1 192.0.2.9 65536 typ host", "a=candidate:1 1 UDP 1 ::: 0 typ", `a=candidate:${long("9", 3000)} 1 UDP 1 192.0.2.9 4000 typ srflx raddr rport`);
      for (let i = 0; i < 5; i++) s.sip(invite(`candidates${i}@hostile`, { body: sdp({ lines }) }));
    },
    expect: { bins: { sip: 5 }, callCount: 5, refusals: { sdp_limit: "?", learned_addresses: "?", media_addresses: "?", text_cut: "?" } },
  },
  {
    name: "bundles_lie",
    cause: "a group of m-lines that are not there, of one mid 1,000 times, SSRCs and mids without an end, ports 0 and 65535",
    frames: (s) => {
      const media = [`m=audio 65535 RTP/AVP 8`, "a=mid:a", "m=video 0 RTP/AVP 96", "a=mid:a", "a=bundle-only", "a=rtcp-mux", "a=rtcp:0"];
      const lines = [`a=mid:${long("m", 5000)}`, ...Array.from({ length: 2000 }, (_, i) => `a=ssrc:${i * 2147483} cname:x`), "a=ssrc:", "a=ssrc:-1", "a=ssrc:99999999999"];
      s.sip(invite("bundle@hostile", { body: f.cat("v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n", `a=group:BUNDLE${long(" a", 1000)}\r\na=group:\r\n`, [...media, ...lines, ""].join("\r\n")) }));
      for (let i = 0; i < 50; i++) s.media(f.rtp(undefined, { seq: i, timestamp: 160 * i, ssrc: i * 2147483 }), { sport: 65535, dport: 0 });
    },
    expect: { bins: { sip: 1, "rtp|rtp_unproven|udp_other": 50 }, calls: ["bundle@hostile"], refusals: { sdp_limit: "?", media_addresses: "?", sdp_malformed: "?", text_cut: "?", streams_in_call: "?", rtp_out_of_window: "?", learned_addresses: "?" } },
  },
  {
    name: "flood_keeps_the_established",
    cause: "4,000 new Call-IDs at once around 20 calls that talk: none of the 20 is lost",
    frames: (s) => {
      for (let i = 0; i < 20; i++) s.sip(invite(`talks${i}@hostile`)).sip(answer(`talks${i}@hostile`), false).sip(request("ACK", `talks${i}@hostile`, { tag: "callee" }));
      for (let i = 0; i < 4000; i++) s.sip(request("INVITE", `new${i}@hostile`, { tag: null, from: `u${i}`, branch: `b${i}` }));
      for (let i = 0; i < 20; i++) s.sip(request("BYE", `talks${i}@hostile`, { tag: "callee", cseq: "2 BYE", branch: "2" })).sip(response(200, `talks${i}@hostile`, { cseq: "2 BYE", branch: "2" }), false);
    },
    expect: {
      bins: { sip: 4100 }, callCount: 4020, refusals: { calls_unanswered: "?", calls: "?", legs: "?" },
      check: (records) => records.filter((r) => r.type === "call" && r.call_id.startsWith("talks") && r.state !== "completed").map((r) => `${r.call_id} is ${r.state}`),
    },
  },
  {
    name: "flood_of_transactions_and_sources",
    cause: "3,000 REGISTERs and OPTIONS of as many sources, none of which is answered",
    frames: (s) => {
      for (let i = 0; i < 3000; i++) s.udp(request(i % 2 ? "REGISTER" : "OPTIONS", `src${i}@hostile`, { to: `u${i}`, from: `u${i}` }), { src: `198.18.${i >> 8}.${i & 255}` });
    },
    expect: { bins: { sip: 3000 }, refusals: { sources: "?", registrations: "?", peers: "?", transactions: "?" } },
  },
  {
    name: "body_of_1_mib_over_tcp",
    cause: "a body of 1 MiB in a stream: over the limit it is left out, and what follows is found",
    frames: (s) => {
      const text = f.cat(invite("huge@hostile", { body: `${"x".repeat(1 << 20)}\r\n`, type: "application/octet-stream" }), invite("after@hostile"));
      let seq = 1;
      s.tcp("", { flags: "S", seq: 0 });
      for (let at = 0; at < text.length; at += 60000) {
        const piece = text.subarray(at, at + 60000);
        s.tcp(piece, { seq });
        seq += piece.length;
      }
    },
    expect: { bins: { "sip|tcp_segment|tcp|sip_malformed": 19 }, calls: "?", refusals: { sip_too_long: "?", sip_resync: "?", tcp_bytes: "?" }, check: (records) => (records.some((r) => r.call_id === "after@hostile") ? [] : ["what follows is not found"]) },
  },
];
