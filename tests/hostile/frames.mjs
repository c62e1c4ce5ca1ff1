/*
 * frames - packets byte by byte, so that each field can lie.
 *
 * Every builder takes the fields that it fills in from an object and counts the rest: a length that
 * is not given is right. Checksums are left 0, for the probe verifies none.
 */

export const u8 = (n) => Buffer.from([n & 255]);
export const u16 = (n) => Buffer.from([(n >> 8) & 255, n & 255]);
export const u24 = (n) => Buffer.from([(n >> 16) & 255, (n >> 8) & 255, n & 255]);
export function u32(n) {
  const high = Math.floor(n / 65536), low = n % 65536;
  return Buffer.from([(high >> 8) & 255, high & 255, (low >> 8) & 255, low & 255]);
}
export const zeros = (n) => Buffer.alloc(n);

/* Texts are bytes: one each, U+0000 to U+00FF. */
export function cat(...parts) {
  if (parts.every(Buffer.isBuffer)) return Buffer.concat(parts); /* nearly always */
  return Buffer.concat(parts.flat(Infinity).map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)));
}

export const hex = (text) => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/* The same few come again with every frame. */
const ip4Addresses = new Map();
export function ip4Address(text) {
  let bytes = ip4Addresses.get(text);
  if (!bytes) ip4Addresses.set(text, (bytes = Buffer.from(text.split(".").map(Number))));
  return bytes;
}

export function ip6Address(text) {
  const [head, tail = ""] = text.split("::");
  const words = (part) => (part ? part.split(":").map((word) => parseInt(word, 16)) : []);
  const left = words(head), right = words(tail);
  return cat(...[...left, ...Array(8 - left.length - right.length).fill(0), ...right].map(u16));
}

export const ETHERTYPE = { ip4: 0x0800, arp: 0x0806, ip6: 0x86dd, vlan: 0x8100, qinq: 0x88a8, teb: 0x6558, mpls: 0x8847,
  pppoe: 0x8864, pppoeDiscovery: 0x8863, vntag: 0x8926, erspan: 0x88be, erspan3: 0x22eb };
export const PROTOCOL = { icmp: 1, ipip: 4, tcp: 6, udp: 17, ip6: 41, gre: 47, esp: 50, ah: 51 };

/* --- link --- */

export function ethernet(payload, { type = ETHERTYPE.ip4 } = {}) {
  return cat(hex("020000000002 020000000001"), u16(type), payload);
}

/* A tag in front of what `type` announces; goes where an EtherType goes. */
export const tag = (payload, { id = 7, type = ETHERTYPE.ip4 } = {}) => cat(u16(id), u16(type), payload);

export const label = (payload, { label: value = 100, bottom = true, ttl = 64 } = {}) =>
  cat(u24((value << 4) | (bottom ? 1 : 0)), u8(ttl), payload);

export function pppoe(payload, { protocol = 0x0021, session = 9, code = 0, version = 0x11, length = null } = {}) {
  const ppp = cat(u16(protocol), payload);
  return cat(u8(version), u8(code), u16(session), u16(length ?? ppp.length), ppp);
}

/* --- network --- */

let nextId = 1;

/* IPv4 identifications count up over a capture; each begins at 1. */
export function restartIds() {
  nextId = 1;
}

export function ip4(payload, f = {}) {
  const options = f.options ?? zeros(0);
  const words = f.ihl ?? 5 + Math.ceil(options.length / 4);
  const flags = (f.more ? 0x2000 : 0) | (f.dontFragment ? 0x4000 : 0) | ((f.offset ?? 0) >> 3);
  return cat(
    u8(((f.version ?? 4) << 4) | words), u8(f.tos ?? 0), u16(f.total ?? 20 + options.length + payload.length),
    u16(f.id ?? nextId++), u16(flags), u8(f.ttl ?? 64), u8(f.protocol ?? PROTOCOL.udp), u16(0),
    ip4Address(f.src ?? "192.0.2.10"), ip4Address(f.dst ?? "192.0.2.20"), options, payload);
}

export function ip6(payload, f = {}) {
  return cat(
    u32((f.version ?? 6) * 0x10000000), u16(f.length ?? payload.length), u8(f.next ?? PROTOCOL.udp), u8(f.hops ?? 64),
    ip6Address(f.src ?? "2001:db8::10"), ip6Address(f.dst ?? "2001:db8::20"), payload);
}

/* A hop-by-hop, routing or destination header: `length` in units of 8 bytes beyond the first 8. */
export function ip6Extension(payload, { next = PROTOCOL.udp, length = 0, body = zeros(6) } = {}) {
  return cat(u8(next), u8(length), body, payload);
}

export function ip6Fragment(payload, { next = PROTOCOL.udp, offset = 0, more = false, id = 1 } = {}) {
  return cat(u8(next), u8(0), u16((offset & 0xfff8) | (more ? 1 : 0)), u32(id), payload);
}

/* --- transport --- */

export function udp(payload, { sport = 5060, dport = 5060, length = null } = {}) {
  const bytes = cat(payload);
  return cat(u16(sport), u16(dport), u16(length ?? 8 + bytes.length), u16(0), bytes);
}

const TCP_FLAGS = { F: 1, S: 2, R: 4, P: 8, A: 16, U: 32 };

export function tcp(payload, f = {}) {
  const options = f.options ?? zeros(0);
  const flags = [...(f.flags ?? "A")].reduce((sum, letter) => sum | TCP_FLAGS[letter], 0);
  return cat(
    u16(f.sport ?? 40000), u16(f.dport ?? 5060), u32((f.seq ?? 1) % 2 ** 32), u32(f.ack ?? 1),
    u8((f.dataOffset ?? 5 + options.length / 4) << 4), u8(flags), u16(f.window ?? 65535), u16(0), u16(f.urgent ?? 0), options, payload);
}

/* --- tunnels --- */

export function gre(payload, { flags = 0, type = ETHERTYPE.ip4, fields = zeros(0) } = {}) {
  return cat(u16(flags), u16(type), fields, payload);
}

export const vxlan = (payload, { flags = 0x08, vni = 42 } = {}) => cat(u8(flags), u24(0), u24(vni), u8(0), payload);

export function geneve(payload, { words = null, options = zeros(0), type = ETHERTYPE.teb, vni = 42, version = 0 } = {}) {
  return cat(u8((version << 6) | (words ?? options.length / 4)), u8(0), u16(type), u24(vni), u8(0), options, payload);
}

export function gtpu(payload, { flags = 0x30, kind = 255, length = null, teid = 77, optional = zeros(0) } = {}) {
  return cat(u8(flags), u8(kind), u16(length ?? optional.length + payload.length), u32(teid), optional, payload);
}

export const tzsp = (payload, { tags = u8(1), kind = 0, version = 1, protocol = 1 } = {}) =>
  cat(u8(version), u8(kind), u16(protocol), tags, payload);

export const erspan2 = (payload, { session = 5 } = {}) => cat(u16(0x1000), u16(session), u32(0), payload);
export const erspan3 = (payload, { session = 5, sub = zeros(0), more = 0 } = {}) =>
  cat(u16(0x2000), u16(session), u32(0), u16(0), u16(more), sub, payload);

/* --- media --- */

export function rtp(payload = zeros(160).fill(0xd5), f = {}) {
  const flags = ((f.version ?? 2) << 6) | (f.padding ? 0x20 : 0) | (f.extension ? 0x10 : 0) | (f.csrcCount ?? 0);
  return cat(u8(flags), u8((f.type ?? 8) | (f.marker ? 0x80 : 0)), u16(f.seq ?? 1), u32((f.timestamp ?? 160) % 2 ** 32),
    u32(f.ssrc ?? 0x1234), f.csrcs ?? zeros(0), f.extension ?? zeros(0), payload);
}

/* `words`: the length field, which counts 32-bit words without the first. */
export function rtcp(type, body, { count = 0, words = null, padding = false } = {}) {
  return cat(u8(0x80 | (padding ? 0x20 : 0) | count), u8(type), u16(words ?? body.length / 4), body);
}

export const senderReport = (ssrc, blocks = []) =>
  rtcp(200, cat(u32(ssrc), u32(0xe0000000), u32(0), u32(160), u32(10), u32(1600), ...blocks), { count: blocks.length });
export const receiverReport = (ssrc, blocks = []) => rtcp(201, cat(u32(ssrc), ...blocks), { count: blocks.length });

export const telephoneEvent = ({ event = 5, end = false, duration = 160 } = {}) =>
  cat(u8(event), u8(end ? 0x8a : 0x0a), u16(duration));
