/*
 * What takes more than one frame: fragments, streams, and copies of what was there before.
 */
#include "tests/unit/decap_rows.h"

#define MS INT64_C(1000000)
#define GREETING                                                                                   \
    "13c44e2000150000"                                                                             \
    "68656c6c6f2c2077"         /* a UDP header, "hello, w" */
#define FAREWELL  "6f726c6421" /* "orld!" */
#define FIRST4    IP4_FULL("45", "b8", "0024", "2000", "11") GREETING
#define LAST4     IP4_FULL("45", "b8", "0019", "0002", "11") FAREWELL
#define FIRST6    IP6("0018", "2c") "1100000100000009" GREETING
#define LAST6     IP6("000d", "2c") "1100001000000009" FAREWELL
#define VLAN(vid) MACS TAG("8100", vid) "0800"
/* Of another IP id than what it carries. */
#define OUTER(total, frag, id)                                                                     \
    "4500" total id frag "402f0000"                                                                \
    "0a0a0a01"                                                                                     \
    "0a0a0a02"
#define GRE_IP "00000800"

enum { STEPS_MAX = 4 };

struct step {
    const char *hex;
    enum packet_bin bin;
    int64_t time_ms;
};

/* The last unit that was taken, copied. */
struct heard {
    struct datagram datagram;
    char payload[64];
    size_t part_count, part_bytes; /* of all parts */
    unsigned count;
};

static void hear(void *ctx, const struct decap_unit *unit)
{
    struct heard *heard = ctx;

    heard->count++;
    heard->datagram = unit->datagram;
    assert_in_range(unit->datagram.payload.len, 0, sizeof heard->payload);
    memcpy(heard->payload, unit->datagram.payload.p, unit->datagram.payload.len);
    heard->datagram.payload.p = heard->payload;
    heard->part_count = unit->part_count;
    heard->part_bytes = 0;
    for (size_t i = 0; i < unit->part_count; i++)
        heard->part_bytes += unit->parts[i]->frame.captured_bytes;
}

static enum packet_bin send(struct decap *d, const struct step *step, struct heard *heard)
{
    size_t bytes = strlen(step->hex) / 2;
    uint8_t *data = bytes_from_hex(step->hex, bytes);
    struct frame frame = frame_of(data, bytes, bytes, 1);
    enum packet_bin bin;

    frame.time_ns += step->time_ms * MS;
    bin = decap_frame(d, &frame, hear, heard);
    free(data);
    return bin;
}

static void send_all(struct decap *d, const char *name, const struct step *steps,
                     struct heard *heard)
{
    for (size_t i = 0; i < STEPS_MAX && steps[i].hex; i++) {
        enum packet_bin bin = send(d, &steps[i], heard);

        if (bin != steps[i].bin)
            fail_msg("%s, frame %zu: %s", name, i,
                     bin < BIN_COUNT ? packet_bin_text(bin) : "a datagram");
    }
}

static int setup_default(void **state)
{
    struct decap_options options;

    decap_options_default(&options);
    return decap_new((struct decap **)state, &options);
}

static void fragments_make_one_datagram(void **state)
{
    static const struct {
        const char *name;
        struct step steps[STEPS_MAX];
        size_t parts;
        const char *vlan, *tunnel;
    } rows[] = {
        { "IPv4",
          { { ETH4 FIRST4 "00", BIN_FRAGMENT, 0 }, { ETH4 LAST4, BIN_COUNT, 1 } },
          1,
          NULL,
          NULL },
        { "IPv4, the last first",
          { { VLAN("0007") LAST4, BIN_FRAGMENT, 0 }, { VLAN("0007") FIRST4, BIN_COUNT, 1 } },
          1,
          "7",
          NULL },
        { "IPv6",
          { { ETH6 FIRST6, BIN_FRAGMENT, 0 }, { ETH6 LAST6, BIN_COUNT, 1 } },
          1,
          NULL,
          NULL },
        { "IPv6, the last first",
          { { ETH6 LAST6, BIN_FRAGMENT, 0 }, { ETH6 FIRST6, BIN_COUNT, 1 } },
          1,
          NULL,
          NULL },
        { "IPv6, an extension within",
          { { ETH6 IP6("0020", "2c") "3c00000100000009"
                                     "1100000000000000" GREETING,
              BIN_FRAGMENT, 0 },
            { ETH6 IP6("000d", "2c") "3c00001800000009" FAREWELL, BIN_COUNT, 1 } },
          1,
          NULL,
          NULL },
        { "fragments in a tunnel",
          { { ETH4 OUTER("003c", "0000", "0001") GRE_IP FIRST4, BIN_FRAGMENT, 0 },
            { ETH4 OUTER("0031", "0000", "0002") GRE_IP LAST4, BIN_COUNT, 1 } },
          1,
          NULL,
          "gre" },
        { "a tunnel in fragments", /* 45 bytes in 24 and 21 */
          { { ETH4 OUTER("0029", "0003", "0001") GREETING FAREWELL, BIN_FRAGMENT, 0 },
            { ETH4 OUTER("002c", "2000", "0001") GRE_IP "45b80029000140004011"
                                                        "0000"
                                                        "0a000001"
                                                        "c0a80002",
              BIN_COUNT, 0 } },
          1,
          NULL,
          "gre" },
        { "fragments in a tunnel in fragments", /* 40 bytes in 24 and 16, 29 in 24 and 5 */
          { { ETH4 OUTER("002c", "2000", "0001") GRE_IP "45b80024000120004011"
                                                        "0000"
                                                        "0a000001"
                                                        "c0a80002",
              BIN_FRAGMENT, 0 },
            { ETH4 OUTER("0024", "0003", "0001") GREETING, BIN_FRAGMENT, 0 },
            { ETH4 OUTER("002c", "2000", "0002") GRE_IP "45b80019000100024011"
                                                        "0000"
                                                        "0a000001"
                                                        "c0a80002",
              BIN_FRAGMENT, 0 },
            { ETH4 OUTER("0019", "0003", "0002") FAREWELL, BIN_COUNT, 0 } },
          3,
          NULL,
          "gre" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct heard heard = { .count = 0 };
        struct decap_options options;
        struct decap *d;
        size_t bytes = 0;

        decap_options_default(&options);
        assert_int_equal(decap_new(&d, &options), 0);
        send_all(d, rows[i].name, rows[i].steps, &heard);
        assert_int_equal(heard.count, rows[i].parts > 0);
        if (heard.count) {
            assert_true(slice_eq(heard.datagram.payload, SLICE("hello, world!")));
            assert_int_equal(heard.datagram.wire_bytes, 13);
            assert_int_equal(heard.datagram.dscp, 46);
            assert_int_equal(heard.datagram.src.port, 5060);
            assert_int_equal(heard.datagram.dst.port, HELLO_PORT);
            check_path(&heard.datagram.path, rows[i].vlan, rows[i].tunnel);
            assert_int_equal(heard.part_count, rows[i].parts);
            for (size_t k = 0; k < rows[i].parts; k++)
                bytes += strlen(rows[i].steps[k].hex) / 2;
            assert_int_equal(heard.part_bytes, bytes);
            assert_null(decap_ip_packet(d).p); /* put together: it is nowhere as captured */
        }
        decap_free(d);
    }
}

static void networks_keep_their_fragments(void **state)
{
    static const struct step steps[STEPS_MAX] = {
        { VLAN("0007") FIRST4, BIN_FRAGMENT, 0 },
        { VLAN("0008") LAST4, BIN_FRAGMENT, 0 },
        { VLAN("0008") FIRST4 "00", BIN_DUPLICATE, 0 }, /* a copy is a copy whatever its tag */
        { VLAN("0007") LAST4, BIN_DUPLICATE, 60 - 15 },
    };
    struct heard heard = { .count = 0 };
    struct decap_stats stats;

    send_all(*state, "two VLANs", steps, &heard);
    assert_int_equal(heard.count, 0);
    decap_tick(*state, 1700000000123456789 + 31000 * MS, hear, &heard);
    decap_read_stats(*state, &stats);
    assert_int_equal(stats.fragments_expired, 2);
    assert_int_equal(stats.duplicate_frames, 2);
}

#define OTHER_TTL                                                                                  \
    "45b80021000140003f110a01"                                                                     \
    "0a000001"                                                                                     \
    "c0a80002" UDP("000d") HELLO
#define OTHER_ID                                                                                   \
    "45b80021000240004011"                                                                         \
    "0000"                                                                                         \
    "0a000001"                                                                                     \
    "c0a80002" UDP("000d") HELLO
#define OTHER_TEXT IP4("0021", "11") UDP("000d") "68656c6c70"
#define IN_VXLAN                                                                                   \
    ETH4 "4500005300034000401100000a0a0a010a0a0a02"                                                \
         "c00012b5003f0000"                                                                        \
         "0800000000138900" ETH4 UDP4

static void copies_are_left_out_whatever_is_around_them(void **state)
{
    static const struct {
        const char *name;
        struct step steps[STEPS_MAX];
        unsigned heard;
    } rows[] = {
        { "twice", { { ETH4 UDP4, BIN_COUNT, 0 }, { ETH4 UDP4, BIN_DUPLICATE, 1 } }, 1 },
        { "thrice",
          { { ETH4 UDP4, BIN_COUNT, 0 },
            { ETH4 UDP4, BIN_DUPLICATE, 0 },
            { ETH4 UDP4, BIN_DUPLICATE, 49 } },
          1 },
        { "tagged and not",
          { { ETH4 UDP4 "0000", BIN_COUNT, 0 }, { VLAN("0064") UDP4, BIN_DUPLICATE, 1 } },
          1 },
        { "behind a router",
          { { ETH4 UDP4, BIN_COUNT, 0 }, { ETH4 OTHER_TTL, BIN_DUPLICATE, 1 } },
          1 },
        { "in a tunnel and not",
          { { IN_VXLAN, BIN_COUNT, 0 }, { ETH4 UDP4, BIN_DUPLICATE, 1 } },
          1 },
        { "in two tunnels",
          { { IN_VXLAN, BIN_COUNT, 0 },
            { ETH4 OUTER("0039", "0000", "0002") GRE_IP UDP4, BIN_DUPLICATE, 1 } },
          1 },
        { "IPv6", { { ETH6 UDP6, BIN_COUNT, 0 }, { ETH6 UDP6, BIN_DUPLICATE, 1 } }, 1 },
        { "out of order in time",
          { { ETH4 UDP4, BIN_COUNT, 10 }, { ETH4 UDP4, BIN_DUPLICATE, 0 } },
          1 },
        { "nothing of ours",
          { { ETH4 IP4("0014", "01"), BIN_ICMP, 0 }, { ETH4 IP4("0014", "01"), BIN_DUPLICATE, 0 } },
          0 },
        { "empty",
          { { ETH4 IP4("001c", "11") UDP("0008"), BIN_UDP_EMPTY, 0 },
            { ETH4 IP4("001c", "11") UDP("0008"), BIN_DUPLICATE, 0 } },
          0 },
        { "sent again", { { ETH4 UDP4, BIN_COUNT, 0 }, { ETH4 OTHER_ID, BIN_COUNT, 1 } }, 2 },
        { "sent again after a while",
          { { ETH4 UDP4, BIN_COUNT, 0 }, { ETH4 UDP4, BIN_COUNT, 60 } },
          2 },
        { "another text", { { ETH4 UDP4, BIN_COUNT, 0 }, { ETH4 OTHER_TEXT, BIN_COUNT, 0 } }, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct heard heard = { .count = 0 };
        struct decap_options options;
        struct decap_stats stats;
        struct decap *d;
        unsigned copies = 0;

        decap_options_default(&options);
        assert_int_equal(decap_new(&d, &options), 0);
        send_all(d, rows[i].name, rows[i].steps, &heard);
        assert_int_equal(heard.count, rows[i].heard);
        for (size_t k = 0; k < STEPS_MAX; k++)
            copies += rows[i].steps[k].hex && rows[i].steps[k].bin == BIN_DUPLICATE;
        decap_read_stats(d, &stats);
        assert_int_equal(stats.duplicate_frames, copies);
        decap_free(d);
        /* Not when every copy is wanted. */
        options.duplicate_window_ns = 0;
        assert_int_equal(decap_new(&d, &options), 0);
        for (size_t k = 0; k < STEPS_MAX && rows[i].steps[k].hex; k++)
            assert_int_not_equal(send(d, &rows[i].steps[k], &heard), BIN_DUPLICATE);
        decap_free(d);
    }
}

/* "OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n", 57 bytes in two segments. */
#define SIP_FIRST                                                                                  \
    "4f5054494f4e53207369703a61205349502f322e300d0a"                                               \
    "43616c6c2d4944"
#define SIP_SECOND                                                                                 \
    "3a20310d0a"                                                                                   \
    "436f6e74656e742d4c656e6774683a20300d0a0d0a"
#define SEGMENT(seq)                                                                               \
    "13c44e20" seq "00000001"                                                                      \
    "5018ffff00000000"

static void streams_are_followed_within_tunnels(void **state)
{
    static const struct step steps[STEPS_MAX] = {
        { VLAN("0007") OUTER("005e", "0000", "0001") GRE_IP IP4("0046", "06") SEGMENT("00000001")
              SIP_FIRST,
          BIN_TCP_SEGMENT, 0 },
        { VLAN("0007") OUTER("005a", "0000", "0002") GRE_IP IP4("0042", "06") SEGMENT("0000001f")
              SIP_SECOND,
          BIN_COUNT, 1 },
    };
    struct heard heard = { .count = 0 };
    struct decap_stats stats;

    send_all(*state, "SIP over TCP in GRE", steps, &heard);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.datagram.transport, TRANSPORT_TCP);
    assert_int_equal(heard.datagram.payload.len, 56);
    assert_int_equal(heard.datagram.network, 7);
    assert_int_equal(heard.part_count, 1);
    check_path(&heard.datagram.path, "7", "gre");
    decap_read_stats(*state, &stats);
    assert_int_equal(stats.tcp_streams, 1);
    decap_finish(*state, hear, &heard);
    assert_int_equal(heard.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_make_one_datagram),
        cmocka_unit_test_setup_teardown(networks_keep_their_fragments, setup_default,
                                        decap_teardown),
        cmocka_unit_test(copies_are_left_out_whatever_is_around_them),
        cmocka_unit_test_setup_teardown(streams_are_followed_within_tunnels, setup_default,
                                        decap_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
