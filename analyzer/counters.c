#include "analyzer/counters.h"

#define X(name, text) text,
static const char *const bin_texts[BIN_COUNT] = { PACKET_BINS(X) };
static const char *const refusal_texts[REFUSAL_COUNT] = { REFUSALS(X) };
#undef X

const char *packet_bin_text(enum packet_bin bin)
{
    return bin_texts[bin];
}

const char *refusal_text(enum refusal refusal)
{
    return refusal_texts[refusal];
}

static void write_counts(struct jsonw *j, const char *const *texts, const uint64_t *counts,
                         size_t n)
{
    jsonw_object_open(j);
    for (size_t i = 0; i < n; i++) {
        if (counts[i] == 0)
            continue;
        jsonw_key(j, texts[i]);
        jsonw_int(j, (int64_t)counts[i]);
    }
    jsonw_object_close(j);
}

void counters_write_bins(struct jsonw *j, const struct counters *c)
{
    write_counts(j, bin_texts, c->bins, BIN_COUNT);
}

void counters_write_refusals(struct jsonw *j, const struct counters *c)
{
    write_counts(j, refusal_texts, c->refusals, REFUSAL_COUNT);
}
