/* Troubles that only many show: users that are lost together, floods, passwords in clear; and what comes
 * near. Each is played by its name alone. */
#include "tests/support/scenes.h"

enum {
    USERS = 40,
    STAY = 6,      /* of those, after the loss */
    GONE_HOME = 6, /* of those, on an ordinary evening */
    ROUNDS = 8,    /* of refreshes */
    SPREAD = 70,   /* tries, each from another address */
    CLUMSY = 25,   /* tries of somebody who mistyped it */
    FLOOD = 1600,  /* requests */
    FLOOD_GAP = 6, /* ms between them */
};

static struct play_dialog *phone_of(struct play *p, unsigned host)
{
    const uint8_t ip[4] = { 198, 18, (uint8_t)(228 + p->index % 4), (uint8_t)host };
    struct play_dialog *d = play_dialog(p, ROLE_PHONE, ROLE_PROXY);

    d->unlabelled = true;
    d->own[CALL_CALLER].sip = d->own[CALL_CALLER].says = addr_v4(ip, 5060);
    return d;
}

/* One more request of the dialog's phone, as another phone, with a Call-ID of its own. */
static void become(struct play_dialog *d, unsigned host, const char *user, int n)
{
    d->own[CALL_CALLER].sip.ip[15] = d->own[CALL_CALLER].says.ip[15] = (uint8_t)host;
    snprintf(d->own[CALL_CALLER].user, CALL_USER_MAX, "%s", user);
    snprintf(d->own[CALL_CALLEE].user, CALL_USER_MAX, "%s", user);
    snprintf(d->call_id, sizeof(d->call_id), "trouble-%d-%u", n, (unsigned)d->play->index);
    d->tag[CALL_CALLER]++;
    d->open_call = false;
}

/* status 0: nobody answers. */
static void sign_in(struct play_dialog *d, const char *more, int status)
{
    char headers[320], at[ADDR_TEXT_MAX];

    addr_format(&d->own[CALL_CALLER].says, at);
    snprintf(headers, sizeof(headers), "Contact: <sip:%s@%s>\r\nExpires: 60\r\n%s",
             d->own[CALL_CALLER].user, at, more);
    d->next.headers = headers;
    d->next.uri = "sip:pbx.example.com";
    d->next.no_contact = true;
    play_ask(d, CALL_CALLER, "REGISTER");
    if (!status)
        return;
    if (status == 200) {
        snprintf(headers, sizeof(headers), "Contact: <sip:%s@%s>;expires=60\r\n",
                 d->own[CALL_CALLER].user, at);
        d->next.headers = headers;
    }
    play_reply(d, status);
}

/* So many users, of whom so many are still there after the second round; then the registrar answers
 * like that. */
static void users(struct play *p, int stay, int status)
{
    struct play_dialog *d = phone_of(p, 1);
    char user[CALL_USER_MAX];

    for (int round = 0; round < ROUNDS; round++) {
        int64_t begin_ns = p->now_ns;

        for (int n = 0; n < (round < 2 ? USERS : stay); n++) {
            snprintf(user, sizeof(user), "desk%d", 100 + n);
            become(d, (unsigned)n + 1, user, 1000 * round + n);
            sign_in(d, "", round < 2 ? 200 : status);
            play_wait(p, 500);
        }
        p->now_ns = begin_ns + 45000 * NS_PER_MS;
    }
}

static void users_lost(struct play *p)
{
    users(p, STAY, 200);
}

static void users_go_home(struct play *p)
{
    users(p, USERS - GONE_HOME, 200);
}

static void users_refused(struct play *p)
{
    users(p, USERS, 503);
}

static void users_unanswered(struct play *p)
{
    users(p, USERS, 0);
}

#define DIGEST                                                                                     \
    "Authorization: Digest username=\"x\", realm=\"example.com\", nonce=\"5f1e\", "                \
    "uri=\"sip:pbx.example.com\", response=\"00\"\r\n"

/* One user, each password from another address. */
static void brute_force_spread(struct play *p)
{
    struct play_dialog *d = phone_of(p, 1);

    for (int n = 0; n < SPREAD; n++) {
        become(d, (unsigned)n + 1, "carol", n);
        sign_in(d, DIGEST, 403);
        play_wait(p, 2000);
    }
}

/* A phone whose password somebody mistyped. */
static void wrong_password(struct play *p)
{
    struct play_dialog *d = phone_of(p, 7);

    for (int n = 0; n < CLUMSY; n++) {
        become(d, 7, "dave", n);
        sign_in(d, DIGEST, 403);
        play_wait(p, 12000);
    }
}

static void basic_password(struct play *p)
{
    struct play_dialog *d = phone_of(p, 9);

    become(d, 9, "erin", 0);
    sign_in(d, "Authorization: Basic ZXJpbjpzZWNyZXQ=\r\n", 200);
}

/* Request after request, answered or not. */
static void requests(struct play *p, bool answered)
{
    struct play_dialog *d = phone_of(p, 66);

    for (int n = 0; n < FLOOD; n++) {
        int64_t begin_ns = p->now_ns;

        become(d, 66, "ping", n);
        play_ask(d, CALL_CALLER, "OPTIONS");
        if (answered)
            play_reply(d, 200);
        p->now_ns = begin_ns + FLOOD_GAP * NS_PER_MS;
    }
}

static void flood(struct play *p)
{
    requests(p, false);
}

static void busy_pings(struct play *p)
{
    requests(p, true);
}

static const struct scene rows[] = {
    { "users_lost", users_lost, 1, SCENE_APART },
    { "users_go_home", users_go_home, 1, SCENE_APART },
    { "users_refused", users_refused, 1, SCENE_APART },
    { "users_unanswered", users_unanswered, 1, SCENE_APART },
    { "brute_force_spread", brute_force_spread, 1, SCENE_APART },
    { "wrong_password", wrong_password, 1, SCENE_APART },
    { "basic_password", basic_password, 1, SCENE_APART },
    { "flood", flood, 1, SCENE_APART },
    { "busy_pings", busy_pings, 1, SCENE_APART },
};

struct scene_table scene_trouble_table(void)
{
    return (struct scene_table){ rows, sizeof(rows) / sizeof(rows[0]) };
}
