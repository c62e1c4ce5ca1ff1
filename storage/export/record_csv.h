/*
 * record_csv - records as lines of comma-separated values.
 *
 * Texts from the wire that a spreadsheet would take for a formula get an apostrophe in front.
 *
 * Source  RFC 4180
 */
#ifndef STORAGE_EXPORT_RECORD_CSV_H
#define STORAGE_EXPORT_RECORD_CSV_H

#include "analyzer/record.h"

void record_csv_heading(struct strbuf *out, const struct record_type *type);
void record_csv_add(struct strbuf *out, const struct record_type *type, const void *record);

#endif
