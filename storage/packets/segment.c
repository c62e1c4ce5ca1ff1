#include "storage/packets/segment.h"

#include "analyzer/base/log.h"
#include "storage/day_db.h"
#include "storage/packets/chunk_loader.h"
#include "storage/packets/packet_log.h"
#include "storage/packets/segment_file.h"
#include "storage/store_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    OPEN_MAX_FILES = 6, /* two days, three kinds */
    RETRY_AFTER_MS = 1000,
    LOOK_AGAIN_MS = 300, /* is the file still where it was? */
    LEFT_MAX = 16,
};

/* Where the next chunk of a day and kind goes. Remembered for every day that was written to, so
 * that days which alternate are recovered once each. */
struct segment_end {
    int32_t day;
    uint8_t kind;
    int fd; /* −1: not open now */
    uint32_t number;
    uint64_t end;
    uint32_t border_number; /* where this process began to append */
    uint64_t border;
    uint64_t used;   /* the set's turn of the last append */
    uint64_t synced; /* of this file: what stands before it is on the disk */
    int64_t looked_ms;
};

/* A file that is full, or makes room for another: to be synced once more, then closed. */
struct segment_left {
    int32_t day;
    uint8_t kind;
    uint32_t number;
    int fd;
};

struct segment_set {
    pthread_mutex_t lock;
    const char *store_dir;
    segment_found_fn found;
    void *found_ctx;
    struct segment_end *ends;
    size_t count, room;
    uint64_t turn;
    int64_t retry_at_ms; /* monotonic */
    int last_error;
    struct segment_left left[LEFT_MAX];
    size_t left_count;
    segment_removed_fn removed;
    void *removed_ctx;
    _Atomic uint64_t syncs_failed, removals; /* read by who may not wait for the lock */
    uint8_t *scan;                           /* CHUNK_STORED_MAX bytes, for recovery */
};

static int64_t monotonic_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The payloads of the chunk that was scanned, if they are there: they were appended before it. */
static void find_audio(struct segment_set *set, const struct chunk_header *h, size_t len,
                       struct chunk_row *row)
{
    struct chunk_loader loader;
    struct media_audio audio;

    media_chunk_audio(bytes_of(set->scan, len), h, &audio);
    if (audio.stored_bytes == 0)
        return;
    chunk_loader_init(&loader, set->store_dir);
    if (chunk_loader_check_audio(&loader, row->day, &audio) == CHUNK_OK) {
        row->audio_segment = audio.segment;
        row->audio_offset = audio.offset;
        row->audio_bytes = audio.stored_bytes;
    }
    chunk_loader_fini(&loader);
}

/* Tells of the whole chunks from `at` on; returns where the first that is not whole begins. */
static uint64_t scan_segment(struct segment_set *set, const struct segment_end *e, uint64_t at,
                             uint64_t size)
{
    struct chunk_header h;

    while (at < size && size - at >= CHUNK_HEADER_BYTES) {
        struct chunk_row row = { .segment = e->number, .offset = at, .day = e->day };
        size_t len = CHUNK_HEADER_BYTES;

        enum chunk_parse header;

        if (segment_file_read(e->fd, set->scan, len, at) != 0)
            break;
        header = chunk_parse_header(bytes_of(set->scan, len), &h);
        if (header != CHUNK_OK && header != CHUNK_FORGOTTEN)
            break;
        len += h.payload_bytes;
        if (header == CHUNK_FORGOTTEN && size - at >= len) {
            at += len;
            continue;
        }
        if (header != CHUNK_OK || size - at < len ||
            segment_file_read(e->fd, set->scan, len, at) != 0 ||
            chunk_check(bytes_of(set->scan, len), &h) != CHUNK_OK || h.kind != e->kind)
            break;
        row.id = h.id;
        row.first_time = h.first_time;
        row.last_time = h.last_time;
        row.stored_bytes = (uint32_t)len;
        row.frames = h.frames;
        row.kind = h.kind;
        find_audio(set, &h, len, &row);
        set->found(set->found_ctx, &row);
        at += len;
    }
    return at;
}

static int open_segment(struct segment_set *set, struct segment_end *e, int flags)
{
    char path[STORE_PATH_MAX];
    int err = segment_file_path(path, set->store_dir, e->day, e->kind, e->number);

    if (err)
        return err;
    e->fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
    return e->fd < 0 ? -errno : 0;
}

static void close_segment(struct segment_end *e)
{
    if (e->fd >= 0)
        close(e->fd);
    e->fd = -1;
}

/* Closed, once it is on the disk: the next sync sees to that, unless too many wait for it. */
static void leave_segment(struct segment_set *set, struct segment_end *e)
{
    if (e->fd >= 0 && e->synced < e->end && set->left_count < LEFT_MAX) {
        set->left[set->left_count++] = (struct segment_left){ e->day, e->kind, e->number, e->fd };
        e->fd = -1;
    } else if (e->fd >= 0 && e->synced < e->end && fdatasync(e->fd) != 0) {
        set->syncs_failed++;
    }
    close_segment(e);
}

/* Begins the file behind e->number. */
static int open_next(struct segment_set *set, struct segment_end *e)
{
    int err;

    leave_segment(set, e);
    do {
        if (e->number >= CHUNK_SEGMENT_MAX)
            return -EFBIG;
        e->number++;
        err = open_segment(set, e, O_CREAT | O_EXCL);
    } while (err == -EEXIST);
    e->end = e->synced = 0;
    return err;
}

/*
 * The newest segment, found on the disk: what lies behind the last chunk that the database knows is
 * told again. A tail that one append can have left torn is cut off; anything worse (a hole after a
 * power cut, a damaged disk) is left as it is for a person to look at, and a new file begun.
 */
static int recover_segment(struct segment_set *set, struct segment_end *e, uint64_t known_end)
{
    struct stat st;
    uint64_t size, whole;
    char day[16] = "";

    if (fstat(e->fd, &st) != 0)
        return -errno;
    size = (uint64_t)st.st_size;
    whole = known_end <= size ? scan_segment(set, e, known_end, size) : 0;
    e->end = whole;
    if (whole == size)
        return 0;
    store_dir_day_name(e->day, day);
    if (known_end > size || size - whole > CHUNK_STORED_MAX) {
        log_warn("store: %s/%s-%06u.seg is damaged from byte %llu on: it is left as it is", day,
                 segment_kind_name(e->kind), (unsigned)e->number, (unsigned long long)whole);
        e->end = SEGMENT_MAX_BYTES;
        return 0;
    }
    log_warn("store: %s/%s-%06u.seg ended in a torn chunk: %llu bytes cut off", day,
             segment_kind_name(e->kind), (unsigned)e->number, (unsigned long long)(size - whole));
    return ftruncate(e->fd, (off_t)whole) == 0 ? 0 : -errno;
}

static void last_known(struct segment_set *set, const struct segment_end *e, uint32_t *segment,
                       uint64_t *end)
{
    sqlite3 *db;

    *segment = 0;
    *end = 0;
    /* Without an answer everything is told again, which is slow and harmless. */
    if (day_db_open_read(&db, set->store_dir, e->day) != 0)
        return;
    chunk_index_last(db, e->kind, segment, end);
    day_db_close(db);
}

/* Finds the end of what a day and kind holds. */
static int find_end(struct segment_set *set, struct segment_end *e)
{
    uint32_t newest, known;
    uint64_t known_end;
    int err = store_dir_make_day(set->store_dir, e->day);

    if (err == 0)
        err = segment_file_newest(set->store_dir, e->day, e->kind, &newest);
    if (err)
        return err;
    last_known(set, e, &known, &known_end);
    if (newest == 0 || newest < known) { /* there was none yet, or the files are gone */
        e->number = known;
        return open_next(set, e);
    }
    for (e->number = known ? known : 1; e->number < newest; e->number++, known_end = 0) {
        struct stat st;

        if (open_segment(set, e, 0) != 0)
            continue;
        if (fstat(e->fd, &st) == 0)
            scan_segment(set, e, known_end, (uint64_t)st.st_size);
        close_segment(e);
    }
    err = open_segment(set, e, 0);
    if (err == 0)
        err = recover_segment(set, e, known_end);
    return err;
}

static void close_oldest(struct segment_set *set)
{
    struct segment_end *oldest = NULL;
    size_t open = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct segment_end *e = &set->ends[i];

        if (e->fd < 0)
            continue;
        open++;
        if (!oldest || e->used < oldest->used)
            oldest = e;
    }
    if (open >= OPEN_MAX_FILES)
        leave_segment(set, oldest);
}

static struct segment_end *find(struct segment_set *set, int32_t day, uint8_t kind)
{
    /* The newest days are the ones in use. */
    for (size_t i = set->count; i-- > 0;) {
        if (set->ends[i].day == day && set->ends[i].kind == kind)
            return &set->ends[i];
    }
    return NULL;
}

static int add_end(struct segment_set *set, int32_t day, uint8_t kind)
{
    struct segment_end e = { .day = day, .kind = kind, .fd = -1 };
    int err;

    if (set->count == set->room) {
        size_t room = set->room ? set->room * 2 : 8;
        struct segment_end *grown = realloc(set->ends, room * sizeof *grown);

        if (!grown)
            return -ENOMEM;
        set->ends = grown;
        set->room = room;
    }
    err = find_end(set, &e);
    if (err) {
        close_segment(&e);
        return err;
    }
    e.border_number = e.number;
    e.border = e.synced = e.end;
    set->ends[set->count++] = e;
    return 0;
}

/* Somebody removed its folder: what is appended goes to a file without a name. Another is begun, and
 * what the index knows of the one that is gone has to go as well. */
static int begin_anew_if_removed(struct segment_set *set, struct segment_end *e)
{
    char path[STORE_PATH_MAX], day[16] = "";
    struct stat st, ours;
    int64_t now = monotonic_ms();
    int err;

    if (now - e->looked_ms < LOOK_AGAIN_MS)
        return 0;
    e->looked_ms = now;
    if (segment_file_path(path, set->store_dir, e->day, e->kind, e->number) != 0 ||
        fstat(e->fd, &ours) != 0)
        return 0;
    if (stat(path, &st) == 0 ? st.st_dev == ours.st_dev && st.st_ino == ours.st_ino
                             : errno != ENOENT)
        return 0;
    store_dir_day_name(e->day, day);
    log_error(
        "store: %s/%s-%06u.seg was removed while this probe wrote to it: another is begun; its "
        "packets are gone; to forget a day, let retention do it (retention.*)",
        day, segment_kind_name(e->kind), (unsigned)e->number);
    set->removals++;
    close_segment(e);
    err = store_dir_make_day(set->store_dir, e->day);
    if (err == 0)
        err = open_next(set, e);
    if (err == 0 && set->removed)
        set->removed(set->removed_ctx, e->day, e->kind, e->number, 0);
    return err;
}

/* The open file that takes the next `bytes` of a day and kind. */
static int ready(struct segment_set *set, int32_t day, uint8_t kind, size_t bytes,
                 struct segment_end **ep)
{
    struct segment_end *e = find(set, day, kind);
    int err = 0;

    if (!e || e->fd < 0)
        close_oldest(set);
    if (!e) {
        err = add_end(set, day, kind);
        if (err)
            return err;
        e = find(set, day, kind);
    } else if (e->fd < 0) {
        err = open_segment(set, e, 0);
        if (err == -ENOENT) /* its day was removed, or it never came to be */
            err = store_dir_make_day(set->store_dir, day) ? err : open_next(set, e);
    } else {
        err = begin_anew_if_removed(set, e);
    }
    if (err == 0 && e->end && e->end + bytes > SEGMENT_MAX_BYTES)
        err = open_next(set, e);
    e->used = ++set->turn;
    *ep = e;
    return err;
}

static int append(struct segment_set *set, int32_t day, uint8_t kind, const uint8_t *chunk,
                  size_t bytes, uint32_t *segment, uint64_t *offset)
{
    struct segment_end *e;
    int err = ready(set, day, kind, bytes, &e);

    if (err)
        return err;
    err = segment_file_write(e->fd, chunk, bytes, e->end);
    if (err) {
        /* Should this fail as well, the next append writes over the torn chunk, and a recovery
         * cuts it off. */
        if (ftruncate(e->fd, (off_t)e->end) != 0)
            log_debug("store: cannot cut a torn chunk off: %s", strerror(errno));
        return err;
    }
    *segment = e->number;
    *offset = e->end;
    e->end += bytes;
    return 0;
}

int segment_set_append(struct segment_set *set, int32_t day, uint8_t kind, const uint8_t *chunk,
                       size_t bytes, uint32_t *segment, uint64_t *offset)
{
    int err;

    pthread_mutex_lock(&set->lock);
    err = set->last_error;
    if (err == 0 || monotonic_ms() >= set->retry_at_ms) {
        err = append(set, day, kind, chunk, bytes, segment, offset);
        if (err)
            set->retry_at_ms = monotonic_ms() + RETRY_AFTER_MS;
        set->last_error = err;
    }
    pthread_mutex_unlock(&set->lock);
    return err;
}

/* --- the disk ------------------------------------------------------------------------------- */

enum { SYNCS_MAX = LEFT_MAX + OPEN_MAX_FILES };

/* A file to be synced: a descriptor of its own, so that nobody waits for the disk. */
struct segment_sync {
    int32_t day;
    uint8_t kind;
    uint32_t number;
    uint64_t end; /* 0: one that was left, all of it */
    int fd;
    bool is_new;
    int err;
};

static bool take_sync(struct segment_sync *sync, const struct segment_end *e)
{
    if (e->fd < 0 || e->synced >= e->end)
        return false;
    *sync =
        (struct segment_sync){ e->day, e->kind, e->number, e->end, dup(e->fd), e->synced == 0, 0 };
    return sync->fd >= 0;
}

/* Those that were left first, payload before the headers that point to it: see note_ends. */
static size_t take_syncs(struct segment_set *set, struct segment_sync *syncs)
{
    size_t n = 0;

    for (size_t i = 0; i < set->left_count; i++)
        syncs[n++] = (struct segment_sync){
            set->left[i].day, set->left[i].kind, set->left[i].number, 0, set->left[i].fd, true, 0
        };
    set->left_count = 0;
    for (size_t i = 0; i < set->count && n < SYNCS_MAX; i++) {
        if (take_sync(&syncs[n], &set->ends[i]))
            n++;
    }
    return n;
}

/* The kernel has told once that bytes are lost; it would say nothing the next time. So the file is
 * given up: nothing more goes into it, and what it holds is not called safe. */
static void give_up(struct segment_set *set, const struct segment_sync *sync)
{
    struct segment_end *e = find(set, sync->day, sync->kind);
    char day[16] = "";

    store_dir_day_name(sync->day, day);
    log_error(
        "store: the disk did not take %s/%s-%06u.seg: %s; another is begun, packets in this one "
        "may be lost: look at the disk, then run 'earshot store check'",
        day, segment_kind_name(sync->kind), (unsigned)sync->number, strerror(-sync->err));
    set->syncs_failed++;
    if (e && e->number == sync->number && e->fd >= 0) {
        e->end = e->synced = SEGMENT_MAX_BYTES; /* not once more */
    }
}

/* All or none: a chunk of headers is safe when its payload is. */
static void note_ends(struct segment_set *set, const struct segment_sync *syncs, size_t n,
                      segment_synced_fn synced, void *ctx)
{
    bool failed = false;

    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < n; i++) {
        failed = failed || syncs[i].err;
        if (syncs[i].err)
            give_up(set, &syncs[i]);
    }
    for (size_t i = 0; i < n && !failed; i++) {
        struct segment_end *e = find(set, syncs[i].day, syncs[i].kind);

        if (syncs[i].end && e && e->number == syncs[i].number)
            e->synced = syncs[i].end;
    }
    pthread_mutex_unlock(&set->lock);
    for (size_t i = 0; i < n && !failed && synced; i++) {
        if (syncs[i].end)
            synced(ctx, syncs[i].day, syncs[i].kind, syncs[i].number, syncs[i].end);
    }
}

/* Those of new files: once a folder, for all of them that lie in it. */
static void sync_names(struct segment_set *set, struct segment_sync *syncs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!syncs[i].is_new || syncs[i].err)
            continue;
        syncs[i].err = store_dir_sync_day(set->store_dir, syncs[i].day);
        for (size_t k = i + 1; k < n && !syncs[i].err; k++)
            syncs[k].is_new = syncs[k].is_new && syncs[k].day != syncs[i].day;
    }
}

int segment_set_sync(struct segment_set *set, segment_synced_fn synced, void *ctx)
{
    struct segment_sync syncs[SYNCS_MAX];
    int result = 0;
    size_t n;

    pthread_mutex_lock(&set->lock);
    n = take_syncs(set, syncs);
    pthread_mutex_unlock(&set->lock);
    for (size_t i = 0; i < n; i++) {
        if (fdatasync(syncs[i].fd) != 0)
            syncs[i].err = -errno;
        close(syncs[i].fd);
    }
    sync_names(set, syncs, n);
    for (size_t i = 0; i < n; i++) {
        if (syncs[i].err == -ENOENT) /* removed since */
            syncs[i].err = 0;
        if (syncs[i].err)
            result = syncs[i].err;
    }
    note_ends(set, syncs, n, synced, ctx);
    return result;
}

void segment_set_read_losses(struct segment_set *set, struct segment_losses *losses)
{
    losses->syncs_failed = set->syncs_failed;
    losses->removed = set->removals;
}

int segment_set_open(struct segment_set **sp, const char *store_dir, segment_found_fn found,
                     void *ctx)
{
    struct segment_set *set = calloc(1, sizeof *set);
    int err = -ENOMEM;

    if (!set)
        return err;
    set->scan = malloc(CHUNK_STORED_MAX);
    if (!set->scan)
        goto free_set;
    err = -pthread_mutex_init(&set->lock, NULL);
    if (err)
        goto free_scan;
    set->store_dir = store_dir;
    set->found = found;
    set->found_ctx = ctx;
    *sp = set;
    return 0;

free_scan:
    free(set->scan);
free_set:
    free(set);
    return err;
}

void segment_set_on_removed(struct segment_set *set, segment_removed_fn removed, void *ctx)
{
    set->removed = removed;
    set->removed_ctx = ctx;
}

void segment_set_close(struct segment_set *set)
{
    if (!set)
        return;
    segment_set_sync(set, NULL, NULL);
    for (size_t i = 0; i < set->count; i++)
        close_segment(&set->ends[i]);
    pthread_mutex_destroy(&set->lock);
    free(set->ends);
    free(set->scan);
    free(set);
}

void segment_set_seal(struct segment_set *set, int32_t day)
{
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < set->count; i++) {
        struct segment_end *e = &set->ends[i];

        if (e->day != day)
            continue;
        leave_segment(set, e);
        e->end = e->synced = SEGMENT_MAX_BYTES;
    }
    pthread_mutex_unlock(&set->lock);
}

void segment_set_borders(struct segment_set *set, segment_border_fn border, void *ctx)
{
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < set->count; i++) {
        const struct segment_end *e = &set->ends[i];

        if (e->border_number > 1 || e->border > 0)
            border(ctx, e->day, e->kind, e->border_number, e->border);
    }
    pthread_mutex_unlock(&set->lock);
}

int segment_open_read(const char *store_dir, int32_t day, uint8_t kind, uint32_t segment)
{
    char path[STORE_PATH_MAX];
    int fd, err = segment_file_path(path, store_dir, day, kind, segment);

    if (err)
        return err;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

enum chunk_parse segment_read(int fd, const struct chunk_place *place, uint8_t *stored,
                              uint8_t *raw, struct chunk_header *h)
{
    enum chunk_parse result;

    if (place->stored_bytes > CHUNK_STORED_MAX ||
        segment_file_read(fd, stored, place->stored_bytes, place->offset) != 0)
        return CHUNK_SHORT;
    result = chunk_decode(bytes_of(stored, place->stored_bytes), h, raw);
    if (result == CHUNK_OK && h->payload_bytes + CHUNK_HEADER_BYTES != place->stored_bytes)
        result = CHUNK_BAD_FIELD;
    return result;
}
