/*
 * test_monotone - more harm never sounds better: 100,000 random cases each of loss, bursts, delay and
 * jitter.
 *
 * Loss, bursts and delay are inputs of the E-model: there it holds without a condition. Jitter is none;
 * it turns into loss behind a buffer. Let the same delays grow by a factor. What holds then:
 *
 *   1. As long as the buffer keeps its anchor, what was late stays late, and more may be.
 *   2. So at equal burst ratio MOS never rises.
 *   3. The burst ratio is measured, and falls when lone losses join a long run. MOS can rise by that
 *      alone, and only where much is lost. With N expected, L1 lost in R1 runs that become L2 lost,
 *      it never does while Bpl >= 100·((L1 − R1)/(N − L2) + (L2/(N − L2))²): G.107's Ie_eff is
 *      (95 − Ie)·L/N / (R/(N − L) + Bpl/100), and this is the worst that one more run per loss
 *      can do. For G.711 that is up to a third lost at random.
 *
 * Without 1 it is not true: a buffer that moves its anchor after ten late packets in a row hears more
 * behind a worse path, as the receivers that it stands for do. The last test shows one.
 */
#include "analyzer/quality/burst.h"
#include "analyzer/quality/codec_ie.h"
#include "analyzer/quality/playout.h"
#include "analyzer/rtp/rtp_stream.h"

#include "tests/unit/random.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { CASES = 100000 };

static const struct codec_ie *random_codec(struct random *r)
{
    return codec_ie_at(random_below(r, (uint32_t)codec_ie_count()));
}

/* 0..most, small ones as often as large ones; now and then the end itself. */
static double random_up_to(struct random *r, double most)
{
    if (random_hits(r, 0.02))
        return random_hits(r, 0.5) ? 0 : most;
    return most * pow(10, -5 * random_share(r)) * random_share(r);
}

static void harm_never_helps(void **state)
{
    struct random r = { 20260401 };

    (void)state;
    for (int i = 0; i < CASES; i++) {
        const struct codec_ie *c = random_codec(&r);
        double loss = random_up_to(&r, 100), burst = 1 + random_up_to(&r, 500);
        double delay_ms = random_up_to(&r, 3000);
        double more = random_up_to(&r, 100);
        double mos = emodel_of_loss(c->scale, c->ie, c->bpl, loss, burst, delay_ms).mos;
        double lossier =
            emodel_of_loss(c->scale, c->ie, c->bpl, fmin(100, loss + more), burst, delay_ms).mos;
        double burstier = emodel_of_loss(c->scale, c->ie, c->bpl, loss, burst + more, delay_ms).mos;
        double later =
            emodel_of_loss(c->scale, c->ie, c->bpl, loss, burst, delay_ms + 10 * more).mos;

        if (!(mos >= 1 && mos <= 4.5) || lossier > mos + 1e-12 || burstier > mos + 1e-12 ||
            later > mos + 1e-12)
            fail_msg("%s at %.9g %%, burst ratio %.9g, %.9g ms and %.9g more: MOS %.12f; %.12f, "
                     "%.12f, %.12f",
                     c->codec, loss, burst, delay_ms, more, mos, lossier, burstier, later);
    }
}

/* --- jitter -------------------------------------------------------------------------------------- */

enum { NUMBERS = 160, FIXED = PLAYOUT_JB200 + 1 };

/* What each fixed buffer made of a stream. */
struct heard {
    bool missed[FIXED][NUMBERS]; /* lost or late */
    bool moved[FIXED];           /* it took another anchor on the way */
    struct loss_runs runs[FIXED];
};

struct sent {
    unsigned number;
    double arrival_ms;
};

static int by_arrival(const void *a, const void *b)
{
    const struct sent *x = a, *y = b;

    if (x->arrival_ms < y->arrival_ms || x->arrival_ms > y->arrival_ms)
        return x->arrival_ms < y->arrival_ms ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static void nothing(void *ctx, const struct rtp_block *block)
{
    (void)ctx;
    (void)block;
}

static void count_runs(struct heard *h)
{
    for (int m = 0; m < FIXED; m++) {
        for (unsigned at = 0; at < NUMBERS; at += 64) {
            uint64_t valid = 0, present = 0;

            for (unsigned bit = 0; bit < 64 && at + bit < NUMBERS; bit++) {
                valid |= 1ull << bit;
                present |= (uint64_t)!h->missed[m][at + bit] << bit;
            }
            loss_runs_add(&h->runs[m], valid, present);
        }
    }
}

/* delays_ms: of each number; NaN: lost. The first is on its way for 0 ms and comes first. */
static void listen(struct heard *h, const double delays_ms[NUMBERS], double factor)
{
    struct quantile series = { 0 };
    struct sent sent[NUMBERS];
    struct playout p = { 0 };
    struct rtp_stream s;
    size_t n = 0;

    *h = (struct heard){ 0 };
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (!isnan(delays_ms[i]))
            sent[n++] = (struct sent){ i, 20.0 * i + factor * delays_ms[i] };
        for (int m = 0; m < FIXED; m++)
            h->missed[m][i] = isnan(delays_ms[i]);
    }
    qsort(sent, n, sizeof sent[0], by_arrival);
    rtp_stream_init(&s, 8000);
    for (size_t i = 0; i < n; i++) {
        struct rtp_packet packet = { .seq = (uint16_t)(65500 + sent[i].number),
                                     .timestamp = sent[i].number * 160 };
        struct rtp_observation seen;
        unsigned late;

        rtp_stream_observe(&s, &packet, (int64_t)(sent[i].arrival_ms * 1e6) + 1, true, &series,
                           nothing, NULL, &seen);
        late = playout_arrive(&p, seen.transit_ms, seen.rebased || seen.talkspurt);
        for (int m = 0; m < FIXED; m++) {
            h->missed[m][sent[i].number] = late >> m & 1;
            h->moved[m] = h->moved[m] || p.buffers[m].anchor_ms < 0 || p.buffers[m].anchor_ms > 0;
        }
    }
    quantile_fini(&series);
    count_runs(h);
}

static double mos_of(const struct codec_ie *c, const struct loss_runs *runs, double burst_ratio)
{
    return emodel_of_loss(c->scale, c->ie, c->bpl, 100.0 * runs->lost / NUMBERS, burst_ratio, 0)
        .mos;
}

static bool holds_with_its_own_bursts(const struct codec_ie *c, const struct loss_runs *less,
                                      const struct loss_runs *more)
{
    double received = NUMBERS - (double)more->lost;
    double share = more->lost / received;

    return c->bpl >= 100 * ((double)(less->lost - less->runs) / received + share * share);
}

/* Calm or spiky paths, with packets that were lost on the way. */
static void random_path(struct random *r, double delays_ms[NUMBERS])
{
    double loss = random_share(r) * random_share(r) * 0.2;
    double usual_ms = random_up_to(r, 120), spike_ms = random_share(r) * 400;
    double spikes = random_share(r) * random_share(r) * 0.3;
    bool spiky = false;

    for (unsigned i = 0; i < NUMBERS; i++) {
        if (random_hits(r, spiky ? 0.3 : spikes))
            spiky = !spiky;
        delays_ms[i] =
            i ? random_share(r) * usual_ms + (spiky ? random_share(r) * spike_ms : 0) : 0;
        if (i && random_hits(r, loss))
            delays_ms[i] = NAN;
    }
}

struct tally {
    unsigned kept, bound, rises;
    double rise; /* the largest */
};

static void compare(const struct codec_ie *c, const struct heard *less, const struct heard *more,
                    int m, int case_number, struct tally *tally)
{
    double ratio_less = loss_runs_burst_ratio(&less->runs[m], NUMBERS);
    double ratio_more = loss_runs_burst_ratio(&more->runs[m], NUMBERS);
    double before = mos_of(c, &less->runs[m], ratio_less);
    double after = mos_of(c, &more->runs[m], ratio_more);

    tally->kept++;
    for (unsigned i = 0; i < NUMBERS; i++) {
        if (less->missed[m][i] && !more->missed[m][i])
            fail_msg("case %d, buffer %d: number %u was late, and is no more", case_number, m, i);
    }
    if (mos_of(c, &more->runs[m], ratio_less) > before + 1e-12)
        fail_msg("case %d, buffer %d: MOS rises at equal burst ratio", case_number, m);
    if (after > before + 1e-12 && !(ratio_more < ratio_less))
        fail_msg("case %d, buffer %d: MOS rises, and bursts are no shorter", case_number, m);
    if (holds_with_its_own_bursts(c, &less->runs[m], &more->runs[m])) {
        tally->bound++;
        if (after > before + 1e-12)
            fail_msg("case %d, buffer %d, %s: MOS rises from %.9f to %.9f", case_number, m,
                     c->codec, before, after);
    }
    tally->rises += after > before + 1e-12;
    tally->rise = fmax(tally->rise, after - before);
}

static void more_jitter_never_helps_within_an_anchor(void **state)
{
    struct random r = { 20260402 };
    struct tally tally = { 0 };

    (void)state;
    for (int i = 0; i < CASES; i++) {
        const struct codec_ie *c = random_codec(&r);
        double delays_ms[NUMBERS];
        static struct heard less, more;

        random_path(&r, delays_ms);
        listen(&less, delays_ms, 1);
        listen(&more, delays_ms, 1 + random_share(&r) * (random_hits(&r, 0.5) ? 0.2 : 2));
        for (int m = 0; m < FIXED; m++) {
            if (!less.moved[m] && !more.moved[m])
                compare(c, &less, &more, m, i, &tally);
        }
    }
    print_message(
        "%u comparisons, %u bound in full; of the others MOS rose in %u, by %.3f at most\n",
        tally.kept, tally.bound, tally.rises, tally.rise);
    assert_true(tally.kept > CASES * FIXED / 2);
    assert_true(tally.bound > tally.kept / 2);
}

/* Packets 48 ms late, every second one 52: behind 50 ms half of them are lost. A tenth worse, all are
 * late: after ten the buffer waits longer, and nothing that comes later is lost. */
static void a_worse_path_may_move_the_anchor(void **state)
{
    double delays_ms[NUMBERS];
    static struct heard less, more;

    (void)state;
    for (unsigned i = 0; i < NUMBERS; i++)
        delays_ms[i] = i == 0 ? 0 : i % 2 ? 48 : 52;
    listen(&less, delays_ms, 1);
    listen(&more, delays_ms, 1.1);
    assert_false(less.moved[PLAYOUT_JB50]);
    assert_true(more.moved[PLAYOUT_JB50]);
    assert_int_equal(less.runs[PLAYOUT_JB50].lost, NUMBERS / 2 - 1);
    assert_int_equal(more.runs[PLAYOUT_JB50].lost, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harm_never_helps),
        cmocka_unit_test(more_jitter_never_helps_within_an_anchor),
        cmocka_unit_test(a_worse_path_may_move_the_anchor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
