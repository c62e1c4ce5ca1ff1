#include "analyzer/security/subject_watch.h"

static bool same_subject(const void *item, const void *key)
{
    (void)item; /* 64 keyed bits are the subject */
    (void)key;
    return true;
}

struct subject_watch *subject_watch_known(const struct watch_pool *pool, uint64_t hash)
{
    return table_find(&pool->table, hash, same_subject, NULL);
}

struct subject_watch *subject_watch_find(struct watch_pool *pool, uint64_t hash, int64_t now_s)
{
    struct subject_watch *w = subject_watch_known(pool, hash);
    struct watched watched;
    bool reused;

    if (w) {
        watch_pool_touch(&w->watched, now_s, 1);
        return w;
    }
    w = watch_pool_add(pool, hash, now_s, &reused);
    if (!w)
        return NULL;
    watched = w->watched;
    memset(w, 0, sizeof *w);
    w->watched = watched;
    w->one_source = true;
    return w;
}

void subject_watch_ask(struct subject_watch *w, const struct siphash_key *key,
                       const struct addr *source, uint32_t window_s, int64_t now_s)
{
    char text[ADDR_TEXT_MAX];
    uint64_t hash = siphash(key, source->ip, sizeof source->ip);

    if (w->asked && !addr_ip_eq(&w->source, source))
        w->one_source = false;
    w->asked = true;
    w->source = *source;
    distinct_add(&w->sources, hash, window_s, now_s);
    top_list_add(&w->top, slice_of(text, addr_format_ip(source, text)), hash, window_s, now_s);
}
