/*
 * environment - where the browser tests find what they drive, and why they cannot.
 *
 * EARSHOT_BIN           the earshot binary
 * EARSHOT_WEB_ROOT      the built dashboard (build/<preset>/web)
 * EARSHOT_SAMPLES       the captures
 * EARSHOT_RULES         the rule files (default: the project's)
 * EARSHOT_NODE_MODULES  where playwright-core was installed (default: beside this file)
 * EARSHOT_SHOTS         where screenshots go (default: none are kept)
 * EARSHOT_CHROMIUM      the browser (default: /usr/bin/chromium)
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const beside = fileURLToPath(new URL("../", import.meta.url));

export const environment = {
  earshot: process.env.EARSHOT_BIN,
  webRoot: process.env.EARSHOT_WEB_ROOT,
  samples: process.env.EARSHOT_SAMPLES,
  rules: process.env.EARSHOT_RULES || join(beside, "../../rules"),
  shots: process.env.EARSHOT_SHOTS || null,
  chromium: process.env.EARSHOT_CHROMIUM || "/usr/bin/chromium",
};

export function loadPlaywright() {
  const modules = process.env.EARSHOT_NODE_MODULES || join(beside, "node_modules");
  return createRequire(join(modules, "x.js"))("playwright-core");
}

/* null, or what is missing, in words for the one line that a skipped test prints. */
export function whyNot() {
  const needed = [
    ["EARSHOT_BIN", environment.earshot],
    ["EARSHOT_WEB_ROOT", environment.webRoot],
    ["EARSHOT_SAMPLES", environment.samples],
  ];

  for (const [name, path] of needed) {
    if (!path) return `${name} is not set`;
    if (!existsSync(path)) return `${name}: ${path} is not there`;
  }
  if (!existsSync(environment.chromium)) return `${environment.chromium} is not there (apt install chromium)`;
  if (!existsSync(join(environment.webRoot, "vendor/preact-htm.js")))
    return `${environment.webRoot}/vendor is empty: the dashboard was not built (npm)`;
  try {
    loadPlaywright();
  } catch {
    return "playwright-core is not installed (npm ci in tests/web)";
  }
  return null;
}
