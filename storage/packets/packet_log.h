/*
 * packet_log - the packets of every call, written once, in order.
 *
 * Each call gathers its frames in a chunk; a chunk that is full, old (2 s of packet time) or
 * finished goes through a bounded queue to a thread that compresses it with LZ4 on its own and
 * appends it to the day's current segment, behind a header that describes itself. SIP and media go
 * to different segments, so media can be dropped first. Where each chunk lies is told to the
 * writer. No name from the wire on the disk.
 *
 * Ownership  packet_log_start/stop. What a keeper points to belongs to the log, from the first add
 *            until packet_log_close_keeper.
 * Thread     add, note_message, add_text, tick, close_keeper, wait_when_full and flush from the analysis
 *            thread alone.
 * Errors     What could not be kept (queue full, disk full) is counted in frames and bytes, never
 *            waits in a live run, and harms nothing that is already stored: a torn chunk is cut off.
 */
#ifndef STORAGE_PACKETS_PACKET_LOG_H
#define STORAGE_PACKETS_PACKET_LOG_H

#include "analyzer/base/addr.h"
#include "analyzer/frame.h"
#include "storage/writer.h"

/* What segments hold. PACKET_AUDIO: payload of RTP that stands apart from its headers, which lie in a
 * chunk of PACKET_MEDIA, so that it can be forgotten first. Nobody adds frames of that kind. */
enum packet_kind { PACKET_SIP, PACKET_MEDIA, PACKET_AUDIO, PACKET_KINDS };

/* What of a call's packets is kept, most first. */
enum packet_keep {
    PACKET_KEEP_FULL,
    PACKET_KEEP_HEADERS, /* of media what packet_log_add is told is no content */
    PACKET_KEEP_SIGNALLING,
    PACKET_KEEP_NOTHING,
};

/* How much of the media is taken in, whatever its calls' levels say: all of it, its headers, none. */
enum packet_pressure {
    PACKET_PRESSURE_NONE,
    PACKET_PRESSURE_HEADERS,
    PACKET_PRESSURE_METRICS,
};

struct packet_log;

struct packet_log_options {
    const char *store_dir; /* outlives the log */
    struct writer *writer; /* told of every chunk; outlives the log */
    bool wait_when_full;   /* replay: the disk sets the pace; else what it cannot take is dropped */
    bool replace_older;    /* replay: what an earlier process stored of the same ids is forgotten in
                         * the end, unless something was dropped */
    unsigned threads;      /* that compress; 0: one */
    size_t queued_max_bytes; /* on the way to the disk; 0: 8 MiB in a replay, 64 MiB live */
};

struct packet_log_stats {
    uint64_t frames_stored, frames_dropped, bytes_stored, bytes_dropped;
    int last_error; /* negative errno of the newest failure, 0: none */
};

int packet_log_start(struct packet_log **lp, const struct packet_log_options *options);
/* Passes everything on, ends the threads. Every keeper must have been closed. */
void packet_log_stop(struct packet_log *log);

/* Another answer to a full queue than that of the options, from now on. */
void packet_log_wait_when_full(struct packet_log *log, bool wait);

/* The disk cannot take everything: media is cut to its headers, or left out, from now on, and counted
 * by name. Signalling is always kept. From any thread. */
void packet_log_set_pressure(struct packet_log *log, enum packet_pressure pressure);

/* Keeps a copy of the frame for `id`. One memcpy; a frame of more than 256 KiB is dropped. */
void packet_log_add(struct packet_log *log, void **keeper, uint64_t id, enum packet_kind kind,
                    const struct frame *frame);

/* Says that the SIP frame just added carries a whole message at data[offset .. offset+bytes); a
 * frame can carry several. What does not lie in that frame is ignored. */
void packet_log_note_message(struct packet_log *log, void **keeper, const struct addr *src,
                             const struct addr *dst, uint32_t offset, uint32_t bytes);

/* A SIP message that does not lie in one frame: several carried it. */
struct packet_text {
    int64_t time_ns;
    struct addr src, dst;
    struct slice text; /* what is longer than 68 KiB is cut */
};

/* Keeps a copy of the message itself, beside the frames that carried it. */
void packet_log_add_text(struct packet_log *log, void **keeper, uint64_t id,
                         const struct packet_text *message);

/* Chunks older than 2 s of packet time are passed on. Cheap; call it with every tick. */
void packet_log_tick(struct packet_log *log, int64_t now_ns);

/* The call has ended: its chunks are passed on, *keeper becomes NULL. */
void packet_log_close_keeper(struct packet_log *log, void **keeper);

/* Passes on what is open and waits until it is stored or counted as dropped, so that the figures
 * below are the last word. */
void packet_log_flush(struct packet_log *log);

void packet_log_read_stats(struct packet_log *log, struct packet_log_stats *stats);

#endif
