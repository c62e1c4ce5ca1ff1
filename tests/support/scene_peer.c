/* Scenes beside calls: registrations, pings, a scanner, and who vouches for a number. */
#include "tests/support/scenes.h"

enum { PINGS = 4, SWEEP = 80, TOKEN_MAX = 700 };

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

/* One source tries extension after extension. */
static void scanner(struct play *p)
{
    struct play_dialog *d = registration(p);
    char source[ADDR_TEXT_MAX];

    d->own[CALL_CALLER].agent = "friendly-scanner";
    for (int n = 0; n < SWEEP; n++) {
        snprintf(d->own[CALL_CALLEE].user, CALL_USER_MAX, "%d", 100 + n);
        snprintf(d->own[CALL_CALLER].user, CALL_USER_MAX, "%d", 100 + n);
        snprintf(d->call_id, sizeof(d->call_id), "scan-%d-%u", n, (unsigned)p->index);
        attempt(d, 60, false, n % 3 ? 404 : 401);
        play_wait(p, 40);
    }
    addr_format_ip(&d->party[CALL_CALLER]->sip, source);
    for (int i = 0; i < 2; i++)
        strbuf_addf(&p->notes,
                    "{\"type\":\"label_security\",\"scene\":\"%s\",\"source\":\"%s\","
                    "\"fact\":\"%s\",\"labels\":{}}\n",
                    p->scene, source, i ? "scanner_agent" : "extension_sweep");
}

/* RFC 4648 §5, without padding. */
static void add_base64url(struct strbuf *out, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    size_t len = strlen(text);

    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = 0;
        size_t n = len - i < 3 ? len - i : 3;

        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (k < n ? (uint8_t)text[i + k] : 0);
        for (size_t k = 0; k <= n; k++)
            strbuf_add_char(out, digits[bits >> (18 - 6 * k) & 63]);
    }
}

/* Vouched for in full, in part, or only at the gateway. */
static void stir(struct play *p)
{
    static const char *const levels[] = { "A", "B", "C" };
    struct play_dialog *d = play_dialog(p, ROLE_TRUNK, ROLE_TRUNK2);
    struct strbuf out = { 0 };
    char claims[TOKEN_MAX];

    d->truth.attestation = levels[rng_below(&p->rng, 3)];
    snprintf(claims, sizeof(claims),
             "{\"attest\":\"%s\",\"dest\":{\"tn\":[\"%s\"]},\"iat\":%lld,\"orig\":{\"tn\":\"%s\"},"
             "\"origid\":\"de305d54-75b4-431b-adb2-eb6b9e546014\"}",
             d->truth.attestation, d->own[CALL_CALLEE].user + 1, (long long)(p->now_ns / NS_PER_S),
             d->own[CALL_CALLER].user + 1);
    strbuf_add_text(&out, "Identity: ");
    add_base64url(&out, "{\"alg\":\"ES256\",\"ppt\":\"shaken\",\"typ\":\"passport\","
                        "\"x5u\":\"https://cert.example.org/passport.cer\"}");
    strbuf_add_char(&out, '.');
    add_base64url(&out, claims);
    strbuf_add_text(&out, ".cm5kc2lnbmF0dXJlb2ZzaXh0eWZvdXJieXRlc3RoYXRub2JvZHl2ZXJpZmllc2hlcmU;"
                          "info=<https://cert.example.org/passport.cer>;alg=ES256;ppt=shaken\r\n");
    play_add_sdp(d, CALL_CALLER);
    d->next.headers = out.p;
    play_invite(d);
    play_reply(d, 180);
    play_answer(d);
    play_talk(d, 800);
    play_bye(d, CALL_CALLER);
    strbuf_fini(&out);
}

/* What a trunk is called, in and out. */
static void trunks(struct play *p)
{
    bool out = rng_below(&p->rng, 2);
    struct play_dialog *d =
        out ? play_dialog(p, ROLE_PHONE, ROLE_TRUNK2) : play_dialog(p, ROLE_TRUNK2, ROLE_PHONE);

    play_answered_call(d);
    play_talk(d, 800);
    play_bye(d, CALL_CALLEE);
    d->truth.trunk_out = out ? "other" : NULL;
    d->truth.trunk_in = out ? NULL : "other";
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
    { "scanner", scanner, 1, 0 },
    { "stir", stir, 5, 0 },
    { "trunks", trunks, 6, 0 },
};

struct scene_table scene_peer_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
