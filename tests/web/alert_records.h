/*
 * alert_records - an incident for the page of alerts: a spike, what it explains, and one that is over.
 *
 * Their texts hold what strangers write.
 */
#ifndef TESTS_WEB_ALERT_RECORDS_H
#define TESTS_WEB_ALERT_RECORDS_H

#include "storage/writer.h"

/* state: of the spike. calls: a JSON array of ids. Prints the spike as the feed would say it. */
void alert_records_add(struct writer *writer, int64_t start_ns, const char *state,
                       const char *calls);

#endif
