/*
 * pack_stream - what the next packet of a stream will look like: the half of packing that both ends share.
 *
 * A stream is known by its newest packet. Of the next one everything is foretold: the same bytes, lengths
 * that follow the frame's, the IP id and the RTP sequence number and time stamp one step on, checksums
 * that fit, an arrival that is due. Whoever packs notes only what came otherwise, with the very functions
 * that unpacking uses: so a foretelling may be wrong, never what comes back.
 *
 * No link layer is known by name. Where the IP headers stand was found by whoever packed and is noted
 * with the first packet of a stream: up to three, one in the other, for packets in tunnels.
 *
 * Errors  What is read back is a stranger's: offsets are checked once against the header, and nothing
 *         that the header's own bytes say is believed without a look at its length.
 */
#ifndef STORAGE_PACKETS_PACK_STREAM_H
#define STORAGE_PACKETS_PACK_STREAM_H

#include "analyzer/base/bytes.h"

enum {
    PACK_STREAMS_MAX = 32,
    PACK_LAYERS_MAX = 3,
    PACK_SUMS_MAX = 2 * PACK_LAYERS_MAX, /* a layer's: of IP, of UDP */
    PACK_HEADER_MAX = 512,
    PACK_INTERVAL_MAX = INT32_MAX,
};

/* What stands behind the header. */
enum pack_content {
    PACK_CONTENT_RTP,   /* what is said: it goes to the payload */
    PACK_CONTENT_KEPT,  /* RTCP, STUN, DTLS: it stays with the headers */
    PACK_CONTENT_OTHER, /* nobody knows: payload */
    PACK_CONTENTS,
};

/* Where a checksum comes from. */
enum pack_sum {
    PACK_SUM_RIGHT, /* computed */
    PACK_SUM_SAME,  /* that of the packet before */
    PACK_SUM_TOLD,  /* noted with each packet */
    PACK_SUM_MODES,
};

struct pack_layer {
    uint16_t ip, udp; /* offsets; udp 0: none */
};

struct pack_layout {
    uint16_t header_bytes;
    uint16_t rtp; /* offset; 0: none */
    uint8_t content;
    uint8_t layer_count;
    struct pack_layer layers[PACK_LAYERS_MAX];
};

struct pack_stream {
    struct pack_layout layout;
    uint8_t sums[PACK_SUMS_MAX]; /* enum pack_sum */
    const uint8_t *last;         /* the header of its newest packet */
    uint32_t wire_bytes, captured_bytes;
    uint32_t packets;
    uint16_t id_step[PACK_LAYERS_MAX], id_new_step[PACK_LAYERS_MAX];
    uint32_t timestamp_step, timestamp_new_step;
    uint8_t marker, new_marker;
    int64_t due, interval; /* of the next packet, in the chunk's unit of time */
    uint64_t spread;       /* how far packets were from it lately, times 8 */
};

/* Offsets that a header of that length can have? */
bool pack_layout_is_possible(const struct pack_layout *l);

/* What the UDP payload of `bytes` is, by its first bytes; *rtp_header: its length, 0: not RTP. */
enum pack_content pack_content_of(const uint8_t *payload, size_t bytes, size_t *rtp_header);

/* The header that is due, into `out` (header_bytes of room), its checksums those of the packet before. */
void pack_predict(const struct pack_stream *s, uint32_t wire_bytes, uint8_t *out);

/* As pack_predict says captured_bytes will be. */
uint32_t pack_predict_captured(const struct pack_stream *s, uint32_t wire_bytes);

/* Where checksum f of the stream stands in its header; 0: it has none. */
size_t pack_sum_offset(const struct pack_layout *l, const uint8_t *header, unsigned f);

/*
 * Checksum f as it should be, of a header whose field is cleared for it, and of what follows; false: it
 * cannot be told, because bytes are missing. Inner ones first: outer ones cover them.
 */
bool pack_sum_compute(const struct pack_layout *l, uint8_t *header, const uint8_t *payload,
                      size_t payload_bytes, unsigned f, uint16_t *sum);

/* The packet that came: the next one is foretold from it. */
void pack_learn(struct pack_stream *s, const uint8_t *header, uint32_t captured_bytes,
                uint32_t wire_bytes);

/* Its first packet came at `time`; s says layout, checksums and interval. */
void pack_begin(struct pack_stream *s, const uint8_t *header, uint32_t captured_bytes,
                uint32_t wire_bytes, int64_t time);

/* When the next packet is due, knowing its header. */
int64_t pack_due(const struct pack_stream *s, const uint8_t *header);

/* Bits of the lower part of how far it is from that. */
unsigned pack_time_bits(const struct pack_stream *s);

/* It came at `time`, `late` behind what was due. */
void pack_learn_time(struct pack_stream *s, int64_t time, int64_t late);

/* Whose packet comes next, most likely; -1: nobody knows. */
int pack_guess(const struct pack_stream *streams, size_t count, int64_t now);

static inline uint16_t pack_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void pack_set_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline uint32_t pack_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void pack_set_u32(uint8_t *p, uint32_t v)
{
    pack_set_u16(p, (uint16_t)(v >> 16));
    pack_set_u16(p + 2, (uint16_t)v);
}

static inline bool pack_is_v6(const uint8_t *header, const struct pack_layer *layer)
{
    return header[layer->ip] >> 4 == 6;
}

#endif
