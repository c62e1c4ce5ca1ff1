/*
 * scene - the frames of one capture with their times, and the files that they become.
 *
 * Time goes on by a millisecond a frame. Addresses are those of the documentation networks: SIP
 * between 192.0.2.10 and 192.0.2.20, port 5060; media from port 4000 there to port 5000.
 */
import * as f from "./frames.mjs";
import { wholeCall } from "./sip.mjs";

export const BEGIN_S = 1772442000; /* 2026-03-02 09:00 UTC */
const MICRO = 0xa1b2c3d4;

export class Scene {
  constructor({ link = 1, begin = BEGIN_S } = {}) {
    this.link = link;
    this.frames = [];
    this.time = BigInt(begin) * 1000000n; /* microseconds */
    f.restartIds();
  }

  /* wire: the length on the wire, more than is there: cut by the snap length. */
  frame(data, { wire = null } = {}) {
    this.time += 1000n;
    this.frames.push({ time: this.time, data, wire: wire ?? data.length });
    return this;
  }

  wait(seconds) {
    this.time += BigInt(Math.round(seconds * 1e6));
    return this;
  }

  ethernet(payload, o = {}) {
    return this.frame(f.ethernet(payload, o));
  }

  udp(payload, o = {}) {
    return this.ethernet(f.ip4(f.udp(payload, o), o));
  }

  udp6(payload, o = {}) {
    return this.ethernet(f.ip6(f.udp(payload, o), o), { type: f.ETHERTYPE.ip6 });
  }

  tcp(payload, o = {}) {
    return this.ethernet(f.ip4(f.tcp(f.cat(payload), o), { protocol: f.PROTOCOL.tcp, ...o }));
  }

  /* SIP over UDP, from the caller or to it. */
  sip(message, fromCaller = true) {
    return this.udp(message, fromCaller ? {} : { src: "192.0.2.20", dst: "192.0.2.10" });
  }

  call(callId, o = {}) {
    for (const [message, fromCaller] of wholeCall(callId, o)) this.sip(message, fromCaller);
    return this;
  }

  /* Media of the call that sip.mjs announces. */
  media(payload, { back = false, ...o } = {}) {
    const there = { src: "192.0.2.10", dst: "192.0.2.20", sport: 4000, dport: 5000 };
    const here = { src: "192.0.2.20", dst: "192.0.2.10", sport: 5000, dport: 4000 };
    return this.udp(payload, { ...(back ? here : there), ...o });
  }

  /* Each beginning of a frame from `from` bytes on, the whole frame last. snapped: the capture was
   * cut; otherwise the frame itself was that short. */
  cutEverywhere(data, { from = 0, snapped = true } = {}) {
    for (let n = from; n <= data.length; n++)
      this.wait(0.06).frame(data.subarray(0, n), snapped ? { wire: data.length } : {});
    return this;
  }

  pcap() {
    const head = Buffer.alloc(24);
    head.writeUInt32LE(MICRO, 0);
    head.writeUInt16LE(2, 4);
    head.writeUInt16LE(4, 6);
    head.writeUInt32LE(262144, 16);
    head.writeUInt32LE(this.link, 20);
    return Buffer.concat([head, ...this.frames.flatMap((frame) => [recordHeader(frame), frame.data])]);
  }
}

function recordHeader({ time, data, wire }) {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(Number((time / 1000000n) & 0xffffffffn), 0);
  head.writeUInt32LE(Number(time % 1000000n), 4);
  head.writeUInt32LE(data.length, 8);
  head.writeUInt32LE(wire, 12);
  return head;
}

/* --- pcapng, each block as wanted --- */

/* body is padded; length and tail may lie. */
export function block(type, body, { length = null, tail = null, big = false } = {}) {
  const padded = f.cat(body, f.zeros((4 - (body.length % 4)) % 4));
  const put = (n) => {
    const word = Buffer.alloc(4);
    if (big) word.writeUInt32BE(n >>> 0);
    else word.writeUInt32LE(n >>> 0);
    return word;
  };
  const bytes = 12 + padded.length;
  return f.cat(put(type), put(length ?? bytes), padded, put(tail ?? length ?? bytes));
}

function words(big, ...values) {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => (big ? out.writeUInt32BE(value >>> 0, 4 * i) : out.writeUInt32LE(value >>> 0, 4 * i)));
  return out;
}

export const section = ({ big = false, ...o } = {}) =>
  block(0x0a0d0d0a, words(big, 0x1a2b3c4d, big ? 0x00010000 : 1, 0xffffffff, 0xffffffff), { big, ...o });

export const interfaceBlock = ({ link = 1, snap = 0, options = f.zeros(0), big = false, ...o } = {}) =>
  block(1, f.cat(words(big, big ? link << 16 : link, snap), options), { big, ...o });

/* ticks: a BigInt in the interface's unit. */
export function packetBlock({ data, wire }, { ticks, face = 0, captured = null, big = false, ...o }) {
  const head = words(big, face, Number((ticks >> 32n) & 0xffffffffn), Number(ticks & 0xffffffffn), captured ?? data.length, wire);
  return block(6, f.cat(head, data), { big, ...o });
}

export function pcapng(scene, { big = false, options = f.zeros(0), ticks = (frame) => frame.time } = {}) {
  return f.cat(section({ big }), interfaceBlock({ link: scene.link, options, big }),
    ...scene.frames.map((frame) => packetBlock(frame, { ticks: ticks(frame), big })));
}
