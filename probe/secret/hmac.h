/*
 * hmac - HMAC-SHA256, and the keys it is made with.
 *
 * A file of keys has one a line, the newest first; empty lines and those that begin with # are
 * left out.
 *
 * Ownership  Keys are plain values; hmac_key_wipe forgets one.
 * Thread     Any.
 * Source     RFC 2104; Standard Webhooks (whsec_ + base64 of 24 to 64 bytes); libsodium
 */
#ifndef PROBE_SECRET_HMAC_H
#define PROBE_SECRET_HMAC_H

#include "analyzer/base/slice.h"

enum {
    HMAC_BYTES = 32,
    HMAC_KEY_MIN = 16,
    HMAC_WHSEC_MIN = 24, /* of what is behind whsec_ */
    HMAC_KEY_MAX = 64,
    HMAC_BASE64_MAX = 45,
};

struct hmac_key {
    unsigned char bytes[HMAC_KEY_MAX];
    size_t len;
};

/* "whsec_…" or, without that, the text itself. False: too short or long, or no base64. */
bool hmac_key_parse(struct hmac_key *key, struct slice text);
/* The keys of a file, at most max. How many; −EACCES: others may read or write it; −EINVAL: no file,
 * a line that is no key, or none at all; −E2BIG: more than max; −errno. */
int hmac_key_read(const char *path, struct hmac_key *keys, size_t max);
/* The store's own, STORE/links.key; made where there is none, 0600. 0 or −errno. */
int hmac_key_of_store(struct hmac_key *key, const char *store_dir);
void hmac_key_wipe(struct hmac_key *key);

/* Of parts one behind the other. */
void hmac_make(const struct hmac_key *key, const struct slice *parts, size_t count,
               unsigned char out[HMAC_BYTES]);
/* In constant time. */
bool hmac_equal(const unsigned char a[HMAC_BYTES], const unsigned char b[HMAC_BYTES]);

void hmac_base64(const unsigned char mac[HMAC_BYTES], char out[HMAC_BASE64_MAX]);

#endif
