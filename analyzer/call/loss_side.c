#include "analyzer/call/loss_side.h"

#include "analyzer/base/serial.h"

enum {
    AHEAD_MAX = 16, /* packets that the sender counts and the probe does not see: under way, or the
                       first ones were lost. A third of a second: still the beginning */
    BEHIND_MAX = 2, /* the other way round */
    COUNT_WITHIN = 3000, /* RFC 3550's MAX_DROPOUT: a count further off is not of this stream */
    STEP_BACK_MAX = 3,   /* late packets and copies make up for losses; more: counted anew */
    LEAST_NUMBERS = 50,  /* a second: fewer say nothing */
    NEAR_ZERO = 1,       /* a single packet may just have been overtaken by the report */
};

void loss_side_retire(struct loss_side *l, const struct rtp_block *block, uint32_t lost)
{
    size_t slot = (uint64_t)block->number % LOSS_SIDE_BLOCKS;
    uint64_t missing = block->valid & ~block->seen;

    l->blocks[slot].number = block->number;
    l->blocks[slot].missing = missing;
    l->blocks[slot].lost_before = lost - (uint32_t)__builtin_popcountll(missing);
    l->blocks[slot].used = true;
}

/* Those of a block up to ext. */
static int64_t count_up_to(int64_t number, uint64_t missing, int64_t ext)
{
    if (number > ext >> 6)
        return 0;
    if (number == ext >> 6)
        missing &= ~0ull >> (63 - (ext & 63));
    return __builtin_popcountll(missing);
}

struct count_ctx {
    int64_t ext, missing;
};

static void count_block(void *ctx, const struct rtp_block *block)
{
    struct count_ctx *c = ctx;

    c->missing += count_up_to(block->number, block->valid & ~block->seen, c->ext);
}

/* How many numbers up to ext the probe misses now. False: that is not kept any more, or not yet. */
static bool missing_up_to(const struct loss_side *l, const struct media_stream *s, int64_t ext,
                          int64_t *missing)
{
    const struct rtp_stream *r = &s->rtp;
    size_t slot = (uint64_t)(ext >> 6) % LOSS_SIDE_BLOCKS;
    struct count_ctx count = { ext, 0 };

    if (!r->started || ext < r->first || ext > r->highest)
        return false;
    if (ext >> 6 >= r->oldest_block) {
        rtp_stream_peek(r, count_block, &count);
        *missing = s->runs[0].lost + count.missing;
        return true;
    }
    if (!l->blocks[slot].used || l->blocks[slot].number != ext >> 6)
        return false;
    *missing = l->blocks[slot].lost_before + count_up_to(ext >> 6, l->blocks[slot].missing, ext);
    return true;
}

static int64_t unique_of(const struct media_stream *s)
{
    return s->rtp.packets - s->rtp.duplicates;
}

void loss_side_sent(struct loss_side *l, const struct media_stream *s, uint32_t packets)
{
    int64_t expected = rtp_stream_expected(&s->rtp), unique = unique_of(s);
    int64_t step = serial32_diff(l->count, packets);

    if (l->counts == 0) {
        l->heard_start = s->rtp.restarts == 0 && packets <= expected + AHEAD_MAX &&
                         packets >= expected - BEHIND_MAX;
        if (l->heard_start) {
            l->sent = packets;
            l->unseen = packets - unique;
        }
    } else if (step >= 0 && step - (expected - l->expected) <= COUNT_WITHIN &&
               step - (expected - l->expected) >= -COUNT_WITHIN) {
        l->steps++;
        l->sent += step;
        l->unseen += step - (unique - l->unique);
    }
    l->counts++;
    l->count = packets;
    l->unique = unique;
    l->expected = expected;
}

/* Adds what the open range tells, if it can be compared. */
static void add_range(const struct loss_side *l, struct loss_sums *sums)
{
    struct loss_mark from = l->first;

    if (l->may_be_first && l->heard_start && l->marks)
        from = (struct loss_mark){ .expected = 0 };
    if (l->marks == 0 || l->last.expected <= from.expected)
        return;
    sums->numbers += l->last.expected - from.expected;
    sums->before += l->last.missing - from.missing;
    sums->reported += l->last.lost - from.lost;
    sums->duplicates += l->last.duplicates - from.duplicates;
    sums->ranges++;
}

static void begin_range(struct loss_side *l, const struct media_stream *s,
                        const struct loss_mark *mark, uint32_t by_ssrc)
{
    if (l->marks) {
        add_range(l, &l->ended);
        l->any_ended = true;
    }
    l->first = l->last = *mark;
    l->marks = 1;
    l->by_ssrc = by_ssrc;
    /* A receiver that misses more than there were has counted for longer. */
    l->may_be_first = !l->any_ended && s->rtp.restarts == 0 && mark->lost <= mark->expected;
}

/* Does the mark continue the receiver's count at the last one? Where the sender's numbers began anew
 * in between some receivers do, others count anew too, or take the jump for loss. */
static bool continues(const struct loss_side *l, const struct loss_mark *mark, int64_t restarts)
{
    int64_t step = mark->expected - l->last.expected, grown = (int64_t)mark->lost - l->last.lost;

    if (l->restarts == restarts && serial32_diff(l->last.highest, mark->highest) != step)
        return false;
    return grown <= step && grown >= l->last.duplicates - mark->duplicates - STEP_BACK_MAX;
}

void loss_side_received(struct loss_side *l, const struct media_stream *s,
                        const struct rtcp_report_block *block, uint32_t by_ssrc)
{
    struct loss_mark mark = { .highest = block->highest_seq,
                              .lost = block->lost,
                              .duplicates = s->rtp.duplicates };

    mark.ext = serial16_extend(s->rtp.highest, (uint16_t)block->highest_seq);
    if (!missing_up_to(l, s, mark.ext, &mark.missing))
        return;
    mark.expected = s->rtp.expected_before + mark.ext - s->rtp.first + 1;
    if (l->marks && l->by_ssrc == by_ssrc && mark.expected < l->last.expected)
        return; /* it was overtaken by the one before */
    if (l->marks == 0 || l->by_ssrc != by_ssrc || !continues(l, &mark, s->rtp.restarts)) {
        begin_range(l, s, &mark, by_ssrc);
    } else {
        l->last = mark;
        l->marks++;
    }
    l->restarts = s->rtp.restarts;
}

static int64_t at_least_0(int64_t value)
{
    return value > 0 ? value : 0;
}

void loss_side_report(const struct loss_side *l, struct stream_record *out)
{
    struct loss_sums sums = l->ended;
    int64_t after, slack;

    if (l->heard_start || l->steps)
        out->rtcp_sender_packets = l->sent;
    add_range(l, &sums);
    if (sums.numbers < LEAST_NUMBERS) {
        if (l->sent < LEAST_NUMBERS || l->unseen < -NEAR_ZERO)
            return;
        out->rtcp_lost_before_probe = at_least_0(l->unseen);
        if (l->unseen > NEAR_ZERO)
            out->rtcp_loss_side = SLICE("before_probe");
        return;
    }
    /* A receiver by RFC 3550 A.3 counts copies as received, so they make up for losses. Not every one
     * does: only who misses fewer than the probe is known to. */
    after = sums.reported + sums.duplicates - sums.before;
    slack = NEAR_ZERO * (int64_t)sums.ranges;
    if (after < -slack)
        return;
    if (sums.reported - sums.before >= -slack)
        slack += sums.duplicates;
    out->rtcp_lost_before_probe = sums.before;
    out->rtcp_lost_after_probe = at_least_0(after);
    if (sums.before > NEAR_ZERO)
        out->rtcp_loss_side = after > slack ? SLICE("both") : SLICE("before_probe");
    else
        out->rtcp_loss_side = after > slack ? SLICE("after_probe") : SLICE("none");
}
