/*
 * sparkline - numbers as a strip of blocks: one line of a terminal for a whole stream.
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_CMD_SPARKLINE_H
#define PROBE_CMD_SPARKLINE_H

#include "analyzer/base/strbuf.h"

enum { SPARKLINE_WIDTH_MAX = 1000 };

/* The MOS of a series of intervals (analyzer/interval.h, or the JSON of older stores), 1 the lowest
 * block, 4.5 the highest, in at most `width` columns. Where there are more intervals than columns the
 * worst of each column's is shown: a bad one is never averaged away. A dot: nothing came, or too
 * little to be judged. Returns how many intervals there are; 0 with nothing added when none of them
 * has a MOS. */
size_t sparkline_add_mos(struct strbuf *out, struct slice intervals, size_t width);

/* One block for a value from 0 to 1; a dot: NaN. */
void sparkline_add_step(struct strbuf *out, double share);

/* A bar of `width` columns for a value from 0 to 1, in eighths; NaN: blanks. */
void sparkline_add_bar(struct strbuf *out, double share, size_t width);

/* Columns of the terminal that the standard output is, within 40 and SPARKLINE_WIDTH_MAX; 80 when it
 * is none. */
size_t sparkline_terminal_width(void);

#endif
