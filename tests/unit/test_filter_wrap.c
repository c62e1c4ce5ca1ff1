#include "probe/capture/capture_filter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FRAME_MAX = 128 };

/* What is in the packet, behind its tags. */
enum kind {
    SIP,           /* 10.0.0.1:5060 to 10.0.0.2:5060 */
    SSH,           /* TCP 10.0.0.1:40000 to 10.0.0.2:22 */
    WEB,           /* TCP 10.9.9.9:40000 to 10.0.0.2:80 */
    SIP_FIRST,     /* the first fragment of a SIP message */
    SIP_LATER,     /* a later one */
    FOREIGN_LATER, /* a later one from 10.9.9.9 */
    SIP6,          /* [2001:db8::1]:5060 to [2001:db8::2]:5060 */
    SIP6_FRAGMENT, /* a fragment of it */
    SIP6_OPTIONS,  /* behind hop-by-hop options */
    GRE,
    IPIP,
    SIX_IN_FOUR,
    VXLAN,
    GTPU,
    MPLS,
    PPPOE,
    ARP,
    KINDS
};

static const char *const names[KINDS] = {
    "SIP",
    "SSH",
    "WEB",
    "SIP, first fragment",
    "SIP, later fragment",
    "foreign fragment",
    "SIP 6",
    "SIP 6 fragment",
    "SIP 6 with options",
    "GRE",
    "IP in IP",
    "6in4",
    "VXLAN",
    "GTP-U",
    "MPLS",
    "PPPoE",
    "ARP",
};

struct bytes {
    uint8_t data[FRAME_MAX];
    size_t len;
};

static void put(struct bytes *b, const void *data, size_t len)
{
    assert_true(b->len + len <= FRAME_MAX);
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static void put16(struct bytes *b, unsigned value)
{
    const uint8_t two[] = { (uint8_t)(value >> 8), (uint8_t)value };

    put(b, two, 2);
}

static void put_ipv4(struct bytes *b, unsigned protocol, unsigned fragment, unsigned source)
{
    const uint8_t rest[] = {
        64, (uint8_t)protocol, 0, 0, 10, (uint8_t)source, (uint8_t)source, source ? 9 : 1, 10, 0, 0,
        2
    };

    put16(b, 0x4500);
    put16(b, 60);
    put16(b, 1);
    put16(b, fragment);
    put(b, rest, sizeof rest);
}

static void put_ipv6(struct bytes *b, unsigned next)
{
    const uint8_t head[] = { 0x60, 0, 0, 0, 0, 40, (uint8_t)next, 64 };
    const uint8_t address[15] = { 0x20, 0x01, 0x0d, 0xb8 };

    put(b, head, sizeof head);
    for (uint8_t host = 1; host <= 2; host++) {
        put(b, address, sizeof address);
        put(b, &host, 1);
    }
}

static void put_ports(struct bytes *b, unsigned from, unsigned to)
{
    const uint8_t rest[36] = { 0, 40 };

    put16(b, from);
    put16(b, to);
    put(b, rest, sizeof rest);
}

static const struct {
    unsigned ethertype, protocol, fragment, from, to, source; /* 0 ports: none */
} kinds[KINDS] = {
    [SIP] = { 0x0800, 17, 0, 5060, 5060, 0 },
    [SSH] = { 0x0800, 6, 0, 40000, 22, 0 },
    [WEB] = { 0x0800, 6, 0, 40000, 80, 9 },
    [SIP_FIRST] = { 0x0800, 17, 0x2000, 5060, 5060, 0 },
    [SIP_LATER] = { 0x0800, 17, 0x00b9, 7, 7, 0 },
    [FOREIGN_LATER] = { 0x0800, 17, 0x00b9, 7, 7, 9 },
    [SIP6] = { 0x86dd, 17, 0, 5060, 5060, 0 },
    [SIP6_FRAGMENT] = { 0x86dd, 44, 0, 0x1100, 0x00b8, 0 },
    [SIP6_OPTIONS] = { 0x86dd, 0, 0, 0x1100, 0, 0 },
    [GRE] = { 0x0800, 47, 0, 0, 0x0800, 9 },
    [IPIP] = { 0x0800, 4, 0, 0x4500, 60, 9 },
    [SIX_IN_FOUR] = { 0x0800, 41, 0, 0x6000, 0, 9 },
    [VXLAN] = { 0x0800, 17, 0, 50000, 4789, 9 },
    [GTPU] = { 0x0800, 17, 0, 2152, 2152, 9 },
    [MPLS] = { 0x8847, 0, 0, 1, 0x0140, 0 },
    [PPPOE] = { 0x8864, 0, 0, 0x1100, 1, 0 },
    [ARP] = { 0x0806, 0, 0, 1, 0x0800, 0 },
};

static const unsigned tag_types[][3] = {
    { 0 }, { 0x8100 }, { 0x88a8, 0x8100 }, { 0x88a8, 0x8100, 0x8100 }
};

/* An Ethernet frame of that kind behind that many tags. */
static struct bytes frame_of(enum kind kind, unsigned tags)
{
    struct bytes b = { .len = 0 };

    put(&b, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
    for (unsigned i = 0; i < tags; i++) {
        put16(&b, tag_types[tags][i]);
        put16(&b, 42 + i);
    }
    put16(&b, kinds[kind].ethertype);
    if (kinds[kind].ethertype == 0x0800)
        put_ipv4(&b, kinds[kind].protocol, kinds[kind].fragment, kinds[kind].source);
    else if (kinds[kind].ethertype == 0x86dd)
        put_ipv6(&b, kinds[kind].protocol);
    put_ports(&b, kinds[kind].from, kinds[kind].to);
    return b;
}

static const uint16_t tunnel_ports[] = { 4789, 2152 };

static void compile(pcap_t **pcap, struct bpf_program *program, const char *text, bool wrap)
{
    const struct capture_filter filter = { text, wrap, { tunnel_ports, 2 }, 0 };
    struct source_error error = { 0 };

    *pcap = pcap_open_dead(DLT_EN10MB, 65535);
    assert_non_null(*pcap);
    if (capture_filter_compile(*pcap, &filter, program, NULL, &error) != 0)
        fail_msg("%s: %s", text, error.text);
}

static bool passes(const struct bpf_program *program, enum kind kind, unsigned tags)
{
    struct bytes b = frame_of(kind, tags);
    struct pcap_pkthdr header = { .caplen = (bpf_u_int32)b.len, .len = (bpf_u_int32)b.len };
    uint8_t *exact = malloc(b.len);
    bool result;

    assert_non_null(exact);
    memcpy(exact, b.data, b.len);
    result = pcap_offline_filter(program, &header, exact) != 0;
    free(exact);
    return result;
}

#define BIT(kind) (1u << (kind))

enum {
    ALL_TUNNELS =
        BIT(GRE) | BIT(IPIP) | BIT(SIX_IN_FOUR) | BIT(VXLAN) | BIT(GTPU) | BIT(MPLS) | BIT(PPPOE),
    PORTLESS = BIT(SIP_LATER) | BIT(FOREIGN_LATER) | BIT(SIP6_FRAGMENT) | BIT(SIP6_OPTIONS),
    ALL_SIP = BIT(SIP) | BIT(SIP_FIRST) | BIT(SIP6),
};

/* Which kinds pass behind none, one and two tags: the same ones. */
static const struct {
    const char *filter;
    unsigned passing;
} wrapped[] = {
    { "udp port 5060", ALL_SIP | PORTLESS | ALL_TUNNELS },
    { "port 22 or 80", BIT(SSH) | BIT(WEB) | PORTLESS | ALL_TUNNELS },
    { "udp[2:2] = 5060", BIT(SIP) | BIT(SIP_FIRST) | PORTLESS | ALL_TUNNELS },
    { "host 10.0.0.1", BIT(SIP) | BIT(SSH) | BIT(SIP_FIRST) | BIT(SIP_LATER) | ALL_TUNNELS },
    { "not host 10.0.0.1", BIT(WEB) | BIT(FOREIGN_LATER) | BIT(SIP6) | BIT(SIP6_FRAGMENT) |
                               BIT(SIP6_OPTIONS) | BIT(ARP) | ALL_TUNNELS },
    { "not tcp port 22 and not arp", ALL_SIP | BIT(WEB) | PORTLESS | ALL_TUNNELS },
    { "tcp", BIT(SSH) | BIT(WEB) | ALL_TUNNELS },
    { "ip6", BIT(SIP6) | BIT(SIP6_FRAGMENT) | BIT(SIP6_OPTIONS) | ALL_TUNNELS },
    { "udp port 5060 or (tcp and host 10.9.9.9)", ALL_SIP | BIT(WEB) | PORTLESS | ALL_TUNNELS },
};

static void passes_what_hides_behind_tags_fragments_and_tunnels(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrapped / sizeof wrapped[0]; i++) {
        struct bpf_program program;
        pcap_t *pcap;

        compile(&pcap, &program, wrapped[i].filter, true);
        for (unsigned tags = 0; tags <= 2; tags++) {
            for (unsigned kind = 0; kind < KINDS; kind++) {
                bool wanted = wrapped[i].passing & BIT(kind);

                if (passes(&program, kind, tags) != wanted)
                    fail_msg("'%s': %s behind %u tags %s", wrapped[i].filter, names[kind], tags,
                             wanted ? "does not pass" : "passes");
            }
        }
        assert_true(passes(&program, SIP, 3)); /* further in, nobody looks */
        pcap_freecode(&program);
        pcap_close(pcap);
    }
}

static void is_left_alone_when_asked_to(void **state)
{
    struct bpf_program program;
    pcap_t *pcap;

    (void)state;
    compile(&pcap, &program, "udp port 5060", false);
    for (unsigned kind = 0; kind < KINDS; kind++) {
        assert_int_equal(passes(&program, kind, 0), (ALL_SIP & BIT(kind)) != 0);
        assert_false(passes(&program, kind, 1));
    }
    pcap_freecode(&program);
    pcap_close(pcap);
}

/* Who speaks of tags is taken at the word; what hides passes all the same, tagged or not. */
static void a_filter_that_speaks_of_tags_means_what_it_says(void **state)
{
    struct bpf_program program;
    pcap_t *pcap;

    (void)state;
    compile(&pcap, &program, "vlan 42 and udp port 5060", true);
    assert_true(passes(&program, SIP, 1));
    assert_false(passes(&program, SIP, 0));
    assert_false(passes(&program, SSH, 1));
    for (unsigned tags = 0; tags <= 2; tags++) {
        assert_true(passes(&program, SIP_LATER, tags));
        assert_true(passes(&program, GRE, tags));
    }
    pcap_freecode(&program);
    pcap_close(pcap);
    compile(&pcap, &program, "udp or vlan", true);
    for (unsigned kind = 0; kind < KINDS; kind++)
        assert_true(passes(&program, kind, 1));
    assert_false(passes(&program, SSH, 0));
    pcap_freecode(&program);
    pcap_close(pcap);
}

/* Link types that know no VLANs are widened less; the kernel's limit is kept. */
static void does_what_the_link_type_allows(void **state)
{
    static const int links[] = { DLT_LINUX_SLL, DLT_RAW, DLT_PPP, DLT_NULL, DLT_EN10MB };

    (void)state;
    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        const struct capture_filter filter = { "udp port 5060", true, { tunnel_ports, 2 }, 0 };
        pcap_t *pcap = pcap_open_dead(links[i], 65535);
        struct source_error error = { 0 };
        struct strbuf told = { 0 };
        struct bpf_program program;

        assert_int_equal(capture_filter_compile(pcap, &filter, &program, &told, &error), 0);
        assert_non_null(strstr(told.p, "0x1fff"));
        assert_int_equal(strstr(told.p, "vlan") != NULL, links[i] == DLT_EN10MB);
        pcap_freecode(&program);
        pcap_close(pcap);
        strbuf_fini(&told);
    }
}

static void one_that_would_grow_too_long_stays_as_it_is(void **state)
{
    struct strbuf text = { 0 }, told = { 0 };
    struct source_error error = { 0 };
    struct capture_filter filter = { .wrap = true, .steps_max = 600 };
    struct bpf_program program;
    pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);

    (void)state;
    for (unsigned i = 0; text.len < 800; i++)
        strbuf_addf(&text, "%sport %u", i ? " or " : "", 1000 + 7 * i);
    filter.text = text.p;
    assert_int_equal(capture_filter_compile(pcap, &filter, &program, &told, &error), 0);
    assert_true(program.bf_len <= filter.steps_max);
    assert_true(passes(&program, SIP_LATER, 0));
    pcap_freecode(&program);
    pcap_close(pcap);
    strbuf_fini(&text);
    strbuf_fini(&told);
}

static void errors_point_at_what_the_person_wrote(void **state)
{
    const struct capture_filter filter = { "udp prot 5060", true, { tunnel_ports, 2 }, 0 };
    struct source_error error = { 0 };
    struct strbuf told = { 0 };

    (void)state;
    assert_true(capture_filter_print(&filter, &told, &error) < 0);
    assert_non_null(strstr(error.text, "column 5, at 'prot'"));
    assert_int_equal(told.len, 0);
    strbuf_fini(&told);
}

static void what_is_printed_can_be_compiled(void **state)
{
    const struct capture_filter filter = { "udp port 5060", true, { tunnel_ports, 2 }, 0 };
    struct source_error error = { 0 };
    struct strbuf told = { 0 };
    static const char between[] = "; or else: ";
    char *at;

    (void)state;
    assert_int_equal(capture_filter_print(&filter, &told, &error), 0);
    at = told.p;
    for (unsigned parts = 1;; parts++) {
        char *end = strstr(at, between);

        if (end)
            *end = '\0';
        assert_int_equal(capture_filter_check(at, &error), 0);
        if (!end) {
            assert_int_equal(parts, FILTER_WRAP_PARTS);
            break;
        }
        at = end + strlen(between);
    }
    strbuf_fini(&told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_what_hides_behind_tags_fragments_and_tunnels),
        cmocka_unit_test(is_left_alone_when_asked_to),
        cmocka_unit_test(a_filter_that_speaks_of_tags_means_what_it_says),
        cmocka_unit_test(does_what_the_link_type_allows),
        cmocka_unit_test(one_that_would_grow_too_long_stays_as_it_is),
        cmocka_unit_test(errors_point_at_what_the_person_wrote),
        cmocka_unit_test(what_is_printed_can_be_compiled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
