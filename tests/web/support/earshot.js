/*
 * earshot - the real binary, run for a test: replays captures into a store, serves it.
 */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { environment } from "./environment.js";

const run = promisify(execFile);
const START_MS = 60000;

export function makeStore() {
  const folder = mkdtempSync(join(tmpdir(), "earshot-web-"));
  return { path: join(folder, "store"), folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/* more: options for it. */
export function replay(store, captures, more = []) {
  const options = ["--store", store.path, "--keep", "full", "--rules", environment.rules, ...more];
  return run(environment.earshot, ["replay", ...captures, ...options], { timeout: 120000 });
}

/* The same through a pipe that gives its first piece, waits, and gives the rest: a probe that runs
 * long enough for the server to notice it, which looks for one each second. */
export async function replaySlowly(store, capture, waitMs = 3000) {
  const child = spawn(
    environment.earshot,
    ["replay", "-", "--store", store.path, "--keep", "full", "--rules", environment.rules],
    { stdio: ["pipe", "ignore", "pipe"] },
  );
  const data = readFileSync(capture);
  const first = Math.floor(data.length / 4);
  let said = "";

  child.stderr.on("data", (chunk) => (said += chunk));
  child.stdin.on("error", () => {});
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin.write(data.subarray(0, first));
  await new Promise((resolve) => setTimeout(resolve, waitMs));
  child.stdin.end(data.subarray(first));
  const code = await ended;
  if (code !== 0) throw new Error(`earshot replay ended with ${code}: ${said}`);
}

export const sample = (name) => join(environment.samples, name);

/* Who the tests are; each store that is served has him. */
const TESTER = { name: "tester", password: "a password of the tests" };

function addUser(store, { name, password }, role) {
  const child = spawn(environment.earshot, ["user", "add", name, "--role", role, "--password-stdin", "--store", store.path],
    { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";

  child.stderr.on("data", (chunk) => (said += chunk));
  child.stdin.end(`${password}\n`);
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => (code === 0 || said.includes("already") ? resolve() : reject(new Error(`earshot user add ended with ${code}: ${said}`))));
  });
}

/* A session, as {name, value} of its cookie. */
async function logIn(url, user) {
  const answer = await fetch(`${url}api/v1/session`, { method: "POST", body: JSON.stringify(user), headers: { "Content-Type": "application/json" } });

  if (answer.status !== 200) throw new Error(`no login: ${answer.status} ${await answer.text()}`);
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(answer.headers.get("set-cookie"));
  return { name, value };
}

/* Another user than the tester, and his session: {name, value} of its cookie. */
export async function addAndLogIn(store, server, user, role) {
  await addUser(store, user, role);
  return logIn(server.url, user);
}

/* The server that was started last: whom a new page is logged in to. */
export const latest = { url: null, cookie: null };

/* listen: "127.0.0.1:0" for any free port; more: options for it. → {url, cookie, stop}; url is what the binary printed, cookie a
 * session of the tester, an admin. stop throws when it did not end well: a sanitizer may have had something to say. */
export async function serve(store, listen = "127.0.0.1:0", more = []) {
  await addUser(store, TESTER, "admin");
  const child = spawn(
    environment.earshot,
    ["serve", "--store", store.path, "--listen", listen, "--web-root", environment.webRoot, ...more],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  const ended = new Promise((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no address in ${START_MS} ms: ${said}`)), START_MS);
    const look = (chunk) => {
      said += chunk;
      const found = /http:\/\/[^\s]+\//.exec(said);
      if (!found) return;
      clearTimeout(timer);
      resolve(found[0]);
    };
    child.stdout.on("data", look);
    child.stderr.on("data", (chunk) => (said += chunk));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`earshot serve ended with ${code}: ${said}`)));
  });

  const cookie = await logIn(url, TESTER);
  Object.assign(latest, { url, cookie });
  return {
    url,
    cookie,
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`earshot serve ended with ${code}: ${said}`);
    },
  };
}
