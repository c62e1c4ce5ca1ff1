// test_alerts - alerts, silences, deliveries and rules of the API from outside; what changes something, and who may ask for it.
//
//     node --test test_alerts.js
//
// MAKE_STORE and TEST_API_SERVE name the two programs; node's own modules are all it needs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveClient, startFeed } from './support/live_client.js';
import { fetchAs, readServer, signRequests } from './support/token.js';

const work = mkdtempSync(join(tmpdir(), 'earshot-web-'));
const store = join(work, 'store');
const rules = join(work, 'rules');
let server, host, port, base, token;

before(async () => {
    mkdirSync(rules);
    writeFileSync(join(rules, 'few.yaml'), 'description: few calls\nseverity: info\non: call.settled\nwindow: 1m\nstep: 10s\nmeasure: count\n' +
        'threshold: 3\nclear: { below: 1, for: 1m }\nsummary: "{matching} calls"\nrunbook: look\n');
    writeFileSync(join(rules, 'broken.yaml'), 'severity: sometimes\n');
    writeFileSync(join(rules, '.hidden.yaml'), 'x');
    execFileSync(process.env.MAKE_STORE, [store, '20']);
    server = spawn(process.env.TEST_API_SERVE, [store, work], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TEST_API_RULES: rules } });
    ({ host, port, base, token } = await new Promise((resolve, reject) => {
        server.stdout.once('data', (line) => resolve(readServer(line)));
        server.once('exit', (code) => reject(new Error(`no server, exit status ${code}`)));
    }));
});

after(async () => {
    const left = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
    server.kill('SIGTERM');
    assert.equal(await left, 0, 'the server leaves without a sanitizer report');
    rmSync(work, { recursive: true });
});

const fetch = fetchAs(() => ({ token }));

const getJson = async (path) => {
    const answer = await fetch(base + path);
    assert.equal(answer.status, 200, path);
    return answer.json();
};

// A request as it stands, byte by byte; what came back until the end of the connection.
const raw = (text) => new Promise((resolve) => {
    const socket = net.connect({ port, host });
    let got = '';
    socket.on('data', (data) => { got += data.toString('latin1'); });
    socket.on('error', () => {});
    socket.on('close', () => resolve(got));
    socket.write(signRequests(text, token), 'latin1');
});
const request = (path, { method = 'GET', extra = '' } = {}) => raw(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${extra}\r\n`);
const status = (answer) => Number(answer.slice(9, 12));
const Live = { open: () => LiveClient.open({ host, port, token }) };

test('alerts are found by state, severity, rule and time, each with what was done about it', async () => {
    const count = async (query) => (await getJson(`/alerts?limit=1000&${query}`)).alerts.length;
    assert.equal(await count('state=firing'), 25);
    assert.equal(await count('state=resolved,pending'), 0);
    assert.equal(await count('severity=critical&rule=failures_503'), 25);
    assert.equal(await count('severity=info'), 0);
    assert.equal(await count('rule=other'), 0);
    assert.equal(await count('since=4000000000'), 25, 'what is not over is never too old');
    const { alerts: [newest] } = await getJson('/alerts?limit=1');
    assert.deepEqual([newest.ack, newest.silence, newest.muted, newest.deliveries],
        [null, null, false, { waiting: 0, delivered: 0, dead: 0 }]);
    for (const [query, name] of [['state=fire', 'state'], ['severity=bad', 'severity'], ['since=x', 'since']]) {
        const answer = await fetch(`${base}/alerts?${query}`);
        assert.equal(answer.status, 400);
        assert.match((await answer.json()).detail, new RegExp(`'${name}'`));
    }
});

// A change: status and JSON of the answer.
const change = async (method, path, body, headers = { 'Content-Type': 'application/json' }) => {
    const answer = await fetch(base + path, { method, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
        headers: method === 'DELETE' ? {} : headers });
    return { status: answer.status, ...await answer.json() };
};

test('an alert is acknowledged once, and that is taken back', async () => {
    const { alerts: [{ id }] } = await getJson('/alerts?limit=1');
    const live = await Live.open();
    const { status: created, ack } = await change('POST', `/alerts/${id}/ack`, { comment: 'mine <b>' });
    assert.equal(created, 201);
    assert.equal(ack.comment, 'mine <b>');
    assert.ok(Math.abs(ack.time - Date.now() / 1000) < 60 && ack.by === 'tester');
    assert.deepEqual((await getJson(`/alerts/${id}`)).ack, ack);
    assert.deepEqual((await getJson('/alerts?limit=1')).alerts[0].ack, ack);
    assert.equal((await change('POST', `/alerts/${id}/ack`, {})).status, 409);
    await live.until((l) => l.messages.some(({ type, what, alert }) => type === 'handled' && what === 'ack' && alert === id));
    live.close();
    assert.equal((await change('DELETE', `/alerts/${id}/ack`)).ack, null);
    assert.equal((await change('DELETE', `/alerts/${id}/ack`)).status, 404);
    assert.equal((await change('POST', '/alerts/00000000000000aa/ack', {})).status, 404);
    assert.equal((await change('POST', '/alerts/xyz/ack', {})).status, 400);
});

test('one alert has its calls in short, what was sent of it, and what explains it', async () => {
    const { alerts: [{ id }] } = await getJson('/alerts?limit=1');
    const alert = await getJson(`/alerts/${id}`);
    assert.deepEqual([alert.type, alert.id, alert.call_records, alert.muted_by_alert], ['alert', id, [], null]);
    assert.deepEqual(alert.deliveries, { list: [], told: [], waiting: 0, delivered: 0, dead: 0 });
    assert.equal((await fetch(`${base}/alerts/00000000000000aa`)).status, 404);
});

test('a silence is of some labels, ends, and is ended', async () => {
    const until = Math.floor(Date.now() / 1000) + 3600;
    const { status: created, silence } = await change('POST', '/silences', { labels: 'rule=failures_503', until, comment: 'night work' });
    assert.equal(created, 201);
    assert.deepEqual([silence.labels, silence.until, silence.state, silence.comment], ['rule=failures_503', until, 'active', 'night work']);
    assert.deepEqual((await getJson('/silences')).silences, [silence]);
    assert.equal((await change('DELETE', `/silences/${silence.id}`)).ended, silence.id);
    assert.deepEqual((await getJson('/silences')).silences, []);
    assert.equal((await getJson('/silences?over=true')).silences[0].state, 'over');
    assert.equal((await change('DELETE', `/silences/${silence.id}`)).status, 404);
    for (const [body, says] of [
        [{ until }, /'labels' is missing/], [{ labels: '', until }, /labels/], [{ labels: 'rule=a' }, /'until' is missing/],
        [{ labels: 'rule=a', until: 1 }, /later than/], [{ labels: 'rule=a', until: until + 400 * 86400 }, /366 days/],
        [{ labels: 'rule', until }, /column/], [{ labels: 'rule=a', until, from: until + 1 }, /later than/],
        [{ labels: 'rule=a', until, untill: 1 }, /unknown member 'untill', did you mean 'until'/], ['{"labels', /no JSON/],
    ]) {
        const { status: refused, detail } = await change('POST', '/silences', body);
        assert.equal(refused, 400, JSON.stringify(body));
        assert.match(detail, says);
    }
});

test('receivers are listed and tested, deliveries too', async () => {
    const { receivers: [pager] } = await getJson('/receivers');
    assert.deepEqual([pager.name, pager.kind, pager.place, pager.state, pager.dead], ['pager', 'webhook', 'https://hooks.example.org', 'up', 0]);
    assert.equal((await change('POST', '/receivers/pager/test', {})).asked, 'pager');
    assert.equal((await change('POST', '/receivers/nobody/test', {})).status, 404);
    assert.equal((await change('POST', '/receivers/a%2fb/test', {})).status >= 400, true);
    assert.deepEqual(await getJson('/deliveries?state=dead'), { deliveries: [], next: null, waiting: 0, delivered: 0, dead: 0, oldest_waiting: null });
    assert.equal((await fetch(`${base}/deliveries?state=lost`)).status, 400);
    assert.equal((await change('POST', '/deliveries/replay', {})).replayed, 0);
    assert.equal((await change('POST', '/deliveries/7/replay', {})).status, 404);
    assert.equal((await change('POST', '/deliveries/x/replay', {})).status, 400);
});

test('no page of another site changes anything', async () => {
    const ask = (extra, body = '{"labels":"rule=a","until":1}') => raw(`POST /api/v1/silences HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n` +
        `Content-Length: ${body.length}\r\n${extra}\r\n${body}`).then(status);
    const json = 'Content-Type: application/json\r\n';
    assert.equal(await ask(json), 400, 'that far it comes: the time is past');
    assert.equal(await ask(`${json}Origin: http://localhost:${port}\r\n`), 400);
    for (const origin of ['http://evil.example.org', 'null', 'http://localhost:1', `https://localhost:${port}.example.org`])
        assert.equal(await ask(`${json}Origin: ${origin}\r\n`), 403, origin);
    assert.equal(await ask('Content-Type: text/plain\r\n'), 415);
    assert.equal(await ask('Content-Type: application/x-www-form-urlencoded\r\n'), 415);
    assert.equal(await ask(''), 415);
    assert.equal(status(await request('/api/v1/silences', { method: 'OPTIONS', extra: 'Origin: http://evil.example.org\r\nAccess-Control-Request-Method: POST\r\n' })), 405);
    assert.equal(status(await request('/api/v1/silences/1', { method: 'DELETE', extra: 'Origin: http://evil.example.org\r\n' })), 403);
    assert.equal(status(await raw(`POST /api/v1/silences HTTP/1.1\r\nHost: evil.example.org\r\nConnection: close\r\n${json}Content-Length: 2\r\n\r\n{}`)), 421);
});

test('a body has an end, a size and a time', async () => {
    const head = `POST /api/v1/silences HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\nContent-Type: application/json\r\n`;
    assert.equal(status(await raw(`${head}\r\n`)), 411);
    assert.equal(status(await raw(`${head}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`)), 411);
    assert.equal(status(await raw(`${head}Content-Length: 16385\r\n\r\n`)), 413);
    assert.equal(status(await raw(`${head}Content-Length: -1\r\n\r\n`)) >= 400, true);
    const whole = JSON.stringify({ labels: 'rule=a', comment: 'x'.repeat(400), until: 1 }).padEnd(16384);
    assert.equal(status(await raw(`${head}Content-Length: 16384\r\n\r\n${whole}`)), 400);
    assert.equal(status(await raw(`${head}Content-Length: 0\r\n\r\n`)), 400);
    const pieces = await new Promise((resolve) => {
        const socket = net.connect({ port, host });
        let got = '';
        socket.on('data', (data) => { got += data; });
        socket.on('close', () => resolve(got));
        const body = JSON.stringify({ labels: 'rule=pieces', until: Math.floor(Date.now() / 1000) + 60 });
        socket.write(signRequests(`${head}Content-Length: ${body.length}\r\n\r\n`, token));
        [...body].forEach((c, i) => setTimeout(() => socket.write(c), 3 * i));
    });
    assert.equal(status(pieces), 201);
    const begin = Date.now();
    const socket = net.connect({ port, host });
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    socket.resume();
    socket.write(signRequests(`${head}Content-Length: 5000\r\n\r\n`, token));
    const drip = setInterval(() => socket.write(' '), 500);
    await closed;
    clearInterval(drip);
    assert.ok(Date.now() - begin < 12000, `let go after ${Date.now() - begin} ms`);
});

test('rules say what they are, what is wrong with them, and how near they are to firing', async () => {
    const feed = await startFeed(store);
    const live = await Live.open();
    const said = { rule: 'few', threshold: 3, unit: null, values: [{ group: null, value: 2, samples: 2, state: 'quiet' }] };
    feed.send({ type: 'rules', time: 1795217400, rules: [said] });
    await live.until((l) => l.messages.length === 1);
    const { time, rules: [broken, few, ...more] } = await getJson('/rules');
    assert.deepEqual([time, more], [1795217400, []]);
    assert.match(broken.error, /broken\.yaml:1/);
    assert.deepEqual([broken.name, broken.live, few.name, few.error, few.severity, few.description, few.runbook], ['broken', null, 'few', null, 'info', 'few calls', 'look']);
    assert.ok(few.text.startsWith('description: few calls'));
    assert.deepEqual(few.live, said);
    live.close();
    await feed.stop();
    for (const [path, body, wanted] of [['/rules/few/test', { since: 'yesterday' }, 400], ['/rules/.few/test', {}, 400], ['/rules/few/test', { since: '7d', x: 1 }, 400]])
        assert.equal((await change('POST', path, body)).status, wanted, path);
});

test('an alert is on the WebSocket as soon as the probe has said it', async () => {
    const feed = await startFeed(store);
    const client = await Live.open();
    const took = [];
    for (let n = 0; n < 200; n++) {
        feed.send({ type: 'alert', id: `00000000000001${10 + n % 80}`, state: 'firing', at: performance.now() });
        await client.until((l) => l.messages.length === n + 1);
        took.push(performance.now() - client.messages[n].at);
    }
    took.sort((a, b) => a - b);
    console.log(`from the feed to the WebSocket: median ${took[100].toFixed(1)} ms, p99 ${took[197].toFixed(1)} ms`);
    assert.ok(took[197] < 500, `p99 ${took[197]} ms`);
    client.close();
    await feed.stop();
});
