/*
 * password - argon2id, and what may be a password.
 *
 * Thread  Any; each call works on 64 MiB for some hundredths of a second: the caller sees to it that
 *         not many do at a time.
 * Source  RFC 9106; libsodium (crypto_pwhash_str, the limits for interactive use); NIST SP 800-63B §3.1.1
 *         (length counts, rules of composition do not)
 */
#ifndef PROBE_ACCESS_PASSWORD_H
#define PROBE_ACCESS_PASSWORD_H

#include "analyzer/base/slice.h"

enum {
    PASSWORD_LEN_MIN = 12, /* characters */
    PASSWORD_BYTES_MAX = 256,
    PASSWORD_HASH_MAX = 128, /* with its NUL */
};

/* NULL, or what is wrong with it, as a sentence. name: of its user. */
const char *password_refuse(struct slice password, struct slice name);

/* 0 or −ENOMEM. */
int password_hash(struct slice password, char hash[PASSWORD_HASH_MAX]);

/* A hash that no password has; to compare with costs as much as with a real one. */
void password_hash_nobody(char hash[PASSWORD_HASH_MAX]);

bool password_is(struct slice password, const char *hash);

/* Is a hash weaker than those that are made now? */
bool password_hash_is_old(const char *hash);

/* Forgets it. */
void password_wipe(void *bytes, size_t len);

/* Of the library that it stands on, as that says it. */
const char *password_library_version(void);

#endif
