/*
 * maintenance - the times in which nobody is told: notify.maintenance.
 *
 *     trunk=carrier-a; sat,sun 02:00-06:00     each week, local time; past midnight: 22:00-04:00
 *     rule=disk-*; daily 03:00-03:30
 *     ; 2026-12-24 18:00 - 2026-12-26 08:00    once, local time; no labels: every alert
 *
 * Ownership  Plain values.
 * Thread     Pure.
 */
#ifndef PROBE_NOTIFY_MAINTENANCE_H
#define PROBE_NOTIFY_MAINTENANCE_H

#include "probe/state/label_match.h"

struct maintenance {
    struct label_match match;
    uint8_t days;                    /* bit 0 Monday … bit 6 Sunday; 0: it is once */
    uint16_t from_minute, to_minute; /* of the day; to the smaller: into the next day */
    int64_t from_s, to_s;            /* of once: since 1970 */
};

enum { MAINTENANCE_ERROR_MAX = 320 };

/* 0, or −EINVAL with a sentence. */
int maintenance_parse(struct maintenance *m, struct slice text, char error[MAINTENANCE_ERROR_MAX]);

/* labels: the JSON object of an alert record. */
bool maintenance_holds(const struct maintenance *m, struct slice labels, int64_t now_s);

/* "mon-fri", "sat,sun", "daily": bits as above. False: it is none. */
bool maintenance_parse_days(struct slice text, uint8_t *days);
/* "08:00-18:00", to 24:00. False: it is none. */
bool maintenance_parse_minutes(struct slice text, uint16_t *from, uint16_t *to);

/* Is a time of the week within them? Days 0: all; from and to the same: all day. */
bool maintenance_is_within(uint8_t days, uint16_t from, uint16_t to, int64_t now_s);

#endif
