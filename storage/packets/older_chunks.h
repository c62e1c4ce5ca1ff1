/*
 * older_chunks - what a replay has stored anew is forgotten where it lay before, and the room given back.
 *
 * Behind the border lies what this process appended, before it what was there already. Of an id that has
 * chunks behind it, those before it go that begin and end within the time of the new ones: the same capture
 * once more replaces itself, one that overlaps in part takes nothing away that it does not have. (A frame
 * that both have is given out once, see frame_merge.h.)
 *
 * Order   The new chunks are stored and their rows committed; the old rows are deleted; then the chunks
 *         they pointed to are buried, neighbours together. Killed in between, some bytes stay that nobody
 *         points to.
 * Thread  Any but the writer's; waits for it. For the end of a replay: nothing else waits then.
 */
#ifndef STORAGE_PACKETS_OLDER_CHUNKS_H
#define STORAGE_PACKETS_OLDER_CHUNKS_H

#include "storage/writer.h"

struct older_border {
    int32_t day;
    uint32_t segment;
    uint64_t offset;
    uint8_t kind;
};

/* 0, or the first −errno: of that border everything stays. *freed: the bytes given back are added. */
int older_chunks_forget(struct writer *w, const char *store_dir, const struct older_border *borders,
                        size_t count, uint64_t *freed);

#endif
