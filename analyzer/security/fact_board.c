#include "analyzer/security/fact_board.h"

#include "analyzer/record_id.h"

#include <stdlib.h>

#define NS_PER_S                  INT64_C(1000000000)
#define OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

struct open_fact {
    struct expiry_link expiry;
    uint64_t hash, id, call;
    struct addr source;
    const struct plan_trunk *trunk;
    int64_t first_ns, last_ns, told_ns;
    uint32_t count, distinct, threshold;
    uint8_t fact; /* enum fact */
    bool has_source, has_subject, news;
    uint8_t subject_len, agent_len, call_id_len;
    char subject[FACT_BOARD_TEXT_MAX], agent[FACT_BOARD_TEXT_MAX];
    char call_id[FACT_BOARD_CALL_ID_MAX];
    struct strbuf evidence;
};

struct fact_key {
    enum fact fact;
    const struct addr *source;
    struct slice subject;
};

static struct slice cut(struct slice s, size_t max)
{
    s.len = s.len < max ? s.len : max;
    return s;
}

static bool same_fact(const void *item, const void *key)
{
    const struct open_fact *f = item;
    const struct fact_key *k = key;

    return f->fact == k->fact && f->has_source == (k->source != NULL) &&
           (!k->source || addr_ip_eq(&f->source, k->source)) &&
           f->has_subject == (k->subject.p != NULL) &&
           slice_eq(slice_of(f->subject, f->subject_len), k->subject);
}

static uint64_t hash_of(const struct fact_board *b, const struct fact_key *k)
{
    uint8_t bytes[18 + FACT_BOARD_TEXT_MAX] = { (uint8_t)k->fact, k->source != NULL };

    if (k->source)
        memcpy(bytes + 2, k->source->ip, 16);
    if (k->subject.len)
        memcpy(bytes + 18, k->subject.p, k->subject.len);
    return siphash(&b->key, bytes, 18 + k->subject.len);
}

/* The name grows, and a fact has a row a day: see peer/told.h. */
static void name(struct fact_board *b, struct open_fact *f, int64_t now_ns)
{
    const uint64_t near = UINT64_C(2000000) << RECORD_ID_HASH_BITS;

    if (f->id && record_id_day(f->id) >= (int32_t)(now_ns / (86400 * NS_PER_S)))
        return;
    f->id = record_id_make(now_ns, f->fact);
    if (f->id <= b->last_id && b->last_id - f->id < near)
        f->id = b->last_id + 1;
    b->last_id = f->id;
}

static void emit(struct fact_board *b, struct open_fact *f, int64_t now_ns)
{
    const struct fact_rule *rule = fact_find((enum fact)f->fact);
    struct security_record out;
    char source[ADDR_TEXT_MAX];

    name(b, f, now_ns);
    record_clear(&record_type_security, &out);
    out.id = f->id;
    out.fact = rule->name;
    if (f->has_source)
        out.source = slice_of(source, addr_format_ip(&f->source, source));
    if (f->has_subject)
        out.subject = slice_of(f->subject, f->subject_len);
    if (f->trunk)
        out.trunk = f->trunk->name;
    out.first_seen = f->first_ns;
    out.last_seen = f->last_ns;
    out.count = f->count;
    if (f->distinct)
        out.distinct = f->distinct;
    out.window_s = rule->window_s;
    out.threshold = f->threshold;
    out.call = f->call;
    if (f->call_id_len)
        out.call_id = slice_of(f->call_id, f->call_id_len);
    if (f->agent_len)
        out.user_agent = slice_of(f->agent, f->agent_len);
    if (!f->evidence.failed && f->evidence.len)
        out.evidence = strbuf_slice(&f->evidence);
    f->told_ns = now_ns;
    f->news = false;
    if (b->record)
        b->record(b->ctx, &record_type_security, &out);
}

static void write_evidence(struct open_fact *f, const struct fact_news *news)
{
    const struct fact_rule *rule = fact_find((enum fact)f->fact);
    struct jsonw j;

    strbuf_fini(&f->evidence);
    f->evidence = (struct strbuf){ .max_bytes = FACT_BOARD_EVIDENCE_MAX };
    j = jsonw_to(&f->evidence);
    jsonw_object_open(&j);
    jsonw_key(&j, "sentence");
    jsonw_text(&j, rule->sentence);
    if (news->evidence)
        news->evidence(&j, news->ctx);
    jsonw_object_close(&j);
}

static uint8_t copy(char *out, struct slice text, size_t max)
{
    text = cut(text, max);
    if (text.len)
        memcpy(out, text.p, text.len);
    return (uint8_t)text.len;
}

static void drop(struct fact_board *b, struct open_fact *f)
{
    expiry_cancel(&f->expiry);
    table_remove(&b->table, f->hash, f);
    b->open[f->fact]--;
    strbuf_fini(&f->evidence);
    free(f);
}

static struct open_fact *open_fact(struct fact_board *b, const struct fact_key *k, uint64_t hash,
                                   const struct fact_news *news)
{
    struct open_fact *f;

    if (b->open[k->fact] >= FACT_BOARD_KIND_MAX) {
        b->counters->refusals[REFUSAL_SOURCES]++;
        return NULL;
    }
    f = calloc(1, sizeof *f);
    if (!f || table_put(&b->table, hash, f) != 0) {
        b->counters->refusals[REFUSAL_MEMORY]++;
        free(f);
        return NULL;
    }
    b->open[k->fact]++;
    f->hash = hash;
    f->fact = (uint8_t)k->fact;
    f->first_ns = f->last_ns = news->time_ns;
    f->threshold = news->threshold ? news->threshold : fact_find(k->fact)->threshold;
    f->has_source = k->source != NULL;
    if (k->source)
        f->source = *k->source;
    f->has_subject = k->subject.p != NULL;
    f->subject_len = copy(f->subject, k->subject, FACT_BOARD_TEXT_MAX);
    return f;
}

static void take_news(struct open_fact *f, const struct fact_news *news)
{
    f->news = true;
    if (news->time_ns > f->last_ns)
        f->last_ns = news->time_ns;
    if (news->count == 0)
        f->count += f->count < UINT32_MAX;
    else if (news->count > f->count)
        f->count = news->count;
    if (news->distinct > f->distinct)
        f->distinct = news->distinct;
    f->trunk = news->trunk ? news->trunk : f->trunk;
    if (news->call)
        f->call = news->call;
    if (news->call_id.len)
        f->call_id_len = copy(f->call_id, news->call_id, FACT_BOARD_CALL_ID_MAX);
    if (news->user_agent.len)
        f->agent_len = copy(f->agent, news->user_agent, FACT_BOARD_TEXT_MAX);
}

static int64_t over_ns(const struct open_fact *f)
{
    return f->last_ns + fact_find((enum fact)f->fact)->window_s * NS_PER_S;
}

void fact_board_tell(struct fact_board *b, enum fact fact, const struct fact_news *news)
{
    const struct fact_key key = { fact, news->source, cut(news->subject, FACT_BOARD_TEXT_MAX) };
    uint64_t hash = hash_of(b, &key);
    struct open_fact *f = table_find(&b->table, hash, same_fact, &key);
    bool first = !f;

    if (!f)
        f = open_fact(b, &key, hash, news);
    if (!f)
        return;
    take_news(f, news);
    if (first || news->time_ns - f->told_ns >= FACT_BOARD_EVERY_S * NS_PER_S) {
        write_evidence(f, news);
        emit(b, f, news->time_ns);
    }
    expiry_set(&b->expiry, &f->expiry, over_ns(f));
}

void fact_board_tick(struct fact_board *b, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&b->expiry, now_ns)) != NULL) {
        struct open_fact *f = OWNER(link, struct open_fact, expiry);

        emit(b, f, now_ns);
        drop(b, f);
    }
}

void fact_board_finish(struct fact_board *b)
{
    struct expiry_link *link;

    while ((link = expiry_pop_any(&b->expiry)) != NULL) {
        struct open_fact *f = OWNER(link, struct open_fact, expiry);

        if (f->news)
            emit(b, f, f->last_ns);
        drop(b, f);
    }
}

int fact_board_init(struct fact_board *b, const struct siphash_key *key, struct counters *counters,
                    record_fn record, void *ctx)
{
    *b = (struct fact_board){ .key = *key, .counters = counters, .record = record, .ctx = ctx };
    expiry_init(&b->expiry);
    return table_init(&b->table, (size_t)FACT_BOARD_KIND_MAX * FACT_COUNT);
}

void fact_board_fini(struct fact_board *b)
{
    struct expiry_link *link;

    if (!b->table.slots)
        return;
    while ((link = expiry_pop_any(&b->expiry)) != NULL)
        drop(b, OWNER(link, struct open_fact, expiry));
    table_fini(&b->table);
}
