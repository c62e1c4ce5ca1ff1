// test_sound - listening to calls, from outside: ranges, what is refused, the audit lines, and a
// program that makes the sound and fails, hangs or floods.
//
//     node --test test_sound.js
//
// MAKE_STORE and TEST_API_SERVE name the two programs. The sound is made by a script of this test,
// which does what the file `mode` beside it says; that decoders run at all is shown elsewhere.
import { after, before, beforeEach, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
         writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bearer, readServer } from './support/token.js';

const work = mkdtempSync(join(tmpdir(), 'earshot-sound-'));
const store = join(work, 'store');
const root = join(work, 'root');
const script = join(work, 'make-sound');
const log = join(work, 'runs');
const audit = join(store, 'audit.jsonl');
const SIZE = 200000; // several pieces of an answer
const TIME_MAX_S = 2;
let listening, deaf, ids;

// Byte n of the sound is n mod 251.
const sound = Buffer.from(Uint8Array.from({ length: SIZE }, (_, n) => n % 251));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function start(...more) {
    const child = spawn(process.env.TEST_API_SERVE, [store, root, '127.0.0.1:0', ...more],
        { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, SECRET: 'of the server' } });
    const { base, token } = await new Promise((resolve, reject) => {
        child.stdout.once('data', (line) => resolve(readServer(line)));
        child.once('exit', (code) => reject(new Error(`no server, exit status ${code}`)));
    });
    return { child, base, headers: bearer(token) };
}

async function stop({ child }) {
    const left = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    const began = Date.now();
    child.kill('SIGTERM');
    assert.equal(await left, 0, 'the server leaves without a sanitizer report');
    return Date.now() - began;
}

before(async () => {
    mkdirSync(root);
    writeFileSync(join(root, 'index.html'), '<!doctype html><title>x</title>\n');
    writeFileSync(join(work, 'sound'), sound);
    writeFileSync(script, `#!/bin/sh
here=${work}
echo "$* | $(env | cut -d= -f1 | sort | tr '\\n' ' ') | $(ls /proc/$$/fd | wc -l) | $(ulimit -t) $(ulimit -c)" >>$here/runs
read mode <$here/mode
case $mode in
fine) case "$*" in
    *--format\\ peaks*) printf '{"duration_s":1.0,"sample_rate_hz":8000,"buckets":1,"left":[[-1,1]],"right":[[0,0]]}' ;;
    *) cat $here/sound ;;
    esac ;;
left_out) echo 'earshot export: left out: an encrypted stream' >&2; cat $here/sound ;;
slow) sleep 1; cat $here/sound ;;
hangs) exec sleep 1000 ;;
dies) kill -9 $$ ;;
crashes) kill -11 $$ ;;
says) echo 'something before' >&2; echo "earshot export: $(cat $here/words)" >&2; exit $(cat $here/status) ;;
silent) exit $(cat $here/status) ;;
floods) i=0; while [ $i -lt 3000 ]; do echo 'a line of a hundred letters, which nobody will ever read to its end, for there are too many of it' >&2; i=$((i+1)); done; exit 65 ;;
esac
`);
    chmodSync(script, 0o755);
    ids = execFileSync(process.env.MAKE_STORE, [store, '60']).toString().trim().split('\n');
    listening = await start(script, String(TIME_MAX_S));
    deaf = await start();
});

after(async () => {
    await stop(listening);
    await stop(deaf);
    rmSync(work, { recursive: true });
});

beforeEach(() => { mode('fine'); });

const mode = (name, status = 0, words = '') => {
    writeFileSync(join(work, 'mode'), `${name}\n`);
    writeFileSync(join(work, 'status'), String(status));
    writeFileSync(join(work, 'words'), words);
};
const runs = () => existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
const audits = () => existsSync(audit) ? readFileSync(audit, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
    .filter((line) => line.deed === 'listen' && line.status === 200) : [];

const get = (path, { method = 'GET', headers = {}, server = listening, from } = {}) =>
    new Promise((resolve, reject) => {
        const request = http.request(server.base + path, { method, headers: { ...server.headers, ...headers }, localAddress: from, agent: false }, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
            answer.on('error', reject);
        });
        request.on('error', reject);
        request.end();
    });
const message = (answer) => JSON.parse(answer.body).detail;
const audio = (n, query = '') => `/calls/${ids[n]}/audio${query}`;

test('nobody listens unless the configuration says so', async () => {
    for (const path of [audio(0), audio(0, '/peaks')]) {
        const answer = await get(path, { server: deaf });
        assert.equal(answer.status, 403);
        assert.match(message(answer), /audio\.listen: yes/);
    }
    assert.equal(JSON.parse((await get('/stats', { server: deaf })).body).listen, false);
    assert.equal(JSON.parse((await get('/stats')).body).listen, true);
    assert.deepEqual(runs(), []);
    assert.deepEqual(audits(), []);
});

test('the whole, then any part of it, made once and written down once', async () => {
    const whole = await get(audio(0));
    assert.equal(whole.status, 200);
    assert.ok(whole.body.equals(sound));
    assert.equal(whole.headers['content-type'], 'audio/wav');
    assert.equal(whole.headers['accept-ranges'], 'bytes');
    assert.equal(whole.headers['cache-control'], 'no-store');
    assert.match(whole.headers['content-disposition'], /^inline; filename="20261120T233000Z_[0-9a-f]{16}\.wav"$/);
    const tag = whole.headers.etag;
    assert.match(tag, /^"[0-9a-f-]+"$/);

    const rows = [
        // Range, first, last; null: the whole
        ['bytes=0-', 0, SIZE - 1],
        ['bytes=0-0', 0, 0],
        ['bytes=1000-1999', 1000, 1999],
        ['bytes=65535-131073', 65535, 131073],
        [`bytes=${SIZE - 1}-`, SIZE - 1, SIZE - 1],
        [`bytes=100-${SIZE * 9}`, 100, SIZE - 1],
        ['bytes=100-99999999999999999999999', 100, SIZE - 1],
        ['bytes=-500', SIZE - 500, SIZE - 1],
        [`bytes=-${SIZE * 3}`, 0, SIZE - 1],
        ['Bytes = 5 - 9', 5, 9],
        ['bytes=5-4', null], ['bytes=0-1,5-9', null], ['lines=0-9', null], ['bytes=', null],
        ['bytes=a-9', null], ['bytes=-', null], ['bytes=5', null], ['bytes=0x1-9', null],
        [`bytes=${'0'.repeat(200)}-9`, null],
    ];
    for (const [range, first, last] of rows) {
        const answer = await get(audio(0), { headers: { Range: range } });
        if (first === null) {
            assert.equal(answer.status, 200, range);
            assert.ok(answer.body.equals(sound), range);
            assert.equal(answer.headers['content-range'], undefined);
            continue;
        }
        assert.equal(answer.status, 206, range);
        assert.equal(answer.headers['content-range'], `bytes ${first}-${last}/${SIZE}`, range);
        assert.equal(answer.headers['content-length'], String(last - first + 1), range);
        assert.ok(answer.body.equals(sound.subarray(first, last + 1)), range);
    }
    for (const range of [`bytes=${SIZE}-`, 'bytes=99999999999999999999-', 'bytes=-0']) {
        const answer = await get(audio(0), { headers: { Range: range } });
        assert.equal(answer.status, 416, range);
        assert.equal(answer.headers['content-range'], `bytes */${SIZE}`);
        assert.equal(answer.headers['content-type'], 'application/problem+json');
    }

    const part = { Range: 'bytes=10-19' };
    for (const [condition, status] of [[tag, 206], ['"another"', 200], [`W/${tag}`, 200],
        ['Sat, 21 Nov 2026 10:00:00 GMT', 200], [`"${'x'.repeat(300)}"`, 200]])
        assert.equal((await get(audio(0), { headers: { ...part, 'If-Range': condition } })).status, status, condition);
    const head = await get(audio(0), { method: 'HEAD', headers: part });
    assert.deepEqual([head.status, head.headers['content-length'], head.body.length], [200, String(SIZE), 0]);
    // What is heard is never kept by the browser: no 304.
    assert.equal((await get(audio(0), { headers: { 'If-None-Match': tag } })).status, 200);

    assert.equal(runs().length, 1, 'one file for all of that');
    const lines = audits();
    assert.equal(lines.length, 1, 'one listening');
    assert.deepEqual([lines[0].object, lines[0].from, lines[0].detail, lines[0].call_id, lines[0].status],
        [ids[0], '127.0.0.1', 'format=wav', 'call-0@test', 200]);
    assert.ok(Math.abs(lines[0].time - Date.now() / 1000) < 60);
    assert.equal(lines[0].user, 'tester');
});

test('what the program is given: a line of ours, few variables, three descriptors, limits', async () => {
    const [command, environment, descriptors, limits] = runs()[0].split(' | ');
    assert.equal(command, `export ${ids[0]} --store ${store} -o - --format wav --audited --gaps conceal`);
    for (const name of environment.split(' '))
        assert.ok(['PATH', 'HOME', 'LANG', 'TMPDIR', 'TZ', 'PWD', 'OLDPWD', 'SHLVL', '_', ''].includes(name), name);
    assert.ok(Number(descriptors) <= 5, `${descriptors} descriptors`); // and the shell's own
    assert.equal(limits, '240 0');
});

test('another client is another listening; another format another file', async () => {
    const before = audits().length, ran = runs().length;
    assert.equal((await get(audio(0), { from: '127.0.0.2' })).status, 200);
    assert.equal(runs().length, ran);
    assert.equal(audits().length, before + 1);
    assert.equal(audits().at(-1).from, '127.0.0.2');
    for (const [format, type] of [['flac', 'audio/flac'], ['ogg', 'audio/ogg']]) {
        const answer = await get(audio(0, `?format=${format}&gaps=silence`));
        assert.equal(answer.headers['content-type'], type);
        assert.match(answer.headers['content-disposition'], new RegExp(`\\.${format}"$`));
        assert.match(runs().at(-1), new RegExp(`--format ${format} --audited --gaps silence`));
    }
    assert.equal(audits().length, before + 1, 'still listening to the same call');
});

test('peaks are JSON, and no listening', async () => {
    const before = audits().length;
    const answer = await get(audio(1, '/peaks?buckets=64'));
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual(JSON.parse(answer.body).left, [[-1, 1]]);
    assert.match(runs().at(-1), /--format peaks --audited --gaps silence --peaks 64/);
    await get(audio(1, '/peaks'));
    assert.match(runs().at(-1), /--peaks 1000/);
    assert.equal(audits().length, before);
    // HEAD gives no sound out either.
    assert.equal((await get(audio(1), { method: 'HEAD' })).status, 200);
    assert.equal(audits().length, before);
});

test('bad questions', async () => {
    const ran = runs().length;
    for (const [path, status] of [
        [audio(0, '?format=mp3'), 400], [audio(0, '?format=peaks'), 400], [audio(0, '?gaps=none'), 400],
        [audio(0, '?buckets=9'), 400], [audio(0, '/peaks?buckets=0'), 400],
        [audio(0, '/peaks?buckets=8193'), 400], [audio(0, '?format=wav&format=ogg'), 400],
        ['/calls/nonsense/audio', 400], ['/calls/0123456789abcdef/audio', 404],
        ['/calls/0123456789abcdef/audio/peaks', 404],
    ])
        assert.equal((await get(path)).status, status, path);
    assert.equal((await get(audio(0), { method: 'POST' })).status, 405);
    assert.equal(runs().length, ran, 'nothing was started for them');
});

test('what the program says becomes the answer', async () => {
    const lines = audits().length;
    for (const [status, expected, says] of [
        [65, 409, /the media is encrypted/], [66, 404, /the media is encrypted/], [69, 501, /the media is encrypted/],
        [73, 507, /the media is encrypted/], [1, 500, /cannot be made/], [2, 500, /cannot be made/], [77, 500, /cannot be made/],
    ]) {
        mode('says', status, 'the media is encrypted');
        const answer = await get(audio(2));
        assert.equal(answer.status, expected, `exit status ${status}`);
        assert.match(message(answer), says);
        assert.doesNotMatch(message(answer), /earshot export|before/);
    }
    mode('silent', 65);
    assert.match(message(await get(audio(2))), /cannot become sound/);
    mode('says', 65, `\x1b[2J"quotes" \\ and ${'long '.repeat(400)}`);
    assert.equal((await get(audio(2))).status, 409);
    mode('floods');
    assert.equal((await get(audio(2))).status, 409);
    mode('crashes');
    assert.equal((await get(audio(2))).status, 500);
    mode('dies');
    assert.equal((await get(audio(2))).status, 503);
    assert.equal(audits().length, lines, 'nothing was heard');
    mode('left_out');
    assert.equal((await get(audio(2))).status, 200);
});

test('one that hangs is ended in time; more than two at once are sent away; others are answered', async () => {
    mode('hangs');
    const began = Date.now();
    const hung = [get('/calls/' + ids[1] + '/audio?format=ogg'), get('/calls/' + ids[2] + '/audio?format=ogg')];
    await sleep(500);
    const third = await get(audio(0, '?format=flac'));
    assert.equal(third.status, 503);
    assert.equal(third.headers['retry-after'], '1');
    const asked = Date.now();
    assert.equal((await get('/calls?limit=5')).status, 200);
    assert.ok(Date.now() - asked < 1000, 'the API does not wait for the sound');
    for (const answer of await Promise.all(hung)) {
        assert.equal(answer.status, 503);
        assert.match(message(answer), /too long/);
    }
    assert.ok(Date.now() - began < TIME_MAX_S * 1000 + 3000);
});

test('two who ask for the same at once get one file', async () => {
    mode('slow');
    const ran = runs().length;
    const both = await Promise.all([get(audio(1, '?format=flac')), get(audio(1, '?format=flac'))]);
    for (const answer of both) assert.ok(answer.body.equals(sound));
    assert.equal(runs().length, ran + 1);
});

test('nobody waits any more: the program is ended', async () => {
    mode('hangs');
    const server = await start(script, '60');
    const requests = [audio(1), audio(2)].map((path) => {
        const request = http.request(server.base + path, { headers: server.headers, agent: false });
        request.on('error', () => {});
        request.end();
        return request;
    });
    await sleep(400);
    assert.equal((await get(audio(0), { server })).status, 503, 'both places are taken');
    mode('fine');
    requests.forEach((request) => request.destroy());
    // They are free again long before a minute is over.
    const began = Date.now();
    let answer;
    do {
        await sleep(100);
        answer = await get(audio(0), { server });
    } while (answer.status === 503 && Date.now() - began < 10000);
    assert.equal(answer.status, 200);
    await stop(server);
});

test('a file thrown out is made again and is the same', async () => {
    const { headers: { etag } } = await get(audio(0), { method: 'HEAD' });
    for (let buckets = 100; buckets < 120; buckets++)
        assert.equal((await get(audio(0, `/peaks?buckets=${buckets}`))).status, 200);
    const ran = runs().length;
    const answer = await get(audio(0), { headers: { Range: 'bytes=7-8', 'If-Range': etag } });
    assert.equal(runs().length, ran + 1);
    assert.equal(answer.status, 206);
});

test('without the audit line no sound', async () => {
    const aside = readFileSync(audit);
    rmSync(audit);
    mkdirSync(audit); // cannot be written, whoever we are
    const refused = await get(audio(0), { from: '127.0.0.9' });
    assert.equal(refused.status, 503);
    assert.match(message(refused), /audit trail cannot be written/);
    rmSync(audit, { recursive: true });
    appendFileSync(audit, aside);
    assert.equal((await get(audio(0), { from: '127.0.0.9' })).status, 200);
});

test('the server does not wait for the program when it leaves', async () => {
    mode('hangs');
    const server = await start(script, '60');
    const request = http.request(server.base + audio(0), { headers: server.headers, agent: false });
    request.on('error', () => {});
    request.end();
    await sleep(500);
    assert.ok(await stop(server) < 3000);
});
