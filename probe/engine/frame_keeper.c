#include "probe/engine/frame_keeper.h"

#include "probe/engine/frame_scrub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Frames of a connection are asked for again within a few messages: more than enough. A power of
 * two. */
enum { KEPT_SLOTS = 16384 };

/* Fewer bytes of a header than these are found anywhere. */
enum { HEAD_LEAST_BYTES = 12 };

struct frame_keeper {
    struct packet_log *log;
    struct frame_scrub *scrub; /* NULL: frames are stored as they came */
    struct siphash_key key;
    struct frame_keeper_options options;
    uint64_t not_kept;     /* packets that were left out */
    uint64_t frame_digest; /* of the frame at hand, once it was needed; 0: not yet */
    uint64_t last_id;      /* of the call whose newest entry is the frame at hand; 0: none */
    uint64_t kept[KEPT_SLOTS];
};

/* What a frame is recognised by. */
struct frame_mark {
    uint64_t id, digest;
    int64_t time_ns;
    uint32_t captured_bytes, wire_bytes;
};

int frame_keeper_new(struct frame_keeper **kp, struct packet_log *log,
                     const struct siphash_key *key, const struct frame_keeper_options *options)
{
    struct frame_keeper *k = calloc(1, sizeof *k);

    if (!k)
        return -ENOMEM;
    k->log = log;
    k->key = *key;
    k->options = *options;
    *kp = k;
    return 0;
}

void frame_keeper_free(struct frame_keeper *k)
{
    free(k);
}

void frame_keeper_scrub(struct frame_keeper *k, struct frame_scrub *scrub)
{
    k->scrub = scrub;
}

static uint64_t digest_of(const struct frame_keeper *k, const struct frame *frame)
{
    return siphash(&k->key, frame->data, frame->captured_bytes) | 1;
}

/* Whether the call has kept the frame; from now on it has. */
static bool was_kept(struct frame_keeper *k, uint64_t id, const struct frame *frame,
                     uint64_t digest)
{
    const struct frame_mark mark = { id, digest, frame->time_ns, frame->captured_bytes,
                                     frame->wire_bytes };
    uint64_t hash = siphash(&k->key, &mark, sizeof mark);
    uint64_t *slot = &k->kept[hash % KEPT_SLOTS];
    bool same = *slot == hash;

    *slot = hash;
    return same;
}

/* The quick answer to the same question, for a piece with many messages of one call. */
static bool is_owner(const struct held_frame *held, uint64_t id)
{
    for (int i = 0; i < HELD_OWNERS; i++) {
        if (held->owners[i] == id)
            return true;
    }
    return false;
}

static void note_owner(const struct held_frame *held, uint64_t id)
{
    /* Decap lends the frame; its owners are ours. */
    struct held_frame *ours = (struct held_frame *)(uintptr_t)held;

    for (int i = HELD_OWNERS - 1; i > 0; i--)
        ours->owners[i] = ours->owners[i - 1];
    ours->owners[0] = id;
}

/* Where the text begins in the frame; false: nowhere. */
static bool find_text(const struct frame *frame, struct slice text, size_t *offset)
{
    const uint8_t *p = frame->data, *end = p + frame->captured_bytes;

    while (text.len <= (size_t)(end - p)) {
        p = memchr(p, (uint8_t)text.p[0], (size_t)(end - p) - text.len + 1);
        if (!p)
            return false;
        if (memcmp(p, text.p, text.len) == 0) {
            *offset = (size_t)(p - frame->data);
            return true;
        }
        p++;
    }
    return false;
}

/* So many bytes of the frame, which carried the datagram or a piece of it, are no content. */
static uint32_t plain_in(const struct frame *frame, const struct datagram *d,
                         const struct claim *claim)
{
    struct slice head = { d->payload.p, claim->plain_bytes < d->payload.len ? claim->plain_bytes
                                                                            : d->payload.len };
    uint32_t lies;
    size_t at;

    if (claim->plain_bytes == CLAIM_ALL)
        return UINT32_MAX;
    if (decap_payload_offset(frame, d, &lies))
        return lies + (uint32_t)head.len;
    /* Put together from pieces. A header that is found too early costs bytes, it shows none. */
    if (head.len >= HEAD_LEAST_BYTES && find_text(frame, head, &at))
        return (uint32_t)(at + head.len);
    return 0;
}

static void add_frame(struct frame_keeper *k, const struct frame *frame,
                      const struct decap_unit *unit, const struct claim *claim)
{
    const struct frame *shown = frame;

    if (k->scrub)
        shown = frame_scrub_frame(k->scrub, frame, unit, claim);
    if (!shown)
        return;
    if (claim->kind == CLAIM_SIP)
        packet_log_add(k->log, claim->keeper, claim->id, PACKET_SIP, shown);
    else
        packet_log_add_media(k->log, claim->keeper, claim->id, shown,
                             plain_in(frame, &unit->datagram, claim));
}

/* The earlier frames, as far as the call lacks them. */
static void keep_parts(struct frame_keeper *k, const struct decap_unit *unit,
                       const struct claim *claim)
{
    for (size_t i = 0; i < unit->part_count; i++) {
        const struct held_frame *part = unit->parts[i];

        if (is_owner(part, claim->id))
            continue;
        note_owner(part, claim->id);
        if (was_kept(k, claim->id, &part->frame, digest_of(k, &part->frame)))
            continue;
        add_frame(k, &part->frame, unit, claim);
        if (k->last_id == claim->id)
            k->last_id = 0;
    }
}

/* The frame at hand, unless an earlier message of it was the same call's. */
static void keep_frame(struct frame_keeper *k, const struct frame *frame,
                       const struct decap_unit *unit, const struct claim *claim)
{
    if (k->frame_digest == 0)
        k->frame_digest = digest_of(k, frame);
    if (was_kept(k, claim->id, frame, k->frame_digest))
        return;
    add_frame(k, frame, unit, claim);
    k->last_id = claim->id;
}

static void note_message(struct frame_keeper *k, const struct frame *frame,
                         const struct datagram *d, const struct claim *claim)
{
    struct packet_text text = {
        .time_ns = d->time_ns, .src = d->src, .dst = d->dst, .text = d->payload
    };
    uint32_t offset;

    if (k->last_id == claim->id && decap_payload_offset(frame, d, &offset) &&
        (!k->scrub || frame_scrub_shows(k->scrub, offset, d->payload.len))) {
        packet_log_note_message(k->log, claim->keeper, &d->src, &d->dst, offset,
                                (uint32_t)d->payload.len);
        return;
    }
    if (k->scrub)
        text.text = frame_scrub_text(k->scrub, text.text);
    if (text.text.p)
        packet_log_add_text(k->log, claim->keeper, claim->id, &text);
    if (k->last_id == claim->id)
        k->last_id = 0;
}

void frame_keeper_keep(struct frame_keeper *k, const struct frame *frame,
                       const struct decap_unit *unit, const struct claim *claim)
{
    const struct datagram *d = &unit->datagram;

    if (claim->kind == CLAIM_VIDEO && !k->options.video) {
        k->not_kept++;
        return;
    }
    if (claim->is_orphan && !*claim->keeper)
        packet_log_keep(k->log, claim->keeper, claim->id,
                        &(struct packet_level){ .keep = k->options.keep_orphans, .settled = true });
    if (unit->in_frame && unit->part_count == 0 && d->transport == TRANSPORT_UDP) {
        add_frame(k, frame, unit, claim);
        k->last_id = claim->id;
    } else {
        keep_parts(k, unit, claim);
        if (unit->in_frame)
            keep_frame(k, frame, unit, claim);
    }
    if (claim->kind == CLAIM_SIP)
        note_message(k, frame, d, claim);
}

uint64_t frame_keeper_not_kept(const struct frame_keeper *k)
{
    return k->not_kept;
}

void frame_keeper_end_frame(struct frame_keeper *k)
{
    k->frame_digest = 0;
    k->last_id = 0;
}
