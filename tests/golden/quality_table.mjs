/*
 * quality_table EARSHOT CAPTURES [DOC] - each RTP stream of samples/ and of other people's captures as
 * Earshot and as tshark have it: packets, losses, jitter; and a reason for every difference.
 *
 * A reason is worked out from what the records say of the stream (copies, restarts, keys, …) and where
 * it can be, it is a sum that must come out even; what no record can say stands in `known`, by capture
 * and stream. A difference without a reason fails. With DOC the table is written into that page.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const [earshot, captures, doc] = process.argv.slice(2);
const JITTER_WITHIN_MS = 0.02;
const MARKS = ["<!-- the table begins -->", "<!-- the table ends -->"];

const run = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });
const keyOf = (ssrc, src, dst) => `${ssrc.toLowerCase()} ${src} ${dst}`;
const withPort = (ip, port) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`);

/* `tshark -z rtp,streams`: start, end, address, port, address, port, SSRC, payload, packets, lost (%),
 * min, mean, max delta, min, mean, max jitter, and an X where it sees a problem. */
const ROW = /^\s*([\d.]+)\s+([\d.]+)\s+(\S+)\s+(\d+)\s+(\S+)\s+(\d+)\s+0x([0-9a-fA-F]+)\s+(.+?)\s+(\d+)\s+(-?\d+) \((-?[\d.]+)%\)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)\s+(-?[\d.]+)/;

function tsharkStreams(file, ...options) {
  const found = new Map();
  for (const line of run("tshark", "-r", file, ...options, "-q", "-z", "rtp,streams").split("\n")) {
    const m = ROW.exec(line);
    if (!m) continue;
    const key = keyOf(`0x${m[7].padStart(8, "0")}`, withPort(m[3], m[4]), withPort(m[5], m[6]));
    found.set(key, { payload: m[8], packets: Number(m[9]), lost: Number(m[10]), mean: Number(m[16]), max: Number(m[17]) });
  }
  return found;
}

function earshotStreams(file) {
  const records = run(earshot, "analyze", "--json", file).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const ledger = records.find((r) => r.type === "capture"), streams = [];
  for (const r of records) {
    if (r.type === "stream") streams.push(r);
    if (r.type !== "call") continue;
    for (const s of r.streams) {
      if (s.media !== "image") streams.push(s);
    }
  }
  return { streams, ledger };
}

const FIELDS = ["frame.time_epoch", "rtp.seq", "rtp.timestamp", "rtp.p_type", "ip.src", "ipv6.src", "udp.srcport", "rtp.ssrc"];
let looked = { file: null, rows: [] };

/* Every RTP packet of a file, by one look of tshark's. */
function rtpRows(file) {
  if (looked.file !== file) {
    const text = run("tshark", "-r", file, "-o", "rtp.heuristic_rtp:TRUE", "-Y", "rtp.ssrc", "-T", "fields", ...FIELDS.flatMap((x) => ["-e", x]));
    looked = { file, rows: text.split("\n").filter(Boolean).map((row) => row.split("\t")) };
  }
  return looked.rows;
}

/* The packets of a stream, for what must be worked out again. */
function packetsOf(file, s) {
  const last = (values) => values.split(",").at(-1), outer = ([, , , , ip4, ip6]) => (ip4 || ip6).split(",")[0];
  const rows = rtpRows(file).filter((row) => row[7].split(",").some((ssrc) => Number(ssrc) === Number(s.ssrc)))
    .filter((row) => [row[4], row[5]].some((ip) => withPort(last(ip), last(row[6])) === s.src));
  return rows.filter((row) => outer(row) === outer(rows[0])) /* one of the tunnels that carry it */
    .map(([time, seq, timestamp, type]) => ({ time: Number(time), seq: Number(seq), timestamp: Number(timestamp), type: Number(type) }));
}

const wrapped = (x, size) => ((x % size) + size * 1.5) % size - size / 2;

/* RFC 3550 A.8 over those packets, by METRICS §2 or not quite: `forgiving` begins anew after a jump of the
 * timestamps of over a second that the sequence numbers do not explain, `silent` takes no J of a copy or of
 * comfort noise into the series. */
function jitterOf(packets, s, { forgiving = true, silent = false } = {}) {
  const clock = s.clock_rate_hz, step = ((s.ptime_ms ?? 0) * clock) / 1000;
  let j = 0, sum = 0, count = 0, max = 0, jumps = 0, before = null;
  for (const p of packets.filter((x) => x.type === s.payload_type || x.type === 13)) {
    if (before) {
      const ticks = wrapped(p.timestamp - before.timestamp, 2 ** 32), numbers = wrapped(p.seq - before.seq, 65536);
      const jump = Math.abs(ticks - numbers * step) > clock && step > 0;
      jumps += jump ? 1 : 0;
      if (!jump || !forgiving) {
        j += (Math.abs((p.time - before.time) * clock - ticks) - j) / 16;
        if (!silent || (numbers !== 0 && p.type !== 13)) {
          sum += j;
          count++;
          max = Math.max(max, j);
        }
      }
    }
    before = p;
  }
  return { mean: (sum / count / clock) * 1000, max: (max / clock) * 1000, jumps };
}

const near = (a, b) => Math.abs(a.mean - b.mean) <= JITTER_WITHIN_MS && Math.abs(a.max - b.max) <= JITTER_WITHIN_MS;

const T38 = "the call went over to T.38 on the same ports: tshark takes what RTP still comes for malformed T.38";
const PICTURES = "video, the packets of a picture share a timestamp: worked out again packet by packet it is Earshot's mean; the maxima are the same, and why tshark's mean differs was not found out";

/* What no record can say: by capture and SSRC, each looked into by hand. */
const known = {
  "ALWISHARIFF-wireshark__Analysis_1_vega.pcap 0xfe914803": T38,
  "ALWISHARIFF-wireshark__Analysis_1_vega.pcap 0x647e21a6": T38,
  "ALWISHARIFF-wireshark__Analysis_1_vega.pcap 0xe68656c0": T38,
  "NormB-sipnab__sip-over-tcp.pcap 0x42f433d4": "a pause of over a second: the reference is set anew there; worked out again without that, the maximum is tshark's; that its mean still differs by 0.04 ms in a stream with comfort noise was not found out",
  "NormB-sipnab__h263-over-rtp.pcap 0x5482ece0": PICTURES,
  "ntop-nDPI__rtp.pcapng 0x00001646": PICTURES,
};

/* Each answers with sentences, null for a difference that it cannot explain. */
function reasonsOfPackets(s, t, ledger) {
  const more = t.packets - s.packets;
  if (more === 0) return [];
  if (more > 0 && more <= ledger.duplicate_frames) return [`the mirror delivered ${more} packets twice: they are left out, tshark counts them`];
  return [null];
}

function reasonsOfLoss(s, t) {
  if (s.lost === t.lost || s.packets !== t.packets) return [];
  if (s.duplicates > 0 && t.lost === s.lost - s.duplicates) return [`packets that came twice: ${s.duplicates}; in tshark each hides a loss`];
  if (s.restarts > 0) return [`the sender began anew (${s.restarts}): the jump is no loss`];
  return [null];
}

function reasonsOfJitter(s, t, file) {
  const own = s.jitter_ms;
  if (own.mean === null) return t.mean === 0 && t.max === 0 ? [] : ["no clock: no SDP names the payload type"];
  if (near(own, t)) return [];
  if (t.mean === 0 && t.max === 0) return ["tshark has no clock for a payload type that is not of RFC 3551, and says 0"];
  if (s.packets !== t.packets) return [];
  const packets = packetsOf(file, s), events = packets.filter((p) => p.type !== s.payload_type && p.type !== 13).length;
  if (!near(jitterOf(packets, s), own)) return [null];
  const unforgiving = jitterOf(packets, s, { forgiving: false });
  const both = jitterOf(packets, s, { forgiving: false, silent: true });
  if (unforgiving.jumps > 0 && (near(unforgiving, t) || near(both, t))) return [`pauses of over a second (${unforgiving.jumps}): the reference is set anew there, in tshark it is not`];
  if (s.duplicates > 0 && near(jitterOf(packets, s, { silent: true }), t)) return ["the J of a copy is one of the series; tshark goes on from it, and does not count it"];
  if (events > 0) return [`telephone-event packets (${events}) are left out; in tshark they disturb the packet behind them`];
  return [null];
}

const number = (x, digits) => (x === null || x === undefined ? "–" : x.toFixed(digits));

function rowsOf(file) {
  const name = basename(file), rows = [];
  const { streams, ledger } = earshotStreams(file);
  const sdp = tsharkStreams(file);
  const all = streams.some((s) => !sdp.has(keyOf(s.ssrc, s.src, s.dst))) ? tsharkStreams(file, "-o", "rtp.heuristic_rtp:TRUE") : sdp;
  for (const s of streams) {
    const key = keyOf(s.ssrc, s.src, s.dst), t = sdp.get(key) ?? all.get(key);
    let reasons = t ? [...reasonsOfPackets(s, t, ledger), ...reasonsOfLoss(s, t), ...reasonsOfJitter(s, t, file)] : ["tshark does not take it for RTP"];
    const said = known[`${name} ${s.ssrc}`];
    if (said && reasons.includes(null)) reasons = [...reasons.filter(Boolean), said];
    rows.push({ name, s, t, reasons: [...new Set(reasons)] });
  }
  for (const [key, t] of sdp) {
    if (!streams.some((s) => keyOf(s.ssrc, s.src, s.dst) === key)) rows.push({ name, s: null, key, t, reasons: [known[`${name} ${key.split(" ")[0]}`] ?? null] });
  }
  return rows;
}

function line({ name, s, key, t, reasons }) {
  const cell = (a, b, digits) => (a === undefined || b === undefined ? [number(a, digits), number(b, digits), "–"] : [number(a, digits), number(b, digits), a === null ? "–" : number(a - b, digits).replace(/^-0(\.0*)?$/, "0")]);
  const cells = [name, s ? s.ssrc : key.split(" ")[0], s ? s.codec ?? "?" : t.payload,
    ...cell(s?.packets, t?.packets, 0).slice(0, 2), ...cell(s?.lost, t?.lost, 0), ...cell(s?.jitter_ms.mean, t?.mean, 3), ...cell(s?.jitter_ms.max, t?.max, 3), reasons.map((r) => r ?? "**none**").join("; ")];
  return `| ${cells.join(" | ")} |`;
}

const HEAD = ["| capture | stream | codec | packets | tshark | lost | tshark | diff | jitter mean ms | tshark | diff | jitter max ms | tshark | diff | reason |",
  "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"];

const files = [];
for (const folder of ["samples", captures]) {
  if (folder && existsSync(folder)) for (const name of readdirSync(folder).sort()) if (/\.(pcap|pcapng|cap)$/.test(name)) files.push(join(folder, name));
}
const rows = files.flatMap(rowsOf), bad = rows.filter((row) => row.reasons.includes(null));
const table = [...HEAD, ...rows.map(line)].join("\n");
if (doc) {
  const text = readFileSync(doc, "utf8"), [from, to] = MARKS.map((mark) => text.indexOf(mark));
  if (from < 0 || to < from) throw new Error(`${doc}: no place for the table`);
  writeFileSync(doc, `${text.slice(0, from + MARKS[0].length)}\n\n${table}\n\n${text.slice(to)}`);
} else if (process.env.QUALITY_TABLE_SHOW) {
  console.log(table);
}
for (const row of bad) console.log(`FAILED: no reason: ${line(row)}`);
const different = rows.filter((row) => row.reasons.length).length;
console.log(`${files.length} captures, ${rows.length} streams: ${rows.length - different} alike, ${different - bad.length} different with a reason, ${bad.length} without`);
process.exit(bad.length || rows.length === 0 ? 1 : 0);
