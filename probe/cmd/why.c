#include "probe/cmd/why.h"

#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/emodel.h"
#include "probe/cmd/show_call.h"
#include "probe/cmd/show_stream.h"
#include "probe/cmd/sparkline.h"

#include <math.h>

enum { LEAST_PACKETS_FOR_MOS = 100, BAR_WIDTH = 24, DECIMALS_MAX = 3 };

/* What is taken off, in the order in which it is told. */
struct parts {
    double start, codec, loss, delay, r, mos;
};

static bool find_scale(struct slice name, enum emodel_scale *out)
{
    static const struct slice names[] = { SLICE_INIT("nb"), SLICE_INIT("wb"), SLICE_INIT("fb") };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        *out = (enum emodel_scale)i;
        if (slice_eq(name, names[i]))
            return true;
    }
    return false;
}

/* R = Ro − Is − Id − Ie_eff: the start is what a codec that costs nothing has without loss or delay. */
static struct parts compute(const struct stream_record *s, enum emodel_scale scale, double delay_ms)
{
    double loss_percent = 100 * s->model_ppl_ratio;
    struct emodel_budget best = emodel_of_loss(scale, 0, s->model_bpl, 0, 1, 0);
    struct emodel_budget b = emodel_of_loss(scale, s->model_ie, s->model_bpl, loss_percent,
                                            s->model_burst_ratio, delay_ms);

    return (struct parts){ best.r, s->model_ie, b.ie_eff - s->model_ie, best.r - b.ie_eff - b.r,
                           b.r,    b.mos };
}

static double rounded(double value, int decimals)
{
    double scale = pow(10, decimals);

    return round(value * scale);
}

/* The fewest decimals with which the parts, as printed, add up to the R, as printed. */
static int decimals_of(const struct parts *p)
{
    for (int d = 1; d <= DECIMALS_MAX; d++) {
        double sum = rounded(p->start, d) - rounded(p->codec, d) - rounded(p->loss, d) -
                     rounded(p->delay, d);

        if (fabs(sum - rounded(p->r, d)) < 0.5)
            return d;
    }
    return DECIMALS_MAX;
}

/* −0.0 is 0. */
static void add_part(struct strbuf *out, double value, int decimals, const char *word)
{
    if (rounded(value, decimals) == 0)
        strbuf_addf(out, " − 0 %s", word);
    else
        strbuf_addf(out, " − %.*f %s", decimals, value, word);
}

static void add_budget(struct strbuf *out, const struct parts *p, const struct stream_record *s)
{
    int d = decimals_of(p);

    strbuf_addf(out, "R %.*f", d, p->start);
    add_part(out, p->codec, d, "codec");
    add_part(out, p->loss, d, "loss");
    if (s->model_ppl_ratio > 0)
        strbuf_addf(out, " %.1f %% bursts %.1f", 100 * s->model_ppl_ratio, s->model_burst_ratio);
    add_part(out, p->delay, d, "delay");
    strbuf_addf(out, " = %s%.*f, MOS %.1f\n", p->r < 0 ? "−" : "", d, fabs(p->r), p->mos);
}

/* Never hidden: one of the two is wrong, or another version computed it. */
static void add_check(struct strbuf *out, const char *name, double stored, double computed)
{
    if (isnan(stored) || fabs(stored - computed) <= WHY_R_TOLERANCE)
        return;
    show_call_fact(out, "");
    strbuf_addf(out, "! %s is stored as %.2f, not %.2f: ", name, stored, computed);
    strbuf_add_text(out, "computed by another version, or damaged\n");
}

/* ---- who says so ---- */

/* "I.4" is a table of the ITU's G.113; other rows say themselves where they come from. */
static void add_source(struct strbuf *out, const char *of, const char *source)
{
    bool is_table = strncmp(source, "I.", 2) == 0 || strncmp(source, "IV.", 3) == 0;

    strbuf_addf(out, "%s: %s%s", of, is_table ? "G.113 " : "",
                strcmp(source, "lit") == 0 ? "published, not by the ITU" : source);
}

static void add_codec(struct strbuf *out, const struct stream_record *s)
{
    static const char *const scales[] = { "narrowband", "wideband", "fullband" };
    const struct codec_ie *row = codec_ie_find(s->model_codec);
    enum emodel_scale scale = EMODEL_NARROWBAND;

    find_scale(s->model_scale, &scale);
    show_call_fact(out, "  Codec");
    strbuf_add_printable(out, s->model_codec.p ? s->model_codec : SLICE("not told"));
    strbuf_addf(out, ", %s: Ie %g, Bpl %g", scales[scale], s->model_ie, s->model_bpl);
    if (s->codec_model.p) {
        strbuf_add_text(out, " (");
        strbuf_add_printable(out, s->codec_model);
        strbuf_add_char(out, ')');
    }
    strbuf_add_char(out, '\n');
    if (row) {
        show_call_fact(out, "");
        add_source(out, "Ie", row->ie_source);
        add_source(out, "; Bpl", row->bpl_source);
        strbuf_add_char(out, '\n');
    }
    if (row && (row->ie != s->model_ie || row->bpl != s->model_bpl)) {
        show_call_fact(out, "");
        strbuf_addf(out, "! this version has Ie %g, Bpl %g for it\n", row->ie, row->bpl);
    }
    show_call_fact(out, "  Model");
    strbuf_add_printable(out, s->model_version.p ? s->model_version : SLICE("-"));
    if (!slice_eq(s->model_version, SLICE(EMODEL_VERSION)))
        strbuf_addf(out, ", now %s", EMODEL_VERSION);
    strbuf_add_text(out, "; behind a buffer of 200 ms, the headline\n");
}

/* ---- in conversation ---- */

static void add_conversation(struct strbuf *out, const struct stream_record *s,
                             enum emodel_scale scale)
{
    double half = s->rtcp_rtt_ms / 2, packet = s->ptime_ms;
    struct parts p;

    show_call_fact(out, "  Talking");
    if (isnan(s->mos_cq) || isnan(s->model_cq_delay_ms)) {
        strbuf_add_text(out, "not known: no round trip could be measured (RTCP)\n");
        return;
    }
    p = compute(s, scale, s->model_cq_delay_ms);
    add_budget(out, &p, s);
    show_call_fact(out, "");
    strbuf_addf(out, "delay %.0f ms", s->model_cq_delay_ms);
    if (!isnan(half) && !isnan(packet))
        strbuf_addf(out, ": round trip/2 %.0f + buffer %.0f + one packet %.0f", half,
                    s->model_cq_delay_ms - half - packet, packet);
    strbuf_add_char(out, '\n');
    add_check(out, "R", s->r_cq, p.r);
}

/* ---- what if ---- */

static void add_buffer(struct strbuf *out, const char *name, const struct playout_result *playout,
                       double mos, int64_t expected)
{
    if (playout->late == RECORD_NONE && isnan(mos))
        return; /* of an older store */
    strbuf_addf(out, "  %10s", name);
    if (playout->late == RECORD_NONE || playout->lost_total == RECORD_NONE || expected <= 0)
        strbuf_addf(out, " %8s %12s %8s", "-", "-", "-");
    else
        strbuf_addf(out, " %8lld %12lld %6.2f %%", (long long)playout->late,
                    (long long)playout->lost_total,
                    100.0 * (double)playout->lost_total / (double)expected);
    if (isnan(mos)) {
        strbuf_add_text(out, "     -\n");
        return;
    }
    strbuf_addf(out, "  %.2f%s", mos, mos > 1 ? "  " : "");
    sparkline_add_bar(out, (mos - 1) / 3.5, BAR_WIDTH);
    strbuf_add_char(out, '\n');
}

static void add_what_if(struct strbuf *out, const struct stream_record *s)
{
    const struct {
        const char *name;
        const struct playout_result *playout;
        double mos;
    } rows[] = {
        { "20 ms", &s->jb20, s->mos_lq_jb20 },    { "50 ms", &s->jb50, s->mos_lq_jb50 },
        { "60 ms", &s->jb60, s->mos_lq_jb60 },    { "120 ms", &s->jb120, s->mos_lq_jb120 },
        { "200 ms", &s->jb200, s->mos_lq_jb200 }, { "adaptive", &s->adaptive, s->mos_lq_adaptive },
    };

    strbuf_addf(out, "\n  %10s %8s %12s %8s  MOS\n", "buffer", "late", "lost in all", "");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        add_buffer(out, rows[i].name, rows[i].playout, rows[i].mos, s->expected);
}

/* ---- why there is none ---- */

static void add_nothing(struct strbuf *out, const struct stream_record *s)
{
    show_call_fact(out, "  No MOS");
    if (slice_eq(s->media, SLICE("image")))
        strbuf_add_text(out, "a fax has none\n");
    else if (!slice_eq(s->media, SLICE("audio")))
        strbuf_add_text(out, "only sound has one\n");
    else if (s->srtp == 1)
        strbuf_add_text(out, "encrypted (SRTP): what is in the packets cannot be known\n");
    else if (!s->codec.p)
        strbuf_add_text(out, "the codec is not known: no SDP named the payload type\n");
    else if (!isnan(s->r_raw))
        strbuf_addf(
            out, "its timestamps fit no clock: late packets cannot be told. By loss alone %.2f\n",
            s->mos_lq_raw);
    else if (s->packets != RECORD_NONE && s->packets < LEAST_PACKETS_FOR_MOS)
        strbuf_addf(out, "%lld packet%s; under %d say too little\n", (long long)s->packets,
                    s->packets == 1 ? "" : "s", LEAST_PACKETS_FOR_MOS);
    else
        strbuf_add_text(out, "no figures of this codec are known, and none are guessed\n");
}

void why_add(struct strbuf *out, const struct stream_record *s)
{
    enum emodel_scale scale;
    struct parts p;

    show_stream_heading(out, s);
    if (s->foreign_source == 1) {
        show_call_fact(out, "");
        strbuf_add_text(out, "counts in nothing of the call\n");
    }
    if (isnan(s->r_jb200) || isnan(s->model_ppl_ratio)) {
        add_nothing(out, s);
        return;
    }
    show_call_fact(out, "  Listening");
    if (!find_scale(s->model_scale, &scale)) {
        strbuf_addf(out, "R %.2f, MOS %.2f; an older store does not say by which scale\n",
                    s->r_jb200, s->mos_lq_jb200);
    } else {
        p = compute(s, scale, 0);
        add_budget(out, &p, s);
        add_check(out, "R", s->r_jb200, p.r);
        add_conversation(out, s, scale);
        add_codec(out, s);
    }
    add_what_if(out, s);
}
