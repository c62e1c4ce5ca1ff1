#include "probe/decap/decap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Frames are spelled in hex, a macro a header. */
#define MACS                                                                                       \
    "020000000001"                                                                                 \
    "020000000002"
#define TAG(tpid, vid) tpid vid
#define IP4_FULL(first, tos, total, frag, proto)                                                   \
    first tos total "0001" frag "40" proto "0000"                                                  \
                    "0a000001"                                                                     \
                    "c0a80002"
#define IP4(total, proto)  IP4_FULL("45", "b8", total, "4000", proto)
#define IP6(payload, next) "6b800000" payload next "40" V6_A V6_B
#define V6_A               "20010db8000000000000000000000001"
#define V6_B               "20010db8000000000000000000000002"
#define UDP(len)                                                                                   \
    "13c4"                                                                                         \
    "4e20" len "0000"
#define HELLO "68656c6c6f"
#define UDP4  IP4("0021", "11") UDP("000d") HELLO
#define UDP6  IP6("000d", "11") UDP("000d") HELLO
#define ETH4  MACS "0800"
#define ETH6  MACS "86dd"
#define SLL1(type)                                                                                 \
    "0000"                                                                                         \
    "0001"                                                                                         \
    "0006"                                                                                         \
    "0200000000010000" type
#define SLL2(type)                                                                                 \
    type "0000"                                                                                    \
         "00000003"                                                                                \
         "0001"                                                                                    \
         "00"                                                                                      \
         "06"                                                                                      \
         "0200000000010000"

static const struct row {
    const char *name;
    const char *hex;
    uint32_t link_type;
    enum packet_bin bin; /* BIN_COUNT: a datagram that says hello */
    uint32_t network;
} rows[] = {
    /* what is opened */
    { "ethernet, IPv4", ETH4 UDP4, 1, BIN_COUNT, 0 },
    { "ethernet, IPv6", ETH6 UDP6, 1, BIN_COUNT, 0 },
    { "one tag", MACS TAG("8100", "6064") "0800" UDP4, 1, BIN_COUNT, 100 },
    { "a priority tag is no network", MACS TAG("8100", "a000") "0800" UDP4, 1, BIN_COUNT, 0 },
    { "QinQ", MACS TAG("88a8", "0007") TAG("8100", "0064") "86dd" UDP6, 1, BIN_COUNT,
      7 << 12 | 100 },
    { "four tags: outermost and innermost",
      MACS TAG("9100", "0001") TAG("9200", "0002") TAG("88a8", "0003")
          TAG("8100", "0004") "0800" UDP4,
      1, BIN_COUNT, 1 << 12 | 4 },
    { "cooked v1", SLL1("0800") UDP4, 113, BIN_COUNT, 0 },
    { "cooked v1, tag",
      SLL1("8100") "0009"
                   "86dd" UDP6,
      113, BIN_COUNT, 9 },
    { "cooked v2", SLL2("86dd") UDP6, 276, BIN_COUNT, 0 },
    { "cooked v2, tag",
      SLL2("8100") "0fff"
                   "0800" UDP4,
      276, BIN_COUNT, 4095 },
    { "raw, IPv4", UDP4, 101, BIN_COUNT, 0 },
    { "raw, IPv6", UDP6, 101, BIN_COUNT, 0 },
    { "raw IPv4 only", UDP4, 228, BIN_COUNT, 0 },
    { "raw IPv6 only", UDP6, 229, BIN_COUNT, 0 },
    { "null, little-endian host", "02000000" UDP4, 0, BIN_COUNT, 0 },
    { "null, big-endian host", "00000002" UDP4, 0, BIN_COUNT, 0 },
    { "null, IPv6 of Darwin", "1e000000" UDP6, 0, BIN_COUNT, 0 },
    { "loop, IPv6 of OpenBSD", "00000018" UDP6, 108, BIN_COUNT, 0 },
    { "IPv4 options", ETH4 IP4_FULL("46", "b8", "0025", "4000", "11") "01010101" UDP("000d") HELLO,
      1, BIN_COUNT, 0 },
    { "padding after the packet is nobody's", ETH4 UDP4 "0000000000", 1, BIN_COUNT, 0 },
    { "padding within IP is not UDP's", ETH4 IP4("0023", "11") UDP("000d") HELLO "eeee", 1,
      BIN_COUNT, 0 },
    { "length left to the network card", ETH4 IP4("0000", "11") UDP("000d") HELLO, 1, BIN_COUNT,
      0 },
    { "IPv6 length left to the network card", ETH6 IP6("0000", "11") UDP("000d") HELLO, 1,
      BIN_COUNT, 0 },
    { "hop-by-hop, routing, destination",
      ETH6 IP6("002d", "00") "2b00000000000000"
                             "3c01000000000000"
                             "0000000000000000"
                             "1100000000000000" UDP("000d") HELLO,
      1, BIN_COUNT, 0 },
    { "an atomic fragment is whole", ETH6 IP6("0015", "2c") "1100000000000001" UDP("000d") HELLO, 1,
      BIN_COUNT, 0 },
    { "AH",
      ETH6 IP6("0019", "33") "1101000000000001"
                             "00000001" UDP("000d") HELLO,
      1, BIN_COUNT, 0 },

    /* what is told by name */
    { "TCP", ETH4 IP4("0028", "06") "0000000000000000000000000000000000000000", 1, BIN_TCP, 0 },
    { "TCP on IPv6", ETH6 IP6("0004", "06") "00000000", 1, BIN_TCP, 0 },
    { "ICMP", ETH4 IP4("0014", "01"), 1, BIN_ICMP, 0 },
    { "ICMPv6 behind an extension", ETH6 IP6("0008", "00") "3a00000000000000", 1, BIN_ICMP, 0 },
    { "SCTP", ETH4 IP4("0014", "84"), 1, BIN_SCTP, 0 },
    { "GRE without a header", ETH4 IP4("0014", "2f"), 1, BIN_TUNNEL_MALFORMED, 0 },
    { "ESP on IPv6", ETH6 IP6("0004", "32") "00000000", 1, BIN_TUNNEL, 0 },
    { "AH on IPv4 without a header", ETH4 IP4("0014", "33"), 1, BIN_IP_HEADER, 0 },
    { "IPv4 in IP, and nothing in it", ETH4 IP4("0014", "04"), 1, BIN_IP_SHORT, 0 },
    { "OSPF", ETH4 IP4("0014", "59"), 1, BIN_IP_OTHER, 0 },
    { "no next header", ETH6 IP6("0008", "3c") "3b00000000000000", 1, BIN_IP_OTHER, 0 },
    { "first fragment", ETH4 IP4_FULL("45", "00", "0021", "2000", "11") UDP("000d") HELLO, 1,
      BIN_FRAGMENT, 0 },
    { "last fragment", ETH4 IP4_FULL("45", "00", "0021", "0001", "11") UDP("000d") HELLO, 1,
      BIN_FRAGMENT, 0 },
    { "first fragment of IPv6", ETH6 IP6("0015", "2c") "1100000100000001" UDP("000d") HELLO, 1,
      BIN_FRAGMENT, 0 },
    { "later fragment of IPv6", ETH6 IP6("0015", "2c") "1100000800000001" UDP("000d") HELLO, 1,
      BIN_FRAGMENT, 0 },
    { "ARP",
      MACS "0806"
           "0001",
      1, BIN_ARP, 0 },
    { "RARP",
      MACS "8035"
           "0001",
      1, BIN_ARP, 0 },
    { "MPLS without an end",
      MACS "8847"
           "00000000",
      1, BIN_TUNNEL_MALFORMED, 0 },
    { "half a PPPoE session",
      MACS "8864"
           "11000001",
      1, BIN_TUNNEL_MALFORMED, 0 },
    { "LLDP",
      MACS "88cc"
           "0000",
      1, BIN_LINK_OTHER, 0 },
    { "802.3 length",
      MACS "0026"
           "4242030000",
      1, BIN_LINK_OTHER, 0 },
    { "AppleTalk on a loop",
      "00000010"
      "00",
      108, BIN_LINK_OTHER, 0 },
    { "IEEE 802.11", "08000000", 105, BIN_LINK_UNKNOWN, 0 },

    /* what lies */
    { "five tags",
      MACS TAG("8100", "0001") TAG("8100", "0001") TAG("8100", "0001") TAG("8100", "0001")
          TAG("8100", "0001") "0800" UDP4,
      1, BIN_VLAN_DEPTH, 0 },
    { "an empty frame", "", 1, BIN_LINK_SHORT, 0 },
    { "an empty raw frame", "", 101, BIN_LINK_SHORT, 0 },
    { "nothing after the link header", ETH4, 1, BIN_IP_SHORT, 0 },
    { "cut inside the tag",
      MACS "8100"
           "0001",
      1, BIN_LINK_SHORT, 0 },
    { "IPv6 behind IPv4's type", ETH4 UDP6, 1, BIN_IP_VERSION, 0 },
    { "IPv4 behind IPv6's type", ETH6 UDP4, 1, BIN_IP_VERSION, 0 },
    { "IPv4 on a raw IPv6 link", UDP4, 229, BIN_IP_VERSION, 0 },
    { "version 5",
      "55"
      "00000000",
      101, BIN_IP_VERSION, 0 },
    { "a header of 16 bytes", ETH4 IP4_FULL("44", "00", "0021", "0000", "11") UDP("000d") HELLO, 1,
      BIN_IP_HEADER, 0 },
    { "a header longer than the frame", ETH4 IP4_FULL("4f", "00", "0014", "0000", "11"), 1,
      BIN_IP_HEADER, 0 },
    { "total length inside the header", ETH4 IP4("0013", "11") UDP("000d") HELLO, 1, BIN_IP_LENGTH,
      0 },
    { "total length past the frame", ETH4 IP4("0022", "11") UDP("000d") HELLO, 1, BIN_IP_LENGTH,
      0 },
    { "total length past the frame by far", ETH4 IP4("ffff", "11") UDP("000d") HELLO, 1,
      BIN_IP_LENGTH, 0 },
    { "payload length past the frame", ETH6 IP6("000e", "11") UDP("000d") HELLO, 1, BIN_IP_LENGTH,
      0 },
    { "an extension past the frame", ETH6 IP6("0008", "00") "1101000000000000", 1,
      BIN_IPV6_EXTENSIONS, 0 },
    { "an extension of 2 KiB", ETH6 IP6("0008", "2b") "11ff000000000000", 1, BIN_IPV6_EXTENSIONS,
      0 },
    { "an extension of one byte", ETH6 IP6("0001", "00") "11", 1, BIN_IPV6_EXTENSIONS, 0 },
    { "a fragment header of two bytes", ETH6 IP6("0002", "2c") "1100", 1, BIN_IPV6_EXTENSIONS, 0 },
    { "nine extensions",
      ETH6 IP6("0055", "3c") "3c00000000000000"
                             "3c00000000000000"
                             "3c00000000000000"
                             "3c00000000000000"
                             "3c00000000000000"
                             "3c00000000000000"
                             "3c00000000000000"
                             "3c00000000000000"
                             "1100000000000000" UDP("000d") HELLO,
      1, BIN_IPV6_EXTENSIONS, 0 },
    { "a UDP header of 7 bytes", ETH4 IP4("001b", "11") "13c44e20000d00", 1, BIN_UDP_SHORT, 0 },
    { "UDP length 7", ETH4 IP4("0021", "11") UDP("0007") HELLO, 1, BIN_UDP_LENGTH, 0 },
    { "UDP length 0", ETH4 IP4("0021", "11") UDP("0000") HELLO, 1, BIN_UDP_LENGTH, 0 },
    { "UDP length past IP", ETH4 IP4("0021", "11") UDP("000e") HELLO, 1, BIN_UDP_LENGTH, 0 },
    { "UDP length past IP, into the padding", ETH4 IP4("0021", "11") UDP("000e") HELLO "00", 1,
      BIN_UDP_LENGTH, 0 },
    { "an empty datagram", ETH4 IP4("001c", "11") UDP("0008"), 1, BIN_UDP_EMPTY, 0 },
    { "an empty datagram, padded", ETH4 IP4("001c", "11") UDP("0008") "000000", 1, BIN_UDP_EMPTY,
      0 },
};

enum { ROWS = sizeof rows / sizeof rows[0], HELLO_BYTES = 5 };

static unsigned hex_digit(char c)
{
    return c >= 'a' ? (unsigned)(c - 'a' + 10) : (unsigned)(c - '0');
}

/* The first `bytes` bytes of the frame in a block of exactly that size. */
static uint8_t *bytes_from_hex(const char *hex, size_t bytes)
{
    uint8_t *p = malloc(bytes ? bytes : 1);

    assert_non_null(p);
    for (size_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]));
    return p;
}

static struct frame frame_of(const uint8_t *data, size_t captured, size_t wire, uint32_t link_type)
{
    return (struct frame){ 1700000000123456789, data, (uint32_t)captured, (uint32_t)wire,
                           link_type };
}

static int setup(void **state)
{
    struct decap_options options;

    decap_options_default(&options);
    options.duplicate_window_ns = 0;
    return decap_new((struct decap **)state, &options);
}

static int teardown(void **state)
{
    decap_free(*state);
    return 0;
}

struct taken {
    struct datagram datagram;
    unsigned count;
};

static void take(void *ctx, const struct decap_unit *unit)
{
    struct taken *taken = ctx;

    assert_true(unit->in_frame);
    assert_int_equal(unit->part_count, 0);
    taken->datagram = unit->datagram;
    taken->count++;
}

static void check_hello(const struct row *row, const struct frame *frame,
                        const struct datagram *datagram)
{
    bool v6 = addr_is_v4(&datagram->src) == false;
    char text[ADDR_TEXT_MAX];
    uint32_t offset = 0;

    assert_true(slice_eq(datagram->payload, SLICE("hello")));
    assert_int_equal(datagram->wire_bytes, HELLO_BYTES);
    assert_int_equal(datagram->time_ns, frame->time_ns);
    assert_int_equal(datagram->network, row->network);
    assert_int_equal(datagram->transport, TRANSPORT_UDP);
    assert_int_equal(datagram->dscp, 46);
    addr_format(&datagram->src, text);
    assert_string_equal(text, v6 ? "[2001:db8::1]:5060" : "10.0.0.1:5060");
    addr_format(&datagram->dst, text);
    assert_string_equal(text, v6 ? "[2001:db8::2]:20000" : "192.168.0.2:20000");
    assert_true(decap_payload_offset(frame, datagram, &offset));
    assert_ptr_equal(frame->data + offset, datagram->payload.p);
}

static void every_frame_goes_where_it_belongs(void **state)
{
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        size_t bytes = strlen(row->hex) / 2;
        uint8_t *data = bytes_from_hex(row->hex, bytes);
        struct frame frame = frame_of(data, bytes, bytes, row->link_type);
        struct taken taken = { .count = 0 };
        enum packet_bin bin = decap_frame(*state, &frame, take, &taken);

        if (bin != row->bin)
            print_message("%s: %s\n", row->name, bin < BIN_COUNT ? packet_bin_text(bin) : "none");
        assert_int_equal(bin, row->bin);
        assert_int_equal(taken.count, row->bin == BIN_COUNT);
        if (taken.count)
            check_hello(row, &frame, &taken.datagram);
        free(data);
    }
}

/* A frame cut by the snap length gives what was captured of the payload and the truth about its
 * length, or the name of the layer that was cut; never anything else. */
static void a_cut_frame_tells_the_truth(void **state)
{
    static const bool cut_bins[BIN_COUNT] = {
        [BIN_LINK_SHORT] = true,
        [BIN_IP_SHORT] = true,
        [BIN_IPV6_EXTENSIONS] = true,
        [BIN_UDP_SHORT] = true,
        [BIN_TUNNEL_MALFORMED] = true,
    };

    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        size_t wire = strlen(row->hex) / 2, payload_at = wire;

        for (size_t cut = wire; cut-- > 0;) {
            uint8_t *data = bytes_from_hex(row->hex, cut);
            struct frame frame = frame_of(data, cut, wire, row->link_type);
            struct taken taken = { .count = 0 };
            const struct datagram *datagram = &taken.datagram;
            enum packet_bin bin = decap_frame(*state, &frame, take, &taken);

            assert_int_equal(taken.count, bin == BIN_COUNT);
            if (row->bin == BIN_COUNT && bin == BIN_COUNT) {
                uint32_t offset = 0;

                assert_true(decap_payload_offset(&frame, datagram, &offset));
                assert_int_equal(datagram->wire_bytes, HELLO_BYTES);
                assert_int_equal(datagram->payload.len,
                                 cut - offset < HELLO_BYTES ? cut - offset : HELLO_BYTES);
                payload_at = offset;
            } else if (row->bin == BIN_COUNT) {
                /* The lowest cut that gave a datagram was right behind the UDP header. */
                assert_true(cut < payload_at && payload_at < wire);
                assert_true(cut_bins[bin]);
            } else {
                assert_true(bin < BIN_COUNT && (bin == row->bin || cut_bins[bin]));
            }
            free(data);
        }
        if (row->bin == BIN_COUNT)
            assert_true(payload_at < wire);
    }
}

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return *x;
}

/* Every frame of the table, with up to four bytes replaced and a random cut. */
static void any_frame_has_one_bin_or_a_datagram(void **state)
{
    uint64_t x = 88172645463325252u;
    unsigned datagrams = 0, binned = 0;

    for (unsigned round = 0; round < 200000; round++) {
        const struct row *row = &rows[next_random(&x) % ROWS];
        size_t wire = strlen(row->hex) / 2;
        size_t captured = next_random(&x) % 4 ? wire : next_random(&x) % (wire + 1);
        uint8_t *data = bytes_from_hex(row->hex, captured);
        struct frame frame = frame_of(data, captured, wire, row->link_type);
        struct taken taken = { .count = 0 };
        uint32_t offset = 0;
        enum packet_bin bin;

        for (uint64_t edits = next_random(&x) % 5; captured && edits; edits--)
            data[next_random(&x) % captured] = (uint8_t)next_random(&x);
        bin = decap_frame(*state, &frame, take, &taken);
        if (bin == BIN_COUNT) {
            assert_int_equal(taken.count, 1);
            assert_true(decap_payload_offset(&frame, &taken.datagram, &offset));
            assert_true(taken.datagram.wire_bytes >= taken.datagram.payload.len);
            assert_true(taken.datagram.wire_bytes <= wire - offset);
            datagrams++;
        } else {
            assert_in_range(bin, 0, BIN_COUNT - 1);
            assert_int_equal(taken.count, 0);
            binned++;
        }
        free(data);
    }
    assert_true(datagrams > 20000 && binned > 20000);
}

/* A payload put together elsewhere has no place in the frame. */
static void a_foreign_payload_has_no_offset(void **state)
{
    uint8_t data[20] = { 0 };
    struct frame frame = frame_of(data, 10, 10, 1);
    struct datagram datagram = { .payload = slice_of("elsewhere", 9) };
    uint32_t offset = 77;

    (void)state;
    assert_false(decap_payload_offset(&frame, &datagram, &offset));
    datagram.payload = slice_of(data + 8, 3); /* one byte too long */
    assert_false(decap_payload_offset(&frame, &datagram, &offset));
    assert_int_equal(offset, 77);
    datagram.payload = slice_of(data + 8, 2);
    assert_true(decap_payload_offset(&frame, &datagram, &offset));
    assert_int_equal(offset, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_frame_goes_where_it_belongs, setup, teardown),
        cmocka_unit_test_setup_teardown(a_cut_frame_tells_the_truth, setup, teardown),
        cmocka_unit_test_setup_teardown(any_frame_has_one_bin_or_a_datagram, setup, teardown),
        cmocka_unit_test(a_foreign_payload_has_no_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
