#include "probe/engine/lookahead.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Four frames are some 300 ns: what a line takes from memory, with room to spare. */
enum { STEP = 4, DEPTH = 3 * STEP, RING = 16, HELD_MAX_BYTES = 2048 };

struct held {
    struct frame frame;
    struct decap_unit unit;
    struct slice ip_packet;
    enum packet_bin bin; /* BIN_COUNT: the datagram's, which nobody knows yet */
    uint8_t bytes[HELD_MAX_BYTES];
};

struct lookahead {
    const struct analyzer *analyzer;
    struct decap *decap;
    struct lookahead_sink sink;
    bool always;
    uint64_t pushed, done;
    /* Of the frame that is being opened. */
    struct held *held;         /* where its datagram may wait; NULL: nothing may */
    const struct frame *frame; /* NULL: there is none */
    enum packet_bin bin;       /* of its first datagram; BIN_COUNT: none was handed over yet */
    bool is_waiting;           /* its datagram is in `held` */
    bool was_handed_over;      /* at least one */
    struct held ring[RING];
};

int lookahead_new(struct lookahead **lp, const struct analyzer *analyzer, struct decap *decap,
                  bool always, const struct lookahead_sink *sink)
{
    struct lookahead *l = calloc(1, sizeof *l);

    if (!l)
        return -ENOMEM;
    l->analyzer = analyzer;
    l->decap = decap;
    l->always = always;
    l->sink = *sink;
    *lp = l;
    return 0;
}

void lookahead_free(struct lookahead *l)
{
    free(l);
}

static struct held *at(struct lookahead *l, uint64_t number)
{
    return &l->ring[number % RING];
}

static bool has_datagram(const struct held *h)
{
    return h->bin == BIN_COUNT;
}

static void hand_over_next(struct lookahead *l)
{
    struct held *h = at(l, l->done++);

    if (has_datagram(h))
        h->bin = l->sink.unit(l->sink.ctx, &h->frame, &h->unit);
    l->sink.frame(l->sink.ctx, &h->frame, h->bin, h->ip_packet);
}

void lookahead_drain(struct lookahead *l)
{
    while (l->done < l->pushed)
        hand_over_next(l);
}

/* One that lies whole in its frame, so that it lives as long as the frame's copy does. */
static bool may_wait(const struct lookahead *l, const struct decap_unit *unit)
{
    uint32_t offset;

    return !l->is_waiting && !l->was_handed_over && unit->part_count == 0 && unit->in_frame &&
           unit->datagram.transport == TRANSPORT_UDP &&
           decap_payload_offset(l->frame, &unit->datagram, &offset);
}

static void hand_over(struct lookahead *l, const struct decap_unit *unit)
{
    enum packet_bin bin = l->sink.unit(l->sink.ctx, l->frame, unit);

    l->was_handed_over = true;
    if (unit->in_frame && l->bin == BIN_COUNT)
        l->bin = bin;
}

/* The datagram in `held` waits no longer. */
static void end_wait(struct lookahead *l)
{
    if (!l->is_waiting)
        return;
    l->is_waiting = false;
    hand_over(l, &l->held->unit);
}

static void take_unit(void *ctx, const struct decap_unit *unit)
{
    struct lookahead *l = ctx;

    if (!l->held) { /* nothing else waits either */
        hand_over(l, unit);
        return;
    }
    if (may_wait(l, unit)) {
        l->held->unit = *unit;
        l->is_waiting = true;
        return;
    }
    lookahead_drain(l);
    end_wait(l);
    hand_over(l, unit);
}

/* Opens the frame. Says what decap said of it. */
static enum packet_bin open_frame(struct lookahead *l, const struct frame *frame, struct held *held)
{
    l->held = held;
    l->frame = frame;
    l->bin = BIN_COUNT;
    l->is_waiting = l->was_handed_over = false;
    return decap_frame(l->decap, frame, take_unit, l);
}

/* Its datagrams have been handed over, so the frame goes too. */
static void end_frame(struct lookahead *l, const struct frame *frame, enum packet_bin bin)
{
    if (bin == BIN_COUNT)
        bin = l->bin;
    if (bin == BIN_COUNT) /* decap named neither bin nor datagram: counted all the same */
        bin = BIN_LINK_OTHER;
    l->sink.frame(l->sink.ctx, frame, bin, decap_ip_packet(l->decap));
}

/* The frame has its turn at once, after those that are held. */
static void pass_through(struct lookahead *l, const struct frame *frame)
{
    lookahead_drain(l);
    end_frame(l, frame, open_frame(l, frame, NULL));
}

/* False when the frame has had its turn. */
static bool hold(struct lookahead *l, struct held *h, const struct frame *frame)
{
    memcpy(h->bytes, frame->data, frame->captured_bytes);
    h->frame = *frame;
    h->frame.data = h->bytes;
    h->bin = open_frame(l, &h->frame, h);
    if (h->bin != BIN_COUNT && l->is_waiting) { /* decap knows better than its datagram */
        lookahead_drain(l);
        end_wait(l);
    }
    if (l->was_handed_over || (h->bin == BIN_COUNT && !l->is_waiting)) {
        end_frame(l, &h->frame, h->bin);
        return false;
    }
    h->ip_packet = decap_ip_packet(l->decap);
    if (has_datagram(h))
        analyzer_look_ahead(l->analyzer, &h->unit.datagram);
    return true;
}

void lookahead_push(struct lookahead *l, const struct frame *frame)
{
    uint64_t n = l->pushed;

    if (frame->captured_bytes > HELD_MAX_BYTES ||
        (!l->always && !analyzer_is_crowded(l->analyzer))) {
        pass_through(l, frame);
        return;
    }
    if (!hold(l, at(l, n), frame))
        return;
    l->pushed++;
    if (n >= l->done + STEP && has_datagram(at(l, n - STEP)))
        analyzer_look_closer(l->analyzer, &at(l, n - STEP)->unit.datagram);
    if (n >= l->done + 2 * STEP && has_datagram(at(l, n - 2 * STEP)))
        analyzer_look_through(l->analyzer, &at(l, n - 2 * STEP)->unit.datagram);
    if (l->pushed - l->done > DEPTH)
        hand_over_next(l);
}

static void begin_without_frame(struct lookahead *l)
{
    lookahead_drain(l);
    l->held = NULL;
    l->frame = NULL;
    l->is_waiting = false;
}

void lookahead_tick(struct lookahead *l, int64_t now_ns)
{
    begin_without_frame(l);
    decap_tick(l->decap, now_ns, take_unit, l);
}

void lookahead_finish(struct lookahead *l)
{
    begin_without_frame(l);
    decap_finish(l->decap, take_unit, l);
}
