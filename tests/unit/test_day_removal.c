/*
 * Days and packets go, pinned calls stay, and a kill at any step leaves a store without a row that
 * points to nothing.
 */
#include "storage/upkeep/day_removal.h"

#include "storage/day_db.h"
#include "storage/packets/chunk_index.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/store_dir.h"
#include "storage/upkeep/packet_removal.h"
#include "storage/upkeep/pins.h"
#include "storage/upkeep/retention_work.h"

#include "tests/unit/store_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>

enum {
    CALLS = 4, /* a day, each with two seconds of media in segments of their own */
    PIECES = 2,
    PIECE_BYTES = 3000,
};

/* The first day; the next is the one after. */
#define DAY ((int32_t)(FIXTURE_TIME / FIXTURE_DAY))

static uint64_t call_id(int day, int n)
{
    return fixture_id(FIXTURE_TIME + day * FIXTURE_DAY + n * FIXTURE_S, 1);
}

/* Packets before it was known whose they are. */
static uint64_t stream_id(int day, int n)
{
    return fixture_id(FIXTURE_TIME + day * FIXTURE_DAY + n * FIXTURE_S + 5000000, 2);
}

/* --- a store ------------------------------------------------------------------------------------ */

struct maker {
    struct writer *writer;
    struct segment_set *segments;
};

static void no_find(void *ctx, const struct chunk_row *row)
{
    (void)ctx;
    (void)row;
}

static uint32_t put_chunk(const struct maker *m, struct chunk_row *row, uint8_t kind,
                          uint32_t *segment, uint64_t *offset)
{
    static uint8_t raw[PIECE_BYTES + CHUNK_FRAME_HEADER_BYTES], out[PIECE_BYTES * 2 + 1024];
    struct chunk_header h = { .id = row->id,
                              .first_time = row->first_time,
                              .last_time = row->last_time,
                              .frames = 1,
                              .link_type = 1,
                              .raw_bytes = sizeof raw,
                              .kind = kind };
    size_t bytes;

    chunk_put_frame(raw, row->first_time, PIECE_BYTES, PIECE_BYTES);
    for (size_t i = 0; i < PIECE_BYTES; i++) /* tells whose it is */
        raw[CHUNK_FRAME_HEADER_BYTES + i] = (uint8_t)((row->id >> (i % 8)) ^ (i * i * 31) ^ kind);
    bytes = chunk_encode(&h, raw, out, sizeof out);
    assert_int_equal(segment_set_append(m->segments, row->day, kind, out, bytes, segment, offset),
                     0);
    return (uint32_t)bytes;
}

static void put_packets(const struct maker *m, uint64_t id, int32_t day, int64_t time, uint8_t kind)
{
    struct chunk_row row = {
        .id = id, .first_time = time, .last_time = time, .frames = 1, .day = day, .kind = kind
    };

    if (kind == PACKET_MEDIA)
        row.audio_bytes = put_chunk(m, &row, PACKET_AUDIO, &row.audio_segment, &row.audio_offset);
    row.stored_bytes = put_chunk(m, &row, kind, &row.segment, &row.offset);
    assert_true(writer_submit_chunk(m->writer, &row));
}

static void put_call(const struct maker *m, int day, int n)
{
    struct stream_record stream;
    struct call_record call;
    char text[32];
    int64_t time = FIXTURE_TIME + day * FIXTURE_DAY + n * FIXTURE_S;

    snprintf(text, sizeof text, "call-%d-%d", day, n);
    fixture_call(&call, time, 1, text);
    record_clear(&record_type_stream, &stream);
    stream.id = stream_id(day, n);
    stream.call = call.id;
    stream.start_time = time;
    call.streams = &stream;
    call.stream_count = 1;
    assert_true(writer_submit(m->writer, &record_type_call, &call));
    put_packets(m, call.id, DAY + day, time, PACKET_SIP);
    put_packets(m, stream.id, DAY + day, time, PACKET_MEDIA);
    put_packets(m, call.id, DAY + day, time + 1, PACKET_MEDIA);
}

static void put_alert(const struct maker *m, int day, int n, uint64_t hash)
{
    struct alert_record alert;
    char calls[64];

    record_clear(&record_type_alert, &alert);
    alert.id = fixture_id(FIXTURE_TIME + day * FIXTURE_DAY, hash);
    snprintf(calls, sizeof calls, "[\"%016" PRIx64 "\"]", call_id(day, n));
    alert.calls = slice_of_text(calls);
    assert_true(writer_submit(m->writer, &record_type_alert, &alert));
}

/* Days 0 to `days`-1. The last call of a day goes on in the next. */
static void make_store(struct fixture *f, int days, struct maker *keep)
{
    struct maker m;

    fixture_make_dir(f);
    assert_int_equal(writer_start(&m.writer, &(struct writer_options){ f->dir, true }), 0);
    assert_int_equal(segment_set_open(&m.segments, f->dir, no_find, NULL), 0);
    for (int day = 0; day < days; day++) {
        for (int n = 0; n < CALLS; n++) {
            put_call(&m, day, n);
            if (n == CALLS / 2 - 1)
                segment_set_seal(m.segments, DAY + day);
        }
        put_alert(&m, day, 1, 1);
        put_alert(&m, day, 2, 2);
        if (day + 1 < days)
            put_packets(&m, call_id(day, CALLS - 1), DAY + day + 1,
                        FIXTURE_TIME + (day + 1) * FIXTURE_DAY, PACKET_MEDIA);
    }
    if (keep) {
        writer_flush(m.writer);
        *keep = m;
        return;
    }
    writer_stop(m.writer);
    segment_set_close(m.segments);
}

/* --- what is in it ------------------------------------------------------------------------------ */

struct held {
    int calls, streams, alerts, chunks, audio;
};

static void read_back(const struct fixture *f, int32_t day, uint8_t kind, uint64_t id,
                      const struct chunk_place *place)
{
    static uint8_t stored[CHUNK_STORED_MAX], raw[CHUNK_RAW_MAX];
    int fd = segment_open_read(f->dir, day, kind, place->segment);
    struct chunk_header h;

    assert_true(fd >= 0);
    assert_int_equal(segment_read(fd, place, stored, raw, &h), CHUNK_OK);
    close(fd);
    assert_true(h.id == id);
    assert_int_equal(h.kind, kind);
    assert_int_equal(raw[CHUNK_FRAME_HEADER_BYTES + 9], (uint8_t)((id >> 1) ^ (9 * 9 * 31) ^ kind));
}

static int count_rows(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    int n;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    n = sqlite3_column_int(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* Counts a day, and reads all that its rows point to. */
static struct held look(const struct fixture *f, int32_t day)
{
    struct held held = { 0 };
    sqlite3_stmt *s;
    sqlite3 *db;
    int err = day_db_open_read(&db, f->dir, day);

    if (err == -ENOENT)
        return held;
    assert_int_equal(err, 0);
    held.calls = count_rows(db, "SELECT count(*) FROM calls");
    held.streams = count_rows(db, "SELECT count(*) FROM streams");
    held.alerts = count_rows(db, "SELECT count(*) FROM alerts");
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT place,id,stored_bytes,audio_segment,audio_offset,"
                                        "audio_bytes FROM chunks",
                                        -1, &s, NULL),
                     SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        uint64_t bits = (uint64_t)sqlite3_column_int64(s, 0);
        uint64_t id = (uint64_t)sqlite3_column_int64(s, 1);
        struct chunk_place place = { .segment = (uint32_t)(bits >> 32) & CHUNK_SEGMENT_MAX,
                                     .offset = bits & UINT32_MAX,
                                     .stored_bytes = (uint32_t)sqlite3_column_int64(s, 2) };

        read_back(f, day, (uint8_t)(bits >> 56), id, &place);
        held.chunks++;
        if (sqlite3_column_type(s, 3) == SQLITE_NULL)
            continue;
        place = (struct chunk_place){ .segment = (uint32_t)sqlite3_column_int64(s, 3),
                                      .offset = (uint64_t)sqlite3_column_int64(s, 4),
                                      .stored_bytes = (uint32_t)sqlite3_column_int64(s, 5) };
        read_back(f, day, PACKET_AUDIO, id, &place);
        held.audio++;
    }
    sqlite3_finalize(s);
    day_db_close(db);
    return held;
}

static void expect_held(const struct fixture *f, int day, int calls, int chunks, int audio)
{
    struct held held = look(f, DAY + day);

    assert_int_equal(held.calls, calls);
    assert_int_equal(held.streams, calls);
    assert_int_equal(held.chunks, chunks);
    assert_int_equal(held.audio, audio);
}

static int count_names(const char *dir, const char *head)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    int n = 0;

    if (!d)
        return 0;
    while ((entry = readdir(d)) != NULL)
        n += strncmp(entry->d_name, head, strlen(head)) == 0 && strcmp(entry->d_name, ".") != 0 &&
             strcmp(entry->d_name, "..") != 0;
    closedir(d);
    return n;
}

static int count_segments(const struct fixture *f, int day, const char *head)
{
    char path[STORE_PATH_MAX];

    assert_int_equal(store_dir_path(path, f->dir, DAY + day, NULL), 0);
    return count_names(path, head);
}

static void pin_call(const struct fixture *f, int day, int n)
{
    assert_int_equal(
        pins_add(f->dir, &(struct pin){ call_id(day, n), 0, SLICE("a test"), SLICE("") }), 0);
}

/* --- without pins ------------------------------------------------------------------------------- */

static void audio_goes_and_headers_stay(void **state)
{
    struct fixture f;
    struct day_removed gone;

    (void)state;
    make_store(&f, 2, NULL);
    expect_held(&f, 0, 4, 12, 8);
    expect_held(&f, 1, 4, 13, 9);
    assert_int_equal(packet_removal_run(&(struct day_removal){ .store_dir = f.dir }, DAY,
                                        STORE_AUDIO, INT64_MAX, false, &gone),
                     0);
    assert_true(gone.bytes[STORE_AUDIO] > 0);
    assert_int_equal(count_segments(&f, 0, "audio-"), 0);
    expect_held(&f, 0, 4, 12, 0);
    expect_held(&f, 1, 4, 13, 9);
    fixture_remove_dir(&f);
}

static void oldest_segments_go_first_until_it_is_enough(void **state)
{
    struct day_removal removal;
    struct day_removed gone;
    struct fixture f;

    (void)state;
    make_store(&f, 1, NULL);
    removal = (struct day_removal){ .store_dir = f.dir };
    assert_int_equal(packet_removal_run(&removal, DAY, STORE_MEDIA, 1, false, &gone), 0);
    assert_int_equal(count_segments(&f, 0, "media-000001"), 0);
    assert_int_equal(count_segments(&f, 0, "media-000002"), 1);
    expect_held(&f, 0, 4, 8, 4);
    assert_int_equal(packet_removal_run(&removal, DAY, STORE_SIGNALLING, INT64_MAX, true, &gone),
                     0);
    assert_int_equal(count_segments(&f, 0, "sip-"), 1); /* the newest may be open */
    expect_held(&f, 0, 4, 6, 4);
    fixture_remove_dir(&f);
}

static void a_day_goes_as_a_whole(void **state)
{
    struct day_removed gone;
    struct fixture f;

    (void)state;
    make_store(&f, 2, NULL);
    assert_int_equal(day_removal_day(&(struct day_removal){ .store_dir = f.dir }, DAY, &gone), 0);
    assert_true(gone.bytes[STORE_ROWS] > 0 && gone.bytes[STORE_MEDIA] > 0);
    assert_int_equal(count_names(f.dir, "2026-"), 1);
    assert_int_equal(count_names(f.dir, "."), 0);
    expect_held(&f, 1, 4, 13, 9);
    fixture_remove_dir(&f);
}

/* --- with pins ---------------------------------------------------------------------------------- */

static void packets_of_pinned_calls_stay(void **state)
{
    struct day_removal removal;
    struct day_removed gone;
    struct fixture f;

    (void)state;
    make_store(&f, 2, NULL);
    pin_call(&f, 0, 1);
    removal = (struct day_removal){ .store_dir = f.dir };
    for (int k = STORE_AUDIO; k >= STORE_SIGNALLING; k--) {
        assert_int_equal(
            packet_removal_run(&removal, DAY, (enum store_kind)k, INT64_MAX, false, &gone), 0);
        assert_false(gone.is_settled);
        assert_int_equal(
            packet_removal_run(&removal, DAY, (enum store_kind)k, INT64_MAX, false, &gone), 0);
        assert_true(gone.is_settled);
        assert_int_equal(gone.bytes[k], 0);
    }
    expect_held(&f, 0, 4, 3, 2); /* the rows are for another limit */
    assert_int_equal(count_segments(&f, 0, "media-"), 1);
    assert_int_equal(pins_remove(f.dir, call_id(0, 1)), 0);
    assert_int_equal(packet_removal_run(&removal, DAY, STORE_MEDIA, INT64_MAX, false, &gone), 0);
    assert_false(gone.is_settled);
    expect_held(&f, 0, 4, 1, 0);
    fixture_remove_dir(&f);
}

static void a_small_day_of_pinned_calls_takes_its_place(void **state)
{
    struct day_removal removal;
    struct day_removed gone;
    struct fixture f;
    struct held held;

    (void)state;
    make_store(&f, 3, NULL);
    pin_call(&f, 0, 1);
    pin_call(&f, 0, 3); /* goes on in day 1 */
    removal = (struct day_removal){ .store_dir = f.dir };
    assert_int_equal(day_removal_day(&removal, DAY, &gone), 0);
    held = look(&f, DAY);
    assert_int_equal(held.calls, 2);
    assert_int_equal(held.streams, 2);
    assert_int_equal(held.alerts, 1); /* the one that names call 1 */
    assert_int_equal(held.chunks, 6);
    assert_int_equal(held.audio, 4);
    assert_true(pins_has(f.dir, call_id(0, 1)));
    assert_int_equal(day_removal_day(&removal, DAY + 1, &gone), 0);
    assert_false(gone.is_settled);
    expect_held(&f, 1, 0, 1, 1);
    for (int day = 0; day < 2; day++) {
        assert_int_equal(day_removal_day(&removal, DAY + day, &gone), 0);
        assert_true(gone.is_settled);
    }
    assert_int_equal(pins_remove(f.dir, call_id(0, 1)), 0);
    assert_int_equal(pins_remove(f.dir, call_id(0, 3)), 0);
    for (int day = 0; day < 2; day++)
        assert_int_equal(day_removal_day(&removal, DAY + day, &gone), 0);
    assert_int_equal(count_names(f.dir, "2026-"), 1);
    assert_int_equal(count_names(f.dir, "."), 0);
    expect_held(&f, 2, 4, 13, 9);
    fixture_remove_dir(&f);
}

/* --- killed ------------------------------------------------------------------------------------- */

static bool dies(void *ctx, const char *step)
{
    int *left = ctx;

    (void)step;
    return (*left)-- > 0;
}

static int remove_it(const struct day_removal *r, int kind)
{
    struct day_removed gone;

    return kind == STORE_ROWS
               ? day_removal_day(r, DAY, &gone)
               : packet_removal_run(r, DAY, (enum store_kind)kind, INT64_MAX, false, &gone);
}

static void copy_file(const char *from, const char *to)
{
    static char room[65536];
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    size_t n;

    assert_non_null(in);
    assert_non_null(out);
    while ((n = fread(room, 1, sizeof room, in)) > 0)
        assert_int_equal(fwrite(room, 1, n, out), n);
    fclose(in);
    fclose(out);
}

/* To make a store takes longer than to take it apart. */
static void copy_store(const struct fixture *from, struct fixture *to)
{
    fixture_make_dir(to);
    for (int day = 0; day < 2; day++) {
        char old[STORE_PATH_MAX], new[STORE_PATH_MAX];
        struct dirent *entry;
        DIR *dir;

        assert_int_equal(store_dir_make_day(to->dir, DAY + day), 0);
        assert_int_equal(store_dir_path(old, from->dir, DAY + day, NULL), 0);
        dir = opendir(old);
        assert_non_null(dir);
        while ((entry = readdir(dir)) != NULL) {
            if (entry->d_type != DT_REG)
                continue;
            assert_int_equal(store_dir_path(old, from->dir, DAY + day, entry->d_name), 0);
            assert_int_equal(store_dir_path(new, to->dir, DAY + day, entry->d_name), 0);
            copy_file(old, new);
        }
        closedir(dir);
    }
}

/* Dies before step 0, 1, 2, …; comes again, and ends what was begun. The number of steps. */
static int kill_at_each_step(const struct fixture *whole, int kind, int pins, int calls, int chunks,
                             int audio)
{
    bool was_killed;
    int steps = 0, err;

    do {
        struct fixture f;
        int left = steps;
        struct day_removal removal = { .store_dir = f.dir, .goes_on = dies, .ctx = &left };

        copy_store(whole, &f);
        for (int n = 0; n < pins; n++)
            pin_call(&f, 0, n);
        err = remove_it(&removal, kind);
        was_killed = left < 0;
        assert_true(err == 0 || err == -EINTR);
        look(&f, DAY);
        removal.goes_on = NULL;
        assert_int_equal(day_removal_clean(&removal), 0);
        look(&f, DAY);
        assert_int_equal(count_names(f.dir, "."), 0);
        /* A day that was out of sight already is gone. */
        if (err && count_names(f.dir, "2026-") == 2)
            assert_int_equal(remove_it(&removal, kind), 0);
        expect_held(&f, 0, calls, chunks, audio);
        expect_held(&f, 1, 4, 13, 9);
        fixture_remove_dir(&f);
        steps++;
    } while (was_killed && steps < 100);
    return steps;
}

static void killed_at_any_step_no_row_points_to_nothing(void **state)
{
    struct fixture whole;

    (void)state;
    make_store(&whole, 2, NULL);
    assert_in_range(kill_at_each_step(&whole, STORE_AUDIO, 0, 4, 12, 0), 4, 99);
    assert_in_range(kill_at_each_step(&whole, STORE_AUDIO, 1, 4, 12, 2), 4, 99);
    assert_in_range(kill_at_each_step(&whole, STORE_MEDIA, 1, 4, 6, 2), 4, 99);
    assert_in_range(kill_at_each_step(&whole, STORE_SIGNALLING, 2, 4, 10, 8), 4, 99);
    assert_in_range(kill_at_each_step(&whole, STORE_ROWS, 0, 0, 0, 0), 4, 99);
    assert_in_range(kill_at_each_step(&whole, STORE_ROWS, 2, 2, 6, 4), 4, 99);
    fixture_remove_dir(&whole);
}

/* A file system that cannot exchange two names, and a kill between the two renames. */
static void a_day_that_was_left_aside_comes_back(void **state)
{
    char day[STORE_PATH_MAX], aside[STORE_PATH_MAX];
    struct fixture f;

    (void)state;
    make_store(&f, 1, NULL);
    assert_int_equal(store_dir_path(day, f.dir, DAY, NULL), 0);
    snprintf(aside, sizeof aside, "%s/.kept-%s", f.dir, day + strlen(f.dir) + 1);
    assert_int_equal(rename(day, aside), 0);
    assert_int_equal(day_removal_clean(&(struct day_removal){ .store_dir = f.dir }), 0);
    expect_held(&f, 0, 4, 12, 8);
    fixture_remove_dir(&f);
}

/* --- beside a writer ---------------------------------------------------------------------------- */

static void days_that_the_writer_has_open_go_through_it(void **state)
{
    struct day_removal removal;
    struct day_removed gone;
    struct fixture f;
    struct maker m;

    (void)state;
    make_store(&f, 2, &m);
    removal = (struct day_removal){ .store_dir = f.dir, .writer = m.writer };
    assert_int_equal(packet_removal_run(&removal, DAY + 1, STORE_AUDIO, INT64_MAX, true, &gone), 0);
    expect_held(&f, 1, 4, 13, 4); /* of the newest segment */
    pin_call(&f, 1, 0);
    assert_int_equal(packet_removal_run(&removal, DAY + 1, STORE_MEDIA, INT64_MAX, true, &gone), 0);
    assert_true(gone.is_settled); /* waits until the day is over */
    expect_held(&f, 1, 4, 13, 4);
    /* A whole day from under it; what comes late begins it anew. */
    assert_int_equal(day_removal_day(&removal, DAY, &gone), 0);
    assert_int_equal(count_names(f.dir, "2026-"), 1);
    segment_set_seal(m.segments, DAY);
    put_call(&m, 0, 9);
    writer_flush(m.writer);
    expect_held(&f, 0, 1, 3, 2);
    writer_stop(m.writer);
    segment_set_close(m.segments);
    fixture_remove_dir(&f);
}

/* --- the whole ---------------------------------------------------------------------------------- */

static void a_look_does_what_the_limits_say(void **state)
{
    const struct retention_limits limits = { .days = { [STORE_ROWS] = 3, [STORE_AUDIO] = 1 } };
    struct retention_when when = { .now_ms = 1000,
                                   .clock_day = DAY + 4,
                                   .packet_day = RETENTION_NO_PACKETS,
                                   .age_is_due = true,
                                   .by_hand = true };
    struct retention_plan plan;
    struct retention_work w;
    struct fixture f;

    (void)state;
    make_store(&f, 5, NULL);
    pin_call(&f, 0, 2);
    retention_work_init(&w, &(struct day_removal){ .store_dir = f.dir }, &limits);
    assert_int_equal(retention_work_look(&w, &when, &plan), 0);
    assert_int_equal(plan.count, 3); /* day 0; audio of days 1 and 2 */
    assert_int_equal(retention_work_do(&w, &when, &plan, NULL, NULL), 0);
    retention_plan_fini(&plan);
    expect_held(&f, 0, 1, 3, 2);
    expect_held(&f, 1, 4, 13, 0);
    expect_held(&f, 2, 4, 13, 0);
    expect_held(&f, 3, 4, 13, 9);
    assert_true(w.removed[STORE_ROWS][RETENTION_AGE] > 0);
    assert_true(w.removed[STORE_AUDIO][RETENTION_AGE] > 0);
    /* The pinned call is tried once, then left alone. */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(retention_work_look(&w, &when, &plan), 0);
        assert_int_equal(plan.count, i == 0 ? 1 : 0);
        assert_int_equal(retention_work_do(&w, &when, &plan, NULL, NULL), 0);
        retention_plan_fini(&plan);
    }
    assert_int_equal(pins_remove(f.dir, call_id(0, 2)), 0);
    assert_int_equal(retention_work_look(&w, &when, &plan), 0);
    assert_int_equal(plan.count, 1);
    assert_int_equal(retention_work_do(&w, &when, &plan, NULL, NULL), 0);
    retention_plan_fini(&plan);
    assert_int_equal(count_names(f.dir, "2026-"), 4);
    retention_work_fini(&w);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(audio_goes_and_headers_stay),
        cmocka_unit_test(oldest_segments_go_first_until_it_is_enough),
        cmocka_unit_test(a_day_goes_as_a_whole),
        cmocka_unit_test(packets_of_pinned_calls_stay),
        cmocka_unit_test(a_small_day_of_pinned_calls_takes_its_place),
        cmocka_unit_test(killed_at_any_step_no_row_points_to_nothing),
        cmocka_unit_test(a_day_that_was_left_aside_comes_back),
        cmocka_unit_test(days_that_the_writer_has_open_go_through_it),
        cmocka_unit_test(a_look_does_what_the_limits_say),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
