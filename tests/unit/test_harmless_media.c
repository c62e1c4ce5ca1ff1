/*
 * test_harmless_media - 2,000 random calls whose media looks one way, and is not: none of them is
 * called so. Then the same with one direction really gone, so that the test can fail.
 *
 * Hold in all its spellings, early media, comfort noise, fax, short calls, NAT, ICE, moves, and mirrors
 * that show one direction alone: of a pair of hosts in all of its calls, or proven by RTCP.
 */
#include "tests/unit/media_scene.h"
#include "tests/unit/random.h"

enum { CALLS = 2000, CALLS_A_SCENE = 500, EVERY_MS = 100 };

enum kind {
    BOTH_TALK,
    HELD_BY_SENDONLY,
    HELD_FROM_THE_START,
    HELD_INACTIVE,
    HELD_OLD_STYLE,
    HELD_AND_RESUMED,
    ANSWER_RECVONLY,
    EARLY_ONLY,
    EARLY_THEN_BOTH,
    NOISE_ONLY,
    FAX,
    SHORT,
    BEHIND_NAT,
    ICE,
    MOVED,
    BLIND_PAIR,
    BLIND_BY_REPORTS,
    NO_ANSWER_SEEN,
    KINDS
};

struct play {
    struct scene *s;
    struct random *r;
    unsigned number, cseq;
    char hosts[2][20]; /* of signalling and media, by side */
    uint16_t ports[2];
    struct talker talkers[2];
    char places[2][40];
};

static void say_sip(struct play *p, const char *first, unsigned cseq, const char *method, bool down,
                    bool answered, const char *sdp)
{
    char text[3000], src[30], dst[30];
    int from = down ? 0 : 1;
    int n = snprintf(text, sizeof text,
                     "%s\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK-%u-%u-%s\r\n"
                     "From: <sip:u%u@example>;tag=a%u\r\nTo: <sip:v%u@example>%s\r\n"
                     "Call-ID: harmless-%u\r\nCSeq: %u %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                     first, p->number, cseq, method, p->number % 97, p->number, p->number % 89,
                     answered ? ";tag=b" : "", p->number, cseq, method,
                     sdp ? "Content-Type: application/sdp\r\n" : "", sdp ? strlen(sdp) : 0,
                     sdp ? sdp : "");

    assert_in_range(n, 1, (int)sizeof text - 1);
    snprintf(src, sizeof src, "%s:5060", p->hosts[from]);
    snprintf(dst, sizeof dst, "%s:5060", p->hosts[!from]);
    send_bytes(p->s, src, dst, slice_of(text, (size_t)n));
}

/* What a side says of its media. */
static const char *sdp_of(const struct play *p, int side, const char *attributes)
{
    static char texts[2][600];

    snprintf(texts[side], sizeof texts[side],
             "v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n"
             "m=audio %u RTP/AVP 0 13\r\n%s",
             p->hosts[side], p->hosts[side], (unsigned)p->ports[side], attributes);
    return texts[side];
}

static void offer(struct play *p, const char *attributes)
{
    say_sip(p, "INVITE sip:v@example SIP/2.0", 1, "INVITE", true, false, sdp_of(p, 0, attributes));
    scene_wait_ms(p->s, 5);
}

static void answer(struct play *p, const char *attributes)
{
    say_sip(p, "SIP/2.0 200 OK", 1, "INVITE", false, true, sdp_of(p, 1, attributes));
    scene_wait_ms(p->s, 5);
    say_sip(p, "ACK sip:v@example SIP/2.0", 1, "ACK", true, true, NULL);
}

static void offer_again(struct play *p, const char *offered, const char *answered)
{
    p->cseq++;
    say_sip(p, "INVITE sip:v@example SIP/2.0", p->cseq, "INVITE", true, true, offered);
    say_sip(p, "SIP/2.0 200 OK", p->cseq, "INVITE", false, true, answered);
    say_sip(p, "ACK sip:v@example SIP/2.0", p->cseq, "ACK", true, true, NULL);
}

static void end(struct play *p)
{
    p->cseq++;
    say_sip(p, "BYE sip:v@example SIP/2.0", p->cseq, "BYE", true, true, NULL);
    say_sip(p, "SIP/2.0 200 OK", p->cseq, "BYE", false, true, NULL);
}

/* who: bits, 1 the caller, 2 the callee. */
static void hear(struct play *p, unsigned who, unsigned ms)
{
    for (unsigned at = 0; at < ms; at += EVERY_MS) {
        for (unsigned side = 0; side < 2; side++) {
            if (who >> side & 1)
                say(p->s, &p->talkers[side]);
        }
        scene_wait_ms(p->s, EVERY_MS);
    }
}

static void begin(struct play *p, unsigned number, unsigned pair)
{
    p->number = number;
    p->cseq = 1;
    snprintf(p->hosts[0], sizeof p->hosts[0], "203.0.113.%u", 1 + pair);
    snprintf(p->hosts[1], sizeof p->hosts[1], "198.51.100.%u", 1 + pair);
    for (int side = 0; side < 2; side++)
        p->ports[side] = (uint16_t)(10000 + 2 * (number % 20000));
    for (int side = 0; side < 2; side++) {
        snprintf(p->places[side], sizeof p->places[side], "%s:%u", p->hosts[side],
                 (unsigned)p->ports[side]);
        p->talkers[side] = (struct talker){ .ssrc = number * 2 + (unsigned)side + 1000,
                                            .ticks = 8 * EVERY_MS,
                                            .seq = (uint16_t)random_next(p->r) };
    }
    for (int side = 0; side < 2; side++) {
        p->talkers[side].src = p->places[side];
        p->talkers[side].dst = p->places[!side];
    }
}

static unsigned seconds(struct play *p)
{
    return 3500 + (unsigned)(random_next(p->r) % 4000);
}

static void play_fax(struct play *p)
{
    static const uint8_t udptl[] = { 0, 1, 1, 6, 0, 0 };
    char image[300];

    offer(p, "");
    answer(p, "");
    hear(p, 3, 1000);
    snprintf(image, sizeof image,
             "v=0\r\nc=IN IP4 %s\r\nm=audio 0 RTP/AVP 0\r\nm=image %u udptl t38\r\n", p->hosts[0],
             (unsigned)p->ports[0]);
    p->cseq++;
    say_sip(p, "INVITE sip:v@example SIP/2.0", p->cseq, "INVITE", true, true, image);
    snprintf(image, sizeof image, "v=0\r\nc=IN IP4 %s\r\nm=image %u udptl t38\r\n", p->hosts[1],
             (unsigned)p->ports[1]);
    say_sip(p, "SIP/2.0 200 OK", p->cseq, "INVITE", false, true, image);
    for (int i = 0; i < 40; i++) {
        send_bytes(p->s, p->places[0], p->places[1], slice_of(udptl, sizeof udptl));
        scene_wait_ms(p->s, 100);
    }
}

/* The phone's address is private; what the probe sees of it is the NAT's, with another port. */
static void play_nat(struct play *p)
{
    static char outside[40];
    char sdp[300];

    snprintf(sdp, sizeof sdp, "v=0\r\nc=IN IP4 192.168.1.%u\r\nm=audio 4000 RTP/AVP 0\r\n",
             1 + p->number % 200);
    say_sip(p, "INVITE sip:v@example SIP/2.0", 1, "INVITE", true, false, sdp);
    answer(p, "");
    snprintf(outside, sizeof outside, "%s:%u", p->hosts[0], 30000 + p->number % 20000);
    p->talkers[0].src = outside;
    p->talkers[1].dst = outside;
    hear(p, 3, seconds(p));
}

static void play_ice(struct play *p)
{
    char attributes[400];
    static char relay[40];

    snprintf(relay, sizeof relay, "192.0.2.%u:%u", 1 + p->number % 200, 40000 + p->number % 20000);
    snprintf(attributes, sizeof attributes,
             "a=ice-ufrag:x\r\na=candidate:1 1 UDP 99 10.1.1.1 5000 typ host\r\n"
             "a=candidate:2 1 UDP 9 192.0.2.%u %u typ relay raddr 0.0.0.0 rport 0\r\n",
             1 + p->number % 200, 40000 + p->number % 20000);
    offer(p, attributes);
    answer(p, "a=ice-ufrag:y\r\n");
    p->talkers[0].src = relay;
    p->talkers[1].dst = relay;
    hear(p, 3, seconds(p));
}

static void play_moved(struct play *p)
{
    static char moved[40];
    uint16_t before = p->ports[0];
    char sdp[600];

    offer(p, "");
    answer(p, "");
    hear(p, 3, 1500);
    p->ports[0] = (uint16_t)(before + 1000);
    memcpy(sdp, sdp_of(p, 0, ""), sizeof sdp);
    hear(p, 2, 300);
    snprintf(moved, sizeof moved, "%s:%u", p->hosts[0], (unsigned)p->ports[0]);
    offer_again(p, sdp, sdp_of(p, 1, ""));
    hear(p, 3, 500); /* still to the old address */
    p->talkers[0].src = moved;
    p->talkers[1].dst = moved;
    hear(p, 3, seconds(p));
}

static void play_reports(struct play *p)
{
    struct report heard = { .of = p->talkers[1].ssrc, .highest = 4711 };
    char src[40], dst[40];

    offer(p, "");
    answer(p, "");
    hear(p, 1, seconds(p));
    snprintf(src, sizeof src, "%s:%u", p->hosts[0], (unsigned)p->ports[0] + 1);
    snprintf(dst, sizeof dst, "%s:%u", p->hosts[1], (unsigned)p->ports[1] + 1);
    send_sr(p->s, src, dst, p->talkers[0].ssrc, 1u << 20, &heard);
    hear(p, 1, 500);
}

static void play_hold(struct play *p, enum kind kind)
{
    static const char *const words[KINDS] = {
        [HELD_BY_SENDONLY] = "a=sendonly\r\n",
        [HELD_INACTIVE] = "a=inactive\r\n",
        [HELD_AND_RESUMED] = "a=sendonly\r\n",
    };
    const char *answered = kind == HELD_INACTIVE ? "a=inactive\r\n" : "a=recvonly\r\n";

    offer(p, "");
    answer(p, "");
    hear(p, random_next(p->r) % 2 ? 3 : 1, 2000); /* it may be held before the other one spoke */
    if (kind == HELD_OLD_STYLE)
        offer_again(p, "v=0\r\nc=IN IP4 0.0.0.0\r\nm=audio 4000 RTP/AVP 0\r\n", sdp_of(p, 1, ""));
    else
        offer_again(p, sdp_of(p, 0, words[kind]), sdp_of(p, 1, answered));
    hear(p, kind == HELD_INACTIVE ? 0 : 1, seconds(p));
    if (kind != HELD_INACTIVE && random_next(p->r) % 2)
        scene_wait_ms(p->s, 3000);
    if (kind == HELD_AND_RESUMED) {
        offer_again(p, sdp_of(p, 0, ""), sdp_of(p, 1, ""));
        hear(p, 1, 800);
    }
}

static void play_one(struct play *p, enum kind kind)
{
    switch (kind) {
    case HELD_BY_SENDONLY:
    case HELD_INACTIVE:
    case HELD_OLD_STYLE:
    case HELD_AND_RESUMED:
        play_hold(p, kind);
        break;
    case HELD_FROM_THE_START:
        offer(p, "a=sendonly\r\n");
        answer(p, "a=recvonly\r\n");
        hear(p, 1, seconds(p));
        break;
    case ANSWER_RECVONLY:
        offer(p, "");
        answer(p, "a=recvonly\r\n");
        hear(p, 1, seconds(p));
        break;
    case EARLY_ONLY:
        offer(p, "");
        say_sip(p, "SIP/2.0 183 Progress", 1, "INVITE", false, true, sdp_of(p, 1, ""));
        hear(p, 2, seconds(p));
        say_sip(p, "SIP/2.0 486 Busy", 1, "INVITE", false, true, NULL);
        return;
    case EARLY_THEN_BOTH:
        offer(p, "");
        say_sip(p, "SIP/2.0 183 Progress", 1, "INVITE", false, true, sdp_of(p, 1, ""));
        hear(p, 2, seconds(p));
        answer(p, "");
        hear(p, 3, seconds(p));
        break;
    case NOISE_ONLY: /* one packet of noise before the answer, then nothing: it has nothing to say */
        offer(p, "");
        say_sip(p, "SIP/2.0 183 Progress", 1, "INVITE", false, true, sdp_of(p, 1, ""));
        p->talkers[1].payload_type = 13;
        hear(p, 2, 500);
        answer(p, "");
        hear(p, 1, seconds(p));
        break;
    case FAX:
        play_fax(p);
        break;
    case SHORT:
        offer(p, "");
        answer(p, "");
        hear(p, 1 + (unsigned)(random_next(p->r) % 2), 2000);
        break;
    case BEHIND_NAT:
        play_nat(p);
        break;
    case ICE:
        play_ice(p);
        break;
    case MOVED:
        play_moved(p);
        break;
    case BLIND_BY_REPORTS:
        play_reports(p);
        break;
    case NO_ANSWER_SEEN:
        offer(p, "");
        hear(p, 1, seconds(p));
        break;
    case BLIND_PAIR:
        offer(p, "");
        answer(p, "");
        hear(p, 1 + (p->number - 1) / CALLS_A_SCENE % 2, seconds(p));
        break;
    case BOTH_TALK:
    case KINDS:
        offer(p, "");
        answer(p, "");
        hear(p, 3, seconds(p));
        break;
    }
    end(p);
}

/* Which hosts a call runs between: blind ones have no others. */
static unsigned pair_of(enum kind kind, unsigned number)
{
    if (kind == BLIND_PAIR)
        return 200 + (number - 1) / CALLS_A_SCENE;
    return kind == BLIND_BY_REPORTS ? 150 + number % 40 : number % 100;
}

static void play_scene(struct random *r, unsigned from, unsigned count, size_t by_kind[KINDS])
{
    struct scene *s = scene_open(NULL);
    struct play p = { .s = s, .r = r };
    uint8_t kinds[CALLS_A_SCENE];

    for (unsigned i = 0; i < count; i++) {
        /* One call in six over the blind hosts: five of them come within PAIR_WAIT_NS. */
        kinds[i] = (uint8_t)(random_hits(r, 0.12) ? BLIND_PAIR : random_next(r) % KINDS);
        begin(&p, from + i, pair_of((enum kind)kinds[i], from + i));
        play_one(&p, (enum kind)kinds[i]);
        scene_wait_ms(s, 200);
    }
    scene_finish(s);
    assert_int_equal(s->call_count, count);
    for (size_t i = 0; i < s->call_count; i++) {
        const struct call_record *c = s->calls[i];
        unsigned number = (unsigned)strtoul(c->call_id.p + strlen("harmless-"), NULL, 10);
        enum kind kind = (enum kind)kinds[number - from];

        if (c->one_way == 1 || slice_eq(c->media_verdict, SLICE("no_rtp")))
            fail_msg("call %u of kind %d: %.*s %.*s", number, (int)kind, (int)c->media_verdict.len,
                     c->media_verdict.p, (int)c->media_evidence.len, c->media_evidence.p);
        if (kind == BLIND_PAIR || kind == BLIND_BY_REPORTS)
            expect_text(c->media_verdict, "capture_blind");
        by_kind[kind]++;
    }
    scene_close(s);
}

static void harmless_calls_are_never_called_one_way(void **state)
{
    struct random r = { 20261121 };
    size_t by_kind[KINDS] = { 0 };

    (void)state;
    for (unsigned from = 1; from <= CALLS; from += CALLS_A_SCENE)
        play_scene(&r, from, CALLS_A_SCENE, by_kind);
    for (int kind = 0; kind < KINDS; kind++)
        assert_true(by_kind[kind] > 50);
}

/* Between hosts that have shown both directions, and between some that never have. */
static void what_is_really_one_way_is(void **state)
{
    struct random r = { 7 };
    struct scene *s = scene_open(NULL);
    struct play p = { .s = s, .r = &r };

    (void)state;
    for (unsigned i = 1; i <= 20; i++) {
        begin(&p, i, i % 2 ? 50 : i);
        offer(&p, "");
        answer(&p, "");
        hear(&p, i == 1 ? 3 : 1 + i % 4 / 2, seconds(&p));
        end(&p);
    }
    scene_finish(s);
    for (size_t i = 0; i < s->call_count; i++) {
        bool first = slice_eq(s->calls[i]->call_id, SLICE("harmless-1"));

        expect_text(s->calls[i]->media_verdict, first ? "ok" : "one_way");
        assert_int_equal(s->calls[i]->one_way, !first);
    }
    assert_int_equal(s->call_count, 20);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmless_calls_are_never_called_one_way),
        cmocka_unit_test(what_is_really_one_way_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
