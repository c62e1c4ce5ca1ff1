/* What a run that died left open, and what a removed day costs the one that lives. */
#include "storage/day_db.h"
#include "storage/packets/segment.h"
#include "storage/run_mark.h"
#include "storage/store_sync.h"
#include "tests/unit/packet_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define DAY_DIR "2026-11-21"

static uint64_t the_id(uint64_t n)
{
    return fixture_id(FIXTURE_TIME, n);
}

static void path_of(const struct fixture *f, const char *name, char out[128])
{
    snprintf(out, 128, "%s/%s", f->dir, name);
}

static bool is_there(const struct fixture *f, const char *name)
{
    char path[128];

    path_of(f, name, path);
    return access(path, F_OK) == 0;
}

/* Runs `run` in a process that dies without a word. */
static void die_after(const struct fixture *f, void (*run)(const struct fixture *f))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        run(f);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void start_and_stop(const struct fixture *f)
{
    writer_stop(fixture_writer(f));
}

/* The first row of what sql selects, its columns apart by a bar. */
static const char *ask(const struct fixture *f, const char *sql)
{
    static char answer[1024];
    sqlite3_stmt *s;
    sqlite3 *db;
    size_t n = 0;

    assert_int_equal(day_db_open_read(&db, f->dir, record_id_day(the_id(1))), 0);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    answer[0] = '\0';
    if (sqlite3_step(s) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(s) && n < sizeof answer; i++) {
            const unsigned char *text = sqlite3_column_text(s, i);

            n += (size_t)snprintf(answer + n, sizeof answer - n, "%s%s", i ? "|" : "",
                                  text ? (const char *)text : "null");
        }
    }
    sqlite3_finalize(s);
    day_db_close(db);
    return answer;
}

/* A talk that goes on, one that rings, one that is over, an alert that fires. */
static void leave_all_sorts_open(const struct fixture *f)
{
    struct writer *w = fixture_writer(f);
    struct stream_record stream;
    struct alert_record alert;
    struct call_record call;

    record_clear(&record_type_stream, &stream);
    stream.id = the_id(100);
    stream.call = the_id(1);
    stream.end_time = FIXTURE_TIME + 9 * FIXTURE_S;
    fixture_call(&call, FIXTURE_TIME, 1, "talk");
    call.state = SLICE("in_call");
    call.answer_time = FIXTURE_TIME + 2 * FIXTURE_S;
    call.end_time = RECORD_NONE;
    call.duration_open = 1;
    call.duration_ms = 1000;
    call.streams = &stream;
    call.stream_count = 1;
    assert_true(writer_submit(w, &record_type_call, &call));
    fixture_call(&call, FIXTURE_TIME, 2, "ring");
    call.state = SLICE("ringing");
    call.end_time = RECORD_NONE;
    call.first_18x_time = FIXTURE_TIME + FIXTURE_S;
    assert_true(writer_submit(w, &record_type_call, &call));
    assert_true(
        writer_submit_chunk(w, &(struct chunk_row){ .id = the_id(2),
                                                    .first_time = FIXTURE_TIME,
                                                    .last_time = FIXTURE_TIME + 3 * FIXTURE_S,
                                                    .segment = 1,
                                                    .stored_bytes = 100,
                                                    .frames = 1,
                                                    .day = record_id_day(the_id(2)) }));
    fixture_call(&call, FIXTURE_TIME, 3, "over");
    call.closed_time = FIXTURE_TIME + 60 * FIXTURE_S;
    assert_true(writer_submit(w, &record_type_call, &call));
    record_clear(&record_type_alert, &alert);
    alert.id = the_id(50);
    alert.state = SLICE("firing");
    alert.summary = SLICE("it burns");
    alert.time = FIXTURE_TIME + 7 * FIXTURE_S;
    assert_true(writer_submit(w, &record_type_alert, &alert));
    writer_flush(w);
}

#define CALL                                                                                       \
    "SELECT state, ended_how, closed_time, duration_open, duration_ms FROM calls_shown WHERE "     \
    "call_id = "

static void open_rows_are_closed_as_interrupted(void **state)
{
    struct writer *w;
    struct call_record call;
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    die_after(&f, leave_all_sorts_open);
    assert_true(is_there(&f, "RUNNING"));
    log_set_level(LOG_LEVEL_ERROR);
    start_and_stop(&f);
    log_set_level(LOG_LEVEL_WARN);
    assert_false(is_there(&f, "RUNNING"));
    assert_string_equal(ask(&f, CALL "'talk'"),
                        "interrupted|interrupted|1795255209000000000|1|7000.0");
    assert_string_equal(ask(&f, CALL "'ring'"),
                        "interrupted|interrupted|1795255203000000000|null|null");
    assert_string_equal(ask(&f, CALL "'over'"), "completed|null|1795255260000000000|null|null");
    assert_string_equal(ask(&f, "SELECT state, ended_time, description FROM alerts"),
                        "resolved|1795255207000000000|The probe stopped while this alert was "
                        "firing: whether it went "
                        "on is not known.");

    /* Who replays the capture knows better. */
    w = fixture_writer(&f);
    fixture_call(&call, FIXTURE_TIME, 1, "talk");
    call.closed_time = FIXTURE_TIME + 60 * FIXTURE_S;
    assert_true(writer_submit(w, &record_type_call, &call));
    writer_stop(w);
    assert_string_equal(ask(&f, CALL "'talk'"), "completed|null|1795255260000000000|null|null");
    assert_string_equal(ask(&f, "SELECT count(*) FROM calls"), "3");
    fixture_remove_dir(&f);
}

/* A run that was told to stop has said of each call how it stood: that stays. */
static void what_ended_in_order_is_left_alone(void **state)
{
    struct call_record call;
    struct fixture f;
    struct writer *w;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    assert_true(is_there(&f, "RUNNING"));
    fixture_call(&call, FIXTURE_TIME, 1, "ring");
    call.state = SLICE("ringing");
    assert_true(writer_submit(w, &record_type_call, &call));
    writer_stop(w);
    assert_false(is_there(&f, "RUNNING"));
    start_and_stop(&f);
    assert_string_equal(ask(&f, CALL "'ring'"), "ringing|null|null|null|null");
    fixture_remove_dir(&f);
}

static void write_file(const struct fixture *f, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    path_of(f, name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Whatever stands in the mark: the start goes on, and looks. */
static void mark_that_makes_no_sense_is_no_hindrance(void **state)
{
    static const char *const marks[] = {
        "",
        "\n",
        "earshot run 1",
        "earshot run 1\n",
        "earshot run 2\nboot x\nday 2026-11-21\n",
        "earshot run 1\nboot x\nday 2026-11-31\n",
        "earshot run 1\nboot x\nsynced 2026-11-21 media 1 1\n",
        "earshot run 1\nboot x\nday 2026-11-21\nsynced 2026-11-21 media 1 -1\n",
        "earshot run 1\nboot 0123456789012345678901234567890123456789\nday 2026-11-21\n",
        "earshot run 1\nboot x\nday \n",
    };

    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        struct fixture f;

        fixture_make_dir(&f);
        die_after(&f, leave_all_sorts_open);
        write_file(&f, "RUNNING", marks[i]);
        start_and_stop(&f);
        assert_false(is_there(&f, "RUNNING"));
        assert_string_equal(ask(&f, "SELECT count(*) FROM calls WHERE state = 'interrupted'"), "2");
        fixture_remove_dir(&f);
    }
    log_set_level(LOG_LEVEL_WARN);
}

static void mark_comes_back_as_it_was_written(void **state)
{
    struct run_mark m, back;
    struct fixture f;

    (void)state;
    fixture_make_dir(&f);
    run_mark_init(&m);
    assert_int_equal(run_mark_read(&back, f.dir), -ENOENT);
    assert_int_equal(run_mark_write(&m, f.dir), 0);
    assert_int_equal(run_mark_add_day(&m, f.dir, 20000), 0);
    assert_int_equal(run_mark_add_day(&m, f.dir, 20001), 0);
    assert_int_equal(run_mark_add_day(&m, f.dir, 20000), 0);
    assert_int_equal(run_mark_read(&back, f.dir), 0); /* lines that were added */
    assert_int_equal(back.count, 2);
    run_mark_fini(&back);
    run_mark_find(&m, 20001)->synced[PACKET_MEDIA] = (struct run_mark_end){ 12, 1ull << 27 };
    assert_int_equal(run_mark_write(&m, f.dir), 0);
    assert_int_equal(run_mark_read(&back, f.dir), 0);
    assert_true(run_mark_is_of_this_boot(&back));
    assert_int_equal(back.count, 2);
    assert_int_equal(back.days[0].day, 20000);
    assert_int_equal(back.days[1].synced[PACKET_MEDIA].segment, 12);
    assert_int_equal(back.days[1].synced[PACKET_MEDIA].end, 1ull << 27);
    assert_int_equal(back.days[1].synced[PACKET_SIP].segment, 0);
    snprintf(back.boot, sizeof back.boot, "another");
    assert_false(run_mark_is_of_this_boot(&back));
    run_mark_fini(&back);
    run_mark_fini(&m);
    fixture_remove_dir(&f);
}

enum { FRAMES = 4, BYTES = 90 };

/* A chunk a frame, all of them known to the index. */
static void store_frames(const struct fixture *f)
{
    struct log_fixture l = { .f = *f };

    log_fixture_open(&l, true);
    for (uint32_t n = 0; n < FRAMES; n++) {
        void *keeper = NULL;

        log_fixture_add(&l, &keeper, the_id(1), PACKET_SIP, FIXTURE_TIME + n, n, BYTES);
        packet_log_close_keeper(l.log, &keeper);
        packet_log_flush(l.log);
    }
    writer_flush(l.writer);
}

static off_t sip_bytes(const struct fixture *f)
{
    char path[128];
    struct stat st;

    path_of(f, DAY_DIR "/sip-000001.seg", path);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

/* The kernel wrote the row and not the chunk: its size (a hole), or nothing. */
static void power_cut_leaves_no_row_that_points_to_nothing(void **state)
{
    static const struct {
        int cut;          /* chunks that did not reach the disk */
        bool as_hole;     /* their length did */
        int synced;       /* chunks that the mark calls safe */
        const char *boot; /* NULL: the same as now */
        const char *left; /* rows */
    } cases[] = {
        { 2, false, 0, "another", "2" }, { 2, true, 0, "another", "2" },
        { 4, true, 0, "another", "0" },  { 2, true, 2, "another", "2" },
        { 2, true, 4, "another", "4" }, /* what is safe is not looked at */
        { 0, false, 0, "another", "4" }, { 2, true, 0, NULL, "4" }, /* killed: it is there */
    };

    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct run_mark mark;
        struct fixture f;
        char path[128];
        off_t size;

        fixture_make_dir(&f);
        die_after(&f, store_frames);
        assert_int_equal(run_mark_read(&mark, f.dir), 0);
        assert_int_equal(mark.count, 1);
        size = sip_bytes(&f);
        path_of(&f, DAY_DIR "/sip-000001.seg", path);
        assert_int_equal(truncate(path, size / FRAMES * (FRAMES - cases[i].cut)), 0);
        if (cases[i].as_hole)
            assert_int_equal(truncate(path, size), 0);
        if (cases[i].boot)
            snprintf(mark.boot, sizeof mark.boot, "%s", cases[i].boot);
        if (cases[i].synced)
            mark.days[0].synced[PACKET_SIP] =
                (struct run_mark_end){ 1, (uint64_t)(size / FRAMES * cases[i].synced) };
        assert_int_equal(run_mark_write(&mark, f.dir), 0);
        start_and_stop(&f);
        assert_string_equal(ask(&f, "SELECT count(*) FROM chunks"), cases[i].left);
        run_mark_fini(&mark);
        fixture_remove_dir(&f);
    }
    log_set_level(LOG_LEVEL_WARN);
}

static void remove_day(const struct fixture *f)
{
    struct fixture day;

    snprintf(day.dir, sizeof day.dir, "%.40s/" DAY_DIR, f->dir);
    fixture_remove_dir(&day);
}

static void wait_ms(int ms)
{
    struct timespec time = { 0, ms * 1000000 };

    nanosleep(&time, NULL);
}

/* rm -rf of the day: rows and packets that come after it are there. */
static void removed_day_is_begun_anew(void **state)
{
    struct pcap_frame frame;
    struct writer_stats stats;
    struct call_record call;
    struct log_fixture l;
    struct pcap_bytes b;
    void *keeper = NULL;

    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    log_fixture_start(&l);
    fixture_call(&call, FIXTURE_TIME, 1, "before");
    assert_true(writer_submit(l.writer, &record_type_call, &call));
    log_fixture_add(&l, &keeper, the_id(1), PACKET_SIP, FIXTURE_TIME, 0, BYTES);
    packet_log_close_keeper(l.log, &keeper);
    packet_log_flush(l.log);
    writer_flush(l.writer);
    remove_day(&l.f);
    wait_ms(320); /* how often a segment is looked for */
    log_fixture_add(&l, &keeper, the_id(2), PACKET_SIP, FIXTURE_TIME, 1, BYTES);
    packet_log_close_keeper(l.log, &keeper);
    packet_log_flush(l.log);
    fixture_call(&call, FIXTURE_TIME, 2, "after");
    assert_true(writer_submit(l.writer, &record_type_call, &call));
    writer_flush(l.writer);
    writer_read_stats(l.writer, &stats);
    assert_int_equal(stats.days_removed, 1);
    assert_int_equal(stats.failed, 0);
    log_fixture_close(&l);
    log_set_level(LOG_LEVEL_WARN);
    assert_string_equal(ask(&l.f, "SELECT group_concat(call_id) FROM calls"), "after");
    assert_string_equal(ask(&l.f, "SELECT count(*) FROM chunks"), "1");
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, the_id(2), 4096), 0);
    assert_true(pcap_bytes_next(&b, &frame));
    pcap_frame_expect(&frame, FIXTURE_TIME, 1, BYTES);
    free(b.p);
    fixture_remove_dir(&l.f);
}

static int forget_pages(void *ctx, sqlite3 *db)
{
    (void)ctx;
    sqlite3_db_release_memory(db);
    return 0;
}

/* Garbage where the database was, while the probe has it open: it is set aside, the day goes on. */
static void database_damaged_under_the_writer_is_set_aside(void **state)
{
    static const char *const names[] = { DAY_DIR "/calls.sqlite", DAY_DIR "/calls.sqlite-wal" };
    struct call_record call;
    struct fixture f;
    struct writer *w;

    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    fixture_call(&call, FIXTURE_TIME, 1, "before");
    assert_true(writer_submit(w, &record_type_call, &call));
    writer_flush(w);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        static const char garbage[65536] = "garbage";
        char path[128];
        FILE *file;

        path_of(&f, names[i], path);
        file = fopen(path, "r+b"); /* the same file, with other bytes */
        assert_non_null(file);
        for (int n = 0; n < 16; n++)
            assert_int_equal(fwrite(garbage, sizeof garbage, 1, file), 1);
        fclose(file);
    }
    /* What lies in memory would hide it for a while. */
    assert_int_equal(writer_run(w, record_id_day(the_id(1)), forget_pages, NULL), 0);
    fixture_call(&call, FIXTURE_TIME, 2, "lost");
    assert_true(writer_submit(w, &record_type_call, &call));
    writer_flush(w);
    assert_true(is_there(&f, DAY_DIR "/calls.sqlite.damaged-1"));
    fixture_call(&call, FIXTURE_TIME, 50, "at last");
    assert_true(writer_submit(w, &record_type_call, &call));
    writer_stop(w);
    log_set_level(LOG_LEVEL_WARN);
    assert_string_equal(ask(&f, "SELECT count(*) FROM calls WHERE call_id = 'at last'"), "1");
    assert_string_equal(ask(&f, "PRAGMA integrity_check"), "ok");
    fixture_remove_dir(&f);
}

struct synced {
    uint64_t end;
    int count;
};

static void note_end(void *ctx, int32_t day, uint8_t kind, uint32_t segment, uint64_t end)
{
    struct synced *s = ctx;

    assert_int_equal(day, record_id_day(the_id(1)));
    assert_int_equal(kind, PACKET_SIP);
    assert_int_equal(segment, 1);
    s->end = end;
    s->count++;
}

static void sync_says_how_far_it_came(void **state)
{
    struct synced s = { 0, 0 };
    struct run_mark mark;
    struct log_fixture l;
    void *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    assert_int_equal(packet_log_sync(l.log, note_end, &s), 0);
    assert_int_equal(s.count, 0); /* nothing was stored */
    log_fixture_add(&l, &keeper, the_id(1), PACKET_SIP, FIXTURE_TIME, 0, BYTES);
    packet_log_close_keeper(l.log, &keeper);
    packet_log_flush(l.log);
    writer_flush(l.writer);
    assert_int_equal(packet_log_sync(l.log, note_end, &s), 0);
    assert_int_equal(packet_log_sync(l.log, note_end, &s), 0);
    assert_int_equal(s.count, 1); /* once, and nothing more since */
    assert_int_equal(s.end, sip_bytes(&l.f));
    writer_note_synced(l.writer, record_id_day(the_id(1)), PACKET_SIP, 1, s.end);
    assert_int_equal(writer_sync(l.writer), 0);
    assert_int_equal(run_mark_read(&mark, l.f.dir), 0);
    assert_int_equal(mark.days[0].synced[PACKET_SIP].end, s.end);
    run_mark_fini(&mark);
    log_fixture_close(&l);
    fixture_remove_dir(&l.f);
}

/* The thread that waits for the disk, beside those that store. */
static void disk_is_told_while_others_store(void **state)
{
    enum { FRAMES_ALL = 3000 };
    struct store_sync *sync;
    struct packet_log_stats packets;
    struct writer_stats rows;
    struct run_mark mark;
    struct log_fixture l;
    void *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    assert_int_equal(store_sync_start(&sync, l.writer, l.log, 1), 0);
    for (uint32_t n = 0; n < FRAMES_ALL; n++) {
        log_fixture_add(&l, &keeper, the_id(1), n % 2 ? PACKET_MEDIA : PACKET_SIP, FIXTURE_TIME + n,
                        n, BYTES);
        if (n % 50 == 0)
            packet_log_close_keeper(l.log, &keeper);
    }
    packet_log_close_keeper(l.log, &keeper);
    packet_log_flush(l.log);
    writer_flush(l.writer);
    wait_ms(50);
    store_sync_stop(sync);
    assert_int_equal(run_mark_read(&mark, l.f.dir), 0);
    assert_int_equal(mark.days[0].synced[PACKET_SIP].segment, 1);
    assert_int_equal(mark.days[0].synced[PACKET_SIP].end, sip_bytes(&l.f));
    run_mark_fini(&mark);
    packet_log_read_stats(l.log, &packets);
    writer_read_stats(l.writer, &rows);
    assert_int_equal(packets.syncs_failed + rows.syncs_failed, 0);
    assert_int_equal(packets.frames_stored, FRAMES_ALL);
    log_fixture_close(&l);
    assert_int_equal(store_sync_start(&sync, NULL, NULL, 0), 0); /* never */
    assert_null(sync);
    store_sync_stop(sync);
    fixture_remove_dir(&l.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_rows_are_closed_as_interrupted),
        cmocka_unit_test(what_ended_in_order_is_left_alone),
        cmocka_unit_test(mark_that_makes_no_sense_is_no_hindrance),
        cmocka_unit_test(mark_comes_back_as_it_was_written),
        cmocka_unit_test(power_cut_leaves_no_row_that_points_to_nothing),
        cmocka_unit_test(removed_day_is_begun_anew),
        cmocka_unit_test(database_damaged_under_the_writer_is_set_aside),
        cmocka_unit_test(sync_says_how_far_it_came),
        cmocka_unit_test(disk_is_told_while_others_store),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
