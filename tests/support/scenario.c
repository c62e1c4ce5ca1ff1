#include "tests/support/scenario.h"

#include "tests/support/fax_source.h"
#include "tests/support/identity.h"
#include "tests/support/rtp_source.h"

static const int64_t t1_ns = 500 * NS_PER_MS; /* RFC 3261: first retransmission */

enum { LOSSES_MAX = 3, UNANSWERED_SENDS = 7, SHORT_RING_MS = 20, FAX_HUSH_MS = 80 };

/* What a call has when it is planned half. */
struct talk {
    int64_t early_ns;           /* 183 with SDP; 0: none */
    int64_t answer_ns, ack_ns;  /* 200 and the last ACK */
    int64_t bye_ns;             /* first BYE */
    int hangs_up;               /* side */
    int cseq[CALL_SIDES];       /* last used */
    int transaction;            /* last used */
    int64_t hold_ns, resume_ns; /* 200 to the re-INVITEs; 0: none */
    int holder;                 /* side that asked for it */
    int64_t move_ns;            /* 200 to a re-INVITE that begins phase 1; 0: none */
    int mover;
};

static int64_t ms(struct call *c, int64_t low, int64_t high)
{
    return rng_between(&c->rng, low * 1000, high * 1000) * 1000;
}

/* From a message seen to the answer of that side seen. */
static int64_t turn(struct call *c, int side)
{
    return 2 * c->delay_ns[side] + ms(c, 1, 6);
}

static bool is_lost(struct call *c)
{
    return rng_chance(&c->rng, c->world->options.sip_loss);
}

/* What the call's wave says of it, else what the options do. */
static int64_t spell(struct call *c, const struct wave_span *said, int64_t otherwise_ns)
{
    int64_t low_ms = (int64_t)(said->low_s * 1000), high_ms = (int64_t)(said->high_s * 1000);

    return high_ms ? ms(c, low_ms, high_ms) : otherwise_ns;
}

static bool has_media(const struct call *c)
{
    if (c->wave && c->wave->media != WAVE_MEDIA_AS_OPTIONS)
        return c->wave->media != WAVE_NO_MEDIA;
    return !c->world->options.no_media;
}

static int64_t backoff(int sent_before)
{
    return t1_ns << (sent_before < 3 ? sent_before : 3);
}

/* A request until it gets through; returns when that was. `like` has everything but the time. */
static int64_t ask(struct call *c, int64_t t, struct call_step like)
{
    for (int n = 0;; n++) {
        struct call_step *s = call_say(c, t, like.from, like.method, 0);

        like.time_ns = s->time_ns;
        *s = like;
        s->repeat = n > 0;
        if (n == LOSSES_MAX || !is_lost(c))
            return t;
        t += backoff(n);
    }
}

/* A request and its final response, both until they get through; returns when the response did. */
static int64_t exchange(struct call *c, int64_t t, struct call_step request, int status)
{
    int answerer = call_other(request.from);
    bool answered = false;

    for (int n = 0;; n++) {
        struct call_step *s = call_say(c, t, request.from, request.method, 0);
        struct call_step *response;
        int64_t reply_ns;

        request.time_ns = s->time_ns;
        *s = request;
        s->repeat = n > 0;
        if (n < LOSSES_MAX && is_lost(c)) {
            t += backoff(n);
            continue;
        }
        reply_ns = t + turn(c, answerer);
        response = call_say(c, reply_ns, answerer, request.method, status);
        response->transaction = request.transaction;
        response->cseq = request.cseq;
        response->repeat = answered;
        answered = true;
        if (n >= LOSSES_MAX || !is_lost(c))
            return reply_ns;
        t += backoff(n);
    }
}

/* The final response to an INVITE and its ACK, both until they get through; `like` is the response.
 * Returns when the last ACK was seen. */
static int64_t conclude(struct call *c, int64_t t, struct call_step like, int ack_transaction)
{
    int asker = call_other(like.from);
    bool acked = false;

    for (int n = 0;; n++) {
        struct call_step *s = call_say(c, t, like.from, METHOD_INVITE, like.status);
        int64_t ack_ns;

        like.time_ns = s->time_ns;
        *s = like;
        s->repeat = n > 0;
        if (n < LOSSES_MAX && is_lost(c)) {
            t += backoff(n);
            continue;
        }
        ack_ns = t + turn(c, asker);
        s = call_say(c, ack_ns, asker, METHOD_ACK, 0);
        s->transaction = (uint8_t)ack_transaction;
        s->cseq = like.cseq;
        s->repeat = acked;
        acked = true;
        if (n >= LOSSES_MAX || !is_lost(c))
            return ack_ns;
        t += backoff(n);
    }
}

static void plan_leg(struct call *c, const struct media_plan *plan)
{
    if (plan->end_ns > plan->start_ns && c->one_way != plan->side)
        rtp_source_start(c, plan);
}

/* Digits from the caller, from 1.5 s after its media began. */
static void plan_digits(struct call *c, int64_t talk_ns)
{
    static const char keys[] = "0123456789*#";
    const char *wanted = c->world->options.digits;
    int64_t ptime_ns = c->world->options.ptime_ms * NS_PER_MS;
    int64_t tick = 1500 * NS_PER_MS / ptime_ns;
    int64_t count = wanted ? (int64_t)strlen(wanted) : rng_between(&c->rng, 4, CALL_DIGITS_DRAWN);

    for (int i = 0; i < count; i++) {
        struct call_digit *d = &c->digits[i];

        d->digit = wanted ? wanted[i] : keys[rng_below(&c->rng, 12)];
        d->tick = tick;
        d->ticks = (ms(c, 90, 240) + ptime_ns - 1) / ptime_ns;
        tick += d->ticks + (ms(c, 200, 400) + ptime_ns - 1) / ptime_ns;
        if (tick * ptime_ns > talk_ns)
            return;
        c->digit_count++;
    }
}

/* Digits in INFO, in turn from both sides and in both forms. Returns when the last was answered. */
static int64_t plan_infos(struct call *c, struct talk *talk, int64_t bye_ns)
{
    int64_t t = talk->ack_ns + 500 * NS_PER_MS;

    c->digit_way = CALL_DIGITS_INFO;
    plan_digits(c, INT64_MAX / 2);
    for (int i = 0; i < c->digit_count && t + 800 * NS_PER_MS < bye_ns; i++) {
        int side = i % 3 == 2 ? CALL_CALLEE : CALL_CALLER;
        struct call_step info = { .method = METHOD_INFO,
                                  .from = (uint8_t)side,
                                  .transaction = (uint8_t)++talk->transaction,
                                  .cseq = (uint8_t)++talk->cseq[side],
                                  .sdp = i % 2 ? BODY_DTMF : BODY_DTMF_RELAY,
                                  .digit = c->digits[i].digit };

        t = exchange(c, t, info, 200) + ms(c, 200, 400);
    }
    c->digit_count = 0; /* what arrives is noted as it does */
    return t;
}

/* Media that are not the call's sound: pictures both ways, a stranger's packets. */
static void plan_extras(struct call *c, const struct talk *talk)
{
    int64_t length_ns = talk->bye_ns - talk->answer_ns;
    struct media_plan plan = { .kind = MEDIA_VIDEO,
                               .start_ns = talk->answer_ns + 60 * NS_PER_MS,
                               .end_ns = talk->bye_ns - 60 * NS_PER_MS };

    for (int side = 0; c->video && side < CALL_SIDES; side++) {
        plan.side = side;
        plan_leg(c, &plan);
    }
    if (rng_chance(&c->rng, c->world->options.foreign)) {
        plan.kind = MEDIA_FOREIGN;
        plan.side = CALL_CALLER;
        plan.start_ns = talk->answer_ns + length_ns * 2 / 5;
        plan.end_ns = talk->answer_ns + length_ns * 7 / 10;
        plan_leg(c, &plan);
    }
}

/* What the options do to a side's stream in the middle of it. */
static void plan_changes(struct call *c, const struct talk *talk, struct media_plan *plan)
{
    const struct options *o = &c->world->options;
    int64_t middle_ns = talk->answer_ns + (talk->bye_ns - talk->answer_ns) / 2;

    if (plan->side != CALL_CALLER)
        return;
    if (audio_codecs[c->codec[0]].clock_hz == 8000 && rng_chance(&c->rng, o->codec_switch))
        plan->switch_ns = middle_ns;
    if (rng_chance(&c->rng, o->restart))
        plan->restart_ns = middle_ns;
}

/* When each side's media begins and ends, told by what it has heard of the signalling. */
static void plan_media(struct call *c, const struct talk *talk)
{
    for (int side = 0; side < CALL_SIDES; side++) {
        int64_t begin_ns = talk->answer_ns + ms(c, 2, 12);
        int64_t end_ns = talk->bye_ns - ms(c, 1, 15);
        struct media_plan plan = { .side = side };

        if (side == CALL_CALLER)
            begin_ns = talk->answer_ns + turn(c, CALL_CALLER);
        else if (talk->early_ns)
            begin_ns = talk->early_ns + ms(c, 2, 12);
        if (side != talk->hangs_up)
            end_ns = talk->bye_ns + 2 * c->delay_ns[side];
        plan.start_ns = begin_ns;
        plan.end_ns = end_ns;
        plan_changes(c, talk, &plan);
        if (talk->hold_ns && side != talk->holder) {
            plan.pause_from_ns = talk->hold_ns;
            plan.pause_to_ns = talk->resume_ns;
        }
        if (talk->move_ns) {
            /* The asker hears of it a little later than the one who agreed. */
            int64_t heard_ns = talk->move_ns + (side == talk->mover ? 2 * c->delay_ns[side] : 0);

            plan.end_ns = c->fax ? heard_ns - FAX_HUSH_MS * NS_PER_MS : heard_ns;
            plan_leg(c, &plan);
            plan.phase = 1;
            plan.start_ns = heard_ns + ms(c, 2, 12);
            plan.end_ns = end_ns;
        }
        if (plan.phase == 1 && c->fax)
            fax_source_start(c, side, plan.start_ns, plan.end_ns);
        else
            plan_leg(c, &plan);
    }
    plan_extras(c, talk);
}

/* A whole INVITE inside the dialog; returns when its 200 was first seen. */
static int64_t reinvite(struct call *c, struct talk *talk, int64_t t, int asker,
                        enum call_direction direction, int phase, int version)
{
    static const uint8_t answers[] = {
        [SDP_SENDRECV] = SDP_SENDRECV, [SDP_SENDONLY] = SDP_RECVONLY, [SDP_RECVONLY] = SDP_SENDONLY
    };
    struct call_step request = { .method = METHOD_INVITE,
                                 .from = (uint8_t)asker,
                                 .transaction = (uint8_t)++talk->transaction,
                                 .cseq = (uint8_t)++talk->cseq[asker],
                                 .sdp = SDP_OFFER,
                                 .direction = (uint8_t)direction,
                                 .phase = (uint8_t)phase,
                                 .version = (uint8_t)version };
    struct call_step response = request;
    int64_t answer_ns, ack_ns;

    answer_ns = ask(c, t, request);
    answer_ns += turn(c, call_other(asker));
    response.from = (uint8_t)call_other(asker);
    response.status = 200;
    response.sdp = SDP_ANSWER;
    response.direction = answers[direction];
    ack_ns = conclude(c, answer_ns, response, ++talk->transaction);
    if (ack_ns > talk->ack_ns)
        talk->ack_ns = ack_ns;
    return answer_ns;
}

/* Hold and resume, another port, or another codec. */
static void plan_reinvite(struct call *c, struct talk *talk, int64_t duration_ns)
{
    int asker = (int)rng_below(&c->rng, 2);
    uint32_t what = rng_below(&c->rng, 3);
    int64_t t = talk->answer_ns + duration_ns * rng_between(&c->rng, 30, 45) / 100;

    if (t < talk->ack_ns + 20 * NS_PER_MS)
        t = talk->ack_ns + 20 * NS_PER_MS;
    if (what == 0) {
        int64_t resume_ns = t + duration_ns / 4;

        talk->holder = asker;
        talk->hold_ns = reinvite(c, talk, t, asker, SDP_SENDONLY, 0, 1);
        if (resume_ns < talk->ack_ns + 20 * NS_PER_MS)
            resume_ns = talk->ack_ns + 20 * NS_PER_MS;
        talk->resume_ns = reinvite(c, talk, resume_ns, asker, SDP_SENDRECV, 0, 2);
        return;
    }
    if (what == 1)
        c->media[1][asker].port = (uint16_t)(c->media[1][asker].port + 2);
    else
        c->codec[1] = c->codec[0] == CODEC_PCMA ? CODEC_PCMU : CODEC_PCMA;
    talk->mover = asker;
    talk->move_ns = reinvite(c, talk, t, asker, SDP_SENDRECV, 1, 1);
}

/* A re-INVITE for T.38 from the callee, who heard the tones; or a new SSRC without a word. */
static void plan_move(struct call *c, struct talk *talk, int64_t duration_ns)
{
    int64_t t = talk->answer_ns + duration_ns * 3 / 10;

    if (t < talk->ack_ns + 20 * NS_PER_MS)
        t = talk->ack_ns + 20 * NS_PER_MS;
    talk->mover = CALL_CALLEE;
    talk->move_ns = c->fax ? reinvite(c, talk, t, CALL_CALLEE, SDP_SENDRECV, 1, 1) : t;
}

/* What the caller's phone thinks of the call, told to its own exchange after the end. */
static void plan_publish(struct call *c, int64_t t, int transaction)
{
    struct call_step publish = { .method = METHOD_PUBLISH,
                                 .from = CALL_CALLER,
                                 .transaction = (uint8_t)transaction,
                                 .cseq = 1,
                                 .sdp = BODY_VQ };

    exchange(c, t + ms(c, 40, 90), publish, 200);
}

/* What becomes of the call, drawn for the options that are given alone. */
static void draw_manner(struct call *c)
{
    const struct options *o = &c->world->options;
    bool g711 = c->codec[0] == CODEC_PCMA || c->codec[0] == CODEC_PCMU;

    c->srtp = rng_chance(&c->rng, o->srtp);
    c->fax = rng_chance(&c->rng, o->fax);
    c->video = rng_chance(&c->rng, o->video);
    c->changes_ssrc = rng_chance(&c->rng, o->ssrc_change) && !c->fax;
    c->two_event_types = o->dtmf_types;
    if (g711 && rng_chance(&c->rng, o->dtmf_inband))
        c->digit_way = CALL_DIGITS_INBAND;
}

static void plan_answered(struct call *c, struct talk *talk, int64_t answer_ns, int cseq,
                          int transaction)
{
    const struct options *o = &c->world->options;
    int64_t duration_ns = world_from_seconds(o->duration_s);
    struct call_step response = { .method = METHOD_INVITE,
                                  .status = 200,
                                  .from = CALL_CALLEE,
                                  .transaction = (uint8_t)transaction,
                                  .cseq = (uint8_t)cseq,
                                  .sdp = SDP_ANSWER };
    struct call_step bye = { .method = METHOD_BYE };
    int64_t ended_ns;

    if (c->wave)
        duration_ns = spell(c, &c->wave->talk, duration_ns);
    talk->cseq[CALL_CALLER] = cseq;
    talk->transaction = transaction;
    talk->answer_ns = answer_ns;
    talk->ack_ns = conclude(c, answer_ns, response, ++talk->transaction);
    if (rng_chance(&c->rng, o->reinvite) && duration_ns >= 2 * NS_PER_S)
        plan_reinvite(c, talk, duration_ns);
    if (c->fax || c->changes_ssrc)
        plan_move(c, talk, duration_ns);

    talk->bye_ns = answer_ns + duration_ns;
    if (c->digit_way == CALL_DIGITS_EVENTS && rng_chance(&c->rng, o->dtmf_info))
        plan_infos(c, talk, talk->bye_ns);
    if (talk->bye_ns < talk->ack_ns + 20 * NS_PER_MS)
        talk->bye_ns = talk->ack_ns + 20 * NS_PER_MS;
    talk->hangs_up = rng_below(&c->rng, 10) < 6 ? CALL_CALLER : CALL_CALLEE;
    bye.from = (uint8_t)talk->hangs_up;
    bye.cseq = (uint8_t)++talk->cseq[talk->hangs_up];
    bye.transaction = (uint8_t)++talk->transaction;
    ended_ns = exchange(c, talk->bye_ns, bye, 200);
    if (rng_chance(&c->rng, o->vq_publish))
        plan_publish(c, ended_ns, ++talk->transaction);

    if (!has_media(c))
        return;
    if (rng_chance(&c->rng, o->one_way) || (c->wave && c->wave->media == WAVE_ONE_WAY))
        c->one_way = (int)rng_below(&c->rng, 2);
    if (rng_chance(&c->rng, o->dtmf) || c->digit_way == CALL_DIGITS_INBAND)
        plan_digits(c, (talk->move_ns ? talk->move_ns : talk->bye_ns) - answer_ns);
    plan_media(c, talk);
}

/* The caller gives up while it rings. */
static void plan_cancelled(struct call *c, int64_t t, int cseq, int transaction)
{
    struct call_step cancel = { .method = METHOD_CANCEL,
                                .from = CALL_CALLER,
                                .transaction = (uint8_t)transaction,
                                .cseq = (uint8_t)cseq };
    struct call_step response = { .method = METHOD_INVITE,
                                  .status = 487,
                                  .from = CALL_CALLEE,
                                  .transaction = (uint8_t)transaction,
                                  .cseq = (uint8_t)cseq };

    t = exchange(c, t, cancel, 200);
    t += ms(c, 1, 3);
    conclude(c, t, response, transaction);
}

/* INVITE, challenge, ACK; returns when the second INVITE may go. */
static int64_t plan_challenge(struct call *c, int64_t t)
{
    struct call_step invite = {
        .method = METHOD_INVITE, .from = CALL_CALLER, .cseq = 1, .sdp = SDP_OFFER
    };
    struct call_step response = {
        .method = METHOD_INVITE, .status = 407, .from = CALL_CALLEE, .cseq = 1
    };

    t = ask(c, t, invite);
    t += turn(c, CALL_CALLEE);
    t = conclude(c, t, response, 0);
    return t + ms(c, 1, 3);
}

/* Refusals that come while or after it rang; the others come at once. */
static bool rings_first(int status)
{
    return status == 200 || status == 486 || status == 487 || status == 480 || status == 408 ||
           status == 603 || status == 600;
}

static int64_t ringing_time(struct call *c, int status)
{
    const struct options *o = &c->world->options;
    int64_t mean_ns = o->short_failed ? SHORT_RING_MS * NS_PER_MS : world_from_seconds(o->ring_s);
    int64_t ring_ns = mean_ns * rng_between(&c->rng, 50, 150) / 100;

    if (c->wave)
        ring_ns = spell(c, &c->wave->ring, ring_ns);
    return status == 408 ? ring_ns * 3 : ring_ns;
}

static void plan_unanswered(struct call *c, int64_t t, struct call_step invite)
{
    for (int n = 0; n < UNANSWERED_SENDS; n++) {
        struct call_step *s = call_say(c, t, CALL_CALLER, METHOD_INVITE, 0);

        invite.time_ns = s->time_ns;
        *s = invite;
        s->repeat = n > 0;
        t += t1_ns << n;
    }
}

static void plan_invite(struct call *c, int64_t t, int status)
{
    const struct options *o = &c->world->options;
    bool challenged = rng_chance(&c->rng, o->auth) && !o->short_failed && status != 0;
    uint8_t cseq = challenged ? 2 : 1, transaction = challenged ? 1 : 0;
    struct call_step invite = { .method = METHOD_INVITE,
                                .from = CALL_CALLER,
                                .transaction = transaction,
                                .cseq = cseq,
                                .sdp = SDP_OFFER,
                                .credentials = challenged };
    struct call_step refusal = { .method = METHOD_INVITE,
                                 .status = (uint16_t)status,
                                 .from = CALL_CALLEE,
                                 .transaction = transaction,
                                 .cseq = cseq };
    struct talk talk = { 0 };
    struct call_step *s;

    if (challenged)
        t = plan_challenge(c, t);
    if (status == 0) {
        plan_unanswered(c, t, invite);
        return;
    }
    t = ask(c, t, invite);
    t += turn(c, CALL_CALLEE);
    s = call_say(c, t, CALL_CALLEE, METHOD_INVITE, 100);
    s->transaction = transaction;
    s->cseq = cseq;
    t += c->wave && c->wave->pdd.high_s > 0 ? spell(c, &c->wave->pdd, 0)
         : o->short_failed                  ? ms(c, 5, 20)
                                            : ms(c, 40, 400);
    if (rings_first(status) || o->short_failed) {
        bool early = rng_chance(&c->rng, o->early_media) && status == 200;

        s = call_say(c, t, CALL_CALLEE, METHOD_INVITE, early ? 183 : 180);
        s->transaction = transaction;
        s->cseq = cseq;
        s->sdp = early ? SDP_ANSWER : SDP_NONE;
        talk.early_ns = early ? t : 0;
        t += turn(c, CALL_CALLEE);
        t += ringing_time(c, status);
    }
    if (status == 200)
        plan_answered(c, &talk, t, cseq, transaction);
    else if (status == 487)
        plan_cancelled(c, t, cseq, transaction);
    else
        conclude(c, t, refusal, transaction);
}

static enum codec_id draw_codec(struct call *c)
{
    const struct options *o = &c->world->options;
    uint32_t share = rng_below(&c->rng, 100);

    if (o->codec != CODEC_MIX)
        return (enum codec_id)o->codec;
    for (int id = 0; id < CODEC_COUNT; id++) {
        if (share < audio_codecs[id].share)
            return audio_takes_ptime((enum codec_id)id, o->ptime_ms) ? (enum codec_id)id
                                                                     : CODEC_PCMA;
        share -= audio_codecs[id].share;
    }
    return CODEC_PCMA;
}

void scenario_call(struct world *w, uint64_t index, int64_t time_ns,
                   const struct scenario_fate *fate)
{
    struct call *c = call_new(w, CALL_INVITE, index);

    c->wave = fate->wave;
    identity_call(c, fate->trunk, fate->outbound);
    c->codec[0] = c->codec[1] = draw_codec(c);
    c->impaired = rng_chance(&c->rng, w->options.impaired);
    if (c->wave && c->wave->codec >= 0) {
        c->codec[0] = c->codec[1] = (enum codec_id)c->wave->codec;
        c->offers_one = true;
    }
    if (c->wave && c->wave->impaired >= 0)
        c->impaired = c->wave->impaired;
    draw_manner(c);
    plan_invite(c, time_ns, fate->status);
    call_start(c);
}

void scenario_register(struct world *w, uint64_t index, int64_t time_ns)
{
    struct call *c = call_new(w, CALL_REGISTER, index);
    struct call_step request = { .method = METHOD_REGISTER, .from = CALL_CALLER, .cseq = 1 };
    int status;

    identity_register(c);
    status = rng_below(&c->rng, 20) == 0 ? 403 : 200;
    if (rng_chance(&c->rng, w->options.auth)) {
        time_ns = exchange(c, time_ns, request, 401);
        time_ns += turn(c, CALL_CALLER);
        request.cseq = 2;
        request.transaction = 1;
        request.credentials = true;
    }
    exchange(c, time_ns, request, status);
    call_start(c);
}

void scenario_options(struct world *w, uint64_t index, int64_t time_ns)
{
    struct call *c = call_new(w, CALL_OPTIONS, index);
    struct call_step request = { .method = METHOD_OPTIONS, .from = CALL_CALLER, .cseq = 1 };
    uint32_t luck;

    identity_options(c);
    luck = rng_below(&c->rng, 20);
    if (luck == 0) {
        for (int n = 0; n < 4; n++) {
            struct call_step *s = call_say(c, time_ns, CALL_CALLER, METHOD_OPTIONS, 0);

            s->cseq = 1;
            s->repeat = n > 0;
            time_ns += t1_ns << n;
        }
    } else {
        exchange(c, time_ns, request, luck == 1 ? 404 : 200);
    }
    call_start(c);
}
