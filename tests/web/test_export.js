// test_export - packets and calls as files over the API: every format, what is refused, how many at a time.
//
//     node --test test_export.js
//
// MAKE_STORE and TEST_API_SERVE name the two programs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bearer, fetchAs, readServer } from './support/token.js';

const CALLS = 800;
const work = mkdtempSync(join(tmpdir(), 'earshot-export-'));
const store = join(work, 'store');
let server, base, ids, token;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

before(async () => {
    mkdirSync(join(work, 'root'));
    ids = execFileSync(process.env.MAKE_STORE, [store, String(CALLS)]).toString().trim().split('\n');
    server = spawn(process.env.TEST_API_SERVE, [store, join(work, 'root')], { stdio: ['ignore', 'pipe', 'inherit'] });
    ({ base, token } = await new Promise((resolve, reject) => {
        server.stdout.once('data', (line) => resolve(readServer(line)));
        server.once('exit', (code) => reject(new Error(`no server, exit status ${code}`)));
    }));
});

after(async () => {
    // In the middle of a download that nobody takes.
    await new Promise((resolve) => {
        http.get(`${base}/export?filter=id:${ids[2]}`, { headers: bearer(token) }, (answer) => { answer.pause(); answer.on('error', () => {}); resolve(); })
            .on('error', () => {});
    });
    const left = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
    server.kill('SIGTERM');
    assert.equal(await left, 0, 'the server leaves without a sanitizer report');
    rmSync(work, { recursive: true });
});

const fetch = fetchAs(() => ({ token }));

// Block types of a pcapng; its lengths must agree.
const readPcapng = (bytes) => {
    const types = [];
    for (let at = 0; at < bytes.length;) {
        const length = bytes.readUInt32LE(at + 4);
        assert.equal(bytes.readUInt32LE(at + length - 4), length);
        types.push(bytes.readUInt32LE(at));
        at += length;
    }
    return types;
};

test('packets of a call in each format', async () => {
    for (const [format, type] of [['pcap', 'application/vnd.tcpdump.pcap'], ['pcapng', 'application/x-pcapng'],
        ['pcap.lz4', 'application/x-lz4'], ['pcapng.lz4', 'application/x-lz4']]) {
        const answer = await fetch(`${base}/calls/${ids[0]}/pcap?format=${format}&legs=true`);
        assert.equal(answer.status, 200);
        assert.equal(answer.headers.get('content-type'), type);
        assert.equal(answer.headers.get('content-disposition'), `attachment; filename="20261120T233000Z_${ids[0]}.${format}"`);
        const bytes = Buffer.from(await answer.arrayBuffer());
        if (format === 'pcapng') assert.equal(readPcapng(bytes).filter((block) => block === 6).length, 104);
        if (format.endsWith('lz4')) assert.equal(bytes.readUInt32LE(0), 0x184d2204);
    }
    assert.equal((await fetch(`${base}/calls/${ids[0]}/pcap?format=csv`)).status, 400);
});

test('packets by a signed link, until its time', async () => {
    const key = randomBytes(32), path = `/calls/${ids[0]}/pcap`, soon = Math.floor(Date.now() / 1000) + 60;
    const sign = (query, secret = key) => createHmac('sha256', secret)
        .update(`earshot link 1\n/api/v1${path}?${query}`).digest('base64url');
    const ask = async (query, at = path, by = globalThis.fetch) => {
        const answer = await by(`${base}${at}?${query}`);
        const text = answer.status === 200 ? '' : (await answer.json()).detail;
        if (answer.status === 200) await answer.arrayBuffer();
        return [answer.status, text];
    };
    const good = `format=pcapng&expires=${soon}`, link = `${good}&signature=${sign(good)}`;
    assert.match((await ask(link))[1], /cut or changed/, 'no link was ever signed with this store');
    writeFileSync(join(store, 'links.key'), `whsec_${key.toString('base64')}\n`, { mode: 0o600 });
    assert.deepEqual(await ask(link), [200, '']);
    assert.deepEqual(await ask(link.replace('pcapng', '%70capng')), [200, '']);
    assert.deepEqual(await ask(link, path, fetch), [200, ''], 'also to whom we know');
    assert.equal((await ask(''))[0], 401);
    assert.deepEqual(await ask('', path, fetch), [200, '']);

    const old = `expires=${soon - 61}`;
    assert.match((await ask(`${old}&signature=${sign(old)}`)).join(' '), /^403 this link is too old/);
    for (const wrong of [
        link.slice(0, -1), `${link}A`, good, `signature=${sign(good)}`, link.replace('pcapng', 'pcap'),
        link.replace(`${soon}`, `${soon + 1}`), `legs=true&${link}`, `${link}&legs=true`, link.replace('&', '%26'),
        `${good}&signature=${sign(good, randomBytes(32))}`, `${good}&signature=`, `${link}&${link}`,
    ]) assert.match((await ask(wrong)).join(' '), /^403 .*cut or changed/, wrong);
    assert.match((await ask(`${link}A`, path, fetch)).join(' '), /^403 .*cut or changed/, 'also to whom we know');
    assert.match((await ask(link, `/calls/${ids[1]}/pcap`)).join(' '), /^403 .*cut or changed/);
    for (const other of ['', '/messages', '/audio']) assert.equal((await ask(link, `/calls/${ids[0]}${other}`))[0], 401, 'nothing else is asked for by a link');
});

test('a search as a file', async () => {
    const csv = await fetch(`${base}/export?format=csv&limit=700&sort=-duration`);
    assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8');
    assert.match(csv.headers.get('content-disposition'), /^attachment; filename="\d{8}T\d{6}Z_calls\.csv"$/);
    assert.equal((await csv.text()).trim().split('\r\n').length, 701);
    const lines = (await (await fetch(`${base}/export?format=jsonl&filter=id:${ids[0]}`)).text()).trim().split('\n');
    assert.deepEqual(lines.map((line) => JSON.parse(line).id), [ids[0]]);
    const packets = await fetch(`${base}/export?format=pcapng&filter=id:${ids[0]}+or+id:${ids[2]}`);
    assert.match(packets.headers.get('content-disposition'), /_2-calls\.pcapng"$/);
    assert.equal(readPcapng(Buffer.from(await packets.arrayBuffer())).filter((block) => block === 6).length, 90108);
    const head = await fetch(`${base}/export?format=jsonl`, { method: 'HEAD' });
    assert.equal(head.status, 200);
    assert.equal(await head.text(), '');
});

test('what cannot be exported is said', async () => {
    const wrong = await fetch(`${base}/export?filter=${encodeURIComponent('from:+49* stauts:5xx')}`);
    const error = await wrong.json();
    assert.equal(wrong.status, 400);
    assert.equal(error.column, 11);
    assert.match(error.detail, /column 11/);
    for (const [query, status] of [['filter=id:00000000000000ff', 404], ['format=wav', 400], ['sort=nothing&format=csv', 400],
        ['sort=mos', 400], ['limit=0', 400], ['legs=true', 400]]) {
        assert.equal((await fetch(`${base}/export?${query}`)).status, status, query);
    }
});

test('a third search at a time waits its turn', async () => {
    const slow = await Promise.all([1, 2].map(() => new Promise((resolve) => {
        http.get(`${base}/export?filter=id:${ids[2]}`, { headers: bearer(token) }, (answer) => { answer.pause(); resolve(answer); });
    })));
    assert.deepEqual(slow.map((answer) => answer.statusCode), [200, 200]);
    assert.equal((await fetch(`${base}/export?format=jsonl`)).status, 503);
    slow.forEach((answer) => answer.destroy());
    for (let i = 0; ; i++) { // given back as soon as nobody waits any more
        const { status, body } = await fetch(`${base}/export?format=jsonl&limit=1`);
        await body.cancel();
        if (status === 200) break;
        assert.ok(i < 100, 'a place that is never given back');
        await sleep(50);
    }
});
