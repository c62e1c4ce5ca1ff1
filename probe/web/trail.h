/*
 * trail - the audit trail of the web process: what leaves a line, and what is one line with another.
 *
 * A page refreshes itself, a player asks for range after range: the same deed of the same person on the
 * same thing from the same place is one line in ten minutes. What is refused is anybody's to cause: those
 * lines come at a bounded rate, and the next one tells how many were left out.
 *
 * Ownership  trail_open/close. Texts are copied.
 * Thread     Any.
 * Bounded    TRAIL_KNOWN_MAX deeds are remembered.
 */
#ifndef PROBE_WEB_TRAIL_H
#define PROBE_WEB_TRAIL_H

#include "storage/audit/audit_log.h"
#include "storage/audit/audit_verify.h"

enum {
    TRAIL_KNOWN_MAX = 8192,
    TRAIL_ONCE_S = 600,
    TRAIL_REFUSED_BURST = 100, /* lines of refusals at once, */
    TRAIL_REFUSED_EVERY_S = 2, /* and then one in that many seconds */
};

struct audit_syslog;
struct trail;

struct trail_options {
    const char *store_dir;
    struct audit_syslog *syslog; /* where a copy goes; NULL: nowhere. Borrowed */
    int64_t (*now_s)(void);      /* NULL: the clock */
};

enum trail_way {
    TRAIL_PLAIN = 0,
    TRAIL_SYNC = 1,    /* on the disk before it is done */
    TRAIL_ONCE = 2,    /* the same again within ten minutes leaves no line */
    TRAIL_REFUSED = 4, /* it was not done; TRAIL_ONCE, and bounded */
    TRAIL_THING = 8,   /* … whatever its detail: of TRAIL_ONCE the thing alone counts */
};

int trail_open(struct trail **tp, const struct trail_options *options); /* 0 or −ENOMEM */
void trail_close(struct trail *t);

/* Does it stand there already, as TRAIL_ONCE has it? Not looked at: call_id, status and time. */
bool trail_knows(struct trail *t, const struct audit_entry *entry, unsigned way);

/* 0: the line stands there, or need not. −errno: what it tells of must not happen. way: bits of
 * trail_way. */
int trail_add(struct trail *t, const struct audit_entry *entry, unsigned way);

/* Is the trail whole, as far as it was looked at? Each time goes on where the last one stopped. False: no
 * more is known than before. */
bool trail_check(struct trail *t, struct audit_verify *found, bool *is_whole);

struct trail_counts {
    uint64_t lines, repeated, left_out, failed;
};
void trail_count(struct trail *t, struct trail_counts *counts);
struct audit_syslog *trail_syslog(struct trail *t);

#endif
