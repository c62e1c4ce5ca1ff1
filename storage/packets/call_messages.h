/*
 * call_messages - the SIP messages of stored calls, for a ladder.
 *
 * The probe noted where each message lies when it analysed it, so nothing is dissected again here.
 *
 * Ownership  Messages are lent to the row function.
 */
#ifndef STORAGE_PACKETS_CALL_MESSAGES_H
#define STORAGE_PACKETS_CALL_MESSAGES_H

#include "analyzer/base/addr.h"

enum { CALL_MESSAGES_CALLS_MAX = 16 };

struct stored_message {
    uint64_t call;
    int64_t time_ns;
    struct addr src, dst;
    struct slice raw; /* the message as it was on the wire */
};

/* Return false to stop. */
typedef bool (*call_message_fn)(void *ctx, const struct stored_message *message);

/* In the order of their time. A call without stored packets has none; −ENOENT when there is no
 * such call; −EPROTO when the store was made by a newer version; −errno. */
int call_messages_read(const char *store_dir, uint64_t id, call_message_fn row, void *ctx);

/* Those of several calls in one list, in the order of their time. −ENOENT when there is none of these
 * calls; −E2BIG: over CALL_MESSAGES_CALLS_MAX. */
int call_messages_read_all(const char *store_dir, const uint64_t *ids, size_t count,
                           call_message_fn row, void *ctx);

#endif
