/*
 * bench_retention - how long it takes to forget, and to see what there is.
 *
 *     bench_retention DIR [CALLS [DAYS [SEGMENTS]]]
 *
 * Makes a day of CALLS calls with streams, of 600 bytes each and with the packets' index, and removes
 * it; the same with ten calls pinned. Then DAYS days of SEGMENTS segments, and looks at them. DIR must
 * not hold a store; what was made is removed.
 */
#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment_file.h"
#include "storage/upkeep/day_removal.h"
#include "storage/upkeep/packet_removal.h"
#include "storage/upkeep/pins.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 20778, PINS = 10, SEGMENT_BYTES = 256 << 20 };

/* The id of call `i` of a day: 2 ms apart. */
#define FIRST_ID "(20778 * 86400000000 << 11)"

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what, int err)
{
    fprintf(stderr, "bench_retention: %s: %s\n", what, strerror(-err));
    exit(1);
}

static void run(sqlite3 *db, const char *sql)
{
    char *error = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK) {
        fprintf(stderr, "bench_retention: %s\n", error);
        exit(1);
    }
}

static uint64_t pinned_call(int i)
{
    return ((uint64_t)DAY * UINT64_C(86400000000) + (uint64_t)i * UINT64_C(2000000)) << 11;
}

static void make_segments(const char *dir, int32_t day, uint8_t kind, uint32_t count, off_t bytes)
{
    char path[STORE_PATH_MAX];

    for (uint32_t n = 1; n <= count; n++) {
        int fd;

        segment_file_path(path, dir, day, kind, n);
        fd = open(path, O_WRONLY | O_CREAT, 0600);
        if (fd < 0 || posix_fallocate(fd, 0, bytes) != 0)
            die(path, -errno);
        close(fd);
    }
}

static void make_day(const char *dir, long calls)
{
    char sql[2048];
    sqlite3 *db;
    int err = day_db_open_write(&db, dir, DAY);

    if (err)
        die(dir, err);
    run(db,
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; BEGIN");
    snprintf(sql, sizeof sql,
             "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %ld) "
             "INSERT INTO calls(id,call_id,call_id_hash,from_user,to_user,from_uri,to_uri,src,dst,"
             "user_agent,state,codecs,history,closed_time) "
             "SELECT " FIRST_ID " + (i * 2000 << 11), hex(randomblob(16)) || '@198.51.100.7', "
             "random(), '+49' || i, '+44' || i, 'sip:+49' || i || '@example.net', "
             "'sip:+44' || i || '@example.net', '198.51.100.7:5060', '203.0.113.9:5060', "
             "'softswitch 4.2', 'completed', 'PCMA', hex(zeroblob(100)), 1 FROM n",
             calls);
    run(db, sql);
    run(db, "INSERT INTO streams(id,call,src,dst) SELECT id + 1, id, '198.51.100.7:30000', "
            "'203.0.113.9:30000' FROM calls");
    run(db, "INSERT INTO streams(id,call,src,dst) SELECT id + 2, id, '203.0.113.9:30000', "
            "'198.51.100.7:30000' FROM calls");
    run(db,
        "INSERT INTO chunks(place,id,first_time,last_time,stored_bytes,frames,audio_segment,"
        "audio_offset,audio_bytes) SELECT (1 << 56) + (1 << 32) + row_number() OVER () * 2000, id, "
        "1, 2, 1900, 3, 1, 0, 100 FROM calls");
    run(db, "COMMIT");
    day_db_close(db);
    make_segments(dir, DAY, PACKET_MEDIA, 4, SEGMENT_BYTES);
    make_segments(dir, DAY, PACKET_AUDIO, 4, SEGMENT_BYTES);
}

static void remove_day(const struct day_removal *r, const char *what)
{
    struct day_removed gone;
    double begun = now_s();
    int err = day_removal_day(r, DAY, &gone);

    if (err)
        die(what, err);
    printf("%-48s %8.3f s  (%lld MiB of rows, %lld MiB of packets)\n", what, now_s() - begun,
           (long long)(gone.bytes[STORE_ROWS] >> 20), (long long)(gone.bytes[STORE_MEDIA] >> 20));
    fflush(stdout);
}

static void forget_kind(const struct day_removal *r, enum store_kind kind)
{
    struct day_removed gone;
    double begun = now_s();
    int err = packet_removal_run(r, DAY, kind, INT64_MAX, false, &gone);

    if (err)
        die(store_kind_name(kind), err);
    printf("%-48s %8.3f s\n",
           kind == STORE_AUDIO ? "audio of such a day, rows kept"
                               : "media of such a day, rows kept",
           now_s() - begun);
    fflush(stdout);
}

static void look(const char *dir, int days, uint32_t segments)
{
    struct store_size size;
    double begun;

    for (int d = 0; d < days; d++) {
        if (store_dir_make_day(dir, DAY + d) != 0)
            die(dir, -EIO);
        make_segments(dir, DAY + d, PACKET_MEDIA, segments, 1);
    }
    store_size_init(&size, dir);
    for (int i = 0; i < 3; i++) {
        begun = now_s();
        store_size_look(&size);
        printf("%s look at %d days of %u segments: %16.3f s  (%llu folders read)\n",
               i == 0   ? "first"
               : i == 1 ? "next "
                        : "third",
               days, segments, now_s() - begun, (unsigned long long)size.looked_at);
    }
    store_size_fini(&size);
}

int main(int argc, char **argv)
{
    struct day_removal removal = { .store_dir = argv[1] };
    long calls = argc > 2 ? strtol(argv[2], NULL, 10) : 1000000;
    int days = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 400;
    uint32_t segments = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1000;
    int fd, err;

    if (argc < 2) {
        fputs("usage: bench_retention DIR [CALLS [DAYS [SEGMENTS]]]\n", stderr);
        return 2;
    }
    err = store_dir_open(removal.store_dir, &fd);
    if (err)
        return 1;
    make_day(removal.store_dir, calls);
    remove_day(&removal, "a day of that many calls");
    make_day(removal.store_dir, calls);
    for (int i = 0; i < PINS; i++)
        pins_add(removal.store_dir, &(struct pin){ pinned_call(i), 0, SLICE("bench"), SLICE("") });
    remove_day(&removal, "the same, ten of them pinned");
    for (int i = 0; i < PINS; i++)
        pins_remove(removal.store_dir, pinned_call(i));
    remove_day(&removal, "what was left of it");
    make_day(removal.store_dir, calls);
    forget_kind(&removal, STORE_AUDIO);
    forget_kind(&removal, STORE_MEDIA);
    remove_day(&removal, "and then the day");
    look(removal.store_dir, days, segments);
    close(fd);
    return 0;
}
