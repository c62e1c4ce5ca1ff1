#include "storage/upkeep/store_size.h"

#include "analyzer/base/slice.h"
#include "analyzer/record.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 512,  /* of st_blocks, whatever the file system's are */
    LOOKS_AN_HOUR = 60, /* within which every day has its turn */
    ALWAYS_NEWEST = 2,  /* days that are written to */
};

#define DAY_NS INT64_C(86400000000000)

static const struct {
    const char *name;
    uint8_t packets;
} kinds[STORE_KINDS] = {
    [STORE_ROWS] = { "rows", 0 },
    [STORE_SIGNALLING] = { "signalling", PACKET_SIP },
    [STORE_MEDIA] = { "media", PACKET_MEDIA },
    [STORE_AUDIO] = { "audio", PACKET_AUDIO },
};

const char *store_kind_name(enum store_kind kind)
{
    return kinds[kind].name;
}

uint8_t store_kind_packets(enum store_kind kind)
{
    return kinds[kind].packets;
}

void store_size_init(struct store_size *s, const char *store_dir)
{
    *s = (struct store_size){ .store_dir = store_dir };
}

void store_size_fini(struct store_size *s)
{
    free(s->days);
    s->days = NULL;
    s->count = 0;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* --- a day -------------------------------------------------------------------------------------- */

/* The database, its WAL, what was set aside of it as damaged. */
static bool is_of_rows(struct slice name, bool *is_wal)
{
    *is_wal = slice_eq(name, SLICE(DAY_DB_FILE "-wal"));
    return slice_starts_with(name, SLICE(DAY_DB_FILE));
}

static void add_segment(struct store_day *d, uint32_t newest[STORE_KINDS], const char *name,
                        int64_t bytes)
{
    uint32_t number;

    for (int k = STORE_SIGNALLING; k < STORE_KINDS; k++) {
        if (!segment_file_parse(name, kinds[k].packets, &number))
            continue;
        d->bytes[k] += bytes;
        if (number >= newest[k]) {
            newest[k] = number;
            d->newest_bytes[k] = bytes;
        }
        if (d->oldest[k] == 0 || number < d->oldest[k])
            d->oldest[k] = number;
        return;
    }
}

static void read_pins(struct store_day *d, int folder)
{
    struct stat st;
    struct dirent *entry;
    DIR *dir;
    int fd = openat(folder, "pins", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    d->pins = 0;
    d->pins_changed = (struct timespec){ 0, 0 };
    if (fd < 0)
        return;
    if (fstat(fd, &st) == 0)
        d->pins_changed = st.st_mtim;
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return;
    }
    while ((entry = readdir(dir)) != NULL)
        d->pins += entry->d_name[0] != '.';
    closedir(dir);
}

static int read_folder(struct store_day *d, int fd, DIR *dir)
{
    uint32_t newest[STORE_KINDS] = { 0 };
    struct dirent *entry;
    struct stat st;

    d->is_live = false;
    for (;;) {
        bool is_wal;

        errno = 0;
        entry = readdir(dir);
        if (!entry)
            return -errno;
        if (entry->d_name[0] == '.' || fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(st.st_mode))
            continue;
        if (is_of_rows(slice_of_text(entry->d_name), &is_wal)) {
            d->bytes[STORE_ROWS] += (int64_t)st.st_blocks * BLOCK_BYTES;
            d->is_live = d->is_live || is_wal;
        } else {
            add_segment(d, newest, entry->d_name, (int64_t)st.st_blocks * BLOCK_BYTES);
        }
    }
}

int store_size_read_day(const char *store_dir, int32_t day, struct store_day *out)
{
    struct store_day fresh = { .day = day, .is_seen = true };
    char path[STORE_PATH_MAX];
    struct stat folder;
    int err = store_dir_path(path, store_dir, day, NULL);
    DIR *dir;

    if (err)
        return err;
    dir = opendir(path);
    if (!dir)
        return -errno;
    /* Before it is read: what changes meanwhile is seen by the next look. */
    if (fstat(dirfd(dir), &folder) == 0)
        fresh.changed = folder.st_mtim;
    read_pins(&fresh, dirfd(dir));
    err = read_folder(&fresh, dirfd(dir), dir);
    closedir(dir);
    if (err == 0)
        *out = fresh;
    return err;
}

/* What the pins' folder says is not seen in that of the day. */
static bool pins_have_changed(const struct store_size *s, const struct store_day *d)
{
    char path[STORE_PATH_MAX];
    struct stat st;
    struct timespec now = { 0, 0 };

    if (store_dir_path(path, s->store_dir, d->day, "pins") == 0 && stat(path, &st) == 0)
        now = st.st_mtim;
    return !is_same_time(now, d->pins_changed);
}

static int look_at_day(struct store_size *s, size_t i, bool by_turn)
{
    struct store_day *d = &s->days[i];
    char path[STORE_PATH_MAX];
    struct stat st;
    int err = store_dir_path(path, s->store_dir, d->day, NULL);

    if (err == 0 && stat(path, &st) != 0)
        err = -errno;
    if (err)
        return err;
    if (d->is_seen && !d->is_live && !by_turn && i + ALWAYS_NEWEST < s->count &&
        is_same_time(st.st_mtim, d->changed) && !pins_have_changed(s, d))
        return 0;
    s->looked_at++;
    return store_size_read_day(s->store_dir, d->day, d);
}

/* --- the store ---------------------------------------------------------------------------------- */

struct store_day *store_size_find(const struct store_size *s, int32_t day)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->count && s->days[low].day == day ? &s->days[low] : NULL;
}

/* The days there are now, with what is known of them. */
static int list_days(struct store_size *s)
{
    struct store_day *list = NULL;
    int32_t *days;
    size_t count;
    int err = store_dir_days(s->store_dir, &days, &count);

    if (err)
        return err;
    if (count) {
        list = calloc(count, sizeof *list);
        if (!list) {
            free(days);
            return -ENOMEM;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct store_day *known = store_size_find(s, days[i]);

        if (known)
            list[i] = *known;
        list[i].day = days[i];
    }
    free(days);
    free(s->days);
    s->days = list;
    s->count = count;
    return 0;
}

int store_size_look(struct store_size *s)
{
    size_t turns, kept = 0;
    int err = list_days(s);

    if (err)
        return err;
    s->looked_at = 0;
    turns = s->count / LOOKS_AN_HOUR + 1;
    for (size_t i = 0; i < s->count; i++) {
        bool by_turn = (i + s->count - s->turn % (s->count ? s->count : 1)) % s->count < turns;

        err = look_at_day(s, i, by_turn);
        if (err && err != -ENOENT)
            return err;
        if (err == 0) /* else it was removed meanwhile */
            s->days[kept++] = s->days[i];
    }
    s->count = kept;
    s->turn += turns;
    return 0;
}

int64_t store_size_total(const struct store_size *s, enum store_kind kind)
{
    int64_t sum = 0;

    for (size_t i = 0; i < s->count; i++)
        sum += s->days[i].bytes[kind];
    return sum;
}

/* --- how far back ------------------------------------------------------------------------------- */

static int64_t first_row(const struct store_size *s, int32_t day)
{
    int64_t time = RECORD_NONE;
    sqlite3_stmt *q = NULL;
    sqlite3 *db;

    if (day_db_open_read(&db, s->store_dir, day) != 0)
        return time;
    if (day_db_prepare(&q, db, SLICE("SELECT min(id) FROM calls")) == 0 &&
        sqlite3_step(q) == SQLITE_ROW && sqlite3_column_type(q, 0) == SQLITE_INTEGER)
        time = record_id_time_ns((uint64_t)sqlite3_column_int64(q, 0));
    sqlite3_finalize(q);
    day_db_close(db);
    return time;
}

/* Of the oldest segment's first chunk; one that is forgotten tells its time no more. */
static int64_t first_chunk(const struct store_size *s, const struct store_day *d,
                           enum store_kind kind)
{
    int fd = segment_open_read(s->store_dir, d->day, kinds[kind].packets, d->oldest[kind]);
    uint8_t head[CHUNK_HEADER_BYTES];
    int64_t time = RECORD_NONE;
    struct chunk_header h;

    if (fd < 0)
        return time;
    if (segment_file_read(fd, head, sizeof head, 0) == 0 &&
        chunk_parse_header(bytes_of(head, sizeof head), &h) == CHUNK_OK)
        time = h.first_time;
    close(fd);
    return time;
}

int64_t store_size_oldest(const struct store_size *s, enum store_kind kind)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct store_day *d = &s->days[i];
        int64_t begin = d->day * DAY_NS, time;

        if (d->bytes[kind] <= 0)
            continue;
        time = kind == STORE_ROWS ? first_row(s, d->day) : first_chunk(s, d, kind);
        return time >= begin && time < begin + DAY_NS ? time : begin;
    }
    return RECORD_NONE;
}
