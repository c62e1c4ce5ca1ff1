// api_server - the web process over a store of made calls, for tests from outside, and ways to ask it.
//
// MAKE_STORE and TEST_API_SERVE name the two programs.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveClient, startFeed } from './live_client.js';
import { fetchAs, readServer, signRequests } from './token.js';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const until = async (isSo, patience = 10000) => {
    for (const end = Date.now() + patience; Date.now() < end && !isSo(); await sleep(50));
};
export const status = (answer) => Number(answer.slice(9, 12));

function makeRoot(work, root) {
    mkdirSync(join(root, 'vendor'), { recursive: true });
    writeFileSync(join(root, 'index.html'), '<!doctype html><title>x</title>\n');
    writeFileSync(join(root, 'app.js'), 'export const x = 1;\n');
    writeFileSync(join(root, 'vendor', 'big.css'), 'a'.repeat(300000));
    writeFileSync(join(root, '.secret'), 'hidden from all');
    writeFileSync(join(work, 'outside.txt'), 'hidden from all');
}

// calls: in its store, over two days.
export async function startApiServer(calls) {
    const work = mkdtempSync(join(tmpdir(), 'earshot-web-'));
    const store = join(work, 'store'), root = join(work, 'root');
    makeRoot(work, root);
    const ids = execFileSync(process.env.MAKE_STORE, [store, String(calls)]).toString().trim().split('\n');
    const server = spawn(process.env.TEST_API_SERVE, [store, root],
        { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TEST_API_LIVE_CLIENTS: '40' } });
    const { host, port, base, token } = await new Promise((resolve, reject) => {
        server.stdout.once('data', (line) => resolve(readServer(line)));
        server.once('exit', (code) => reject(new Error(`no server, exit status ${code}`)));
    });
    const fetch = fetchAs(() => ({ token }));
    const getJson = async (path) => {
        const answer = await fetch(base + path);
        assert.equal(answer.status, 200, path);
        assert.equal(answer.headers.get('content-type'), 'application/json; charset=utf-8');
        return answer.json();
    };
    // A request as it stands, byte by byte; what came back until the end of the connection.
    const raw = (text, from) => new Promise((resolve) => {
        const socket = net.connect({ port, host, localAddress: from });
        let got = '';
        socket.on('data', (data) => { got += data.toString('latin1'); });
        socket.on('error', () => {});
        socket.on('close', () => resolve(got));
        socket.write(signRequests(text, token), 'latin1');
    });
    const request = (path, { method = 'GET', name = 'localhost', extra = '' } = {}) =>
        raw(`${method} ${path} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n${extra}\r\n`);
    const stop = async () => {
        const left = new Promise((resolve) => server.once('exit', (code) => resolve(code)));
        server.kill('SIGTERM');
        assert.equal(await left, 0, 'the server leaves without a sanitizer report');
        rmSync(work, { recursive: true });
    };

    return {
        work, store, root, ids, host, port, base, token, fetch, getJson, raw, request, stop,
        Live: { open: (options) => LiveClient.open({ host, port, token, ...options }) },
        startFeed: () => startFeed(store),
    };
}
