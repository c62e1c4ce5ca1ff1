/*
 * call_comment - a call in a few lines: what a pcapng says about itself.
 *
 * Texts of the call are a stranger's and made printable; a line each, every one ended.
 */
#ifndef STORAGE_EXPORT_CALL_COMMENT_H
#define STORAGE_EXPORT_CALL_COMMENT_H

#include "storage/query.h"

/* Its Call-ID; how it went, its verdict and MOS; what of it is kept. */
void call_comment_add(struct strbuf *out, const struct call_record *call);

#endif
