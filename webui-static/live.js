/*
 * live - the WebSocket feed: connects, listens, comes back after a break.
 *
 * State  off → connecting → open → waiting (with the time of the next try) → connecting …
 * Time   A break is retried after 1, 2, 4 … 30 s, each up to a quarter longer at random, so that a
 *        restarted server is not met by every page at once.
 *
 * Each connection needs a ticket of its own: the address of a WebSocket stands in logs, a session must not.
 *
 * Each message has a number (seq). After a break the server is asked for what came since the last one; has it
 * no longer that, it begins anew with what is the case.
 */
import { askTicket } from "./api.js";
import { createStore } from "./store.js";

const PROTOCOL = "earshot.live.v1";
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 30000;
/* The probe speaks once a second; three missed and it is not live. */
const SILENT_MS = 3500;
const QUIET_MS = 10000;

/* {phase: "off" | "connecting" | "open" | "waiting", retryAt: ms or null, breaks: how often it broke} */
export const connection = createStore({ phase: "off", retryAt: null, breaks: 0 });
/* The newest "stats" message and when it came (ms), or null. */
export const liveStats = createStore(null);

const listeners = new Map();
let socket = null;
let retryMs = RETRY_FIRST_MS;
let timer = null;
let lookout = null;
/* The last message, and of which run of the server it is. */
let last = { epoch: null, seq: 0 };
let broken = false;
/* One that was begun before the newest is of no interest. */
let attempts = 0;

/* type: call, alert, stats, dropped, handled …; handlers are told too whether it is of a snapshot, so no
 * news. Or "reopened", after a break whose messages are lost: what was missed must be asked for; or "quiet", now and then while no probe speaks: a replay may have come and gone before the
 * feed knew of it, so what is new must be asked for too. Returns what ends the listening. */
export function onLive(type, handler) {
  if (!listeners.has(type)) listeners.set(type, new Set());
  listeners.get(type).add(handler);
  return () => listeners.get(type).delete(handler);
}

function tell(type, message, isSnapshot = false) {
  for (const handler of [...(listeners.get(type) ?? [])]) handler(message, isSnapshot);
}

function greet({ epoch, resumed }) {
  if (typeof epoch === "string") last.epoch = epoch;
  if (broken && resumed !== true) tell("reopened", null);
  broken = false;
}

function take(message, isSnapshot = false) {
  if (message === null || typeof message !== "object") return;
  if (message.type === "stats") liveStats.set({ ...message, receivedAt: Date.now() });
  tell(message.type, message, isSnapshot);
}

function receive(event) {
  let message;

  try {
    message = JSON.parse(event.data);
  } catch {
    return;
  }
  if (message === null || typeof message !== "object") return;
  const { seq, ...rest } = message;
  if (Number.isInteger(seq)) last.seq = seq;
  if (rest.type === "hello") greet(rest);
  else if (rest.type === "snapshot") for (const item of Array.isArray(rest.items) ? rest.items : []) take(item, true);
  else take(rest);
}

export function probeSpeaks() {
  const stats = liveStats.get();
  return connection.get().phase === "open" && stats !== null && Date.now() - stats.receivedAt < SILENT_MS;
}

function lookAround() {
  if (connection.get().phase === "open" && !probeSpeaks() && !document.hidden) tell("quiet", null);
}

function opened() {
  const { breaks } = connection.get();

  retryMs = RETRY_FIRST_MS;
  connection.set({ phase: "open", retryAt: null, breaks });
}

function closed() {
  const wait = retryMs * (1 + Math.random() / 4);

  socket = null;
  broken = true;
  retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
  timer = setTimeout(connect, wait);
  connection.set({
    phase: "waiting",
    retryAt: Date.now() + wait,
    breaks: connection.get().breaks + 1,
  });
}

function openSocket(ticket) {
  const address = new URL("api/v1/live", location.href);
  const query = { ticket, ...(last.epoch !== null && { epoch: last.epoch, since: last.seq }) };

  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.hash = "";
  address.search = new URLSearchParams(query).toString();
  socket = new WebSocket(address, PROTOCOL);
  socket.addEventListener("open", opened);
  socket.addEventListener("message", receive);
  socket.addEventListener("close", closed);
}

async function connect() {
  const attempt = ++attempts;

  connection.update((now) => ({ ...now, phase: "connecting", retryAt: null }));
  try {
    const { ticket } = await askTicket();
    if (attempt === attempts) openSocket(ticket);
  } catch {
    if (attempt === attempts) closed();
  }
}

/* Also by a person who does not want to wait. */
export function connectLive() {
  if (socket || connection.get().phase === "connecting") return;
  clearTimeout(timer);
  lookout ??= setInterval(lookAround, QUIET_MS);
  connect();
}

/* Who has left hears nothing more. */
export function disconnectLive() {
  clearTimeout(timer);
  clearInterval(lookout);
  lookout = null;
  attempts++;
  socket?.removeEventListener("close", closed);
  socket?.close();
  socket = null;
  broken = true;
  connection.update((now) => ({ ...now, phase: "off", retryAt: null }));
}
