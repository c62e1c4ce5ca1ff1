#include "tests/support/truth.h"

#include "tests/support/fax_source.h"
#include "tests/support/rtcp_source.h"
#include "tests/support/vq_writer.h"

#include "analyzer/base/jsonw.h"

#include <math.h>

/* NULL is null. */
static void put_text(struct jsonw *j, const char *key, const char *text)
{
    jsonw_key(j, key);
    jsonw_text(j, slice_of_text(text));
}

static void put_int(struct jsonw *j, const char *key, int64_t value)
{
    jsonw_key(j, key);
    jsonw_int(j, value);
}

static void put_int_or_null(struct jsonw *j, const char *key, int64_t value, bool known)
{
    jsonw_key(j, key);
    if (known)
        jsonw_int(j, value);
    else
        jsonw_null(j);
}

static void put_real(struct jsonw *j, const char *key, double value)
{
    jsonw_key(j, key);
    jsonw_real(j, value, 6);
}

static void put_bool(struct jsonw *j, const char *key, bool value)
{
    jsonw_key(j, key);
    jsonw_bool(j, value);
}

/* 0 is never. */
static void put_time(struct jsonw *j, const char *key, int64_t time_ns)
{
    jsonw_key(j, key);
    if (time_ns)
        jsonw_time(j, time_ns);
    else
        jsonw_null(j);
}

/* From one time to another, null when one of them never was. */
static void put_span_ms(struct jsonw *j, const char *key, int64_t from_ns, int64_t to_ns)
{
    put_real(j, key, from_ns && to_ns ? (double)(to_ns - from_ns) * 1e-6 : NAN);
}

static void put_addr(struct jsonw *j, const char *key, const struct addr *a)
{
    char text[ADDR_TEXT_MAX];

    addr_format(a, text);
    put_text(j, key, text);
}

static void put_losses(struct jsonw *j, const struct observer *o, const struct observer_report *r)
{
    static const char *const models[] = {
        [OBSERVER_JB20] = "jb20",   [OBSERVER_JB50] = "jb50",   [OBSERVER_JB60] = "jb60",
        [OBSERVER_JB120] = "jb120", [OBSERVER_JB200] = "jb200",
    };
    const struct observer_runs *headline = &r->runs[1 + OBSERVER_JB200];

    jsonw_key(j, "loss_runs");
    jsonw_array_open(j);
    for (int i = 0; i < OBSERVER_RUN_CLASSES; i++)
        jsonw_int(j, r->runs[0].classes[i]);
    jsonw_array_close(j);
    put_real(j, "loss_burst_ratio", r->burst_ratio[0]);
    jsonw_key(j, "burst");
    jsonw_object_open(j);
    put_int(j, "bursts", r->bursts);
    put_real(j, "density_ratio", r->burst_density);
    put_int(j, "longest_run", headline->longest);
    put_real(j, "burst_ratio", r->burst_ratio[1 + OBSERVER_JB200]);
    jsonw_object_close(j);
    jsonw_key(j, "playout");
    jsonw_object_open(j);
    for (int m = 0; m < OBSERVER_PLAYOUTS; m++) {
        jsonw_key(j, models[m]);
        jsonw_object_open(j);
        put_int(j, "late", o->playouts[m].late);
        put_int(j, "lost_total", r->runs[1 + m].lost);
        put_int(j, "longest_run", r->runs[1 + m].longest);
        put_real(j, "burst_ratio", r->burst_ratio[1 + m]);
        jsonw_object_close(j);
    }
    jsonw_object_close(j);
}

static const char *loss_side(const struct rtcp_told *told)
{
    if (told->lost_before > 0)
        return told->lost_after > 0 ? "both" : "before_probe";
    return told->lost_after > 0 ? "after_probe" : "none";
}

/* What the last XR block 7 said. */
static void put_extended(struct jsonw *j, const struct rtcp_told_xr *xr)
{
    jsonw_key(j, "xr");
    jsonw_object_open(j);
    put_real(j, "loss_ratio", xr->loss_rate / 256.0);
    put_real(j, "discard_ratio", xr->discard_rate / 256.0);
    put_int(j, "round_trip_ms", xr->round_trip_ms);
    put_int(j, "end_system_delay_ms", xr->end_system_ms);
    put_int(j, "r_factor", xr->r_factor);
    put_real(j, "mos_lq", xr->mos_lq / 10.0);
    put_real(j, "mos_cq", xr->mos_cq / 10.0);
    put_int(j, "jb_nominal_ms", xr->jitter_buffer_ms);
    put_int(j, "jb_maximum_ms", xr->jitter_buffer_max_ms);
    jsonw_object_close(j);
}

static void put_rtcp(struct jsonw *j, const struct call *c, const struct media_leg *leg,
                     const struct media_leg *other)
{
    const struct rtcp_told *told = &leg->told;
    bool known = told->round_trip && other && other->told.round_trip;
    bool speaks = leg->rtcp.call != NULL;
    int64_t rtt_ns = 2 * (c->delay_ns[CALL_CALLER] + c->delay_ns[CALL_CALLEE]);
    char name[RTCP_SOURCE_NAME_MAX];

    if (speaks)
        rtcp_source_name(&leg->rtcp, name);
    jsonw_key(j, "rtcp");
    jsonw_object_open(j);
    put_int(j, "reports", told->reports);
    put_int(j, "sender_reports", leg->rtcp.sender_reports);
    put_real(j, "fraction_lost_max", told->reports ? told->fraction_lost_max : NAN);
    put_real(j, "jitter_ms_max", told->reports ? told->jitter_ms_max : NAN);
    put_real(j, "rtt_ms", known ? (double)rtt_ns * 1e-6 : NAN);
    put_int_or_null(j, "lost_cumulative", told->lost_cumulative, told->reports > 0);
    put_int_or_null(j, "lost_before_probe", told->lost_before, told->reports > 0);
    put_int_or_null(j, "lost_after_probe", told->lost_after, told->reports > 0);
    put_int(j, "first_lost_before_probe", told->first_lost_before);
    put_int(j, "first_lost_after_probe", told->first_lost_after);
    put_text(j, "loss_side", told->reports ? loss_side(told) : NULL);
    put_text(j, "cname", speaks ? name : NULL);
    put_time(j, "bye_time", leg->rtcp.bye_ns);
    if (told->xr.told)
        put_extended(j, &told->xr);
    jsonw_object_close(j);
}

/* What the G.711 of a side says, where the options asked for it: when each tone began at the capture
 * point (before jitter), and what of level and silence arrived. */
static void put_sound(struct jsonw *j, const struct rtp_source *s)
{
    const struct sound_seen *heard = &s->heard;
    const struct sound_plan *plan = &s->call->world->options.sound[s->side];
    double media_s = (double)(s->tick_end * s->ptime_ns) * 1e-9;

    put_real(j, "level_dbm0", sound_level_dbm0(heard, s->sound->mu_law));
    put_real(j, "silence_ratio", (double)heard->silent / (double)heard->packets);
    put_real(j, "clipping_ratio", (double)heard->clipped / (double)heard->samples);
    jsonw_key(j, "tones");
    jsonw_array_open(j);
    for (int i = 0; i < plan->tone_count; i++) {
        const struct sound_tone *t = &plan->tones[i];
        double to_s = t->length_s > 0 && t->start_s + t->length_s < media_s
                          ? t->start_s + t->length_s
                          : media_s;

        if (t->start_s >= media_s)
            continue;
        jsonw_object_open(j);
        put_time(j, "time", s->start_ns + (int64_t)(t->start_s * 1e9 + 0.5));
        put_real(j, "offset_ms", t->start_s * 1e3);
        put_real(j, "length_ms", (to_s - t->start_s) * 1e3);
        put_real(j, "hz", t->hz);
        put_real(j, "level_dbm0", t->dbm0);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

static void put_stream(struct jsonw *j, const struct call *c, const struct media_leg *leg,
                       const struct media_leg *other)
{
    const struct rtp_source *s = &leg->rtp;
    const struct observer *o = &s->observer;
    const struct audio_codec *codec = &audio_codecs[s->codec];
    struct observer_report r = observer_report(o);
    char ssrc[16];

    snprintf(ssrc, sizeof(ssrc), "0x%08x", s->ssrc);
    jsonw_object_open(j);
    put_text(j, "ssrc", ssrc);
    put_addr(j, "src", &s->flow.src);
    put_addr(j, "dst", &s->flow.dst);
    put_text(j, "direction", s->side == CALL_CALLER ? "caller_to_callee" : "callee_to_caller");
    put_text(j, "media", s->kind == MEDIA_VIDEO ? "video" : "audio");
    put_bool(j, "foreign_source", s->kind == MEDIA_FOREIGN);
    put_bool(j, "srtp", c->srtp);
    put_text(j, "codec", codec->name);
    put_int(j, "payload_type", codec->payload_type);
    put_int(j, "clock_rate_hz", codec->clock_hz);
    put_int_or_null(j, "ptime_ms", s->ptime_ns / NS_PER_MS, s->kind != MEDIA_VIDEO);
    put_time(j, "start_time", o->first_ns);
    put_time(j, "end_time", o->last_ns);
    put_int(j, "packets", o->packets);
    put_int(j, "expected", r.expected);
    put_int(j, "lost", r.lost);
    put_int(j, "duplicates", o->duplicates);
    put_int(j, "out_of_order", o->out_of_order);
    put_int(j, "restarts", s->wire_offset ? 1 : 0);
    put_bool(j, "codec_changed", s->switch_tick > 0 && s->tick > s->switch_tick);
    put_int(j, "clock_drift_ppm", c->world->options.drift_ppm);
    jsonw_key(j, "jitter_ms");
    jsonw_object_open(j);
    put_real(j, "mean", r.jitter_ms_mean);
    put_real(j, "p95", r.jitter_ms_p95);
    put_real(j, "max", r.jitter_ms_max);
    jsonw_object_close(j);
    jsonw_key(j, "delta_ms");
    jsonw_object_open(j);
    put_real(j, "mean", r.delta_ms_mean);
    put_real(j, "max", r.delta_ms_max);
    jsonw_object_close(j);
    put_int(j, "talkspurts", o->talkspurts);
    put_int(j, "comfort_noise", o->comfort_noise);
    put_losses(j, o, &r);
    if (s->sound && s->heard.packets)
        put_sound(j, s);
    put_rtcp(j, c, leg, other);
    jsonw_object_close(j);
}

static const char *state_of(const struct call_seen *seen)
{
    if (seen->answer_ns)
        return "completed";
    if (seen->cancelled)
        return "cancelled";
    return seen->final_status ? "failed" : "abandoned";
}

/* Keys that were tones: as they were played. */
static void see_tones(const struct call *c, struct call_seen *seen)
{
    const struct media_leg *leg = c->legs[0][CALL_CALLER];

    for (int i = 0; leg && i < c->digit_count; i++) {
        const struct call_digit *d = &c->digits[i];

        if (d->tick >= leg->rtp.tick_end)
            continue;
        seen->dtmf[seen->dtmf_count++] =
            (struct call_dtmf){ d->digit,
                                CALL_CALLER,
                                leg->rtp.start_ns + d->tick * leg->rtp.ptime_ns,
                                d->tick,
                                (uint32_t)(d->ticks * leg->rtp.ticks_per_packet),
                                false };
    }
}

/* One of the digits. INFO tells a duration in one of its forms, and in the other none. */
static void put_digit(struct jsonw *j, const struct call *c, const struct call_dtmf *d)
{
    static const char *const ways[] = { [CALL_DIGITS_EVENTS] = "rfc4733",
                                        [CALL_DIGITS_INFO] = "info",
                                        [CALL_DIGITS_INBAND] = "inband" };
    double tick_ms = 1e3 / audio_codecs[c->codec[0]].clock_hz;
    double duration_ms = d->duration_ticks ? d->duration_ticks * tick_ms : NAN;
    char digit[2] = { d->digit, '\0' };

    if (c->digit_way == CALL_DIGITS_INFO && d->told)
        duration_ms = CALL_DTMF_RELAY_MS;
    jsonw_object_open(j);
    put_text(j, "digit", digit);
    put_time(j, "time", d->time_ns);
    put_real(j, "duration_ms", duration_ms);
    put_text(j, "method", ways[c->digit_way]);
    put_text(j, "direction", d->side == CALL_CALLER ? "caller_to_callee" : "callee_to_caller");
    jsonw_object_close(j);
}

/* Digits in the order in which they were dialled, whatever the network did to them. */
static void put_dtmf(struct jsonw *j, const struct call *c)
{
    struct call_seen seen = c->seen;
    bool done[CALL_DIGITS_MAX] = { false };

    if (c->digit_way == CALL_DIGITS_INBAND)
        see_tones(c, &seen);
    jsonw_key(j, "dtmf");
    jsonw_array_open(j);
    for (int n = 0; n < seen.dtmf_count; n++) {
        int next = -1;

        for (int i = 0; i < seen.dtmf_count; i++) {
            if (!done[i] && (next < 0 || seen.dtmf[i].timestamp < seen.dtmf[next].timestamp))
                next = i;
        }
        done[next] = true;
        put_digit(j, c, &seen.dtmf[next]);
    }
    jsonw_array_close(j);
}

/* Fax has no SSRC and no clock. */
static void put_fax(struct jsonw *j, const struct fax_source *f)
{
    const struct fax_seen *seen = &f->seen;

    jsonw_object_open(j);
    put_text(j, "ssrc", NULL);
    put_addr(j, "src", &f->flow.src);
    put_addr(j, "dst", &f->flow.dst);
    put_text(j, "direction", f->side == CALL_CALLER ? "caller_to_callee" : "callee_to_caller");
    put_text(j, "media", "image");
    put_time(j, "start_time", seen->first_ns);
    put_time(j, "end_time", seen->last_ns);
    put_int(j, "packets", seen->packets);
    put_int(j, "expected", seen->highest - seen->first + 1);
    put_int(j, "lost", seen->lost);
    put_int(j, "duplicates", 0);
    put_int(j, "out_of_order", 0);
    jsonw_key(j, "udptl");
    jsonw_object_open(j);
    put_int(j, "recovered", seen->recovered);
    put_text(j, "error_correction", f->call->world->options.fax_repeats ? "redundancy" : "none");
    jsonw_object_close(j);
    jsonw_object_close(j);
}

static bool has_packets(const struct media_leg *leg)
{
    return leg && leg->rtp.observer.packets > 0;
}

/* The media of one direction is missing although the call lasted long enough to tell. */
static bool is_one_way(const struct call *c)
{
    const struct call_seen *seen = &c->seen;

    return c->one_way >= 0 && seen->answer_ns && seen->end_ns - seen->answer_ns >= 3 * NS_PER_S;
}

static int count_foreign(const struct call *c)
{
    int n = 0;

    for (int i = 0; i < c->extra_count; i++)
        n += c->extras[i]->rtp.kind == MEDIA_FOREIGN && has_packets(c->extras[i]);
    return n;
}

static int count_switches(const struct call *c)
{
    const struct media_leg *leg = c->legs[0][CALL_CALLER];

    return leg && leg->rtp.switch_tick > 0 && leg->rtp.tick > leg->rtp.switch_tick;
}

/* What the caller's phone published. */
static void put_vq(struct jsonw *j, const struct call *c)
{
    struct vq_values v;

    jsonw_key(j, "vq_reports");
    jsonw_array_open(j);
    if (c->seen.publish_frames && vq_writer_values(c, &v)) {
        jsonw_object_open(j);
        put_real(j, "loss_ratio", v.loss_percent / 100);
        put_real(j, "mos_lq", v.mos_lq);
        put_int(j, "r_lq", v.r_lq);
        put_int(j, "round_trip_ms", v.round_trip_ms);
        jsonw_object_close(j);
    }
    jsonw_array_close(j);
}

static void put_invite(struct jsonw *j, const struct call *c)
{
    static const char *const enders[] = { "caller", "callee" };
    const struct call_seen *seen = &c->seen;

    put_text(j, "state", state_of(seen));
    jsonw_key(j, "final_status");
    if (seen->final_status)
        jsonw_int(j, seen->final_status);
    else
        jsonw_null(j);
    put_text(j, "from_user", c->user[CALL_CALLER]);
    put_text(j, "to_user", c->user[CALL_CALLEE]);
    put_addr(j, "src", &c->signalling[CALL_CALLER].src);
    put_addr(j, "dst", &c->signalling[CALL_CALLEE].src);
    put_time(j, "invite_time", seen->invite_ns);
    put_time(j, "first_18x_time", seen->first_18x_ns);
    put_time(j, "answer_time", seen->answer_ns);
    put_time(j, "end_time", seen->end_ns);
    put_text(j, "ended_by", seen->ended_by >= 0 ? enders[seen->ended_by] : NULL);
    put_bool(j, "auth_challenged", seen->challenged);
    put_int(j, "invite_count", seen->invites);
    put_int(j, "reinvite_count", seen->reinvites);
    put_int(j, "retransmissions", seen->retransmissions);
    put_span_ms(j, "post_dial_delay_ms", seen->invite_ns, seen->progress_ns);
    put_span_ms(j, "setup_ms", seen->invite_ns, seen->answer_ns);
    put_span_ms(j, "duration_ms", seen->answer_ns, seen->end_ns);
    put_bool(j, "one_way", is_one_way(c));
    put_bool(j, "impaired", c->impaired);
    put_dtmf(j, c);
    put_bool(j, "fax", c->fax && seen->answer_ns);
    put_int(j, "foreign_sources", count_foreign(c));
    put_int(j, "codec_changes_unannounced", count_switches(c));
    put_vq(j, c);
    put_int(j, "frames", seen->frames);
    put_int(j, "publish_frames", seen->publish_frames);
    put_int(j, "sip_messages", seen->sip_messages);
    put_int(j, "rtcp_packets", seen->rtcp_packets);
    jsonw_key(j, "streams");
    jsonw_array_open(j);
    for (int phase = 0; phase < CALL_PHASES; phase++) {
        for (int side = 0; side < CALL_SIDES; side++) {
            if (has_packets(c->legs[phase][side]))
                put_stream(j, c, c->legs[phase][side], c->legs[phase][call_other(side)]);
        }
    }
    for (int i = 0; i < c->extra_count; i++) {
        if (has_packets(c->extras[i]))
            put_stream(j, c, c->extras[i], NULL);
    }
    for (int side = 0; side < CALL_SIDES; side++) {
        if (c->fax_legs[side] && c->fax_legs[side]->seen.packets)
            put_fax(j, c->fax_legs[side]);
    }
    jsonw_array_close(j);
}

/* REGISTER and OPTIONS. */
static void put_transaction(struct jsonw *j, const struct call *c)
{
    const struct call_seen *seen = &c->seen;

    put_text(j, "user", c->user[CALL_CALLER]);
    put_addr(j, "src", &c->signalling[CALL_CALLER].src);
    put_addr(j, "dst", &c->signalling[CALL_CALLEE].src);
    put_time(j, "time", seen->invite_ns);
    jsonw_key(j, "final_status");
    if (seen->final_status)
        jsonw_int(j, seen->final_status);
    else
        jsonw_null(j);
    put_span_ms(j, "round_trip_ms", seen->attempt_ns, seen->reply_ns);
    if (c->kind == CALL_REGISTER)
        put_int(j, "expires_s", c->expires_s);
    put_int(j, "attempts", seen->attempts);
    put_bool(j, "auth_challenged", seen->challenged);
    put_int(j, "frames", seen->frames);
}

static void count_leg(struct world_totals *t, const struct media_leg *leg)
{
    if (!has_packets(leg))
        return;
    t->streams++;
    t->lost += observer_report(&leg->rtp.observer).lost;
    t->duplicates += leg->rtp.observer.duplicates;
    t->out_of_order += leg->rtp.observer.out_of_order;
}

static void count(struct world_totals *t, const struct call *c)
{
    if (c->kind == CALL_REGISTER)
        t->registers++;
    else if (c->kind == CALL_OPTIONS)
        t->options++;
    else
        t->calls++;
    t->answered += c->kind == CALL_INVITE && c->seen.answer_ns;
    for (int phase = 0; phase < CALL_PHASES; phase++) {
        for (int side = 0; side < CALL_SIDES; side++)
            count_leg(t, c->legs[phase][side]);
    }
    for (int i = 0; i < c->extra_count; i++)
        count_leg(t, c->extras[i]);
    for (int side = 0; side < CALL_SIDES; side++) {
        t->streams += c->fax_legs[side] && c->fax_legs[side]->seen.packets;
        t->lost += c->fax_legs[side] ? c->fax_legs[side]->seen.lost : 0;
    }
}

static void write_line(struct world *w)
{
    strbuf_add_char(&w->message, '\n');
    fwrite(w->message.p, 1, w->message.len, w->truth);
}

void truth_write_call(const struct call *c)
{
    static const char *const types[] = { "call", "register", "options" };
    struct world *w = c->world;
    struct jsonw j;

    count(&w->totals, c);
    if (!w->truth)
        return;
    strbuf_reset(&w->message);
    j = jsonw_to(&w->message);
    jsonw_object_open(&j);
    put_text(&j, "type", types[c->kind]);
    put_text(&j, "call_id", c->call_id);
    if (c->kind == CALL_INVITE)
        put_invite(&j, c);
    else
        put_transaction(&j, c);
    jsonw_object_close(&j);
    write_line(w);
}

void truth_write_totals(struct world *w)
{
    static const char *const names[WORLD_FRAMES] = {
        [WORLD_SIP] = "sip_messages",  [WORLD_RTP] = "rtp_packets", [WORLD_RTCP] = "rtcp_packets",
        [WORLD_DNS] = "dns_packets",   [WORLD_NTP] = "ntp_packets", [WORLD_TCP] = "tcp_packets",
        [WORLD_ICMP] = "icmp_packets", [WORLD_ARP] = "arp_packets", [WORLD_UDPTL] = "udptl_packets",
    };
    const struct world_totals *t = &w->totals;
    struct jsonw j;

    if (!w->truth)
        return;
    strbuf_reset(&w->message);
    j = jsonw_to(&w->message);
    jsonw_object_open(&j);
    put_text(&j, "type", "totals");
    put_int(&j, "packets", t->packets);
    put_int(&j, "bytes", t->bytes);
    put_time(&j, "first_time", t->first_ns);
    put_time(&j, "last_time", t->last_ns);
    for (int kind = 0; kind < WORLD_FRAMES; kind++)
        put_int(&j, names[kind], t->frames[kind]);
    put_int(&j, "calls", t->calls);
    put_int(&j, "answered", t->answered);
    put_int(&j, "registers", t->registers);
    put_int(&j, "options", t->options);
    put_int(&j, "streams", t->streams);
    put_int(&j, "lost", t->lost);
    put_int(&j, "duplicates", t->duplicates);
    put_int(&j, "out_of_order", t->out_of_order);
    jsonw_object_close(&j);
    write_line(w);
}
