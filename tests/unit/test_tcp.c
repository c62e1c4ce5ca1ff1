#include "tests/unit/tcp_scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct scene scene;

static int setup(void **state)
{
    scene_open(&scene);
    scene_start(&scene);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    scene_close(*state);
    return 0;
}

#define SEND(seq, flags, text) scene_send(s, (seq), (flags), SLICE(text))

static void expect_unit(const struct scene *s, size_t i, struct slice text)
{
    assert_true(i < s->units);
    if (!slice_eq(scene_unit_text(s, i), text))
        print_message("unit %zu: %.*s\n", i, (int)scene_unit_text(s, i).len,
                      scene_unit_text(s, i).p);
    assert_true(slice_eq(scene_unit_text(s, i), text));
}

#define A "OPTIONS sip:a@example.com SIP/2.0\r\nCall-ID: a\r\nContent-Length: 0\r\n\r\n"
#define B "SIP/2.0 200 OK\r\nCall-ID: b\r\nl: 5\r\n\r\nhello"
#define C "BYE sip:c@example.com SIP/2.0\r\nCall-ID: c\r\n\r\n"

/* Whole messages in order are not copied. */
static void whole_messages_stay_in_the_frame(void **state)
{
    struct scene *s = *state;

    assert_int_equal(SEND(999, SCENE_SYN, ""), BIN_TCP);
    assert_int_equal(SEND(1000, SCENE_ACK, A B "\r\n\r\n" C), BIN_COUNT);
    assert_int_equal(s->units, 3);
    expect_unit(s, 0, SLICE(A));
    expect_unit(s, 1, SLICE(B));
    expect_unit(s, 2, SLICE(C));
    for (size_t i = 0; i < 3; i++) {
        assert_true(s->in_current[i] && s->in_frame[i]);
        assert_int_equal(s->parts[i], 0);
        assert_int_equal(s->datagrams[i].time_ns, s->now_ns);
        assert_int_equal(s->datagrams[i].transport, TRANSPORT_TCP);
        assert_int_equal(s->datagrams[i].dscp, 26);
        assert_int_equal(s->datagrams[i].src.port, 40000);
        assert_int_equal(s->datagrams[i].dst.port, 5060);
        assert_int_equal(s->datagrams[i].wire_bytes, s->datagrams[i].payload.len);
    }
    assert_int_equal(tcp_stats(s->tcp)->streams, 1);
}

static void a_message_over_three_segments_names_its_frames(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    assert_int_equal(scene_send(s, 1, 0, slice_of(A B, 80)), BIN_COUNT); /* A and a bit of B */
    s->now_ns += SCENE_MS;
    assert_int_equal(scene_send(s, 81, 0, slice_of(&(A B)[80], 10)), BIN_TCP_SEGMENT);
    s->now_ns += SCENE_MS;
    assert_int_equal(scene_send(s, 91, 0, slice_of(&(A B C)[90], sizeof A B C - 1 - 90)),
                     BIN_COUNT);
    assert_int_equal(s->units, 3);
    expect_unit(s, 1, SLICE(B));
    assert_int_equal(s->parts[1], 2);
    assert_int_equal(s->part_mask[1], 1 << 1 | 1 << 2);
    assert_true(s->in_frame[1] && !s->in_current[1]);
    assert_int_equal(s->datagrams[1].time_ns, s->now_ns);
    expect_unit(s, 2, SLICE(C));
    assert_true(s->in_current[2] && s->parts[2] == 0);
}

static void out_of_order_segments_wait(void **state)
{
    struct scene *s = *state;
    size_t a = sizeof A - 1, b = sizeof B - 1;

    SEND(UINT32_MAX - 20, SCENE_SYN, ""); /* the numbers wrap within A */
    assert_int_equal(SEND((uint32_t)(UINT32_MAX - 19 + a + b), 0, C), BIN_TCP_SEGMENT);
    s->now_ns += SCENE_MS;
    assert_int_equal(SEND((uint32_t)(UINT32_MAX - 19 + a), 0, B), BIN_TCP_SEGMENT);
    s->now_ns += SCENE_MS;
    assert_int_equal(s->units, 0);
    assert_int_equal(SEND(UINT32_MAX - 19, 0, A), BIN_COUNT);
    assert_int_equal(s->units, 3);
    expect_unit(s, 0, SLICE(A));
    expect_unit(s, 1, SLICE(B));
    expect_unit(s, 2, SLICE(C));
    assert_true(s->in_frame[0] && !s->in_frame[1] && !s->in_frame[2]);
    assert_int_equal(s->part_mask[1], 1 << 2);
    assert_int_equal(s->part_mask[2], 1 << 1);
    /* Each has the time at which it was captured. */
    assert_int_equal(s->datagrams[1].time_ns, s->now_ns - SCENE_MS);
    assert_int_equal(s->datagrams[2].time_ns, s->now_ns - 2 * SCENE_MS);
    assert_false(s->unsorted);
    assert_int_equal(tcp_stats(s->tcp)->gaps, 0);
}

static void what_comes_twice_counts_once(void **state)
{
    struct scene *s = *state;
    uint32_t b = 1 + sizeof A - 1;

    SEND(0, SCENE_SYN, "");
    SEND(0, SCENE_SYN, "");
    assert_int_equal(SEND(1, 0, A), BIN_COUNT);
    assert_int_equal(SEND(1, 0, A), BIN_TCP_SEGMENT);
    assert_int_equal(SEND(b - 1, 0, "\0"), BIN_TCP_SEGMENT); /* a keep-alive probe */
    assert_int_equal(scene_send(s, b, 0, slice_of(B, 20)), BIN_TCP_SEGMENT);
    assert_int_equal(SEND(b + 19, 0, "\0"), BIN_TCP_SEGMENT);
    assert_int_equal(SEND(1, 0, A B), BIN_COUNT); /* overlaps all of it, and is new at the end */
    assert_int_equal(s->units, 2);
    expect_unit(s, 1, SLICE(B));
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_OVERLAP], 0);
    SEND(0, SCENE_SYN, ""); /* late */
    assert_int_equal(SEND(b + sizeof B - 1, SCENE_FIN, C), BIN_COUNT);
    assert_int_equal(s->units, 3);
    assert_int_equal(SEND(b + sizeof B - 1, SCENE_FIN, C), BIN_TCP_SEGMENT);
    assert_int_equal(s->units, 3);
}

static void of_bytes_that_differ_the_first_count(void **state)
{
    struct scene *s = *state;
    char other[] = B;

    SEND(0, SCENE_SYN, "");
    scene_send(s, 1, 0, slice_of(B, 30));
    memset(other, 'x', sizeof other);
    scene_send(s, 21, 0, slice_of(other, 10)); /* delivered already, still kept */
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_OVERLAP], 1);
    scene_send(s, 1 + 38, 0, slice_of(&(B)[38], sizeof B - 1 - 38));
    SEND(1 + 37, 0, "xxx"); /* the first is new and wrong, the others wait already */
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_OVERLAP], 2);
    scene_send(s, 1 + 30, 0, slice_of(&(B)[30], 8)); /* its last was there before */
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_OVERLAP], 3);
    assert_int_equal(s->units, 1);
    memcpy(other, B, sizeof B);
    other[37] = 'x';
    expect_unit(s, 0, slice_of(other, sizeof B - 1));
}

static void a_hole_is_given_up(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    scene_send(s, 1, 0, slice_of(B, sizeof B - 3));
    s->now_ns += SCENE_S;
    assert_int_equal(SEND(1000, 0, A "\r\n" C), BIN_TCP_SEGMENT);
    scene_wait(s, SCENE_S);
    assert_int_equal(s->units, 0);
    scene_wait(s, 2 * SCENE_S);
    assert_int_equal(s->units, 3);
    expect_unit(s, 0, slice_of(B, sizeof B - 3));
    assert_int_equal(s->datagrams[0].wire_bytes, sizeof B - 1);
    assert_int_equal(s->datagrams[1].tcp_gaps, 1);
    expect_unit(s, 1, SLICE(A));
    expect_unit(s, 2, SLICE(C));
    assert_int_equal(s->parts[1], 1);
    assert_false(s->in_frame[0] || s->in_frame[1]);
    assert_int_equal(tcp_stats(s->tcp)->gaps, 1);
    assert_int_equal(SEND(1000 + sizeof A "\r\n" C - 1, 0, A), BIN_COUNT);
}

/* Without a tick: the next segment of the stream finds that it is late. */
static void a_hole_is_given_up_by_the_next_segment(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    SEND(1000, 0, A);
    s->now_ns += 2 * SCENE_S;
    assert_int_equal(SEND(1000 + sizeof A - 1, 0, C), BIN_COUNT);
    assert_int_equal(s->units, 2);
}

static void a_stream_is_joined_in_the_middle(void **state)
{
    struct scene *s = *state;

    s->dst_port = 4444;
    assert_int_equal(SEND(77, 0, "bel: x\r\n\r\nrest of a body\r\n" A), BIN_COUNT);
    expect_unit(s, 0, SLICE(A));
    s->src_port++;
    for (int i = 0; i < 15; i++)
        assert_int_equal(SEND(77 + 3 * (uint32_t)i, 0, "\x01yz"), BIN_TCP);
    assert_int_equal(SEND(77 + 45, 0, C), BIN_COUNT);
    s->src_port++;
    for (int i = 0; i < 16; i++)
        SEND(77 + 3 * (uint32_t)i, 0, "\x01yz");
    assert_int_equal(SEND(77 + 48, 0, C), BIN_TCP);
    s->dst_port = 5060;
    for (int i = 0; i < 160; i++)
        SEND(77 + 3 * (uint32_t)i, 0, "\x01yz");
    assert_int_equal(SEND(77 + 480, 0, C), BIN_COUNT);
    assert_int_equal(s->counters.refusals[REFUSAL_SIP_RESYNC], 0);
}

static void a_start_line_decides_on_any_port(void **state)
{
    struct scene *s = *state;

    s->src_port = 1;
    s->dst_port = 65535;
    SEND(0, SCENE_SYN, "");
    SEND(1, 0, "\r\n");
    assert_int_equal(SEND(3, 0, A), BIN_COUNT);
    s->src_port++;
    SEND(0, SCENE_SYN, "");
    assert_int_equal(SEND(1, 0, "EHLO example.com\r\n"), BIN_TCP);
    assert_int_equal(SEND(19, 0, A), BIN_TCP);
    s->src_port++;
    SEND(0, SCENE_SYN, "");
    assert_int_equal(SEND(1, 0, "\x16\x03\x01\x00\x05"), BIN_TLS);
    assert_int_equal(SEND(6, 0, A), BIN_TLS);
    assert_int_equal(s->units, 1);
}

static void keepalives_have_their_bin(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    assert_int_equal(SEND(1, 0, "\r\n\r\n"), BIN_SIP_KEEPALIVE);
    assert_int_equal(SEND(5, 0, A), BIN_COUNT);
    assert_int_equal(SEND(5 + sizeof A - 1, 0, "\r\n"), BIN_SIP_KEEPALIVE);
    s->dst_port = 80;
    SEND(0, SCENE_SYN, "");
    assert_int_equal(SEND(1, 0, "\r\n\r\n"), BIN_TCP);
}

static void headers_that_lie_are_malformed(void **state)
{
    static const struct path no_path;
    struct scene *s = *state;
    uint8_t header[20] = { [12] = 0x50 };

    for (unsigned n = 0; n < 20; n++) {
        struct slice block = heap_block(slice_of(header, n));
        struct frame frame = { 1, (const uint8_t *)block.p, n, 60, 101 };
        struct tcp_packet packet = { s->src_ip, s->dst_ip, frame.data, n,    60, &no_path,
                                     0,         false,     0,          NULL, 0 };

        assert_int_equal(tcp_add(s->tcp, &frame, &packet, scene_unit, s), BIN_TCP_MALFORMED);
        heap_block_free(block);
    }
    for (unsigned offset = 0; offset < 16; offset++) {
        struct frame frame = { 1, header, 20, 24, 101 };
        struct tcp_packet packet = { s->src_ip, s->dst_ip, header, 20,   24, &no_path,
                                     0,         false,     0,      NULL, 0 };

        header[12] = (uint8_t)(offset << 4);
        assert_int_equal(tcp_add(s->tcp, &frame, &packet, scene_unit, s),
                         offset == 5 || offset == 6 ? BIN_TCP : BIN_TCP_MALFORMED);
    }
}

static void a_segment_cut_by_the_snap_length_is_a_hole(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    s->cut = 2;
    assert_int_equal(SEND(1, 0, B), BIN_COUNT);
    s->cut = 0;
    expect_unit(s, 0, slice_of(B, sizeof B - 3));
    assert_int_equal(s->datagrams[0].wire_bytes, sizeof B - 1);
    assert_int_equal(SEND(1 + sizeof B - 1, 0, C), BIN_COUNT);
    assert_int_equal(tcp_stats(s->tcp)->gaps, 1);
    assert_int_equal(s->counters.refusals[REFUSAL_SIP_RESYNC], 0);
}

/* Too little to be read, and still SIP: the analyzer says so. */
static void a_start_line_cut_by_the_snap_length_is_handed_over(void **state)
{
    struct scene *s = *state;

    s->dst_port = 4444;
    SEND(0, SCENE_SYN, "");
    for (uint32_t i = 0; i < 3; i++) {
        s->cut = sizeof A - 1 - 20;
        assert_int_equal(SEND(1 + i * (uint32_t)(sizeof A - 1), 0, A), BIN_COUNT);
        expect_unit(s, i, slice_of(A, 20));
        assert_true(s->datagrams[i].wire_bytes > 20 && s->in_frame[i]);
    }
    s->cut = sizeof A - 1;
    assert_int_equal(SEND(1 + 3 * (sizeof A - 1), 0, A), BIN_TCP);
    s->cut = 0;
    assert_int_equal(SEND(1 + 4 * (sizeof A - 1), 0, A), BIN_COUNT);
    expect_unit(s, 3, SLICE(A));
}

static void a_reused_port_is_a_new_stream(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    scene_send(s, 1, 0, slice_of(B, 30));
    assert_int_equal(SEND(5000000, SCENE_SYN, ""), BIN_TCP);
    assert_int_equal(s->units, 1); /* what there was of B */
    assert_int_equal(SEND(5000001, 0, A), BIN_COUNT);
    assert_int_equal(SEND(5000001 + sizeof A - 1, SCENE_RST, ""), BIN_TCP);
    assert_int_equal(SEND(3000000000u, 0, C), BIN_COUNT); /* its SYN was not seen */
    assert_int_equal(s->units, 3);
    assert_int_equal(tcp_stats(s->tcp)->streams, 1);
}

static void the_end_hands_over_what_waits(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    scene_send(s, 1, 0, slice_of(B, 30));
    SEND(500, 0, A);
    scene_finish(s);
    assert_int_equal(s->units, 2);
    expect_unit(s, 0, slice_of(B, 30));
    expect_unit(s, 1, SLICE(A));
    assert_int_equal(tcp_stats(s->tcp)->streams, 0);
}

/* Equal addresses and ports in two networks are two connections; so are IPv6's. */
static void networks_and_families_are_kept_apart(void **state)
{
    struct scene *s = *state;

    for (unsigned i = 0; i < 3; i++) {
        s->network = i;
        s->is_v6 = i == 2;
        SEND(0, SCENE_SYN, "");
        scene_send(s, 1, 0, slice_of(B, 10 + i));
    }
    for (unsigned i = 0; i < 3; i++) {
        s->network = i;
        s->is_v6 = i == 2;
        scene_send(s, 11 + i, 0, slice_of(&(B)[10 + i], sizeof B - 11 - i));
        expect_unit(s, i, SLICE(B));
        assert_int_equal(s->datagrams[i].network, i);
        assert_int_equal(addr_is_v4(&s->datagrams[i].src), i < 2);
    }
    assert_int_equal(tcp_stats(s->tcp)->streams, 3);
}

/* A segment that came in IP fragments lies in none of its frames; they are parts like any other. */
static void fragments_of_segments_are_parts(void **state)
{
    struct scene *s = *state;
    struct held_budget budget = { 0, 1 << 20 };
    uint8_t bytes[20] = { [14] = 40 };
    struct frame first = { s->now_ns, bytes, sizeof bytes, sizeof bytes, 101 };
    struct held_frame *held = held_take(&budget, &first);
    const struct held_frame *const lent[] = { held };

    held->owners[0] = 77;
    SEND(0, SCENE_SYN, "");
    s->now_ns += SCENE_MS;
    s->fragments = lent;
    s->fragment_count = 1;
    assert_int_equal(scene_send(s, 1, 0, slice_of(A B, 80)), BIN_COUNT);
    assert_int_equal(s->part_mask[0], UINT64_C(1) << 40);
    assert_int_equal(s->parts[0], 1);
    s->fragments = NULL;
    s->fragment_count = 0;
    held_release(&budget, held); /* it was only lent */
    s->now_ns += SCENE_MS;
    scene_send(s, 81, 0, slice_of(&(A B)[80], sizeof A B - 1 - 80));
    expect_unit(s, 1, SLICE(B));
    assert_int_equal(s->parts[1], 2);
    assert_int_equal(s->part_mask[1], UINT64_C(1) << 40 | 1 << 1);
    assert_int_equal(s->owner, 77); /* whoever kept it has kept its copy */
    assert_false(s->unsorted);
}

/* What may be anybody's does not use up what SIP waits in. */
static void an_unknown_stream_waits_little(void **state)
{
    static const char noise[1000] = { 1 };
    struct scene *s = *state;

    s->dst_port = 443;
    SEND(0, SCENE_SYN, "");
    for (uint32_t i = 1; i < 300; i++)
        scene_send(s, 1000 * i, 0, slice_of(noise, sizeof noise));
    assert_true(tcp_stats(s->tcp)->waiting_bytes == 0);
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_BYTES], 0);
}

static void idle_streams_are_forgotten(void **state)
{
    struct scene *s = *state;

    SEND(0, SCENE_SYN, "");
    SEND(1, 0, A);
    s->src_port++;
    SEND(0, SCENE_SYN, "");
    scene_wait(s, 300 * SCENE_S);
    assert_int_equal(tcp_stats(s->tcp)->streams, 1);
    scene_wait(s, 301 * SCENE_S);
    assert_int_equal(tcp_stats(s->tcp)->streams, 0);
}

static void a_flood_of_syns_does_not_push_out_sip(void **state)
{
    struct scene *s = *state;

    tcp_free(s->tcp);
    s->options.tcp_streams_max = 100;
    scene_start(s);
    SEND(0, SCENE_SYN, "");
    scene_send(s, 1, 0, slice_of(B, 30));
    for (unsigned i = 0; i < 1000; i++) {
        s->src_port = (uint16_t)(i + 1);
        SEND(i, SCENE_SYN, "");
    }
    assert_int_equal(tcp_stats(s->tcp)->streams, 100);
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_STREAMS], 901);
    s->src_port = 40000;
    scene_send(s, 31, 0, slice_of(&(B)[30], sizeof B - 31));
    assert_int_equal(s->units, 1);
    expect_unit(s, 0, SLICE(B));
}

/* Over its limit a stream goes on behind the hole; others are not held up. */
static void a_hole_bomb_is_bounded(void **state)
{
    struct scene *s = *state;
    char junk[1000];

    tcp_free(s->tcp);
    s->options.tcp_bytes_max = 64 << 10;
    s->options.tcp_stream_bytes_max = 16 << 10;
    scene_start(s);
    memset(junk, 'j', sizeof junk);
    for (uint16_t port = 1; port <= 50; port++) {
        s->src_port = port;
        SEND(0, SCENE_SYN, "");
        SEND(1, 0, A);
        for (unsigned i = 1; i < 100; i++)
            scene_send(s, 1000 * i, 0, slice_of(junk, sizeof junk));
    }
    assert_int_equal(s->units, 50);
    assert_true(s->counters.refusals[REFUSAL_TCP_BYTES] > 0);
    for (uint16_t port = 1; port <= 50; port++) {
        s->src_port = port;
        assert_int_equal(SEND(100000, 0, "j\r\n" C), BIN_COUNT);
    }
    assert_int_equal(s->units, 100);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(whole_messages_stay_in_the_frame),
        TEST(a_message_over_three_segments_names_its_frames),
        TEST(out_of_order_segments_wait),
        TEST(what_comes_twice_counts_once),
        TEST(of_bytes_that_differ_the_first_count),
        TEST(a_hole_is_given_up),
        TEST(a_hole_is_given_up_by_the_next_segment),
        TEST(a_stream_is_joined_in_the_middle),
        TEST(a_start_line_decides_on_any_port),
        TEST(keepalives_have_their_bin),
        TEST(headers_that_lie_are_malformed),
        TEST(a_segment_cut_by_the_snap_length_is_a_hole),
        TEST(a_start_line_cut_by_the_snap_length_is_handed_over),
        TEST(a_reused_port_is_a_new_stream),
        TEST(the_end_hands_over_what_waits),
        TEST(networks_and_families_are_kept_apart),
        TEST(fragments_of_segments_are_parts),
        TEST(an_unknown_stream_waits_little),
        TEST(idle_streams_are_forgotten),
        TEST(a_flood_of_syns_does_not_push_out_sip),
        TEST(a_hole_bomb_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
