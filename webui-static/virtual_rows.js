/*
 * virtual_rows - which rows of a long table are drawn, and where they lie.
 *
 * Rows have one height. A browser draws no element of over some 17 or 33 million pixels, so a table of more
 * rows than have room lies under a scroll bar that is shorter than it: a short way of the bar moves by as many
 * pixels as ever, a long one (somebody pulls at it) goes to that part of the whole.
 */

/* What every browser draws: Firefox ends at 17.8 million. */
export const PX_MAX = 15_000_000;
const SPARE_ROWS = 6;

/* Further than this in one go is no wheel and no key. */
const FAR_VIEWS = 3;

/* before: {scrolled, offset} of the last time. scrolled: the bar's place, in pixels of the table's top above the
 * window's. → {scrolled, offset}: the row at pixel scrolled + offset of the whole is on top; scrolled differs
 * from what was asked where the bar has to be moved, so that there is way left to go. */
export function placeBar(before, scrolled, view, whole) {
  const room = Math.min(whole, PX_MAX);
  if (whole <= PX_MAX) return { scrolled, offset: 0 };
  const end = whole - view;
  const barEnd = room - view;
  const near = Math.abs(scrolled - before.scrolled) < FAR_VIEWS * view;
  const share = Math.min(1, Math.max(0, scrolled / barEnd));
  const top = Math.min(end, Math.max(0, near ? scrolled + before.offset : share * end));
  const fair = (top / end) * barEnd;
  const isSpent = (scrolled < view && top > view) || (scrolled > barEnd - view && top < end - view);

  /* What is left at an end is less than a window. */
  if (scrolled <= 0 && !isSpent) return { scrolled, offset: 0 };
  if (scrolled >= barEnd && !isSpent) return { scrolled, offset: end - barEnd };
  const at = near && isSpent ? Math.round(fair) : scrolled;
  return { scrolled: at, offset: Math.round(top - at) };
}

/* The rows to draw: [first, last). top: the pixel of the whole that is uppermost, below 0 while the table begins
 * further down. */
export function visibleRows(top, view, rowHeight, rows) {
  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE_ROWS);
  const last = Math.min(rows, Math.ceil((top + view) / rowHeight) + SPARE_ROWS);

  return [Math.min(first, rows), Math.max(last, Math.min(first, rows))];
}
