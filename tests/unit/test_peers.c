/*
 * test_peers - who is registered where, and which target lives.
 */
#include "analyzer/peer/peers.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define START_NS INT64_C(1795255200000000000) /* 2026-11-21 10:00 UTC */
#define S        INT64_C(1000000000)

enum { RECORDS_MAX = 512 };

struct scene {
    struct peers *peers;
    struct counters counters;
    struct registration_record *registrations[RECORDS_MAX];
    struct peer_record *pairs[RECORDS_MAX];
    size_t registration_count, pair_count, told;
};

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct scene *s = ctx;

    s->told++;
    if (type == &record_type_registration && s->registration_count < RECORDS_MAX)
        s->registrations[s->registration_count++] = record_clone(type, record);
    if (type == &record_type_peer && s->pair_count < RECORDS_MAX)
        s->pairs[s->pair_count++] = record_clone(type, record);
}

static struct scene *scene_open(size_t max)
{
    struct scene *s = calloc(1, sizeof *s);
    struct peers_options options = {
        .max_registrations = max, .max_peers = max, .hash_key = { 1, 2 }, .record = on_record
    };

    assert_non_null(s);
    options.counters = &s->counters;
    options.ctx = s;
    assert_int_equal(peers_new(&s->peers, &options), 0);
    return s;
}

static void scene_close(struct scene *s)
{
    for (size_t i = 0; i < s->registration_count; i++)
        free(s->registrations[i]);
    for (size_t i = 0; i < s->pair_count; i++)
        free(s->pairs[i]);
    peers_free(s->peers);
    free(s);
}

static const struct registration_record *last_registration(const struct scene *s)
{
    assert_true(s->registration_count > 0);
    return s->registrations[s->registration_count - 1];
}

static const struct peer_record *last_pair(const struct scene *s)
{
    assert_true(s->pair_count > 0);
    return s->pairs[s->pair_count - 1];
}

#define expect_text(slice, text) assert_true(slice_eq(slice, SLICE(text)))

/* A transaction that is not as usual: a REGISTER of alice's phone, answered after 10 ms. */
struct asked {
    int64_t at_s;
    int64_t status; /* 0: nobody answered */
    const char *user, *contact, *src, *dst;
    int64_t expires_s; /* 0: 60 */
    bool removed, challenged;
};

static struct slice or_else(const char *text, const char *usual)
{
    return slice_of_text(text ? text : usual);
}

static void take(struct scene *s, const char *method, const struct asked *a)
{
    struct transaction_record t;
    char to_uri[128];

    record_clear(&record_type_transaction, &t);
    t.method = slice_of_text(method);
    t.user = or_else(a->user, "alice");
    snprintf(to_uri, sizeof to_uri, "sip:%.*s@Example.org", (int)t.user.len, t.user.p);
    t.to_uri = slice_of_text(to_uri);
    t.user_agent = SLICE("phone");
    assert_true(addr_parse(or_else(a->src, "203.0.113.1:5060"), &t.src));
    assert_true(addr_parse(or_else(a->dst, "198.51.100.1:5060"), &t.dst));
    t.time = START_NS + a->at_s * S;
    t.attempts = 1 + a->challenged;
    t.auth_challenged = a->challenged;
    t.contact = or_else(a->contact, "<sip:alice@203.0.113.1>");
    t.expires_s = a->removed ? 0 : a->expires_s ? a->expires_s : 60;
    if (a->status) {
        t.final_status = a->status;
        t.round_trip_ms = 10;
    }
    peers_transaction(s->peers, &t, t.time);
}

/* REG(s, 30, .status = 403, .user = "bob") */
#define REG(s, ...)  take(s, "register", &(const struct asked){ .at_s = __VA_ARGS__ })
#define PING(s, ...) take(s, "options", &(const struct asked){ .at_s = __VA_ARGS__ })

static void tick(struct scene *s, int64_t at_s)
{
    peers_tick(s->peers, START_NS + at_s * S);
}

static void a_registration_and_how_it_ends(void **state)
{
    struct scene *s = scene_open(100);
    const struct registration_record *g;

    (void)state;
    REG(s, 0, .status = 200, .challenged = true);
    g = last_registration(s);
    expect_text(g->user, "alice");
    expect_text(g->domain, "Example.org");
    expect_text(g->source, "203.0.113.1");
    expect_text(g->registrar, "198.51.100.1");
    expect_text(g->state, "registered");
    expect_text(g->contact, "<sip:alice@203.0.113.1>");
    expect_text(g->user_agent, "phone");
    assert_true(g->since == START_NS + 10000000 && g->expires_time == g->since + 60 * S);
    assert_true(g->attempts == 1 && g->successes == 1 && g->challenges == 1 && g->failures == 0);
    assert_true(fabs(g->round_trip_ms - 10) < 0.001);
    REG(s, 30, .status = 200); /* a refresh is no news for a minute */
    assert_int_equal(s->registration_count, 1);
    tick(s, 61);
    assert_int_equal(s->registration_count, 2);
    tick(s, 94);
    assert_int_equal(s->registration_count, 2);
    tick(s, 96); /* 30 + 60 and the grace: without a packet */
    g = last_registration(s);
    assert_int_equal(s->registration_count, 3);
    expect_text(g->state, "expired");
    assert_true(g->since == START_NS + 90 * S + 10000000);
    assert_true(g->id == s->registrations[0]->id);
    REG(s, 120, .status = 200);
    g = last_registration(s);
    expect_text(g->state, "registered");
    assert_int_equal(g->flaps, 1);
    REG(s, 125, .status = 200, .removed = true);
    expect_text(last_registration(s)->state, "removed");
    assert_true(last_registration(s)->expires_time == RECORD_NONE);
    REG(s, 130, .status = 200);
    REG(s, 131, .status = 200, .contact = "*", .removed = true);
    g = last_registration(s);
    expect_text(g->state, "removed");
    assert_int_equal(g->flaps, 1); /* who goes of his own will is not lost */
    tick(s, 1000);
    expect_text(last_registration(s)->state, "removed");
    scene_close(s);
}

static void refusals(void **state)
{
    static const struct {
        int64_t status;
        const char *state;
        int failures, challenges, unanswered;
    } rows[] = {
        { 403, "refused", 2, 0, 0 }, { 404, "refused", 2, 0, 0 },    { 503, "refused", 2, 0, 0 },
        { 301, "refused", 2, 0, 0 }, { 401, "challenged", 0, 2, 0 }, { 407, "challenged", 0, 2, 0 },
        { 423, "unknown", 0, 0, 0 }, { 0, "unknown", 0, 0, 2 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(100);
        bool challenge = rows[i].challenges > 0;
        const struct registration_record *g;

        REG(s, 0, .status = rows[i].status, .challenged = challenge);
        assert_int_equal(s->registration_count, 0); /* once may be a sweep */
        REG(s, 5, .status = rows[i].status, .challenged = challenge);
        g = last_registration(s);
        assert_true(slice_eq(g->state, slice_of_text(rows[i].state)));
        assert_int_equal(g->attempts, 2);
        assert_int_equal(g->failures, rows[i].failures);
        assert_int_equal(g->challenges, rows[i].challenges);
        assert_int_equal(g->unanswered, rows[i].unanswered);
        assert_true(g->last_success == RECORD_NONE);
        assert_true(g->last_status == (rows[i].status ? rows[i].status : RECORD_NONE));
        scene_close(s);
    }
}

/* A binding stands until its time is over, whatever becomes of the refresh. */
static void a_refused_refresh_takes_nothing_away(void **state)
{
    struct scene *s = scene_open(100);

    (void)state;
    REG(s, 0, .status = 200);
    REG(s, 30, .status = 403);
    tick(s, 62);
    expect_text(last_registration(s)->state, "registered");
    assert_int_equal(last_registration(s)->last_status, 403);
    tick(s, 66);
    expect_text(last_registration(s)->state, "refused");
    REG(s, 70, .status = 200);
    assert_int_equal(last_registration(s)->flaps, 1);
    scene_close(s);
}

static void users_and_sources_are_kept_apart(void **state)
{
    struct scene *s = scene_open(100);

    (void)state;
    REG(s, 0, .status = 200);
    REG(s, 1, .status = 200, .src = "203.0.113.1:41000"); /* another port is the same host */
    assert_int_equal(s->registration_count, 1);
    REG(s, 2, .status = 200, .src = "203.0.113.2:5060");
    REG(s, 3, .status = 200, .user = "bob");
    REG(s, 4, .status = 200, .dst = "198.51.100.2:5060");
    assert_int_equal(s->registration_count, 4);
    peers_finish(s->peers);
    assert_int_equal(s->registration_count, 5); /* the first has news */
    assert_int_equal(last_registration(s)->attempts, 2);
    for (size_t i = 1; i < 4; i++)
        assert_true(s->registrations[i]->id != s->registrations[i - 1]->id);
    scene_close(s);
}

static void a_row_a_day(void **state)
{
    struct scene *s = scene_open(100);
    uint64_t id;

    (void)state;
    REG(s, 0, .status = 200, .expires_s = 100000);
    id = last_registration(s)->id;
    REG(s, 13 * 3600, .status = 200, .expires_s = 100000);
    assert_true(last_registration(s)->id == id); /* 23:00 */
    REG(s, 15 * 3600, .status = 200, .expires_s = 100000);
    assert_true(last_registration(s)->id > id); /* 01:00 of the next day */
    assert_true(last_registration(s)->first_seen == START_NS);
    assert_int_equal(last_registration(s)->attempts, 3);
    scene_close(s);
}

static void a_target_goes_down_and_comes_back(void **state)
{
    struct scene *s = scene_open(100);
    const struct peer_record *a;

    (void)state;
    PING(s, 0, .status = 200);
    a = last_pair(s);
    expect_text(a->source, "203.0.113.1");
    expect_text(a->target, "198.51.100.1");
    expect_text(a->state, "up");
    PING(s, 30, .status = 0);
    assert_int_equal(s->pair_count, 1); /* one is a lost packet */
    PING(s, 60, .status = 200);
    PING(s, 90, .status = 0);
    PING(s, 120, .status = 0);
    a = last_pair(s);
    expect_text(a->state, "down");
    assert_true(a->since == START_NS + 90 * S);
    assert_true(a->last_good == START_NS + 60 * S + 10000000);
    PING(s, 150, .status = 0);
    PING(s, 180, .status = 200);
    a = last_pair(s);
    expect_text(a->state, "up");
    assert_int_equal(a->flaps, 1);
    assert_int_equal(a->pings, 7);
    assert_int_equal(a->answered, 3);
    assert_int_equal(a->unanswered, 4);
    assert_true(fabs(a->round_trip_ms_mean - 10) < 0.001 && fabs(a->round_trip_ms_p95 - 10) < 0.2);
    expect_text(a->history, "[{\"t\":1795255200.010000,\"state\":\"up\"},"
                            "{\"t\":1795255290.000000,\"state\":\"down\"},"
                            "{\"t\":1795255380.010000,\"state\":\"up\"}]");
    tick(s, 700);
    expect_text(last_pair(s)->state, "up");
    tick(s, 790); /* ten minutes without a ping */
    expect_text(last_pair(s)->state, "unknown");
    PING(s, 800, .status = 200);
    assert_int_equal(last_pair(s)->flaps, 1);
    scene_close(s);
}

static void what_an_answer_means(void **state)
{
    static const struct {
        int64_t status;
        const char *state;
        int refused;
    } rows[] = {
        { 200, "up", 0 },   { 302, "up", 0 },   { 401, "up", 0 },   { 403, "up", 0 },
        { 404, "up", 0 },   { 405, "up", 0 },   { 407, "up", 0 },   { 481, "up", 0 },
        { 483, "up", 0 },   { 486, "up", 0 },   { 501, "up", 0 },   { 603, "up", 0 },
        { 500, "down", 3 }, { 503, "down", 3 }, { 504, "down", 3 }, { 408, "down", 3 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = scene_open(100);

        for (int n = 0; n < 3; n++)
            PING(s, n * 30, .status = rows[i].status);
        tick(s, 200);
        if (!slice_eq(last_pair(s)->state, slice_of_text(rows[i].state)))
            fail_msg("%d: not %s", (int)rows[i].status, rows[i].state);
        assert_int_equal(last_pair(s)->refused, rows[i].refused);
        assert_int_equal(last_pair(s)->answered, 3);
        scene_close(s);
    }
}

/* The mirror shows what goes to the target, and nothing that comes from it. */
static void a_blind_mirror_proves_nothing(void **state)
{
    struct scene *s = scene_open(100);

    (void)state;
    for (int n = 0; n < 50; n++)
        PING(s, n * 30, .status = 0);
    peers_finish(s->peers);
    expect_text(last_pair(s)->state, "unknown");
    assert_int_equal(last_pair(s)->unanswered, 50);
    assert_true(isnan(last_pair(s)->round_trip_ms_mean) && last_pair(s)->last_good == RECORD_NONE);
    scene_close(s);
}

/* It answers other questions, or asks itself, but no ping: it lives. */
static void who_is_heard_lives(void **state)
{
    struct scene *s = scene_open(100);

    (void)state;
    for (int n = 0; n < 10; n++) {
        PING(s, n * 30, .status = 0);
        PING(s, n * 30 + 1, .status = 200, .src = "198.51.100.1:5060", .dst = "203.0.113.1:5060");
    }
    PING(s, 290, .status = 0);
    peers_finish(s->peers);
    for (size_t i = 0; i < s->pair_count; i++)
        assert_false(slice_eq(s->pairs[i]->state, SLICE("down")));
    /* Then both fall silent. */
    PING(s, 300, .status = 0);
    PING(s, 330, .status = 0);
    PING(s, 360, .status = 0);
    expect_text(last_pair(s)->state, "unknown"); /* it never answered one */
    scene_close(s);
    /* One that did. */
    s = scene_open(100);
    PING(s, 0, .status = 200);
    for (int n = 1; n < 10; n++) {
        PING(s, n * 30, .status = 0);
        REG(s, n * 30 + 1, .status = 200);
    }
    expect_text(last_pair(s)->state, "up");
    PING(s, 300, .status = 0);
    PING(s, 330, .status = 0);
    expect_text(last_pair(s)->state, "down");
    assert_true(last_pair(s)->since == START_NS + 300 * S);
    scene_close(s);
}

static void news_that_come_late(void **state)
{
    struct scene *s = scene_open(100);

    (void)state;
    PING(s, 0, .status = 200);
    PING(s, 40, .status = 200);
    PING(s, 10, .status = 0); /* known to be unanswered 32 s later */
    PING(s, 20, .status = 0);
    peers_finish(s->peers);
    expect_text(last_pair(s)->state, "up");
    assert_int_equal(last_pair(s)->unanswered, 2);
    PING(s, -100000, .status = 200); /* a clock that goes back, and forth */
    PING(s, 100000, .status = 200);
    tick(s, -100000);
    tick(s, 200000);
    expect_text(last_pair(s)->state, "unknown");
    scene_close(s);
}

static void other_transactions_are_counted(void **state)
{
    static const char *const methods[] = { "subscribe", "notify", "publish", "message" };
    struct scene *s = scene_open(100);
    const struct peer_record *a;

    (void)state;
    for (int n = 0; n < 4; n++)
        for (int i = 0; i <= n; i++)
            take(s, methods[n], &(const struct asked){ .at_s = n, .status = 200 });
    peers_finish(s->peers);
    a = last_pair(s);
    assert_true(a->subscribe == 1 && a->notify == 2 && a->publish == 3 && a->message == 4);
    assert_int_equal(a->pings, 0);
    expect_text(a->state, "unknown");
    assert_int_equal(s->registration_count, 0);
    scene_close(s);
}

/* 100,000 invented users and hosts: what is real stays, what grows is capped, what is told is few. */
static void a_flood_is_bounded(void **state)
{
    struct scene *s = scene_open(1000);
    char user[32], src[32];

    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(user, sizeof user, "real-%d", i);
        REG(s, i / 50, .status = 200, .user = user, .expires_s = 7200);
        snprintf(src, sizeof src, "10.0.%d.%d:5060", i / 250, i % 250);
        PING(s, i / 50, .status = 200, .src = src);
    }
    s->told = 0;
    for (int i = 0; i < 100000; i++) {
        snprintf(user, sizeof user, "%d", i);
        REG(s, 20 + i / 10000, .status = 403, .user = user);
        snprintf(src, sizeof src, "11.%d.%d.%d:5060", i / 65536, i / 256 % 256, i % 256);
        PING(s, 20 + i / 10000, .status = 0, .src = src);
    }
    assert_int_equal(s->told, 0);
    assert_int_equal(s->counters.refusals[REFUSAL_REGISTRATIONS], 100000 - 500);
    assert_int_equal(s->counters.refusals[REFUSAL_PEERS], 100000 - 500);
    for (int i = 0; i < 500; i++) {
        snprintf(user, sizeof user, "real-%d", i);
        REG(s, 200 + i / 50, .status = 200, .user = user, .expires_s = 7200);
        assert_int_equal(last_registration(s)->attempts, 2); /* nobody was forgotten */
        if (s->registration_count == RECORDS_MAX)
            break;
    }
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_registration_and_how_it_ends),
        cmocka_unit_test(refusals),
        cmocka_unit_test(a_refused_refresh_takes_nothing_away),
        cmocka_unit_test(users_and_sources_are_kept_apart),
        cmocka_unit_test(a_row_a_day),
        cmocka_unit_test(a_target_goes_down_and_comes_back),
        cmocka_unit_test(what_an_answer_means),
        cmocka_unit_test(a_blind_mirror_proves_nothing),
        cmocka_unit_test(who_is_heard_lives),
        cmocka_unit_test(news_that_come_late),
        cmocka_unit_test(other_transactions_are_counted),
        cmocka_unit_test(a_flood_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
