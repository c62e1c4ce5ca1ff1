/*
 * leg_match - looks for the other legs of a call, and decides.
 *
 * What is certain joins at once. A score joins where it is high, both outcomes are known, and no
 * rival comes near: neither another leg for the one, nor another call for the other. Of two pairs
 * that are equally likely none is joined. Once both have closed it is decided again, with all that
 * is known then; what was wrong comes apart.
 */
#ifndef ANALYZER_LEGS_LEG_MATCH_H
#define ANALYZER_LEGS_LEG_MATCH_H

#include "analyzer/legs/leg_book.h"

/* by_score: else by names and sound alone, which is cheap. */
void leg_match_look(struct leg_book *b, struct leg_call *c, bool by_score);

#endif
