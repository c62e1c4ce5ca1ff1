/* export STORE - each torture message that has a call is in that call's export, byte for byte. */
import { execFileSync } from "node:child_process";
import { tortureCalls } from "./cases/torture.mjs";

let failed = 0;
for (const { name, callId, bytes } of tortureCalls) {
  const exported = execFileSync(process.env.EARSHOT, ["export", callId, "--store", process.argv[2], "-o", "-"],
    { stdio: ["ignore", "pipe", "inherit"] });
  if (exported.includes(bytes)) continue;
  failed++;
  console.log(`FAILED: ${name}: its ${bytes.length} bytes are not in the export of ${callId}, which has ${exported.length}`);
}
console.log(`${tortureCalls.length} torture messages exported, ${failed} failed`);
process.exit(failed ? 1 : 0);
