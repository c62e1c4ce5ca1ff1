/* Scenes of a B2BUA that makes two calls of one: what joins them, and what only looks like it. */
#include "tests/support/scenes.h"

enum { HEADER_MAX = 160, NUMBERS = 400 };

/* What both legs carry; echo: the same payload too. */
struct relay {
    const char *header_a, *header_b; /* of the INVITEs; NULL: none */
    bool echo;
    int64_t talk_ms, delay_ms;
    int loss_percent; /* of what the box hands on */
    bool tells;       /* the second leg names the first one's Call-ID */
};

static struct play_voice *hand_on(struct play_dialog *to, const struct play_voice *said, int side,
                                  const struct relay *how)
{
    struct play_voice *v = play_voice(to, side);

    if (how->echo)
        play_echo(said, v);
    v->loss = RNG_ALWAYS / 100 * (uint64_t)how->loss_percent;
    return v;
}

/* Both ways, through the box: what comes in on one leg goes out on the other. */
static void relay_talk(struct play_dialog *a, struct play_dialog *b, const struct relay *how)
{
    struct play *p = a->play;
    int64_t from_ns = p->now_ns, to_ns = from_ns + how->talk_ms * NS_PER_MS;
    int64_t later_ns = how->delay_ms * NS_PER_MS;
    struct play_voice *there = play_voice(a, CALL_CALLER), *back = play_voice(b, CALL_CALLEE);

    play_sound(there, from_ns, to_ns);
    play_sound(hand_on(b, there, CALL_CALLER, how), from_ns + later_ns, to_ns + later_ns);
    play_sound(back, from_ns + 7 * NS_PER_MS, to_ns);
    play_sound(hand_on(a, back, CALL_CALLEE, how), from_ns + 7 * NS_PER_MS + later_ns,
               to_ns + later_ns);
    p->now_ns = to_ns + later_ns;
    a->truth.verdict = b->truth.verdict = "ok";
    a->truth.one_way = b->truth.one_way = 0;
}

/* The offer of the one that the leg comes from. */
static void invite(struct play_dialog *d, const char *header)
{
    play_add_sdp(d, CALL_CALLER);
    d->next.headers = header;
    play_invite(d);
}

static void relay(struct play *p, const struct relay *how)
{
    struct play_dialog *a = play_dialog(p, ROLE_PHONE, ROLE_SBC);
    struct play_dialog *b = play_dialog(p, ROLE_SBC_OUT, ROLE_TRUNK);
    char x_cid[HEADER_MAX];

    memcpy(a->own[CALL_CALLEE].user, b->own[CALL_CALLEE].user, CALL_USER_MAX);
    memcpy(b->own[CALL_CALLER].user, a->own[CALL_CALLER].user, CALL_USER_MAX);
    invite(a, how->header_a);
    snprintf(x_cid, sizeof(x_cid), "X-CID: %s\r\n", a->call_id);
    invite(b, how->tells ? x_cid : how->header_b);
    play_wait(p, 80);
    play_reply(b, 180);
    play_reply(a, 180);
    play_wait(p, rng_between(&p->rng, 300, 900));
    play_answer(b);
    play_answer(a);
    relay_talk(a, b, how);
    if (rng_below(&p->rng, 2)) {
        play_bye(a, CALL_CALLER);
        play_bye(b, CALL_CALLER);
    } else {
        play_bye(b, CALL_CALLEE);
        play_bye(a, CALL_CALLEE);
    }
    a->truth.conversation = b->truth.conversation = (int64_t)p->index + 1;
    a->truth.legs = b->truth.legs = "certain";
    if (how->delay_ms)
        a->truth.legs_delay_ms = b->truth.legs_delay_ms = (int)how->delay_ms;
}

static void legs_session_id(struct play *p)
{
    char header[HEADER_MAX], other[HEADER_MAX];
    unsigned long long one = rng_next(&p->rng), two = rng_next(&p->rng);

    /* As RFC 7989 has it: the callee is not known at first. */
    snprintf(header, sizeof(header),
             "Session-ID: %016llx%016llx;remote=00000000000000000000000000000000\r\n", one, two);
    snprintf(other, sizeof(other), "%s", header);
    relay(p, &(struct relay){ .header_a = header, .header_b = other, .talk_ms = 800 });
}

static void legs_x_cid(struct play *p)
{
    relay(p, &(struct relay){ .tells = true, .talk_ms = 800 });
}

static void legs_icid(struct play *p)
{
    char header[HEADER_MAX];

    snprintf(header, sizeof(header),
             "P-Charging-Vector: icid-value=%016llx;orig-ioi=home.example.com\r\n",
             (unsigned long long)rng_next(&p->rng));
    relay(p, &(struct relay){ .header_a = header, .header_b = header, .talk_ms = 800 });
}

static void legs_payload(struct play *p)
{
    relay(p, &(struct relay){ .echo = true, .talk_ms = 15000 });
}

/* Which side of the box hurts: it loses and delays. */
static void legs_impaired(struct play *p)
{
    relay(p, &(struct relay){ .echo = true, .talk_ms = 12000, .delay_ms = 60, .loss_percent = 8 });
}

/* Ten minutes of two legs: what a page has most of. */
static void legs_long(struct play *p)
{
    relay(p, &(struct relay){ .talk_ms = 600000, .delay_ms = 20, .loss_percent = 2 });
}

/* Numbers are few and come again and again; each leg spells them in its own way. */
static void number(struct play_dialog *d, int side, unsigned n, uint32_t spelling)
{
    static const char *const prefixes[] = { "+44", "0", "0044" };

    snprintf(d->own[side].user, CALL_USER_MAX, "%s7700900%03u", prefixes[spelling % 3], n);
}

/* Nothing in common but who, whom and when. */
static void legs_score(struct play *p)
{
    struct play_dialog *a = play_dialog(p, ROLE_PHONE, ROLE_SBC);
    struct play_dialog *b = play_dialog(p, ROLE_SBC_OUT, ROLE_TRUNK);
    unsigned from = rng_below(&p->rng, NUMBERS), to = rng_below(&p->rng, NUMBERS);
    uint32_t fate = rng_below(&p->rng, 10);

    number(a, CALL_CALLER, from, rng_below(&p->rng, 3));
    number(a, CALL_CALLEE, to, rng_below(&p->rng, 3));
    number(b, CALL_CALLEE, to, 0);
    if (rng_below(&p->rng, 4)) /* else the box tells nobody who calls */
        number(b, CALL_CALLER, from, 0);
    else
        snprintf(b->own[CALL_CALLER].user, CALL_USER_MAX, "anonymous");
    a->truth.verdict = b->truth.verdict = PLAY_ANY;
    a->truth.one_way = b->truth.one_way = PLAY_ANY_INT;
    a->truth.conversation = b->truth.conversation = (int64_t)p->index + 1;
    a->truth.legs = b->truth.legs = "score";
    play_invite(a);
    play_wait(p, rng_between(&p->rng, 0, 250));
    play_invite(b);
    play_wait(p, rng_between(&p->rng, 50, 400));
    if (fate == 0) {
        play_refuse(b, 486);
        play_refuse(a, 486);
        return;
    }
    play_reply(b, 180);
    play_reply(a, 180);
    play_wait(p, rng_between(&p->rng, 500, 4000));
    if (fate == 1) {
        play_cancel(a);
        play_cancel(b);
        a->truth.history = b->truth.history = "cancel";
        return;
    }
    play_answer(b);
    play_answer(a);
    play_wait(p, rng_between(&p->rng, 1000, 30000));
    if (fate < 6) {
        play_bye(a, CALL_CALLER);
        play_bye(b, CALL_CALLER);
    } else {
        play_bye(b, CALL_CALLEE);
        play_bye(a, CALL_CALLEE);
    }
}

/* The box sends the call on to somebody else, and says in whose stead. */
static void legs_diverted(struct play *p)
{
    struct play_dialog *a = play_dialog(p, ROLE_TRUNK, ROLE_SBC);
    struct play_dialog *b = play_dialog(p, ROLE_SBC_OUT, ROLE_TRUNK2);
    char header[HEADER_MAX];

    number(a, CALL_CALLEE, rng_below(&p->rng, 1000), 0);
    memcpy(b->own[CALL_CALLER].user, a->own[CALL_CALLER].user, CALL_USER_MAX);
    snprintf(header, sizeof(header), "%s: <sip:%s@sbc.example.com>%s\r\n",
             rng_below(&p->rng, 2) ? "Diversion" : "History-Info", a->own[CALL_CALLEE].user,
             ";index=1;reason=unconditional");
    invite(a, NULL);
    invite(b, header);
    play_wait(p, 80);
    play_reply(b, 180);
    play_reply(a, 180);
    play_wait(p, rng_between(&p->rng, 300, 900));
    play_answer(b);
    play_answer(a);
    relay_talk(a, b, &(struct relay){ .talk_ms = rng_between(&p->rng, 500, 2000) });
    play_bye(b, CALL_CALLEE);
    play_bye(a, CALL_CALLEE);
    a->truth.conversation = b->truth.conversation = (int64_t)p->index + 1;
    a->truth.legs = b->truth.legs = "joined";
}

/* Between the same people and numbers, and no leg of anything. */
static void legs_none(struct play *p)
{
    bool straight = rng_below(&p->rng, 2);
    struct play_dialog *d =
        straight ? play_dialog(p, ROLE_PHONE, ROLE_TRUNK) : play_dialog(p, ROLE_PHONE, ROLE_SBC);

    number(d, CALL_CALLER, rng_below(&p->rng, NUMBERS), 1);
    number(d, CALL_CALLEE, rng_below(&p->rng, NUMBERS), rng_below(&p->rng, 3));
    d->truth.verdict = PLAY_ANY;
    d->truth.one_way = PLAY_ANY_INT;
    d->truth.legs = PLAY_ANY; /* counted among the pairs */
    if (!straight) {          /* refused by the box itself */
        play_invite(d);
        play_refuse(d, 403);
        return;
    }
    play_answered_call(d);
    play_wait(p, rng_between(&p->rng, 1000, 20000));
    play_bye(d, (int)rng_below(&p->rng, 2));
}

static const struct scene rows[] = {
    { "legs_session_id", legs_session_id, 4, 0 },
    { "legs_x_cid", legs_x_cid, 4, 0 },
    { "legs_icid", legs_icid, 4, 0 },
    { "legs_payload", legs_payload, 3, 0 },
    { "legs_impaired", legs_impaired, 3, 0 },
    { "legs_long", legs_long, 1, SCENE_APART },
    { "legs_diverted", legs_diverted, 4, 0 },
    { "legs_score", legs_score, 10, SCENE_ALIKE },
    { "legs_none", legs_none, 4, SCENE_ALIKE },
};

struct scene_table scene_leg_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
