/*
 * identity - who asks: the user of a session, or a token.
 *
 * Ownership  A plain value, copied with the request that it belongs to.
 */
#ifndef PROBE_ACCESS_IDENTITY_H
#define PROBE_ACCESS_IDENTITY_H

#include "probe/access/role.h"

#include <stdbool.h>

enum { IDENTITY_NAME_MAX = 64, IDENTITY_KEY_BYTES = 32 };

/* In `token` of whoever comes by a signed link: he has no name, and may do what the link says. */
#define IDENTITY_LINK "signed link"

struct identity {
    char name[IDENTITY_NAME_MAX + 1];      /* of the user; empty: nobody */
    char token[IDENTITY_NAME_MAX + 1];     /* of the token that speaks for him; empty: a session */
    uint8_t role;                          /* enum role, of the user */
    unsigned rights;                       /* what may be done: of a token, a part of its user's */
    int64_t expires_s;                     /* of the session or the token, epoch; 0: not at all */
    unsigned char key[IDENTITY_KEY_BYTES]; /* by which the session or token is found: its hash */
};

static inline bool identity_is_known(const struct identity *who)
{
    return who->name[0] != '\0' || who->token[0] != '\0';
}

/* Numbers and names are to be masked in whatever he gets. */
static inline bool identity_is_masked(const struct identity *who)
{
    return (who->rights & RIGHT_NUMBERS) == 0;
}

#endif
