/*
 * Whoever lacks the right to see numbers gets none, whatever he asks; and who asks leaves a line.
 */
#include "probe/access/access.h"
#include "probe/state/outbox.h"
#include "probe/state/state_db.h"
#include "probe/web/latest_line.h"
#include "probe/web/live_mask.h"
#include "probe/web/routes.h"
#include "probe/web/trail.h"
#include "tests/unit/audit_fixture.h"

#include <inttypes.h>
#include <time.h>

/* The store's people. What is masked has not these ends any more. */
static const char *const secrets[] = {
    "70011223", "77005544", "70088999", "alicia", "Alicia", "robertina", "Distinct",
};
enum { SECRETS = sizeof secrets / sizeof secrets[0] };

struct house {
    struct fixture f;
    struct access *access;
    struct state_db *state;
    struct outbox *outbox;
    struct latest_line rules;
    struct trail *trail;
    struct api *api;
    atomic_bool live;
    char viewer[TOKEN_LEN + 1], admin[TOKEN_LEN + 1], taker[TOKEN_LEN + 1];
    uint64_t call, alert;
};

static const char rules_line[] =
    "{\"type\":\"rules\",\"time\":1795255200.000000,\"rules\":[{\"rule\":"
    "\"registration-bruteforce-user\",\"severity\":\"warning\",\"by\":\"subject\",\"on\":"
    "\"security\",\"values\":[{\"group\":\"robertina\",\"value\":1,\"state\":\"firing\"}]},"
    "{\"rule\":\"asr-drop\",\"by\":\"trunk_out\",\"values\":[{\"group\":\"carrier-a\"}]}]}";

static void make_call(struct call_record *call, struct stream_record *stream, int64_t time_ns)
{
    fixture_call(call, time_ns, 1, "4930770011223-77@pbx");
    call->from_user = SLICE("+4930770011223");
    call->to_user = SLICE("alicia");
    call->from_number = SLICE("+4930770011223");
    call->to_number = SLICE("+442077005544");
    call->from_uri = SLICE("\"Alicia Distinct\" <sip:+4930770011223@10.0.0.1>;tag=1");
    call->to_uri = SLICE("<sip:alicia@10.0.0.2>");
    call->request_uri = SLICE("sip:+442077005544@10.0.0.2");
    call->reason_header = SLICE("SIP;text=\"sip:alicia@x is gone\"");
    call->trunk_out = SLICE("carrier-a");
    call->history = SLICE("[{\"user\":\"+442077005544\",\"text\":\"sip:alicia@x\"}]");
    call->stir = SLICE("{\"orig\":\"4930770011223\",\"dest\":\"442077005544\"}");
    record_clear(&record_type_stream, stream);
    stream->id = fixture_id(time_ns, 2);
    stream->call = call->id;
    stream->call_id = call->call_id;
    stream->rtcp_cname = SLICE("alicia@10.0.0.1");
    call->streams = stream;
    call->stream_count = 1;
}

static void put_alert(struct writer *w, struct house *h, int64_t now)
{
    char calls[32];
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    a.id = h->alert = fixture_id(now, 30);
    a.rule = SLICE("probing");
    a.severity = SLICE("critical");
    a.state = SLICE("firing");
    a.group = SLICE("alicia, 10.0.0.9");
    a.labels = SLICE("{\"rule\":\"probing\",\"from_user\":\"alicia\",\"src.ip\":\"10.0.0.9\"}");
    a.summary = SLICE("alicia called +4930770088999 and 4711 (4711 times), 503 on carrier-a");
    a.evidence = SLICE("{\"step_s\":10,\"series\":[4711,1],\"top\":[{\"field\":\"to_number\","
                       "\"values\":[{\"value\":\"4711\",\"count\":4711},{\"value\":"
                       "\"+442077005544\",\"count\":2}]}]}");
    a.search = SLICE("from_user:alicia to:+442077005544 since:@1795255200");
    snprintf(calls, sizeof calls, "[\"%016" PRIx64 "\"]", h->call);
    a.calls = slice_of_text(calls);
    a.since = a.time = a.fired_time = a.changed_time = now;
    assert_true(writer_submit(w, &record_type_alert, &a));
}

static void put_others(struct writer *w, struct house *h, int64_t now)
{
    struct transaction_record t;
    struct registration_record r;
    struct security_record s;
    struct certificate_record c;
    struct leg_record leg;

    record_clear(&record_type_transaction, &t);
    t.id = fixture_id(now, 10);
    t.method = SLICE("register");
    t.user = SLICE("robertina");
    t.from_uri = SLICE("<sip:robertina@x>");
    t.contact = SLICE("\"Alicia\" <sip:+4930770088999@10.0.0.3>");
    t.time = now;
    assert_true(writer_submit(w, &record_type_transaction, &t));
    record_clear(&record_type_registration, &r);
    r.id = fixture_id(now, 11);
    r.user = SLICE("robertina");
    r.domain = SLICE("example.org");
    r.source = SLICE("10.0.0.3");
    r.state = SLICE("registered");
    r.contact = SLICE("<sip:robertina@10.0.0.3>");
    r.first_seen = r.last_seen = r.since = now;
    assert_true(writer_submit(w, &record_type_registration, &r));
    record_clear(&record_type_security, &s);
    s.id = fixture_id(now, 12);
    s.fact = SLICE("register_bruteforce");
    s.source = SLICE("10.0.0.3");
    s.subject = SLICE("robertina");
    s.first_seen = s.last_seen = now;
    s.count = 60;
    s.evidence = SLICE("{\"numbers\":[\"+4930770088999\"],\"users\":[\"robertina\"]}");
    assert_true(writer_submit(w, &record_type_security, &s));
    record_clear(&record_type_certificate, &c);
    c.id = fixture_id(now, 13);
    c.state = SLICE("seen");
    c.subject = SLICE("CN=pbx");
    c.subject_alt_names = SLICE("[\"sip:robertina@example.org\"]");
    c.first_seen = c.last_seen = now;
    assert_true(writer_submit(w, &record_type_certificate, &c));
    record_clear(&record_type_leg, &leg);
    leg.id = fixture_id(now, 14);
    leg.leg_group = leg.call_a = h->call;
    leg.call_b = fixture_id(now, 3);
    leg.call_id_a = SLICE("4930770011223-77@pbx");
    leg.call_id_b = SLICE("4930770088999-1@sbc");
    leg.time = now;
    leg.certain = 1;
    leg.evidence = SLICE("[{\"what\":\"call_id\",\"call_id\":\"4930770011223-77@pbx\"}]");
    assert_true(writer_submit(w, &record_type_leg, &leg));
}

static void add_token(struct house *h, unsigned rights, const char *name,
                      char secret[TOKEN_LEN + 1])
{
    const struct identity who = { .name = "ann", .rights = role_rights(ROLE_ADMIN) };
    struct token token = { .scopes = rights & ~(unsigned)RIGHT_SELF };

    snprintf(token.name, sizeof token.name, "%s", name);
    assert_int_equal(access_add_token(h->access, &who, &token, 1, (int64_t)time(NULL), secret), 0);
}

static void house_build(struct house *h)
{
    const struct access_change change = { .name = SLICE("ann"),
                                          .role = ROLE_ADMIN,
                                          .now_s = (int64_t)time(NULL) };
    struct api_options options = { .rules_dir = TEST_DATA "/../../../rules" };
    char link[SECRET_KEY_LEN + 1];
    struct stream_record stream;
    struct call_record call;
    struct writer *w;
    const char *why;

    *h = (struct house){ 0 };
    fixture_make_dir(&h->f);
    w = fixture_writer(&h->f);
    make_call(&call, &stream, FIXTURE_TIME);
    h->call = call.id;
    assert_true(writer_submit(w, &record_type_call, &call));
    call.stream_count = 0;
    call.id = fixture_id(FIXTURE_TIME, 3);
    call.call_id = SLICE("4930770088999-1@sbc");
    assert_true(writer_submit(w, &record_type_call, &call));
    put_others(w, h, FIXTURE_TIME);
    put_alert(w, h, FIXTURE_TIME);
    writer_stop(w);
    options.store_dir = h->f.dir;
    assert_int_equal(access_open(&h->access, &(struct access_options){ .store_dir = h->f.dir }), 0);
    assert_int_equal(access_add_user(h->access, &change, SLICE_ABSENT, link, &why), 0);
    add_token(h, role_rights(ROLE_VIEWER), "viewer", h->viewer);
    add_token(h, role_rights(ROLE_ADMIN), "admin", h->admin);
    add_token(h, RIGHT_SEE | RIGHT_PACKETS | RIGHT_SIGNALLING, "taker", h->taker);
    assert_int_equal(state_db_open(&h->state, h->f.dir), 0);
    assert_int_equal(outbox_open(&h->outbox, h->state), 0);
    assert_int_equal(latest_line_init(&h->rules), 0);
    latest_line_set(&h->rules, SLICE(rules_line));
    assert_int_equal(trail_open(&h->trail, &(struct trail_options){ .store_dir = h->f.dir }), 0);
    options.access = h->access;
    options.state = h->state;
    options.outbox = h->outbox;
    options.rules = &h->rules;
    options.trail = h->trail;
    options.live = &h->live;
    assert_int_equal(api_open(&h->api, &options), 0);
}

static void house_tear_down(struct house *h)
{
    api_close(h->api);
    trail_close(h->trail);
    latest_line_fini(&h->rules);
    outbox_close(h->outbox);
    state_db_close(h->state);
    access_close(h->access);
    fixture_remove_dir(&h->f);
}

/* To be freed. query: "a=b&c=d", as it is once it is decoded. */
static struct exchange *ask(struct house *h, const char *token, uint8_t method, const char *path,
                            const char *query, const char *body)
{
    static const uint8_t peer[4] = { 192, 0, 2, 7 };
    struct exchange *x = exchange_new();
    struct slice rest;

    assert_non_null(x);
    x->method = method;
    x->peer = addr_v4(peer, 40000);
    snprintf(x->path, sizeof x->path, "%s", path);
    snprintf(x->token, sizeof x->token, "%s", token);
    if (body)
        strbuf_add_text(&x->asked, body);
    if (query)
        strbuf_add_text(&x->fragments, query);
    rest = query ? strbuf_slice(&x->fragments) : SLICE("");
    while (rest.len)
        params_add(&x->params, slice_cut(&rest, '&'));
    api_answer(h->api, x);
    return x;
}

static bool holds(struct slice text, const char *what)
{
    size_t len = strlen(what);

    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.p + i, what, len) == 0)
            return true;
    }
    return false;
}

/* The path with something of the store in the place of its variable. */
static void fill_in(const struct house *h, const char *pattern, char path[EXCHANGE_PATH_MAX])
{
    uint64_t id = strstr(pattern, "alerts") ? h->alert : h->call;
    const char *star = strpbrk(pattern, "*#@");

    if (!star)
        snprintf(path, EXCHANGE_PATH_MAX, "%s", pattern);
    else if (*star == '*')
        snprintf(path, EXCHANGE_PATH_MAX, "%.*s%016" PRIx64 "%s", (int)(star - pattern), pattern,
                 id, star + 1);
    else
        snprintf(path, EXCHANGE_PATH_MAX, "%.*s1%s", (int)(star - pattern), pattern, star + 1);
}

static void test_routes(void **state)
{
    bool shown[SECRETS] = { false };
    struct house h;
    size_t answers = 0;

    (void)state;
    house_build(&h);
    exchange_free(ask(&h, h.admin, EXCHANGE_POST, "/api/v1/silences", NULL,
                      "{\"labels\":\"from_user=alicia to_number=\\\"+442077005544\\\"\","
                      "\"until\":4000000000,\"comment\":\"+4930770088999 knows\"}"));
    for (size_t i = 0; routes_at(i); i++) {
        const struct route *route = routes_at(i);
        char path[EXCHANGE_PATH_MAX];
        const char *query = route->params & PARAMS_SPAN ? "until=1795255300" : NULL;
        struct exchange *x;

        if (route->right != RIGHT_SEE || route->method != EXCHANGE_GET)
            continue;
        fill_in(&h, route->path, path);
        x = ask(&h, h.admin, route->method, path, query, NULL);
        for (size_t k = 0; k < SECRETS; k++)
            shown[k] = shown[k] || holds(strbuf_slice(&x->body), secrets[k]);
        if (x->status != 200)
            fail_msg("%s: %d %s", path, x->status, x->body.p);
        exchange_free(x);
        x = ask(&h, h.viewer, route->method, path, query, NULL);
        assert_int_equal(x->status, 200);
        for (size_t k = 0; k < SECRETS; k++) {
            if (holds(strbuf_slice(&x->body), secrets[k]))
                fail_msg("%s shows '%s': %s", path, secrets[k], x->body.p);
        }
        exchange_free(x);
        answers++;
    }
    assert_true(answers > 15);
    for (size_t k = 0; k < SECRETS; k++) {
        if (!shown[k])
            fail_msg("nothing of the store has '%s'", secrets[k]);
    }
    house_tear_down(&h);
}

/* Masked, it is still of use. */
static void test_alert(void **state)
{
    char path[EXCHANGE_PATH_MAX];
    struct exchange *x;
    struct house h;
    struct slice body;

    (void)state;
    house_build(&h);
    fill_in(&h, "/api/v1/alerts/*", path);
    x = ask(&h, h.viewer, EXCHANGE_GET, path, NULL, NULL);
    body = strbuf_slice(&x->body);
    assert_true(holds(body, "\"group\":\"xxxxxx, 10.0.0.9\""));
    assert_true(
        holds(body, "xxxxxx called +493077008XXXX and XXXX (XXXX times), 503 on carrier-a"));
    assert_true(holds(body, "\"src.ip\":\"10.0.0.9\""));
    assert_true(holds(body, "\"series\":[4711,1]")); /* counts, not numbers */
    assert_true(holds(body, "\"value\":\"XXXX\",\"count\":4711"));
    assert_true(holds(body, "since:@1795255200"));
    exchange_free(x);
    x = ask(&h, h.viewer, EXCHANGE_GET, "/api/v1/rules", NULL, NULL);
    assert_true(holds(strbuf_slice(&x->body), "\"group\":\"xxxxxxxxx\""));
    assert_true(holds(strbuf_slice(&x->body), "\"group\":\"carrier-a\""));
    exchange_free(x);
    house_tear_down(&h);
}

/* To find is to see: what is masked cannot be searched for. */
static void test_filters(void **state)
{
    static const struct {
        const char *path, *query;
        bool is_refused;
    } rows[] = {
        { "calls", "filter=from:+4930*", true },
        { "calls", "filter=number:*70011*", true },
        { "calls", "filter=mos<3 or not (to:alicia)", true },
        { "calls", "filter=alicia", true },
        { "calls", "filter=4930770011223", true },
        { "calls", "filter=call_id:4930770*", true },
        { "calls", "filter=user_agent:*70011223*", true },
        { "calls", "filter=mos<3&q=4930", true },
        { "calls", "number=70011", true },
        { "calls", "call_id=4930770011223-77@pbx", true },
        { "calls", "sort=from", true },
        { "calls", "sort=-to", true },
        { "facets", "filter=from:+4930*", true },
        { "transactions", "user=robertina", true },
        { "calls", "filter=mos<5 trunk_out:carrier-a", false },
        { "calls", "filter=10.0.0.1", false },
        { "calls", "filter=status:2xx&sort=-mos", false },
        { "calls", "filter=user_agent:*asterisk*", false },
        { "calls", "status=200", false },
        { "facets", "filter=trunk_out:carrier-a", false },
        { "transactions", "method=register", false },
        { "registrations/now", "q=robertina", false }, /* of others, finds addresses alone */
    };
    struct house h;

    (void)state;
    house_build(&h);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[64];
        struct exchange *x;

        snprintf(path, sizeof path, "/api/v1/%s", rows[i].path);
        x = ask(&h, h.viewer, EXCHANGE_GET, path, rows[i].query, NULL);
        if (x->status != (rows[i].is_refused ? 400 : 200))
            fail_msg("%s: %d %s", rows[i].query, x->status, x->body.p);
        if (rows[i].is_refused && !holds(strbuf_slice(&x->body), "'numbers'"))
            fail_msg("%s: %s", rows[i].query, x->body.p);
        exchange_free(x);
        x = ask(&h, h.admin, EXCHANGE_GET, path, rows[i].query, NULL);
        if (x->status != 200 && !strstr(rows[i].query, "sort"))
            fail_msg("%s: %d %s", rows[i].query, x->status, x->body.p);
        exchange_free(x);
    }
    house_tear_down(&h);
}

/* A token that may take away, but not see numbers: tables are masked, packets are refused. */
static void test_export(void **state)
{
    static const char *const formats[] = { "format=csv", "format=jsonl" };
    struct house h;

    (void)state;
    house_build(&h);
    for (size_t i = 0; i < 2; i++) {
        struct exchange *x = ask(&h, h.taker, EXCHANGE_GET, "/api/v1/export", formats[i], NULL);

        assert_int_equal(x->status, 200);
        assert_true(holds(strbuf_slice(&x->body), "carrier-a"));
        for (size_t k = 0; k < SECRETS; k++)
            assert_false(holds(strbuf_slice(&x->body), secrets[k]));
        exchange_free(x);
        x = ask(&h, h.admin, EXCHANGE_GET, "/api/v1/export", formats[i], NULL);
        assert_true(holds(strbuf_slice(&x->body), "70011223"));
        exchange_free(x);
    }
    for (size_t i = 0; i < 2; i++) {
        char path[EXCHANGE_PATH_MAX];
        struct exchange *x;

        fill_in(&h, i ? "/api/v1/calls/*/pcap" : "/api/v1/export", path);
        x = ask(&h, h.taker, EXCHANGE_GET, path, NULL, NULL);
        assert_int_equal(x->status, 403);
        exchange_free(x);
    }
    house_tear_down(&h);
}

/* ---- the live feed ---- */

static void test_live(void **state)
{
    struct strbuf line = { 0 };
    struct jsonw j = jsonw_to(&line);
    struct stream_record stream;
    struct call_record call;
    struct live_mask m;
    struct slice shown;

    (void)state;
    assert_int_equal(live_mask_init(&m, NULL), 0);
    make_call(&call, &stream, FIXTURE_TIME);
    record_write_json(&j, &record_type_call, &call);
    for (int i = 0; i < 3; i++) {
        shown = live_mask_show(&m, strbuf_slice(&line));
        assert_int_equal(shown.len, line.len);
        assert_true(holds(shown, "carrier-a"));
        assert_true(holds(shown, "+493077001XXXX"));
        for (size_t k = 0; k < SECRETS; k++) {
            if (holds(shown, secrets[k]))
                fail_msg("'%s' in %.*s", secrets[k], (int)shown.len, shown.p);
        }
    }
    assert_int_equal(m.masked, 1);
    assert_int_equal(m.from_cache, 2);
    shown = live_mask_show(&m, SLICE("{\"type\":\"stats\",\"packets\":493077001122}"));
    assert_true(slice_eq(shown, SLICE("{\"type\":\"stats\",\"packets\":493077001122}")));
    shown = live_mask_show(&m, SLICE("{\"type\":\"register\",\"user\":\"robertina\"}"));
    assert_true(slice_eq(shown, SLICE("{\"type\":\"register\",\"user\":\"xxxxxxxxx\"}")));
    strbuf_fini(&line);
    live_mask_fini(&m);
}

/* ---- the trail ---- */

static struct strbuf trail_text(const struct house *h)
{
    struct slice bytes = trail_read(&h->f);
    struct strbuf text = { 0 };

    strbuf_add_slice(&text, bytes);
    strbuf_add_char(&text, '\0');
    trail_free(bytes);
    return text;
}

static size_t count_in(const struct house *h, const char *what)
{
    struct strbuf text = trail_text(h);
    size_t n = 0;

    for (const char *p = text.p; (p = strstr(p, what)) != NULL; p++)
        n++;
    strbuf_fini(&text);
    return n;
}

static void test_trail(void **state)
{
    char path[EXCHANGE_PATH_MAX], file[128];
    struct exchange *x;
    struct house h;

    (void)state;
    house_build(&h);
    fill_in(&h, "/api/v1/calls/*", path);
    for (int i = 0; i < 3; i++) { /* a page refreshes itself */
        exchange_free(ask(&h, h.admin, EXCHANGE_GET, path, NULL, NULL));
        exchange_free(ask(&h, h.admin, EXCHANGE_GET, "/api/v1/calls", "filter=mos<5", NULL));
    }
    exchange_free(ask(&h, h.admin, EXCHANGE_GET, "/api/v1/calls", "filter=mos<4", NULL));
    assert_int_equal(count_in(&h, "\"deed\":\"open\""), 1);
    assert_int_equal(count_in(&h, "\"deed\":\"search\""), 2);
    assert_int_equal(count_in(&h, "\"call_id\":\"4930770011223-77@pbx\",\"detail\":null}"), 1);
    assert_int_equal(count_in(&h, "\"user\":\"ann\",\"token\":\"admin\",\"from\":\"192.0.2.7\""),
                     3);
    /* What one may not do leaves a line, and the same again none. */
    for (int i = 0; i < 3; i++) {
        x = ask(&h, h.viewer, EXCHANGE_GET, "/api/v1/audit", NULL, NULL);
        assert_int_equal(x->status, 403);
        exchange_free(x);
    }
    assert_int_equal(count_in(&h, "\"call_id\":null,\"detail\":\"/api/v1/audit\"}"), 1);
    /* Passwords are in no line. */
    x = ask(&h, "", EXCHANGE_POST, "/api/v1/session", NULL,
            "{\"name\":\"mallory\",\"password\":\"let me in, please\"}");
    assert_int_equal(x->status, 401);
    exchange_free(x);
    assert_int_equal(count_in(&h, "\"deed\":\"login-failed\",\"object\":null,\"status\":401"), 1);
    assert_int_equal(count_in(&h, "\"detail\":\"mallory\""), 1);
    assert_int_equal(count_in(&h, "let me in"), 0);
    x = ask(&h, h.admin, EXCHANGE_POST, "/api/v1/silences", NULL,
            "{\"labels\":\"trunk=carrier-a\",\"until\":4000000000}");
    assert_int_equal(count_in(&h, "\"detail\":\"labels=trunk=carrier-a until=4000000000\""), 1);
    exchange_free(x);
    x = ask(&h, h.admin, EXCHANGE_GET, "/api/v1/audit", "deed=open", NULL);
    assert_int_equal(x->status, 200);
    assert_true(holds(strbuf_slice(&x->body), "\"deed\":\"open\""));
    assert_true(holds(strbuf_slice(&x->body), "\"next\":null,\"broken\":null,"));
    exchange_free(x);
    assert_int_equal(trail_verify(&h.f).broken, AUDIT_UNBROKEN);
    /* Without its line nothing is done, and nothing goes out. */
    snprintf(file, sizeof file, "%s/audit.jsonl", h.f.dir);
    assert_int_equal(remove(file), 0);
    assert_int_equal(symlink("/dev/full", file), 0);
    x = ask(&h, h.admin, EXCHANGE_GET, "/api/v1/export", "format=csv", NULL);
    assert_int_equal(x->status, 503);
    assert_false(holds(strbuf_slice(&x->body), "70011223"));
    assert_null(x->export);
    exchange_free(x);
    x = ask(&h, h.admin, EXCHANGE_POST, "/api/v1/silences", NULL,
            "{\"labels\":\"trunk=carrier-b\",\"until\":4000000000}");
    assert_int_equal(x->status, 503);
    exchange_free(x);
    x = ask(&h, h.admin, EXCHANGE_GET, "/api/v1/silences", NULL, NULL);
    assert_false(holds(strbuf_slice(&x->body), "carrier-b"));
    exchange_free(x);
    house_tear_down(&h);
}

static int64_t now_s = 1000;

static int64_t clock_of_test(void)
{
    return now_s;
}

/* Whoever guesses from many places fills no disk, and what is left out is told. */
static void test_flood(void **state)
{
    struct trail_options options = { .now_s = clock_of_test };
    struct trail_counts counts;
    struct audit_verify v;
    struct fixture f;
    struct trail *t;

    (void)state;
    fixture_make_dir(&f);
    options.store_dir = f.dir;
    assert_int_equal(trail_open(&t, &options), 0);
    for (int i = 0; i < 5000; i++) {
        char name[32];
        struct audit_entry e = { .deed = SLICE("login-failed"), .status = 401 };

        snprintf(name, sizeof name, "user%d", i);
        e.detail = slice_of_text(name);
        assert_int_equal(trail_add(t, &e, TRAIL_REFUSED), 0);
    }
    v = trail_verify(&f);
    assert_int_equal(v.lines, TRAIL_REFUSED_BURST);
    now_s += TRAIL_REFUSED_EVERY_S;
    assert_int_equal(
        trail_add(t, &(struct audit_entry){ .deed = SLICE("login-failed") }, TRAIL_REFUSED), 0);
    trail_count(t, &counts);
    assert_int_equal(counts.lines, TRAIL_REFUSED_BURST + 1);
    assert_int_equal(counts.left_out, 5000 - TRAIL_REFUSED_BURST);
    v = trail_verify(&f);
    assert_int_equal(v.lines, TRAIL_REFUSED_BURST + 1);
    assert_int_equal(v.broken, AUDIT_UNBROKEN);
    trail_close(t);
    fixture_remove_dir(&f);
}

/* What a page is told of the chain: as far as it was looked at, and of a line that was changed. */
static void test_check(void **state)
{
    struct trail_options options = { .now_s = clock_of_test };
    struct audit_verify v;
    struct slice text;
    struct fixture f;
    struct trail *t;
    bool is_whole;

    (void)state;
    fixture_make_dir(&f);
    options.store_dir = f.dir;
    assert_int_equal(trail_open(&t, &options), 0);
    assert_true(trail_check(t, &v, &is_whole));
    assert_true(is_whole);
    for (int i = 0; i < 3; i++) {
        trail_append(&f, "open", "x");
        assert_true(trail_check(t, &v, &is_whole));
        assert_true(is_whole);
        assert_int_equal(v.broken, AUDIT_UNBROKEN);
        assert_int_equal(v.lines, i + 1);
    }
    text = trail_read(&f);
    trail_write(&f, slice_of(text.p, text.len - 40)); /* shorter than it was */
    assert_true(trail_check(t, &v, &is_whole));
    assert_int_equal(v.broken, AUDIT_REMOVED);
    trail_free(text);
    trail_close(t);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes), cmocka_unit_test(test_alert), cmocka_unit_test(test_filters),
        cmocka_unit_test(test_export), cmocka_unit_test(test_live),  cmocka_unit_test(test_trail),
        cmocka_unit_test(test_flood),  cmocka_unit_test(test_check),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
