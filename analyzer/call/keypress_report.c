#include "analyzer/call/keypress_report.h"

#include <math.h>
#include <stdlib.h>

/* Between what an event says and what an INFO or the sound says of the same key. */
#define SAME_KEY_NS INT64_C(500000000)
/* Between two streams that say it in the same way: what a relay may take. */
#define RELAYED_NS INT64_C(100000000)
#define LONGEST_NS INT64_C(60000000000)

enum { SOURCE_SIGNALLING = 255 };

/* One key as one source tells it. */
struct told {
    const struct keypress *key;
    uint8_t source; /* which stream, or SOURCE_SIGNALLING */
    uint8_t direction;
    uint8_t ways; /* bits 1 << enum keypress_way: who else says so */
    bool taken;   /* it is another one's */
};

static size_t count_all(const struct call *call)
{
    size_t n = call->keys.count;

    for (uint8_t i = 0; i < call->stream_count; i++)
        n += call->streams[i]->keys.count;
    return n;
}

static size_t collect(const struct call *call, struct told *all)
{
    size_t n = 0;

    for (uint8_t i = 0; i < call->stream_count; i++) {
        const struct media_stream *s = call->streams[i];

        for (uint32_t k = 0; k < s->keys.count && !s->foreign; k++)
            all[n++] = (struct told){ .key = &s->keys.keys[k],
                                      .source = i,
                                      .direction = s->direction,
                                      .ways = (uint8_t)(1u << s->keys.keys[k].way) };
    }
    for (uint32_t k = 0; k < call->keys.count; k++)
        all[n++] = (struct told){ .key = &call->keys.keys[k],
                                  .source = SOURCE_SIGNALLING,
                                  .direction = call->keys.keys[k].direction,
                                  .ways = 1u << KEYPRESS_INFO };
    return n;
}

static int by_time(const void *a, const void *b)
{
    const struct told *x = a, *y = b;

    if (x->key->time_ns != y->key->time_ns)
        return x->key->time_ns < y->key->time_ns ? -1 : 1;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return x->key < y->key ? -1 : x->key > y->key; /* of one list: as they were pressed */
}

static int64_t end_of(const struct keypress *k)
{
    double ns = isnan(k->duration_ms) ? 0 : k->duration_ms * 1e6;

    return k->time_ns + (ns > (double)LONGEST_NS ? LONGEST_NS : (int64_t)ns);
}

/* Is what comes after it the same key once more? */
static bool is_same(const struct told *first, const struct told *other)
{
    unsigned way = 1u << other->key->way;

    if (other->taken || other->direction != first->direction ||
        other->key->digit != first->key->digit)
        return false;
    if (!(first->ways & way))
        return true;
    /* In the same way again: the other leg of a relay, or a second press. */
    return other->source != first->source && other->key->way == first->key->way &&
           other->key->time_ns - first->key->time_ns <= RELAYED_NS;
}

static void merge(struct told *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct told *first = &all[i];
        const struct keypress *best = first->key;
        int64_t until = end_of(first->key) + SAME_KEY_NS;

        for (size_t j = i + 1; j < count && !first->taken; j++) {
            if (all[j].key->time_ns > until)
                break;
            if (!is_same(first, &all[j]))
                continue;
            all[j].taken = true;
            first->ways |= all[j].ways;
            if (all[j].key->way < best->way)
                best = all[j].key;
        }
        first->key = best;
    }
}

static void write_key(struct jsonw *j, const struct told *told, bool keep_digits)
{
    static const struct slice ways[KEYPRESS_WAYS] = { [KEYPRESS_RFC4733] = SLICE_INIT("rfc4733"),
                                                      [KEYPRESS_INBAND] = SLICE_INIT("inband"),
                                                      [KEYPRESS_INFO] = SLICE_INIT("info") };
    static const struct slice directions[] = { SLICE_INIT("unknown"),
                                               SLICE_INIT("caller_to_callee"),
                                               SLICE_INIT("callee_to_caller") };
    const struct keypress *k = told->key;

    jsonw_object_open(j);
    jsonw_key(j, "time");
    jsonw_time(j, k->time_ns);
    jsonw_key(j, "method");
    jsonw_text(j, ways[k->way]);
    jsonw_key(j, "also");
    jsonw_array_open(j);
    for (unsigned way = 0; way < KEYPRESS_WAYS; way++) {
        if (way != k->way && told->ways >> way & 1)
            jsonw_text(j, ways[way]);
    }
    jsonw_array_close(j);
    jsonw_key(j, "digit");
    jsonw_text(j, keep_digits ? slice_of(&k->digit, 1) : SLICE_ABSENT);
    jsonw_key(j, "masked");
    jsonw_bool(j, !keep_digits);
    jsonw_key(j, "direction");
    jsonw_text(j, directions[told->direction]);
    jsonw_key(j, "duration_ms");
    jsonw_real(j, k->duration_ms, 1);
    jsonw_object_close(j);
}

void keypress_report(const struct call *call, bool keep_digits, struct strbuf *out)
{
    size_t count = count_all(call), kept = 0;
    struct told *all = NULL;
    struct jsonw j = jsonw_to(out);

    if (count) {
        all = malloc(count * sizeof *all);
        if (!all) {
            out->failed = true;
            return;
        }
        count = collect(call, all);
        qsort(all, count, sizeof *all, by_time);
        merge(all, count);
        for (size_t i = 0; i < count; i++) {
            if (!all[i].taken)
                all[kept++] = all[i];
        }
        qsort(all, kept, sizeof *all, by_time);
    }
    jsonw_array_open(&j);
    for (size_t i = 0; i < kept && i < KEYPRESS_REPORTED_MAX; i++)
        write_key(&j, &all[i], keep_digits);
    jsonw_array_close(&j);
    free(all);
}
