/* handshakes - TLS over TCP and DTLS over UDP whose lengths lie. */
import * as f from "../frames.mjs";

const record = (body, { type = 22, version = 0x0303, length = null } = {}) =>
  f.cat(f.u8(type), f.u16(version), f.u16(length ?? body.length), body);
const handshake = (type, body, length = body.length) => f.cat(f.u8(type), f.u24(length), body);
const random = f.zeros(32).fill(0x5a);
const serverHello = handshake(2, f.cat(f.u16(0x0303), random, f.u8(0), f.u16(0xc02f), f.u8(0)));
const certificate = (der, { list = null, own = null } = {}) => {
  const entry = f.cat(f.u24(own ?? der.length), der);
  return f.cat(f.u24(list ?? entry.length), entry);
};

let port = 0;

/* The server's direction of a connection of its own. */
function server(s, bytes, step = 1400) {
  const o = { src: "192.0.2.20", dst: "192.0.2.10", sport: 5061, dport: 20000 + port++, flags: "PA" };
  s.tcp("", { ...o, flags: "SA", seq: 999 });
  for (let at = 0; at < bytes.length; at += step) s.tcp(bytes.subarray(at, at + step), { ...o, seq: 1000 + at });
}

const datagram = (s, bytes) => s.udp(bytes, { src: "192.0.2.20", dst: "192.0.2.10", sport: 5061, dport: 20000 + port });

/* seq: of the message; a fragment of `length` bytes at `offset`. */
function dtls(type, body, { seq = 1, total = body.length, offset = 0, length = body.length, number = 0 } = {}) {
  const message = f.cat(f.u8(type), f.u24(total), f.u16(seq), f.u24(offset), f.u24(length), body);
  return f.cat(f.u8(22), f.u16(0xfefd), f.u16(0), f.u32(0), f.u16(number), f.u16(message.length), message);
}

const tcpBins = { "tls|tcp": "+" };

function overTls(name, cause, streams, refusals, { step } = {}) {
  return {
    name, cause,
    frames: (s) => {
      for (const bytes of streams()) server(s, bytes, step);
    },
    expect: { bins: tcpBins, refusals, check: noCertificate },
  };
}

const noCertificate = (records) => records.filter((r) => r.type === "certificate" && r.state === "seen").map((r) => `a certificate of ${r.subject}`);

export default [
  overTls("tls_certificate_past_record", "a Certificate message longer than all that follows", () => [
    record(f.cat(serverHello, handshake(11, certificate(f.zeros(100)), 0xffff))),
    record(f.cat(serverHello, handshake(11, certificate(f.zeros(100)), 5000))),
  ], { tls_malformed: "?" }),
  overTls("tls_lengths_of_ffffff", "lengths of 0xffffff: of the message, of the list, of a certificate", () => [
    record(f.cat(serverHello, handshake(11, certificate(f.zeros(100)), 0xffffff))),
    record(f.cat(serverHello, handshake(11, certificate(f.zeros(100), { list: 0xffffff })))),
    record(f.cat(serverHello, handshake(11, certificate(f.zeros(100), { own: 0xffffff })))),
  ], { tls_malformed: "+", certificate_malformed: "?" }),
  overTls("tls_certificate_of_nothing", "an empty list, a certificate without a byte, one of zeros, one of a giant DER length", () => [
    record(f.cat(serverHello, handshake(11, f.u24(0)))),
    record(f.cat(serverHello, handshake(11, certificate(f.zeros(0))))),
    record(f.cat(serverHello, handshake(11, certificate(f.zeros(500))))),
    record(f.cat(serverHello, handshake(11, certificate(f.hex("3084ffffffff 3084ffffffff a003020102"))))),
    record(f.cat(serverHello, handshake(11, certificate(f.cat(Array(200).fill(f.hex("3080"))))))),
  ], { certificate_malformed: "+", tls_malformed: "?" }),
  overTls("tls_records_of_nothing", "10,000 records of length 0", () => [f.cat(Array(10000).fill(record(f.zeros(0))))], { tls_malformed: "?" }),
  overTls("tls_record_lengths", "a record of 65,535 bytes, an alert in the middle of a handshake, a version that nobody has", () => [
    record(serverHello, { length: 65535 }),
    f.cat(record(serverHello.subarray(0, 20)), record(f.u16(0x0228), { type: 21 }), record(serverHello.subarray(20))),
    record(serverHello, { version: 0x03ff }),
    f.cat(record(serverHello), record(f.zeros(30), { type: 99 })),
  ], { tls_malformed: "+" }),
  overTls("tls_one_byte_records", "a handshake in records of one byte, in segments of one byte", () => [
    f.cat([...f.cat(serverHello, handshake(11, certificate(f.zeros(60))))].map((byte) => record(f.u8(byte)))),
  ], { certificate_malformed: "+", tls_malformed: "?" }, { step: 1 }),
  overTls("tls_hello_cut_everywhere", "a ServerHello whose inner lengths lie at every byte", () =>
    Array.from({ length: serverHello.length }, (_, i) => {
      const bytes = f.cat(serverHello);
      bytes[i] = 0xff;
      return record(f.cat(bytes, handshake(11, certificate(f.zeros(10)))));
    }), { tls_malformed: "+", certificate_malformed: "?" }),
  overTls("tls_endless_handshake", "1 MB of one handshake message", () => [
    f.cat(Array.from({ length: 70 }, (_, i) => record(i ? f.zeros(16000) : f.cat(serverHello, handshake(11, f.zeros(15000), 0x100000))))),
  ], { tls_malformed: "?", tcp_bytes: "?" }),
  {
    name: "tls_flood",
    cause: "10,000 handshakes that are begun and never go on",
    frames: (s) => {
      const start = record(handshake(11, f.zeros(40), 4000), { length: 4004 });
      for (let i = 0; i < 10000; i++) s.tcp(start, { src: "192.0.2.20", dst: "192.0.2.10", sport: 5061, dport: 1024 + i, seq: 1000 });
    },
    expect: { bins: { "tls|tcp": 10000 }, refusals: { handshakes: "?", tcp_streams: "?", tls_malformed: "?" } },
  },
  {
    name: "dtls_fragments_overlap",
    cause: "fragments of a DTLS handshake that overlap, differ, repeat, lie behind the end, and claim 0xffffff",
    frames: (s) => {
      const body = certificate(f.zeros(400));
      datagram(s, dtls(11, body.subarray(0, 200), { total: body.length }));
      datagram(s, dtls(11, f.zeros(200).fill(9), { total: body.length, offset: 100 }));
      datagram(s, dtls(11, body.subarray(0, 200), { total: body.length }));
      datagram(s, dtls(11, f.zeros(10), { total: 0xffffff, offset: 0xfffffe, length: 10 }));
      datagram(s, dtls(11, f.zeros(10), { total: 5, offset: 0, length: 10 }));
      datagram(s, dtls(11, f.zeros(10), { total: 100, offset: 0, length: 0xffffff }));
      datagram(s, dtls(11, body.subarray(200), { total: body.length, offset: 200 }));
    },
    expect: { bins: { dtls: 7 }, refusals: { tls_malformed: "?", certificate_malformed: "?" }, check: noCertificate },
  },
  {
    name: "dtls_fragments_of_nothing",
    cause: "10,000 DTLS fragments without a byte, and records of length 0 to 65535 in 13 bytes",
    frames: (s) => {
      for (let i = 0; i < 10000; i++) datagram(s, dtls(11, f.zeros(0), { total: 1000, offset: i % 1000, number: i & 0xffff }));
      for (const length of [0, 1, 12, 65535]) datagram(s, f.cat(f.u8(22), f.u16(0xfefd), f.zeros(8), f.u16(length)));
    },
    expect: { bins: { "dtls|udp_other": 10004 }, refusals: { tls_malformed: "?", handshakes: "?" } },
  },
  {
    name: "dtls_many_servers",
    cause: "the first fragment of a DTLS handshake from 10,000 addresses",
    frames: (s) => {
      const first = dtls(11, f.zeros(100), { total: 3000 });
      for (let i = 0; i < 10000; i++) s.udp(first, { src: `198.51.${100 + (i >> 8)}.${i & 255}`, sport: 5061, dport: 6000 });
    },
    expect: { bins: { dtls: 10000 }, refusals: { handshakes: "?" } },
  },
];
