/*
 * axe - what axe-core says against a page, as short lines; [] when it has nothing to say.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const beside = new URL("../node_modules/", import.meta.url).pathname;

function source() {
  const modules = process.env.EARSHOT_NODE_MODULES || beside;
  return readFileSync(createRequire(join(modules, "x.js")).resolve("axe-core/axe.min.js"), "utf8");
}

const STANDARDS = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] };
const text = source();

/* Evaluated by the debugger, so the page's content security policy stays as it is. rules: these alone. */
export async function axeComplaints(page, rules = null) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(text);
  const { violations, passes } = await page.evaluate(
    (options) => globalThis.axe.run(document, { ...options, resultTypes: ["violations"] }),
    rules ? { runOnly: rules } : STANDARDS,
  );
  if (passes.length < (rules ? 1 : 15)) throw new Error(`axe looked at next to nothing: ${passes.length} rules passed`);
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 4).map(({ target, failureSummary }) => `${target} ${failureSummary.split("\n")[1] ?? ""}`).join(" | ")}`);
}
