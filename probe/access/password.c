#include "probe/access/password.h"

#include "analyzer/base/utf8.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

_Static_assert(PASSWORD_HASH_MAX == crypto_pwhash_STRBYTES, "as libsodium has it");

enum {
    OPERATIONS = crypto_pwhash_OPSLIMIT_INTERACTIVE,
    MEMORY_BYTES = crypto_pwhash_MEMLIMIT_INTERACTIVE,
    SALT_BYTES = 16,
    TAG_BYTES = 32,
};

static bool contains(struct slice text, struct slice part)
{
    for (size_t at = 0; part.len && at + part.len <= text.len; at++) {
        if (slice_ieq(slice_of(text.p + at, part.len), part))
            return true;
    }
    return false;
}

static bool follows(char a, char b, int step)
{
    return b - a == step || (step > 0 && a == '9' && b == '0') ||
           (step < 0 && a == '0' && b == '9');
}

/* All the same, or each the next of the one before: 000000000000, abcdefghijkl, 123456789012. */
static bool is_a_run(struct slice text)
{
    for (int step = -1; step <= 1; step++) {
        size_t i = 1;

        while (i < text.len && follows(text.p[i - 1], text.p[i], step))
            i++;
        if (i == text.len)
            return true;
    }
    return false;
}

const char *password_refuse(struct slice password, struct slice name)
{
    size_t characters = 0;

    for (size_t at = 0, len; at < password.len; at += len) {
        uint32_t code_point;

        len = utf8_decode(password.p + at, password.len - at, &code_point);
        if (len == 0 || code_point < 0x20 || code_point == 0x7f)
            return "a password is of printable characters, in UTF-8";
        characters++;
    }
    if (characters < PASSWORD_LEN_MIN)
        return "a password has 12 characters at least; a few words are easy to keep in mind";
    if (password.len > PASSWORD_BYTES_MAX)
        return "a password has 256 bytes at most";
    if (is_a_run(password))
        return "a password is more than one character, or a run of them";
    /* The rest of it must do alone. */
    if (contains(password, name) && password.len - name.len < PASSWORD_LEN_MIN)
        return "a password is not the user's name with a little more";
    return NULL;
}

int password_hash(struct slice password, char hash[PASSWORD_HASH_MAX])
{
    return crypto_pwhash_str(hash, password.p, password.len, OPERATIONS, MEMORY_BYTES) == 0
               ? 0
               : -ENOMEM;
}

void password_hash_nobody(char hash[PASSWORD_HASH_MAX])
{
    char salt[sodium_base64_ENCODED_LEN(SALT_BYTES, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    char tag[sodium_base64_ENCODED_LEN(TAG_BYTES, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)];
    unsigned char bytes[SALT_BYTES + TAG_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(salt, sizeof salt, bytes, SALT_BYTES,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    sodium_bin2base64(tag, sizeof tag, bytes + SALT_BYTES, TAG_BYTES,
                      sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    snprintf(hash, PASSWORD_HASH_MAX, "$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", MEMORY_BYTES / 1024,
             OPERATIONS, salt, tag);
}

bool password_is(struct slice password, const char *hash)
{
    return crypto_pwhash_str_verify(hash, password.p ? password.p : "", password.len) == 0;
}

bool password_hash_is_old(const char *hash)
{
    return crypto_pwhash_str_needs_rehash(hash, OPERATIONS, MEMORY_BYTES) != 0;
}

void password_wipe(void *bytes, size_t len)
{
    sodium_memzero(bytes, len);
}

const char *password_library_version(void)
{
    return sodium_version_string();
}
