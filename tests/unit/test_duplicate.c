#include "probe/decap/duplicate.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MS    INT64_C(1000000)
#define START (INT64_C(1700000000000) * MS)

enum { PACKET_MAX = 2048, TCP = 6, UDP = 17 };

static struct duplicate *filter(void)
{
    static const uint64_t key[2] = { 3, 7 };
    struct duplicate *d;

    assert_int_equal(duplicate_new(&d, 50 * MS, key), 0);
    return d;
}

/* The packet lies in a block of its exact size, which is gone after the call. */
static bool see_cut(struct duplicate *d, int64_t after_ns, const uint8_t *packet, size_t captured,
                    size_t wire)
{
    struct slice block = heap_block(slice_of(packet, captured));
    bool seen = duplicate_see(d, START + after_ns, block, wire);

    heap_block_free(block);
    return seen;
}

static bool see(struct duplicate *d, int64_t after_ns, const uint8_t *packet, size_t bytes)
{
    return see_cut(d, after_ns, packet, bytes, bytes);
}

struct shape {
    bool is_v6;
    uint8_t protocol;
    uint8_t option_bytes; /* IPv4 */
    uint16_t fragment;    /* flags and offset of IPv4 */
};

static size_t header_bytes(const struct shape *shape)
{
    return shape->is_v6 ? 40 : 20u + shape->option_bytes;
}

/* Random bytes in a header that tells what it is. */
static void fill(struct random *r, const struct shape *shape, uint8_t *packet, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        packet[i] = (uint8_t)random_next(r);
    if (shape->is_v6) {
        packet[0] = 0x60 | (packet[0] & 15);
        packet[6] = shape->protocol;
        return;
    }
    packet[0] = (uint8_t)(0x45 + shape->option_bytes / 4);
    packet[6] = (uint8_t)(shape->fragment >> 8);
    packet[7] = (uint8_t)shape->fragment;
    packet[9] = shape->protocol;
}

static const struct shape shapes[] = {
    { false, UDP, 0, 0x4000 }, { false, UDP, 0, 0 },      { false, TCP, 0, 0x4000 },
    { false, 1, 0, 0 },        { false, UDP, 12, 0 },     { false, TCP, 16, 0 },
    { false, UDP, 0, 0x2000 }, { false, UDP, 0, 0x20b9 }, { true, UDP, 0, 0 },
    { true, TCP, 0, 0 },       { true, 58, 0, 0 },        { true, 44, 0, 0 },
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* Whether a byte does not count. */
static bool is_ignored(const struct shape *shape, size_t at)
{
    size_t header = header_bytes(shape);

    if (shape->is_v6 ? at == 7 : at == 1 || at == 8 || at == 10 || at == 11)
        return true;
    if (shape->fragment & 0x1fff)
        return false;
    return (shape->protocol == UDP && (at == header + 6 || at == header + 7)) ||
           (shape->protocol == TCP && (at == header + 16 || at == header + 17));
}

/* For every kind of header and every byte of a packet: the copy that differs there is one or not. */
static void test_which_bytes_count(void **state)
{
    static const size_t sizes[] = { 60, 64, 79, 80, 81, 95, 96, 97, 200, 208, 209, 500, 1400 };
    struct random r = { 1 };

    (void)state;
    for (size_t s = 0; s < SHAPES; s++) {
        for (size_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
            struct duplicate *d = filter();
            int64_t now = 0;

            for (size_t at = 0; at < sizes[n]; at++) {
                uint8_t packet[PACKET_MAX];
                bool mixed = shapes[s].is_v6 && at < 2; /* half of these count */
                bool decides =
                    at == 0 || (shapes[s].is_v6 ? at == 6 : at == 6 || at == 7 || at == 9);

                if (mixed || decides)
                    continue;
                fill(&r, &shapes[s], packet, sizes[n]);
                assert_false(see(d, now, packet, sizes[n]));
                packet[at] ^= (uint8_t)(1 + random_below(&r, 255));
                if (see(d, now + 10, packet, sizes[n]) != is_ignored(&shapes[s], at))
                    fail_msg("shape %zu, %zu bytes, byte %zu", s, sizes[n], at);
                now += 1000;
            }
            duplicate_free(d);
        }
    }
}

static void test_traffic_class_does_not_count(void **state)
{
    struct random r = { 2 };
    struct duplicate *d = filter();
    uint8_t packet[100];

    (void)state;
    fill(&r, &shapes[8], packet, sizeof packet);
    packet[0] = 0x60;
    packet[1] = 0x03;
    assert_false(see(d, 0, packet, sizeof packet));
    packet[0] = 0x6b;
    packet[1] = 0x83;
    assert_true(see(d, 1, packet, sizeof packet));
    packet[1] = 0x84; /* the flow label does */
    assert_false(see(d, 2, packet, sizeof packet));
    duplicate_free(d);
}

static void test_the_window_has_two_sides(void **state)
{
    static const struct {
        int64_t after_ns;
        bool is_copy;
    } rows[] = {
        { 0, true },
        { 3000, true },
        { 50 * MS, true },
        { 50 * MS + 1, false },
        { -50 * MS, true },
        { -50 * MS - 1, false },
        { 500 * MS, false },
        { -500 * MS, false },
        { INT64_MAX - START, false },
        { INT64_MIN, false },
    };
    struct random r = { 3 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct duplicate *d = filter();
        uint8_t packet[200];

        fill(&r, &shapes[0], packet, sizeof packet);
        assert_false(see(d, 0, packet, sizeof packet));
        assert_int_equal(see(d, rows[i].after_ns, packet, sizeof packet), rows[i].is_copy);
        duplicate_free(d);
    }
}

/* The first one counts, however often copies follow: who repeats himself is heard again. */
static void test_a_copy_does_not_prolong_the_window(void **state)
{
    struct random r = { 4 };
    struct duplicate *d = filter();
    uint8_t packet[200];

    (void)state;
    fill(&r, &shapes[0], packet, sizeof packet);
    assert_false(see(d, 0, packet, sizeof packet));
    assert_true(see(d, 30 * MS, packet, sizeof packet));
    assert_true(see(d, 40 * MS, packet, sizeof packet));
    assert_false(see(d, 60 * MS, packet, sizeof packet));
    assert_true(see(d, 90 * MS, packet, sizeof packet));
    duplicate_free(d);
}

static void test_what_is_sent_again_is_kept(void **state)
{
    struct random r = { 5 };
    struct duplicate *d = filter();
    uint8_t packet[600];

    (void)state;
    fill(&r, &shapes[0], packet, sizeof packet);
    for (int64_t i = 0; i < 7; i++) { /* T1 doubled: the same bytes */
        assert_false(see(d, (500 * MS << i) - 500 * MS, packet, sizeof packet));
        assert_true(see(d, (500 * MS << i) - 500 * MS + 4000, packet, sizeof packet));
    }
    for (uint8_t id = 0; id < 100; id++) { /* RTP sent twice: another IP id, 20 us later */
        packet[5] = id;
        assert_false(see(d, 100000 * MS + id * 20000, packet, sizeof packet));
    }
    duplicate_free(d);
}

static void test_lengths_count(void **state)
{
    struct random r = { 6 };
    struct duplicate *d = filter();
    uint8_t packet[300] = { 0 };

    (void)state;
    fill(&r, &shapes[3], packet, 20);
    for (size_t bytes = 20; bytes < sizeof packet; bytes++) /* zeros behind zeros */
        assert_false(see(d, 0, packet, bytes));
    for (size_t bytes = 20; bytes < sizeof packet; bytes++)
        assert_true(see(d, 0, packet, bytes));
    for (size_t bytes = 0; bytes < 20; bytes++) { /* no packet at all */
        assert_false(see(d, 0, packet, bytes));
        assert_false(see(d, 0, packet, bytes));
    }
    duplicate_free(d);
}

/* Cut by the snap length: a tag more in front moves the cut, which RTP's header is told in spite of.
 * Anything else is compared as far as it was captured. */
static void test_packets_that_were_cut(void **state)
{
    static const struct {
        const char *name;
        size_t first, second; /* captured */
        size_t changed;       /* byte; 0: none */
        struct shape shape;
        uint8_t payload; /* its first byte */
        bool is_copy;
    } rows[] = {
        { "RTP", 50, 50, 0, { false, UDP, 0, 0 }, 0x80, true },
        { "RTP, tagged", 50, 46, 0, { false, UDP, 0, 0 }, 0x80, true },
        { "RTP, both tags off", 42, 50, 0, { false, UDP, 0, 0 }, 0x80, true },
        { "RTP, sequence number", 50, 50, 31, { false, UDP, 0, 0 }, 0x80, false },
        { "RTP, IP id", 50, 50, 5, { false, UDP, 0, 0 }, 0x80, false },
        { "RTP in IPv6", 82, 78, 0, { true, UDP, 0, 0 }, 0x90, true },
        { "RTP in IPv6, sequence number", 82, 78, 51, { true, UDP, 0, 0 }, 0x90, false },
        { "RTP in IPv6 without its header", 50, 50, 0, { true, UDP, 0, 0 }, 0x80, false },
        { "RTP without its header", 39, 39, 0, { false, UDP, 0, 0 }, 0x80, false },
        { "RTP behind options", 60, 56, 0, { false, UDP, 12, 0 }, 0x80, true },
        { "SIP", 250, 250, 0, { false, UDP, 0, 0 }, 'I', true },
        { "SIP, branch", 250, 250, 160, { false, UDP, 0, 0 }, 'I', false },
        { "SIP, last byte", 250, 250, 249, { false, UDP, 0, 0 }, 'I', false },
        { "SIP, cut elsewhere", 250, 246, 0, { false, UDP, 0, 0 }, 'I', false },
        { "TCP", 82, 82, 0, { false, TCP, 0, 0 }, 0, true },
        { "TCP, sequence number", 82, 82, 25, { false, TCP, 0, 0 }, 0, false },
        { "a later fragment", 82, 82, 0, { false, UDP, 0, 0x00b9 }, 0x80, true },
        { "a later fragment, byte 81", 82, 82, 81, { false, UDP, 0, 0x00b9 }, 0x80, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct random r = { 7 };
        struct duplicate *d = filter();
        uint8_t packet[300];

        fill(&r, &rows[i].shape, packet, sizeof packet);
        packet[header_bytes(&rows[i].shape) + 8] = rows[i].payload;
        assert_false(see_cut(d, 0, packet, rows[i].first, 300));
        packet[rows[i].shape.is_v6 ? 7 : 8]--;
        if (rows[i].changed)
            packet[rows[i].changed] ^= 0x40;
        if (see_cut(d, 5, packet, rows[i].second, 300) != rows[i].is_copy)
            fail_msg("%s", rows[i].name);
        duplicate_free(d);
    }
}

/* A mirror that delivers everything twice, the copies any time within the window and one hop
 * further on, among packets that come once: exactly the copies are found. At rates that make the
 * filter grow. */
static void test_a_doubled_mirror(void **state)
{
    enum { PACKETS = 60000, LATE_MAX = 20000 };
    uint32_t *copy_of = malloc((PACKETS + LATE_MAX + 1) * sizeof *copy_of);
    struct random r = { 8 };
    struct duplicate *d = filter();
    unsigned copies = 0, found = 0;

    (void)state;
    assert_non_null(copy_of);
    for (size_t i = 0; i <= PACKETS + LATE_MAX; i++)
        copy_of[i] = UINT32_MAX;
    for (uint32_t i = 0; i < PACKETS; i++) {
        struct random own = { 1000 + i };
        const struct shape *shape = &shapes[i % SHAPES];
        size_t bytes = 60 + i % 300;
        int64_t now = (int64_t)i * 2500; /* 400,000 packets/s: LATE_MAX of them in 50 ms */
        uint32_t late = random_hits(&r, 0.5) ? random_below(&r, LATE_MAX) : random_below(&r, 3);
        uint8_t packet[PACKET_MAX];

        fill(&own, shape, packet, bytes);
        assert_false(see(d, now, packet, bytes));
        if (random_hits(&r, 0.7))
            copy_of[i + late] = i;
        if (copy_of[i] == UINT32_MAX)
            continue;
        own.state = 1000 + copy_of[i];
        shape = &shapes[copy_of[i] % SHAPES];
        bytes = 60 + copy_of[i] % 300;
        fill(&own, shape, packet, bytes);
        packet[shape->is_v6 ? 7 : 8]--;
        copies++;
        found += see(d, now, packet, bytes);
    }
    assert_true(copies > PACKETS / 3);
    assert_int_equal(found, copies);
    duplicate_free(d);
    free(copy_of);
}

/* All at one time, so that nothing may be forgotten: what is held is bounded all the same. */
static void test_what_it_remembers_is_bounded(void **state)
{
    struct random r = { 9 };
    struct duplicate *d = filter();
    uint8_t packet[64];

    (void)state;
    fill(&r, &shapes[0], packet, sizeof packet);
    for (uint32_t i = 0; i < 600000; i++) {
        memcpy(packet + 30, &i, sizeof i);
        if (duplicate_see(d, START, slice_of(packet, sizeof packet), sizeof packet))
            fail_msg("packet %u", i);
    }
    for (uint32_t i = 599999; i > 590000; i--) { /* the newest are there still */
        memcpy(packet + 30, &i, sizeof i);
        assert_true(duplicate_see(d, START, slice_of(packet, sizeof packet), sizeof packet));
    }
    duplicate_free(d);
}

static void test_any_time_will_do(void **state)
{
    static const int64_t times[] = { INT64_MIN, INT64_MAX, 0, -1, INT64_MAX, INT64_MIN, START };
    struct random r = { 10 };
    struct duplicate *d = filter();
    uint8_t packet[100];

    (void)state;
    for (int round = 0; round < 3000; round++) {
        fill(&r, &shapes[round % SHAPES], packet, sizeof packet);
        for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
            duplicate_see(d, times[i], slice_of(packet, sizeof packet), sizeof packet);
        assert_true(duplicate_see(d, START, slice_of(packet, sizeof packet), sizeof packet));
    }
    duplicate_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_which_bytes_count),
        cmocka_unit_test(test_traffic_class_does_not_count),
        cmocka_unit_test(test_the_window_has_two_sides),
        cmocka_unit_test(test_a_copy_does_not_prolong_the_window),
        cmocka_unit_test(test_what_is_sent_again_is_kept),
        cmocka_unit_test(test_lengths_count),
        cmocka_unit_test(test_packets_that_were_cut),
        cmocka_unit_test(test_a_doubled_mirror),
        cmocka_unit_test(test_what_it_remembers_is_bounded),
        cmocka_unit_test(test_any_time_will_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
