#include "probe/cmd/show_stream.h"

#include "analyzer/base/json_item.h"
#include "analyzer/interval.h"
#include "probe/cmd/show_call.h"
#include "probe/cmd/sparkline.h"

#include <math.h>

enum { INDENT = 13, LEGEND_WIDTH = 14, EVENTS_SHOWN_MAX = 20 };

static bool is_known(int64_t count)
{
    return count != RECORD_NONE;
}

static bool is_image(const struct stream_record *s)
{
    return slice_eq(s->media, SLICE("image"));
}

static double percent(int64_t part, int64_t whole)
{
    return is_known(part) && is_known(whole) && whole > 0 ? 100.0 * (double)part / (double)whole
                                                          : NAN;
}

/* " (2.13 %)", or nothing. */
static void add_percent(struct strbuf *out, int64_t part, int64_t whole)
{
    double p = percent(part, whole);

    if (!isnan(p))
        strbuf_addf(out, " (%.2f %%)", p);
}

/* ", word 1.23 unit", without the comma where the line begins. */
static void add_figure(struct strbuf *out, bool *first, const char *before, double value,
                       int decimals, const char *after)
{
    if (isnan(value))
        return;
    strbuf_addf(out, "%s%s%.*f%s", *first ? "" : ", ", before, decimals, value, after);
    *first = false;
}

void show_stream_heading(struct strbuf *out, const struct stream_record *s)
{
    char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];
    const char *sender = show_call_sender(s->direction);

    addr_format(&s->src, src);
    addr_format(&s->dst, dst);
    if (s->foreign_source == 1)
        strbuf_add_text(out, "Somebody else");
    else if (sender)
        strbuf_addf(out, "%s", sender[5] == 'r' ? "Caller to callee" : "Callee to caller");
    else
        strbuf_add_text(out, "Which way is not known");
    strbuf_add_text(out, ": ");
    if (is_image(s))
        strbuf_add_text(out, "fax, T.38");
    else
        strbuf_add_printable(out, s->codec.p ? s->codec : SLICE("codec not known"));
    if (slice_eq(s->media, SLICE("video")))
        strbuf_add_text(out, " video");
    if (s->srtp == 1)
        strbuf_add_text(out, ", encrypted");
    strbuf_addf(out, ", %s > %s\n", src, dst);
}

static void add_identity(struct strbuf *out, const struct stream_record *s)
{
    bool first = true;

    show_call_fact(out, "  Stream");
    if (is_known(s->ssrc)) {
        strbuf_addf(out, "SSRC 0x%08x", (unsigned)s->ssrc);
        first = false;
    }
    add_figure(out, &first, "", s->ptime_ms, 0, " ms a packet");
    if (is_known(s->dscp))
        add_figure(out, &first, "DSCP ", (double)s->dscp, 0, "");
    if (is_known(s->start_time) && is_known(s->end_time))
        add_figure(out, &first, "", (double)(s->end_time - s->start_time) / 1e9, 1, " s");
    if (is_known(s->restarts) && s->restarts > 0)
        add_figure(out, &first, "begun anew ", (double)s->restarts, 0, " times");
    strbuf_add_char(out, '\n');
}

/* ---- how it sounded ---- */

static void add_mos(struct strbuf *out, const struct stream_record *s)
{
    if (isnan(s->mos_lq_jb200))
        return;
    show_call_fact(out, "  MOS");
    strbuf_addf(out, "%.2f behind 200 ms, %.2f behind 50 ms, %.2f by loss alone", s->mos_lq_jb200,
                s->mos_lq_jb50, s->mos_lq_raw);
    if (!isnan(s->mos_cq))
        strbuf_addf(out, "; talking %.2f", s->mos_cq);
    strbuf_add_char(out, '\n');
}

static void add_strip(struct strbuf *out, const struct stream_record *s, size_t width)
{
    struct strbuf strip = { 0 };
    size_t room = width > INDENT + LEGEND_WIDTH + 1 ? width - INDENT - LEGEND_WIDTH : 1;
    size_t count = sparkline_add_mos(&strip, s->intervals, room);

    if (count) {
        show_call_fact(out, "  By time");
        strbuf_add_slice(out, strbuf_slice(&strip));
        strbuf_addf(out, "  %zu s each\n", INTERVAL_S * ((count + room - 1) / room));
    }
    strbuf_fini(&strip);
}

static void add_course(struct strbuf *out, const struct stream_record *s, size_t width)
{
    add_strip(out, s, width);
    if (!is_known(s->bad_seconds))
        return;
    show_call_fact(out, "");
    strbuf_addf(out, "%lld bad second%s", (long long)s->bad_seconds,
                s->bad_seconds == 1 ? "" : "s");
    if (!isnan(s->worst_10s_mos_lq)) {
        strbuf_addf(out, "; worst 10 s: %.2f from ", s->worst_10s_mos_lq);
        show_call_clock(out, s->worst_10s_time);
    }
    if (s->interval_mos_p5 < s->interval_mos_p50)
        strbuf_addf(out, "; 5 %% of the intervals up to %.2f", s->interval_mos_p5);
    strbuf_add_char(out, '\n');
}

static void add_level(struct strbuf *out, const struct stream_record *s)
{
    bool first = true;

    if (isnan(s->silence_ratio))
        return;
    show_call_fact(out, "  Level");
    add_figure(out, &first, "", s->level_dbm0, 1, " dBm0");
    add_figure(out, &first, "", 100 * s->silence_ratio, 0, " % silence");
    add_figure(out, &first, "", 100 * s->clipping_ratio, 2, " % clipped");
    strbuf_add_char(out, '\n');
}

/* ---- what was lost ---- */

static void add_losses(struct strbuf *out, const struct stream_record *s)
{
    show_call_fact(out, "  Packets");
    strbuf_addf(out, "%lld, lost %lld of %lld", (long long)s->packets, (long long)s->lost,
                (long long)s->expected);
    add_percent(out, s->lost, s->expected);
    if (is_known(s->burst_longest_run) && s->burst_longest_run > 1)
        strbuf_addf(out, ", up to %lld in a row", (long long)s->burst_longest_run);
    if (is_known(s->burst_bursts) && s->burst_bursts > 0)
        strbuf_addf(out, ", %lld burst%s", (long long)s->burst_bursts,
                    s->burst_bursts == 1 ? "" : "s");
    strbuf_add_char(out, '\n');
    if (is_image(s))
        return;
    show_call_fact(out, "");
    strbuf_addf(out, "%lld duplicates, %lld out of order", (long long)s->duplicates,
                (long long)s->out_of_order);
    if (is_known(s->comfort_noise) && s->comfort_noise > 0)
        strbuf_addf(out, ", %lld comfort noise", (long long)s->comfort_noise);
    if (s->dtx_ratio > 0)
        strbuf_addf(out, ", %.0f %% not sent on purpose", 100 * s->dtx_ratio);
    strbuf_add_char(out, '\n');
}

static void add_jitter(struct strbuf *out, const struct stream_record *s)
{
    bool first = true;

    if (!isnan(s->jitter_ms_mean)) {
        show_call_fact(out, "  Jitter");
        add_figure(out, &first, "mean ", s->jitter_ms_mean, 2, " ms");
        add_figure(out, &first, "95 % ", s->jitter_ms_p95, 2, " ms");
        add_figure(out, &first, "max ", s->jitter_ms_max, 2, " ms");
        add_figure(out, &first, "longest wait ", s->delta_ms_max, 0, " ms");
        strbuf_add_char(out, '\n');
    }
    if (!isnan(s->clock_drift_ppm)) {
        show_call_fact(out, "  Clock");
        strbuf_addf(out, "%.1f ppm %s than the probe's", fabs(s->clock_drift_ppm),
                    s->clock_drift_ppm < 0 ? "slower" : "faster");
        first = false;
        add_figure(out, &first, "skew ", s->skew_ms_min, 1, "");
        add_figure(out, &first, "to ", s->skew_ms_max, 1, " ms");
        strbuf_add_char(out, '\n');
    }
}

/* ---- what its ends say ---- */

/* "2.1 % lost, all of it before the probe: on the caller's side". */
static void add_loss_side(struct strbuf *out, const struct stream_record *s)
{
    const char *sender = show_call_sender(s->direction), *receiver;
    double before = percent(s->rtcp_lost_before_probe, s->expected);
    double after = percent(s->rtcp_lost_after_probe, s->expected);
    struct slice side = s->rtcp_loss_side;

    if (!side.p)
        return;
    receiver = show_call_receiver(s->direction);
    sender = sender ? sender : "sender";
    receiver = receiver ? receiver : "receiver";
    show_call_fact(out, "");
    if (slice_eq(side, SLICE("before_probe")))
        strbuf_addf(out, "%.2f %% lost, all of it before the probe: on the %s's side\n", before,
                    sender);
    else if (slice_eq(side, SLICE("after_probe")))
        strbuf_addf(out, "%.2f %% lost, all of it behind the probe: on the %s's side\n", after,
                    receiver);
    else if (slice_eq(side, SLICE("both")))
        strbuf_addf(out, "%.2f %% lost before the probe (%s's side), %.2f %% behind it (%s's)\n",
                    before, sender, after, receiver);
    else
        strbuf_add_text(out, "the ends agree with the probe: nothing was lost on either side\n");
}

static void add_xr(struct strbuf *out, const struct stream_record *s)
{
    bool first = true;

    if (!s->rtcp_xr.p)
        return;
    show_call_fact(out, "  It says");
    add_figure(out, &first, "MOS ", json_item_number(s->rtcp_xr, "mos_lq"), 1, "");
    add_figure(out, &first, "in conversation ", json_item_number(s->rtcp_xr, "mos_cq"), 1, "");
    add_figure(out, &first, "R ", json_item_number(s->rtcp_xr, "r_factor"), 0, "");
    add_figure(out, &first, "lost ", 100 * json_item_number(s->rtcp_xr, "loss_ratio"), 2, " %");
    add_figure(out, &first, "discarded ", 100 * json_item_number(s->rtcp_xr, "discard_ratio"), 2,
               " %");
    strbuf_add_text(out, first ? "nothing that is known (XR)\n" : " (XR)\n");
}

static void add_rtcp(struct strbuf *out, const struct stream_record *s)
{
    bool first = false;

    if (is_known(s->rtcp_reports) && s->rtcp_reports > 0) {
        const char *receiver = show_call_receiver(s->direction);

        show_call_fact(out, "  Receiver");
        strbuf_addf(out, "the %s reported %lld time%s: lost %lld",
                    receiver ? receiver : "other end", (long long)s->rtcp_reports,
                    s->rtcp_reports == 1 ? "" : "s", (long long)s->rtcp_lost_cumulative);
        add_figure(out, &first, "jitter up to ", s->rtcp_jitter_ms_max, 2, " ms");
        strbuf_add_char(out, '\n');
    }
    add_loss_side(out, s);
    add_xr(out, s);
    if (!isnan(s->rtcp_rtt_ms) || !isnan(s->rtcp_rtt_receiver_ms)) {
        first = true;
        show_call_fact(out, "  Round trip");
        add_figure(out, &first, "", s->rtcp_rtt_ms, 1, " ms end to end");
        add_figure(out, &first, "probe to receiver and back ", s->rtcp_rtt_receiver_ms, 1, " ms");
        strbuf_add_char(out, '\n');
    }
    if (s->rtcp_cname.p) {
        show_call_fact(out, "  Name");
        strbuf_add_printable(out, s->rtcp_cname);
        strbuf_add_text(out, " (CNAME)\n");
    }
}

static void add_fax(struct strbuf *out, const struct stream_record *s)
{
    if (!is_image(s))
        return;
    show_call_fact(out, "  Recovered");
    if (is_known(s->udptl_recovered))
        strbuf_addf(out, "%lld of the lost from packets after them", (long long)s->udptl_recovered);
    else
        strbuf_add_char(out, '-');
    if (s->udptl_error_correction.p) {
        strbuf_add_text(out, "; error correction: ");
        strbuf_add_printable(out, s->udptl_error_correction);
    }
    strbuf_add_char(out, '\n');
}

/* ---- what changed ---- */

static void add_event_value(struct strbuf *out, const char *before, struct slice value)
{
    if (!value.p)
        return;
    strbuf_add_text(out, before);
    if (value.len && value.p[0] == '"')
        json_item_add_text(out, value);
    else
        strbuf_add_printable(out, value);
}

/* "codec_change" as two words. */
static void add_event_name(struct strbuf *out, struct slice name)
{
    size_t from = out->len;

    json_item_add_text(out, name);
    for (size_t i = from; i < out->len; i++) {
        if (out->p[i] == '_')
            out->p[i] = ' ';
    }
}

static void add_event(struct strbuf *out, struct slice event, const char *name)
{
    double time = json_item_number(event, "t"), jump = json_item_number(event, "jump_ms");
    struct slice announced = json_item_get(event, "announced");

    show_call_fact(out, name);
    show_call_clock(out, json_item_time(time));
    strbuf_add_text(out, "  ");
    add_event_name(out, json_item_get(event, "event"));
    add_event_value(out, " ", json_item_get(event, "from"));
    add_event_value(out, " > ", json_item_get(event, "to"));
    if (!isnan(jump))
        strbuf_addf(out, " by %.0f ms", jump);
    if (slice_eq(announced, SLICE("false")))
        strbuf_add_text(out, ", which no SDP announced");
    strbuf_add_char(out, '\n');
}

static void add_events(struct strbuf *out, const struct stream_record *s)
{
    struct slice array = s->events, event;
    size_t count = 0;

    for (; json_item_next(&array, &event); count++) {
        if (count < EVENTS_SHOWN_MAX)
            add_event(out, event, count ? "" : "  Changes");
    }
    if (count > EVENTS_SHOWN_MAX) {
        show_call_fact(out, "");
        strbuf_addf(out, "and %zu more\n", count - EVENTS_SHOWN_MAX);
    }
}

void show_stream_add(struct strbuf *out, const struct stream_record *s, size_t width)
{
    show_stream_heading(out, s);
    if (s->foreign_source == 1) {
        show_call_fact(out, "");
        strbuf_add_text(out, "sends to the call's port, and is no part of its quality\n");
    }
    add_identity(out, s);
    add_mos(out, s);
    add_course(out, s, width);
    add_losses(out, s);
    add_fax(out, s);
    add_jitter(out, s);
    add_level(out, s);
    add_rtcp(out, s);
    add_events(out, s);
}
