/*
 * tcp_scene - TCP packets made by hand, and the units that come out of them.
 *
 * A frame is the TCP header and its payload, nothing below: tcp.h never looks there. Its bytes lie
 * in a heap block of exactly their size, which is gone after the call.
 */
#ifndef TESTS_UNIT_TCP_SCENE_H
#define TESTS_UNIT_TCP_SCENE_H

#include "probe/decap/tcp.h"
#include "tests/unit/heap_block.h"

#include <stdio.h>

enum { SCENE_FIN = 1, SCENE_SYN = 2, SCENE_RST = 4, SCENE_ACK = 16, SCENE_TCP_HEADER = 20 };

#define SCENE_MS INT64_C(1000000)
#define SCENE_S  INT64_C(1000000000)

/* What was handed over, each behind the one before; text of unit i is [ends[i-1], ends[i]). */
enum { SCENE_UNITS = 4096 };

struct scene {
    struct tcp *tcp;
    struct certificates *certificates; /* set before scene_start, or none */
    struct decap_options options;
    struct counters counters;
    int64_t now_ns;
    /* One direction; a test changes it as it likes. */
    uint8_t src_ip[16], dst_ip[16];
    bool is_v6;
    uint16_t src_port, dst_port;
    uint32_t network;
    uint32_t frames;
    size_t cut;                                /* that many bytes of the frame are not captured */
    const struct held_frame *const *fragments; /* of the next packet */
    size_t fragment_count;
    /* What came out. */
    struct strbuf text;
    size_t units, ends[SCENE_UNITS], parts[SCENE_UNITS];
    struct datagram datagrams[SCENE_UNITS]; /* payload: only its length */
    bool in_frame[SCENE_UNITS];
    uint64_t part_mask[SCENE_UNITS]; /* frame numbers below 64 */
    bool in_current[SCENE_UNITS];    /* the payload lies in the frame at hand */
    uint64_t owner;                  /* of the first part of the last unit */
    bool unsorted;                   /* parts that were not in the order captured */
    const struct frame *at_hand;
};

static inline void scene_unit(void *ctx, const struct decap_unit *unit)
{
    struct scene *s = ctx;
    size_t at = s->units < SCENE_UNITS ? s->units : SCENE_UNITS - 1;
    const struct frame *frame = s->at_hand;
    uint32_t offset;

    strbuf_add_slice(&s->text, unit->datagram.payload);
    s->ends[at] = s->text.len;
    s->datagrams[at] = unit->datagram;
    s->parts[at] = unit->part_count;
    s->in_frame[at] = unit->in_frame;
    s->in_current[at] = frame && decap_payload_offset(frame, &unit->datagram, &offset);
    s->part_mask[at] = 0;
    s->owner = unit->part_count ? unit->parts[0]->owners[0] : 0;
    for (size_t i = 0; i < unit->part_count; i++) {
        const struct held_frame *part = unit->parts[i];
        uint64_t n = part->frame.data[14] | (uint64_t)part->frame.data[15] << 8;
        if (n < 64)
            s->part_mask[at] |= UINT64_C(1) << n;
        s->unsorted |= i > 0 && unit->parts[i - 1]->frame.time_ns > part->frame.time_ns;
        s->unsorted |= frame && part->frame.time_ns > frame->time_ns;
    }
    if (s->units < SCENE_UNITS)
        s->units++;
}

static inline void scene_open(struct scene *s)
{
    memset(s, 0, sizeof *s);
    decap_options_default(&s->options);
    s->now_ns = INT64_C(1700000000) * SCENE_S;
    memcpy(s->src_ip, "\x0a\0\0\x01", 4);
    memcpy(s->dst_ip, "\x0a\0\0\x02", 4);
    s->src_port = 40000;
    s->dst_port = 5060;
}

static inline void scene_start(struct scene *s)
{
    if (tcp_new(&s->tcp, &s->options, s->certificates, &s->counters) != 0)
        abort();
}

static inline void scene_forget_units(struct scene *s)
{
    s->units = 0;
    strbuf_reset(&s->text);
}

static inline void scene_close(struct scene *s)
{
    tcp_free(s->tcp);
    strbuf_fini(&s->text);
}

/* The packet goes by; the frame's number is in the window and checksum fields, 14 and 15. */
static inline enum packet_bin scene_send(struct scene *s, uint32_t seq, unsigned flags,
                                         struct slice payload)
{
    size_t wire = SCENE_TCP_HEADER + payload.len, captured = wire - s->cut;
    uint8_t *p = malloc(captured ? captured : 1), header[SCENE_TCP_HEADER] = { 0 };
    static const struct path no_path;
    struct frame frame = { s->now_ns, p, (uint32_t)captured, (uint32_t)wire, 101 };
    struct tcp_packet packet = { .src_ip = s->src_ip,
                                 .dst_ip = s->dst_ip,
                                 .p = p,
                                 .captured_bytes = captured,
                                 .wire_bytes = wire,
                                 .path = &no_path,
                                 .network = s->network,
                                 .is_v6 = s->is_v6,
                                 .dscp = 26,
                                 .parts = s->fragments,
                                 .part_count = s->fragment_count };
    enum packet_bin bin;

    if (!p)
        abort();
    header[0] = (uint8_t)(s->src_port >> 8);
    header[1] = (uint8_t)s->src_port;
    header[2] = (uint8_t)(s->dst_port >> 8);
    header[3] = (uint8_t)s->dst_port;
    for (int i = 0; i < 4; i++)
        header[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
    header[12] = 5 << 4;
    header[13] = (uint8_t)flags;
    header[14] = (uint8_t)s->frames;
    header[15] = (uint8_t)(s->frames >> 8);
    memcpy(p, header, captured < sizeof header ? captured : sizeof header);
    if (captured > sizeof header)
        memcpy(p + sizeof header, payload.p, captured - sizeof header);
    s->frames++;
    s->at_hand = &frame;
    bin = tcp_add(s->tcp, &frame, &packet, scene_unit, s);
    s->at_hand = NULL;
    free(p);
    return bin;
}

static inline void scene_wait(struct scene *s, int64_t ns)
{
    s->now_ns += ns;
    tcp_tick(s->tcp, s->now_ns, scene_unit, s);
}

static inline void scene_finish(struct scene *s)
{
    tcp_finish(s->tcp, scene_unit, s);
}

static inline struct slice scene_unit_text(const struct scene *s, size_t i)
{
    size_t begin = i ? s->ends[i - 1] : 0;

    return slice_of(s->text.p + begin, s->ends[i] - begin);
}

/* The other direction. */
static inline void scene_turn(struct scene *s)
{
    uint8_t ip[16];
    uint16_t port = s->src_port;

    memcpy(ip, s->src_ip, 16);
    memcpy(s->src_ip, s->dst_ip, 16);
    memcpy(s->dst_ip, ip, 16);
    s->src_port = s->dst_port;
    s->dst_port = port;
}

/* A message with a body of that many bytes; n tells them apart. */
static inline void scene_add_message(struct strbuf *out, unsigned n, size_t body_bytes)
{
    if (n % 3)
        strbuf_addf(out, "INVITE sip:bob%u@example.com SIP/2.0\r\n", n);
    else
        strbuf_addf(out, "SIP/2.0 %u Some Reason\r\n", 100 + n % 500);
    strbuf_addf(out,
                "Via: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK%u\r\nCall-ID: call-%u@example.com\r\n"
                "From: <sip:alice@example.com>;tag=%u\r\nTo: <sip:bob@example.com>\r\n",
                n, n, n);
    if (n % 5 == 4)
        strbuf_addf(out, "l :\r\n\t%zu\r\n", body_bytes);
    else
        strbuf_addf(out, "%s: %zu\r\n", n % 2 ? "Content-Length" : "L", body_bytes);
    strbuf_addf(out, "CSeq: %u INVITE\r\n\r\n", n);
    for (size_t i = 0; i < body_bytes; i++)
        strbuf_add_char(out, i % 61 == 60 ? '\n' : (char)('a' + (n + i) % 26));
}

#endif
