/*
 * audit_digest - SHA-256 as text, and salts.
 *
 * SHA-256, so that `sha256sum` can check by hand what is checked here.
 *
 * Thread  Any.
 * Source  FIPS 180-4; libsodium
 */
#ifndef STORAGE_AUDIT_AUDIT_DIGEST_H
#define STORAGE_AUDIT_AUDIT_DIGEST_H

#include "analyzer/base/slice.h"

enum { AUDIT_DIGEST_LEN = 64, AUDIT_SALT_LEN = 32 };

/* Small hex digits, and the NUL. */
void audit_digest(struct slice bytes, char out[AUDIT_DIGEST_LEN + 1]);

/* 0 or −errno. */
int audit_digest_salt(char out[AUDIT_SALT_LEN + 1]);

#endif
