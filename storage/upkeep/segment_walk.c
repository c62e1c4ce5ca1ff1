#include "storage/upkeep/segment_walk.h"

#include "storage/packets/segment.h"
#include "storage/packets/segment_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEEK_BYTES = 1 << 16, MAGIC_BYTES = 3 };

int segment_walk_open(struct segment_walk *w, const char *store_dir, int32_t day, uint8_t kind,
                      uint32_t segment)
{
    struct stat st;

    *w = (struct segment_walk){ .kind = kind };
    w->fd = segment_open_read(store_dir, day, kind, segment);
    if (w->fd < 0)
        return w->fd;
    w->stored = malloc(CHUNK_STORED_MAX);
    w->seek = malloc(SEEK_BYTES);
    if (!w->stored || !w->seek || fstat(w->fd, &st) != 0) {
        int err = w->stored && w->seek ? -errno : -ENOMEM;

        segment_walk_close(w);
        return err;
    }
    w->size = (uint64_t)st.st_size;
    return 0;
}

void segment_walk_close(struct segment_walk *w)
{
    if (w->fd >= 0)
        close(w->fd);
    free(w->stored);
    free(w->seek);
    w->fd = -1;
    w->stored = w->seek = NULL;
}

/* The chunk or gravestone at `at`, whole. */
static enum chunk_parse read_at(struct segment_walk *w, uint64_t at)
{
    enum chunk_parse result;

    w->bytes = CHUNK_HEADER_BYTES;
    if (w->size - at < w->bytes || segment_file_read(w->fd, w->stored, w->bytes, at) != 0)
        return CHUNK_SHORT;
    result = chunk_parse_header(bytes_of(w->stored, w->bytes), &w->header);
    if (result != CHUNK_OK && result != CHUNK_FORGOTTEN)
        return result;
    w->bytes += w->header.payload_bytes;
    if (w->size - at < w->bytes)
        return CHUNK_SHORT;
    if (result == CHUNK_FORGOTTEN)
        return result;
    if (segment_file_read(w->fd, w->stored, w->bytes, at) != 0)
        return CHUNK_SHORT;
    result = chunk_check(bytes_of(w->stored, w->bytes), &w->header);
    return result == CHUNK_OK && w->header.kind != w->kind ? CHUNK_BAD_FIELD : result;
}

/* From `at` on, the first place where "ESC" stands; the size when there is none. */
static uint64_t find_magic(struct segment_walk *w, uint64_t at)
{
    while (w->size - at > MAGIC_BYTES) {
        size_t n = w->size - at < SEEK_BYTES ? (size_t)(w->size - at) : SEEK_BYTES;

        if (segment_file_read(w->fd, w->seek, n, at) != 0)
            break;
        for (size_t i = 0; i + MAGIC_BYTES <= n; i++) {
            if (memcmp(w->seek + i, "ESC", MAGIC_BYTES) == 0)
                return at + i;
        }
        at += n - (MAGIC_BYTES - 1);
    }
    return w->size;
}

int segment_walk_next(struct segment_walk *w)
{
    uint64_t at = w->at;

    while (at < w->size) {
        enum chunk_parse result = read_at(w, at);

        if (result != CHUNK_OK && result != CHUNK_FORGOTTEN) {
            at = find_magic(w, at + 1);
            continue;
        }
        w->damaged_bytes += at - w->at;
        w->offset = at;
        w->at = at += w->bytes;
        if (result == CHUNK_OK)
            return 1;
    }
    w->damaged_bytes += w->size - w->at;
    w->at = w->size;
    return 0;
}
