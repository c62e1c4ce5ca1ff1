#include "tests/unit/decap_rows.h"

static const struct decap_row rows[] = {
    /* what is opened */
    { "ethernet, IPv4", ETH4 UDP4, 1, BIN_COUNT, 0, NULL, NULL },
    { "ethernet, IPv6", ETH6 UDP6, 1, BIN_COUNT, 0, NULL, NULL },
    { "one tag", MACS TAG("8100", "6064") "0800" UDP4, 1, BIN_COUNT, 100, "100", NULL },
    { "a priority tag is no network", MACS TAG("8100", "a000") "0800" UDP4, 1, BIN_COUNT, 0, "0",
      NULL },
    { "QinQ", MACS TAG("88a8", "0007") TAG("8100", "0064") "86dd" UDP6, 1, BIN_COUNT, 7 << 12 | 100,
      "7.100", NULL },
    { "four tags: outermost and innermost",
      MACS TAG("9100", "0001") TAG("9200", "0002") TAG("88a8", "0003")
          TAG("8100", "0004") "0800" UDP4,
      1, BIN_COUNT, 1 << 12 | 4, "1.4", NULL },
    { "cooked v1", SLL1("0800") UDP4, 113, BIN_COUNT, 0, NULL, NULL },
    { "cooked v1, tag",
      SLL1("8100") "0009"
                   "86dd" UDP6,
      113, BIN_COUNT, 9, "9", NULL },
    { "cooked v2", SLL2("86dd") UDP6, 276, BIN_COUNT, 0, NULL, NULL },
    { "cooked v2, tag",
      SLL2("8100") "0fff"
                   "0800" UDP4,
      276, BIN_COUNT, 4095, "4095", NULL },
    { "raw, IPv4", UDP4, 101, BIN_COUNT, 0, NULL, NULL },
    { "raw, IPv6", UDP6, 101, BIN_COUNT, 0, NULL, NULL },
    { "raw IPv4 only", UDP4, 228, BIN_COUNT, 0, NULL, NULL },
    { "raw IPv6 only", UDP6, 229, BIN_COUNT, 0, NULL, NULL },
    { "null, little-endian host", "02000000" UDP4, 0, BIN_COUNT, 0, NULL, NULL },
    { "null, big-endian host", "00000002" UDP4, 0, BIN_COUNT, 0, NULL, NULL },
    { "null, IPv6 of Darwin", "1e000000" UDP6, 0, BIN_COUNT, 0, NULL, NULL },
    { "loop, IPv6 of OpenBSD", "00000018" UDP6, 108, BIN_COUNT, 0, NULL, NULL },
    { "cooked v1, 802.2", SLL1("0004") SNAP("0800") UDP4, 113, BIN_COUNT, 0, NULL, NULL },
    { "PPP", "ff030021" UDP4, 9, BIN_COUNT, 0, NULL, NULL },
    { "PPP without address and control", "0057" UDP6, 9, BIN_COUNT, 0, NULL, NULL },
    { "PPP with half a protocol", "ff0321" UDP4, 50, BIN_COUNT, 0, NULL, NULL },
    { "MPLS over PPP", "028100064140" UDP4, 9, BIN_COUNT, 0, NULL, "mpls 100" },
    { "HDLC of Cisco", "0f000800" UDP4, 50, BIN_COUNT, 0, NULL, NULL },
    { "HDLC of Cisco, multicast", "8f0086dd" UDP6, 104, BIN_COUNT, 0, NULL, NULL },
    { "PPPoE without Ethernet", PPPOE("0023") "0021" UDP4, 51, BIN_COUNT, 0, NULL, "pppoe 77" },
    { "raw, as most systems number it", UDP4, 12, BIN_COUNT, 0, NULL, NULL },
    { "raw, as OpenBSD numbers it", UDP6, 14, BIN_COUNT, 0, NULL, NULL },
    { "802.3, SNAP", MACS "0029" SNAP("0800") UDP4 "0000", 1, BIN_COUNT, 0, NULL, NULL },
    { "802.3 of a length that lies", MACS "05dc" SNAP("86dd") UDP6, 1, BIN_COUNT, 0, NULL, NULL },
    { "802.3, 802.1H",
      MACS "0029"
           "aaaa030000f80800" UDP4,
      1, BIN_COUNT, 0, NULL, NULL },
    { "802.3, IP by its own number",
      MACS "0024"
           "060603" UDP4,
      1, BIN_COUNT, 0, NULL, NULL },
    { "802.3, SNAP, tag",
      MACS "002d" SNAP("8100") "0005"
                               "0800" UDP4,
      1, BIN_COUNT, 5, "5", NULL },
    { "E-tag",
      MACS "893f"
           "000000010203"
           "0800" UDP4,
      1, BIN_COUNT, 0, NULL, NULL },
    { "AH in IPv4", ETH4 IP4("002d", "33") AH UDP("000d") HELLO, 1, BIN_COUNT, 0, NULL, NULL },
    { "IPv4 options", ETH4 IP4_FULL("46", "b8", "0025", "4000", "11") "01010101" UDP("000d") HELLO,
      1, BIN_COUNT, 0, NULL, NULL },
    { "padding after the packet is nobody's", ETH4 UDP4 "0000000000", 1, BIN_COUNT, 0, NULL, NULL },
    { "padding within IP is not UDP's", ETH4 IP4("0023", "11") UDP("000d") HELLO "eeee", 1,
      BIN_COUNT, 0, NULL, NULL },
    { "length left to the network card", ETH4 IP4("0000", "11") UDP("000d") HELLO, 1, BIN_COUNT, 0,
      NULL, NULL },
    { "IPv6 length left to the network card", ETH6 IP6("0000", "11") UDP("000d") HELLO, 1,
      BIN_COUNT, 0, NULL, NULL },
    { "hop-by-hop, routing, destination",
      ETH6 IP6("002d", "00") "2b00000000000000"
                             "3c01000000000000"
                             "0000000000000000"
                             "1100000000000000" UDP("000d") HELLO,
      1, BIN_COUNT, 0, NULL, NULL },
    { "an atomic fragment is whole", ETH6 IP6("0015", "2c") "1100000000000001" UDP("000d") HELLO, 1,
      BIN_COUNT, 0, NULL, NULL },
    { "AH",
      ETH6 IP6("0019", "33") "1101000000000001"
                             "00000001" UDP("000d") HELLO,
      1, BIN_COUNT, 0, NULL, NULL },

    /* what is told by name */
    { "TCP", ETH4 IP4("0028", "06") TCP_ACK, 1, BIN_TCP, 0, NULL, NULL },
    { "TCP on IPv6", ETH6 IP6("0014", "06") TCP_ACK, 1, BIN_TCP, 0, NULL, NULL },
    { "TCP without a header", ETH6 IP6("0004", "06") "13c44e20", 1, BIN_TCP_MALFORMED, 0, NULL,
      NULL },
    { "ICMP", ETH4 IP4("0014", "01"), 1, BIN_ICMP, 0, NULL, NULL },
    { "ICMPv6 behind an extension", ETH6 IP6("0008", "00") "3a00000000000000", 1, BIN_ICMP, 0, NULL,
      NULL },
    { "SCTP", ETH4 IP4("0014", "84"), 1, BIN_SCTP, 0, NULL, NULL },
    { "GRE without a header", ETH4 IP4("0014", "2f"), 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "ESP on IPv6", ETH6 IP6("0004", "32") "00000000", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "AH on IPv4 without a header", ETH4 IP4("0014", "33"), 1, BIN_IP_HEADER, 0, NULL, NULL },
    { "IPv4 in IP, and nothing in it", ETH4 IP4("0014", "04"), 1, BIN_IP_SHORT, 0, NULL, NULL },
    { "OSPF", ETH4 IP4("0014", "59"), 1, BIN_IP_OTHER, 0, NULL, NULL },
    { "no next header", ETH6 IP6("0008", "3c") "3b00000000000000", 1, BIN_IP_OTHER, 0, NULL, NULL },
    { "first fragment", ETH4 IP4_FULL("45", "00", "0024", "2000", "11") UDP("0015") HELLO "000000",
      1, BIN_FRAGMENT, 0, NULL, NULL },
    { "last fragment", ETH4 IP4_FULL("45", "00", "0019", "0003", "11") HELLO, 1, BIN_FRAGMENT, 0,
      NULL, NULL },
    { "first fragment of IPv6",
      ETH6 IP6("0018", "2c") "1100000100000001" UDP("0015") HELLO "000000", 1, BIN_FRAGMENT, 0,
      NULL, NULL },
    { "later fragment of IPv6", ETH6 IP6("000d", "2c") "1100001800000001" HELLO, 1, BIN_FRAGMENT, 0,
      NULL, NULL },
    { "a fragment that is no multiple of 8",
      ETH4 IP4_FULL("45", "00", "0021", "2000", "11") UDP("000d") HELLO, 1, BIN_FRAGMENT_MALFORMED,
      0, NULL, NULL },
    { "ARP",
      MACS "0806"
           "0001",
      1, BIN_ARP, 0, NULL, NULL },
    { "RARP",
      MACS "8035"
           "0001",
      1, BIN_ARP, 0, NULL, NULL },
    { "MPLS without an end",
      MACS "8847"
           "00000000",
      1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "half a PPPoE session",
      MACS "8864"
           "11000001",
      1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "LLDP",
      MACS "88cc"
           "0000",
      1, BIN_LINK_OTHER, 0, NULL, NULL },
    { "802.3 length",
      MACS "0026"
           "4242030000",
      1, BIN_LINK_OTHER, 0, NULL, NULL },
    { "802.3, spanning tree",
      MACS "0003"
           "424203",
      1, BIN_LINK_OTHER, 0, NULL, NULL },
    { "802.3, a vendor's SNAP",
      MACS "0008"
           "aaaa0300000c2000",
      1, BIN_LINK_OTHER, 0, NULL, NULL },
    { "802.3, a SNAP of a length",
      MACS "0008"
           "aaaa030000000100",
      1, BIN_LINK_OTHER, 0, NULL, NULL },
    { "PPP, LCP",
      "ff03c021"
      "01",
      9, BIN_LINK_OTHER, 0, NULL, NULL },
    { "ESP on IPv4", ETH4 IP4("0014", "32"), 1, BIN_TUNNEL, 0, NULL, NULL },
    { "EtherIP", ETH4 IP4("0016", "61") "3000", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "AppleTalk on a loop",
      "00000010"
      "00",
      108, BIN_LINK_OTHER, 0, NULL, NULL },
    { "IEEE 802.11", "08000000", 105, BIN_LINK_UNKNOWN, 0, NULL, NULL },

    /* what lies */
    { "five tags",
      MACS TAG("8100", "0001") TAG("8100", "0001") TAG("8100", "0001") TAG("8100", "0001")
          TAG("8100", "0001") "0800" UDP4,
      1, BIN_VLAN_DEPTH, 0, NULL, NULL },
    { "an empty frame", "", 1, BIN_LINK_SHORT, 0, NULL, NULL },
    { "an empty raw frame", "", 101, BIN_LINK_SHORT, 0, NULL, NULL },
    { "nothing after the link header", ETH4, 1, BIN_IP_SHORT, 0, NULL, NULL },
    { "cut inside the tag",
      MACS "8100"
           "0001",
      1, BIN_LINK_SHORT, 0, NULL, NULL },
    { "IPv6 behind IPv4's type", ETH4 UDP6, 1, BIN_IP_VERSION, 0, NULL, NULL },
    { "IPv4 behind IPv6's type", ETH6 UDP4, 1, BIN_IP_VERSION, 0, NULL, NULL },
    { "IPv4 on a raw IPv6 link", UDP4, 229, BIN_IP_VERSION, 0, NULL, NULL },
    { "version 5",
      "55"
      "00000000",
      101, BIN_IP_VERSION, 0, NULL, NULL },
    { "a header of 16 bytes", ETH4 IP4_FULL("44", "00", "0021", "0000", "11") UDP("000d") HELLO, 1,
      BIN_IP_HEADER, 0, NULL, NULL },
    { "a header longer than the frame", ETH4 IP4_FULL("4f", "00", "0014", "0000", "11"), 1,
      BIN_IP_HEADER, 0, NULL, NULL },
    { "total length inside the header", ETH4 IP4("0013", "11") UDP("000d") HELLO, 1, BIN_IP_LENGTH,
      0, NULL, NULL },
    { "total length past the frame", ETH4 IP4("0022", "11") UDP("000d") HELLO, 1, BIN_IP_LENGTH, 0,
      NULL, NULL },
    { "total length past the frame by far", ETH4 IP4("ffff", "11") UDP("000d") HELLO, 1,
      BIN_IP_LENGTH, 0, NULL, NULL },
    { "payload length past the frame", ETH6 IP6("000e", "11") UDP("000d") HELLO, 1, BIN_IP_LENGTH,
      0, NULL, NULL },
    { "an extension past the frame", ETH6 IP6("0008", "00") "1101000000000000", 1,
      BIN_IPV6_EXTENSIONS, 0, NULL, NULL },
    { "an extension of 2 KiB", ETH6 IP6("0008", "2b") "11ff000000000000", 1, BIN_IPV6_EXTENSIONS, 0,
      NULL, NULL },
    { "an extension of one byte", ETH6 IP6("0001", "00") "11", 1, BIN_IPV6_EXTENSIONS, 0, NULL,
      NULL },
    { "a fragment header of two bytes", ETH6 IP6("0002", "2c") "1100", 1, BIN_IPV6_EXTENSIONS, 0,
      NULL, NULL },
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
      1, BIN_IPV6_EXTENSIONS, 0, NULL, NULL },
    { "a UDP header of 7 bytes", ETH4 IP4("001b", "11") "13c44e20000d00", 1, BIN_UDP_SHORT, 0, NULL,
      NULL },
    { "UDP length 7", ETH4 IP4("0021", "11") UDP("0007") HELLO, 1, BIN_UDP_LENGTH, 0, NULL, NULL },
    { "UDP length 0", ETH4 IP4("0021", "11") UDP("0000") HELLO, 1, BIN_UDP_LENGTH, 0, NULL, NULL },
    { "UDP length past IP", ETH4 IP4("0021", "11") UDP("000e") HELLO, 1, BIN_UDP_LENGTH, 0, NULL,
      NULL },
    { "UDP length past IP, into the padding", ETH4 IP4("0021", "11") UDP("000e") HELLO "00", 1,
      BIN_UDP_LENGTH, 0, NULL, NULL },
    { "an empty datagram", ETH4 IP4("001c", "11") UDP("0008"), 1, BIN_UDP_EMPTY, 0, NULL, NULL },
    { "an empty datagram, padded", ETH4 IP4("001c", "11") UDP("0008") "000000", 1, BIN_UDP_EMPTY, 0,
      NULL, NULL },
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static void every_frame_goes_where_it_belongs(void **state)
{
    rows_go_where_they_belong(*state, rows, ROWS);
}

static void a_cut_frame_tells_the_truth(void **state)
{
    cut_rows_tell_the_truth(*state, rows, ROWS);
}

static void any_frame_has_one_bin_or_a_datagram(void **state)
{
    shaken_rows_have_one_bin_or_a_datagram(*state, rows, ROWS);
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
        cmocka_unit_test_setup_teardown(every_frame_goes_where_it_belongs, decap_setup,
                                        decap_teardown),
        cmocka_unit_test_setup_teardown(a_cut_frame_tells_the_truth, decap_setup, decap_teardown),
        cmocka_unit_test_setup_teardown(any_frame_has_one_bin_or_a_datagram, decap_setup,
                                        decap_teardown),
        cmocka_unit_test(a_foreign_payload_has_no_offset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
