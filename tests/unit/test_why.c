/*
 * test_why - the R budget of a stream in words, and what 'earshot show' says besides.
 */
#include "probe/cmd/why.h"

#include "analyzer/base/json_item.h"
#include "analyzer/interval.h"
#include "analyzer/quality/emodel.h"
#include "probe/cmd/show_call.h"
#include "probe/cmd/show_stream.h"
#include "probe/cmd/sparkline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct stream_record stream(enum emodel_scale scale, double ie, double bpl, double ppl,
                                   double bursts)
{
    static const struct slice scales[] = { SLICE_INIT("nb"), SLICE_INIT("wb"), SLICE_INIT("fb") };
    struct stream_record s;
    struct emodel_budget b = emodel_of_loss(scale, ie, bpl, 100 * ppl, bursts, 0);

    record_clear(&record_type_stream, &s);
    s.direction = SLICE("caller_to_callee");
    s.media = SLICE("audio");
    s.codec = SLICE("G729");
    s.packets = 980;
    s.expected = 1000;
    s.lost = 20;
    s.duplicates = s.out_of_order = 0;
    s.ptime_ms = 20;
    s.model_codec = SLICE("G.729A+VAD");
    s.codec_model = SLICE("itu");
    s.model_scale = scales[scale];
    s.model_ie = ie;
    s.model_bpl = bpl;
    s.model_ppl_ratio = ppl;
    s.model_burst_ratio = bursts;
    s.model_version = SLICE(EMODEL_VERSION);
    s.r_jb200 = b.r;
    s.mos_lq_jb200 = s.mos_lq_jb50 = s.mos_lq_raw = b.mos;
    s.jb200 = (struct playout_result){ 3, 23 };
    return s;
}

static char *why(const struct stream_record *s)
{
    struct strbuf out = { 0 };

    why_add(&out, s);
    assert_false(out.failed);
    return out.p; /* NUL-terminated; the test frees it */
}

static void expect(const struct stream_record *s, const char *const *parts, bool there)
{
    char *text = why(s);

    for (size_t i = 0; parts[i]; i++) {
        if ((strstr(text, parts[i]) != NULL) != there)
            fail_msg("%s \"%s\" in:\n%s", there ? "no" : "a", parts[i], text);
    }
    free(text);
}

static void the_budget_adds_up(void **state)
{
    static const struct {
        enum emodel_scale scale;
        double ie, bpl, ppl, bursts;
        const char *parts[3];
    } rows[] = {
        { EMODEL_NARROWBAND,
          11,
          19,
          0.021,
          1.8,
          { "R 93.2 − 11.0 codec − ", " loss 2.1 % bursts 1.8 − 0 delay = ", NULL } },
        { EMODEL_NARROWBAND,
          0,
          25.1,
          0,
          1,
          { "R 93.2 − 0 codec − 0 loss − 0 delay = 93.2, MOS 4.4\n", NULL } },
        { EMODEL_WIDEBAND,
          13,
          4.3,
          0,
          1,
          { "R 129.0 − 13.0 codec − 0 loss − 0 delay = 116.0", "wideband", NULL } },
        { EMODEL_FULLBAND, 16.83, 10.44, 0.01, 1, { "R 148.0 − 16.8 codec − ", "fullband", NULL } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stream_record s =
            stream(rows[i].scale, rows[i].ie, rows[i].bpl, rows[i].ppl, rows[i].bursts);

        expect(&s, rows[i].parts, true);
        expect(&s, (const char *const[]){ "!  R", "! R is stored", NULL }, false);
    }
}

/* As printed: a reader takes a pencil. */
static void the_printed_numbers_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct stream_record s =
            stream(EMODEL_NARROWBAND, i % 7, 10 + i % 19, i * 0.0007, 1 + i * 0.01);
        char *text = why(&s), *at = strstr(text, "R ");
        double start, codec, loss, r;

        assert_non_null(at);
        start = strtod(at + 2, &at);
        codec = strtod(at + 5, &at); /* " − " is five bytes */
        loss = strtod(strstr(at, "codec − ") + 10, &at);
        at = strstr(at, " = ") + 3;
        r = strncmp(at, "−", 3) == 0 ? -strtod(at + 3, &at) : strtod(at, &at);
        if (fabs(start - codec - loss - r) > 0.0011)
            fail_msg("%g - %g - %g is not %g", start, codec, loss, r);
        free(text);
    }
}

static void what_is_stored_otherwise_is_said(void **state)
{
    struct stream_record s = stream(EMODEL_NARROWBAND, 11, 19, 0.021, 1.8);

    (void)state;
    s.r_jb200 += 0.009;
    expect(&s, (const char *const[]){ "stored as", NULL }, false);
    s.r_jb200 += 0.01;
    expect(&s, (const char *const[]){ "! R is stored as", "computed by another version", NULL },
           true);
    s.model_ie = 10;
    expect(&s, (const char *const[]){ "! this version has Ie 11, Bpl 19 for it", NULL }, true);
    s.model_version = SLICE("g107-1998.1");
    s.model_codec = SLICE("Opus-SWB-31vbr");
    expect(&s, (const char *const[]){ "Ie: published, not by the ITU; Bpl: published", NULL },
           true);
    expect(&s, (const char *const[]){ "g107-1998.1, now " EMODEL_VERSION, NULL }, true);
}

static void a_conversation_has_its_delay(void **state)
{
    struct stream_record s = stream(EMODEL_NARROWBAND, 0, 25.1, 0, 1);
    struct emodel_budget b = emodel_of_loss(EMODEL_NARROWBAND, 0, 25.1, 0, 1, 310);

    (void)state;
    expect(&s, (const char *const[]){ "no round trip could be measured", NULL }, true);
    s.rtcp_rtt_ms = 180;
    s.model_cq_delay_ms = 310;
    s.mos_cq = b.mos;
    s.r_cq = b.r;
    expect(
        &s,
        (const char *const[]){ "delay 310 ms: round trip/2 90 + buffer 200 + one packet 20", NULL },
        true);
    expect(&s, (const char *const[]){ "stored as", NULL }, false);
    s.r_cq -= 1;
    expect(&s, (const char *const[]){ "! R is stored as", NULL }, true);
}

static void other_buffers_are_a_table(void **state)
{
    struct stream_record s = stream(EMODEL_NARROWBAND, 11, 19, 0.021, 1.8);

    (void)state;
    s.jb20 = (struct playout_result){ 140, 160 };
    s.mos_lq_jb20 = 1.0;
    s.mos_lq_jb200 = 4.5;
    expect(&s,
           (const char *const[]){ "       20 ms      140          160  16.00 %  1.00\n",
                                  "      200 ms        3           23   2.30 %  4.50  "
                                  "████████████████████████\n",
                                  NULL },
           true);
    expect(&s, (const char *const[]){ " 120 ms", "adaptive", NULL }, false); /* of an older store */
}

static void thin_data_says_why_there_is_no_mos(void **state)
{
    struct stream_record s = stream(EMODEL_NARROWBAND, 0, 25.1, 0, 1);

    (void)state;
    s.r_jb200 = s.mos_lq_jb200 = NAN;
    s.r_raw = 80;
    s.mos_lq_raw = 4.03;
    expect(&s, (const char *const[]){ "its timestamps fit no clock", "By loss alone 4.03", NULL },
           true);
    s.r_raw = NAN;
    expect(&s, (const char *const[]){ "no figures of this codec", NULL }, true);
    s.packets = 99;
    expect(&s, (const char *const[]){ "99 packets; under 100 say too little", NULL }, true);
    s.codec = SLICE_ABSENT;
    expect(&s, (const char *const[]){ "the codec is not known", NULL }, true);
    s.srtp = 1;
    expect(&s, (const char *const[]){ "encrypted (SRTP)", NULL }, true);
    s.media = SLICE("video");
    expect(&s, (const char *const[]){ "only sound has one", NULL }, true);
    s.media = SLICE("image");
    expect(&s, (const char *const[]){ "a fax has none", NULL }, true);
}

/* ---- the strip ---- */

static void put(struct strbuf *packed, double mos)
{
    uint8_t bytes[INTERVAL_PACKED_BYTES];
    struct interval i = interval_empty();

    i.packets = 250;
    i.mos_lq = mos;
    strbuf_add(packed, bytes, interval_pack(bytes, &i));
}

static void expect_strip(struct slice intervals, size_t width, size_t count, const char *expected)
{
    struct strbuf out = { 0 };

    assert_int_equal(sparkline_add_mos(&out, intervals, width), count);
    assert_string_equal(out.p ? out.p : "", expected);
    strbuf_fini(&out);
}

static void the_strip_keeps_the_worst(void **state)
{
    struct strbuf packed = { 0 };
    uint8_t bytes[INTERVAL_PACKED_BYTES];

    (void)state;
    expect_strip(SLICE_ABSENT, 10, 0, "");
    expect_strip(SLICE("\x07nonsense"), 10, 0, "");
    strbuf_add(&packed, bytes, interval_pack_heading(bytes, INT64_C(1000000000)));
    put(&packed, NAN);
    expect_strip(strbuf_slice(&packed), 10, 0, "");
    put(&packed, 1.0);
    put(&packed, 4.5);
    strbuf_add(&packed, bytes, interval_pack_pause(bytes, 1));
    put(&packed, 2.75);
    expect_strip(strbuf_slice(&packed), 10, 5, "·▁█·▅");
    expect_strip(strbuf_slice(&packed), 5, 5, "·▁█·▅");
    expect_strip(strbuf_slice(&packed), 2, 5, "▁▅");
    expect_strip(strbuf_slice(&packed), 1, 5, "▁");
    expect_strip(strbuf_slice(&packed), 0, 5, "▁");
    /* A day that an older version wrote. */
    expect_strip(
        SLICE("[{\"t\":1.000000,\"mos_lq\":4.5},{\"t\":6.0,\"mos_lq\":null},{\"mos_lq\":1}]"), 10,
        3, "█·▁");
    strbuf_reset(&packed);
    strbuf_add(&packed, bytes, interval_pack_heading(bytes, 0));
    for (int i = 0; i < INTERVALS_MAX; i++)
        put(&packed, i == 9000 ? 1.0 : 4.5);
    {
        struct strbuf out = { 0 };

        assert_int_equal(sparkline_add_mos(&out, strbuf_slice(&packed), 50), INTERVALS_MAX);
        assert_int_equal(out.len, 50 * strlen("█"));
        assert_non_null(strstr(out.p, "▁"));
        strbuf_fini(&out);
    }
    strbuf_fini(&packed);
}

/* ---- JSON ---- */

static void items_are_found_and_nonsense_is_the_end(void **state)
{
    static const char *const broken[] = {
        "",
        "[",
        "[{",
        "[{\"",
        "[{\"a",
        "[{\"a\"",
        "[{\"a\":",
        "[{\"a\":1",
        "[\"\\",
        "[\"\\u00",
        "]",
        "}",
        "[,]",
        "[,,",
        "[1 2",
        "[{\"a\" 1}]",
        "[[[[[[",
        "{{{{",
        "[{\"a\":\"\\",
        "\x80\xff",
        "[}",
        "[{]}",
    };
    struct slice array =
        SLICE("[ {\"a\":1.5,\"b\":\"x,]}\\\"\\u0007\\u00e9\",\"c\":null} , [1,{\"a\":2}],-3]");
    struct strbuf text = { 0 };
    struct slice item;

    (void)state;
    assert_true(json_item_next(&array, &item));
    assert_true(json_item_number(item, "a") == 1.5);
    assert_true(isnan(json_item_number(item, "b")) && isnan(json_item_number(item, "d")));
    assert_null(json_item_get(item, "c").p);
    json_item_add_text(&text, json_item_get(item, "b"));
    assert_string_equal(text.p, "x,]}\"?é");
    assert_true(json_item_next(&array, &item));
    assert_true(slice_eq(item, SLICE("[1,{\"a\":2}]")));
    assert_true(json_item_next(&array, &item));
    assert_true(slice_eq(item, SLICE("-3")));
    assert_false(json_item_next(&array, &item));
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        size_t len = strlen(broken[i]), turns = 0;
        char *block = malloc(len ? len : 1);

        assert_non_null(block);
        memcpy(block, broken[i], len);
        for (array = slice_of(block, len); json_item_next(&array, &item); turns++) {
            assert_true(turns < 10);
            json_item_add_text(&text, json_item_get(item, "a"));
            json_item_add_text(&text, item);
        }
        json_item_get(slice_of(block, len), "a");
        free(block);
    }
    strbuf_fini(&text);
}

/* ---- the rest of show ---- */

static void expect_text(struct strbuf *out, const char *const *parts)
{
    assert_false(out->failed);
    for (size_t i = 0; parts[i]; i++) {
        if (!out->p || !strstr(out->p, parts[i]))
            fail_msg("no \"%s\" in:\n%s", parts[i], out->p ? out->p : "");
    }
    strbuf_fini(out);
}

static void a_stream_says_where_it_lost(void **state)
{
    static const struct {
        const char *direction, *side;
        int64_t before, after;
        const char *sentence;
    } rows[] = {
        { "caller_to_callee", "before_probe", 31, 0,
          "3.10 % lost, all of it before the probe: on the caller's side" },
        { "callee_to_caller", "before_probe", 31, 0,
          "3.10 % lost, all of it before the probe: on the callee's side" },
        { "caller_to_callee", "after_probe", 0, 31,
          "3.10 % lost, all of it behind the probe: on the callee's side" },
        { "unknown", "after_probe", 0, 5,
          "0.50 % lost, all of it behind the probe: on the receiver's side" },
        { "callee_to_caller", "both", 10, 20,
          "1.00 % lost before the probe (callee's side), 2.00 % behind it (caller's)" },
        { "callee_to_caller", "none", 0, 0, "nothing was lost on either side" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stream_record s = stream(EMODEL_NARROWBAND, 0, 25.1, 0, 1);
        struct strbuf out = { 0 };

        s.direction = slice_of_text(rows[i].direction);
        s.rtcp_loss_side = slice_of_text(rows[i].side);
        s.rtcp_lost_before_probe = rows[i].before;
        s.rtcp_lost_after_probe = rows[i].after;
        show_stream_add(&out, &s, 80);
        expect_text(&out, (const char *const[]){ rows[i].sentence, NULL });
    }
}

static void a_stream_says_what_changed(void **state)
{
    struct stream_record s = stream(EMODEL_NARROWBAND, 0, 25.1, 0, 1);
    struct strbuf out = { 0 };

    (void)state;
    s.foreign_source = 1;
    s.events =
        SLICE("[{\"t\":1795254020.100000,\"event\":\"codec_change\",\"from\":\"PCMA\\u001b[2J\","
              "\"to\":\"G729\",\"announced\":false}]");
    s.clock_drift_ppm = -12.4;
    s.level_dbm0 = -19.3;
    s.silence_ratio = 0.31;
    s.clipping_ratio = 0.0001;
    s.bad_seconds = 7;
    s.worst_10s_mos_lq = 1.912;
    s.worst_10s_time = INT64_C(1795254031200000000);
    s.rtcp_xr = SLICE("{\"mos_lq\":3.6,\"loss_ratio\":0.023,\"r_factor\":null}");
    show_stream_add(&out, &s, 80);
    expect_text(&out, (const char *const[]){
                          "Somebody else: G729", "no part of its quality",
                          "09:40:20.100  codec change PCMA?[2J > G729, which no SDP announced",
                          "12.4 ppm slower", "-19.3 dBm0, 31 % silence, 0.01 % clipped",
                          "7 bad seconds; worst 10 s: 1.91 from 09:40:31.200",
                          "MOS 3.6, lost 2.30 % (XR)", NULL });
}

static void a_fax_says_what_it_got_back(void **state)
{
    struct stream_record s;
    struct strbuf out = { 0 };

    (void)state;
    record_clear(&record_type_stream, &s);
    s.media = SLICE("image");
    s.direction = SLICE("callee_to_caller");
    s.packets = 412;
    s.expected = 415;
    s.lost = 3;
    s.udptl_recovered = 3;
    s.udptl_error_correction = SLICE("redundancy");
    show_stream_add(&out, &s, 80);
    expect_text(&out,
                (const char *const[]){
                    "Callee to caller: fax, T.38", "412, lost 3 of 415 (0.72 %)",
                    "3 of the lost from packets after them; error correction: redundancy", NULL });
}

static void keys_are_bullets_unless_they_are_kept(void **state)
{
    struct call_record c;
    struct strbuf out = { 0 };

    (void)state;
    record_clear(&record_type_call, &c);
    show_call_keys(&out, &c);
    assert_int_equal(out.len, 0);
    c.dtmf = SLICE("[{\"time\":1795254020.1,\"method\":\"rfc4733\",\"digit\":null,\"direction\":"
                   "\"caller_to_callee\"},"
                   "{\"time\":1795254021.1,\"method\":\"rfc4733\",\"digit\":\"7\",\"direction\":"
                   "\"caller_to_callee\"},"
                   "{\"time\":1795254022.1,\"method\":\"info\",\"digit\":\"#\",\"direction\":"
                   "\"callee_to_caller\"}]");
    show_call_keys(&out, &c);
    expect_text(&out,
                (const char *const[]){ "Keys         •7  2 keys of the caller, rfc4733, 09:40:20.1",
                                       "             #  1 key of the callee, info, ", NULL });
}

static void phones_are_quoted(void **state)
{
    struct call_record c;
    struct strbuf out = { 0 };

    (void)state;
    record_clear(&record_type_call, &c);
    c.vq_reports =
        SLICE("[{\"time\":1795254063.6,\"by\":\"caller\",\"kind\":\"session\",\"final\":true,"
              "\"mos_lq\":3.7,\"loss_ratio\":0.02,\"remote\":null},"
              "{\"time\":1795254064.6,\"by\":null,\"kind\":\"interval\",\"final\":false,"
              "\"mos_lq\":null,\"remote\":{\"jitter_ms\":9.0}}]");
    show_call_reports(&out, &c);
    expect_text(&out, (const char *const[]){ "the caller of the session, at its end\n",
                                             "heard here, MOS 3.7, lost 2.00 %\n",
                                             "the one or the other of the interval\n",
                                             "heard here, no figures\n",
                                             "heard there, jitter 9 ms\n", NULL });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_budget_adds_up),
        cmocka_unit_test(the_printed_numbers_add_up),
        cmocka_unit_test(what_is_stored_otherwise_is_said),
        cmocka_unit_test(a_conversation_has_its_delay),
        cmocka_unit_test(other_buffers_are_a_table),
        cmocka_unit_test(thin_data_says_why_there_is_no_mos),
        cmocka_unit_test(the_strip_keeps_the_worst),
        cmocka_unit_test(items_are_found_and_nonsense_is_the_end),
        cmocka_unit_test(a_stream_says_where_it_lost),
        cmocka_unit_test(a_stream_says_what_changed),
        cmocka_unit_test(a_fax_says_what_it_got_back),
        cmocka_unit_test(keys_are_bullets_unless_they_are_kept),
        cmocka_unit_test(phones_are_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
