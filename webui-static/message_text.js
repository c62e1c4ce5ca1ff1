/*
 * message_text - a SIP message's text taken apart for showing: its lines, and where something stands in them.
 */

/* [{kind: start | header | folded | blank | sdp | body, name, value}] of a message's text. */
export function splitMessage(raw) {
  let inBody = false;
  let sdp = false;

  return raw.split(/\r\n|\n|\r/).map((line, at) => {
    if (at === 0) return { kind: "start", name: "", value: line };
    if (inBody) {
      const field = sdp ? /^([a-z])=(.*)$/s.exec(line) : null;
      if (field) return { kind: "sdp", name: `${field[1]}=`, value: field[2] };
      return { kind: line === "" ? "blank" : "body", name: "", value: line };
    }
    if (line === "") {
      inBody = true;
      return { kind: "blank", name: "", value: "" };
    }
    if (/^[ \t]/.test(line)) return { kind: "folded", name: "", value: line };
    const header = /^([^:]{1,80}):(.*)$/s.exec(line);
    if (!header) return { kind: "body", name: "", value: line };
    if (/^(content-type|c)$/i.test(header[1].trim())) sdp = /application\/sdp/i.test(header[2]);
    return { kind: "header", name: `${header[1]}:`, value: header[2] };
  });
}

const MARKS_MAX = 64;

/* Where it stands in a line, as [[from, to]…]; case does not count. Lower case may be longer than what it is of: then places
 * do not fit, and nothing is marked. */
export function placesOf(line, sought) {
  const small = line.toLowerCase();
  const places = [];

  if (sought === "" || small.length !== line.length) return places;
  for (let at = small.indexOf(sought); at >= 0 && places.length < MARKS_MAX; at = small.indexOf(sought, at + sought.length))
    places.push([at, at + sought.length]);
  return places;
}
