/*
 * What a store takes, how long the disk will do, and the thread that looks after both.
 */
#include "storage/upkeep/retention.h"

#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/store_dir.h"
#include "storage/upkeep/pins.h"
#include "storage/upkeep/store_report.h"

#include "tests/unit/store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>

#define DAY ((int32_t)(FIXTURE_TIME / FIXTURE_DAY))

static void put_file(const struct fixture *f, int32_t day, const char *name, size_t bytes)
{
    char path[STORE_PATH_MAX];
    FILE *file;

    assert_int_equal(store_dir_make_day(f->dir, day), 0);
    assert_int_equal(store_dir_path(path, f->dir, day, name), 0);
    file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < bytes; i++)
        fputc('x', file);
    fclose(file);
}

/* Another time than that of the look before, on a file system that counts coarsely. */
static void touch_folder(const struct fixture *f, int32_t day, time_t at)
{
    const struct timespec times[2] = { { at, 0 }, { at, 0 } };
    char path[STORE_PATH_MAX];

    assert_int_equal(store_dir_path(path, f->dir, day, NULL), 0);
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void files_are_counted_by_kind(void **state)
{
    struct store_size size;
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    put_file(&f, DAY, "calls.sqlite", 1);
    put_file(&f, DAY, "calls.sqlite-wal", 1);
    put_file(&f, DAY, "calls.sqlite.damaged-1", 1);
    put_file(&f, DAY, "sip-000003.seg", 1);
    put_file(&f, DAY, "media-000001.seg", 1);
    put_file(&f, DAY, "media-000002.seg", 9000);
    put_file(&f, DAY, "audio-000001.seg", 1);
    put_file(&f, DAY, "notes.txt", 100000);
    store_size_init(&size, f.dir);
    assert_int_equal(store_size_look(&size), 0);
    assert_int_equal(size.count, 1);
    assert_int_equal(size.days[0].bytes[STORE_ROWS], 3 * 4096);
    assert_int_equal(size.days[0].bytes[STORE_SIGNALLING], 4096);
    assert_int_equal(size.days[0].bytes[STORE_MEDIA], 4 * 4096);
    assert_int_equal(size.days[0].newest_bytes[STORE_MEDIA], 3 * 4096);
    assert_int_equal(size.days[0].oldest[STORE_MEDIA], 1);
    assert_int_equal(size.days[0].oldest[STORE_SIGNALLING], 3);
    assert_int_equal(store_size_total(&size, STORE_AUDIO), 4096);
    /* What cannot be read says the day. */
    assert_true(store_size_oldest(&size, STORE_MEDIA) == (int64_t)DAY * FIXTURE_DAY);
    store_size_fini(&size);
    fixture_remove_dir(&f);
}

static void closed_days_are_read_again_when_they_change(void **state)
{
    enum { DAYS = 200 };
    struct store_size size;
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    for (int i = 0; i < DAYS; i++) {
        put_file(&f, DAY + i, "sip-000001.seg", 1);
        touch_folder(&f, DAY + i, 1000);
    }
    store_size_init(&size, f.dir);
    assert_int_equal(store_size_look(&size), 0);
    assert_int_equal(size.looked_at, DAYS);
    assert_int_equal(store_size_look(&size), 0);
    assert_in_range(size.looked_at, 2, 2 + DAYS / 60 + 1); /* the newest, and whose turn it is */
    put_file(&f, DAY + 100, "sip-000002.seg", 1);
    touch_folder(&f, DAY + 100, 2000);
    assert_int_equal(store_size_look(&size), 0);
    assert_int_equal(store_size_find(&size, DAY + 100)->bytes[STORE_SIGNALLING], 2 * 4096);
    /* A pin does not change the day's folder. */
    assert_int_equal(pins_add(f.dir, &(struct pin){ fixture_id(FIXTURE_TIME + 50 * FIXTURE_DAY, 1),
                                                    0, SLICE(""), SLICE("") }),
                     0);
    assert_int_equal(store_size_look(&size), 0);
    assert_int_equal(store_size_find(&size, DAY + 50)->pins, 1);
    /* Within an hour every day had its turn. */
    for (int i = 0; i < DAYS; i++)
        size.days[i].bytes[STORE_SIGNALLING] = 0;
    for (int i = 0; i < 60; i++)
        assert_int_equal(store_size_look(&size), 0);
    assert_int_equal(store_size_total(&size, STORE_SIGNALLING), (DAYS + 1) * 4096);
    assert_null(store_size_find(&size, DAY + DAYS));
    store_size_fini(&size);
    fixture_remove_dir(&f);
}

/* --- the rate ----------------------------------------------------------------------------------- */

static void growth_counts_what_was_removed_too(void **state)
{
    static struct store_growth g;
    struct store_day day = { .bytes = { 1000, 0, 50000, 0 } };
    struct retention_work w = { .size = { .days = &day, .count = 1 },
                                .disk_bytes = 1000000000,
                                .free_bytes = 500000000,
                                .limits = { .free_percent = 10, .free_bytes = 1000000000 } };

    (void)state;
    for (int minute = 0; minute <= 10; minute++) {
        assert_true(isnan(store_growth_rate(&g, STORE_KINDS)));
        store_growth_add(&g, 1000 + minute * 60000, &w);
        day.bytes[STORE_MEDIA] += 60 * 1000; /* 1 kB/s; half of it goes again */
        w.removed[STORE_MEDIA][RETENTION_SIZE] += 60 * 1000;
        day.bytes[STORE_ROWS] += 60 * 100;
        day.bytes[STORE_MEDIA] -= 60 * 500;
        w.removed[STORE_MEDIA][RETENTION_AGE] -= 60 * 500;
    }
    assert_float_equal(store_growth_rate(&g, STORE_ROWS), 100, 0.01);
    assert_float_equal(store_growth_rate(&g, STORE_MEDIA), 1000, 0.01);
    assert_float_equal(store_growth_rate(&g, STORE_KINDS), 1100, 0.01);
    /* To the guard: 400 MB. To a size limit of the rows that is nearer: what is left of it. */
    assert_float_equal(store_report_days_left(&w, &g), 400e6 / 1100 / 86400, 0.001);
    w.limits.bytes[STORE_ROWS] = day.bytes[STORE_ROWS] + 8640000;
    assert_float_equal(store_report_days_left(&w, &g), 1.0, 0.001);
    w.limits.bytes[STORE_ROWS] = 1;
    assert_float_equal(store_report_days_left(&w, &g), 0, 0.001);
    /* More minutes than the ring has: of the last day alone. */
    for (int minute = 11; minute < 3000; minute++)
        store_growth_add(&g, 1000 + minute * 60000, &w);
    assert_float_equal(store_growth_rate(&g, STORE_KINDS), 0, 0.001);
    assert_true(isnan(store_report_days_left(&w, &g)));
}

/* --- the thread --------------------------------------------------------------------------------- */

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * FIXTURE_S + t.tv_nsec;
}

static void put_call(struct writer *w, int64_t time, uint64_t n)
{
    struct call_record call;

    fixture_call(&call, time, n, "x");
    assert_true(writer_submit(w, &record_type_call, &call));
}

static bool is_there(const struct fixture *f, int32_t day)
{
    char path[STORE_PATH_MAX];
    struct stat st;

    assert_int_equal(store_dir_path(path, f->dir, day, NULL), 0);
    return stat(path, &st) == 0;
}

static void nap(void)
{
    nanosleep(&(struct timespec){ 0, 5000000 }, NULL);
}

static void old_days_go_while_the_probe_runs_and_alerts_pin(void **state)
{
    struct packet_log_options log_options;
    struct retention_options options;
    struct store_record *record = NULL;
    struct retention_change change;
    struct packet_log *log;
    struct retention *r;
    struct fixture f;
    struct writer *w;
    int64_t now = now_ns();
    int32_t today = (int32_t)(now / FIXTURE_DAY);
    char calls[64];

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(writer_start(&w, &(struct writer_options){ f.dir, false }), 0);
    log_options = (struct packet_log_options){ .store_dir = f.dir, .writer = w };
    assert_int_equal(packet_log_start(&log, &log_options), 0);
    for (int day = 0; day < 6; day++)
        put_call(w, now - day * FIXTURE_DAY, 1);
    writer_flush(w);
    options = (struct retention_options){
        .store_dir = f.dir, .limits = { .days = { 4 } }, .writer = w, .log = log, .every_ms = 5
    };
    snprintf(calls, sizeof calls, "[\"%016" PRIx64 "\"]", fixture_id(now - 3 * FIXTURE_DAY, 1));
    assert_int_equal(retention_start(&r, &options), 0);
    retention_note_packet(r, now);
    retention_pin(r, slice_of_text(calls), SLICE("alert x"), SLICE("y"));
    for (int i = 0; i < 2000 && (!record || !pins_has(f.dir, fixture_id(now - 3 * FIXTURE_DAY, 1)));
         i++) {
        if (!record)
            record = retention_take_record(r);
        nap();
    }
    assert_non_null(record);
    assert_int_equal(record->days, 5);
    assert_true(record->removed_bytes > 0);
    assert_true(slice_eq(record->step, SLICE("full")));
    assert_null(record->step_cause.p);
    assert_true(slice_starts_with(record->removed, SLICE("{\"rows_age\":")));
    free(record);
    assert_false(is_there(&f, today - 5));
    assert_true(is_there(&f, today - 4));
    assert_true(pins_has(f.dir, fixture_id(now - 3 * FIXTURE_DAY, 1)));
    assert_false(retention_take_change(r, &change));
    put_call(w, now - 5 * FIXTURE_DAY, 2); /* comes late, and finds no old file */
    writer_flush(w);
    assert_true(is_there(&f, today - 5));
    retention_stop(r);
    record = retention_take_record(r); /* the last word */
    assert_non_null(record);
    assert_int_equal(record->pinned_calls, 1);
    free(record);
    retention_free(r);
    packet_log_stop(log);
    writer_stop(w);
    fixture_remove_dir(&f);
}

static void a_disk_without_room_steps_down(void **state)
{
    struct packet_log_options log_options;
    struct retention_options options;
    struct retention_change change = { .time = 0 };
    struct store_record *record;
    struct packet_log *log;
    struct retention *r;
    enum disk_cause cause;
    struct fixture f;
    struct writer *w;

    (void)state;
    fixture_make_dir(&f);
    assert_int_equal(writer_start(&w, &(struct writer_options){ f.dir, false }), 0);
    log_options = (struct packet_log_options){ .store_dir = f.dir, .writer = w };
    assert_int_equal(packet_log_start(&log, &log_options), 0);
    put_call(w, now_ns(), 1);
    writer_flush(w);
    /* No disk has that much, and today's rows are no room to be made. */
    options =
        (struct retention_options){ .store_dir = f.dir,
                                    .limits = { .free_percent = 300, .free_bytes = INT64_MAX },
                                    .writer = w,
                                    .log = log,
                                    .every_ms = 5 };
    assert_int_equal(retention_start(&r, &options), 0);
    for (int i = 0; i < 2000 && change.time == 0; i++) {
        if (!retention_take_change(r, &change))
            nap();
    }
    assert_int_equal(change.from, DISK_STEP_FULL);
    assert_int_equal(change.to, DISK_STEP_METRICS);
    assert_int_equal(change.cause, DISK_CAUSE_FULL);
    assert_int_equal(retention_step(r, &cause), DISK_STEP_METRICS);
    assert_int_equal(cause, DISK_CAUSE_FULL);
    retention_stop(r);
    record = retention_take_record(r);
    assert_true(slice_eq(record->step, SLICE("metrics")));
    assert_true(slice_eq(record->step_cause, SLICE("disk_full")));
    free(record);
    retention_free(r);
    packet_log_stop(log);
    writer_stop(w);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_counted_by_kind),
        cmocka_unit_test(closed_days_are_read_again_when_they_change),
        cmocka_unit_test(growth_counts_what_was_removed_too),
        cmocka_unit_test(old_days_go_while_the_probe_runs_and_alerts_pin),
        cmocka_unit_test(a_disk_without_room_steps_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
