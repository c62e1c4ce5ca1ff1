// live_client - a WebSocket, as small as it can be, and the probe's end of the feed: for tests of the live feed that want to see
// every frame.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';
import { join } from 'node:path';
import { bearer } from './token.js';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Of the one whose token it is; null: none is given.
async function askTicket(host, port, token) {
    const answer = await fetch(`http://${host}:${port}/api/v1/live/ticket`, { method: 'POST', body: '{}', headers: { ...bearer(token), 'Content-Type': 'application/json' } });
    assert.equal(answer.status, 200, 'a ticket');
    return (await answer.json()).ticket;
}

export class LiveClient {
    messages = []; // as the probe sent them: without their numbers
    seqs = [];
    told = []; // by the server itself: hello, snapshot, skipped
    waiting = [];
    closed = false;
    mute = false; // does not answer pings
    pings = 0;

    static async open({ host, port, token, origin, path = '/api/v1/live', name = `${host}:${port}`, from, protocol = 'earshot.live.v1' }) {
        if (token) path += `${path.includes('?') ? '&' : '?'}ticket=${await askTicket(host, port, token)}`;
        return new Promise((resolve, reject) => {
            const live = new LiveClient();
            const key = randomBytes(16).toString('base64');
            live.socket = net.connect({ host, port, localAddress: from });
            live.buffer = Buffer.alloc(0);
            live.socket.on('error', () => {});
            live.socket.on('close', () => { live.closed = true; live.wake(); reject(new Error(live.head ?? 'closed')); });
            live.socket.on('data', (data) => {
                live.buffer = Buffer.concat([live.buffer, data]);
                if (live.head === undefined) {
                    const end = live.buffer.indexOf('\r\n\r\n');
                    if (end < 0) return;
                    live.head = live.buffer.subarray(0, end).toString();
                    live.buffer = live.buffer.subarray(end + 4);
                    if (!live.head.startsWith('HTTP/1.1 101')) return;
                    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
                    assert.ok(live.head.includes(accept));
                    resolve(live);
                }
                live.read();
            });
            live.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\nUpgrade: websocket\r\n` +
                `Connection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n` +
                (protocol ? `Sec-WebSocket-Protocol: ${protocol}\r\n` : '') +
                (origin === undefined ? '' : `Origin: ${origin}\r\n`) + '\r\n');
        });
    }

    read() {
        while (this.buffer.length >= 2) {
            let length = this.buffer[1] & 127, at = 2;
            assert.equal(this.buffer[1] & 128, 0, 'a server masks nothing');
            if (length === 126) { if (this.buffer.length < 4) return; length = this.buffer.readUInt16BE(2); at = 4; }
            else if (length === 127) { if (this.buffer.length < 10) return; length = Number(this.buffer.readBigUInt64BE(2)); at = 10; }
            if (this.buffer.length < at + length) return;
            const opcode = this.buffer[0] & 15;
            assert.equal(this.buffer[0] & 0x70, 0, 'no extension is in use');
            const payload = this.buffer.subarray(at, at + length);
            if (opcode === 1) this.take(JSON.parse(payload.toString()));
            if (opcode === 8) this.closeCode = payload.readUInt16BE(0);
            if (opcode === 9) this.onPing(payload);
            this.buffer = this.buffer.subarray(at + length);
            this.wake();
        }
    }

    take({ seq, ...message }) {
        assert.ok(Number.isInteger(seq), 'each message has its number');
        if (['hello', 'snapshot', 'skipped'].includes(message.type)) { this.told.push({ seq, ...message }); return; }
        this.seqs.push(seq);
        this.messages.push(message);
    }

    get hello() { return this.told.find(({ type }) => type === 'hello'); }
    get snapshot() { return this.told.filter(({ type }) => type === 'snapshot').flatMap(({ items }) => items); }

    onPing(payload) {
        this.pings++;
        if (!this.mute) this.socket.write(Buffer.concat([Buffer.from([0x8a, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
    }

    wake() { this.waiting.splice(0).forEach((resolve) => resolve()); }

    async until(holds, ms = 5000) {
        const end = Date.now() + ms;
        while (!holds(this)) {
            assert.ok(Date.now() < end, `in time: ${holds}; got ${this.messages.length} messages`);
            await Promise.race([new Promise((resolve) => this.waiting.push(resolve)), sleep(200)]);
        }
    }

    close() { this.socket.destroy(); }
}

// The probe's end of the feed.
export const startFeed = async (store) => {
    const feed = { sockets: [] };
    feed.listener = net.createServer((socket) => { socket.on('error', () => {}); feed.sockets.push(socket); });
    await new Promise((resolve) => feed.listener.listen(join(store, 'live.sock'), resolve));
    for (let i = 0; feed.sockets.length === 0; i++) {
        assert.ok(i < 40, 'the web process connects within a few seconds');
        await sleep(100);
    }
    feed.send = (...lines) => feed.sockets.at(-1).write(lines.map((line) =>
        (typeof line === 'string' ? line : JSON.stringify(line)) + '\n').join(''));
    feed.stop = () => new Promise((resolve) => {
        feed.sockets.forEach((socket) => socket.destroy());
        feed.listener.close(resolve);
    });
    return feed;
};
