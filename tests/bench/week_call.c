#include "tests/bench/week_call.h"

#include "analyzer/record_id.h"

#include <math.h>
#include <stdio.h>

static const struct {
    int16_t status;
    const char *reason;
    const char *outcome, *cause;
} statuses[] = {
    { 200, "OK", "success", NULL },
    { 301, "Moved Permanently", "nos", "other" },
    { 403, "Forbidden", "nos", "other" },
    { 404, "Not Found", "nos", "not_found" },
    { 408, "Request Timeout", "nos", "cancel" },
    { 410, "Gone", "nos", "not_found" },
    { 480, "Temporarily Unavailable", "nos", "cancel" },
    { 484, "Address Incomplete", "nos", "other" },
    { 486, "Busy Here", "nos", "busy" },
    { 487, "Request Terminated", "nos", "cancel" },
    { 488, "Not Acceptable Here", "nos", "other" },
    { 500, "Server Internal Error", "failure", NULL },
    { 502, "Bad Gateway", "failure", NULL },
    { 503, "Service Unavailable", "failure", NULL },
    { 504, "Server Time-out", "failure", NULL },
    { 600, "Busy Everywhere", "nos", "busy" },
    { 603, "Decline", "nos", "other" },
    { 604, "Does Not Exist Anywhere", "nos", "not_found" },
};

/* What a cause is in codes: shares of it. */
struct code {
    double share;
    int16_t status;
};
static const struct code busy_codes[] = { { .96, 486 }, { 1, 600 } };
static const struct code cancel_codes[] = { { .74, 487 }, { .97, 480 }, { 1, 408 } };
static const struct code unknown_codes[] = { { .93, 404 }, { .97, 410 }, { 1, 604 } };
static const struct code other_codes[] = {
    { .62, 603 }, { .76, 484 }, { .90, 403 }, { .93, 488 }, { 1, 301 }
};
static const struct code failure_codes[] = { { .6, 503 }, { .82, 500 }, { .94, 502 }, { 1, 504 } };

static int16_t pick_code(const struct code *codes, struct week_random *r)
{
    double at = week_unit(r);

    while (at > codes->share)
        codes++;
    return codes->status;
}

static int pick_destination(double business_share, struct week_random *r)
{
    bool is_business = week_chance(r, business_share);
    double sum = 0, at;

    for (int i = 0; i < WEEK_DESTINATIONS; i++)
        sum += is_business ? week_destinations[i].business : week_destinations[i].residential;
    at = week_unit(r) * sum;
    for (int i = 0; i < WEEK_DESTINATIONS; i++) {
        at -= is_business ? week_destinations[i].business : week_destinations[i].residential;
        if (at <= 0)
            return i;
    }
    return 0;
}

static int pick_trunk(const struct week_fate *f, struct week_random *r)
{
    double at = week_unit(r);

    for (int i = 0; i < WEEK_TRUNKS; i++) {
        at -= f->is_in ? week_trunks[i].share_in : week_destinations[f->destination].by[i];
        if (at <= 0)
            return i;
    }
    return 0;
}

void week_call_plan_outcome(struct week_fate *f, const struct week_mood *mood,
                            struct week_random *r)
{
    const struct week_destination *d = &week_destinations[f->destination];
    double busy = d->busy * mood->busy[f->destination],
           cancel = d->cancel * mood->cancel[f->destination],
           unknown = (f->is_in ? 0.4 : 1) * d->not_found * mood->not_found[f->destination],
           failure = week_trunks[f->trunk].failure * mood->failure[f->trunk],
           other = 1 - d->asr - d->busy - d->cancel - d->not_found, at = week_unit(r);

    f->ring_s = 0;
    f->reason = NULL;
    if ((at -= failure) < 0) {
        f->status = pick_code(failure_codes, r);
        f->is_dumb = true;
    } else if ((at -= busy) < 0) {
        f->status = pick_code(busy_codes, r);
    } else if ((at -= cancel) < 0) {
        f->status = pick_code(cancel_codes, r);
        f->ring_s = f->status == 487 ? week_lognormal(r, 18, 0.6) : week_between(r, 25, 45);
    } else if ((at -= unknown) < 0) {
        f->status = pick_code(unknown_codes, r);
        f->is_dumb = true;
    } else if ((at -= other) < 0) {
        f->status = pick_code(other_codes, r);
        f->ring_s = f->status == 603 ? week_lognormal(r, 6, 0.6) : 0;
    } else {
        f->status = 200;
        f->ring_s = week_chance(r, 0.15) ? 0.05 : week_lognormal(r, 8, 0.7);
    }
    if (f->ring_s > 120)
        f->ring_s = 120;
}

void week_call_plan_talk(struct week_fate *f, const struct week_mood *mood, struct week_random *r)
{
    const struct week_destination *d = &week_destinations[f->destination];
    double mean = d->acd_s * mood->talk[f->destination] * (1.3 - 0.45 * mood->business_share);

    if (week_chance(r, 0.045))
        f->talk_s = week_between(r, 0.6, 6); /* a mailbox, a wrong number */
    else
        f->talk_s = 4 + week_lognormal(r, mean * 0.5, 1.2);
    if (f->talk_s > 4 * 3600)
        f->talk_s = 4 * 3600;
}

static void plan_quality(struct week_fate *f, const struct week_mood *mood, struct week_random *r)
{
    double at = week_unit(r), bad = 0.010 + 0.010 * (1 - mood->business_share);

    f->codec = week_trunks[f->trunk].codec;
    f->mos_base = week_trunks[f->trunk].mos;
    f->jitter_ms = week_lognormal(r, 2.5, 0.6);
    f->loss = 0;
    if (at < bad) { /* a phone behind a crowded wireless network */
        f->loss = week_exponential(r, 0.025);
        f->jitter_ms = week_lognormal(r, 18, 0.6);
    } else if (at < 0.08) {
        f->loss = week_exponential(r, 0.002);
        f->jitter_ms *= 1.8;
    }
    at = week_unit(r);
    f->verdict = "ok";
    if (f->talk_s < 3)
        f->verdict = "unknown";
    else if (at < 0.0030)
        f->verdict = at < 0.0004 ? "nat_unreachable" : "one_way";
    else if (at < 0.0045)
        f->verdict = "no_rtp";
    else if (at < 0.0055)
        f->verdict = "silent";
    else if (at < 0.0095)
        f->verdict = "on_hold";
    f->is_doubtful = week_chance(r, 0.002);
    f->codec_changes = week_chance(r, 0.0004);
    f->media_timeouts = f->talk_s > 70 && week_chance(r, 0.0008);
    f->ended_how = "bye";
    if (week_chance(r, 0.0003))
        f->ended_how = "ack_timeout";
    else if (f->talk_s > 900 && week_chance(r, 0.004))
        f->ended_how = "session_timeout";
}

void week_call_plan(struct week_fate *f, const struct week_mood *mood, struct week_random *r)
{
    memset(f, 0, sizeof *f);
    f->is_in = week_chance(r, 0.38);
    f->destination = f->is_in ? 0 : pick_destination(mood->business_share, r);
    f->trunk = pick_trunk(f, r);
    f->sbc = week_chance(r, 0.4);
    f->number = 1000000 + week_below(r, 8999999);
    f->pdd_ms = week_lognormal(r, week_destinations[f->destination].pdd_ms * 0.9, 0.4);
    if (f->is_in)
        f->pdd_ms *= 0.5;
    week_call_plan_outcome(f, mood, r);
    week_call_plan_talk(f, mood, r);
    plan_quality(f, mood, r);
    f->retransmissions = week_chance(r, 0.01);
}

void week_call_refuse(struct week_fate *f, int status, const char *reason)
{
    f->status = (int16_t)status;
    f->reason = reason;
    f->is_dumb = true;
    f->ring_s = 0;
    f->pdd_ms = f->pdd_ms < 400 ? f->pdd_ms : 400;
}

static struct slice text_or_absent(const char *s)
{
    return s ? slice_of_text(s) : SLICE_ABSENT;
}

static void set_parties(struct week_call *c)
{
    static const uint8_t sbc_ip[WEEK_SBCS][4] = { { 192, 0, 2, 11 }, { 192, 0, 2, 12 } };
    const struct week_fate *f = &c->fate;
    struct addr sbc = addr_v4(sbc_ip[f->sbc], 5060);
    struct addr trunk = addr_v4(week_trunks[f->trunk].ip, 5060);
    struct call_record *r = &c->record;

    r->src = f->is_in ? trunk : sbc;
    r->dst = f->is_in ? sbc : trunk;
    if (f->from.port)
        r->src = f->from;
    if (f->is_in && !f->from.port)
        r->trunk_in = slice_of_text(week_trunks[f->trunk].name);
    else if (!f->is_in)
        r->trunk_out = slice_of_text(week_trunks[f->trunk].name);
    r->vlan = f->sbc ? SLICE("200") : SLICE("100");
    r->server = f->is_in ? SLICE("sbc") : slice_of_text(week_trunks[f->trunk].name);
    r->user_agent = f->agent ? slice_of_text(f->agent) : f->is_in ? SLICE("carrier") : SLICE("sbc");
}

static void set_numbers(struct week_call *c)
{
    const struct week_fate *f = &c->fate;
    const struct week_destination *d = f->abroad ? f->abroad : &week_destinations[f->destination];
    struct call_record *r = &c->record;

    if (f->user)
        snprintf(c->from, sizeof c->from, "%s", f->user);
    else
        snprintf(c->from, sizeof c->from, "+4930%07d", 5550000 + f->caller);
    if (f->to)
        snprintf(c->to, sizeof c->to, "%s", f->to);
    else
        snprintf(c->to, sizeof c->to, "+%s%llu", d->prefix, (unsigned long long)f->number);
    r->from_user = slice_of_text(c->from);
    r->to_user = slice_of_text(c->to);
    if (c->from[0] == '+')
        r->from_number = r->from_user;
    if (c->to[0] == '+') {
        r->to_number = r->to_user;
        r->destination = slice_of_text(d->name);
        r->destination_prefix = slice_of_text(d->prefix);
    }
}

void week_call_begin(struct week_call *c, int64_t time_ns, uint64_t n)
{
    struct call_record *r = &c->record;

    record_clear(&record_type_call, r);
    memset(&c->kpi, 0, sizeof c->kpi);
    memset(&c->security, 0, sizeof c->security);
    c->begun_ns = time_ns;
    snprintf(c->call_id, sizeof c->call_id, "%llx@192.0.2.1", (unsigned long long)n);
    r->id = record_id_make(time_ns, n);
    r->call_id = slice_of_text(c->call_id);
    r->transport = SLICE("udp");
    r->state = SLICE("trying");
    r->invite_time = time_ns;
    r->invite_count = 1;
    r->retransmissions = c->fate.retransmissions;
    r->reinvite_count = 0;
    r->auth_challenged = 0;
    r->branches = 1;
    r->sightings = 0;
    r->early_media = r->late_offer = 0;
    r->hold_count = 0;
    r->hold_ms = 0;
    r->duration_open = 0;
    r->packets = r->foreign_sources = 0;
    r->fax = 0;
    r->capture_confidence = SLICE("high");
    r->emergency = c->fate.is_emergency;
    set_parties(c);
    set_numbers(c);
    c->settled_ns = time_ns + (int64_t)(c->fate.pdd_ms * 1e6) + (int64_t)(c->fate.ring_s * 1e9);
    if (c->fate.status == 0)
        c->settled_ns = time_ns + 32 * WEEK_NS_PER_S;
    c->ended_ns = c->settled_ns;
    if (c->fate.status == 200)
        c->ended_ns += (int64_t)(c->fate.talk_s * 1e9);
}

static void settle_answered(struct week_call *c)
{
    struct call_record *r = &c->record;

    r->state = SLICE("in_call");
    r->answer_time = c->settled_ns;
    r->first_18x_time = c->begun_ns + (int64_t)(c->fate.pdd_ms * 1e6);
    r->setup_ms = c->fate.pdd_ms + c->fate.ring_s * 1e3;
    r->ring_ms = c->fate.ring_s * 1e3;
}

static void settle_refused(struct week_call *c)
{
    struct call_record *r = &c->record;
    int64_t status = r->final_status;

    r->state = status == 487 ? SLICE("cancelled") : SLICE("failed");
    r->end_time = r->closed_time = c->settled_ns;
    r->ended_how = status == 487   ? SLICE("cancel")
                   : status == 408 ? SLICE("timeout")
                   : status < 400  ? SLICE("redirected")
                                   : SLICE("rejected");
    if (c->fate.ring_s > 0)
        r->first_18x_time = c->begun_ns + (int64_t)(c->fate.pdd_ms * 1e6);
    if (c->fate.codec_refused) {
        snprintf(c->deviations, sizeof c->deviations,
                 "[{\"t\":0,\"deviation\":\"codec_refused\",\"by\":\"callee\",\"count\":1,"
                 "\"detail\":\"offer: %s\"}]",
                 c->fate.codec);
        r->deviations = slice_of_text(c->deviations);
    }
}

void week_call_settle(struct week_call *c)
{
    struct call_record *r = &c->record;

    r->settled_time = c->settled_ns;
    if (c->fate.status == 0) { /* the INVITE was sent again to the last, and nobody said a word */
        r->state = SLICE("failed");
        r->outcome = SLICE("nos");
        r->nos_cause = SLICE("cancel");
        r->ended_how = SLICE("timeout");
        r->end_time = r->closed_time = c->settled_ns;
        r->retransmissions = 6;
        return;
    }
    r->final_status = c->fate.status;
    r->post_dial_delay_ms = c->fate.pdd_ms;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].status != c->fate.status)
            continue;
        r->final_reason = slice_of_text(c->fate.reason ? c->fate.reason : statuses[i].reason);
        r->outcome = slice_of_text(statuses[i].outcome);
        r->nos_cause = text_or_absent(statuses[i].cause);
    }
    if (c->fate.status == 200)
        settle_answered(c);
    else
        settle_refused(c);
}

/* As the E-model has it, about: a call that loses 5 % is poor, 1 % is heard. */
static double mos_of(const struct week_fate *f)
{
    double mos = f->mos_base - 2.8 * (1 - exp(-f->loss / 0.06));

    if (f->jitter_ms > 60)
        mos -= (f->jitter_ms - 60) / 120;
    return mos < 1.1 ? 1.1 : mos;
}

static void close_media(struct week_call *c)
{
    const struct week_fate *f = &c->fate;
    struct call_record *r = &c->record;
    bool no_rtp = strcmp(f->verdict, "no_rtp") == 0;

    r->media_verdict = slice_of_text(f->verdict);
    r->one_way = strcmp(f->verdict, "one_way") == 0 || strcmp(f->verdict, "nat_unreachable") == 0;
    if (no_rtp) {
        r->codecs = SLICE("[]");
        return;
    }
    snprintf(c->codecs, sizeof c->codecs, "[\"%s\"]", f->codec);
    r->codecs = slice_of_text(c->codecs);
    r->packets = (int64_t)(f->talk_s * 100);
    r->codec_changes_unannounced = f->codec_changes;
    if (f->talk_s < 2)
        return;
    r->mos_lq = mos_of(f);
    r->jitter_ms_p95 = f->jitter_ms;
    r->loss_ratio = f->loss;
    r->bad_seconds = (int64_t)(f->loss > 0.01 ? f->talk_s * f->loss * 2 : 0);
    r->interval_mos_p50 = f->mos_base;
    r->interval_mos_p5 = r->mos_lq - 0.3 * (f->loss > 0) > 1 ? r->mos_lq - 0.3 * (f->loss > 0) : 1;
    r->worst_10s_mos_lq = f->talk_s >= 10 ? r->interval_mos_p5 : NAN;
    r->silence_ratio = 0.4;
}

void week_call_close(struct week_call *c)
{
    struct call_record *r = &c->record;
    const struct week_fate *f = &c->fate;

    if (f->status != 200)
        return;
    r->state = SLICE("completed");
    r->end_time = r->closed_time = c->ended_ns;
    r->ended_by = c->ended_ns / 1000 % 100 < 55 ? SLICE("caller") : SLICE("callee");
    r->ended_how = slice_of_text(f->ended_how);
    r->disconnect_delay_ms = 35;
    r->duration_ms = f->talk_s * 1e3;
    close_media(c);
    if (f->media_timeouts) {
        snprintf(c->timeouts, sizeof c->timeouts,
                 "[{\"from\":%lld,\"to\":null,\"direction\":\"caller_to_callee\"}]",
                 (long long)(c->ended_ns / WEEK_NS_PER_S - 65));
        r->media_timeouts = slice_of_text(c->timeouts);
        r->history = SLICE("[{\"t\":0,\"event\":\"media_timeout\",\"by\":\"caller\",\"count\":1,"
                           "\"detail\":null}]");
    } else {
        r->media_timeouts = r->history = SLICE("[]");
    }
    r->deviations = f->codec_changes
                        ? SLICE("[{\"t\":0,\"deviation\":\"codec_unannounced\",\"by\":\"callee\","
                                "\"count\":1,\"detail\":null}]")
                        : SLICE("[]");
    if (f->is_doubtful) {
        r->capture_confidence = SLICE("reduced");
        r->capture_confidence_reasons = SLICE("[\"simultaneous_gaps\"]");
    } else {
        r->capture_confidence_reasons = SLICE("[]");
    }
}
