/*
 * take - what is taken from a call into other tools: addresses, and lines to paste into Wireshark and a shell.
 *
 * Into a line go our own ids and numbers, and a stranger's text only as the tool's own quoting allows.
 */
import { isId } from "./api.js";

const SHOWN = 24;

/* A text within double quotes of a display filter: what hides or ends it becomes bytes. */
function quoted(text) {
  const bytes = (character) => [...new TextEncoder().encode(character)].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  return `"${String(text).replace(/[\\"]/g, "\\$&").replace(/[^\x20-\x7e]/gu, bytes)}"`;
}

/* callIds: of a call or of all legs; streams: whose SSRC is known ("0x1234abcd"). */
export function wiresharkFilter(callIds, streams = []) {
  const ssrcs = streams.map(({ ssrc }) => ssrc).filter((ssrc) => typeof ssrc === "string" && /^0x[0-9a-f]{1,8}$/i.test(ssrc));
  const said = [
    ...callIds.slice(0, SHOWN).map((id) => `sip.Call-ID == ${quoted(id)}`),
    ...[...new Set(ssrcs)].slice(0, SHOWN).map((ssrc) => `rtp.ssrc == ${ssrc}`),
  ];
  return said.join(" || ");
}

/* base: the address of the page, without its hash. */
export function curlLine(base, id, legs) {
  if (!isId(id)) return "";
  const address = new URL(`api/v1/calls/${id}/pcap${legs ? "?legs=true" : ""}`, base).href.replace(/'/g, "%27");
  return `curl -sf -H "Authorization: Bearer $EARSHOT_TOKEN" '${address}' | wireshark -k -i -`;
}

/* [what, address, why] of a call's packets and record. */
export function downloadsOf(id, legs) {
  const pcap = (format) => `api/v1/calls/${id}/pcap?${new URLSearchParams({ ...(format === "pcap" ? {} : { format }), ...(legs ? { legs: true } : {}) })}`.replace(/\?$/, "");
  return [
    ["pcap", pcap("pcap"), "every packet as captured"],
    ["pcapng", pcap("pcapng"), "with comments where losses burst, the codec changes or one-way audio begins"],
    ["pcap.lz4", pcap("pcap.lz4"), "the same, packed; Wireshark opens it"],
  ];
}
