/*
 * media_scene - RTP and RTCP for a scene.
 */
#ifndef TESTS_UNIT_MEDIA_SCENE_H
#define TESTS_UNIT_MEDIA_SCENE_H

#include "tests/unit/analyzer_scene.h"

/* One way of media: what its next packet will be. */
struct talker {
    const char *src, *dst;
    uint32_t ssrc;
    uint16_t seq;
    uint32_t timestamp;
    uint8_t payload_type;
    uint32_t ticks; /* a packet; 0: 160 */
};

#define ALICE_TALKS ((struct talker){ .src = ALICE_RTP, .dst = BOB_RTP, .ssrc = 0xa11ce })
#define BOB_TALKS   ((struct talker){ .src = BOB_RTP, .dst = ALICE_RTP, .ssrc = 0xb0b })

static inline void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value >> 16);
    put_u16(at + 2, value);
}

static inline enum packet_bin send_payload(struct scene *s, const struct talker *t, bool marker,
                                           struct slice payload)
{
    uint8_t packet[200] = { 0x80 };

    assert_true(payload.len <= sizeof packet - 12);
    packet[1] = (uint8_t)(t->payload_type | (marker ? 0x80 : 0));
    put_u16(packet + 2, t->seq);
    put_u32(packet + 4, t->timestamp);
    put_u32(packet + 8, t->ssrc);
    memcpy(packet + 12, payload.p, payload.len);
    return send_bytes(s, t->src, t->dst, slice_of(packet, 12 + payload.len));
}

/* The next packet, without time going on. */
static inline enum packet_bin say(struct scene *s, struct talker *t)
{
    enum packet_bin bin = send_payload(s, t, false, SLICE("ssssssssssssssss"));

    t->seq++;
    t->timestamp += t->ticks ? t->ticks : 160;
    return bin;
}

/* n packets of 20 ms of each; b may be NULL. */
static inline void talk(struct scene *s, struct talker *a, struct talker *b, unsigned n)
{
    while (n--) {
        say(s, a);
        if (b)
            say(s, b);
        scene_wait_ms(s, 20);
    }
}

/* A report block: what by_ssrc heard of `of`. */
struct report {
    uint32_t of, lsr, dlsr;
    uint8_t fraction;
    int32_t lost;
    uint32_t jitter, highest;
};

/* A sender report with the time `ntp`, and a report block when there is one. */
static inline enum packet_bin send_sr(struct scene *s, const char *src, const char *dst,
                                      uint32_t ssrc, uint64_t ntp, const struct report *r)
{
    uint8_t packet[52] = { (uint8_t)(r ? 0x81 : 0x80), 200, 0, (uint8_t)(r ? 12 : 6) };

    put_u32(packet + 4, ssrc);
    put_u32(packet + 8, (uint32_t)(ntp >> 32));
    put_u32(packet + 12, (uint32_t)ntp);
    if (r) {
        put_u32(packet + 28, r->of);
        put_u32(packet + 32, (uint32_t)r->lost & 0xffffff);
        packet[32] = r->fraction;
        put_u32(packet + 36, r->highest);
        put_u32(packet + 40, r->jitter);
        put_u32(packet + 44, r->lsr);
        put_u32(packet + 48, r->dlsr);
    }
    return send_bytes(s, src, dst, slice_of(packet, r ? 52 : 28));
}

/* The stream of that SSRC among all reported, after the end. */
static inline const struct stream_record *stream_of(const struct scene *s, uint32_t ssrc)
{
    const struct stream_record *found = NULL;

    for (size_t i = 0; i < s->stream_count; i++) {
        if (s->streams[i]->ssrc != ssrc)
            continue;
        if (found)
            fail_msg("two streams of 0x%x", ssrc);
        found = s->streams[i];
    }
    if (!found)
        fail_msg("no stream of 0x%x", ssrc);
    return found;
}

static inline void expect_direction(const struct scene *s, uint32_t ssrc, const char *direction)
{
    expect_text(stream_of(s, ssrc)->direction, direction);
}

#endif
