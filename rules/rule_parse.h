/*
 * rule_parse - the text of one rule file becomes a rule, or one line that says what is wrong.
 *
 * Every key, unit and field name is checked here, so that evaluating a rule cannot fail.
 * rules/README.md shows the language by example.
 *
 * Ownership  *rp is the caller's, to be freed by rule_free. The text is not kept.
 * Errors     −EINVAL with "file:line:column: what, and what to do" in error; −ENOMEM.
 */
#ifndef RULES_RULE_PARSE_H
#define RULES_RULE_PARSE_H

#include "rules/rule.h"

/* `file` is for the error alone; the rule's name is its last part without .yaml. */
int rule_parse(struct rule **rp, const char *file, struct slice text, char *error,
               size_t error_room);

#endif
