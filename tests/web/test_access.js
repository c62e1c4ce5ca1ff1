// test_access - who may, from outside: logging in and out, cookies, tokens, tickets, and who guesses. What each role may at each
// route is in test_gate.c, how sessions end in test_access.c.
//
//     node --test test_access.js
//
// MAKE_STORE and TEST_API_SERVE name the two programs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveClient, startFeed } from './support/live_client.js';
import { bearer, readServer } from './support/token.js';

const TESTER = { name: 'tester', password: 'a password of the tests' };
const NAME = '__Host-earshot';
const JSON_TYPE = { 'Content-Type': 'application/json' };
const work = mkdtempSync(join(tmpdir(), 'earshot-access-'));
const store = join(work, 'store');
let server, host, port, base, token;

before(async () => {
    execFileSync(process.env.MAKE_STORE, [store, '8']);
    server = spawn(process.env.TEST_API_SERVE, [store, work], { stdio: ['ignore', 'pipe', 'inherit'] });
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

// from: another address of this machine is another who asks.
const ask = (method, path, { body, headers = {}, from = '127.0.0.1' } = {}) => new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { ...JSON_TYPE, 'Content-Length': Buffer.byteLength(text) };
    const request = http.request(base + path, { method, headers: { ...type, ...headers }, localAddress: from, agent: false }, (answer) => {
        let got = '';
        answer.on('data', (data) => { got += data; });
        answer.on('end', () => resolve({ status: answer.statusCode, headers: answer.headers, body: JSON.parse(got) }));
    });
    request.on('error', reject);
    request.end(text);
});
const cookieOf = (answer) => /^([^=]+=[^;]*)/.exec(answer.headers['set-cookie'][0])[1];
const logIn = async (headers = {}) => {
    const answer = await ask('POST', '/session', { body: TESTER, headers });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    return { answer, cookie: cookieOf(answer) };
};

test('a login is a cookie that no script reads and no other site sends', async () => {
    assert.deepEqual((await ask('GET', '/session')).body, { user: null, token: null, role: null, rights: [], expires: null, setup: false, listen: false });
    const { answer, cookie } = await logIn();
    assert.match(answer.headers['set-cookie'][0], /^__Host-earshot=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/);
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.deepEqual([answer.body.user, answer.body.role], ['tester', 'admin']);
    const { body } = await ask('GET', '/session', { headers: { Cookie: cookie } });
    assert.deepEqual({ ...body, expires: 0 }, { ...answer.body, expires: 0 });
    assert.equal((await ask('GET', '/calls', { headers: { Cookie: cookie } })).status, 200);
    const ended = await ask('DELETE', '/session', { headers: { Cookie: cookie } });
    assert.deepEqual(ended.body, { ended: true });
    assert.match(ended.headers['set-cookie'][0], /^__Host-earshot=; .*Max-Age=0$/);
    const over = await ask('GET', '/calls', { headers: { Cookie: cookie } });
    assert.equal(over.status, 401);
    assert.equal(over.headers['www-authenticate'], 'Bearer realm="earshot"');
});

test('a cookie that somebody put there becomes nobody\'s session; a login ends the one before', async () => {
    const planted = `${NAME}=${'A'.repeat(43)}`;
    const { cookie } = await logIn({ Cookie: planted });
    assert.notEqual(cookie, planted);
    assert.equal((await ask('GET', '/calls', { headers: { Cookie: planted } })).status, 401);
    const { cookie: next } = await logIn({ Cookie: cookie });
    assert.equal((await ask('GET', '/calls', { headers: { Cookie: cookie } })).status, 401);
    assert.equal((await ask('GET', '/calls', { headers: { Cookie: next } })).status, 200);
    for (const bad of [`${next}; ${next}`, `${next}; ${planted}`, `${next}x`, next.slice(0, -1), `${NAME}=`, next.replace(NAME, 'earshot'),
        next.toLowerCase(), `${NAME}="${next.slice(NAME.length + 1)}"`, `a=${'b'.repeat(7000)}`])
        assert.equal((await ask('GET', '/calls', { headers: { Cookie: bad } })).status, 401, bad.slice(0, 80));
    // Beside the cookies of everything else on this host.
    assert.equal((await ask('GET', '/calls', { headers: { Cookie: `a=${'b'.repeat(4000)}; ${next}; c=d` } })).status, 200);
    assert.equal((await ask('GET', '/calls', { headers: { Cookie: next, ...bearer('earshot_wrong') } })).status, 401);
    await ask('DELETE', '/session', { headers: { Cookie: next } });
});

test('what another site\'s page asks for is refused, cookie or not', async () => {
    const { cookie } = await logIn();
    for (const origin of ['http://evil.example.org', 'null', `http://${host}:1`]) {
        const headers = { Cookie: cookie, Origin: origin };
        assert.equal((await ask('POST', '/tokens', { body: { name: 'x', scopes: ['see'], days: 1 }, headers })).status, 403, origin);
        assert.equal((await ask('DELETE', '/session', { headers })).status, 403, origin);
        assert.equal((await ask('POST', '/session', { body: TESTER, headers: { Origin: origin } })).status, 403, origin);
    }
    assert.equal((await ask('DELETE', '/session', { headers: { Cookie: cookie, Origin: `http://${host}:${port}` } })).status, 200);
});

test('a token may what its scopes say, and never makes another', async () => {
    const { cookie } = await logIn();
    const make = (body) => ask('POST', '/tokens', { body, headers: { Cookie: cookie } });
    const { status, body } = await make({ name: 'prom', scopes: ['metrics', 'see'], days: 30 });
    assert.equal(status, 201);
    assert.match(body.secret, /^earshot_[\w-]{43}$/);
    assert.deepEqual(body.token.scopes, ['see', 'metrics']);
    const may = (method, path, more) => ask(method, path, { ...more, headers: bearer(body.secret) });
    assert.equal((await may('GET', '/calls')).status, 200);
    const refused = await may('GET', '/users');
    assert.equal(refused.status, 403);
    assert.match(refused.body.detail, /'admin', which the token 'prom' has not/);
    for (const [method, path, more] of [['GET', '/tokens'], ['POST', '/tokens', { body: {} }], ['POST', '/session/password', { body: {} }], ['DELETE', '/session']])
        assert.match((await may(method, path, more)).body.detail, /a token cannot do this/);
    const { body: { tokens } } = await ask('GET', '/tokens', { headers: { Cookie: cookie } });
    assert.ok(!JSON.stringify(tokens).includes(body.secret.slice(8)));
    for (const [wrong, says] of [[{ name: 'a b', scopes: ['see'], days: 1 }, /'name'/], [{ name: 'x', scopes: ['self'], days: 1 }, /'scopes'/],
        [{ name: 'x', scopes: [], days: 1 }, /'scopes'/], [{ name: 'x', scopes: 'see', days: 1 }, /a list of texts/], [{ name: 'x', scopes: ['see'], days: 9999 }, /1 to 365/],
        [{ name: 'x', scopes: ['see'], days: 1.5 }, /a whole number/], [{ name: 'x', scopes: ['see'] }, /'days' is missing/]]) {
        const answer = await make(wrong);
        assert.equal(answer.status, 400, JSON.stringify(wrong));
        assert.match(answer.body.detail, says);
    }
    assert.equal((await make({ name: 'prom', scopes: ['see'], days: 1 })).status, 409);
    assert.deepEqual((await ask('DELETE', `/tokens/${body.token.id}`, { headers: { Cookie: cookie } })).body, { ended: body.token.id });
    assert.equal((await may('GET', '/calls')).status, 401);
    await ask('DELETE', '/session', { headers: { Cookie: cookie } });
});

test('an admin makes users; a role holds at once, and nobody shuts the last admin out', async () => {
    const admin = { headers: bearer(token) };
    const made = await ask('POST', '/users', { ...admin, body: { name: 'vera', role: 'viewer' } });
    assert.equal(made.status, 201);
    const link = { key: made.body.link_key, password: 'a long enough one' };
    assert.match((await ask('POST', '/session/setup', { body: { ...link, password: 'short' } })).body.detail, /12 characters/);
    const entered = await ask('POST', '/session/setup', { body: link });
    assert.deepEqual([entered.status, entered.body.user, entered.body.role], [200, 'vera', 'viewer']);
    assert.equal((await ask('POST', '/session/setup', { body: link })).status, 403, 'a link is good once');
    const vera = { headers: { Cookie: cookieOf(entered) } };
    const [{ calls: [call] }] = [(await ask('GET', '/calls?limit=1', vera)).body];
    const messages = `/calls/${call.id}/messages`;
    assert.match((await ask('GET', messages, vera)).body.detail, /'signalling', which the role viewer has not/);
    assert.equal((await ask('POST', '/users/vera', { ...admin, body: { role: 'engineer' } })).body.user.role, 'engineer');
    assert.equal((await ask('GET', messages, vera)).status, 200);
    assert.equal((await ask('POST', '/users/vera', { ...admin, body: { disabled: true } })).body.user.sessions, 0);
    assert.equal((await ask('GET', '/calls', vera)).status, 401);
    assert.equal((await ask('POST', '/users/tester', { ...admin, body: { disabled: true } })).status, 409);
    assert.equal((await ask('DELETE', '/users/tester', admin)).status, 409);
    assert.equal((await ask('POST', '/users', { ...admin, body: { name: 'VERA', role: 'viewer' } })).status, 409);
    assert.match((await ask('POST', '/users', { ...admin, body: { name: 'x', role: 'boss' } })).body.detail, /'role' is viewer/);
    assert.equal((await ask('POST', '/users/nobody', { ...admin, body: { role: 'viewer' } })).status, 404);
    assert.deepEqual((await ask('DELETE', '/users/vera', admin)).body, { removed: 'vera' });
});

test('a WebSocket comes with a ticket, once, and goes with the session', async () => {
    const refusal = (path) => LiveClient.open({ host, port, path }).then((l) => { l.close(); return 'open'; }, (e) => e.message);
    const { cookie } = await logIn();
    const { body } = await ask('POST', '/live/ticket', { body: {}, headers: { Cookie: cookie } });
    assert.ok(body.expires - Date.now() / 1000 < 31);
    for (const path of ['/api/v1/live', '/api/v1/live?ticket=', `/api/v1/live?ticket=${'A'.repeat(43)}`, `/api/v1/live?ticket=${body.ticket}x`, `/api/v1/live?ticket=${body.ticket.repeat(50)}`])
        assert.match(await refusal(path), /^HTTP\/1\.1 401/, path.slice(0, 90));
    const live = await LiveClient.open({ host, port, path: `/api/v1/live?ticket=${body.ticket}` });
    assert.match(await refusal(`/api/v1/live?ticket=${body.ticket}`), /^HTTP\/1\.1 401/);
    await live.until((l) => l.hello);
    await ask('DELETE', '/session', { headers: { Cookie: cookie } });
    await live.until((l) => l.closed, 10000);
    assert.equal(live.closeCode, 1008);
    assert.equal((await ask('POST', '/live/ticket', { body: {}, headers: { Cookie: cookie } })).status, 401);
});

test('who is not to see numbers sees none in the live feed either, from its first message on', async (t) => {
    const feed = await startFeed(store);
    t.after(() => feed.stop());
    const line = { type: 'call', id: '0dd2a1c27b3f0001', call_id: '4930770011223-1@x', from_user: '+4930770011223', to_user: 'alicia',
        from_uri: '"Alicia" <sip:alicia@x>', trunk_out: 'carrier-a', event: 'opened' };
    const other = { ...line, id: '0dd2a1c27b3f0002' };
    const { body } = await ask('POST', '/tokens', { headers: { Cookie: (await logIn()).cookie }, body: { name: 'blind', scopes: ['see'], days: 1 } });
    feed.send(line);
    const [sees, blind] = [await LiveClient.open({ host, port, token }), await LiveClient.open({ host, port, token: body.secret })];
    await blind.until((l) => l.snapshot.length > 0);
    feed.send(other);
    for (const live of [sees, blind]) await live.until((l) => l.messages.some(({ id }) => id === other.id));
    t.after(() => [sees, blind].forEach((live) => live.close()));
    const seen = JSON.stringify([sees.snapshot, sees.messages]), masked = JSON.stringify([blind.snapshot, blind.messages]);
    for (const secret of ['70011223', 'alicia', 'Alicia']) {
        assert.ok(seen.includes(secret));
        assert.ok(!masked.includes(secret), `${secret} in ${masked}`);
    }
    assert.deepEqual(blind.messages.find(({ id }) => id === other.id), { ...other, call_id: '493077001XXXX-1@x', from_user: '+493077001XXXX',
        to_user: 'xxxxxx', from_uri: '"xxxxxx" <sip:xxxxxx@x>' });
});

test('who guesses must wait, longer and longer, and is told nothing', async () => {
    const guess = (name, from) => ask('POST', '/session', { body: { name, password: 'a wrong one, surely' }, from });
    const said = await Promise.all([guess('tester', '127.0.0.11'), guess('nobody-here', '127.0.0.12')]);
    for (const { status, headers } of said.filter(({ status: s }) => s === 429)) assert.ok(status && headers['retry-after']);
    const told = said.filter(({ status }) => status === 401).map(({ body }) => JSON.stringify(body));
    assert.ok(told.length > 0 && new Set(told).size === 1);
    let answer;
    for (let i = 0; i < 40; i++) {
        answer = await guess('tester', `127.0.0.${20 + i}`);
        if (answer.status === 429 && Number(answer.headers['retry-after']) > 1) break;
    }
    assert.equal(answer.status, 429);
    assert.match(answer.body.detail, /come again in \d+ s/);
    // Where he has logged in before, others' guesses do not hold him up.
    const { cookie } = await logIn();
    await ask('DELETE', '/session', { headers: { Cookie: cookie } });
});
