#include "analyzer/legs/legs.h"

#include "analyzer/legs/leg_book.h"
#include "analyzer/legs/leg_match.h"
#include "analyzer/legs/leg_media.h"
#include "analyzer/legs/leg_pair.h"
#include "analyzer/record_id.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)
/* What one leg does the other does within a second. */
#define WAIT_NS (2 * NS_PER_S)
#define KEPT_NS (60 * NS_PER_S)

enum {
    LOOKS_BY_SCORE = 2000, /* a tick: in a flood the rest is looked at by names alone */
    PRINTS_PROMISING = 6,
};

struct legs {
    struct leg_book book;
    unsigned looks_left;
};

int legs_new(struct legs **lp, const struct legs_options *options)
{
    struct legs *l = calloc(1, sizeof *l);
    int err;

    if (!l)
        return -ENOMEM;
    l->looks_left = LOOKS_BY_SCORE;
    err = leg_book_init(&l->book, options);
    if (err) {
        free(l);
        return err;
    }
    *lp = l;
    return 0;
}

void legs_free(struct legs *l)
{
    if (l)
        leg_book_fini(&l->book);
    free(l);
}

static void count_refused_keys(struct leg_book *b)
{
    b->options.counters->refusals[REFUSAL_LEGS] += b->refused_keys;
    b->refused_keys = 0;
}

void legs_message(struct legs *l, uint64_t call, struct slice call_id, const struct sip_msg *msg,
                  const struct datagram *d)
{
    struct leg_book *b = &l->book;
    struct leg_call *c = leg_book_get(b, call, call_id, d->time_ns);

    b->now_ns = d->time_ns;
    if (!c)
        return;
    if (msg->is_request && !c->invite_seen) {
        c->src = d->src;
        c->dst = d->dst;
        c->start = d->time_ns;
    }
    leg_names_take(&b->names, c, msg);
    count_refused_keys(b);
}

static void look(struct legs *l, struct leg_call *c)
{
    leg_match_look(&l->book, c, l->looks_left > 0);
    if (l->looks_left)
        l->looks_left--;
}

static bool sounds_like_another(const struct leg_call *c)
{
    for (const struct leg_pair *p = c->pairs; p; p = leg_pair_next(p, c)) {
        if (!p->joined && leg_pair_exclusive(p) >= PRINTS_PROMISING)
            return true;
    }
    return false;
}

static void close_call(struct legs *l, struct leg_call *c, bool was_closed)
{
    struct leg_book *b = &l->book;

    if (was_closed)
        return;
    leg_book_close(b, c);
    /* Its record goes out now, so what is certain shall stand in it; to weigh scores all that may
     * be its legs must have closed. */
    if (!c->group)
        leg_match_look(b, c, false);
    leg_book_look_later(b, c, b->now_ns + WAIT_NS);
}

void legs_call(struct legs *l, const struct call_record *record, enum record_event event)
{
    static const uint8_t phases[] = { [RECORD_OPENED] = LEG_OPEN,
                                      [RECORD_CHANGED] = LEG_OPEN,
                                      [RECORD_SETTLED] = LEG_SETTLED,
                                      [RECORD_CLOSED] = LEG_CLOSED };
    struct leg_book *b = &l->book;
    struct leg_call *c =
        leg_book_get(b, record->id, record->call_id, record_id_time_ns(record->id));
    uint8_t before;

    if (!c)
        return;
    before = c->phase;
    leg_call_take(c, &b->key, record, (enum leg_phase)phases[event], b->now_ns);
    leg_media_take(c, record);
    if (event == RECORD_CLOSED)
        close_call(l, c, before == LEG_CLOSED);
    else if (event == RECORD_SETTLED && before == LEG_OPEN)
        leg_book_look_later(b, c, b->now_ns + WAIT_NS);
    else if (before == LEG_SETTLED && sounds_like_another(c))
        look(l, c);
    count_refused_keys(b);
}

/* Two calls have the sound: it counts for them, in the order of their ids. */
static void hear_pair(struct leg_book *b, const struct leg_hearing *before,
                      const struct leg_hearing *now, uint64_t print, bool exclusive)
{
    struct leg_call *x = leg_book_find(b, before->call), *y = leg_book_find(b, now->call);
    const struct leg_hearing *older = before->call < now->call ? before : now;
    const struct leg_hearing *younger = older == before ? now : before;
    uint64_t streams[2] = { older->stream, younger->stream };
    int64_t times[2] = { older->time_ns, younger->time_ns };
    struct leg_pair *p;

    if (!x || !y)
        return;
    p = leg_pair_get(x, y);
    if (p)
        leg_pair_heard(p, streams, times, print, exclusive);
}

static void withdraw(struct leg_book *b, const struct leg_hearing older[2], uint64_t print)
{
    struct leg_call *x = older[0].call ? leg_book_find(b, older[0].call) : NULL;
    struct leg_call *y = x ? leg_book_find(b, older[1].call) : NULL;
    struct leg_pair *p = y ? leg_pair_find(x, y) : NULL;

    if (p)
        leg_pair_withdraw(p, print);
}

void legs_sound(struct legs *l, uint64_t call, uint64_t stream, uint64_t print, int64_t time_ns)
{
    const struct leg_hearing now = { call, stream, time_ns };
    struct leg_book *b = &l->book;
    struct leg_hearing older[2];

    b->now_ns = time_ns;
    switch (leg_prints_hear(&b->prints, print, &now, older)) {
    case LEG_PRINT_EQUAL:
        hear_pair(b, &older[1], &now, print, true);
        return;
    case LEG_PRINT_SHARED:
        withdraw(b, older, print);
        hear_pair(b, &older[1], &now, print, false);
        return;
    case LEG_PRINT_COMMON:
        withdraw(b, older, print);
        return;
    case LEG_PRINT_NEW:
    case LEG_PRINT_AGAIN:
        return;
    }
}

uint64_t legs_group(const struct legs *l, uint64_t call)
{
    const struct leg_call *c = leg_book_find(&l->book, call);

    return c ? c->group : 0;
}

void legs_tick(struct legs *l, int64_t now_ns)
{
    struct leg_call *c;

    l->book.now_ns = now_ns;
    l->looks_left = LOOKS_BY_SCORE;
    while ((c = leg_book_next_look(&l->book, now_ns)) != NULL)
        look(l, c);
    leg_book_forget(&l->book, now_ns - KEPT_NS);
}

void legs_finish(struct legs *l)
{
    struct leg_call *c;

    while ((c = leg_book_next_look(&l->book, INT64_MAX)) != NULL) {
        l->looks_left = LOOKS_BY_SCORE;
        look(l, c);
    }
}
