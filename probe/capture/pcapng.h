/*
 * pcapng - the blocks of a pcapng file, one after the other.
 *
 * An own reader, because libpcap refuses files whose interfaces differ in link type or snap length,
 * or that hold sections of either byte order, as mergecap and a capture of "eth0 and lo" make them.
 *
 * Ownership  pcapng_new/free; borrows the FILE. A frame's bytes are lent until the next call.
 * Errors     No claimed length is believed: memory follows the bytes that really come.
 * Source     draft-ietf-opsawg-pcapng
 */
#ifndef PROBE_CAPTURE_PCAPNG_H
#define PROBE_CAPTURE_PCAPNG_H

#include "analyzer/frame.h"

#include <stdio.h>

struct pcapng;

enum pcapng_result {
    PCAPNG_FRAME,
    PCAPNG_END,     /* behind a whole block */
    PCAPNG_CUT,     /* the file ends inside a block */
    PCAPNG_FOREIGN, /* what begins the file is no section header */
    PCAPNG_DAMAGED, /* pcapng_reason names it */
    PCAPNG_READ,    /* the system failed: errno */
    PCAPNG_NO_MEMORY,
};

/* 0 or −ENOMEM. */
int pcapng_new(struct pcapng **np, FILE *file);
void pcapng_free(struct pcapng *ng);

/* The next frame of the file. Anything but PCAPNG_FRAME is final. */
enum pcapng_result pcapng_next(struct pcapng *ng, struct frame *out);

/* Where the current block begins in the file; behind the last one at the end. */
uint64_t pcapng_offset(const struct pcapng *ng);

/* What is wrong with the block, after PCAPNG_DAMAGED. */
const char *pcapng_reason(const struct pcapng *ng);

#endif
