/*
 * told_records - what a store says of calls besides their sound, with strangers' texts in it: for the
 * tests of the API and of the page.
 *
 * Thread  The caller's; the writer copies what it is given.
 */
#ifndef TESTS_WEB_TOLD_RECORDS_H
#define TESTS_WEB_TOLD_RECORDS_H

#include "analyzer/record.h"
#include "storage/writer.h"

enum { TOLD_MINUTES = 20, TOLD_REGISTRATIONS = 5 };

/* The hosts of a conversation of two legs: the SBC has an address on each side. */
struct addr told_host(unsigned last);
enum { TOLD_CALLER = 10, TOLD_SBC_IN = 30, TOLD_SBC_OUT = 31, TOLD_CALLEE = 20 };

/* The leg that came to the SBC (false) or left it (true), and everything that can be told of a call.
 * The rest of it is the caller's. */
void told_call_fill(struct call_record *call, bool leaves, uint64_t other);

/* One stream each way and leg; between the legs the one to the callee loses 2 %. */
void told_add_streams(struct writer *w, const struct call_record *call, bool leaves);

/* That the two are one conversation. */
void told_add_leg(struct writer *w, const struct call_record *a, const struct call_record *b);

/* TOLD_MINUTES minutes from `start_ns` on: of all, of a trunk, of a destination on it. */
void told_add_minutes(struct writer *w, int64_t start_ns);

/* TOLD_REGISTRATIONS registrations, two peers, a fact of security, three transactions. */
void told_add_guards(struct writer *w, int64_t start_ns, uint64_t call);

#endif
