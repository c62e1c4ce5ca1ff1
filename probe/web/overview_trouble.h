/*
 * overview_trouble - why a trunk or a destination is among the worst, in one sentence.
 *
 * What is said lies beyond chance with 99.5 % (Wilson): two of three failed calls say nothing. Compared is with
 * what is right anywhere, and with the window before.
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_WEB_OVERVIEW_TROUBLE_H
#define PROBE_WEB_OVERVIEW_TROUBLE_H

#include "probe/web/overview.h"

/* Fills in `lost` and `trouble` from the counts. */
void overview_find_trouble(struct overview_group *g);

#endif
