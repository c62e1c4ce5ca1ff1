#include "rules/rule_values.h"

#include "rules/rule_evidence.h"

#include <math.h>

struct value {
    struct rule_group *g;
    struct rule_reading reading;
    double baseline;
    double nearness; /* 1: at the mark; 2 and more: pending, firing */
};

static double nearness(const struct rule_eval *e, const struct value *v)
{
    const struct rule_baseline *b = &e->rule->baseline;
    double mark = e->rule->threshold, value = v->reading.value, near;

    if (v->g->episode)
        return v->g->episode->life == RULE_FIRING ? 3 : 2;
    if (isnan(mark) && !isnan(v->baseline)) {
        double by = b->is_points ? b->change : b->change * fabs(v->baseline);

        mark = b->is_rise ? v->baseline + by : v->baseline - by;
    }
    if (isnan(value) || isnan(mark))
        return -1;
    near = e->plan.is_below ? mark / value : value / mark;
    return isfinite(near) && near > 0 ? fmin(near, 1.99) : 0;
}

/* The nearest first. */
static size_t find_nearest(struct rule_eval *e, struct value *out, size_t max, int64_t now_ns)
{
    size_t n = 0;

    for (struct rule_group *g = e->groups.active.first; g && max; g = g->after) {
        struct value v = { .g = g };
        size_t at = n;

        v.reading = rule_measure_read(&e->plan, g, now_ns, e->all.matching);
        v.baseline = rule_episode_normal(e, g);
        v.nearness = nearness(e, &v);
        while (at > 0 && out[at - 1].nearness < v.nearness)
            at--;
        if (at == max)
            continue;
        n += n < max;
        memmove(&out[at + 1], &out[at], (n - 1 - at) * sizeof *out);
        out[at] = v;
    }
    return n;
}

static void write_value(struct rule_eval *e, const struct value *v, struct jsonw *j)
{
    static const char *const states[] = { "pending", "firing", "resolved", "passed" };

    rule_evidence_write_group(e->rule, v->g, e->fields, &e->group);
    jsonw_object_open(j);
    jsonw_key(j, "group");
    jsonw_text(j, e->rule->group_count ? strbuf_slice(&e->group) : SLICE_ABSENT);
    jsonw_key(j, "value");
    jsonw_real(j, v->reading.value, 4);
    jsonw_key(j, "baseline");
    jsonw_real(j, v->baseline, 4);
    jsonw_key(j, "samples");
    jsonw_int(j, (int64_t)v->reading.samples);
    jsonw_key(j, "state");
    jsonw_text(j, slice_of_text(v->g->episode ? states[v->g->episode->life] : "quiet"));
    jsonw_object_close(j);
}

/* What the groups are of: "trunk_out, dst.ip". */
static void write_by(const struct rule *rule, struct jsonw *j)
{
    struct strbuf text = { 0 };

    for (size_t i = 0; i < rule->group_count; i++) {
        strbuf_add_text(&text, i ? ", " : "");
        rule_field_name(&rule->group[i], &text);
    }
    jsonw_text(j, rule->group_count && !text.failed ? strbuf_slice(&text) : SLICE_ABSENT);
    strbuf_fini(&text);
}

static void write_counts(const struct rule_eval *e, struct jsonw *j)
{
    int64_t firing = 0, pending = 0;

    for (const struct rule_episode *ep = e->first_episode; ep; ep = ep->after) {
        firing += ep->life == RULE_FIRING;
        pending += ep->life == RULE_PENDING;
    }
    jsonw_key(j, "groups");
    jsonw_int(j, (int64_t)e->groups.by_key.used);
    jsonw_key(j, "firing");
    jsonw_int(j, firing);
    jsonw_key(j, "pending");
    jsonw_int(j, pending);
}

void rule_values_write(struct rule_eval *e, struct jsonw *j, size_t values_max, int64_t now_ns)
{
    struct value values[RULE_VALUES_MAX];
    size_t count = find_nearest(
        e, values, values_max < RULE_VALUES_MAX ? values_max : RULE_VALUES_MAX, now_ns);

    jsonw_object_open(j);
    jsonw_key(j, "rule");
    jsonw_text(j, slice_of_text(e->rule->name));
    jsonw_key(j, "severity");
    jsonw_text(j, slice_of_text(rule_severity_name(e->rule->severity)));
    jsonw_key(j, "by");
    write_by(e->rule, j);
    jsonw_key(j, "on");
    jsonw_text(j, slice_of_text(rule_occasions[e->rule->occasion].name));
    jsonw_key(j, "threshold");
    jsonw_real(j, e->rule->threshold, 4);
    jsonw_key(j, "unit");
    jsonw_text(j, e->rule->unit);
    write_counts(e, j);
    jsonw_key(j, "values");
    jsonw_array_open(j);
    for (size_t i = 0; i < count; i++)
        write_value(e, &values[i], j);
    jsonw_array_close(j);
    jsonw_object_close(j);
}
