/*
 * kept_chunks - the packets of pinned calls, brought to safety before their segments go.
 *
 * They are copied, as they are, into new segments; the rows of the index are the caller's to change
 * afterwards. A copy that nobody points to (the probe died between the two) is room that is lost until
 * the next try, and no error.
 *
 * Ownership  kept_ids_read/kept_ids_fini, kept_list_read/kept_list_fini.
 * Thread     One.
 * Errors     −errno.
 */
#ifndef STORAGE_UPKEEP_KEPT_CHUNKS_H
#define STORAGE_UPKEEP_KEPT_CHUNKS_H

#include "storage/upkeep/store_size.h"

struct sqlite3;

/* Under which the packets of pinned calls lie that may be in a day: of the calls, and of their streams.
 * In order. */
struct kept_ids {
    uint64_t *ids;
    size_t count, room;
};

int kept_ids_read(struct kept_ids *kept, const char *store_dir, int32_t day);
void kept_ids_fini(struct kept_ids *kept);

/* Where a piece of a pinned call lies, and where its copy lies. */
struct kept_chunk {
    int64_t place; /* the row's, chunk_place */
    uint32_t segment;
    uint64_t offset; /* of the piece: of the chunk itself, or of its audio */
    uint32_t bytes;
    uint32_t to_segment; /* 0: it could not be read, and has no copy */
    uint64_t to_offset;
};

struct kept_list {
    struct kept_chunk *list; /* by place */
    size_t count, room;
    int64_t bytes;
};

/* The pieces of that kind that lie in segments up to `last`. */
int kept_list_read(struct kept_list *l, const struct kept_ids *kept, struct sqlite3 *db,
                   enum store_kind kind, uint32_t last);
void kept_list_fini(struct kept_list *l);

/* Copies them into segments of `to_dir` behind `last`, which are on the disk when it returns 0. */
int kept_list_copy(struct kept_list *l, const char *from_dir, const char *to_dir, int32_t day,
                   enum store_kind kind, uint32_t last);

#endif
