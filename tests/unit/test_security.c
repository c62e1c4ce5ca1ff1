/*
 * test_security - each fact: what makes it, and what looks like it and does not.
 */
#include "tests/unit/security_scene.h"

static void known_tools(void **state)
{
    static const struct {
        const char *agent;
        bool fires;
    } rows[] = {
        { "friendly-scanner", true },
        { "Friendly-Scanner v0.3", true },
        { "sipvicious", true },
        { "sipcli/v1.8", true },
        { "sundayddr", true },
        { "VaxSIPUserAgent/3.1", true },
        { "pplsip", true },
        { "Asterisk PBX 18.4", false },
        { "Yealink SIP-T46S", false },
        { "SIPp", false },
        { "friendly", false },
        { "my friendly-scanner", false },
        { "sip", false },
        { "smartphone", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open();

        say(s, "OPTIONS", .agent = rows[i].agent);
        if (told(s, "scanner_agent") != rows[i].fires)
            fail_msg("%s", rows[i].agent);
        if (rows[i].fires) {
            expect_text(last(s)->source, "203.0.113.1");
            expect_text(last(s)->call_id, "call-0");
            assert_int_equal(last(s)->count, 1);
        }
        scene_close(s);
    }
}

/* Asks for user after user; each is answered with that status. */
static void sweep(struct scene *s, const char *method, const char *status, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        char user[16];

        snprintf(user, sizeof user, "%d", 100 + i);
        say(s, method, .user = user);
        say(s, status, .of = method, .user = user);
        wait_ms(s, 100);
    }
}

static void a_sweep_of_extensions(void **state)
{
    static const char *const refusals[] = { "401", "403", "404", "407" };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct scene *s = scene_open();

        sweep(s, "REGISTER", refusals[i], 0, 25);
        assert_int_equal(told(s, "extension_sweep"), 0); /* it may turn out well yet */
        wait_ms(s, 10000);
        assert_int_equal(told(s, "extension_sweep"), 1);
        assert_in_range(last(s)->distinct, 20, 25);
        assert_int_equal(last(s)->threshold, 20);
        assert_int_equal(last(s)->window_s, 300);
        assert_non_null(strstr(evidence(s), "\"user\":\"1"));
        sweep(s, "REGISTER", refusals[i], 25, 500);
        assert_in_range(told(s, "extension_sweep"), 4, 7); /* 50 s, every ten */
        assert_in_range(last(s)->distinct, 300, 700);
        wait_ms(s, 400000);
        assert_in_range(told(s, "extension_sweep"), 5, 8); /* and the last word */
        scene_close(s);
    }
}

static void no_sweep_of_extensions(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    sweep(s, "REGISTER", "404", 0, 19);
    sweep(s, "REGISTER", "503", 100, 50); /* trouble of the registrar */
    sweep(s, "REGISTER", "200", 200, 50);
    wait_ms(s, 60000);
    scene_expect_nothing(s);
    scene_close(s);
    s = scene_open(); /* one in four of a proxy's users */
    for (int n = 0; n < 200; n += 4) {
        sweep(s, "REGISTER", "404", n, 1);
        sweep(s, "REGISTER", "200", n + 1, 3);
    }
    wait_ms(s, 60000);
    scene_expect_nothing(s);
    scene_close(s);
}

/* A whole office comes back after a power cut: 200 phones behind one address, all challenged at once. */
static void an_office_comes_back(void **state)
{
    struct scene *s = scene_open();
    char user[16];

    (void)state;
    for (int step = 0; step < 4; step++) {
        for (int i = 0; i < 200; i++) {
            snprintf(user, sizeof user, "%d", 100 + i);
            switch (step) {
            case 0:
                say(s, "REGISTER", .user = user);
                break;
            case 1:
                say(s, "401", .of = "REGISTER", .user = user);
                break;
            case 2:
                say(s, "REGISTER", .user = user, .extra = DIGEST);
                break;
            default:
                say(s, "200", .of = "REGISTER", .user = user);
                break;
            }
        }
        wait_ms(s, 3000);
    }
    wait_ms(s, 60000);
    scene_expect_nothing(s);
    scene_close(s);
}

/* The registrar refuses everybody: these users are known, it is no guess. */
static void a_registrar_fails(void **state)
{
    struct scene *s = scene_open();
    char user[16];

    (void)state;
    for (int i = 0; i < 60; i++) {
        snprintf(user, sizeof user, "%d", 100 + i);
        registered(s, user, "203.0.113.1:5060");
    }
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < 60; i++) {
            snprintf(user, sizeof user, "%d", 100 + i);
            say(s, "REGISTER", .user = user, .extra = DIGEST);
            say(s, "403", .of = "REGISTER", .user = user);
        }
        wait_ms(s, 30000);
    }
    scene_expect_nothing(s);
    scene_close(s);
}

static void a_sweep_of_numbers(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    sweep(s, "INVITE", "404", 0, 30);
    wait_ms(s, 10000);
    assert_int_equal(told(s, "invite_sweep"), 1);
    assert_int_equal(told(s, "extension_sweep"), 0);
    assert_non_null(strstr(evidence(s), "\"number\":\"1"));
    scene_close(s);
    s = scene_open(); /* busy, ringing, cancelled: they are there */
    sweep(s, "INVITE", "486", 0, 100);
    sweep(s, "INVITE", "487", 100, 100);
    sweep(s, "INVITE", "480", 200, 100);
    sweep(s, "INVITE", "404", 300, 30);
    wait_ms(s, 60000);
    scene_expect_nothing(s);
    scene_close(s);
    s = scene_open(); /* challenged, and then ringing ten seconds later */
    for (int i = 0; i < 100; i++) {
        char user[16];

        snprintf(user, sizeof user, "%d", i);
        say(s, "INVITE", .user = user);
        say(s, "407", .user = user);
        say(s, "INVITE", .user = user, .extra = DIGEST);
        wait_ms(s, 50);
    }
    wait_ms(s, 10000);
    sweep(s, "INVITE", "180", 0, 100);
    wait_ms(s, 60000);
    scene_expect_nothing(s);
    scene_close(s);
}

static void passwords_are_tried(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    for (int i = 0; i < 50; i++) {
        say(s, "REGISTER", .user = "100", .extra = DIGEST);
        say(s, i % 2 ? "403" : "401", .of = "REGISTER", .user = "100");
        wait_ms(s, 200);
    }
    wait_ms(s, 10000);
    assert_int_equal(told(s, "register_bruteforce"), 1);
    assert_in_range(last(s)->count, 30, 50);
    expect_text(last(s)->source, "203.0.113.1");
    for (int i = 0; i < 50; i++) {
        say(s, "REGISTER", .user = "100", .extra = DIGEST);
        say(s, "401", .of = "REGISTER", .user = "100");
        wait_ms(s, 200);
    }
    assert_true(told(s, "register_bruteforce") > 1); /* of the user, too */
    scene_close(s);
}

static void passwords_are_tried_from_everywhere(void **state)
{
    struct scene *s = scene_open();
    const struct security_record *r;
    char src[32];

    (void)state;
    registered(s, "100", "192.0.2.1:5060");
    for (int i = 0; i < 100; i++) {
        snprintf(src, sizeof src, "10.0.%d.1:5060", i);
        say(s, "REGISTER", .user = "100", .src = src, .extra = DIGEST);
        say(s, "401", .of = "REGISTER", .user = "100", .src = src);
        wait_ms(s, 1000);
    }
    assert_true(told(s, "register_bruteforce") >= 1);
    r = last(s);
    assert_null(r->source.p);
    expect_text(r->subject, "100");
    assert_int_equal(r->threshold, 60);
    assert_in_range(r->distinct, 40, 100);
    assert_non_null(strstr(evidence(s), "\"source\":\"10.0."));
    scene_close(s);
}

static void no_passwords_are_tried(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    for (int i = 0; i < 120; i++) { /* a phone with a wrong password, every 30 s for an hour */
        say(s, "REGISTER", .user = "100");
        say(s, "401", .of = "REGISTER", .user = "100");
        say(s, "REGISTER", .user = "100", .extra = DIGEST);
        say(s, "403", .of = "REGISTER", .user = "100");
        wait_ms(s, 30000);
    }
    scene_expect_nothing(s);
    for (int i = 0; i < 300; i++) { /* nobody answers, or the mirror does not show it */
        say(s, "REGISTER", .user = "101", .extra = DIGEST);
        wait_ms(s, 100);
    }
    scene_expect_nothing(s);
    for (int i = 0; i < 1000; i++) { /* phones behind one address */
        char user[16];

        snprintf(user, sizeof user, "%d", 1000 + i);
        say(s, "REGISTER", .user = user, .extra = DIGEST);
        say(s, "401", .of = "REGISTER", .user = user); /* the nonce is stale */
        say(s, "REGISTER", .user = user, .extra = DIGEST);
        say(s, "200", .of = "REGISTER", .user = user);
        wait_ms(s, 20);
    }
    wait_ms(s, 20000);
    scene_expect_nothing(s);
    scene_close(s);
}

static void a_new_network(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    registered(s, "100", "203.0.113.1:5060");
    registered(s, "100", "198.18.0.1:5060"); /* on the first day all is new */
    wait_ms(s, 25 * 3600 * 1000);
    registered(s, "100", "203.0.113.77:5060"); /* the same /24 */
    registered(s, "100", "198.18.0.9:1234");
    scene_expect_nothing(s);
    registered(s, "100", "192.0.2.5:5060");
    assert_int_equal(told(s, "new_network"), 1);
    expect_text(last(s)->subject, "100");
    expect_text(last(s)->source, "192.0.2.5");
    assert_non_null(strstr(evidence(s), "\"network\":\"192.0.2.0/24\""));
    registered(s, "100", "192.0.2.6:5060");
    registered(s, "200", "192.0.9.6:5060"); /* a new user has no past */
    assert_int_equal(told(s, "new_network"), 1);
    registered(s, "100", "[2001:db8:1:2::5]:5060");
    assert_int_equal(told(s, "new_network"), 2);
    registered(s, "100", "[2001:db8:1:3::5]:5060"); /* the same /48 */
    for (int i = 0; i < 20; i++) {                  /* who is on the road all day */
        char src[32];

        snprintf(src, sizeof src, "10.0.%d.1:5060", i);
        registered(s, "100", src);
    }
    assert_int_equal(told(s, "new_network"), 2 + 4); /* up to eight networks */
    scene_close(s);
}

static void calls_that_are_always_refused(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    for (int i = 0; i < 9; i++)
        call(s, .status = 403);
    scene_expect_nothing(s);
    call(s, .status = 404);
    assert_int_equal(told(s, "always_refused"), 1);
    assert_int_equal(last(s)->count, 10);
    assert_int_equal(last(s)->call, 10);
    scene_close(s);
    s = scene_open();
    for (int i = 0; i < 50; i++)
        call(s, .status = i % 10 == 0 ? 486 : 404, .to = i % 2 ? "+4930111" : "+4930112");
    assert_int_equal(told(s, "always_refused"), 0); /* the busy one is a number that is right */
    scene_close(s);
    s = scene_open();
    for (int i = 0; i < 50; i++) {
        char to[16];

        snprintf(to, sizeof to, "+49301%d", i);
        call(s, .status = 503, .to = to); /* trouble of the server */
        call(s, .status = 408, .to = to);
    }
    scene_expect_nothing(s);
    scene_close(s);
}

static void a_number_is_dialled_again_and_again(void **state)
{
    struct scene *s = scene_open();
    char src[32];

    (void)state;
    for (int i = 0; i < 25; i++) {
        snprintf(src, sizeof src, "10.0.%d.1:5060", i);
        call(s, .status = 404, .to = "+88213", .src = src);
        call(s, .status = 200, .to = "+4930", .src = src);
        wait_ms(s, 1000);
    }
    assert_int_equal(told(s, "number_redial"), 1);
    assert_null(last(s)->source.p);
    expect_text(last(s)->subject, "+88213");
    assert_int_equal(last(s)->count, 20);
    assert_int_equal(last(s)->distinct, 20);
    scene_close(s);
    s = scene_open(); /* from one source */
    for (int i = 0; i < 25; i++)
        call(s, .status = 404, .to = "+88213");
    assert_int_equal(told(s, "number_redial"), 1);
    expect_text(last(s)->source, "203.0.113.1");
    scene_close(s);
    s = scene_open(); /* a busy line is dialled again by everybody */
    for (int i = 0; i < 100; i++) {
        call(s, .status = 486, .to = "+4930555");
        call(s, .status = i % 5 ? 603 : 200, .to = "+4930556"); /* every fifth is answered */
    }
    assert_int_equal(told(s, "number_redial"), 0);
    scene_close(s);
}

static void a_destination_is_new(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    for (int i = 0; i < 300; i++)
        call(s, .to = "+4930123", .destination = i % 2 ? "Germany" : "France",
             .prefix = i % 2 ? "49" : "33");
    call(s, .to = "+8821", .destination = "Satellite", .prefix = "8821");
    scene_expect_nothing(s); /* it learns */
    wait_ms(s, 25 * 3600 * 1000);
    call(s, .to = "+4930123", .destination = "Germany", .prefix = "49");
    call(s, .to = "+88213", .destination = "Satellite", .prefix = "8821");
    scene_expect_nothing(s);
    call(s, .to = "+37127", .destination = "Latvia", .prefix = "371");
    assert_int_equal(told(s, "new_destination"), 1);
    expect_text(last(s)->subject, "Latvia");
    assert_non_null(strstr(evidence(s), "\"prefix\":\"371\""));
    wait_ms(s, 11000);
    call(s, .to = "+37127", .destination = "Latvia", .prefix = "371");
    assert_int_equal(told(s, "new_destination"), 2);
    assert_int_equal(last(s)->count, 2);
    wait_ms(s, 2 * 3600 * 1000);
    assert_int_equal(told(s, "new_destination"), 3); /* the last word */
    call(s, .to = "+37127", .destination = "Latvia", .prefix = "371");
    assert_int_equal(told(s, "new_destination"), 3);
    scene_close(s);
}

/* The scene begins at 10:00 UTC. */
static void calls_abroad_at_night(void **state)
{
    static const struct {
        int from, to, wait_h;
        const char *number;
        bool fires;
    } rows[] = {
        { 8, 18, 0, "+37127", false },  { 8, 18, 7, "+37127", false }, /* 17 o'clock */
        { 8, 18, 8, "+37127", true },   { 8, 18, 15, "+37127", true }, /* 18, 1 o'clock */
        { 8, 18, 8, "+493012", false }, { 0, 0, 15, "+37127", false },
        { 11, 18, 0, "+37127", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open_hours(rows[i].from, rows[i].to);

        wait_ms(s, rows[i].wait_h * INT64_C(3600000));
        for (int n = 0; n < 9; n++)
            call(s, .to = rows[i].number);
        scene_expect_nothing(s);
        call(s, .to = rows[i].number);
        if (told(s, "out_of_hours") != rows[i].fires)
            fail_msg("row %zu", i);
        scene_close(s);
    }
}

static void credentials_in_clear(void **state)
{
    static const struct {
        const char *extra, *src;
        uint8_t transport;
        int clear, downgrade;
    } rows[] = {
        { BASIC, NULL, TRANSPORT_UDP, 1, 0 },
        { BASIC, NULL, TRANSPORT_TCP, 1, 0 },
        { "Proxy-Authorization: BASIC eDp5\r\n", NULL, TRANSPORT_UDP, 1, 0 },
        { BASIC, NULL, TRANSPORT_TLS, 0, 0 },
        { DIGEST, NULL, TRANSPORT_UDP, 0, 0 }, /* what everybody does */
        { DIGEST, "192.0.2.10:5060", TRANSPORT_UDP, 1, 1 },
        { DIGEST, "192.0.2.10:5060", TRANSPORT_TLS, 0, 0 },
        { "", "192.0.2.10:5060", TRANSPORT_UDP, 0, 1 },
        { "", "192.0.2.10:5060", TRANSPORT_TLS, 0, 0 },
        { DIGEST, "192.0.2.20:5060", TRANSPORT_UDP, 0, 0 }, /* of a trunk that may be plain */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open();

        say(s, "INVITE", .extra = rows[i].extra, .src = rows[i].src,
            .transport = rows[i].transport);
        if (told(s, "clear_credentials") != rows[i].clear ||
            told(s, "downgrade") != rows[i].downgrade)
            fail_msg("row %zu", i);
        if (s->count)
            assert_null(strstr(evidence(s), "eDp5")); /* the secret is in no record */
        if (rows[i].downgrade)
            expect_text(last(s)->trunk, "vault");
        scene_close(s);
    }
}

static void towards_an_encrypted_trunk(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    say(s, "INVITE", .dst = "192.0.2.10:5060");
    assert_int_equal(told(s, "downgrade"), 1);
    expect_text(last(s)->subject, "signalling");
    scene_close(s);
}

static void streams_that_should_not_be(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    call(s, .stream = "203.0.113.1:4000");
    scene_expect_nothing(s);
    call(s, .stream = "192.0.2.10:4000", .srtp = true);
    scene_expect_nothing(s);
    call(s, .stream = "192.0.2.20:4000");
    scene_expect_nothing(s);
    call(s, .stream = "192.0.2.10:4000");
    assert_int_equal(told(s, "downgrade"), 1);
    expect_text(last(s)->subject, "media");
    expect_text(last(s)->trunk, "vault");
    call(s, .stream = "203.0.113.1:4000", .trunk = "vault", .src = "203.0.113.9:5060");
    assert_int_equal(told(s, "downgrade"), 2);
    call(s, .stream = "10.9.9.9:4000", .foreign = true);
    assert_int_equal(told(s, "foreign_rtp"), 1);
    expect_text(last(s)->source, "10.9.9.9");
    expect_text(last(s)->subject, "198.51.100.1:6000");
    scene_close(s);
}

static void a_flood(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    for (int i = 0; i < 900; i++) {
        say(s, "OPTIONS");
        wait_ms(s, 10);
    }
    scene_expect_nothing(s); /* not a thousand in ten seconds */
    for (int i = 0; i < 3000; i++) {
        say(s, "OPTIONS");
        wait_ms(s, 2);
    }
    assert_int_equal(told(s, "flood"), 1);
    assert_true(last(s)->count >= 1000);
    scene_close(s);
    s = scene_open(); /* as many, and they lead on */
    for (int i = 0; i < 5000; i++) {
        say(s, "INVITE");
        if (i % 4 == 0)
            say(s, "180");
        wait_ms(s, 2);
    }
    scene_expect_nothing(s);
    scene_close(s);
}

static void identities(void **state)
{
    static const struct {
        double age_s;
        int orig, dest, mismatch, expired;
    } rows[] = {
        { 1, 1, 1, 0, 0 },   { 59, 1, 1, 0, 0 },    { -59, 1, 1, 0, 0 }, { 61, 1, 1, 0, 1 },
        { -61, 1, 1, 0, 1 }, { NAN, -1, -1, 0, 0 }, { NAN, 0, 1, 1, 0 }, { 1, 1, 0, 1, 0 },
        { 99, 0, 0, 1, 1 },  { 1, -1, 1, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open();
        const struct security_identity identity = { .age_s = rows[i].age_s,
                                                    .orig_matches = (int8_t)rows[i].orig,
                                                    .dest_matches = (int8_t)rows[i].dest,
                                                    .orig = "+1215",
                                                    .from_user = SLICE("alice") };
        struct sip_msg msg = { .call_id = SLICE("c") };
        struct datagram d = { .time_ns = s->now_ns };

        assert_true(addr_parse(SLICE("203.0.113.1:5060"), &d.src));
        security_identity(s->security, &identity, &msg, &d, 7);
        if (told(s, "stir_mismatch") != rows[i].mismatch ||
            told(s, "stir_expired") != rows[i].expired)
            fail_msg("row %zu", i);
        scene_close(s);
    }
}

/* A carrier of 50 calls a second, every tenth to a number that is none, some challenged, some busy;
 * 1,000 phones behind a proxy that register; pings. Nothing of it is a fact. */
static void a_busy_carrier(void **state)
{
    struct scene *s = scene_open();
    char user[16];

    (void)state;
    for (int i = 0; i < 3000; i++) {
        static const char *const ends[] = { "404", "486", "200", "200", "487",
                                            "200", "200", "503", "200", "200" };

        snprintf(user, sizeof user, "+4930%d", i * 7919 % 100000);
        say(s, "INVITE", .user = user, .src = "192.0.2.20:5060");
        if (i % 3 == 0) {
            say(s, "407", .user = user, .src = "192.0.2.20:5060");
            say(s, "INVITE", .user = user, .src = "192.0.2.20:5060", .extra = DIGEST);
        }
        say(s, "100", .user = user, .src = "192.0.2.20:5060");
        say(s, ends[i % 10], .user = user, .src = "192.0.2.20:5060");
        if (ends[i % 10][0] == '2')
            say(s, "BYE", .user = user, .src = "192.0.2.20:5060", .to_tag = true);
        call(s, .to = user, .status = atoi_of(ends[i % 10]), .src = "192.0.2.20:5060");
        snprintf(user, sizeof user, "%d", 1000 + i % 1000);
        say(s, "REGISTER", .user = user);
        say(s, i % 100 ? "401" : "404", .of = "REGISTER", .user = user);
        say(s, "REGISTER", .user = user, .extra = DIGEST);
        say(s, i % 100 ? "200" : "403", .of = "REGISTER", .user = user);
        if (i % 50 == 0) {
            say(s, "OPTIONS", .src = "192.0.2.20:5060");
            say(s, "200", .of = "OPTIONS", .src = "192.0.2.20:5060");
        }
        wait_ms(s, 20);
    }
    scene_expect_nothing(s);
    scene_close(s);
}

/* 100,000 sources that speak once each, and one that sweeps among them. */
static void a_flood_of_sources(void **state)
{
    struct scene *s = scene_open();
    char src[32], user[16];

    (void)state;
    for (int i = 0; i < 100000; i++) {
        snprintf(src, sizeof src, "10.%d.%d.%d:5060", i / 65536, i / 256 % 256, i % 256);
        say(s, "OPTIONS", .src = src, .agent = i % 2 ? "friendly-scanner" : "x");
        if (i % 1000 == 0) {
            snprintf(user, sizeof user, "%d", i);
            say(s, "REGISTER", .user = user);
            say(s, "404", .of = "REGISTER", .user = user);
            wait_ms(s, 500);
        }
    }
    wait_ms(s, 10000);
    assert_int_equal(told(s, "extension_sweep") >= 1, 1);
    assert_true(s->counters.refusals[REFUSAL_SOURCES] > 90000); /* of 1,000 that are watched */
    assert_true(told(s, "scanner_agent") <= 256 * 2); /* so many at a time, and their last words */
    scene_close(s);
}

static void time_goes_back_and_forth(void **state)
{
    struct scene *s = scene_open();

    (void)state;
    for (int round = 0; round < 6; round++) {
        sweep(s, "REGISTER", "404", round * 15, 15); /* never twenty within five minutes */
        s->now_ns += (round % 2 ? -1 : 1) * INT64_C(7200000000000);
        security_tick(s->security, s->now_ns);
    }
    wait_ms(s, 20000);
    assert_int_equal(told(s, "extension_sweep"), 0);
    for (int i = 0; i < 25; i++) { /* packets out of order */
        char user[16];

        s->now_ns += i % 2 ? -1000000000 : 1100000000;
        snprintf(user, sizeof user, "x%d", i);
        say(s, "REGISTER", .user = user);
        say(s, "404", .of = "REGISTER", .user = user);
    }
    security_tick(s->security, s->now_ns + INT64_C(10000000000));
    assert_int_equal(told(s, "extension_sweep"), 1);
    s->now_ns = INT64_MAX / 2;
    say(s, "OPTIONS");
    s->now_ns = 0;
    say(s, "OPTIONS");
    security_tick(s->security, INT64_MAX / 2);
    scene_close(s);
}

/* docs/METRICS.md repeats the table of facts, word by word. */
static void the_page_has_the_table(void **state)
{
    enum { PAGE_MAX = 1 << 18 };
    FILE *file = fopen(TEST_DATA "/../../../docs/METRICS.md", "r");
    char *page = calloc(1, PAGE_MAX), *row = calloc(1, 2048);

    (void)state;
    assert_true(file && page && row);
    assert_true(fread(page, 1, PAGE_MAX - 1, file) > 1000);
    fclose(file);
    for (int i = 0; i < FACT_COUNT; i++) {
        const struct fact_rule *rule = fact_find((enum fact)i);

        snprintf(row, 2048, "| `%s` | %u in %u s | %s %s |", rule->name.p, rule->threshold,
                 rule->window_s, rule->sentence.p, rule->why.p);
        if (!strstr(page, row))
            fail_msg("docs/METRICS.md lacks this row:\n%s", row);
    }
    free(page);
    free(row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_tools),
        cmocka_unit_test(a_sweep_of_extensions),
        cmocka_unit_test(no_sweep_of_extensions),
        cmocka_unit_test(an_office_comes_back),
        cmocka_unit_test(a_registrar_fails),
        cmocka_unit_test(a_sweep_of_numbers),
        cmocka_unit_test(passwords_are_tried),
        cmocka_unit_test(passwords_are_tried_from_everywhere),
        cmocka_unit_test(no_passwords_are_tried),
        cmocka_unit_test(a_new_network),
        cmocka_unit_test(calls_that_are_always_refused),
        cmocka_unit_test(a_number_is_dialled_again_and_again),
        cmocka_unit_test(a_destination_is_new),
        cmocka_unit_test(calls_abroad_at_night),
        cmocka_unit_test(credentials_in_clear),
        cmocka_unit_test(towards_an_encrypted_trunk),
        cmocka_unit_test(streams_that_should_not_be),
        cmocka_unit_test(a_flood),
        cmocka_unit_test(identities),
        cmocka_unit_test(a_busy_carrier),
        cmocka_unit_test(a_flood_of_sources),
        cmocka_unit_test(time_goes_back_and_forth),
        cmocka_unit_test(the_page_has_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
