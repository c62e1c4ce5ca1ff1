/*
 * test_media_codec - every row of the codec table that can be reached is reached, by what SDP says or
 * by what the packets are.
 */
#include "analyzer/call/media_map.h"
#include "analyzer/call/media_stream.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct media_stream *new_stream(const char *codec, uint32_t clock_rate_hz, const char *fmtp)
{
    const struct sdp_format sdp = { .payload_type = 96,
                                    .name = slice_of_text(codec),
                                    .clock_rate_hz = clock_rate_hz,
                                    .fmtp = slice_of_text(fmtp) };
    const struct stream_key key = { .ssrc = 7 };
    struct media_format format = media_format_of_sdp(&sdp, MEDIA_AUDIO);
    struct media_stream *s = media_stream_new(&key, &format, 0);

    assert_non_null(s);
    s->media = MEDIA_AUDIO;
    return s;
}

/* n packets of that many bytes each that begin with these. */
static void send_packets(struct media_stream *s, struct slice head, size_t bytes, unsigned n,
                         struct counters *counters)
{
    uint8_t payload[1300] = { 0 };

    memcpy(payload, head.p, head.len);
    for (unsigned i = 0; i < n; i++) {
        struct slice block = heap_block(slice_of(payload, bytes));
        struct rtp_packet p = { .payload_type = 96,
                                .seq = (uint16_t)s->rtp.packets,
                                .timestamp = (uint32_t)s->rtp.packets * 160,
                                .payload = block };

        media_stream_packet(s, &p, s->rtp.packets * 20000000, counters);
        heap_block_free(block);
    }
}

static const struct {
    const char *row;
    const char *codec;
    uint32_t clock_rate_hz;
    const char *fmtp;
    struct slice head; /* of its packets */
    size_t bytes;      /* 0: no packet */
} rows[] = {
    { "G.711", "PCMU", 8000, NULL, SLICE_INIT("s"), 160 },
    { "G.711", "PCMA", 8000, NULL, SLICE_INIT("s"), 160 },
    { "G.729", "G729", 8000, NULL, SLICE_INIT(""), 20 },
    { "G.729A+VAD", "G729", 8000, "annexb=yes", SLICE_INIT(""), 0 },
    { "G.729A+VAD", "G729", 8000, NULL, SLICE_INIT(""), 12 }, /* it does fall silent */
    { "G.723.1-6.3", "G723", 8000, NULL, SLICE_INIT("\0"), 24 },
    { "G.723.1-5.3", "G723", 8000, NULL, SLICE_INIT("\1"), 20 },
    { "G.723.1-6.3", "G723", 8000, "bitrate=5.3", SLICE_INIT("\0"), 24 },
    { "GSM-FR", "GSM", 8000, NULL, SLICE_INIT("\xd0"), 33 },
    { "GSM-HR", "GSM-HR-08", 8000, NULL, SLICE_INIT(""), 0 },
    { "GSM-EFR", "GSM-EFR", 8000, NULL, SLICE_INIT("\xc0"), 31 },
    { "G.726-40", "G726-40", 8000, NULL, SLICE_INIT(""), 100 },
    { "G.726-32", "G726-32", 8000, NULL, SLICE_INIT(""), 80 },
    { "G.726-24", "AAL2-G726-24", 8000, NULL, SLICE_INIT(""), 60 },
    { "G.726-16", "G726-16", 8000, NULL, SLICE_INIT(""), 40 },
    { "G.728", "G728", 8000, NULL, SLICE_INIT(""), 40 },
    { "iLBC-15.2", "iLBC", 8000, NULL, SLICE_INIT(""), 38 },
    { "iLBC-13.3", "iLBC", 8000, "mode=20", SLICE_INIT(""), 50 },
    { "iLBC-13.3", "iLBC", 8000, NULL, SLICE_INIT(""), 0 },
    { "Speex", "speex", 8000, NULL, SLICE_INIT(""), 38 },
    { "AMR-4.75", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x04"), 14 },
    { "AMR-5.15", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x0c"), 15 },
    { "AMR-5.9", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x14"), 17 },
    { "AMR-6.7", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x1c"), 19 },
    { "AMR-7.4", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x24"), 21 },
    { "AMR-7.95", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x2c"), 22 },
    { "AMR-10.2", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x34"), 28 },
    { "AMR-12.2", "AMR", 8000, "octet-align=1", SLICE_INIT("\xf0\x3c"), 33 },
    { "AMR-4.75", "AMR", 8000, "mode-set=0,7", SLICE_INIT("\xf0\x40"), 14 },
    { "AMR-12.2", "AMR", 8000, "mode-set=0,7", SLICE_INIT(""), 0 },
    { "G.722-64", "G722", 8000, NULL, SLICE_INIT("s"), 160 },
    { "AMR-WB-6.60", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x04"), 19 },
    { "AMR-WB-8.85", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x0c"), 25 },
    { "AMR-WB-12.65", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x14"), 34 },
    { "AMR-WB-14.25", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x1c"), 38 },
    { "AMR-WB-15.85", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x24"), 42 },
    { "AMR-WB-18.25", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x2c"), 48 },
    { "AMR-WB-19.85", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x34"), 52 },
    { "AMR-WB-23.05", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x3c"), 60 },
    { "AMR-WB-23.85", "AMR-WB", 16000, "octet-align=1", SLICE_INIT("\xf0\x44"), 62 },
    { "AMR-WB-12.65", "AMR-WB", 16000, NULL, SLICE_INIT(""), 0 },
    /* Opus in 20 ms frames: 50 packets a second. */
    { "Opus-NB-8cbr", "opus", 48000, NULL, SLICE_INIT("\x08"), 20 },
    { "Opus-NB-11cbr", "opus", 48000, NULL, SLICE_INIT("\x08"), 28 },
    { "Opus-WB-13vbr", "opus", 48000, NULL, SLICE_INIT("\x48"), 40 },
    { "Opus-WB-13vbr", "opus", 48000, NULL, SLICE_INIT("\x28"), 40 }, /* medium band */
    { "Opus-SWB-25vbr", "opus", 48000, NULL, SLICE_INIT("\x68"), 62 },
    { "Opus-SWB-31vbr", "opus", 48000, NULL, SLICE_INIT("\x78"), 80 },
    { "Opus-SWB-40vbr", "opus", 48000, NULL, SLICE_INIT("\xf8"), 160 },
    { "Opus-SWB-31vbr", "opus", 48000, NULL, SLICE_INIT(""), 0 },
    /* DTX keeps alive what was; it is not a poorer codec. */
    { "Opus-SWB-31vbr", "opus", 48000, NULL, SLICE_INIT("\x48"), 1 },
    { NULL, "L16", 44100, NULL, SLICE_INIT(""), 160 },
    { NULL, "x-secret", 8000, NULL, SLICE_INIT(""), 160 },
    { NULL, "AMR-WB", 8000, "octet-align=1", SLICE_INIT("\xf0\x44"), 62 }, /* no such clock */
};

static void each_codec_has_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct media_stream *s = new_stream(rows[i].codec, rows[i].clock_rate_hz, rows[i].fmtp);
        struct counters counters = { .bins = { 0 } };
        const struct codec_ie *row;

        if (rows[i].bytes)
            send_packets(s, rows[i].head, rows[i].bytes, 200, &counters);
        row = media_stream_codec_row(s);
        if ((row != NULL) != (rows[i].row != NULL) || (row && strcmp(row->codec, rows[i].row) != 0))
            fail_msg("row %zu: %s, expected %s", i, row ? row->codec : "none", rows[i].row);
        /* The seconds are judged by the same row. */
        if (rows[i].bytes)
            assert_ptr_equal(s->timeline.ie, row);
        assert_int_equal(counters.refusals[REFUSAL_PAYLOAD_MALFORMED], 0);
        media_stream_free(s);
    }
}

static void every_row_is_reached_or_said_why_not(void **state)
{
    /* See media_codec.c. */
    static const char *const unreached[] = { "G.711-noPLC", "G.722-56", "G.722-48", "G.728-12.8" };

    (void)state;
    for (size_t i = 0; i < codec_ie_count(); i++) {
        const char *name = codec_ie_at(i)->codec;
        bool known = false;

        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
            known = known || (rows[k].row && strcmp(rows[k].row, name) == 0);
        for (size_t k = 0; k < sizeof unreached / sizeof unreached[0]; k++)
            known = known || strcmp(unreached[k], name) == 0;
        if (!known)
            fail_msg("%s is not reached", name);
    }
}

static void what_is_not_the_itus_says_so(void **state)
{
    static const char *const assumed[] = { "iLBC-15.2", "iLBC-13.3", "Speex", "AMR-5.9" };

    (void)state;
    for (size_t i = 0; i < sizeof assumed / sizeof assumed[0]; i++)
        assert_int_equal(codec_ie_find(slice_of_text(assumed[i]))->model, CODEC_MODEL_ASSUMED);
}

/* The mode of most of the sound, not of the last packet; SDP's word until there is one. */
static void modes_are_weighed(void **state)
{
    struct media_stream *s = new_stream("AMR", 8000, "octet-align=1");
    struct counters counters = { .bins = { 0 } };

    (void)state;
    assert_string_equal(media_stream_codec_row(s)->codec, "AMR-12.2");
    send_packets(s, SLICE("\xf0\x44"), 7, 30, &counters); /* comfort noise */
    assert_string_equal(media_stream_codec_row(s)->codec, "AMR-12.2");
    send_packets(s, SLICE("\xf0\x04"), 14, 60, &counters);
    send_packets(s, SLICE("\xf0\x3c"), 33, 40, &counters);
    assert_string_equal(media_stream_codec_row(s)->codec, "AMR-4.75");
    assert_int_equal(s->noise_packets, 30);
    send_packets(s, SLICE("\xf0\x3c"), 30, 5, &counters); /* short */
    send_packets(s, SLICE("\xf0\x5c"), 33, 5, &counters); /* no such mode */
    assert_int_equal(counters.refusals[REFUSAL_PAYLOAD_MALFORMED], 10);
    assert_string_equal(media_stream_codec_row(s)->codec, "AMR-4.75");
    media_stream_free(s);
}

/* A word in another codec at the end is not how the call sounded. */
static void the_codec_of_most_packets_is_the_models(void **state)
{
    static const struct {
        unsigned first, second, third;
        const char *row;
    } turns[] = {
        { 100, 0, 0, "AMR-12.2" },   { 100, 1, 0, "AMR-12.2" }, { 100, 101, 0, "GSM-FR" },
        { 100, 60, 60, "AMR-12.2" }, { 0, 100, 50, "GSM-FR" },  { 10, 20, 30, "AMR-12.2" }
    };
    struct media_format gsm = media_format_of_sdp(
        &(struct sdp_format){ .payload_type = 3, .name = SLICE_INIT("GSM"), .clock_rate_hz = 8000 },
        MEDIA_AUDIO);

    (void)state;
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        struct media_stream *s = new_stream("AMR", 8000, "octet-align=1");
        struct media_format amr = s->format;
        struct counters counters = { .bins = { 0 } };

        send_packets(s, SLICE("\xf0\x3c"), 33, turns[i].first, &counters);
        if (turns[i].second)
            media_stream_set_format(s, &gsm);
        for (unsigned n = 0; n < turns[i].second; n++) {
            struct rtp_packet p = { .payload_type = 3,
                                    .seq = (uint16_t)s->rtp.packets,
                                    .timestamp = (uint32_t)s->rtp.packets * 160 };

            media_stream_packet(s, &p, s->rtp.packets * 20000000, &counters);
        }
        if (turns[i].third)
            media_stream_set_format(s, &amr);
        send_packets(s, SLICE("\xf0\x3c"), 33, turns[i].third, &counters);
        if (strcmp(media_stream_codec_row(s)->codec, turns[i].row) != 0)
            fail_msg("row %zu: %s", i, media_stream_codec_row(s)->codec);
        media_stream_free(s);
    }
}

/* The snap length took the end: nothing can be said of the mode, and nothing is wrong with it. */
static void what_was_cut_is_not_malformed(void **state)
{
    struct media_stream *s = new_stream("AMR", 8000, "octet-align=1");
    struct counters counters = { .bins = { 0 } };
    struct rtp_packet p = { .payload_type = 96, .cut = true, .payload = SLICE("\xf0\x04") };

    (void)state;
    media_stream_packet(s, &p, 0, &counters);
    assert_int_equal(counters.refusals[REFUSAL_PAYLOAD_MALFORMED], 0);
    assert_string_equal(media_stream_codec_row(s)->codec, "AMR-12.2");
    media_stream_free(s);
}

/* Encrypted bytes look like any mode. */
static void what_is_encrypted_is_not_read(void **state)
{
    struct media_stream *s = new_stream("AMR", 8000, "octet-align=1");
    struct media_stream *g711 = new_stream("PCMU", 8000, NULL);
    struct counters counters = { .bins = { 0 } };

    (void)state;
    s->srtp = g711->srtp = true;
    send_packets(s, SLICE("\xf0\x04"), 14, 100, &counters);
    send_packets(s, SLICE("\xff"), 77, 100, &counters);
    send_packets(g711, SLICE("\xff"), 170, 100, &counters);
    assert_string_equal(media_stream_codec_row(s)->codec, "AMR-12.2");
    assert_int_equal(counters.refusals[REFUSAL_PAYLOAD_MALFORMED], 0);
    assert_int_equal(g711->decoded_packets, 0);
    media_stream_free(s);
    media_stream_free(g711);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_codec_has_its_row),
        cmocka_unit_test(every_row_is_reached_or_said_why_not),
        cmocka_unit_test(what_is_not_the_itus_says_so),
        cmocka_unit_test(modes_are_weighed),
        cmocka_unit_test(the_codec_of_most_packets_is_the_models),
        cmocka_unit_test(what_was_cut_is_not_malformed),
        cmocka_unit_test(what_is_encrypted_is_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
