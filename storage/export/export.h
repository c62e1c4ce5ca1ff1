/*
 * export - what is given out of a store as a file: packets of calls, or the calls themselves, in the formats that
 * others open.
 *
 * A stream: whoever wants the file pulls its bytes, and what is in memory does not grow with it.
 *
 *   pcap      nanoseconds (magic a1b23c4d), one link type: that of the first frame; frames of another one
 *             are left out and counted
 *   pcapng    an interface for each link type, comments of the file, of the calls and of packets
 *             (packet_notes.h), names of trunks for their addresses
 *   .lz4      either of them in one LZ4 frame, as Wireshark opens it
 *   csv       calls, a line each, safe to be opened by a spreadsheet
 *   jsonl     calls, a JSON object a line
 *
 * Which calls: a list, or whatever a filter means. An orphan stream can stand in the list of calls.
 *
 * Ownership  export_open/close; store_dir outlives it. The filter is taken over by an export_open that says 0.
 * Thread     One thread an export.
 * Errors     −ENOENT: no such call, or of packets: none of them is kept; −E2BIG: more calls than calls_max, or over
 *            four million stored chunks;
 *            −EPROTO: the store was made by a newer version; −ENOTSUP: a sort that is none; −errno. What is
 *            damaged is left out and counted.
 */
#ifndef STORAGE_EXPORT_EXPORT_H
#define STORAGE_EXPORT_EXPORT_H

#include "analyzer/filter/filter.h"
#include "storage/query.h"

enum export_format {
    EXPORT_PCAP,
    EXPORT_PCAPNG,
    EXPORT_PCAP_LZ4,
    EXPORT_PCAPNG_LZ4,
    EXPORT_CSV,
    EXPORT_JSONL,
    EXPORT_FORMATS,
};

struct export_format_info {
    const char *name; /* in requests, and the end of a file's name */
    const char *content_type;
    bool has_packets;
};

extern const struct export_format_info export_formats[EXPORT_FORMATS];

/* False when it is none. */
bool export_format_find(struct slice name, enum export_format *format);
/* By the end of a file's name. */
bool export_format_of_path(struct slice path, enum export_format *format);

enum { EXPORT_NAME_MAX = 64, EXPORT_PACKET_CALLS_MAX = 1000000 /* of packets, in one file */ };

/* A name for the file that sorts by time and holds nothing from the wire: 20261121T101500Z_ID.pcapng of a
 * call, its time; 20261121T101500Z_12-calls.pcapng of several, that time; without the number when it is not
 * known, 0. */
void export_name_call(char out[EXPORT_NAME_MAX], uint64_t id, const char *ending);
void export_name_calls(char out[EXPORT_NAME_MAX], int64_t time_ns, uint64_t calls,
                       const char *ending);

struct privacy;

struct export_request {
    const char *store_dir;
    enum export_format format;
    const uint64_t *calls; /* borrowed for the time of export_open; NULL: by the filter */
    size_t call_count;
    struct filter *filter;           /* NULL: all calls */
    const struct filter_field *sort; /* of csv and jsonl; NULL: by time */
    bool ascending;
    size_t limit;       /* calls of a filter; 0: all */
    size_t calls_max;   /* of packets; 0: EXPORT_PACKET_CALLS_MAX */
    struct slice asked; /* the filter as it was written, for the comment of the file */
    const struct privacy
        *view; /* of csv and jsonl: how calls are masked; copied; NULL: they are not */
};

/* So far. */
struct export_counts {
    uint64_t calls; /* of packets: all of them; else those written */
    uint64_t frames;
    uint64_t left_out;                /* frames of another link type than the file's */
    uint64_t repeated;                /* frames that another call had, too: written once */
    uint64_t cut;                     /* media frames without their sound, which is not kept */
    uint64_t late;                    /* frames that stand behind younger ones */
    uint64_t damaged;                 /* chunks and days left out */
    uint64_t done_bytes, total_bytes; /* as they are stored; 0: not known */
};

struct export;

int export_open(struct export **xp, const struct export_request *request);
void export_close(struct export *x);

/* The next bytes of the file, at most `room` (any size: a record may be split between two reads);
 * 0 at the end, −errno on failure. */
int64_t export_read(struct export *x, uint8_t *out, size_t room);

void export_read_counts(const struct export *x, struct export_counts *counts);

/* The calls of the conversation that the call is a leg of, itself first: at most QUERY_LEG_CALLS_MAX. */
int export_find_legs(struct query *q, uint64_t call, uint64_t calls[QUERY_LEG_CALLS_MAX],
                     size_t *count);

#endif
