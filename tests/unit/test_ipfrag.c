#include "probe/decap/ipfrag.h"

#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define S     INT64_C(1000000000)
#define START (INT64_C(1700000000) * S)

enum { PACKET_MAX = 65535, HEADER_BYTES = 14, TRAILER_BYTES = 2, PIECES_MAX = 2048 };

struct scene {
    struct ipfrag *f;
    struct counters counters;
    struct ipfrag_joined joined; /* what was whole last */
};

static void start(struct scene *s, size_t bytes_max, size_t packets_max)
{
    struct decap_options options = { .fragment_bytes_max = bytes_max,
                                     .fragmented_max = packets_max,
                                     .hash_key = { 11, 22 } };

    *s = (struct scene){ .f = NULL };
    assert_int_equal(ipfrag_new(&s->f, &options, &s->counters), 0);
}

static void end(struct scene *s)
{
    ipfrag_free(s->f);
}

static uint64_t expired(const struct scene *s)
{
    return ipfrag_stats(s->f)->frames_expired;
}

/* A piece, and what is to become of it. Its bytes are those of `from` at its offset, or of a pattern
 * that says where they stand. */
struct row {
    uint32_t offset;
    size_t bytes;
    bool more;
    enum packet_bin bin;
    const uint8_t *from;
    int64_t after_ns; /* since START */
    size_t cut;       /* bytes that were not captured */
    uint32_t id, network;
    uint8_t protocol, host;
    bool is_v6;
};

static uint8_t pattern_at(size_t at)
{
    return (uint8_t)(at * 131 + (at >> 8));
}

/* A frame with the piece in its middle; its memory is gone after the call. */
static enum packet_bin add(struct scene *s, const struct row *row)
{
    uint8_t src[16] = { 10, 0, 0, 1, row->host }, dst[16] = { 10, 0, 0, 2 };
    size_t captured = row->bytes - row->cut;
    size_t frame_bytes = HEADER_BYTES + captured + (row->cut ? 0 : TRAILER_BYTES);
    uint8_t *bytes = malloc(frame_bytes);
    struct frame frame = { .time_ns = START + row->after_ns,
                           .data = bytes,
                           .captured_bytes = (uint32_t)frame_bytes,
                           .wire_bytes = (uint32_t)(HEADER_BYTES + row->bytes + TRAILER_BYTES),
                           .link_type = 1 };
    struct ipfrag_piece piece = { .src_ip = row->is_v6 ? src : src + 1,
                                  .dst_ip = dst,
                                  .id = row->id,
                                  .network = row->network,
                                  .offset_bytes = row->offset,
                                  .p = bytes + HEADER_BYTES,
                                  .captured_bytes = captured,
                                  .wire_bytes = row->bytes,
                                  .protocol = row->protocol,
                                  .is_v6 = row->is_v6,
                                  .more = row->more };
    enum packet_bin bin;

    assert_non_null(bytes);
    memset(bytes, 0xee, frame_bytes);
    for (size_t i = 0; i < captured; i++)
        bytes[HEADER_BYTES + i] =
            row->from ? row->from[row->offset + i] : pattern_at(row->offset + i);
    bin = ipfrag_add(s->f, &frame, &piece, &s->joined);
    memset(bytes, 0, frame_bytes);
    free(bytes);
    return bin;
}

static void add_all(struct scene *s, const char *name, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum packet_bin bin = add(s, &rows[i]);

        if (bin != rows[i].bin)
            fail_msg("%s, piece %zu: bin %d", name, i, (int)bin);
    }
}

static void expect_pattern(const struct scene *s, size_t captured, size_t wire)
{
    assert_int_equal(s->joined.captured_bytes, captured);
    assert_int_equal(s->joined.wire_bytes, wire);
    for (size_t i = 0; i < captured; i++)
        assert_int_equal(s->joined.p[i], pattern_at(i));
}

#define ADD_ALL(s, name, rows) add_all(s, name, rows, sizeof(rows) / sizeof((rows)[0]))

static void test_first_and_last_in_both_orders(void **state)
{
    static const struct row in_order[] = { { 0, 1480, true, .bin = BIN_FRAGMENT, .protocol = 17 },
                                           { 1480, 77, false, .bin = BIN_COUNT, .protocol = 17 } };
    static const struct row last_first[] = { { 1480, 77, false, .bin = BIN_FRAGMENT,
                                               .protocol = 17 },
                                             { 0, 1480, true, .bin = BIN_COUNT, .protocol = 17 } };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    ADD_ALL(&s, "in order", in_order);
    expect_pattern(&s, 1557, 1557);
    assert_int_equal(s.joined.protocol, 17);
    assert_int_equal(s.joined.part_count, 1);
    assert_int_equal(s.joined.parts[0]->frame.captured_bytes, 14 + 1480 + 2);
    assert_int_equal(s.joined.parts[0]->owners[0], 0);
    ADD_ALL(&s, "last first", last_first);
    expect_pattern(&s, 1557, 1557);
    assert_int_equal(s.joined.part_count, 1);
    assert_int_equal(s.joined.parts[0]->frame.captured_bytes, 14 + 77 + 2);
    ipfrag_finish(s.f);
    assert_int_equal(expired(&s), 0);
    end(&s);
}

/* In IPv6 the first piece says what follows; others may say anything (RFC 8200 §4.5). */
static void test_protocol_is_the_first_pieces(void **state)
{
    static const struct row rows[] = {
        { 16, 8, false, .bin = BIN_FRAGMENT, .protocol = 60, .is_v6 = true },
        { 0, 8, true, .bin = BIN_FRAGMENT, .protocol = 17, .is_v6 = true },
        { 8, 8, true, .bin = BIN_COUNT, .protocol = 43, .is_v6 = true },
    };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    ADD_ALL(&s, "protocols", rows);
    assert_int_equal(s.joined.protocol, 17);
    end(&s);
}

static void test_what_cannot_be_is_refused(void **state)
{
    static const struct row rows[] = {
        { 0, 0, true, .bin = BIN_FRAGMENT_MALFORMED },
        { 8, 0, false, .bin = BIN_FRAGMENT_MALFORMED },
        { 0, 7, true, .bin = BIN_FRAGMENT_MALFORMED },
        { 0, 1001, true, .bin = BIN_FRAGMENT_MALFORMED },
        { 65528, 8, false, .bin = BIN_FRAGMENT_MALFORMED },
        { 65528, 8, true, .bin = BIN_FRAGMENT_MALFORMED },
        { 8, 65528, true, .bin = BIN_FRAGMENT_MALFORMED },
        { 65528, 1480, false, .bin = BIN_FRAGMENT_MALFORMED },
        /* to the last byte; and none of the above left anything behind */
        { 65528, 7, false, .bin = BIN_FRAGMENT },
        { 0, 65528, true, .bin = BIN_COUNT },
    };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    ADD_ALL(&s, "cannot be", rows);
    expect_pattern(&s, PACKET_MAX, PACKET_MAX);
    end(&s);
}

/* Every kind of disagreement, after two pieces were held: [16, 32) and [48, 56), the end. */
static void test_a_disagreement_condemns_the_packet(void **state)
{
    static const uint8_t other[128] = { 1 };
    static const struct {
        const char *name;
        struct row row;
    } rows[] = {
        { "same place, other bytes", { 16, 16, .more = true, .from = other } },
        { "same begin, longer", { 16, 24, .more = true } },
        { "same begin, shorter", { 16, 8, .more = true } },
        { "within", { 24, 8, .more = true } },
        { "over its begin", { 8, 16, .more = true } },
        { "over its end", { 24, 16, .more = true } },
        { "around it", { 8, 32, .more = true } },
        { "into the end", { 40, 16, .more = true } },
        { "behind the end", { 56, 8, .more = true } },
        { "an end further on", { 56, 8, .more = false } },
        { "an end before that", { 32, 8, .more = false } },
        { "an end before what is there", { 8, 8, .more = false } },
        { "the end, and more follow", { 48, 8, .more = true } },
        { "the middle, and it is the end", { 16, 16, .more = false } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const struct row held[] = { { 16, 16, true, .bin = BIN_FRAGMENT },
                                           { 48, 8, false, .bin = BIN_FRAGMENT } };
        static const struct row later[] = {
            { 0, 16, true, .bin = BIN_FRAGMENT_OVERLAP },
            { 16, 16, true, .bin = BIN_FRAGMENT_OVERLAP, .after_ns = 30 * S },
            { 0, 16, true, .bin = BIN_FRAGMENT, .id = 9 }, /* another packet does not suffer */
            { 16, 16, false, .bin = BIN_COUNT, .id = 9 },
            { 0, 16, true, .bin = BIN_FRAGMENT, .after_ns = 31 * S }, /* the id is used again */
            { 16, 16, false, .bin = BIN_COUNT, .after_ns = 31 * S },
        };
        struct scene s;
        struct row row = rows[i].row;

        row.bin = BIN_FRAGMENT_OVERLAP;
        start(&s, 1 << 20, 16);
        ADD_ALL(&s, rows[i].name, held);
        add_all(&s, rows[i].name, &row, 1);
        assert_int_equal(expired(&s), 2);
        ADD_ALL(&s, rows[i].name, later);
        assert_int_equal(expired(&s), 2);
        end(&s);
    }
}

/* The end may come last, and say that there is too much already. */
static void test_an_end_before_what_came_condemns_the_packet(void **state)
{
    static const struct row rows[] = {
        { 16, 16, true, .bin = BIN_FRAGMENT },
        { 8, 8, false, .bin = BIN_FRAGMENT_OVERLAP },
        { 32, 8, false, .bin = BIN_FRAGMENT_OVERLAP },
    };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    ADD_ALL(&s, "end", rows);
    assert_int_equal(expired(&s), 1);
    end(&s);
}

static void test_an_exact_repeat_is_let_pass(void **state)
{
    static const struct row rows[] = {
        { 8, 8, true, .bin = BIN_FRAGMENT },   { 8, 8, true, .bin = BIN_FRAGMENT },
        { 16, 5, false, .bin = BIN_FRAGMENT }, { 16, 5, false, .bin = BIN_FRAGMENT },
        { 8, 8, true, .bin = BIN_FRAGMENT },   { 0, 8, true, .bin = BIN_COUNT },
    };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    ADD_ALL(&s, "repeats", rows);
    expect_pattern(&s, 21, 21);
    assert_int_equal(s.joined.part_count, 2);
    end(&s);
}

/* What tells two packets apart, each with its first half; then the other halves. */
static void test_packets_do_not_mix(void **state)
{
    static const struct row keys[] = {
        { .id = 1, .protocol = 17 },
        { .id = 2, .protocol = 17 },
        { .id = 1, .protocol = 6 },
        { .id = 1, .protocol = 17, .network = 100 },
        { .id = 1, .protocol = 17, .host = 7 },
        { .id = 1, .protocol = 17, .is_v6 = true },
        { .id = 1, .protocol = 17, .is_v6 = true, .host = 7 },
        { .id = 0x10001, .protocol = 17, .is_v6 = true },
    };
    enum { KEYS = sizeof keys / sizeof keys[0] };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    for (size_t i = 0; i < KEYS; i++) {
        uint8_t bytes[16];
        struct row row = keys[i];

        memset(bytes, (int)i, sizeof bytes);
        row.from = bytes;
        row.bytes = 8;
        row.more = true;
        assert_int_equal(add(&s, &row), BIN_FRAGMENT);
    }
    for (size_t i = 0; i < KEYS; i++) {
        uint8_t bytes[16];
        struct row row = keys[i];

        memset(bytes, (int)i, sizeof bytes);
        row.from = bytes;
        row.offset = 8;
        row.bytes = 8;
        assert_int_equal(add(&s, &row), BIN_COUNT);
        assert_memory_equal(s.joined.p, bytes, 16);
        assert_int_equal(s.joined.part_count, 1);
    }
    end(&s);
}

static void test_ends_at_the_first_byte_that_was_cut(void **state)
{
    static const struct row rows[] = {
        { 0, 16, true, .bin = BIN_FRAGMENT, .id = 1 },
        { 16, 16, true, .bin = BIN_FRAGMENT, .id = 1, .cut = 6 },
        { 32, 9, false, .bin = BIN_COUNT, .id = 1 },
    };
    static const struct row nothing[] = { { 8, 8, false, .bin = BIN_FRAGMENT, .id = 2 },
                                          { 0, 8, true, .bin = BIN_COUNT, .id = 2, .cut = 8 } };
    /* A repeat counts as far as both were captured. */
    static const struct row repeats[] = { { 0, 16, true, .bin = BIN_FRAGMENT, .id = 3, .cut = 6 },
                                          { 0, 16, true, .bin = BIN_FRAGMENT, .id = 3, .cut = 2 },
                                          { 16, 8, false, .bin = BIN_COUNT, .id = 3, .cut = 1 } };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    ADD_ALL(&s, "middle", rows);
    expect_pattern(&s, 26, 41);
    ADD_ALL(&s, "nothing", nothing);
    expect_pattern(&s, 0, 16);
    ADD_ALL(&s, "repeats", repeats);
    expect_pattern(&s, 10, 24);
    end(&s);
}

static void test_expires_in_packet_time(void **state)
{
    static const struct row first = { 0, 8, true, .bin = BIN_FRAGMENT };
    struct row last = { 8, 8, false, .bin = BIN_COUNT };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    assert_int_equal(add(&s, &first), BIN_FRAGMENT);
    ipfrag_tick(s.f, START + 29 * S);
    assert_int_equal(expired(&s), 0);
    last.after_ns = 30 * S;
    assert_int_equal(add(&s, &last), BIN_COUNT); /* just in time */

    assert_int_equal(add(&s, &first), BIN_FRAGMENT);
    ipfrag_tick(s.f, START + 10 * S); /* going back is harmless */
    ipfrag_tick(s.f, START + 31 * S);
    assert_int_equal(expired(&s), 1);
    assert_int_equal(add(&s, &last), BIN_FRAGMENT); /* begins a packet of its own */
    ipfrag_tick(s.f, START + 70 * S);
    assert_int_equal(expired(&s), 2);

    /* Without a tick, a later piece finds out; so does one of long before. */
    assert_int_equal(add(&s, &first), BIN_FRAGMENT);
    last.after_ns = 31 * S;
    assert_int_equal(add(&s, &last), BIN_FRAGMENT);
    assert_int_equal(expired(&s), 3);
    assert_int_equal(add(&s, &first), BIN_FRAGMENT);
    assert_int_equal(expired(&s), 4);
    last.after_ns = -2 * S; /* sources are not in perfect order */
    assert_int_equal(add(&s, &last), BIN_COUNT);
    end(&s);
}

static void test_any_time_will_do(void **state)
{
    static const int64_t after_ns[] = { INT64_MIN, INT64_MAX - START, -START,   -START - 1,
                                        0,         INT64_MAX - START, INT64_MIN };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    for (size_t i = 0; i < sizeof after_ns / sizeof after_ns[0]; i++) {
        struct row row = { 0, 8, true, .bin = BIN_FRAGMENT, .after_ns = after_ns[i] };

        assert_int_equal(add(&s, &row), BIN_FRAGMENT);
        ipfrag_tick(s.f, START + after_ns[i]);
    }
    ipfrag_finish(s.f);
    assert_in_range(expired(&s), 5, 7); /* two of them may be repeats */
    end(&s);
}

static void test_the_oldest_packet_is_let_go(void **state)
{
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 4);
    for (uint32_t id = 0; id < 6; id++) {
        struct row row = { 0, 8, true, .bin = BIN_FRAGMENT, .id = id, .after_ns = id * S };

        assert_int_equal(add(&s, &row), BIN_FRAGMENT);
    }
    assert_int_equal(s.counters.refusals[REFUSAL_FRAGMENTED], 2);
    assert_int_equal(expired(&s), 2);
    for (uint32_t id = 2; id < 6; id++) {
        struct row row = { 8, 8, false, .bin = BIN_COUNT, .id = id, .after_ns = 7 * S };

        assert_int_equal(add(&s, &row), BIN_COUNT);
    }
    end(&s);
}

static void test_bytes_are_bounded(void **state)
{
    struct row big = { 0, 4000, true, .bin = BIN_FRAGMENT },
               last = { 4000, 8, false, .bin = BIN_COUNT };
    struct scene s;

    (void)state;
    start(&s, 3 * (4000 + 500), 100);
    for (uint32_t id = 0; id < 5; id++) {
        big.id = id;
        big.after_ns = id * S;
        assert_int_equal(add(&s, &big), BIN_FRAGMENT);
    }
    assert_int_equal(s.counters.refusals[REFUSAL_FRAGMENTED], 2);
    assert_int_equal(expired(&s), 2);
    for (uint32_t id = 2; id < 5; id++) {
        last.id = id;
        last.after_ns = 5 * S;
        assert_int_equal(add(&s, &last), BIN_COUNT);
        expect_pattern(&s, 4008, 4008);
    }
    /* One that cannot be held at all takes nobody's place. */
    big.id = 7;
    assert_int_equal(add(&s, &big), BIN_FRAGMENT);
    big.id = 8;
    big.bytes = 40000;
    assert_int_equal(add(&s, &big), BIN_FRAGMENT_LIMIT);
    last.id = 7;
    assert_int_equal(add(&s, &last), BIN_COUNT);
    end(&s);
}

/* A packet does not push its own pieces out, and grows no further than there is room. */
static void test_a_packet_alone_can_be_too_much(void **state)
{
    struct scene s;
    unsigned held = 0;

    (void)state;
    start(&s, 20000, 100);
    for (uint32_t i = 0; i < 40; i++) {
        struct row row = { i * 1000, 1000, true, .bin = BIN_FRAGMENT };
        enum packet_bin bin = add(&s, &row);

        assert_true(bin == BIN_FRAGMENT || bin == BIN_FRAGMENT_LIMIT);
        held += bin == BIN_FRAGMENT;
    }
    assert_in_range(held, 12, 18);
    ipfrag_finish(s.f);
    assert_int_equal(expired(&s), held);
    assert_int_equal(s.counters.refusals[REFUSAL_FRAGMENTED], 0);
    end(&s);
}

static void test_nothing_fits(void **state)
{
    static const struct row row = { 0, 8, .more = true };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 0);
    assert_int_equal(add(&s, &row), BIN_FRAGMENT_LIMIT);
    end(&s);
    start(&s, 10, 10);
    assert_int_equal(add(&s, &row), BIN_FRAGMENT_LIMIT);
    end(&s);
    start(&s, 240, 10); /* a packet, but no frame */
    assert_int_equal(add(&s, &row), BIN_FRAGMENT_LIMIT);
    assert_int_equal(expired(&s), 0);
    end(&s);
}

/* The smallest pieces, from the last to the first: as many as are held, and no more. */
static void test_pieces_of_a_packet_are_bounded(void **state)
{
    struct scene s;

    (void)state;
    start(&s, 16 << 20, 10);
    for (uint32_t i = 0; i < PIECES_MAX + 2; i++) {
        struct row row = { (4095 - i) * 8, 8, true, .bin = BIN_FRAGMENT };

        row.bin = i < PIECES_MAX ? BIN_FRAGMENT : BIN_FRAGMENT_LIMIT;
        assert_int_equal(add(&s, &row), row.bin);
    }
    ipfrag_finish(s.f);
    assert_int_equal(expired(&s), PIECES_MAX);
    end(&s);
}

static void test_a_flood_of_first_less_pieces(void **state)
{
    enum { FLOOD = 60000 };
    struct scene s;

    (void)state;
    start(&s, 16 << 20, 4096);
    for (uint32_t i = 0; i < FLOOD; i++) {
        struct row row = { 1480, 1480, true, .bin = BIN_FRAGMENT, .id = i, .after_ns = i * 1000 };

        assert_int_equal(add(&s, &row), BIN_FRAGMENT);
    }
    assert_true(s.counters.refusals[REFUSAL_FRAGMENTED] >= FLOOD - 4096);
    assert_int_equal(expired(&s), s.counters.refusals[REFUSAL_FRAGMENTED]);
    ipfrag_finish(s.f);
    assert_int_equal(expired(&s), FLOOD);
    end(&s);
}

struct cut {
    uint32_t offset, bytes;
    bool sent;
};

/* Cuts [0, total) into pieces, at multiples of 8, and shuffles them. */
static size_t cut_and_shuffle(struct random *r, struct cut *cuts, uint32_t total)
{
    uint32_t largest = 1 + random_below(r, 200), at = 0;
    size_t count = 0;

    if (total / 8 / largest > 300)
        largest = 200;
    while (at < total) {
        uint32_t bytes = 8 * (1 + random_below(r, largest));

        if (bytes > total - at)
            bytes = total - at;
        cuts[count++] = (struct cut){ at, bytes, false };
        at += bytes;
    }
    for (size_t i = count; i > 1; i--) {
        size_t other = random_below(r, (uint32_t)i);
        struct cut swapped = cuts[i - 1];

        cuts[i - 1] = cuts[other];
        cuts[other] = swapped;
    }
    return count;
}

static void expect_parts(const struct scene *s, const struct cut *cuts, size_t count,
                         const uint8_t *packet)
{
    assert_int_equal(s->joined.part_count, count);
    for (size_t i = 0; i < count; i++) {
        const struct frame *frame = &s->joined.parts[i]->frame;

        assert_int_equal(frame->captured_bytes, HEADER_BYTES + cuts[i].bytes + TRAILER_BYTES);
        assert_memory_equal(frame->data + HEADER_BYTES, packet + cuts[i].offset, cuts[i].bytes);
    }
}

/* However a packet is cut, shuffled and repeated: its bytes come out, and every frame once. */
static void test_any_cut_any_order(void **state)
{
    struct random r = { 20261121 };
    struct cut *cuts = calloc(8192, sizeof *cuts);
    struct scene s;

    (void)state;
    assert_non_null(cuts);
    start(&s, 4 << 20, 64);
    for (uint32_t round = 0; round < 1500; round++) {
        uint32_t total = 9 + random_below(&r, random_hits(&r, 0.1) ? PACKET_MAX - 9 : 4000);
        uint8_t *packet = malloc(total);
        size_t count = cut_and_shuffle(&r, cuts, total);

        assert_non_null(packet);
        for (uint32_t i = 0; i < total; i++)
            packet[i] = (uint8_t)random_next(&r);
        for (size_t i = 0; i < count; i++) {
            struct row row = {
                cuts[i].offset, cuts[i].bytes, .more = cuts[i].offset + cuts[i].bytes < total,
                .from = packet, .id = round,   .is_v6 = round % 2
            };
            bool whole = i == count - 1;

            assert_int_equal(add(&s, &row), whole ? BIN_COUNT : BIN_FRAGMENT);
            if (!whole && random_hits(&r, 0.2)) {
                size_t again = random_below(&r, (uint32_t)i + 1);

                row.offset = cuts[again].offset;
                row.bytes = cuts[again].bytes;
                row.more = row.offset + row.bytes < total;
                assert_int_equal(add(&s, &row), BIN_FRAGMENT);
            }
        }
        if (count == 1)
            assert_int_equal(s.joined.part_count, 0);
        assert_int_equal(s.joined.captured_bytes, total);
        assert_int_equal(s.joined.wire_bytes, total);
        assert_memory_equal(s.joined.p, packet, total);
        expect_parts(&s, cuts, count - 1, packet);
        free(packet);
    }
    assert_int_equal(s.counters.refusals[REFUSAL_FRAGMENTED], 0);
    assert_int_equal(expired(&s), 0);
    end(&s);
    free(cuts);
}

/* What a model says that knows every byte's first writer: either the packet is whole with its own
 * bytes, or it was condemned. */
static void test_random_overlaps_never_give_other_bytes(void **state)
{
    struct random r = { 5722 };
    unsigned whole = 0, condemned = 0;
    struct scene s;

    (void)state;
    start(&s, 4 << 20, 64);
    for (uint32_t round = 0; round < 20000; round++) {
        bool is_condemned = false, ended = false;
        bool taken[8] = { false };

        for (int i = 0; i < 12 && !ended; i++) {
            uint32_t units = 1 + random_below(&r, 2), at = random_below(&r, 8);
            struct row row = { at * 8, units * 8, .id = round };
            enum packet_bin bin;
            bool overlaps = false;

            if (at + units > 8)
                continue;
            row.more = at + units < 8;
            for (uint32_t u = at; u < at + units; u++)
                overlaps |= taken[u];
            bin = add(&s, &row);
            if (bin == BIN_COUNT) {
                assert_false(is_condemned || overlaps);
                expect_pattern(&s, 64, 64);
                ended = true;
                whole++;
            } else if (bin == BIN_FRAGMENT_OVERLAP) {
                assert_true(is_condemned || overlaps);
                condemned += !is_condemned;
                is_condemned = true;
            } else {
                assert_int_equal(bin, BIN_FRAGMENT);
                assert_false(is_condemned);
            }
            for (uint32_t u = at; u < at + units; u++)
                taken[u] = true;
        }
    }
    assert_true(whole > 100 && condemned > 1000);
    end(&s);
}

/* A tunnel whose packets are in pieces carries the pieces of another packet: its frames come along,
 * and what was lent is not needed any more. */
static void test_pieces_within_what_was_joined(void **state)
{
    static const uint8_t ip[4] = { 192, 0, 2, 1 };
    struct scene s;

    (void)state;
    start(&s, 1 << 20, 16);
    for (uint32_t half = 0; half < 2; half++) {
        uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, (uint8_t)half };
        struct frame frame = {
            .time_ns = START + half * 10 + 1, .data = bytes, .captured_bytes = 8, .wire_bytes = 8
        };
        struct ipfrag_piece outer = { .src_ip = ip, .dst_ip = ip, .id = 77 + half };
        struct ipfrag_piece inner = { .src_ip = ip, .dst_ip = ip, .id = 99, .more = half == 0 };
        struct ipfrag_joined joined;

        outer.p = bytes;
        outer.captured_bytes = outer.wire_bytes = 8;
        outer.more = true;
        assert_int_equal(ipfrag_add(s.f, &frame, &outer, &joined), BIN_FRAGMENT);
        outer.offset_bytes = 8;
        outer.more = false;
        frame.time_ns++;
        assert_int_equal(ipfrag_add(s.f, &frame, &outer, &joined), BIN_COUNT);
        assert_int_equal(joined.part_count, 1);
        inner.p = joined.p;
        inner.captured_bytes = inner.wire_bytes = 16;
        inner.offset_bytes = half * 16;
        inner.parts = joined.parts;
        inner.part_count = joined.part_count;
        assert_int_equal(ipfrag_add(s.f, &frame, &inner, &s.joined),
                         half ? BIN_COUNT : BIN_FRAGMENT);
    }
    assert_int_equal(s.joined.captured_bytes, 32);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(s.joined.p[i], i % 8 == 7 ? i / 16 : i % 8 + 1);
    assert_int_equal(s.joined.part_count, 3);
    assert_int_equal(s.joined.parts[0]->frame.time_ns, START + 1);
    assert_int_equal(s.joined.parts[1]->frame.time_ns, START + 2);
    assert_int_equal(s.joined.parts[2]->frame.time_ns, START + 11);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_and_last_in_both_orders),
        cmocka_unit_test(test_protocol_is_the_first_pieces),
        cmocka_unit_test(test_what_cannot_be_is_refused),
        cmocka_unit_test(test_a_disagreement_condemns_the_packet),
        cmocka_unit_test(test_an_end_before_what_came_condemns_the_packet),
        cmocka_unit_test(test_an_exact_repeat_is_let_pass),
        cmocka_unit_test(test_packets_do_not_mix),
        cmocka_unit_test(test_ends_at_the_first_byte_that_was_cut),
        cmocka_unit_test(test_expires_in_packet_time),
        cmocka_unit_test(test_any_time_will_do),
        cmocka_unit_test(test_the_oldest_packet_is_let_go),
        cmocka_unit_test(test_bytes_are_bounded),
        cmocka_unit_test(test_a_packet_alone_can_be_too_much),
        cmocka_unit_test(test_nothing_fits),
        cmocka_unit_test(test_pieces_of_a_packet_are_bounded),
        cmocka_unit_test(test_a_flood_of_first_less_pieces),
        cmocka_unit_test(test_any_cut_any_order),
        cmocka_unit_test(test_random_overlaps_never_give_other_bytes),
        cmocka_unit_test(test_pieces_within_what_was_joined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
