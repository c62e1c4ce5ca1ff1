/*
 * rule_reader - what the parts of rule_parse share: keys of a map, and words, numbers and fields as
 * values.
 *
 * Ownership  Borrows everything.
 * Errors     −EINVAL with the fault noted; −ENOMEM.
 */
#ifndef RULES_RULE_READER_H
#define RULES_RULE_READER_H

#include "rules/rule.h"
#include "rules/rule_yaml.h"

#define RULE_SECOND INT64_C(1000000000)
#define RULE_DAY    (86400 * RULE_SECOND)

struct rule_reader {
    struct rule *rule;
    const struct rule_node *map; /* the rule's top */
    struct slice file;           /* its text */
    struct rule_fault *fault;
    struct rule_escalation *escalation; /* that is being read */
    bool has_drop, has_rise, has_level; /* of the baseline, of `clear`, that is being read */
};

enum rule_key_need {
    RULE_KEY_OPTIONAL,
    RULE_KEY_REQUIRED,
    RULE_KEY_DEFAULTS /* read is called without a node where the key is not there */
};

struct rule_key {
    const char *name;
    enum rule_key_need need;
    int (*read)(struct rule_reader *r, const struct rule_node *node);
};

/* Reads a map in the order of the table, since later keys are checked against earlier ones. Goes on
 * behind an error, so that all of them are told. */
int rule_reader_keys(struct rule_reader *r, const struct rule_node *map,
                     const struct rule_key *keys, size_t count);

int rule_reader_scalar(struct rule_reader *r, const struct rule_node *node, const char *what);
int rule_reader_words(struct rule_reader *r, const struct rule_node *node, struct slice *out);

/* The position of the word in the list of allowed ones, or −EINVAL. */
int rule_reader_choice(struct rule_reader *r, const struct rule_node *node,
                       const char *const *words, size_t count);

int rule_reader_duration(struct rule_reader *r, const struct rule_node *node, int64_t min,
                         int64_t max, int64_t *out);
int rule_reader_whole(struct rule_reader *r, const struct rule_node *node, int64_t min,
                      int64_t *out);

/* What the measure is held against, in its unit. */
int rule_reader_level(struct rule_reader *r, const struct rule_node *node, double *out);

/* One scalar or a list of 1 to `max`; `read` gets each. */
int rule_reader_each(struct rule_reader *r, const struct rule_node *node, size_t max,
                     int (*read)(struct rule_reader *r, const struct rule_node *item));

/* A field of the rule's records, that is `fits`; `what` says what it is to be: "a number". */
int rule_reader_field(struct rule_reader *r, const struct rule_node *node,
                      bool (*fits)(const struct rule_field *f), const char *what,
                      struct rule_field *out);

/* What was wrong before is told already: what leans on it is not looked at. */
static inline bool rule_reader_has_type(const struct rule_reader *r)
{
    return r->rule->type != NULL;
}

static inline bool rule_reader_has_measure(const struct rule_reader *r)
{
    return r->rule->type && r->rule->measure < RULE_MEASURES;
}

/* Levels, in rule_levels.c: threshold, direction, baseline, confidence, clear, escalate. */
int rule_levels_read_unit(struct rule_reader *r, const struct rule_node *node);
int rule_levels_read_threshold(struct rule_reader *r, const struct rule_node *node);
int rule_levels_read_direction(struct rule_reader *r, const struct rule_node *node);
int rule_levels_read_baseline(struct rule_reader *r, const struct rule_node *node);
int rule_levels_read_confidence(struct rule_reader *r, const struct rule_node *node);
int rule_levels_read_clear(struct rule_reader *r, const struct rule_node *node);
int rule_levels_read_escalate(struct rule_reader *r, const struct rule_node *node);

/* Fills what was not said, and checks what stands in several keys, in rule_check.c. */
int rule_check(struct rule_reader *r);

#endif
