/*
 * fault_log - the log that fault_shim writes and power_cut reads: what a program had the disk do.
 *
 * A record, the path below the store with its NUL, then `bytes` bytes. In the order in which the calls
 * were made.
 */
#ifndef TESTS_FAULT_FAULT_LOG_H
#define TESTS_FAULT_FAULT_LOG_H

#include <stdint.h>

enum fault_op {
    FAULT_WRITE,
    FAULT_TRUNCATE, /* to `offset` bytes */
    FAULT_SYNC,     /* of a file or a folder */
    FAULT_CREATE,
    FAULT_RENAME, /* the bytes: the new path */
    FAULT_UNLINK,
    FAULT_MKDIR,
};

struct fault_record {
    uint32_t op;
    uint32_t path_bytes;
    uint64_t offset;
    uint64_t bytes;
};

#endif
