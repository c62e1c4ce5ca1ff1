/*
 * writer_alerts - alerts on their way to the disk, kept until they are there.
 *
 * A disk that is full loses rows, and the alert that says so must not be one of them. So the writer
 * keeps each alert until the transaction that holds it has been committed, and tries again what
 * could not be. Of one alert only the newest version is kept.
 *
 * Ownership  writer_alerts_fini frees what is kept; zero-initialised is empty.
 * Thread     The writer's.
 */
#ifndef STORAGE_WRITER_ALERTS_H
#define STORAGE_WRITER_ALERTS_H

#include "storage/writer_item.h"

enum { WRITER_ALERTS_MAX = 1024 };

struct writer_alert {
    struct writer_item *item;
    int32_t day;
    bool in_transaction; /* written, not yet committed */
};

struct writer_alerts {
    struct writer_alert *kept; /* in the order in which they came */
    size_t count, room;
};

/* Is this what is kept here? */
bool writer_alerts_wants(const struct writer_item *item);

/* Takes the item, in place of an older version. False: there is no room; it is still the caller's. */
bool writer_alerts_keep(struct writer_alerts *a, struct writer_item *item, bool in_transaction);

/* The open transaction of that day is on the disk, or gone. */
void writer_alerts_commit(struct writer_alerts *a, int32_t day);
void writer_alerts_roll_back(struct writer_alerts *a, int32_t day);

void writer_alerts_fini(struct writer_alerts *a);

#endif
