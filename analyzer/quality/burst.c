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
    static const uint32_t least[BURST_RUN_CLASSES] = { 1, 2, 3, 4, 5, 10, 20 };
    unsigned class = BURST_RUN_CLASSES - 1;

    while (class && run < least[class])
        class --;
    return class;
}

static void close_run(struct burst *b)
{
    if (b->run)
        b->runs[class_of(b->run)]++;
    b->run = 0;
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
    if (b->losses == 0 || at != b->last_loss + 1)
        close_run(b);
    b->run++;
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
    close_run(b);
    close_burst(b);
}

struct burst_report burst_report(const struct burst *b)
{
    struct burst whole = *b;
    struct burst_report r = { 0, b->longest_run, NAN, NAN, NAN, { 0 } };

    burst_break(&whole);
    for (int i = 0; i < BURST_RUN_CLASSES; i++)
        r.runs[i] = whole.runs[i];
    r.bursts = whole.bursts;
    if (whole.bursts) {
        r.density_ratio = (double)whole.burst_losses / (double)whole.burst_packets;
        r.duration_packets = (double)whole.burst_packets / whole.bursts;
    }
    if (whole.position)
        r.gap_packets = (double)(whole.position - whole.burst_packets) / (whole.bursts + 1.0);
    return r;
}
