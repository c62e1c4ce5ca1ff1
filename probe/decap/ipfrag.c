/*
 * A packet in pieces is a set: the frames that came, in the order captured, and an array of its
 * pieces in the order of their offsets, which never overlap. Whole is what has as many bytes as the
 * last piece says there are.
 *
 * What a hostile sender may cost: a piece finds its place by bisection and moves at most PIECES_MAX
 * others; a set, its array and its frames are all paid from one budget; the oldest set is found by
 * its deadline. A condemned set keeps its key, so that later pieces of it are known, and nothing
 * else.
 */
#include "probe/decap/ipfrag.h"

#include "analyzer/base/expiry.h"
#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"

#include <errno.h>
#include <stdlib.h>

#define LIFE_NS INT64_C(30000000000) /* RFC 1122 §3.3.2 wants 60 to 120; Linux takes 30 */

enum {
    PACKET_MAX_BYTES = 65535,
    /* A link of IPv4 carries at least 68 bytes (RFC 791), 48 of them payload: 1,366 pieces. */
    PIECES_MAX = 2048,
    PIECES_FEW = 2, /* most packets in pieces have two */
};

struct piece {
    const uint8_t *p; /* into a frame or a copy of the set */
    uint32_t offset_bytes, captured_bytes, wire_bytes;
};

/* Without holes, since it is hashed and compared as bytes. */
struct key {
    uint8_t src_ip[16], dst_ip[16];
    uint32_t id, network;
    uint8_t protocol; /* 0 in IPv6: there the id alone tells (RFC 8200 §4.5) */
    uint8_t is_v6;
    uint8_t zero[2];
};

struct set {
    struct expiry_link link; /* first: the wheel gives it back */
    struct key key;
    uint64_t hash;
    int64_t first_ns;
    struct held_frame *frames, **frames_end; /* in the order captured */
    size_t frame_count;
    struct held_frame *copies; /* of pieces that are not in a frame as captured */
    struct piece *pieces;      /* `few`, or a block */
    size_t piece_count, piece_room;
    struct piece few[PIECES_FEW];
    uint32_t have_bytes, end_bytes; /* in all; where the furthest one ends */
    uint32_t total_bytes;           /* 0: the last piece has not come */
    uint8_t protocol;               /* of the first piece */
    bool condemned;
};

struct ipfrag {
    struct siphash_key hash_key;
    struct table sets;
    struct expiry deadlines;
    struct held_budget budget;
    struct counters *counters;
    struct ipfrag_stats stats;
    struct held_frame *lent; /* the frames of what was joined last */
    const struct held_frame **parts;
    size_t part_room;
    /* A piece may lie in what was joined before: a fragment within a tunnel in fragments. */
    uint8_t *joined[2];
    unsigned joined_last;
};

int ipfrag_new(struct ipfrag **fp, const struct decap_options *options, struct counters *counters)
{
    struct ipfrag *f = calloc(1, sizeof *f);

    if (!f)
        return -ENOMEM;
    if (table_init(&f->sets, options->fragmented_max) != 0) {
        free(f);
        return -ENOMEM;
    }
    expiry_init(&f->deadlines);
    f->hash_key = (struct siphash_key){ { options->hash_key[0], options->hash_key[1] } };
    f->budget.max_bytes = options->fragment_bytes_max;
    f->counters = counters;
    *fp = f;
    return 0;
}

static void release_list(struct ipfrag *f, struct held_frame **list)
{
    while (*list) {
        struct held_frame *held = *list;

        *list = held->next;
        held_release(&f->budget, held);
    }
}

/* Whatever a set holds but its key. */
static void empty_set(struct ipfrag *f, struct set *s)
{
    release_list(f, &s->frames);
    release_list(f, &s->copies);
    if (s->pieces != s->few) {
        f->budget.used_bytes -= s->piece_room * sizeof *s->pieces;
        free(s->pieces);
    }
    s->pieces = s->few;
    s->piece_room = PIECES_FEW;
    s->piece_count = s->frame_count = 0;
    s->frames_end = &s->frames;
}

static void free_set(struct ipfrag *f, struct set *s)
{
    empty_set(f, s);
    expiry_cancel(&s->link);
    table_remove(&f->sets, s->hash, s);
    f->budget.used_bytes -= sizeof *s;
    free(s);
}

static void give_up(struct ipfrag *f, struct set *s)
{
    f->stats.frames_expired += s->frame_count;
    free_set(f, s);
}

static void condemn(struct ipfrag *f, struct set *s)
{
    f->stats.frames_expired += s->frame_count;
    empty_set(f, s);
    s->condemned = true;
}

void ipfrag_finish(struct ipfrag *f)
{
    struct expiry_link *link;

    release_list(f, &f->lent);
    while ((link = expiry_pop_any(&f->deadlines)) != NULL)
        give_up(f, (struct set *)(void *)link);
}

void ipfrag_free(struct ipfrag *f)
{
    if (!f)
        return;
    ipfrag_finish(f);
    table_fini(&f->sets);
    free(f->parts);
    free(f->joined[0]);
    free(f->joined[1]);
    free(f);
}

void ipfrag_tick(struct ipfrag *f, int64_t now_ns)
{
    struct expiry_link *link;

    release_list(f, &f->lent);
    while ((link = expiry_pop(&f->deadlines, now_ns)) != NULL)
        give_up(f, (struct set *)(void *)link);
}

const struct ipfrag_stats *ipfrag_stats(const struct ipfrag *f)
{
    return &f->stats;
}

/* Lets the set go that has waited longest, but not this one. */
static bool evict(struct ipfrag *f, const struct set *keep)
{
    struct expiry_link *link = expiry_first(&f->deadlines);

    if (link && keep && link == &keep->link)
        link = expiry_next(&f->deadlines, link);
    if (!link)
        return false;
    f->counters->refusals[REFUSAL_FRAGMENTED]++;
    give_up(f, (struct set *)(void *)link);
    return true;
}

static bool make_room(struct ipfrag *f, size_t bytes, const struct set *keep)
{
    if (bytes > f->budget.max_bytes)
        return false;
    while (bytes > f->budget.max_bytes - f->budget.used_bytes) {
        if (!evict(f, keep))
            return false;
    }
    return true;
}

static enum packet_bin no_memory(struct ipfrag *f)
{
    f->counters->refusals[REFUSAL_MEMORY]++;
    return BIN_FRAGMENT_LIMIT;
}

static struct key key_of(const struct ipfrag_piece *piece)
{
    struct key key = { .id = piece->id, .network = piece->network, .is_v6 = piece->is_v6 };
    size_t bytes = piece->is_v6 ? 16 : 4;

    memcpy(key.src_ip, piece->src_ip, bytes);
    memcpy(key.dst_ip, piece->dst_ip, bytes);
    if (!piece->is_v6)
        key.protocol = piece->protocol;
    return key;
}

static bool is_of_key(const void *item, const void *key)
{
    const struct set *s = item;

    return memcmp(&s->key, key, sizeof s->key) == 0;
}

/* More than a set's life between two times, in either direction. */
static bool is_past(int64_t first_ns, int64_t now_ns)
{
    int64_t age_ns;

    return __builtin_sub_overflow(now_ns, first_ns, &age_ns) || age_ns > LIFE_NS ||
           age_ns < -LIFE_NS;
}

static struct set *new_set(struct ipfrag *f, const struct key *key, uint64_t hash, int64_t now_ns)
{
    struct set *s;

    while (f->sets.used >= f->sets.max_items) {
        if (!evict(f, NULL))
            return NULL;
    }
    if (!make_room(f, sizeof *s, NULL))
        return NULL;
    s = calloc(1, sizeof *s);
    if (!s || table_put(&f->sets, hash, s) != 0) {
        free(s);
        no_memory(f);
        return NULL;
    }
    f->budget.used_bytes += sizeof *s;
    s->key = *key;
    s->hash = hash;
    s->first_ns = now_ns;
    s->frames_end = &s->frames;
    s->pieces = s->few;
    s->piece_room = PIECES_FEW;
    expiry_set(&f->deadlines, &s->link,
               now_ns > INT64_MAX - LIFE_NS ? INT64_MAX : now_ns + LIFE_NS);
    return s;
}

/* How many pieces begin before this offset. */
static size_t place_of(const struct set *s, uint32_t offset_bytes)
{
    size_t low = 0, high = s->piece_count;

    if (high && s->pieces[high - 1].offset_bytes < offset_bytes)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (s->pieces[middle].offset_bytes < offset_bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* As far as both were captured: a VLAN tag more moves the cut. */
static bool is_repeat(const struct piece *known, const struct ipfrag_piece *piece)
{
    size_t bytes = known->captured_bytes < piece->captured_bytes ? known->captured_bytes
                                                                 : piece->captured_bytes;

    return known->offset_bytes == piece->offset_bytes && known->wire_bytes == piece->wire_bytes &&
           (bytes == 0 || memcmp(known->p, piece->p, bytes) == 0);
}

enum fit { FIT_NEW, FIT_REPEAT, FIT_CONFLICT };

static enum fit fit_of(const struct set *s, const struct ipfrag_piece *piece, size_t place)
{
    uint32_t end = piece->offset_bytes + (uint32_t)piece->wire_bytes;
    const struct piece *before = place ? &s->pieces[place - 1] : NULL;
    const struct piece *after = place < s->piece_count ? &s->pieces[place] : NULL;

    /* Two ends, or something behind the end. */
    if (piece->more ? s->total_bytes && end >= s->total_bytes
                    : s->end_bytes > end || (s->total_bytes && s->total_bytes != end))
        return FIT_CONFLICT;
    if (after && is_repeat(after, piece))
        return FIT_REPEAT;
    if (before && before->offset_bytes + before->wire_bytes > piece->offset_bytes)
        return FIT_CONFLICT;
    return after && after->offset_bytes < end ? FIT_CONFLICT : FIT_NEW;
}

static bool is_malformed(const struct ipfrag_piece *piece)
{
    return piece->wire_bytes == 0 || piece->captured_bytes > piece->wire_bytes ||
           piece->wire_bytes > PACKET_MAX_BYTES ||
           piece->offset_bytes > PACKET_MAX_BYTES - piece->wire_bytes ||
           (piece->more && piece->wire_bytes % 8);
}

/* Room for one more in the array. */
static bool grow_pieces(struct ipfrag *f, struct set *s)
{
    size_t room = s->piece_room * 2, bytes = room * sizeof *s->pieces;
    struct piece *grown;

    if (s->piece_count < s->piece_room)
        return true;
    if (!make_room(f, bytes, s))
        return false;
    grown = malloc(bytes);
    if (!grown)
        return false;
    memcpy(grown, s->pieces, s->piece_count * sizeof *grown);
    if (s->pieces != s->few) {
        f->budget.used_bytes -= s->piece_room * sizeof *s->pieces;
        free(s->pieces);
    }
    f->budget.used_bytes += bytes;
    s->pieces = grown;
    s->piece_room = room;
    return true;
}

/* Appended to the set's frames; NULL: no memory. There is room for it. */
static struct held_frame *hold_frame(struct ipfrag *f, struct set *s, const struct frame *frame)
{
    struct held_frame *held = held_take(&f->budget, frame);

    if (!held)
        return NULL;
    *s->frames_end = held;
    s->frames_end = &held->next;
    s->frame_count++;
    return held;
}

static bool lies_in(const struct frame *frame, const struct ipfrag_piece *piece)
{
    uintptr_t data = (uintptr_t)frame->data, p = (uintptr_t)piece->p;

    return p >= data && p - data <= frame->captured_bytes &&
           piece->captured_bytes <= frame->captured_bytes - (p - data);
}

static size_t cost_of(const struct frame *frame, const struct ipfrag_piece *piece)
{
    size_t bytes = sizeof(struct held_frame) + frame->captured_bytes;

    for (size_t i = 0; i < piece->part_count; i++)
        bytes += sizeof(struct held_frame) + piece->parts[i]->frame.captured_bytes;
    if (!lies_in(frame, piece))
        bytes += sizeof(struct held_frame) + piece->captured_bytes;
    return bytes;
}

/* Keeps the frames that carried the piece. Where its bytes are now; NULL: no memory. */
static const uint8_t *hold_bytes(struct ipfrag *f, struct set *s, const struct frame *frame,
                                 const struct ipfrag_piece *piece)
{
    struct frame bytes = { .data = piece->p, .captured_bytes = (uint32_t)piece->captured_bytes };
    struct held_frame *held, *copy;

    for (size_t i = 0; i < piece->part_count; i++) {
        if (!hold_frame(f, s, &piece->parts[i]->frame))
            return NULL;
    }
    held = hold_frame(f, s, frame);
    if (!held)
        return NULL;
    if (lies_in(frame, piece))
        return held->bytes + (piece->p - frame->data);
    copy = held_take(&f->budget, &bytes);
    if (!copy)
        return NULL;
    copy->next = s->copies;
    s->copies = copy;
    return copy->bytes;
}

/* The set is gone when there is no memory. */
static enum packet_bin hold(struct ipfrag *f, struct set *s, const struct frame *frame,
                            const struct ipfrag_piece *piece, size_t place)
{
    const uint8_t *p;

    if (s->piece_count >= PIECES_MAX || !grow_pieces(f, s) ||
        !make_room(f, cost_of(frame, piece), s)) {
        if (s->piece_count == 0)
            free_set(f, s);
        return BIN_FRAGMENT_LIMIT;
    }
    p = hold_bytes(f, s, frame, piece);
    if (!p) {
        give_up(f, s);
        return no_memory(f);
    }
    memmove(s->pieces + place + 1, s->pieces + place, (s->piece_count - place) * sizeof *s->pieces);
    s->pieces[place] = (struct piece){ p, piece->offset_bytes, (uint32_t)piece->captured_bytes,
                                       (uint32_t)piece->wire_bytes };
    s->piece_count++;
    return BIN_FRAGMENT;
}

/* The set's frames, then those that carried the last piece before this one. */
static bool list_parts(struct ipfrag *f, const struct set *s, const struct ipfrag_piece *piece)
{
    size_t count = s->frame_count + piece->part_count, n = 0;

    if (count > f->part_room) {
        const struct held_frame **grown = malloc(2 * count * sizeof *grown);

        if (!grown)
            return false;
        /* Filled in before the old block goes: piece->parts may be in it. */
        for (size_t i = 0; i < piece->part_count; i++)
            grown[s->frame_count + i] = piece->parts[i];
        free(f->parts);
        f->parts = grown;
        f->part_room = 2 * count;
    } else if (piece->part_count) {
        memmove(f->parts + s->frame_count, piece->parts, piece->part_count * sizeof *f->parts);
    }
    for (const struct held_frame *held = s->frames; held; held = held->next)
        f->parts[n++] = held;
    return true;
}

/* The bytes in order, up to the first one that was not captured. */
static size_t join_bytes(uint8_t *to, const struct set *s, const struct ipfrag_piece *last,
                         size_t place)
{
    struct piece final = { last->p, last->offset_bytes, (uint32_t)last->captured_bytes,
                           (uint32_t)last->wire_bytes };
    size_t bytes = 0;

    for (size_t i = 0; i <= s->piece_count; i++) {
        const struct piece *piece = i < place    ? &s->pieces[i]
                                    : i == place ? &final
                                                 : &s->pieces[i - 1];

        if (piece->captured_bytes)
            memcpy(to + bytes, piece->p, piece->captured_bytes);
        bytes += piece->captured_bytes;
        if (piece->captured_bytes < piece->wire_bytes)
            break;
    }
    return bytes;
}

/* The set is gone afterwards, its frames are lent. */
static enum packet_bin join(struct ipfrag *f, struct set *s, const struct ipfrag_piece *last,
                            size_t place, struct ipfrag_joined *out)
{
    uint8_t **to = &f->joined[f->joined_last ^= 1];

    if (!*to)
        *to = malloc(PACKET_MAX_BYTES);
    if (!*to || !list_parts(f, s, last)) {
        give_up(f, s);
        return no_memory(f);
    }
    *out = (struct ipfrag_joined){
        .p = *to,
        .captured_bytes = join_bytes(*to, s, last, place),
        .wire_bytes = s->total_bytes,
        .protocol = s->protocol,
        .parts = f->parts,
        .part_count = s->frame_count + last->part_count,
    };
    *s->frames_end = f->lent;
    f->lent = s->frames;
    s->frames = NULL;
    free_set(f, s);
    return BIN_COUNT;
}

static enum packet_bin add_to_set(struct ipfrag *f, struct set *s, const struct frame *frame,
                                  const struct ipfrag_piece *piece, struct ipfrag_joined *out)
{
    uint32_t end = piece->offset_bytes + (uint32_t)piece->wire_bytes;
    size_t place = place_of(s, piece->offset_bytes);
    uint32_t total = piece->more ? s->total_bytes : end;
    enum packet_bin bin;

    switch (fit_of(s, piece, place)) {
    case FIT_REPEAT:
        return BIN_FRAGMENT;
    case FIT_CONFLICT:
        condemn(f, s);
        return BIN_FRAGMENT_OVERLAP;
    case FIT_NEW:
        break;
    }
    if (piece->offset_bytes == 0)
        s->protocol = piece->protocol;
    if (total && s->have_bytes + piece->wire_bytes == total) {
        s->total_bytes = total;
        return join(f, s, piece, place, out);
    }
    bin = hold(f, s, frame, piece, place);
    if (bin == BIN_FRAGMENT) {
        s->total_bytes = total;
        s->have_bytes += (uint32_t)piece->wire_bytes;
        if (end > s->end_bytes)
            s->end_bytes = end;
    }
    return bin;
}

enum packet_bin ipfrag_add(struct ipfrag *f, const struct frame *frame,
                           const struct ipfrag_piece *piece, struct ipfrag_joined *out)
{
    struct key key;
    struct set *s;
    uint64_t hash;

    if (piece->part_count == 0)
        release_list(f, &f->lent);
    if (is_malformed(piece))
        return BIN_FRAGMENT_MALFORMED;
    key = key_of(piece);
    hash = siphash(&f->hash_key, &key, sizeof key);
    s = table_find(&f->sets, hash, is_of_key, &key);
    if (s && is_past(s->first_ns, frame->time_ns)) {
        give_up(f, s);
        s = NULL;
    }
    if (s && s->condemned)
        return BIN_FRAGMENT_OVERLAP;
    if (!s)
        s = new_set(f, &key, hash, frame->time_ns);
    return s ? add_to_set(f, s, frame, piece, out) : BIN_FRAGMENT_LIMIT;
}
