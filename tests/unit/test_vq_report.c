/*
 * test_vq_report - quality reports of phones: as RFC 6035 has them, as phones write them, and worse.
 */
#include "analyzer/sip/vq_report.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SESSION                                                                                    \
    "VQSessionReport: CallTerm\r\n"                                                                \
    "CallID: 6dg37f1890463@phone.example\r\n"                                                      \
    "LocalID: Alice <sip:alice@example.org>\r\n"                                                   \
    "RemoteID: <sip:bob@example.net>\r\n"                                                          \
    "OrigID: <sip:alice@example.org>\r\n"                                                          \
    "LocalGroup: example-phone-55671\r\n"                                                          \
    "LocalAddr: IP=192.0.2.10 PORT=5000 SSRC=0x1a3b5c7d\r\n"                                       \
    "RemoteAddr: IP=[2001:db8::11] PORT=5002 SSRC=2468acdf\r\n"

#define METRICS                                                                                    \
    "Timestamps: START=2026-11-21T10:00:00Z STOP=2026-11-21T10:05:00Z\r\n"                         \
    "SessionDesc: PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50 FMTP=\"annexb=no x=1\" PLC=3 "    \
    "SSUP=on\r\n"                                                                                  \
    "JitterBuffer: JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"                                          \
    "PacketLoss: NLR=5.0 JDR=2.5\r\n"                                                              \
    "BurstGapLoss: BLD=40 BD=340 GLD=1.5 GD=500 GMIN=16\r\n"                                       \
    "Delay: RTD=200 ESD=140 SOWD=100 IAJ=2 MAJ=10\r\n"                                             \
    "Signal: SL=-18 NL=-50 RERL=55\r\n"                                                            \
    "QualityEst: RLQ=90 RCQ=85 EXTRI=90 MOSLQ=4.2 MOSCQ=4.3 QoEEstAlg=P.564\r\n"

/* The slices of the report point into *block, which the caller frees. */
static enum vq_parse parse(struct vq_report *out, struct slice text, struct slice *block)
{
    *block = heap_block(text);
    return vq_report_parse(out, *block);
}

static void expect_text(struct slice is, const char *expected)
{
    if (!slice_eq(is, slice_of_text(expected)) || (is.p == NULL) != (expected == NULL))
        fail_msg("'%.*s', expected '%s'", (int)is.len, is.p ? is.p : "", expected ? expected : "");
}

static void expect_near(double is, double expected)
{
    if (!(fabs(is - expected) < 1e-9))
        fail_msg("%g, expected %g", is, expected);
}

static void expect_addr(const struct addr *addr, const char *expected)
{
    char text[ADDR_TEXT_MAX];

    addr_format(addr, text);
    assert_string_equal(text, expected);
}

static void expect_metrics(const struct vq_metrics *m)
{
    assert_true(m->present);
    expect_text(m->codec, "G729");
    expect_near(m->loss_ratio, 0.05);
    expect_near(m->discard_ratio, 0.025);
    expect_near(m->burst_density_ratio, 0.4);
    expect_near(m->burst_ms, 340);
    expect_near(m->gap_density_ratio, 0.015);
    expect_near(m->gap_ms, 500);
    expect_near(m->round_trip_ms, 200);
    expect_near(m->end_system_ms, 140);
    expect_near(m->jitter_ms, 2);
    expect_near(m->jb_nominal_ms, 40);
    expect_near(m->signal_dbm, -18);
    expect_near(m->noise_dbm, -50);
    expect_near(m->r_lq, 90);
    expect_near(m->r_cq, 85);
    expect_near(m->mos_lq, 4.2);
    expect_near(m->mos_cq, 4.3);
}

static void a_session_report_is_read_whole(void **state)
{
    struct vq_report r;
    struct slice block;

    (void)state;
    assert_int_equal(parse(&r,
                           SLICE(SESSION "LocalMetrics:\r\n" METRICS "RemoteMetrics:\r\n"
                                         "PacketLoss: NLR=1 JDR=0\r\nQualityEst: MOSLQ=3.1\r\n"),
                           &block),
                     VQ_PARSE_OK);
    expect_text(r.kind, "session");
    assert_true(r.call_term);
    expect_text(r.call_id, "6dg37f1890463@phone.example");
    expect_text(r.local_id, "Alice <sip:alice@example.org>");
    expect_text(r.remote_id, "<sip:bob@example.net>");
    expect_addr(&r.local, "192.0.2.10:5000");
    expect_addr(&r.remote, "[2001:db8::11]:5002");
    assert_int_equal(r.local_ssrc, 0x1a3b5c7d);
    assert_int_equal(r.remote_ssrc, 0x2468acdf);
    expect_metrics(&r.local_metrics);
    assert_true(r.remote_metrics.present);
    expect_near(r.remote_metrics.loss_ratio, 0.01);
    expect_near(r.remote_metrics.discard_ratio, 0);
    expect_near(r.remote_metrics.mos_lq, 3.1);
    assert_true(isnan(r.remote_metrics.mos_cq) && isnan(r.remote_metrics.round_trip_ms));
    assert_null(r.remote_metrics.codec.p);
    heap_block_free(block);
}

/* Changes the case of every letter. */
static void swap_case(char *text)
{
    for (; *text; text++) {
        if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
            *text ^= 0x20;
    }
}

/* Lines in any order and case, with LF alone, spaces around colons, and folded. */
static void lines_may_come_in_any_form(void **state)
{
    static const char *const lines[] = {
        "localmetrics :\n",
        "QUALITYEST:RLQ=90\n \tRCQ=85 MOSLQ=4.2\n\tMOSCQ=4.3\n",
        "Signal : SL=-18   NL=-50\t\n",
        "Delay:RTD=200 ESD=140 IAJ=2\n",
        "BurstGapLoss:  BLD=40% BD=340 GLD=1.5% GD=500\n",
        "PacketLoss:NLR=5.00% JDR=2.5\n",
        "JitterBuffer:JBN=40\n",
        "SessionDesc:PT=18 PD=\"G729\"\n",
        "\n",
        "CallID:6dg37f1890463@phone.example\n",
    };
    enum { LINES = sizeof lines / sizeof lines[0] };

    (void)state;
    for (unsigned turn = 0; turn < LINES - 1; turn++) {
        for (int swapped = 0; swapped < 2; swapped++) {
            char text[1024] = "VQIntervalReport\n";
            struct vq_report r;
            struct slice block;

            /* The first heads the metrics; without it they are the local ones all the same. */
            for (unsigned i = 0; i < LINES - 1; i++)
                strncat(text, lines[1 + (i + turn) % (LINES - 1)], 200);
            if (swapped)
                swap_case(text);
            assert_int_equal(parse(&r, slice_of_text(text), &block), VQ_PARSE_OK);
            expect_text(r.kind, "interval");
            assert_false(r.call_term);
            if (swapped)
                expect_text(r.local_metrics.codec, "g729");
            else
                expect_metrics(&r.local_metrics);
            expect_near(r.local_metrics.mos_cq, 4.3);
            assert_false(r.remote_metrics.present);
            heap_block_free(block);
        }
    }
}

static void kinds_and_refusals(void **state)
{
    static const struct {
        const char *text;
        enum vq_parse why;
        const char *kind;
    } rows[] = {
        { "", VQ_PARSE_NOT_VQ, NULL },
        { "\r\n\r\n", VQ_PARSE_NOT_VQ, NULL },
        { "v=0\r\nCallID: x\r\n", VQ_PARSE_NOT_VQ, NULL },
        { "VQSessionReportX\r\nCallID: x\r\n", VQ_PARSE_NOT_VQ, NULL },
        { "CallID: x\r\nVQSessionReport\r\n", VQ_PARSE_NOT_VQ, NULL },
        { "VQSessionReport", VQ_PARSE_NO_CALL, "session" },
        { "VQSessionReport: CallTerm\r\nCallID:\r\nCallID: \r\n", VQ_PARSE_NO_CALL, "session" },
        { "VQSessionReport\r\nCallID: x", VQ_PARSE_OK, "session" }, /* no line end */
        { "\r\nvqsessionreport : callterm\nCALLID:x\n", VQ_PARSE_OK, "session" },
        { "VQAlertReport: Type=NLR Severity=Critical Dir=local\r\nCallID: x\r\n", VQ_PARSE_OK,
          "alert" },
        { "VQIntervalReport\r\nDialogID:x;to-tag=a;from-tag=b\r\n", VQ_PARSE_OK, "interval" },
        { "VQSessionReport\r\nDialogID:other;to-tag=a\r\nCallID:x\r\nCallID:y\r\n", VQ_PARSE_OK,
          "session" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vq_report r;
        struct slice block;

        if (parse(&r, slice_of_text(rows[i].text), &block) != rows[i].why)
            fail_msg("%s: not %s", rows[i].text, vq_parse_text(rows[i].why));
        expect_text(r.kind, rows[i].kind);
        if (rows[i].why == VQ_PARSE_OK)
            expect_text(r.call_id, "x");
        heap_block_free(block);
    }
}

/* One metric in many spellings; NaN: left out. */
static void numbers_are_read_or_left_out(void **state)
{
    static const struct {
        const char *line;
        size_t member;
        double value;
    } rows[] = {
#define AT(member) offsetof(struct vq_metrics, member)
        { "PacketLoss: NLR=0", AT(loss_ratio), 0 },
        { "PacketLoss: NLR=100", AT(loss_ratio), 1 },
        { "PacketLoss: NLR=100.01", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=-1", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=", AT(loss_ratio), NAN },
        { "PacketLoss: NLR", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=.5", AT(loss_ratio), 0.005 },
        { "PacketLoss: NLR=5.", AT(loss_ratio), 0.05 },
        { "PacketLoss: NLR=5.0.0", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=5e0", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=0x5", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=nan", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=-", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=%", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=000000000000000000000000000001", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=99999999999999999999999999999999999999999999", AT(loss_ratio), NAN },
        { "PacketLoss: NLR=3 NLR=7", AT(loss_ratio), 0.03 },
        { "PacketLoss: NLR=x NLR=7", AT(loss_ratio), 0.07 },
        { "PacketLoss: NLR=\"3\"", AT(loss_ratio), 0.03 },
        { "PacketLoss: NLR=\"3", AT(loss_ratio), 0.03 },
        { "PacketLoss: FMTP=\"NLR=9\" NLR=3", AT(loss_ratio), 0.03 },
        { "Delay: NLR=3", AT(loss_ratio), NAN }, /* another line's */
        { "QualityEst: MOSLQ=12.7", AT(mos_lq), NAN },
        { "QualityEst: MOSLQ=0.0", AT(mos_lq), NAN },
        { "QualityEst: MOSLQ=1", AT(mos_lq), 1 },
        { "QualityEst: MOSCQ=5.0", AT(mos_cq), 5 },
        { "QualityEst: RLQ=127", AT(r_lq), NAN },
        { "QualityEst: RCQ=120", AT(r_cq), 120 },
        { "Delay: RTD=0", AT(round_trip_ms), NAN },
        { "Delay: RTD=65535", AT(round_trip_ms), NAN },
        { "Delay: ESD=0", AT(end_system_ms), NAN },
        { "Delay: IAJ=0", AT(jitter_ms), 0 },
        { "Signal: SL=127", AT(signal_dbm), NAN },
        { "Signal: NL=-127", AT(noise_dbm), NAN },
        { "Signal: NL=-70", AT(noise_dbm), -70 },
        { "BurstGapLoss: BD=3600001", AT(burst_ms), NAN },
#undef AT
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];
        struct vq_report r;
        struct slice block;
        double value;

        snprintf(text, sizeof text, "VQSessionReport\r\nCallID:x\r\nLocalMetrics:\r\n%s\r\n",
                 rows[i].line);
        assert_int_equal(parse(&r, slice_of_text(text), &block), VQ_PARSE_OK);
        memcpy(&value, (const char *)&r.local_metrics + rows[i].member, sizeof value);
        if (isnan(value) != isnan(rows[i].value) ||
            (!isnan(value) && fabs(value - rows[i].value) > 1e-9))
            fail_msg("%s: %g, expected %g", rows[i].line, value, rows[i].value);
        assert_int_equal(r.local_metrics.present, !isnan(rows[i].value));
        heap_block_free(block);
    }
}

static void addresses_in_many_forms(void **state)
{
    static const struct {
        const char *value, *addr;
        uint32_t ssrc;
    } rows[] = {
        { "IP=192.0.2.1 PORT=4000 SSRC=0xFfFfFfFf", "192.0.2.1:4000", 0xffffffff },
        { "port=4000 ip=192.0.2.1", "192.0.2.1:4000", 0 },
        { "IP=2001:db8::1 PORT=65535 SSRC=1", "[2001:db8::1]:65535", 1 },
        { "IP=192.0.2.1 PORT=65536 SSRC=123456789", "192.0.2.1:0", 0 },
        { "IP=192.0.2.1", "192.0.2.1:0", 0 },
        { "IP=phone.example PORT=4000 SSRC=0x", "[::]:0", 0 },
        { "IP= PORT= SSRC=", "[::]:0", 0 },
        { "", "[::]:0", 0 },
        { "SSRC=0x12g4", "[::]:0", 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];
        struct vq_report r;
        struct slice block;

        snprintf(text, sizeof text, "VQSessionReport\r\nCallID:x\r\nRemoteAddr:%s\r\n",
                 rows[i].value);
        assert_int_equal(parse(&r, slice_of_text(text), &block), VQ_PARSE_OK);
        expect_addr(&r.remote, rows[i].addr);
        assert_int_equal(r.remote_ssrc, rows[i].ssrc);
        expect_addr(&r.local, "[::]:0");
        heap_block_free(block);
    }
}

/* 64 KiB of one thing. */
static void size_is_no_problem(void **state)
{
    static const char *const fillers[] = {
        "a=b ", "NLR=1 ",           "x",         "\n", "LocalMetrics:\n",       "NLR=\"", "=", ":",
        " \t",  "PacketLoss:NLR=9", "CallID:\n", "%",  "RemoteAddr:IP=1 IP=2\n"
    };
    enum { BYTES = 65536 };
    char *text = malloc(BYTES + 64);

    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++) {
        size_t len = (size_t)snprintf(text, 64, "VQSessionReport\nCallID:x\nPacketLoss:");
        struct vq_report r;
        struct slice block;

        while (len < BYTES)
            len += (size_t)snprintf(text + len, 64, "%s", fillers[i]);
        assert_int_equal(parse(&r, slice_of(text, len), &block), VQ_PARSE_OK);
        expect_text(r.call_id, "x");
        heap_block_free(block);
    }
    free(text);
}

/* Cut at every byte, and with bytes changed: it ends, and what it lends lies in the body. */
static void damage_does_no_harm(void **state)
{
    struct slice whole = SLICE(SESSION METRICS "RemoteMetrics:\r\n" METRICS);
    struct random random = { 5 };
    char *text = malloc(whole.len);
    struct vq_report r;
    struct slice block;

    (void)state;
    assert_non_null(text);
    for (size_t len = 0; len <= whole.len; len++) {
        enum vq_parse why = parse(&r, slice_of(whole.p, len), &block);

        assert_int_equal(why == VQ_PARSE_OK, len > strlen("VQSessionReport: CallTerm\r\nCallID: "));
        heap_block_free(block);
    }
    for (int n = 0; n < 2000; n++) {
        memcpy(text, whole.p, whole.len);
        for (int i = 0; i < 20; i++)
            text[random_below(&random, (uint32_t)whole.len)] = (char)random_next(&random);
        if (parse(&r, slice_of(text, whole.len), &block) == VQ_PARSE_OK) {
            assert_true(r.call_id.p >= block.p &&
                        r.call_id.p + r.call_id.len <= block.p + block.len);
            assert_true(isnan(r.local_metrics.loss_ratio) || r.local_metrics.loss_ratio <= 1);
        }
        heap_block_free(block);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_report_is_read_whole),
        cmocka_unit_test(lines_may_come_in_any_form),
        cmocka_unit_test(kinds_and_refusals),
        cmocka_unit_test(numbers_are_read_or_left_out),
        cmocka_unit_test(addresses_in_many_forms),
        cmocka_unit_test(size_is_no_problem),
        cmocka_unit_test(damage_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
