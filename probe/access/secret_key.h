/*
 * secret_key - what a cookie, a token, a one-time link and a ticket are: 32 random bytes, as text.
 *
 * Whoever keeps one keeps its hash alone. 256 random bits need no salt and no slow hash: nobody
 * guesses them.
 *
 * Thread  Any.
 */
#ifndef PROBE_ACCESS_SECRET_KEY_H
#define PROBE_ACCESS_SECRET_KEY_H

#include "analyzer/base/slice.h"

enum {
    SECRET_KEY_BYTES = 32, /* of its hash, too */
    SECRET_KEY_LEN = 43,   /* of its text: base64url without padding */
};

/* A new one, as text with a NUL, and its hash. */
void secret_key_make(char text[SECRET_KEY_LEN + 1], unsigned char hash[SECRET_KEY_BYTES]);

/* False: it has not the form of one. */
bool secret_key_hash(struct slice text, unsigned char hash[SECRET_KEY_BYTES]);

/* 43 letters, digits, '-' and '_'. */
bool secret_key_is_formed(struct slice text);

/* In constant time. */
bool secret_key_equal(const unsigned char a[SECRET_KEY_BYTES],
                      const unsigned char b[SECRET_KEY_BYTES]);

#endif
