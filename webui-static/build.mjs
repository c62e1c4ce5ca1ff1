/*
 * build - puts the dashboard's own files into the web root, small: comments and line ends gone, names of
 * variables short. Each file stays a file of its own: nothing is bundled.
 *
 *     node build.mjs FROM TO [--as-written] FILE...
 *
 * --as-written copies them unchanged, for who works on them. Run by CMake, in the folder with esbuild.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";

const [from, to, ...rest] = process.argv.slice(2);
const asWritten = rest[0] === "--as-written";
const files = asWritten ? rest.slice(1) : rest;
/* From where it runs, not from where this file is. */
const { transformSync } = asWritten ? {} : createRequire(join(process.cwd(), "package.json"))("esbuild");

/* Indentation stands in htm's templates too, where it means nothing: JSX's rules for blanks. */
const unindented = (text) => text.replace(/\n[ \t]+/g, "\n");

const small = {
  ".js": (text, name) =>
    transformSync(unindented(text), { minify: true, format: "esm", target: "es2022", charset: "utf8", sourcefile: name }).code,
  ".css": (text, name) => transformSync(text, { loader: "css", minify: true, charset: "utf8", sourcefile: name }).code,
};

for (const name of files) {
  const bytes = readFileSync(join(from, name));
  const make = asWritten ? undefined : small[extname(name)];

  mkdirSync(dirname(join(to, name)), { recursive: true });
  writeFileSync(join(to, name), make ? make(bytes.toString("utf8"), name) : bytes);
}

/* What an earlier build left would be served, and weighed, as if it were ours. vendor/ is npm's. */
for (const name of readdirSync(to, { recursive: true }))
  if (/\.(js|css)$/.test(name) && !name.startsWith("vendor/") && !files.includes(name)) rmSync(join(to, name));
