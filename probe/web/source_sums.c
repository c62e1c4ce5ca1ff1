#include "probe/web/source_sums.h"

#include "analyzer/base/json_item.h"
#include "analyzer/base/siphash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

_Static_assert(FACT_COUNT <= 32, "kinds keeps a bit for each");

int source_sums_init(struct source_sums *s, int64_t since, int64_t now)
{
    s->since = since;
    s->now = now;
    s->count = 0;
    s->cut = false;
    return table_init(&s->by_name, SOURCE_SUMS_MAX);
}

void source_sums_fini(struct source_sums *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->list[i]);
    table_fini(&s->by_name);
}

enum fact source_kind_parse(struct slice name)
{
    int kind = 0;

    while (kind < FACT_COUNT && !slice_eq(fact_find((enum fact)kind)->name, name))
        kind++;
    return (enum fact)kind;
}

/* ---- one source ---- */

static struct slice name_of(const struct source_sum *sum)
{
    return slice_of(sum->name, sum->name_len);
}

static bool same_source(const void *item, const void *key)
{
    return slice_eq(name_of(item), *(const struct slice *)key);
}

/* Who could invent addresses meets the cap, whatever they hash to. */
static uint64_t hash_of(struct slice source)
{
    static const struct siphash_key key = { { 0, 0 } };

    return siphash(&key, source.p, source.len);
}

struct source_sum *source_sums_find(const struct source_sums *s, struct slice source)
{
    return table_find(&s->by_name, hash_of(source), same_source, &source);
}

/* NULL: no memory, or no room (then `cut` is true). */
static struct source_sum *open_source(struct source_sums *s, struct slice source)
{
    struct source_sum *sum = source_sums_find(s, source);

    if (sum)
        return sum;
    if (s->count == SOURCE_SUMS_MAX || source.len > SOURCE_NAME_MAX) {
        s->cut = true;
        return NULL;
    }
    sum = calloc(1, sizeof *sum);
    if (!sum)
        return NULL;
    if (source.len)
        memcpy(sum->name, source.p, source.len);
    sum->name_len = (uint8_t)source.len;
    sum->hash = hash_of(source);
    sum->first = sum->distinct = RECORD_NONE;
    sum->last = INT64_MIN;
    if (table_put(&s->by_name, sum->hash, sum) != 0) {
        free(sum);
        return NULL;
    }
    s->list[s->count++] = sum;
    return sum;
}

void source_texts_add(struct source_texts *t, struct slice text)
{
    size_t len = text.len < SOURCE_TEXT_BYTES ? text.len : SOURCE_TEXT_BYTES;

    if (len == 0)
        return;
    for (size_t i = 0; i < t->count; i++) {
        if (slice_eq(slice_of(t->text[i], t->len[i]), slice_of(text.p, len)))
            return;
    }
    if (t->count == SOURCE_TEXTS_MAX) {
        t->more = true;
        return;
    }
    memcpy(t->text[t->count], text.p, len);
    t->len[t->count++] = (uint8_t)len;
}

static void add_json(struct source_texts *t, struct slice object, const char *key)
{
    struct strbuf raw = { 0 };

    json_item_add_raw(&raw, json_item_get(object, key));
    if (!raw.failed)
        source_texts_add(t, strbuf_slice(&raw));
    strbuf_fini(&raw);
}

/* Users and numbers that it tried, hosts that it went for. */
static void add_evidence(struct source_sum *sum, struct slice evidence)
{
    struct slice top = json_item_get(evidence, "top"), item;

    while (top.len && json_item_next(&top, &item)) {
        add_json(&sum->numbers, item, "number");
        add_json(&sum->numbers, item, "user");
    }
    add_json(&sum->numbers, evidence, "number");
    add_json(&sum->targets, evidence, "target");
    add_json(&sum->targets, evidence, "dst");
}

/* A subject is a user or a number in these. */
static bool names_somebody(enum fact fact)
{
    return fact == FACT_NUMBER_REDIAL || fact == FACT_REGISTER_BRUTEFORCE ||
           fact == FACT_NEW_NETWORK;
}

static void add_row(struct source_sum *sum, const struct security_record *row, enum fact fact,
                    int64_t now)
{
    int64_t window_ns = row->window_s > 0 ? row->window_s * NS_PER_S : 0;

    sum->kinds |= UINT32_C(1) << fact;
    sum->counts[fact] += row->count > 0 ? row->count : 0;
    if (sum->counts[fact] > sum->attempts)
        sum->attempts = sum->counts[fact];
    if (row->distinct > sum->distinct)
        sum->distinct = row->distinct;
    if (sum->first == RECORD_NONE || row->first_seen < sum->first)
        sum->first = row->first_seen;
    if (row->last_seen > sum->last)
        sum->last = row->last_seen;
    sum->going_on = sum->going_on || row->last_seen + window_ns >= now;
    if (row->trunk.len && !sum->trunk[0])
        snprintf(sum->trunk, sizeof sum->trunk, "%.*s", (int)row->trunk.len, row->trunk.p);
    source_texts_add(&sum->agents, row->user_agent);
    if (names_somebody(fact))
        source_texts_add(&sum->numbers, row->subject);
    add_evidence(sum, row->evidence);
    if (sum->record_count < SOURCE_RECORDS_MAX)
        sum->records[sum->record_count++] = row->id;
    if (row->call && sum->call_count < SOURCE_RECORDS_MAX)
        sum->calls[sum->call_count++] = row->call;
}

bool source_sums_add(struct source_sums *s, const struct security_record *row)
{
    enum fact fact = source_kind_parse(row->fact);
    struct source_sum *sum;

    if (fact == FACT_COUNT || row->last_seen < s->since)
        return true;
    sum = open_source(s, row->source);
    if (!sum)
        return s->cut;
    add_row(sum, row, fact, s->now);
    return true;
}

static int compare(const void *a, const void *b)
{
    const struct source_sum *x = *(const struct source_sum *const *)a;
    const struct source_sum *y = *(const struct source_sum *const *)b;
    int order = y->going_on - x->going_on;

    if (order == 0)
        order = (y->last > x->last) - (y->last < x->last);
    return order ? order : (y->hash > x->hash) - (y->hash < x->hash);
}

void source_sums_sort(struct source_sums *s)
{
    if (s->count)
        qsort(s->list, s->count, sizeof(struct source_sum *), compare);
}
