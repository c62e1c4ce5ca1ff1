/* Scenes that a guard wants to know of: who tries what, and who vouches for a number. */
#include "tests/support/scenes.h"

enum { SWEEP = 80, TRIES = 45, REDIALS = 26, TOKEN_MAX = 700 };

/* An address that no other scene has. */
static struct play_dialog *attack(struct play *p, const char *agent)
{
    const uint8_t ip[4] = { 198, 18, (uint8_t)(232 + p->index / 200 % 20),
                            (uint8_t)(1 + p->index % 200) };
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_PROXY);

    d->unlabelled = true;
    d->own[CALL_CALLER].sip = d->own[CALL_CALLER].says = addr_v4(ip, 5060);
    d->own[CALL_CALLER].agent = agent;
    return d;
}

static void note_fact(struct play *p, const struct play_party *who, const char *fact)
{
    char source[ADDR_TEXT_MAX];

    addr_format_ip(&who->sip, source);
    strbuf_addf(&p->notes,
                "{\"type\":\"label_security\",\"scene\":\"%s\",\"source\":\"%s\","
                "\"fact\":\"%s\",\"labels\":{}}\n",
                p->scene, source, fact);
}

/* One try of many: a Call-ID and a branch of its own. */
static void once_more(struct play_dialog *d, int n)
{
    snprintf(d->call_id, sizeof(d->call_id), "scan-%d-%u", n, (unsigned)d->play->index);
    d->tag[CALL_CALLER]++;
    d->open_call = false;
}

static void try_register(struct play_dialog *d, const char *user, bool credentials, int status)
{
    snprintf(d->own[CALL_CALLER].user, CALL_USER_MAX, "%s", user);
    snprintf(d->own[CALL_CALLEE].user, CALL_USER_MAX, "%s", user);
    d->next.headers = credentials
                          ? "Authorization: Digest username=\"x\", realm=\"example.com\", "
                            "nonce=\"5f1e\", uri=\"sip:pbx.example.com\", response=\"00\"\r\n"
                          : NULL;
    d->next.uri = "sip:pbx.example.com";
    play_ask(d, CALL_CALLER, "REGISTER");
    if (status == 401)
        d->next.headers = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"5f1e\"\r\n";
    play_reply(d, status);
}

/* One source tries extension after extension. */
static void scanner(struct play *p)
{
    struct play_dialog *d = attack(p, "friendly-scanner");
    char user[CALL_USER_MAX];

    for (int n = 0; n < SWEEP; n++) {
        snprintf(user, sizeof(user), "%d", 100 + n);
        once_more(d, n);
        try_register(d, user, false, n % 3 ? 404 : 401);
        play_wait(p, 40);
    }
    note_fact(p, d->party[CALL_CALLER], "extension_sweep");
    note_fact(p, d->party[CALL_CALLER], "scanner_agent");
}

/* One user, one password after the other. */
static void brute_force(struct play *p)
{
    struct play_dialog *d = attack(p, "Softphone/2.9");
    char user[CALL_USER_MAX];

    snprintf(user, sizeof(user), "alice%u", (unsigned)p->index);
    for (int n = 0; n < TRIES; n++) {
        once_more(d, n);
        try_register(d, user, true, n % 2 ? 403 : 401);
        play_wait(p, 500);
    }
    note_fact(p, d->party[CALL_CALLER], "register_bruteforce");
}

static void try_call(struct play_dialog *d, const char *number)
{
    snprintf(d->own[CALL_CALLEE].user, CALL_USER_MAX, "%s", number);
    play_invite(d);
    play_refuse(d, 403);
    play_wait(d->play, 800);
}

/* Numbers one after the other, each refused. */
static void number_sweep(struct play *p)
{
    struct play_dialog *d = attack(p, "Softphone/2.9");
    char user[CALL_USER_MAX];

    for (int n = 0; n < REDIALS; n++) {
        snprintf(user, sizeof(user), "+44770090%04u",
                 (unsigned)n * 7 + (unsigned)(p->index % 1000));
        once_more(d, n);
        try_call(d, user);
    }
    note_fact(p, d->party[CALL_CALLER], "invite_sweep");
    note_fact(p, d->party[CALL_CALLER], "always_refused");
}

/* The same number again and again. */
static void redial(struct play *p)
{
    struct play_dialog *d = attack(p, "Softphone/2.9");
    char user[CALL_USER_MAX];

    snprintf(user, sizeof(user), "+3538001%05u", (unsigned)p->index);
    for (int n = 0; n < REDIALS; n++) {
        once_more(d, n);
        try_call(d, user);
    }
    note_fact(p, d->party[CALL_CALLER], "number_redial");
    note_fact(p, d->party[CALL_CALLER], "always_refused");
}

/* Somebody else sends sound to the callee's port. */
static void stranger(struct play *p)
{
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_TRUNK);
    struct play_party *who = &p->cast[ROLE_NOMAD];
    struct play_voice *v;

    play_answered_call(d);
    who->sip.ip[15] = (uint8_t)(201 + p->index % 50);
    who->rtp = who->sip;
    who->rtp.port = 6666;
    v = play_voice_between(p, d, &who->rtp, &d->party[CALL_CALLEE]->rtp, &play_g729);
    play_sound(v, p->now_ns + 1500 * NS_PER_MS, p->now_ns + 3000 * NS_PER_MS);
    play_talk(d, 4000);
    play_bye(d, CALL_CALLER);
    d->truth.streams++;
    note_fact(p, who, "foreign_rtp");
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

/* A call that is vouched for, so long ago, for that caller (NULL: the one who calls). */
static struct play_dialog *vouched(struct play *p, int64_t age_s, const char *orig)
{
    static const char *const levels[] = { "A", "B", "C" };
    struct play_dialog *d = play_dialog(p, ROLE_TRUNK, ROLE_TRUNK2);
    struct strbuf out = { 0 };
    char claims[TOKEN_MAX];

    d->truth.attestation = levels[rng_below(&p->rng, 3)];
    snprintf(claims, sizeof(claims),
             "{\"attest\":\"%s\",\"dest\":{\"tn\":[\"%s\"]},\"iat\":%lld,\"orig\":{\"tn\":\"%s\"},"
             "\"origid\":\"de305d54-75b4-431b-adb2-eb6b9e546014\"}",
             d->truth.attestation, d->own[CALL_CALLEE].user + 1,
             (long long)(p->now_ns / NS_PER_S - age_s), orig ? orig : d->own[CALL_CALLER].user + 1);
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
    return d;
}

static void stir(struct play *p)
{
    vouched(p, 0, NULL);
}

static void stir_expired(struct play *p)
{
    struct play_dialog *d = vouched(p, 600, NULL);

    note_fact(p, d->party[CALL_CALLER], "stir_expired");
}

static void stir_mismatch(struct play *p)
{
    struct play_dialog *d = vouched(p, 0, "447700900001");

    note_fact(p, d->party[CALL_CALLER], "stir_mismatch");
}

static const struct scene rows[] = {
    { "scanner", scanner, 1, 0 },           { "brute_force", brute_force, 1, 0 },
    { "number_sweep", number_sweep, 1, 0 }, { "redial", redial, 1, 0 },
    { "stranger", stranger, 3, 0 },         { "stir", stir, 5, 0 },
    { "stir_expired", stir_expired, 2, 0 }, { "stir_mismatch", stir_mismatch, 2, 0 },
};

struct scene_table scene_guard_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
