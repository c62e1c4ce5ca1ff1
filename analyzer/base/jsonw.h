/*
 * jsonw - writes JSON text, one value after the other.
 *
 * Ownership  Borrows the strbuf it writes to.
 * Commas, colons and nesting are kept by the writer; strings are a stranger's, so they are escaped
 * and broken UTF-8 becomes U+FFFD. A number that is not finite becomes null.
 *
 * The name leaves json_ to jansson, which reads.
 *
 * Source  RFC 8259
 */
#ifndef ANALYZER_BASE_JSONW_H
#define ANALYZER_BASE_JSONW_H

#include "analyzer/base/strbuf.h"

struct jsonw {
    struct strbuf *out;
    bool need_comma;
};

struct jsonw jsonw_to(struct strbuf *out);

void jsonw_object_open(struct jsonw *j);
void jsonw_object_close(struct jsonw *j);
void jsonw_array_open(struct jsonw *j);
void jsonw_array_close(struct jsonw *j);

/* The key of the next value. */
void jsonw_key(struct jsonw *j, const char *key);

void jsonw_null(struct jsonw *j);
void jsonw_bool(struct jsonw *j, bool value);
void jsonw_int(struct jsonw *j, int64_t value);
/* With that many decimals; null when not finite. */
void jsonw_real(struct jsonw *j, double value, int decimals);
/* Seconds since 1970 with 6 decimals, from nanoseconds. */
void jsonw_time(struct jsonw *j, int64_t time_ns);
/* An absent slice becomes null. */
void jsonw_text(struct jsonw *j, struct slice s);
/* Already JSON: copied as it stands. */
void jsonw_raw(struct jsonw *j, struct slice s);

#endif
