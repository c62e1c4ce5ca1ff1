/*
 * export_writer - one format of export.h: makes the next bytes of its file.
 *
 * Ownership  open makes *state, close frees it. The request lives until close, its calls too.
 */
#ifndef STORAGE_EXPORT_EXPORT_WRITER_H
#define STORAGE_EXPORT_EXPORT_WRITER_H

#include "storage/export/export.h"
#include "storage/export/frame_merge.h"

struct export_writer {
    int (*open)(void **state, const struct export_request *request);
    /* Appends what comes next, a record or a few. 1; 0 at the end; −errno. */
    int (*fill)(void *state, struct strbuf *out);
    void (*read_counts)(const void *state, struct export_counts *counts);
    void (*close)(void *state);
};

/* What the source of the frames counted. */
static inline void export_writer_take_counts(const struct frame_merge *merge,
                                             struct export_counts *out)
{
    struct frame_merge_counts counts;

    frame_merge_read_counts(merge, &counts);
    out->repeated = counts.repeated;
    out->cut = counts.cut;
    out->late = counts.late;
    out->damaged = counts.damaged;
    out->done_bytes = counts.done_bytes;
    out->total_bytes = counts.total_bytes;
}

extern const struct export_writer export_writer_pcap, export_writer_pcapng, export_writer_csv,
    export_writer_jsonl;

#endif
