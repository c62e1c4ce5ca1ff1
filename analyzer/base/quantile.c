#include "analyzer/base/quantile.h"

#include <math.h>

void quantile_halve(struct quantile *q)
{
    for (unsigned i = 0; i < QUANTILE_BUCKETS; i++)
        q->counts[i] = (uint16_t)((q->counts[i] + 1) / 2);
}

double quantile_of(const struct quantile *q, double share)
{
    uint64_t total = 0, rank, seen = 0;
    unsigned i;

    for (i = 0; i < QUANTILE_BUCKETS; i++)
        total += q->counts[i];
    if (total == 0)
        return 0;
    rank = (uint64_t)ceil(share * (double)total);
    for (i = 0; i < QUANTILE_BUCKETS - 1; i++) {
        seen += q->counts[i];
        if (seen >= rank && seen > 0)
            break;
    }
    /* The middle of the bucket: lower edge × (1 + half a step). */
    return ldexp(1.0 + ((double)(i % QUANTILE_OCTAVE_BUCKETS) + 0.5) / QUANTILE_OCTAVE_BUCKETS,
                 (int)(i / QUANTILE_OCTAVE_BUCKETS) + QUANTILE_LOWEST_EXPONENT);
}
