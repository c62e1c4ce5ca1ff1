/*
 * store_losses - what a store could not take, by name: one JSON object for the ledger and the store's
 * own record. A name without a loss is not in it.
 */
#ifndef STORAGE_STORE_LOSSES_H
#define STORAGE_STORE_LOSSES_H

#include "analyzer/base/jsonw.h"
#include "storage/packets/packet_log.h"

void store_losses_write(struct jsonw *j, const struct packet_log_stats *packets,
                        const struct writer_stats *rows);

#endif
