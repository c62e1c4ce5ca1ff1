#include "storage/packets/pack_stream.h"

#include "storage/packets/pack_bits.h"

enum {
    IPV4_BYTES = 20,
    IPV6_BYTES = 40,
    UDP_BYTES = 8,
    RTP_BYTES = 12,
    IPPROTO_OF_UDP = 17,
    FRAGMENT_MASK = 0x3fff, /* more fragments, and the offset */
    /* How many streams are asked whose turn it is; those of a call are fewer. */
    GUESS_MAX = 8,
    /* A time stamp that jumps further says nothing of the arrival. */
    JUMP_INTERVALS_MAX = 1000,
    TIME_BITS_MAX = 32,
    LATE_MAX_BITS = 40,
    FIRST_SPREAD = 64, /* of an interval: what packets are late by until it is known */
};

bool pack_layout_is_possible(const struct pack_layout *l)
{
    if (l->header_bytes > PACK_HEADER_MAX || l->layer_count > PACK_LAYERS_MAX ||
        l->layer_count == 0 || l->content >= PACK_CONTENTS)
        return false;
    for (int i = 0; i < l->layer_count; i++) {
        if (l->layers[i].ip + IPV4_BYTES > l->header_bytes ||
            (l->layers[i].udp && l->layers[i].udp + UDP_BYTES > l->header_bytes))
            return false;
    }
    return l->rtp == 0 || l->rtp + RTP_BYTES <= l->header_bytes;
}

/* Of what holds nothing that anybody said. Not by the first byte alone (RFC 7983): fax over UDPTL counts
 * its packets there, from 0 on. STUN by its cookie (RFC 8489 §5), DTLS by its version (RFC 9147 §4). */
static bool is_set_up(const uint8_t *p, size_t bytes)
{
    if (bytes >= 20 && p[0] < 4)
        return pack_u32(p + 4) == 0x2112a442;
    return bytes >= 13 && p[0] >= 20 && p[0] < 64 && p[1] == 0xfe && p[2] >= 0xfc;
}

/* RFC 5761: RTCP from RTP by the second byte. */
enum pack_content pack_content_of(const uint8_t *p, size_t bytes, size_t *rtp_header)
{
    size_t n = RTP_BYTES;

    *rtp_header = 0;
    if (bytes < 2)
        return PACK_CONTENT_OTHER;
    if (is_set_up(p, bytes))
        return PACK_CONTENT_KEPT;
    if (p[0] >> 6 != 2)
        return PACK_CONTENT_OTHER;
    if (p[1] >= 192 && p[1] < 224)
        return PACK_CONTENT_KEPT;
    n += (size_t)(p[0] & 15) * 4;
    if ((p[0] & 0x10) && n + 4 <= bytes)
        n += 4 + (size_t)pack_u16(p + n + 2) * 4;
    else if (p[0] & 0x10)
        return PACK_CONTENT_OTHER;
    if (n > bytes)
        return PACK_CONTENT_OTHER;
    *rtp_header = n;
    return PACK_CONTENT_RTP;
}

static void add_u16(uint8_t *p, uint16_t step)
{
    pack_set_u16(p, (uint16_t)(pack_u16(p) + step));
}

void pack_predict(const struct pack_stream *s, uint32_t wire_bytes, uint8_t *out)
{
    const struct pack_layout *l = &s->layout;
    uint16_t longer = (uint16_t)(wire_bytes - s->wire_bytes);

    memcpy(out, s->last, l->header_bytes);
    for (int i = 0; i < l->layer_count; i++) {
        uint8_t *ip = out + l->layers[i].ip;

        if (ip[0] >> 4 == 6) {
            add_u16(ip + 4, longer);
        } else {
            add_u16(ip + 2, longer);
            add_u16(ip + 4, s->id_step[i]);
        }
        if (l->layers[i].udp)
            add_u16(out + l->layers[i].udp + 4, longer);
    }
    if (l->rtp) {
        uint8_t *rtp = out + l->rtp;

        rtp[1] = (uint8_t)((rtp[1] & 0x7f) | s->marker);
        add_u16(rtp + 2, 1);
        pack_set_u32(rtp + 4, pack_u32(rtp + 4) + s->timestamp_step);
    }
}

uint32_t pack_predict_captured(const struct pack_stream *s, uint32_t wire_bytes)
{
    if (s->captured_bytes == s->wire_bytes)
        return wire_bytes;
    return s->captured_bytes < wire_bytes ? s->captured_bytes : wire_bytes;
}

size_t pack_sum_offset(const struct pack_layout *l, const uint8_t *header, unsigned f)
{
    const struct pack_layer *layer = &l->layers[f / 2];

    if (f & 1)
        return layer->udp ? (size_t)layer->udp + 6 : 0;
    return pack_is_v6(header, layer) ? 0 : (size_t)layer->ip + 10;
}

static uint32_t fold(uint64_t sum)
{
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & UINT32_MAX) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

/* RFC 1071: the sum is the same in either order of bytes, so words are added as the machine reads
 * them. Of a run of bytes that begins at an odd place it comes with its bytes changed over. */
static uint64_t add_bytes(uint64_t sum, const uint8_t *p, size_t n, bool odd)
{
    uint64_t own = 0;
    uint32_t word[2] = { 0, 0 };

    for (; n >= sizeof word; p += sizeof word, n -= sizeof word) {
        memcpy(word, p, sizeof word);
        own += (uint64_t)word[0] + word[1];
    }
    if (n) {
        word[0] = word[1] = 0;
        memcpy(word, p, n);
        own += (uint64_t)word[0] + word[1];
    }
    return sum + (odd ? __builtin_bswap16((uint16_t)fold(own)) : fold(own));
}

/* As it stands in the packet. */
static uint16_t finish(uint64_t sum)
{
    uint8_t bytes[2];
    uint16_t native = (uint16_t)~fold(sum);

    memcpy(bytes, &native, sizeof bytes);
    return pack_u16(bytes);
}

static bool ip_sum(const struct pack_layout *l, const uint8_t *header,
                   const struct pack_layer *layer, uint16_t *sum)
{
    size_t bytes = (size_t)(header[layer->ip] & 15) * 4;

    if (bytes < IPV4_BYTES || layer->ip + bytes > l->header_bytes)
        return false;
    *sum = finish(add_bytes(0, header + layer->ip, bytes, false));
    return true;
}

/* The addresses, the protocol and the length that UDP sums up with its own bytes. */
static bool add_pseudo_header(const struct pack_layout *l, const uint8_t *header,
                              const struct pack_layer *layer, uint16_t length, uint64_t *sum)
{
    const uint8_t *ip = header + layer->ip;
    uint8_t tail[4] = { 0, IPPROTO_OF_UDP, 0, 0 };

    if (pack_is_v6(header, layer)) {
        if (layer->ip + IPV6_BYTES > l->header_bytes)
            return false;
        *sum = add_bytes(0, ip + 8, 32, false);
    } else {
        if (pack_u16(ip + 6) & FRAGMENT_MASK)
            return false;
        *sum = add_bytes(0, ip + 12, 8, false);
    }
    pack_set_u16(tail + 2, length);
    *sum = add_bytes(*sum, tail, sizeof tail, false);
    return true;
}

static bool udp_sum(const struct pack_layout *l, const uint8_t *header,
                    const struct pack_layer *layer, const uint8_t *payload, size_t payload_bytes,
                    uint16_t *result)
{
    const uint8_t *udp = header + layer->udp;
    size_t here = (size_t)l->header_bytes - layer->udp, length = pack_u16(udp + 4);
    uint64_t sum;

    if (length < UDP_BYTES || !add_pseudo_header(l, header, layer, (uint16_t)length, &sum))
        return false;
    if (length <= here) {
        sum = add_bytes(sum, udp, length, false);
    } else {
        if (length - here > payload_bytes || !payload)
            return false;
        sum = add_bytes(sum, udp, here, false);
        sum = add_bytes(sum, payload, length - here, here & 1);
    }
    *result = finish(sum);
    if (*result == 0) /* RFC 768: 0 says that there is none */
        *result = 0xffff;
    return true;
}

bool pack_sum_compute(const struct pack_layout *l, uint8_t *header, const uint8_t *payload,
                      size_t payload_bytes, unsigned f, uint16_t *sum)
{
    const struct pack_layer *layer = &l->layers[f / 2];

    pack_set_u16(header + pack_sum_offset(l, header, f), 0);
    if (f & 1)
        return udp_sum(l, header, layer, payload, payload_bytes, sum);
    return ip_sum(l, header, layer, sum);
}

/* A step is usual when it came twice, or when there was none before. */
static void learn_ids(struct pack_stream *s, const uint8_t *header)
{
    for (int i = 0; i < s->layout.layer_count; i++) {
        size_t id = (size_t)s->layout.layers[i].ip + 4;
        uint16_t step = (uint16_t)(pack_u16(header + id) - pack_u16(s->last + id));

        if (s->packets == 1 || step == s->id_new_step[i])
            s->id_step[i] = step;
        s->id_new_step[i] = step;
    }
}

static void learn_rtp(struct pack_stream *s, const uint8_t *rtp, const uint8_t *last)
{
    uint32_t step = pack_u32(rtp + 4) - pack_u32(last + 4);
    uint8_t marker = rtp[1] & 0x80;

    if ((uint16_t)(pack_u16(rtp + 2) - pack_u16(last + 2)) == 1) {
        if (s->packets == 1 || step == s->timestamp_new_step)
            s->timestamp_step = step;
        s->timestamp_new_step = step;
    }
    if (marker == s->new_marker)
        s->marker = marker;
    s->new_marker = marker;
}

void pack_learn(struct pack_stream *s, const uint8_t *header, uint32_t captured_bytes,
                uint32_t wire_bytes)
{
    if (s->packets) {
        learn_ids(s, header);
        if (s->layout.rtp)
            learn_rtp(s, header + s->layout.rtp, s->last + s->layout.rtp);
    }
    s->last = header;
    s->captured_bytes = captured_bytes;
    s->wire_bytes = wire_bytes;
    if (s->packets < UINT32_MAX)
        s->packets++;
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

void pack_begin(struct pack_stream *s, const uint8_t *header, uint32_t captured_bytes,
                uint32_t wire_bytes, int64_t time)
{
    pack_learn(s, header, captured_bytes, wire_bytes);
    s->due = plus(time, s->interval);
    s->spread = (uint64_t)s->interval / FIRST_SPREAD * 8;
}

int64_t pack_due(const struct pack_stream *s, const uint8_t *header)
{
    uint32_t stepped;
    int64_t extra;

    if (!s->layout.rtp || s->timestamp_step == 0)
        return s->due;
    stepped = pack_u32(header + s->layout.rtp + 4) - pack_u32(s->last + s->layout.rtp + 4);
    if (stepped == s->timestamp_step)
        return s->due;
    extra =
        (int64_t)(int32_t)(stepped - s->timestamp_step) * s->interval / (int64_t)s->timestamp_step;
    if (extra > s->interval * JUMP_INTERVALS_MAX || extra < -s->interval * JUMP_INTERVALS_MAX)
        return s->due;
    return plus(s->due, extra);
}

unsigned pack_time_bits(const struct pack_stream *s)
{
    uint64_t mean = s->spread / 8;
    unsigned bits = mean ? 63 - (unsigned)__builtin_clzll(mean) : 0;

    return bits < TIME_BITS_MAX ? bits : TIME_BITS_MAX;
}

void pack_learn_time(struct pack_stream *s, int64_t time, int64_t late)
{
    uint64_t far = pack_zigzag(late);

    if (far >> LATE_MAX_BITS)
        far = UINT64_C(1) << LATE_MAX_BITS;
    s->spread += far - s->spread / 8;
    if (late / 2 > s->interval || late / 2 < -s->interval) { /* it begins anew from here */
        s->due = plus(time, s->interval);
        return;
    }
    /* Packets are sent evenly and arrive late: where they are sent is followed slowly, so that one
     * which is late does not make the next seem early. */
    s->due = plus(plus(time, -(late / 8 * 7)), s->interval);
    s->interval += late / 256;
    if (s->interval < 0)
        s->interval = 0;
    else if (s->interval > PACK_INTERVAL_MAX)
        s->interval = PACK_INTERVAL_MAX;
}

int pack_guess(const struct pack_stream *streams, size_t count, int64_t now)
{
    int best = count ? 0 : -1;
    bool found = false;

    if (count > GUESS_MAX)
        count = GUESS_MAX;
    for (size_t i = 0; i < count; i++) {
        const struct pack_stream *s = &streams[i];

        if (plus(s->due, s->interval) < now) /* it has paused, or ended */
            continue;
        if (!found || s->due < streams[best].due)
            best = (int)i;
        found = true;
    }
    return best;
}
