/*
 * test_interval - what was packed comes back; bytes from a damaged database do no harm.
 */
#include "analyzer/interval.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_NS    INT64_C(1795255200120000000)
#define NS_PER_STEP (INTERVAL_S * INT64_C(1000000000))

static void expect_near(double actual, double expected, double within)
{
    if (isnan(actual) != isnan(expected) || fabs(actual - expected) > within)
        fail_msg("%.9f, expected %.9f", actual, expected);
}

static void expect_same(const struct interval *a, const struct interval *b)
{
    assert_int_equal(a->packets, b->packets);
    assert_int_equal(a->lost, b->lost);
    assert_int_equal(a->late, b->late);
    expect_near(a->jitter_ms_max, b->jitter_ms_max, 0.005 + 1e-9);
    expect_near(a->mos_lq, b->mos_lq, 0.0005 + 1e-9);
    expect_near(a->level_dbm0, b->level_dbm0, 0.05 + 1e-9);
    expect_near(a->silence_ratio, b->silence_ratio, 0.00005 + 1e-9);
    expect_near(a->clipping_ratio, b->clipping_ratio, 0.00005 + 1e-9);
    assert_memory_equal(a->unheard, b->unheard, sizeof a->unheard);
}

static struct interval random_interval(struct random *r)
{
    struct interval i = interval_empty();

    i.packets = random_below(r, random_hits(r, 0.1) ? INT32_MAX : 300);
    i.lost = random_hits(r, 0.5) ? 0 : random_below(r, 20000);
    i.late = random_hits(r, 0.5) ? 0 : random_below(r, 200);
    if (random_hits(r, 0.7))
        i.jitter_ms_max = random_share(r) * (random_hits(r, 0.1) ? 1e6 : 50);
    if (random_hits(r, 0.7))
        i.mos_lq = 1 + random_share(r) * 3.5;
    if (random_hits(r, 0.7))
        i.level_dbm0 = -70 + random_share(r) * 75;
    if (random_hits(r, 0.7)) {
        i.silence_ratio = random_share(r);
        i.clipping_ratio = random_share(r);
    }
    for (size_t s = 0; s < INTERVAL_S && i.lost + i.late; s++)
        i.unheard[s] = (uint8_t)random_below(r, INTERVAL_SHARE_STEPS + 1);
    return i;
}

enum { SERIES = 300, BYTES_MAX = INTERVAL_HEADING_BYTES + SERIES * INTERVAL_PACKED_BYTES };

/* Intervals and pauses as a writer mixes them; their number. */
static size_t pack_series(struct random *r, struct interval rows[SERIES], uint8_t bytes[BYTES_MAX],
                          size_t *n)
{
    size_t count = 0;

    *n = interval_pack_heading(bytes, START_NS);
    while (count < SERIES) {
        uint32_t pause = random_hits(r, 0.1) ? 1 + random_below(r, 40) : 0;
        uint8_t one[INTERVAL_PACKED_BYTES];
        size_t len;

        if (pause && count + pause <= SERIES) {
            len = interval_pack_pause(one, pause);
            while (pause--)
                rows[count++] = interval_empty();
        } else {
            rows[count] = random_interval(r);
            len = interval_pack(one, &rows[count++]);
        }
        assert_true(len <= INTERVAL_PACKED_BYTES);
        memcpy(bytes + *n, one, len);
        *n += len;
    }
    return count;
}

static void what_was_packed_comes_back(void **state)
{
    static struct interval rows[SERIES];
    static uint8_t bytes[BYTES_MAX];

    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct random r = { seed };
        struct interval_reader reader;
        struct interval got;
        int64_t time_ns;
        size_t n, count = pack_series(&r, rows, bytes, &n);
        struct slice block = heap_block(slice_of(bytes, n));

        assert_true(interval_read_series(&reader, block));
        for (size_t i = 0; i < count; i++) {
            assert_true(interval_next(&reader, &got, &time_ns));
            assert_int_equal(time_ns, START_NS + (int64_t)i * NS_PER_STEP);
            expect_same(&got, &rows[i]);
        }
        assert_false(interval_next(&reader, &got, &time_ns));
        heap_block_free(block);
    }
}

/* An interval of an ordinary call, and its ends. */
static void packs_small(void **state)
{
    struct interval calm = { 250, 0, 0, 1.25, 4.409, -20.5, 0.31, 0, { 0 } };
    struct interval wild = { INT64_MAX, INT64_MAX, INT64_MAX,
                             1e300,     1e300,     -1e300,
                             1e300,     1e300,     { 255, 201, 200, 1, 0 } };
    struct interval below = { -1, -1, -1, -1, -1, -1e9, -1, -1, { 0 } };
    uint8_t bytes[INTERVAL_PACKED_BYTES];
    struct interval_reader r = { .left = 2 };
    struct interval got;
    int64_t time_ns;

    (void)state;
    assert_int_equal(interval_pack(bytes, &calm), 11);
    assert_int_equal(interval_pack_pause(bytes, INTERVALS_MAX), 4);
    r.rest = bytes_of(bytes, interval_pack(bytes, &wild));
    assert_true(r.rest.len <= INTERVAL_PACKED_BYTES);
    assert_true(interval_next(&r, &got, &time_ns));
    assert_int_equal(got.packets, INT32_MAX);
    assert_true(got.mos_lq <= 5 && got.silence_ratio <= 1 && got.level_dbm0 >= -201);
    assert_memory_equal(got.unheard, ((uint8_t[INTERVAL_S]){ 200, 200, 200, 1, 0 }), INTERVAL_S);
    r.rest = bytes_of(bytes, interval_pack(bytes, &below));
    assert_true(interval_next(&r, &got, &time_ns));
    assert_int_equal(got.packets, 0);
    assert_int_equal(got.lost, 0);
    assert_true(got.mos_lq == 0 && got.silence_ratio == 0);
}

/* Bytes behind a heading of time 0: how many intervals there are, and packets of the last. */
static void damage_ends_a_series(void **state)
{
    static const struct {
        struct slice bytes;
        unsigned count;
        int packets;
    } rows[] = {
        { SLICE_INIT(""), 0, 0 },
        { SLICE_INIT("\x00\x05"), 1, 5 },
        { SLICE_INIT("\x00\x05\x00"), 1, 5 },     /* cut */
        { SLICE_INIT("\x00\x05\x00\x85"), 1, 5 }, /* cut within a number */
        { SLICE_INIT("\x40\x05\x00\x01\xc8\x00\x00\x00\x06"), 2, 6 },
        { SLICE_INIT("\x40\x05\x00\x01\xc9\x00\x00\x00\x06"), 0, 0 }, /* more than all */
        { SLICE_INIT("\x00\x05\x40\x05\x00\x01\x00\x00"), 1, 5 },     /* four seconds */
        { SLICE_INIT("\x00\x05\x81\x05\x00\x06"), 1, 5 },             /* a pause that has losses */
        { SLICE_INIT("\x00\x05\x80\x00\x00\x06"), 1, 5 },             /* a pause of nothing */
        { SLICE_INIT("\x80\x02\x00\x06"), 3, 6 },
        { SLICE_INIT("\x08\x05\x88\x27\x00\x06"), 2, 6 }, /* MOS 5.000 */
        { SLICE_INIT("\x08\x05\x89\x27\x00\x06"), 0, 0 }, /* 5.001 */
        { SLICE_INIT("\x20\x05\x90\x4e\x90\x4e"), 1, 5 }, /* shares of 1 */
        { SLICE_INIT("\x20\x05\x90\x4e\x91\x4e"), 0, 0 }, /* more than all */
        { SLICE_INIT("\x10\x05\xa0\x1f"), 1, 5 },         /* +200 dBm0 */
        { SLICE_INIT("\x10\x05\xa1\x1f"), 0, 0 },
        { SLICE_INIT("\x00\xff\xff\xff\xff\x07"), 1, INT32_MAX },
        { SLICE_INIT("\x00\x80\x80\x80\x80\x08"), 0, 0 },
        { SLICE_INIT("\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0, 0 },
        { SLICE_INIT("\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 0, 0 }, /* 11 bytes */
        { SLICE_INIT("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x06"), INTERVALS_MAX, 0 },
        { SLICE_INIT("\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bytes[32] = { 1, 0 };
        struct interval_reader r;
        struct interval got = interval_empty();
        int64_t time_ns, packets = 0;
        unsigned count = 0;
        struct slice block;

        memcpy(bytes + 2, rows[i].bytes.p, rows[i].bytes.len);
        block = heap_block(slice_of(bytes, 2 + rows[i].bytes.len));
        assert_true(interval_read_series(&r, block));
        while (interval_next(&r, &got, &time_ns)) {
            packets = got.packets;
            count++;
        }
        assert_false(interval_next(&r, &got, &time_ns)); /* the end stays the end */
        if (count != rows[i].count || packets != rows[i].packets)
            fail_msg("row %zu: %u intervals, the last with %lld packets", i, count,
                     (long long)packets);
        heap_block_free(block);
    }
}

static void a_series_ends_after_a_day(void **state)
{
    static uint8_t bytes[2 + 2 * (INTERVALS_MAX + 1)] = { 1, 0 };
    struct interval_reader r;
    struct interval got;
    int64_t time_ns;
    unsigned count = 0;

    (void)state;
    for (size_t i = 0; i <= INTERVALS_MAX; i++)
        bytes[2 + 2 * i + 1] = 5;
    assert_true(interval_read_series(&r, slice_of(bytes, sizeof bytes)));
    while (interval_next(&r, &got, &time_ns))
        count++;
    assert_int_equal(count, INTERVALS_MAX);
}

static void headings(void **state)
{
    static const struct {
        struct slice bytes;
        bool is_series;
        int64_t time_ns;
    } rows[] = {
        { SLICE_INIT(""), false, 0 },
        { SLICE_INIT("\x01"), false, 0 },
        { SLICE_INIT("\x02\x00"), false, 0 },
        { SLICE_INIT("\x01\x80"), false, 0 },
        { SLICE_INIT("\x01\x01"), true, 1000 },
        { SLICE_INIT("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), false, 0 },
    };
    uint8_t bytes[INTERVAL_HEADING_BYTES];
    struct interval_reader r;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].bytes);

        assert_int_equal(interval_read_series(&r, block), rows[i].is_series);
        if (rows[i].is_series)
            assert_int_equal(r.time_ns, rows[i].time_ns);
        heap_block_free(block);
    }
    assert_true(interval_pack_heading(bytes, INT64_MAX) <= INTERVAL_HEADING_BYTES);
    assert_int_equal(interval_pack_heading(bytes, INT64_MIN), 2);
}

static void expect_json(struct slice packed, const char *expected)
{
    struct strbuf b = { 0 };
    struct jsonw j = jsonw_to(&b);

    interval_write_json(&j, packed);
    assert_false(b.failed);
    assert_string_equal(b.p, expected);
    strbuf_fini(&b);
}

static void json_is_as_it_ever_was(void **state)
{
    static const struct interval first = { 250,   3,       2,
                                           1.254, 4.1234,  -20.46,
                                           0.31,  0.00014, { 0, 3, 0, 200, 0 } };
    struct interval second = interval_empty();
    uint8_t bytes[100];
    size_t n;

    (void)state;
    expect_json(SLICE_ABSENT, "null");
    expect_json(SLICE(""), "[]");
    expect_json(SLICE("no series"), "[]");
    /* Days of an older version hold the array itself. */
    expect_json(SLICE("[{\"t\":1.000000,\"packets\":2}]"), "[{\"t\":1.000000,\"packets\":2}]");
    n = interval_pack_heading(bytes, START_NS);
    expect_json(slice_of(bytes, n), "[]");
    n += interval_pack(bytes + n, &first);
    n += interval_pack_pause(bytes + n, 1);
    second.packets = 7;
    n += interval_pack(bytes + n, &second);
    expect_json(slice_of(bytes, n),
                "[{\"t\":1795255200.120000,\"packets\":250,\"lost\":3,\"late\":2,"
                "\"jitter_ms_max\":1.250,\"mos_lq\":4.123,\"level_dbm0\":-20.5,"
                "\"silence_ratio\":0.3100,\"clipping_ratio\":0.0001,"
                "\"unheard\":[0.000,0.015,0.000,1.000,0.000]},"
                "{\"t\":1795255205.120000,\"packets\":0,\"lost\":0,\"late\":0,"
                "\"jitter_ms_max\":null,\"mos_lq\":null,\"level_dbm0\":null,"
                "\"silence_ratio\":null,\"clipping_ratio\":null},"
                "{\"t\":1795255210.120000,\"packets\":7,\"lost\":0,\"late\":0,"
                "\"jitter_ms_max\":null,\"mos_lq\":null,\"level_dbm0\":null,"
                "\"silence_ratio\":null,\"clipping_ratio\":null}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_packed_comes_back),
        cmocka_unit_test(packs_small),
        cmocka_unit_test(damage_ends_a_series),
        cmocka_unit_test(a_series_ends_after_a_day),
        cmocka_unit_test(headings),
        cmocka_unit_test(json_is_as_it_ever_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
