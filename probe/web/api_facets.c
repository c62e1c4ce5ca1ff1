/*
 * api_facets - what the newest calls of a filter have in common: how often each trunk, each status and
 * so on stands in them, and the word of a filter that asks for it.
 */
#include "probe/web/api_context.h"

#include "storage/search/search_tally.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LOOKED_MAX = 10000, /* calls: enough for shares, few enough to count while one waits */
    VALUES_SHOWN = 16,
    FILTER_MAX = 2 * SEARCH_TALLY_TEXT_MAX + 64,
};

struct band {
    const char *value, *filter;
};

/* The lines of ITU-T G.107 Annex B, as the page and the story draw them. */
static const double mos_bounds[] = { 3.1, 3.6, 4.03 };
static const struct band mos_bands[] = { { "bad", "mos<3.1" },
                                         { "poor", "mos>=3.1 mos<3.6" },
                                         { "fair", "mos>=3.6 mos<4.03" },
                                         { "good", "mos>=4.03" } };

/* Nothing lost at all is a class of its own. */
static const double loss_bounds[] = { 1e-9, 0.01, 0.05 };
static const struct band loss_bands[] = { { "none", "loss<=0" },
                                          { "under 1 %", "loss>0 loss<1%" },
                                          { "1 to 5 %", "loss>=1% loss<5%" },
                                          { "5 % and more", "loss>=5%" } };

static const struct facet {
    const char *field, *title; /* of a filter */
    const struct band *bands;  /* of numbers; NULL: each value stands for itself */
} facets[] = {
    { "trunk_in", "Trunk in", NULL },
    { "trunk_out", "Trunk out", NULL },
    { "destination", "Destination", NULL },
    { "outcome", "Outcome", NULL },
    { "status", "Status", NULL },
    { "codec", "Codec", NULL },
    { "mos", "MOS", mos_bands },
    { "loss", "Loss", loss_bands },
    { "verdict", "Audio", NULL },
};
enum { FACETS = sizeof facets / sizeof facets[0] };

/* Of each facet, in the same order. */
static const struct search_tally_kind kinds[FACETS] = {
    { .member = "trunk_in" },
    { .member = "trunk_out" },
    { .member = "destination" },
    { .member = "outcome" },
    { .member = "final_status" },
    { .member = "codecs", .is_names = true },
    { .member = "mos_lq", .bounds = mos_bounds, .bound_count = 3 },
    { .member = "loss_ratio", .bounds = loss_bounds, .bound_count = 3 },
    { .member = "media_verdict" },
};

static void write_value(struct jsonw *j, const struct facet *facet,
                        const struct search_tally_field *f, const struct search_tally_value *v)
{
    struct strbuf filter = { 0 };
    char number[32];
    struct slice text = v->text;

    if (facet->bands) {
        text = slice_of_text(facet->bands[(int)v->number].value);
        strbuf_add_text(&filter, facet->bands[(int)v->number].filter);
    } else {
        if (f->member->kind == FIELD_INT) {
            int n = snprintf(number, sizeof number, "%.0f", v->number);

            text = slice_of(number, n > 0 ? (size_t)n : 0);
        }
        strbuf_addf(&filter, "%s:", facet->field);
        filter_print_text(&filter, text);
    }
    jsonw_object_open(j);
    api_write_key_text(j, "value", text);
    api_write_key_text(j, "filter", strbuf_slice(&filter));
    api_write_key_int(j, "calls", (int64_t)v->calls);
    jsonw_object_close(j);
    strbuf_fini(&filter);
}

/* Classes stand in their own order. */
static int by_number(const void *a, const void *b)
{
    const struct search_tally_value *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

static void write_facet(struct jsonw *j, const struct facet *facet, struct search_tally_field *f)
{
    uint64_t others = f->others;

    jsonw_object_open(j);
    api_write_key_text(j, "field", slice_of_text(facet->field));
    api_write_key_text(j, "title", slice_of_text(facet->title));
    jsonw_key(j, "values");
    jsonw_array_open(j);
    if (facet->bands)
        qsort(f->values, f->count, sizeof f->values[0], by_number);
    for (size_t i = 0; i < f->count; i++) {
        if (i < VALUES_SHOWN)
            write_value(j, facet, f, &f->values[i]);
        else
            others += f->values[i].calls;
    }
    jsonw_array_close(j);
    api_write_key_int(j, "others", (int64_t)others);
    jsonw_object_close(j);
}

void api_facets_get(struct api_context *c)
{
    struct search_tally *t = search_tally_new(kinds, FACETS, LOOKED_MAX);
    struct filter *filter = NULL;
    struct jsonw *j = &c->json;
    int err = t ? 0 : -ENOMEM;

    if (err == 0 && !api_search_read_filter(c, &filter)) {
        search_tally_free(t);
        return;
    }
    if (err == 0)
        err = search_tally_calls(c->api->query, filter, t);
    if (err) {
        api_fail_store(c, err);
    } else {
        jsonw_object_open(j);
        api_write_key_int(j, "looked", (int64_t)t->looked_at);
        jsonw_key(j, "whole");
        jsonw_bool(j, t->looked_at < t->limit);
        jsonw_key(j, "facets");
        jsonw_array_open(j);
        for (size_t i = 0; i < FACETS; i++)
            write_facet(j, &facets[i], &t->fields[i]);
        jsonw_array_close(j);
        jsonw_object_close(j);
        api_finish_json(c);
    }
    filter_free(filter);
    search_tally_free(t);
}
