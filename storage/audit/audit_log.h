/*
 * audit_log - who did what, a line each in STORE/audit.jsonl, before it is done.
 *
 * Several processes and threads append to the one file: each takes its lock, reads the last line's hash
 * and writes its own line behind it in one write. A line that cannot be written whole is taken back; one
 * that was torn by a power cut gets an end, and the next says that it stands behind a torn one. Who finds
 * that his line cannot be written does not do what it tells of.
 *
 * The file lies outside of the folders of days, and outlives them.
 *
 * Thread  Any.
 * Errors  −errno; −EBADMSG: the end of the file is no trail, for longer than a torn line can be.
 */
#ifndef STORAGE_AUDIT_AUDIT_LOG_H
#define STORAGE_AUDIT_AUDIT_LOG_H

#include "storage/audit/audit_line.h"

enum audit_care {
    AUDIT_WRITE, /* a killed process loses nothing of it; a power cut may */
    AUDIT_SYNC,  /* neither does: what gives packets or sound away, or changes something */
};

/* 0 when the line stands in the file. written: NULL, or what it is then, with its end, appended. */
int audit_append(const char *store_dir, const struct audit_entry *entry, enum audit_care care,
                 struct strbuf *written);

#endif
