#include "probe/access/secret_key.h"

#include <sodium.h>

_Static_assert(SECRET_KEY_LEN + 1 ==
                   sodium_base64_ENCODED_LEN(SECRET_KEY_BYTES,
                                             sodium_base64_VARIANT_URLSAFE_NO_PADDING),
               "43 characters and the NUL");

bool secret_key_is_formed(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];

        if (c != '-' && c != '_' && (c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z'))
            return false;
    }
    return text.len == SECRET_KEY_LEN;
}

bool secret_key_hash(struct slice text, unsigned char hash[SECRET_KEY_BYTES])
{
    if (!secret_key_is_formed(text))
        return false;
    crypto_generichash(hash, SECRET_KEY_BYTES, (const unsigned char *)text.p, text.len, NULL, 0);
    return true;
}

void secret_key_make(char text[SECRET_KEY_LEN + 1], unsigned char hash[SECRET_KEY_BYTES])
{
    unsigned char bytes[SECRET_KEY_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text, SECRET_KEY_LEN + 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
    secret_key_hash(slice_of(text, SECRET_KEY_LEN), hash);
}

bool secret_key_equal(const unsigned char a[SECRET_KEY_BYTES],
                      const unsigned char b[SECRET_KEY_BYTES])
{
    return sodium_memcmp(a, b, SECRET_KEY_BYTES) == 0;
}
