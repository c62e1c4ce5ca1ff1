/*
 * packet_log - the packets of every call, written once, in order.
 *
 * Each call gathers its frames in a chunk; a chunk that is full, old (2 s of packet time) or
 * finished goes to a thread that compresses it on its own and appends it to the day's current
 * segment, behind a header that describes itself. SIP and media go to different segments, so media
 * can be dropped first. Where each chunk lies is told to the writer. No name from the wire on the disk.
 *
 * How much of a call is kept is its level, which may become known, or change, after its first
 * packets: what still lies in memory is then cut or dropped before anybody saw it, and what does not
 * is forgotten.
 *
 * Ownership  packet_log_start/stop. What a keeper points to belongs to the log, from the first add
 *            until packet_log_close_keeper.
 * Thread     set_pressure and read_stats from any thread, everything else from the analysis thread
 *            alone. Per packet: no allocation, no lock, one copy.
 * Errors     What could not be kept is counted by cause, never waits in a live run, and harms
 *            nothing that is already stored: a torn chunk is cut off.
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
    PACKET_KEEP_HEADERS, /* of media what packet_log_add_media is told is no content */
    PACKET_KEEP_SIGNALLING,
    PACKET_KEEP_NOTHING,
};

/* full headers signalling nothing */
const char *packet_keep_text(enum packet_keep keep);

/* How much of the media is taken in, whatever its calls' levels say: all of it, its headers, none. */
enum packet_pressure {
    PACKET_PRESSURE_NONE,
    PACKET_PRESSURE_HEADERS,
    PACKET_PRESSURE_METRICS,
};

/* Why packets of a call that should be in the store are not. */
enum packet_loss {
    PACKET_LOSS_QUEUE_FULL, /* the disk is slower than the packets */
    PACKET_LOSS_DISK_FULL,
    PACKET_LOSS_IO_ERROR,
    PACKET_LOSS_MEMORY,         /* the cap on what is open is reached */
    PACKET_LOSS_TOO_LARGE,      /* a frame of more than 256 KiB */
    PACKET_LOSS_MEDIA_PRESSURE, /* media, left out under PACKET_PRESSURE_METRICS */
    PACKET_LOSSES,
};

/* As the records name it: "packets_queue_full". */
const char *packet_loss_text(enum packet_loss loss);

struct packet_log;

struct packet_log_options {
    const char *store_dir; /* outlives the log */
    struct writer *writer; /* told of every chunk; outlives the log */
    bool wait_when_full;   /* replay: the disk sets the pace; else what it cannot take is dropped */
    bool replace_older;    /* replay: what an earlier process stored of the same ids is forgotten in
                         * the end, unless something was dropped */
    unsigned threads;      /* that compress; 0: one */
    size_t memory_max_bytes; /* of all that is open or on its way to the disk; 0: 512 MiB */
    size_t queued_max_bytes; /* on its way; 0: 8 MiB in a replay, a quarter of the memory live */
    enum packet_keep keep;   /* of whom packet_log_keep has not been told */
    bool may_tighten;        /* it may yet be told a stricter level */
};

struct packet_log_stats {
    uint64_t frames_stored, frames_dropped, bytes_stored, bytes_dropped;
    uint64_t losses[PACKET_LOSSES]; /* frames_dropped by cause */
    uint64_t payload_pressure; /* frames of those stored that were cut by PACKET_PRESSURE_HEADERS */
    uint64_t not_kept;         /* frames that their call's level leaves out */
    uint64_t forgotten; /* frames of those stored that went again by packet_log_forget or _keep */
    size_t memory_bytes, memory_bytes_most;    /* open or on its way: now, and at most */
    size_t queued_bytes;                       /* on its way, of memory_bytes */
    size_t memory_max_bytes, queued_max_bytes; /* what they may be */
    uint64_t syncs_failed;     /* segments that were given up, because the disk did not take them */
    uint64_t segments_removed; /* by somebody, while they were written to */
    int last_error;            /* negative errno of the newest failure, 0: none */
};

int packet_log_start(struct packet_log **lp, const struct packet_log_options *options);
/* Passes everything on, ends the threads. Every keeper must have been closed. */
void packet_log_stop(struct packet_log *log);

/* Another answer to a full queue than that of the options, from now on. */
void packet_log_wait_when_full(struct packet_log *log, bool wait);

/* The disk cannot take everything: media is cut to its headers, or left out, from now on, and counted
 * by name. Signalling is always kept. From any thread. */
void packet_log_set_pressure(struct packet_log *log, enum packet_pressure pressure);

/* How much of a call is kept. */
struct packet_level {
    enum packet_keep keep;
    bool settled; /* it will not be stricter */
    uint8_t by;   /* the caller's own */
    /* The log's: */
    enum packet_keep least; /* of any of its packets, under pressure too */
    bool media_passed_on;   /* some of its media is no longer in memory */
};

/* The level of `id` from now on, and of what was added before. */
void packet_log_keep(struct packet_log *log, void **keeper, uint64_t id,
                     const struct packet_level *level);

/* What the log knows of it; NULL keeper: what is true of a new one. */
void packet_log_read_level(const struct packet_log *log, const void *keeper,
                           struct packet_level *level);

/* Keeps a copy of the whole frame for `id`, if its level keeps that kind at all. One memcpy; a frame of
 * more than 256 KiB is dropped. */
void packet_log_add(struct packet_log *log, void **keeper, uint64_t id, enum packet_kind kind,
                    const struct frame *frame);

/* The same for media of which only the first plain_bytes of the frame are no content. 0: all is, so at
 * PACKET_KEEP_HEADERS it is left out. */
void packet_log_add_media(struct packet_log *log, void **keeper, uint64_t id,
                          const struct frame *frame, uint32_t plain_bytes);

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

/* Chunks older than 2 s of packet time are passed on: with the packets, a few each, and by this, in a
 * live run for at most half a millisecond. Call it with every tick, and when nothing else is to do. */
void packet_log_tick(struct packet_log *log, int64_t now_ns);

/* The call has ended: its chunks are passed on, *keeper becomes NULL. */
void packet_log_close_keeper(struct packet_log *log, void **keeper);

/* The same; its open media is dropped. */
void packet_log_close_without_media(struct packet_log *log, void **keeper);

/* What was stored of the media of an id. */
struct packet_forget {
    uint64_t id;
    int32_t last_day;    /* of its packets, days since 1970; the first is that of the id */
    uint64_t unless_pin; /* it stays if that call is pinned; 0: in any case */
    bool is_secret;      /* it must not have been stored: overwritten, not only given back */
    const char *kept,
        *kept_by; /* what the row of the call `id` says from then on; NULL: the same. Static */
};

/* Deletes the rows of its chunks, then gives their bytes back; some time later, on a thread of its own.
 * Without memory it stays, which is counted as last_error. */
void packet_log_forget(struct packet_log *log, const struct packet_forget *forget);

/* Passes on what is open and waits until it is stored or counted as dropped, and what is to be
 * forgotten is: the figures below are the last word. */
void packet_log_flush(struct packet_log *log);

/* What is stored of that day from now on begins new segments: those there are may be removed. From any
 * thread. */
void packet_log_seal_day(struct packet_log *log, int32_t day);

/* Gives the disk what is stored, see segment_set_sync; from a thread that may wait. */
int packet_log_sync(struct packet_log *log,
                    void (*synced)(void *ctx, int32_t day, uint8_t kind, uint32_t segment,
                                   uint64_t end),
                    void *ctx);

/* How full the way to the disk is. From any thread. */
unsigned packet_log_queue_percent(struct packet_log *log);

void packet_log_read_stats(struct packet_log *log, struct packet_log_stats *stats);

#endif
