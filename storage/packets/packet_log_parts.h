/*
 * packet_log_parts - what packet_log.c (threads, the way to the disk) and packet_gather.c (keepers,
 * what is open) share; everybody else includes storage/packets/packet_log.h.
 */
#ifndef STORAGE_PACKETS_PACKET_LOG_PARTS_H
#define STORAGE_PACKETS_PACKET_LOG_PARTS_H

#include "storage/packets/chunk_pool.h"
#include "storage/packets/packet_log.h"

/* Payload is told from its headers when a chunk is stored, not before. */
enum { PACKET_LANES = PACKET_AUDIO };

/* The end of an open chunk, where the next frame goes. */
struct packet_lane {
    struct open_chunk *chunk; /* NULL: none is open */
    uint8_t *at;
    uint32_t left; /* bytes behind `at`; 0 without a chunk */
    uint32_t link_type;
    int64_t first_time, last_time; /* earliest and latest: pieces of a packet come late */
    uint32_t frames;
    uint32_t last_captured; /* bytes of the newest frame: a message must lie in it */
};

/* What a call holds of the log. */
struct packet_keeper {
    uint64_t id;
    struct packet_lane lanes[PACKET_LANES];
    int32_t last_day;  /* of the chunks that were passed on */
    uint8_t keep;      /* enum packet_keep */
    uint8_t passed_on; /* 1 << enum packet_kind: of what chunks are no longer in memory */
    uint8_t least;     /* enum packet_keep: of any packet, under pressure too */
    uint8_t by;        /* whoever told the level knows what it means */
    bool is_settled;
    bool is_marking; /* what is taken in full may have to be cut */
};

struct log_worker;

struct packet_log {
    struct chunk_pool pool;
    struct open_chunk *oldest, *newest;
    int64_t due_ns; /* when the oldest is to be passed on; INT64_MAX: there is none */
    bool wait_when_full, may_tighten;
    uint8_t keep;             /* of new keepers */
    _Atomic uint8_t pressure; /* enum packet_pressure */
    _Atomic uint64_t losses[PACKET_LOSSES];
    _Atomic uint64_t bytes_dropped, payload_pressure, not_kept;

    /* packet_log.c's own. */
    const char *store_dir;
    struct segment_set *segments;
    struct writer *writer;
    struct forgetter *forgetter;
    uint64_t orders; /* given to the forgetter, by way of the workers */
    bool replace_older;
    bool gathers; /* live: nobody waits for a chunk to be stored, so a few may come together */
    unsigned threads;
    struct log_worker *workers;
    _Atomic uint64_t frames_stored, bytes_stored;
    _Atomic int last_error;
    _Atomic bool failing; /* so that a full disk is one line in the log */
};

/* Takes the chunk off the analysis thread's hands: to the disk, or dropped and counted. */
void packet_log_send(struct packet_log *log, struct open_chunk *chunk);

/* A chunk lies in the folder of the day on which it began, never before that of its call, so that
 * whoever looks for it starts there. */
int32_t packet_log_chunk_day(const struct open_chunk *chunk);

/* kinds: 1 << enum packet_kind. */
void packet_log_order(struct packet_log *log, const struct packet_forget *forget, uint8_t kinds);

void packet_log_count(struct packet_log *log, enum packet_loss cause, uint64_t frames,
                      uint64_t bytes);

#endif
