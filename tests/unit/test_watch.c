/* Certificates that are looked at, and a probe that says nothing. */
#include "analyzer/base/json_item.h"
#include "probe/decap/tls_cert.h"
#include "probe/state/own_alerts.h"
#include "probe/state/watched.h"
#include "probe/watch/certificate_watch.h"
#include "probe/watch/dead_man.h"
#include "probe/watch/tls_look.h"
#include "probe/watch/watch_alerts.h"
#include "probe/watch/watch_target.h"
#include "tests/unit/tls_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define RULES    TEST_DATA "/../../../rules"

struct scene {
    char dir[64];
    struct state_db *db;
};

static int set_up(void **state)
{
    struct scene *s = calloc(1, sizeof *s);

    snprintf(s->dir, sizeof s->dir, "/tmp/test_watch.XXXXXX");
    if (!mkdtemp(s->dir) || state_db_open(&s->db, s->dir) != 0)
        return -1;
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const files[] = { "state.sqlite", "state.sqlite-wal", "state.sqlite-shm",
                                         "state.lock",   "RUNNING",          "live.sock" };
    struct scene *s = *state;
    char path[128];
    int err;

    state_db_close(s->db);
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", s->dir, files[i]);
        unlink(path);
    }
    err = rmdir(s->dir);
    free(s);
    return err;
}

static void pause_ms(long ms)
{
    const struct timespec wait = { ms / 1000, ms % 1000 * 1000000 };

    nanosleep(&wait, NULL);
}

/* ---- targets ---- */

static void reads_targets(void **state)
{
    static const struct {
        const char *text, *host; /* host NULL: it is none */
        uint16_t port;
        bool is_name;
    } rows[] = {
        { "sip.example.org:5061", "sip.example.org", 5061, true },
        { "gateway_1:443", "gateway_1", 443, true },
        { "192.0.2.1:5061", "192.0.2.1", 5061, false },
        { "[2001:db8::1]:65535", "2001:db8::1", 65535, false },
        { "sip.example.org", NULL, 0, false },
        { "sip.example.org:", NULL, 0, false },
        { "sip.example.org:0", NULL, 0, false },
        { "sip.example.org:65536", NULL, 0, false },
        { "sip.example.org:x", NULL, 0, false },
        { ":5061", NULL, 0, false },
        { "2001:db8::1:5061", NULL, 0, false },
        { "[2001:db8::1]", NULL, 0, false },
        { "[sip.example.org]:5061", NULL, 0, false },
        { "https://sip.example.org:443", NULL, 0, false },
        { "sip.example.org:443/", NULL, 0, false },
        { "a b:443", NULL, 0, false },
        { "", NULL, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct watch_target t;
        bool is = watch_target_parse(&t, slice_of_text(rows[i].text));

        if (is != (rows[i].host != NULL))
            fail_msg("%s", rows[i].text);
        if (!is)
            continue;
        assert_string_equal(t.host, rows[i].host);
        assert_int_equal(t.port, rows[i].port);
        assert_int_equal(t.is_name, rows[i].is_name);
    }
}

/* ---- one look ---- */

static bool look_at(struct tls_look *look, uint16_t port, const char *name, int64_t timeout_ms)
{
    static const uint8_t loopback[4] = { 127, 0, 0, 1 };
    struct tls_look_options o = { .server = addr_v4(loopback, port),
                                  .server_name = name,
                                  .timeout_ms = timeout_ms };

    return tls_look(look, &o);
}

static const struct {
    struct tls_server_options server;
    uint16_t version;
} sights[] = {
    { { "sip.example.org", -10, 20, false, false }, 0x0304 }, /* what a mirror cannot see */
    { { "sip.example.org", -10, 20, true, false }, 0x0303 },
    { { "old.example.org", -400, -30, false, false }, 0x0304 },
    { { "sip.example.org", -10, 20, true, true }, 0x0303 }, /* it hangs up on us, too late */
    { { "sip.example.org", -10, 20, false, true }, 0x0304 },
};

static void sees_the_certificate_and_sends_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sights); i++) {
        struct tls_server *server = tls_server_start(&sights[i].server);
        struct tls_look look;
        struct tls_cert cert;

        assert_true(look_at(&look, tls_server_port(server), "asked.example.org", 5000));
        assert_string_equal(look.error, "");
        assert_int_equal(look.version, sights[i].version);
        assert_int_equal(look.chain_length, 1);
        assert_int_equal(tls_cert_read(slice_of(look.der, look.der_len), &cert), TLS_CERT_OK);
        assert_non_null(strstr(cert.alt_names.p, sights[i].server.name));
        assert_true((cert.not_after_ns / 1000000000 > time(NULL)) ==
                    (sights[i].server.to_days > 0));
        tls_cert_fini(&cert);
        tls_look_fini(&look);
        tls_server_stop(server);
    }
}

static void asks_for_a_name_alone(void **state)
{
    const struct tls_server_options options = { "sip.example.org", -1, 1, false, false };
    struct tls_server *server = tls_server_start(&options);
    struct tls_look look;
    unsigned handshakes = 0;
    char name[256];
    size_t bytes;

    (void)state;
    assert_true(look_at(&look, tls_server_port(server), "asked.example.org", 5000));
    tls_look_fini(&look);
    for (int i = 0; i < 500 && handshakes == 0; i++) {
        pause_ms(2);
        tls_server_read(server, name, &handshakes, &bytes);
    }
    assert_string_equal(name, "asked.example.org");
    assert_true(look_at(&look, tls_server_port(server), NULL, 5000));
    tls_look_fini(&look);
    for (int i = 0; i < 500 && handshakes == 1; i++) {
        pause_ms(2);
        tls_server_read(server, name, &handshakes, &bytes);
    }
    assert_string_equal(name, "");
    assert_int_equal(bytes, 0);
    tls_server_stop(server);
}

/* A listener whose backlog takes the connection, and that nobody serves. */
static int listen_silently(uint16_t *port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

static void says_why_it_sees_nothing(void **state)
{
    struct tls_look look;
    uint16_t port;
    int fd = listen_silently(&port), client;

    (void)state;
    assert_false(look_at(&look, port, NULL, 150));
    assert_string_equal(look.error, "no answer in time");
    tls_look_fini(&look);
    client = accept(fd, NULL, NULL); /* of that look */
    close(client);
    close(fd);
    assert_false(look_at(&look, port, NULL, 5000));
    assert_string_equal(look.error, "connect: Connection refused");
    tls_look_fini(&look);
}

/* ---- certificates.watch ---- */

struct watched {
    char json[8][8192];
    size_t count;
};

static bool take_json(void *ctx, struct slice json)
{
    struct watched *w = ctx;

    snprintf(w->json[w->count++], sizeof w->json[0], "%.*s", (int)json.len, json.p);
    return w->count < COUNT(w->json);
}

struct alerts {
    struct alert_record *list[16];
    size_t count;
};

static bool take_alert(void *ctx, const struct alert_record *alert)
{
    struct alerts *a = ctx;

    a->list[a->count++] = record_clone(&record_type_alert, alert);
    return a->count < COUNT(a->list);
}

static bool holds(struct slice text, const char *part)
{
    size_t len = strlen(part);

    for (size_t i = 0; i + len <= text.len; i++) {
        if (memcmp(text.p + i, part, len) == 0)
            return true;
    }
    return false;
}

static void read_alerts(struct state_db *db, struct alerts *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->list[i]);
    a->count = 0;
    if (db)
        assert_int_equal(own_alerts_list(db, 0, 0, take_alert, a), 0);
}

/* Until the newest alert is in that state. */
static void wait_for_alert(struct state_db *db, struct alerts *a, const char *state)
{
    for (int i = 0; i < 1500; i++) {
        read_alerts(db, a);
        if (a->count && slice_eq(a->list[0]->state, slice_of_text(state)))
            return;
        pause_ms(4);
    }
    fail_msg("no alert is %s", state);
}

static void wait_for_watched(struct state_db *db, struct watched *w, size_t count)
{
    for (int i = 0; i < 1500; i++) {
        w->count = 0;
        assert_int_equal(watched_list(db, take_json, w), 0);
        if (w->count == count)
            return;
        pause_ms(4);
    }
    fail_msg("%zu servers of %zu were looked at", w->count, count);
}

static void raises_alerts_of_what_it_sees(void **state)
{
    const struct tls_server_options options = { "sip.example.org", -400, -30, false, false };
    struct tls_server *server = tls_server_start(&options);
    struct scene *s = *state;
    struct watched seen = { .count = 0 };
    struct alerts alerts = { .count = 0 };
    struct slice record;
    char good[64], dead[64];
    const char *targets[] = { good, dead };
    struct certificate_watch_options o = {
        .state = s->db, .rules_dir = RULES, .targets = targets, .target_count = 2, .repeat_ms = 20
    };
    struct certificate_watch *w;
    uint16_t port;
    uint64_t id;

    close(listen_silently(&port));
    snprintf(good, sizeof good, "localhost:%u", tls_server_port(server));
    snprintf(dead, sizeof dead, "127.0.0.1:%u", port);
    assert_int_equal(watched_put(s->db, SLICE("gone:1"), SLICE("{}")), 0);
    assert_int_equal(certificate_watch_start(&w, &o), 0);
    wait_for_watched(s->db, &seen, 2);

    record = json_item_get(slice_of_text(seen.json[1]), "certificate");
    assert_true(slice_eq(json_item_get(slice_of_text(seen.json[1]), "error"), SLICE_ABSENT));
    assert_true(slice_eq(json_item_get(record, "origin"), SLICE("\"watch\"")));
    assert_true(slice_eq(json_item_get(record, "tls_version"), SLICE("\"1.3\"")));
    assert_true(slice_eq(json_item_get(record, "server_name"), SLICE("\"localhost\"")));
    assert_true(slice_eq(json_item_get(record, "name_matches"), SLICE("false")));
    assert_true(json_item_number(record, "days_left") < -29);
    assert_true(slice_eq(json_item_get(slice_of_text(seen.json[0]), "error"),
                         SLICE("\"connect: Connection refused\"")));
    assert_false(json_item_get(slice_of_text(seen.json[0]), "certificate").p != NULL);

    wait_for_alert(s->db, &alerts, "firing");
    for (size_t i = 1; i < alerts.count; i++) { /* the expired one; it explains any other */
        if (slice_eq(alerts.list[i]->rule, SLICE("certificate-expired"))) {
            struct alert_record *a = alerts.list[0];

            alerts.list[0] = alerts.list[i];
            alerts.list[i] = a;
        }
    }
    assert_true(slice_eq(alerts.list[0]->rule, SLICE("certificate-expired")));
    assert_true(slice_eq(alerts.list[0]->severity, SLICE("critical")));
    assert_true(holds(alerts.list[0]->labels, "127.0.0.1"));
    id = alerts.list[0]->id;
    certificate_watch_stop(w);

    /* A new process finds the same, and goes on with the same alert. */
    assert_int_equal(certificate_watch_start(&w, &o), 0);
    pause_ms(400);
    certificate_watch_stop(w);
    read_alerts(s->db, &alerts);
    for (size_t i = 0; i < alerts.count; i++) {
        if (slice_eq(alerts.list[i]->rule, SLICE("certificate-expired"))) {
            assert_int_equal(alerts.list[i]->id, id);
            assert_true(slice_eq(alerts.list[i]->state, SLICE("firing")));
        }
    }

    /* One that has nothing to look at any more ends it. */
    o.target_count = 0;
    assert_int_equal(certificate_watch_start(&w, &o), 0);
    for (int i = 0; i < 1500; i++) {
        read_alerts(s->db, &alerts);
        if (slice_eq(alerts.list[alerts.count - 1]->state, SLICE("resolved")))
            break;
        pause_ms(4);
    }
    certificate_watch_stop(w);
    for (size_t i = 0; i < alerts.count; i++)
        assert_true(slice_eq(alerts.list[i]->state, SLICE("resolved")) ||
                    slice_eq(alerts.list[i]->state, SLICE("passed")));
    wait_for_watched(s->db, &seen, 0);
    read_alerts(NULL, &alerts);
    tls_server_stop(server);
}

static void leaves_at_once_in_the_middle_of_a_look(void **state)
{
    struct scene *s = *state;
    char text[64];
    const char *targets[] = { text };
    struct certificate_watch_options o = { .state = s->db, .targets = targets, .target_count = 1 };
    struct timespec before, after;
    struct certificate_watch *w;
    uint16_t port;
    int fd = listen_silently(&port);

    snprintf(text, sizeof text, "127.0.0.1:%u", port);
    assert_int_equal(certificate_watch_start(&w, &o), 0);
    pause_ms(50);
    clock_gettime(CLOCK_MONOTONIC, &before);
    certificate_watch_stop(w);
    clock_gettime(CLOCK_MONOTONIC, &after);
    assert_true(after.tv_sec - before.tv_sec <= 2);
    close(fd);
    targets[0] = "no port";
    assert_int_equal(certificate_watch_start(&w, &o), -EINVAL);
}

/* ---- alerts over a restart ---- */

static struct alert_record make_alert(uint64_t id, const char *state)
{
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    a.id = id;
    a.rule = SLICE("certificate-expired");
    a.group = SLICE("192.0.2.1:5061");
    a.severity = SLICE("critical");
    a.state = slice_of_text(state);
    a.time = a.since = a.fired_time = a.changed_time = (int64_t)id * 1000;
    return a;
}

static void goes_on_with_the_alerts_of_before(void **state)
{
    struct scene *s = *state;
    struct watch_alerts_options o = { .state = s->db, .not = "probe-silent" };
    struct alert_record old = make_alert(100, "firing"), other = make_alert(101, "firing"), a;
    struct alerts alerts = { .count = 0 };
    struct watch_alerts *w;

    other.group = SLICE("elsewhere");
    assert_int_equal(own_alerts_put(s->db, &old), 0);
    assert_int_equal(own_alerts_put(s->db, &other), 0);
    assert_int_equal(watch_alerts_open(&w, &o), 0);
    a = make_alert(200, "pending"); /* of it we know better */
    watch_alerts_tell(w, &a);
    read_alerts(s->db, &alerts);
    assert_int_equal(alerts.count, 2);
    assert_true(slice_eq(alerts.list[1]->state, SLICE("firing")));
    a = make_alert(200, "firing");
    a.severity = SLICE("warning");
    watch_alerts_tell(w, &a);
    a = make_alert(201, "firing"); /* another of the same name is another */
    a.muted_by = 200;
    watch_alerts_tell(w, &a);
    read_alerts(s->db, &alerts);
    assert_int_equal(alerts.count, 3);
    assert_int_equal(alerts.list[0]->id, 201);
    assert_int_equal(alerts.list[0]->muted_by, 100);
    assert_int_equal(alerts.list[2]->id, 100);
    assert_int_equal(alerts.list[2]->fired_time, 100000);
    assert_true(slice_eq(alerts.list[2]->severity, SLICE("warning")));
    watch_alerts_end_old(w, 300000);
    a = make_alert(200, "resolved");
    a.ended_time = 400000;
    watch_alerts_tell(w, &a);
    read_alerts(s->db, &alerts);
    assert_int_equal(alerts.count, 3);
    assert_true(slice_eq(alerts.list[0]->state, SLICE("firing"))); /* 201 */
    assert_int_equal(alerts.list[1]->ended_time, 300000);          /* 101: nobody spoke of it */
    assert_int_equal(alerts.list[2]->ended_time, 400000);
    watch_alerts_close(w);
    read_alerts(NULL, &alerts);
}

/* ---- the dead man ---- */

static void judges_a_silence(void **state)
{
    static const struct {
        int64_t silent_ms;
        bool ran, has_mark;
        enum dead_man_verdict verdict;
    } rows[] = {
        { 0, true, true, DEAD_MAN_FINE },         { 59999, true, true, DEAD_MAN_FINE },
        { 60000, true, true, DEAD_MAN_SILENT },   { 60000, false, true, DEAD_MAN_SILENT },
        { 60000, true, false, DEAD_MAN_STOPPED }, { INT64_MAX, false, false, DEAD_MAN_FINE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_int_equal(dead_man_judge(rows[i].silent_ms, 60000, rows[i].ran, rows[i].has_mark),
                         rows[i].verdict);
}

static int listen_as_probe(const struct scene *s)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s/live.sock", s->dir);
    unlink(at.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void set_mark(const struct scene *s, bool there)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof path, "%s/RUNNING", s->dir);
    if (!there) {
        unlink(path);
        return;
    }
    f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
}

static void say_line(int fd, const char *line)
{
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), (int)strlen(line));
}

static void say(int fd)
{
    say_line(fd, "{\"type\":\"probe\",\"uptime_s\":1}\n");
}

static void misses_no_replay(void **state)
{
    struct scene *s = *state;
    struct dead_man_options o = { .store_dir = s->dir, .state = s->db, .silence_ms = 60 };
    struct alerts alerts = { .count = 0 };
    int listener = listen_as_probe(s), replay;
    struct dead_man *d;

    set_mark(s, false);
    assert_int_equal(dead_man_start(&d, &o), 0);
    replay = accept(listener, NULL, NULL);
    say_line(replay, "{\"type\":\"call\",\"call_id\":\"\\\"type\\\":\\\"probe\\\"\"}\n");
    pause_ms(30);
    close(replay);
    close(listener);
    pause_ms(200);
    read_alerts(s->db, &alerts);
    assert_int_equal(alerts.count, 0);
    dead_man_stop(d);
    read_alerts(NULL, &alerts);
}

static void notices_a_probe_that_dies_and_comes_back(void **state)
{
    struct scene *s = *state;
    struct dead_man_options o = { .store_dir = s->dir, .state = s->db, .silence_ms = 120 };
    struct alerts alerts = { .count = 0 };
    int listener = listen_as_probe(s), probe;
    struct dead_man *d;
    uint64_t id;

    set_mark(s, true);
    assert_int_equal(dead_man_start(&d, &o), 0);
    probe = accept(listener, NULL, NULL);
    for (int i = 0; i < 10; i++) {
        say(probe);
        pause_ms(30);
    }
    read_alerts(s->db, &alerts);
    assert_int_equal(alerts.count, 0);

    close(probe); /* killed: its mark stays */
    close(listener);
    wait_for_alert(s->db, &alerts, "firing");
    id = alerts.list[0]->id;
    assert_true(slice_eq(alerts.list[0]->rule, SLICE("probe-silent")));
    assert_true(slice_eq(alerts.list[0]->severity, SLICE("critical")));
    assert_true(alerts.list[0]->time - alerts.list[0]->since >= 100 * 1000000);
    assert_true(alerts.list[0]->runbook.len > 0);

    /* So does the alert over a restart of the web process. */
    dead_man_stop(d);
    assert_int_equal(dead_man_start(&d, &o), 0);
    pause_ms(250);
    read_alerts(s->db, &alerts);
    assert_int_equal(alerts.count, 1);
    assert_true(slice_eq(alerts.list[0]->state, SLICE("firing")));

    listener = listen_as_probe(s);
    probe = accept(listener, NULL, NULL);
    say(probe);
    wait_for_alert(s->db, &alerts, "resolved");
    assert_int_equal(alerts.count, 1);
    assert_int_equal(alerts.list[0]->id, id);
    assert_int_not_equal(alerts.list[0]->ended_time, RECORD_NONE);
    assert_true(holds(alerts.list[0]->summary, " is back after "));

    set_mark(s, false); /* stopped in order: to be known, no alarm */
    close(probe);
    close(listener);
    wait_for_alert(s->db, &alerts, "firing");
    assert_int_equal(alerts.count, 2);
    assert_true(slice_eq(alerts.list[0]->severity, SLICE("info")));
    set_mark(s, true); /* it began anew, and hangs */
    for (int i = 0; i < 500 && slice_eq(alerts.list[0]->severity, SLICE("info")); i++) {
        pause_ms(4);
        read_alerts(s->db, &alerts);
    }
    assert_int_equal(alerts.count, 2);
    assert_true(slice_eq(alerts.list[0]->severity, SLICE("critical")));
    dead_man_stop(d);
    read_alerts(NULL, &alerts);
}

static void says_nothing_of_a_store_without_a_probe(void **state)
{
    struct scene *s = *state;
    struct dead_man_options o = { .store_dir = s->dir, .state = s->db, .silence_ms = 40 };
    struct alerts alerts = { .count = 0 };
    struct dead_man *d;

    assert_int_equal(dead_man_start(&d, &o), 0);
    pause_ms(200);
    dead_man_stop(d);
    read_alerts(s->db, &alerts);
    assert_int_equal(alerts.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_targets),
        cmocka_unit_test(sees_the_certificate_and_sends_nothing),
        cmocka_unit_test(asks_for_a_name_alone),
        cmocka_unit_test(says_why_it_sees_nothing),
        cmocka_unit_test_setup_teardown(raises_alerts_of_what_it_sees, set_up, tear_down),
        cmocka_unit_test_setup_teardown(leaves_at_once_in_the_middle_of_a_look, set_up, tear_down),
        cmocka_unit_test_setup_teardown(goes_on_with_the_alerts_of_before, set_up, tear_down),
        cmocka_unit_test(judges_a_silence),
        cmocka_unit_test_setup_teardown(misses_no_replay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(notices_a_probe_that_dies_and_comes_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(says_nothing_of_a_store_without_a_probe, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
