/*
 * overview_store - the minutes of a store as an overview reads them: of a carrier's two weeks.
 *
 *     overview_store DIR [CALLS [DAYS]]
 *
 * CALLS calls evenly over DAYS days before now, none of them stored: what they did is counted as a probe counts
 * it, by 12 trunks and their directions, 60 destinations, and each trunk with each destination. One trunk breaks in the
 * last hour. DIR must not be there.
 */
#include "analyzer/kpi/kpi_id.h"
#include "analyzer/kpi/kpi_sum.h"
#include "storage/writer.h"
#include "tests/bench/store_mix.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#define MINUTE_NS 60000000000ll

enum { TRUNKS = 12, DESTINATIONS = 60, BROKEN = 3 };

/* All, trunks by direction, destinations, and both: by trunk * 2 + direction, TRUNKS * 2 for none. */
enum { LANES = TRUNKS * 2 + 1, PLACES = DESTINATIONS + 1 };

static struct kpi_sum sums[LANES][PLACES];
static bool used[LANES][PLACES];

static void count(struct kpi_sum *s, uint64_t draw, bool broken)
{
    static const struct {
        uint16_t upto, status;
        uint8_t outcome;
        bool effective;
    } kinds[] = { { 550, 200, KPI_ANSWERED, true }, { 750, 487, KPI_CANCEL, true },
                  { 850, 486, KPI_BUSY, true },     { 900, 404, KPI_NOT_FOUND, false },
                  { 960, 480, KPI_OTHER, true },    { 1000, 503, KPI_FAILURE, false } };
    unsigned dice = (unsigned)(draw % 1000);
    size_t k = broken && draw % 3 ? 5 : 0;

    while (dice >= kinds[k].upto)
        k++;
    s->counts[KPI_ATTEMPTS]++;
    s->counts[kinds[k].outcome]++;
    s->counts[KPI_EFFECTIVE] += kinds[k].effective;
    s->keys[kinds[k].status]++;
    s->keys[KPI_KEY_PDD + kpi_sum_pdd_class((double)(draw >> 10 & 0xfff))]++;
    if (kinds[k].outcome != KPI_ANSWERED)
        return;
    s->counts[KPI_ENDED]++;
    s->counts[KPI_COMPLETED]++;
    s->counts[KPI_JUDGED]++;
    s->counts[KPI_ONE_WAY] += draw >> 40 & 0xff ? 0 : 1;
    s->duration_us += (int64_t)(draw >> 22 & 0xfffffff);
    s->keys[KPI_KEY_MOS + kpi_sum_mos_class(4.4 - (double)(draw >> 50 & 0x3ff) / 600)]++;
}

static void add(unsigned lane, unsigned place, uint64_t draw, bool broken)
{
    struct kpi_sum *s = &sums[lane][place];

    if (!used[lane][place])
        memset(s, 0, sizeof *s);
    used[lane][place] = true;
    s->concurrent_max = place == DESTINATIONS ? 60 : RECORD_NONE;
    count(s, draw, broken);
}

static void tell(struct writer *w, int64_t time, unsigned lane, unsigned place)
{
    static struct strbuf texts;
    struct kpi_record k;
    char trunk[24], destination[24];

    kpi_sum_report(&sums[lane][place], &k, &texts);
    snprintf(trunk, sizeof trunk, "carrier-%u", lane / 2);
    snprintf(destination, sizeof destination, "destination %u", place);
    if (lane < LANES - 1) {
        k.trunk = slice_of_text(trunk);
        k.direction = lane % 2 ? SLICE("out") : SLICE("in");
    }
    if (place < DESTINATIONS)
        k.destination = slice_of_text(destination);
    k.time = time;
    k.window_s = 60;
    k.id = kpi_id_make(kpi_id_hash(k.trunk, k.direction, k.destination), time);
    writer_submit(w, &record_type_kpi, &k);
}

static long minute(struct writer *w, int64_t time, long calls, bool last_hour, uint64_t *seed)
{
    long rows = 0;

    memset(used, 0, sizeof used);
    for (long n = 0; n < calls; n++) {
        uint64_t draw = mix_bits(++*seed), where = mix_bits(*seed ^ 0x5555555555);
        unsigned in = (unsigned)(where % TRUNKS) * 2, out = (unsigned)(where >> 8) % TRUNKS * 2 + 1;
        /* Some destinations have most of the calls. */
        unsigned place = (unsigned)((where >> 16) % DESTINATIONS * ((where >> 32) % DESTINATIONS) /
                                    DESTINATIONS);
        bool broken = last_hour && out / 2 == BROKEN;
        const unsigned lanes[] = { LANES - 1, in, out };

        for (int l = 0; l < 3; l++) {
            add(lanes[l], DESTINATIONS, draw, broken);
            add(lanes[l], place, draw, broken);
        }
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        for (unsigned place = 0; place < PLACES; place++) {
            if (used[lane][place])
                tell(w, time, lane, place);
            rows += used[lane][place];
        }
    }
    return rows;
}

static long argument(int argc, char **argv, int at, long otherwise)
{
    long value = at < argc ? strtol(argv[at], NULL, 10) : otherwise;

    return value > 0 ? value : otherwise;
}

int main(int argc, char **argv)
{
    struct writer_options options = { .wait_when_full = true };
    long calls = argument(argc, argv, 2, 10000000), days = argument(argc, argv, 3, 14), rows = 0;
    int64_t until = (int64_t)time(NULL) * 1000000000 / MINUTE_NS * MINUTE_NS;
    uint64_t seed = 1;
    struct writer *w;
    struct stat st;

    if (argc < 2 || stat(argv[1], &st) == 0) {
        fprintf(stderr,
                "usage: overview_store DIR [CALLS [DAYS]], with a DIR that is not there yet\n");
        return 2;
    }
    options.store_dir = argv[1];
    if (writer_start(&w, &options) != 0)
        return 1;
    for (long m = days * 1440; m > 0; m--)
        rows += minute(w, until - m * MINUTE_NS, calls / (days * 1440), m <= 60, &seed);
    writer_flush(w);
    writer_stop(w);
    printf("%ld calls in %ld minutes: %ld rows\n", calls, days * 1440, rows);
    return 0;
}
