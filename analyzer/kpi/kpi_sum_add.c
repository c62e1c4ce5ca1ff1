#include "analyzer/base/json_item.h"
#include "analyzer/kpi/kpi_sum.h"

#include <math.h>

static int64_t known(int64_t value)
{
    return value == RECORD_NONE ? 0 : value;
}

/* What a share of the whole was counted from. */
static int64_t part_of(double ratio, int64_t whole)
{
    return isnan(ratio) ? 0 : llround(ratio * (double)whole);
}

void kpi_sum_add_counts(struct kpi_sum *sum, const struct kpi_record *k)
{
    int64_t failed = known(k->failure) + known(k->nos);
    const int64_t counts[KPI_COUNTS] = {
        [KPI_ATTEMPTS] = k->attempts,
        [KPI_ANSWERED] = k->answered,
        [KPI_FAILURE] = k->failure,
        [KPI_BUSY] = k->nos_busy,
        [KPI_CANCEL] = k->nos_cancel,
        [KPI_NOT_FOUND] = k->nos_not_found,
        [KPI_OTHER] = k->nos_other,
        [KPI_EFFECTIVE] = part_of(k->ner_ratio, known(k->answered) + failed),
        [KPI_ENDED] = k->ended,
        [KPI_COMPLETED] = part_of(k->scr_ratio, known(k->ended) + failed),
        [KPI_SHORT] = k->short_calls,
        [KPI_BY_CALLER] = k->ended_by_caller,
        [KPI_BY_CALLEE] = k->ended_by_callee,
        [KPI_JUDGED] = k->judged,
        [KPI_ONE_WAY] = k->one_way,
    };

    for (int i = 0; i < KPI_COUNTS; i++)
        sum->counts[i] += known(counts[i]);
    sum->duration_us += isnan(k->duration_s) ? 0 : llround(k->duration_s * 1e6);
    if (k->concurrent_max != RECORD_NONE && k->concurrent_max > sum->concurrent_max)
        sum->concurrent_max = k->concurrent_max;
}

/* The place of a class among the keys; KPI_KEYS: it cannot be. */
static size_t response_key(struct slice name)
{
    uint64_t code;

    return slice_to_u64(name, KPI_STATUSES - 1, &code) ? (size_t)code : KPI_KEYS;
}

static size_t pdd_key(struct slice name)
{
    uint64_t ms;

    if (!slice_to_u64(name, 1000000, &ms))
        return KPI_KEYS;
    return KPI_KEY_PDD + (size_t)kpi_sum_pdd_class((double)ms);
}

/* "4.05" */
static size_t mos_key(struct slice name)
{
    struct slice rest = name, whole_text = slice_cut(&rest, '.');
    uint64_t whole, hundredths;

    if (rest.len != 2 || !slice_to_u64(whole_text, 5, &whole) ||
        !slice_to_u64(rest, 99, &hundredths))
        return KPI_KEYS;
    return KPI_KEY_MOS + (size_t)kpi_sum_mos_class((double)whole + (double)hundredths / 100);
}

static void add_object(struct kpi_sum *sum, struct slice object, size_t (*key_of)(struct slice))
{
    struct slice name, value;

    while (json_item_next_member(&object, &name, &value)) {
        size_t key = key_of(name);
        uint64_t count;

        if (key < KPI_KEYS && slice_to_u64(value, UINT32_MAX - sum->keys[key], &count))
            sum->keys[key] += (uint32_t)count;
    }
}

void kpi_sum_add(struct kpi_sum *sum, const struct kpi_record *k)
{
    kpi_sum_add_counts(sum, k);
    add_object(sum, k->responses, response_key);
    add_object(sum, k->pdd_histogram, pdd_key);
    add_object(sum, k->mos_histogram, mos_key);
}
