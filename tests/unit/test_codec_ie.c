/*
 * test_codec_ie - the table row by row against the data, and the way from an SDP to a row.
 */
#include "analyzer/quality/codec_ie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* "I.1", "IV.4 (diotic)": a table of G.113's appendices. */
static bool is_itu(const char *source)
{
    struct slice s = slice_of_text(source);

    return slice_starts_with(s, SLICE("I.")) || slice_starts_with(s, SLICE("IV."));
}

static const char *model_by_sources(const char *ie, const char *bpl)
{
    if (is_itu(ie) && is_itu(bpl))
        return "itu";
    if ((is_itu(ie) || strcmp(ie, "lit") == 0) && (is_itu(bpl) || strcmp(bpl, "lit") == 0))
        return "literature";
    return "assumed";
}

/* Writes the row back as its line of the file, so that nothing of either side is left out. */
static void format_row(const struct codec_ie *c, char *out, size_t room)
{
    static const char *const scales[] = { "nb", "wb", "fb" };
    char ie[24], bpl[24];

    /* %g of 0 has no decimals, the file has one at least. */
    snprintf(ie, sizeof ie, c->ie == (double)(long)c->ie ? "%.1f" : "%g", c->ie);
    snprintf(bpl, sizeof bpl, c->bpl == (double)(long)c->bpl ? "%.1f" : "%g", c->bpl);
    snprintf(out, room, "%s\t%s\t%s\t%s\t%s\t%s", c->codec, scales[c->scale], ie, bpl, c->ie_source,
             c->bpl_source);
}

static void table_equals_the_data(void **state)
{
    FILE *f = fopen(TEST_DATA "/codecs.tsv", "r");
    char line[512], row[512];
    size_t i = 0;

    (void)state;
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f)); /* the heading */
    while (fgets(line, sizeof line, f)) {
        const struct codec_ie *c;

        line[strcspn(line, "\r\n")] = '\0';
        if (slice_starts_with(slice_of_text(line), SLICE("unknown\t")))
            continue; /* no default: an unknown codec has no MOS */
        c = codec_ie_at(i++);
        assert_non_null(c);
        format_row(c, row, sizeof row);
        assert_string_equal(row, line);
        assert_string_equal(codec_model_text(c->model),
                            model_by_sources(c->ie_source, c->bpl_source));
        assert_ptr_equal(codec_ie_find(slice_of_text(c->codec)), c);
    }
    fclose(f);
    assert_int_equal(i, 44);
    assert_int_equal(codec_ie_count(), i);
    assert_null(codec_ie_at(i));
}

static void rows_are_found_by_name(void **state)
{
    (void)state;
    assert_string_equal(codec_ie_find(SLICE("g.729a+vad"))->codec, "G.729A+VAD");
    assert_null(codec_ie_find(SLICE("unknown")));
    assert_null(codec_ie_find(SLICE("G.71")));
    assert_null(codec_ie_find(SLICE("")));
    assert_null(codec_ie_find(SLICE_ABSENT));
}

static void sdp_names_lead_to_rows(void **state)
{
    static const struct {
        const char *encoding;
        int64_t clock_rate_hz;
        const char *fmtp;
        const char *codec; /* NULL: unknown */
    } rows[] = {
        { "PCMU", 8000, NULL, "G.711" },
        { "pcma", 0, NULL, "G.711" },
        { "PCMU", 16000, NULL, NULL },
        { "G722", 8000, NULL, "G.722-64" },
        { "G722", 16000, NULL, "G.722-64" },
        { "G729", 8000, NULL, "G.729" },
        { "G729", 8000, "annexb=no", "G.729" },
        { "G729", 8000, "annexb=yes", "G.729A+VAD" },
        { "g729a", 8000, " AnnexB = YES ", "G.729A+VAD" },
        { "G723", 8000, NULL, "G.723.1-6.3" },
        { "G723", 8000, "annexa=no;bitrate=5.3", "G.723.1-5.3" },
        { "G723", 8000, "bitrate=6.3", "G.723.1-6.3" },
        { "GSM", 8000, NULL, "GSM-FR" },
        { "GSM-EFR", 8000, NULL, "GSM-EFR" },
        { "GSM-HR-08", 8000, NULL, "GSM-HR" },
        { "iLBC", 8000, NULL, "iLBC-13.3" },
        { "ILBC", 8000, "mode=20", "iLBC-15.2" },
        { "iLBC", 8000, "mode=30", "iLBC-13.3" },
        { "iLBC", 8000, "mode=twenty", "iLBC-13.3" },
        { "speex", 8000, NULL, "Speex" },
        { "speex", 0, NULL, "Speex" },
        { "speex", 16000, NULL, NULL },
        { "AMR", 8000, NULL, "AMR-12.2" },
        { "AMR", 8000, "octet-align=1; mode-set=0,2,4", "AMR-7.4" },
        { "AMR", 8000, "mode-set=4,0", "AMR-7.4" },
        { "AMR", 8000, "mode-set=0", "AMR-4.75" },
        { "AMR", 8000, "mode-set=", "AMR-12.2" },
        { "AMR", 8000, "mode-set=8,99999999999999999999", "AMR-12.2" },
        { "AMR-WB", 16000, NULL, "AMR-WB-12.65" },
        { "AMR-WB", 16000, "mode-set=0, 1 ,2,8", "AMR-WB-23.85" },
        { "AMR-WB", 16000, "mode-set=7", "AMR-WB-23.05" },
        { "AMR-WB", 8000, NULL, NULL },
        { "opus", 48000, NULL, "Opus-SWB-31vbr" },
        { "opus", 48000, "useinbandfec=1; minptime=10", "Opus-SWB-31vbr" },
        { "opus", 48000, "maxaveragebitrate=24000", "Opus-SWB-25vbr" },
        { "opus", 48000, "maxaveragebitrate=510000", "Opus-SWB-40vbr" },
        { "OPUS", 48000, "maxplaybackrate=16000", "Opus-WB-13vbr" },
        { "opus", 48000, "maxplaybackrate=8000", "Opus-NB-11cbr" },
        { "opus", 48000, "maxplaybackrate=8000;maxaveragebitrate=8000", "Opus-NB-8cbr" },
        { "G721", 8000, NULL, "G.726-32" },
        { "G726-16", 8000, NULL, "G.726-16" },
        { "G726-24", 8000, NULL, "G.726-24" },
        { "G726-32", 8000, NULL, "G.726-32" },
        { "AAL2-G726-40", 8000, NULL, "G.726-40" },
        { "G728", 8000, NULL, "G.728" },
        { "L16", 44100, NULL, NULL },
        { "EVS", 16000, NULL, NULL },
        { "G7221", 16000, "bitrate=32000", NULL },
        { "telephone-event", 8000, "0-16", NULL },
        { "unknown", 8000, NULL, NULL },
        { "", 0, NULL, NULL },
        { "G.711", 8000, NULL, NULL }, /* a row's name is not a name of SDP */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct codec_ie *c = codec_ie_for_sdp(
            slice_of_text(rows[i].encoding), rows[i].clock_rate_hz, slice_of_text(rows[i].fmtp));
        const char *got = c ? c->codec : "(none)";
        const char *wanted = rows[i].codec ? rows[i].codec : "(none)";

        if (strcmp(got, wanted) != 0)
            fail_msg("%s/%lld %s: %s, expected %s", rows[i].encoding,
                     (long long)rows[i].clock_rate_hz, rows[i].fmtp ? rows[i].fmtp : "", got,
                     wanted);
    }
}

/* Ends of slices: nothing past len is read, a NUL inside is a byte like another. */
static void slices_end_where_they_say(void **state)
{
    char *block = malloc(4);
    const char with_nul[] = "PCMU\0";

    (void)state;
    assert_non_null(block);
    memcpy(block, "PCMA", 4);
    assert_string_equal(codec_ie_for_sdp(slice_of(block, 4), 8000, SLICE_ABSENT)->codec, "G.711");
    assert_null(codec_ie_for_sdp(slice_of(block, 3), 8000, SLICE_ABSENT));
    free(block);
    assert_null(codec_ie_for_sdp(slice_of(with_nul, 5), 8000, SLICE_ABSENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_equals_the_data),
        cmocka_unit_test(rows_are_found_by_name),
        cmocka_unit_test(sdp_names_lead_to_rows),
        cmocka_unit_test(slices_end_where_they_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
