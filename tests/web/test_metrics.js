// test_metrics - /metrics as Prometheus reads it, and that what docs/prometheus and docs/grafana ask for is there.
//
//     node --test test_metrics.js
//
// MAKE_STORE and TEST_API_SERVE name the two programs. promtool checks what it can where it is installed; a reader of
// our own checks the rest.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startFeed } from './support/live_client.js';
import { bearer, readServer } from './support/token.js';

const docs = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'docs');
const work = mkdtempSync(join(tmpdir(), 'earshot-metrics-'));
const store = join(work, 'store');
let server, base, token, feed;

before(async () => {
    execFileSync(process.env.MAKE_STORE, [store, '20']);
    server = spawn(process.env.TEST_API_SERVE, [store, work], { stdio: ['ignore', 'pipe', 'inherit'] });
    ({ base, token } = await new Promise((resolve, reject) => {
        server.stdout.once('data', (line) => resolve(readServer(line)));
        server.once('exit', (code) => reject(new Error(`no server, exit status ${code}`)));
    }));
    base = new URL(base).origin;
    feed = await startFeed(store);
});

after(async () => {
    await feed?.stop();
    const left = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    assert.equal(await left, 0);
    rmSync(work, { recursive: true });
});

const scrape = async (accept) => {
    const answer = await fetch(`${base}/metrics`, { headers: { ...bearer(token), ...(accept && { Accept: accept }) } });
    assert.equal(answer.status, 200);
    return { type: answer.headers.get('content-type'), text: await answer.text() };
};

// The samples by name and labels; complains of what no reader would take.
function read(text) {
    const families = new Map(), samples = new Map();
    let family = null;

    for (const line of text.split('\n').slice(0, -1)) {
        if (line === '# EOF') continue;
        const said = /^# (HELP|TYPE) ([a-z_]+) (.+)$/.exec(line);
        if (said) {
            const [, what, name, rest] = said;
            if (what === 'HELP') assert.ok(!families.has(name), `${name} is there twice`);
            if (what === 'TYPE') families.set(family = name, rest);
            continue;
        }
        const [, name, labels, value] = /^([a-z_]+)(\{(?:[a-z]+="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (\+Inf|-?[0-9.e+-]+)$/.exec(line) ?? assert.fail(`not a sample: ${line}`);
        const whose = { histogram: '_(bucket|sum|count)', summary: '_(sum|count)', counter: '(_total)?', gauge: '' }[families.get(family)];
        assert.match(name, new RegExp(`^${family}${whose}$`), line);
        assert.ok(!samples.has(name + (labels ?? '')), `${line}: twice`);
        samples.set(name + (labels ?? ''), Number(value));
    }
    return { families, samples };
}

const until = async (isSo) => {
    for (const end = Date.now() + 20000; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, 100))) {
        const { samples } = read((await scrape()).text);
        if (isSo(samples)) return samples;
    }
    return assert.fail('not in time');
};

const call = (n, more) => ({ type: 'call', id: `00000000000000${10 + n}`, call_id: `<"${n}\\>@x`, ...more });

test('calls of the feed are counted once they settle and once they end', async () => {
    feed.send({ type: 'stats', packets: 5, calls_open: 3, process: { name: 'probe', rss_bytes: 1000, cpu_s: 1.5, threads: 3, fds: 9, started: 1 },
        interfaces: [{ name: 'eth1', packets: 5, kernel_dropped: 2, interface_dropped: null }], queues: [{ name: 'rows', depth: 1, cap: 10, lost: 0 }] });
    feed.send({ type: 'rules', time: 1, rules: [{ rule: 'sip-503', severity: 'critical', firing: 2, pending: 1, values: [] }] });
    const good = { outcome: 'success', nos_cause: null, final_status: 200, trunk_in: null, trunk_out: 'carrier-a', post_dial_delay_ms: 700, duration_ms: 90000, mos_lq: 4.1, loss_ratio: 0.004, jitter_ms_p95: 12, packets: 900, one_way: false };
    const bad = { ...good, outcome: 'nos', nos_cause: 'busy', final_status: 486, duration_ms: null, mos_lq: null, post_dial_delay_ms: null };
    feed.send(call(1, { ...good, event: 'opened' }), call(1, { ...good, event: 'settled' }), call(1, { ...good, event: 'changed' }), call(1, { ...good, one_way: true, event: 'closed' }));
    feed.send(call(2, { ...bad, event: 'settled' }), call(2, { ...bad, outcome: 'failure', nos_cause: null, final_status: 503, event: 'settled' }));
    const is = await until((samples) => samples.get('earshot_calls_total{outcome="failure"}') === 1 && samples.has('earshot_probe_up') && samples.get('earshot_live_messages_total') > 6);
    const expected = {
        'earshot_calls_total{outcome="success"}': 1, 'earshot_calls_total{outcome="busy"}': 1, 'earshot_calls_effective_total': 2, 'earshot_calls_one_way_total': 1,
        'earshot_sip_responses_total{method="INVITE",class="4xx"}': 1, 'earshot_trunk_calls_total{trunk="carrier-a",direction="out"}': 3,
        'earshot_trunk_calls_answered_total{trunk="carrier-a",direction="out"}': 1, 'earshot_trunk_calls_effective_total{trunk="carrier-a",direction="out"}': 2,
        'earshot_post_dial_delay_seconds_bucket{le="0.5"}': 0, 'earshot_post_dial_delay_seconds_bucket{le="1.0"}': 1, 'earshot_post_dial_delay_seconds_count': 1,
        'earshot_call_duration_seconds_bucket{le="60.0"}': 0, 'earshot_call_duration_seconds_bucket{le="120.0"}': 1, 'earshot_call_duration_seconds_sum': 90,
        'earshot_call_mos_bucket{le="4.0"}': 0, 'earshot_call_mos_bucket{le="4.3"}': 1, 'earshot_rtp_packets_total': 900, 'earshot_calls_active': 3, 'earshot_probe_up': 1,
        'earshot_capture_dropped_packets_total{interface="eth1",reason="kernel"}': 2, 'earshot_alerts_firing{rule="sip-503",severity="critical"}': 2,
        'earshot_queue_capacity{queue="rows"}': 10, 'earshot_storage_up': 1, 'earshot_process_cpu_seconds_total{process="probe"}': 1.5,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(is.get(name), value, name);
    assert.ok(![...is.keys()].some((name) => name.includes('interface_dropped') || /@x|00000000000000/.test(name)), 'nothing of a stranger, nothing unknown');
});

test('both formats say the same, each in its own way', async () => {
    const text = await scrape(), open = await scrape('application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5');
    assert.equal(text.type, 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(open.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.ok(open.text.endsWith('\n# EOF\n') && !text.text.includes('# EOF'));
    const [a, b] = [read(text.text), read(open.text)];
    assert.deepEqual([...a.samples.keys()].filter((name) => !name.includes('/metrics')), [...b.samples.keys()].filter((name) => !name.includes('/metrics')));
    assert.equal(a.families.get('earshot_calls_total'), 'counter');
    assert.equal(b.families.get('earshot_calls'), 'counter');
    for (const { samples } of [a, b]) {
        const buckets = [...samples].filter(([name]) => name.startsWith('earshot_call_duration_seconds_bucket')).map(([, value]) => value);
        assert.ok(buckets.every((value, at) => at === 0 || value >= buckets[at - 1]), 'buckets grow');
    }
});

test('who may read it', async () => {
    assert.equal((await fetch(`${base}/metrics`)).status, 401);
    for (const path of ['/healthz', '/readyz']) assert.equal((await fetch(base + path)).status, 200, path);
    const ready = await (await fetch(`${base}/readyz`)).json();
    assert.deepEqual(ready.checks.map(({ name, ok }) => [name, ok]), [['store', true], ['state', true], ['probe', true], ['certificate', true], ['disk', true]]);
    assert.equal((await fetch(`${base}/metrics`, { method: 'HEAD', headers: bearer(token) })).status, 200);
});

test('rules and dashboard ask for what there is', async () => {
    const { families } = read((await scrape()).text);
    const there = new Set(families.keys()), seldom = /^earshot_(storage_(disk|free)?_?(bytes|left_seconds|pressed|time_seconds)|web_certificate_.*|store_.*)$/;
    const source = readFileSync(join(docs, '..', 'probe', 'web', 'metrics_store.c'), 'utf8') + readFileSync(join(docs, '..', 'probe', 'web', 'metrics_probe.c'), 'utf8');
    for (const file of ['prometheus/recording.yml', 'prometheus/alerts.yml', 'grafana/earshot.json']) {
        const text = readFileSync(join(docs, file), 'utf8');
        const made = new Set([...text.matchAll(/(?:instance|trunk):earshot_[a-z_]+:[a-z0-9_]+/g)].map(([name]) => name));
        const recorded = readFileSync(join(docs, 'prometheus/recording.yml'), 'utf8');
        for (const name of made) assert.ok(recorded.includes(`record: ${name}`), `${file}: ${name} is recorded nowhere`);
        for (const [name] of text.replaceAll(/(?:instance|trunk):earshot_[a-z_]+:[a-z0-9_]+/g, '').matchAll(/\bearshot_[a-z_]+/g)) {
            const family = [name, name.replace(/_(bucket|sum|count)$/, '')].find((each) => there.has(each));
            assert.ok(family || (seldom.test(name) && source.includes(`"${name.replace(/_total$/, '')}"`)), `${file}: there is no ${name}`);
        }
    }
    const panels = JSON.parse(readFileSync(join(docs, 'grafana/earshot.json'), 'utf8')).panels;
    assert.ok(panels.length > 20 && panels.every(({ title, type, targets }) => title && (type === 'row' || targets.length > 0)));
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
});

test('promtool has nothing to say', async (t) => {
    const tool = process.env.PROMTOOL ?? 'promtool';
    if (spawnSync(tool, ['--version']).error) return t.diagnostic('promtool is not installed: its checks are left out');
    const lint = spawnSync(tool, ['check', 'metrics'], { input: (await scrape()).text, encoding: 'utf8' });
    assert.equal(lint.status, 0, lint.stdout + lint.stderr);
    const rules = spawnSync(tool, ['check', 'rules', join(docs, 'prometheus/recording.yml'), join(docs, 'prometheus/alerts.yml')], { encoding: 'utf8' });
    assert.equal(rules.status, 0, rules.stdout + rules.stderr);
});
