/*
 * ledger_text - the ledger at the end of a run: where every packet went, what was lost, and what to
 * do about it.
 *
 * What is not known is left out, and so is a count of nothing.
 */
#ifndef PROBE_CMD_LEDGER_TEXT_H
#define PROBE_CMD_LEDGER_TEXT_H

#include "analyzer/record.h"

/* mirror: NULL when nobody judged it. */
void ledger_text_add(struct strbuf *out, const struct capture_record *capture,
                     const struct mirror_record *mirror);

/* A line: which server, its name, and until when. */
void ledger_text_add_certificate(struct strbuf *out, const struct certificate_record *certificate);

/* The plain word for a bin or a refusal; NULL for a name that is not known. */
const char *ledger_text_word(struct slice name);

/* The next pair of a record's {"name":12,…}, or the next of its names alone: JSON of our own, without
 * escapes. Takes it off; false at the end. */
bool ledger_text_next(struct slice *json, struct slice *name, int64_t *count);

#endif
