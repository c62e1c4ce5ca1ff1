/* files - pcap and pcapng files that lie, times that cannot be, and the same frames over and over. */
import * as f from "../frames.mjs";
import { BEGIN_S, block, interfaceBlock, packetBlock, pcapng, section } from "../scene.mjs";
import { invite } from "../sip.mjs";

const ticks = BigInt(BEGIN_S) * 1000000n;

/* A file made by hand around one call. status 65: what was whole before the damage is reported. */
function made(name, cause, file, { status = 0, says, received = 5, calls = [`${name}@hostile`], ...expect } = {}) {
  return {
    name, cause, witness: false,
    frames: (s) => s.call(`${name}@hostile`),
    file: (s) => file(s),
    expect: { status, says, calls, ledger: { received }, ...expect },
  };
}

const head = (s) => [section(), interfaceBlock({ link: s.link })];
const packets = (s) => s.frames.map((frame) => packetBlock(frame, { ticks: frame.time }));
const option = (code, body) => f.cat(Buffer.from([code, 0, body.length, 0]), body, f.zeros((4 - (body.length % 4)) % 4));
const damaged = { status: 65, says: "offset" };

function patched(s, at, value) {
  const file = s.pcap();
  file.writeUInt32LE(value >>> 0, at);
  return file;
}

/* A call in the given second, and a pcapng of it. */
function inTime(name, cause, begin, { options, of = (t) => t, ...expect } = {}) {
  return {
    name, cause, witness: false,
    frames: (s) => s.call(`${name}@hostile`),
    scene: { begin },
    file: (s) => (options ? pcapng(s, { options, ticks: (frame) => of(frame.time) }) : s.pcap()),
    expect: { bins: { sip: 5 }, calls: [`${name}@hostile`], ...expect },
  };
}

const ordered = (name, cause, change) => ({
  name, cause,
  frames: (s) => {
    s.call(`${name}@hostile`);
    for (let i = 0; i < 200; i++) s.media(f.rtp(undefined, { seq: i, timestamp: 160 * i })).wait(0.019);
    change(s);
  },
  expect: {
    bins: { sip: 5, "rtp|rtp_unproven": 200 }, calls: [`${name}@hostile`], refusals: { rtp_out_of_window: "?", kpi_late: "?" },
    check: (records) => JSON.stringify(records).match(/"(post_dial_delay|setup|ring|duration|disconnect_delay|round_trip)_ms":-[^,]*/g)?.map((text) => `a negative time: ${text}`) ?? [],
  },
});

export default [
  made("file_plain", "a pcap in order: what the others are held against", (s) => s.pcap(), { bins: { sip: 5 } }),
  made("file_pcapng_big_endian", "a pcapng of the other byte order", (s) => pcapng(s, { big: true }), { bins: { sip: 5 } }),
  made("file_pcap_big_endian", "a pcap of the other byte order, in nanoseconds", (s) => {
    const file = f.cat(f.hex("a1b23c4d 0002 0004 00000000 00000000 00040000 00000001"));
    return f.cat(file, s.frames.map(({ time, data, wire }) => f.cat(f.u32(Number(time / 1000000n)), f.u32(Number(time % 1000000n) * 1000), f.u32(data.length), f.u32(wire), data)));
  }, { bins: { sip: 5 } }),
  made("file_captured_beyond", "a record that claims 4 GiB", (s) => patched(s, 24 + 8, 0xffffffff), { ...damaged, received: 0, calls: [] }),
  made("file_captured_beyond_file", "a record longer than what is left of the file", (s) => patched(s, 24 + 8, 200000), { ...damaged, received: 0, calls: [] }),
  made("file_captured_more_than_wire", "more bytes captured than there were on the wire", (s) => patched(s, 24 + 12, 60), { bins: { sip: 5 } }),
  made("file_wire_0", "a wire length of 0, and one of 4 GiB", (s) => {
    const file = patched(s, 24 + 12, 0);
    file.writeUInt32LE(0xffffffff, 24 + 16 + s.frames[0].data.length + 12);
    return file;
  }, { bins: { "sip": 5 } }),
  made("file_snaplen_0", "a snap length of 0 in the header: it limits nothing", (s) => patched(s, 16, 0), { bins: { sip: 5 } }),
  made("file_snaplen_giant", "a snap length of 4 GiB", (s) => patched(s, 16, 0xffffffff), { bins: { sip: 5 } }),
  made("file_microseconds_beyond", "two million microseconds in a record's time", (s) => patched(s, 24 + 4, 2000000), { bins: { sip: 5 } }),
  made("file_ng_block_length_0", "a block of length 0: a reader stands still", (s) => f.cat(head(s), block(6, f.zeros(0), { length: 0 }), packets(s)), { ...damaged, received: 0, calls: [] }),
  made("file_ng_block_length_giant", "a block of 4 GiB: an allocation by the claim", (s) => f.cat(head(s), packets(s).slice(0, 3), block(6, f.zeros(64), { length: 0xfffffffc })), { ...damaged, received: 3 }),
  made("file_ng_block_length_odd", "a block whose length is no multiple of 4", (s) => f.cat(head(s), packets(s), block(6, f.zeros(64), { length: 77 })), { ...damaged }),
  made("file_ng_block_of_16_mib", "an unknown block that claims 15 MiB in a small file", (s) => f.cat(head(s), packets(s), block(0x0bad, f.zeros(64), { length: 15 << 20 })), { ...damaged }),
  made("file_ng_lengths_differ", "a block whose two lengths differ", (s) => f.cat(head(s), packets(s), block(5, f.zeros(20), { tail: 8 })), { ...damaged }),
  made("file_ng_captured_beyond_block", "a packet longer than its block", (s) => f.cat(head(s), packets(s), packetBlock(s.frames[0], { ticks, captured: 0x7fffffff })), { ...damaged }),
  made("file_ng_interface_missing", "a packet of interface 7 of 1, and one before any interface", (s) => f.cat(head(s), packets(s), packetBlock(s.frames[0], { ticks, face: 7 })), { ...damaged }),
  made("file_ng_unknown_blocks", "blocks that nobody knows, between all others", (s) => f.cat(section(), block(0x40000bad, f.zeros(400)), interfaceBlock({ link: 1 }), packets(s).map((packet) => [block(0x80000001, f.zeros(3)), packet, block(4, f.zeros(0))])), { bins: { sip: 5 } }),
  made("file_ng_options_lie", "an interface option longer than its block", (s) => f.cat(section(), interfaceBlock({ options: f.hex("0900ffff 00000000") }), packets(s)), { ...damaged, received: 0, calls: [] }),
  made("file_ng_interfaces_10000", "10,000 interfaces", (s) => f.cat(section(), Array(10000).fill(interfaceBlock({})), packets(s)), { ...damaged, received: 0, calls: [] }),
  made("file_ng_sections_1000", "1,000 sections, of both byte orders", (s) => f.cat(Array.from({ length: 1000 }, (_, i) => [section({ big: i % 2 === 0 }), interfaceBlock({ big: i % 2 === 0 })]), section(), interfaceBlock({}), packets(s)), { bins: { sip: 5 } }),
  made("file_ng_time_unit_0", "time stamps in units of 2^-127 s, and of 10^-200", (s) => f.cat(section(), interfaceBlock({ options: option(9, f.u8(0xff)) }), packets(s), section(), interfaceBlock({ options: option(9, f.u8(100)) }), packets(s)), { ...damaged, bins: { sip: 5 } }),
  inTime("time_nanoseconds", "nanoseconds since 1970", BEGIN_S, { options: option(9, f.u8(9)), of: (t) => t * 1000n }),
  inTime("time_1970", "the year 1970: a clock that was never set", 0),
  inTime("time_2106", "the last second of 32 bits, in 2106", 0xffffffff),
  inTime("time_end_of_64_bits", "2^64 - 1 nanoseconds, and an offset of 2^63 seconds", BEGIN_S, { options: f.cat(option(9, f.u8(9)), option(14, f.hex("ffffffffffffff7f"))), of: () => 0xffffffffffffffffn }),
  inTime("time_far_before", "an offset of −2^63 seconds", BEGIN_S, { options: option(14, f.hex("0000000000000080")) }),
  ordered("time_uptime_400_days", "a stream whose timestamps are those of a clock that runs for 400 days", (s) => {
    s.frames.forEach((frame, i) => i >= 5 && frame.data.writeUInt32BE((400 * 86400 * 8000 + 160 * i) % 2 ** 32, 46));
  }),
  ordered("time_goes_back", "times that go back an hour in the middle, and a day, and to 1970", (s) => {
    s.frames.forEach((frame, i) => (frame.time -= i > 150 ? frame.time : i > 100 ? 86400000000n : i > 50 ? 3600000000n : 0n));
  }),
  ordered("time_jumps_ahead", "times that jump ahead by a year and back again", (s) => {
    s.frames.forEach((frame, i) => (frame.time += i % 7 === 3 ? 31536000000000n : 0n));
  }),
  ordered("time_stands_still", "one time for all packets", (s) => {
    s.frames.forEach((frame) => (frame.time = BigInt(BEGIN_S) * 1000000n));
  }),
  ordered("time_shuffled", "packets in an order that has nothing to do with their times", (s) => {
    const rtp = s.frames.slice(5);
    s.frames = [...s.frames.slice(0, 5), ...rtp.map((_, i) => rtp[(i * 83) % rtp.length])];
  }),
  {
    name: "duplicates_flood",
    cause: "one frame 20,000 times within 20 ms, and every frame of a call twice: dropped and counted",
    frames: (s) => {
      const frame = f.ethernet(f.ip4(f.udp(invite("flood@hostile"))));
      s.frame(frame);
      for (let i = 1; i < 20000; i++) s.frames.push({ ...s.frames[0], time: s.frames[0].time + BigInt(i) });
      s.wait(1).call("twice@hostile");
      s.frames = s.frames.flatMap((one, i) => (i < 20000 ? [one] : [one, { ...one, time: one.time + 100n }]));
    },
    expect: { bins: { sip: 6, duplicate: 20004 }, ledger: { duplicate_frames: 20004 }, calls: ["flood@hostile", "twice@hostile"], check: (records) => records.filter((r) => r.retransmissions > 0).map((r) => `${r.retransmissions} retransmissions`) },
  },
  {
    name: "duplicates_that_are_none",
    cause: "an INVITE sent again after T1 and RTP sent twice with identifications of their own: facts about the call",
    frames: (s) => {
      s.sip(invite("again@hostile")).wait(0.5).sip(invite("again@hostile"));
      for (let i = 0; i < 10; i++) for (let n = 0; n < 2; n++) s.media(f.rtp(undefined, { seq: i, timestamp: 160 * i }));
    },
    expect: { bins: { sip: 2, rtp: 20 }, calls: ["again@hostile"], check: (records) => records.filter((r) => r.call_id === "again@hostile" && r.retransmissions !== 1).map((r) => `${r.retransmissions} retransmissions`) },
  },
];
