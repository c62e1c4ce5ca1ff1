// test_search - calls by a filter over the API: what is found, in which order, page by page, and
// where a filter is at fault.
//
//     node --test test_search.js
//
// MAKE_STORE and TEST_API_SERVE name the two programs.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchAs, readServer } from './support/token.js';

const CALLS = 1400; // over two days
const work = mkdtempSync(join(tmpdir(), 'earshot-search-'));
const store = join(work, 'store');
let server, base, token;

before(async () => {
    mkdirSync(join(work, 'root'));
    execFileSync(process.env.MAKE_STORE, [store, String(CALLS)]);
    server = spawn(process.env.TEST_API_SERVE, [store, join(work, 'root')], { stdio: ['ignore', 'pipe', 'inherit'] });
    ({ base, token } = await new Promise((resolve, reject) => {
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

// All pages of an answer.
const findAll = async (query, limit) => {
    const found = [];
    let cursor = '';
    do {
        const page = await getJson(`/calls?limit=${limit}&${query}${cursor && `&cursor=${cursor}`}`);
        assert.ok(page.calls.length <= limit);
        assert.equal(page.days_missing, 0);
        found.push(...page.calls);
        cursor = page.next;
    } while (cursor);
    return found;
};

const filterOf = (text) => `filter=${encodeURIComponent(text)}`;
// Some of the calls, so that all that is found can be looked at.
const SOME = 'number:+49890012*';
const some = () => findAll(filterOf(SOME), 1000);

test('a filter finds what it says, and all of it', async () => {
    const all = await some();
    assert.equal(all.length, 100);
    for (const [text, holds] of [['status:486 or status:503', (c) => c.final_status !== 200],
        ['mos<2', (c) => c.mos_lq !== null && c.mos_lq < 2], ['-mos<2', (c) => !(c.mos_lq !== null && c.mos_lq < 2)],
        ['has:mos -one_way', (c) => c.mos_lq !== null && c.one_way !== true],
        ['from:*77', (c) => c.from_user.endsWith('77')], ['number:*90012*', () => true],
        ['dst:198.51.100.0/29', (c) => Number(c.dst.split(/[.:]/)[3]) < 8], ['codec:pcmu', () => true],
        ['status:4xx from:*5 or call_id:call-1207@test', (c) => (c.final_status === 486 && c.from_user.endsWith('5')) || c.call_id === 'call-1207@test'],
        ['ua:nobody', () => false]]) {
        const wanted = all.filter(holds).map(({ id }) => id);
        const found = await findAll(filterOf(`(${text}) ${SOME}`), 37);
        assert.deepEqual(found.map(({ id }) => id), wanted, text);
    }
    assert.equal((await getJson(`/calls?${filterOf('call_id:call-9@test since:1min')}`)).calls.length, 1);
});

test('a filter and the older parameters hold together', async () => {
    const { calls } = await getJson(`/calls?${filterOf('mos<2 or mos>4')}&number=8900012`);
    assert.ok(calls.length > 0 && calls.every((c) => c.from_user.includes('8900012') && (c.mos_lq < 2 || c.mos_lq > 4)));
    assert.deepEqual((await getJson(`/calls?${filterOf('status:486 or status:503')}&state=completed`)).calls, []);
});

test('calls come in the order of a field, page by page, what is not known last', async () => {
    for (const [sort, value] of [['mos', (c) => c.mos_lq], ['-mos', (c) => c.mos_lq], ['status', (c) => c.final_status],
        ['-from', (c) => c.from_user], ['time', (c) => c.id]]) {
        const sign = sort.startsWith('-') ? -1 : 1;
        const found = await findAll(`${filterOf(SOME)}&sort=${sort}`, 33);
        const values = found.map(value);
        const known = values.filter((v) => v !== null);

        assert.equal(new Set(found.map(({ id }) => id)).size, 100, sort);
        assert.ok(values.slice(known.length).every((v) => v === null), sort);
        assert.ok(known.every((v, at) => at === 0 || (sign > 0 ? known[at - 1] <= v : known[at - 1] >= v)), sort);
    }
    const { next } = await getJson('/calls?sort=mos&limit=10');
    const answer = await fetch(`${base}/calls?sort=status&cursor=${next}`);
    assert.equal(answer.status, 400, 'a cursor belongs to its order');
});

test('only the fields that are asked for are sent', async () => {
    const { calls } = await getJson(`/calls?limit=5&fields=id,mos_lq,from_user&${filterOf(SOME)}`);
    const whole = await getJson(`/calls?limit=5&${filterOf(SOME)}`);
    assert.deepEqual(calls, whole.calls.map(({ id, mos_lq, from_user }) => ({ id, mos_lq, from_user })));
    for (const wrong of ['nonsense', 'id,,mos_lq', 'streams'])
        assert.equal((await fetch(`${base}/calls?fields=${wrong}`)).status, 400, wrong);
});

test('facets count what the calls of a filter have, and their words find as many', async () => {
    const { looked, whole, facets } = await getJson(`/facets?${filterOf(SOME)}`);
    assert.deepEqual([looked, whole], [100, true]);
    const names = facets.map(({ field }) => field);
    assert.deepEqual(names, ['trunk_in', 'trunk_out', 'destination', 'outcome', 'status', 'codec', 'mos', 'loss', 'verdict']);
    for (const name of ['status', 'mos', 'codec']) assert.ok(facets[names.indexOf(name)].values.length > 0, name);
    for (const { values } of facets)
        for (const { value, filter, calls } of values)
            assert.equal((await findAll(filterOf(`${filter} ${SOME}`), 1000)).length, calls, `${value}: ${filter}`);
    assert.equal((await getJson('/facets')).looked, CALLS);
    assert.equal((await getJson(`/facets?${filterOf('ua:nobody')}`)).looked, 0);
    assert.equal((await fetch(`${base}/facets?${filterOf('stauts:5xx')}`)).status, 400);
});

test('calls that are named are exported, each once', async () => {
    const [a, b] = (await some()).map(({ id }) => id);
    const answer = await fetch(`${base}/export?format=jsonl&ids=${b},${a},${b}`);
    assert.equal(answer.status, 200);
    assert.deepEqual((await answer.text()).trim().split('\n').map((line) => JSON.parse(line).id), [b, a]);
    assert.equal((await fetch(`${base}/export?format=csv&ids=${a}&filter=mos<3`)).status, 400);
});

test('what is wrong with a filter is said with its place', async () => {
    for (const [text, column, length, says] of [['from:+49* stauts:5xx', 11, 6, "did you mean 'status'?"],
        ['jürgen mos<9', 12, 1, 'from 1 to 5'], ['a (b', 3, 1, 'not closed'],
        [`from:${'a'.repeat(4100)}`, 4097, 9, 'at most 4096 bytes']]) {
        const answer = await fetch(`${base}/calls?${filterOf(text)}`);
        const error = await answer.json();
        assert.deepEqual([answer.status, error.column, error.length], [400, column, length], text);
        assert.ok(error.detail.startsWith(`filter, column ${column}: `) && error.detail.includes(says), error.detail);
    }
    const error = await (await fetch(`${base}/calls?verdict=nonsense`)).json();
    assert.match(error.detail, /no verdict is called 'nonsense'/);
});

test('the fields of a filter are told', async () => {
    const { fields } = await getJson('/fields');
    const mos = fields.find(({ name }) => name === 'mos');
    assert.equal(new Set(fields.flatMap(({ name, aliases }) => [name, ...aliases])).size,
        fields.flatMap(({ name, aliases }) => [name, ...aliases]).length);
    assert.deepEqual([mos.kind, mos.unit, mos.sortable, mos.example, mos.values], ['number', null, true, 'mos<3.5', null]);
    assert.deepEqual(fields.find(({ name }) => name === 'fax').values, ['yes', 'no']);
    for (const { group, help, example } of fields) {
        assert.match(help, /\.$/);
        assert.ok(group);
        assert.ok(Array.isArray((await getJson(`/calls?limit=1&${filterOf(example)}`)).calls), example);
    }
});
