/*
 * leg_hosts - which address hands calls over to which: a machine with a foot in two networks.
 *
 * Learned from pairs that are beyond doubt, so that those in doubt can be told: after LEG_HOSTS_SURE
 * of them the two addresses count as one machine's.
 *
 * Bounded  LEG_HOSTS_MAX rows; where two meet, the one that was seen less gives way.
 */
#ifndef ANALYZER_LEGS_LEG_HOSTS_H
#define ANALYZER_LEGS_LEG_HOSTS_H

#include "analyzer/base/addr.h"
#include "analyzer/base/siphash.h"

enum { LEG_HOSTS_MAX = 256, LEG_HOSTS_SURE = 5 };

struct leg_hosts {
    struct siphash_key key;
    struct {
        uint64_t pair; /* hash of both */
        uint32_t seen;
    } rows[LEG_HOSTS_MAX];
};

/* A call that came to `in` was sent on by `out`. */
void leg_hosts_learn(struct leg_hosts *h, const struct addr *in, const struct addr *out);

bool leg_hosts_known(const struct leg_hosts *h, const struct addr *in, const struct addr *out);

#endif
