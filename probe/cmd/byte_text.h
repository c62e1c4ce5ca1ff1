/*
 * byte_text - amounts of bytes as a person reads them.
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_CMD_BYTE_TEXT_H
#define PROBE_CMD_BYTE_TEXT_H

#include "analyzer/base/strbuf.h"

/* "512 B", "1.5 MiB", "38 GiB": two digits at least, and four at most. Unknown (RECORD_NONE): "-". */
void byte_text_add(struct strbuf *out, int64_t bytes);

/* The same right-aligned in `width` columns. */
void byte_text_add_right(struct strbuf *out, int64_t bytes, size_t width);

#endif
