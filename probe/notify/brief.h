/*
 * brief - what a person on call must read of an alert, ready for any target.
 *
 * One message must say what is failing and where, since when, how bad that is against what is
 * normal, what the bad ones have in common, which calls prove it, and what to do first. Here it is
 * said once; the dialects only lay it out. All texts are printable and without links but our own.
 *
 * Ownership  brief_make/fini; everything lives in the brief's arena.
 * Thread     Pure.
 */
#ifndef PROBE_NOTIFY_BRIEF_H
#define PROBE_NOTIFY_BRIEF_H

#include "analyzer/base/arena.h"
#include "analyzer/record.h"
#include "probe/notify/dialect.h"

enum { BRIEF_FACTS_MAX = 16, BRIEF_CALLS_MAX = 5 };

struct brief_fact {
    struct slice name, value; /* "since", "2026-11-21 10:15:00 UTC" */
};

struct brief_call {
    struct slice id;
    struct slice page, packets; /* links; absent: none */
};

struct brief {
    struct slice word;  /* "critical", "resolved", "test": how to begin */
    struct slice title; /* one line */
    struct brief_fact facts[BRIEF_FACTS_MAX];
    size_t fact_count;
    struct brief_call calls[BRIEF_CALLS_MAX]; /* the first of them */
    size_t call_count, calls_in_all;
    struct slice page, search; /* links to the alert and to all its calls; absent: none */
    struct slice runbook;      /* absent: none */
    struct arena arena;
};

/* False without memory: then what is there is less. */
bool brief_make(struct brief *b, const struct notify_message *message,
                const struct alert_record *alert, const struct dialect_room *room);
void brief_fini(struct brief *b);

/* As plain text, lines ending in \n. */
void brief_write_plain(struct strbuf *out, const struct brief *b);

/* "CRITICAL", of word. */
void brief_add_upper(struct strbuf *out, struct slice word);

/* "2026-11-21T10:15:20.250Z"; of an unknown time what stands for none, in the year 1. */
enum { BRIEF_TIME_MAX = 40 };
void brief_format_time(char out[BRIEF_TIME_MAX], int64_t time_ns);

/* Adds base_url, path and, where there is a filter, that percent-encoded. */
void brief_add_link(struct strbuf *out, const char *base_url, const char *path,
                    struct slice filter);

#endif
