// test_tls - the dashboard over TLS: what it speaks, how it takes a new certificate, and what those may do who speak
// no TLS at all; and that nothing goes to other machines in the clear unasked.
//
//     node --test test_tls.js
//
// EARSHOT_BIN names the program; certificates are made with openssl.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

const earshot = process.env.EARSHOT_BIN;
const work = mkdtempSync(join(tmpdir(), 'earshot-tls-'));
const store = join(work, 'store');
const certificate = join(work, 'web.crt'), key = join(work, 'web.key'), config = join(work, 'earshot.yaml');
let server, port, said = '';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, isSo, patience = 20000) {
    for (const end = Date.now() + patience; Date.now() < end; await sleep(100)) {
        if (await isSo()) return;
    }
    assert.fail(`not in time: ${what}`);
}

function makeCertificate(name, kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']) {
    execFileSync('openssl', ['req', '-x509', '-newkey', ...kind, '-nodes', '-subj', `/CN=${name}`, '-days', '30',
        '-keyout', join(work, `${name}.key`), '-out', join(work, `${name}.crt`)], { stdio: 'ignore' });
}

// req of OpenSSL 3.0 knows no dates, ca does.
function makeExpired(name) {
    const file = (end) => join(work, `${name}.${end}`);
    writeFileSync(file('index'), '');
    writeFileSync(file('serial'), '01\n');
    writeFileSync(file('ca'), `[ca]\ndefault_ca=d\n[d]\ndatabase=${file('index')}\nserial=${file('serial')}\nnew_certs_dir=${work}\n`
        + 'default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n');
    execFileSync('openssl', ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', `/CN=${name}`, '-keyout', file('key'), '-out', file('csr')], { stdio: 'ignore' });
    execFileSync('openssl', ['ca', '-batch', '-selfsign', '-config', file('ca'), '-keyfile', file('key'), '-in', file('csr'), '-out', file('crt'),
        '-startdate', '20240101000000Z', '-enddate', '20240201000000Z', '-notext'], { stdio: 'ignore' });
}

// Another file in the place of the old one, as programs that renew certificates do it.
function show(name) {
    copyFileSync(join(work, `${name}.key`), key);
    copyFileSync(join(work, `${name}.crt`), certificate);
}

const connect = (options = {}) => new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => resolve(socket));
    socket.on('error', reject);
});

async function shownName(options) {
    const socket = await connect(options);
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject.CN;
}

const get = (path, options = {}) => new Promise((resolve, reject) => {
    https.get({ port, host: '127.0.0.1', path, rejectUnauthorized: false, agent: false, ...options }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text) => { body += text; }).on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body }));
    }).on('error', reject);
});

const readiness = async () => JSON.parse((await get('/readyz')).body).checks.find(({ name }) => name === 'certificate');

before(async () => {
    mkdirSync(store);
    makeCertificate('first');
    makeCertificate('second', ['rsa:2048']);
    makeCertificate('third');
    show('first');
    writeFileSync(config, `store:\n  directory: ${store}\nweb:\n  listen: 127.0.0.1:0\n  tls:\n    certificate: ${certificate}\n    key: ${key}\n` +
        '  limits:\n    header_time: 1s\n    idle_time: 60s\nlog:\n  level: info\n');
    server = spawn(earshot, ['serve', '-c', config], { stdio: ['ignore', 'pipe', 'pipe'] });
    server.stderr.on('data', (text) => { said += text; });
    server.stdout.on('data', (text) => { said += text; });
    await until('an address', () => (port = /https:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1]));
});

after(async () => {
    const left = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    assert.equal(await left, 0, said);
    rmSync(work, { recursive: true });
});

test('TLS 1.2 and 1.3, HTTP/1.1, and browsers are told to stay with it', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
        const socket = await connect({ minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
        assert.deepEqual([socket.getProtocol(), socket.alpnProtocol], [version, 'http/1.1']);
        socket.destroy();
    }
    await assert.rejects(connect({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }));
    const answer = await get('/api/v1/session');
    assert.equal(answer.status, 200);
    assert.match(answer.headers['strict-transport-security'], /^max-age=\d{8}$/);
    assert.match(said, /make the first admin here, once: https:\/\//);
});

test('who speaks no TLS, or stops in the middle, is let go, and nobody waits for him', async () => {
    const lost = (bytes) => new Promise((resolve) => {
        const socket = net.connect({ port, host: '127.0.0.1' }, () => bytes && socket.write(bytes));
        let got = 0;
        const began = Date.now();
        socket.on('data', (data) => { got += data.length; }).on('error', () => {}).on('close', () => resolve({ got, ms: Date.now() - began }));
    });
    const hello = Buffer.from('160301007a010000760303', 'hex'); // and no more of it
    const all = [lost('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'), lost(Buffer.alloc(3000, 0xa5)), lost(hello), lost(''), lost(Buffer.from([0x16]))];
    const silent = Array.from({ length: 100 }, () => lost(''));
    const began = Date.now();
    assert.equal((await get('/healthz')).status, 200);
    assert.ok(Date.now() - began < 2000, 'answered at once');
    for (const { got, ms } of await Promise.all([...all, ...silent])) assert.ok(got < 100 && ms < 10000, `${got} bytes, ${ms} ms`);
});

test('a new certificate is shown to who comes next, and nobody is cut off', async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const stays = (path) => get(path, { agent });
    await stays('/healthz');
    const [before] = Object.values(agent.freeSockets)[0];
    assert.equal(await shownName(), 'first');
    show('second');
    await until('the second certificate, of another kind', async () => await shownName() === 'second');
    assert.equal((await stays('/healthz')).status, 200);
    assert.equal(Object.values(agent.freeSockets)[0][0], before, 'the connection of before');
    assert.equal(before.getPeerCertificate().subject.CN, 'first');
    agent.destroy();

    for (const [broken, says] of [[() => writeFileSync(certificate, 'nothing'), /no certificate/], [() => copyFileSync(join(work, 'third.crt'), certificate), /another certificate/],
        [() => rmSync(key), /No such file/]]) {
        broken();
        await until('a complaint', async () => says.test((await readiness()).detail));
        assert.equal(await shownName(), 'second', 'the old one stays in use');
        assert.ok((await readiness()).ok);
    }
    assert.match(said, /not read anew, the old one stays in use/);
    copyFileSync(join(work, 'third.key'), key);
    chmodSync(key, 0o644);
    server.kill('SIGHUP');
    await until('the third certificate', async () => await shownName() === 'third');
    await until('no complaint', async () => (await readiness()).detail === 'is valid');
    assert.match(said, /everybody on this machine can read the private key/);
});

test('a certificate that has expired is not ready', async () => {
    makeExpired('old');
    show('old');
    await until('not ready', async () => (await get('/readyz')).status === 503);
    assert.deepEqual([(await readiness()).ok, (await readiness()).detail], [false, 'has expired']);
});

test('other machines are not served in the clear unasked, and what to do is said', () => {
    const start = (...args) => spawnSync(earshot, args, { encoding: 'utf8', timeout: 20000 });
    for (const command of [['serve', '--store', store], ['run', '-i', 'lo', '--store', store]]) {
        const { status, stderr } = start(...command, '--listen', '0.0.0.0:0');
        assert.equal(status, 2, stderr);
        for (const way of ['--tls-cert', '127.0.0.1', '--insecure']) assert.ok(stderr.includes(way), stderr);
    }
    writeFileSync(join(work, 'open.yaml'), `store:\n  directory: ${store}\nweb:\n  listen: "[::]:0"\n`);
    assert.equal(start('serve', '-c', join(work, 'open.yaml')).status, 78);
    const wrong = start('serve', '--store', store, '-l', '127.0.0.1:0', '--tls-cert', join(work, 'first.crt'), '--tls-key', join(work, 'third.key'));
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /third\.key: the key is of another certificate/);
    assert.equal(start('serve', '--store', store, '--tls-key', key).status, 2);
});
