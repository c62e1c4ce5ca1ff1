/*
 * export_writer - one format of export.h: makes the next bytes of its file.
 *
 * Ownership  open makes *state, close frees it. The request lives until close, its calls too.
 */
#ifndef STORAGE_EXPORT_EXPORT_WRITER_H
#define STORAGE_EXPORT_EXPORT_WRITER_H

#include "storage/export/export.h"

struct export_writer {
    int (*open)(void **state, const struct export_request *request);
    /* Appends what comes next, a record or a few. 1; 0 at the end; −errno. */
    int (*fill)(void *state, struct strbuf *out);
    void (*read_counts)(const void *state, struct export_counts *counts);
    void (*close)(void *state);
};

extern const struct export_writer export_writer_pcap, export_writer_pcapng, export_writer_csv,
    export_writer_jsonl;

#endif
