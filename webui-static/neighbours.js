/*
 * neighbours - the calls before and after one in the list that it was opened from.
 *
 * The list is told of by the page that shows it, each time that it changes; a call that was opened by a link has none.
 */
let ids = [];

export function rememberList(list) {
  ids = list;
}

/* by: 1 for the next of the list, −1 for the one before; null: there is none. */
export function neighbourOf(id, by) {
  const at = ids.indexOf(id);
  return at < 0 ? null : (ids[at + by] ?? null);
}
