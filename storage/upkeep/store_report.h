/*
 * store_report - the record of how a store does, from what is known of it.
 *
 * Ownership  store_report_fini frees the scratch that a record's texts lie in.
 * Thread     One.
 * Time       Monotonic for the growth, an argument.
 */
#ifndef STORAGE_UPKEEP_STORE_REPORT_H
#define STORAGE_UPKEEP_STORE_REPORT_H

#include "analyzer/base/strbuf.h"
#include "analyzer/record.h"
#include "storage/upkeep/disk_guard.h"
#include "storage/upkeep/retention_work.h"

enum {
    STORE_REPORT_SAMPLES = 1440, /* a day of minutes */
    STORE_REPORT_YOUNG_S = 600,  /* no rate from less */
};

/* What had been written so far, removed or not. */
struct store_sample {
    int64_t time_ms;
    int64_t bytes[STORE_KINDS];
};

struct store_growth {
    struct store_sample ring[STORE_REPORT_SAMPLES];
    size_t count, next;
};

/* Once a minute, after a look. */
void store_growth_add(struct store_growth *g, int64_t now_ms, const struct retention_work *w);

/* Bytes a second of one kind, or of all (STORE_KINDS); NaN: not known yet. */
double store_growth_rate(const struct store_growth *g, int kind);

/* Days until the first limit is reached: room on the disk, or the size of a kind. NaN: not known, or
 * never. */
double store_report_days_left(const struct retention_work *w, const struct store_growth *g);

struct store_report_facts {
    int64_t time; /* ns, of the clock */
    enum disk_step step;
    enum disk_cause cause;
    struct slice losses; /* JSON object */
};

/* The texts lie in `scratch`, until the next. */
void store_report_make(struct store_record *out, const struct store_report_facts *facts,
                       const struct retention_work *w, const struct store_growth *g,
                       struct strbuf *scratch);

/* What can be seen of a store from outside, now: sizes, how far back, pins, the disk; the rest is not
 * known. `size` is of that store, and remembers for the next time. 0 or −errno. */
int store_report_measure(struct store_record *out, struct store_size *size);

#endif
