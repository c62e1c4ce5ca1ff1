#include "probe/decap/tcp_sip.h"

#include "probe/decap/tcp_unit.h"

static void count_found(struct tcp_delivery *d, const struct sip_framing_found *found)
{
    d->counters->refusals[REFUSAL_SIP_RESYNC] += found->lost;
    d->counters->refusals[REFUSAL_SIP_TOO_LONG] += found->too_long;
}

static void hand_over_kept(struct tcp_content *c, struct tcp_delivery *d,
                           const struct sip_framing_found *found)
{
    count_found(d, found);
    tcp_unit_of_message(d, TRANSPORT_TCP, &c->message, found->bytes, found->payload, found->wire);
}

/* The message that is kept stays as it is: it is handed over so, or dropped. */
static void give_up(struct tcp_content *c, struct tcp_delivery *d, size_t missing,
                    const struct tcp_segment *at_hand)
{
    struct sip_framing_found found;

    if (sip_framing_give_up(&c->framing, tcp_message_slice(&c->message), missing, &found))
        hand_over_kept(c, d, &found);
    tcp_content_clear(c, d, at_hand);
}

static void note_step(struct tcp_content *c, struct tcp_delivery *d, enum sip_framing_step step,
                      const struct sip_framing_found *found)
{
    if (step == SIP_FRAMING_KEEPALIVE) {
        d->keepalive = true;
        return;
    }
    d->more = true;
    if (step == SIP_FRAMING_SKIP && c->kind == TCP_KIND_SIP)
        count_found(d, found);
}

/* Nothing is kept: straight from the segment. Takes what it used off *rest. */
static void frame_segment(struct tcp_content *c, struct tcp_delivery *d,
                          struct tcp_segment *segment, struct slice *rest)
{
    struct sip_framing_found found;
    enum sip_framing_step step = sip_framing_next(&c->framing, *rest, &found);
    bool known = c->kind == TCP_KIND_SIP;

    if (!known)
        tcp_content_learn(c, d, step, *rest);
    note_step(c, d, step, &found);
    if (!known && c->kind != TCP_KIND_SIP && c->kind != TCP_KIND_UNKNOWN)
        return; /* somebody else's bytes */
    if (step == SIP_FRAMING_MORE) {
        if (!tcp_message_add(&c->message, &d->account, d->paid, segment, *rest, c->framing.total)) {
            d->counters->refusals[REFUSAL_TCP_BYTES]++;
            if (sip_framing_give_up(&c->framing, *rest, 0, &found)) {
                count_found(d, &found);
                tcp_unit_of_segment(d, TRANSPORT_TCP, slice_of(rest->p, found.payload), found.wire,
                                    segment);
            }
        }
        *rest = slice_of(rest->p + rest->len, 0);
        return;
    }
    if (step == SIP_FRAMING_MESSAGE) {
        count_found(d, &found);
        tcp_unit_of_segment(d, TRANSPORT_TCP, slice_of(rest->p, found.payload), found.wire,
                            segment);
    }
    *rest = slice_of(rest->p + found.bytes, rest->len - found.bytes);
}

/* Looks at what is kept until more is needed. False: the kind changed. */
static bool frame_message(struct tcp_content *c, struct tcp_delivery *d,
                          const struct tcp_segment *segment)
{
    while (c->message.len) {
        struct slice view = tcp_message_slice(&c->message);
        struct sip_framing_found found;
        enum sip_framing_step step = sip_framing_next(&c->framing, view, &found);

        if (c->kind == TCP_KIND_UNKNOWN)
            tcp_content_learn(c, d, step, view);
        note_step(c, d, step, &found);
        if (c->kind != TCP_KIND_SIP && c->kind != TCP_KIND_UNKNOWN)
            return false;
        if (step == SIP_FRAMING_MORE)
            break;
        if (step == SIP_FRAMING_MESSAGE)
            hand_over_kept(c, d, &found);
        tcp_message_drop(&c->message, &d->account, d->paid, found.bytes, segment);
    }
    return true;
}

/* Adds what is worth adding to the message that is kept, and looks again. */
static void frame_more(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                       struct slice *rest, bool begins)
{
    size_t n = sip_framing_wants(&c->framing, c->message.len, *rest, begins);

    if (n == 0) {
        d->counters->refusals[REFUSAL_SIP_RESYNC] += c->framing.place == SIP_FRAMING_BODY;
        give_up(c, d, 0, segment);
        sip_framing_segment(&c->framing);
        c->framing.counted = true;
        return;
    }
    if (!tcp_message_add(&c->message, &d->account, d->paid, segment, slice_of(rest->p, n),
                         c->framing.total)) {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        give_up(c, d, 0, segment);
        return;
    }
    *rest = slice_of(rest->p + n, rest->len - n);
    if (!frame_message(c, d, segment) && c->kind == TCP_KIND_OTHER)
        tcp_content_clear(c, d, segment);
}

void tcp_sip_take(struct tcp_content *c, struct tcp_delivery *d, struct tcp_segment *segment,
                  struct slice *rest, bool begins)
{
    if (c->message.len) {
        frame_more(c, d, segment, rest, begins);
        return;
    }
    if (begins)
        sip_framing_segment(&c->framing);
    frame_segment(c, d, segment, rest);
}

void tcp_sip_gap(struct tcp_content *c, struct tcp_delivery *d, size_t missing)
{
    give_up(c, d, missing, NULL);
}
