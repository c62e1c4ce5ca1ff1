#include "tests/unit/decap_rows.h"

#define ETH(type)         MACS type
#define UDP_TO(port, len) "c000" port len "0000"
#define LABEL_100         "00064140"
#define LABEL_16          "00010040" /* others follow */
#define INNER4            ETH4 UDP4
#define INNER6            ETH6 UDP6
#define TAGGED4(vid)      MACS TAG("8100", vid) "0800" UDP4
#define GRE(flags, proto) flags proto
#define ERSPAN_2                                                                                   \
    "1005"                                                                                         \
    "a807"                                                                                         \
    "00000003" /* VLAN 5, session 7 */
#define ERSPAN_3                                                                                   \
    "2005"                                                                                         \
    "a809"                                                                                         \
    "00000001"                                                                                     \
    "0000" /* session 9 */
#define VXLAN(vni) "08000000" vni "00"
#define GENEVE(head, proto)                                                                        \
    head proto "001389"                                                                            \
               "00"
#define GTPU(head, len) head len "000000ff"
#define BAD_MAC_4                                                                                  \
    "45aabbccddee"                                                                                 \
    "020000000002"
#define BAD_MAC_6                                                                                  \
    "600011223344"                                                                                 \
    "020000000002"
#define BAD_MAC_0                                                                                  \
    "00005e000101"                                                                                 \
    "020000000002"

/* clang-format off */
static const struct decap_row rows[] = {
    /* below IP */
    { "MPLS", ETH("8847") LABEL_100 UDP4, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "MPLS, two labels, IPv6", ETH("8848") LABEL_16 LABEL_100 UDP6, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "MPLS, padded", ETH("8847") LABEL_100 UDP4 "000000000000", 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "MPLS behind a tag", ETH("8100") "0064" "8847" LABEL_100 UDP4, 1, BIN_COUNT, 100, "100", "mpls 100" },
    { "pseudowire", ETH("8847") LABEL_100 INNER4, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "pseudowire, control word", ETH("8847") LABEL_100 "00000001" INNER4, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "pseudowire, control word, VRRP's address", ETH("8847") LABEL_100 "00000000" BAD_MAC_0 "0800" UDP4, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "pseudowire, VRRP's address", ETH("8847") LABEL_100 BAD_MAC_0 "86dd" UDP6, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "pseudowire, an address that begins like IPv4", ETH("8847") LABEL_100 BAD_MAC_4 "0800" UDP4, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "pseudowire, an address that begins like IPv6", ETH("8847") LABEL_100 BAD_MAC_6 "0800" UDP4, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "pseudowire: only the tag within counts", ETH("8100") "0063" "8847" LABEL_100 TAGGED4("0064"), 1, BIN_COUNT, 100, "100", "mpls 100" },
    { "the associated channel", ETH("8847") LABEL_100 "10000021" "00", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "labels and nothing else", ETH("8847") LABEL_100, 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "labels without an end", ETH("8847") LABEL_16 LABEL_16 "000100", 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "17 labels",
      ETH("8847") LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16
          LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_16 LABEL_100 UDP4,
      1, BIN_TUNNEL_DEPTH, 0, NULL, NULL },
    { "PPPoE", ETH("8864") PPPOE("0023") "0021" UDP4 "0000", 1, BIN_COUNT, 0, NULL, "pppoe 77" },
    { "PPPoE behind two tags, IPv6", ETH("8100") "00fa" "8100" "0001" "8864" PPPOE("0037") "0057" UDP6, 1, BIN_COUNT, 250 << 12 | 1, "250.1", "pppoe 77" },
    { "PPPoE, LCP", ETH("8864") PPPOE("0004") "c0210101", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "PPPoE, compressed", ETH("8864") PPPOE("0004") "002d0101", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "PPPoE, discovery", ETH("8863") "11090000" "0000", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "PPPoE of another version", ETH("8864") "21" "00004d" "0023" "0021" UDP4, 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "PPPoE longer than the frame", ETH("8864") PPPOE("0024") "0021" UDP4, 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "PPPoE of no length", ETH("8864") PPPOE("0000") "0021" UDP4, 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "VN-Tag", ETH("8926") "00010a05" "0800" UDP4, 1, BIN_COUNT, 0, NULL, "vntag 2565" },
    { "VN-Tag around a tag", ETH("8926") "80010003" "8100" "0064" "86dd" UDP6, 1, BIN_COUNT, 100, "100", "vntag 3" },

    /* IP protocols */
    { "IPv4 in IPv4", ETH4 IP4("0035", "04") UDP4, 1, BIN_COUNT, 0, NULL, "ipip" },
    { "IPv4 in IPv4, the old number", ETH4 IP4("0035", "5e") UDP4, 1, BIN_COUNT, 0, NULL, "ipip" },
    { "IPv4 in IPv6", ETH6 IP6("0021", "04") UDP4, 1, BIN_COUNT, 0, NULL, "ipip" },
    { "IPv4 in IPv6, behind an extension", ETH6 IP6("0029", "3c") "0400000000000000" UDP4, 1, BIN_COUNT, 0, NULL, "ipip" },
    { "6in4 behind a tag", MACS TAG("8100", "0064") "0800" IP4("0049", "29") UDP6, 1, BIN_COUNT, 100, "100", "6in4" },
    { "IPv6 in IPv6", ETH6 IP6("0035", "29") UDP6, 1, BIN_COUNT, 0, NULL, "6in4" },
    { "MPLS in IP", ETH4 IP4("0039", "89") LABEL_100 UDP4, 1, BIN_COUNT, 0, NULL, "mpls 100" },
    { "three deep: outermost and innermost", ETH4 IP4("005d", "04") IP4("0049", "29") UDP6, 1, BIN_COUNT, 0, NULL, "ipip/6in4" },
    { "IPv6 where IPv4 was announced", ETH4 IP4("0049", "04") UDP6, 1, BIN_IP_VERSION, 0, NULL, NULL },
    { "IPv4 where IPv6 was announced", ETH4 IP4("0035", "29") UDP4, 1, BIN_IP_VERSION, 0, NULL, NULL },
    { "a packet longer than what carries it", ETH4 IP4("0034", "04") UDP4, 1, BIN_IP_LENGTH, 0, NULL, NULL },

    /* GRE */
    { "GRE", ETH4 IP4("0039", "2f") GRE("0000", "0800") UDP4, 1, BIN_COUNT, 0, NULL, "gre" },
    { "GRE, IPv6", ETH4 IP4("004d", "2f") GRE("0000", "86dd") UDP6, 1, BIN_COUNT, 0, NULL, "gre" },
    { "GRE on IPv6, key", ETH6 IP6("0029", "2f") GRE("2000", "0800") "0000002a" UDP4, 1, BIN_COUNT, 0, NULL, "gre 42" },
    { "GRE, checksum, key, sequence", ETH4 IP4("0045", "2f") GRE("b000", "0800") "12340000" "0000002a" "00000001" UDP4, 1, BIN_COUNT, 0, NULL, "gre 42" },
    { "GRE, Ethernet", ETH4 IP4("0047", "2f") GRE("0000", "6558") INNER4, 1, BIN_COUNT, 0, NULL, "gre" },
    { "NVGRE, a tag within and one without", MACS TAG("8100", "0063") "0800" IP4("004f", "2f") GRE("2000", "6558") "00138901" TAGGED4("0064"), 1, BIN_COUNT, 100, "100", "gre 1280257" },
    { "GRE, MPLS", ETH4 IP4("003d", "2f") GRE("0000", "8847") LABEL_100 UDP4, 1, BIN_COUNT, 0, NULL, "gre/mpls 100" },
    { "GRE, a tag", ETH4 IP4("003d", "2f") GRE("0000", "8100") "00640800" UDP4, 1, BIN_COUNT, 100, "100", "gre" },
    { "PPTP", ETH4 IP4("0049", "2f") "3081880b" "00259850" "00000001" "00000002" "ff030021" UDP4, 1, BIN_COUNT, 0, NULL, "gre 38992" },
    { "PPTP, half a protocol", ETH4 IP4("0042", "2f") "3001880b" "0022002a" "00000001" "21" UDP4, 1, BIN_COUNT, 0, NULL, "gre 42" },
    { "PPTP acknowledges", ETH4 IP4("0020", "2f") "2081880b" "0000002a" "00000001", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "PPTP, LCP", ETH4 IP4("0024", "2f") "3001880b" "0004002a" "00000001" "ff03c021", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "PPTP longer than the packet", ETH4 IP4("0042", "2f") "3001880b" "0023002a" "00000001" "21" UDP4, 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "PPTP without a key", ETH4 IP4("003d", "2f") "1001880b" "00000001" "21" UDP4 "000000", 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "GRE keeps alive", ETH4 IP4("0018", "2f") GRE("0000", "0000"), 1, BIN_TUNNEL, 0, NULL, NULL },
    { "GRE with a source route", ETH4 IP4("0039", "2f") GRE("4000", "0800") UDP4, 1, BIN_TUNNEL, 0, NULL, NULL },
    { "GRE of version 2", ETH4 IP4("0039", "2f") GRE("0002", "0800") UDP4, 1, BIN_TUNNEL, 0, NULL, NULL },
    { "GRE cut in its key", ETH4 IP4("001b", "2f") GRE("2000", "0800") "000000", 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "GRE cut in its sequence", ETH4 IP4("001b", "2f") GRE("1000", "0800") "000000", 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },

    /* ERSPAN */
    { "ERSPAN I", ETH4 IP4("0047", "2f") GRE("0000", "88be") INNER4, 1, BIN_COUNT, 0, NULL, "erspan1" },
    { "ERSPAN II", ETH4 IP4("0053", "2f") GRE("1000", "88be") "00000001" ERSPAN_2 INNER4, 1, BIN_COUNT, 0, NULL, "erspan2 7" },
    { "ERSPAN II: the mirror's own tag is not the call's", MACS TAG("8100", "0063") "0800" IP4("0057", "2f") GRE("1000", "88be") "00000001" ERSPAN_2 TAGGED4("0064"), 1, BIN_COUNT, 100, "100", "erspan2 7" },
    { "ERSPAN I with a sequence", ETH4 IP4("004b", "2f") GRE("1000", "88be") "00000001" INNER4, 1, BIN_COUNT, 0, NULL, "erspan1" },
    { "ERSPAN III", ETH4 IP4("0057", "2f") GRE("1000", "22eb") "00000001" ERSPAN_3 "0000" INNER4, 1, BIN_COUNT, 0, NULL, "erspan3 9" },
    { "ERSPAN III, platform", ETH4 IP4("0073", "2f") GRE("1000", "22eb") "00000001" ERSPAN_3 "0001" "0102030405060708" INNER6, 1, BIN_COUNT, 0, NULL, "erspan3 9" },
    { "ERSPAN III, an IP packet", ETH4 IP4("0049", "2f") GRE("1000", "22eb") "00000001" ERSPAN_3 "0800" UDP4, 1, BIN_COUNT, 0, NULL, "erspan3 9" },
    { "ERSPAN III, another kind of frame", ETH4 IP4("0049", "2f") GRE("1000", "22eb") "00000001" ERSPAN_3 "0400" UDP4, 1, BIN_TUNNEL, 0, NULL, NULL },
    { "ERSPAN II of version 3", ETH4 IP4("0053", "2f") GRE("1000", "88be") "00000001" "3005a80700000003" INNER4, 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "ERSPAN III of version 1", ETH4 IP4("0057", "2f") GRE("1000", "22eb") "00000001" "1005a80900000001" "00000000" INNER4, 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "ERSPAN III, platform cut", ETH4 IP4("0028", "2f") GRE("0000", "22eb") ERSPAN_3 "0001" "01020304", 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },
    { "ERSPAN I of nothing", ETH4 IP4("0018", "2f") GRE("0000", "88be"), 1, BIN_TUNNEL_MALFORMED, 0, NULL, NULL },

    /* within UDP */
    { "VXLAN", ETH4 IP4("0053", "11") UDP_TO("12b5", "003f") VXLAN("001389") INNER4, 1, BIN_COUNT, ANY_NETWORK, NULL, "vxlan 5001" },
    { "VXLAN of Linux, tags", MACS TAG("8100", "0063") "0800" IP4("0057", "11") UDP_TO("2118", "0043") VXLAN("001389") TAGGED4("0064"), 1, BIN_COUNT, ANY_NETWORK, "100", "vxlan 5001" },
    { "VXLAN with a group policy", ETH4 IP4("0053", "11") UDP_TO("12b5", "003f") "88000007" "00138900" INNER4, 1, BIN_COUNT, ANY_NETWORK, NULL, "vxlan 5001" },
    { "VXLAN on IPv6, IPv4 by GPE", ETH6 IP6("0031", "11") UDP_TO("12b5", "0031") "0c000001" "00138900" UDP4, 1, BIN_COUNT, ANY_NETWORK, NULL, "vxlan 5001" },
    { "VXLAN, IPv6 by GPE, a tag without", MACS TAG("8100", "0063") "0800" IP4("0059", "11") UDP_TO("12b5", "0045") "0c000002" "00138900" UDP6, 1, BIN_COUNT, ANY_NETWORK, "99", "vxlan 5001" },
    { "VXLAN, Ethernet by GPE", ETH4 IP4("0053", "11") UDP_TO("12b5", "003f") "0c000003" "00138900" INNER4, 1, BIN_COUNT, ANY_NETWORK, NULL, "vxlan 5001" },
    { "VXLAN, ARP within", ETH4 IP4("0034", "11") UDP_TO("12b5", "0020") VXLAN("001389") MACS "0806" "0001", 1, BIN_ARP, 0, NULL, NULL },
    { "Geneve", ETH4 IP4("0053", "11") UDP_TO("17c1", "003f") GENEVE("0000", "6558") INNER4, 1, BIN_COUNT, ANY_NETWORK, NULL, "geneve 5001" },
    { "Geneve, options", ETH4 IP4("005b", "11") UDP_TO("17c1", "0047") GENEVE("0240", "6558") "0102000100000000" INNER4, 1, BIN_COUNT, ANY_NETWORK, NULL, "geneve 5001" },
    { "Geneve, IPv4", ETH4 IP4("0045", "11") UDP_TO("17c1", "0031") GENEVE("0000", "0800") UDP4, 1, BIN_COUNT, ANY_NETWORK, NULL, "geneve 5001" },
    { "Geneve, IPv6", ETH4 IP4("0059", "11") UDP_TO("17c1", "0045") GENEVE("0000", "86dd") UDP6, 1, BIN_COUNT, ANY_NETWORK, NULL, "geneve 5001" },
    { "Geneve, control", ETH4 IP4("0053", "11") UDP_TO("17c1", "003f") GENEVE("0080", "6558") INNER4, 1, BIN_TUNNEL, 0, NULL, NULL },
    { "GTP-U", ETH4 IP4("0045", "11") UDP_TO("0868", "0031") GTPU("30ff", "0021") UDP4, 1, BIN_COUNT, 0, NULL, "gtpu 255" },
    { "GTP-U, IPv6, behind a tag", MACS TAG("8100", "0064") "0800" IP4("0059", "11") UDP_TO("0868", "0045") GTPU("30ff", "0035") UDP6, 1, BIN_COUNT, 100, "100", "gtpu 255" },
    { "GTP-U, sequence", ETH4 IP4("0049", "11") UDP_TO("0868", "0035") GTPU("32ff", "0025") "00010000" UDP4, 1, BIN_COUNT, 0, NULL, "gtpu 255" },
    { "GTP-U, extensions", ETH4 IP4("0055", "11") UDP_TO("0868", "0041") GTPU("36ff", "0031") "00010085" "01100985" "020000000000" "0000" UDP4, 1, BIN_COUNT, 0, NULL, "gtpu 255" },
    { "GTP-U echo", ETH4 IP4("0028", "11") UDP_TO("0868", "0014") "32010004" "00000000" "00000000", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "TZSP", ETH4 IP4("0054", "11") UDP_TO("9090", "0040") "01000001" "0a01c8" "00" "01" INNER4, 1, BIN_COUNT, 0, NULL, "tzsp" },
    { "TZSP keeps alive", ETH4 IP4("0020", "11") UDP_TO("9090", "000c") "01040000", 1, BIN_TUNNEL, 0, NULL, NULL },
    { "L2TP", ETH4 IP4("0047", "11") UDP_TO("06a5", "0033") "0002" "00010002" "ff030021" UDP4, 1, BIN_COUNT, 0, NULL, "l2tp 65538" },
    { "L2TP, length, sequence, offset", ETH4 IP4("0051", "11") UDP_TO("06a5", "003d") "4a02" "0035" "00010002" "00000001" "0002ffff" "ff030021" UDP4, 1, BIN_COUNT, 0, NULL, "l2tp 65538" },
    { "L2TP control", ETH4 IP4("0028", "11") UDP_TO("06a5", "0014") "c802000c" "00010000" "00010001", 1, BIN_TUNNEL, 0, NULL, NULL },

    /* in any order */
    { "GTP-U within MPLS within VXLAN",
      ETH4 IP4("0083", "11") UDP_TO("12b5", "006f") VXLAN("001389")
          MACS TAG("88a8", "0007") TAG("8100", "0064") "8847" LABEL_100
          IP4("0045", "11") UDP_TO("0868", "0031") GTPU("30ff", "0021") UDP4,
      1, BIN_COUNT, ANY_NETWORK, "7.100", "vxlan 5001/gtpu 255" },
    { "ERSPAN of ERSPAN, carried by VXLAN: of the mirror's networks nothing stays",
      ETH4 IP4("00b1", "11") UDP_TO("12b5", "009d") VXLAN("00ffff") MACS "0800"
          IP4("007f", "2f") GRE("1000", "88be") "00000001" ERSPAN_2 MACS "0800"
          IP4("004d", "2f") GRE("3000", "22eb") "0000002a" "00000001" ERSPAN_3 "0800" UDP4,
      1, BIN_COUNT, 0, NULL, "vxlan 65535/erspan3 9" },
    { "PPPoE within GRE's Ethernet within 6in4",
      ETH4 IP4("008b", "29") IP6("004f", "2f") GRE("0000", "6558") MACS "8864" PPPOE("0037") "0057" UDP6,
      1, BIN_COUNT, 0, NULL, "6in4/pppoe 77" },
};
/* clang-format on */

enum { ROWS = sizeof rows / sizeof rows[0] };

static void every_tunnel_is_opened_or_named(void **state)
{
    rows_go_where_they_belong(*state, rows, ROWS);
}

static void a_cut_tunnel_tells_the_truth(void **state)
{
    cut_rows_tell_the_truth(*state, rows, ROWS);
}

static void a_shaken_tunnel_has_one_bin_or_a_datagram(void **state)
{
    shaken_rows_have_one_bin_or_a_datagram(*state, rows, ROWS);
}

/* Datagrams to a tunnel's port: what is none of a tunnel stays what it is. */
static const struct {
    const char *name, *port, *payload;
} plain[] = {
    { "RTP", "12b5",
      "80000001"
      "000000a0"
      "12345678"
      "d5d5d5d5d5d5d5d5" },
    { "RTP with 8 sources", "12b5",
      "88000001"
      "000000a0"
      "12345678"
      "d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5d5" },
    { "SIP", "12b5", "4f5054494f4e53207369703a78205349502f322e300d0a" },
    { "VXLAN without its bit", "12b5",
      "00000000"
      "00138900" INNER4 },
    { "VXLAN, reserved bits, and no frame within", "12b5",
      "08000001"
      "00138900"
      "ffffffffffffffffffffffffffffffffffff" },
    { "VXLAN by GPE, IPv4 that lies", "12b5",
      "0c000001"
      "00138900"
      "4500ffff00000000" },
    { "VXLAN of 7 bytes", "12b5", "08000000001389" },
    { "RTP", "17c1",
      "80000001"
      "000000a0"
      "12345678"
      "d5d5d5d5d5d5d5d5" },
    { "STUN", "17c1",
      "00010000"
      "2112a442"
      "000102030405060708090a0b" },
    { "STUN's answer", "17c1",
      "01010000"
      "2112a442"
      "000102030405060708090a0b" },
    { "Geneve of another protocol", "17c1", GENEVE("0000", "88cc") "0000000000000000" },
    { "Geneve, options past the end", "17c1", GENEVE("3f00", "6558") "0000000000000000" },
    { "Geneve, a reserved byte", "17c1",
      "00006558"
      "00138901" INNER4 },
    { "Geneve, IP that is none", "17c1", GENEVE("0000", "0800") "0000000000000000" },
    { "RTP", "0868",
      "80000001"
      "000000a0"
      "12345678"
      "d5d5d5d5d5d5d5d5" },
    { "GTP'", "0868",
      "20ff0021"
      "000000ff" UDP4 },
    { "GTP-U of version 2", "0868",
      "50ff0021"
      "000000ff" UDP4 },
    { "GTP-U longer than the datagram", "0868",
      "30ff0022"
      "000000ff" UDP4 },
    { "GTP-U with no IP within", "0868",
      "30ff0004"
      "000000ff"
      "00000000" },
    { "GTP-U of nothing", "0868",
      "30ff0000"
      "000000ff" },
    { "GTP-U, an extension of no length", "0868",
      "34ff0029"
      "000000ff"
      "00000085"
      "00000000" UDP4 },
    { "GTP-U, an extension past the end", "0868",
      "34ff0029"
      "000000ff"
      "00000085"
      "ff000000" UDP4 },
    { "STUN's answer", "9090",
      "01010044"
      "2112a442"
      "000102030405060708090a0b" },
    { "TZSP of 802.11", "9090",
      "01000012"
      "01"
      "080000000000" },
    { "TZSP without the last tag", "9090",
      "01000001"
      "0a01c8"
      "00" },
    { "TZSP, a tag past the end", "9090",
      "01000001"
      "0aff" INNER4 },
    { "TZSP, half a tag", "9090",
      "01000001"
      "0a" },
    { "RTP", "06a5",
      "80000001"
      "000000a0"
      "12345678"
      "d5d5d5d5d5d5d5d5" },
    { "RTCP", "06a5",
      "80c80006"
      "12345678"
      "0000000000000000"
      "0000000000000000"
      "00000000" },
    { "L2TP of version 3", "06a5",
      "0003"
      "00010002"
      "ff030021" UDP4 },
    { "L2TP, reserved bits", "06a5",
      "0012"
      "00010002"
      "ff030021" UDP4 },
    { "L2TP longer than the datagram", "06a5",
      "4002"
      "0042"
      "00010002"
      "ff030021" UDP4 },
    { "L2TP, LCP", "06a5",
      "0002"
      "00010002"
      "ff03c021"
      "01010004" },
    { "L2TP, an offset past the end", "06a5",
      "0202"
      "00010002"
      "ffff"
      "ff030021" UDP4 },
    { "L2TP control without a length", "06a5",
      "8802"
      "00010000"
      "00010001"
      "00000000" },
};

static void what_only_has_the_port_is_a_datagram(void **state)
{
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        size_t payload_bytes = strlen(plain[i].payload) / 2;
        char hex[1024];
        uint8_t *data;
        struct frame frame;
        struct taken taken = { .count = 0 };

        snprintf(hex, sizeof hex,
                 ETH4 IP4("%04zx", "11") "c000"
                                         "%s"
                                         "%04zx"
                                         "0000"
                                         "%s",
                 payload_bytes + 28, plain[i].port, payload_bytes + 8, plain[i].payload);
        data = bytes_from_hex(hex, strlen(hex) / 2);
        frame = frame_of(data, strlen(hex) / 2, strlen(hex) / 2, 1);
        if (decap_frame(*state, &frame, take, &taken) != BIN_COUNT)
            fail_msg("%s to %s was not handed over", plain[i].name, plain[i].port);
        assert_int_equal(taken.datagram.payload.len, payload_bytes);
        assert_memory_equal(taken.datagram.payload.p, data + 42, payload_bytes);
        assert_int_equal(taken.datagram.path.tunnel_count, 0);
        free(data);
    }
}

/* n tunnels of IPv4 in IPv4 around a datagram. */
static enum packet_bin nested(struct decap *d, unsigned n, struct taken *taken)
{
    static const char innermost[] = UDP4;
    size_t inner = (sizeof innermost - 1) / 2, total = inner + (size_t)n * 20;
    char hex[4096] = "";
    struct frame frame;
    enum packet_bin bin;
    uint8_t *data;

    for (unsigned i = 0; i < n; i++)
        snprintf(hex + strlen(hex), sizeof hex - strlen(hex), IP4("%04zx", "04"),
                 total - (size_t)i * 20);
    snprintf(hex + strlen(hex), sizeof hex - strlen(hex), "%s", innermost);
    data = bytes_from_hex(hex, total);
    frame = frame_of(data, total, total, 101);
    *taken = (struct taken){ .count = 0 };
    bin = decap_frame(d, &frame, take, taken);
    free(data);
    return bin;
}

static void tunnels_end_at_the_limit(void **state)
{
    struct decap_options options;
    struct taken taken;
    struct decap *shallow;

    assert_int_equal(nested(*state, 8, &taken), BIN_COUNT);
    assert_int_equal(taken.datagram.path.tunnel_count, 8);
    check_path(&taken.datagram.path, NULL, "ipip/ipip");
    assert_int_equal(nested(*state, 9, &taken), BIN_TUNNEL_DEPTH);
    assert_int_equal(nested(*state, 50, &taken), BIN_TUNNEL_DEPTH);
    decap_options_default(&options);
    options.depth_max = 1;
    assert_int_equal(decap_new(&shallow, &options), 0);
    assert_int_equal(nested(shallow, 1, &taken), BIN_COUNT);
    assert_int_equal(nested(shallow, 2, &taken), BIN_TUNNEL_DEPTH);
    decap_free(shallow);
}

static uint32_t network_in(struct decap *d, const char *hex)
{
    size_t bytes = strlen(hex) / 2;
    uint8_t *data = bytes_from_hex(hex, bytes);
    struct frame frame = frame_of(data, bytes, bytes, 1);
    struct taken taken = { .count = 0 };

    assert_int_equal(decap_frame(d, &frame, take, &taken), BIN_COUNT);
    free(data);
    return taken.datagram.network;
}

#define VXLAN_UNTAGGED(vni) ETH4 IP4("0053", "11") UDP_TO("12b5", "003f") VXLAN(vni) INNER4
#define VXLAN_TAGGED(vni)   ETH4 IP4("0057", "11") UDP_TO("12b5", "0043") VXLAN(vni) TAGGED4("0064")
#define GENEVE_IP           IP4("0045", "11") UDP_TO("17c1", "0031") GENEVE("0000", "0800") UDP4

static void networks_differ_by_vlan_and_vni(void **state)
{
    /* Each another network than all others. */
    static const char *const frames[] = {
        INNER4,
        TAGGED4("0064"),
        MACS TAG("88a8", "0007") TAG("8100", "0064") "0800" UDP4,
        VXLAN_UNTAGGED("000000"),
        VXLAN_UNTAGGED("001388"),
        VXLAN_UNTAGGED("000064"),
        VXLAN_TAGGED("001388"),
        VXLAN_TAGGED("000000"),
        ETH4 GENEVE_IP, /* 5001 */
        MACS TAG("8100", "0063") "0800" GENEVE_IP,
    };
    enum { FRAMES = sizeof frames / sizeof frames[0] };
    struct decap_options options;
    uint32_t networks[FRAMES];
    struct decap *together;

    decap_options_default(&options);
    options.separate_vlans = false;
    options.duplicate_window_ns = 0;
    assert_int_equal(decap_new(&together, &options), 0);
    for (size_t i = 0; i < FRAMES; i++) {
        networks[i] = network_in(*state, frames[i]);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(networks[i], networks[k]);
        assert_int_equal(network_in(*state, frames[i]), networks[i]);
        assert_int_equal(network_in(together, frames[i]), 0);
    }
    /* The same of another kind of tunnel, and the carrier's own tag, make no difference. */
    assert_int_equal(network_in(*state, VXLAN_UNTAGGED("001389")), networks[8]);
    assert_int_equal(network_in(*state, MACS TAG("8100", "0063") "0800" IP4("0053", "11")
                                            UDP_TO("12b5", "003f") VXLAN("001388") INNER4),
                     networks[4]);
    decap_free(together);
}

/* Other ports, and none. */
static void ports_are_options(void **state)
{
    struct decap_options options;
    struct decap *d;
    static const struct decap_row moved = {
        "VXLAN on 9999",
        ETH4 IP4("0053", "11") UDP_TO("270f", "003f") VXLAN("001389") INNER4,
        1,
        BIN_COUNT,
        ANY_NETWORK,
        NULL,
        "vxlan 5001",
    };
    static const struct decap_row shared = {
        "GTP-U on VXLAN's port",
        ETH4 IP4("0045", "11") UDP_TO("270f", "0031") GTPU("30ff", "0021") UDP4,
        1,
        BIN_COUNT,
        0,
        NULL,
        "gtpu 255",
    };

    (void)state;
    decap_options_default(&options);
    options.duplicate_window_ns = 0;
    options.vxlan = options.gtpu = (struct decap_ports){ { 9999 }, 1 };
    options.geneve.count = options.tzsp.count = options.l2tp.count = 0;
    assert_int_equal(decap_new(&d, &options), 0);
    rows_go_where_they_belong(d, &moved, 1);
    rows_go_where_they_belong(d, &shared, 1);
    assert_int_equal(network_in(d, VXLAN_UNTAGGED("001389")), 0); /* a datagram as any other */
    decap_free(d);
}

/* The innermost IP packet as captured, without what is behind it. */
static void the_innermost_packet_is_lent(void **state)
{
    static const char *const frames[] = {
        ETH4 UDP4 "0000",
        ETH4 IP4("0053", "11") UDP_TO("12b5", "003f") VXLAN("001389") INNER4 "00",
        ETH4 IP4("0035", "04") UDP4,
    };

    for (size_t i = 0; i < sizeof frames / sizeof frames[0]; i++) {
        size_t bytes = strlen(frames[i]) / 2, packet_bytes = strlen(UDP4) / 2;
        uint8_t *data = bytes_from_hex(frames[i], bytes);
        uint8_t *packet = bytes_from_hex(UDP4, packet_bytes);
        struct frame frame = frame_of(data, bytes, bytes, 1);
        struct taken taken = { .count = 0 };

        decap_frame(*state, &frame, take, &taken);
        assert_true(slice_eq(decap_ip_packet(*state), slice_of(packet, packet_bytes)));
        frame.captured_bytes = 5;
        decap_frame(*state, &frame, take, &taken);
        assert_null(decap_ip_packet(*state).p);
        free(packet);
        free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_tunnel_is_opened_or_named, decap_setup,
                                        decap_teardown),
        cmocka_unit_test_setup_teardown(a_cut_tunnel_tells_the_truth, decap_setup, decap_teardown),
        cmocka_unit_test_setup_teardown(a_shaken_tunnel_has_one_bin_or_a_datagram, decap_setup,
                                        decap_teardown),
        cmocka_unit_test_setup_teardown(what_only_has_the_port_is_a_datagram, decap_setup,
                                        decap_teardown),
        cmocka_unit_test_setup_teardown(tunnels_end_at_the_limit, decap_setup, decap_teardown),
        cmocka_unit_test_setup_teardown(networks_differ_by_vlan_and_vni, decap_setup,
                                        decap_teardown),
        cmocka_unit_test(ports_are_options),
        cmocka_unit_test_setup_teardown(the_innermost_packet_is_lent, decap_setup, decap_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
