/*
 * frame_merge - the frames of some calls, each once, in the order of their time.
 *
 * Opens a chunk when its time comes and closes it when it is used up, so what is in memory is what the
 * calls said in about the same two seconds, and 40 bytes for each chunk of all of them. When more is open
 * than the cap allows, the next chunk waits, and what is older than its turn comes late, and is counted.
 *
 * A frame that was filed under several of the calls (two legs over one TCP connection, a segment with
 * messages of both), or stored twice because two captures overlap, comes once: same time, same bytes, same
 * lengths. What the capture itself has twice comes twice.
 *
 * Ownership  frame_merge_open/close; store_dir outlives it. A frame is lent until the next one.
 * Thread     One thread an instance.
 * Errors     As frame_places_find. A chunk that is missing or damaged is left out and counted.
 */
#ifndef STORAGE_EXPORT_FRAME_MERGE_H
#define STORAGE_EXPORT_FRAME_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_MERGE_OPEN_BYTES = 128 << 20 };

struct frame_merge;

struct frame_merge_options {
    const char *store_dir;
    const uint64_t *calls; /* or orphan streams; borrowed for the time of frame_merge_open */
    size_t call_count;
    size_t open_max_bytes; /* of chunks; 0: FRAME_MERGE_OPEN_BYTES */
};

struct merged_frame {
    int64_t time_ns;
    const uint8_t *data;
    uint32_t captured_bytes, wire_bytes;
    uint32_t link_type;
    uint32_t owner; /* index of its call, among those asked for */
    bool is_media;
    bool is_last; /* of its call */
};

/* So far. */
struct frame_merge_counts {
    uint64_t frames;
    uint64_t repeated; /* left out: they came with another call */
    uint64_t cut;      /* media shorter than on the wire: what was said is not there */
    uint64_t late;     /* came after younger ones */
    uint64_t damaged;  /* chunks and days left out */
    uint64_t done_bytes, total_bytes; /* as they are stored */
};

int frame_merge_open(struct frame_merge **mp, const struct frame_merge_options *options);
void frame_merge_close(struct frame_merge *m);

/* 1 with *frame; 0 at the end; −errno. */
int frame_merge_next(struct frame_merge *m, struct merged_frame *frame);

void frame_merge_read_counts(const struct frame_merge *m, struct frame_merge_counts *counts);

/* From the first frame to the last that the index knows of; false when it knows of none. */
bool frame_merge_times(const struct frame_merge *m, int64_t *first, int64_t *last);

#endif
