/*
 * sounding_calls - calls in a store whose sound is told in every field: for the tests of the page.
 *
 * Thread  The caller's; the writer copies what it is given.
 */
#ifndef TESTS_WEB_SOUNDING_CALLS_H
#define TESTS_WEB_SOUNDING_CALLS_H

#include "analyzer/record.h"
#include "storage/writer.h"

/* Fills what a call says of its media; the rest of it is the caller's. */
void sounding_call_fill(struct call_record *call, int64_t start_ns);

/* Two streams of a minute, with a burst of loss, and a foreign source. */
void sounding_call_add_loud(struct writer *w, uint64_t call, int64_t start_ns);

/* A call that became fax, both ways. */
void sounding_call_add_fax(struct writer *w, uint64_t call, int64_t start_ns);

/* A stream of 24 hours, 17,280 intervals, one of them bad. */
void sounding_call_add_long(struct writer *w, uint64_t call, int64_t start_ns);

#endif
