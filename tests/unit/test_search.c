/* What a search finds is what filter_match says of every call, whichever way it is found: by blocks,
 * by rows that are in none, by rows that changed since; in every order, page by page. */
#include "analyzer/filter/filter.h"
#include "storage/call_short.h"
#include "storage/day_db.h"
#include "storage/record_sql.h"
#include "storage/search/search.h"
#include "storage/search/search_build.h"
#include "storage/search/search_tally.h"
#include "tests/unit/random.h"
#include "tests/unit/store_fixture.h"

#include <errno.h>
#include <sqlite3.h>

enum { DAYS = 3, CALLS = 480, BLOCK = 48, FOUND_MAX = CALLS + 8, ALERTS = 6, EVIDENCE = 20 };

struct alert_row {
    const char *rule;
    uint64_t calls[EVIDENCE];
};

struct world {
    struct fixture f;
    struct random random;
    struct call_record *calls[CALLS]; /* by id */
    struct alert_row alerts[ALERTS];
};

static const char *pick(struct random *r, const char *const *texts, size_t count)
{
    return texts[random_below(r, (uint32_t)count)];
}
#define PICK(r, ...)                                                                               \
    pick(r, (const char *const[]){ __VA_ARGS__ },                                                  \
         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static struct slice text_or_none(const char *text)
{
    return text ? slice_of_text(text) : SLICE_ABSENT;
}

/* What of a call that is over is stored has no more decimals than are shown. */
static double real_or_none(struct random *r, const struct call_record *c, double most, double step)
{
    double value = (double)random_below(r, (uint32_t)(most / step) + 1) * step;

    if (random_hits(r, 0.2))
        return NAN;
    return c->closed_time != RECORD_NONE ? round(value * 1000) / 1000 : value + 1e-9;
}

/* --- calls ---------------------------------------------------------------------------------- */

static void set_number(struct random *r, char out[32], struct slice *user, struct slice *number)
{
    snprintf(out, 32, "+49%u%u", 30 + random_below(r, 3), random_below(r, 3000));
    *user = random_hits(r, 0.1) ? text_or_none(PICK(r, NULL, "", "alice", "+", "-1", "x11",
                                                    "+123456789012345", "00112233445566778899"))
                                : slice_of_text(out);
    *number = random_hits(r, 0.7) ? *user : text_or_none(PICK(r, NULL, "+4930111", "911", "0-11"));
}

static struct addr any_addr(struct random *r)
{
    static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
    const uint8_t ip[4] = { 10, 0, (uint8_t)random_below(r, 2), (uint8_t)random_below(r, 6) };

    if (random_hits(r, 0.05))
        return (struct addr){ { 0 }, 0 };
    if (random_hits(r, 0.1))
        return addr_v6(v6, 5060);
    return addr_v4(ip, (uint16_t)(5059 + random_below(r, 5)));
}

static void set_names(struct random *r, struct call_record *c)
{
    c->codecs = text_or_none(PICK(r, NULL, "[]", "[\"PCMA\"]", "[\"PCMU\",\"telephone-event\"]",
                                  "[\"G729\"]", "broken"));
    c->history = text_or_none(PICK(r, NULL, "[]", "[{\"t\":1.5,\"event\":\"hold\"}]",
                                   "[{\"t\":1,\"event\":\"hold\"},{\"event\":\"redirect\"}]",
                                   "[{\"t\":2,\"note\":\"event\"}]", "[{\"event\":\"a\\\"b\"}]"));
    c->deviations = text_or_none(PICK(r, NULL, "[]", "[{\"t\":1,\"deviation\":\"ack_missing\"}]",
                                      "[{\"t\":2,\"deviation\":\"glare\",\"by\":\"caller\"}]"));
    c->sip_anomalies = text_or_none(PICK(r, NULL, "[]", "[\"header_twice\"]"));
}

static void set_figures(struct random *r, struct call_record *c)
{
    c->final_status = random_hits(r, 0.1) ? RECORD_NONE : 100 * (2 + random_below(r, 4));
    c->q850_cause = random_hits(r, 0.5) ? RECORD_NONE : random_below(r, 128);
    c->duration_ms = real_or_none(r, c, 3600000, 0.5);
    c->ring_ms = real_or_none(r, c, 9000, 100);
    c->post_dial_delay_ms = real_or_none(r, c, 5000, 0.001);
    c->mos_lq = real_or_none(r, c, 4.5, 0.1);
    c->loss_ratio = real_or_none(r, c, 1, 0.01);
    c->jitter_ms_p95 = real_or_none(r, c, 60, 1);
    c->bad_seconds = random_hits(r, 0.3) ? RECORD_NONE : random_below(r, 30);
    c->packets = (int64_t)random_next(r) >> random_below(r, 63);
    c->one_way = (int8_t)((int)random_below(r, 3) - 1);
    c->fax = (int8_t)((int)random_below(r, 3) - 1);
    c->duration_open = random_hits(r, 0.5);
    c->emergency = (int8_t)((int)random_below(r, 3) - 1);
    c->leg_group = random_hits(r, 0.5) ? 0 : random_next(r) >> 1;
}

static void set_texts(struct random *r, struct call_record *c, char room[4][32])
{
    snprintf(room[2], 32, "%s%x@host", PICK(r, "ab", "call-", "abcdef12", ""),
             random_below(r, 65536));
    c->call_id = random_hits(r, 0.05) ? text_or_none(PICK(r, NULL, "", "ab", "a\tb"))
                                      : slice_of_text(room[2]);
    c->final_reason = text_or_none(PICK(r, NULL, "OK", "Busy Here", "busy", ""));
    c->user_agent = text_or_none(PICK(r, NULL, "Yealink T46", "YEALINK", "snom/1", "x"));
    c->trunk_in = text_or_none(PICK(r, NULL, "a", "carrier-b"));
    c->trunk_out = text_or_none(PICK(r, NULL, "a", "Carrier-C"));
    c->destination = text_or_none(PICK(r, NULL, "Germany", "Germany mobile"));
    c->media_verdict = text_or_none(PICK(r, NULL, "ok", "no_rtp", "one_way"));
    c->state = text_or_none(PICK(r, "completed", "failed", "in_call"));
    c->vlan = text_or_none(PICK(r, NULL, "100", "100.42"));
    c->from_uri = text_or_none(PICK(r, NULL, "sip:a@example.com", "sip:b@Example.org"));
    c->from_tag = text_or_none(PICK(r, NULL, "abc", "def"));
    c->kept = text_or_none(PICK(r, NULL, "full", "headers"));
}

static struct call_record *make_call(struct random *r, uint64_t id)
{
    char room[4][32];
    struct call_record call, *copy;

    record_clear(&record_type_call, &call);
    call.id = id;
    call.invite_time = record_id_time_ns(id);
    call.closed_time = random_hits(r, 0.985) ? call.invite_time : RECORD_NONE;
    set_number(r, room[0], &call.from_user, &call.from_number);
    set_number(r, room[1], &call.to_user, &call.to_number);
    call.src = any_addr(r);
    call.dst = any_addr(r);
    set_texts(r, &call, room);
    set_names(r, &call);
    set_figures(r, &call);
    copy = record_clone(&record_type_call, &call);
    assert_non_null(copy);
    return copy;
}

/* --- a store of them ------------------------------------------------------------------------ */

struct day {
    sqlite3 *db;
    sqlite3_stmt *insert, *alert;
    struct search_build *build;
    struct call_texts *texts;
};

static sqlite3_stmt *prepare(sqlite3 *db, const struct record_type *type)
{
    struct strbuf sql = { 0 };
    sqlite3_stmt *s;

    record_sql_insert(&sql, &record_sql_tables[record_sql_table_find(type)]);
    assert_int_equal(day_db_prepare(&s, db, strbuf_slice(&sql)), 0);
    strbuf_fini(&sql);
    return s;
}

static void put(sqlite3_stmt *s, const struct record_type *type, const void *record,
                struct call_texts *texts)
{
    const struct record_table *table = &record_sql_tables[record_sql_table_find(type)];

    assert_int_equal(record_sql_bind(s, table, record, texts), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_DONE);
    sqlite3_reset(s);
}

static void put_call(struct day *d, const struct call_record *call)
{
    put(d->insert, &record_type_call, call, d->texts);
    assert_int_equal(search_build_note(d->build, call->id), 0);
}

static void run(struct day *d, const char *sql)
{
    assert_int_equal(sqlite3_exec(d->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void open_day(struct world *w, struct day *d, int32_t day)
{
    assert_int_equal(day_db_open_write(&d->db, w->f.dir, day), 0);
    assert_int_equal(search_build_open(&d->build, d->db), 0);
    search_build_set_calls(d->build, BLOCK);
    assert_int_equal(call_texts_open(&d->texts, d->db), 0);
    assert_non_null(d->texts);
    d->insert = prepare(d->db, &record_type_call);
    d->alert = prepare(d->db, &record_type_alert);
}

static void close_day(struct day *d)
{
    search_build_close(d->build);
    call_texts_close(d->texts);
    sqlite3_finalize(d->insert);
    sqlite3_finalize(d->alert);
    day_db_close(d->db);
}

static int by_id(const void *a, const void *b)
{
    const struct call_record *x = *(struct call_record *const *)a;
    const struct call_record *y = *(struct call_record *const *)b;

    return (x->id > y->id) - (x->id < y->id);
}

static void put_alerts(struct world *w, struct day *d, int from, int count, int64_t time)
{
    for (int i = from; i < from + count; i++) {
        struct strbuf json = { 0 };
        struct alert_record alert;

        record_clear(&record_type_alert, &alert);
        w->alerts[i].rule = PICK(&w->random, "low-mos", "flood");
        strbuf_add_char(&json, '[');
        for (int n = 0; n < EVIDENCE; n++) {
            w->alerts[i].calls[n] = w->calls[random_below(&w->random, CALLS)]->id;
            strbuf_addf(&json, "%s\"%016llx\"", n ? "," : "",
                        (unsigned long long)w->alerts[i].calls[n]);
        }
        strbuf_add_char(&json, ']');
        alert.id = fixture_id(time + i, (uint64_t)i);
        alert.rule = slice_of_text(w->alerts[i].rule);
        alert.calls = strbuf_slice(&json);
        put(d->alert, &record_type_alert, &alert, NULL);
        strbuf_fini(&json);
    }
}

/* A third of the day's calls come late or change after blocks were made; the last day has a tail
 * that is in no block, the first is finished and of an older probe, the second lost a block. */
static void write_day(struct world *w, struct day *d, int n)
{
    struct call_record **calls = &w->calls[n * CALLS / DAYS];
    int count = CALLS / DAYS;

    run(d, "BEGIN");
    for (int i = 0; i < count; i++) {
        if (i % 7)
            put_call(d, calls[i]);
    }
    run(d, "COMMIT");
    assert_true(search_build_some(d->build, n == 2 ? 2 : 100) >= 0);
    run(d, "BEGIN");
    for (int i = 0; i < count; i++) {
        if (i % 7 == 0) {
            put_call(d, calls[i]);
        } else if (i % 11 == 0) {
            uint64_t id = calls[i]->id;

            free(calls[i]);
            calls[i] = make_call(&w->random, id);
            put_call(d, calls[i]);
        }
    }
    if (n == 1)
        assert_int_equal(search_build_forget(d->db, calls[count / 2]->id), 0);
    run(d, "COMMIT");
    if (n == 0)
        assert_true(search_build_rest(d->build, 1000, 0) > 0);
    if (n == 0) { /* by a probe that did not know of the newest field */
        run(d, "DELETE FROM search_columns WHERE (place & 255) = 58");
        assert_true(sqlite3_changes(d->db) > 0);
    }
    put_alerts(w, d, n * 2, 2, record_id_time_ns(calls[0]->id));
}

static void setup(struct world *w, uint64_t seed)
{
    *w = (struct world){ .random = { seed } };
    fixture_make_dir(&w->f);
    for (int i = 0; i < CALLS; i++) {
        int64_t time = FIXTURE_TIME + i / (CALLS / DAYS) * FIXTURE_DAY +
                       random_below(&w->random, 3600000) * 1000000ll;

        w->calls[i] = make_call(&w->random, fixture_id(time, random_next(&w->random)));
    }
    qsort(w->calls, CALLS, sizeof(struct call_record *), by_id);
    for (int n = 0; n < DAYS; n++) {
        struct day d;

        open_day(w, &d, record_id_day(w->calls[n * CALLS / DAYS]->id));
        write_day(w, &d, n);
        close_day(&d);
    }
}

static void teardown(struct world *w)
{
    for (int i = 0; i < CALLS; i++)
        free(w->calls[i]);
    fixture_remove_dir(&w->f);
}

/* --- filters -------------------------------------------------------------------------------- */

static const char *const words[] = {
    "from:+49*",
    "from:*1",
    "from:*11",
    "to:*0*",
    "number:*111*",
    "number:+4930111",
    "from:alice",
    "to:\"\"",
    "from:*",
    "user:*5",
    "number:*00112233445566778899",
    "to:*-1*",
    "to:+4930*",
    "call_id:ab*",
    "call_id:*1@host",
    "call_id:abcdef12*",
    "call_id:*",
    "call_id:a*",
    "ip:10.0.0.0/30",
    "ip:10.0.0.1",
    "src:10.0.1.2:5060",
    "dst:2001:db8::/32",
    "port:5060..5061",
    "src_port:5062",
    "emergency:yes",
    "emergency:no status:5xx",
    "-emergency",
    "has:emergency or mos<2",
    "status:5xx",
    "status:200",
    "status>=300",
    "status:*",
    "cause:16..40",
    "reason:busy",
    "ua:yealink",
    "ua:*x",
    "codec:pcm*",
    "codec:*",
    "codec:g729",
    "mos<3.5",
    "mos>=3",
    "mos:*",
    "mos:4.1",
    "loss>5%",
    "jitter:2..30",
    "duration>30min",
    "ring<5s",
    "pdd:1s..2s",
    "event:hold",
    "event:*",
    "event:redirect",
    "deviation:ack_missing",
    "deviation:*",
    "anomaly:*",
    "trunk:a",
    "trunk:carrier-*",
    "destination:germany*",
    "destination:\"germany mobile\"",
    "verdict:no_rtp",
    "one_way:yes",
    "one_way:no",
    "fax:yes",
    "open:yes",
    "alert:low-mos",
    "alert:*",
    "leg_group:*",
    "uri:@example.com",
    "tag:abc",
    "vlan:100",
    "vlan:100*",
    "kept:full",
    "bad_seconds>=10",
    "packets>1000",
    "packets:0..10",
    "since:2026-11-22",
    "until:2026-11-21T10:30",
    "time:2026-11-22T10:10..2026-11-22T10:40",
    "state:failed",
    "open:no",
    "kept:*",
};

static void add_filter(struct random *r, struct strbuf *out, int depth)
{
    uint32_t kind = depth ? random_below(r, 6) : 5;

    if (kind >= 4) {
        strbuf_add_text(out, words[random_below(r, sizeof words / sizeof words[0])]);
    } else if (kind == 3) {
        strbuf_add_text(out, "not (");
        add_filter(r, out, depth - 1);
        strbuf_add_char(out, ')');
    } else {
        strbuf_add_char(out, '(');
        add_filter(r, out, depth - 1);
        strbuf_add_text(out, kind == 0 ? " or " : " ");
        add_filter(r, out, depth - 1);
        strbuf_add_char(out, ')');
    }
}

static bool in_alert(void *ctx, const struct filter_test *test, uint64_t call)
{
    const struct world *w = ctx;

    for (int i = 0; i < ALERTS; i++) {
        if (!filter_test_text(test, slice_of_text(w->alerts[i].rule)))
            continue;
        for (int n = 0; n < EVIDENCE; n++) {
            if (w->alerts[i].calls[n] == call)
                return true;
        }
    }
    return false;
}

/* --- what is expected ----------------------------------------------------------------------- */

struct expectation {
    const struct call_record *calls[CALLS];
    size_t count;
    const struct record_field *field;
    bool ascending;
};

/* 0: both unknown or equal. Unknown ones come last whatever the direction: *fixed. */
static int compare_values(const struct record_field *f, const void *x, const void *y, bool *fixed)
{
    double a = NAN, b = NAN;
    struct slice s = SLICE_ABSENT, t = SLICE_ABSENT;

    *fixed = false;
    if (f->kind == FIELD_TEXT) {
        s = *(const struct slice *)x;
        t = *(const struct slice *)y;
        a = s.p ? 0 : NAN;
        b = t.p ? 0 : NAN;
    } else if (f->kind == FIELD_REAL) {
        a = *(const double *)x;
        b = *(const double *)y;
    } else if (f->kind == FIELD_INT) {
        a = *(const int64_t *)x == RECORD_NONE ? NAN : (double)*(const int64_t *)x;
        b = *(const int64_t *)y == RECORD_NONE ? NAN : (double)*(const int64_t *)y;
    } else {
        fail_msg("a field of kind %d is sorted by", f->kind);
    }
    if (isnan(a) || isnan(b)) {
        *fixed = true;
        return isnan(a) - isnan(b);
    }
    if (f->kind == FIELD_TEXT) {
        int difference = memcmp(s.p, t.p, s.len < t.len ? s.len : t.len);

        return difference ? difference : (s.len > t.len) - (s.len < t.len);
    }
    return (a > b) - (a < b);
}

static int compare_expected(const struct expectation *e, const struct call_record *x,
                            const struct call_record *y)
{
    bool fixed = false;
    int difference = 0;

    if (e->field)
        difference =
            compare_values(e->field, record_at(x, e->field), record_at(y, e->field), &fixed);
    if (fixed && difference)
        return difference;
    if (difference == 0)
        difference = (x->id > y->id) - (x->id < y->id);
    return e->ascending ? difference : -difference;
}

static void expect(struct world *w, const struct filter *f, struct expectation *e)
{
    struct filter_world alerts = { w, in_alert };

    e->count = 0;
    for (int i = 0; i < CALLS; i++) {
        size_t at = e->count;

        if (!filter_match(f, w->calls[i], &alerts))
            continue;
        for (; at && compare_expected(e, e->calls[at - 1], w->calls[i]) > 0; at--)
            e->calls[at] = e->calls[at - 1];
        e->calls[at] = w->calls[i];
        e->count++;
    }
}

/* --- what is found -------------------------------------------------------------------------- */

struct found {
    uint64_t ids[FOUND_MAX];
    size_t count;
};

static bool note_id(void *ctx, uint64_t id)
{
    struct found *found = ctx;

    assert_true(found->count < FOUND_MAX);
    found->ids[found->count++] = id;
    return true;
}

static bool note_row(void *ctx, const void *record)
{
    return note_id(ctx, ((const struct call_record *)record)->id);
}

static void check(const char *what, const char *text, const struct expectation *e,
                  const struct found *found)
{
    for (size_t i = 0; i < e->count && i < found->count; i++) {
        if (found->ids[i] != e->calls[i]->id)
            fail_msg("%s, %s, by %s: row %zu is another call", text, what,
                     e->field ? e->field->name : "id", i);
    }
    if (e->count != found->count)
        fail_msg("%s, %s, by %s: %zu rows, not %zu", text, what, e->field ? e->field->name : "id",
                 found->count, e->count);
}

static void search_pages(struct query *q, struct search_request *request, struct found *found)
{
    struct search_end end = { .cursor = "" };
    char cursor[SEARCH_CURSOR_MAX];

    found->count = 0;
    do {
        memcpy(cursor, end.cursor, sizeof cursor);
        request->cursor = slice_of_text(cursor);
        assert_int_equal(search_calls(q, request, note_row, found, &end), 0);
        assert_int_equal(end.days_missing, 0);
    } while (end.cursor[0]);
}

static const struct filter_field *any_sort(struct random *r)
{
    const struct filter_field *field;

    if (random_hits(r, 0.4))
        return NULL;
    do
        field = &filter_fields[random_below(r, (uint32_t)filter_field_count)];
    while (!field->is_sortable);
    return field;
}

static void search_once(struct world *w, struct query *q, const char *text)
{
    struct search_request request = { .sort = any_sort(&w->random),
                                      .ascending = random_hits(&w->random, 0.5) };
    struct expectation *e = calloc(1, sizeof *e);
    struct found *found = calloc(1, sizeof *found);
    struct filter_error error;
    struct filter *f;

    if (filter_parse(&f, slice_of_text(text), FIXTURE_TIME, &error) != 0)
        fail_msg("%s: %s", text, error.text);
    request.filter = f;
    e->ascending = request.ascending;
    if (request.sort && request.sort->kind != FILTER_TIME)
        e->field = record_field_find(&record_type_call, slice_of_text(request.sort->members[0]));
    expect(w, f, e);
    request.limit =
        !e->field && random_hits(&w->random, 0.1) ? 7 : 50 + random_below(&w->random, 300);
    search_pages(q, &request, found);
    check("pages", text, e, found);
    found->count = 0;
    request.cursor = SLICE_ABSENT;
    request.limit = 0;
    assert_int_equal(search_ids(q, &request, note_id, found, NULL), 0);
    check("ids", text, e, found);
    filter_free(f);
    free(found);
    free(e);
}

/* --- what is counted ------------------------------------------------------------------------ */

static const double bounds[] = { 2, 3.5 };
static const struct search_tally_kind counted[] = {
    { "trunk_in", false, NULL, 0 },
    { "codecs", true, NULL, 0 },
    { "final_status", false, NULL, 0 },
    { "mos_lq", false, bounds, 2 },
};
enum { COUNTED = sizeof counted / sizeof counted[0] };

static void check_text(const char *text, const struct search_tally *t, size_t field,
                       const char *value, uint64_t calls)
{
    const struct search_tally_field *f = &t->fields[field];
    uint64_t has = 0;

    for (size_t i = 0; i < f->count; i++)
        has += slice_eq(f->values[i].text, slice_of_text(value)) ? f->values[i].calls : 0;
    if (has != calls)
        fail_msg("%s: %llu calls with %s %s, not %llu", text, (unsigned long long)has,
                 f->kind->member, value, (unsigned long long)calls);
}

static void check_number(const char *text, const struct search_tally *t, size_t field, double value,
                         uint64_t calls)
{
    const struct search_tally_field *f = &t->fields[field];
    uint64_t has = 0;

    for (size_t i = 0; i < f->count; i++) {
        has += f->values[i].number == value ? f->values[i].calls : 0;
        assert_true(i == 0 || f->values[i].calls <= f->values[i - 1].calls);
    }
    if (has != calls)
        fail_msg("%s: %llu calls with %s %g, not %llu", text, (unsigned long long)has,
                 f->kind->member, value, (unsigned long long)calls);
}

static void check_counts(const char *text, const struct search_tally *t,
                         const struct expectation *e)
{
    uint64_t a = 0, pcma = 0, events = 0, status[6] = { 0 }, mos[3] = { 0 };

    for (size_t i = 0; i < e->count; i++) {
        const struct call_record *c = e->calls[i];

        a += slice_eq(c->trunk_in, SLICE("a"));
        pcma += slice_eq(c->codecs, SLICE("[\"PCMA\"]"));
        events += slice_find(c->codecs, 't') < c->codecs.len && c->codecs.p[0] == '[';
        if (c->final_status != RECORD_NONE)
            status[c->final_status / 100]++;
        if (!isnan(c->mos_lq))
            mos[(c->mos_lq >= bounds[0]) + (c->mos_lq >= bounds[1])]++;
    }
    check_text(text, t, 0, "a", a);
    check_text(text, t, 1, "PCMA", pcma);
    check_text(text, t, 1, "telephone-event", events);
    for (int i = 2; i < 6; i++)
        check_number(text, t, 2, 100 * i, status[i]);
    for (int i = 0; i < 3; i++)
        check_number(text, t, 3, i, mos[i]);
}

static void count_once(struct world *w, struct query *q, const char *text)
{
    struct expectation *e = calloc(1, sizeof *e);
    struct search_tally *t = search_tally_new(counted, COUNTED, FOUND_MAX);
    struct filter_error error;
    struct filter *f;

    assert_non_null(t);
    assert_int_equal(filter_parse(&f, slice_of_text(text), FIXTURE_TIME, &error), 0);
    expect(w, f, e);
    assert_int_equal(search_tally_calls(q, f, t), 0);
    assert_int_equal(t->looked_at, e->count);
    check_counts(text, t, e);
    search_tally_free(t);
    t = search_tally_new(counted, COUNTED, 20);
    assert_int_equal(search_tally_calls(q, f, t), 0);
    assert_int_equal(t->looked_at, e->count < 20 ? e->count : 20);
    search_tally_free(t);
    filter_free(f);
    free(e);
}

static void counts_are_of_what_is_found(void **state)
{
    struct world w;
    struct query *q;

    (void)state;
    setup(&w, 20261122);
    assert_int_equal(query_open(&q, w.f.dir), 0);
    count_once(&w, q, "");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i += 2)
        count_once(&w, q, words[i]);
    query_close(q);
    teardown(&w);
}

static void more_values_than_there_is_room_for_are_others(void **state)
{
    static const struct search_tally_kind one[] = { { "trunk_in", false, NULL, 0 } };
    static const struct search_tally_kind none[] = { { "no_such_field", false, NULL, 0 } };
    struct search_tally *t = search_tally_new(one, 1, 10);
    char name[16];

    (void)state;
    assert_non_null(t);
    assert_null(search_tally_new(none, 1, 10));
    for (int i = 0; i < SEARCH_TALLY_VALUES_MAX + 5; i++) {
        snprintf(name, sizeof name, "trunk-%d", i);
        search_tally_add_text(t, &t->fields[0], slice_of_text(name), 2);
    }
    assert_int_equal(t->fields[0].count, SEARCH_TALLY_VALUES_MAX);
    assert_int_equal(t->fields[0].others, 10);
    search_tally_free(t);
}

static void every_way_finds_the_same(void **state)
{
    const char *seed = getenv("SEARCH_SEED"); /* for a longer look by hand */
    struct world w;
    struct query *q;

    (void)state;
    setup(&w, seed ? strtoull(seed, NULL, 10) : 20261121);
    assert_int_equal(query_open(&q, w.f.dir), 0);
    search_once(&w, q, "");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        search_once(&w, q, words[i]);
    for (int i = 0; i < 40; i++) {
        struct strbuf text = { 0 };

        add_filter(&w.random, &text, 3);
        search_once(&w, q, text.p);
        strbuf_fini(&text);
    }
    query_close(q);
    teardown(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_finds_the_same),
        cmocka_unit_test(counts_are_of_what_is_found),
        cmocka_unit_test(more_values_than_there_is_room_for_are_others),
    };

    return cmocka_run_group_tests_name("search", tests, NULL, NULL);
}
