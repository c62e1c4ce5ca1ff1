/*
 * fuzz_interval - a series out of a database that may be damaged: read, and written again.
 */
#include "analyzer/interval.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool is_within(double value, double least, double most)
{
    return isnan(value) || (value >= least && value <= most);
}

static void check(const struct interval *i)
{
    must(i->packets >= 0 && i->packets <= INT32_MAX);
    must(i->lost >= 0 && i->lost <= INT32_MAX);
    must(i->late >= 0 && i->late <= INT32_MAX);
    must(is_within(i->jitter_ms_max, 0, 1e7 + 1));
    must(is_within(i->mos_lq, 0, 5.0001));
    must(is_within(i->level_dbm0, -200.01, 200.01));
    must(is_within(i->silence_ratio, 0, 1.0001) && is_within(i->clipping_ratio, 0, 1.0001));
}

/* What was read packs to bytes that read the same. */
static void check_round_trip(const struct interval *i)
{
    uint8_t bytes[INTERVAL_PACKED_BYTES], again[INTERVAL_PACKED_BYTES];
    struct interval_reader r = { .left = 1 };
    struct interval got;
    int64_t time_ns;
    size_t n = interval_pack(bytes, i);

    must(n <= sizeof bytes);
    r.rest = bytes_of(bytes, n);
    must(interval_next(&r, &got, &time_ns));
    must(interval_pack(again, &got) == n && memcmp(bytes, again, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice packed = slice_of(data, size);
    struct strbuf json = { 0 };
    struct jsonw j = jsonw_to(&json);
    struct interval_reader r;
    struct interval i;
    int64_t time_ns, last_ns = -1;
    unsigned count = 0;

    if (interval_read_series(&r, packed)) {
        while (interval_next(&r, &i, &time_ns)) {
            check(&i);
            check_round_trip(&i);
            must(time_ns > last_ns);
            last_ns = time_ns;
            count++;
        }
    }
    must(count <= INTERVALS_MAX);
    interval_write_json(&j, packed);
    must(!json.failed);
    strbuf_fini(&json);
    return 0;
}
