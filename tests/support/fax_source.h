/*
 * fax_source - one side's T.38 packets: a page under way, each packet with some earlier ones again.
 *
 * Ownership  fax_source_start makes it; its call frees it.
 * Source     ITU-T T.38 §7 (IFP), §9.1 (UDPTL)
 */
#ifndef TESTS_SUPPORT_FAX_SOURCE_H
#define TESTS_SUPPORT_FAX_SOURCE_H

#include "tests/support/call.h"

enum { FAX_PRIMARY_MAX = 64, FAX_KEPT = 8 };

/* What an ideal probe would count. */
struct fax_seen {
    int64_t packets, lost, recovered;
    int64_t first, highest; /* numbers, not wrapped */
    int64_t first_ns, last_ns;
};

struct fax_source {
    struct actor actor;
    struct call *call;
    struct flow flow;
    struct rng rng;
    int side;
    int64_t start_ns, end_ns, number, first_number;
    bool losing;
    struct fax_seen seen;
    uint8_t primaries[FAX_KEPT][FAX_PRIMARY_MAX];
    uint8_t primary_len[FAX_KEPT];
};

/* From one time to another, between the addresses of phase 1. */
void fax_source_start(struct call *c, int side, int64_t start_ns, int64_t end_ns);

#endif
