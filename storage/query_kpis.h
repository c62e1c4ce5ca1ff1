/*
 * query_kpis - minutes of few groups out of many: what a window of days is added up from.
 *
 * A minute has a row for each trunk with each destination, some hundred to a thousand. Those of trunks alone, of
 * destinations alone and of all stand in an index of their own; whole rows of a group are found by their id.
 *
 * Errors  As in query.h. What a day cannot answer is missing, and said in the log.
 */
#ifndef STORAGE_QUERY_KPIS_H
#define STORAGE_QUERY_KPIS_H

#include "storage/query.h"

/* struct kpi_record rows of the minutes that begin from `from` to before `until`, ns, oldest first: of all, of
 * trunks, of destinations. Of their figures `attempts` `answered` `failure` `nos` `ner_ratio` `ended` `duration_s` `one_way`
 * `judged`; `time` and the rest are unknown: the id has the time. */
int query_kpi_singles(struct query *q, int64_t from, int64_t until, query_row_fn row, void *ctx);

/* Whole rows of groups by the hashes of their names (analyzer/kpi/kpi_id.h), minute by minute, oldest first;
 * `from` is a minute's beginning. */
int query_kpi_groups(struct query *q, const uint64_t *hashes, size_t count, int64_t from,
                     int64_t until, query_row_fn row, void *ctx);

#endif
