// test_live - the live feed of the web process from outside.
//
//     node --test test_live.js
//
// See support/api_server.js.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { sleep, startApiServer } from './support/api_server.js';

let server, host, port, getJson, Live, startFeed;
let patient, mute, began; // two that stay from the beginning to the end

before(async () => {
    server = await startApiServer(30);
    ({ host, port, getJson, Live, startFeed } = server);
    [patient, mute] = [await Live.open(), await Live.open()];
    mute.mute = true;
    began = Date.now();
});

after(() => server.stop());

test('what the probe says arrives on every WebSocket', async () => {
    assert.equal((await getJson('/stats')).live, false);
    const feed = await startFeed();
    assert.equal((await getJson('/stats')).live, true);
    const a = await Live.open(), b = await Live.open({ origin: `http://${host}:${port}` });
    const c = await Live.open({ protocol: null });
    assert.match(a.head, /sec-websocket-protocol: earshot.live.v1/i);
    assert.ok(!/sec-websocket-extensions/i.test(a.head));
    feed.send({ type: 'call', event: 'opened', call_id: 'é' }, 'no JSON', '', { type: 'stats', n: 2 });
    for (const client of [a, b, c]) {
        await client.until((l) => l.messages.length >= 3);
        assert.deepEqual(client.messages, [{ type: 'call', event: 'opened', call_id: 'é' }, { type: 'stats', n: 2 },
            { type: 'dropped', messages: 1 }]);
        client.close();
    }
    await feed.stop();
    /* The server hears of it beside its other work. */
    for (let tries = 0; tries < 50 && (await getJson('/stats')).live; tries++) await sleep(100);
    assert.equal((await getJson('/stats')).live, false);
});

test('who begins to listen is told what is the case, and then what changes', async () => {
    const feed = await startFeed();
    const first = await Live.open();
    const alert = (n, state) => ({ type: 'alert', id: `00000000000000a${n}`, state });
    const call = (n, event) => ({ type: 'call', id: `00000000000000c${n}`, event });
    feed.send({ type: 'stats', n: 1 }, alert(1, 'pending'), call(1, 'opened'), call(2, 'opened'), alert(1, 'firing'), alert(2, 'firing'),
        alert(2, 'resolved'), call(2, 'closed'), { type: 'rules', rules: [] }, { type: 'stats', n: 2 });
    await first.until((l) => l.messages.length === 10);
    assert.deepEqual(first.seqs, Array.from({ length: 10 }, (_, i) => first.hello.seq + 1 + i), 'numbers follow each other');
    /* The server reads the store's alerts when the probe comes, beside its other work. */
    const ofStore = (l) => l.snapshot.filter(({ rule }) => rule === 'failures_503').length;
    let second;
    for (let tries = 0; tries < 50 && !(second && ofStore(second) === 25); tries++, await sleep(100)) {
        second?.close();
        second = await Live.open();
        await second.until((l) => l.snapshot.length > 0 && l.told.at(-1).more === false);
    }
    assert.deepEqual(second.told[0], { seq: first.seqs.at(-1), type: 'hello', epoch: first.hello.epoch, resumed: false, live: true });
    const ours = second.snapshot.filter(({ rule }) => rule === undefined || rule !== 'failures_503');
    assert.deepEqual(ours, [{ type: 'stats', n: 2 }, { type: 'rules', rules: [] }, alert(1, 'firing'), call(1, 'opened')]);
    assert.equal(ofStore(second), 25, 'those of the store');
    feed.send(alert(1, 'resolved'));
    await second.until((l) => l.messages.length === 1);
    assert.deepEqual(second.messages, [alert(1, 'resolved')]);
    [first, second].forEach((client) => client.close());
    await feed.stop();
});

test('who comes back gets what he missed, or is told how much', async () => {
    const feed = await startFeed();
    const first = await Live.open();
    feed.send({ type: 'x', n: 1 }, { type: 'x', n: 2 });
    await first.until((l) => l.messages.length === 2);
    const { epoch } = first.hello, at = first.seqs[0];
    first.close();
    feed.send({ type: 'x', n: 3 });
    await sleep(100);
    const resume = (query) => Live.open({ path: `/api/v1/live?${query}` });
    const again = await resume(`epoch=${epoch}&since=${at}`);
    await again.until((l) => l.messages.length === 2);
    assert.deepEqual(again.messages, [{ type: 'x', n: 2 }, { type: 'x', n: 3 }]);
    assert.deepEqual(again.told.map(({ type, resumed }) => [type, resumed]), [['hello', true]], 'no snapshot');
    for (const query of [`epoch=0000000000000000&since=${at}`, `epoch=${epoch}&since=99999999`, `epoch=${epoch}`, `epoch=${epoch}&since=-1`]) {
        const anew = await resume(query);
        await anew.until((l) => l.told.some(({ type }) => type === 'snapshot'));
        assert.equal(anew.hello.resumed, false, query);
        assert.deepEqual(anew.messages, []);
        anew.close();
    }
    const pad = 'x'.repeat(1000);
    feed.send(...Array.from({ length: 5000 }, (_, n) => ({ type: 'x', n, pad })));
    await again.until((l) => l.messages.at(-1).n === 4999);
    const late = await resume(`epoch=${epoch}&since=${at}`);
    await late.until((l) => l.told.some(({ type }) => type === 'snapshot'));
    assert.equal(late.hello.resumed, false);
    assert.equal(late.messages[0].type, 'dropped');
    assert.ok(late.messages[0].messages > 200 && late.messages[0].messages < 5002, `${late.messages[0].messages}`);
    [again, late].forEach((client) => client.close());
    await feed.stop();
});

test('a slow client is spared the older versions of what changes, and is told how many', async () => {
    const feed = await startFeed();
    const slow = await Live.open(), quick = await Live.open();
    const total = 30000, pad = 'x'.repeat(1000);
    slow.socket.pause();
    for (let n = 0; n < total; n += 100) {
        feed.send(...Array.from({ length: 100 }, (_, i) => ({ type: 'call', id: `00000000000000${10 + i % 10}`, event: 'changed', n: n + i, pad })));
        await quick.until((l) => (l.messages.at(-1)?.n ?? -1) >= n + 50);
    }
    await quick.until((l) => l.messages.at(-1).n === total - 1);
    slow.socket.resume();
    await slow.until((l) => l.messages.at(-1)?.n === total - 1 && l.told.at(-1).type === 'skipped');
    const lost = slow.messages.filter(({ type }) => type === 'dropped').reduce((sum, { messages }) => sum + messages, 0);
    const skipped = slow.told.filter(({ type }) => type === 'skipped').reduce((sum, { messages }) => sum + messages, 0);
    assert.equal(slow.messages.filter(({ type }) => type === 'call').length + lost + skipped, total);
    assert.ok(skipped > 0);
    assert.deepEqual(new Set(slow.messages.slice(-64).filter(({ type }) => type === 'call').map(({ id }) => id)).size, 10, 'the newest of each is there');
    [slow, quick].forEach((client) => client.close());
    await feed.stop();
});

test('the feed comes back with the probe', async () => {
    const client = await Live.open();
    for (let run = 0; run < 2; run++) {
        const feed = await startFeed();
        feed.send({ type: 'stats', run });
        await client.until((l) => l.messages.length === run + 1);
        await feed.stop();
    }
    assert.deepEqual(client.messages.map((m) => m.run), [0, 1]);
    client.close();
});

test('another site, another host, another path: no WebSocket', async () => {
    const refusal = (options) => Live.open(options).then((l) => { l.close(); return 'open'; }, (e) => e.message);
    assert.match(await refusal({ origin: 'http://evil.example.org' }), /^HTTP\/1\.1 403/);
    assert.match(await refusal({ origin: 'null' }), /^HTTP\/1\.1 403/);
    assert.match(await refusal({ origin: `http://${host}:1` }), /^HTTP\/1\.1 403/);
    assert.match(await refusal({ origin: `http://${'a'.repeat(3000)}` }), /^HTTP\/1\.1 403/);
    assert.match(await refusal({ name: 'evil.example.org', origin: 'http://evil.example.org' }), /^HTTP\/1\.1 421/);
    assert.match(await refusal({ path: '/api/v1/calls' }), /^HTTP\/1\.1 404/);
    assert.match(await refusal({ path: '/' }), /^HTTP\/1\.1 404/);
});

test('there is room for as many live clients as is said, and a message for each', async () => {
    const feed = await startFeed();
    const others = [patient, mute].filter((client) => !client.closed).length;
    const clients = await Promise.all(Array.from({ length: 40 - others }, () => Live.open()));
    await assert.rejects(Live.open(), /^Error: HTTP\/1\.1 503/);
    feed.send({ type: 'stats', n: 1 });
    await Promise.all(clients.map((client) => client.until((l) => l.messages.length === 1)));
    clients.forEach((client) => client.close());
    await sleep(200);
    (await Live.open()).close();
    await feed.stop();
});

test('a client that says something is let go', async () => {
    const client = await Live.open();
    client.socket.write(Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x41]));
    await client.until((l) => l.closed);
});

test('a slow client loses messages, is told how many, and holds up nobody', async () => {
    const feed = await startFeed();
    const slow = await Live.open(), quick = await Live.open();
    const total = 40000, pad = 'x'.repeat(1000);
    slow.socket.pause();
    for (let n = 0; n < total; n += 100) {
        feed.send(...Array.from({ length: 100 }, (_, i) => ({ type: 'stats', n: n + i, pad })));
        await quick.until((l) => (l.messages.at(-1)?.n ?? -1) >= n + 50);
        await new Promise((resolve) => setImmediate(resolve));
    }
    await quick.until((l) => l.messages.at(-1).n === total - 1);
    slow.socket.resume();
    await slow.until((l) => l.messages.at(-1)?.n === total - 1);
    for (const client of [slow, quick]) {
        let next = 0;
        for (const message of client.messages) {
            if (message.type === 'dropped') next += message.messages;
            else assert.equal(message.n, next++);
        }
        assert.equal(next, total);
    }
    assert.ok(slow.messages.some((m) => m.type === 'dropped'));
    slow.close();
    quick.close();
    await feed.stop();
});

test('a client that never reads is let go', async () => {
    const feed = await startFeed();
    const stuck = await Live.open();
    const pad = 'x'.repeat(60000);
    stuck.socket.pause();
    // Long enough to fill what the kernel keeps for it, and 10 s more.
    for (let n = 0, end = Date.now() + 17000; Date.now() < end; n++) {
        feed.send({ type: 'stats', n, pad });
        await sleep(10);
    }
    stuck.socket.resume(); // to see the end
    await stuck.until((l) => l.closed);
    await feed.stop();
});

test('who answers pings stays, who does not is let go', async () => {
    await sleep(Math.max(0, began + 45000 - Date.now()));
    assert.ok(patient.pings >= 1 && !patient.closed);
    assert.ok(mute.pings >= 1 && mute.closed);
    patient.close();
});
