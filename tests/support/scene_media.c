/* Scenes of what is heard, and what is not: silence, one way, none at all, fax, pauses, the mirror. */
#include "tests/support/scenes.h"

enum { TALK_MS = 4000, BLIND_CALLS = 6 };

static struct play_dialog *answered(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_answered_call(d);
    return d;
}

static void one_way(struct play *p)
{
    struct play_dialog *d = answered(p);

    play_speak(d, (int)rng_below(&p->rng, 2), 5000);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "one_way";
    d->truth.one_way = 1;
}

/* Too short to tell: hung up after two seconds of one side. */
static void one_way_short(struct play *p)
{
    struct play_dialog *d = answered(p);

    play_speak(d, CALL_CALLER, 1800);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = PLAY_ANY;
    d->truth.one_way = 0;
}

static void no_rtp(struct play *p)
{
    struct play_dialog *d = answered(p);

    play_wait(p, 5000);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "no_rtp";
    d->truth.one_way = 0;
}

/* What the caller sends goes to another host than the callee's SDP said, and never there. */
static void wrong_address(struct play *p)
{
    struct play_dialog *d = answered(p);
    struct addr elsewhere = d->party[CALL_CALLEE]->media;
    int64_t from_ns = p->now_ns;

    elsewhere.ip[15] = 99;
    d->voice[CALL_CALLER] =
        play_voice_between(p, d, &d->party[CALL_CALLER]->media, &elsewhere, &play_g729);
    d->truth.streams++;
    play_speak(d, CALL_CALLER, 5000);
    p->now_ns = from_ns;
    play_speak(d, CALL_CALLEE, 5000);
    play_bye(d, CALL_CALLEE);
    d->truth.verdict = "wrong_address";
    d->truth.one_way = 1;
}

/* Both are there, one says nothing for twelve seconds. */
static void silent(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    d->codec = &play_pcma;
    play_answered_call(d);
    play_voice(d, CALL_CALLEE)->silent = true;
    play_talk(d, 12000);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "silent";
}

static void early_only(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    play_add_sdp(d, CALL_CALLEE);
    play_reply(d, 183);
    play_speak(d, CALL_CALLEE, TALK_MS);
    if (rng_below(&p->rng, 2)) {
        play_cancel(d);
        d->truth.history = "early_media cancel";
    } else {
        play_refuse(d, 486);
        d->truth.history = "early_media";
    }
    d->truth.early_media = 1;
    d->truth.verdict = "early_only";
    d->truth.one_way = 0;
}

/* Early media of one side for a while, then a call in order. */
static void early_then_talk(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    play_add_sdp(d, CALL_CALLEE);
    play_reply(d, 183);
    play_speak(d, CALL_CALLEE, TALK_MS);
    play_reply_invite(d, 200);
    play_ack(d);
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->truth.early_media = 1;
    d->truth.history = "early_media";
}

/* The callee listens: a phrase, then comfort noise, then nothing. */
static void dtx(struct play *p)
{
    struct play_dialog *d = answered(p);
    int64_t from_ns = p->now_ns;

    play_talk(d, 500);
    play_voice(d, CALL_CALLEE)->noise = true;
    play_speak(d, CALL_CALLEE, 1000);
    p->now_ns = from_ns + 500 * NS_PER_MS;
    play_speak(d, CALL_CALLER, 6000);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "ok";
}

/* The callee sends comfort noise from the first to the last packet. */
static void noise_only(struct play *p)
{
    struct play_dialog *d = answered(p);

    play_voice(d, CALL_CALLEE)->noise = true;
    play_talk(d, 5000);
    play_bye(d, CALL_CALLER);
}

static const char fax_lines[] = "a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
                                "a=T38FaxRateManagement:transferredTCF\r\n"
                                "a=T38FaxUdpEC:t38UDPRedundancy\r\n";

static void add_fax_sdp(struct play_dialog *d, int side, int version)
{
    struct strbuf *out = &d->play->body;
    char ip[ADDR_TEXT_MAX];

    addr_format_ip(&d->party[side]->media, ip);
    strbuf_reset(out);
    strbuf_addf(out, "v=0\r\no=- 7 %d IN IP4 %s\r\ns=fax\r\nc=IN IP4 %s\r\nt=0 0\r\n", version, ip,
                ip);
    strbuf_addf(out, "m=image %u udptl t38\r\n%s", d->party[side]->media.port, fax_lines);
    d->next.body = out->p;
}

/* The callee's fax takes over; for a while only the caller's machine sends. */
static void fax(struct play *p)
{
    struct play_dialog *d = answered(p);

    play_talk(d, 800);
    add_fax_sdp(d, CALL_CALLEE, 8);
    play_ask(d, CALL_CALLEE, "INVITE");
    add_fax_sdp(d, CALL_CALLER, 8);
    play_reply(d, 200);
    play_ack(d);
    for (int side = 0; side < CALL_SIDES; side++) {
        play_new_voice(d, side);
        d->voice[side]->fax = true;
        d->voice[side]->seq = 0;
    }
    play_speak(d, CALL_CALLEE, 300);
    play_speak(d, CALL_CALLER, 5000);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "ok";
    d->truth.history = "fax";
}

/* Both were heard, then for 70 s nobody was. */
static void media_timeout(struct play *p)
{
    struct play_dialog *d = answered(p);

    play_talk(d, 1500);
    play_wait(p, 70000);
    play_bye(d, CALL_CALLEE);
    d->truth.media_timeouts = 2; /* one a side */
    d->truth.history = "media_timeout";
}

static void blind_call(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    snprintf(d->own[CALL_CALLER].user, CALL_USER_MAX, "%u", 1000 + rng_below(&p->rng, 9000));
    for (int side = 0; side < CALL_SIDES; side++) {
        d->own[side].media.ip[15] = 200;
        d->own[side].rtp.ip[15] = 200;
    }
    play_answered_call(d);
    play_speak(d, CALL_CALLER, 3500);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "capture_blind";
    d->truth.one_way = 0;
    d->truth.confidence = PLAY_ANY;
}

/* The mirror shows one direction alone of whatever passes between these two hosts, for all users. */
static void blind(struct play *p)
{
    for (int n = 0; n < BLIND_CALLS; n++)
        blind_call(p);
}

/* Answered recvonly: an announcement that nobody is to speak to. */
static void announcement(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    d->sdp[CALL_CALLER].direction = "recvonly";
    d->sdp[CALL_CALLEE].direction = "sendonly";
    play_answered_call(d);
    play_speak(d, CALL_CALLEE, 5000);
    play_bye(d, CALL_CALLEE);
    d->truth.verdict = PLAY_ANY;
    d->truth.one_way = 0;
    d->truth.hold_count = PLAY_ANY_INT;
    d->truth.history = PLAY_ANY;
}

/* Talk of five seconds, through a mirror that loses everything of everybody now and then. */
static void gaps(struct play *p)
{
    struct play_dialog *d = answered(p);

    play_talk(d, 9000);
    play_bye(d, CALL_CALLER);
    d->truth.confidence = "low";
}

static const struct scene rows[] = {
    { "one_way", one_way, 5, 0 },
    { "one_way_short", one_way_short, 5, SCENE_HARMLESS },
    { "no_rtp", no_rtp, 5, 0 },
    { "wrong_address", wrong_address, 5, 0 },
    { "silent", silent, 2, 0 },
    { "early_only", early_only, 5, SCENE_HARMLESS },
    { "early_then_talk", early_then_talk, 4, SCENE_HARMLESS },
    { "dtx", dtx, 4, SCENE_HARMLESS },
    { "noise_only", noise_only, 4, SCENE_HARMLESS },
    { "fax", fax, 4, SCENE_HARMLESS },
    { "media_timeout", media_timeout, 4, 0 },
    { "blind", blind, 2, SCENE_HARMLESS },
    { "announcement", announcement, 4, SCENE_HARMLESS },
    { "gaps", gaps, 1, SCENE_APART },
};

struct scene_table scene_media_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
