/*
 * leg_report - makes the record of two legs, and tells it.
 */
#ifndef ANALYZER_LEGS_LEG_REPORT_H
#define ANALYZER_LEGS_LEG_REPORT_H

#include "analyzer/legs/leg_book.h"

/* Do the two share a name that is theirs alone? Writes each into j, where j is given. */
bool leg_report_names(const struct leg_book *b, const struct leg_call *x, const struct leg_call *y,
                      struct jsonw *j);

/* Tells the pair as it stands: again, where it was told before. One that is not joined any more is
 * told without a group. */
void leg_report_tell(struct leg_book *b, struct leg_pair *p);

#endif
