/*
 * invites - one-time links by which a user chooses his password himself.
 *
 * Thread  As the access_db.
 */
#ifndef PROBE_ACCESS_INVITES_H
#define PROBE_ACCESS_INVITES_H

#include "probe/access/access_db.h"
#include "probe/access/secret_key.h"

/* A new one for this user, in place of the one that he may have. */
int invites_make(struct access_db *d, int64_t user, int64_t expires_s,
                 char key[SECRET_KEY_LEN + 1]);
/* Whose it is; −ENOENT: nobody's, or too old. */
int64_t invites_find(struct access_db *d, struct slice key, int64_t now_s);
/* It was used, or is not to be any more. */
int invites_forget(struct access_db *d, int64_t user);

#endif
