/*
 * capture - a pcap, made frame by frame.
 */
import { Buffer } from "node:buffer";

const address = (text) => text.split(".").map(Number);

/* Ethernet, IPv4, UDP. The checksums are 0: nobody here checks them. from, to: "192.0.2.1:5060" */
export function datagram(from, to, payload) {
  const [[fromIp, fromPort], [toIp, toPort]] = [from, to].map((text) => text.split(":"));
  const head = Buffer.alloc(42);

  head.writeUInt16BE(0x0800, 12);
  head[14] = 0x45;
  head.writeUInt16BE(28 + payload.length, 16);
  head[22] = 64;
  head[23] = 17;
  head.set(address(fromIp), 26);
  head.set(address(toIp), 30);
  head.writeUInt16BE(Number(fromPort), 34);
  head.writeUInt16BE(Number(toPort), 36);
  head.writeUInt16BE(8 + payload.length, 38);
  return Buffer.concat([head, payload]);
}

/* A segment of TCP at the beginning of its direction. */
export function segment(from, to, payload) {
  const data = datagram(from, to, Buffer.concat([Buffer.alloc(12), payload]));

  data[23] = 6;
  data.writeUInt32BE(1, 38);
  data.writeUInt32BE(0, 42);
  data.writeUInt16BE(0x5018, 46);
  return data;
}

/* frames: [{at: epoch seconds, data}], in any order. → the whole file, microseconds. */
export function pcap(frames) {
  const head = Buffer.alloc(24);
  const parts = [head];

  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(65535, 16);
  head.writeUInt32LE(1, 20);
  for (const { at, data } of [...frames].sort((a, b) => a.at - b.at)) {
    const record = Buffer.alloc(16);
    const microseconds = Math.round(at * 1e6);
    record.writeUInt32LE(Math.floor(microseconds / 1e6), 0);
    record.writeUInt32LE(microseconds % 1e6, 4);
    record.writeUInt32LE(data.length, 8);
    record.writeUInt32LE(data.length, 12);
    parts.push(record, data);
  }
  return Buffer.concat(parts);
}

/* What is in a pcap file with microseconds: the same frames. */
export function framesOf(file) {
  const frames = [];

  for (let at = 24; at + 16 <= file.length; ) {
    const length = file.readUInt32LE(at + 8);
    frames.push({ at: file.readUInt32LE(at) + file.readUInt32LE(at + 4) / 1e6, data: file.subarray(at + 16, at + 16 + length) });
    at += 16 + length;
  }
  return frames;
}
