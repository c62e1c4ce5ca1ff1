/*
 * weight - what a view of the dashboard makes the browser load: scripts and styles as they are shipped, before compression.
 *
 * By what the files say themselves: index.html names styles and scripts, a script what it imports.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";

const IMPORTED = /(?:from|import)\s*["'](\.{1,2}\/[^"']+)["']/g;
const NAMED = /(?:src|href)="?([\w./-]+\.(?:js|css))"?/g;

const read = (root, name) => readFileSync(join(root, name), "utf8");

/* A script and all that it needs before it runs. */
function closure(root, name, into) {
  if (into.has(name)) return into;
  into.add(name);
  if (name.endsWith(".js"))
    for (const [, path] of read(root, name).matchAll(IMPORTED)) closure(root, posix.join(dirname(name), path), into);
  return into;
}

/* Every script and style of the page, by name. */
export function filesOf(root) {
  return readdirSync(root, { recursive: true }).filter((name) => /\.(js|css)$/.test(name));
}

/* The styles that index.html does not name come with the first page that is not the calls. */
const stylesOf = (root, name) => (name === "calls" ? [] : filesOf(root).filter((file) => file.startsWith("style/")));

/* What a page asks for by itself once it stands. */
const AFTERWARDS = { call: ["parts/figures.js"] };
const scriptsOf = (name) => [`pages/${name}.js`, ...(AFTERWARDS[name] ?? [])];

/* → {files: a Set of what any view needs, views: {calls: a Set of what it needs in all}} */
export function viewsOf(root) {
  const files = new Set();

  for (const [, name] of read(root, "index.html").matchAll(NAMED)) closure(root, name, files);
  const pages = readdirSync(join(root, "pages")).map((name) => name.replace(/\.js$/, ""));
  return { files, views: Object.fromEntries(pages.map((name) => [name, scriptsOf(name).reduce((all, script) => closure(root, script, all), new Set([...files, ...stylesOf(root, name)]))])) };
}

export const bytesOf = (root, names) => [...names].reduce((all, name) => all + statSync(join(root, name)).size, 0);
