/*
 * rule - what one rule file says, checked and ready to be evaluated.
 *
 * Ownership  Made by rule_parse, ended by rule_free. Immutable in between; texts are its own.
 * Units      Times in ns; a ratio in 0..1.
 */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include "rules/rule_filter.h"
#include "rules/rule_set.h"

enum {
    RULE_FILE_MAX_BYTES = 64 * 1024, /* a rule is some 40 lines */
    RULE_BUCKETS_MAX = 240,          /* window / step; bounds the memory of a group */
    RULE_NAME_MAX = 64,
};

enum rule_measure { RULE_MEASURE_COUNT, RULE_MEASURE_RATIO };

struct rule {
    char name[RULE_NAME_MAX + 1]; /* the file's, without .yaml */
    struct slice description, severity, runbook;
    struct slice summary; /* a template, see rule_summary.h */
    enum rule_occasion occasion;
    const struct record_type *type;
    struct rule_filter among; /* which records count at all */
    struct rule_filter where; /* which of those are the bad ones */
    struct rule_field group;  /* field NULL: all records are one group */
    bool confident;           /* calls that the probe itself may have damaged are left out */
    int64_t window_ns, step_ns, for_ns;
    enum rule_measure measure;
    double threshold;
    int64_t min_matching, min_samples;
    double clear_below;
    int64_t clear_for_ns;
    struct rule_node *tree; /* holds the texts */
};

void rule_free(struct rule *rule);

#endif
