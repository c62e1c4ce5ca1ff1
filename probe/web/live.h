/*
 * live - the messages of the live feed on their way to many WebSockets.
 *
 * One ring of whole messages, shared; each client is only a position in it. When the ring is full
 * the oldest message makes room, and who had not read it learns how many he missed. Who is behind is
 * spared the older versions of what is there in a newer one. So a client that never reads costs no
 * memory, and holds nobody up.
 *
 * Ownership  live_init/fini in place. live_read lends the message until the next live_push.
 * Thread     The service thread alone.
 * Source     RFC 6455 §5.2 (frames)
 */
#ifndef PROBE_WEB_LIVE_H
#define PROBE_WEB_LIVE_H

#include "analyzer/base/slice.h"

enum {
    LIVE_BACKLOG_BYTES = 4 << 20, /* shared by all: two seconds at 2,000 a second */
    LIVE_BACKLOG_MESSAGES = 4096,
    LIVE_BEHIND = 64, /* who has that many before him skips what is outdated */
};

struct live_message {
    size_t offset, len;
    bool is_outdated; /* a newer version of the same is there */
    bool
        is_passing; /* a change of a call that goes on: its next change or its end tells all of it */
};

struct live {
    char *bytes;                   /* LIVE_BACKLOG_BYTES of them */
    struct live_message *messages; /* message n is at n % LIVE_BACKLOG_MESSAGES */
    uint64_t *keys;                /* likewise: what it is about; 0: nothing that has versions */
    uint64_t first, next; /* numbers of the oldest one kept, and of the one to come; from 1 */
    size_t head;          /* where the next one's bytes go */
    bool is_thin;         /* too many listen: who is behind is spared what is passing, too */
};

/* What some clients may see of a message; lent until the next one. Absent: it is as it is. */
struct live_view {
    struct slice (*show)(void *ctx, struct slice message); /* NULL: as it is */
    void *ctx;
};

enum live_read { LIVE_READ_NONE, LIVE_READ_MESSAGE, LIVE_READ_DROPPED };

int live_init(struct live *l); /* 0 or −ENOMEM */
void live_fini(struct live *l);

/* key: the same for all versions of one thing; 0: it has none. False when it is larger than half the
 * ring: it is left out. */
bool live_push(struct live *l, struct slice message, uint64_t key);

/* Where a new client begins: behind everything. */
uint64_t live_join(const struct live *l);

/* What the client at *position gets next, which is number *position − 1 then. DROPPED: that many were
 * lost, then go on reading. *skipped grows by the outdated ones that it was spared. */
enum live_read live_read(const struct live *l, uint64_t *position, struct slice *message,
                         uint64_t *dropped, uint64_t *skipped);

/* Whole messages from *position on as frames of WebSocket, each with its number, as many as find room:
 * its bytes. It moves *position and *skipped on as live_read does; 0: there is none, or it must tell of
 * DROPPED first, or the next one is too long for the room. Who stands at the same place gets the same. */
size_t live_read_frames(const struct live *l, uint64_t *position, unsigned char *out, size_t room,
                        uint64_t *skipped, const struct live_view *view);

/* One message as a frame: "{…}" with its number in front; 0: it does not fit. */
size_t live_frame(unsigned char *out, size_t room, uint64_t number, struct slice message);

#endif
