/*
 * noise - what else is on the wire: DNS, NTP, TCP, ping, ARP. None of it is VoIP.
 *
 * Ownership  noise_start gives what free() frees, when the world has come to an end; NULL when
 *            nobody asked for noise.
 */
#ifndef TESTS_SUPPORT_NOISE_H
#define TESTS_SUPPORT_NOISE_H

#include "tests/support/world.h"

struct noise;

struct noise *noise_start(struct world *w);

#endif
