/*
 * rule_summary - the one line of an alert that a person acts on, from the rule's template.
 *
 * "{group}" and the like are replaced; what came off the wire is made printable and cut.
 */
#ifndef RULES_RULE_SUMMARY_H
#define RULES_RULE_SUMMARY_H

#include "analyzer/base/strbuf.h"

enum { RULE_GROUP_TEXT_MAX = 200 }; /* bytes of a group's name in an alert */

struct rule_facts {
    struct slice rule;
    struct slice group; /* already printable */
    int64_t matching, samples, window_ns;
    int64_t since_ns;
};

/* What stands in place of a template that the rule does not have. */
extern const struct slice rule_summary_default;

/* False: *bad is the first placeholder that there is none of, and *nearest what may be meant, or
 * NULL. */
bool rule_summary_check(struct slice summary, struct slice *bad, const char **nearest);

void rule_summary_write(struct strbuf *out, struct slice summary, const struct rule_facts *facts);

/* "60 s", "6 min 40 s", "2 h 5 min". */
void rule_summary_add_duration(struct strbuf *out, int64_t duration_ns);
/* "10:15:20 UTC" */
void rule_summary_add_time(struct strbuf *out, int64_t time_ns);

/* A stranger's text, printable, at most RULE_GROUP_TEXT_MAX bytes. */
void rule_summary_add_group(struct strbuf *out, struct slice text);

#endif
