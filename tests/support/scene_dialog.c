/* Scenes of what happens to a call that goes on: hold, refresh, glare, a capture that sees a part. */
#include "tests/support/scenes.h"

enum { TALK_MS = 1000 };

static struct play_dialog *begin(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_answered_call(d);
    play_talk(d, TALK_MS);
    return d;
}

/* The one on hold is silent; the holder sends music, or nothing. */
static void hold(struct play_dialog *d, int side, int64_t ms)
{
    play_reinvite(d, side, "sendonly");
    if (rng_below(&d->play->rng, 2))
        play_speak(d, side, ms);
    else
        play_wait(d->play, ms);
    play_reinvite(d, side, "sendrecv");
}

static void hold_by(struct play *p, int side)
{
    struct play_dialog *d = begin(p);

    hold(d, side, 3500);
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->truth.hold_count = 1;
    d->truth.history = "hold resume";
}

static void hold_caller(struct play *p)
{
    hold_by(p, CALL_CALLER);
}

static void hold_callee(struct play *p)
{
    hold_by(p, CALL_CALLEE);
}

/* Both put each other on hold, one after the other, and take each other back. */
static void hold_double(struct play *p)
{
    struct play_dialog *d = begin(p);

    play_reinvite(d, CALL_CALLER, "sendonly");
    play_wait(p, 1500);
    play_reinvite(d, CALL_CALLEE, "inactive");
    play_wait(p, 2500);
    d->sdp[CALL_CALLER].direction = "sendonly";
    play_reinvite(d, CALL_CALLEE, "recvonly");
    play_wait(p, 500);
    play_reinvite(d, CALL_CALLER, "sendrecv");
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLEE);
    d->truth.hold_count = 2;
    d->truth.history = "hold resume";
}

/* Put on hold, and hung up there: more of the call is on hold than talk. */
static void hold_until_end(struct play *p)
{
    struct play_dialog *d = begin(p);

    play_reinvite(d, CALL_CALLEE, "inactive");
    play_wait(p, 6000);
    play_bye(d, CALL_CALLER);
    d->truth.hold_count = 1;
    d->truth.history = "hold";
}

/* As it was done before RFC 3264: the address of the one who holds is 0.0.0.0. */
static void hold_by_address(struct play *p)
{
    struct play_dialog *d = begin(p);

    d->sdp[CALL_CALLER].connection = "0.0.0.0";
    play_reinvite(d, CALL_CALLER, "sendrecv");
    play_wait(p, 4000);
    d->sdp[CALL_CALLER].connection = NULL;
    play_reinvite(d, CALL_CALLER, "sendrecv");
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLEE);
    d->truth.hold_count = 1;
    d->truth.history = "hold resume";
}

/* Hold by UPDATE; and what resumes it has its offer in the 200 and its answer in the ACK. */
static void hold_by_update(struct play *p)
{
    struct play_dialog *d = begin(p);

    d->sdp[CALL_CALLEE].direction = "sendonly";
    d->sdp[CALL_CALLER].direction = "recvonly";
    play_add_sdp(d, CALL_CALLEE);
    play_ask(d, CALL_CALLEE, "UPDATE");
    play_add_sdp(d, CALL_CALLER);
    play_reply(d, 200);
    play_speak(d, CALL_CALLEE, 3500);
    d->sdp[CALL_CALLEE].direction = d->sdp[CALL_CALLER].direction = "sendrecv";
    play_ask(d, CALL_CALLEE, "INVITE");
    play_add_sdp(d, CALL_CALLER);
    play_reply(d, 200);
    play_add_sdp(d, CALL_CALLEE);
    play_ack(d);
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->truth.hold_count = 1;
    d->truth.history = "hold resume";
}

/* Answered "inactive", and never anything else. */
static void on_hold(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    d->sdp[CALL_CALLER].direction = d->sdp[CALL_CALLEE].direction = "inactive";
    play_answered_call(d);
    play_wait(p, 5000);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "on_hold";
    d->truth.one_way = 0;
    d->truth.hold_count = 1;
    d->truth.history = "hold";
}

static void update(struct play *p)
{
    struct play_dialog *d = begin(p);

    play_add_sdp(d, CALL_CALLER);
    play_ask(d, CALL_CALLER, "UPDATE");
    play_add_sdp(d, CALL_CALLEE);
    play_reply(d, 200);
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->truth.history = "update";
}

static struct play_dialog *begin_timed(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_add_sdp(d, CALL_CALLER);
    d->next.headers = "Supported: timer\r\nSession-Expires: 90;refresher=uac\r\nMin-SE: 90\r\n";
    play_invite(d);
    play_reply(d, 180);
    play_wait(p, 400);
    d->next.headers = "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    play_answer(d);
    d->truth.session_expires_s = 90;
    return d;
}

static void session_refresh(struct play *p)
{
    struct play_dialog *d = begin_timed(p);

    for (int n = 0; n < 3; n++) {
        play_talk(d, 400);
        play_wait(p, 44600);
        d->next.headers = "Session-Expires: 90;refresher=uac\r\n";
        play_ask(d, CALL_CALLER, "UPDATE");
        d->next.headers = "Session-Expires: 90;refresher=uac\r\n";
        play_reply(d, 200);
    }
    play_talk(d, 400);
    play_bye(d, CALL_CALLER);
    d->truth.history = "session_refresh";
}

/* Nobody refreshes and nobody hangs up: both just forget it, 90 s after its answer. */
static void session_expired(struct play *p)
{
    struct play_dialog *d = begin_timed(p);

    play_talk(d, 400);
    play_wait(p, 43000);
    play_talk(d, 400);
    play_wait(p, 43000);
    play_talk(d, 400);
    d->truth.ended_how = "session_timeout";
    d->truth.deviations = "session_expired";
    d->truth.history = "session_expired";
}

/* Both want something else at once; both get 491, and the caller tries again. */
static void glare(struct play *p)
{
    struct play_dialog *d = begin(p);
    struct play_said one, other;

    play_add_sdp(d, CALL_CALLER);
    play_ask(d, CALL_CALLER, "INVITE");
    one = d->invite;
    play_add_sdp(d, CALL_CALLEE);
    play_ask(d, CALL_CALLEE, "INVITE");
    other = d->invite;
    d->invite = one;
    play_refuse(d, 491);
    d->invite = other;
    play_refuse(d, 491);
    play_wait(p, 600);
    play_reinvite(d, CALL_CALLER, "sendrecv");
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "glare";
    d->truth.history = "glare";
}

/* The capture begins when they are talking already. */
static void begins_in_call(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    d->open_call = true;
    play_talk(d, TALK_MS);
    play_reinvite(d, CALL_CALLER, "sendrecv");
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->invite_ns = 0;
    d->truth.branches = d->truth.streams = PLAY_ANY_INT;
    d->truth.early_media = d->truth.late_offer = -1; /* how it began was not seen */
    d->truth.packets = INT32_MIN; /* what came before the first SDP may be found or not */
    d->truth.verdict = PLAY_ANY;
}

/* The capture ends when they are talking still. */
static void ends_in_call(struct play *p)
{
    struct play_dialog *d = begin(p);

    play_talk(d, 2000);
    d->truth.ended_by = d->truth.ended_how = NULL;
}

/* The mirror turns them round: 100 and 180 pass before the INVITE that they answer. */
static void response_first(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    int64_t begin_ns = p->now_ns;

    play_add_sdp(d, CALL_CALLER);
    play_ask(d, CALL_CALLER, "INVITE");
    d->next.early_ns = p->now_ns - begin_ns + 1000000;
    play_reply(d, 100);
    d->next.early_ns = p->now_ns - begin_ns + 500000;
    play_reply(d, 180);
    play_wait(p, 500);
    play_answer(d);
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLEE);
}

/* The 200 passes a moment before its INVITE. */
static void answer_first(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    int64_t begin_ns = p->now_ns;

    play_add_sdp(d, CALL_CALLER);
    play_ask(d, CALL_CALLER, "INVITE");
    play_add_sdp(d, CALL_CALLEE);
    d->next.early_ns = p->now_ns - begin_ns + 1000000;
    play_reply(d, 200);
    play_ack(d);
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
}

/* The caller gives up in the moment in which the callee answers: the answer counts. */
static void cancel_too_late(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_said invite;

    play_invite(d);
    play_reply(d, 180);
    play_wait(p, 500);
    invite = d->invite;
    play_ask(d, CALL_CALLER, "CANCEL");
    d->invite = invite;
    play_add_sdp(d, CALL_CALLEE);
    play_reply_invite(d, 200);
    play_reply(d, 481);
    play_ack(d);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = PLAY_ANY;
    d->truth.one_way = PLAY_ANY_INT;
    d->truth.history = "cancel";
}

/* Both hang up at once; the callee's BYE is the first that is seen. */
static void bye_both(struct play *p)
{
    struct play_dialog *d = begin(p);
    struct play_said callee;

    d->next.headers = "Reason: Q.850;cause=31\r\n";
    play_ask(d, CALL_CALLEE, "BYE");
    callee = d->request;
    play_ask(d, CALL_CALLER, "BYE");
    play_reply(d, 200);
    d->request = callee;
    play_reply(d, 200);
    d->truth.ended_by = "callee";
    d->truth.ended_how = "bye";
    d->truth.q850_cause = 31;
}

/* Even the hang-up needs a password. */
static void bye_challenged(struct play *p)
{
    struct play_dialog *d = begin(p);

    play_ask(d, CALL_CALLER, "BYE");
    d->next.headers = "Proxy-Authenticate: Digest realm=\"example.net\", nonce=\"5f1e\"\r\n";
    play_reply(d, 407);
    play_bye(d, CALL_CALLER);
    d->truth.history = PLAY_ANY;
    d->truth.challenged = PLAY_ANY_INT;
}

/* A line that fails: hung up with a cause of its own. */
static void bye_with_cause(struct play *p)
{
    struct play_dialog *d = begin(p);

    d->next.headers =
        "Reason: SIP;cause=200;text=\"x\"\r\nReason: Q.850 ;cause=41;text=\"a;b\"\r\n";
    play_bye(d, CALL_CALLEE);
    d->truth.q850_cause = 41;
}

static const struct scene rows[] = {
    { "hold_caller", hold_caller, 6, SCENE_HARMLESS },
    { "hold_callee", hold_callee, 6, SCENE_HARMLESS },
    { "hold_double", hold_double, 5, SCENE_HARMLESS },
    { "hold_until_end", hold_until_end, 4, SCENE_HARMLESS },
    { "hold_by_address", hold_by_address, 4, SCENE_HARMLESS },
    { "hold_by_update", hold_by_update, 4, SCENE_HARMLESS },
    { "cancel_too_late", cancel_too_late, 3, 0 },
    { "bye_both", bye_both, 3, 0 },
    { "bye_challenged", bye_challenged, 3, 0 },
    { "bye_with_cause", bye_with_cause, 3, 0 },
    { "on_hold", on_hold, 5, SCENE_HARMLESS },
    { "update", update, 5, 0 },
    { "session_refresh", session_refresh, 2, 0 },
    { "session_expired", session_expired, 2, 0 },
    { "glare", glare, 5, 0 },
    { "begins_in_call", begins_in_call, 4, 0 },
    { "ends_in_call", ends_in_call, 6, SCENE_AT_END },
    { "response_first", response_first, 5, 0 },
    { "answer_first", answer_first, 4, 0 },
};

struct scene_table scene_dialog_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
