/*
 * role - what each role may do: the table of docs/ACCESS.md.
 *
 * A right is one thing that somebody may see or do. Each route of the API asks for one; a role is a set
 * of them, and a token a subset of what its role has.
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_ACCESS_ROLE_H
#define PROBE_ACCESS_ROLE_H

#include "analyzer/base/slice.h"

enum right {
    RIGHT_OPEN = 0,         /* of a route: anybody may ask, also who has not logged in */
    RIGHT_SELF = 1 << 0,    /* one's own session, password, tokens */
    RIGHT_SEE = 1 << 1,     /* calls, alerts, trunks, figures; numbers are masked without NUMBERS */
    RIGHT_NUMBERS = 1 << 2, /* numbers and names in clear, and to search for them */
    RIGHT_SIGNALLING = 1 << 3, /* SIP messages */
    RIGHT_PACKETS = 1 << 4,    /* packets, and the result of a search, to take away */
    RIGHT_SOUND = 1 << 5,      /* to listen, where audio.listen is on at all */
    RIGHT_HANDLE = 1 << 6,     /* to acknowledge, silence, send again, try a rule */
    RIGHT_TRAIL = 1 << 7,      /* the audit trail */
    RIGHT_ADMIN = 1 << 8,      /* users, and the tokens of others */
    RIGHT_METRICS = 1 << 9,    /* /metrics */
};

enum role {
    ROLE_NONE,
    ROLE_VIEWER,
    ROLE_ENGINEER,
    ROLE_MEDIA,
    ROLE_AUDITOR,
    ROLE_ADMIN,
    ROLE_COUNT
};

/* Rights, as bits. */
unsigned role_rights(enum role role);

/* "viewer"; ROLE_NONE: "none". */
struct slice role_name(enum role role);
/* ROLE_NONE: no role is called so. */
enum role role_parse(struct slice name);

/* The name of one right, as scopes of tokens have it: "see", "packets". Absent for none of them. */
struct slice role_right_name(enum right right);
/* 0: no right is called so. */
enum right role_right_parse(struct slice name);

#endif
