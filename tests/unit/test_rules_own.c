/*
 * test_rules_own - shipped rules that no capture can show: the store, the mirror, the probe itself,
 * certificates, and what a guard learns within days. Each is fed with records, as its file is.
 */
#include "probe/engine/rule_feed.h"
#include "tests/unit/rule_trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RULES  TEST_DATA "/../../../rules"
#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

struct scene {
    struct rule_trial t; /* what was told */
    struct rule_set *set;
    int64_t now_s;
};

static struct scene *open_rule(const char *name)
{
    struct scene *s = calloc(1, sizeof *s);
    char error[512] = "";

    assert_non_null(s);
    if (rule_set_load(&s->set,
                      &(struct rule_set_options){
                          .dir = RULES, .only = name, .alert = rule_trial_keep, .ctx = &s->t },
                      error, sizeof error) != 0)
        fail_msg("%s", error);
    assert_int_equal(rule_set_count(s->set), 1);
    return s;
}

static void close_rule(struct scene *s)
{
    rule_set_free(s->set);
    rule_trial_forget(&s->t);
    free(s);
}

static int64_t now_ns(const struct scene *s)
{
    return TRIAL_START + s->now_s * NS_PER_S;
}

static void show(struct scene *s, const struct record_type *type, const void *record)
{
    rule_feed_record(s->set, type, record, now_ns(s));
}

/* Time goes on; a tick each `step_s`. */
static void wait(struct scene *s, int64_t seconds, int64_t step_s)
{
    for (int64_t end = s->now_s + seconds; s->now_s < end;) {
        s->now_s += step_s;
        rule_set_tick(s->set, now_ns(s));
    }
}

/* The alert that was told last, and that there were so many. */
static void expect(const struct scene *s, size_t count, const char *state, const char *severity,
                   const char *group)
{
    const struct alert_record *a;

    assert_int_equal(s->t.count, count);
    a = s->t.alerts[count - 1];
    rule_trial_expect_text(a->state, state);
    rule_trial_expect_text(a->severity, severity);
    rule_trial_expect_text(a->group, group);
}

/* Those that fired; pending ones come before them where a rule waits. */
static size_t count_of(const struct scene *s, const char *state)
{
    size_t n = 0;

    for (size_t i = 0; i < s->t.count; i++)
        n += slice_eq(s->t.alerts[i]->state, slice_of_text(state));
    return n;
}

static const struct alert_record *last(const struct scene *s)
{
    assert_true(s->t.count > 0);
    return s->t.alerts[s->t.count - 1];
}

static void expect_last(const struct scene *s, const char *state, const char *severity)
{
    rule_trial_expect_text(last(s)->state, state);
    rule_trial_expect_text(last(s)->severity, severity);
}

/* --- the store ------------------------------------------------------------------------------ */

static void show_store(struct scene *s, int64_t free_percent, double days_left, int minutes)
{
    for (int i = 0; i < minutes; i++) {
        struct store_record r;

        record_clear(&record_type_store, &r);
        r.disk_bytes = INT64_C(1000000000000);
        r.disk_free_bytes = r.disk_bytes / 100 * free_percent;
        r.days_left = days_left;
        show(s, &record_type_store, &r);
        wait(s, MINUTE, 1);
    }
}

static void a_disk_fills(void **state)
{
    struct scene *s = open_rule("disk-space");

    (void)state;
    show_store(s, 25, NAN, 60);
    show_store(s, 21, NAN, 60);
    assert_int_equal(s->t.count, 0);
    show_store(s, 20, NAN, 5);
    assert_int_equal(count_of(s, "firing"), 1);
    expect_last(s, "firing", "warning");
    assert_true(fabs(last(s)->value - 0.2) < 1e-9);
    show_store(s, 12, NAN, 30);
    assert_int_equal(count_of(s, "firing"), 1);
    show_store(s, 10, NAN, 3);
    expect_last(s, "firing", "critical");
    show_store(s, 21, NAN, 30); /* not over yet: a day that goes must not flap */
    assert_int_equal(count_of(s, "resolved"), 0);
    show_store(s, 30, NAN, 10);
    assert_int_equal(count_of(s, "resolved"), 1);
    close_rule(s);
}

static void a_store_is_full_in_days(void **state)
{
    struct scene *s = open_rule("store-days-left");

    (void)state;
    show_store(s, 50, NAN, 60); /* it does not grow */
    show_store(s, 50, 3.5, 60);
    show_store(s, 50, 2.5, 8); /* as a day of much is about to leave the rate */
    show_store(s, 50, 3.5, 60);
    assert_int_equal(count_of(s, "firing"), 0);
    show_store(s, 50, 2.5, 40);
    expect_last(s, "firing", "warning");
    rule_trial_expect_text(last(s)->unit, "days");
    show_store(s, 50, 5, 45);
    expect_last(s, "resolved", "warning");
    close_rule(s);
}

/* --- capture and mirror --------------------------------------------------------------------- */

struct counters_of {
    int64_t received, dropped, copies;
};

/* One step of ten seconds: 10,000 packets. */
static void show_ledger(struct scene *s, struct counters_of *c, int64_t dropped, int steps)
{
    for (int i = 0; i < steps; i++) {
        struct capture_record r;

        record_clear(&record_type_capture, &r);
        c->received += 10000;
        c->dropped += dropped;
        r.source = SLICE("eth1");
        r.received = c->received;
        r.kernel_dropped = c->dropped;
        r.interface_dropped = 0;
        show(s, &record_type_capture, &r);
        wait(s, 10, 1);
    }
}

static void packets_are_dropped(void **state)
{
    struct scene *s = open_rule("capture-drops");
    struct counters_of c = { 0, 0, 0 };

    (void)state;
    show_ledger(s, &c, 0, 60);
    show_ledger(s, &c, 40, 1); /* a hiccup: 40 of 600,000 */
    show_ledger(s, &c, 0, 90);
    assert_int_equal(count_of(s, "firing"), 0);
    show_ledger(s, &c, 20, 30);
    assert_int_equal(count_of(s, "firing"), 1);
    expect_last(s, "firing", "warning");
    rule_trial_expect_text(last(s)->group, "eth1");
    show_ledger(s, &c, 500, 60);
    expect_last(s, "firing", "critical");
    show_ledger(s, &c, 0, 150);
    expect_last(s, "resolved", "critical");
    close_rule(s);
}

static void a_file_says_nothing_of_drops(void **state)
{
    struct scene *s = open_rule("capture-drops");
    struct capture_record r;

    (void)state;
    record_clear(&record_type_capture, &r);
    r.source = SLICE("a.pcap");
    for (int i = 0; i < 100; i++) {
        r.received = i * 10000;
        show(s, &record_type_capture, &r);
        wait(s, 10, 10);
    }
    assert_int_equal(s->t.count, 0);
    close_rule(s);
}

static void show_mirror(struct scene *s, struct counters_of *c, int64_t copies,
                        const char *complaints, int64_t conversations, int steps)
{
    for (int i = 0; i < steps; i++) {
        struct mirror_record r;

        record_clear(&record_type_mirror, &r);
        c->received += 10000;
        c->copies += copies;
        r.source = SLICE("eth1");
        r.frames = c->received;
        r.duplicate_frames = c->copies;
        r.conversations = conversations;
        r.one_way = conversations / 2;
        r.complaints = slice_of_text(complaints);
        show(s, &record_type_mirror, &r);
        wait(s, 10, 1);
    }
}

static void a_mirror_shows_one_direction(void **state)
{
    struct scene *s = open_rule("mirror-one-way");
    struct counters_of c = { 0, 0, 0 };

    (void)state;
    show_mirror(s, &c, 0, "[\"one_way\"]", 4, 120); /* too few pairs to tell */
    show_mirror(s, &c, 0, "[\"doubled\"]", 40, 120);
    show_mirror(s, &c, 0, "[]", 40, 60);
    assert_int_equal(count_of(s, "firing"), 0);
    show_mirror(s, &c, 0, "[\"cut\",\"one_way\"]", 40, 90);
    expect_last(s, "firing", "warning");
    show_mirror(s, &c, 0, "[]", 40, 90);
    expect_last(s, "resolved", "warning");
    close_rule(s);
}

static void a_mirror_delivers_twice(void **state)
{
    struct scene *s = open_rule("mirror-doubled");
    struct counters_of c = { 0, 0, 0 };

    (void)state;
    show_mirror(s, &c, 40, "[]", 40, 120); /* 0.4 % */
    assert_int_equal(s->t.count, 0);
    show_mirror(s, &c, 5000, "[\"doubled\"]", 40, 12);
    expect(s, 1, "firing", "info", "eth1");
    show_mirror(s, &c, 0, "[\"doubled\"]", 40, 180); /* it was put right, and the sum remembers */
    expect(s, 2, "resolved", "info", "eth1");
    close_rule(s);
}

/* --- the probe ------------------------------------------------------------------------------ */

static struct probe_record healthy(const struct scene *s)
{
    struct probe_record r;

    record_clear(&record_type_probe, &r);
    r.time = now_ns(s);
    r.uptime_s = s->now_s;
    r.clock_step_ms = 0;
    r.clock_synchronised = 1;
    r.packet_age_ms = 40;
    r.sip_dates = 8;
    r.sip_date_offset_ms = 700;
    r.received = 1000 * s->now_s;
    r.dropped = 0;
    return r;
}

/* Each second, for so long; age_ms < 0: as it grows. */
static void show_silence(struct scene *s, int seconds)
{
    for (int i = 1; i <= seconds; i++) {
        struct probe_record r;

        wait(s, 1, 1);
        r = healthy(s);
        r.packet_age_ms = i * 1000;
        show(s, &record_type_probe, &r);
    }
}

static void show_probe(struct scene *s, const struct probe_record *like, int seconds)
{
    for (int i = 0; i < seconds; i++) {
        struct probe_record r = *like;

        wait(s, 1, 1);
        r.time = now_ns(s);
        r.uptime_s = s->now_s;
        show(s, &record_type_probe, &r);
    }
}

static void a_mirror_falls_silent(void **state)
{
    struct scene *s = open_rule("mirror-silent");
    struct probe_record r = healthy(s);

    (void)state;
    r.packet_age_ms = NAN; /* nothing came yet: it was never there */
    show_probe(s, &r, 600);
    r.packet_age_ms = 40;
    show_probe(s, &r, 60);
    show_silence(s, 55);
    show_probe(s, &r, 60);
    assert_int_equal(s->t.count, 0);
    show_silence(s, 70);
    assert_int_equal(s->t.count, 1);
    expect_last(s, "firing", "warning");
    show_silence(s, 400);
    expect_last(s, "firing", "critical");
    show_probe(s, &r, 60);
    expect_last(s, "resolved", "critical");
    assert_int_equal(count_of(s, "resolved"), 1);
    close_rule(s);
}

static void a_clock_is_set(void **state)
{
    struct scene *s = open_rule("probe-clock-set");
    struct probe_record r = healthy(s);

    (void)state;
    r.clock_step_ms = 4000; /* as the machine starts */
    show_probe(s, &r, 60);
    r.clock_step_ms = -200;
    show_probe(s, &r, 600);
    assert_int_equal(s->t.count, 0);
    r.clock_step_ms = -1500;
    show_probe(s, &r, 60);
    assert_int_equal(s->t.count, 1);
    expect_last(s, "firing", "warning");
    r.clock_step_ms = 0;
    show_probe(s, &r, 700);
    assert_int_equal(s->t.count, 2);
    expect_last(s, "resolved", "warning");
    close_rule(s);
}

static void nobody_keeps_the_clock(void **state)
{
    struct scene *s = open_rule("probe-clock-unsynchronised");
    struct probe_record r = healthy(s);

    (void)state;
    r.clock_synchronised = -1; /* it cannot be told */
    show_probe(s, &r, 3600);
    r.clock_synchronised = 0;
    show_probe(s, &r, 1200); /* a daemon that starts */
    r.clock_synchronised = 1;
    show_probe(s, &r, 300);
    assert_int_equal(count_of(s, "firing"), 0);
    r.clock_synchronised = 0;
    show_probe(s, &r, 1900);
    assert_int_equal(count_of(s, "firing"), 1);
    r.clock_synchronised = 1;
    show_probe(s, &r, 120);
    expect_last(s, "resolved", "warning");
    close_rule(s);
}

static void the_network_has_another_time(void **state)
{
    struct scene *s = open_rule("probe-clock-wrong");
    struct probe_record r = healthy(s);

    (void)state;
    r.sip_date_offset_ms = 9000;
    show_probe(s, &r, 1200);
    r.sip_date_offset_ms = 60000;
    r.sip_dates = 4; /* too few */
    show_probe(s, &r, 1200);
    assert_int_equal(count_of(s, "firing"), 0);
    r.sip_date_offset_ms = -12000;
    r.sip_dates = 5;
    show_probe(s, &r, 700);
    assert_int_equal(count_of(s, "firing"), 1);
    r.sip_date_offset_ms = -800;
    show_probe(s, &r, 700);
    expect_last(s, "resolved", "warning");
    close_rule(s);
}

/* --- certificates --------------------------------------------------------------------------- */

static struct certificate_record certificate(const struct scene *s, int64_t days)
{
    struct certificate_record r;

    record_clear(&record_type_certificate, &r);
    r.state = SLICE("seen");
    r.transport = SLICE("tls");
    r.origin = SLICE("wire");
    r.subject = SLICE("CN=sip.example.org");
    r.server_name = SLICE("sip.example.org");
    r.name_matches = 1;
    assert_true(addr_parse(SLICE("192.0.2.7:5061"), &r.server));
    r.not_after = now_ns(s) + days * DAY * NS_PER_S;
    return r;
}

#define SERVER "192.0.2.7:5061, CN=sip.example.org"

static void a_certificate_ends(void **state)
{
    struct scene *s = open_rule("certificate-expiring");
    struct certificate_record r = certificate(s, 35);

    (void)state;
    /* A handshake each five days, so it is the clock that decides. */
    for (int i = 0; i < 7; i++) {
        show(s, &record_type_certificate, &r);
        wait(s, 5 * DAY - (i == 6 ? DAY : 0), HOUR);
    }
    assert_int_equal(s->t.count, 3);
    rule_trial_expect_text(s->t.alerts[0]->severity, "info");
    assert_true(fabs((double)(s->t.alerts[0]->fired_time - TRIAL_START) / 1e9 - 5.0 * DAY) <
                2 * HOUR);
    rule_trial_expect_text(s->t.alerts[1]->severity, "warning");
    assert_true(fabs((double)(s->t.alerts[1]->changed_time - TRIAL_START) / 1e9 - 25.0 * DAY) <
                2 * HOUR);
    expect(s, 3, "firing", "critical", SERVER);
    assert_true(fabs((double)(last(s)->changed_time - TRIAL_START) / 1e9 - 32.0 * DAY) < 2 * HOUR);
    r = certificate(s, 90);
    show(s, &record_type_certificate, &r);
    wait(s, HOUR, MINUTE);
    expect(s, 4, "resolved", "critical", SERVER);
    close_rule(s);
}

static void a_certificate_has_expired(void **state)
{
    struct scene *s = open_rule("certificate-expired");
    struct certificate_record r = certificate(s, 1);

    (void)state;
    show(s, &record_type_certificate, &r);
    wait(s, DAY - HOUR, HOUR);
    assert_int_equal(s->t.count, 0);
    wait(s, 3 * HOUR, HOUR);
    expect(s, 1, "firing", "critical", SERVER);
    r = certificate(s, 90);
    show(s, &record_type_certificate, &r);
    wait(s, HOUR, MINUTE);
    expect(s, 2, "resolved", "critical", SERVER);
    close_rule(s);
}

/* Of whom a mirror sees certificates, too. */
static void others_certificates_are_theirs(void **state)
{
    static const char *const names[] = { "certificate-expiring", "certificate-expired",
                                         "certificate-name" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct scene *s = open_rule(names[i]);
        struct certificate_record web, browser, hidden;

        web = browser = hidden = certificate(s, -1);
        assert_true(addr_parse(SLICE("203.0.113.9:443"), &web.server));
        browser.transport = SLICE("dtls");
        hidden.state = SLICE("not_observable");
        web.name_matches = browser.name_matches = hidden.name_matches = 0;
        for (int n = 0; n < 10; n++) {
            show(s, &record_type_certificate, &web);
            show(s, &record_type_certificate, &browser);
            show(s, &record_type_certificate, &hidden);
            wait(s, 5 * MINUTE, MINUTE);
        }
        assert_int_equal(s->t.count, 0);
        web.origin = SLICE("watch"); /* but of one that is watched by intent */
        for (int n = 0; n < 10; n++) {
            show(s, &record_type_certificate, &web);
            wait(s, 5 * MINUTE, MINUTE);
        }
        expect(s, 1, "firing",
               i == 0   ? "critical"
               : i == 1 ? "critical"
                        : "warning",
               "203.0.113.9:443, CN=sip.example.org");
        close_rule(s);
    }
}

static void a_certificate_is_for_another_name(void **state)
{
    struct scene *s = open_rule("certificate-name");
    struct certificate_record r = certificate(s, 90);

    (void)state;
    for (int i = 0; i < 20; i++) { /* somebody scans among those who know the name */
        r.name_matches = i % 5 != 0;
        show(s, &record_type_certificate, &r);
        wait(s, MINUTE, 10);
    }
    assert_int_equal(s->t.count, 0);
    r.name_matches = 0;
    r.server_name = SLICE("pbx.example.net");
    for (int i = 0; i < 70; i++) {
        show(s, &record_type_certificate, &r);
        wait(s, MINUTE, 10);
    }
    expect(s, 1, "firing", "warning", SERVER);
    r.name_matches = 1;
    for (int i = 0; i < 70; i++) {
        show(s, &record_type_certificate, &r);
        wait(s, MINUTE, 10);
    }
    expect(s, 2, "resolved", "warning", SERVER);
    close_rule(s);
}

/* --- what a guard learns within days -------------------------------------------------------- */

static struct security_record fact(const struct scene *s, const char *name, const char *subject)
{
    struct security_record r;

    record_clear(&record_type_security, &r);
    r.fact = slice_of_text(name);
    r.source = SLICE("192.0.2.10");
    r.subject = subject ? slice_of_text(subject) : SLICE_ABSENT;
    r.first_seen = r.last_seen = now_ns(s);
    r.count = 1;
    return r;
}

static void dear_destinations_alone(void **state)
{
    static const struct {
        const char *destination;
        bool fires;
    } rows[] = {
        { "Cuba", true },
        { "Germany premium", true },
        { "Inmarsat", true },
        { "Satellite networks", true },
        { "Sierra Leone", true },
        { "International premium", true },
        { "Afghanistan mobile", true },
        { "France", false },
        { "Germany mobile", false },
        { "North America toll-free", false },
        { "South Korea", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct scene *s = open_rule("new-expensive-destination");
        struct security_record r = fact(s, "new_destination", rows[i].destination);

        show(s, &record_type_security, &r);
        wait(s, MINUTE, 1);
        if (rows[i].fires)
            expect(s, 1, "firing", "warning", rows[i].destination);
        else if (s->t.count)
            fail_msg("%s fired", rows[i].destination);
        close_rule(s);
    }
}

/* A fact goes on for minutes, is told last an hour after it was seen last, and is one alert. */
static void a_fact_is_one_alert(void **state)
{
    struct scene *s = open_rule("user-new-network");
    struct security_record r = fact(s, "new_network", "alice"), other = fact(s, "foreign_rtp", "x");

    (void)state;
    show(s, &record_type_security, &other);
    assert_int_equal(s->t.count, 0);
    for (int i = 0; i < 30; i++) {
        r.last_seen = now_ns(s);
        r.count++;
        show(s, &record_type_security, &r);
        wait(s, 20, 1);
    }
    expect(s, 1, "firing", "info", "192.0.2.10");
    wait(s, HOUR - 20 - MINUTE, 10);
    assert_int_equal(s->t.count, 1);
    wait(s, 3 * MINUTE, 10);
    expect(s, 2, "resolved", "info", "192.0.2.10");
    show(s, &record_type_security, &r); /* the last word */
    wait(s, MINUTE, 1);
    assert_int_equal(s->t.count, 2);
    close_rule(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_disk_fills),
        cmocka_unit_test(a_store_is_full_in_days),
        cmocka_unit_test(packets_are_dropped),
        cmocka_unit_test(a_file_says_nothing_of_drops),
        cmocka_unit_test(a_mirror_shows_one_direction),
        cmocka_unit_test(a_mirror_delivers_twice),
        cmocka_unit_test(a_mirror_falls_silent),
        cmocka_unit_test(a_clock_is_set),
        cmocka_unit_test(nobody_keeps_the_clock),
        cmocka_unit_test(the_network_has_another_time),
        cmocka_unit_test(a_certificate_ends),
        cmocka_unit_test(a_certificate_has_expired),
        cmocka_unit_test(others_certificates_are_theirs),
        cmocka_unit_test(a_certificate_is_for_another_name),
        cmocka_unit_test(dear_destinations_alone),
        cmocka_unit_test(a_fact_is_one_alert),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
