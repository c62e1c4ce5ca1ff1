/*
 * sip - messages that are in order but for what a case is about.
 */
import { cat } from "./frames.mjs";

const LINE_END = "\r\n";

/* Headers in order; a value of null leaves one out, an array gives it several times. */
export function message(startLine, headers, body = "") {
  const lines = [];
  for (const [name, value] of Object.entries(headers)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== null) lines.push(`${name}: ${one}`);
  }
  return cat([startLine, ...lines, "", ""].join(LINE_END), body);
}

function commonHeaders(callId, { tag = null, cseq = "1 INVITE", from = "alice", to = "bob", branch = "1" }) {
  return {
    Via: `SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-${branch}`,
    "Max-Forwards": "70",
    From: `<sip:${from}@example.com>;tag=caller`,
    To: `<sip:${to}@example.net>${tag ? `;tag=${tag}` : ""}`,
    "Call-ID": callId,
    CSeq: cseq,
  };
}

function finish(startLine, headers, extra, body, type) {
  const all = { ...headers, ...(body.length ? { "Content-Type": type } : {}), "Content-Length": `${cat(body).length}`, ...extra };
  return message(startLine, all, body);
}

/* o: uri, headers, body, type, from, to, tag, cseq, branch. */
export function request(method, callId, o = {}) {
  const { uri = "sip:bob@example.net", headers = {}, body = "", type = "application/sdp" } = o;
  return finish(`${method} ${uri} SIP/2.0`, commonHeaders(callId, { cseq: `1 ${method}`, ...o }), headers, body, type);
}

export function response(status, callId, o = {}) {
  const { reason = "Reason", headers = {}, body = "", type = "application/sdp" } = o;
  return finish(`SIP/2.0 ${status} ${reason}`, commonHeaders(callId, { tag: "callee", ...o }), headers, body, type);
}

export function sdp({ address = "192.0.2.10", port = 4000, family = "IP4", formats = "8 101", lines = [], media = null } = {}) {
  return ["v=0", `o=- 1 1 IN ${family} ${address}`, "s=-", `c=IN ${family} ${address}`, "t=0 0",
    ...(media ?? [`m=audio ${port} RTP/AVP ${formats}`, "a=rtpmap:101 telephone-event/8000"]), ...lines, ""].join(LINE_END);
}

export const invite = (callId, o = {}) => request("INVITE", callId, { body: sdp(), ...o });

/* A call from INVITE to the end, as [message, fromCaller] pairs. */
export function wholeCall(callId, o = {}) {
  return [
    [invite(callId, o), true],
    [response(200, callId, { body: sdp({ address: "192.0.2.20", port: 5000 }), ...o.answer }), false],
    [request("ACK", callId, { tag: "callee" }), true],
    [request("BYE", callId, { tag: "callee", cseq: "2 BYE", branch: "2" }), true],
    [response(200, callId, { cseq: "2 BYE", branch: "2" }), false],
  ];
}
