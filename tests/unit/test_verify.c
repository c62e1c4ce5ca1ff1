/* A store is looked at: whole, beside a writer, and broken in every way; its index is made anew. */
#include "storage/day_db.h"
#include "storage/packets/call_frames.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"
#include "storage/store_dir.h"
#include "storage/upkeep/pins.h"
#include "storage/upkeep/rebuild.h"
#include "storage/upkeep/verify.h"
#include "tests/unit/pack_traffic.h"
#include "tests/unit/packet_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

enum { CALLS = 4, FRAMES = 60, FINDINGS_MAX = 16 };

#define DAY  ((int32_t)(FIXTURE_TIME / FIXTURE_DAY))
#define DATE "2026-11-21"

struct looked {
    struct verify_result result;
    int err;
    unsigned count;
    char findings[FINDINGS_MAX][256];
};

static void found(void *ctx, const struct verify_finding *f)
{
    struct looked *l = ctx;

    assert_true(l->count < FINDINGS_MAX);
    snprintf(l->findings[l->count++], sizeof l->findings[0], "%s %s/%s %lld: %s; %s",
             f->is_fault ? "fault" : "note", f->day, f->file, (long long)f->offset, f->what,
             f->advice);
}

static void no_progress(void *ctx, const struct verify_progress *p)
{
    (void)ctx;
    assert_true(p->done_bytes <= p->total_bytes);
}

static void look(const struct fixture *f, struct looked *l)
{
    const struct verify_options options = { f->dir, found, no_progress, l };

    memset(l, 0, sizeof *l);
    l->err = verify_store(&options, &l->result);
}

static bool was_found(const struct looked *l, const char *text)
{
    for (unsigned i = 0; i < l->count; i++) {
        if (strstr(l->findings[i], text))
            return true;
    }
    return false;
}

static void expect_whole(const struct fixture *f)
{
    struct looked l;

    look(f, &l);
    if (l.err || l.result.faults)
        fail_msg("not whole: %d, %s", l.err, l.findings[0]);
}

/* One fault, and it says so. */
static void expect_fault(const struct fixture *f, const char *text)
{
    struct looked l;

    look(f, &l);
    assert_int_equal(l.err, 0);
    if (l.result.faults != 1 || !was_found(&l, text))
        fail_msg("%llu faults, and not '%s': %s", (unsigned long long)l.result.faults, text,
                 l.findings[0]);
}

static uint64_t call_id_of(unsigned n)
{
    return fixture_id(FIXTURE_TIME + n * FIXTURE_S, n);
}

/* Calls with a row, signalling, and media of which the payload stands apart. */
static void make_store(struct log_fixture *l)
{
    uint8_t entry[CHUNK_FRAME_HEADER_BYTES + TRAFFIC_FRAME_MAX];

    log_fixture_start(l);
    for (unsigned n = 0; n < CALLS; n++) {
        struct random r = { n + 1 };
        struct wire w = { .link = LINK_ETHERNET,
                          .content = WIRE_RTP,
                          .payload_bytes = 160,
                          .ssrc = n,
                          .snaplen = TRAFFIC_FRAME_MAX,
                          .next_ns = FIXTURE_TIME + n * FIXTURE_S,
                          .resolution = 1000 };
        struct call_record call;
        void *keeper = NULL;

        fixture_call(&call, FIXTURE_TIME + n * FIXTURE_S, n, "a-call");
        writer_submit(l->writer, &record_type_call, &call);
        log_fixture_add(l, &keeper, call.id, PACKET_SIP, w.next_ns, n, 400);
        for (int i = 0; i < FRAMES; i++) {
            struct chunk_reader reader = chunk_reader_of(entry, wire_next(&w, &r, entry));
            struct frame frame = { .link_type = 1 };

            chunk_read(&reader);
            frame.time_ns = reader.frame.time_ns;
            frame.data = reader.frame.data;
            frame.captured_bytes = reader.frame.captured_bytes;
            frame.wire_bytes = reader.frame.wire_bytes;
            packet_log_add(l->log, &keeper, call.id, PACKET_MEDIA, &frame);
        }
        packet_log_close_keeper(l->log, &keeper);
    }
    log_fixture_close(l);
}

static void path_of(char path[STORE_PATH_MAX], const struct log_fixture *l, const char *file)
{
    snprintf(path, STORE_PATH_MAX, "%s/" DATE "/%s", l->f.dir, file);
}

static void flip(const struct log_fixture *l, const char *file, off_t at)
{
    char path[STORE_PATH_MAX];
    uint8_t byte;
    int fd;

    path_of(path, l, file);
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static void append(const struct log_fixture *l, const char *file, const void *bytes, size_t n)
{
    char path[STORE_PATH_MAX];
    FILE *to;

    path_of(path, l, file);
    to = fopen(path, "ab");
    assert_non_null(to);
    assert_int_equal(fwrite(bytes, 1, n, to), n);
    fclose(to);
}

static void take_away(const struct log_fixture *l, const char *file)
{
    char path[STORE_PATH_MAX];

    path_of(path, l, file);
    assert_int_equal(unlink(path), 0);
}

static off_t size_of(const struct log_fixture *l, const char *file)
{
    char path[STORE_PATH_MAX];
    struct stat st;

    path_of(path, l, file);
    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void cut(const struct log_fixture *l, const char *file, off_t size)
{
    char path[STORE_PATH_MAX];

    path_of(path, l, file);
    assert_int_equal(truncate(path, size), 0);
}

static void sql(const struct log_fixture *l, const char *text)
{
    char path[STORE_PATH_MAX];
    sqlite3 *db;

    path_of(path, l, DAY_DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", text, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int64_t number(const struct log_fixture *l, const char *text)
{
    char path[STORE_PATH_MAX];
    sqlite3_stmt *s;
    sqlite3 *db;
    int64_t n;

    path_of(path, l, DAY_DB_FILE);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return n;
}

static void a_whole_store_is_counted(void **state)
{
    struct log_fixture l;
    struct looked look_at;

    (void)state;
    make_store(&l);
    look(&l.f, &look_at);
    assert_int_equal(look_at.err, 0);
    assert_int_equal(look_at.result.faults, 0);
    assert_int_equal(look_at.result.notes, 0);
    assert_int_equal(look_at.result.days, 1);
    assert_int_equal(look_at.result.calls, CALLS);
    assert_int_equal(look_at.result.chunks, 3 * CALLS); /* signalling, headers, payloads */
    assert_int_equal(look_at.result.frames, CALLS * (FRAMES + 1));
    assert_int_equal(look_at.result.unreferenced, 0);
    assert_int_equal(look_at.result.silent, 0);
    fixture_remove_dir(&l.f);
}

static void no_store_is_said(void **state)
{
    struct fixture f = { "/nonexistent/store" };
    struct looked l;

    (void)state;
    look(&f, &l);
    assert_int_equal(l.err, -ENOENT);
    fixture_make_dir(&f);
    look(&f, &l);
    assert_true(l.err == 0 || l.err == -ENOENT);
    assert_int_equal(l.result.faults, 0);
    fixture_remove_dir(&f);
}

static void what_is_no_fault(void **state)
{
    struct log_fixture l;
    struct looked look_at;

    (void)state;
    make_store(&l);
    append(&l, "media-000001.seg", "ESCH-torn", 9);
    sql(&l, "DELETE FROM chunks WHERE place = (SELECT max(place) FROM chunks)");
    look(&l.f, &look_at);
    assert_int_equal(look_at.result.faults, 0);
    assert_int_equal(look_at.result.notes, 1);
    assert_true(was_found(&look_at, "torn chunk"));
    assert_int_equal(look_at.result.torn_bytes, 9);
    assert_int_equal(look_at.result.unreferenced, 2); /* its payloads as well */
    take_away(&l, "audio-000001.seg");
    look(&l.f, &look_at);
    assert_int_equal(look_at.result.faults, 0);
    assert_int_equal(look_at.result.silent, CALLS - 1);
    sql(&l,
        "DELETE FROM chunks WHERE place = (SELECT min(place) FROM chunks WHERE place >= 1 << 56)");
    assert_int_equal(segment_forget(l.f.dir, DAY, PACKET_MEDIA, 1, 0), 0);
    look(&l.f, &look_at);
    assert_int_equal(look_at.result.faults, 0);
    assert_int_equal(look_at.result.gravestones, 1);
    fixture_remove_dir(&l.f);
}

static void every_fault_is_named(void **state)
{
    struct log_fixture l;

    (void)state;
    make_store(&l);
    flip(&l, "media-000001.seg", CHUNK_HEADER_BYTES + 40);
    expect_fault(&l.f, "fault " DATE "/media-000001.seg 0: wrong checksum");
    flip(&l, "media-000001.seg", CHUNK_HEADER_BYTES + 40);
    expect_whole(&l.f);

    flip(&l, "sip-000001.seg", 0);
    expect_fault(&l.f, "fault " DATE "/sip-000001.seg 0: not a chunk");
    flip(&l, "sip-000001.seg", 0);

    sql(&l, "UPDATE chunks SET stored_bytes = stored_bytes + 1 WHERE place = 0x100000000");
    expect_fault(&l.f, "points to a chunk that is another");
    sql(&l, "UPDATE chunks SET stored_bytes = stored_bytes - 1 WHERE place = 0x100000000");

    sql(&l, "INSERT INTO chunks VALUES(0x100000005, 1, 1, 1, 100, 1, NULL, NULL, NULL)");
    expect_fault(&l.f, "points to no whole chunk");
    sql(&l, "DELETE FROM chunks WHERE place = 0x100000005");

    sql(&l, "INSERT INTO chunks VALUES(0x700000005, 1, 1, 1, 100, 1, NULL, NULL, NULL)");
    expect_fault(&l.f, "sip-000007.seg -1: rows of the index point to this file");
    sql(&l, "DELETE FROM chunks WHERE place = 0x700000005");

    sql(&l, "UPDATE chunks SET audio_offset = audio_offset + 1 WHERE audio_offset = 0");
    expect_fault(&l.f, "its payloads in audio-000001.seg, byte 1: not a chunk");
    sql(&l, "UPDATE chunks SET audio_offset = audio_offset - 1 WHERE audio_offset = 1");

    sql(&l, "INSERT INTO streams(id, call) VALUES(77, 78)");
    expect_fault(&l.f, "1 streams belong to a call that has no row");
    sql(&l, "DELETE FROM streams WHERE id = 77");

    sql(&l, "INSERT INTO search_blocks VALUES(1, 0x7fffffffffffffff, 1, 1, 1)");
    expect_fault(&l.f, "1 blocks of the search index lack calls");
    sql(&l, "DELETE FROM search_blocks WHERE block = 1");

    assert_int_equal(pins_add(l.f.dir, &(struct pin){ .call = fixture_id(FIXTURE_TIME, 99),
                                                      .time = 1,
                                                      .by = SLICE("a test"),
                                                      .reason = SLICE("none") }),
                     0);
    expect_fault(&l.f, "the call that is pinned has no row; 'earshot store unpin'");
    assert_int_equal(pins_remove(l.f.dir, fixture_id(FIXTURE_TIME, 99)), 0);
    expect_whole(&l.f);

    cut(&l, "media-000001.seg", size_of(&l, "media-000001.seg") - 1);
    expect_fault(&l.f, "media-000001.seg");
    take_away(&l, DAY_DB_FILE);
    cut(&l, "media-000001.seg", 0);
    expect_fault(&l.f, "there are packets and no rows; 'earshot store rebuild-index'");
    append(&l, DAY_DB_FILE, "this is no database, and never was one; it is long enough, though",
           64);
    expect_fault(&l.f, DAY_DB_FILE);
    fixture_remove_dir(&l.f);
}

/* Both payloads and their headers are told of, each where it lies. */
static void damaged_payloads_are_told_twice(void **state)
{
    struct log_fixture l;
    struct looked look_at;

    (void)state;
    make_store(&l);
    flip(&l, "audio-000001.seg", CHUNK_HEADER_BYTES + 1);
    look(&l.f, &look_at);
    assert_int_equal(look_at.result.faults, 2);
    assert_true(was_found(&look_at, "media-000001.seg 0: its payloads in audio-000001.seg, byte 0: "
                                    "wrong checksum"));
    assert_true(was_found(&look_at, "audio-000001.seg 0: wrong checksum"));
    fixture_remove_dir(&l.f);
}

/* Frames of a call while its sound is kept, when it was forgotten, and when the headers are damaged too. */
static void readers_say_what_is_gone(void **state)
{
    struct log_fixture l;

    (void)state;
    make_store(&l);
    for (int round = 0; round < 3; round++) {
        struct call_frames *frames;
        struct frame frame;
        unsigned count = 0, cut_count = 0;

        assert_int_equal(call_frames_open(&frames, l.f.dir, call_id_of(0)), 0);
        while (call_frames_next(frames, &frame) == 1) {
            count++;
            cut_count += frame.captured_bytes < frame.wire_bytes;
        }
        assert_int_equal(count, round < 2 ? FRAMES : 0);
        assert_int_equal(cut_count, round == 1 ? FRAMES : 0);
        assert_int_equal(call_frames_cut(frames), cut_count);
        assert_int_equal(call_frames_damaged(frames), round == 2);
        call_frames_close(frames);
        if (round == 0)
            take_away(&l, "audio-000001.seg");
        else
            flip(&l, "media-000001.seg", CHUNK_HEADER_BYTES + 40);
    }
    fixture_remove_dir(&l.f);
}

static void ignore_progress(void *ctx, const struct rebuild_progress *p)
{
    (void)ctx;
    (void)p;
}

static void rebuild(const struct log_fixture *l, struct rebuild_result *result)
{
    struct rebuild_progress progress = { .total_bytes = rebuild_bytes(l->f.dir, DAY) };

    assert_int_equal(rebuild_day(l->f.dir, DAY, &progress, ignore_progress, NULL, result), 0);
    assert_true(progress.done_bytes <= progress.total_bytes);
}

/* A sum over everything that the table says. */
#define ALL_ROWS                                                                                   \
    "SELECT sum(place % 1000003 + id % 1000003 * 3 + first_time % 1000003 * 5 + last_time % "      \
    "1000003 * "                                                                                   \
    "7 + stored_bytes * 11 + frames * 13 + ifnull(audio_segment * 17 + audio_offset * 19 + "       \
    "audio_bytes * 23, 0)) FROM chunks"

static void the_index_comes_back(void **state)
{
    struct rebuild_result result;
    struct log_fixture l;
    int64_t before;

    (void)state;
    make_store(&l);
    before = number(&l, ALL_ROWS);
    sql(&l, "DELETE FROM chunks WHERE place % 2; UPDATE chunks SET id = id + 1, frames = 3");
    rebuild(&l, &result);
    assert_int_equal(result.chunks, 2 * CALLS);
    assert_int_equal(result.frames, CALLS * (FRAMES + 1));
    assert_int_equal(result.missing_count, 0);
    assert_false(result.was_set_aside);
    assert_true(number(&l, ALL_ROWS) == before);
    rebuild_result_fini(&result);
    expect_whole(&l.f);

    /* Without a database: who has packets and no row is told. */
    take_away(&l, DAY_DB_FILE);
    rebuild(&l, &result);
    assert_true(number(&l, ALL_ROWS) == before);
    assert_int_equal(result.missing_count, CALLS);
    for (unsigned i = 0; i < CALLS; i++)
        assert_true(result.missing[i] == call_id_of(i));
    rebuild_result_fini(&result);
    fixture_remove_dir(&l.f);
}

static void a_damaged_database_is_set_aside(void **state)
{
    struct rebuild_result result;
    struct log_fixture l;

    (void)state;
    make_store(&l);
    for (off_t at = 4096; at < 4096 + 200; at++) /* a page that is not the first */
        flip(&l, DAY_DB_FILE, at);
    rebuild(&l, &result);
    assert_true(result.was_set_aside);
    assert_int_equal(result.chunks, 2 * CALLS);
    assert_int_equal(result.missing_count, CALLS);
    assert_true(size_of(&l, DAY_DB_FILE ".damaged-1") > 4096);
    rebuild_result_fini(&result);
    fixture_remove_dir(&l.f);
}

/* Rubbish between chunks, a damaged one, one that is there twice, a file of another name. */
static void damage_is_passed(void **state)
{
    struct rebuild_result result;
    struct log_fixture l;
    uint8_t chunk[4096], rubbish[3000];
    char from[STORE_PATH_MAX], to[STORE_PATH_MAX];
    off_t size;
    FILE *file;

    (void)state;
    make_store(&l);
    path_of(from, &l, "sip-000001.seg");
    file = fopen(from, "rb");
    assert_non_null(file);
    size = (off_t)fread(chunk, 1, sizeof chunk, file) / CALLS;
    fclose(file);
    memset(rubbish, 'E', sizeof rubbish);
    append(&l, "sip-000001.seg", rubbish, sizeof rubbish);
    append(&l, "sip-000001.seg", chunk, (size_t)size); /* the first one once more */
    flip(&l, "media-000001.seg", CHUNK_HEADER_BYTES + 40);
    path_of(from, &l, "audio-000001.seg");
    path_of(to, &l, "audio-000009.seg");
    assert_int_equal(rename(from, to), 0);
    rebuild(&l, &result);
    assert_int_equal(result.chunks, 2 * CALLS - 1);
    assert_int_equal(result.repeated, 1);
    assert_true(result.damaged_bytes > sizeof rubbish);
    assert_int_equal(result.silent, 0);
    assert_int_equal(number(&l, "SELECT count(*) FROM chunks WHERE audio_segment = 9"), CALLS - 1);
    rebuild_result_fini(&result);
    take_away(&l, "audio-000009.seg");
    rebuild(&l, &result);
    assert_int_equal(result.silent, CALLS - 1);
    assert_int_equal(number(&l, "SELECT count(audio_bytes) FROM chunks"), 0);
    rebuild_result_fini(&result);
    fixture_remove_dir(&l.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_store_is_counted),
        cmocka_unit_test(no_store_is_said),
        cmocka_unit_test(what_is_no_fault),
        cmocka_unit_test(every_fault_is_named),
        cmocka_unit_test(damaged_payloads_are_told_twice),
        cmocka_unit_test(readers_say_what_is_gone),
        cmocka_unit_test(the_index_comes_back),
        cmocka_unit_test(a_damaged_database_is_set_aside),
        cmocka_unit_test(damage_is_passed),
    };

    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
