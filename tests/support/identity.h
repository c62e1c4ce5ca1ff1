/*
 * identity - who calls whom: names, numbers and addresses.
 *
 * Nobody's: numbers that regulators keep for fiction (NANP 555-01xx, Ofcom's drama numbers), the
 * example domains, and the networks reserved for documentation and benchmarks.
 *
 * Source  RFC 2606, RFC 5737, RFC 3849, RFC 2544
 */
#ifndef TESTS_SUPPORT_IDENTITY_H
#define TESTS_SUPPORT_IDENTITY_H

#include "tests/support/call.h"

/* Everything about both sides of a call, its media addresses included. trunk: −1 draws one. */
void identity_call(struct call *c, int64_t trunk, bool outbound);
void identity_register(struct call *c);
void identity_options(struct call *c);

#endif
