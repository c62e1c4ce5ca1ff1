/*
 * trunks - the groups of /trunks that make rows of a table: all calls, each trunk's directions, each destination.
 */
import { asWord } from "./filter_text.js";
import { isKnown } from "./format.js";

const list = (value) => (Array.isArray(value) ? value.filter((each) => each !== null && typeof each === "object") : []);

const SHOWN = 50;
/* From here on a trunk is as good as full. */
const FULL = 0.9;

const shownOf = (rows, shown) => ({ rows: rows.slice(0, shown), more: Math.max(0, rows.length - shown) });

export function trunkRows(trunks, shown = SHOWN) {
  const rows = list(trunks?.groups)
    .filter(({ destination }) => destination === null || destination === undefined)
    .map((group) => ({
      ...group,
      all: (group.trunk ?? null) === null,
      full: group.channel_limit > 0 && group.concurrent_max >= FULL * group.channel_limit,
    }));
  return shownOf(rows, shown);
}

/* Of all trunks together. */
export function destinationRows(trunks, shown = SHOWN) {
  return shownOf(list(trunks?.groups).filter(({ trunk, destination }) => !isKnown(trunk) && isKnown(destination)), shown);
}

/* The calls of a group that began in that time. */
export function groupFilter({ trunk, direction, destination }, { from, until }) {
  const words = [];

  if (isKnown(trunk)) words.push(`${direction === "in" ? "trunk_in" : "trunk_out"}:${asWord(trunk)}`);
  if (isKnown(destination)) words.push(`destination:${asWord(destination)}`);
  if (isKnown(from)) words.push(`since:${Math.floor(from)} until:${Math.ceil(until)}`);
  return words.join(" ");
}
