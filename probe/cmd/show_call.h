/*
 * show_call - what 'earshot show' says of a call besides its ladder and its streams: who, when, how it
 * ended, which keys were pressed, what the phones reported.
 *
 * Every text from the wire is made printable; what is not known is "-", or left out.
 */
#ifndef PROBE_CMD_SHOW_CALL_H
#define PROBE_CMD_SHOW_CALL_H

#include "analyzer/record.h"

/* The name of a fact and blanks behind it, so that all begin in one column. */
void show_call_fact(struct strbuf *out, const char *name);

void show_call_heading(struct strbuf *out, const struct call_record *c);

/* Keys, and reports of phones: nothing when there are none. Digits that are not stored are bullets. */
void show_call_keys(struct strbuf *out, const struct call_record *c);
void show_call_reports(struct strbuf *out, const struct call_record *c);

/* "10:00:31.200" of a time in ns. */
void show_call_clock(struct strbuf *out, int64_t time_ns);

/* "caller" or "callee": who sends in that direction; NULL when it is not known. */
const char *show_call_sender(struct slice direction);
const char *show_call_receiver(struct slice direction);

#endif
