#include "tests/bench/week_memory.h"

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "tests/bench/week_world.h"

#include <stdlib.h>

enum { QUARTERS_MAX = 52 * 672, TEXTS_MAX = 1 << 20 };

struct row {
    struct slice rule, labels;
    double value;
    int64_t samples, time;
};

struct quarter {
    struct row *rows;
    size_t count, room;
};

struct week_memory {
    struct quarter quarters[QUARTERS_MAX];
    struct table texts;
};

struct week_memory *week_memory_new(void)
{
    struct week_memory *m = calloc(1, sizeof *m);

    if (m && table_init(&m->texts, TEXTS_MAX) != 0) {
        free(m);
        return NULL;
    }
    return m;
}

void week_memory_free(struct week_memory *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < QUARTERS_MAX; i++)
        free(m->quarters[i].rows);
    for (size_t i = 0; i <= m->texts.mask; i++)
        free(m->texts.slots[i].item);
    table_fini(&m->texts);
    free(m);
}

struct text {
    size_t len;
    char bytes[];
};

static bool same_text(const void *item, const void *key)
{
    const struct text *t = item;
    const struct slice *s = key;

    return t->len == s->len && memcmp(t->bytes, s->p, s->len) == 0;
}

static struct slice keep_text(struct week_memory *m, struct slice s)
{
    static const struct siphash_key key;
    uint64_t hash = siphash(&key, s.p, s.len);
    struct text *t = table_find(&m->texts, hash, same_text, &s);

    if (!t) {
        t = malloc(sizeof *t + s.len);
        if (!t || table_put(&m->texts, hash, t) != 0)
            abort();
        t->len = s.len;
        if (s.len)
            memcpy(t->bytes, s.p, s.len);
    }
    return slice_of(t->bytes, t->len);
}

static struct quarter *quarter_at(struct week_memory *m, int64_t time_ns)
{
    int64_t at = (time_ns - WEEK_START_NS) / WEEK_NS_PER_S / WEEK_QUARTER_S;

    return time_ns < WEEK_START_NS || at >= QUARTERS_MAX ? NULL : &m->quarters[at];
}

void week_memory_keep(struct week_memory *m, const struct baseline_record *baseline)
{
    struct quarter *q = quarter_at(m, baseline->time);

    if (!q)
        return;
    if (q->count == q->room) {
        size_t room = q->room ? q->room * 2 : 64;
        struct row *more = realloc(q->rows, room * sizeof *more);

        if (!more)
            abort();
        q->rows = more;
        q->room = room;
    }
    q->rows[q->count++] =
        (struct row){ keep_text(m, baseline->rule), keep_text(m, baseline->labels), baseline->value,
                      baseline->samples, baseline->time };
}

void week_memory_recall(struct week_memory *m, int64_t quarter, week_memory_fn fn, void *ctx)
{
    for (int week = 1; week <= 4; week++) {
        int64_t time_ns = (quarter - 672 * week) * WEEK_QUARTER_S * WEEK_NS_PER_S;
        const struct quarter *q = quarter_at(m, time_ns);

        for (size_t i = 0; q && i < q->count; i++) {
            const struct row *row = &q->rows[i];
            struct baseline_record past;

            record_clear(&record_type_baseline, &past);
            past.time = row->time;
            past.rule = row->rule;
            past.labels = row->labels;
            past.value = row->value;
            past.samples = row->samples;
            fn(ctx, &past);
        }
    }
}
