/*
 * stir_json - is this one JSON object, and no deeper than it may be?
 *
 * json_item steps through JSON that is sound; this says whether a stranger's is.
 *
 * Source  RFC 8259
 */
#ifndef ANALYZER_SIP_STIR_JSON_H
#define ANALYZER_SIP_STIR_JSON_H

#include "analyzer/base/slice.h"

/* An object, whole, with nothing but blanks around it. One pass, no recursion. */
bool stir_json_is_object(struct slice text);

/* A text value without its quotes and escapes, cut to room − 1; what is no printable ASCII or is
 * '"' or '\' becomes '?'. "" for what is no text. */
void stir_json_copy(char *out, size_t room, struct slice value);

#endif
