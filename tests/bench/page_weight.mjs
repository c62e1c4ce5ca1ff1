/*
 * page_weight.mjs BUILD STORE - what each view makes a browser load, and when it paints first.
 *
 *     node tests/bench/page_weight.mjs build/release /tmp/store
 *
 * Bytes of scripts and styles before compression, by what the files name; first paint and first rows in headless Chromium with an
 * empty cache, against `earshot serve` on this machine. A user is put into the store, for there is a login.
 */
import { join, resolve } from "node:path";

const [build, store] = process.argv.slice(2, 4).map((path) => resolve(path));
Object.assign(process.env, {
  EARSHOT_BIN: process.env.EARSHOT_BIN ?? join(build, "probe/earshot"),
  EARSHOT_WEB_ROOT: process.env.EARSHOT_WEB_ROOT ?? join(build, "share/web"),
  EARSHOT_SAMPLES: resolve("samples"),
  EARSHOT_NODE_MODULES: process.env.EARSHOT_NODE_MODULES ?? join(build, "tests/web/npm/node_modules"),
});
const { openBrowser, openPage } = await import("../web/support/browser.js");
const { serve } = await import("../web/support/earshot.js");
const { bytesOf, filesOf, viewsOf } = await import("../web/support/weight.js");

const ROUNDS = 7;
const PAINT_GOAL_MS = 500;
const root = process.env.EARSHOT_WEB_ROOT;
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function weigh() {
  const { files, views } = viewsOf(root);
  const all = filesOf(root);

  console.log(`| scripts and styles | bytes | files |\n|---|---|---|`);
  console.log(`| all | ${kb(bytesOf(root, all))} | ${all.length} |`);
  console.log(`| what any view needs | ${kb(bytesOf(root, files))} | ${files.size} |`);
  for (const [name, names] of Object.entries(views).sort((a, b) => bytesOf(root, b[1]) - bytesOf(root, a[1]))) console.log(`| ${name} | ${kb(bytesOf(root, names))} | ${names.size} |`);
}

/* A context of its own each time: nothing is cached. */
async function paint(browser, url) {
  const { page, close } = await openPage(browser);

  await page.goto(`${url}#/calls`);
  await page.waitForSelector(".call-row");
  const times = await page.evaluate(() => ({ paint: performance.getEntriesByName("first-contentful-paint")[0].startTime, rows: performance.now() }));
  await close();
  return times;
}

weigh();
const server = await serve({ path: store });
const browser = await openBrowser();
try {
  await paint(browser, server.url);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await paint(browser, server.url));
  const first = median(rounds.map((round) => round.paint));
  console.log(`\nfirst paint ${Math.round(first)} ms (worst ${Math.round(Math.max(...rounds.map((round) => round.paint)))} ms), first rows ${Math.round(median(rounds.map((round) => round.rows)))} ms`);
  process.exitCode = first < PAINT_GOAL_MS ? 0 : 1;
} finally {
  await browser.close();
  await server.stop();
}
