/*
 * Every packet comes by here, so it is about what touches memory how often.
 *
 * The packets of the last window lie one behind the other in a ring, their ignored fields zeroed. A
 * table of buckets, one cache line each, leads from a hash to places in the ring: eight of them, the
 * newest first, so that putting one in is a shift and the oldest falls out. Nothing is ever removed:
 * a place that the ring has passed is known by its number. Ring and table begin small, since a table
 * that fits the cache is worth more than one that is empty, and double when they would forget a
 * packet within the window, up to a cap; beyond it the oldest are forgotten early, and a copy that
 * comes late is not recognised.
 *
 * The hash covers the header and the first bytes of the payload, and the last ones. It is a sum of
 * products with a secret added to each word (NH, RFC 4418 §5.2): who does not know the secret makes
 * two packets collide with 2^-64. Packets that differ in between do collide, and who sends such ones
 * gains a comparison that ends at the first difference, or pushes his own packets out of the bucket:
 * the bytes decide.
 *
 * What is ignored: TTL and hop limit, and the header checksum with it; the checksums of UDP and TCP,
 * which a capture on the sending host has not yet got; DSCP and ECN, because a router between two
 * mirror ports may remark them.
 */
#include "probe/decap/duplicate.h"

#include "analyzer/base/siphash.h"

#include <errno.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 uint128;

enum {
    UNIT_BYTES = 8, /* the ring is counted in them */
    RING_FIRST_UNITS = (256 << 10) / UNIT_BYTES,
    RING_MAX_UNITS = (16 << 20) / UNIT_BYTES,
    PLACES = 8, /* in a bucket */
    BUCKETS_FIRST = 256,
    BUCKETS_MAX = 64 << 10, /* 4 MiB */

    PACKET_MAX_BYTES = 65535, /* what lies beyond is not looked at */
    /* Hashed, and where all that is ignored lies: behind the longest IPv4 header the checksum of
     * TCP; and IPv6, UDP, RTP and some of its payload. */
    HEAD_BYTES = 80,
    HEAD_WORDS = HEAD_BYTES / 8,
    TAIL_BYTES = 16,
    /* Of a packet cut by the snap length less is hashed: a tag more in front of it moves the cut. */
    CUT_HEAD_V4_WORDS = 5,
    CUT_HEAD_V6_WORDS = 7,

    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    IPV4_HEADER_BYTES = 20,
    IPV6_HEADER_BYTES = 40,
};

#define SKIPPED UINT32_MAX

/* In the ring: this, then the bytes. */
struct packet {
    uint32_t units;          /* of the ring, this header included */
    uint32_t captured_bytes; /* SKIPPED: nothing more up to where the ring begins anew */
    uint32_t wire_bytes;
    uint32_t zero;
    int64_t time_ns;
    uint64_t hash;
};

enum { HEADER_BYTES = sizeof(struct packet), SKIP_BYTES = 2 * sizeof(uint32_t) };

struct bucket {
    uint32_t tags[PLACES];   /* the high half of a hash */
    uint32_t places[PLACES]; /* in the ring, in units; they go on where it begins anew */
};

/* Bits that count are 1. */
struct mask {
    uint8_t bytes[HEAD_BYTES];
};

enum mask_kind { MASK_OTHER, MASK_UDP, MASK_TCP, MASK_KINDS };

struct duplicate {
    struct bucket *buckets;
    uint8_t *ring;
    uint32_t bucket_mask, unit_mask;
    uint32_t head, tail; /* in units: where the next packet goes, where the oldest one is */
    uint32_t packets;    /* in the ring */
    int64_t window_ns;
    uint64_t secret[HEAD_WORDS + TAIL_BYTES / 8 + 2];
    struct mask masks[2][MASK_KINDS]; /* IPv4 without options, IPv6 */
};

static void ignore(struct mask *mask, size_t at, size_t bytes)
{
    memset(mask->bytes + at, 0, bytes);
}

/* The checksum of what follows the IP header. */
static void ignore_checksum(struct mask *mask, enum mask_kind kind, size_t header_bytes)
{
    if (kind == MASK_UDP)
        ignore(mask, header_bytes + 6, 2);
    else if (kind == MASK_TCP)
        ignore(mask, header_bytes + 16, 2);
}

static void make_masks(struct duplicate *d)
{
    memset(d->masks, 0xff, sizeof d->masks);
    for (int kind = 0; kind < MASK_KINDS; kind++) {
        struct mask *v4 = &d->masks[0][kind], *v6 = &d->masks[1][kind];

        ignore(v4, 1, 1);  /* DSCP and ECN */
        ignore(v4, 8, 1);  /* TTL */
        ignore(v4, 10, 2); /* header checksum */
        ignore_checksum(v4, (enum mask_kind)kind, IPV4_HEADER_BYTES);
        v6->bytes[0] = 0xf0; /* traffic class */
        v6->bytes[1] = 0x0f;
        ignore(v6, 7, 1); /* hop limit */
        ignore_checksum(v6, (enum mask_kind)kind, IPV6_HEADER_BYTES);
    }
}

static struct bucket *allocate_buckets(uint32_t count)
{
    struct bucket *buckets = aligned_alloc(sizeof *buckets, count * sizeof *buckets);

    if (buckets)
        memset(buckets, 0, count * sizeof *buckets);
    return buckets;
}

int duplicate_new(struct duplicate **dp, int64_t window_ns, const uint64_t hash_key[2])
{
    struct siphash_key key = { { hash_key[0], hash_key[1] } };
    struct duplicate *d = calloc(1, sizeof *d);

    if (!d)
        return -ENOMEM;
    d->buckets = allocate_buckets(BUCKETS_FIRST);
    d->ring = malloc((size_t)RING_FIRST_UNITS * UNIT_BYTES);
    if (!d->buckets || !d->ring) {
        duplicate_free(d);
        return -ENOMEM;
    }
    d->bucket_mask = BUCKETS_FIRST - 1;
    d->unit_mask = RING_FIRST_UNITS - 1;
    d->window_ns = window_ns;
    for (uint64_t i = 0; i < sizeof d->secret / sizeof d->secret[0]; i++)
        d->secret[i] = siphash(&key, &i, sizeof i);
    make_masks(d);
    *dp = d;
    return 0;
}

void duplicate_free(struct duplicate *d)
{
    if (!d)
        return;
    free(d->buckets);
    free(d->ring);
    free(d);
}

static uint64_t word_at(const void *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static uint8_t *ring_at(const struct duplicate *d, uint32_t place)
{
    return d->ring + (size_t)(place & d->unit_mask) * UNIT_BYTES;
}

static struct packet packet_at(const struct duplicate *d, uint32_t place)
{
    struct packet packet;

    memcpy(&packet, ring_at(d, place), sizeof packet);
    return packet;
}

/* The first two numbers alone: all that there is where the ring was skipped. */
static uint32_t units_at(const struct duplicate *d, uint32_t place, bool *skipped)
{
    uint32_t numbers[2];

    memcpy(numbers, ring_at(d, place), sizeof numbers);
    *skipped = numbers[1] == SKIPPED;
    return numbers[0];
}

static bool is_held(const struct duplicate *d, uint32_t place)
{
    return place - d->tail < d->head - d->tail;
}

static bool in_window(const struct duplicate *d, int64_t a_ns, int64_t b_ns)
{
    int64_t apart_ns;

    return !__builtin_sub_overflow(a_ns, b_ns, &apart_ns) && apart_ns <= d->window_ns &&
           apart_ns >= -d->window_ns;
}

/* What falls out is the oldest. */
static void put(struct bucket *b, uint32_t tag, uint32_t place)
{
    memmove(b->tags + 1, b->tags, sizeof b->tags - sizeof b->tags[0]);
    memmove(b->places + 1, b->places, sizeof b->places - sizeof b->places[0]);
    b->tags[0] = tag;
    b->places[0] = place;
}

/* A table of what is in the ring. Without memory the old one stays. */
static bool rebuild(struct duplicate *d, uint32_t buckets)
{
    struct bucket *built = allocate_buckets(buckets);

    if (!built)
        return false;
    free(d->buckets);
    d->buckets = built;
    d->bucket_mask = buckets - 1;
    for (uint32_t place = d->tail, units; place != d->head; place += units) {
        bool skipped;

        units = units_at(d, place, &skipped);
        if (!skipped) {
            uint64_t hash = packet_at(d, place).hash;

            put(&d->buckets[(uint32_t)hash & d->bucket_mask], (uint32_t)(hash >> 32), place);
        }
    }
    return true;
}

/* Places stay what they are: a packet that did not cross the end of a ring does not cross that of
 * one of twice its size. */
static bool grow_ring(struct duplicate *d)
{
    uint32_t old_mask = d->unit_mask, mask = old_mask * 2 + 1;
    uint8_t *grown;

    if (mask >= RING_MAX_UNITS)
        return false;
    grown = malloc(((size_t)mask + 1) * UNIT_BYTES);
    if (!grown)
        return false;
    for (uint32_t place = d->tail, units; place != d->head; place += units) {
        bool skipped;

        units = units_at(d, place, &skipped);
        memcpy(grown + (size_t)(place & mask) * UNIT_BYTES, ring_at(d, place),
               skipped ? SKIP_BYTES : (size_t)units * UNIT_BYTES);
    }
    free(d->ring);
    d->ring = grown;
    d->unit_mask = mask;
    return true;
}

/* Makes `units` free at the head: forgets the oldest, or grows before it forgets what is needed. */
static void make_room(struct duplicate *d, uint32_t units, int64_t now_ns)
{
    while (d->head - d->tail + units > d->unit_mask + 1) {
        bool skipped;
        uint32_t oldest = units_at(d, d->tail, &skipped);

        if (!skipped) {
            if (in_window(d, packet_at(d, d->tail).time_ns, now_ns) && grow_ring(d))
                continue;
            d->packets--;
        }
        d->tail += oldest;
    }
}

/* Where a packet of so many units goes. Never across the end of the ring. */
static uint32_t claim(struct duplicate *d, uint32_t units, int64_t now_ns)
{
    uint32_t before = d->head, place, left;

    make_room(d, units, now_ns);
    left = d->unit_mask + 1 - (d->head & d->unit_mask);
    if (left < units) {
        uint32_t numbers[2] = { left, SKIPPED };

        make_room(d, left, now_ns);
        left = d->unit_mask + 1 - (d->head & d->unit_mask); /* it may have grown */
        if (left < units) {
            numbers[0] = left;
            memcpy(ring_at(d, d->head), numbers, sizeof numbers);
            d->head += left;
            make_room(d, units, now_ns);
        }
    }
    place = d->head;
    /* Long before a number comes again, those that are past are taken out of the table. */
    if ((before ^ (place + units)) >> 31 && !rebuild(d, d->bucket_mask + 1))
        memset(d->buckets, 0, (d->bucket_mask + 1) * sizeof *d->buckets);
    d->head += units;
    d->packets++;
    return place;
}

struct head {
    uint64_t words[HEAD_WORDS]; /* zero where there is nothing */
};

/* The first bytes of the packet without what is ignored. */
static inline void read_head(const struct duplicate *d, const uint8_t *p, size_t bytes, bool is_v6,
                             struct head *out)
{
    uint8_t few[HEAD_BYTES];
    struct mask with_options;
    const struct mask *mask;
    enum mask_kind kind;

    if (bytes < HEAD_BYTES) {
        memset(few, 0, sizeof few);
        memcpy(few, p, bytes);
        p = few;
    }
    kind = p[is_v6 ? 6 : 9] == PROTOCOL_UDP   ? MASK_UDP
           : p[is_v6 ? 6 : 9] == PROTOCOL_TCP ? MASK_TCP
                                              : MASK_OTHER;
    if (!is_v6 && ((p[6] & 0x1f) | p[7])) /* a later fragment has no transport header */
        kind = MASK_OTHER;
    mask = &d->masks[is_v6][kind];
    if (!is_v6 && (p[0] & 15) != IPV4_HEADER_BYTES / 4) {
        with_options = d->masks[0][MASK_OTHER];
        ignore_checksum(&with_options, kind, (size_t)(p[0] & 15) * 4);
        mask = &with_options;
    }
    for (size_t i = 0; i < HEAD_WORDS; i++)
        out->words[i] = word_at(p + 8 * i) & word_at(mask->bytes + 8 * i);
}

static inline uint64_t hash_of(const struct duplicate *d, const struct head *head,
                               size_t head_words, const uint8_t *tail, size_t wire_bytes)
{
    const uint64_t *secret = d->secret;
    uint128 sum = 0;

    for (size_t i = 0; i < head_words; i += 2)
        sum += (uint128)(head->words[i] + secret[i]) *
               ((i + 1 < head_words ? head->words[i + 1] : 0) + secret[i + 1]);
    secret += HEAD_WORDS;
    if (tail)
        sum += (uint128)(word_at(tail) + secret[0]) * (word_at(tail + 8) + secret[1]);
    sum = (uint128)((uint64_t)sum ^ secret[2]) *
          ((uint64_t)(sum >> 64) + secret[3] + (uint64_t)wire_bytes);
    return (uint64_t)sum ^ (uint64_t)(sum >> 64);
}

struct sight {
    const uint8_t *p;
    uint32_t captured_bytes, wire_bytes;
    int64_t time_ns;
    uint64_t hash;
    struct head head;
};

/* As far as both were captured. */
static bool is_same(const struct duplicate *d, uint32_t place, const struct sight *sight)
{
    struct packet packet = packet_at(d, place);
    const uint8_t *bytes = ring_at(d, place) + HEADER_BYTES;
    size_t both = packet.captured_bytes < sight->captured_bytes ? packet.captured_bytes
                                                                : sight->captured_bytes;

    if (packet.hash != sight->hash || packet.wire_bytes != sight->wire_bytes ||
        !in_window(d, packet.time_ns, sight->time_ns))
        return false;
    if (both <= HEAD_BYTES)
        return memcmp(bytes, &sight->head, both) == 0;
    return memcmp(bytes, &sight->head, HEAD_BYTES) == 0 &&
           memcmp(bytes + HEAD_BYTES, sight->p + HEAD_BYTES, both - HEAD_BYTES) == 0;
}

static bool is_in_bucket(const struct duplicate *d, const struct bucket *b,
                         const struct sight *sight)
{
    uint32_t tag = (uint32_t)(sight->hash >> 32), some = 0;

    for (int i = 0; i < PLACES; i++)
        some |= b->tags[i] == tag;
    if (!some)
        return false;
    for (int i = 0; i < PLACES; i++) {
        if (b->tags[i] == tag && is_held(d, b->places[i]) && is_same(d, b->places[i], sight))
            return true;
    }
    return false;
}

static void remember(struct duplicate *d, const struct sight *sight)
{
    size_t rest = sight->captured_bytes > HEAD_BYTES ? sight->captured_bytes - HEAD_BYTES : 0;
    struct packet packet = {
        .units = (uint32_t)((HEADER_BYTES + HEAD_BYTES + rest + UNIT_BYTES - 1) / UNIT_BYTES),
        .captured_bytes = sight->captured_bytes,
        .wire_bytes = sight->wire_bytes,
        .time_ns = sight->time_ns,
        .hash = sight->hash,
    };
    uint32_t place = claim(d, packet.units, sight->time_ns);
    struct bucket *b = &d->buckets[(uint32_t)sight->hash & d->bucket_mask];
    uint32_t oldest = b->places[PLACES - 1];
    uint8_t *to = ring_at(d, place);

    memcpy(to, &packet, sizeof packet);
    memcpy(to + HEADER_BYTES, &sight->head, HEAD_BYTES);
    if (rest)
        memcpy(to + HEADER_BYTES + HEAD_BYTES, sight->p + HEAD_BYTES, rest);
    /* Too many in one bucket: all buckets are full, or one is, by packets that hash alike. */
    if (is_held(d, oldest) && d->packets > d->bucket_mask && d->bucket_mask + 1 < BUCKETS_MAX &&
        in_window(d, packet_at(d, oldest).time_ns, sight->time_ns) &&
        rebuild(d, (d->bucket_mask + 1) * 2))
        return;
    put(b, (uint32_t)(sight->hash >> 32), place);
}

bool duplicate_see(struct duplicate *d, int64_t time_ns, struct slice ip_packet, size_t wire_bytes)
{
    const uint8_t *p = (const uint8_t *)ip_packet.p;
    size_t bytes = ip_packet.len < PACKET_MAX_BYTES ? ip_packet.len : PACKET_MAX_BYTES;
    bool is_v6, is_cut = bytes < wire_bytes;
    struct sight sight;

    if (bytes < IPV4_HEADER_BYTES)
        return false;
    is_v6 = p[0] >> 4 == 6;
    sight.p = p;
    sight.captured_bytes = (uint32_t)bytes;
    sight.wire_bytes = (uint32_t)wire_bytes;
    sight.time_ns = time_ns;
    read_head(d, p, bytes, is_v6, &sight.head);
    if (is_cut)
        sight.hash = hash_of(d, &sight.head, is_v6 ? CUT_HEAD_V6_WORDS : CUT_HEAD_V4_WORDS, NULL,
                             wire_bytes);
    else
        sight.hash = hash_of(d, &sight.head, HEAD_WORDS,
                             bytes > HEAD_BYTES ? p + bytes - TAIL_BYTES : NULL, wire_bytes);
    if (is_in_bucket(d, &d->buckets[(uint32_t)sight.hash & d->bucket_mask], &sight))
        return true;
    remember(d, &sight);
    return false;
}
