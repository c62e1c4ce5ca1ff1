#include "probe/engine/lookahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Four frames are some 300 ns: what a line takes from memory, with room to spare. */
enum { STEP = 4, DEPTH = 3 * STEP, RING = 16, HELD_MAX_BYTES = 2048 };

struct held {
    struct frame frame;
    struct datagram datagram;
    enum packet_bin bin;
    bool has_datagram;
    uint8_t bytes[HELD_MAX_BYTES];
};

struct lookahead {
    const struct analyzer *analyzer;
    bool always;
    struct decap *decap;
    lookahead_fn fn;
    void *ctx;
    uint64_t pushed, done;
    struct held ring[RING];
};

int lookahead_new(struct lookahead **lp, const struct analyzer *analyzer, bool always,
                  lookahead_fn fn, void *ctx)
{
    struct lookahead *l = calloc(1, sizeof *l);
    struct decap_options options;
    int err;

    if (!l)
        return -ENOMEM;
    decap_options_default(&options);
    err = decap_new(&l->decap, &options);
    if (err) {
        free(l);
        return err;
    }
    l->analyzer = analyzer;
    l->always = always;
    l->fn = fn;
    l->ctx = ctx;
    *lp = l;
    return 0;
}

void lookahead_free(struct lookahead *l)
{
    if (!l)
        return;
    decap_free(l->decap);
    free(l);
}

static struct held *at(struct lookahead *l, uint64_t number)
{
    return &l->ring[number % RING];
}

static void hand_over_next(struct lookahead *l)
{
    struct held *h = at(l, l->done++);

    l->fn(l->ctx, &h->frame, h->has_datagram ? &h->datagram : NULL, h->bin);
}

void lookahead_drain(struct lookahead *l)
{
    while (l->done < l->pushed)
        hand_over_next(l);
}

static void take_unit(void *ctx, const struct decap_unit *unit)
{
    struct held *h = ctx;

    h->datagram = unit->datagram;
    h->has_datagram = true;
}

/* The frame has its turn at once, after those that are held. */
static void pass_through(struct lookahead *l, const struct frame *frame)
{
    struct held *h = at(l, l->pushed);

    lookahead_drain(l);
    h->has_datagram = false;
    h->bin = decap_frame(l->decap, frame, take_unit, h);
    l->fn(l->ctx, frame, h->has_datagram ? &h->datagram : NULL, h->bin);
}

static void hold(struct lookahead *l, struct held *h, const struct frame *frame)
{
    memcpy(h->bytes, frame->data, frame->captured_bytes);
    h->frame = *frame;
    h->frame.data = h->bytes;
    h->has_datagram = false;
    h->bin = decap_frame(l->decap, &h->frame, take_unit, h);
    if (h->has_datagram)
        analyzer_look_ahead(l->analyzer, &h->datagram);
}

void lookahead_push(struct lookahead *l, const struct frame *frame)
{
    uint64_t n = l->pushed;

    if (frame->captured_bytes > HELD_MAX_BYTES ||
        (!l->always && !analyzer_is_crowded(l->analyzer))) {
        pass_through(l, frame);
        return;
    }
    hold(l, at(l, n), frame);
    l->pushed++;
    if (n >= l->done + STEP && at(l, n - STEP)->has_datagram)
        analyzer_look_closer(l->analyzer, &at(l, n - STEP)->datagram);
    if (n >= l->done + 2 * STEP && at(l, n - 2 * STEP)->has_datagram)
        analyzer_look_through(l->analyzer, &at(l, n - 2 * STEP)->datagram);
    if (l->pushed - l->done > DEPTH)
        hand_over_next(l);
}
