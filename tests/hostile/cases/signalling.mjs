/* signalling - SIP over UDP: what broke the parsers of others. */
import * as f from "../frames.mjs";
import { invite, message, request, response, sdp } from "../sip.mjs";

const long = (letter, n) => letter.repeat(n);
const options = (callId, o) => request("OPTIONS", callId, o);

/* A call whose only message is an INVITE with these headers. */
function one(name, cause, headers, { cve, refusals = {}, o = {}, callId = `${name}@hostile` } = {}) {
  return {
    name, cause, ...(cve ? { cve } : {}),
    frames: (s) => s.sip(invite(callId, { headers, ...o })),
    expect: { bins: { sip: 1 }, calls: [callId], refusals },
  };
}

export default [
  {
    name: "sip_call_id_long",
    cause: "Call-IDs of 255 to 65,000 bytes: copied into a fixed buffer elsewhere",
    cve: "CVE-2024-3119",
    frames: (s) => {
      for (const n of [255, 256, 1023, 1024, 1025, 4096, 65000])
        s.ethernet(f.ip4(f.udp(message("INVITE sip:bob@example.net SIP/2.0", { "Call-ID": long("i", n), CSeq: "1 INVITE", From: "<sip:a@example.com>;tag=1", To: "<sip:b@example.com>" }))));
    },
    expect: {
      bins: { sip: 7 }, callCount: 7, refusals: { text_cut: "+" },
      check: (records) => records.filter((r) => r.type === "call" && r.call_id.length > 4096).map((r) => `a Call-ID of ${r.call_id.length} bytes is kept`),
    },
  },
  one("sip_x_call_id_long", "a correlating header of 8,192 bytes", { "X-Call-ID": long("x", 8192) }, { cve: "CVE-2024-3119" }),
  {
    name: "sip_call_id_high_bytes",
    cause: "bytes from 0x80 on in a Call-ID: a signed char gives a negative index",
    frames: (s) => {
      for (let i = 0; i < 128; i += 8) s.sip(invite(String.fromCharCode(...Array.from({ length: 8 }, (_, k) => 128 + i + k))));
    },
    expect: { bins: { sip: 16 }, callCount: 16 },
  },
  {
    name: "sip_nul_inside",
    cause: "NUL bytes within Call-ID, tags and users: nothing is cut at them",
    frames: (s) => s.sip(invite("nul\0a@hostile", { from: "al\0ice" })).sip(invite("nul\0b@hostile", { from: "al\0bert" })),
    expect: { bins: { sip: 2 }, callCount: 2 },
  },
  one("sip_content_length_400_digits", "a Content-Length of 400 digits", { "Content-Length": long("9", 400) }, { cve: "CVE-2024-3120" }),
  one("sip_content_length_negative", "a negative Content-Length", { "Content-Length": "-2147483648" }),
  one("sip_content_length_overflow", "Content-Length 4294967295 and 18446744073709551617: as 32 or 64 bits they become small", { "Content-Length": ["4294967295", "18446744073709551617"] }),
  one("sip_warning_2000_digits", "a Warning of 2,000 digits", { Warning: long("3", 2000) }, { cve: "CVE-2024-3120" }),
  {
    name: "sip_warning_without_digits",
    cause: "an empty Warning, and one of words, as some SBCs send them: the length becomes -1",
    frames: (s) => {
      s.sip(invite("warn1@hostile")).sip(response(486, "warn1@hostile", { headers: { Warning: "" } }), false);
      s.sip(invite("warn2@hostile")).sip(response(486, "warn2@hostile", { headers: { Warning: "CLI Should be set" } }), false);
    },
    expect: { bins: { sip: 4 }, calls: ["warn1@hostile", "warn2@hostile"] },
  },
  {
    name: "sip_reason_4000",
    cause: "a reason phrase and a Reason header of 4,000 bytes: harmless to parse, and printed somewhere",
    frames: (s) => {
      s.sip(invite("reason@hostile"));
      s.sip(response(503, "reason@hostile", { reason: long("r", 4000), headers: { Reason: `SIP;cause=503;text="${long("t", 4000)}"` } }), false);
    },
    expect: { bins: { sip: 2 }, calls: ["reason@hostile"], refusals: { text_cut: "+" } },
  },
  one("sip_contacts_1500", "1,500 Contacts", { Contact: Array.from({ length: 1500 }, (_, i) => `<sip:c${i}@h.example>`) }),
  one("sip_contacts_1500_in_a_line", "1,500 Contacts in one line", { Contact: Array.from({ length: 1500 }, (_, i) => `<sip:c${i}@h.example>;q=0.5`).join(",") }),
  one("sip_vias_7500", "7,500 Vias", { v: Array(7500).fill("x") }),
  one("sip_accepts_64", "64 Accepts", { Accept: Array(64).fill("application/sdp") }, { cve: "AST-2018-004" }),
  {
    name: "sip_cseq_method_512",
    cause: "a CSeq method of 512 bytes: a transaction key is longer than the sum of its parts",
    cve: "AST-2017-002",
    frames: (s) => s.sip(invite("cseqmethod@hostile", { cseq: `1 ${long("M", 512)}` })).sip(request(long("M", 512), "cseqmethod2@hostile")),
    expect: { bins: { sip: 2 }, calls: ["cseqmethod@hostile"], refusals: { sip_no_call: 1 } },
  },
  {
    name: "sip_uri_ends_in_percent",
    cause: "URIs that end in %, %4 and a lone colon",
    cve: "CVE-2022-31002",
    frames: (s) => {
      ["sip:%", "sip:a@b%", "sip:a@b%4", "sip:a%4@b", "sip:", "sip:a@b:", "sip:@", "sip:[", "sip:[::", "tel:", "%"].forEach((uri, i) =>
        s.sip(invite(`percent${i}@hostile`, { uri, headers: { Contact: `<${uri}>`, From: uri, To: `<${uri}` } })));
    },
    expect: { bins: { sip: 11 }, callCount: 11 },
  },
  {
    name: "sip_status_of_2_32",
    cause: "status 4294967301, which is 5 in 32 bits; 99, 700 and 1000",
    frames: (s) => {
      s.sip(invite("bigcode@hostile"));
      for (const status of ["4294967301", "99", "700", "1000", "-200", "2e2"]) s.sip(response(status, "bigcode@hostile"), false);
    },
    expect: { bins: { sip: 1, sip_malformed: 6 }, calls: ["bigcode@hostile"], check: (records) => records.filter((r) => r.call_id === "bigcode@hostile" && r.final_status !== null).map((r) => `final status ${r.final_status}`) },
  },
  one("sip_header_folds", "one header folded 10,000 times", { Subject: `a${"\r\n b".repeat(10000)}` }),
  one("sip_header_fold_bomb", "folds within every header, of blanks alone", { Subject: `a${"\r\n ".repeat(5000)}`, "X-Empty": Array(500).fill("\r\n \r\n \r\n ") }),
  one("sip_header_of_spaces", "headers of blanks alone, and 60,000 blanks before a colon", { Subject: long(" ", 1000), [`Organization${long(" ", 60000)}`]: "x" }),
  one("sip_header_one_char", "header names of one byte, empty, without a colon", { "": ["x", ""], "\x01": "y", "\xff": "z", "a\r\nb": "c" }),
  {
    name: "sip_empty_lines_only",
    cause: "a start line and then empty lines alone; empty lines alone",
    cve: "CVE-2013-7112",
    frames: (s) => s.sip(f.cat("INVITE sip:a@b SIP/2.0\r\n", "\r\n".repeat(30000))).sip(f.cat("\r\n".repeat(30000))).sip(f.zeros(60000)),
    expect: { bins: { sip_malformed: 1, sip_keepalive: 2 } },
  },
  {
    name: "sip_flood_of_call_ids",
    cause: "6,000 INVITEs of 6,000 calls that nobody answers, and one that is answered before them",
    frames: (s) => {
      s.call("kept@hostile");
      const bare = (i) => message("INVITE sip:b@c SIP/2.0", { "Call-ID": `flood${i}`, CSeq: "1 INVITE", From: "<sip:a@b>;tag=1", To: "<sip:b@c>", v: "SIP/2.0/UDP a;branch=z9hG4bK1" });
      for (let i = 0; i < 6000; i++) s.sip(bare(i));
    },
    expect: { bins: { sip: 6005 }, callCount: 6001 },
  },
  {
    name: "sip_one_call_id_1000_calls",
    cause: "1,000 INVITEs of one Call-ID, each with another From-tag: a list that is searched one by one",
    frames: (s) => {
      for (let i = 0; i < 1000; i++) s.sip(invite("sameid@hostile", { headers: { From: `<sip:a@b>;tag=${i}` } }));
    },
    expect: { bins: { sip: 1000 }, refusals: { calls: "+" }, calls: "?" },
  },
  {
    name: "sip_1000_to_tags",
    cause: "1,000 answers of 1,000 branches to one INVITE",
    frames: (s) => {
      s.sip(invite("forked@hostile"));
      for (let i = 0; i < 1000; i++) s.sip(response(180, "forked@hostile", { tag: `branch${i}` }), false);
    },
    expect: { bins: { sip: 1001 }, refusals: { branches: "?" }, calls: ["forked@hostile"] },
  },
  {
    name: "sip_scan",
    cause: "a scan: 5,000 OPTIONS and REGISTER to as many users",
    frames: (s) => {
      for (let i = 0; i < 5000; i++) s.sip(request(i % 2 ? "OPTIONS" : "REGISTER", `scan${i}@hostile`, { to: `user${i}` }));
    },
    expect: { bins: { sip: 5000 } },
  },
  {
    name: "sip_no_invite_before",
    cause: "what arrives in an impossible order: BYE, ACK, PRACK, CANCEL and responses of calls that nobody saw",
    frames: (s) => {
      for (const method of ["BYE", "ACK", "PRACK", "CANCEL", "UPDATE", "INFO"]) s.sip(request(method, `before-${method}@hostile`, { tag: "x" }));
      s.sip(response(200, "answer@hostile"), false).sip(response(487, "refusal@hostile"), false);
    },
    expect: { bins: { sip: 8 }, refusals: { sip_no_call: "+" }, calls: ["answer@hostile", "refusal@hostile"] },
  },
  {
    name: "sip_formats_in_texts",
    cause: "%n and %s where texts are printed, escapes of terminals, quotes of JSON, U+2028",
    frames: (s) => {
      const attack = '%n%n%s%999999d\x1b[2J\x07"\\u0000\xe2\x80\xa8</script>';
      s.sip(invite("formats@hostile", { from: attack, to: attack, headers: { "User-Agent": attack, Subject: attack } }));
    },
    expect: { bins: { sip: 1 }, calls: ["formats@hostile"] },
  },
  {
    name: "sip_other_encodings",
    cause: "texts that are no UTF-8, overlong, cut, surrogates: the JSON is UTF-8 all the same",
    frames: (s) => s.sip(invite("utf8@hostile", { from: "\xc0\xaf\xed\xa0\x80\xf8\x88\x80\x80\x80\xff\xfe\xe2\x82", headers: { "User-Agent": "\xf4\x90\x80\x80\x80" } })),
    expect: { bins: { sip: 1 }, calls: ["utf8@hostile"] },
  },
  {
    name: "sip_lines_of_lf_and_cr",
    cause: "LF alone, CR alone, both mixed, and a message without an empty line",
    frames: (s) => {
      const text = (callId) => invite(callId).toString("latin1");
      s.sip(f.cat(text("lf@hostile").replaceAll("\r\n", "\n"))).sip(f.cat(text("cr@hostile").replaceAll("\r\n", "\r")));
      s.sip(f.cat(text("open@hostile").replace(/\r\n\r\n[^]*/, "\r\n")));
    },
    expect: { bins: { sip: 2, sip_malformed: 1 }, calls: ["lf@hostile", "open@hostile"] },
  },
  {
    name: "sip_of_64k",
    cause: "a message of 65,507 bytes, the most that UDP carries",
    frames: (s) => {
      const base = invite("giant@hostile", { headers: { Subject: "" } }).length;
      s.sip(invite("giant@hostile", { headers: { Subject: long("g", 65507 - base) } }));
    },
    expect: { bins: { sip: 1 }, calls: ["giant@hostile"] },
  },
  {
    name: "sip_junk_before",
    cause: "1 to 8 bytes of junk before the start line, and SIP on ports that nobody expects",
    frames: (s) => {
      for (let n = 1; n <= 8; n++) s.sip(f.cat(f.zeros(n), invite(`junk${n}@hostile`)));
      [1, 53, 443, 40000, 65535].forEach((port) => s.udp(invite(`port${port}@hostile`), { sport: port, dport: port }));
    },
    expect: { bins: { sip: 5, "sip_malformed|sip_keepalive|udp_other": 8 }, calls: [1, 53, 443, 40000, 65535].map((port) => `port${port}@hostile`).sort() },
  },
  {
    name: "sip_second_in_datagram",
    cause: "two requests in one datagram: the second is none",
    frames: (s) => s.sip(f.cat(options("outer1@hostile"), invite("inner1@hostile"))),
    expect: { bins: { sip: 1 }, calls: [] },
  },
  {
    name: "sip_reinvite_moves_port",
    cause: "a re-INVITE moves the port while RTP flows, then BYE, then RTP again: two tables own one node",
    cve: "CVE-2014-6421",
    frames: (s) => {
      const talk = (from, n, o = {}) => {
        for (let i = 0; i < n; i++) s.media(f.rtp(undefined, { seq: from + i, timestamp: 160 * (from + i), ...o }));
      };
      s.sip(invite("moves@hostile")).sip(response(200, "moves@hostile", { body: sdp({ address: "192.0.2.20", port: 5000 }) }), false);
      talk(1, 20);
      for (let round = 0; round < 50; round++) {
        const cseq = `${round + 2} INVITE`, port = 5000 + 2 * (round % 3);
        s.sip(request("INVITE", "moves@hostile", { tag: "callee", cseq, branch: `r${round}`, body: sdp({ port: 4000 + 2 * round }) }));
        s.sip(response(200, "moves@hostile", { cseq, branch: `r${round}`, body: sdp({ address: "192.0.2.20", port }) }), false);
        talk(21 + 4 * round, 4, { ssrc: 100 + (round % 5) });
      }
      s.sip(request("BYE", "moves@hostile", { tag: "callee", cseq: "99 BYE", branch: "bye" }));
      s.sip(response(200, "moves@hostile", { cseq: "99 BYE", branch: "bye" }), false);
      talk(300, 20);
      s.wait(120);
      talk(400, 20);
    },
    expect: { bins: { sip: 104, "rtp|rtp_unproven": 260 }, refusals: { media_addresses: "?", streams_in_call: "?", rtp_out_of_window: "?" }, calls: ["moves@hostile"] },
  },
];
