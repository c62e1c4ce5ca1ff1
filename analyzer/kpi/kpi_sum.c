#include "analyzer/kpi/kpi_sum.h"

#include <math.h>
#include <stdio.h>

/* Ranges of delays and how fine each is; the last one is open. */
static const struct {
    double from_ms, width_ms;
    uint16_t first; /* class that the range begins with */
} pdd_ranges[] = { { 0, 10, 0 },
                   { 1000, 50, 100 },
                   { 5000, 500, 180 },
                   { 30000, 5000, 230 },
                   { 180000, 0, KPI_PDD_CLASSES - 1 } };
enum { PDD_RANGES = sizeof pdd_ranges / sizeof pdd_ranges[0] };

uint16_t kpi_sum_pdd_class(double pdd_ms)
{
    int i = PDD_RANGES - 1;

    if (pdd_ms >= pdd_ranges[i].from_ms)
        return pdd_ranges[i].first;
    while (i > 0 && pdd_ms < pdd_ranges[i].from_ms)
        i--;
    return (uint16_t)(pdd_ranges[i].first +
                      (uint16_t)((pdd_ms - pdd_ranges[i].from_ms) / pdd_ranges[i].width_ms + 0.5));
}

int64_t kpi_sum_pdd_of_class(uint16_t pdd_class)
{
    int i = PDD_RANGES - 1;

    while (i > 0 && pdd_class < pdd_ranges[i].first)
        i--;
    return (int64_t)pdd_ranges[i].from_ms +
           (pdd_class - pdd_ranges[i].first) * (int64_t)pdd_ranges[i].width_ms;
}

uint16_t kpi_sum_mos_class(double mos)
{
    if (mos < 0)
        return 0;
    /* With the three decimals that the record shows: whoever counts rows again counts the same. */
    mos = floor(mos * 1000 + 0.5) / 1000;
    return mos >= 5 ? KPI_MOS_CLASSES - 1 : (uint16_t)(mos * 20 + 0.5);
}

static double ratio(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : NAN;
}

static int64_t responses(const struct kpi_sum *sum, const uint16_t *codes, size_t n)
{
    int64_t total = 0;

    for (size_t i = 0; i < n; i++)
        total += sum->keys[codes[i]];
    return total;
}

static void report_ratios(const struct kpi_sum *sum, struct kpi_record *out)
{
    static const uint16_t effective[] = { 480, 486, 600, 603 };
    static const uint16_t ineffective[] = { 408, 500, 503, 504 };
    int64_t settled = out->answered + out->failure + out->nos, redirected = 0;

    for (int code = 300; code < 400; code++)
        redirected += sum->keys[code];
    out->asr_ratio = ratio(out->answered, settled);
    out->ner_ratio = ratio(sum->counts[KPI_EFFECTIVE], settled);
    out->ser_ratio = ratio(out->answered, settled - redirected);
    out->seer_ratio = ratio(out->answered + responses(sum, effective, 4), settled - redirected);
    out->isa_ratio = ratio(responses(sum, ineffective, 4), settled);
    out->scr_ratio = ratio(sum->counts[KPI_COMPLETED], out->ended + out->failure + out->nos);
}

static void report_counts(const struct kpi_sum *sum, struct kpi_record *out)
{
    const int64_t *n = sum->counts;

    out->attempts = n[KPI_ATTEMPTS];
    out->answered = n[KPI_ANSWERED];
    out->failure = n[KPI_FAILURE];
    out->nos_busy = n[KPI_BUSY];
    out->nos_cancel = n[KPI_CANCEL];
    out->nos_not_found = n[KPI_NOT_FOUND];
    out->nos_other = n[KPI_OTHER];
    out->nos = n[KPI_BUSY] + n[KPI_CANCEL] + n[KPI_NOT_FOUND] + n[KPI_OTHER];
    out->ended = n[KPI_ENDED];
    out->duration_s = (double)sum->duration_us / 1e6;
    out->acd_s = n[KPI_ENDED] ? out->duration_s / (double)n[KPI_ENDED] : NAN;
    out->short_calls = n[KPI_SHORT];
    out->ended_by_caller = n[KPI_BY_CALLER];
    out->ended_by_callee = n[KPI_BY_CALLEE];
    out->judged = n[KPI_JUDGED];
    out->one_way = n[KPI_ONE_WAY];
    out->concurrent_max = sum->concurrent_max;
}

/* Nearest-rank; −1: there are none. */
static int class_of_rank(const uint32_t *classes, int count, unsigned percent)
{
    uint64_t total = 0, rank, seen = 0;

    for (int i = 0; i < count; i++)
        total += classes[i];
    rank = (total * percent + 99) / 100;
    for (int i = 0; i < count && total; i++) {
        seen += classes[i];
        if (seen >= rank)
            return i;
    }
    return -1;
}

double kpi_sum_pdd_of_rank(const struct kpi_sum *sum, unsigned percent)
{
    int at = class_of_rank(sum->keys + KPI_KEY_PDD, KPI_PDD_CLASSES, percent);

    return at < 0 ? NAN : (double)kpi_sum_pdd_of_class((uint16_t)at);
}

double kpi_sum_mos_of_rank(const struct kpi_sum *sum, unsigned percent)
{
    int at = class_of_rank(sum->keys + KPI_KEY_MOS, KPI_MOS_CLASSES, percent);

    return at < 0 ? NAN : at / 20.0;
}

/* The three objects, one behind the other; where each begins. */
static void write_objects(const struct kpi_sum *sum, struct strbuf *texts, size_t from[4])
{
    static const int begin[] = { 0, KPI_KEY_PDD, KPI_KEY_MOS, KPI_KEYS };

    for (int object = 0; object < 3; object++) {
        struct jsonw j = jsonw_to(texts);

        from[object] = texts->len;
        jsonw_object_open(&j);
        for (int key = begin[object]; key < begin[object + 1]; key++) {
            char name[16];
            int at = key - begin[object];

            if (sum->keys[key] == 0)
                continue;
            if (object == 2)
                snprintf(name, sizeof name, "%d.%02d", at / 20, at % 20 * 5);
            else
                snprintf(name, sizeof name, "%lld",
                         object ? (long long)kpi_sum_pdd_of_class((uint16_t)at) : at);
            jsonw_key(&j, name);
            jsonw_int(&j, sum->keys[key]);
        }
        jsonw_object_close(&j);
    }
    from[3] = texts->len;
}

void kpi_sum_report(const struct kpi_sum *sum, struct kpi_record *out, struct strbuf *texts)
{
    size_t from[4];

    record_clear(&record_type_kpi, out);
    report_counts(sum, out);
    report_ratios(sum, out);
    out->pdd_ms_p50 = kpi_sum_pdd_of_rank(sum, 50);
    out->pdd_ms_p95 = kpi_sum_pdd_of_rank(sum, 95);
    out->mos_lq_p50 = kpi_sum_mos_of_rank(sum, 50);
    out->mos_lq_p5 = kpi_sum_mos_of_rank(sum, 5);
    strbuf_reset(texts);
    write_objects(sum, texts, from);
    if (texts->failed)
        return;
    out->responses = slice_of(texts->p + from[0], from[1] - from[0]);
    out->pdd_histogram = slice_of(texts->p + from[1], from[2] - from[1]);
    out->mos_histogram = slice_of(texts->p + from[2], from[3] - from[2]);
}
