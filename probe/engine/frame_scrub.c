#include "probe/engine/frame_scrub.h"

#include "analyzer/privacy/mask.h"
#include "analyzer/privacy/sip_scrub.h"
#include "analyzer/rtp/dtmf.h"
#include "analyzer/rtp/rtcp_packet.h"
#include "analyzer/rtp/rtp_packet.h"
#include "analyzer/sip/sip_msg.h"

#include <errno.h>
#include <stdlib.h>

enum {
    PROTO_TCP = 6,
    PROTO_UDP = 17,
    UDP_BYTES = 8,
    TCP_BYTES_MIN = 20,
    V4_BYTES_MIN = 20,
    V6_BYTES = 40
};

struct frame_scrub {
    struct privacy privacy;
    struct scrub_counts counts;
    struct frame frame; /* that was given last; its data is `bytes` */
    uint8_t *bytes;
    size_t room;
    size_t shown_from, shown_until; /* of its bytes: masked, not blanked */
    char *text;
    size_t text_room;
};

int frame_scrub_new(struct frame_scrub **sp, const struct privacy *privacy)
{
    struct frame_scrub *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    s->privacy = *privacy;
    *sp = s;
    return 0;
}

void frame_scrub_free(struct frame_scrub *s)
{
    if (!s)
        return;
    free(s->bytes);
    free(s->text);
    free(s);
}

/* Where a packet's payload lies in its frame, and the checksum over it. */
struct place {
    size_t begin, end;
    size_t checksum; /* offset of it; 0: of this piece there is none */
    bool is_udp, is_piece;
};

static unsigned u16_at(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

/* The sum of RFC 1071 over bytes that begin at an even place of theirs. */
static uint32_t sum_of(const uint8_t *p, size_t len)
{
    uint64_t sum = 0;

    for (size_t i = 0; i + 1 < len; i += 2)
        sum += u16_at(p + i);
    if (len & 1)
        sum += (uint64_t)p[len - 1] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint32_t)sum;
}

/* a − b + c in ones' complement. */
static unsigned sum_moved(unsigned a, unsigned b, unsigned c)
{
    uint32_t sum = a + (~b & 0xffff) + c;

    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* RFC 1624: the checksum follows what changed. A piece has none of its own: its first two bytes make
 * up for the rest, so that the whole packet's stays right. */
static void move_checksum(struct frame_scrub *s, const struct place *at, uint32_t before)
{
    uint8_t *p = s->bytes + (at->checksum ? at->checksum : at->begin);
    uint32_t after = sum_of(s->bytes + at->begin, at->end - at->begin);
    unsigned old, now;

    if (after == before)
        return;
    if (!at->checksum) {
        if (at->end - at->begin < 2)
            return;
        now = sum_moved(u16_at(p), after, before);
    } else {
        old = u16_at(p);
        if (at->is_udp && old == 0) /* RFC 768: none */
            return;
        now = ~sum_moved(~old & 0xffff, before, after) & 0xffff;
        if (at->is_udp && now == 0)
            now = 0xffff;
    }
    p[0] = (uint8_t)(now >> 8);
    p[1] = (uint8_t)now;
}

static bool copy_frame(struct frame_scrub *s, const struct frame *frame)
{
    uint8_t *p;

    if (frame->captured_bytes > s->room || !s->bytes) {
        p = realloc(s->bytes, frame->captured_bytes + 1);
        if (!p)
            return false;
        s->bytes = p;
        s->room = frame->captured_bytes;
    }
    memcpy(s->bytes, frame->data, frame->captured_bytes);
    s->frame = *frame;
    s->frame.data = s->bytes;
    s->shown_from = s->shown_until = 0;
    return true;
}

/* The transport header and payload at bytes[at..end) of a packet between the two addresses. */
static bool find_payload(const uint8_t *bytes, size_t at, size_t end, uint8_t protocol,
                         const struct datagram *d, struct place *out)
{
    size_t header = UDP_BYTES;

    if (end - at < UDP_BYTES || u16_at(bytes + at) != d->src.port ||
        u16_at(bytes + at + 2) != d->dst.port)
        return false;
    out->is_udp = protocol == PROTO_UDP;
    if (!out->is_udp) {
        if (protocol != PROTO_TCP || end - at < TCP_BYTES_MIN)
            return false;
        header = (size_t)(bytes[at + 12] >> 4) * 4;
    }
    if (header > end - at)
        return false;
    out->begin = at + header;
    out->end = end;
    out->checksum = out->is_piece ? 0 : at + (out->is_udp ? 6 : 16);
    return true;
}

/* Is there the header of an IPv4 packet between the addresses at bytes[at]? */
static bool find_in_v4(const uint8_t *bytes, size_t at, size_t len, const struct datagram *d,
                       struct place *out)
{
    size_t header = (size_t)(bytes[at] & 15) * 4, total = u16_at(bytes + at + 2);
    unsigned fragment = u16_at(bytes + at + 6);

    if (bytes[at] >> 4 != 4 || header < V4_BYTES_MIN ||
        memcmp(bytes + at + 12, d->src.ip + 12, 4) != 0 ||
        memcmp(bytes + at + 16, d->dst.ip + 12, 4) != 0)
        return false;
    out->is_piece = (fragment & 0x3fff) != 0 || total > len - at; /* a tunnel's packet was cut */
    if (total < header || total > len - at)                       /* 0: its adapter was to cut it */
        total = len - at;
    if (header > total)
        return false;
    if (fragment & 0x1fff) {
        *out = (struct place){ at + header, at + total, 0, false, true };
        return true;
    }
    return find_payload(bytes, at + header, at + total, bytes[at + 9], d, out);
}

static bool find_in_v6(const uint8_t *bytes, size_t at, size_t len, const struct datagram *d,
                       struct place *out)
{
    size_t next = at + V6_BYTES, end = at + V6_BYTES + u16_at(bytes + at + 4);
    uint8_t protocol = bytes[at + 6];

    if (bytes[at] >> 4 != 6 || memcmp(bytes + at + 8, d->src.ip, 16) != 0 ||
        memcmp(bytes + at + 24, d->dst.ip, 16) != 0)
        return false;
    out->is_piece = end > len;
    if (end > len || end == next)
        end = len;
    while (protocol == 0 || protocol == 43 || protocol == 44 || protocol == 60) {
        size_t bytes_of_header = 8;

        if (next > end || end - next < 8)
            return false;
        if (protocol == 44) {
            unsigned fragment = u16_at(bytes + next + 2);

            out->is_piece |= (fragment & 0xfff9) != 0;
            if (fragment & 0xfff8) {
                *out = (struct place){ next + 8, end, 0, false, true };
                return true;
            }
        } else {
            bytes_of_header += (size_t)bytes[next + 1] * 8;
        }
        protocol = bytes[next];
        next += bytes_of_header;
    }
    return next <= end && find_payload(bytes, next, end, protocol, d, out);
}

/* Whatever stands around it, links, tags and tunnels: the first packet between the two addresses. */
static bool find_packet(const uint8_t *bytes, size_t len, const struct datagram *d,
                        struct place *out)
{
    bool v4 = addr_is_v4(&d->src);
    size_t least = v4 ? V4_BYTES_MIN : V6_BYTES;

    for (size_t at = 0; at + least <= len; at++) {
        if (v4 ? find_in_v4(bytes, at, len, d, out) : find_in_v6(bytes, at, len, d, out))
            return true;
    }
    return false;
}

/* A fragment of a packet that carries others (a tunnel): its own addresses are not known here, but an
 * IPv4 header has a checksum, and that of an IPv6 fragment is odd enough. */
static bool is_fragment_v4(const uint8_t *p, size_t len, size_t *header, size_t *total)
{
    *header = (size_t)(p[0] & 15) * 4;
    *total = u16_at(p + 2);
    return p[0] >> 4 == 4 && *header >= V4_BYTES_MIN && *total >= *header && *total <= len &&
           (u16_at(p + 6) & 0x3fff) != 0 && sum_of(p, *header) == 0xffff;
}

static bool is_fragment_v6(const uint8_t *p, size_t len, size_t *header, size_t *total)
{
    *header = V6_BYTES + 8;
    if (len < *header || p[0] >> 4 != 6 || p[6] != 44 || p[V6_BYTES + 1] != 0)
        return false;
    *total = V6_BYTES + u16_at(p + 4);
    return *total >= *header && *total <= len;
}

static bool find_fragment(const uint8_t *bytes, size_t len, struct place *out)
{
    size_t header, total;

    for (size_t at = 0; at + V4_BYTES_MIN <= len; at++) {
        if (!is_fragment_v4(bytes + at, len - at, &header, &total) &&
            !is_fragment_v6(bytes + at, len - at, &header, &total))
            continue;
        *out = (struct place){ at + header, at + total, 0, false, true };
        return true;
    }
    return false;
}

static void blank(struct frame_scrub *s, size_t begin, size_t end, enum scrub_note note)
{
    memset(s->bytes + begin, 'x', end - begin);
    s->counts.notes[note]++;
}

/* The bytes of a whole message at the beginning of the text; 0: there is none. */
static size_t whole_message(struct slice text)
{
    struct sip_msg msg;
    size_t head;

    if (!sip_msg_looks_like(text) || sip_msg_parse(&msg, text) != SIP_PARSE_OK ||
        sip_msg_has(&msg, SIP_ANOMALY_CUT))
        return 0;
    head = (size_t)(msg.header_block.p - text.p) + msg.header_block.len;
    if (msg.content_length < 0)
        return text.len;
    return (uint64_t)msg.content_length > text.len - head ? 0 : head + (size_t)msg.content_length;
}

/* As many messages as lie whole in it, from its beginning; the rest is blanked. */
static void scrub_stream(struct frame_scrub *s, const struct place *at)
{
    size_t pos = at->begin;

    while (pos < at->end) {
        char *text = (char *)s->bytes + pos;
        size_t n;

        if (*text == '\r' || *text == '\n') {
            pos++;
            continue;
        }
        n = whole_message(slice_of(text, at->end - pos));
        if (n == 0)
            break;
        sip_scrub(&s->privacy, text, n, &s->counts);
        pos += n;
    }
    s->shown_from = at->begin;
    s->shown_until = pos;
    if (pos < at->end)
        blank(s, pos, at->end, SCRUB_PIECE_BLANKED);
}

static void scrub_place(struct frame_scrub *s, const struct place *at)
{
    uint32_t before = sum_of(s->bytes + at->begin, at->end - at->begin);

    if (at->is_piece)
        blank(s, at->begin, at->end, SCRUB_PIECE_BLANKED);
    else if (at->is_udp)
        sip_scrub(&s->privacy, (char *)s->bytes + at->begin, at->end - at->begin, &s->counts);
    else
        scrub_stream(s, at);
    if (at->is_udp && !at->is_piece) {
        s->shown_from = at->begin;
        s->shown_until = at->end;
    }
    move_checksum(s, at, before);
}

static void scrub_sip(struct frame_scrub *s, const struct datagram *d)
{
    struct place at = { .begin = 0 };

    if (find_packet(s->bytes, s->frame.captured_bytes, d, &at) ||
        find_fragment(s->bytes, s->frame.captured_bytes, &at))
        scrub_place(s, &at);
    else
        blank(s, 0, s->frame.captured_bytes, SCRUB_FRAME_BLANKED);
}

/* An item of SDES: CNAME, NAME, EMAIL and PHONE name people, LOC and NOTE say things of them. */
static void scrub_sdes_item(const struct privacy *p, uint8_t type, char *text, size_t len)
{
    if (type >= 1 && type <= 4)
        mask_user_at(p, text, len, NULL);
    else if ((type == 5 || type == 7) && p->names)
        mask_blank(text, len);
}

/* One packet of SDES: chunks of an SSRC and items, each list ended by a zero and padded to words. */
static void scrub_sdes(const struct privacy *p, uint8_t *bytes, size_t len)
{
    size_t at = 8;

    while (at + 2 <= len) {
        size_t n = bytes[at + 1];

        if (bytes[at] == 0) {
            at = (at / 4 + 1) * 4 + 4;
            continue;
        }
        if (n > len - at - 2)
            n = len - at - 2;
        scrub_sdes_item(p, bytes[at], (char *)bytes + at + 2, n);
        at += 2 + n;
    }
}

static bool is_rtcp(const uint8_t *bytes, size_t len)
{
    return len >= 8 && bytes[0] >> 6 == 2 && bytes[1] >= 192 && bytes[1] <= 223;
}

static void scrub_rtcp(const struct privacy *p, uint8_t *bytes, size_t len)
{
    size_t at = 0;

    while (len - at >= 8 && bytes[at] >> 6 == 2) {
        size_t n = 4 * ((size_t)u16_at(bytes + at + 2) + 1);

        if (n > len - at)
            n = len - at;
        if (bytes[at + 1] == RTCP_SDES)
            scrub_sdes(p, bytes + at, n);
        at += n;
    }
}

enum { EVENT_BYTES = 4, KEY_EVENTS = 16 };

/* Events of keys (RFC 4733), one or several in a payload: which key it was becomes 0. */
static void blank_events(uint8_t *p, size_t len)
{
    for (; len >= EVENT_BYTES; p += EVENT_BYTES, len -= EVENT_BYTES) {
        if (p[0] < KEY_EVENTS)
            p[0] = 0;
    }
    if (len)
        p[0] = 0; /* cut */
}

/* RTP at bytes; the keys in it may be the payload or blocks of it (RFC 2198). */
static void scrub_keys(uint8_t *bytes, size_t len, uint8_t key_type)
{
    struct dtmf_red_block blocks[DTMF_RED_BLOCKS];
    struct rtp_packet packet;
    unsigned count;

    if (rtp_packet_parse(&packet, slice_of(bytes, len), (uint32_t)len) != RTP_PARSE_OK)
        return;
    if (packet.payload_type == key_type) {
        blank_events(bytes + (packet.payload.p - (char *)bytes), packet.payload.len);
        return;
    }
    count = dtmf_red_parse(blocks, packet.payload);
    for (unsigned i = 0; i < count; i++) {
        if (blocks[i].payload_type == key_type)
            blank_events(bytes + (blocks[i].payload.p - (char *)bytes), blocks[i].payload.len);
    }
}

/* Does anything of the packet have to change? */
static bool is_wanted(const struct frame_scrub *s, const struct datagram *d,
                      const struct claim *claim)
{
    if (claim->kind == CLAIM_SIP)
        return true;
    if (claim->key_type && s->privacy.blank & PRIVACY_BLANK_DTMF)
        return true;
    return privacy_masks(&s->privacy) && is_rtcp((const uint8_t *)d->payload.p, d->payload.len);
}

static void scrub_media(struct frame_scrub *s, const struct place *at, const struct claim *claim)
{
    uint8_t *p = s->bytes + at->begin;
    size_t len = at->end - at->begin;

    if (is_rtcp(p, len))
        scrub_rtcp(&s->privacy, p, len);
    else if (claim->key_type)
        scrub_keys(p, len, claim->key_type);
}

const struct frame *frame_scrub_frame(struct frame_scrub *s, const struct frame *frame,
                                      const struct decap_unit *unit, const struct claim *claim)
{
    const struct datagram *d = &unit->datagram;
    uint32_t offset;

    if (!is_wanted(s, d, claim))
        return frame;
    if (!copy_frame(s, frame))
        return NULL;
    if (d->transport == TRANSPORT_UDP && decap_payload_offset(frame, d, &offset) &&
        offset >= UDP_BYTES) {
        const struct place at = { offset, offset + d->payload.len, offset - 2, true, false };
        uint32_t before = sum_of(s->bytes + at.begin, at.end - at.begin);

        if (claim->kind == CLAIM_SIP) {
            scrub_place(s, &at);
        } else {
            scrub_media(s, &at, claim);
            move_checksum(s, &at, before);
        }
    } else if (claim->kind == CLAIM_SIP) {
        scrub_sip(s, d);
    }
    return &s->frame;
}

bool frame_scrub_shows(const struct frame_scrub *s, uint32_t offset, size_t len)
{
    return offset >= s->shown_from && offset <= s->shown_until && len <= s->shown_until - offset;
}

struct slice frame_scrub_text(struct frame_scrub *s, struct slice text)
{
    if (text.len > s->text_room || !s->text) {
        char *p = realloc(s->text, text.len + 1);

        if (!p)
            return SLICE_ABSENT;
        s->text = p;
        s->text_room = text.len;
    }
    if (text.len)
        memcpy(s->text, text.p, text.len);
    sip_scrub(&s->privacy, s->text, text.len, &s->counts);
    return slice_of(s->text, text.len);
}

void frame_scrub_count(const struct frame_scrub *s, struct counters *counters)
{
    static const enum refusal names[SCRUB_NOTE_COUNT] = {
#define X(id, name) [SCRUB_##id] = REFUSAL_PRIVACY_##id,
        SCRUB_NOTES(X)
#undef X
    };

    for (int i = 0; i < SCRUB_NOTE_COUNT; i++)
        counters->refusals[names[i]] += s->counts.notes[i];
}
