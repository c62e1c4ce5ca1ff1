/*
 * cli_audit - the audit trail of what is done from a shell.
 *
 * Thread  Main thread.
 */
#ifndef PROBE_CMD_CLI_AUDIT_H
#define PROBE_CMD_CLI_AUDIT_H

#include "storage/audit/audit_log.h"

enum { CLI_USER_MAX = 256 };

/* Who runs this: the name of the system's user, or "uid 1000". */
struct slice cli_audit_user(char room[CLI_USER_MAX]);

/* The line, on the disk; user, from and time are filled in. 0, or −errno: then it is not to be done. */
int cli_audit(const char *store_dir, const struct audit_entry *entry);

#endif
