#include "analyzer/quality/burst.h"

#include <math.h>

enum { GMIN = 16 };

void loss_runs_add(struct loss_runs *r, uint64_t valid, uint64_t present)
{
    uint64_t missing = valid & ~present;
    unsigned first;

    if (missing == 0) {
        if (valid)
            r->in_run = false;
        return;
    }
    r->lost += (uint32_t)__builtin_popcountll(missing);
    /* A run begins at each loss whose lower neighbour is no loss. */
    first = (unsigned)__builtin_ctzll(valid);
    r->runs += (uint32_t)__builtin_popcountll(missing & ~(missing << 1));
    if (r->in_run && (missing >> first & 1))
        r->runs--;
    r->in_run = missing >> (63 - __builtin_clzll(valid)) & 1;
}

void loss_runs_break(struct loss_runs *r)
{
    r->in_run = false;
}

double loss_runs_burst_ratio(const struct loss_runs *r, int64_t expected)
{
    double ratio;

    if (r->runs == 0 || expected <= 0)
        return 1;
    ratio = (double)r->lost / r->runs * (1 - (double)r->lost / (double)expected);
    return ratio > 1 ? ratio : 1;
}

static unsigned class_of(uint32_t run)
{
    static const uint32_t least[LOSS_LENGTHS] = { 1, 2, 3, 4, 5, 10, 20 };
    unsigned i = LOSS_LENGTHS - 1;

    while (i && run < least[i])
        i--;
    return i;
}

void loss_lengths_break(struct loss_lengths *l)
{
    if (l->run)
        l->runs[class_of(l->run)]++;
    l->run = 0;
}

void loss_lengths_add(struct loss_lengths *l, uint64_t valid, uint64_t present)
{
    uint64_t missing = valid & ~present;
    unsigned at = valid ? (unsigned)__builtin_ctzll(valid) : 0;
    unsigned end = valid ? 64 - (unsigned)__builtin_clzll(valid) : 0;

    while (missing) {
        unsigned start = (unsigned)__builtin_ctzll(missing);
        uint64_t after = ~missing >> start; /* bit 0 is clear: the run begins here */
        unsigned length = after ? (unsigned)__builtin_ctzll(after) : 64 - start;

        if (start > at)
            loss_lengths_break(l);
        l->run += length;
        at = start + length;
        missing = at < 64 ? missing & ~0ull << at : 0;
    }
    if (at < end) /* the last ones were heard */
        loss_lengths_break(l);
}

static void close_burst(struct burst *b)
{
    if (b->losses >= 2) {
        b->bursts++;
        b->burst_packets += b->last_loss - b->start + 1;
        b->burst_losses += b->losses;
    }
    b->losses = 0;
}

static void add_loss(struct burst *b, int64_t at)
{
    b->run = b->losses && at == b->last_loss + 1 ? b->run + 1 : 1;
    if (b->run > b->longest_run)
        b->longest_run = b->run;
    if (b->losses && at - b->last_loss - 1 >= GMIN)
        close_burst(b);
    if (b->losses == 0)
        b->start = at;
    b->losses++;
    b->last_loss = at;
}

void burst_add(struct burst *b, uint64_t valid, uint64_t present)
{
    uint64_t missing = valid & ~present;
    unsigned first = valid ? (unsigned)__builtin_ctzll(valid) : 0;

    while (missing) {
        add_loss(b, b->position + __builtin_ctzll(missing) - (int)first);
        missing &= missing - 1;
    }
    b->position += __builtin_popcountll(valid);
}

void burst_break(struct burst *b)
{
    close_burst(b);
}

struct burst_report burst_report(const struct burst *b)
{
    struct burst whole = *b;
    struct burst_report r = { 0, b->longest_run, NAN, NAN, NAN };

    close_burst(&whole);
    r.bursts = whole.bursts;
    if (whole.bursts) {
        r.density_ratio = (double)whole.burst_losses / (double)whole.burst_packets;
        r.duration_packets = (double)whole.burst_packets / whole.bursts;
    }
    if (whole.position)
        r.gap_packets = (double)(whole.position - whole.burst_packets) / (whole.bursts + 1.0);
    return r;
}
