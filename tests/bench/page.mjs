/*
 * page.mjs BUILD STORE [--call ID] [--only PART,PART] - how long the page keeps somebody waiting, with as many calls as STORE has.
 *
 *     build/bench/tests/bench/page_store /tmp/store 10000000 14
 *     node tests/bench/page.mjs build/bench /tmp/store
 *
 * Headless Chromium against `earshot serve`, both of this machine. Times go from the click or the Enter to the frame
 * behind the one in which the rows stand. A user is put into the store, for there is a login.
 *
 * --only: of click, filter, sort, facets, scroll, call.
 * --call: the call of which the last row tells how long its page takes; the newest one unless given.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const [build, store] = process.argv.slice(2, 4).map((path) => resolve(path));
const option = (name) => process.argv[process.argv.indexOf(name) + 1 || Infinity];
const callAsked = option("--call");
const does = (part) => option("--only")?.split(",").includes(part) ?? true;
Object.assign(process.env, {
  EARSHOT_BIN: existsSync(join(build, "earshot")) ? join(build, "earshot") : join(build, "probe/earshot"),
  EARSHOT_WEB_ROOT: join(build, "share/web"),
  EARSHOT_SAMPLES: resolve("samples"),
  EARSHOT_NODE_MODULES: process.env.EARSHOT_NODE_MODULES ?? join(build, "tests/web/npm/node_modules"),
});
const { ask, openBrowser, openPage } = await import("../web/support/browser.js");
const { serve } = await import("../web/support/earshot.js");
const { MEMBERS } = await import("../../webui-static/call_list.js");

const ROUNDS = 5;
/* At so many pixels a frame one does not read any more. */
const SCROLL_PX = 112, SCROLL_FRAMES = 900;
const FAR_ROWS = 100000;

const sorted = (values) => [...values].sort((a, b) => a - b);
const at = (values, share) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))];
const ms = (value) => `${Math.round(value)} ms`;
const say = (what, goal, figure) => console.log(`| ${what} | ${goal} | ${figure} |`);
const times = (values) => `${ms(at(values, 0.5))} (worst ${ms(Math.max(...values))})`;

/* In the page: resolves with the milliseconds from `begin` to the frame behind the one in which `isThere` holds. */
function install() {
  globalThis.painted = (isThere) =>
    new Promise((done, wrong) => {
      setTimeout(() => wrong(new Error("not painted within 10 s")), 10000);
      const look = () => {
        if (!isThere()) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now())));
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { childList: true, subtree: true, attributes: true });
      look();
    });
}

/* From the click on a link of the bar to the first rows. */
async function clickToRows(page, url, fresh) {
  if (fresh) await page.goto("about:blank");
  await page.goto(`${url}#/probe`);
  await page.waitForSelector('a[href="#/calls"]');
  await page.waitForTimeout(600);
  return page.evaluate(async () => {
    const begin = performance.now();
    document.querySelector('.bar-links a[href="#/calls"], a[href="#/calls"]').click();
    return (await globalThis.painted(() => document.querySelector(".calls-main .call-row:not(.coming)"))) - begin;
  });
}

/* From Enter in the box to the rows of that filter, or to the word that there are none. */
async function filterToRows(page, text) {
  return page.evaluate(async (filter) => {
    const box = document.getElementById("omnibox");
    box.focus();
    box.value = filter;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => setTimeout(done, 50));
    const begin = performance.now();
    box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    let wasBusy = false;
    const end = await globalThis.painted(() => {
      const busy = document.querySelector(".calls-table")?.getAttribute("aria-busy") === "true" || document.querySelector(".loading") !== null;
      wasBusy ||= busy;
      return wasBusy && !busy && (document.querySelector(".calls-main .call-row:not(.coming)") || document.querySelector(".calls-main .empty"));
    });
    return end - begin;
  }, text);
}

async function scroll(page) {
  return page.evaluate(async ([px, frames]) => {
    const deltas = [];
    let before = await new Promise(requestAnimationFrame);
    let blank = 0;
    for (let i = 0; i < frames; i++) {
      scrollBy(0, px);
      const now = await new Promise(requestAnimationFrame);
      deltas.push(now - before);
      before = now;
      if (document.querySelector(".call-row.coming")) blank++;
    }
    return { deltas, blank, rows: Math.round((px * frames) / 28) };
  }, [SCROLL_PX, SCROLL_FRAMES]);
}

/* Pulls at the bar until so many rows are known. */
async function far(page, rows) {
  return page.evaluate(async (wanted) => {
    const begin = performance.now();
    const known = () => Number(/([\d,]+)/.exec(document.querySelector(".known b")?.textContent ?? "0")[1].replaceAll(",", ""));
    while (known() < wanted && performance.now() - begin < 60000) {
      scrollTo(0, document.documentElement.scrollHeight);
      await new Promise((done) => setTimeout(done, 8));
    }
    return { ms: performance.now() - begin, rows: known(), drawn: document.querySelectorAll(".call-row").length };
  }, rows);
}

const heapMb = async (page) => {
  const client = await page.context().newCDPSession(page);
  await client.send("HeapProfiler.collectGarbage");
  const { usedSize } = await client.send("Runtime.getHeapUsage");
  return usedSize / 1e6;
};

async function openCall(page, url, id) {
  const values = [];
  for (let i = 0; i < ROUNDS; i++) {
    await page.goto(`${url}#/calls?filter=id:${id}`);
    await page.waitForSelector(`.call-row[data-id="${id}"]`);
    await page.waitForTimeout(400);
    values.push(
      await page.evaluate(async () => {
        const begin = performance.now();
        document.querySelector(".call-row .row-link").click();
        return (await globalThis.painted(() => document.querySelector(".call-page .ladder-message, .call-page .call-head, .call-page h1"))) - begin;
      }),
    );
  }
  return values;
}

const server = await serve({ path: store });
const browser = await openBrowser();
const { page, complaints } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
await page.addInitScript(install);
await page.goto(`${server.url}#/calls`);
await page.waitForSelector(".call-row");
const stats = await ask(page, "stats");
const { calls: some } = await ask(page, "calls?limit=3&filter=has:mos");
const sizeOf = (path) => page.evaluate(async (address) => (await (await fetch(address)).text()).length, `api/v1/${path}`);
const sizes = { fields: await sizeOf(`calls?limit=60&fields=${MEMBERS}`), all: await sizeOf("calls?limit=60") };

console.log(`${stats.store.calls.toLocaleString("en-GB")} calls of ${stats.store.days} days, ${Math.round(stats.store.bytes / 1e6)} MB\n`);
console.log("| | goal | measured: median |\n|---|---|---|");

if (does("click")) {
  const cold = [], warm = [];
  for (let i = 0; i < ROUNDS; i++) cold.push(await clickToRows(page, server.url, true));
  for (let i = 0; i < ROUNDS; i++) warm.push(await clickToRows(page, server.url, false));
  say("click on Calls to its first rows painted, page's code not there yet", "300 ms", times(cold));
  say("the same once it is there", "300 ms", times(warm));
}
say("the first 60 calls as JSON, with the fields that a row shows; all fields", "", `${Math.round(sizes.fields / 1e3)} kB; ${Math.round(sizes.all / 1e3)} kB`);

await page.goto(`${server.url}#/calls`);
await page.waitForSelector(".call-row");
const { call_id: callId, to_user: number } = some[0];
const FILTERS = [
  `number:*${number.slice(-8)}`, `number:*${number.slice(-5)}`, `call_id:${callId}`, `call_id:${callId.slice(0, 13)}*`, "status:503", "mos<3.1",
  "trunk:carrier-2", "ua:oddphone", "ua:nobody", "status:486 destination:\"Country 33 mobile\"", "since:2h loss>5%", "ip:10.99.0.0/16",
];
for (const filter of does("filter") ? FILTERS : []) {
  const values = [];
  for (let i = 0; i < ROUNDS; i++) {
    values.push(await filterToRows(page, filter));
    await page.waitForTimeout(150);
    await filterToRows(page, "");
    await page.waitForTimeout(150);
  }
  say(`Enter to rows: \`${filter.replace(callId, "CALL-ID").replace(number.slice(-8), "NNNNNNNN").replace(number.slice(-5), "NNNNN")}\``, "500 ms", times(values));
}

const SORTS = [["MOS, the worst first", "MOS"], ["Talked, the longest first", "Talked"], ["From", "From → To"]];
for (const [name, column] of does("sort") ? SORTS : []) {
  const values = [];
  for (let i = 0; i < ROUNDS; i++) {
    await page.goto(`${server.url}#/calls`);
    await page.waitForSelector(".calls-table[aria-busy=false]");
    await page.waitForTimeout(300);
    values.push(
      await page.evaluate(async (title) => {
        const begin = performance.now();
        [...document.querySelectorAll(".calls-table th button")].find((button) => button.textContent === title).click();
        let wasBusy = false;
        const end = await globalThis.painted(() => {
          const busy = document.querySelector(".calls-table")?.getAttribute("aria-busy") === "true";
          wasBusy ||= busy;
          return wasBusy && !busy;
        });
        return end - begin;
      }, column),
    );
  }
  say(`sorted by ${name}: click to rows`, "500 ms", times(values));
}

for (const [name, filter] of does("facets") ? [["of all calls", ""], ["status:503", "status:503"], ["ua:oddphone", "ua:oddphone"]] : []) {
  const values = [];
  for (let i = 0; i < ROUNDS; i++)
    values.push(
      await page.evaluate(async (text) => {
        const begin = performance.now();
        await (await fetch(`api/v1/facets${text ? `?filter=${encodeURIComponent(text)}` : ""}`)).json();
        return performance.now() - begin;
      }, filter),
    );
  say(`facets, ${name}`, "", times(values));
}

if (does("scroll")) {
  await page.goto(`${server.url}#/calls`);
  await page.waitForSelector(".calls-table[aria-busy=false]");
  await page.waitForTimeout(1500);
  const { deltas, blank, rows } = await scroll(page);
  say(
    `scrolling over ${rows.toLocaleString("en-GB")} rows, ${Math.round((SCROLL_PX * 60) / 28)} a second: time between frames`,
    "16.7 ms",
    `${at(deltas, 0.5).toFixed(1)} ms, p95 ${at(deltas, 0.95).toFixed(1)} ms, p99 ${at(deltas, 0.99).toFixed(1)} ms; ${(1000 / (deltas.reduce((a, b) => a + b) / deltas.length)).toFixed(1)} frames/s; rows not there yet in ${blank} of ${deltas.length} frames`,
  );
  const before = await heapMb(page);
  const pulled = await far(page, FAR_ROWS);
  say(
    `pulling the bar down to ${pulled.rows.toLocaleString("en-GB")} rows`,
    "",
    `${(pulled.ms / 1000).toFixed(1)} s, ${Math.round((pulled.rows / pulled.ms) * 1000).toLocaleString("en-GB")} rows/s; ${pulled.drawn} rows in the document; heap ${before.toFixed(1)} MB before, ${(await heapMb(page)).toFixed(1)} MB after`,
  );
}
if (does("call")) say("a row's link to the call's page", "400 ms", times(await openCall(page, server.url, callAsked ?? some[0].id)));
if (complaints.length) console.log(`\nThe browser complained:\n${complaints.join("\n")}`);
await browser.close();
await server.stop();
