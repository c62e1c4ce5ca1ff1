/*
 * kpi_id - where the row of a group's minute stands: the same id in every run, so a replay replaces its rows
 * and whoever knows a group finds them without a search.
 *
 * Thread  Pure functions.
 */
#ifndef ANALYZER_KPI_KPI_ID_H
#define ANALYZER_KPI_KPI_ID_H

#include "analyzer/base/slice.h"

#include <stdint.h>

/* Of the names, with what parts them; absent ones are not empty ones. */
uint64_t kpi_id_hash(struct slice trunk, struct slice direction, struct slice destination);

/* Of that hash's row of the minute that begins then, ns. */
uint64_t kpi_id_make(uint64_t hash, int64_t minute_ns);

#endif
