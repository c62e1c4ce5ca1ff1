/*
 * rule_summary - the one line of an alert that a person acts on, from the rule's template.
 *
 * "{group}" and the like are replaced; what came off the wire is made printable and cut. Values are
 * written with their unit, as a person reads them.
 */
#ifndef RULES_RULE_SUMMARY_H
#define RULES_RULE_SUMMARY_H

#include "analyzer/base/strbuf.h"
#include "rules/rule.h"

enum { RULE_GROUP_TEXT_MAX = 200 }; /* bytes of a group's name in an alert */

struct rule_facts {
    const struct rule *rule;
    struct slice group;                         /* already printable; absent: all */
    struct slice fields[RULE_GROUP_FIELDS_MAX]; /* of the group, one by one; printable */
    enum rule_severity severity;                /* of now */
    double value, threshold;                    /* NaN: unknown, none */
    double baseline, before;
    int64_t matching, samples;
    int64_t since_ns;
    struct slice top; /* of the first field of `top`: what the bad ones had most of; absent: none */
};

/* What stands in place of a template that the rule does not have. */
extern const struct slice rule_summary_default;

/* Needs the group, the baseline and the top of the rule. False: `bad` is the first placeholder that
 * there is none of, `at` its place in the template, and *nearest what may be meant, or NULL; *why, if it
 * is not NULL, says what the rule lacks for it. */
struct rule_summary_fault {
    struct slice bad;
    size_t at; /* bytes from the beginning */
    const char *nearest, *why;
};

bool rule_summary_check(struct slice summary, const struct rule *rule,
                        struct rule_summary_fault *fault);

/* The rule's. */
void rule_summary_write(struct strbuf *out, const struct rule_facts *facts);

/* "60 s", "6 min 40 s", "2 h 5 min", "10 days". */
void rule_summary_add_duration(struct strbuf *out, int64_t duration_ns);
/* "10:15:20 UTC" */
void rule_summary_add_time(struct strbuf *out, int64_t time_ns);

/* A stranger's text, printable, at most RULE_GROUP_TEXT_MAX bytes. */
void rule_summary_add_group(struct strbuf *out, struct slice text);

#endif
