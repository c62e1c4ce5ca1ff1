/*
 * json - writes JSON text, one value after the other.
 *
 * Ownership  Borrows the strbuf it writes to.
 * Commas, colons and nesting are kept by the writer; strings are a stranger's, so they are escaped
 * and broken UTF-8 becomes U+FFFD. A number that is not finite becomes null.
 *
 * Source  RFC 8259
 */
#ifndef ANALYZER_BASE_JSON_H
#define ANALYZER_BASE_JSON_H

#include "analyzer/base/strbuf.h"

struct json {
    struct strbuf *out;
    bool need_comma;
};

struct json json_to(struct strbuf *out);

void json_object_open(struct json *j);
void json_object_close(struct json *j);
void json_array_open(struct json *j);
void json_array_close(struct json *j);

/* The key of the next value. */
void json_key(struct json *j, const char *key);

void json_null(struct json *j);
void json_bool(struct json *j, bool value);
void json_int(struct json *j, int64_t value);
/* With that many decimals; null when not finite. */
void json_real(struct json *j, double value, int decimals);
/* Seconds since 1970 with 6 decimals, from nanoseconds. */
void json_time(struct json *j, int64_t time_ns);
/* An absent slice becomes null. */
void json_text(struct json *j, struct slice s);
/* Already JSON: copied as it stands. */
void json_raw(struct json *j, struct slice s);

#endif
