/*
 * columns - what can be shown of a call in a row of the table: which columns, in what order, how much room each needs.
 * Their cells are in parts/call_row.js.
 */

/* px: the room that it needs; of the parties, the least. first: the order that a click asks for: what one looks for
 * on top. keep: who stays when there is no room: 1 the longest. */
const column = (title, px, keep, first, more = {}) => ({ title, px, keep, first, ...more });

export const COLUMNS = {
  time: column("Time", 156, 1, "-time"),
  parties: column("From → To", 230, 2, "from"),
  status: column("Status", 142, 3, "-status"),
  mos: column("MOS", 76, 4, "mos"),
  duration: column("Talked", 68, 5, "-duration", { right: true }),
  verdict: column("Audio", 116, 6, "verdict"),
  loss: column("Loss", 70, 7, "-loss", { right: true }),
  pdd: column("PDD", 70, 8, "-pdd", { right: true }),
  trunks: column("Trunks", 190, 9, null),
  hosts: column("Hosts", 200, 10, null),
  jitter: column("Jitter", 70, 11, "-jitter", { right: true }),
  codec: column("Codec", 96, 12, null),
  destination: column("Destination", 150, 13, "destination"),
  reason: column("Reason", 150, 14, null),
  outcome: column("Outcome", 84, 15, "outcome"),
  ended: column("Ended by", 84, 16, null),
  bad: column("Bad seconds", 96, 17, "-bad_seconds", { right: true }),
  ua: column("User agent", 180, 18, null),
  server: column("Server", 180, 19, null),
  call_id: column("Call-ID", 220, 20, null),
};

export const USUAL = ["time", "parties", "hosts", "status", "duration", "pdd", "mos", "loss", "jitter", "verdict", "codec"];

/* "time,mos" → names in the order of the table; nothing that is none. "": the usual ones. */
export function readColumns(names) {
  const wanted = new Set((names || "").split(",").filter((name) => Object.hasOwn(COLUMNS, name)));
  const order = [...USUAL, ...Object.keys(COLUMNS).filter((name) => !USUAL.includes(name))];

  return wanted.size ? order.filter((name) => wanted.has(name)) : USUAL;
}

/* Those of them that find room in so many pixels. */
export function fitColumns(names, px) {
  const kept = new Set();
  let left = px;

  for (const name of [...names].sort((a, b) => COLUMNS[a].keep - COLUMNS[b].keep)) {
    left -= COLUMNS[name].px;
    if (left < 0 && kept.size >= 2) break;
    kept.add(name);
  }
  return names.filter((name) => kept.has(name));
}

/* The orders to choose from where there is no room for headings. */
export const ORDERS = [
  ["", "newest first"],
  ["time", "oldest first"],
  ["mos", "worst MOS first"],
  ["-loss", "most loss first"],
  ["-jitter", "most jitter first"],
  ["-pdd", "longest PDD first"],
  ["-duration", "longest first"],
  ["-status", "highest status first"],
];
