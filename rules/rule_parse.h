/*
 * rule_parse - the text of one rule file becomes a rule, or lines that say what is wrong.
 *
 * Every key, unit and field name is checked here, and whether they fit together, so that evaluating a
 * rule cannot fail. rules/README.md shows the language by example.
 *
 * Ownership  *rp is the caller's, to be freed by rule_free. The text is not kept.
 * Errors     −EINVAL with "file:line:column: what, and what to do"; −ENOMEM.
 */
#ifndef RULES_RULE_PARSE_H
#define RULES_RULE_PARSE_H

#include "rules/rule.h"

enum { RULE_ERROR_MAX = 1024 }; /* bytes of one line */

/* `file` is for the error alone; the rule's name is its last part without .yaml. Of several errors the
 * first in the file. */
int rule_parse(struct rule **rp, const char *file, struct slice text, char *error,
               size_t error_room);

/* The same with all that is wrong, one a line, each with a line end. */
int rule_parse_all(struct rule **rp, const char *file, struct slice text, struct strbuf *errors);

/* Of a whole set: rules that are muted by one that there is not, or by each other. `dir` is for the
 * errors alone. 0, or −EINVAL with the first of them; `errors`: all, as above. */
int rule_parse_check_set(const struct rule *const *rules, size_t count, const char *dir,
                         struct strbuf *errors);

#endif
