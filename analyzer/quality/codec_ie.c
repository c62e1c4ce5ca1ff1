/*
 * codec_ie - the table, and the way from an SDP to a row of it.
 *
 * "assumed" in a source names the codec that lent its number. Rows are told by their codec name
 * alone, so the SDP table below may be read without the numbers.
 */
#include "analyzer/quality/codec_ie.h"

/* clang-format off */
#define NB      EMODEL_NARROWBAND
#define WB      EMODEL_WIDEBAND
#define FB      EMODEL_FULLBAND
#define ITU     CODEC_MODEL_ITU
#define LIT     CODEC_MODEL_LITERATURE
#define ASSUMED CODEC_MODEL_ASSUMED

static const struct codec_ie table[] = {
    { "G.711", NB, 0, 25.1, ITU, "I.1", "I.4 (G.711 with PLC App. I/II)" },
    { "G.711-noPLC", NB, 0, 4.3, ITU, "I.1", "I.4 (G.711 without PLC)" },
    { "G.729", NB, 10, 19.0, ITU, "I.1", "I.4 (value of G.729A+VAD)" },
    { "G.729A+VAD", NB, 11, 19.0, ITU, "I.1", "I.4" },
    { "G.723.1-6.3", NB, 15, 16.1, ITU, "I.1", "I.4 (G.723.1+VAD 6.3)" },
    { "G.723.1-5.3", NB, 19, 16.1, ASSUMED, "I.1", "assumed = 6.3 kbit/s" },
    { "GSM-FR", NB, 20, 10.0, ASSUMED, "I.1", "assumed = GSM-EFR" },
    { "GSM-HR", NB, 23, 10.0, ASSUMED, "I.1", "assumed = GSM-EFR" },
    { "GSM-EFR", NB, 5, 10.0, ITU, "I.1", "I.4" },
    { "G.726-40", NB, 2, 25.1, ASSUMED, "I.1", "assumed = G.711 PLC" },
    { "G.726-32", NB, 7, 25.1, ASSUMED, "I.1", "assumed = G.711 PLC" },
    { "G.726-24", NB, 25, 25.1, ASSUMED, "I.1", "assumed = G.711 PLC" },
    { "G.726-16", NB, 50, 25.1, ASSUMED, "I.1", "assumed = G.711 PLC" },
    { "G.728", NB, 7, 17.0, ASSUMED, "I.1", "assumed" },
    { "G.728-12.8", NB, 20, 17.0, ASSUMED, "I.1", "assumed" },
    { "iLBC-15.2", NB, 11, 32.0, ASSUMED, "unverified field value", "unverified field value" },
    { "iLBC-13.3", NB, 12, 32.0, ASSUMED, "unverified field value", "unverified field value" },
    { "Speex", NB, 11, 19.0, ASSUMED, "assumed", "assumed = G.729" },
    { "AMR-12.2", NB, 5, 10.0, ITU, "I.1 via GSM-EFR", "I.4 via GSM-EFR" },
    { "AMR-10.2", NB, 6, 10.0, ASSUMED, "lit", "assumed = GSM-EFR" },
    { "AMR-7.95", NB, 10, 10.0, ASSUMED, "lit", "assumed = GSM-EFR" },
    { "AMR-7.4", NB, 10, 10.0, ASSUMED, "I.1 via IS-641", "assumed = GSM-EFR" },
    { "AMR-6.7", NB, 14, 10.0, ASSUMED, "lit", "assumed = GSM-EFR" },
    { "AMR-5.9", NB, 17, 10.0, ASSUMED, "lit", "assumed = GSM-EFR" },
    { "AMR-5.15", NB, 20, 10.0, ASSUMED, "lit", "assumed = GSM-EFR" },
    { "AMR-4.75", NB, 21, 10.0, ASSUMED, "lit", "assumed = GSM-EFR" },
    { "G.722-64", WB, 13, 4.9, ASSUMED, "IV.1", "assumed (no published row)" },
    { "G.722-56", WB, 20, 4.9, ASSUMED, "IV.1", "assumed" },
    { "G.722-48", WB, 31, 4.9, ASSUMED, "IV.1", "assumed" },
    { "AMR-WB-6.60", WB, 41, 4.3, ASSUMED, "IV.1", "assumed = 12.65" },
    { "AMR-WB-8.85", WB, 26, 4.3, ASSUMED, "IV.1", "assumed = 12.65" },
    { "AMR-WB-12.65", WB, 13, 4.3, ITU, "IV.1", "IV.4 (diotic)" },
    { "AMR-WB-14.25", WB, 10, 4.3, ASSUMED, "IV.1", "assumed = 12.65" },
    { "AMR-WB-15.85", WB, 7, 4.3, ASSUMED, "IV.1", "assumed = 12.65" },
    { "AMR-WB-18.25", WB, 5, 4.3, ASSUMED, "IV.1", "assumed = 12.65" },
    { "AMR-WB-19.85", WB, 3, 4.6, ASSUMED, "IV.1", "assumed = 23.05" },
    { "AMR-WB-23.05", WB, 1, 4.6, ITU, "IV.1", "IV.4 (diotic)" },
    { "AMR-WB-23.85", WB, 8, 4.9, ITU, "IV.1", "IV.4 (diotic)" },
    { "Opus-NB-8cbr", NB, 19.25, 15.13, LIT, "lit", "lit" },
    { "Opus-NB-11cbr", NB, 2.03, 15.95, LIT, "lit", "lit" },
    { "Opus-WB-13vbr", WB, 19.96, 19.5, LIT, "lit", "lit" },
    { "Opus-SWB-25vbr", FB, 20.21, 11.28, LIT, "lit", "lit" },
    { "Opus-SWB-31vbr", FB, 16.83, 10.44, LIT, "lit", "lit" },
    { "Opus-SWB-40vbr", FB, 10.67, 9.79, LIT, "lit", "lit" },
};

#undef NB
#undef WB
#undef FB
#undef ITU
#undef LIT
#undef ASSUMED
/* clang-format on */

enum { TABLE_ROWS = sizeof table / sizeof table[0] };

/* The value of one parameter of an fmtp line, "a=1; b=2"; absent when it is not there. */
static struct slice fmtp_value(struct slice fmtp, struct slice wanted)
{
    while (fmtp.len) {
        struct slice value = slice_cut(&fmtp, ';');
        struct slice name = slice_trim(slice_cut(&value, '='));

        if (slice_ieq(name, wanted))
            return slice_trim(value);
    }
    return SLICE_ABSENT;
}

/* A whole number of an fmtp line, or `otherwise`. */
static uint64_t fmtp_number(struct slice fmtp, struct slice wanted, uint64_t otherwise)
{
    uint64_t value = otherwise;

    slice_to_u64(fmtp_value(fmtp, wanted), 1000000, &value);
    return value;
}

/* The highest mode of mode-set (RFC 4867 §8.1), or `otherwise` where none is given. */
static uint64_t highest_mode(struct slice fmtp, uint64_t top, uint64_t otherwise)
{
    struct slice modes = fmtp_value(fmtp, SLICE("mode-set"));
    bool found = false;
    uint64_t highest = 0, mode;

    while (modes.len) {
        if (slice_to_u64(slice_trim(slice_cut(&modes, ',')), top, &mode)) {
            highest = mode > highest ? mode : highest;
            found = true;
        }
    }
    return found ? highest : otherwise;
}

/* annexb is a permission to be silent; "yes" is RFC 4855's default and says little when unsaid. */
static const char *g729_row(struct slice fmtp)
{
    return slice_ieq(fmtp_value(fmtp, SLICE("annexb")), SLICE("yes")) ? "G.729A+VAD" : "G.729";
}

static const char *g723_row(struct slice fmtp)
{
    return slice_eq(fmtp_value(fmtp, SLICE("bitrate")), SLICE("5.3")) ? "G.723.1-5.3"
                                                                      : "G.723.1-6.3";
}

static const char *ilbc_row(struct slice fmtp)
{
    return fmtp_number(fmtp, SLICE("mode"), 30) == 20 ? "iLBC-15.2" : "iLBC-13.3";
}

static const char *amr_row(struct slice fmtp)
{
    static const char *const by_mode[] = { "AMR-4.75", "AMR-5.15", "AMR-5.9",  "AMR-6.7",
                                           "AMR-7.4",  "AMR-7.95", "AMR-10.2", "AMR-12.2" };

    return by_mode[highest_mode(fmtp, 7, 7)];
}

static const char *amr_wb_row(struct slice fmtp)
{
    static const char *const by_mode[] = { "AMR-WB-6.60",  "AMR-WB-8.85",  "AMR-WB-12.65",
                                           "AMR-WB-14.25", "AMR-WB-15.85", "AMR-WB-18.25",
                                           "AMR-WB-19.85", "AMR-WB-23.05", "AMR-WB-23.85" };

    return by_mode[highest_mode(fmtp, 8, 2)];
}

/* RFC 7587 §6.1. The rates are halfway between those that the rows were measured at. */
static const char *opus_row(struct slice fmtp)
{
    uint64_t heard_hz = fmtp_number(fmtp, SLICE("maxplaybackrate"), 48000);
    uint64_t bit_s = fmtp_number(fmtp, SLICE("maxaveragebitrate"), 0);

    if (heard_hz <= 8000)
        return bit_s && bit_s < 9500 ? "Opus-NB-8cbr" : "Opus-NB-11cbr";
    if (heard_hz <= 16000)
        return "Opus-WB-13vbr";
    if (bit_s && bit_s < 28000)
        return "Opus-SWB-25vbr";
    return bit_s >= 35500 ? "Opus-SWB-40vbr" : "Opus-SWB-31vbr";
}

static const struct {
    struct slice encoding;
    int64_t clock_rate_hz; /* the only one that the row is for; 0: the name is enough */
    const char *codec;
    const char *(*choose)(struct slice fmtp); /* instead of codec, where fmtp has a say */
} encodings[] = {
    { SLICE_INIT("PCMU"), 8000, "G.711", NULL },
    { SLICE_INIT("PCMA"), 8000, "G.711", NULL },
    /* 8000 is what RFC 3551 wants; phones that say 16000 send the same. */
    { SLICE_INIT("G722"), 0, "G.722-64", NULL },
    { SLICE_INIT("G729"), 8000, NULL, g729_row },
    { SLICE_INIT("G729A"), 8000, NULL, g729_row },
    { SLICE_INIT("G723"), 8000, NULL, g723_row },
    { SLICE_INIT("GSM"), 8000, "GSM-FR", NULL },
    { SLICE_INIT("GSM-EFR"), 8000, "GSM-EFR", NULL },
    { SLICE_INIT("GSM-HR-08"), 8000, "GSM-HR", NULL },
    { SLICE_INIT("iLBC"), 8000, NULL, ilbc_row },
    { SLICE_INIT("speex"), 8000, "Speex", NULL },
    { SLICE_INIT("AMR"), 8000, NULL, amr_row },
    { SLICE_INIT("AMR-WB"), 16000, NULL, amr_wb_row },
    { SLICE_INIT("opus"), 0, NULL, opus_row },
    { SLICE_INIT("G721"), 8000, "G.726-32", NULL }, /* its older name, payload type 2 */
    { SLICE_INIT("G726-16"), 8000, "G.726-16", NULL },
    { SLICE_INIT("G726-24"), 8000, "G.726-24", NULL },
    { SLICE_INIT("G726-32"), 8000, "G.726-32", NULL },
    { SLICE_INIT("G726-40"), 8000, "G.726-40", NULL },
    { SLICE_INIT("AAL2-G726-16"), 8000, "G.726-16", NULL },
    { SLICE_INIT("AAL2-G726-24"), 8000, "G.726-24", NULL },
    { SLICE_INIT("AAL2-G726-32"), 8000, "G.726-32", NULL },
    { SLICE_INIT("AAL2-G726-40"), 8000, "G.726-40", NULL },
    { SLICE_INIT("G728"), 8000, "G.728", NULL },
};

size_t codec_ie_count(void)
{
    return TABLE_ROWS;
}

const struct codec_ie *codec_ie_at(size_t i)
{
    return i < TABLE_ROWS ? &table[i] : NULL;
}

const struct codec_ie *codec_ie_find(struct slice codec)
{
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        if (slice_ieq(codec, slice_of_text(table[i].codec)))
            return &table[i];
    }
    return NULL;
}

const struct codec_ie *codec_ie_for_sdp(struct slice encoding, int64_t clock_rate_hz,
                                        struct slice fmtp)
{
    for (size_t i = 0; i < sizeof encodings / sizeof encodings[0]; i++) {
        int64_t wanted_hz = encodings[i].clock_rate_hz;

        if (!slice_ieq(encoding, encodings[i].encoding))
            continue;
        if (wanted_hz && clock_rate_hz && clock_rate_hz != wanted_hz)
            return NULL;
        return codec_ie_find(
            slice_of_text(encodings[i].choose ? encodings[i].choose(fmtp) : encodings[i].codec));
    }
    return NULL;
}

const char *codec_model_text(enum codec_model model)
{
    static const char *const texts[] = {
        [CODEC_MODEL_ITU] = "itu",
        [CODEC_MODEL_LITERATURE] = "literature",
        [CODEC_MODEL_ASSUMED] = "assumed",
    };

    return texts[model];
}
