/* Scenes of messages that break the standard, or that look as if somebody else had sent them. */
#include "tests/support/scenes.h"

enum { TALK_MS = 1000 };

static struct play_dialog *begin(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_answered_call(d);
    play_talk(d, TALK_MS);
    return d;
}

/* No ACK gets to where it is seen: the 200 again and again for 32 s, then the callee hangs up. */
static void ack_lost(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_said invite;
    int64_t answered_ns, wait_ms = 500, at_ms = 0;

    play_invite(d);
    play_reply(d, 180);
    invite = d->invite;
    play_add_sdp(d, CALL_CALLEE);
    play_reply_invite(d, 200);
    answered_ns = p->now_ns;
    play_talk(d, 3000);
    while (at_ms + wait_ms < 32000) {
        at_ms += wait_ms;
        p->now_ns = answered_ns + at_ms * NS_PER_MS;
        d->invite = invite;
        d->next.repeat = true;
        d->next.body = p->body.p;
        play_reply_invite(d, 200);
        wait_ms = wait_ms < 4000 ? 2 * wait_ms : 4000;
    }
    p->now_ns = answered_ns + 32000 * NS_PER_MS;
    play_bye(d, CALL_CALLEE);
    d->truth.ended_how = "ack_timeout";
    d->truth.deviations = "ack_missing ack_timeout answer_repeated";
}

/* The caller's ACK is seen, but goes nowhere: three times the 200, three times the ACK. */
static void answer_repeated(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_said invite;
    int transaction;

    play_invite(d);
    play_reply(d, 180);
    invite = d->invite;
    play_answer(d);
    transaction = d->transaction;
    for (int n = 0; n < 3; n++) {
        play_wait(p, 500 << n);
        d->invite = invite;
        d->next.repeat = true;
        d->next.body = p->body.p;
        play_reply_invite(d, 200);
        d->next.repeat = true;
        d->next.transaction = transaction;
        play_ack(d);
    }
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "answer_repeated";
}

static void bye_unanswered(struct play *p)
{
    struct play_dialog *d = begin(p);
    struct play_said bye;
    int64_t wait_ms = 500, at_ms = 0, begin_ns = p->now_ns;

    d->next.headers = "Reason: Q.850;cause=16\r\n";
    play_ask(d, CALL_CALLER, "BYE");
    bye = d->request;
    while (at_ms + wait_ms < 32000) {
        at_ms += wait_ms;
        p->now_ns = begin_ns + at_ms * NS_PER_MS;
        d->next = (struct play_extra){ .headers = "Reason: Q.850;cause=16\r\n",
                                       .repeat = true,
                                       .cseq = bye.cseq,
                                       .transaction = bye.transaction };
        play_ask(d, CALL_CALLER, "BYE");
        wait_ms = wait_ms < 4000 ? 2 * wait_ms : 4000;
    }
    d->truth.ended_by = "caller";
    d->truth.ended_how = "bye";
    d->truth.q850_cause = 16;
    d->truth.deviations = "bye_unanswered";
}

/* An INFO with a number below the one before, and that nothing else had. */
static void cseq_order(struct play *p)
{
    struct play_dialog *d = begin(p);

    d->cseq[CALL_CALLER] += 5;
    play_exchange(d, CALL_CALLER, "INFO", 200);
    play_wait(p, 300);
    d->next.cseq = d->cseq[CALL_CALLER] - 2;
    play_exchange(d, CALL_CALLER, "INFO", 500);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "cseq_order";
}

/* A BYE that names a dialog which never was; later the right one. */
static void wrong_tag(struct play *p)
{
    struct play_dialog *d = begin(p);

    d->next.to_tag = 0xdeadbeef;
    play_exchange(d, CALL_CALLER, "BYE", 481);
    play_wait(p, 300);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "tag_changed";
}

/* The caller's BYE, from where the caller never was. */
static void strange_bye(struct play *p)
{
    struct play_dialog *d = begin(p);
    static const struct play_extra usual;
    struct play_party stranger = p->cast[ROLE_PHONE2];

    stranger.sip.ip[14] = 113;
    stranger.sip.ip[12] = 203;
    stranger.sip.ip[13] = 0;
    d->next = usual;
    d->next.headers = "Reason: Q.850;cause=16\r\n";
    d->next.source = &stranger;
    play_ask(d, CALL_CALLER, "BYE");
    d->next.target = &stranger;
    play_reply(d, 200);
    d->truth.ended_by = "caller";
    d->truth.ended_how = "bye";
    d->truth.q850_cause = 16;
    d->truth.deviations = "strange_source";
}

static void codec_refused(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    d->sdp[CALL_CALLER].formats = "18";
    play_invite(d);
    d->sdp[CALL_CALLEE].formats = "8 0";
    d->next.headers = "Warning: 304 trunk.example.net \"Media type not available\"\r\n";
    if (rng_below(&p->rng, 2))
        play_add_sdp(d, CALL_CALLEE);
    play_refuse(d, 488);
    d->truth.deviations = "codec_refused";
}

static void codec_unannounced(struct play *p)
{
    struct play_dialog *d = begin(p);

    play_voice(d, CALL_CALLER)->codec = &play_g722;
    play_talk(d, 2000);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "codec_unannounced";
}

/* A NAT that leaves SIP as it is: Via and Contact name an address of the inside. */
static void nat_symmetric(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_NOMAD, ROLE_TRUNK);

    play_answered_call(d);
    play_talk(d, 4000);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "private_contact private_via";
}

/* The same, and the callee takes the SDP at its word: what it sends goes nowhere. */
static void nat_unreachable(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_NOMAD, ROLE_TRUNK);

    play_answered_call(d);
    play_speak(d, CALL_CALLER, 5000);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "private_contact private_via";
    d->truth.verdict = "nat_unreachable";
    d->truth.one_way = 1;
}

/* A request without Max-Forwards, which each must have. */
static void header_missing(struct play *p)
{
    struct play_dialog *d = begin(p);

    d->next.no_max_forwards = true;
    play_exchange(d, CALL_CALLER, "INFO", 200);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "header_missing";
}

/* And one that has two, which differ. */
static void header_twice(struct play *p)
{
    struct play_dialog *d = begin(p);

    d->next.headers = "Max-Forwards: 3\r\n"; /* it has one already */
    play_exchange(d, CALL_CALLER, "INFO", 200);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "header_duplicate";
}

static const struct scene rows[] = {
    { "ack_lost", ack_lost, 4, 0 },
    { "answer_repeated", answer_repeated, 4, 0 },
    { "bye_unanswered", bye_unanswered, 4, 0 },
    { "cseq_order", cseq_order, 4, 0 },
    { "wrong_tag", wrong_tag, 4, 0 },
    { "strange_bye", strange_bye, 4, 0 },
    { "codec_refused", codec_refused, 5, 0 },
    { "codec_unannounced", codec_unannounced, 4, 0 },
    { "nat_symmetric", nat_symmetric, 6, SCENE_HARMLESS },
    { "nat_unreachable", nat_unreachable, 4, 0 },
    { "header_missing", header_missing, 3, 0 },
    { "header_twice", header_twice, 3, 0 },
};

struct scene_table scene_defect_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
