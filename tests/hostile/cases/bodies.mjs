/* bodies - SDP and multipart bodies that lie, in INVITEs over UDP. */
import { invite, request, response, sdp } from "../sip.mjs";
import * as f from "../frames.mjs";

function body(name, cause, text, { cve, type, refusals = {}, check } = {}) {
  return {
    name, cause, ...(cve ? { cve } : {}),
    frames: (s) => s.sip(invite(`${name}@hostile`, { body: f.cat(text), ...(type ? { type } : {}) })),
    expect: { bins: { sip: 1 }, calls: [`${name}@hostile`], refusals, ...(check ? { check } : {}) },
  };
}

const mixed = "multipart/mixed;boundary=b";
const part = (type, text, boundary = "b") => `--${boundary}\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`;

export default [
  body("sdp_media_type_1024", "an m= whose type has 1,024 bytes", sdp({ media: [`m=${"t".repeat(1024)} 4000 RTP/AVP 8`] }), { cve: "ES2020-03" }),
  body("sdp_address_512_digits", "a c= of an address and 512 digits", sdp({ address: `127.0.0.1${"9".repeat(512)}` }), { cve: "ES2020-04" }),
  body("sdp_1000_media", "1,000 m= lines", sdp({ media: Array.from({ length: 1000 }, (_, i) => `m=audio ${4000 + 2 * i} RTP/AVP 8`) }), { refusals: { media_addresses: "?", sdp_limit: 1 } }),
  body("sdp_1000_formats", "1,000 formats in one m=", sdp({ formats: Array.from({ length: 1000 }, (_, i) => i % 128).join(" ") }), { refusals: { sdp_limit: 1 } }),
  body("sdp_format_of_2_32", "format 4294967296, which is 0 in 32 bits, and −1", sdp({ formats: "4294967296 -1 8", lines: ["a=rtpmap:4294967296 evil/8000", "a=rtpmap:-1 x/8000"] }), { cve: "AST-2018-002" }),
  body("sdp_fmtp_nul", "an a=fmtp with a NUL, and without anything", sdp({ lines: ["a=fmtp\0", "a=fmtp:", "a=fmtp:8", "a=rtpmap:", "a=rtpmap:8", "a=rtpmap:8 ", "a=rtpmap:8 /"] }), { cve: "AST-2018-003" }),
  body("sdp_10000_attributes", "10,000 a= lines", sdp({ lines: Array(10000).fill("a=x:y") })),
  body("sdp_one_character_lines", "lines of one character: a reader takes two more", "v=0\r\nv\r\nm\r\nc\r\na\r\n=\r\no\r\nm=\r\nc=\r\na=\r\nv", { cve: "CVE-2022-31003" }),
  body("sdp_ends_in_m_x", "an SDP that ends in m=X", "v=0\r\nm=X"),
  body("sdp_ports_beyond", "ports 65535, 65536, 4294967297, −1 and port/count of 10^9", sdp({ media: ["m=audio 65535 RTP/AVP 8", "m=audio 65536 RTP/AVP 8", "m=audio 4294967297 RTP/AVP 8", "m=audio -1 RTP/AVP 8", "m=audio 4000/1000000000 RTP/AVP 8"] })),
  body("sdp_clock_of_0", "clock rates of 0, of 2^32 - 1 and beyond: a division", sdp({ formats: "96 97 98", lines: ["a=rtpmap:96 a/0", "a=rtpmap:97 b/4294967295", "a=rtpmap:98 c/99999999999", "a=ptime:0", "a=ptime:4294967295", "a=maxptime:0"] })),
  body("sdp_of_60k", "an SDP of 60,000 bytes in one line", `v=0\r\ns=${"s".repeat(60000)}\r\n`),
  body("sdp_no_sdp", "a body that calls itself SDP and is none", "hello\r\nworld\r\n", { refusals: { sdp_malformed: 1 } }),
  body("sdp_rtcp_lies", "a=rtcp without a port, with a name, beyond 65535", sdp({ lines: ["a=rtcp:", "a=rtcp:99999", "a=rtcp:4001 IN IP4 ", "a=rtcp:4001 IN IP6 :::::", "a=rtcp-mux:::"] })),
  body("multipart_part_of_no_bytes", "a part without a byte: its length becomes -1", `--b\r\n--b\r\n\r\n--b\r\n${part("application/sdp", sdp())}--b--\r\n`, { cve: "AST-2017-003", type: mixed }),
  body("multipart_nested", "multiparts in multiparts, 200 deep", (() => {
    let text = sdp(), type = "application/sdp";
    for (let i = 0; i < 200; i++) {
      text = `${part(type, text, `b${i}`)}--b${i}--\r\n`;
      type = `multipart/mixed;boundary=b${i}`;
    }
    return part(type, text);
  })(), { type: mixed }),
  body("multipart_of_30000_parts", "10,000 empty parts", "--b\r\n".repeat(10000), { type: mixed }),
  body("multipart_without_boundary", "a multipart without a boundary", part("application/sdp", sdp()), { type: "multipart/mixed" }),
  body("multipart_boundary_empty", "an empty boundary, a quote that never closes", part("application/sdp", sdp(), ""), { type: 'multipart/mixed;boundary="' }),
  body("multipart_boundary_never_comes", "a boundary that is not in the body, of 60,000 dashes", "-".repeat(60000), { type: mixed }),
  body("multipart_header_of_60k", "a part whose header has 60,000 bytes", `--b\r\nContent-Type: ${"x".repeat(60000)}\r\n\r\nbody\r\n--b--`, { cve: "CVE-2017-7853", type: mixed }),
  {
    name: "sdp_t38_port_0",
    cause: "a re-INVITE to T.38 with port 0, then one to T.38, then packets that look like it",
    cve: "AST-2021-006",
    frames: (s) => {
      const image = (port) => sdp({ media: [`m=image ${port} udptl t38`, "a=T38FaxVersion:0", "a=T38MaxBitRate:99999999999"] });
      s.sip(invite("t38@hostile")).sip(response(200, "t38@hostile", { body: sdp({ address: "192.0.2.20", port: 5000 }) }), false);
      [0, 4000].forEach((port, i) => s.sip(request("INVITE", "t38@hostile", { tag: "callee", cseq: `${i + 2} INVITE`, branch: `t${i}`, body: image(port) })));
      for (let n = 0; n < 40; n++) s.media(f.cat(f.u16(n), f.zeros(n).fill(0xff)), { back: true });
    },
    expect: { bins: { sip: 4, "t38|udp_other|rtp_malformed": 40 }, calls: ["t38@hostile"], refusals: { udptl_malformed: "+" } },
  },
];
