/*
 * check FOLDER - holds what `earshot analyze --json` said of each capture against its case.
 *
 * Of each case the folder has NAME.own (how many frames of its own), NAME.json, NAME.err, NAME.status
 * and NAME.cost ("CPU_US RSS_KIB WALL_US"). Of a case's `expect`:
 *
 *   status    exit status; 0 unless given
 *   says      a text of the complaint
 *   bins      packets by bin, without the witness's 5 sip; all others are 0. A key may name several
 *             bins, "a|b", of which the sum counts; a number is exact, "+" is any above 0, "?" any.
 *             Without `bins` any will do
 *   refusals  likewise; all others are 0
 *   ledger    numbers of the ledger, likewise; `received` is the number of frames unless given
 *   calls     the Call-IDs of all calls but the witness; none unless given, "?" for any
 *   callCount how many calls, where they are too many to name
 *   check     looks at the records itself; returns complaints
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { cases, WITNESS } from "./make.mjs";

const CPU_US_MAX = 1e6;
const RSS_KIB_MAX = 300 * 1024; /* the sanitizers' shadow included */
const WITNESS_FRAMES = 5;


const folder = process.argv[2];
const read = (one, kind) => readFileSync(join(folder, `${one.name}.${kind}`), "utf8");

function fits(value, want) {
  if (want === "?") return true;
  return want === "+" ? value > 0 : value === want;
}

/* Complaints about an object of counts against what is wanted of it. */
function compareCounts(what, counts, wanted) {
  const left = { ...counts }, complaints = [];
  for (const [names, want] of Object.entries(wanted)) {
    let sum = 0;
    for (const name of names.split("|")) {
      sum += left[name] ?? 0;
      delete left[name];
    }
    if (!fits(sum, want)) complaints.push(`${what} ${names} is ${sum}, not ${want}`);
  }
  for (const [name, count] of Object.entries(left)) if (count > 0) complaints.push(`${what} ${name} is ${count}, not 0`);
  return complaints;
}

function checkCalls(records, expect) {
  const ids = records.filter((r) => r.type === "call" && r.call_id !== WITNESS).map((r) => r.call_id).sort();
  if (expect.callCount !== undefined) return ids.length === expect.callCount ? [] : [`${ids.length} calls, not ${expect.callCount}`];
  if (expect.calls === "?") return [];
  const wanted = [...(expect.calls ?? [])].sort();
  return ids.join() === wanted.join() ? [] : [`calls are [${ids.slice(0, 5)}${ids.length > 5 ? ` … ${ids.length}` : ""}], not [${wanted.slice(0, 5)}${wanted.length > 5 ? ` … ${wanted.length}` : ""}]`];
}

function checkWitness(records) {
  const [call, ...more] = records.filter((r) => r.call_id === WITNESS && r.type === "call");
  if (!call || more.length) return [`${more.length + (call ? 1 : 0)} witnesses, not 1`];
  return call.state === "completed" ? [] : [`the witness is ${call.state}, not completed`];
}

function checkLedger(capture, one, own) {
  const { expect } = one, witness = one.witness !== false;
  const bins = { ...capture.bins }, complaints = [];
  const sum = Object.values(bins).reduce((a, b) => a + b, 0);
  if (sum !== capture.received) complaints.push(`bins add up to ${sum}, received ${capture.received}`);
  const { received = own + (witness ? WITNESS_FRAMES : 0), ...more } = expect.ledger ?? {};
  if (capture.received !== received) complaints.push(`received ${capture.received}, not ${received}`);
  for (const [name, want] of Object.entries(more)) if (!fits(capture[name], want)) complaints.push(`${name} is ${capture[name]}, not ${want}`);
  if (witness) bins.sip -= WITNESS_FRAMES;
  if (expect.bins) complaints.push(...compareCounts("bin", bins, expect.bins));
  return [...complaints, ...compareCounts("refusal", capture.refusals, expect.refusals ?? {})];
}

/* What holds for every stream of every case, whatever was sent: no figure outside of its range. */
const RANGES = [
  ["lost", 0, (x) => x.expected], ["duplicates", 0, (x) => x.packets], ["out_of_order", 0, (x) => x.packets],
  ["jitter_ms.mean", 0, (x) => x.jitter_ms.max], ["jitter_ms.p95", 0, (x) => x.jitter_ms.max], ["delta_ms.mean", 0, (x) => x.delta_ms.max],
  ["clock_drift_ppm", -10000, 10000], ["level_dbm0", -100, 6.2 /* a square wave */], ["silence_ratio", 0, 1], ["clipping_ratio", 0, 1], ["dtx_ratio", 0, 1],
  ["burst.density_ratio", 0, 1], ["playout.jb200.late", 0, (x) => x.packets], ["playout.jb200.lost_total", 0, (x) => x.expected],
  ["mos_lq.raw", 1, 4.5], ["mos_lq.jb200", 1, 4.5], ["mos_cq", 1, 4.5], ["rtcp.rtt_ms", 0, 65536000],
  ["rtcp.fraction_lost_max", 0, 1], ["udptl.recovered", 0, (x) => x.lost],
];
const at = (object, path) => path.split(".").reduce((value, key) => value?.[key], object);

function checkRanges(records) {
  const streams = records.flatMap((r) => (r.type === "stream" ? [r] : (Array.isArray(r.streams) ? r.streams : [])));
  return streams.flatMap((stream) => RANGES.flatMap(([path, low, high]) => {
    const value = at(stream, path) ?? null, top = typeof high === "function" ? high(stream) : high;
    return value === null || top === null || (value >= low && value <= top) ? [] : [`${path} is ${value}, not ${low} to ${top}`];
  }));
}

function checkCost(one) {
  const [cpu, rss] = read(one, "cost").split(" ").map(Number);
  const complaints = [];
  if (!(cpu <= CPU_US_MAX)) complaints.push(`${cpu / 1e6} s of CPU`);
  if (!(rss <= RSS_KIB_MAX)) complaints.push(`${rss} KiB of memory`);
  return complaints;
}

function check(one) {
  const { expect } = one;
  const status = Number(read(one, "status")), said = read(one, "err");
  if (status !== (expect.status ?? 0)) return [`exit status ${status}: ${said.slice(0, 2000)}`];
  const complaints = checkCost(one);
  const records = read(one, "json").split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const capture = records.filter((r) => r.type === "capture").at(-1);
  if (expect.says && !said.includes(expect.says)) complaints.push(`no '${expect.says}' in: ${said}`);
  if (!expect.says && said) complaints.push(`said: ${said.slice(0, 500)}`);
  if (!capture) return [...complaints, "no ledger"];
  complaints.push(...checkRanges(records));
  complaints.push(...checkLedger(capture, one, Number(read(one, "own"))));
  if (one.witness !== false) complaints.push(...checkWitness(records));
  return [...complaints, ...checkCalls(records, expect), ...(expect.check?.(records) ?? [])];
}

const names = new Set(cases.map((one) => one.name));
let failed = names.size === cases.length ? 0 : 1;
if (failed) console.log("FAILED: two cases of one name");
for (const one of cases) {
  const complaints = check(one);
  if (complaints.length === 0) continue;
  failed++;
  console.log(`FAILED: ${one.name} (${one.cause})`);
  for (const complaint of complaints) console.log(`    ${complaint}`);
}
console.log(`${cases.length} captures, ${failed} failed`);
process.exit(failed ? 1 : 0);
