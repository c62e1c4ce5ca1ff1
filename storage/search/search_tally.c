#include "storage/search/search_tally.h"

#include "analyzer/base/json_item.h"
#include "storage/search/search_column.h"
#include "storage/search/search_fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { TEXTS_BYTES_MAX = 1 << 20 };

struct search_tally *search_tally_new(const struct search_tally_kind *kinds, size_t count,
                                      size_t limit)
{
    struct search_tally *t = count <= SEARCH_TALLY_FIELDS_MAX ? calloc(1, sizeof *t) : NULL;

    if (!t)
        return NULL;
    arena_init(&t->texts, NULL, 0, TEXTS_BYTES_MAX);
    t->fields = calloc(count ? count : 1, sizeof *t->fields);
    t->field_count = t->fields ? count : 0;
    t->limit = limit;
    for (size_t i = 0; i < t->field_count; i++) {
        struct search_tally_field *f = &t->fields[i];

        f->kind = &kinds[i];
        f->member = record_field_find(&record_type_call, slice_of_text(kinds[i].member));
        f->number = f->member ? search_field_number(f->member) : -1;
        if (!f->member)
            t->field_count = 0;
    }
    if (t->field_count == count)
        return t;
    search_tally_free(t);
    return NULL;
}

void search_tally_free(struct search_tally *t)
{
    if (!t)
        return;
    arena_fini(&t->texts);
    free(t->fields);
    free(t);
}

/* --- one value ------------------------------------------------------------------------------ */

static void add_one_text(struct search_tally *t, struct search_tally_field *f, struct slice text,
                         uint64_t calls)
{
    bool cut = false;

    for (size_t i = 0; i < f->count; i++) {
        if (slice_eq(f->values[i].text, text)) {
            f->values[i].calls += calls;
            return;
        }
    }
    if (f->count == SEARCH_TALLY_VALUES_MAX || text.len > SEARCH_TALLY_TEXT_MAX) {
        f->others += calls;
        return;
    }
    text = arena_copy(&t->texts, text, SEARCH_TALLY_TEXT_MAX, &cut);
    if (cut)
        f->others += calls;
    else
        f->values[f->count++] = (struct search_tally_value){ .text = text, .calls = calls };
}

void search_tally_add_text(struct search_tally *t, struct search_tally_field *f, struct slice text,
                           uint64_t calls)
{
    struct strbuf name = { 0 };
    struct slice item;

    if (!text.p)
        return;
    if (!f->kind->is_names) {
        add_one_text(t, f, text, calls);
        return;
    }
    while (json_item_next(&text, &item)) {
        strbuf_reset(&name);
        json_item_add_raw(&name, item);
        if (name.len)
            add_one_text(t, f, strbuf_slice(&name), calls);
    }
    strbuf_fini(&name);
}

void search_tally_add_number(struct search_tally_field *f, double number, uint64_t calls)
{
    size_t reached = 0;

    if (isnan(number))
        return;
    while (reached < f->kind->bound_count && number >= f->kind->bounds[reached])
        reached++;
    if (f->kind->bound_count)
        number = (double)reached;
    for (size_t i = 0; i < f->count; i++) {
        if (f->values[i].number == number) {
            f->values[i].calls += calls;
            return;
        }
    }
    if (f->count == SEARCH_TALLY_VALUES_MAX)
        f->others += calls;
    else
        f->values[f->count++] = (struct search_tally_value){ .number = number, .calls = calls };
}

static bool is_text(const struct record_field *member)
{
    return member->kind == FIELD_TEXT || member->kind == FIELD_JSON;
}

void search_tally_add_call(struct search_tally *t, const struct call_record *call)
{
    if (t->looked_at >= t->limit)
        return;
    t->looked_at++;
    for (size_t i = 0; i < t->field_count; i++) {
        struct search_tally_field *f = &t->fields[i];
        struct search_order order = { .field = f->member };
        struct search_key key;

        if (is_text(f->member)) {
            search_tally_add_text(t, f, *(const struct slice *)record_at(call, f->member), 1);
            continue;
        }
        search_key_of_call(&key, &order, call);
        if (key.kind == SEARCH_KEY_NUMBER)
            search_tally_add_number(f, key.number, 1);
    }
}

/* --- a block of the index ------------------------------------------------------------------- */

uint64_t search_tally_keep_newest(const struct search_tally *t, uint64_t *matches, uint32_t words)
{
    uint64_t count = 0, room = t->limit > t->looked_at ? t->limit - t->looked_at : 0;

    for (uint32_t w = words; w-- > 0;) {
        while ((uint64_t)__builtin_popcountll(matches[w]) > room - count)
            matches[w] &= matches[w] - 1;
        count += (uint64_t)__builtin_popcountll(matches[w]);
    }
    return count;
}

/* Each value of the dictionary is told once, with its calls. */
static int add_dictionary(struct search_tally *t, struct search_tally_field *f,
                          const struct search_column *c, const uint64_t *matches)
{
    uint64_t *calls = calloc((size_t)c->distinct + 1, sizeof *calls);
    uint32_t place;

    if (!calls)
        return -ENOMEM;
    for (uint32_t w = 0; w * 64 < c->count; w++) {
        for (uint64_t left = matches[w]; left; left &= left - 1) {
            if (search_column_place(c, w * 64 + (unsigned)__builtin_ctzll(left), &place))
                calls[place]++;
        }
    }
    for (uint32_t i = 0; i < c->distinct; i++) {
        if (calls[i])
            search_tally_add_text(t, f, c->values[i], calls[i]);
    }
    free(calls);
    return 0;
}

int search_tally_add_column(struct search_tally *t, struct search_tally_field *f,
                            const struct search_column *c, const uint64_t *matches)
{
    struct search_key key;

    if (c->form == SEARCH_DICTIONARY)
        return add_dictionary(t, f, c, matches);
    for (uint32_t w = 0; w * 64 < c->count; w++) {
        for (uint64_t left = matches[w]; left; left &= left - 1) {
            uint32_t row = w * 64 + (unsigned)__builtin_ctzll(left);

            if (c->form == SEARCH_TEXTS) {
                search_tally_add_text(t, f, c->values[row], 1);
                continue;
            }
            search_column_key(c, row, &key);
            if (key.kind == SEARCH_KEY_NUMBER)
                search_tally_add_number(f, key.number, 1);
        }
    }
    return 0;
}
