/*
 * call_line - one call, one alert or one ledger as text a person reads in a terminal.
 *
 * Every text from the wire is made printable; what is not known is "-".
 */
#ifndef PROBE_CMD_CALL_LINE_H
#define PROBE_CMD_CALL_LINE_H

#include "analyzer/record.h"

/* The heading and one line a call, in columns. */
void call_line_heading(struct strbuf *out);
void call_line_add(struct strbuf *out, const struct call_record *call);

/* A stream that belongs to no call, as a line of its own. */
void call_line_orphan(struct strbuf *out, const struct stream_record *s);

/* "2026-11-21 10:00:00.123", or "-". */
void call_line_time(struct strbuf *out, int64_t time_ns);

/* 16 hex digits. */
void call_line_id(struct strbuf *out, uint64_t id);

/* A number with decimals, or "-". */
void call_line_real(struct strbuf *out, double value, int decimals);

/* At most `width` columns, padded. */
void call_line_cell(struct strbuf *out, struct slice text, size_t width);

#endif
