/*
 * pack_traffic - media frames of all shapes, seeded, for the tests of packing.
 *
 * A wire is one stream as a mirror could see it: its link layer, tunnel, IP version, the habits of its IP
 * ids and checksums, its codec, its clock; now and then something else happens to a frame.
 */
#ifndef TESTS_UNIT_PACK_TRAFFIC_H
#define TESTS_UNIT_PACK_TRAFFIC_H

#include "storage/packets/chunk.h"
#include "tests/unit/random.h"

#include <string.h>

enum { TRAFFIC_FRAME_MAX = 2048, TRAFFIC_WIRES = 4 };

enum wire_link {
    LINK_NONE,
    LINK_ETHERNET,
    LINK_VLAN,
    LINK_QINQ,
    LINK_SLL,
    LINK_ERSPAN,
    WIRE_LINKS
};
enum wire_tunnel { TUNNEL_NONE, TUNNEL_IPIP, TUNNEL_GRE, TUNNEL_VXLAN, WIRE_TUNNELS };
enum wire_ids { IDS_ZERO, IDS_ONE, IDS_SHARED, IDS_RANDOM, WIRE_IDS };
enum wire_sums { SUMS_RIGHT, SUMS_ZERO, SUMS_WRONG, SUMS_OFFLOAD, WIRE_SUMS };
enum wire_content {
    WIRE_RTP,
    WIRE_RTCP,
    WIRE_UDPTL,
    WIRE_TCP,
    WIRE_FRAGMENTS,
    WIRE_NOISE,
    WIRE_CONTENTS
};

struct wire {
    uint8_t link, tunnel, ids, sums, content;
    bool v6, has_extension, pads;
    uint8_t sources, payload_type;
    uint16_t sequence, id, sport, dport, payload_bytes;
    uint32_t timestamp, ssrc, snaplen;
    uint32_t odd; /* of a thousand packets, how many something happens to */
    uint32_t jitter_ns, counter;
    int64_t next_ns, resolution;
    uint8_t address;
};

static inline void put_be16(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
    put_be16(p, v >> 16);
    put_be16(p + 2, v & 0xffff);
}

/* RFC 1071, plainly: not as the code under test does it. */
static inline uint16_t plain_sum(const uint8_t *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++) {
        sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)sum;
}

static inline void wire_init(struct wire *w, struct random *r, int64_t time, int64_t resolution)
{
    *w = (struct wire){
        .link = (uint8_t)random_below(r, WIRE_LINKS),
        .tunnel = random_hits(r, 0.7) ? TUNNEL_NONE : (uint8_t)random_below(r, WIRE_TUNNELS),
        .ids = (uint8_t)random_below(r, WIRE_IDS),
        .sums = random_hits(r, 0.6) ? SUMS_RIGHT : (uint8_t)random_below(r, WIRE_SUMS),
        .content = random_hits(r, 0.6) ? WIRE_RTP : (uint8_t)random_below(r, WIRE_CONTENTS),
        .v6 = random_hits(r, 0.3),
        .has_extension = random_hits(r, 0.2),
        .pads = random_hits(r, 0.2),
        .sources = random_hits(r, 0.2) ? (uint8_t)random_below(r, 16) : 0,
        .payload_type = (uint8_t)random_below(r, 35),
        .sequence = (uint16_t)random_next(r),
        .id = (uint16_t)random_next(r),
        .sport = (uint16_t)random_next(r),
        .dport = (uint16_t)random_next(r),
        .payload_bytes = (uint16_t)random_below(r, 300),
        .timestamp = (uint32_t)random_next(r),
        .ssrc = (uint32_t)random_next(r),
        .snaplen = random_hits(r, 0.3) ? random_below(r, 200) : TRAFFIC_FRAME_MAX,
        .odd = random_below(r, 4) * 50,
        .jitter_ns = random_below(r, 1u << random_below(r, 28)),
        .next_ns = time,
        .resolution = resolution,
        .address = (uint8_t)random_next(r)
    };
}

static inline size_t put_link(struct wire *w, uint8_t *p)
{
    static const uint8_t bytes[WIRE_LINKS] = { 0, 14, 18, 22, 16, 42 };
    size_t n = bytes[w->link];

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(w->address + i * 11);
    if (w->link == LINK_ERSPAN) /* one number that goes up with each frame, of any stream */
        put_be32(p + 30, ++w->counter);
    if (n)
        put_be16(p + n - 2, w->v6 ? 0x86dd : 0x0800);
    return n;
}

/* An IP header for n more bytes; returns its length. */
static inline size_t put_ip(struct wire *w, struct random *r, uint8_t *p, bool v6, uint8_t protocol,
                            size_t n, uint16_t fragment)
{
    size_t header = v6 ? 40 : 20;

    memset(p, 0, header);
    if (v6) {
        p[0] = 0x60;
        put_be16(p + 4, (uint32_t)n);
        p[6] = protocol;
        p[7] = 64;
        memset(p + 8, w->address, 16);
        memset(p + 24, w->address ^ 0x55, 16);
        return header;
    }
    p[0] = 0x45;
    p[1] = 0xb8;
    put_be16(p + 2, (uint32_t)(n + header));
    if (w->ids == IDS_ONE)
        w->id++;
    else if (w->ids == IDS_SHARED)
        w->id = (uint16_t)(w->id + 1 + random_below(r, 5));
    else if (w->ids == IDS_RANDOM)
        w->id = (uint16_t)random_next(r);
    put_be16(p + 4, w->ids == IDS_ZERO ? 0 : w->id);
    put_be16(p + 6, fragment);
    p[8] = 63;
    p[9] = protocol;
    memset(p + 12, w->address, 4);
    memset(p + 16, w->address ^ 0x55, 4);
    put_be16(p + 10, (uint16_t)~plain_sum(p, header, 0));
    return header;
}

static inline void put_udp_sum(const struct wire *w, struct random *r, uint8_t *udp,
                               const uint8_t *ip, bool v6, size_t n)
{
    uint32_t pseudo = plain_sum(v6 ? ip + 8 : ip + 12, v6 ? 32 : 8, 17 + (uint32_t)n);
    uint16_t sum = (uint16_t)~plain_sum(udp, n, pseudo);

    put_be16(udp + 6, w->sums == SUMS_RIGHT     ? (sum ? sum : 0xffffu)
                      : w->sums == SUMS_WRONG   ? (uint32_t)(random_next(r) & 0xffff)
                      : w->sums == SUMS_OFFLOAD ? pseudo
                                                : 0);
}

static inline size_t put_rtp(struct wire *w, struct random *r, uint8_t *p)
{
    size_t n = 12 + (size_t)w->sources * 4;

    p[0] = (uint8_t)(0x80 | (w->pads ? 0x20 : 0) | (w->has_extension ? 0x10 : 0) | w->sources);
    p[1] = (uint8_t)(w->payload_type | (random_hits(r, 0.02) ? 0x80 : 0));
    put_be16(p + 2, w->sequence);
    put_be32(p + 4, w->timestamp);
    put_be32(p + 8, w->ssrc);
    for (size_t i = 12; i < n; i++)
        p[i] = (uint8_t)(i * 3);
    if (w->has_extension) {
        put_be16(p + n, 0xbede);
        put_be16(p + n + 2, 2);
        put_be32(p + n + 4, (uint32_t)random_next(r));
        put_be32(p + n + 8, 7);
        n += 12;
    }
    for (size_t i = 0; i < w->payload_bytes; i++)
        p[n + i] = (uint8_t)random_next(r);
    return n + w->payload_bytes;
}

static inline size_t put_content(struct wire *w, struct random *r, uint8_t *p)
{
    size_t n = 8 + random_below(r, 100);

    if (w->content == WIRE_RTP || w->content == WIRE_FRAGMENTS)
        return put_rtp(w, r, p);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)random_next(r);
    if (w->content == WIRE_RTCP) {
        p[0] = 0x81;
        p[1] = 200;
    } else if (w->content == WIRE_UDPTL) {
        p[0] = 0; /* the first 256 packets of a fax */
    }
    return n;
}

/* One packet from its innermost bytes out; returns the frame's length. */
static inline size_t put_packet_of(struct wire *w, struct random *r, uint8_t *p)
{
    bool fragment = w->content == WIRE_FRAGMENTS, v6 = w->v6 && !fragment;
    uint8_t body[TRAFFIC_FRAME_MAX], protocol = w->content == WIRE_TCP ? 6 : 17;
    size_t n = put_content(w, r, body), at = put_link(w, p), outer = at, ip;

    if (w->content == WIRE_NOISE) {
        memcpy(p + at, body, n);
        return at + n;
    }
    if (w->tunnel != TUNNEL_NONE)
        at += 20;
    if (w->tunnel == TUNNEL_GRE)
        at += 4;
    if (w->tunnel == TUNNEL_VXLAN)
        at += 8 + 8 + 14;
    if (at > outer + 20)
        memset(p + outer + 20, 0, at - outer - 20);
    ip = at;
    at += put_ip(w, r, p + at, v6, protocol, n + 8,
                 fragment ? (uint16_t)(0x2000 | random_below(r, 3)) : 0);
    put_be16(p + at, w->sport);
    put_be16(p + at + 2, w->dport);
    put_be16(p + at + 4, (uint32_t)n + 8);
    put_be16(p + at + 6, 0);
    memcpy(p + at + 8, body, n);
    put_udp_sum(w, r, p + at, p + ip, v6, n + 8);
    at += 8 + n;
    if (w->tunnel == TUNNEL_VXLAN) {
        put_be16(p + outer + 20, 5000);
        put_be16(p + outer + 22, 4789);
        put_be16(p + outer + 24, (uint32_t)(at - outer - 20));
    }
    if (w->tunnel != TUNNEL_NONE)
        put_ip(w, r, p + outer, false,
               w->tunnel == TUNNEL_GRE     ? 47
               : w->tunnel == TUNNEL_VXLAN ? 17
                                           : 4,
               at - outer - 20, 0);
    return at;
}

/* What happens to one packet, not to the next. */
static inline void disturb(struct wire *w, struct random *r, uint8_t *p, size_t *n)
{
    switch (random_below(r, 9)) {
    case 0:
        p[random_below(r, (uint32_t)*n)] ^= (uint8_t)(1 + random_below(r, 255));
        break;
    case 1: /* a packet or some are lost */
        w->sequence = (uint16_t)(w->sequence + random_below(r, 30));
        break;
    case 2: /* silence */
        w->timestamp += 160 * random_below(r, 500);
        w->next_ns += (int64_t)random_below(r, 1000000000);
        break;
    case 3:
        w->payload_type = (uint8_t)random_below(r, 128);
        break;
    case 4:
        w->payload_bytes = (uint16_t)random_below(r, 400);
        break;
    case 5:
        w->ssrc = (uint32_t)random_next(r);
        break;
    case 6: /* Ethernet pads what is short, and some capture a trailer */
        memset(p + *n, 0, 18);
        *n += random_below(r, 18);
        break;
    case 7:
        w->next_ns -= (int64_t)random_below(r, 50000000);
        break;
    default:
        w->sequence--;
        break;
    }
}

/* The next frame of a wire, as a chunk's entry; returns the entry's length. */
static inline size_t wire_next(struct wire *w, struct random *r, uint8_t *entry)
{
    uint8_t *p = entry + CHUNK_FRAME_HEADER_BYTES;
    size_t n = put_packet_of(w, r, p), captured;
    int64_t time = w->next_ns + (int64_t)random_below(r, w->jitter_ns + 1);

    if (random_below(r, 1000) < w->odd)
        disturb(w, r, p, &n);
    w->sequence++;
    w->timestamp += 160;
    w->next_ns += 20000000;
    captured = n < w->snaplen ? n : w->snaplen;
    if (random_below(r, 1000) < w->odd / 4) /* cut anywhere, in its headers as well */
        captured = random_below(r, (uint32_t)captured + 1);
    chunk_put_frame(entry, time / w->resolution * w->resolution, (uint32_t)captured, (uint32_t)n);
    return CHUNK_FRAME_HEADER_BYTES + captured;
}

/* Entries of up to TRAFFIC_WIRES streams, in room for `room`; returns their bytes. */
static inline size_t traffic_chunk(struct random *r, uint8_t *raw, size_t room, unsigned frames,
                                   int64_t time, int64_t *first, int64_t *last, uint32_t *count)
{
    struct wire wires[TRAFFIC_WIRES];
    unsigned wire_count = 1 + random_below(r, TRAFFIC_WIRES);
    int64_t resolution = random_hits(r, 0.5) ? 1000 : 1;
    size_t used = 0;

    for (unsigned i = 0; i < wire_count; i++)
        wire_init(&wires[i], r, time + (int64_t)random_below(r, 20000000), resolution);
    *first = INT64_MAX;
    *last = INT64_MIN;
    *count = 0;
    while (*count < frames && room - used > CHUNK_FRAME_HEADER_BYTES + TRAFFIC_FRAME_MAX) {
        struct chunk_reader reader;
        size_t n = wire_next(&wires[random_below(r, wire_count)], r, raw + used);

        reader = chunk_reader_of(raw + used, n);
        chunk_read(&reader);
        if (reader.frame.time_ns < *first)
            *first = reader.frame.time_ns;
        if (reader.frame.time_ns > *last)
            *last = reader.frame.time_ns;
        used += n;
        ++*count;
    }
    return used;
}

#endif
