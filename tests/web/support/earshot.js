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
const START_MS = 15000;

export function makeStore() {
  const folder = mkdtempSync(join(tmpdir(), "earshot-web-"));
  return { path: join(folder, "store"), folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function replay(store, captures) {
  const options = ["--store", store.path, "--keep", "full", "--rules", environment.rules];
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

/* listen: "127.0.0.1:0" for any free port; more: options for it. → {url, stop}; url is what the binary printed. stop
 * throws when it did not end well: a sanitizer may have had something to say. */
export async function serve(store, listen = "127.0.0.1:0", more = []) {
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

  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      const code = await ended;
      if (code !== 0) throw new Error(`earshot serve ended with ${code}: ${said}`);
    },
  };
}
