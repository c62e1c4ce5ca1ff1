// check_audio.mjs WAV TRUTH [MS [DB [JITTER]]] - the tones that the generator put into a call are in
// its file: on their side, at their time (within MS, 20), as loud as they were (within DB, 0.1), and
// not on the other side. TRUTH is the generator's file about one call. With jitter nobody knows when
// the first packet should have come: all of the tones may be off by up to JITTER ms together, and
// within MS of each other. Prints a line each; exit status 1 otherwise.
import { readFileSync } from 'node:fs';

const [, , wavPath, truthPath, ms = '20', db = '0.1', jitter = '0'] = process.argv;
const toleranceMs = Number(ms), toleranceDb = Number(db), jitterMs = Number(jitter);

// The chunks of a WAV file that matter: 16-bit stereo.
function readWav(path) {
  const bytes = readFileSync(path);
  const wav = {};
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') throw new Error(`${path}: no RIFF file`);
  if (bytes.readUInt32LE(4) !== bytes.length - 8) throw new Error(`${path}: its header says another length`);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4), size = bytes.readUInt32LE(at + 4);
    if (name === 'fmt ') {
      if (bytes.readUInt16LE(at + 10) !== 2 || bytes.readUInt16LE(at + 22) !== 16) throw new Error('not 16-bit stereo');
      wav.rate = bytes.readUInt32LE(at + 12);
    }
    if (name === 'data') wav.data = bytes.subarray(at + 8, at + 8 + size);
    at += 8 + size + (size & 1);
  }
  wav.frames = wav.data.length / 4;
  wav.sides = [0, 1].map((side) => Float64Array.from({ length: wav.frames }, (_, i) => wav.data.readInt16LE(i * 4 + side * 2) / 32768));
  return wav;
}

// The amplitude of a frequency in samples [from, to), seen through a Hann window.
function amplitude(x, rate, hz, from, to) {
  let re = 0, im = 0, sum = 0;
  for (let i = from; i < to; i++) {
    const w = 1 - Math.cos((2 * Math.PI * (i - from + 0.5)) / (to - from));
    const phase = (2 * Math.PI * hz * i) / rate;
    re += w * x[i] * Math.cos(phase);
    im += w * x[i] * Math.sin(phase);
    sum += w;
  }
  return (2 * Math.hypot(re, im)) / sum;
}

// G.711's overload point, as a sine: +3.14 dBm0 of A-law, +3.17 of µ-law, whose largest sample is
// 32636 of 32768 here.
const fullScaleDbm0 = { PCMA: 3.14, PCMU: 3.17 - 20 * Math.log10(32636 / 32768) };

// Where the tone is at least half as strong as in its middle, in 1 ms steps of a 16 ms window.
function edges(x, rate, hz, around, strength) {
  const half = Math.round(rate * 0.008), step = rate / 1000;
  const first = Math.max(half, Math.round(around[0] * rate)), last = Math.min(x.length - half, Math.round(around[1] * rate));
  let begin = null, end = null;
  for (let at = first; at <= last; at += step) {
    const mid = Math.round(at);
    if (amplitude(x, rate, hz, mid - half, mid + half) < strength / 2) continue;
    if (begin === null) begin = mid / rate;
    end = mid / rate;
  }
  return [begin, end];
}

let failed = false, together = null;
function fail(text) {
  console.log(`FAILED: ${text}`);
  failed = true;
}

function checkTone(wav, side, stream, tone, beginsAt) {
  const x = wav.sides[side], at = tone.time - beginsAt, length = tone.length_ms / 1000;
  const inner = [at + 0.1, at + length - 0.1].map((s) => Math.round(s * wav.rate));
  const strength = amplitude(x, wav.rate, tone.hz, ...inner);
  const dbm0 = 20 * Math.log10(strength) + (fullScaleDbm0[stream.codec] ?? 3.14);
  const [begin, end] = edges(x, wav.rate, tone.hz, [at - 0.5, at + length + 0.5], strength);
  const off = [(begin - at) * 1000, (end - at - length) * 1000];
  const other = amplitude(wav.sides[1 - side], wav.rate, tone.hz, ...inner);
  console.log(`${['left', 'right'][side]} ${tone.hz} Hz: ${dbm0.toFixed(3)} dBm0 of ${tone.level_dbm0}, ` +
    `begins ${off[0].toFixed(1)} ms and ends ${off[1].toFixed(1)} ms off`);
  if (!(Math.abs(dbm0 - tone.level_dbm0) <= toleranceDb)) fail(`${tone.hz} Hz: ${dbm0.toFixed(3)} dBm0, put in were ${tone.level_dbm0}`);
  together ??= Math.min(Math.max(off[0], -jitterMs), jitterMs);
  if (!off.every((o) => Math.abs(o - together) <= toleranceMs)) fail(`${tone.hz} Hz: ${off} ms off its time`);
  if (20 * Math.log10(other / strength) > -40) fail(`${tone.hz} Hz is on the other side too`);
}

const wav = readWav(wavPath);
const call = readFileSync(truthPath, 'utf8').trim().split('\n').map((line) => JSON.parse(line)).find((r) => r.type === 'call');
const streams = call.streams.filter((s) => s.media === 'audio' && !s.foreign_source && s.packets > 0);
const beginsAt = Math.min(...streams.map((s) => s.start_time));
let tones = 0;
for (const stream of streams) {
  const side = stream.direction === 'callee_to_caller' ? 1 : 0;
  for (const tone of stream.tones ?? []) {
    checkTone(wav, side, stream, tone, beginsAt);
    tones++;
  }
}
if (tones === 0) fail('the truth has no tone');
const seconds = Math.max(...streams.map((s) => s.end_time)) - beginsAt;
if (Math.abs(wav.frames / wav.rate - seconds) > 0.2) fail(`${(wav.frames / wav.rate).toFixed(2)} s of sound, the media took ${seconds.toFixed(2)} s`);
process.exit(failed ? 1 : 0);
