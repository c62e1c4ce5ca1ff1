/*
 * test_classify - flows of every kind that must be told, what must not be read, and what may not grow.
 */
#include "probe/decap/classify.h"

#include "probe/decap/classify_name.h"
#include "tests/unit/handshake_fixture.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static const uint64_t hash_key[2] = { 3, 4 };

enum { UDP = 17, TCP = 6, SYN = 2, ACK = 16 };

struct scene {
    struct classify *classify;
    struct counters counters;
    int64_t now_ns;
    struct strbuf packet, json;
};

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_int_equal(classify_new(&s->classify, hash_key, &s->counters), 0);
    s->now_ns = 1000 * SECOND;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;

    classify_free(s->classify);
    strbuf_fini(&s->packet);
    strbuf_fini(&s->json);
    free(s);
    return 0;
}

/* One host is n, the other 10.9.9.9: from the second to the first when `back`. */
static void add_ip(struct strbuf *b, bool v6, uint32_t n, bool back, uint8_t protocol,
                   size_t payload)
{
    if (v6) {
        add_hex(b, "60000000");
        add_number(b, payload, 2);
        add_number(b, protocol, 1);
        add_number(b, 64, 1);
        for (int i = 0; i < 2; i++) {
            add_hex(b, "20010db8000000000000");
            add_number(b, (i == 1) == back ? n : 0x99, 6);
        }
        return;
    }
    add_hex(b, "4500");
    add_number(b, 20 + payload, 2);
    add_hex(b, "0000400040");
    add_number(b, protocol, 1);
    add_hex(b, "0000");
    add_number(b, back ? 0x0a090909 : 0x0a000000 + n, 4);
    add_number(b, back ? 0x0a000000 + n : 0x0a090909, 4);
}

static void see(struct scene *s)
{
    struct slice block = heap_block(strbuf_slice(&s->packet));

    classify_see(s->classify, s->now_ns, block);
    s->now_ns += SECOND / 50;
    heap_block_free(block);
    strbuf_reset(&s->packet);
}

struct ends {
    uint32_t host;
    uint16_t port, other_port;
    bool back, v6;
};

static void add_udp(struct strbuf *b, struct ends e, struct slice payload)
{
    add_ip(b, e.v6, e.host, e.back, UDP, 8 + payload.len);
    add_number(b, e.back ? e.other_port : e.port, 2);
    add_number(b, e.back ? e.port : e.other_port, 2);
    add_number(b, 8 + payload.len, 2);
    add_number(b, 0, 2);
    strbuf_add_slice(b, payload);
}

static void add_tcp(struct strbuf *b, struct ends e, unsigned flags, uint32_t seq,
                    struct slice payload)
{
    add_ip(b, e.v6, e.host, e.back, TCP, 20 + payload.len);
    add_number(b, e.back ? e.other_port : e.port, 2);
    add_number(b, e.back ? e.port : e.other_port, 2);
    add_number(b, seq, 4);
    add_number(b, 1, 4);
    add_number(b, 0x50, 1);
    add_number(b, flags, 1);
    add_hex(b, "100000000000");
    strbuf_add_slice(b, payload);
}

static void expect(struct scene *s, const char *json)
{
    struct jsonw j = jsonw_to(&s->json);

    strbuf_reset(&s->json);
    classify_write(&j, s->classify);
    assert_string_equal(s->json.p, json);
}

/* Of all protocols. */
static unsigned count_all(struct scene *s)
{
    struct jsonw j = jsonw_to(&s->json);
    unsigned sum = 0;

    strbuf_reset(&s->json);
    classify_write(&j, s->classify);
    for (const char *p = s->json.p; (p = strchr(p, ':')) != NULL; p++)
        sum += (unsigned)strtoul(p + 1, NULL, 10);
    return sum;
}

#define MGCP     "CRCX 1204 aaln/1@gw.example.org MGCP 1.0\r\nC: 1\r\n"
#define STUN_HEX "000100082112a442000102030405060708090a0b802200044561727300"

/* Each flow sends its payload so many times; then so many packets have the name. */
static const struct {
    const char *name;
    uint16_t port, other_port;
    bool tcp, v6;
    struct slice payload;
    unsigned times;
} flows[] = {
    { "mgcp", 2727, 2427, false, false, SLICE_INIT(MGCP), 3 },
    { "mgcp", 2727, 2427, false, true, SLICE_INIT(MGCP), 3 },
    { "iax", 4569, 4569, false, false,
      SLICE_INIT("\x80\x01\x00\x00\x00\x00\x00\x05\x00\x00\x06\x01\x0b\x02\x00\x02"), 2 },
    { "h323", 30000, 1720, true, false,
      SLICE_INIT("\x03\x00\x00\x10\x08\x02\x12\x34\x05\x04\x03\x88\x93\xa5\x00\x01"), 4 },
    { "skinny", 40000, 2000, true, false,
      SLICE_INIT("\x10\x00\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x05\x00\x00\x00\x01\x00\x00\x00"
                 "\x02\x00\x00\x00"),
      2 },
    { "megaco", 2944, 2944, false, false, SLICE_INIT("MEGACO/1 [10.0.0.1]:2944\nTransaction"), 2 },
    { "rtcp", 40001, 40003, false, false,
      SLICE_INIT("\x81\xc9\x00\x07\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00"
                 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
      2 },
    { "ntp", 123, 123, false, false,
      SLICE_INIT("\x23\x00\x06\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                 "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
      1 },
    { "syslog", 514, 514, false, false, SLICE_INIT("<134>sbc: trunk 7 is up again"), 1 },
    { "dns", 40000, 53, false, false,
      SLICE_INIT("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07"
                 "example\x03org\x00\x00\x23\x00\x01"),
      1 },
    { "mdns", 5353, 5353, false, true,
      SLICE_INIT("\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x05local\x00\x00\x0c\x00\x01"),
      1 },
    { "snmp", 40000, 161, false, false, SLICE_INIT("\x30\x26\x02\x01\x01\x04\x06public\xa0\x19"),
      1 },
    { "snmp", 40000, 161, false, false,
      SLICE_INIT("\x30\x82\x00\x26\x02\x01\x00\x04\x06public\xa0\x19"), 1 },
    { "tls", 40000, 5061, true, false, SLICE_INIT("\x16\x03\x01\x00\x50\x01\x00\x00\x4c\x03\x03"),
      2 },
    { "dtls", 40000, 40001, false, false,
      SLICE_INIT("\x17\xfe\xfd\x00\x01\x00\x00\x00\x00\x00\x07\x00\x02xy"), 2 },
    { "quic", 40000, 443, false, false,
      SLICE_INIT("\xc3\x00\x00\x00\x01\x08"
                 "12345678"),
      2 },
    { "http", 40000, 8080, true, false, SLICE_INIT("GET /phone.cfg HTTP/1.1\r\n"), 1 },
    { "ssh", 40000, 22, true, false, SLICE_INIT("SSH-2.0-OpenSSH_9.2\r\n"), 1 },
    { "rtsp", 40000, 554, true, false, SLICE_INIT("DESCRIBE rtsp://cam.example/ RTSP/1.0\r\n"), 1 },
    { "ssdp", 40000, 1900, false, false, SLICE_INIT("M-SEARCH * HTTP/1.1\r\nHost:"), 1 },
    { "stun", 40000, 3478, false, true,
      SLICE_INIT("\x00\x01\x00\x00\x21\x12\xa4\x42"
                 "abcdefghijkl"),
      20 },
};

static void every_kind_is_told(void **state)
{
    struct scene *s = *state;

    for (uint32_t i = 0; i < sizeof flows / sizeof flows[0]; i++) {
        char wanted[64];

        for (unsigned n = 0; n < flows[i].times; n++) {
            struct ends e = { i + 1, flows[i].port, flows[i].other_port, false, flows[i].v6 };

            if (flows[i].tcp)
                add_tcp(&s->packet, e, ACK, 1000 + n * (uint32_t)flows[i].payload.len,
                        flows[i].payload);
            else
                add_udp(&s->packet, e, flows[i].payload);
            see(s);
        }
        snprintf(wanted, sizeof wanted, "{\"%s\":%u}", flows[i].name, flows[i].times);
        expect(s, wanted);
        classify_free(s->classify);
        assert_int_equal(classify_new(&s->classify, hash_key, &s->counters), 0);
    }
}

static void say_rtp(struct scene *s, struct ends e, uint16_t seq)
{
    struct strbuf rtp = { 0 };

    add_hex(&rtp, "8008");
    add_number(&rtp, seq, 2);
    add_number(&rtp, seq * 160u, 4);
    add_number(&rtp, 0x11223344, 4);
    for (int i = 0; i < 160; i++)
        strbuf_add_char(&rtp, (char)(i * 7));
    add_udp(&s->packet, e, strbuf_slice(&rtp));
    see(s);
    strbuf_fini(&rtp);
}

static void rtp_must_look_like_it_twice(void **state)
{
    struct scene *s = *state;
    struct ends e = { 1, 40000, 50000, false, false };

    say_rtp(s, e, 1);
    expect(s, "{}");
    say_rtp(s, e, 2);
    expect(s, "{\"rtp\":2}");
    e.back = true;
    say_rtp(s, e, 70); /* both directions are one flow */
    expect(s, "{\"rtp\":3}");
}

static void the_first_packets_count_too(void **state)
{
    struct scene *s = *state;
    struct ends e = { 1, 40000, 50000, false, false };

    add_tcp(&s->packet, e, SYN, 1, SLICE(""));
    see(s);
    for (int i = 0; i < 100; i++) {
        add_tcp(&s->packet, e, ACK, 2, SLICE(""));
        see(s);
    }
    expect(s, "{}");
    add_tcp(&s->packet, e, ACK, 2, SLICE("SSH-2.0-x\r\n"));
    see(s);
    expect(s, "{\"ssh\":102}");
}

static void a_capture_may_begin_with_an_answer(void **state)
{
    struct scene *s = *state;
    struct ends e = { 1, 2727, 2427, true, false };

    for (int i = 0; i < 3; i++) {
        e.back = i % 2 == 0;
        add_udp(&s->packet, e, e.back ? SLICE("200 1204 OK\r\n") : SLICE(MGCP));
        see(s);
    }
    expect(s, "{}");
    e.back = false;
    add_udp(&s->packet, e, SLICE(MGCP));
    see(s);
    expect(s, "{\"mgcp\":4}");
}

static void eight_looks_are_enough(void **state)
{
    struct scene *s = *state;
    struct ends e = { 1, 40000, 50000, false, false };

    for (int i = 0; i < 8; i++) {
        add_udp(&s->packet, e, SLICE("\x01nothing that anybody knows"));
        see(s);
    }
    for (int i = 0; i < 8; i++) {
        add_udp(&s->packet, e, SLICE("M-SEARCH * HTTP/1.1\r\n"));
        see(s);
    }
    expect(s, "{}");
}

static void most_comes_first(void **state)
{
    struct scene *s = *state;

    expect(s, "{}");
    for (uint32_t i = 0; i < 6; i++) {
        struct ends e = { i + 1, 40000, i < 1 ? 53 : i < 4 ? 1900 : 443, false, false };

        add_udp(&s->packet, e,
                i < 1   ? SLICE("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00")
                : i < 4 ? SLICE("M-SEARCH * HTTP/1.1\r\n")
                        : SLICE("\xc3\x00\x00\x00\x01\x00"));
        see(s);
    }
    expect(s, "{\"ssdp\":3,\"quic\":2,\"dns\":1}");
}

/* The same packet with other lengths, cut, and with what is not ours in front. */
static void headers_may_lie(void **state)
{
    static const struct {
        const char *what, *hex;
        bool readable;
    } cases[] = {
        { "total length 0: the frame's counts", "450000000000400040110000", true },
        { "total length beyond the frame", "4500ffff0000400040110000", true },
        { "total length inside the header", "450000100000400040110000", false },
        { "header of 16 bytes", "440000300000400040110000", false },
        { "header beyond the frame", "4f0000300000400040110000", false },
        { "a later fragment", "450000300000000140110000", false },
        { "a first fragment", "450000300000200040110000", true },
        { "ICMP", "450000300000400040010000", false },
        { "TCP without a header length", "450000300000400040060000", false },
        { "version 5", "550000300000400040110000", false },
    };
    struct scene *s = *state;

    for (uint32_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct classify_packet packet;
        struct slice block;

        add_hex(&s->packet, cases[i].hex);
        add_hex(&s->packet, "0a0000010a000002");
        add_hex(&s->packet, "9c40076c0000000000000000" STUN_HEX);
        block = heap_block(strbuf_slice(&s->packet));
        if (classify_packet_read(block, &packet) != cases[i].readable)
            fail_msg("%s", cases[i].what);
        if (cases[i].readable)
            assert_int_equal(packet.src.port, 40000);
        heap_block_free(block);
        see(s);
    }
}

static void extensions_of_v6_are_passed(void **state)
{
    static const struct {
        const char *chain; /* from the first extension's type on */
        bool readable;
    } cases[] = {
        { "11", true },
        { "00"
          "1100000000000000",
          true },
        { "00"
          "2b01000000000000"
          "0000000000000000"
          "1100000000000000",
          true },
        { "2c"
          "1100000100000000",
          true }, /* the first of a packet in pieces */
        { "2c"
          "1100000800000000",
          false }, /* not the first */
        { "3c"
          "11ff000000000000",
          false }, /* longer than the packet */
        { "32"
          "1100000000000000",
          false }, /* ESP */
        { "00"
          "0000000000000000"
          "0000000000000000"
          "0000000000000000"
          "0000000000000000"
          "0000000000000000"
          "0000000000000000"
          "0000000000000000"
          "0000000000000000"
          "1100000000000000",
          false },
    };
    struct scene *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t chain_bytes = strlen(cases[i].chain) / 2 - 1;
        char type[3] = { cases[i].chain[0], cases[i].chain[1], '\0' };
        struct classify_packet packet;
        struct slice block;

        add_hex(&s->packet, "60000000");
        add_number(&s->packet, chain_bytes + 10, 2);
        add_hex(&s->packet, type);
        add_hex(&s->packet, "4020010db800000000000000000000000120010db8000000000000000000000002");
        add_hex(&s->packet, cases[i].chain + 2);
        add_hex(&s->packet, "9c400035000a0000"
                            "abcd");
        block = heap_block(strbuf_slice(&s->packet));
        if (classify_packet_read(block, &packet) != cases[i].readable)
            fail_msg("%s", cases[i].chain);
        if (cases[i].readable) {
            assert_int_equal(packet.dst.port, 53);
            assert_int_equal(packet.payload.len, 2);
        }
        heap_block_free(block);
        strbuf_reset(&s->packet);
    }
}

static void ndpi_gets_a_plain_packet(void **state)
{
    /* IPv4 with options, TCP with options, four bytes of padding behind. */
    static const char hex[] = "460000320000400040060000"
                              "c0000201c000020201010100"
                              "13c413c500000001000000026018ffff00000000010101010a0bffffffff";
    static const char plain[] = "4500002a000000004006"
                                "0000"
                                "c0000201c0000202"
                                "13c413c500000001000000025018ffff00000000"
                                "0a0b";
    struct scene *s = *state;
    struct classify_packet packet;
    struct strbuf wanted = { 0 };
    uint8_t out[CLASSIFY_PACKET_PLAIN_BYTES];
    struct slice block;

    add_hex(&s->packet, hex);
    block = heap_block(strbuf_slice(&s->packet));
    strbuf_reset(&s->packet);
    assert_true(classify_packet_read(block, &packet));
    memset(out, 0xee, sizeof out);
    add_hex(&wanted, plain);
    assert_int_equal(classify_packet_write_plain(&packet, out), wanted.len);
    assert_memory_equal(out, wanted.p, wanted.len);
    for (size_t i = 0; i < CLASSIFY_PACKET_SLACK_BYTES; i++)
        assert_int_equal(out[wanted.len + i], 0);
    assert_int_equal(out[wanted.len + CLASSIFY_PACKET_SLACK_BYTES], 0xee);
    strbuf_fini(&wanted);
    heap_block_free(block);
}

static void every_cut_is_survived(void **state)
{
    struct scene *s = *state;
    uint32_t host = 1;

    for (uint32_t i = 0; i < sizeof flows / sizeof flows[0]; i++) {
        struct strbuf whole = { 0 };
        struct ends e = { 0, flows[i].port, flows[i].other_port, false, flows[i].v6 };

        if (flows[i].tcp)
            add_tcp(&whole, e, ACK, 1, flows[i].payload);
        else
            add_udp(&whole, e, flows[i].payload);
        for (size_t len = 0; len <= whole.len; len++) {
            strbuf_add(&s->packet, whole.p, len);
            if (len > 20) /* every cut a flow of its own */
                s->packet.p[flows[i].v6 ? 20 : 15] = (char)(host++ & 0xff);
            see(s);
        }
        strbuf_fini(&whole);
    }
}

/* Packets of a few protocols with some bytes made random, many to a flow. */
static void damage_is_survived(void **state)
{
    struct scene *s = *state;
    struct random r = { 20261121 };

    for (unsigned i = 0; i < 60000; i++) {
        uint32_t k = random_below(&r, sizeof flows / sizeof flows[0]);
        struct ends e = { random_below(&r, 3000), flows[k].port, flows[k].other_port,
                          random_below(&r, 2) == 1, flows[k].v6 };

        if (flows[k].tcp)
            add_tcp(&s->packet, e, random_below(&r, 64), (uint32_t)random_next(&r),
                    flows[k].payload);
        else
            add_udp(&s->packet, e, flows[k].payload);
        for (unsigned n = random_below(&r, 4); n; n--)
            s->packet.p[random_below(&r, (uint32_t)s->packet.len)] = (char)random_next(&r);
        if (random_below(&r, 8) == 0)
            strbuf_chop(&s->packet, random_below(&r, 40));
        see(s);
    }
    assert_in_range(count_all(s), 30000, 60000);
}

static void a_flood_of_flows_is_bounded(void **state)
{
    struct scene *s = *state;
    struct ends e = { 1, 40000, 50000, false, false };

    for (uint32_t i = 0; i < 100000; i++) {
        e.host = i;
        add_udp(&s->packet, e, SLICE("\x01nothing that anybody knows"));
        s->now_ns -= SECOND / 50; /* all at once */
        see(s);
    }
    assert_true(s->counters.refusals[REFUSAL_FLOWS] > 100000 - 16384 - 1);
    assert_true(s->counters.refusals[REFUSAL_FLOWS] <= 100000);
    assert_int_equal(s->counters.refusals[REFUSAL_MEMORY], 0);
    /* When they fell silent there is room again. */
    s->now_ns += 60 * SECOND;
    memset(&s->counters, 0, sizeof s->counters);
    for (uint32_t i = 0; i < 5000; i++) {
        e.host = 200000 + i;
        add_udp(&s->packet, e, SLICE("\x01nothing that anybody knows"));
        see(s);
    }
    s->now_ns += SECOND;
    memset(&s->counters, 0, sizeof s->counters);
    e.host = 300000;
    e.other_port = 2427;
    add_udp(&s->packet, e, SLICE(MGCP));
    see(s);
    expect(s, "{\"mgcp\":1}");
    assert_int_equal(s->counters.refusals[REFUSAL_FLOWS], 0);
}

/* nDPI prints what it does not like; a probe's output is its own. */
static void nothing_is_printed(void **state)
{
    int kept[2], caught[2];
    char bytes[16];

    assert_int_equal(pipe(caught), 0);
    for (int i = 0; i < 2; i++) {
        kept[i] = dup(i + 1);
        assert_true(kept[i] >= 0 && dup2(caught[1], i + 1) >= 0);
    }
    every_cut_is_survived(state);
    classify_free(((struct scene *)*state)->classify);
    ((struct scene *)*state)->classify = NULL;
    fflush(stdout);
    for (int i = 0; i < 2; i++) {
        dup2(kept[i], i + 1);
        close(kept[i]);
    }
    close(caught[1]);
    assert_int_equal(read(caught[0], bytes, sizeof bytes), 0);
    close(caught[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_is_told),
        TEST(rtp_must_look_like_it_twice),
        TEST(the_first_packets_count_too),
        TEST(a_capture_may_begin_with_an_answer),
        TEST(eight_looks_are_enough),
        TEST(most_comes_first),
        TEST(headers_may_lie),
        TEST(extensions_of_v6_are_passed),
        TEST(ndpi_gets_a_plain_packet),
        TEST(every_cut_is_survived),
        TEST(damage_is_survived),
        TEST(a_flood_of_flows_is_bounded),
        TEST(nothing_is_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
