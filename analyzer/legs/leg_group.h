/*
 * leg_group - conversations: calls that are joined to each other, directly or through others.
 *
 * A conversation is named after its first call. One that grows, or merges with another, is told
 * again; so is one that comes apart.
 */
#ifndef ANALYZER_LEGS_LEG_GROUP_H
#define ANALYZER_LEGS_LEG_GROUP_H

#include "analyzer/legs/leg_book.h"

/* Nothing that is true joins more: what would is refused. */
enum { LEG_GROUP_MAX = 24 };

/* Joins the two, unless the group would be too large, and tells all whose group that changes. */
void leg_group_join(struct leg_book *b, struct leg_pair *p);

/* It was wrong. */
void leg_group_part(struct leg_book *b, struct leg_pair *p);

#endif
