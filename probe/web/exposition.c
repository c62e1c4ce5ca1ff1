#include "probe/web/exposition.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const type_names[] = { "counter", "gauge", "histogram", "summary" };

void exposition_begin(struct exposition *e, const char *family, enum exposition_type type,
                      const char *help)
{
    const char *end = type == EXPOSITION_COUNTER && !e->is_open ? "_total" : "";

    e->family = family;
    e->type = type;
    memset(e->labels, 0, sizeof e->labels);
    strbuf_addf(e->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", family, end, help, family, end,
                type_names[type]);
}

void exposition_label(struct exposition *e, size_t at, const char *name, struct slice value)
{
    for (size_t i = at; i < EXPOSITION_LABELS_MAX; i++)
        e->labels[i] = (struct exposition_label){ 0 };
    if (at < EXPOSITION_LABELS_MAX)
        e->labels[at] = (struct exposition_label){ name, value };
}

static void add_escaped(struct strbuf *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (c == '\n')
            strbuf_add_text(out, "\\n");
        else if (c == '"' || c == '\\')
            strbuf_addf(out, "\\%c", c);
        else
            strbuf_add_char(out, c);
    }
}

static void add_label(struct strbuf *out, bool first, const char *name, struct slice value)
{
    strbuf_addf(out, "%c%s=\"", first ? '{' : ',', name);
    add_escaped(out, value);
    strbuf_add_char(out, '"');
}

/* Name and labels; bound: of a bucket, or absent. */
static void begin_sample(struct exposition *e, const char *end, struct slice bound)
{
    size_t n = 0;

    strbuf_addf(e->out, "%s%s", e->family, end);
    for (; n < EXPOSITION_LABELS_MAX && e->labels[n].name; n++)
        add_label(e->out, n == 0, e->labels[n].name, e->labels[n].value);
    if (bound.p)
        add_label(e->out, n++ == 0, "le", bound);
    strbuf_add_text(e->out, n ? "} " : " ");
}

static const char *end_of(const struct exposition *e)
{
    return e->type == EXPOSITION_COUNTER ? "_total" : "";
}

void exposition_value(struct exposition *e, double value)
{
    if (isnan(value))
        return;
    begin_sample(e, end_of(e), SLICE_ABSENT);
    strbuf_addf(e->out, "%.15g\n", value);
}

void exposition_count(struct exposition *e, uint64_t value)
{
    begin_sample(e, end_of(e), SLICE_ABSENT);
    strbuf_addf(e->out, "%" PRIu64 "\n", value);
}

static void add_bucket(struct exposition *e, const char *bound, uint64_t count)
{
    begin_sample(e, "_bucket", slice_of_text(bound));
    strbuf_addf(e->out, "%" PRIu64 "\n", count);
}

void exposition_buckets(struct exposition *e, const double *bounds, const uint64_t *buckets,
                        double sum, uint64_t count)
{
    uint64_t upto = 0;

    for (size_t i = 0; bounds[i] != 0; i++) {
        char bound[32];

        upto += buckets[i];
        snprintf(bound, sizeof bound, "%g", bounds[i]);
        if (!strpbrk(bound, ".e"))
            snprintf(bound, sizeof bound, "%.1f", bounds[i]); /* as OpenMetrics writes it */
        add_bucket(e, bound, upto);
    }
    add_bucket(e, "+Inf", count);
    exposition_sum(e, sum, count);
}

void exposition_sum(struct exposition *e, double sum, uint64_t count)
{
    begin_sample(e, "_sum", SLICE_ABSENT);
    strbuf_addf(e->out, "%.15g\n", sum);
    begin_sample(e, "_count", SLICE_ABSENT);
    strbuf_addf(e->out, "%" PRIu64 "\n", count);
}

void exposition_end(struct exposition *e)
{
    if (e->is_open)
        strbuf_add_text(e->out, "# EOF\n");
}
