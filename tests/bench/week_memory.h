/*
 * week_memory - what was normal, by quarters of an hour: the store's table baselines without a store.
 *
 * Ownership  week_memory_new/free. Texts are copied once each.
 */
#ifndef TESTS_BENCH_WEEK_MEMORY_H
#define TESTS_BENCH_WEEK_MEMORY_H

#include "analyzer/record.h"

struct week_memory;

typedef void (*week_memory_fn)(void *ctx, const struct baseline_record *past);

struct week_memory *week_memory_new(void);
void week_memory_free(struct week_memory *m);

void week_memory_keep(struct week_memory *m, const struct baseline_record *baseline);

/* Those of 7, 14, 21 and 28 days before the quarter (seconds since 1970 / 900). */
void week_memory_recall(struct week_memory *m, int64_t quarter, week_memory_fn fn, void *ctx);

#endif
