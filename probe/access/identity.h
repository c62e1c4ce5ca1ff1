/*
 * identity - who asks: the user of a session, or a token.
 *
 * Ownership  A plain value, copied with the request that it belongs to.
 */
#ifndef PROBE_ACCESS_IDENTITY_H
#define PROBE_ACCESS_IDENTITY_H

#include "probe/access/role.h"

#include <stdbool.h>

enum { IDENTITY_NAME_MAX = 64 };

struct identity {
    char name[IDENTITY_NAME_MAX + 1];  /* of the user; empty: nobody */
    char token[IDENTITY_NAME_MAX + 1]; /* of the token that speaks for him; empty: a session */
    uint8_t role;                      /* enum role, of the user */
    unsigned rights;                   /* what may be done: of a token, a part of its user's */
    int64_t expires_s;                 /* of the session or the token, epoch; 0: not at all */
};

/* Numbers and names are to be masked in whatever he gets. */
static inline bool identity_is_masked(const struct identity *who)
{
    return (who->rights & RIGHT_NUMBERS) == 0;
}

#endif
