/*
 * kpi_sum - counts of a minute or of several, and the figures that follow from them.
 *
 * Percentiles are nearest-rank over classes, so that whoever has the rows of the calls can count
 * again and get the same: a delay is rounded to 10 ms below 1 s, 50 ms below 5 s, 500 ms below 30 s,
 * 5 s below 180 s; what is more is 180 s. A MOS is rounded to 0.05.
 *
 * Source  ITU-T E.425, RFC 6076
 */
#ifndef ANALYZER_KPI_KPI_SUM_H
#define ANALYZER_KPI_KPI_SUM_H

#include "analyzer/record.h"

enum kpi_count {
    KPI_ATTEMPTS,
    KPI_ANSWERED,
    KPI_FAILURE,
    KPI_BUSY,
    KPI_CANCEL,
    KPI_NOT_FOUND,
    KPI_OTHER,
    KPI_EFFECTIVE, /* E.425: answered, busy, rang without answer, refused by the user */
    KPI_ENDED,     /* answered calls whose end was seen */
    KPI_COMPLETED, /* of those, by BYE and not for want of an answer */
    KPI_SHORT,
    KPI_BY_CALLER,
    KPI_BY_CALLEE,
    KPI_JUDGED,
    KPI_ONE_WAY,
    KPI_COUNTS
};

enum {
    KPI_STATUSES = 700,
    KPI_PDD_CLASSES = 261,
    KPI_MOS_CLASSES = 101,
    /* One number space for all that is counted by a key. */
    KPI_KEY_PDD = KPI_STATUSES,
    KPI_KEY_MOS = KPI_KEY_PDD + KPI_PDD_CLASSES,
    KPI_KEYS = KPI_KEY_MOS + KPI_MOS_CLASSES,
};

struct kpi_sum {
    int64_t counts[KPI_COUNTS];
    int64_t duration_us;
    int64_t concurrent_max; /* RECORD_NONE: not of this group */
    uint32_t keys[KPI_KEYS];
};

/* A told minute on top of a sum, whose concurrent_max begins with RECORD_NONE; of a damaged store what can be
 * read of it. */
void kpi_sum_add(struct kpi_sum *sum, const struct kpi_record *minute);
/* The same without what is counted by a key. */
void kpi_sum_add_counts(struct kpi_sum *sum, const struct kpi_record *minute);

/* Nearest-rank; NaN: there are none. */
double kpi_sum_pdd_of_rank(const struct kpi_sum *sum, unsigned percent); /* ms */
double kpi_sum_mos_of_rank(const struct kpi_sum *sum, unsigned percent);

/* Neither NaN nor negative. */
uint16_t kpi_sum_pdd_class(double pdd_ms);
int64_t kpi_sum_pdd_of_class(uint16_t pdd_class); /* ms */
uint16_t kpi_sum_mos_class(double mos);

/* All but id, time, window, names and limit. The texts stand in `texts`, which is reset. */
void kpi_sum_report(const struct kpi_sum *sum, struct kpi_record *out, struct strbuf *texts);

#endif
