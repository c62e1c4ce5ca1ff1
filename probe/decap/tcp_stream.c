#include "probe/decap/tcp_stream.h"

#include "analyzer/base/serial.h"

enum {
    SIP_PORT = 5060,
    SIPS_PORT = 5061,
    /* Further from `next` than any window that SIP is sent in: another connection, whose SYN was
     * not seen. Behind, less far: what is sent again is recent. */
    AHEAD_MAX = 16 << 20,
    BEHIND_MAX = 1 << 20,
    /* Of a stream that may be anybody's no more waits than SIP needs to be told. */
    UNKNOWN_MAX_BYTES = 64 << 10,
};

static bool is_sip_port(uint16_t port)
{
    return port == SIP_PORT || port == SIPS_PORT;
}

static void drop_queue(struct tcp_stream *s, struct tcp_delivery *d)
{
    while (s->queue) {
        struct tcp_segment *segment = s->queue;

        s->queue = segment->next;
        tcp_segment_release(&d->account, &s->paid, segment);
    }
    s->queue_last = NULL;
}

void tcp_stream_drop(struct tcp_stream *s, struct tcp_delivery *d)
{
    drop_queue(s, d);
    tcp_content_drop(&s->content, d);
    expiry_cancel(&s->wait);
}

void tcp_stream_begin(struct tcp_stream *s, struct tcp_delivery *d, uint32_t seq, bool syn)
{
    tcp_stream_drop(s, d);
    tcp_content_init(&s->content, !syn, is_sip_port(s->src.port) || is_sip_port(s->dst.port));
    s->next = seq + syn;
    s->begun = true;
    s->has_fin = s->ended = false;
}

int64_t tcp_stream_deadline(const struct tcp_stream *s)
{
    if (s->queue)
        return s->queue->time_ns + TCP_STREAM_HOLE_NS;
    return s->content.message.len ? s->last_ns + TCP_STREAM_STALL_NS : INT64_MAX;
}

/* The segment begins at `next`. It may be released by this. */
static void deliver(struct tcp_stream *s, struct tcp_delivery *d, struct tcp_segment *segment)
{
    uint32_t missing = segment->wire_bytes - segment->captured_bytes;

    s->next += segment->captured_bytes;
    tcp_content_take(&s->content, d, segment);
    if (!tcp_message_keeps(&s->content.message, segment))
        tcp_segment_release(&d->account, &s->paid, segment);
    if (missing) {
        *s->gaps += tcp_content_is_wanted(&s->content);
        s->next += missing;
        tcp_content_gap(&s->content, d, missing);
    }
}

/* Delivers what is in order by now. */
static void drain(struct tcp_stream *s, struct tcp_delivery *d)
{
    while (s->queue && tcp_content_is_wanted(&s->content)) {
        struct tcp_segment *segment = s->queue;
        int64_t ahead = serial32_diff(s->next, segment->seq);

        if (ahead > 0)
            return;
        s->queue = segment->next;
        if (!s->queue)
            s->queue_last = NULL;
        segment->next = NULL;
        if (-ahead >= segment->wire_bytes) {
            tcp_segment_release(&d->account, &s->paid, segment);
            continue;
        }
        tcp_segment_trim(segment, (uint32_t)-ahead);
        deliver(s, d, segment);
    }
    drop_queue(s, d);
}

static void skip_hole(struct tcp_stream *s, struct tcp_delivery *d, uint32_t to)
{
    uint32_t missing = to - s->next;

    *s->gaps += tcp_content_is_wanted(&s->content);
    s->next = to;
    tcp_content_gap(&s->content, d, missing);
}

static void give_up_hole(struct tcp_stream *s, struct tcp_delivery *d)
{
    skip_hole(s, d, s->queue->seq);
    drain(s, d);
}

static void check_fin(struct tcp_stream *s, struct tcp_delivery *d)
{
    if (s->has_fin && !s->ended && serial32_diff(s->next, s->fin) <= 0)
        tcp_stream_end(s, d);
}

void tcp_stream_end(struct tcp_stream *s, struct tcp_delivery *d)
{
    while (s->queue)
        give_up_hole(s, d);
    tcp_content_gap(&s->content, d, 0);
    tcp_content_drop(&s->content, d);
    s->ended = true;
}

void tcp_stream_fin(struct tcp_stream *s, struct tcp_delivery *d, uint32_t seq)
{
    if (s->has_fin || s->ended)
        return;
    s->has_fin = true;
    s->fin = seq;
    check_fin(s, d);
}

void tcp_stream_expire(struct tcp_stream *s, struct tcp_delivery *d, int64_t now_ns)
{
    while (s->queue && tcp_stream_deadline(s) <= now_ns)
        give_up_hole(s, d);
    if (tcp_stream_deadline(s) <= now_ns)
        tcp_content_gap(&s->content, d, 0);
    check_fin(s, d);
}

/* Bytes that came twice: those at the front of the segment are the stream's [at, at + n). */
static void compare(struct tcp_delivery *d, const uint8_t *first, const struct tcp_segment *segment,
                    size_t offset, size_t n)
{
    if (n == 0 || offset >= segment->captured_bytes)
        return;
    if (n > segment->captured_bytes - offset)
        n = segment->captured_bytes - offset;
    if (memcmp(first, segment->p + offset, n) != 0)
        d->counters->refusals[REFUSAL_TCP_OVERLAP]++;
}

/* `behind` bytes of the segment were delivered before; some may still be there to compare with. */
static void compare_kept(struct tcp_stream *s, struct tcp_delivery *d,
                         const struct tcp_segment *segment, uint32_t behind)
{
    const struct tcp_content *c = &s->content;
    uint32_t kept = c->message.len, n;

    /* A keep-alive repeats the byte before the next one, as garbage (RFC 9293 §3.8.4). */
    if ((c->kind != TCP_KIND_SIP && c->kind != TCP_KIND_UNKNOWN) || segment->wire_bytes <= 1)
        return;
    n = behind < kept ? behind : kept;
    if (n > segment->wire_bytes)
        n = segment->wire_bytes;
    if (behind <= kept)
        compare(d, c->message.bytes + kept - behind, segment, 0, n);
    else if (behind - kept < segment->wire_bytes)
        compare(d, c->message.bytes, segment, behind - kept,
                n < segment->wire_bytes - (behind - kept) ? n
                                                          : segment->wire_bytes - (behind - kept));
}

/* A copy of n bytes of the segment from `offset` on, behind `before` (NULL: first). False: no room. */
static bool insert(struct tcp_stream *s, struct tcp_delivery *d, const struct tcp_segment *segment,
                   struct tcp_segment *before, uint32_t offset, uint32_t n)
{
    struct tcp_segment piece = *segment, *held;

    tcp_segment_trim(&piece, offset);
    piece.split = n < segment->wire_bytes;
    piece.wire_bytes = n;
    if (piece.captured_bytes > n)
        piece.captured_bytes = n;
    held = tcp_segment_hold(&d->account, &s->paid, &piece, d->frame, d->packet);
    if (!held)
        return false;
    held->next = before ? before->next : s->queue;
    *(before ? &before->next : &s->queue) = held;
    if (!held->next)
        s->queue_last = held;
    return true;
}

/* Puts what is new of the segment among those that wait. False: no room for all of it. */
static bool enqueue(struct tcp_stream *s, struct tcp_delivery *d, const struct tcp_segment *segment)
{
    struct tcp_segment *before = NULL, *at = s->queue;
    int64_t begin = serial32_diff(s->next, segment->seq), end = begin + segment->wire_bytes;
    int64_t from = begin;

    if (s->queue_last &&
        begin >= serial32_diff(s->next, s->queue_last->seq) + s->queue_last->wire_bytes) {
        before = s->queue_last;
        at = NULL;
    }
    for (; at && from < end; before = at, at = at->next) {
        int64_t there = serial32_diff(s->next, at->seq), there_end = there + at->wire_bytes;

        if (there_end <= from)
            continue;
        if (from < there) {
            int64_t to = there < end ? there : end;

            if (!insert(s, d, segment, before, (uint32_t)(from - begin), (uint32_t)(to - from)))
                return false;
            from = to;
        }
        if (from < end && there <= from) {
            int64_t to = there_end < end ? there_end : end;
            int64_t held = at->captured_bytes - (from - there);

            if (held > 0)
                compare(d, at->p + (from - there), segment, (size_t)(from - begin),
                        (size_t)(held < to - from ? held : to - from));
            from = to;
        }
    }
    return from >= end ||
           insert(s, d, segment, before, (uint32_t)(from - begin), (uint32_t)(end - from));
}

/* No room to wait: everything before the segment is given up, and it is read at once. */
static void give_way(struct tcp_stream *s, struct tcp_delivery *d, struct tcp_segment *segment)
{
    int64_t behind;

    while (s->queue && serial32_diff(s->queue->seq, segment->seq) >= 0)
        give_up_hole(s, d);
    behind = serial32_diff(segment->seq, s->next);
    if (behind >= segment->wire_bytes)
        return;
    if (behind > 0)
        tcp_segment_trim(segment, (uint32_t)behind);
    else if (behind < 0)
        skip_hole(s, d, segment->seq);
    deliver(s, d, segment);
    drain(s, d);
}

static void add_ahead(struct tcp_stream *s, struct tcp_delivery *d, struct tcp_segment *segment)
{
    bool unknown = s->content.kind == TCP_KIND_UNKNOWN;

    if (unknown && s->paid + segment->captured_bytes > UNKNOWN_MAX_BYTES) {
        give_way(s, d, segment);
    } else if (enqueue(s, d, segment)) {
        drain(s, d);
    } else {
        d->counters->refusals[REFUSAL_TCP_BYTES]++;
        give_way(s, d, segment);
    }
}

void tcp_stream_add(struct tcp_stream *s, struct tcp_delivery *d, struct tcp_segment *segment)
{
    int64_t ahead = serial32_diff(s->next, segment->seq);

    if (!s->begun || ahead > AHEAD_MAX || ahead < -BEHIND_MAX) {
        tcp_stream_end(s, d);
        tcp_stream_begin(s, d, segment->seq, false);
        ahead = 0;
    }
    if (ahead < 0) {
        compare_kept(s, d, segment, (uint32_t)-ahead);
        if (-ahead >= segment->wire_bytes)
            return;
        tcp_segment_trim(segment, (uint32_t)-ahead);
        ahead = 0;
    }
    if (s->ended) {
        tcp_stream_begin(s, d, segment->seq, false);
        ahead = 0;
    }
    if (!tcp_content_is_wanted(&s->content) && !s->queue) {
        s->next = segment->seq;
        deliver(s, d, segment);
    } else if (ahead == 0 && !s->queue) {
        deliver(s, d, segment);
    } else {
        add_ahead(s, d, segment);
    }
    while (s->queue && tcp_stream_deadline(s) <= d->frame->time_ns)
        give_up_hole(s, d);
    check_fin(s, d);
}
