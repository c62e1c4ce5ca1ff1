#include "probe/engine/frame_keeper.h"

#include <errno.h>
#include <stdlib.h>

/* Frames of a connection are asked for again within a few messages: more than enough. A power of
 * two. */
enum { KEPT_SLOTS = 16384 };

struct frame_keeper {
    struct packet_log *log;
    struct siphash_key key;
    bool keep_video;
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
                     const struct siphash_key *key, bool keep_video)
{
    struct frame_keeper *k = calloc(1, sizeof *k);

    if (!k)
        return -ENOMEM;
    k->log = log;
    k->key = *key;
    k->keep_video = keep_video;
    *kp = k;
    return 0;
}

void frame_keeper_free(struct frame_keeper *k)
{
    free(k);
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

/* The earlier frames, as far as the call lacks them. */
static void keep_parts(struct frame_keeper *k, const struct decap_unit *unit,
                       const struct claim *claim, enum packet_kind kind)
{
    for (size_t i = 0; i < unit->part_count; i++) {
        const struct held_frame *part = unit->parts[i];

        if (is_owner(part, claim->id))
            continue;
        note_owner(part, claim->id);
        if (was_kept(k, claim->id, &part->frame, digest_of(k, &part->frame)))
            continue;
        packet_log_add(k->log, claim->keeper, claim->id, kind, &part->frame);
        if (k->last_id == claim->id)
            k->last_id = 0;
    }
}

/* The frame at hand, unless an earlier message of it was the same call's. */
static void keep_frame(struct frame_keeper *k, const struct frame *frame, const struct claim *claim,
                       enum packet_kind kind)
{
    if (k->frame_digest == 0)
        k->frame_digest = digest_of(k, frame);
    if (was_kept(k, claim->id, frame, k->frame_digest))
        return;
    packet_log_add(k->log, claim->keeper, claim->id, kind, frame);
    k->last_id = claim->id;
}

static void note_message(struct frame_keeper *k, const struct frame *frame,
                         const struct datagram *d, const struct claim *claim)
{
    const struct packet_text text = {
        .time_ns = d->time_ns, .src = d->src, .dst = d->dst, .text = d->payload
    };
    uint32_t offset;

    if (k->last_id == claim->id && decap_payload_offset(frame, d, &offset)) {
        packet_log_note_message(k->log, claim->keeper, &d->src, &d->dst, offset,
                                (uint32_t)d->payload.len);
        return;
    }
    packet_log_add_text(k->log, claim->keeper, claim->id, &text);
    if (k->last_id == claim->id)
        k->last_id = 0;
}

void frame_keeper_keep(struct frame_keeper *k, const struct frame *frame,
                       const struct decap_unit *unit, const struct claim *claim)
{
    enum packet_kind kind = claim->kind == CLAIM_SIP ? PACKET_SIP : PACKET_MEDIA;
    const struct datagram *d = &unit->datagram;

    if (claim->kind == CLAIM_VIDEO && !k->keep_video) {
        k->not_kept++;
        return;
    }
    if (unit->in_frame && unit->part_count == 0 && d->transport == TRANSPORT_UDP) {
        packet_log_add(k->log, claim->keeper, claim->id, kind, frame);
        k->last_id = claim->id;
    } else {
        keep_parts(k, unit, claim, kind);
        if (unit->in_frame)
            keep_frame(k, frame, claim, kind);
    }
    if (kind == PACKET_SIP)
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
