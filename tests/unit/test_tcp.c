#include "probe/decap/tcp_stream.h"
#include "tests/unit/random.h"
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
    assert_int_equal(scene_send(s, 81, 0, slice_of(A B + 80, 10)), BIN_TCP_SEGMENT);
    s->now_ns += SCENE_MS;
    assert_int_equal(scene_send(s, 91, 0, slice_of(A B C + 90, sizeof A B C - 1 - 90)), BIN_COUNT);
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
    scene_send(s, 1 + 38, 0, slice_of(B + 38, sizeof B - 1 - 38));
    SEND(1 + 37, 0, "xxx"); /* the first is new and wrong, the others wait already */
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_OVERLAP], 2);
    scene_send(s, 1 + 30, 0, slice_of(B + 30, 8)); /* its last was there before */
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
        scene_send(s, 11 + i, 0, slice_of(B + 10 + i, sizeof B - 11 - i));
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
    scene_send(s, 81, 0, slice_of(A B + 80, sizeof A B - 1 - 80));
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
    scene_send(s, 31, 0, slice_of(B + 30, sizeof B - 31));
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

/* property: any cut, order, repeat and overlap of a stream gives the messages that went in. */

enum { MESSAGES_MAX = 40 };

struct script {
    struct strbuf stream;
    size_t begins[MESSAGES_MAX], ends[MESSAGES_MAX];
    unsigned messages;
};

static void write_script(struct script *x, struct random *r)
{
    strbuf_reset(&x->stream);
    x->messages = 1 + random_below(r, MESSAGES_MAX - 1);
    for (unsigned i = 0; i < x->messages; i++) {
        for (uint32_t n = random_below(r, 4) ? 0 : random_below(r, 3); n > 0; n--)
            strbuf_add_text(&x->stream, "\r\n");
        x->begins[i] = x->stream.len;
        scene_add_message(&x->stream, i, random_below(r, 8) ? random_below(r, 700) : 0);
        x->ends[i] = x->stream.len;
    }
}

struct cut {
    uint32_t begin, end;
};

/* Cuts the stream, repeats and widens some of the cuts, and shuffles them within a window. */
static size_t cut_script(const struct script *x, struct random *r, struct cut *cuts, size_t max)
{
    uint32_t at = 0, len = (uint32_t)x->stream.len, most = 1 + random_below(r, 1500);
    size_t n = 0, window = 1 + random_below(r, 8);

    while (at < len && n + 3 < max) {
        uint32_t size = 1 + random_below(r, most);

        if (size > len - at || n + 6 >= max)
            size = len - at;
        cuts[n++] = (struct cut){ at, at + size };
        if (random_hits(r, 0.1))
            cuts[n++] = (struct cut){ at, at + size };
        if (random_hits(r, 0.1)) {
            uint32_t back = random_below(r, at + 1), on = random_below(r, len - at - size + 1);

            cuts[n++] =
                (struct cut){ at - (back < 300 ? back : 300), at + size + (on < 300 ? on : 300) };
        }
        at += size;
    }
    for (size_t i = 0; i < n; i++) {
        size_t j = i + random_below(r, (uint32_t)window);
        struct cut other;

        if (j >= n)
            continue;
        other = cuts[i];
        cuts[i] = cuts[j];
        cuts[j] = other;
    }
    return n;
}

static void expect_script(const struct scene *s, const struct script *x)
{
    assert_int_equal(s->units, x->messages);
    for (unsigned i = 0; i < x->messages; i++) {
        struct slice want = { x->stream.p + x->begins[i], x->ends[i] - x->begins[i] };

        assert_true(slice_eq(scene_unit_text(s, i), want));
        assert_int_equal(s->datagrams[i].wire_bytes, want.len);
    }
}

static void any_order_gives_the_messages(void **state)
{
    static struct cut cuts[40000];
    struct scene *s = *state;
    struct script x = { .messages = 0 };

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct random r = { seed };
        uint32_t isn = (uint32_t)random_next(&r);
        bool handed = false;
        size_t n;

        write_script(&x, &r);
        n = cut_script(&x, &r, cuts, sizeof cuts / sizeof cuts[0]);
        scene_forget_units(s);
        s->src_port = (uint16_t)seed;
        SEND(isn, SCENE_SYN, "");
        for (size_t i = 0; i < n; i++) {
            size_t before = s->units;
            enum packet_bin bin;

            s->now_ns += 1000;
            bin = scene_send(s, isn + 1 + cuts[i].begin, i + 1 == n ? SCENE_FIN : 0,
                             slice_of(x.stream.p + cuts[i].begin, cuts[i].end - cuts[i].begin));
            handed = false;
            for (size_t u = before; u < s->units; u++)
                handed |= s->in_frame[u];
            assert_int_equal(bin == BIN_COUNT, handed);
        }
        if (s->units != x.messages)
            print_message("seed %u\n", (unsigned)seed);
        expect_script(s, &x);
        assert_false(s->unsorted);
    }
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_OVERLAP], 0);
    assert_int_equal(s->counters.refusals[REFUSAL_TCP_BYTES], 0);
    assert_int_equal(s->counters.refusals[REFUSAL_SIP_RESYNC], 0);
    assert_int_equal(tcp_stats(s->tcp)->gaps, 0);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    strbuf_fini(&x.stream);
}

/* property: segments are lost. Every message that was whole behind the damage comes out. */
static void what_is_whole_behind_damage_is_found(void **state)
{
    struct scene *s = *state;
    struct script x = { .messages = 0 };

    for (uint64_t seed = 1; seed <= 1500; seed++) {
        struct random r = { seed };
        bool whole[MESSAGES_MAX], fresh[MESSAGES_MAX] = { false }, known = true;
        uint32_t at = 0;
        unsigned found = 0;

        write_script(&x, &r);
        memset(whole, 1, sizeof whole);
        scene_forget_units(s);
        s->src_port = (uint16_t)seed;
        SEND(0, SCENE_SYN, "");
        while (at < x.stream.len) {
            uint32_t size = 1 + random_below(&r, 900), end = at + size;

            for (unsigned i = 0; i < x.messages; i++) {
                if (random_hits(&r, 0.5) && x.ends[i] > at && x.ends[i] < end)
                    end = (uint32_t)x.ends[i];
            }
            if (end > x.stream.len)
                end = (uint32_t)x.stream.len;
            for (unsigned i = 0; i < x.messages; i++)
                fresh[i] |= x.begins[i] == at;
            if (random_hits(&r, 0.1)) {
                for (unsigned i = 0; i < x.messages; i++)
                    whole[i] &= x.ends[i] <= at || x.begins[i] >= end;
            } else {
                scene_send(s, 1 + at, 0, slice_of(x.stream.p + at, end - at));
            }
            at = end;
            scene_wait(s, random_below(&r, 3) ? SCENE_MS : 3 * SCENE_S);
        }
        scene_wait(s, 3 * SCENE_S);
        scene_finish(s);
        for (unsigned i = 0; i < x.messages; i++) {
            struct slice want = { x.stream.p + x.begins[i], x.ends[i] - x.begins[i] };
            unsigned u = found;

            while (u < s->units && !slice_eq(scene_unit_text(s, u), want))
                u++;
            /* A message right behind a damaged one that does not end a line, and not at the
             * beginning of a segment, cannot be told from its body. */
            known = whole[i] && (known || fresh[i]);
            if (known && u == s->units)
                print_message("seed %u message %u\n", (unsigned)seed, i);
            assert_true(u < s->units || !known);
            if (u < s->units)
                found = u + 1;
        }
    }
    assert_true(tcp_stats(s->tcp)->gaps > 1000);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    strbuf_fini(&x.stream);
}

/* property: noise of every kind. No crash, no memory left, each frame its bin. */
static void noise_leaves_nothing_behind(void **state)
{
    struct scene *s = *state;
    struct script x = { .messages = 0 };
    struct random r = { 7 };

    tcp_free(s->tcp);
    s->options.tcp_bytes_max = 200 << 10;
    s->options.tcp_stream_bytes_max = 20 << 10;
    s->options.tcp_streams_max = 20;
    scene_start(s);
    write_script(&x, &r);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t begin = random_below(&r, (uint32_t)x.stream.len);
        uint32_t size = random_below(&r, 200);
        size_t before = s->units;
        enum packet_bin bin;

        if (size > x.stream.len - begin)
            size = (uint32_t)(x.stream.len - begin);
        s->src_port = (uint16_t)random_below(&r, 30);
        s->cut = random_hits(&r, 0.05) ? random_below(&r, size + 21) : 0;
        bin = scene_send(s, begin, random_hits(&r, 0.02) ? random_below(&r, 8) : 0,
                         slice_of(x.stream.p + begin, size));
        assert_true(bin <= BIN_COUNT);
        if (bin == BIN_COUNT)
            assert_true(s->units > before || s->units == SCENE_UNITS);
        assert_true(tcp_stats(s->tcp)->waiting_bytes <= 200 << 10);
        if (random_hits(&r, 0.01))
            scene_wait(s, SCENE_S);
        if (s->units > SCENE_UNITS / 2)
            scene_forget_units(s);
        if (i % 1000 == 0)
            x.stream.p[random_below(&r, (uint32_t)x.stream.len)] = (char)random_next(&r);
    }
    scene_finish(s);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
    assert_int_equal(tcp_stats(s->tcp)->streams, 0);
    strbuf_fini(&x.stream);
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
        TEST(a_reused_port_is_a_new_stream),
        TEST(the_end_hands_over_what_waits),
        TEST(networks_and_families_are_kept_apart),
        TEST(fragments_of_segments_are_parts),
        TEST(an_unknown_stream_waits_little),
        TEST(idle_streams_are_forgotten),
        TEST(a_flood_of_syns_does_not_push_out_sip),
        TEST(a_hole_bomb_is_bounded),
        TEST(any_order_gives_the_messages),
        TEST(what_is_whole_behind_damage_is_found),
        TEST(noise_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
