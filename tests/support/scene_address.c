/* Scenes of where media goes: candidates, one port for all, ports that move or are used again. */
#include "tests/support/scenes.h"

enum { TALK_MS = 2500 };

/* The c= line names a host of the inside; what is used stands among the candidates. */
static void ice(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_party *phone = d->party[CALL_CALLER];
    char lines[400], inside[ADDR_TEXT_MAX], outside[ADDR_TEXT_MAX];

    addr_format_ip(&phone->media, outside);
    phone->media.ip[12] = 10;
    phone->media.ip[13] = 3;
    addr_format_ip(&phone->media, inside);
    snprintf(lines, sizeof(lines),
             "a=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"
             "a=candidate:1 1 UDP 2130706431 %s %u typ host\r\n"
             "a=candidate:2 1 UDP 1694498815 %s %u typ srflx raddr %s rport %u\r\n",
             inside, phone->media.port, outside, phone->rtp.port, inside, phone->media.port);
    d->sdp[CALL_CALLER].lines_after = lines;
    play_answered_call(d);
    play_talk(d, 4000);
    play_bye(d, CALL_CALLER);
}

/* Sound and pictures on one port, RTCP too. */
static void bundle(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    char lines[CALL_SIDES][256];

    for (int side = 0; side < CALL_SIDES; side++) {
        snprintf(lines[side], sizeof(lines[side]),
                 "a=rtcp-mux\r\na=mid:a\r\nm=video %u RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
                 "a=mid:v\r\na=rtcp-mux\r\na=sendrecv\r\n",
                 d->party[side]->media.port);
        d->sdp[side].lines = "a=group:BUNDLE a v\r\n";
        d->sdp[side].lines_after = lines[side];
    }
    play_answered_call(d);
    for (int side = 0; side < CALL_SIDES; side++) {
        struct play_voice *pictures = play_voice_between(
            p, d, &d->party[side]->rtp, &d->party[call_other(side)]->rtp, &play_video);

        play_sound(pictures, p->now_ns + 10 * NS_PER_MS, p->now_ns + TALK_MS * NS_PER_MS);
        d->truth.streams++;
    }
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLEE);
}

/* A re-INVITE moves the callee's end to another port. */
static void moved(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_answered_call(d);
    play_talk(d, 1500);
    d->party[CALL_CALLEE]->media.port = (uint16_t)(d->party[CALL_CALLEE]->media.port + 16);
    d->party[CALL_CALLEE]->rtp.port = d->party[CALL_CALLEE]->media.port;
    play_reinvite(d, CALL_CALLEE, "sendrecv");
    play_new_voice(d, CALL_CALLER);
    play_new_voice(d, CALL_CALLEE);
    play_talk(d, 1500);
    play_bye(d, CALL_CALLER);
    d->truth.history = "media_moved";
}

/* The next call has the same two ports, a second after the end of the first. */
static void port_reused(struct play *p)
{
    struct play_dialog *first = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_dialog *second = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_answered_call(first);
    play_talk(first, TALK_MS);
    play_bye(first, CALL_CALLER);
    for (int side = 0; side < CALL_SIDES; side++) {
        second->own[side].media = first->own[side].media;
        second->own[side].rtp = first->own[side].rtp;
    }
    play_wait(p, 300);
    play_answered_call(second);
    play_talk(second, TALK_MS);
    play_bye(second, CALL_CALLEE);
}

/* A late offer, and both are heard before the capture point sees where. */
static void orphan(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    int64_t from_ns;

    play_ask(d, CALL_CALLER, "INVITE");
    play_reply(d, 100);
    play_reply(d, 180);
    from_ns = p->now_ns;
    play_talk(d, TALK_MS);
    p->now_ns = from_ns + 800 * NS_PER_MS;
    play_add_sdp(d, CALL_CALLEE);
    play_reply_invite(d, 200);
    play_add_sdp(d, CALL_CALLER);
    play_ack(d);
    p->now_ns = from_ns + TALK_MS * NS_PER_MS;
    play_bye(d, CALL_CALLER);
    d->truth.late_offer = 1;
    d->truth.early_media = PLAY_ANY_INT;
    d->truth.history = PLAY_ANY;
}

/* A house in which every address is private: nothing is wrong with that. */
static struct play_dialog *house(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_PHONE2);

    for (int side = 0; side < CALL_SIDES; side++) {
        struct addr *all[] = { &d->own[side].sip, &d->own[side].says, &d->own[side].media,
                               &d->own[side].rtp };

        for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
            all[i]->ip[12] = 10;
            all[i]->ip[13] = (uint8_t)(20 + side);
        }
    }
    play_answered_call(d);
    return d;
}

static void private_house(struct play *p)
{
    struct play_dialog *d = house(p);

    play_talk(d, 3500);
    play_bye(d, CALL_CALLEE);
}

/* One way there is one way, and no NAT's fault. */
static void private_one_way(struct play *p)
{
    struct play_dialog *d;

    play_talk(house(p), 500);
    d = house(p);
    play_bye(&p->dialogs[0], CALL_CALLER);
    play_speak(d, CALL_CALLEE, 4000);
    play_bye(d, CALL_CALLER);
    d->truth.verdict = "one_way";
    d->truth.one_way = 1;
}

/* The callee is heard before the answer and after it, the caller never. */
static void early_one_way(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);

    play_invite(d);
    play_add_sdp(d, CALL_CALLEE);
    play_reply(d, 183);
    play_speak(d, CALL_CALLEE, 1000);
    play_reply_invite(d, 200);
    play_ack(d);
    play_speak(d, CALL_CALLEE, 5000);
    play_bye(d, CALL_CALLER);
    d->truth.early_media = 1;
    d->truth.history = "early_media";
    d->truth.verdict = "one_way";
    d->truth.one_way = 1;
}

/* Two phones play something before one of them answers. */
static void fork_early(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_voice *second;

    play_invite(d);
    play_add_sdp(d, CALL_CALLEE);
    play_reply(d, 183);
    d->sdp[CALL_CALLEE].port = (uint16_t)(d->party[CALL_CALLEE]->media.port + 16);
    d->next.to_tag = d->tag[CALL_CALLER] ^ 0x5a5a5a5a;
    play_add_sdp(d, CALL_CALLEE);
    play_reply(d, 183);
    d->sdp[CALL_CALLEE].port = 0;
    d->party[CALL_CALLEE]->rtp.port = (uint16_t)(d->party[CALL_CALLEE]->rtp.port + 16);
    second = play_voice_between(p, d, &d->party[CALL_CALLEE]->rtp, &d->party[CALL_CALLER]->rtp,
                                &play_g729);
    d->party[CALL_CALLEE]->rtp.port = d->party[CALL_CALLEE]->media.port;
    play_sound(second, p->now_ns + 30 * NS_PER_MS, p->now_ns + 1000 * NS_PER_MS);
    d->truth.streams++;
    play_speak(d, CALL_CALLEE, 1000);
    play_answer(d);
    play_talk(d, TALK_MS);
    play_bye(d, CALL_CALLER);
    d->truth.early_media = 1;
    d->truth.history = "early_media branch";
}

/* Behind a NAT that changes the port in the middle: the same SSRC from another address. */
static void nat_rebind(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_NOMAD, ROLE_TRUNK);
    struct play_voice *before[CALL_SIDES];

    play_answered_call(d);
    play_talk(d, 2000);
    d->party[CALL_CALLER]->rtp.port = (uint16_t)(d->party[CALL_CALLER]->rtp.port + 1000);
    for (int side = 0; side < CALL_SIDES; side++) {
        before[side] = d->voice[side];
        play_new_voice(d, side);
        d->voice[side]->ssrc = before[side]->ssrc;
        d->voice[side]->seq = before[side]->seq + 100;
    }
    play_talk(d, 2000);
    play_bye(d, CALL_CALLER);
    d->truth.deviations = "private_contact private_via";
    d->truth.streams = PLAY_ANY_INT;
    d->truth.packets = INT32_MIN;
}

static const struct scene rows[] = {
    { "ice", ice, 5, SCENE_HARMLESS },
    { "bundle", bundle, 4, SCENE_HARMLESS },
    { "moved", moved, 5, SCENE_HARMLESS },
    { "port_reused", port_reused, 5, SCENE_HARMLESS },
    { "orphan", orphan, 5, SCENE_HARMLESS },
    { "private_house", private_house, 4, SCENE_HARMLESS },
    { "private_one_way", private_one_way, 3, 0 },
    { "early_one_way", early_one_way, 3, 0 },
    { "fork_early", fork_early, 4, SCENE_HARMLESS },
    { "nat_rebind", nat_rebind, 4, SCENE_HARMLESS },
};

struct scene_table scene_address_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
