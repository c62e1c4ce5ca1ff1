/*
 * truth - the truth file: one JSON object a line, as docs/METRICS.md names things.
 *
 * Lines come in the order in which calls end, the totals last.
 *
 * Errors  What the file could not take shows when it is closed.
 */
#ifndef TESTS_SUPPORT_TRUTH_H
#define TESTS_SUPPORT_TRUTH_H

#include "tests/support/call.h"

/* Counts a call, registration or ping that is over, and writes its line. */
void truth_write_call(const struct call *c);

void truth_write_totals(struct world *w);

#endif
