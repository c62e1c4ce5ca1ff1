/*
 * page_call.mjs BUILD [--rounds N] - how long one call keeps somebody waiting: two legs, ten minutes of quality.
 *
 *     node tests/bench/page_call.mjs build/bench
 *
 * The call is of the traffic generator's scene legs_long: 120,000 packets, replayed into a store of its own. Headless
 * Chromium against `earshot serve`, both of this machine; times go from the click on the row to the frame behind the one in
 * which the story, the ladder over both legs and the chart over time stand.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const build = resolve(process.argv[2] ?? "build/bench");
const rounds = Number(process.argv[process.argv.indexOf("--rounds") + 1 || Infinity]) || 9;
Object.assign(process.env, {
  EARSHOT_BIN: process.env.EARSHOT_BIN ?? [join(build, "earshot"), join(build, "probe/earshot")].find(existsSync),
  EARSHOT_WEB_ROOT: process.env.EARSHOT_WEB_ROOT ?? join(build, "share/web"),
  EARSHOT_SAMPLES: resolve("samples"),
  EARSHOT_NODE_MODULES: process.env.EARSHOT_NODE_MODULES ?? join(build, "tests/web/npm/node_modules"),
});
const { ask, openBrowser, openPage } = await import("../web/support/browser.js");
const { replay, serve } = await import("../web/support/earshot.js");

const folder = mkdtempSync(join(tmpdir(), "earshot-page-"));
const store = { path: join(folder, "store") };
const capture = join(folder, "legs.pcap");

const sorted = (values) => [...values].sort((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const ms = (value) => `${Math.round(value)} ms`;
const say = (what, goal, figure) => console.log(`| ${what} | ${goal} | ${figure} |`);
const times = (values) => `${ms(median(values))} (worst ${ms(Math.max(...values))})`;

/* In the page: the milliseconds from a click on the row of that call until all of it has been painted. */
async function clickToPaint(page, url, id, cold) {
  if (cold) await page.goto("about:blank");
  await page.goto(`${url}#/calls?filter=id:${id}`);
  await page.waitForSelector(`.call-row[data-id="${id}"]`);
  await page.waitForTimeout(cold ? 0 : 800);
  return page.evaluate(async () => {
    const isThere = () =>
      document.querySelector(".story p") && document.querySelectorAll(".ladder-message").length >= 14 && document.querySelector(".time-plot .lane-mos");
    performance.clearResourceTimings();
    const begin = performance.now();
    (document.querySelector(".call-row .row-link") ?? document.querySelector(".call-row")).click();
    const end = await new Promise((done) => {
      const look = () => {
        if (!isThere()) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(() => done(performance.now())));
      };
      const observer = new MutationObserver(look);
      observer.observe(document, { childList: true, subtree: true });
      look();
    });
    const requests = performance.getEntriesByType("resource").map(({ name, startTime, duration, decodedBodySize }) => ({
      name: name.replace(/^.*?\/(?=api|[^/]*$)/, ""),
      from: Math.round(startTime - begin),
      took: Math.round(duration),
      bytes: decodedBodySize,
    }));
    return { took: end - begin, requests, nodes: document.querySelectorAll("main *").length };
  });
}

let server, browser;
try {
  execFileSync(join(build, "tests/support/earshot-traffic"), ["--scenes", "legs_long", "-n", "1", "--seed", "43", "--output", capture], { stdio: "ignore" });
  await replay(store, [capture]);
  server = await serve(store);
  browser = await openBrowser();
  const { page, complaints } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
  await page.goto(server.url);
  const { calls } = await ask(page, "calls?limit=10");
  const { id } = calls[0];
  const cold = [], warm = [];
  for (let i = 0; i < rounds; i++) cold.push(await clickToPaint(page, server.url, id, true));
  for (let i = 0; i < rounds; i++) warm.push(await clickToPaint(page, server.url, id, false));
  const record = warm[0].requests.find(({ name }) => name === `api/v1/calls/${id}`);

  if (process.argv.includes("--waterfall")) for (const each of [cold, warm]) console.table(each.at(-1).requests);
  console.log("| | goal | measured: median |\n|---|---|---|");
  say("click on a call of 2 legs and 10 minutes to all of it painted, at once after the list", "400 ms", times(cold.map(({ took }) => took)));
  say("the same once the list has stood for a second", "400 ms", times(warm.map(({ took }) => took)));
  say("its record as JSON; elements on the page", "", `${Math.round((record?.bytes ?? 0) / 1e3)} kB; ${warm.at(-1).nodes}`);
  if (complaints.length) throw new Error(complaints.join("\n"));
} finally {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
