/*
 * plan_state - what a plan holds, for the files of this room alone.
 *
 * Ownership  Of the plan.
 */
#ifndef ANALYZER_PLAN_PLAN_STATE_H
#define ANALYZER_PLAN_PLAN_STATE_H

#include "analyzer/base/arena.h"
#include "analyzer/base/table.h"
#include "analyzer/plan/plan.h"
#include "analyzer/plan/plan_world.h"

enum { PLAN_BITS_MAX = 128 };

/* What is dialled, without separators. */
struct plan_dialled {
    char text[PLAN_DIALLED_MAX];
    size_t len;
};

struct plan {
    struct arena arena; /* texts, trunks, addresses, destinations: none of them ever moves */
    struct plan_trunk *trunks[PLAN_TRUNKS_MAX];
    size_t trunk_count;
    struct table addresses;           /* struct trunk_address of plan.c */
    bool has_bits[PLAN_BITS_MAX + 1]; /* lengths of the networks among them */
    struct table destinations;        /* struct plan_entry by prefix */
    size_t built_in;
    struct plan_rule rules[PLAN_RULES_MAX];
    size_t rule_count;
    struct slice emergency[PLAN_EMERGENCY_MAX]; /* as configured */
    size_t emergency_count;                     /* 0: the usual ones */
    struct slice code;                          /* of the configured country; absent: none */
    const struct plan_world_country *country;   /* how it dials; NULL: not known */
};

/* The country that a number's first digits (without '+') stand for; absent: none has them. */
struct slice plan_state_country_code(struct slice digits);

/* How it dials; NULL: not in the table. */
const struct plan_world_country *plan_state_country(struct slice code);

/* A user part or URI without scheme, parameters and separators, before and after the user's rules;
 * false: too long, or a byte that nobody dials. */
bool plan_state_dialled(const struct plan *p, struct slice user, struct plan_dialled *raw,
                        struct plan_dialled *ruled);

#endif
