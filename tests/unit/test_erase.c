/*
 * test_erase - a number goes, with all that is its own; others that name it keep all but the number.
 */
#include "storage/day_db.h"
#include "storage/upkeep/erase.h"
#include "storage/upkeep/pins.h"
#include "tests/unit/packet_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>

#define NUMBER "4930123456"

static const uint8_t ip_a[4] = { 10, 0, 0, 1 }, ip_b[4] = { 10, 0, 0, 2 };

enum { HEAD = 42, UDP = 34 };

struct scene {
    struct log_fixture l;
    uint64_t hers, other, stream;
};

/* An Ethernet frame with a SIP message in UDP, its checksum right. */
static size_t make_frame(uint8_t *p, const char *text)
{
    size_t len = strlen(text);
    uint32_t sum = 0;

    memset(p, 0, HEAD);
    p[12] = 8;
    p[14] = 0x45;
    p[23] = 17;
    p[UDP] = p[UDP + 2] = 0x13;
    p[UDP + 1] = p[UDP + 3] = 0xc4;
    p[UDP + 4] = (uint8_t)((len + 8) >> 8);
    p[UDP + 5] = (uint8_t)(len + 8);
    memcpy(p + 26, ip_a, 4);
    memcpy(p + 30, ip_b, 4);
    memcpy(p + HEAD, text, len);
    for (size_t i = 26; i < HEAD + len; i++)
        sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
    sum += 17 + (uint32_t)len + 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    p[UDP + 6] = (uint8_t)(~sum >> 8);
    p[UDP + 7] = (uint8_t)~sum;
    return HEAD + len;
}

static bool checksum_is_right(const uint8_t *p, size_t len)
{
    uint32_t sum = 17 + (uint32_t)(len - UDP);

    for (size_t i = 26; i < len; i++)
        sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum == 0xffff;
}

static void add_message(struct scene *s, uint64_t id, int64_t time_ns, const char *text)
{
    const struct addr src = addr_v4(ip_a, 5060), dst = addr_v4(ip_b, 5060);
    uint8_t data[1024];
    size_t len = make_frame(data, text);
    const struct frame frame = { .time_ns = time_ns,
                                 .data = data,
                                 .captured_bytes = (uint32_t)len,
                                 .wire_bytes = (uint32_t)len,
                                 .link_type = 1 };
    void *keeper = NULL;

    packet_log_add(s->l.log, &keeper, id, PACKET_SIP, &frame);
    packet_log_note_message(s->l.log, &keeper, &src, &dst, HEAD, (uint32_t)(len - HEAD));
    packet_log_close_keeper(s->l.log, &keeper);
}

static void add_media(struct scene *s, uint64_t id, int64_t time_ns)
{
    void *keeper = NULL;

    log_fixture_add(&s->l, &keeper, id, PACKET_MEDIA, time_ns, 1, 200);
    packet_log_close_keeper(s->l.log, &keeper);
}

static void add_calls(struct scene *s)
{
    static char links[128];
    struct stream_record stream;
    struct call_record call;

    fixture_call(&call, FIXTURE_TIME, 1, "hers@host");
    s->hers = call.id;
    call.from_user = SLICE("+" NUMBER);
    call.leg_group = s->hers;
    record_clear(&record_type_stream, &stream);
    stream.id = s->stream = fixture_id(FIXTURE_TIME + 5, 9);
    stream.call = s->hers;
    call.streams = &stream;
    call.stream_count = 1;
    writer_submit(s->l.writer, &record_type_call, &call);

    fixture_call(&call, FIXTURE_TIME + FIXTURE_S, 2, "other@host");
    s->other = call.id;
    call.leg_group = s->hers;
    call.history = SLICE("[{\"t\":1.0,\"event\":\"refer\",\"detail\":\"<tel:030-123456>\"}]");
    snprintf(links, sizeof links, "[{\"link\":\"replaces\",\"call\":\"%016llx\"}]",
             (unsigned long long)s->hers);
    call.links = slice_of_text(links);
    writer_submit(s->l.writer, &record_type_call, &call);
}

static void add_others(struct scene *s)
{
    static char calls[64];
    struct transaction_record t;
    struct registration_record r;
    struct security_record fact;
    struct alert_record alert;
    struct leg_record leg;

    record_clear(&record_type_transaction, &t);
    t.id = fixture_id(FIXTURE_TIME, 20);
    t.method = SLICE("register");
    t.to_uri = SLICE("sip:0049 30 123456@host");
    writer_submit(s->l.writer, &record_type_transaction, &t);
    record_clear(&record_type_registration, &r);
    r.id = fixture_id(FIXTURE_TIME, 21);
    r.user = SLICE("030123456");
    writer_submit(s->l.writer, &record_type_registration, &r);
    record_clear(&record_type_security, &fact);
    fact.id = fixture_id(FIXTURE_TIME, 22);
    fact.evidence = SLICE("{\"top\":[{\"number\":\"+" NUMBER "\",\"count\":1}]}");
    writer_submit(s->l.writer, &record_type_security, &fact);
    record_clear(&record_type_leg, &leg);
    leg.id = fixture_id(FIXTURE_TIME, 23);
    leg.call_a = s->hers;
    leg.call_b = s->other;
    writer_submit(s->l.writer, &record_type_leg, &leg);
    record_clear(&record_type_alert, &alert);
    alert.id = fixture_id(FIXTURE_TIME, 24);
    alert.group = SLICE("+" NUMBER);
    writer_submit(s->l.writer, &record_type_alert, &alert);
    alert.id = fixture_id(FIXTURE_TIME, 25);
    alert.group = SLICE("10.0.0.1");
    snprintf(calls, sizeof calls, "[\"%016llx\",\"%016llx\"]", (unsigned long long)s->other,
             (unsigned long long)s->hers);
    alert.calls = slice_of_text(calls);
    writer_submit(s->l.writer, &record_type_alert, &alert);
}

static void add_packets(struct scene *s)
{
    const struct packet_text text = { .time_ns = FIXTURE_TIME + 3,
                                      .src = addr_v4(ip_a, 5060),
                                      .dst = addr_v4(ip_b, 5060),
                                      .text = SLICE("BYE in pieces of 030123456") };
    void *keeper = NULL;

    add_message(s, s->hers, FIXTURE_TIME, "INVITE sip:+" NUMBER "@h");
    add_media(s, s->hers, FIXTURE_TIME + 1);
    add_media(s, s->stream, FIXTURE_TIME + 2);
    add_message(s, s->other, FIXTURE_TIME + FIXTURE_S, "INVITE of somebody else");
    add_message(s, s->other, FIXTURE_TIME + FIXTURE_S + 1, "INFO diverted by tel:030-123.456;x");
    packet_log_add_text(s->l.log, &keeper, s->other, &text);
    packet_log_close_keeper(s->l.log, &keeper);
    add_media(s, s->other, FIXTURE_TIME + FIXTURE_S + 2);
}

static void make_scene(struct scene *s)
{
    log_fixture_start(&s->l);
    add_calls(s);
    add_others(s);
    add_packets(s);
    log_fixture_close(&s->l);
}

static int erase(const struct scene *s, bool dry_run, struct erase_result *result)
{
    struct number_forms forms = {
        .count = 2, .forms = { { NUMBER, sizeof NUMBER - 1, false }, { "030123456", 9, true } }
    };
    const struct erase_options options = {
        .store_dir = s->l.f.dir, .forms = &forms, .by = SLICE("test"), .dry_run = dry_run
    };

    return erase_number(&options, result);
}

static int64_t ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    int64_t value = -1;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    if (sqlite3_step(q) == SQLITE_ROW)
        value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return value;
}

static sqlite3 *open_day(const struct scene *s)
{
    sqlite3 *db;

    assert_int_equal(day_db_open_read(&db, s->l.f.dir, record_id_day(s->hers)), 0);
    return db;
}

static void everything_of_it_goes(void **state)
{
    static const struct {
        const char *sql;
        int64_t value;
    } rows[] = {
        { "SELECT count(*) FROM calls", 1 },
        { "SELECT count(*) FROM streams", 0 },
        { "SELECT count(*) FROM legs", 0 },
        { "SELECT count(*) FROM transactions", 0 },
        { "SELECT count(*) FROM registrations", 0 },
        { "SELECT count(*) FROM alerts", 1 },
        { "SELECT leg_group IS NULL FROM calls", 1 },
        { "SELECT links='[{\"link\":\"replaces\",\"call\":null}]' FROM calls", 1 },
        { "SELECT history LIKE '%<tel:XXX-XXXXXX>%' FROM calls", 1 },
        { "SELECT evidence LIKE '%\"+XXXXXXXXXX\"%' FROM security", 1 },
        { "SELECT length(calls) FROM alerts", 20 },
        { "SELECT count(*) FROM chunks", 4 },
    };
    struct erase_result r;
    struct scene s;
    sqlite3 *db;

    (void)state;
    make_scene(&s);
    assert_int_equal(erase(&s, true, &r), 0);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.chunks_masked, 2);
    assert_int_equal(erase(&s, false, &r), 0);
    assert_int_equal(r.calls + r.streams + r.legs, 3);
    assert_int_equal(r.transactions + r.registrations + r.alerts, 3);
    assert_int_equal(r.sip_chunks, 1);
    assert_int_equal(r.media_chunks, 2);
    assert_int_equal(r.chunks_masked, 2);
    assert_int_equal(r.found, 0);
    assert_false(r.was_begun);
    db = open_day(&s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (ask(db, rows[i].sql) != rows[i].value)
            fail_msg("%s: %lld", rows[i].sql, (long long)ask(db, rows[i].sql));
    }
    day_db_close(db);
    assert_int_equal(erase(&s, false, &r), 0); /* nothing is left to do */
    assert_int_equal(r.calls + r.sip_chunks + r.media_chunks + r.chunks_masked + r.rows_masked, 0);
    fixture_remove_dir(&s.l.f);
}

/* All frames of it, in order; the one that named the number has X in it, and a right checksum. */
static void the_other_call_keeps_its_packets(void **state)
{
    struct erase_result r;
    struct pcap_frame frame;
    struct pcap_bytes b;
    struct scene s;

    (void)state;
    make_scene(&s);
    assert_int_equal(erase(&s, false, &r), 0);
    assert_int_equal(pcap_bytes_read(&b, s.l.f.dir, s.other, 4096), 0);
    assert_true(pcap_bytes_next(&b, &frame));
    assert_memory_equal(frame.data + HEAD, "INVITE of somebody else", 23);
    assert_true(checksum_is_right(frame.data, frame.captured));
    assert_true(pcap_bytes_next(&b, &frame));
    assert_memory_equal(frame.data + HEAD, "INFO diverted by tel:XXX-XXX.XXX;x", 34);
    assert_true(checksum_is_right(frame.data, frame.captured));
    assert_true(pcap_bytes_next(&b, &frame));
    assert_int_equal(frame.captured, 200);
    assert_false(pcap_bytes_next(&b, &frame));
    free(b.p);
    fixture_remove_dir(&s.l.f);
}

/* What was told to go is in STORE/erasing; its rows may be gone already. */
static void what_was_begun_is_finished(void **state)
{
    char path[128];
    struct erase_result r;
    struct scene s;
    sqlite3 *db;
    FILE *f;

    (void)state;
    make_scene(&s);
    snprintf(path, sizeof path, "%s/erasing", s.l.f.dir);
    f = fopen(path, "w");
    assert_non_null(f);
    fprintf(f, "%016llx\nnonsense\n", (unsigned long long)s.other);
    fclose(f);
    assert_int_equal(day_db_open_write(&db, s.l.f.dir, record_id_day(s.hers)), 0);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM calls", NULL, NULL, NULL), SQLITE_OK);
    day_db_close(db);
    assert_int_equal(erase(&s, false, &r), 0);
    assert_true(r.was_begun);
    assert_int_equal(r.sip_chunks, 3); /* of the call that is told of */
    assert_int_equal(r.chunks_masked, 1);
    assert_int_equal(r.found, 0);
    assert_int_equal(access(path, F_OK), -1);
    fixture_remove_dir(&s.l.f);
}

static void the_web_processs_database(void **state)
{
    struct erase_result r;
    char path[128];
    struct scene s;
    sqlite3 *web;

    (void)state;
    make_scene(&s);
    snprintf(path, sizeof path, "%s/state.sqlite", s.l.f.dir);
    assert_int_equal(sqlite3_open(path, &web), SQLITE_OK);
    assert_int_equal(sqlite3_exec(web,
                                  "PRAGMA journal_mode=WAL; CREATE TABLE deliveries(body TEXT);"
                                  "INSERT INTO deliveries VALUES('call from +" NUMBER "');",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(erase(&s, false, &r), 0);
    assert_true(r.is_state_held);
    assert_true(r.found > 0); /* the proof does not overlook it */
    assert_int_equal(sqlite3_close(web), SQLITE_OK);
    assert_int_equal(erase(&s, false, &r), 0);
    assert_false(r.is_state_held);
    assert_int_equal(r.state_rows, 1);
    assert_int_equal(r.found, 0);
    fixture_remove_dir(&s.l.f);
}

static void who_cannot(void **state)
{
    struct erase_result r;
    struct scene s, none;
    char path[128];
    int fd;

    (void)state;
    make_scene(&s);
    snprintf(path, sizeof path, "%s/VERSION", s.l.f.dir);
    fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
    log_set_level(LOG_LEVEL_ERROR);
    assert_int_equal(erase(&s, false, &r), -EBUSY);
    assert_int_equal(erase(&s, true, &r), 0); /* who only looks disturbs nobody */
    close(fd);
    none = s;
    snprintf(none.l.f.dir, sizeof none.l.f.dir, "/nonexistent/store");
    assert_int_equal(erase(&none, false, &r), -ENOENT);
    fixture_remove_dir(&s.l.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_of_it_goes),
        cmocka_unit_test(the_other_call_keeps_its_packets),
        cmocka_unit_test(what_was_begun_is_finished),
        cmocka_unit_test(the_web_processs_database),
        cmocka_unit_test(who_cannot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
