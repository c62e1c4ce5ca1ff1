#include "storage/audit/audit_digest.h"

#include <errno.h>
#include <sodium.h>
#include <sys/random.h>

_Static_assert(AUDIT_DIGEST_LEN == 2 * crypto_hash_sha256_BYTES, "SHA-256");

void audit_digest(struct slice bytes, char out[AUDIT_DIGEST_LEN + 1])
{
    unsigned char digest[crypto_hash_sha256_BYTES];

    crypto_hash_sha256(digest, (const unsigned char *)(bytes.p ? bytes.p : ""), bytes.len);
    sodium_bin2hex(out, AUDIT_DIGEST_LEN + 1, digest, sizeof digest);
}

int audit_digest_salt(char out[AUDIT_SALT_LEN + 1])
{
    unsigned char bytes[AUDIT_SALT_LEN / 2];
    ssize_t n;

    do {
        n = getrandom(bytes, sizeof bytes, 0);
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof bytes)
        return n < 0 ? -errno : -EIO;
    sodium_bin2hex(out, AUDIT_SALT_LEN + 1, bytes, sizeof bytes);
    return 0;
}
