/*
 * leg_call - what is remembered of a call to find its other legs.
 *
 * Ownership  leg_call_new/free; the Call-ID stands behind the struct. Keys, pairs and streams are
 *            taken out by whoever put them in.
 * Time       Of the packets, ns. RECORD_NONE: has not happened, or is not known.
 */
#ifndef ANALYZER_LEGS_LEG_CALL_H
#define ANALYZER_LEGS_LEG_CALL_H

#include "analyzer/datagram.h"
#include "analyzer/legs/leg_key.h"
#include "analyzer/legs/leg_number.h"
#include "analyzer/legs/leg_sdp.h"
#include "analyzer/record.h"

enum leg_phase { LEG_OPEN, LEG_SETTLED, LEG_CLOSED };
enum leg_side { LEG_NOBODY, LEG_CALLER, LEG_CALLEE };

struct leg_pair;
struct leg_media;

struct leg_link {
    struct leg_call *next, *previous;
};

struct leg_call {
    uint64_t id;
    uint64_t group; /* id of the conversation's first call; 0: alone */
    struct leg_link looks, closed;
    int64_t look_time; /* when it is to be looked at; RECORD_NONE: not */
    int64_t closed_at; /* when its last word came */
    int64_t start, ring, answer, settled, end;
    struct leg_number from, asserted, to, request, diverted;
    struct leg_sdp offer, answered; /* what the two sides said of their media */
    uint64_t session_from;          /* hashes of UUIDs; 0: not known */
    struct leg_pair *pairs;
    struct leg_media *media;
    struct addr src, dst;
    uint32_t first_key;
    uint16_t final_status; /* 0: none */
    uint16_t call_id_len;
    uint8_t phase;    /* enum leg_phase */
    uint8_t ended_by; /* enum leg_side */
    uint8_t names;    /* keys that are names */
    bool invite_seen;
    char call_id[];
};

/* NULL without memory. */
struct leg_call *leg_call_new(uint64_t id, struct slice call_id, int64_t time_ns);
void leg_call_free(struct leg_call *c);

/* Takes over what the record knows. */
void leg_call_take(struct leg_call *c, const struct siphash_key *key,
                   const struct call_record *record, enum leg_phase phase, int64_t now_ns);

static inline struct slice leg_call_call_id(const struct leg_call *c)
{
    return slice_of(c->call_id, c->call_id_len);
}

static inline bool leg_call_answered(const struct leg_call *c)
{
    return c->answer != RECORD_NONE;
}

#endif
