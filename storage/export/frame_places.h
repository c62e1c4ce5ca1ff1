/*
 * frame_places - where the chunks of some calls lie, in the order of their first frames.
 *
 * Asked of the index of each day once for all of the calls, 40 bytes a chunk: ten gigabytes of
 * packets are some 300,000 of them.
 *
 * Ownership  frame_places_find/free.
 * Errors     −E2BIG past FRAME_PLACES_MAX; −EPROTO: the store was made by a newer version; −ENOENT: there is
 *            no store; −errno. A day whose database cannot be read is left out and counted.
 */
#ifndef STORAGE_EXPORT_FRAME_PLACES_H
#define STORAGE_EXPORT_FRAME_PLACES_H

#include "storage/packets/chunk_index.h"

enum { FRAME_PLACES_MAX = 4 << 20 };

struct frame_place {
    int64_t place; /* of its day: kind, segment, offset, as in chunk_index.h */
    int64_t first_time;
    int64_t audio; /* the same of its payload that stands apart */
    uint32_t stored_bytes, audio_bytes;
    uint32_t owner; /* index of the call, among those asked for */
    int32_t day;
};

struct frame_places {
    struct frame_place *list;
    size_t count, room;
    uint64_t stored_bytes; /* of all of them */
    int64_t last_time;     /* of the last frame that the index knows of */
    uint64_t damaged;      /* days */
};

/* Those of each call or orphan stream (told twice, it counts once), and of a call's streams, which gather packets under ids of their
 * own as long as nobody knows whose they are. */
int frame_places_find(struct frame_places *places, const char *store_dir, const uint64_t *calls,
                      size_t count);
void frame_places_free(struct frame_places *places);

#endif
