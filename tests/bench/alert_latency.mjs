/*
 * alert_latency.mjs EARSHOT ROOT ALERTS [OPTION...] - see alert_latency.sh.
 *
 * Each alert is a spike of 503 at a destination of its own, made by UDP over the loopback: an address
 * of 127.0.0.0/8 answers 25 calls in a row. sip-503-spike asks for twenty calls, so what counts is the
 * moment at which the twentieth 503 was sent. Spikes come at random moments, as ticks of a second
 * must not be in step with them.
 */
import { execFileSync, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [earshot, root, count, ...more] = process.argv.slice(2);
const ALERTS = Number(count);
const CROSSING = 20, CALLS = 25, GAP_MS = 250;
const LATE_MS = 15000;
const caller = "127.0.0.2", pause = (ms) => new Promise((done) => setTimeout(done, ms));
const callee = (n) => `127.1.${n >> 8}.${n & 255}`;
const sent = new Map(), heard = { websocket: new Map(), webhook: new Map() };

function note(where, group) {
  const at = performance.now(), key = /127\.1\.\d+\.\d+/.exec(group ?? "")?.[0];
  if (key && !heard[where].has(key)) heard[where].set(key, at - sent.get(key));
}

/* --- SIP ------------------------------------------------------------------------------------------ */

function message(first, n, call, cseq, more = "") {
  return Buffer.from(
    `${first}\r\nVia: SIP/2.0/UDP ${caller}:5060;branch=z9hG4bK${call}\r\n` +
      `From: <sip:+4930555@example>;tag=a${call}\r\nTo: <sip:+4989${n}@example>${more}\r\n` +
      `Call-ID: ${call}@${caller}\r\nCSeq: 1 ${cseq}\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n`,
  );
}

const send = (socket, data, address) =>
  new Promise((done, wrong) => socket.send(data, 5060, address, (error) => (error ? wrong(error) : done())));

async function bind(address) {
  const socket = createSocket("udp4");
  socket.on("message", () => {});
  await new Promise((done) => socket.bind(5060, address, done));
  return socket;
}

async function spike(from, n) {
  const address = callee(n), to = await bind(address);
  for (let i = 0; i < CALLS; i++) {
    const call = `${n}x${i}x${process.pid}`, uri = `sip:+4989${n}@${address}`;
    await send(from, message(`INVITE ${uri} SIP/2.0`, n, call, "INVITE"), address);
    await send(to, message("SIP/2.0 503 Service Unavailable", n, call, "INVITE", ";tag=b"), caller);
    if (i === CROSSING - 1) sent.set(address, performance.now());
    await send(from, message(`ACK ${uri} SIP/2.0`, n, call, "ACK", ";tag=b"), address);
  }
  to.close();
}

/* --- who is told ---------------------------------------------------------------------------------- */

function groups(value) {
  if (Array.isArray(value)) value.forEach(groups);
  else if (value && typeof value === "object") {
    const labels = value.labels ?? value;
    if (labels.dst_ip || labels["dst.ip"] || value.group) note("webhook", JSON.stringify(value));
    Object.values(value).forEach(groups);
  }
}

function sink() {
  const server = createServer((request, answer) => {
    let body = "";
    request.on("data", (piece) => (body += piece));
    request.on("end", () => {
      answer.end();
      groups(JSON.parse(body));
    });
  });
  return new Promise((done) => server.listen(0, "127.0.0.1", () => done(server)));
}

/* Text frames of a server, RFC 6455; enough for this. */
function frames(socket, text) {
  let rest = Buffer.alloc(0);
  socket.on("data", (piece) => {
    rest = Buffer.concat([rest, piece]);
    for (;;) {
      if (rest.length < 2) return;
      let length = rest[1] & 127, at = 2;
      if (length === 126) [length, at] = [rest.length >= 4 ? rest.readUInt16BE(2) : Infinity, 4];
      else if (length === 127) [length, at] = [rest.length >= 10 ? Number(rest.readBigUInt64BE(2)) : Infinity, 10];
      if (rest.length < at + length) return;
      if ((rest[0] & 15) === 1) text(rest.subarray(at, at + length).toString());
      if ((rest[0] & 15) === 9) socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0])); /* pong */
      rest = rest.subarray(at + length);
    }
  });
}

/* What lets a WebSocket in: asked for with a token, made in the shell while the server runs. */
async function askTicket(url, store) {
  const shell = (...args) => execFileSync(earshot, [...args, "--store", store], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  shell("user", "add", "bench", "--role", "viewer", "--link");
  const token = shell("token", "add", "bench", "--user", "bench", "--scopes", "see");
  const answer = await fetch(`${url}api/v1/live/ticket`, {
    method: "POST", body: "{}", headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
  });
  return (await answer.json()).ticket;
}

function listen(url, ticket) {
  const { hostname, port, host, origin } = new URL(url);
  const socket = connect(Number(port), hostname);
  return new Promise((done, wrong) => {
    socket.once("error", wrong);
    socket.once("data", (head) => {
      const end = head.indexOf("\r\n\r\n");
      if (!head.toString().startsWith("HTTP/1.1 101")) return wrong(new Error(head.toString()));
      frames(socket, (line) => {
        const said = JSON.parse(line);
        if (said.type === "alert" && said.state === "firing") note("websocket", said.group);
      });
      socket.unshift(head.subarray(end + 4));
      done(socket);
    });
    socket.write(
      `GET /api/v1/live?ticket=${ticket} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: earshot.live.v1\r\n` +
        `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n\r\n`,
    );
  });
}

/* --- the run -------------------------------------------------------------------------------------- */

function start(folder, webhook) {
  const child = spawn(
    earshot,
    ["run", "-i", "lo", "--filter", "udp port 5060", "--store", join(folder, "store"), "--rules", process.env.RULES ?? join(root, "rules"),
      "--listen", "127.0.0.1:0", "--web-root", join(root, "webui-static"), "--webhook", webhook, "--allow", "127.0.0.1", ...more],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  return new Promise((done, wrong) => {
    let said = "";
    const look = (piece) => {
      said += piece;
      const found = /dashboard[^\n]*?(http:\/\/\S+\/)/.exec(said);
      if (found && /^listening/m.test(said)) done({ child, url: found[1], said: () => said });
    };
    child.stdout.on("data", look);
    child.stderr.on("data", look);
    child.once("exit", (code) => wrong(new Error(`earshot run ended with ${code}: ${said}`)));
    setTimeout(() => wrong(new Error(`earshot run says nothing: ${said}`)), LATE_MS).unref();
  });
}

function row(name, times, goal_ms) {
  const sorted = [...times.values()].sort((a, b) => a - b);
  const at = (p) => (sorted.length ? sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] : NaN);
  const p99 = at(0.99);
  console.log(
    `| ${name} | ${sorted.length} of ${ALERTS} | ${at(0.5).toFixed(0)} ms | ${p99.toFixed(0)} ms | ${at(1).toFixed(0)} ms | ${goal_ms} ms |`,
  );
  return sorted.length === ALERTS && p99 < goal_ms;
}

const folder = mkdtempSync(join(tmpdir(), "earshot-latency-"));
const server = await sink();
const probe = await start(folder, `http://127.0.0.1:${server.address().port}/`);
let good = false;
try {
  const socket = await listen(probe.url, await askTicket(probe.url, join(folder, "store"))), from = await bind(caller);
  await pause(2500);
  for (let n = 1; n <= ALERTS; n++) {
    await spike(from, n);
    await pause(GAP_MS * 2 * Math.random());
  }
  for (let ms = 0; ms < LATE_MS && (heard.webhook.size < ALERTS || heard.websocket.size < ALERTS); ms += 100)
    await pause(100);
  console.log("| from the packet to | alerts | median | p99 | worst | goal for p99 |\n|---|---|---|---|---|---|");
  good = row("a WebSocket client", heard.websocket, 1000);
  good = row("a webhook on the loopback", heard.webhook, 2000) && good;
  if (!good) console.log(probe.said().split("\n").slice(-20).join("\n"));
  socket.destroy();
  from.close();
} finally {
  probe.child.removeAllListeners("exit");
  const ended = new Promise((done) => probe.child.once("exit", done));
  probe.child.kill("SIGTERM");
  await ended;
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(good ? 0 : 1);
