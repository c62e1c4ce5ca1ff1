/*
 * media_codec - the row of the codec table that a stream was really sent in.
 *
 * SDP says what may be sent, the packets say what was: AMR's mode, G.723.1's rate, iLBC's frame,
 * Opus's bandwidth with its bit rate. Before any packet told, SDP's word stands.
 *
 * Rows that no packet and no SDP leads to: G.711-noPLC (a property of the receiver), G.722-56 and -48
 * (RTP carries 64 kbit/s whatever the mode), G.728-12.8 (RFC 3551 knows 16 kbit/s alone), unknown (a
 * codec that nobody knows has no MOS).
 */
#include "analyzer/call/media_stream.h"

struct rate_row {
    double from_bit_s; /* halfway to the row before */
    const char *row;
};

static const char *row_of_mode(const char *const rows[], size_t count, uint8_t mode)
{
    return mode < count ? rows[mode] : NULL;
}

static const char *row_of_rate(const struct rate_row *rows, size_t count, double bit_s)
{
    const char *row = rows[0].row;

    for (size_t i = 1; i < count && bit_s >= rows[i].from_bit_s; i++)
        row = rows[i].row;
    return row;
}

/* The bit rate counts only where speech was sent, so DTX does not make a good codec a poor one. What
 * is sent in medium band is nearer to wideband: it hears up to 6 kHz. */
static const char *opus_row(uint8_t mode, double bit_s)
{
    static const struct rate_row narrow[] = { { 0, "Opus-NB-8cbr" }, { 9500, "Opus-NB-11cbr" } };
    static const struct rate_row full[] = { { 0, "Opus-SWB-25vbr" },
                                            { 28000, "Opus-SWB-31vbr" },
                                            { 35500, "Opus-SWB-40vbr" } };

    if (mode == OPUS_NARROW)
        return row_of_rate(narrow, sizeof narrow / sizeof narrow[0], bit_s);
    if (mode == OPUS_MEDIUM || mode == OPUS_WIDE)
        return "Opus-WB-13vbr";
    return row_of_rate(full, sizeof full / sizeof full[0], bit_s);
}

#define ROW_OF(rows, mode) row_of_mode(rows, sizeof rows / sizeof rows[0], mode)

static const char *row_of(const struct media_stream *s, uint8_t mode)
{
    static const char *const amr[] = { "AMR-4.75", "AMR-5.15", "AMR-5.9",  "AMR-6.7",
                                       "AMR-7.4",  "AMR-7.95", "AMR-10.2", "AMR-12.2" };
    static const char *const amr_wb[] = { "AMR-WB-6.60",  "AMR-WB-8.85",  "AMR-WB-12.65",
                                          "AMR-WB-14.25", "AMR-WB-15.85", "AMR-WB-18.25",
                                          "AMR-WB-19.85", "AMR-WB-23.05", "AMR-WB-23.85" };
    static const char *const g723[] = { [G723_6300] = "G.723.1-6.3", [G723_5300] = "G.723.1-5.3" };
    static const char *const ilbc[] = { [ILBC_20_MS] = "iLBC-15.2", [ILBC_30_MS] = "iLBC-13.3" };

    switch ((enum payload_kind)s->format.payload_kind) {
    case PAYLOAD_AMR:
    case PAYLOAD_AMR_OCTETS:
        return ROW_OF(amr, mode);
    case PAYLOAD_AMR_WB:
    case PAYLOAD_AMR_WB_OCTETS:
        return ROW_OF(amr_wb, mode);
    case PAYLOAD_OPUS:
        return opus_row(mode, payload_tally_bit_s(&s->payload));
    case PAYLOAD_G729:
        return s->payload.noise_packets ? "G.729A+VAD" : NULL;
    case PAYLOAD_G723:
        return ROW_OF(g723, mode);
    case PAYLOAD_ILBC:
        return ROW_OF(ilbc, mode);
    case PAYLOAD_PLAIN:
        break;
    }
    return NULL;
}

const struct codec_ie *media_stream_row_now(const struct media_stream *s)
{
    uint8_t mode = s->format.payload_kind ? payload_tally_mode(&s->payload) : PAYLOAD_NO_MODE;
    const char *row = mode != PAYLOAD_NO_MODE ? row_of(s, mode) : NULL;

    return row && s->format.ie ? codec_ie_find(slice_of_text(row)) : s->format.ie;
}

const struct codec_ie *media_stream_codec_row(const struct media_stream *s)
{
    bool longest = s->rtp.packets - s->format_since >= s->longest_packets;

    return longest ? media_stream_row_now(s) : s->longest_row;
}

void media_stream_bank_row(struct media_stream *s)
{
    int64_t packets = s->rtp.packets - s->format_since;

    s->format_since = s->rtp.packets;
    if (packets <= s->longest_packets)
        return;
    s->longest_packets = packets;
    s->longest_row = media_stream_row_now(s);
}
