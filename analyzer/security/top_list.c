#include "analyzer/security/top_list.h"

static bool is_old(const struct top_entry *e, uint32_t window_s, int64_t now_s)
{
    uint32_t age = (uint32_t)now_s - e->seen_s;

    return age > window_s && (uint32_t)-age > window_s;
}

/* A free or old entry, or the least. */
static struct top_entry *least(struct top_list *t, uint32_t window_s, int64_t now_s)
{
    struct top_entry *found = &t->entries[0];

    for (unsigned i = 0; i < TOP_LIST_ROOM; i++) {
        struct top_entry *e = &t->entries[i];

        if (e->count && is_old(e, window_s, now_s))
            e->count = 0;
        if (e->count < found->count)
            found = e;
    }
    return found;
}

void top_list_add(struct top_list *t, struct slice text, uint64_t hash, uint32_t window_s,
                  int64_t now_s)
{
    uint32_t h = (uint32_t)hash;
    struct top_entry *e;

    for (unsigned i = 0; i < TOP_LIST_ROOM; i++) {
        e = &t->entries[i];
        if (e->count && e->hash == h) {
            e->count += e->count < UINT32_MAX;
            e->seen_s = (uint32_t)now_s;
            return;
        }
    }
    e = least(t, window_s, now_s);
    if (e->count && --e->count)
        return;
    e->hash = h;
    e->count = 1;
    e->seen_s = (uint32_t)now_s;
    e->len = (uint8_t)(text.len < TOP_LIST_TEXT_MAX ? text.len : TOP_LIST_TEXT_MAX);
    if (e->len)
        memcpy(e->text, text.p, e->len);
}

void top_list_write(const struct top_list *t, struct jsonw *j, const char *key)
{
    bool written[TOP_LIST_ROOM] = { false };

    jsonw_array_open(j);
    for (unsigned n = 0; n < TOP_LIST_ROOM; n++) {
        int best = -1;

        for (int i = 0; i < TOP_LIST_ROOM; i++) {
            if (!written[i] && t->entries[i].count &&
                (best < 0 || t->entries[i].count > t->entries[best].count))
                best = i;
        }
        if (best < 0)
            break;
        written[best] = true;
        jsonw_object_open(j);
        jsonw_key(j, key);
        jsonw_text(j, slice_of(t->entries[best].text, t->entries[best].len));
        jsonw_key(j, "count");
        jsonw_int(j, t->entries[best].count);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}
