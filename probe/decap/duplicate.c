/*
 * Every packet comes by here, and nearly none was seen before. What costs is not to compute but to
 * wait for memory, so the way of a packet that is new touches only what is in the cache, or what was
 * asked for in time:
 *
 *   hash     of all its bytes but those that do not count
 *   filter   a few bits of each packet of the last two windows; "no" is the end of the search
 *   record   one cache line in a ring: hash, time, the first bytes
 *   bucket   from a hash to its record; written a few packets later, when the line has come
 *
 * On "perhaps" the bucket leads to the record, and the packet is a copy when it is of the window,
 * has the same hash and begins with the same bytes: both addresses, the IP id, the lengths, the
 * ports, the RTP header. The bytes behind are compared by the hash alone. It is keyed, of 64 bits,
 * and covers all of them; to keep every packet for this would double the cost. The hash is a sum of
 * products of the words with a secret added to each (NH, RFC 4418 §5.2), so that who does not know
 * the secret makes two packets collide no sooner than by chance; and without collisions he can
 * neither fill a bucket nor have another's packet taken for a copy.
 *
 * A record that was overwritten is known by its other hash, so nothing is ever removed. All begins
 * small, and doubles before a packet within the window would be forgotten, up to a cap; beyond it
 * the oldest are forgotten early, and a copy that comes late is analysed.
 *
 * What does not count: TTL and hop limit, and the header checksum with it; the checksums of UDP and
 * TCP, which a capture on the sending host has not yet got; DSCP and ECN, since a router between two
 * mirror ports may remark them, and nobody sends a packet again with its IP id and another DSCP.
 *
 * A packet cut by the snap length counts as far as it was captured. That RTP is the same is told by
 * its header, however far behind it the cut is: a tag more in front of the packet moves it.
 */
#include "probe/decap/duplicate.h"

#include "analyzer/base/siphash.h"

#include <errno.h>
#include <stdlib.h>

__extension__ typedef unsigned __int128 uint128;

enum {
    RECORDS_FIRST = 2048,
    PLACE_BITS = 18,
    RECORDS_MAX = 1 << PLACE_BITS, /* 26 MiB with all that belongs to them: 5 million packets/s */
    PLACES = 15,                   /* in a bucket: a cache line */
    RECORDS_A_BUCKET = 4,          /* on average: more than 15 are then in 2 of 100,000 */
    RECORDS_A_WORD = 4,            /* of the filter: it says "perhaps" for nothing to 1 in 100 */
    PENDING = 4,                   /* packets until the line of a bucket has come */
    RECORDS_AHEAD = 4,

    KEPT_WORDS = 6,
    HEAD_WORDS = 8, /* where all that does not count lies, but behind many IP options */
    HEAD_BYTES = HEAD_WORDS * 8,
    BLOCK_WORDS = 16,
    BLOCK_BYTES = BLOCK_WORDS * 8,

    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    IPV4_HEADER_BYTES = 20,
    IPV6_HEADER_BYTES = 40,
    UDP_AND_RTP_BYTES = 8 + 12,
};

/* A cache line. */
struct seen {
    uint64_t hash;
    int64_t time_ns;
    uint64_t words[KEPT_WORDS]; /* the first bytes, those that do not count zeroed */
};

/* A cache line. */
struct bucket {
    uint32_t slots[PLACES]; /* the highest bits of a hash, and its record's place in the ring */
    uint32_t oldest;        /* of the slots */
};

/* What is known, in one size. */
struct memory {
    struct seen *ring;
    struct bucket *buckets;
    uint64_t *filters[2]; /* of the window that has begun, and of the one before */
    uint32_t record_mask, bucket_mask, filter_mask; /* numbers of them, less 1 */
};

/* Bits that count are 1. */
struct mask {
    uint64_t words[HEAD_WORDS];
};

enum mask_kind { MASK_OTHER, MASK_UDP, MASK_TCP, MASK_KINDS };

struct pending {
    uint64_t hash; /* 0: none */
    uint32_t place;
};

struct duplicate {
    struct memory memory;
    uint64_t window_ns;
    int64_t filter_ns;      /* when the younger filter was begun */
    uint32_t filter_count;  /* packets in it */
    uint32_t head;          /* where the next record goes */
    uint32_t pending_count; /* that ever were */
    bool at_most;           /* not to grow any more */
    struct pending pending[PENDING];
    uint64_t secret[BLOCK_WORDS + 4];
    struct mask masks[2][MASK_KINDS]; /* IPv4 without options, IPv6 */
};

static void ignore(struct mask *mask, size_t at, size_t bytes)
{
    if (at + bytes <= HEAD_BYTES)
        memset((uint8_t *)mask->words + at, 0, bytes);
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
        memcpy(v6->words, "\xf0\x0f", 2); /* DSCP and ECN */
        ignore(v6, 7, 1);                 /* hop limit */
        ignore_checksum(v6, (enum mask_kind)kind, IPV6_HEADER_BYTES);
    }
}

static void *zeroed_lines(size_t bytes)
{
    void *p = aligned_alloc(64, bytes);

    if (p)
        memset(p, 0, bytes);
    return p;
}

static void memory_fini(struct memory *m)
{
    free(m->ring);
    free(m->buckets);
    free(m->filters[0]);
    free(m->filters[1]);
}

static bool memory_init(struct memory *m, size_t records)
{
    size_t buckets = records / RECORDS_A_BUCKET, words = records / RECORDS_A_WORD;

    m->ring = zeroed_lines(records * sizeof *m->ring);
    m->buckets = zeroed_lines(buckets * sizeof *m->buckets);
    m->filters[0] = zeroed_lines(words * sizeof *m->filters[0]);
    m->filters[1] = zeroed_lines(words * sizeof *m->filters[1]);
    m->record_mask = (uint32_t)records - 1;
    m->bucket_mask = (uint32_t)buckets - 1;
    m->filter_mask = (uint32_t)words - 1;
    if (m->ring && m->buckets && m->filters[0] && m->filters[1])
        return true;
    memory_fini(m);
    return false;
}

int duplicate_new(struct duplicate **dp, int64_t window_ns, const uint64_t hash_key[2])
{
    struct siphash_key key = { { hash_key[0], hash_key[1] } };
    struct duplicate *d = calloc(1, sizeof *d);

    if (!d)
        return -ENOMEM;
    if (!memory_init(&d->memory, RECORDS_FIRST)) {
        free(d);
        return -ENOMEM;
    }
    d->window_ns = window_ns > 0 ? (uint64_t)window_ns : 0;
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
    memory_fini(&d->memory);
    free(d);
}

/* Numbers that wrap: two times 584 years apart are nobody's. */
static inline bool in_window(const struct duplicate *d, int64_t a_ns, int64_t b_ns)
{
    return (uint64_t)a_ns - (uint64_t)b_ns + d->window_ns <= 2 * d->window_ns;
}

static uint32_t tag_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32) & ~(uint32_t)(RECORDS_MAX - 1);
}

static inline struct bucket *bucket_of(const struct memory *m, uint64_t hash)
{
    return &m->buckets[hash & m->bucket_mask];
}

static inline void put(const struct memory *m, uint64_t hash, uint32_t place)
{
    struct bucket *b = bucket_of(m, hash);

    b->slots[b->oldest] = tag_of(hash) | place;
    b->oldest = b->oldest == PLACES - 1 ? 0 : b->oldest + 1;
}

/* The filter's word and, in it, three bits. */
static inline uint64_t *word_of(const struct memory *m, int filter, uint64_t hash)
{
    return &m->filters[filter][(hash >> 18) & m->filter_mask];
}

static inline uint64_t bits_of(uint64_t hash)
{
    return UINT64_C(1) << (hash >> 46 & 63) | UINT64_C(1) << (hash >> 52 & 63) |
           UINT64_C(1) << (hash >> 58);
}

static inline bool is_perhaps_known(const struct duplicate *d, uint64_t hash)
{
    uint64_t bits = bits_of(hash);

    return (*word_of(&d->memory, 0, hash) & bits) == bits ||
           (*word_of(&d->memory, 1, hash) & bits) == bits;
}

static __attribute__((noinline)) void turn_filters(struct duplicate *d, int64_t now_ns)
{
    struct memory *m = &d->memory;
    uint64_t *oldest = m->filters[1];

    memset(oldest, 0, (m->filter_mask + (size_t)1) * sizeof *oldest);
    m->filters[1] = m->filters[0];
    m->filters[0] = oldest;
    d->filter_count = 0;
    d->filter_ns = now_ns;
}

/* Twice the room. The new records lie between the newest and the oldest. */
static __attribute__((noinline)) void grow(struct duplicate *d)
{
    struct memory *was = &d->memory, m;
    uint32_t more = was->record_mask + 1, head = d->head;

    if (more >= RECORDS_MAX || !memory_init(&m, (size_t)more * 2)) {
        d->at_most = true;
        return;
    }
    memcpy(m.ring, was->ring, head * sizeof *m.ring);
    memcpy(m.ring + head + more, was->ring + head, (more - head) * sizeof *m.ring);
    for (uint32_t i = 0; i < more; i++) {
        uint32_t place = (head + more + i) & m.record_mask;
        uint64_t hash = m.ring[place].hash;

        put(&m, hash, place);
        *word_of(&m, 0, hash) |= bits_of(hash);
    }
    memset(d->pending, 0, sizeof d->pending);
    memory_fini(was);
    *was = m;
}

static uint64_t word_at(const void *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof word);
    return word;
}

static enum mask_kind kind_of(const uint8_t *p, bool is_v6)
{
    uint8_t protocol = p[is_v6 ? 6 : 9];

    if (!is_v6 && ((p[6] & 0x1f) | p[7])) /* a later fragment has no transport header */
        return MASK_OTHER;
    return protocol == PROTOCOL_UDP ? MASK_UDP : protocol == PROTOCOL_TCP ? MASK_TCP : MASK_OTHER;
}

/* The first words without what does not count. */
static inline void read_head(const struct duplicate *d, const uint8_t *p, size_t bytes,
                             uint64_t head[HEAD_WORDS])
{
    bool is_v6 = p[0] >> 4 == 6;
    enum mask_kind kind = kind_of(p, is_v6);
    const struct mask *mask = &d->masks[is_v6][kind];
    uint8_t few[HEAD_BYTES];
    struct mask options;

    if (!is_v6 && (p[0] & 15) != IPV4_HEADER_BYTES / 4) {
        options = d->masks[0][MASK_OTHER];
        ignore_checksum(&options, kind, (size_t)(p[0] & 15) * 4);
        mask = &options;
    }
    if (bytes < HEAD_BYTES) {
        memset(few, 0, sizeof few);
        memcpy(few, p, bytes);
        p = few;
    }
    for (size_t i = 0; i < HEAD_WORDS; i++)
        head[i] = word_at(p + 8 * i) & mask->words[i];
}

static inline uint64_t fold(const struct duplicate *d, uint128 sum, uint64_t hash)
{
    const uint64_t *secret = d->secret + BLOCK_WORDS;
    uint128 product =
        (uint128)((uint64_t)sum + secret[0]) * ((uint64_t)(sum >> 64) + hash + secret[1]);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint128 product_of(const struct duplicate *d, size_t i, uint64_t a, uint64_t b)
{
    return (uint128)(a + d->secret[i]) * (b + d->secret[i + 1]);
}

/* Of the head, and of the bytes behind it: blocks of words, then pairs, then the last two words,
 * which may have been there before. */
static inline uint64_t hash_of(const struct duplicate *d, const uint64_t head[HEAD_WORDS],
                               const uint8_t *p, size_t bytes, size_t wire_bytes)
{
    uint64_t hash = wire_bytes;
    uint128 sum = 0;

    for (size_t i = 0; i < HEAD_WORDS; i += 2)
        sum += product_of(d, i, head[i], head[i + 1]);
    hash = fold(d, sum, hash);
    if (bytes <= HEAD_BYTES)
        return hash;
    p += HEAD_BYTES;
    bytes -= HEAD_BYTES;
    for (; bytes > BLOCK_BYTES; bytes -= BLOCK_BYTES, p += BLOCK_BYTES) {
        sum = 0;
        for (size_t i = 0; i < BLOCK_WORDS; i += 2)
            sum += product_of(d, i, word_at(p + 8 * i), word_at(p + 8 * i + 8));
        hash = fold(d, sum, hash);
    }
    sum = product_of(d, BLOCK_WORDS + 2, word_at(p + bytes - 16), word_at(p + bytes - 8));
    for (size_t i = 0; i + 16 < bytes; i += 16)
        sum += product_of(d, i / 8, word_at(p + i), word_at(p + i + 8));
    return fold(d, sum, hash);
}

/* How far a packet that was cut is looked at; 0: too little was captured to tell it from others. */
static __attribute__((noinline)) size_t extent_of_cut(const uint8_t *p, size_t bytes)
{
    bool is_v6 = p[0] >> 4 == 6;
    size_t header_bytes = is_v6 ? IPV6_HEADER_BYTES : (size_t)(p[0] & 15) * 4;

    if (bytes < header_bytes + UDP_AND_RTP_BYTES)
        return 0;
    if (kind_of(p, is_v6) == MASK_UDP && p[header_bytes + 8] >> 6 == 2)
        return header_bytes + UDP_AND_RTP_BYTES;
    return bytes;
}

static void put_pending(struct duplicate *d)
{
    struct pending *pending = &d->pending[d->pending_count++ % PENDING];

    if (pending->hash)
        put(&d->memory, pending->hash, pending->place);
    pending->hash = 0;
}

static __attribute__((noinline)) bool is_known(struct duplicate *d, uint64_t hash,
                                               const uint64_t head[HEAD_WORDS], int64_t time_ns)
{
    const struct bucket *b = bucket_of(&d->memory, hash);

    for (int i = 0; i < PENDING; i++)
        put_pending(d);
    for (int i = 0; i < PLACES; i++) {
        uint32_t place = b->slots[i] ^ tag_of(hash);

        if (place <= d->memory.record_mask) {
            const struct seen *seen = &d->memory.ring[place];

            if (seen->hash == hash && in_window(d, seen->time_ns, time_ns) &&
                memcmp(seen->words, head, sizeof seen->words) == 0)
                return true;
        }
    }
    return false;
}

static inline void remember(struct duplicate *d, uint64_t hash, const uint64_t head[HEAD_WORDS],
                            int64_t time_ns)
{
    struct pending *pending;
    struct seen *seen;

    if (in_window(d, d->memory.ring[d->head].time_ns, time_ns) && !d->at_most)
        grow(d);
    *word_of(&d->memory, 0, hash) |= bits_of(hash);
    d->filter_count++;
    seen = &d->memory.ring[d->head];
    seen->hash = hash;
    seen->time_ns = time_ns;
    memcpy(seen->words, head, sizeof seen->words);
    put_pending(d);
    pending = &d->pending[(d->pending_count - 1) % PENDING];
    pending->hash = hash;
    pending->place = d->head;
    d->head = (d->head + 1) & d->memory.record_mask;
    __builtin_prefetch(bucket_of(&d->memory, hash), 1);
    __builtin_prefetch(&d->memory.ring[(d->head + RECORDS_AHEAD) & d->memory.record_mask], 1);
}

bool duplicate_see(struct duplicate *d, int64_t time_ns, struct slice ip_packet, size_t wire_bytes)
{
    const uint8_t *p = (const uint8_t *)ip_packet.p;
    size_t bytes = ip_packet.len;
    uint64_t head[HEAD_WORDS], hash;

    if (bytes < IPV4_HEADER_BYTES)
        return false;
    if (bytes < wire_bytes) {
        bytes = extent_of_cut(p, bytes);
        if (bytes == 0)
            return false;
    }
    read_head(d, p, bytes, head);
    hash = hash_of(d, head, p, bytes, wire_bytes);
    if (!in_window(d, time_ns, d->filter_ns) || d->filter_count > d->memory.record_mask)
        turn_filters(d, time_ns);
    if (is_perhaps_known(d, hash) && is_known(d, hash, head, time_ns))
        return true;
    remember(d, hash, head, time_ns);
    return false;
}
