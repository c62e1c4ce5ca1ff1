#include "tests/support/rewrap_tcp.h"

#include "tests/support/flow.h"
#include "tests/support/rewrap_put.h"

#include <string.h>
#include <sysexits.h>

enum {
    TCP_BYTES = 32, /* with time stamps */
    TCP_SYN_BYTES = 36,
    WINDOW = 64240,
    MSS = 1460,
    FIN = 0x01,
    SYN = 0x02,
    PSH = 0x08,
    ACK = 0x10,
    GAP_NS = 1000,
    ACK_NS = 20000,
    REPEAT_NS = 3000000,
    CLOSE_NS = 200000,
    OVERLAP_MAX = 40,
    SEGMENTS_MAX = 8192,
};

/* A datagram's headers, the other way round: what the other side's look like until it speaks. */
static void turn_headers(struct rewrap_tcp *t, uint8_t *out, const uint8_t *headers)
{
    const uint8_t *from = headers + t->ip_at;
    bool v6 = from[0] >> 4 == 6;
    size_t at = t->ip_at + (v6 ? 8 : 12), bytes = v6 ? 16 : 4;

    memcpy(out, headers, t->headers_bytes);
    memcpy(out + at, headers + at + bytes, bytes);
    memcpy(out + at + bytes, headers + at, bytes);
    if (t->out->link_type == REWRAP_LINK_ETHERNET) {
        memcpy(out, headers + 6, 6);
        memcpy(out + 6, headers, 6);
    }
}

void rewrap_tcp_init(struct rewrap_tcp *t, const struct rewrap_frame *frame,
                     const struct rewrap_ip *ip, const struct addr *src, const struct addr *dst)
{
    uint8_t *headers = t->sides[0].headers;

    if (ip->payload_at > REWRAP_TCP_HEADERS_MAX)
        rewrap_die(EX_DATAERR, "too many headers for TCP");
    t->headers_bytes = ip->payload_at;
    t->ip_at = ip->at;
    memcpy(headers, frame->p, t->headers_bytes);
    headers[ip->at + (ip->is_v6 ? 6 : 9)] = FLOW_TCP;
    turn_headers(t, t->sides[1].headers, headers);
    for (int side = 0; side < 2; side++) {
        struct rewrap_tcp_side *s = &t->sides[side];

        s->src = side ? *dst : *src;
        s->dst = side ? *src : *dst;
        s->seq = (uint32_t)rng_next(&t->r->rng);
        s->ip_id = (uint16_t)rng_next(&t->r->rng);
    }
    /* Some connections wrap around while they are watched. */
    if (t->sides[0].seq & 1)
        t->sides[0].seq |= 0xffff0000;
}

void rewrap_tcp_fini(struct rewrap_tcp *t)
{
    for (int side = 0; side < 2; side++)
        strbuf_fini(&t->sides[side].waiting);
}

static void put_options(uint8_t *p, unsigned flags, int64_t time_ns)
{
    if (flags & SYN)
        p = put16(put16(p, 0x0204), MSS);
    p = put32(p, 0x0101080a);
    put32(put32(p, (uint32_t)(time_ns / 1000000)), 0);
}

static void write_segment(struct rewrap_tcp *t, int side, int64_t time_ns, unsigned flags,
                          uint32_t seq, const void *bytes, size_t len)
{
    struct rewrap_tcp_side *s = &t->sides[side];
    size_t header = flags & SYN ? TCP_SYN_BYTES : TCP_BYTES;
    struct rewrap_frame *frame =
        rewrap_frames_add(t->out, time_ns, t->headers_bytes + header + len);
    uint8_t *ip = frame->p + t->ip_at, *tcp = frame->p + t->headers_bytes, *p = tcp;
    uint32_t ack = flags & ACK ? t->sides[!side].seq : 0;
    uint16_t word;

    frame->origin = len ? t->origin : 0;
    memcpy(frame->p, s->headers, t->headers_bytes);
    p = put16(put16(p, s->src.port), s->dst.port);
    p = put32(put32(p, seq), ack);
    p = put16(p, (unsigned)(header / 4) << 12 | flags);
    p = put16(p, WINDOW);
    p = put32(p, 0); /* sum, urgent */
    put_options(p, flags, time_ns);
    put_bytes(tcp + header, bytes, len);
    word = rewrap_ip_transport_sum(&s->src, &s->dst, FLOW_TCP, tcp, header + len);
    memcpy(tcp + 16, &word, 2);
    if (ip[0] >> 4 == 4)
        put16(ip + 4, s->ip_id++);
    rewrap_ip_set_length(ip, t->headers_bytes - t->ip_at + header + len);
    if (time_ns > s->last_ns)
        s->last_ns = time_ns;
}

void rewrap_tcp_open(struct rewrap_tcp *t, int64_t time_ns)
{
    if (t->options->mid_stream)
        return;
    write_segment(t, 0, time_ns - 3LL * GAP_NS, SYN, t->sides[0].seq, NULL, 0);
    t->sides[0].seq++;
    write_segment(t, 1, time_ns - 2LL * GAP_NS, SYN | ACK, t->sides[1].seq, NULL, 0);
    t->sides[1].seq++;
    write_segment(t, 0, time_ns - 1LL * GAP_NS, ACK, t->sides[0].seq, NULL, 0);
}

/* Where each segment of len bytes ends. */
static size_t cut(struct rewrap_tcp *t, size_t len, size_t *ends)
{
    size_t count = 0, done = 0;

    while (done < len) {
        size_t size = (size_t)rng_between(&t->r->rng, (int64_t)t->options->segment_min,
                                          (int64_t)t->options->segment_max);

        if (count == SEGMENTS_MAX)
            rewrap_die(EX_DATAERR, "more than %d segments at a time", SEGMENTS_MAX);
        done = len - done < size ? len : done + size;
        ends[count++] = done;
    }
    return count;
}

/* When each is seen: the last one, and so the message, at the time given. */
static void schedule(struct rewrap_tcp *t, const struct rewrap_tcp_side *s, int64_t time_ns,
                     size_t count, int64_t *times)
{
    int64_t begin_ns = time_ns - (int64_t)(count - 1) * GAP_NS;

    if (begin_ns <= s->last_ns && s->last_ns < time_ns)
        begin_ns = s->last_ns + 1;
    for (size_t i = 0; i < count; i++) {
        times[i] = begin_ns + (int64_t)i * GAP_NS;
        if (times[i] > time_ns || i == count - 1)
            times[i] = time_ns;
    }
    for (size_t i = 0; i + 1 < count; i++) {
        int64_t swap = times[i];

        if (!rng_chance(&t->r->rng, t->options->reorder))
            continue;
        times[i] = times[i + 1];
        times[++i] = swap;
    }
}

static void send_one(struct rewrap_tcp *t, int side, int64_t time_ns, const uint8_t *bytes,
                     size_t from, size_t to)
{
    const struct rewrap_tcp_options *o = t->options;
    struct rng *rng = &t->r->rng;
    size_t again = 0;

    if (from && rng_chance(rng, o->overlap))
        again = (size_t)rng_between(rng, 1, from < OVERLAP_MAX ? (int64_t)from : OVERLAP_MAX);
    t->r->segments++;
    if (o->lose_every && t->r->segments % (uint64_t)o->lose_every == 0) {
        t->r->lost++;
        return;
    }
    from -= again;
    for (int copy = rng_chance(rng, o->repeat); copy >= 0; copy--)
        write_segment(t, side, time_ns + copy * (int64_t)REPEAT_NS, PSH | ACK,
                      t->sides[side].seq + (uint32_t)from, bytes + from, to - from);
}

void rewrap_tcp_send(struct rewrap_tcp *t, int side, int64_t time_ns, const void *bytes, size_t len)
{
    size_t ends[SEGMENTS_MAX], count = cut(t, len, ends);
    int64_t times[SEGMENTS_MAX];

    schedule(t, &t->sides[side], time_ns, count, times);
    for (size_t i = 0; i < count; i++)
        send_one(t, side, times[i], bytes, i ? ends[i - 1] : 0, ends[i]);
    t->sides[side].seq += (uint32_t)len;
    write_segment(t, !side, time_ns + ACK_NS, ACK, t->sides[!side].seq, NULL, 0);
}

void rewrap_tcp_probe(struct rewrap_tcp *t, int side, int64_t time_ns)
{
    write_segment(t, side, time_ns, ACK, t->sides[side].seq - 1, "", 1);
    write_segment(t, !side, time_ns + ACK_NS, ACK, t->sides[!side].seq, NULL, 0);
}

void rewrap_tcp_close(struct rewrap_tcp *t)
{
    int64_t last_ns = t->sides[0].last_ns;

    if (t->sides[1].last_ns > last_ns)
        last_ns = t->sides[1].last_ns;
    for (int side = 0; side < 2; side++) {
        last_ns += CLOSE_NS;
        write_segment(t, side, last_ns, FIN | ACK, t->sides[side].seq++, NULL, 0);
        write_segment(t, !side, last_ns + ACK_NS, ACK, t->sides[!side].seq, NULL, 0);
    }
}
