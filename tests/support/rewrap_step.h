/*
 * rewrap_step - what can be done to a capture: one function a step, each on what the ones before left.
 *
 * Ownership  The capture is main's; steps change it in place.
 */
#ifndef TESTS_SUPPORT_REWRAP_STEP_H
#define TESTS_SUPPORT_REWRAP_STEP_H

#include "tests/support/rewrap_args.h"
#include "tests/support/rewrap_frames.h"
#include "tests/support/rng.h"

struct rewrap {
    struct rewrap_frames frames;
    struct rng rng;
    unsigned tunnels; /* so far: each has end points of its own */
    /* What was done, for a test that wants to know that it tried something. */
    uint64_t fragmented, segments, shared_segments, lost, doubled;
};

typedef void (*rewrap_step_fn)(struct rewrap *r, const struct rewrap_args *args);

/* Link layers and what goes between link and network. */
void rewrap_step_tag(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_vntag(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_mpls(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_pppoe(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_link(struct rewrap *r, const struct rewrap_args *args);

/* What carries packets or frames in IP, and Ethernet over MPLS. */
void rewrap_step_tunnel(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_pseudowire(struct rewrap *r, const struct rewrap_args *args);

/* Other transports, pieces, copies. */
void rewrap_step_fragment(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_stream(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_double(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_snap(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_join(struct rewrap *r, const struct rewrap_args *args);
void rewrap_step_shuffle(struct rewrap *r, const struct rewrap_args *args);

#endif
