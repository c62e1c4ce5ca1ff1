/* Scenes beside calls: registrations, pings, and what else one host asks another. */
#include "tests/support/scenes.h"

enum { PINGS = 4 };

/* An address that no other scene has. */
static struct addr own_host(const struct play *p, unsigned last)
{
    const uint8_t ip[4] = { 198, 18, (uint8_t)(32 + p->index / 100 % 200),
                            (uint8_t)(2 * (1 + p->index % 100) + last) };

    return addr_v4(ip, 5060);
}

/* Not a call: a phone and its registrar. */
static struct play_dialog *registration(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_PROXY);

    d->unlabelled = true;
    d->own[CALL_CALLER].sip = d->own[CALL_CALLER].says = own_host(p, 0);
    snprintf(d->own[CALL_CALLER].user, CALL_USER_MAX, "reg%u", (unsigned)p->index);
    memcpy(d->own[CALL_CALLEE].user, d->own[CALL_CALLER].user, CALL_USER_MAX);
    d->own[CALL_CALLEE].host = d->own[CALL_CALLER].host;
    return d;
}

static void attempt(struct play_dialog *d, int expires_s, bool credentials, int status)
{
    const struct play_party *phone = d->party[CALL_CALLER];
    char contact[256], at[ADDR_TEXT_MAX], granted[256];

    addr_format(&phone->says, at);
    snprintf(contact, sizeof(contact), "Contact: <sip:%s@%s>\r\nExpires: %d\r\n%s", phone->user, at,
             expires_s,
             credentials ? "Authorization: Digest username=\"r\", realm=\"example.com\", "
                           "nonce=\"5f1e\", uri=\"sip:pbx.example.com\", "
                           "response=\"6629fae49393a05397450978507c4ef1\"\r\n"
                         : "");
    snprintf(granted, sizeof(granted), "Contact: <sip:%s@%s>;expires=%d\r\n", phone->user, at,
             expires_s);
    d->next.headers = contact;
    d->next.uri = "sip:pbx.example.com";
    d->next.no_contact = true;
    play_ask(d, CALL_CALLER, "REGISTER");
    if (!status)
        return;
    if (status == 200 && expires_s)
        d->next.headers = granted;
    if (status == 401)
        d->next.headers = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"5f1e\"\r\n";
    play_reply(d, status);
}

static void note_registration(struct play_dialog *d, const char *state, const char *counts)
{
    char source[ADDR_TEXT_MAX];

    addr_format_ip(&d->party[CALL_CALLER]->sip, source);
    strbuf_addf(&d->play->notes,
                "{\"type\":\"label_registration\",\"scene\":\"%s\",\"user\":\"%s\","
                "\"source\":\"%s\",\"labels\":{\"state\":\"%s\",%s}}\n",
                d->play->scene, d->party[CALL_CALLER]->user, source, state, counts);
}

static void register_challenged(struct play *p)
{
    struct play_dialog *d = registration(p);

    attempt(d, 3600, false, 401);
    attempt(d, 3600, true, 200);
    note_registration(d, "registered", "\"successes\":1,\"failures\":0,\"flaps\":0");
}

static void register_refused(struct play *p)
{
    struct play_dialog *d = registration(p);

    attempt(d, 3600, false, 401);
    attempt(d, 3600, true, 403);
    note_registration(d, "refused", "\"successes\":0,\"failures\":1,\"last_status\":403");
}

/* Never refreshed. */
static void register_expired(struct play *p)
{
    struct play_dialog *d = registration(p);

    attempt(d, 60, false, 200);
    note_registration(d, "expired", "\"successes\":1,\"failures\":0,\"flaps\":0");
}

/* Gone after a minute, back after two, twice. */
static void register_flaps(struct play *p)
{
    struct play_dialog *d = registration(p);

    for (int n = 0; n < 3; n++) {
        attempt(d, n < 2 ? 60 : 3600, false, 200);
        play_wait(p, 120000);
    }
    note_registration(d, "registered", "\"successes\":3,\"failures\":0,\"flaps\":2");
}

static void register_removed(struct play *p)
{
    struct play_dialog *d = registration(p);

    attempt(d, 3600, false, 200);
    play_wait(p, 5000);
    attempt(d, 0, false, 200);
    note_registration(d, "removed", "\"successes\":2,\"failures\":0,\"flaps\":0");
}

static void ping(struct play *p, struct play_dialog *d, bool answered)
{
    int64_t begin_ns = p->now_ns;
    struct play_said said;

    d->next.headers = "Accept: application/sdp\r\n";
    play_ask(d, CALL_CALLER, "OPTIONS");
    said = d->request;
    if (answered)
        play_reply(d, 200);
    for (int n = 0; !answered && n < 6; n++) {
        play_wait(p, n < 3 ? 500 << n : 4000);
        d->next = (struct play_extra){ .headers = "Accept: application/sdp\r\n",
                                       .repeat = true,
                                       .cseq = said.cseq,
                                       .transaction = said.transaction };
        play_ask(d, CALL_CALLER, "OPTIONS");
    }
    p->now_ns = begin_ns + 40000 * NS_PER_MS;
}

/* Each ping is a dialog of its own. */
static struct play_dialog *next_ping(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PROXY, ROLE_TRUNK);

    d->unlabelled = true;
    d->own[CALL_CALLER].sip = d->own[CALL_CALLER].says = own_host(p, 0);
    d->own[CALL_CALLEE].sip = d->own[CALL_CALLEE].says = own_host(p, 1);
    return d;
}

static void note_peer(const struct play_dialog *d, const char *labels)
{
    char source[ADDR_TEXT_MAX], target[ADDR_TEXT_MAX];

    addr_format_ip(&d->party[CALL_CALLER]->sip, source);
    addr_format_ip(&d->party[CALL_CALLEE]->sip, target);
    strbuf_addf(&d->play->notes,
                "{\"type\":\"label_peer\",\"scene\":\"%s\",\"source\":\"%s\",\"target\":\"%s\","
                "\"labels\":{%s}}\n",
                d->play->scene, source, target, labels);
}

static void pings(struct play *p)
{
    for (int n = 0; n < PINGS; n++)
        ping(p, next_ping(p), true);
    note_peer(&p->dialogs[0], "\"state\":\"up\",\"pings\":4,\"answered\":4,\"unanswered\":0,"
                              "\"flaps\":0");
}

/* Up, down for three pings, and up again. */
static void pings_outage(struct play *p)
{
    for (int n = 0; n < 6; n++)
        ping(p, next_ping(p), n < 2 || n > 4);
    note_peer(&p->dialogs[0], "\"state\":\"up\",\"pings\":6,\"answered\":3,\"unanswered\":3,"
                              "\"flaps\":1");
}

static void pings_down(struct play *p)
{
    for (int n = 0; n < 5; n++)
        ping(p, next_ping(p), n < 1);
    note_peer(&p->dialogs[0], "\"state\":\"down\",\"pings\":5,\"answered\":1,\"unanswered\":4,"
                              "\"flaps\":0");
}

/* What else hosts ask each other: each counted, and of a message not a word kept. */
static void requests(struct play *p)
{
    static const struct {
        const char *method, *headers, *body, *type;
        int from;
    } asked[] = {
        { "SUBSCRIBE", "Event: presence\r\nExpires: 600\r\n", NULL, NULL, CALL_CALLER },
        { "NOTIFY", "Event: presence\r\nSubscription-State: active\r\n", "<presence/>",
          "application/pidf+xml", CALL_CALLEE },
        { "MESSAGE", NULL, "hello", "text/plain", CALL_CALLER },
        { "MESSAGE", NULL, "again", "text/plain", CALL_CALLER },
        { "PUBLISH", "Event: presence\r\nExpires: 600\r\n", "<presence/>", "application/pidf+xml",
          CALL_CALLER },
    };

    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        struct play_dialog *d = next_ping(p);

        d->next.headers = asked[i].headers;
        d->next.body = asked[i].body;
        d->next.type = asked[i].type;
        play_exchange(d, asked[i].from, asked[i].method, 200);
    }
    note_peer(&p->dialogs[0], "\"subscribe\":1,\"notify\":0,\"message\":2,\"publish\":1,"
                              "\"state\":\"unknown\"");
}

/* Over the second trunk. */
static void trunks(struct play *p)
{
    struct play_dialog *d = rng_below(&p->rng, 2) ? play_dialog(p, ROLE_PHONE, ROLE_TRUNK2)
                                                  : play_dialog(p, ROLE_TRUNK2, ROLE_PHONE);

    play_answered_call(d);
    play_talk(d, 800);
    play_bye(d, CALL_CALLEE);
}

static const struct scene rows[] = {
    { "register_challenged", register_challenged, 4, 0 },
    { "register_refused", register_refused, 3, 0 },
    { "register_expired", register_expired, 3, 0 },
    { "register_flaps", register_flaps, 2, 0 },
    { "register_removed", register_removed, 3, 0 },
    { "pings", pings, 3, 0 },
    { "pings_outage", pings_outage, 3, 0 },
    { "pings_down", pings_down, 3, 0 },
    { "requests", requests, 3, 0 },
    { "trunks", trunks, 6, 0 },
};

struct scene_table scene_peer_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
