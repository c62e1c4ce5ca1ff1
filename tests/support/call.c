#include "tests/support/call.h"

#include "tests/support/fax_source.h"
#include "tests/support/rtp_source.h"
#include "tests/support/sip_writer.h"
#include "tests/support/truth.h"

#include <stdlib.h>

/* What the observer learns from one INVITE transaction's messages. */
static void see_invite(struct call_seen *seen, const struct call_step *s)
{
    if (s->status == 0) {
        if (!seen->answer_ns && !s->repeat)
            seen->invites++;
        if (!seen->invite_ns)
            seen->invite_ns = s->time_ns;
        if (seen->answer_ns && !s->repeat)
            seen->reinvites++;
        return;
    }
    if (s->status == 401 || s->status == 407) {
        seen->challenged = true;
        return;
    }
    if (seen->answer_ns)
        return;
    if (s->status > 100 && !seen->progress_ns)
        seen->progress_ns = s->time_ns;
    if (s->status / 10 == 18 && !seen->first_18x_ns)
        seen->first_18x_ns = s->time_ns;
    if (s->status >= 200 && !s->repeat) {
        seen->final_status = s->status;
        if (s->status < 300)
            seen->answer_ns = s->time_ns;
        else
            seen->end_ns = s->time_ns;
    }
}

/* REGISTER and OPTIONS. */
static void see_other(struct call_seen *seen, const struct call_step *s)
{
    if (s->status == 0) {
        if (!seen->invite_ns)
            seen->invite_ns = s->time_ns;
        if (!s->repeat)
            seen->attempt_ns = s->time_ns;
        seen->attempts++;
        return;
    }
    if (s->status == 401) {
        seen->challenged = true;
        return;
    }
    seen->final_status = s->status;
    seen->reply_ns = s->time_ns;
}

static void see_info(struct call_seen *seen, const struct call_step *s)
{
    if (seen->dtmf_count < CALL_DIGITS_MAX)
        seen->dtmf[seen->dtmf_count++] =
            (struct call_dtmf){ s->digit,   s->from, s->time_ns,
                                s->time_ns, 0,       s->sdp == BODY_DTMF_RELAY };
}

static void see(struct call *c, const struct call_step *s)
{
    struct call_seen *seen = &c->seen;

    if (s->method ==
        METHOD_PUBLISH) { /* about the call: what it says is kept with it, the answer not */
        seen->publish_frames++;
        seen->frames += s->status == 0;
        return;
    }
    seen->frames++;
    seen->sip_messages++;
    seen->retransmissions += s->repeat;
    switch (s->method) {
    case METHOD_INVITE:
        see_invite(seen, s);
        break;
    case METHOD_BYE:
        if (s->status == 0 && !s->repeat) {
            seen->end_ns = s->time_ns;
            seen->ended_by = s->from;
        }
        break;
    case METHOD_CANCEL:
        seen->cancelled = true;
        break;
    case METHOD_INFO:
        if (s->status == 0 && !s->repeat)
            see_info(seen, s);
        break;
    case METHOD_REGISTER:
    case METHOD_OPTIONS:
        see_other(seen, s);
        break;
    default:
        break;
    }
}

static int64_t call_run(struct actor *self, int64_t now_ns)
{
    struct call *c = (struct call *)self;
    const struct call_step *s = &c->steps[c->step_at];
    struct strbuf *message = &c->world->message;
    struct flow_part head, none = { 0 };

    sip_writer_write(c, s, message);
    head = (struct flow_part){ message->p, message->len,
                               flow_fold(flow_sum(message->p, message->len)) };
    see(c, s);
    world_write(c->world, WORLD_SIP, &c->signalling[s->from], now_ns, &head, &none);
    if (++c->step_at < c->step_count)
        return c->steps[c->step_at].time_ns;
    call_release(c);
    return ACTOR_DONE;
}

struct call *call_new(struct world *w, enum call_kind kind, uint64_t index)
{
    static const enum world_rng rngs[] = { [CALL_INVITE] = WORLD_RNG_CALL,
                                           [CALL_REGISTER] = WORLD_RNG_REGISTER,
                                           [CALL_OPTIONS] = WORLD_RNG_OPTIONS };
    struct call *c = world_alloc(sizeof(*c));

    c->actor.run = call_run;
    c->world = w;
    c->kind = kind;
    c->index = index;
    c->rng = rng_for((uint64_t)w->options.seed, rngs[kind], index);
    c->references = 1;
    c->one_way = -1;
    c->seen.ended_by = -1;
    return c;
}

void call_start(struct call *c)
{
    /* Few steps, nearly in order. */
    for (int i = 1; i < c->step_count; i++) {
        struct call_step s = c->steps[i];
        int hole = i;

        for (; hole > 0 && c->steps[hole - 1].time_ns > s.time_ns; hole--)
            c->steps[hole] = c->steps[hole - 1];
        c->steps[hole] = s;
    }
    event_heap_push(&c->world->events, c->steps[0].time_ns, &c->actor);
}

void call_take(struct call *c)
{
    c->references++;
}

void call_release(struct call *c)
{
    if (--c->references > 0)
        return;
    truth_write_call(c);
    for (int phase = 0; phase < CALL_PHASES; phase++) {
        for (int side = 0; side < CALL_SIDES; side++) {
            if (c->legs[phase][side])
                rtp_source_fini(&c->legs[phase][side]->rtp);
            free(c->legs[phase][side]);
        }
    }
    for (int side = 0; side < CALL_SIDES; side++)
        free(c->fax_legs[side]);
    for (int i = 0; i < c->extra_count; i++) {
        rtp_source_fini(&c->extras[i]->rtp);
        free(c->extras[i]);
    }
    free(c);
}

struct call_step *call_say(struct call *c, int64_t time_ns, int from, enum call_method method,
                           int status)
{
    struct call_step *s;

    if (c->step_count == CALL_STEPS_MAX) {
        fputs("earshot-traffic: a call with too many messages\n", stderr);
        exit(70);
    }
    s = &c->steps[c->step_count++];
    *s = (struct call_step){ .time_ns = world_time(c->world, time_ns),
                             .status = (uint16_t)status,
                             .method = (uint8_t)method,
                             .from = (uint8_t)from };
    return s;
}
