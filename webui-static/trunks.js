/*
 * trunks - the groups of /trunks that make rows of a table: all calls, and each trunk's directions.
 */
const list = (value) => (Array.isArray(value) ? value.filter((each) => each !== null && typeof each === "object") : []);

const SHOWN = 50;
/* From here on a trunk is as good as full. */
const FULL = 0.9;

/* Groups by destination are left to a page of their own. */
export function trunkRows(trunks, shown = SHOWN) {
  const rows = list(trunks?.groups)
    .filter(({ destination }) => destination === null || destination === undefined)
    .map((group) => ({
      ...group,
      all: (group.trunk ?? null) === null,
      full: group.channel_limit > 0 && group.concurrent_max >= FULL * group.channel_limit,
    }));
  return { rows: rows.slice(0, shown), more: Math.max(0, rows.length - shown) };
}
