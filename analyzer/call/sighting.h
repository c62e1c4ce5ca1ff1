/*
 * sighting - has this message of a call been seen before: here, or at another point of its path?
 *
 * A mirror may show one message twice: as it enters a proxy, and as it leaves it. Both carry the same
 * Call-ID, tags, CSeq, method and status; the top Via and the addresses differ. That is one event
 * with two sightings. What comes again at the same point is a retransmission (RFC 3261 §17: the
 * transaction is told by branch, CSeq and method).
 *
 * Ownership  `struct sightings` lies in its call; what it grows by lies in the call's arena.
 * Bounded    SIGHTINGS_MAX messages, the oldest goes; grows only while those that it holds are so
 *            young (SIGHTINGS_KEPT_S) that they may still come again.
 * Thread     Analysis thread only.
 */
#ifndef ANALYZER_CALL_SIGHTING_H
#define ANALYZER_CALL_SIGHTING_H

#include "analyzer/base/arena.h"
#include "analyzer/datagram.h"
#include "analyzer/sip/sip_msg.h"

enum {
    SIGHTINGS_FIRST = 10, /* an ordinary call takes seven */
    SIGHTINGS_MAX = 80,
    SIGHTINGS_KEPT_S = 64,      /* 2·64·T1: whoever repeats has given up by then */
    SIGHTINGS_ELSEWHERE_S = 32, /* between two points of one path */
};

enum sighting {
    SIGHTING_NEW,
    SIGHTING_AGAIN,    /* at the same point: a retransmission */
    SIGHTING_ELSEWHERE /* at a point of the path where it was not seen yet */
};

/* Fingerprints, not a table's hashes: whoever makes two alike only hides his own messages. */
struct sighting_mark {
    uint64_t event; /* what it says, wherever it is seen */
    uint32_t via;   /* the transaction here: the top Via's branch */
    uint32_t ends;  /* from where to where, and in which network */
};

struct sighting_entry {
    uint32_t event[2];
    uint32_t via, ends;
    uint32_t time_s; /* of the packets, since 1970 */
};

struct sightings {
    struct sighting_entry *more; /* in the arena; NULL: `first` serves */
    uint8_t room, used, next;    /* next: the oldest, once all room is used */
    struct sighting_entry first[SIGHTINGS_FIRST];
};

struct sighting_mark sighting_mark_of(const struct sip_msg *msg, const struct datagram *d);

/* An INVITE that opens a call. */
bool sighting_opens(const struct sip_msg *msg);

/* Pure. opens: see above; such a one may come twice from one host to another, by two ways. */
enum sighting sighting_look(const struct sightings *s, const struct sighting_mark *mark, bool opens,
                            int64_t time_ns);

/* Was that event seen with that Via? */
bool sighting_has(const struct sightings *s, uint64_t event, uint32_t via);

void sighting_keep(struct sightings *s, struct arena *arena, const struct sighting_mark *mark,
                   int64_t time_ns);

#endif
