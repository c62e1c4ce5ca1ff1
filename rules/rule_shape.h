/*
 * rule_shape - what a user or number looks like, without saying whose it is.
 *
 * A trunk that refuses a caller id refuses its form: no '+', a national prefix left in, letters, too
 * few digits. So the shape tells apart how the number begins and how many digits follow.
 *
 * Thread  Pure.
 */
#ifndef RULES_RULE_SHAPE_H
#define RULES_RULE_SHAPE_H

#include "analyzer/base/strbuf.h"

/* "+49 and 10 digits", "00 and 12 digits", "0 and 9 digits", "11 digits", "letters", "letters and
 * digits", "anonymous", "empty", "code with * or #", "other". The country code of a '+' is told, since
 * trunks take numbers of their own country alone. */
void rule_shape_write(struct strbuf *out, struct slice user);

#endif
