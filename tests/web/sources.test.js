/*
 * sources.test - the dashboard's own files: none makes markup of text, none is long, nothing in them is dead, and what the first
 * view makes a browser load stays small.
 */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, it } from "node:test";
import { bytesOf, filesOf, viewsOf } from "./support/weight.js";

const sources = fileURLToPath(new URL("../../webui-static/", import.meta.url));
const files = readdirSync(sources, { recursive: true }).filter((file) => /\.(js|css|html)$/.test(file));
const read = (file) => readFileSync(join(sources, file), "utf8");
const scripts = files.filter((file) => file.endsWith(".js") && file !== "build.mjs");

/* Ways for a text to become more than text; and what the content security policy refuses. Beside each, an example. */
const FORBIDDEN = [
  [/\b(inner|outer)HTML\b/, "element.innerHTML = text"],
  [/insertAdjacentHTML|document\.write|dangerouslySetInnerHTML|createContextualFragment|DOMParser|srcdoc/, "document.write(text)"],
  [/\beval\b|new Function\b|set(Timeout|Interval)\(\s*["'`]/, "setTimeout('run()', 1)"],
  [/javascript:/i, "<a href='javascript:run()'>"],
  [/\sstyle=(["'`]|\$\{\s*["'`])|cssText|setAttribute\(["']style/, "html`<p style=${`width: ${wide}`}>`"],
  [/\son[a-z]+=["'`]/, '<p onclick="run()">'],
  [/\btarget=(?![^>]*\brel=["']?[^>]*noopener)/, '<a href="x" target="_blank">'],
];

/* Bytes of scripts and styles as they are shipped. */
const FIRST_VIEW_MAX = 125000;
const ALL_MAX = 420000;

describe("sources", () => {
  it("are found, and the rules bite", () => {
    assert.ok(files.length > 40);
    for (const [pattern, example] of FORBIDDEN) assert.match(example, pattern);
  });
  for (const file of files) {
    it(`${file} makes no markup of text and is short`, () => {
      const source = read(file);
      for (const [pattern] of FORBIDDEN) assert.doesNotMatch(source, pattern);
      if (file.endsWith(".html")) assert.doesNotMatch(source, /\sstyle=|<style|<script>/);
      assert.ok(source.split("\n").length < 400, "under 400 lines");
    });
  }
  it("are all listed in CMakeLists.txt", () => {
    const listed = readFileSync(join(sources, "CMakeLists.txt"), "utf8");
    for (const file of [...files, "logo.svg"]) assert.ok(listed.split(/\s+/).map((word) => word.replace(")", "")).includes(file), file);
  });
});

describe("styles", () => {
  it("come with the first view, or later: each once", () => {
    const first = [...read("index.html").matchAll(/href="style\/(\w+)\.css"/g)].map(([, name]) => name);
    const later = [.../const LATER = \[([^\]]*)\]/.exec(read("pages.js"))[1].matchAll(/"(\w+)"/g)].map(([, name]) => name);
    const all = files.filter((file) => file.endsWith(".css")).map((file) => file.replace(/^style\/|\.css$/g, ""));
    assert.deepEqual([...first, ...later].sort(), all.sort());
  });
});

describe("nothing is dead", () => {
  const text = Object.fromEntries(scripts.map((file) => [file, read(file)]));
  const has = (source, name) => new RegExp(`(?<![\\w$-])${name.replaceAll("$", "\\$")}(?![\\w$-])`).test(source);
  const times = (source, name) => source.match(new RegExp(`\\b${name}\\b`, "g")).length;

  it("what is imported is used", () => {
    for (const [file, source] of Object.entries(text))
      for (const [, names] of source.matchAll(/import \{([^}]*)\} from/g))
        for (const name of names.split(",").map((each) => each.trim().split(" as ").pop()).filter(Boolean)) assert.ok(times(source, name) > 1, `${file} needs no ${name}`);
  });
  it("what is there is used", () => {
    for (const [file, source] of Object.entries(text))
      for (const [, name] of source.matchAll(/^(?:export )?(?:async )?(?:function|const|let) (\w+)/gm)) {
        const used = times(source, name) > 1 || name.endsWith("Page") || scripts.some((other) => other !== file && has(text[other], name));
        assert.ok(used, `${file}: nobody uses ${name}`);
      }
  });
  it("each class of a style is some element's", () => {
    const all = Object.values(text).join("\n") + read("index.html");
    for (const file of files.filter((each) => each.endsWith(".css"))) {
      const selectors = read(file).replace(/\/\*[\s\S]*?\*\//g, "").replace(/\{[^{}]*\}/g, "{}");
      for (const [, name] of selectors.matchAll(/\.(-?[a-zA-Z][\w-]*)/g)) {
        const stem = name.slice(0, name.lastIndexOf("-") + 1);
        assert.ok(has(all, name) || (stem && all.includes(`${stem}\${`)), `${file}: nothing is .${name}`);
      }
    }
  });
});

const root = process.env.EARSHOT_WEB_ROOT;

describe("what is loaded", { skip: root && existsSync(join(root, "app.js")) ? false : "the dashboard is not built" }, () => {
  it("is of somebody's view", () => {
    const { views } = viewsOf(root);
    const seen = new Set(Object.values(views).flatMap((names) => [...names]));
    const later = ["parts/help.js"];
    /* What an earlier build has left there is nobody's. */
    assert.deepEqual(filesOf(root).filter((name) => files.includes(name) && !seen.has(name) && !later.includes(name)), []);
  });
  it("is not much", () => {
    const { views } = viewsOf(root);
    const first = bytesOf(root, views.calls);
    const all = bytesOf(root, filesOf(root).filter((name) => files.includes(name) || name.startsWith("vendor/")));
    assert.ok(first < FIRST_VIEW_MAX, `the calls make a browser load ${first} bytes, which is over ${FIRST_VIEW_MAX}`);
    assert.ok(all < ALL_MAX, `all scripts and styles are ${all} bytes, which is over ${ALL_MAX}`);
  });
});
