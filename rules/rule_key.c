#include "rules/rule_key.h"

/* Before each part stands its length in two bytes. No part is that long: RULE_FIELD_KEY_MAX. */
enum { LENGTH_BYTES = 2, UNKNOWN_PART = 0xffff };

void rule_key_fini(struct rule_key *k)
{
    strbuf_fini(&k->bytes);
    strbuf_fini(&k->part);
}

bool rule_key_is_shared(const struct rule *a, const struct rule *b)
{
    if (a->type != b->type || a->group_count != b->group_count)
        return false;
    for (size_t i = 0; i < a->group_count; i++) {
        if (a->group[i].field != b->group[i].field || a->group[i].view != b->group[i].view)
            return false;
    }
    return true;
}

static void add_part(struct strbuf *key, struct slice part)
{
    size_t len = part.p ? part.len : UNKNOWN_PART;
    const char length[LENGTH_BYTES] = { (char)(len & 0xff), (char)(len >> 8 & 0xff) };

    strbuf_add(key, length, sizeof length);
    if (part.p)
        strbuf_add(key, part.p, part.len);
}

void rule_key_make(struct rule_key *k, const struct rule *rule, const struct siphash_key *hash_key,
                   const void *record)
{
    strbuf_reset(&k->bytes);
    k->is_known = true;
    for (size_t i = 0; i < rule->group_count; i++) {
        struct slice part;

        strbuf_reset(&k->part);
        part = rule_field_key(&rule->group[i], record, &k->part);
        if (!part.p && i == 0) {
            k->is_known = false;
            return;
        }
        add_part(&k->bytes, part);
    }
    k->is_known = !k->bytes.failed;
    k->hash = siphash(hash_key, k->bytes.p ? k->bytes.p : "", k->bytes.len);
}

struct slice rule_key_part(struct slice key, size_t which)
{
    for (size_t i = 0; key.len >= LENGTH_BYTES; i++) {
        size_t len = (size_t)((unsigned char)key.p[0] | (unsigned char)key.p[1] << 8);
        bool is_known = len != UNKNOWN_PART;

        if (!is_known)
            len = 0;
        if (i == which)
            return is_known ? slice_of(key.p + LENGTH_BYTES, len) : SLICE_ABSENT;
        key = slice_of(key.p + LENGTH_BYTES + len, key.len - LENGTH_BYTES - len);
    }
    return SLICE_ABSENT;
}
