/*
 * fuzz_rtp_packet - any bytes as RTP packets: header, extension, padding, telephone event, and the
 * stream that they make.
 *
 * The input is a sequence of packets: two bytes of length (of which the highest bit says that the
 * snap length cut it), one byte of how much later it comes in ms, then that many bytes. What is held
 * against it: a payload lies within its datagram, a packet that is one stays one whatever was cut
 * off behind its header, and the stream's figures hold their invariants (rtp_stream.h).
 */
#include "analyzer/rtp/dtmf.h"
#include "analyzer/rtp/rtp_stream.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_BYTES = 3, SNAPPED = 0x80, EVENT_TYPE = 101 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

struct blocks {
    int64_t last; /* number of the one before; INT64_MIN: none */
    int64_t numbers, seen;
};

static void retire(void *ctx, const struct rtp_block *block)
{
    struct blocks *b = ctx;

    must(block->number > b->last);
    must((block->seen & ~block->valid) == 0);
    b->last = block->number;
    b->numbers += __builtin_popcountll(block->valid);
    b->seen += __builtin_popcountll(block->seen);
}

static void observe(struct rtp_stream *s, const struct rtp_packet *packet, int64_t time_ns,
                    struct quantile *jitter, struct blocks *blocks)
{
    struct rtp_observation seen;

    rtp_stream_observe(s, packet, time_ns, packet->payload_type != EVENT_TYPE, jitter, retire,
                       blocks, &seen);
    must(s->first <= s->highest);
    must(s->jitter_ms >= 0 && s->jitter_max_ms >= s->jitter_ms);
    must(seen.arrival != RTP_ARRIVAL_IN_ORDER || (uint16_t)seen.ext == packet->seq);
    must(s->duplicates <= s->packets && s->out_of_order <= s->packets);
    must(s->dtx_ticks >= 0 && s->dtx_ticks <= s->media_ticks && s->doubtful <= s->steps);
    must(!seen.jumped || seen.rebased);
    s->own_ticks = (uint32_t)packet->payload.len;
}

/* The same datagram in a block of its own size, or cut behind its header. */
static bool parse(struct rtp_packet *packet, struct slice datagram, uint32_t wire_bytes)
{
    struct rtp_packet again;

    if (rtp_packet_parse(packet, datagram, wire_bytes) != RTP_PARSE_OK)
        return false;
    must(datagram.len >= RTP_HEADER_BYTES && packet->payload_type < 128);
    must(packet->payload.p >= datagram.p + RTP_HEADER_BYTES &&
         packet->payload.p + packet->payload.len <= datagram.p + datagram.len);
    datagram.len = (size_t)(packet->payload.p - datagram.p);
    must(rtp_packet_parse(&again, datagram, wire_bytes + 1) == RTP_PARSE_OK);
    must(again.seq == packet->seq && again.ssrc == packet->ssrc && again.payload.len == 0);
    return true;
}

static void check_event(const struct rtp_packet *packet)
{
    struct dtmf_event event;
    bool is_event = dtmf_event_parse(&event, packet->payload);

    must(is_event == (packet->payload.len >= 4));
}

static void check_redundancy(const struct rtp_packet *packet)
{
    struct dtmf_red_block blocks[DTMF_RED_BLOCKS];
    unsigned count = dtmf_red_parse(blocks, packet->payload);
    const char *at = packet->payload.p + (count ? 4 * (count - 1) + 1 : 0);

    must(count <= DTMF_RED_BLOCKS);
    for (unsigned i = 0; i < count; i++) {
        must(blocks[i].payload.p == at || blocks[i].payload.len == 0);
        at += blocks[i].payload.len;
    }
    must(count == 0 || at == packet->payload.p + packet->payload.len);
}

/* Takes one packet off the front; false at the end. */
static bool cut_datagram(struct slice *rest, struct slice *datagram, uint32_t *wire_bytes,
                         int64_t *time_ns)
{
    const uint8_t *head = (const uint8_t *)rest->p;
    size_t len;

    if (rest->len < HEAD_BYTES)
        return false;
    len = (size_t)(head[0] & ~SNAPPED) << 8 | head[1];
    *time_ns += (int64_t)head[2] * 1000000;
    if (len > rest->len - HEAD_BYTES)
        len = rest->len - HEAD_BYTES;
    *datagram = slice_of(rest->p + HEAD_BYTES, len);
    *wire_bytes = (uint32_t)len + (head[0] & SNAPPED ? 100 : 0);
    *rest = slice_of(datagram->p + len, rest->len - HEAD_BYTES - len);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of(data, size), datagram;
    struct blocks blocks = { .last = INT64_MIN };
    struct quantile jitter = { 0 };
    struct rtp_stream stream;
    int64_t time_ns = 0, packets = 0;
    uint32_t wire_bytes;

    rtp_stream_init(&stream, 8000);
    while (cut_datagram(&rest, &datagram, &wire_bytes, &time_ns)) {
        struct rtp_packet packet;

        if (!parse(&packet, datagram, wire_bytes))
            continue;
        check_event(&packet);
        check_redundancy(&packet);
        observe(&stream, &packet, time_ns, &jitter, &blocks);
        packets++;
    }
    rtp_stream_flush(&stream, retire, &blocks);
    must(packets == 0 || blocks.numbers == rtp_stream_expected(&stream));
    must(blocks.seen <= packets);
    quantile_fini(&jitter);
    return 0;
}
