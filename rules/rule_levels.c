/*
 * rule_levels - what a rule's measure is held against: threshold, baseline, chance, when it is over,
 * and when it is worse.
 */
#include "analyzer/base/log.h"
#include "rules/rule_number.h"
#include "rules/rule_reader.h"
#include "rules/rule_unit.h"

#include <errno.h>
#include <math.h>

#define COUNT(a)         (sizeof(a) / sizeof(a)[0])
#define HOLD_MAX         RULE_DAY
#define RISE_MAX         100.0 /* a hundredfold and more is not a rise but another rule */
#define HALF_LIFE_MIN    (60 * RULE_SECOND)
#define HALF_LIFE_MAX    (30 * RULE_DAY)
#define HALF_LIFE_USUAL  (6 * 3600 * RULE_SECOND)
#define SAMPLES_USUAL    100
#define CONFIDENCE_USUAL 0.95
#define CONFIDENCE_LEAST 0.5
#define CONFIDENCE_MOST  0.9999

enum { UNIT_MAX = 16 };

/* --- unit and direction --------------------------------------------------------------------- */

static bool is_of_field(enum rule_measure measure)
{
    return measure == RULE_SUM || measure == RULE_MEAN || measure == RULE_PERCENTILE ||
           measure == RULE_LAST || measure == RULE_GROWTH;
}

int rule_levels_read_unit(struct rule_reader *r, const struct rule_node *node)
{
    struct rule *rule = r->rule;
    const char *usual;
    struct slice unit;

    if (!rule_reader_has_measure(r))
        return 0;
    usual = rule_unit_of(rule);
    rule->unit = usual ? slice_of_text(usual) : SLICE_ABSENT;
    if (!node)
        return 0;
    if (rule_reader_words(r, node, &unit))
        return -EINVAL;
    if (unit.len > UNIT_MAX)
        return rule_yaml_fault(r->fault, node, "'unit' is a word of at most %d bytes", UNIT_MAX);
    if (usual && rule_unit_is_fixed(rule->unit) && !slice_eq(unit, rule->unit))
        return rule_yaml_fault(r->fault, node,
                               "'unit' follows from the measure, it is %s here: "
                               "leave it out",
                               usual);
    if (!is_of_field(rule->measure) && rule_unit_is_fixed(unit) && !slice_eq(unit, rule->unit))
        return rule_yaml_fault(r->fault, node, "a %s is not measured in %s",
                               rule_measure_name(rule->measure), log_text(unit));
    rule->unit = unit;
    return 0;
}

int rule_levels_read_direction(struct rule_reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "above", "below" };
    const struct rule_baseline *b = &r->rule->baseline;
    int which;

    if (!node) {
        r->rule->is_below = b->is_used ? !b->is_rise : r->rule->measure == RULE_REMAINING;
        return 0;
    }
    which = rule_reader_choice(r, node, words, COUNT(words));
    if (which < 0)
        return which;
    r->rule->is_below = which == 1;
    if (b->is_used && b->is_rise == r->rule->is_below) {
        r->rule->is_below = !b->is_rise;
        return rule_yaml_fault(r->fault, node,
                               "a baseline with '%s' fires %s: leave 'direction' out",
                               b->is_rise ? "rise" : "drop", b->is_rise ? "above" : "below");
    }
    return 0;
}

/* --- threshold and baseline ----------------------------------------------------------------- */

int rule_levels_read_threshold(struct rule_reader *r, const struct rule_node *node)
{
    struct rule *rule = r->rule;
    bool is_truth = rule->measure == RULE_LAST && rule->of_count == 0;
    int err;

    rule->threshold = NAN;
    if (!rule_reader_has_measure(r))
        return 0;
    if (!node && is_truth)
        rule->threshold = 1;
    if (!node && !is_truth && !rule_yaml_find(r->map, "baseline"))
        return rule_yaml_fault(r->fault, r->map,
                               "the key 'threshold' is missing, or a 'baseline' in its place");
    if (!node)
        return 0;
    err = rule_reader_level(r, node, &rule->threshold);
    if (err)
        return err;
    if (is_truth && rule->threshold != 1)
        return rule_yaml_fault(r->fault, node,
                               "without 'of' the last one is 1 where it matches, "
                               "else 0: leave 'threshold' out");
    if (!rule->is_below && rule->threshold <= 0 && !is_of_field(rule->measure) &&
        rule->measure != RULE_REMAINING)
        return rule_yaml_fault(r->fault, node, "'threshold' must be above 0, else it always fires");
    return 0;
}

static int read_change(struct rule_reader *r, const struct rule_node *node, double most)
{
    double change;

    if (rule_reader_scalar(r, node, "a share of what is normal"))
        return -EINVAL;
    if (!rule_number_real(node->text, "%", &change) || change <= 0 || change > most)
        return rule_yaml_fault(r->fault, node,
                               "'%s' is how far from normal: above 0%% and at most "
                               "%.0f%%",
                               log_text(node->key->text), most * 100);
    r->rule->baseline.change = change;
    return 0;
}

static int read_drop(struct rule_reader *r, const struct rule_node *node)
{
    r->has_drop = true;
    r->rule->baseline.is_rise = false;
    return read_change(r, node, 1);
}

static int read_rise(struct rule_reader *r, const struct rule_node *node)
{
    r->has_rise = true;
    r->rule->baseline.is_rise = true;
    return read_change(r, node, RISE_MAX);
}

static int read_points(struct rule_reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "no", "yes" };
    int which = rule_reader_choice(r, node, words, COUNT(words));

    if (which < 0)
        return which;
    r->rule->baseline.is_points = which == 1;
    if (which && !slice_eq(r->rule->unit, SLICE("ratio")))
        return rule_yaml_fault(r->fault, node, "percentage points are of a ratio alone");
    return 0;
}

static int read_half_life(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_duration(r, node, HALF_LIFE_MIN, HALF_LIFE_MAX,
                                &r->rule->baseline.half_life_ns);
}

static int read_baseline_samples(struct rule_reader *r, const struct rule_node *node)
{
    int64_t samples;
    int err = rule_reader_whole(r, node, 1, &samples);

    if (!err)
        r->rule->baseline.min_samples = (double)samples;
    return err;
}

int rule_levels_read_baseline(struct rule_reader *r, const struct rule_node *node)
{
    static const struct rule_key keys[] = {
        { "drop", RULE_KEY_OPTIONAL, read_drop },
        { "rise", RULE_KEY_OPTIONAL, read_rise },
        { "points", RULE_KEY_OPTIONAL, read_points },
        { "half_life", RULE_KEY_OPTIONAL, read_half_life },
        { "min_samples", RULE_KEY_OPTIONAL, read_baseline_samples },
    };
    struct rule *rule = r->rule;
    int err;

    if (!rule_reader_has_measure(r))
        return 0;
    if (node->kind != RULE_NODE_MAP)
        return rule_yaml_fault(
            r->fault, node, "'baseline' is a map: { drop: 15%%, half_life: 6h, min_samples: 200 }");
    if (rule->measure == RULE_REMAINING || rule->measure == RULE_ABSENCE ||
        (rule->measure == RULE_LAST && rule->of_count == 0))
        return rule_yaml_fault(r->fault, node, "nothing is normal for '%s': give a threshold alone",
                               rule_measure_name(rule->measure));
    rule->baseline =
        (struct rule_baseline){ .half_life_ns = HALF_LIFE_USUAL, .min_samples = SAMPLES_USUAL };
    r->has_drop = r->has_rise = false;
    err = rule_reader_keys(r, node, keys, COUNT(keys));
    if (r->has_drop == r->has_rise)
        return rule_yaml_fault(r->fault, node, "a baseline has either 'drop' or 'rise'");
    rule->baseline.is_used = true;
    return err;
}

/* --- chance --------------------------------------------------------------------------------- */

/* How many standard deviations a normal value stays under with that probability. */
static double z_of(double confidence)
{
    double low = 0, high = 10;

    for (int i = 0; i < 60; i++) {
        double z = (low + high) / 2;

        if (0.5 * erfc(-z / sqrt(2)) < confidence)
            low = z;
        else
            high = z;
    }
    return (low + high) / 2;
}

static bool has_chance(enum rule_measure measure)
{
    return measure == RULE_RATIO || measure == RULE_SHARE || measure == RULE_MEAN;
}

int rule_levels_read_confidence(struct rule_reader *r, const struct rule_node *node)
{
    double confidence = CONFIDENCE_USUAL;

    if (!rule_reader_has_measure(r))
        return 0;
    r->rule->z = node || !has_chance(r->rule->measure) ? 0 : z_of(confidence);
    if (!node)
        return 0;
    if (rule_reader_scalar(r, node, "a percentage, or off"))
        return -EINVAL;
    if (slice_eq(node->text, SLICE("high")) || slice_eq(node->text, SLICE("any")))
        return rule_yaml_fault(r->fault, node,
                               "'confidence' is how sure a ratio is, 95%% or off; "
                               "calls that the probe may have damaged are left out by "
                               "'capture_confidence: high'");
    if (!has_chance(r->rule->measure))
        return rule_yaml_fault(r->fault, node,
                               "'confidence' goes with ratio, share and mean, not "
                               "with %s",
                               rule_measure_name(r->rule->measure));
    if (slice_eq(node->text, SLICE("off")))
        return 0;
    if (!rule_number_real(node->text, "%", &confidence) || confidence <= CONFIDENCE_LEAST ||
        confidence > CONFIDENCE_MOST)
        return rule_yaml_fault(r->fault, node,
                               "'confidence' is over 50%% and at most 99.99%%, or "
                               "off");
    r->rule->z = z_of(confidence);
    return 0;
}

/* --- over ----------------------------------------------------------------------------------- */

static int read_clear_level(struct rule_reader *r, const struct rule_node *node, bool is_above)
{
    struct rule *rule = r->rule;
    int err;

    if (r->has_level)
        return rule_yaml_fault(r->fault, node, "'clear' has one of 'below', 'above' and 'within'");
    r->has_level = true;
    if (is_above != rule->is_below)
        return rule_yaml_fault(r->fault, node, "it fires %s, so it is over '%s' something",
                               rule->is_below ? "below" : "above",
                               rule->is_below ? "above" : "below");
    err = rule_reader_level(r, node, &rule->clear);
    if (err)
        return err;
    if (is_above ? rule->clear < rule->threshold : rule->clear > rule->threshold)
        return rule_yaml_fault(r->fault, node, "'%s' must not be %s the threshold",
                               is_above ? "above" : "below", is_above ? "below" : "above");
    return 0;
}

static int read_clear_below(struct rule_reader *r, const struct rule_node *node)
{
    return read_clear_level(r, node, false);
}

static int read_clear_above(struct rule_reader *r, const struct rule_node *node)
{
    return read_clear_level(r, node, true);
}

static int read_clear_within(struct rule_reader *r, const struct rule_node *node)
{
    struct rule *rule = r->rule;

    if (r->has_level)
        return rule_yaml_fault(r->fault, node, "'clear' has one of 'below', 'above' and 'within'");
    r->has_level = true;
    if (!rule->baseline.is_used)
        return rule_yaml_fault(r->fault, node,
                               "'within' is of what is normal, and the rule has no "
                               "'baseline': use '%s'",
                               rule->is_below ? "above" : "below");
    if (rule_reader_scalar(r, node, "a share of what is normal"))
        return -EINVAL;
    if (!rule_number_real(node->text, "%", &rule->clear_within) || rule->clear_within <= 0 ||
        rule->clear_within >= rule->baseline.change)
        return rule_yaml_fault(r->fault, node,
                               "'within' must be above 0%% and under the change that "
                               "fires, %.15g%%",
                               rule->baseline.change * 100);
    return 0;
}

static int read_clear_for(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_duration(r, node, 0, HOLD_MAX, &r->rule->clear_for_ns);
}

int rule_levels_read_clear(struct rule_reader *r, const struct rule_node *node)
{
    static const struct rule_key keys[] = {
        { "below", RULE_KEY_OPTIONAL, read_clear_below },
        { "above", RULE_KEY_OPTIONAL, read_clear_above },
        { "within", RULE_KEY_OPTIONAL, read_clear_within },
        { "for", RULE_KEY_REQUIRED, read_clear_for },
    };

    if (!rule_reader_has_measure(r))
        return 0;
    if (node->kind != RULE_NODE_MAP)
        return rule_yaml_fault(r->fault, node, "'clear' is a map: { below: 5%%, for: 2m }");
    r->has_level = false;
    return rule_reader_keys(r, node, keys, COUNT(keys));
}

/* --- worse ---------------------------------------------------------------------------------- */

static int read_escalation_threshold(struct rule_reader *r, const struct rule_node *node)
{
    const struct rule *rule = r->rule;
    int err = rule_reader_level(r, node, &r->escalation->threshold);

    if (err)
        return err;
    if (rule->is_below ? r->escalation->threshold >= rule->threshold
                       : r->escalation->threshold <= rule->threshold)
        return rule_yaml_fault(r->fault, node, "it is worse beyond the threshold: further %s",
                               rule->is_below ? "below" : "above");
    return 0;
}

static int read_escalation_after(struct rule_reader *r, const struct rule_node *node)
{
    return rule_reader_duration(r, node, RULE_SECOND, 7 * RULE_DAY, &r->escalation->after_ns);
}

static int read_escalation_severity(struct rule_reader *r, const struct rule_node *node)
{
    static const char *const words[] = { "info", "warning", "critical" };
    int which = rule_reader_choice(r, node, words, COUNT(words));

    if (which < 0)
        return which;
    r->escalation->severity = (enum rule_severity)which;
    if (r->escalation->severity <= r->rule->severity)
        return rule_yaml_fault(r->fault, node, "'%s' is not worse than the rule's own severity",
                               words[which]);
    return 0;
}

static int read_escalation(struct rule_reader *r, const struct rule_node *node)
{
    static const struct rule_key keys[] = {
        { "threshold", RULE_KEY_OPTIONAL, read_escalation_threshold },
        { "after", RULE_KEY_OPTIONAL, read_escalation_after },
        { "severity", RULE_KEY_REQUIRED, read_escalation_severity },
    };
    struct rule *rule = r->rule;

    if (node->kind != RULE_NODE_MAP)
        return rule_yaml_fault(r->fault, node,
                               "an escalation is a map: { threshold: 50%%, severity: critical }");
    if (rule->escalation_count == RULE_ESCALATIONS_MAX)
        return rule_yaml_fault(r->fault, node, "a rule has at most %d escalations",
                               RULE_ESCALATIONS_MAX);
    if (!rule_yaml_find(node, "threshold") && !rule_yaml_find(node, "after"))
        return rule_yaml_fault(r->fault, node,
                               "an escalation has a 'threshold', or 'after', or both");
    r->escalation = &rule->escalations[rule->escalation_count++];
    r->escalation->threshold = NAN;
    return rule_reader_keys(r, node, keys, COUNT(keys));
}

int rule_levels_read_escalate(struct rule_reader *r, const struct rule_node *node)
{
    int err = 0;

    if (!rule_reader_has_measure(r))
        return 0;
    if (node->kind != RULE_NODE_LIST)
        return read_escalation(r, node);
    for (const struct rule_node *n = node->first; n && err != -ENOMEM; n = n->next) {
        int each = read_escalation(r, n);

        err = each ? each : err;
    }
    return err;
}
