/*
 * make [FOLDER [NAME]...] - writes the hostile corpus: one capture per root cause, or those named.
 * Without a folder: prints the table of them.
 *
 * The tables of cases/ are the single source: name, cause, frames, and what must be seen of it
 * (check.mjs). After its own frames, and 40 s in which all that waits expires, each capture has a
 * call that is in order: the witness that the probe goes on.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import bodies from "./cases/bodies.mjs";
import cut from "./cases/cut.mjs";
import dialogs from "./cases/dialogs.mjs";
import files from "./cases/files.mjs";
import fragments from "./cases/fragments.mjs";
import handshakes from "./cases/handshakes.mjs";
import ip from "./cases/ip.mjs";
import link from "./cases/link.mjs";
import media from "./cases/media.mjs";
import quality from "./cases/quality.mjs";
import signalling from "./cases/signalling.mjs";
import tcp from "./cases/tcp.mjs";
import torture from "./cases/torture.mjs";
import websocket from "./cases/websocket.mjs";
import { Scene } from "./scene.mjs";

export const cases = [ip, link, cut, fragments, tcp, websocket, signalling, dialogs, bodies, media, quality, handshakes, files, torture].flat();

export const WITNESS = "witness@hostile";

/* The file of a case, and how many frames of its own it has. */
function make(one) {
  const scene = new Scene(one.scene);
  one.frames(scene);
  const own = scene.frames.length;
  if (one.witness !== false) scene.wait(40).call(WITNESS);
  return { bytes: one.file ? one.file(scene) : scene.pcap(), own };
}

function table() {
  for (const { name, cause, cve = "" } of cases) console.log(`| ${name} | ${cause} | ${cve} |`);
}

function write(folder, names) {
  mkdirSync(folder, { recursive: true });
  for (const one of cases) {
    if (names.length && !names.includes(one.name)) continue;
    const { bytes, own } = make(one);
    writeFileSync(join(folder, `${one.name}.pcap`), bytes);
    writeFileSync(join(folder, `${one.name}.own`), `${own}`);
    console.log(one.name);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [folder, ...names] = process.argv.slice(2);
  if (folder) write(folder, names);
  else table();
}
