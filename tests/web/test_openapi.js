// test_openapi - docs/openapi.json is valid OpenAPI 3.1, is what the server serves, and the answers of a real server
// on a real store are what it says: each route by each method, with its errors.
//
//     node --test test_openapi.js
//
// MAKE_STORE, TEST_API_SERVE and EARSHOT_BIN name the programs, EARSHOT_NODE_MODULES where npm has put ajv.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readServer } from './support/token.js';

const tree = fileURLToPath(new URL('../../', import.meta.url));
const modules = process.env.EARSHOT_NODE_MODULES ?? join(tree, 'tests/web/node_modules');
const missing = !existsSync(join(modules, 'ajv')) && 'SKIPPED: ajv is not installed (npm ci in tests/web)';
const options = { skip: missing };
if (missing) console.log(missing);
const work = mkdtempSync(join(tmpdir(), 'earshot-openapi-'));
const store = join(work, 'store');
const doc = JSON.parse(readFileSync(join(tree, 'docs/openapi.json'), 'utf8'));
const asked = new Set(); // "get /api/v1/calls 200"
let server, base, token, cookie, ids, ajv;

before(async () => {
    if (missing) return;
    const Ajv = createRequire(join(modules, 'x.js'))('ajv/dist/2020.js').default;
    ajv = new Ajv({ strict: false });
    ajv.addSchema(doc, 'doc');
    mkdirSync(join(work, 'rules'));
    writeFileSync(join(work, 'index.html'), '<!doctype html><title>x</title>\n');
    writeFileSync(join(work, 'rules/few.yaml'), 'description: few calls\nreason: few\nseverity: info\non: call.settled\nwindow: 1m\nstep: 10s\nmeasure: count\n' +
        'threshold: 3\nclear: { below: 1, for: 1m }\nsummary: "{matching} calls"\nrunbook: look\n');
    writeFileSync(join(work, 'rules/broken.yaml'), 'severity: sometimes\n');
    ids = execFileSync(process.env.MAKE_STORE, [store, '60']).toString().trim().split('\n');
    execFileSync(process.env.EARSHOT_BIN, ['replay', ...['sbc-legs.pcap', 'dtmf.pcapng', 'fax.pcap', 'registrations.pcap', 'loss-burst.pcap']
        .map((name) => join(tree, 'samples', name)), '--store', store, '--keep', 'full', '--quiet']);
    server = spawn(process.env.TEST_API_SERVE, [store, work, '127.0.0.1:0', process.env.EARSHOT_BIN, '60'], { stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, TEST_API_RULES: join(work, 'rules') } });
    ({ base, token } = await new Promise((resolve, reject) => {
        server.stdout.once('data', (line) => resolve(readServer(line)));
        server.once('exit', (code) => reject(new Error(`no server, exit status ${code}`)));
    }));
    base = base.replace('/api/v1', '');
});

after(async () => {
    if (server) {
        const left = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
        server.kill('SIGTERM');
        assert.equal(await left, 0, 'the server leaves without a sanitizer report');
    }
    rmSync(work, { recursive: true });
});

const escaped = (text) => text.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('%', '%25').replaceAll('{', '%7B').replaceAll('}', '%7D');

/* The operation of a path as it was asked for; names of a path before variables. */
function operationOf(method, path) {
    const parts = path.split('?')[0].split('/');
    const found = Object.keys(doc.paths).filter((template) => {
        const wanted = template.split('/');
        return wanted.length === parts.length && wanted.every((part, at) => part.startsWith('{') || part === parts[at]) && doc.paths[template][method];
    }).sort((a, b) => a.split('{').length - b.split('{').length)[0];
    assert.ok(found, `${method} ${path} is in the document`);
    return found;
}

/* Asks, and holds the answer against the document. → the answer as JSON, or null. */
async function ask(method, path, status, { body, headers, as = { Authorization: `Bearer ${token}` } } = {}) {
    const template = operationOf(method, path);
    const operation = doc.paths[template][method];
    const answer = await fetch(base + path, {
        method: method.toUpperCase(),
        headers: { ...as, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? cookie;
    assert.equal(answer.status, status, `${method} ${path}: ${text.slice(0, 300)}`);
    asked.add(`${method} ${template} ${status}`);
    const at = ['#/paths', template, method, 'responses', String(status)];
    let said = operation.responses[status];
    assert.ok(said, `${method} ${path}: the document knows no ${status}`);
    let pointer = at.map((part, i) => (i ? escaped(part) : part)).join('/');
    if (said.$ref) {
        pointer = said.$ref;
        said = doc.components.responses[status];
    }
    const type = answer.headers.get('content-type')?.split(';')[0];
    const content = said.content?.[type];
    assert.ok(content, `${method} ${path}: the document knows no ${type} of ${status}`);
    if (!['application/json', 'application/problem+json'].includes(type)) return null;
    const valid = ajv.getSchema(`doc${pointer}/content/${escaped(type)}/schema`);
    const json = JSON.parse(text);
    assert.ok(valid(json), `${method} ${path}: ${JSON.stringify(valid.errors?.slice(0, 3))}`);
    return json;
}
const get = (path, status = 200, more) => ask('get', `/api/v1${path}`, status, more);

test('the document is valid OpenAPI 3.1, and every schema in it compiles', options, async () => {
    const { Validator } = await import(pathToFileURL(join(modules, '@seriousme/openapi-schema-validator/index.js')));
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(doc));
    assert.ok(valid, JSON.stringify(errors)?.slice(0, 2000));
    assert.equal(validator.version, '3.1');
    for (const name of Object.keys(doc.components.schemas)) assert.ok(ajv.getSchema(`doc#/components/schemas/${name}`), name);
    const names = Object.values(doc.paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
    assert.equal(new Set(names).size, names.length, 'each operationId is there once');
    const used = JSON.stringify(doc);
    for (const [kind, all] of Object.entries(doc.components))
        if (kind !== 'securitySchemes')
            for (const name of Object.keys(all)) assert.ok(used.includes(`"#/components/${kind}/${name}"`) || used.includes(`"#/components/${kind}/${name}/`), `${kind} ${name} is used`);
});

test('examples are what their schemas say', options, () => {
    const look = (node, pointer) => {
        if (node === null || typeof node !== 'object') return;
        if (node.schema && node.example !== undefined) assert.ok(ajv.validate({ $ref: `doc${pointer}/schema` }, node.example), `${pointer}: ${ajv.errorsText()}`);
        for (const [key, value] of Object.entries(node)) look(value, `${pointer}/${escaped(key)}`);
    };
    look(doc, '#');
});

test('it is served to anybody, and has a tag', options, async () => {
    const answer = await fetch(`${base}/api/v1/openapi.json`);
    assert.deepEqual(await answer.json(), doc);
    const tag = answer.headers.get('etag');
    assert.equal((await fetch(`${base}/api/v1/openapi.json`, { headers: { 'If-None-Match': tag } })).status, 304);
    asked.add('get /api/v1/openapi.json 200');
});

test('lists and records are what the document says', options, async () => {
    const { calls } = await get('/calls?limit=1000');
    assert.ok(calls.length > 60);
    for (const query of ['?limit=2', '?filter=status:486&sort=-mos', '?fields=id,mos_lq', '?q=call-1', '?mos_max=3&one_way=true'])
        await get(`/calls${query}`);
    const whole = [];
    for (const id of [...ids, ...calls.slice(0, 40).map((call) => call.id)]) whole.push(await get(`/calls/${id}`));
    assert.ok(whole.some(({ legs }) => legs.pairs.length > 0), 'one has legs');
    assert.ok(whole.some(({ streams }) => streams.some(({ intervals }) => intervals?.length)), 'one has intervals');
    await get(`/calls/${ids[0]}/messages`);
    await get(`/calls/${ids[0]}/messages?legs=true`);
    for (const path of ['/alerts?limit=5', '/silences', '/silences?over=true', '/deliveries', '/receivers', '/rules', '/certificates', '/certificates?sort=days_left',
        '/overview', '/overview?minutes=10080', '/overview?minutes=15&until=1000', '/trunks/health', '/trunks', '/trunks?minutes=1440', '/registrations/now',
        '/registrations/now?state=registered&limit=1', '/registrations', '/registrations?limit=1', '/peers', '/security', '/security/sources?hours=168', '/transactions?limit=500',
        '/transactions?method=register', '/deviations', '/facets', '/facets?filter=status:2xx', '/fields', '/stats', '/store', '/probe', '/audit', '/audit?limit=2'])
        await get(path);
    const filters = [];
    JSON.stringify(await get('/overview?minutes=10080'), (key, value) => (key === 'filter' && filters.push(value), value));
    assert.ok(filters.length > 40);
    for (const filter of filters.filter((_, at) => at < 3 || at % 5 === 0)) await get(`/calls?limit=1&filter=${encodeURIComponent(filter)}`);
    const { alerts } = await get('/alerts');
    await get(`/alerts/${alerts[0].id}`);
    await ask('get', '/metrics', 200);
    await ask('get', '/metrics', 200, { headers: { Authorization: `Bearer ${token}`, Accept: 'application/openmetrics-text' } });
    await ask('get', '/healthz', 200, { as: {} });
    const { status } = await fetch(`${base}/readyz`);
    await ask('get', '/readyz', status, { as: {} });
    await get('/session', 200, { as: {} });
});

test('downloads are of the kinds that it names', options, async () => {
    for (const format of ['pcap', 'pcapng', 'pcap.lz4', 'pcapng.lz4']) await get(`/calls/${ids[0]}/pcap?format=${format}`);
    for (const format of ['csv', 'jsonl']) await get(`/export?format=${format}&filter=status:486`);
    const { calls: [heard] } = await get('/calls?filter=codec:PCMA,PCMU%20loss%3E1%25&limit=1');
    await get(`/calls/${heard.id}/audio`);
    await get(`/calls/${heard.id}/audio`, 206, { headers: { ...{ Authorization: `Bearer ${token}` }, Range: 'bytes=0-99' } });
    await get(`/calls/${heard.id}/audio/peaks?buckets=50`);
});

test('what is changed is answered as it says', options, async () => {
    const post = (path, status, body) => ask('post', `/api/v1${path}`, status, { body });
    const end = (path, status = 200) => ask('delete', `/api/v1${path}`, status);
    const { alerts: [alert] } = await get('/alerts?state=firing');
    const { silence } = await post('/silences', 201, { labels: 'trunk=a', until: Math.floor(Date.now() / 1000) + 600, comment: 'x' });
    await get('/silences');
    await post(`/alerts/${alert.id}/ack`, 201, { comment: 'seen' });
    await post(`/alerts/${alert.id}/ack`, 409, {});
    await get(`/alerts/${alert.id}`);
    await end(`/alerts/${alert.id}/ack`);
    await end(`/silences/${silence.id}`);
    await end('/silences/9999', 404);
    await post('/receivers/pager/test', 200, {});
    await post('/receivers/nobody/test', 404, {});
    await get('/deliveries?state=waiting');
    await post('/deliveries/replay', 200, {});
    await post('/deliveries/999/replay', 404, {});
    await post('/rules/few/test', 200, { since: '1h' });
    await post('/rules/none/test', 404, { since: '1h' });
    await post('/live/ticket', 200, {});
});

test('users, sessions and tokens are what it says', options, async () => {
    const as = (method, path, status, body) => ask(method, `/api/v1${path}`, status, { body, as: cookie ? { Cookie: cookie } : {} });
    await as('post', '/session', 200, { name: 'tester', password: 'a password of the tests' });
    assert.equal((await as('get', '/session', 200)).user, 'tester');
    const { token: own } = await as('post', '/tokens', 201, { name: 'short', scopes: ['see'], days: 1 });
    await as('get', '/tokens', 200);
    await as('delete', `/tokens/${own.id}`, 200);
    await as('post', '/tokens', 400, { name: 'x', scopes: ['everything'], days: 1 });
    const { link_key: key } = await as('post', '/users', 201, { name: 'ann', role: 'viewer' });
    await as('post', '/users', 409, { name: 'ann', role: 'viewer' });
    await as('post', '/users/ann', 200, { role: 'engineer' });
    assert.equal((await as('get', '/users', 200)).users.length, 2);
    const admin = cookie;
    await as('post', '/session/setup', 400, { key, password: 'short' });
    await ask('post', '/api/v1/session/setup', 200, { body: { key, password: 'of ann, and long enough' }, as: {} });
    await as('post', '/session/password', 200, { old: 'of ann, and long enough', new: 'another one of ann, as long' });
    await as('delete', '/session', 200);
    cookie = admin;
    await as('delete', '/users/ann', 200);
    await as('delete', '/users/ann', 404);
});

test('errors are problems, each as it says', options, async () => {
    for (const [path, status] of [['/calls?filter=stauts:5xx', 400], ['/calls?limit=0', 400], ['/calls/0123456789abcdef', 404], ['/overview?minutes=0', 400],
        ['/overview?minutes=10081', 400], ['/alerts/zz', 400], ['/facets?filter=(', 400]])
        await get(path, status);
    assert.ok((await get('/calls?filter=stauts:5xx', 400)).column > 0);
    for (const template of Object.keys(doc.paths)) {
        const path = template.replace('{id}', ids[0]).replace('{number}', '1').replace('{name}', 'pager');
        for (const [method, operation] of Object.entries(doc.paths[template]))
            if (operation.security.length) await ask(method, path, 401, { as: {}, body: method === 'post' ? {} : undefined });
    }
    await ask('post', '/api/v1/session', 401, { as: {}, body: { name: 'nobody', password: 'wrong' } });
});

test('every route was asked, and answered well at least once', options, () => {
    const left = Object.entries(doc.paths).flatMap(([template, item]) => Object.keys(item)
        .filter((method) => ![...asked].some((each) => each.startsWith(`${method} ${template} 2`))).map((method) => `${method} ${template}`));
    /* Of one that is dead: nothing is sent here. */
    assert.deepEqual(left, ['post /api/v1/deliveries/{number}/replay']);
});
