/*
 * codec_ie - what each codec costs (Ie) and how it bears loss (Bpl), and who says so.
 *
 * Ownership  The table is constant; rows live for ever.
 * Thread     Pure functions; safe anywhere.
 * Unknown    NULL: the MOS of a codec that is not in the table is null, never a guess.
 * Source     ITU-T G.113 (2007) Appendix I and Amd. 1 (IV); literature where the row says so
 */
#ifndef ANALYZER_QUALITY_CODEC_IE_H
#define ANALYZER_QUALITY_CODEC_IE_H

#include "analyzer/base/slice.h"
#include "analyzer/quality/emodel.h"

enum codec_model {
    CODEC_MODEL_ITU,        /* both numbers are the ITU's */
    CODEC_MODEL_LITERATURE, /* both are published, one at least elsewhere */
    CODEC_MODEL_ASSUMED,    /* one at least is taken from a kindred codec, or not verified */
};

struct codec_ie {
    const char *codec; /* "G.729A+VAD" */
    enum emodel_scale scale;
    double ie, bpl;
    enum codec_model model;
    const char *ie_source, *bpl_source; /* the table of G.113, "lit", or what was assumed */
};

size_t codec_ie_count(void);
/* The i-th row of the table; NULL past its end. */
const struct codec_ie *codec_ie_at(size_t i);

/* By the name of the row ("G.711-noPLC"), letter case aside; NULL when there is none. */
const struct codec_ie *codec_ie_find(struct slice codec);

/*
 * By what SDP says: the encoding name of rtpmap (RFC 3551 names, letter case aside), its clock rate
 * (0: not known) and the value of its fmtp line (absent: none). NULL when unknown.
 *
 * Where one name covers several modes, fmtp decides, and without it:
 *   PCMU, PCMA  G.711 with packet loss concealment, as any receiver of today has it
 *   G729        G.729; G.729A+VAD when annexb=yes is said outright
 *   G723        6.3 kbit/s; bitrate=5.3 is heeded
 *   iLBC        13.3 kbit/s (30 ms, the default of RFC 3952); mode=20 is 15.2
 *   AMR         12.2; the highest mode of mode-set
 *   AMR-WB      12.65, the mode a network falls back to; the highest mode of mode-set
 *   opus        SWB at 31 kbit/s, near the 32 that browsers send; maxaveragebitrate picks 25 or 40,
 *               maxplaybackrate of 16 kHz or less picks the wideband or narrowband rows
 *   speex       8 kHz alone: no figures are known for its wideband
 */
const struct codec_ie *codec_ie_for_sdp(struct slice encoding, int64_t clock_rate_hz,
                                        struct slice fmtp);

/* "itu", "literature", "assumed". */
const char *codec_model_text(enum codec_model model);

#endif
