/* Scenes of setting a call up: that it comes about, rings, is refused, forks, is sent elsewhere. */
#include "tests/support/scenes.h"

/* No two calls are as long. */
enum { TALK_MS_MIN = 700, TALK_MS_MAX = 2800 };

static void talk(struct play_dialog *d)
{
    play_talk(d, rng_between(&d->play->rng, TALK_MS_MIN, TALK_MS_MAX));
}

static void plain(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_answered_call(d);
    talk(d);
    play_bye(d, (int)rng_below(&p->rng, 2));
}

static void plain_inbound(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_TRUNK, ROLE_PHONE);

    play_answered_call(d);
    talk(d);
    play_bye(d, (int)rng_below(&p->rng, 2));
}

/* Two hops: each message is seen on its way to the proxy, and from there. */
static void proxy(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    d->proxy = &p->cast[ROLE_PROXY];
    play_answered_call(d);
    talk(d);
    play_bye(d, (int)rng_below(&p->rng, 2));
}

static uint32_t other_tag(struct play *p)
{
    return (uint32_t)(rng_next(&p->rng) >> 32) | 1;
}

/* Two ring, one answers. */
static void fork_one(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    play_wait(p, 100);
    play_reply(d, 180);
    d->next.to_tag = other_tag(p);
    play_reply(d, 180);
    play_wait(p, 700);
    play_answer(d);
    d->truth.history = "branch";
    talk(d);
    play_bye(d, CALL_CALLER);
}

/* Both answer: the caller keeps the first and hangs up on the second. */
static void fork_both(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    uint32_t second = other_tag(p), first;
    struct play_said invite;

    play_invite(d);
    d->next.to_tag = second;
    play_reply(d, 180);
    play_reply(d, 180);
    play_wait(p, 500);
    invite = d->invite;
    play_answer(d);
    play_add_sdp(d, CALL_CALLEE);
    d->invite = invite;
    d->next.to_tag = second;
    play_reply_invite(d, 200);
    play_ack(d);
    first = d->tag[CALL_CALLEE];
    d->tag[CALL_CALLEE] = second;
    play_exchange(d, CALL_CALLER, "BYE", 200);
    d->tag[CALL_CALLEE] = first;
    d->truth.history = "branch";
    talk(d);
    play_bye(d, CALL_CALLEE);
}

/* The same Call-ID and From-tag for another call, after the first has ended. */
static void reused_after(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_PHONE, ROLE_TRUNK), *second;

    play_answered_call(first);
    talk(first);
    play_bye(first, CALL_CALLER);
    play_wait(p, 40000); /* longer than any transaction */
    second = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    memcpy(second->call_id, first->call_id, sizeof(second->call_id));
    second->tag[CALL_CALLER] = first->tag[CALL_CALLER];
    second->cseq[CALL_CALLER] = first->cseq[CALL_CALLER] + 10;
    play_answered_call(second);
    talk(second);
    play_bye(second, CALL_CALLEE);
}

/* The same Call-ID at once, with another From-tag: two calls, of which one is busy. */
static void reused_at_once(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_dialog *second = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    memcpy(second->call_id, first->call_id, sizeof(second->call_id));
    play_answered_call(first);
    play_invite(second);
    play_refuse(second, 486);
    talk(first);
    play_bye(first, CALL_CALLER);
}

static void redirect_followed(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    d->next.headers = "Contact: <sip:+447700900555@198.51.100.77>\r\n";
    play_refuse(d, 302);
    d->next.uri = "sip:+447700900555@198.51.100.77";
    play_answered_call(d);
    d->truth.history = "redirect";
    talk(d);
    play_bye(d, CALL_CALLER);
}

static void redirect_not_followed(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    d->next.headers = "Contact: <sip:+447700900556@198.51.100.77>\r\n";
    play_refuse(d, 302);
    d->truth.history = "redirect";
}

/* 183 with SDP, acknowledged by PRACK; the callee is heard before the answer. */
static void prack_early(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    char rack[64];

    play_invite(d);
    d->next.headers = "Require: 100rel\r\nRSeq: 1\r\n";
    play_add_sdp(d, CALL_CALLEE);
    play_reply(d, 183);
    snprintf(rack, sizeof(rack), "RAck: 1 %d INVITE\r\n", d->invite.cseq);
    d->next.headers = rack;
    d->next.to_tag = d->tag[CALL_CALLEE];
    play_ask(d, CALL_CALLER, "PRACK");
    play_reply(d, 200);
    play_speak(d, CALL_CALLEE, 400);
    play_reply_invite(d, 200);
    play_ack(d);
    d->truth.early_media = 1;
    d->truth.history = "early_media prack";
    talk(d);
    play_bye(d, CALL_CALLER);
}

/* The offer stands in the answer, the answer in the ACK. */
static void late_offer(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_ask(d, CALL_CALLER, "INVITE");
    play_reply(d, 100);
    play_reply(d, 180);
    play_wait(p, 400);
    play_add_sdp(d, CALL_CALLEE);
    play_reply_invite(d, 200);
    play_add_sdp(d, CALL_CALLER);
    play_ack(d);
    d->truth.late_offer = 1;
    talk(d);
    play_bye(d, CALL_CALLER);
}

static void cancelled(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    play_reply(d, 180);
    play_wait(p, 900);
    play_cancel(d);
    d->truth.history = "cancel";
}

/* It rings, and nobody is there: the caller cancels, the callee says 480. */
static void no_answer(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    play_reply(d, 180);
    play_wait(p, 3000);
    d->next.headers = "Reason: Q.850;cause=19;text=\"No answer\"\r\n";
    play_refuse(d, 480);
    d->truth.q850_cause = 19;
}

static void refusal(struct play *p, int status, int q850)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    char reason[64];

    play_invite(d);
    snprintf(reason, sizeof(reason), "Reason: Q.850;cause=%d\r\n", q850);
    if (q850)
        d->next.headers = reason;
    play_refuse(d, status);
    d->truth.q850_cause = q850;
}

static void busy(struct play *p)
{
    refusal(p, rng_below(&p->rng, 4) ? 486 : 600, 17);
}

static void not_found(struct play *p)
{
    static const int codes[] = { 404, 410, 604 };

    refusal(p, codes[rng_below(&p->rng, 3)], 1);
}

static void server_failure(struct play *p)
{
    refusal(p, rng_below(&p->rng, 2) ? 503 : 500, rng_below(&p->rng, 2) ? 34 : 0);
}

static void declined(struct play *p)
{
    refusal(p, 603, 21);
}

static void challenge(struct play_dialog *d)
{
    d->next.headers = "Proxy-Authenticate: Digest realm=\"example.net\", "
                      "nonce=\"5f1e0c7a\", algorithm=MD5, qop=\"auth\"\r\n";
    d->next.to_tag = other_tag(d->play);
    play_reply_invite(d, 407);
    play_ack(d);
}

static void challenged(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    challenge(d);
    play_add_sdp(d, CALL_CALLER);
    d->next.headers = "Proxy-Authorization: Digest username=\"1001\", realm=\"example.net\", "
                      "nonce=\"5f1e0c7a\", uri=\"sip:trunk.example.net\", "
                      "response=\"6629fae49393a05397450978507c4ef1\", algorithm=MD5, "
                      "cnonce=\"0a4f113b\", qop=auth, nc=00000001\r\n";
    play_ask(d, CALL_CALLER, "INVITE");
    play_reply(d, 100);
    play_reply(d, 180);
    play_answer(d);
    d->truth.history = "challenge";
    d->truth.challenged = 1;
    talk(d);
    play_bye(d, CALL_CALLER);
}

static void challenge_unanswered(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    challenge(d);
    d->truth.history = "challenge";
    d->truth.challenged = 1;
}

/* Two ways lead the same INVITE to the same phone, which refuses the second. */
static void merged(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_said invite;
    int cseq;

    play_invite(d);
    invite = d->invite;
    cseq = invite.cseq;
    play_add_sdp(d, CALL_CALLER);
    d->next.cseq = cseq;
    d->next.transaction = 40;
    d->next.source = &p->cast[ROLE_PROXY];
    play_ask(d, CALL_CALLER, "INVITE");
    d->next.to_tag = other_tag(p);
    d->next.target = &p->cast[ROLE_PROXY];
    play_reply(d, 482);
    d->next.source = &p->cast[ROLE_PROXY];
    play_ack(d);
    d->invite = invite;
    d->cseq[CALL_CALLER] = cseq;
    play_reply_invite(d, 180);
    play_answer(d);
    d->truth.history = "merged";
    d->truth.sightings = PLAY_ANY_INT;
    d->truth.retransmissions = PLAY_ANY_INT;
    talk(d);
    play_bye(d, CALL_CALLER);
}

/* Nobody ever answers: seven INVITEs. */
static void unanswered(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK2);

    play_add_sdp(d, CALL_CALLER);
    play_ask(d, CALL_CALLER, "INVITE");
    for (int n = 0; n < 6; n++) {
        struct play_extra again = { .repeat = true,
                                    .cseq = d->invite.cseq,
                                    .transaction = d->invite.transaction,
                                    .body = p->body.p };

        play_wait(p, 500 << n);
        d->next = again;
        play_ask(d, CALL_CALLER, "INVITE");
    }
    d->truth.outcome = "nos";
    d->truth.nos_cause = "other";
    d->truth.ended_how = "timeout";
}

static const struct scene rows[] = {
    { "plain", plain, 60, SCENE_HARMLESS },
    { "plain_inbound", plain_inbound, 20, SCENE_HARMLESS },
    { "proxy", proxy, 8, 0 },
    { "fork_one", fork_one, 6, 0 },
    { "fork_both", fork_both, 6, 0 },
    { "reused_after", reused_after, 4, 0 },
    { "reused_at_once", reused_at_once, 4, 0 },
    { "redirect_followed", redirect_followed, 5, 0 },
    { "redirect_not_followed", redirect_not_followed, 4, 0 },
    { "prack_early", prack_early, 8, SCENE_HARMLESS },
    { "late_offer", late_offer, 5, SCENE_HARMLESS },
    { "cancelled", cancelled, 8, 0 },
    { "no_answer", no_answer, 5, 0 },
    { "busy", busy, 8, 0 },
    { "not_found", not_found, 8, 0 },
    { "server_failure", server_failure, 6, 0 },
    { "declined", declined, 4, 0 },
    { "challenged", challenged, 8, 0 },
    { "challenge_unanswered", challenge_unanswered, 4, 0 },
    { "merged", merged, 4, 0 },
    { "unanswered", unanswered, 4, 0 },
};

struct scene_table scene_basic_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
