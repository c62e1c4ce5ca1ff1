#include "rules/rule_evidence.h"

#include "analyzer/base/jsonw.h"
#include "analyzer/filter/filter_time.h"

#include <inttypes.h>
#include <math.h>

static void write_series(const struct rule_eval *e, const struct rule_group *g, double now,
                         struct jsonw *j)
{
    const struct rule_plan *plan = &e->plan;
    int64_t newest = g->series.newest;
    bool begun = false;

    jsonw_key(j, "step_s");
    jsonw_int(j, plan->series_every * plan->rule->step_ns / INT64_C(1000000000));
    jsonw_key(j, "series");
    jsonw_array_open(j);
    for (int64_t at = newest - plan->series_room + 2; newest >= 0 && at <= newest; at++) {
        double value = rule_series_get(&g->series, plan->series_room, at);

        begun = begun || !isnan(value);
        if (begun)
            jsonw_real(j, value, 4);
    }
    jsonw_real(j, now, 4);
    jsonw_array_close(j);
}

static void write_value(const struct rule_field *f, struct slice key, struct strbuf *out)
{
    rule_field_write(f, key, out);
    if (key.len == RULE_TOP_KEY_MAX) /* it may have been longer */
        strbuf_add_text(out, "...");
}

static void write_top(const struct rule_eval *e, const struct rule_group *g, size_t which,
                      struct rule_episode *ep, struct jsonw *j)
{
    const struct rule_field *f = &e->rule->top[which];
    struct rule_top_value values[RULE_TOP_TOLD];
    struct strbuf text = { 0 };
    size_t count = rule_proof_top(g->proof, &e->plan, which, e->newest, values);

    jsonw_object_open(j);
    jsonw_key(j, "field");
    rule_field_name(f, &text);
    jsonw_text(j, strbuf_slice(&text));
    jsonw_key(j, "values");
    jsonw_array_open(j);
    for (size_t i = 0; i < count; i++) {
        strbuf_reset(&text);
        write_value(f, values[i].key, &text);
        if (which == 0 && i == 0)
            strbuf_add_slice(&ep->top, strbuf_slice(&text));
        jsonw_object_open(j);
        jsonw_key(j, "value");
        jsonw_text(j, strbuf_slice(&text));
        jsonw_key(j, "count");
        jsonw_int(j, values[i].count);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
    jsonw_object_close(j);
    strbuf_fini(&text);
}

void rule_evidence_freeze(const struct rule_eval *e, const struct rule_group *g,
                          struct rule_episode *ep)
{
    struct jsonw j = jsonw_to(&ep->evidence);

    ep->call_count = g->proof ? rule_proof_ids(g->proof, &e->plan, e->newest, ep->calls) : 0;
    strbuf_reset(&ep->evidence);
    strbuf_reset(&ep->top);
    jsonw_object_open(&j);
    write_series(e, g, ep->told.reading.value, &j);
    jsonw_key(&j, "top");
    jsonw_array_open(&j);
    for (size_t i = 0; g->proof && i < e->rule->top_count; i++)
        write_top(e, g, i, ep, &j);
    jsonw_array_close(&j);
    jsonw_object_close(&j);
}

void rule_evidence_write_calls(const struct rule_episode *ep, struct strbuf *out)
{
    strbuf_reset(out);
    strbuf_add_char(out, '[');
    for (size_t i = 0; i < ep->call_count; i++)
        strbuf_addf(out, "%s\"%016" PRIx64 "\"", i ? "," : "", ep->calls[i]);
    strbuf_add_char(out, ']');
}

/* False: the group's records do not know that field. */
static bool write_field(const struct rule *rule, const struct rule_group *g, size_t which,
                        struct strbuf *out)
{
    struct slice part = rule_group_part(g, which);

    strbuf_reset(out);
    if (g->is_other)
        strbuf_add_text(out, "other");
    else if (part.p)
        rule_field_write(&rule->group[which], part, out);
    return g->is_other || part.p;
}

void rule_evidence_write_group(const struct rule *rule, const struct rule_group *g,
                               struct strbuf fields[RULE_GROUP_FIELDS_MAX], struct strbuf *out)
{
    strbuf_reset(out);
    for (size_t i = 0; i < rule->group_count; i++) {
        if (!write_field(rule, g, i, &fields[i]) || (i && g->is_other))
            continue;
        if (i)
            strbuf_add_text(out, ", ");
        strbuf_add_slice(out, strbuf_slice(&fields[i]));
    }
}

/* What is not known is no label. */
static void add_fields(const struct rule *rule, const struct strbuf *fields, struct jsonw *j)
{
    for (size_t i = 0; i < rule->group_count; i++) {
        struct strbuf name = { 0 };

        if (!fields[i].len)
            continue;
        rule_field_name(&rule->group[i], &name);
        jsonw_key(j, name.p ? name.p : "");
        jsonw_text(j, strbuf_slice(&fields[i]));
        strbuf_fini(&name);
    }
}

void rule_evidence_write_labels(const struct rule *rule, const struct strbuf *fields,
                                struct strbuf *out)
{
    struct jsonw j = jsonw_to(out);

    strbuf_reset(out);
    jsonw_object_open(&j);
    add_fields(rule, fields, &j);
    jsonw_object_close(&j);
}

void rule_evidence_write_all_labels(const struct rule *rule, enum rule_severity severity,
                                    const struct strbuf *fields, struct strbuf *out)
{
    struct jsonw j = jsonw_to(out);

    strbuf_reset(out);
    jsonw_object_open(&j);
    jsonw_key(&j, "rule");
    jsonw_text(&j, slice_of_text(rule->name));
    jsonw_key(&j, "severity");
    jsonw_text(&j, slice_of_text(rule_severity_name(severity)));
    add_fields(rule, fields, &j);
    for (size_t i = 0; i < rule->label_count; i++) {
        jsonw_text(&j, rule->labels[i].name);
        strbuf_add_char(out, ':');
        j.need_comma = false;
        jsonw_text(&j, rule->labels[i].value);
    }
    jsonw_object_close(&j);
}

/* The field of the filter that asks for a member of the call alone, else one that asks for it too. */
static const struct filter_field *word_for(const struct rule_field *f)
{
    const struct filter_field *too = NULL;

    for (size_t i = 0; f->view != RULE_VIEW_SHAPE && i < filter_field_count; i++) {
        const struct filter_field *word = &filter_fields[i];

        for (size_t m = 0; m < FILTER_MEMBERS_MAX && word->members[m]; m++) {
            if (strcmp(word->members[m], f->field->name) != 0)
                continue;
            if (!word->members[1] && f->view != RULE_VIEW_TRUNK)
                return word;
            if (!too)
                too = word;
        }
    }
    return too;
}

/* False: there is no word for it. */
static bool add_word(const struct rule_field *f, const struct strbuf *text, struct strbuf *out)
{
    const struct filter_field *word = word_for(f);

    if (!word || word->kind == FILTER_TIME || word->kind == FILTER_PORT)
        return false;
    if (out->len)
        strbuf_add_char(out, ' ');
    strbuf_add_text(out, word->name);
    strbuf_add_char(out, word->is_loose ? '=' : ':');
    if (word->kind == FILTER_TEXT)
        filter_print_text(out, strbuf_slice(text));
    else
        strbuf_add_slice(out, strbuf_slice(text));
    return true;
}

static void add_time(struct strbuf *out, const char *word, int64_t time_ns)
{
    if (out->len)
        strbuf_add_char(out, ' ');
    strbuf_add_text(out, word);
    filter_time_print(out, time_ns);
}

/* Calls count by when they began, which may be long before what the rule saw of them. */
static int64_t first_call_ns(const struct rule_episode *ep)
{
    int64_t first = ep->since_ns;

    for (size_t i = 0; i < ep->call_count; i++) {
        int64_t time_ns = record_id_time_ns(ep->calls[i]);

        if (time_ns < first && time_ns > 0)
            first = time_ns;
    }
    return first;
}

void rule_evidence_write_search(const struct rule *rule, const struct rule_episode *ep,
                                const struct strbuf *fields, int64_t until_ns, struct strbuf *out)
{
    struct filter_error error;
    struct filter *filter;
    bool has_words = rule->where_text.p && rule->type == &record_type_call && !ep->group->is_other;

    strbuf_reset(out);
    if (!has_words)
        return;
    strbuf_add_slice(out, rule->where_text);
    for (size_t i = 0; has_words && i < rule->group_count; i++)
        has_words = !fields[i].len || add_word(&rule->group[i], &fields[i], out);
    add_time(out, "since:", first_call_ns(ep));
    add_time(out, "until:", until_ns);
    /* A group's text that was cut, or is not as it was for its unprintable bytes, finds nothing; but
     * whatever it is, it must be a filter. */
    if (!has_words || filter_parse(&filter, strbuf_slice(out), until_ns, &error) != 0) {
        strbuf_reset(out);
        return;
    }
    filter_free(filter);
}
