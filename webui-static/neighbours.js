/*
 * neighbours - the calls before and after one in the list that it was opened from.
 *
 * The page that shows a list says how its neighbours are found; a call that was opened by a link has none.
 */
let find = () => null;

/* finder: (id, by) → an id, or null */
export function rememberList(finder) {
  find = finder;
}

/* by: 1 for the next of the list, −1 for the one before; null: there is none, or it has not been fetched yet. */
export const neighbourOf = (id, by) => find(id, by);
