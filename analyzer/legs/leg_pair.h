/*
 * leg_pair - two calls that sound alike, or are joined: legs of one conversation.
 *
 * Ownership  leg_pair_get makes one, leg_pair_free takes it out of both calls.
 * Bounded    LEG_PAIRS_MAX a call, LEG_SOUNDS_MAX a pair. Where a call has no room for another, the
 *            one that says least goes, never one that is joined.
 */
#ifndef ANALYZER_LEGS_LEG_PAIR_H
#define ANALYZER_LEGS_LEG_PAIR_H

#include "analyzer/legs/leg_call.h"

enum { LEG_PAIRS_MAX = 12, LEG_SOUNDS_MAX = 4, LEG_SAMPLES = 8 };

/* One stream of each call, and when the same sound passed on both. */
struct leg_sound {
    struct leg_sound *next;
    uint64_t stream[2];            /* of calls[0], calls[1] */
    int64_t first_time;            /* of the first equal sound, on the stream of calls[1] */
    int64_t last_time[2];          /* of the latest */
    uint32_t print[LEG_SAMPLES];   /* a ring: which sound, */
    int32_t apart_us[LEG_SAMPLES]; /* how much later calls[1] had it, */
    uint16_t alone;                /* bits: samples that no third call carried */
    uint16_t matched;              /* in all */
    uint16_t exclusive;            /* of those, that no third call carried */
    uint16_t disorder;             /* one leg had them in another order */
    uint8_t next_sample;
};

struct leg_pair {
    struct leg_call *calls[2]; /* [0] has the older id */
    struct leg_pair *next[2];  /* in the lists of both */
    struct leg_sound *sounds;
    uint64_t told_group;
    double score;
    bool joined, certain;
    bool told_final; /* with all that will be known */
};

/* NULL: they have none. */
struct leg_pair *leg_pair_find(const struct leg_call *x, const struct leg_call *y);

/* Found or made; NULL: no room, or no memory. */
struct leg_pair *leg_pair_get(struct leg_call *x, struct leg_call *y);

void leg_pair_free(struct leg_pair *p);

/* Which of the two the call is. */
static inline int leg_pair_side(const struct leg_pair *p, const struct leg_call *c)
{
    return p->calls[1] == c;
}

static inline struct leg_call *leg_pair_other(const struct leg_pair *p, const struct leg_call *c)
{
    return p->calls[p->calls[0] == c];
}

static inline struct leg_pair *leg_pair_next(const struct leg_pair *p, const struct leg_call *c)
{
    return p->next[leg_pair_side(p, c)];
}

/* The same sound on both. times: on the stream of calls[0], calls[1]. exclusive: on no third. */
void leg_pair_heard(struct leg_pair *p, const uint64_t stream[2], const int64_t times[2],
                    uint64_t print, bool exclusive);

/* A third call has that sound too. */
void leg_pair_withdraw(struct leg_pair *p, uint64_t print);

/* How many equal sounds that no third call carries it has. */
unsigned leg_pair_exclusive(const struct leg_pair *p);

/* The median of apart_us; RECORD_NONE without samples. *steady: how many lie close to it and are no
 * other call's. */
int64_t leg_sound_apart_us(const struct leg_sound *s, unsigned *steady);

#endif
