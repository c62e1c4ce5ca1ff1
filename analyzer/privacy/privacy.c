#include "analyzer/privacy/privacy.h"

/* A key of its own for each use, so that what is learned of one says nothing of the other. */
static uint64_t derive(const struct siphash_key *key, struct slice rest, uint64_t use)
{
    const uint64_t words[2] = { use, siphash(key, rest.p, rest.len) };

    return siphash(key, words, sizeof words);
}

void privacy_set_key(struct privacy *p, struct slice key)
{
    struct siphash_key first = { { 0, 0 } };
    size_t n = key.len < sizeof first.k ? key.len : sizeof first.k;

    if (n)
        memcpy(first.k, key.p, n);
    p->number_key.k[0] = derive(&first, slice_of(key.p + n, key.len - n), 1);
    p->number_key.k[1] = derive(&first, slice_of(key.p + n, key.len - n), 2);
    p->name_key.k[0] = derive(&first, slice_of(key.p + n, key.len - n), 3);
    p->name_key.k[1] = derive(&first, slice_of(key.p + n, key.len - n), 4);
}
