/*
 * legs - which calls are parts of one conversation: what an SBC or another B2BUA made several of.
 *
 * First by what is certain: a name that both carry (Session-ID, ICID, a header of the list), or the
 * same sound on both. Then by score: numbers, order and times. What is unsure stays apart.
 *
 * Ownership  legs_new/free. It keeps a summary of each call for a while after its end.
 * Thread     Analysis thread only.
 * Time       Of the packets.
 * Bounded    max_calls summaries of some 600 bytes with all that finds them, LEGS_KEYS_MAX names a
 *            call; over that the one that closed longest ago goes (counted: legs). Closed calls are
 *            kept for a minute. Under a flood calls are looked at by names and sound alone.
 * Source     RFC 7989 (Session-ID), 7315 §5.6 (icid-value), 7044 (History-Info), 5806 (Diversion)
 */
#ifndef ANALYZER_LEGS_LEGS_H
#define ANALYZER_LEGS_LEGS_H

#include "analyzer/counters.h"
#include "analyzer/datagram.h"
#include "analyzer/plan/plan.h"
#include "analyzer/sink.h"
#include "analyzer/sip/sip_msg.h"

enum { LEGS_KEYS_MAX = 8, LEGS_HEADERS_MAX = 16, LEGS_PRINT_BYTES = 16 };

struct legs;

struct legs_options {
    const struct slice *headers; /* whose value both legs carry; borrowed */
    size_t header_count;
    size_t max_calls;
    uint64_t hash_key[2];
    struct counters *counters;
    record_fn record; /* leg records; again when more is known, without a group when it was wrong */
    void *ctx;
};

int legs_new(struct legs **lp, const struct legs_options *options);
void legs_free(struct legs *l);

/* An INVITE of the call, or its answer: the names and numbers that it carries, and its hosts. */
void legs_message(struct legs *l, uint64_t call, struct slice call_id, const struct sip_msg *msg,
                  const struct datagram *d);

/* What is known of the call now, and its streams. */
void legs_call(struct legs *l, const struct call_record *call, enum record_event event);

/*
 * A packet of sound. Which ones are remembered depends on their content alone, so that both legs
 * choose the same: legs_is_print says so, in some nanoseconds.
 */
static inline uint64_t legs_print(const char *payload, size_t len);
void legs_sound(struct legs *l, uint64_t call, uint64_t stream, uint64_t print, int64_t time_ns);

/* Of its conversation: the id of the first call; 0: it stands alone so far. */
uint64_t legs_group(const struct legs *l, uint64_t call);

void legs_tick(struct legs *l, int64_t now_ns);
/* What is undecided is decided. */
void legs_finish(struct legs *l);

/* 0: not one to remember. */
static inline uint64_t legs_print(const char *payload, size_t len)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t a, b, h;

    if (len < LEGS_PRINT_BYTES)
        return 0;
    memcpy(&a, payload, 8);
    memcpy(&b, payload + 8, 8);
    if (a == b) /* silence has no print */
        return 0;
    h = (a ^ (b + odd)) * odd;
    h ^= h >> 29;
    h *= odd;
    return h >> 58 == 0 ? h | 1 : 0; /* one in 64 */
}

#endif
