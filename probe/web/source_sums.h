/*
 * source_sums - what each source did of which a guard wants to know, from the rows of security facts.
 *
 * The same attempts can make several facts (a sweep, tried passwords, a scanner's name): of a source those
 * of the fact that counted most are said, so it is no less than that many.
 *
 * Ownership  source_sums_init/fini in place; texts are copied.
 * Bounded    SOURCE_SUMS_MAX sources, SOURCE_TEXTS_MAX texts of a kind each, cut to SOURCE_TEXT_BYTES; what
 *            is over that is left out, and `cut` says so.
 */
#ifndef PROBE_WEB_SOURCE_SUMS_H
#define PROBE_WEB_SOURCE_SUMS_H

#include "analyzer/base/table.h"
#include "analyzer/record.h"
#include "analyzer/security/fact.h"

enum {
    SOURCE_SUMS_MAX = 4096,
    SOURCE_TEXTS_MAX = 8,
    SOURCE_TEXT_BYTES = 64, /* as the evidence has them */
    SOURCE_RECORDS_MAX = 8,
    SOURCE_NAME_MAX = 48,
    SOURCE_TRUNK_MAX = 64,
};

/* What was said more than once is there once. */
struct source_texts {
    char text[SOURCE_TEXTS_MAX][SOURCE_TEXT_BYTES];
    uint8_t len[SOURCE_TEXTS_MAX];
    uint8_t count;
    bool more;
};

struct source_sum {
    char name[SOURCE_NAME_MAX]; /* an IP address; empty: many took part */
    uint8_t name_len;
    char trunk[SOURCE_TRUNK_MAX + 1];
    uint64_t hash;
    uint32_t kinds; /* 1 << enum fact */
    int64_t counts[FACT_COUNT];
    int64_t attempts; /* the largest of them */
    int64_t distinct; /* different users, numbers; RECORD_NONE: not counted */
    int64_t first, last;
    bool going_on;
    struct source_texts agents, numbers, targets;
    uint64_t records[SOURCE_RECORDS_MAX]; /* the newest */
    uint64_t calls[SOURCE_RECORDS_MAX];   /* that show it */
    uint8_t record_count, call_count;
};

struct source_sums {
    int64_t since, now;
    struct table by_name;
    struct source_sum *list[SOURCE_SUMS_MAX];
    size_t count;
    bool cut;
};

/* What was seen last before `since` is left out. now: as the packets count it. 0 or −ENOMEM. */
int source_sums_init(struct source_sums *s, int64_t since, int64_t now);
void source_sums_fini(struct source_sums *s);

/* A row, newest first. False: no memory. */
bool source_sums_add(struct source_sums *s, const struct security_record *row);

/* NULL: nothing is known of it. */
struct source_sum *source_sums_find(const struct source_sums *s, struct slice source);
void source_texts_add(struct source_texts *t, struct slice text);

/* What goes on first, then what was seen last. */
void source_sums_sort(struct source_sums *s);

/* FACT_COUNT: none is called so. */
enum fact source_kind_parse(struct slice name);

#endif
