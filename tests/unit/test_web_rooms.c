/* What the rooms beside the calls answer, from a store of hand-made records: registrations, trunks, sources,
 * certificates, transactions, the probe. */
#include "analyzer/base/json_item.h"
#include "probe/web/about.h"
#include "probe/web/latest_line.h"
#include "probe/web/routes.h"
#include "tests/unit/store_fixture.h"

static struct fixture fixture;

/* ---- the store ---- */

static void add_registration(struct writer *w, int64_t time_ns, const char *user, const char *state)
{
    struct registration_record r;

    record_clear(&record_type_registration, &r);
    r.id = fixture_id(time_ns, (uint64_t)user[0] * 7 + (uint64_t)user[1]);
    r.user = slice_of_text(user);
    r.domain = SLICE("example.com");
    r.source = SLICE("203.0.113.66");
    r.registrar = SLICE("192.0.2.1");
    r.state = slice_of_text(state);
    r.since = r.last_seen = time_ns;
    r.first_seen = FIXTURE_TIME - FIXTURE_DAY;
    r.expires_time = time_ns + 3600 * FIXTURE_S;
    r.attempts = 3;
    r.flaps = 0;
    writer_submit(w, &record_type_registration, &r);
}

static void add_transaction(struct writer *w, int64_t time_ns, const char *method, const char *user,
                            const char *src, int status)
{
    struct transaction_record t;

    record_clear(&record_type_transaction, &t);
    t.id = fixture_id(time_ns, (uint64_t)user[0]);
    t.method = slice_of_text(method);
    t.user = slice_of_text(user);
    t.time = time_ns;
    t.final_status = status;
    t.round_trip_ms = 12;
    assert_true(addr_parse(slice_of_text(src), &t.src));
    assert_true(addr_parse(SLICE("192.0.2.1:5060"), &t.dst));
    writer_submit(w, &record_type_transaction, &t);
}

static void add_peer(struct writer *w)
{
    struct peer_record p;

    record_clear(&record_type_peer, &p);
    p.id = fixture_id(FIXTURE_TIME - 600 * FIXTURE_S, 1);
    p.source = SLICE("198.51.100.1");
    p.target = SLICE("192.0.2.1");
    p.trunk = SLICE("carrier-a");
    p.state = SLICE("up");
    p.since = p.first_seen = FIXTURE_TIME - 600 * FIXTURE_S;
    p.last_seen = p.last_good = FIXTURE_TIME;
    p.pings = 2;
    p.history = SLICE("[]");
    writer_submit(w, &record_type_peer, &p);
}

static void add_fact(struct writer *w)
{
    struct security_record s;

    record_clear(&record_type_security, &s);
    s.id = fixture_id(FIXTURE_TIME - 60 * FIXTURE_S, 3);
    s.fact = SLICE("scanner_agent");
    s.source = SLICE("203.0.113.66");
    s.user_agent = SLICE("friendly-scanner");
    s.count = 24;
    s.window_s = 60;
    s.first_seen = FIXTURE_TIME - 60 * FIXTURE_S;
    s.last_seen = FIXTURE_TIME - 10 * FIXTURE_S;
    s.evidence = SLICE("{\"sentence\":\"it said so\"}");
    writer_submit(w, &record_type_security, &s);
}

static void add_certificate(struct writer *w, unsigned n, int days_left, const char *version)
{
    char server[32], fingerprint[16];
    struct certificate_record c;

    record_clear(&record_type_certificate, &c);
    snprintf(server, sizeof server, "192.0.2.%u:5061", n);
    snprintf(fingerprint, sizeof fingerprint, "%08x", n);
    c.id = fixture_id(FIXTURE_TIME - n * FIXTURE_S, n);
    assert_true(addr_parse(slice_of_text(server), &c.server));
    c.transport = SLICE("tls");
    c.tls_version = slice_of_text(version);
    c.first_seen = c.last_seen = FIXTURE_TIME - 5 * FIXTURE_DAY;
    c.seen_count = 1;
    c.origin = SLICE("wire");
    if (strcmp(version, "1.3") == 0) {
        c.state = SLICE("not_observable");
    } else {
        c.state = SLICE("seen");
        c.fingerprint = slice_of_text(fingerprint);
        c.not_after = FIXTURE_TIME + days_left * FIXTURE_DAY;
        c.days_left = days_left + 5;
    }
    writer_submit(w, &record_type_certificate, &c);
}

static int make_store(void **state)
{
    struct capture_record capture;
    struct writer *w;

    (void)state;
    fixture_make_dir(&fixture);
    w = fixture_writer(&fixture);
    add_registration(w, FIXTURE_TIME - FIXTURE_DAY, "alice", "registered");
    add_registration(w, FIXTURE_TIME - 100 * FIXTURE_S, "alice", "registered");
    add_registration(w, FIXTURE_TIME - 90 * FIXTURE_S, "bob", "refused");
    add_registration(w, FIXTURE_TIME - FIXTURE_DAY, "carol", "registered"); /* not seen since */
    add_transaction(w, FIXTURE_TIME - 100 * FIXTURE_S, "register", "alice", "203.0.113.66:5060",
                    200);
    add_transaction(w, FIXTURE_TIME - 90 * FIXTURE_S, "register", "bob", "203.0.113.66:5060", 403);
    add_transaction(w, FIXTURE_TIME - 80 * FIXTURE_S, "options", "ping", "198.51.100.1:5060", 200);
    add_transaction(w, FIXTURE_TIME - 50 * FIXTURE_S, "options", "ping", "198.51.100.1:5060", 200);
    add_peer(w);
    add_fact(w);
    add_certificate(w, 1, 400, "1.2");
    add_certificate(w, 2, 3, "1.2");
    add_certificate(w, 3, -2, "1.2");
    add_certificate(w, 4, 0, "1.3");
    record_clear(&record_type_capture, &capture);
    capture.source = SLICE("eth0");
    capture.start_time = FIXTURE_TIME - 2 * FIXTURE_DAY;
    capture.end_time = FIXTURE_TIME;
    writer_submit(w, &record_type_capture, &capture);
    writer_stop(w);
    return 0;
}

static int remove_store(void **state)
{
    (void)state;
    fixture_remove_dir(&fixture);
    return 0;
}

/* ---- asking ---- */

static const struct about_library library = { "libpcap", "1.10.3", "capture" };
static const struct about about = { &library, 1, SLICE_INIT("[{\"option\":\"user\"}]"), "e.yaml" };

/* Who may see everything asks; the status, and the body in *body, to be freed. */
static int ask(const char *request, struct strbuf *body)
{
    struct latest_line stats;
    atomic_bool live = true;
    struct api *a;
    struct exchange *x = exchange_new();
    struct slice rest = slice_of_text(request), path = slice_cut(&rest, '?');
    struct api_context c = { .x = x, .json = jsonw_to(&x->body) };
    struct strbuf error = { 0 };
    struct route_variable v;
    const struct route *route = routes_find(path, EXCHANGE_GET, &v);
    int status;

    assert_non_null(route);
    assert_int_equal(latest_line_init(&stats), 0);
    latest_line_set(&stats, SLICE("{\"type\":\"stats\",\"process\":{\"name\":\"probe\",\"pid\":7},"
                                  "\"queues\":[{\"name\":\"rows\",\"depth\":3}]}"));
    assert_int_equal(api_open(&a, &(struct api_options){ .store_dir = fixture.dir,
                                                         .live = &live,
                                                         .stats = &stats,
                                                         .about = &about }),
                     0);
    assert_int_equal(query_open(&a->query, fixture.dir), 0);
    c.api = a;
    x->who.rights = RIGHT_SEE | RIGHT_NUMBERS;
    while (rest.len)
        params_add(&x->params, slice_cut(&rest, '&'));
    if (params_read(&x->params, route->params, &c.asked, &error))
        route->handle(&c);
    else
        exchange_fail(x, 400, "%s", error.p);
    status = x->status;
    *body = x->body;
    x->body = (struct strbuf){ 0 };
    strbuf_fini(&error);
    params_fini(&c.asked);
    exchange_free(x);
    api_close(a);
    latest_line_fini(&stats);
    return status;
}

/* The members of that name, of each object of an array, with blanks between. */
static void list_of(const struct strbuf *body, const char *array, const char *name, char *out,
                    size_t room)
{
    struct slice rest = json_item_get(strbuf_slice(body), array), item;
    size_t at = 0;

    out[0] = '\0';
    while (json_item_next(&rest, &item)) {
        struct slice value = json_item_get(item, name);

        at += (size_t)snprintf(out + at, room - at, "%s%.*s", at ? " " : "", (int)value.len,
                               value.p ? value.p : "");
    }
}

/* clang-format off */
static const struct {
    const char *request, *array, *member, *expect;
} cases[] = {
    { "/api/v1/registrations/now", "registrations", "aor",
      "\"bob@example.com\" \"alice@example.com\" \"carol@example.com\"" },
    { "/api/v1/registrations/now", "registrations", "state", "\"failing\" \"registered\" \"expired\"" },
    { "/api/v1/registrations/now?state=failing", "registrations", "user", "\"bob\"" },
    { "/api/v1/registrations/now?q=ALI", "registrations", "user", "\"alice\"" },
    { "/api/v1/registrations/now?q=alice@example", "registrations", "user", "\"alice\"" },
    { "/api/v1/registrations/now?q=lice@example", "registrations", "user", "" },
    { "/api/v1/registrations/now?q=203.0.113.6", "registrations", "user", "\"bob\" \"alice\" \"carol\"" },
    { "/api/v1/registrations/now?limit=1", "registrations", "filter", "\"user:bob\"" },
    { "/api/v1/trunks/health?hours=1", "targets", "trunk", "\"carrier-a\"" },
    { "/api/v1/trunks/health?hours=1", "targets", "state", "\"up\"" },
    { "/api/v1/trunks/health?hours=1", "targets", "asked", "2" },
    { "/api/v1/security/sources", "sources", "src", "\"203.0.113.66\"" },
    { "/api/v1/security/sources", "sources", "attempts", "24" },
    { "/api/v1/security/sources", "sources", "targets", "[\"192.0.2.1\"]" },
    { "/api/v1/security/sources", "sources", "going_on", "true" },
    { "/api/v1/security/sources?kind=flood", "sources", "src", "" },
    { "/api/v1/certificates?sort=days_left", "certificates", "server",
      "\"192.0.2.3:5061\" \"192.0.2.2:5061\" \"192.0.2.1:5061\"" },
    { "/api/v1/certificates?sort=days_left", "certificates", "days_left", "-2.00 3.00 400.00" },
    { "/api/v1/certificates?sort=days_left", "unobservable", "version", "\"TLS 1.3\"" },
    { "/api/v1/certificates?limit=2", "certificates", "observable", "true true" },
    { "/api/v1/transactions?user=bob", "transactions", "final_status", "403" },
    { "/api/v1/transactions?source=203.0.113.66", "transactions", "user", "\"bob\" \"alice\"" },
    { "/api/v1/transactions?method=options&limit=1", "transactions", "type", "\"options\"" },
    { "/api/v1/probe", "processes", "name", "\"web\" \"probe\"" },
    { "/api/v1/probe", "queues", "depth", "3" },
    { "/api/v1/probe", "libraries", "name", "\"libwebsockets\" \"jansson\" \"libpcap\"" },
    { "/api/v1/probe", "config", "option", "\"user\"" },
};
/* clang-format on */

static void rooms_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct strbuf body;
        char list[512];

        assert_int_equal(ask(cases[i].request, &body), 200);
        list_of(&body, cases[i].array, cases[i].member, list, sizeof list);
        if (strcmp(list, cases[i].expect) != 0)
            fail_msg("%s: %s are %s, not %s", cases[i].request, cases[i].member, list,
                     cases[i].expect);
        strbuf_fini(&body);
    }
}

/* Page by page the same as at once. */
static void pages_go_on(void **state)
{
    char request[128] = "/api/v1/registrations/now?limit=1", users[3][32];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct strbuf body;
        struct slice next;

        assert_int_equal(ask(request, &body), 200);
        list_of(&body, "registrations", "user", users[i], sizeof users[i]);
        next = json_item_get(strbuf_slice(&body), "next");
        assert_int_equal(next.p != NULL, i < 2);
        if (next.p)
            snprintf(request, sizeof request, "/api/v1/registrations/now?limit=1&cursor=%.*s",
                     (int)next.len - 2, next.p + 1);
        strbuf_fini(&body);
    }
    assert_string_equal(users[0], "\"bob\"");
    assert_string_equal(users[1], "\"alice\"");
    assert_string_equal(users[2], "\"carol\"");
}

static const char *const refused[] = {
    "/api/v1/registrations/now?state=open",
    "/api/v1/registrations/now?cursor=1.2",
    "/api/v1/registrations/now?cursor=zzzz",
    "/api/v1/trunks/health?hours=169",
    "/api/v1/trunks/health?hours=0",
    "/api/v1/security/sources?kind=nonsense",
    "/api/v1/security/sources?kind=../../etc",
    "/api/v1/certificates?sort=server",
    "/api/v1/transactions?source=example.com",
    "/api/v1/transactions?method=invite",
    "/api/v1/probe?x=1",
};

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct strbuf body;

        if (ask(refused[i], &body) != 400)
            fail_msg("%s is not refused", refused[i]);
        strbuf_fini(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rooms_answer),
        cmocka_unit_test(pages_go_on),
        cmocka_unit_test(what_cannot_be_is_refused),
    };

    return cmocka_run_group_tests(tests, make_store, remove_store);
}
