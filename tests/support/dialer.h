/*
 * dialer - begins calls, spikes, registrations and pings, each in its own rhythm.
 *
 * Ownership  dialer_start_all allocates one block, which dialer_free_all frees when the world has
 *            come to an end.
 */
#ifndef TESTS_SUPPORT_DIALER_H
#define TESTS_SUPPORT_DIALER_H

#include "tests/support/world.h"

struct dialer;

struct dialer *dialer_start_all(struct world *w);
void dialer_free_all(struct dialer *dialers);

/* When the last planned call will be over, more or less. */
int64_t dialer_horizon(const struct world *w);

#endif
