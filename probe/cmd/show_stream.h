/*
 * show_stream - what 'earshot show' says of a stream: how it sounded and when, what was lost and on
 * which side, what its ends reported, what changed in its course.
 *
 * Every text from the wire is made printable; what is not known is left out.
 */
#ifndef PROBE_CMD_SHOW_STREAM_H
#define PROBE_CMD_SHOW_STREAM_H

#include "analyzer/record.h"

/* width: columns of the terminal. */
void show_stream_add(struct strbuf *out, const struct stream_record *s, size_t width);

/* "Caller to callee: PCMA, 192.0.2.10:40000 > 192.0.2.20:40002" */
void show_stream_heading(struct strbuf *out, const struct stream_record *s);

#endif
