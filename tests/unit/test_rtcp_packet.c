/*
 * test_rtcp_packet - what a datagram says, what it may not get away with, and the half round trip.
 */
#include "analyzer/rtp/rtcp_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* An input in a block of its exact size, where the sanitizer sees one byte too many. */
struct block {
    uint8_t *p;
    size_t len;
};

static struct block block_of_hex(const char *hex)
{
    struct block b = { malloc(strlen(hex) / 2 + 1), 0 };
    unsigned nibbles = 0, value = 0;

    assert_non_null(b.p);
    for (; *hex; hex++) {
        const char *digits = "0123456789abcdef", *at = strchr(digits, *hex);

        if (!at)
            continue;
        value = value << 4 | (unsigned)(at - digits);
        if (++nibbles % 2 == 0)
            b.p[b.len++] = (uint8_t)value;
    }
    b.p = realloc(b.p, b.len ? b.len : 1);
    assert_non_null(b.p);
    return b;
}

static struct slice block_slice(struct block b)
{
    return slice_of(b.p, b.len);
}

/* Opens a datagram that must be RTCP; its one packet is wanted. */
static struct rtcp_packet only_packet(struct block b)
{
    struct rtcp_iter packets;
    struct rtcp_packet packet, more;

    assert_int_equal(rtcp_parse_datagram(block_slice(b), true, &packets), RTCP_PARSE_OK);
    assert_true(rtcp_next(&packets, &packet));
    assert_false(rtcp_next(&packets, &more));
    return packet;
}

#define SENDER                                                                                     \
    "11223344 e0000001 80000000 00000320 00000064 00003e80" /* ssrc ntp ts packets octets */
#define REPORT                                                                                     \
    "55667788 40ffffff 0001ffff 000000a0 00018000 00010000" /* ssrc 64 −1 cycle jitter lsr dlsr */
#define SR    "81c8000c" SENDER REPORT
#define CNAME "81ca0003 11223344 0104 61406231 00 00"

static void every_datagram_has_its_verdict(void **state)
{
    static const struct {
        const char *hex;
        enum rtcp_parse compound, reduced;
    } rows[] = {
        { "", RTCP_PARSE_SHORT, RTCP_PARSE_SHORT },
        { "80c90001", RTCP_PARSE_SHORT, RTCP_PARSE_SHORT },
        { "80c90001 112233", RTCP_PARSE_SHORT, RTCP_PARSE_SHORT },
        { "80c90001 11223344", RTCP_PARSE_OK, RTCP_PARSE_OK },
        { SR, RTCP_PARSE_OK, RTCP_PARSE_OK },
        { SR CNAME, RTCP_PARSE_OK, RTCP_PARSE_OK },
        { "00c90001 11223344", RTCP_PARSE_VERSION, RTCP_PARSE_VERSION },
        { "c0c90001 11223344", RTCP_PARSE_VERSION, RTCP_PARSE_VERSION },
        { "80000001 11223344", RTCP_PARSE_TYPE, RTCP_PARSE_TYPE }, /* RTP, PCMU */
        { "80bf0001 11223344", RTCP_PARSE_TYPE, RTCP_PARSE_TYPE },
        { "80e00001 11223344", RTCP_PARSE_TYPE, RTCP_PARSE_TYPE },
        { CNAME, RTCP_PARSE_FIRST, RTCP_PARSE_OK },
        { "81cb0001 11223344", RTCP_PARSE_FIRST, RTCP_PARSE_OK },
        { "81ce0002 11223344 55667788", RTCP_PARSE_FIRST, RTCP_PARSE_OK },
        /* A length that claims a word more than there is, and one less. */
        { "80c90002 11223344", RTCP_PARSE_LENGTH, RTCP_PARSE_LENGTH },
        { "80c9ffff 11223344", RTCP_PARSE_LENGTH, RTCP_PARSE_LENGTH },
        { SR "80cb0001", RTCP_PARSE_LENGTH, RTCP_PARSE_LENGTH },
        { "80c90000 11223344", RTCP_PARSE_BODY, RTCP_PARSE_BODY },
        { "80c90001 11223344 55667788", RTCP_PARSE_TRAILING, RTCP_PARSE_TRAILING },
        { "80c90001 11223344 80", RTCP_PARSE_TRAILING, RTCP_PARSE_TRAILING },
        /* SRTCP: the encrypted bit and index, then a tag of ten bytes. */
        { "80c90001 11223344 80000001 0102030405060708090a", RTCP_PARSE_TRAILING,
          RTCP_PARSE_TRAILING },
        /* Counts that claim a block more than the packet holds. */
        { "81c90001 11223344", RTCP_PARSE_BODY, RTCP_PARSE_BODY },
        { "9fc90007 11223344" REPORT, RTCP_PARSE_BODY, RTCP_PARSE_BODY },
        { "82c8000c" SENDER REPORT, RTCP_PARSE_BODY, RTCP_PARSE_BODY },
        { "80c80005 11223344 e0000001 80000000 00000320 00000064", RTCP_PARSE_BODY,
          RTCP_PARSE_BODY },
        { "82cb0001 11223344", RTCP_PARSE_FIRST, RTCP_PARSE_BODY },
        { "80cc0001 11223344", RTCP_PARSE_FIRST, RTCP_PARSE_BODY },
        { SR "80cf0000", RTCP_PARSE_BODY, RTCP_PARSE_BODY },
        /* Padding: last packet alone, a multiple of four, no more than there is. */
        { "a0c90002 11223344 00000004", RTCP_PARSE_OK, RTCP_PARSE_OK },
        { "a0c90002 11223344 00000008", RTCP_PARSE_BODY, RTCP_PARSE_BODY },
        { "a0c90002 11223344 0000000c", RTCP_PARSE_PADDING, RTCP_PARSE_PADDING },
        { "a0c90002 11223344 00000000", RTCP_PARSE_PADDING, RTCP_PARSE_PADDING },
        { "a0c90002 11223344 00000003", RTCP_PARSE_PADDING, RTCP_PARSE_PADDING },
        { "a0c90002 11223344 000000ff", RTCP_PARSE_PADDING, RTCP_PARSE_PADDING },
        { "a0c90002 11223344 00000004" CNAME, RTCP_PARSE_PADDING, RTCP_PARSE_PADDING },
        { "80c90001 11223344 a0cb0000", RTCP_PARSE_PADDING, RTCP_PARSE_PADDING },
        /* A count of zero is legal, if useless. */
        { "80c90001 11223344 80cb0000", RTCP_PARSE_OK, RTCP_PARSE_OK },
        { "80c90001 11223344 80ca0000", RTCP_PARSE_OK, RTCP_PARSE_OK },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct block b = block_of_hex(rows[i].hex);
        struct rtcp_iter untouched = { .left = 77 }, packets = untouched;
        enum rtcp_parse compound = rtcp_parse_datagram(block_slice(b), false, &packets);
        enum rtcp_parse reduced;

        if (compound != RTCP_PARSE_OK)
            assert_int_equal(packets.left, untouched.left);
        reduced = rtcp_parse_datagram(block_slice(b), true, &packets);
        if (compound != rows[i].compound || reduced != rows[i].reduced)
            fail_msg("%s: %s and %s, expected %s and %s", rows[i].hex, rtcp_parse_text(compound),
                     rtcp_parse_text(reduced), rtcp_parse_text(rows[i].compound),
                     rtcp_parse_text(rows[i].reduced));
        free(b.p);
    }
}

static void a_sender_report_is_read_whole(void **state)
{
    struct block b = block_of_hex(SR);
    struct rtcp_packet p = only_packet(b);
    struct rtcp_sender_info info;
    struct rtcp_report_block r;
    struct rtcp_iter blocks;
    uint32_t ssrc = 0;

    (void)state;
    assert_int_equal(p.type, RTCP_SR);
    assert_true(rtcp_sender_info(&p, &info));
    assert_int_equal(info.ssrc, 0x11223344);
    assert_true(info.ntp == 0xe000000180000000);
    assert_int_equal(rtcp_ntp_middle(info.ntp), 0x00018000);
    assert_int_equal(info.rtp_timestamp, 800);
    assert_int_equal(info.packets, 100);
    assert_int_equal(info.octets, 16000);
    assert_true(rtcp_sender_ssrc(&p, &ssrc));
    assert_int_equal(ssrc, 0x11223344);

    blocks = rtcp_report_blocks(&p);
    assert_true(rtcp_report_block_next(&blocks, &r));
    assert_int_equal(r.ssrc, 0x55667788);
    assert_int_equal(r.fraction_lost, 64);
    assert_int_equal(r.lost, -1);
    assert_int_equal(r.highest_seq, 0x1ffff);
    assert_int_equal(r.jitter, 160);
    assert_int_equal(r.lsr, 0x00018000);
    assert_int_equal(r.dlsr, 65536);
    assert_false(rtcp_report_block_next(&blocks, &r));
    free(b.p);
}

static void cumulative_loss_has_a_sign(void **state)
{
    static const struct {
        const char *hex;
        int32_t lost;
    } rows[] = {
        { "81c90007 11223344 55667788 00000000 00000000 00000000 00000000 00000000", 0 },
        { "81c90007 11223344 55667788 ff7fffff 00000000 00000000 00000000 00000000", 8388607 },
        { "81c90007 11223344 55667788 00800000 00000000 00000000 00000000 00000000", -8388608 },
        { "81c90007 11223344 55667788 00fffffe 00000000 00000000 00000000 00000000", -2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct block b = block_of_hex(rows[i].hex);
        struct rtcp_packet p = only_packet(b);
        struct rtcp_iter blocks = rtcp_report_blocks(&p);
        struct rtcp_sender_info info;
        struct rtcp_report_block r;

        assert_true(rtcp_report_block_next(&blocks, &r));
        assert_int_equal(r.lost, rows[i].lost);
        assert_false(rtcp_sender_info(&p, &info)); /* an RR sends nothing */
        free(b.p);
    }
}

static void a_compound_is_walked_in_order(void **state)
{
    struct block b = block_of_hex(SR CNAME "82cb0004 11223344 99887766 04 6c656674 000000"
                                           "80cc0002 11223344 74657374"
                                           "80c90001 11223344");
    static const uint8_t types[] = { RTCP_SR, RTCP_SDES, RTCP_BYE, RTCP_APP, RTCP_RR };
    struct rtcp_iter packets;
    struct rtcp_packet p;

    (void)state;
    assert_int_equal(rtcp_parse_datagram(block_slice(b), false, &packets), RTCP_PARSE_OK);
    for (size_t i = 0; i < sizeof types; i++) {
        assert_true(rtcp_next(&packets, &p));
        assert_int_equal(p.type, types[i]);
    }
    assert_false(rtcp_next(&packets, &p));
    assert_false(rtcp_next(&packets, &p));
    free(b.p);
}

static void a_bye_names_who_and_why(void **state)
{
    static const struct {
        const char *hex;
        unsigned ssrcs;
        const char *reason;
    } rows[] = {
        { "81cb0001 11223344", 1, NULL },
        { "82cb0004 11223344 99887766 04 6c656674 000000", 2, "left" },
        { "80cb0000", 0, NULL },
        { "81cb0002 11223344 ff616263", 1, NULL }, /* a reason that runs past the packet */
        { "81cb0002 11223344 03616263", 1, "abc" },
        { "81cb0002 11223344 00000000", 1, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct block b = block_of_hex(rows[i].hex);
        struct rtcp_packet p = { .type = b.p[1],
                                 .count = b.p[0] & 0x1f,
                                 .body = bytes_of(b.p + 4, b.len - 4) };
        struct slice reason;
        struct rtcp_iter ssrcs = rtcp_bye_ssrcs(&p, &reason);
        unsigned found = 0;
        uint32_t ssrc;

        while (rtcp_bye_next(&ssrcs, &ssrc))
            found++;
        assert_int_equal(found, rows[i].ssrcs);
        assert_true(slice_eq(reason, slice_of_text(rows[i].reason)));
        free(b.p);
    }
}

/* "name@ssrc-in-hex " for each. */
static void sdes_text(const struct rtcp_packet *p, char *out, size_t room)
{
    struct rtcp_iter chunks = rtcp_sdes_chunks(p);
    struct slice name;
    uint32_t ssrc;
    size_t len = 0;

    out[0] = '\0';
    while (rtcp_cname_next(&chunks, &ssrc, &name))
        len += (size_t)snprintf(out + len, room - len, "%.*s@%08x ", (int)name.len, name.p, ssrc);
}

static void cnames_are_found_among_the_items(void **state)
{
    static const struct {
        const char *hex, *names;
    } rows[] = {
        { CNAME, "a@b1@11223344 " },
        /* Two chunks, the first with a NAME before its CNAME, END and padding between. */
        { "82ca0007 11223344 0202 7878 0103 616263 00 0000"
          "55667788 0101 79 00",
          "abc@11223344 y@55667788 " },
        /* Ends exactly at a word: a whole word of zeros follows. */
        { "82ca0006 11223344 0102 6161 00000000 55667788 0102 6262 00000000",
          "aa@11223344 bb@55667788 " },
        { "81ca0002 11223344 00000000", "" },
        { "82ca0004 11223344 00000000 55667788 0101 62 00", "b@55667788 " },
        { "81ca0002 11223344 0100 00 00", "@11223344 " },
        /* Without an END: what was whole is kept, what follows is not guessed. */
        { "82ca0002 11223344 0102 6161", "aa@11223344 " },
        { "81ca0002 11223344 01ff 6161", "" },
        { "81ca0002 11223344 0202 6101", "" },
        { "81ca0001 11223344", "" },
        { "9fca0002 11223344 0101 62 00", "b@11223344 " },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct block b = block_of_hex(rows[i].hex);
        struct rtcp_packet p = { .type = RTCP_SDES,
                                 .count = b.p[0] & 0x1f,
                                 .body = bytes_of(b.p + 4, b.len - 4) };
        char names[200];

        sdes_text(&p, names, sizeof names);
        if (strcmp(names, rows[i].names) != 0)
            fail_msg("%s: '%s', expected '%s'", rows[i].hex, names, rows[i].names);
        free(b.p);
    }
}

#define XR_HEAD(length) "80cf00" length "11223344"
#define VOIP            "07000008 55667788 40800100 03e80064 00c80032 e2ce7f10 5d7f297f 3f00003c 006400c8"

static void xr_voip_metrics_know_what_is_missing(void **state)
{
    struct block b = block_of_hex(XR_HEAD("0a") VOIP);
    struct rtcp_packet p = only_packet(b);
    struct rtcp_iter blocks = rtcp_xr_blocks(&p);
    struct rtcp_xr_block x;
    struct rtcp_voip_metrics m;

    (void)state;
    assert_true(rtcp_xr_next(&blocks, &x));
    assert_true(rtcp_xr_voip(&x, &m));
    assert_int_equal(m.ssrc, 0x55667788);
    assert_true(m.loss_ratio == 0.25 && m.discard_ratio == 0.5);
    assert_true(m.burst_density_ratio == 1.0 / 256 && m.gap_density_ratio == 0);
    assert_int_equal(m.burst_duration_ms, 1000);
    assert_int_equal(m.gap_duration_ms, 100);
    assert_int_equal(m.round_trip_ms, 200);
    assert_int_equal(m.end_system_delay_ms, 50);
    assert_int_equal(m.signal_dbm, -30);
    assert_int_equal(m.noise_dbm, -50);
    assert_int_equal(m.rerl_db, -1); /* 127 */
    assert_int_equal(m.gmin, 16);
    assert_int_equal(m.r_factor, 93);
    assert_int_equal(m.external_r_factor, -1);
    assert_int_equal(m.mos_lq_x10, 41);
    assert_int_equal(m.mos_cq_x10, -1);
    assert_int_equal(m.rx_config, 0x3f);
    assert_int_equal(m.jb_nominal_ms, 60);
    assert_int_equal(m.jb_maximum_ms, 100);
    assert_int_equal(m.jb_abs_max_ms, 200);
    assert_false(rtcp_xr_next(&blocks, &x));
    free(b.p);
}

static void xr_values_out_of_range_are_unknown(void **state)
{
    struct block b = block_of_hex("07000008 55667788 00000000 00000000 00000000 7f7f0000"
                                  "65ff0933 00000000 00000000");
    struct rtcp_xr_block x = { .type = RTCP_XR_VOIP, .body = bytes_of(b.p + 4, b.len - 4) };
    struct rtcp_voip_metrics m;

    (void)state;
    assert_true(rtcp_xr_voip(&x, &m));
    assert_int_equal(m.round_trip_ms, -1);
    assert_int_equal(m.end_system_delay_ms, -1);
    assert_int_equal(m.signal_dbm, INT16_MIN);
    assert_int_equal(m.noise_dbm, INT16_MIN);
    assert_int_equal(m.rerl_db, 0);
    assert_int_equal(m.gmin, -1);
    assert_int_equal(m.r_factor, -1);          /* 101 */
    assert_int_equal(m.external_r_factor, -1); /* 255 */
    assert_int_equal(m.mos_lq_x10, -1);        /* 9 */
    assert_int_equal(m.mos_cq_x10, -1);        /* 51 */
    free(b.p);
}

static void xr_reference_times_are_read(void **state)
{
    struct block b = block_of_hex(XR_HEAD("0b") "04000002 e0000001 80000000"
                                                "05000006 55667788 00018000 00008000"
                                                "99aabbcc 00000000 00000000");
    struct rtcp_packet p = only_packet(b);
    struct rtcp_iter blocks = rtcp_xr_blocks(&p), reports;
    struct rtcp_xr_block x;
    struct rtcp_dlrr d;
    uint64_t ntp = 0;

    (void)state;
    assert_true(rtcp_xr_next(&blocks, &x));
    assert_true(rtcp_xr_rrtr(&x, &ntp));
    assert_true(ntp == 0xe000000180000000);
    reports = rtcp_xr_dlrr(&x);
    assert_false(rtcp_dlrr_next(&reports, &d)); /* an RRTR is no DLRR */
    assert_true(rtcp_xr_next(&blocks, &x));
    assert_false(rtcp_xr_rrtr(&x, &ntp));
    reports = rtcp_xr_dlrr(&x);
    assert_true(rtcp_dlrr_next(&reports, &d));
    assert_int_equal(d.ssrc, 0x55667788);
    assert_int_equal(d.lrr, 0x00018000);
    assert_int_equal(d.dlrr, 0x8000);
    assert_true(rtcp_dlrr_next(&reports, &d));
    assert_int_equal(d.ssrc, 0x99aabbcc);
    assert_false(rtcp_dlrr_next(&reports, &d));
    free(b.p);
}

/* Lengths that claim more, less or nothing: bounded by what is held, always forward. */
static void xr_lies_end_the_walk(void **state)
{
    static const struct {
        const char *hex;
        unsigned blocks, voip;
    } rows[] = {
        { XR_HEAD("03") "0700000a 01020304", 0, 0 }, /* 10 words claimed, 1 held */
        { XR_HEAD("03") "0700ffff 01020304", 0, 0 },
        { XR_HEAD("03") "07000001 01020304", 1, 0 }, /* shorter than its type must be */
        { XR_HEAD("03") "07000000 07000000", 2, 0 },
        { XR_HEAD("0b") "07000009 55667788 00000000 00000000 00000000 00000000 00000000"
                        "00000000 00000000 00000000",
          1, 0 }, /* and longer */
        { XR_HEAD("04") "05000002 01020304 05060708", 1, 0 },
        { XR_HEAD("0d") VOIP "04000001 00000000 ff000000", 3, 1 },
        { XR_HEAD("01"), 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct block b = block_of_hex(rows[i].hex);
        struct rtcp_packet p = { .type = RTCP_XR, .body = bytes_of(b.p + 4, b.len - 4) };
        struct rtcp_iter blocks = rtcp_xr_blocks(&p);
        unsigned found = 0, voip = 0;
        struct rtcp_xr_block x;
        struct rtcp_voip_metrics m;
        struct rtcp_dlrr d;
        uint64_t ntp;

        while (rtcp_xr_next(&blocks, &x)) {
            struct rtcp_iter reports = rtcp_xr_dlrr(&x);

            found++;
            voip += rtcp_xr_voip(&x, &m);
            assert_false(rtcp_xr_rrtr(&x, &ntp));
            assert_false(rtcp_dlrr_next(&reports, &d));
        }
        if (found != rows[i].blocks || voip != rows[i].voip)
            fail_msg("%s: %u blocks, %u of VoIP", rows[i].hex, found, voip);
        free(b.p);
    }
}

/* A good datagram cut at every byte is never RTCP but where a packet ends. */
static void a_cut_datagram_is_refused(void **state)
{
    struct block whole = block_of_hex(SR CNAME XR_HEAD("0a") VOIP);

    (void)state;
    for (size_t len = 0; len <= whole.len; len++) {
        bool at_an_end = len == 52 || len == 68 || len == whole.len;
        uint8_t *cut = malloc(len ? len : 1);
        struct rtcp_iter packets;

        assert_non_null(cut);
        memcpy(cut, whole.p, len);
        assert_int_equal(rtcp_parse_datagram(slice_of(cut, len), false, &packets) == RTCP_PARSE_OK,
                         at_an_end);
        free(cut);
    }
    free(whole.p);
}

static void rtcp_is_told_from_rtp(void **state)
{
    static const struct {
        const char *hex;
        bool looks;
    } rows[] = {
        { "80c90001", true },  { "81c8", false },     { "80c00000", true },
        { "80df0000", true },  { "80e00000", false }, { "80bf0000", false },
        { "80800000", false }, { "00c80000", false }, { "", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct block b = block_of_hex(rows[i].hex);

        assert_int_equal(rtcp_looks_like(block_slice(b)), rows[i].looks);
        free(b.p);
    }
}

static void half_the_round_trip(void **state)
{
    static const struct {
        int64_t sr_ns, report_ns;
        uint32_t dlsr;
        bool measured;
        int64_t rtt_ns;
    } rows[] = {
        { 0, 40000000, 0, true, 40000000 },
        /* 5 s at the far end, 5.04 s between the two packets. */
        { 1000000000, 6040000000, 5 * 65536, true, 40000000 },
        { 1000000000, 1500000000, 32768, true, 0 },
        { 0, 499500000, 32768, true, 0 }, /* half a millisecond of rounding */
        { 0, 499000000, 32768, true, 0 },
        { 0, 498999999, 32768, false, 0 },
        { 0, 0, 0xffffffff, false, 0 },
        { 10, 9, 0, false, 0 },
        { 0, 60000000000, 0, true, 60000000000 },
        { 0, 60000000001, 0, false, 0 },
        { INT64_MIN, INT64_MAX, 0, false, 0 },
        { INT64_MAX, INT64_MIN, 0xffffffff, false, 0 },
        /* 1/65536 s is 15 258.79 ns. */
        { 0, 1000000, 1, true, 1000000 - 15258 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t rtt_ns = -7;

        assert_int_equal(rtcp_rtt_ns(rows[i].sr_ns, rows[i].report_ns, rows[i].dlsr, &rtt_ns),
                         rows[i].measured);
        assert_int_equal(rtt_ns, rows[i].measured ? rows[i].rtt_ns : -7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_datagram_has_its_verdict),
        cmocka_unit_test(a_sender_report_is_read_whole),
        cmocka_unit_test(cumulative_loss_has_a_sign),
        cmocka_unit_test(a_compound_is_walked_in_order),
        cmocka_unit_test(a_bye_names_who_and_why),
        cmocka_unit_test(cnames_are_found_among_the_items),
        cmocka_unit_test(xr_voip_metrics_know_what_is_missing),
        cmocka_unit_test(xr_values_out_of_range_are_unknown),
        cmocka_unit_test(xr_reference_times_are_read),
        cmocka_unit_test(xr_lies_end_the_walk),
        cmocka_unit_test(a_cut_datagram_is_refused),
        cmocka_unit_test(rtcp_is_told_from_rtp),
        cmocka_unit_test(half_the_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
