/*
 * exposition - figures as Prometheus reads them: the text format 0.0.4, or OpenMetrics 1.0.
 *
 * Both say the same; of counters, 0.0.4 names the family with its _total and OpenMetrics without, and ends
 * with "# EOF". A family's samples follow its beginning.
 *
 * Source  https://prometheus.io/docs/instrumenting/exposition_formats/, OpenMetrics 1.0
 */
#ifndef PROBE_WEB_EXPOSITION_H
#define PROBE_WEB_EXPOSITION_H

#include "analyzer/base/strbuf.h"

enum exposition_type {
    EXPOSITION_COUNTER,
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM,
    EXPOSITION_SUMMARY
};

struct exposition_label {
    const char *name;
    struct slice value;
};

enum { EXPOSITION_LABELS_MAX = 4 };

struct exposition {
    struct strbuf *out;
    bool is_open; /* OpenMetrics */
    const char *family;
    enum exposition_type type;
    struct exposition_label
        labels[EXPOSITION_LABELS_MAX]; /* of the next sample; NULL name: no more */
};

#define EXPOSITION_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define EXPOSITION_OPEN_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* family: without _total. help: one line. */
void exposition_begin(struct exposition *e, const char *family, enum exposition_type type,
                      const char *help);

/* Labels of the samples to come, until the next of them or the next family. NULL name: none. */
void exposition_label(struct exposition *e, size_t at, const char *name, struct slice value);

/* NaN: there is none. */
void exposition_value(struct exposition *e, double value);
void exposition_count(struct exposition *e, uint64_t value);

/* A histogram: bounds end with 0; buckets[i]: at or below bounds[i], but above the one before. */
void exposition_buckets(struct exposition *e, const double *bounds, const uint64_t *buckets,
                        double sum, uint64_t count);
/* A summary without quantiles. */
void exposition_sum(struct exposition *e, double sum, uint64_t count);

void exposition_end(struct exposition *e);

#endif
