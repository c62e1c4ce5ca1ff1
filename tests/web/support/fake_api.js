/*
 * fake_api - answers the page's requests in the server's place: for records that are hard to come
 * by, and for answers that a server should not give.
 */
import { CALL_ID, peaks } from "./sounding_call.js";

/* One second of a quiet tone, 8 kHz, stereo. */
function wave() {
  const frames = 8000;
  const data = Buffer.alloc(44 + frames * 4);

  data.write("RIFF", 0);
  data.writeUInt32LE(36 + frames * 4, 4);
  data.write("WAVEfmt ", 8);
  [[16, 4, 16], [20, 2, 1], [22, 2, 2], [24, 4, 8000], [28, 4, 32000], [32, 2, 4], [34, 2, 16]].forEach(([at, size, value]) =>
    data.writeUIntLE(value, at, size));
  data.write("data", 36);
  data.writeUInt32LE(frames * 4, 40);
  for (let at = 0; at < frames; at++) {
    const sample = Math.round(Math.sin(at / 3) * 800);
    data.writeInt16LE(sample, 44 + at * 4);
    data.writeInt16LE(-sample, 46 + at * 4);
  }
  return data;
}

/* call: what /calls/ID answers; listen: of /session and /stats; refuse: {status, detail} for the sound. → the
 * paths that were asked for, in order. */
export async function fakeApi(page, { call, listen = true, refuse = null, messages = [] }) {
  const asked = [];
  const json = (route, body, status = 200) => route.fulfill({ status, contentType: "application/json", body: JSON.stringify(body) });

  await page.unroute("**/api/v1/**");
  await page.route("**/api/v1/**", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    const path = pathname.replace(/^.*\/api\/v1\//, "");
    asked.push(path + search);
    if (path === "session") return json(route, { ...(await (await route.fetch()).json()), listen });
    if (path === "stats") return json(route, { version: "test", store: {}, capture: null, mirror: null, live: false, listen });
    if (path === `calls/${CALL_ID}`) return json(route, call);
    if (path === `calls/${CALL_ID}/messages`) return json(route, { messages });
    if (path.startsWith(`calls/${CALL_ID}/audio`)) {
      if (refuse) return json(route, refuse, refuse.status);
      if (path.endsWith("/peaks")) return json(route, peaks());
      return route.fulfill({ status: 200, contentType: "audio/wav", headers: { "Accept-Ranges": "bytes" }, body: wave() });
    }
    if (path === "alerts") return json(route, { alerts: [], next: null });
    return route.continue();
  });
  return asked;
}
