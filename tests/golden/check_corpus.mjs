// check_corpus.mjs TRUTH ANALYZED [harmless] - every label of the corpus (tests/support/README.md,
// "Labels") against the records of `earshot analyze --json`. Prints one line for each kind of label,
// with how many are right and wrong, and the first wrong ones of each scene; exit status 1 when one is
// wrong, or when legs that only a score joins have a precision under 0.99 or a recall under 0.95.
// harmless: no call of it may be said to be one way, whatever else. plain: analysed without trunks.
import { readFileSync } from 'node:fs';

const [, , truthPath, analyzedPath, mode = ''] = process.argv;
const PRECISION_MIN = 0.99, RECALL_MIN = 0.95, PAIRS_LEAST = 300 /* of fewer a share says little */, EXAMPLES = 2;
// How far a measured figure of two legs may be from what the box between them did.
const LOST_WITHIN = 0.005, DELAY_WITHIN_MS = 5;
// Of a history these may stand there unasked: they say how, not what.
const LIGHT = new Set(['reinvite', 'update', 'prack', 'challenge', 'early_media', 'cancel', 'session_refresh']);

const lines = (path) => readFileSync(path, 'utf8').split('\n').filter(Boolean).map((line) => JSON.parse(line));
const truth = lines(truthPath), records = lines(analyzedPath);
const of = (type) => records.filter((record) => record.type === type);

const counts = new Map(), examples = new Map();

function judge(label, right, scene, name, expected, actual) {
  const count = counts.get(label) ?? { right: 0, wrong: 0 };
  counts.set(label, count);
  count[right ? 'right' : 'wrong']++;
  if (right) return;
  const key = `${scene} ${label}`, seen = examples.get(key) ?? { count: 0, lines: [] };
  examples.set(key, seen);
  if (++seen.count <= EXAMPLES) seen.lines.push(`${name}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
const sorted = (list) => [...new Set(list)].sort();
const group = (list, key) => list.reduce((map, one) => map.set(key(one), [...(map.get(key(one)) ?? []), one]), new Map());

// --- calls ---

const compare = {
  deviations: (expected, call) => [same(sorted(expected), sorted(call.deviations.map((one) => one.deviation))), call.deviations.map((one) => one.deviation)],
  history: (expected, call) => {
    const events = call.history.map((one) => one.event);
    return [expected.every((one) => events.includes(one)) && events.every((one) => expected.includes(one) || LIGHT.has(one)), events];
  },
  links: (expected, call) => {
    const links = call.links.map((one) => [one.link, one.call_id]);
    return [same(links.sort(), [...expected].sort()) && call.links.every((one) => one.call), call.links];
  },
  streams: (expected, call) => [call.streams.length === expected, call.streams.length],
  packets: (expected, call) => [(call.packets ?? 0) === expected, call.packets],
  media_timeouts: (expected, call) => [((call.media_timeouts ?? []).length > 0) === expected > 0, call.media_timeouts],
  attestation: (expected, call) => [call.stir?.attestation === expected, call.stir],
  // Of a conversation below; here: a call that stands alone.
  legs: (expected, call) => [expected !== null || call.leg_group === null, call.leg_group],
  legs_lost_ratio: (expected, call) => {
    const actual = legOf.get(call.call_id)?.loss_added_ratio ?? null;
    return [actual !== null && Math.abs(actual - expected) <= LOST_WITHIN, actual];
  },
  legs_delay_ms: (expected, call) => {
    const actual = legOf.get(call.call_id)?.delay_added_ms ?? null;
    return [actual !== null && Math.abs(actual - expected) <= DELAY_WITHIN_MS, actual];
  },
};

function checkCall(label, call) {
  const name = `${label.scene} ${label.call_id}`;
  for (const [key, expected] of Object.entries(label.labels)) {
    if (mode === 'plain' && key.startsWith('trunk_')) continue;
    const [right, actual] = compare[key] ? compare[key](expected, call) : [same(expected, call[key]), call[key]];
    judge(key, right, label.scene, name, expected, actual);
    if (key === 'media_verdict' && !right && examples.get(`${label.scene} media_verdict`).count <= EXAMPLES)
      examples.get(`${label.scene} media_verdict`).lines.push(`    evidence: ${JSON.stringify(call.media_evidence)}`);
  }
}

// A record for each, the n-th call of a name for its n-th label. One that the capture saw from the
// middle on has its tags as they came.
function checkCalls() {
  const identity = (one) => (one.invite_time === null ? one.call_id : `${one.call_id} ${one.from_tag}`);
  const found = group(of('call'), identity), wanted = group(truth.filter((one) => one.type === 'label'), identity);
  for (const [who, labels] of wanted) {
    const calls = [...(found.get(who) ?? [])].sort((a, b) => a.invite_time - b.invite_time);
    labels.sort((a, b) => a.invite_time - b.invite_time);
    judge('a record each', calls.length === labels.length, labels[0].scene, who, labels.length, calls.length);
    labels.slice(0, calls.length).forEach((label, i) => checkCall(label, calls[i]));
  }
  for (const [who, calls] of found)
    if (!wanted.has(who) && !who.startsWith('scan-')) judge('a record each', false, 'none', who, 0, calls.length);
}

// --- legs ---

const conversations = new Map(truth.filter((one) => one.type === 'label').map((one) => [one.call_id, one]));
// The last word about each pair.
const pairs = new Map(of('leg').map((leg) => [[leg.call_id_a, leg.call_id_b].sort().join(' '), leg]));
for (const [key, leg] of pairs) if (!leg.leg_group) pairs.delete(key); // taken back
const legOf = new Map([...pairs.values()].flatMap((leg) => [[leg.call_id_a, leg], [leg.call_id_b, leg]]));
let scored = 0, scoredRight = 0, wantedPairs = 0, foundPairs = 0;

function checkLegs() {
  for (const leg of pairs.values()) {
    const [a, b] = [leg.call_id_a, leg.call_id_b].map((id) => conversations.get(id));
    const right = Boolean(a?.conversation) && a.conversation === b?.conversation;
    if (leg.certain) {
      judge('joins that are certain', right, a?.scene, `${leg.call_id_a} and ${leg.call_id_b}`, 'apart', leg.evidence);
      continue;
    }
    scored++;
    scoredRight += right;
    if (!right && scored - scoredRight <= EXAMPLES) console.log(`joined wrongly, ${a?.scene} and ${b?.scene}: ${JSON.stringify(leg)}`);
  }
  for (const [, parts] of group([...conversations.values()].filter((one) => one.conversation), (one) => one.conversation)) {
    const leg = pairs.get(parts.map((one) => one.call_id).sort().join(' '));
    if (parts[0].labels.legs === 'certain') {
      judge('legs that are certain', leg?.certain === true, parts[0].scene, parts[0].call_id, 'joined', leg ?? null);
      continue;
    }
    if (parts[0].labels.legs === 'joined') {
      judge('legs that a header hints at', Boolean(leg), parts[0].scene, parts[0].call_id, 'joined', null);
      continue;
    }
    wantedPairs++;
    foundPairs += Boolean(leg);
    if (!leg && wantedPairs - foundPairs <= EXAMPLES) console.log(`not joined: ${parts.map((one) => one.call_id).join(' and ')}`);
  }
}

// --- what is no call ---

function checkOthers(type, recordType, fits) {
  const found = of(recordType);
  for (const label of truth.filter((one) => one.type === type)) {
    const record = found.filter((one) => fits(label, one)).at(-1);
    const name = `${label.scene} ${label.source}`;
    judge(`a ${recordType} record each`, Boolean(record), label.scene, name, label, null);
    for (const [key, expected] of Object.entries(record ? label.labels : {}))
      judge(`${recordType} ${key}`, same(expected, record[key]), label.scene, name, expected, record[key]);
  }
}

// Nobody else is suspected of anything.
function checkSuspicions() {
  for (const record of of('security')) {
    const right = truth.some((one) => one.type === 'label_security' && one.source === record.source && one.fact === record.fact);
    judge('suspicions', right, 'none', record.source, null, right ? null : record);
  }
}

function checkHarmless() {
  const alarms = of('call').filter((call) => call.one_way);
  for (const call of alarms.slice(0, 10))
    console.log(`one way: ${conversations.get(call.call_id)?.scene} ${call.call_id}: ${call.media_verdict} ${JSON.stringify(call.media_evidence)}`);
  console.log(`one way: ${alarms.length} false alarms in ${of('call').length} calls`);
  process.exit(alarms.length ? 1 : 0);
}

function report() {
  let wrong = 0;
  for (const [label, count] of counts) {
    console.log(`${label}: ${count.right} right, ${count.wrong} wrong`);
    wrong += count.wrong;
  }
  for (const [key, seen] of examples) {
    console.log(`WRONG ${key}: ${seen.count}`);
    for (const line of seen.lines) console.log(`    ${line}`);
  }
  const precision = scored ? scoredRight / scored : 1, recall = wantedPairs ? foundPairs / wantedPairs : 1;
  if (wantedPairs)
    console.log(`legs by score: precision ${precision.toFixed(4)} (${scoredRight} of ${scored}), recall ${recall.toFixed(4)} (${foundPairs} of ${wantedPairs})`);
  const calls = truth.filter((one) => one.type === 'label').length, scenes = new Set(truth.map((one) => one.scene)).size - 1;
  const right = [...counts.values()].reduce((sum, count) => sum + count.right, 0);
  console.log(`${calls} calls, ${scenes} scenes: ${right} labels right, ${wrong} wrong`);
  return wrong === 0 && (wantedPairs < PAIRS_LEAST || (precision >= PRECISION_MIN && recall >= RECALL_MIN)) && conversations.size > 0;
}

if (mode === 'harmless') checkHarmless();
checkCalls();
checkLegs();
checkOthers('label_registration', 'registration', (label, one) => one.user === label.user && one.source === label.source);
checkOthers('label_peer', 'peer', (label, one) => one.source === label.source && one.target === label.target);
checkOthers('label_security', 'security', (label, one) => one.source === label.source && one.fact === label.fact);
checkSuspicions();
process.exit(report() ? 0 : 1);
