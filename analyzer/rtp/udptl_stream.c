#include "analyzer/rtp/udptl_stream.h"

#include "analyzer/base/serial.h"

static uint64_t *carried_at(struct udptl_stream *u, int64_t number)
{
    int64_t block = number >> 6;
    size_t slot = (uint64_t)block % RTP_WINDOW_BLOCKS;

    if (u->blocks[slot].number != block) {
        u->blocks[slot].number = block;
        u->blocks[slot].carried = 0;
    }
    return &u->blocks[slot].carried;
}

static bool is_seen(const struct rtp_stream *r, int64_t number)
{
    return r->seen[(uint64_t)(number >> 6) % RTP_WINDOW_BLOCKS] >> (number & 63) & 1;
}

/* What was missing until now is here once more. */
static void note_repeats(struct udptl_stream *u, const struct rtp_stream *r, int64_t number,
                         uint8_t repeats)
{
    for (int64_t n = number - 1; n >= number - repeats; n--) {
        uint64_t *carried;

        if (n < r->first || n >> 6 < r->oldest_block)
            return;
        carried = carried_at(u, n);
        if (is_seen(r, n) || *carried >> (n & 63) & 1)
            continue;
        *carried |= UINT64_C(1) << (n & 63);
        u->recovered++;
    }
}

/* A primary that was only late was not lost. */
static void note_late(struct udptl_stream *u, int64_t number)
{
    uint64_t *carried = carried_at(u, number);

    if (!(*carried >> (number & 63) & 1))
        return;
    *carried &= ~(UINT64_C(1) << (number & 63));
    u->recovered--;
}

void udptl_stream_add(struct udptl_stream *u, const struct rtp_stream *numbers,
                      const struct udptl_packet *packet, bool late)
{
    int64_t number = serial16_extend(numbers->highest, packet->seq);

    u->correction_seen = u->correction_seen || packet->has_correction;
    u->redundancy = u->redundancy || packet->repeats > 0;
    u->fec = u->fec || packet->fec;
    if (number > numbers->highest || !numbers->started || number < numbers->first ||
        number >> 6 < numbers->oldest_block)
        return; /* a wild one */
    if (late)
        note_late(u, number);
    note_repeats(u, numbers, number, packet->repeats);
}

struct slice udptl_stream_correction(const struct udptl_stream *u)
{
    if (!u->correction_seen)
        return SLICE_ABSENT;
    if (u->fec)
        return SLICE("fec");
    return u->redundancy ? SLICE("redundancy") : SLICE("none");
}
