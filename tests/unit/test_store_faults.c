/* The packet log when things go wrong: torn tails, flipped bits, a full disk, kill -9. */
#include "storage/day_db.h"
#include "storage/packets/segment.h"
#include "tests/unit/packet_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

enum { KNOWN = 3, BYTES = 90 };

static uint64_t the_id(void)
{
    return fixture_id(FIXTURE_TIME, 1);
}

static void segment_path(const struct log_fixture *l, int number, char out[128])
{
    snprintf(out, 128, "%s/2026-11-21/media-%06d.seg", l->f.dir, number);
}

static off_t file_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* Frame n in a chunk of its own, through a log of its own. */
static void store_frame(struct log_fixture *l, uint32_t n)
{
    void *keeper = NULL;

    log_fixture_open(l, true);
    log_fixture_add(l, &keeper, the_id(), PACKET_MEDIA, FIXTURE_TIME + n, n, BYTES);
    packet_log_close_keeper(l->log, &keeper);
    log_fixture_close(l);
}

static void forget_chunks_from(const struct log_fixture *l, off_t offset)
{
    char path[128], sql[128];
    sqlite3 *db;

    snprintf(path, sizeof path, "%s/2026-11-21/calls.sqlite", l->f.dir);
    snprintf(sql, sizeof sql, "DELETE FROM chunks WHERE (place & 0xffffffff) >= %lld",
             (long long)offset);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void expect_frames(const struct log_fixture *l, const uint32_t *numbers, size_t count,
                          uint64_t damaged)
{
    struct pcap_frame frame;
    struct pcap_bytes b;

    assert_int_equal(pcap_bytes_read(&b, l->f.dir, the_id(), 4096), 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(pcap_bytes_next(&b, &frame));
        pcap_frame_expect(&frame, FIXTURE_TIME + numbers[i], numbers[i], BYTES);
    }
    assert_false(pcap_bytes_next(&b, &frame));
    assert_int_equal(b.damaged, damaged);
    free(b.p);
}

static void start_with_chunks(struct log_fixture *l, int count)
{
    fixture_make_dir(&l->f);
    for (int n = 0; n < count; n++)
        store_frame(l, (uint32_t)n);
}

/* Killed within the write: the chunk is torn and the database does not know it. */
static void torn_tail_is_cut_at_every_byte(void **state)
{
    static const uint32_t expect[] = { 0, 1, 2, 4 };
    struct log_fixture l;
    off_t whole, torn;
    char path[128];

    (void)state;
    start_with_chunks(&l, KNOWN);
    segment_path(&l, 1, path);
    whole = file_size(path);
    store_frame(&l, KNOWN);
    torn = file_size(path);
    assert_true(torn > whole + 56);
    for (off_t cut = whole; cut < torn; cut++) {
        assert_int_equal(truncate(path, cut), 0);
        forget_chunks_from(&l, whole);
        store_frame(&l, KNOWN + 1);
        expect_frames(&l, expect, 4, 0);
        assert_int_equal(file_size(path), torn); /* where the torn one began */
        assert_int_equal(truncate(path, whole), 0);
        forget_chunks_from(&l, whole);
        store_frame(&l, KNOWN);
    }
    fixture_remove_dir(&l.f);
}

/* Killed between the write and the commit: the chunk is whole and must be found. */
static void chunks_that_the_database_missed_are_found_again(void **state)
{
    static const uint32_t expect[] = { 0, 1, 2, 3 };
    struct log_fixture l;

    (void)state;
    start_with_chunks(&l, KNOWN);
    forget_chunks_from(&l, 0);
    store_frame(&l, KNOWN);
    expect_frames(&l, expect, 4, 0);
    fixture_remove_dir(&l.f);
}

/* Of whole chunks, as the index of FIXTURE_TIME's day has them, media alone. */
static size_t chunk_offsets(const struct log_fixture *l, uint64_t *offsets, size_t room)
{
    struct chunk_place *places;
    size_t count;
    sqlite3 *db;

    assert_int_equal(day_db_open_read(&db, l->f.dir, record_id_day(the_id())), 0);
    assert_int_equal(chunk_index_find(db, the_id(), PACKET_MEDIA, &places, &count), 0);
    day_db_close(db);
    assert_true(count <= room);
    for (size_t i = 0; i < count; i++)
        offsets[i] = places[i].offset;
    free(places);
    return count;
}

static void expect_zeros(const char *path, uint64_t from, uint64_t to)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fseek(file, (long)from, SEEK_SET), 0);
    for (; from < to; from++)
        assert_int_equal(fgetc(file), 0);
    fclose(file);
}

/* What stood in them is gone, and who walks the segment finds those behind them. */
static void forgotten_chunks_are_stepped_over(void **state)
{
    enum { CHUNKS = 5 };
    static const uint32_t expect[] = { 0, 2, 4, 5 };
    static int (*const forget[])(const char *, int32_t, uint8_t, uint32_t,
                                 uint64_t) = { segment_forget, segment_release };
    int32_t day = record_id_day(the_id());

    (void)state;
    for (size_t i = 0; i < sizeof forget / sizeof forget[0]; i++) {
        uint64_t at[CHUNKS];
        struct log_fixture l;
        char path[128];
        off_t size;

        start_with_chunks(&l, CHUNKS);
        segment_path(&l, 1, path);
        size = file_size(path);
        assert_int_equal(chunk_offsets(&l, at, CHUNKS), CHUNKS);
        assert_int_equal(forget[i](l.f.dir, day, PACKET_MEDIA, 1, at[1]), 0);
        assert_int_equal(forget[i](l.f.dir, day, PACKET_MEDIA, 1, at[3]), 0);
        assert_int_equal(forget[i](l.f.dir, day, PACKET_MEDIA, 1, at[3]), 0); /* gone already */
        assert_int_equal(forget[i](l.f.dir, day, PACKET_MEDIA, 9, 0), 0);
        assert_int_equal(forget[i](l.f.dir, day, PACKET_MEDIA, 1, at[1] + 1), -EUCLEAN);
        assert_int_equal(forget[i](l.f.dir, day, PACKET_SIP, 1, 0), 0);
        assert_int_equal(forget[i](l.f.dir, day, PACKET_MEDIA, 1, (uint64_t)size), -EUCLEAN);
        assert_int_equal(file_size(path), size);
        expect_zeros(path, at[1] + CHUNK_HEADER_BYTES, at[2]);
        expect_zeros(path, at[3] + CHUNK_HEADER_BYTES, at[4]);
        forget_chunks_from(&l, 0);
        store_frame(&l, CHUNKS); /* a recovery, of all that is there */
        expect_frames(&l, expect, 4, 0);
        fixture_remove_dir(&l.f);
    }
}

/* A power cut can lose what the database was told of: nothing is cut, a new file is begun. */
static void file_shorter_than_known_is_left_alone(void **state)
{
    static const uint32_t expect[] = { 0, 1, 3 };
    struct log_fixture l;
    char path[128];
    off_t size;

    (void)state;
    start_with_chunks(&l, KNOWN);
    segment_path(&l, 1, path);
    size = file_size(path);
    assert_int_equal(truncate(path, size - 1), 0);
    store_frame(&l, KNOWN);
    expect_frames(&l, expect, 3, 1);
    assert_int_equal(file_size(path), size - 1);
    segment_path(&l, 2, path);
    assert_true(file_size(path) > 0);
    fixture_remove_dir(&l.f);
}

static void foreign_bytes_at_the_end_are_left_alone(void **state)
{
    static const uint32_t expect[] = { 0, 1, 2, 3 };
    struct log_fixture l;
    char path[128];
    off_t size;

    (void)state;
    start_with_chunks(&l, KNOWN);
    segment_path(&l, 1, path);
    size = file_size(path) + (1 << 20); /* more than one append can have left */
    assert_int_equal(truncate(path, size), 0);
    store_frame(&l, KNOWN);
    expect_frames(&l, expect, 4, 0);
    assert_int_equal(file_size(path), size);
    fixture_remove_dir(&l.f);
}

static void every_flipped_bit_costs_its_chunk_alone(void **state)
{
    static const uint32_t expect[] = { 0, 2 };
    struct log_fixture l;
    off_t sizes[KNOWN];
    char path[128];
    int fd;

    (void)state;
    log_set_level(LOG_LEVEL_ERROR); /* a line a bit */
    fixture_make_dir(&l.f);
    segment_path(&l, 1, path);
    for (uint32_t n = 0; n < KNOWN; n++) {
        store_frame(&l, n);
        sizes[n] = file_size(path);
    }
    fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    for (off_t at = sizes[0]; at < sizes[1]; at++) {
        for (int bit = 0; bit < 8; bit++) {
            uint8_t byte;

            assert_int_equal(pread(fd, &byte, 1, at), 1);
            byte ^= (uint8_t)(1 << bit);
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
            expect_frames(&l, expect, 2, 1);
            byte ^= (uint8_t)(1 << bit);
            assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        }
    }
    close(fd);
    log_set_level(LOG_LEVEL_WARN);
    fixture_remove_dir(&l.f);
}

static void removed_segment_is_counted(void **state)
{
    struct pcap_bytes b;
    struct log_fixture l;
    char path[128];

    (void)state;
    start_with_chunks(&l, KNOWN);
    segment_path(&l, 1, path);
    assert_int_equal(remove(path), 0);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, the_id(), 4096), 0);
    assert_int_equal(b.frames, 0);
    assert_int_equal(b.damaged, KNOWN);
    free(b.p);
    fixture_remove_dir(&l.f);
}

static void set_file_limit(rlim_t bytes)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A limit on the size of files stands in for a full disk: a write is cut short, then fails. */
static void full_disk_drops_and_counts_then_goes_on(void **state)
{
    enum { FRAMES = 3000, SIZE = 1000, LIMIT = 777777 };
    static const struct timespec a_while = { 1, 100000000 };
    struct packet_log_stats full, after;
    struct pcap_frame frame;
    struct log_fixture l;
    struct pcap_bytes b;
    void *keeper = NULL;
    char path[128];
    uint32_t n;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    fixture_make_dir(&l.f);
    log_fixture_open(&l, true);
    set_file_limit(LIMIT);
    for (n = 0; n < FRAMES; n++)
        log_fixture_add(&l, &keeper, the_id(), PACKET_MEDIA, FIXTURE_TIME + n, n, SIZE);
    packet_log_flush(l.log);
    packet_log_read_stats(l.log, &full);
    set_file_limit(RLIM_INFINITY);
    assert_int_equal(full.last_error, -EFBIG);
    assert_int_equal(full.frames_stored + full.frames_dropped, FRAMES);
    assert_int_equal(full.bytes_stored + full.bytes_dropped, FRAMES * SIZE);
    assert_true(full.frames_stored > 300 && full.frames_dropped > 300);
    segment_path(&l, 1, path);
    assert_true(file_size(path) < LIMIT); /* the torn chunk is gone */

    nanosleep(&a_while, NULL);
    log_fixture_add(&l, &keeper, the_id(), PACKET_MEDIA, FIXTURE_TIME + n, n, SIZE);
    packet_log_close_keeper(l.log, &keeper);
    packet_log_flush(l.log);
    packet_log_read_stats(l.log, &after);
    assert_int_equal(after.frames_stored, full.frames_stored + 1);
    log_fixture_close(&l);

    assert_int_equal(pcap_bytes_read(&b, l.f.dir, the_id(), 65536), 0);
    assert_int_equal(b.damaged, 0);
    assert_int_equal(b.frames, after.frames_stored);
    for (uint32_t i = 0; i < full.frames_stored; i++) {
        assert_true(pcap_bytes_next(&b, &frame));
        pcap_frame_expect(&frame, FIXTURE_TIME + i, i, SIZE);
    }
    assert_true(pcap_bytes_next(&b, &frame));
    pcap_frame_expect(&frame, FIXTURE_TIME + n, n, SIZE);
    free(b.p);
    fixture_remove_dir(&l.f);
}

/* What a live run does with a disk that does not keep up: dropped, counted, nothing else. A lock on
 * the database keeps the log's thread from its first chunk for a second. */
static void queue_without_room_drops_and_counts(void **state)
{
    enum { FRAMES = 10000, SIZE = 1400 };
    struct packet_log_options options = { .queued_max_bytes = 1 << 20 };
    struct packet_log_stats stats;
    struct log_fixture l;
    struct pcap_bytes b;
    void *keeper = NULL;
    char path[128];
    sqlite3 *db;

    (void)state;
    start_with_chunks(&l, 1);
    snprintf(path, sizeof path, "%s/2026-11-21/calls.sqlite", l.f.dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE", NULL, NULL, NULL),
        SQLITE_OK);
    l.writer = fixture_writer(&l.f);
    options.store_dir = l.f.dir;
    options.writer = l.writer;
    assert_int_equal(packet_log_start(&l.log, &options), 0);
    for (uint32_t n = 1; n <= FRAMES; n++)
        log_fixture_add(&l, &keeper, the_id(), PACKET_MEDIA, FIXTURE_TIME + n, n, SIZE);
    sqlite3_close(db);
    packet_log_close_keeper(l.log, &keeper);
    packet_log_flush(l.log);
    packet_log_read_stats(l.log, &stats);
    log_fixture_close(&l);
    assert_true(stats.frames_dropped > FRAMES / 2);
    assert_int_equal(stats.frames_stored + stats.frames_dropped, FRAMES);
    assert_int_equal(stats.bytes_stored + stats.bytes_dropped, (uint64_t)FRAMES * SIZE);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, the_id(), 65536), 0);
    assert_int_equal(b.frames, stats.frames_stored + 1);
    assert_int_equal(b.damaged, 0);
    free(b.p);
    fixture_remove_dir(&l.f);
}

struct promise {
    _Atomic uint64_t stored; /* frames that the log said it stored */
};

static void store_until_killed(struct log_fixture *l, uint32_t first, struct promise *promise)
{
    void *keeper = NULL;

    log_fixture_open(l, true);
    for (uint32_t n = first;; n++) {
        struct packet_log_stats stats;

        log_fixture_add(l, &keeper, the_id(), PACKET_MEDIA, FIXTURE_TIME + n, n, BYTES);
        if (n % 16 == 0)
            packet_log_close_keeper(l->log, &keeper);
        packet_log_read_stats(l->log, &stats);
        promise->stored = first + stats.frames_stored;
    }
}

/* After each kill: everything the log called stored is there, in order, and nothing is torn. */
static void kill_loses_nothing_stored(void **state)
{
    enum { ROUNDS = 30 };
    struct promise *promise =
        mmap(NULL, sizeof *promise, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct log_fixture l;
    uint32_t stored = 0;

    (void)state;
    assert_ptr_not_equal(promise, MAP_FAILED);
    log_set_level(LOG_LEVEL_ERROR);
    fixture_make_dir(&l.f);
    for (int round = 0; round < ROUNDS; round++) {
        struct timespec wait = { 0, 1000000 * (10 + (round * 37) % 57) };
        struct pcap_frame frame;
        struct pcap_bytes b;
        void *keeper = NULL;
        pid_t child = fork();

        assert_true(child >= 0);
        if (child == 0)
            store_until_killed(&l, stored, promise);
        nanosleep(&wait, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);

        log_fixture_open(&l, true); /* the next start recovers, with its first packet of that day */
        log_fixture_add(&l, &keeper, fixture_id(FIXTURE_TIME, 2), PACKET_MEDIA, FIXTURE_TIME, 0, 9);
        packet_log_close_keeper(l.log, &keeper);
        log_fixture_close(&l);
        if (pcap_bytes_read(&b, l.f.dir, the_id(), 65536) == -ENOENT) {
            assert_int_equal(promise->stored, 0); /* killed too early */
            continue;
        }
        assert_int_equal(b.damaged, 0);
        assert_true(b.frames >= promise->stored);
        stored = (uint32_t)b.frames;
        for (uint32_t n = 0; n < stored; n++) {
            assert_true(pcap_bytes_next(&b, &frame));
            pcap_frame_expect(&frame, FIXTURE_TIME + n, n, BYTES);
        }
        free(b.p);
        if (stored > 50000) { /* keep the checking short */
            fixture_remove_dir(&l.f);
            fixture_make_dir(&l.f);
            stored = 0;
            promise->stored = 0;
        }
    }
    log_set_level(LOG_LEVEL_WARN);
    munmap(promise, sizeof *promise);
    fixture_remove_dir(&l.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(torn_tail_is_cut_at_every_byte),
        cmocka_unit_test(chunks_that_the_database_missed_are_found_again),
        cmocka_unit_test(forgotten_chunks_are_stepped_over),
        cmocka_unit_test(file_shorter_than_known_is_left_alone),
        cmocka_unit_test(foreign_bytes_at_the_end_are_left_alone),
        cmocka_unit_test(every_flipped_bit_costs_its_chunk_alone),
        cmocka_unit_test(removed_segment_is_counted),
        cmocka_unit_test(full_disk_drops_and_counts_then_goes_on),
        cmocka_unit_test(queue_without_room_drops_and_counts),
        cmocka_unit_test(kill_loses_nothing_stored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
