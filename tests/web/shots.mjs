/*
 * shots - pictures of every view, in both themes, wide and narrow, on a real server with lively data while a probe writes.
 *
 *     tests/web/shots [FOLDER]        default: docs/shots
 *
 * For docs/, and to be looked at after every change of a page. Made smaller with pngquant where that is installed.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { addAndLogIn, makeStore, replay, serve } from "./support/earshot.js";
import { enter, openBrowser, openPage } from "./support/browser.js";
import { datagram, pcap } from "./support/capture.js";
import { environment, whyNot } from "./support/environment.js";
import { livelyCapture, livelyConfig } from "./support/lively.js";
import { showView, viewsOf, worthSeeing } from "./support/views.js";

const SIZES = [{ width: 1280, height: 860 }, { width: 390, height: 844 }];
const THEMES = ["light", "dark"];
/* Of a narrow page, at most so much of what is below. */
const TALL_MAX = 1700;

/* A probe that goes on until it is told to stop, with something to say each second. */
function liveProbe(store, config) {
  const child = spawn(environment.earshot, ["replay", "-", "-c", config, "--store", store.path, "--rules", environment.rules], { stdio: ["pipe", "ignore", "ignore"] });
  let sent = 0;
  const noise = () => Buffer.from(`so many things pass by that are no call: ${sent++}`);
  const frames = () => Array.from({ length: 400 }, (_, at) => ({ at: Date.now() / 1000 + at / 1000, data: datagram("192.0.2.9:4000", "198.51.100.9:4000", noise()) }));

  child.stdin.on("error", () => {});
  child.stdin.write(pcap(frames()));
  const timer = setInterval(() => child.stdin.write(pcap(frames()).subarray(24)), 1000);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  return () => {
    clearInterval(timer);
    child.stdin.end();
    return ended;
  };
}

/* Somebody to see on the pages of users, tokens, the trail and silences. */
async function people(store, server, page) {
  const send = (path, body) =>
    page.evaluate(
      async ([to, what]) => (await fetch(`api/v1/${to}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) })).json(),
      [path, body],
    );

  for (const [name, role] of [["ann", "admin"], ["bea", "engineer"], ["carl", "media"], ["dora", "auditor"], ["emil", "viewer"]]) await send("users", { name, role });
  await send("tokens", { name: "prometheus", scopes: ["metrics"], days: 365 });
  await send("tokens", { name: "nightly-export", scopes: ["see", "numbers", "packets"], days: 90 });
  await send("silences", { labels: "trunk=carrier-b", until: Math.floor(Date.now() / 1000) + 7200, comment: "carrier maintenance until 6:00" });
}

/* A note over what is to be seen is in the way. */
const closeNotes = (page) => page.$$eval(".toast button", (buttons) => buttons.forEach((button) => button.click()));

async function shoot(page, folder, name) {
  for (const size of SIZES)
    for (const colorScheme of THEMES) {
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await page.waitForTimeout(350);
      await closeNotes(page);
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      const clip = { x: 0, y: 0, width: size.width, height: Math.min(Math.max(tall, size.height), size.width < 500 ? TALL_MAX : size.height) };
      await page.evaluate(() => scrollTo(0, 0));
      await page.screenshot({ path: join(folder, `${name}-${size.width}-${colorScheme}.png`), clip, fullPage: true });
    }
}

function shrink(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".png"));
  const paths = names.map((name) => join(folder, name));
  try {
    execFileSync("pngquant", ["--force", "--ext", ".png", "--skip-if-larger", "--strip", "--speed", "1", "64", "--", ...paths], { stdio: "inherit" });
  } catch (error) {
    console.log(error.code === "ENOENT" ? "pngquant is not installed: the pictures stay as large as they are" : String(error.message));
  }
  const all = paths.reduce((sum, path) => sum + statSync(path).size, 0);
  console.log(`${names.length} pictures, ${(all / 1e6).toFixed(1)} MB, in ${folder}`);
}

const missing = whyNot();
if (missing) throw new Error(missing);
const folder = process.argv[2] ?? "docs/shots";
const only = process.argv.slice(3);
const store = makeStore();
const capture = join(store.folder, "lively.pcap");
const config = join(store.folder, "earshot.yaml");

mkdirSync(folder, { recursive: true });
writeFileSync(capture, livelyCapture(environment.samples, Date.now() / 1000 - 5, 12));
writeFileSync(config, livelyConfig(realpathSync(environment.rules)));
await replay(store, [capture], ["-c", config]);
const server = await serve(store, "127.0.0.1:0", ["-c", config]);
const stopProbe = liveProbe(store, config);
const browser = await openBrowser();
try {
  const { page } = await openPage(browser, { deviceScaleFactor: 1 });
  await page.goto(server.url);
  await people(store, server, page);
  for (const view of viewsOf(await worthSeeing(page)).filter(({ name }) => only.length === 0 || only.includes(name))) {
    await page.setViewportSize(SIZES[0]);
    await showView(page, server.url, view);
    await shoot(page, folder, view.name);
  }
  if (only.length === 0) {
    const { page: stranger } = await openPage(browser, { user: null });
    await stranger.goto(server.url);
    await stranger.waitForSelector(".gate");
    await shoot(stranger, folder, "login");
    await stranger.goto(`${server.url}#/setup?key=0123&name=bea`);
    await stranger.waitForSelector(".gate form");
    await shoot(stranger, folder, "setup");
    const cookie = await addAndLogIn(store, server, { name: "otto", password: "one who reads the trail" }, "auditor");
    const { page: auditor } = await openPage(browser, { user: null });
    await enter(auditor.context(), { url: server.url, cookie });
    await auditor.goto(`${server.url}#/calls`);
    await auditor.waitForSelector(".empty");
    await shoot(auditor, folder, "forbidden");
  }
} finally {
  await browser.close();
  await stopProbe();
  await server.stop();
  store.remove();
}
shrink(folder);
