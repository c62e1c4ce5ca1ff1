/*
 * query_kpis - minutes of few groups out of many: what a window of days is added up from.
 *
 * A minute has a row for each trunk with each destination, some hundred to a thousand. Those of trunks alone, of
 * destinations alone and of all stand in an index of their own; rows of a group are found by its key
 * (analyzer/kpi/kpi_id.h) without a search. A week is a million of them, so nothing is read that is not asked for.
 *
 * Errors  As in query.h. What a day cannot answer is missing, and said in the log.
 */
#ifndef STORAGE_QUERY_KPIS_H
#define STORAGE_QUERY_KPIS_H

#include "storage/query.h"

struct sqlite3_stmt;

/* A minute of a group; what is unknown counts 0. */
struct kpi_single {
    uint64_t key;
    int64_t time;
    int64_t attempts, answered, failure, nos, ended, one_way, judged;
    double ner_ratio, duration_s;
    struct sqlite3_stmt *statement;
};

/* Trunk, direction, destination of the row at hand; absent: all. */
void query_kpi_names(const struct kpi_single *row, struct slice names[3]);

/* Return false to stop. */
typedef bool query_single_fn(void *ctx, const struct kpi_single *row);

/* The minutes that begin from `from` to before `until`, ns, oldest first: of all, of trunks, of destinations. */
int query_kpi_singles(struct query *q, int64_t from, int64_t until, query_single_fn *row,
                      void *ctx);

/* struct kpi_record rows of groups by their keys, minute by minute, oldest first; `from` is a minute's
 * beginning. only_histograms: the id, `pdd_histogram` and `mos_histogram`, the rest is unknown. */
int query_kpi_groups(struct query *q, const uint64_t *keys, size_t count, bool only_histograms,
                     int64_t from, int64_t until, query_row_fn row, void *ctx);

#endif
