/*
 * rule - what one rule file says, checked and ready to be evaluated.
 *
 * A rule watches records of one occasion. `among` says which of them count at all, `where` which of
 * those are the bad ones; they are counted per group in a window that slides in steps, and become one
 * number by the measure. That is held against a threshold, against what is normal (baseline), or both.
 *
 * Ownership  Made by rule_parse, ended by rule_free. Immutable in between; texts are its own.
 * Units      Times in ns; a ratio in 0..1; NaN: not given.
 */
#ifndef RULES_RULE_H
#define RULES_RULE_H

#include "analyzer/filter/filter.h"
#include "rules/rule_field.h"
#include "rules/rule_set.h"

enum {
    RULE_FILE_MAX_BYTES = 64 * 1024, /* a rule is some 40 lines */
    RULE_BUCKETS_MAX = 240,          /* window / step; bounds the memory of a group */
    RULE_NAME_MAX = 64,
    RULE_GROUP_FIELDS_MAX = 3,
    RULE_OF_MAX = 3,
    RULE_LABELS_MAX = 8,
    RULE_ESCALATIONS_MAX = 4,
    RULE_MUTED_BY_MAX = 8,
    RULE_TOP_MAX = 3,
};

/* Of the records in the window that match `where`, unless it says otherwise. */
enum rule_measure {
    RULE_COUNT,
    RULE_RATE,       /* count per second */
    RULE_RATIO,      /* count, per record of `among` */
    RULE_SHARE,      /* count, per matching record of all groups together */
    RULE_SUM,        /* of `of`; with `per`: by the sum of that */
    RULE_MEAN,       /* of `of` */
    RULE_PERCENTILE, /* of `of`, the rule's */
    RULE_DISTINCT,   /* values of `of`, about */
    RULE_REPEATS,    /* count per distinct value of `of` */
    RULE_LAST, /* `of` of the newest record; with `per`: by that. Without `of`: 1 if it matches, else 0 */
    RULE_GROWTH, /* of counters that only grow: `of` now less `of` at the window's beginning; `per` alike */
    RULE_REMAINING, /* days from now to the time `of` of the newest record; negative: it is past */
    RULE_ABSENCE,   /* seconds since the last one, once there was one */
    RULE_MEASURES
};

enum rule_severity { RULE_INFO, RULE_WARNING, RULE_CRITICAL };

/* What is normal: the same quarter of an hour in past weeks where that is known, else a slow average
 * of the group's own steps, which stands still while the alert fires. */
struct rule_baseline {
    bool is_used;
    bool is_rise;  /* fires when the measure is above normal by `change`; else below */
    double change; /* 0.15: 15 % of normal; of a ratio or share with is_points: of 1 */
    bool is_points;
    int64_t half_life_ns; /* of the slow average */
    double min_samples;   /* that it must rest on */
};

/* Worse than before: told anew with another severity. Either may be left out, not both. */
struct rule_escalation {
    double threshold; /* NaN: by time alone */
    int64_t after_ns; /* that it fires; 0: by the threshold alone */
    enum rule_severity severity;
};

struct rule_label {
    struct slice name, value;
};

struct rule {
    char name[RULE_NAME_MAX + 1]; /* the file's, without .yaml */
    struct slice description, runbook;
    struct slice summary; /* a template, see rule_summary.h */
    struct slice reason;  /* where the numbers come from; for docs/ALERTS.md */
    struct slice
        unit; /* of the measure, for people: "ratio" "calls" "s" "ms" "days" …; absent: none */
    enum rule_severity severity;
    struct rule_label labels[RULE_LABELS_MAX];
    size_t label_count;

    enum rule_occasion occasion;
    const struct record_type *type;
    struct filter *among, *where; /* NULL: all of them */
    struct slice where_text; /* of `among` and `where` together, as a search for calls; empty: all
                              * calls; absent: it is not about calls */
    bool confident;          /* calls that the probe itself may have damaged are left out */
    struct rule_field group[RULE_GROUP_FIELDS_MAX];
    size_t group_count; /* 0: all records are one group */

    /* What LAST and REMAINING rest on counts as long as the window, so REMAINING wants days or
     * weeks of it. A count, rate, sum, growth or distinct below something is held against it at the
     * ends of steps, in a window that is full; ABSENCE at the ends of steps too. */
    int64_t window_ns, step_ns, for_ns;
    enum rule_measure measure;
    struct rule_field of[RULE_OF_MAX]; /* added up, but of DISTINCT and REPEATS: the first alone */
    size_t of_count;
    struct rule_field per; /* field NULL: none */
    double percentile;     /* 0..100 */

    bool is_below;    /* fires below the threshold, not above; a baseline says so itself */
    double threshold; /* reached is over it. With a baseline: that must hold too */
    struct rule_baseline baseline;
    /* 0 and 1: not asked. Below a threshold min_matching is never asked. Samples are the records of
     * `among` in the window; of SHARE the matching ones of all groups; of SUM with `per`, MEAN,
     * PERCENTILE, REPEATS, LAST and GROWTH those that match and know `of`; of ABSENCE those that the
     * group ever had. */
    int64_t
        min_matching; /* 0 by default where few of them are the bad sign: below, last, absence … */
    int64_t min_samples;
    /* Of chance: a ratio's or share's Wilson bound, a mean's standard error must be over it too; 0: not
     * asked. A percentile (more values beyond the mark than its rank leaves room for) and a count or
     * rate against a baseline (as of a Poisson process) are always asked, at 95 %. */
    double z;

    /* It is over at the near side of this. NaN: of a rule with a baseline, once it is within half of
     * the change, or clear_within, of that; of one without, at the near side of the threshold. */
    double clear;
    double clear_within; /* of the baseline, as `change` is; NaN: not given */
    int64_t clear_for_ns;

    struct rule_escalation escalations[RULE_ESCALATIONS_MAX]; /* in the order of the file */
    size_t escalation_count;
    /* Rules that explain this one where they fire for a group whose fields are equal as far as both
     * have them (rule_mute.h says which names mean the same). Fields of which none is in common
     * explain nothing; a rule without groups explains all. */
    struct slice muted_by[RULE_MUTED_BY_MAX];
    size_t muted_by_count;
    struct rule_field
        top[RULE_TOP_MAX]; /* of what the bad ones had most of is told with the alert */
    size_t top_count;
    struct rule_node *tree; /* holds the texts */
    struct strbuf texts;    /* those that were made */
};

void rule_free(struct rule *rule);

const char *rule_severity_name(enum rule_severity severity);
const char *rule_measure_name(enum rule_measure measure);

#endif
