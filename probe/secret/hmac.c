#include "probe/secret/hmac.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 16 * 1024, STORE_KEY_BYTES = 32, LINE_MAX_BYTES = 128, PATH_ROOM = 4096 };

#define WHSEC "whsec_"

_Static_assert(HMAC_BYTES == crypto_auth_hmacsha256_BYTES, "HMAC-SHA256");
_Static_assert(HMAC_BASE64_MAX ==
                   sodium_base64_ENCODED_LEN(HMAC_BYTES, sodium_base64_VARIANT_ORIGINAL),
               "44 characters and the NUL");

/* Into key; the variants differ in the '=' at the end, which people lose when they copy. */
static bool decode(struct hmac_key *key, struct slice base64)
{
    static const int variants[] = { sodium_base64_VARIANT_ORIGINAL,
                                    sodium_base64_VARIANT_ORIGINAL_NO_PADDING };

    /* libsodium 1.0.18 takes some bytes over 127 for others. */
    for (size_t i = 0; i < base64.len; i++) {
        if ((unsigned char)base64.p[i] > 127)
            return false;
    }
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        const char *end = NULL;

        if (sodium_base642bin(key->bytes, sizeof key->bytes, base64.p, base64.len, NULL, &key->len,
                              &end, variants[i]) == 0 &&
            end == base64.p + base64.len)
            return key->len >= HMAC_WHSEC_MIN;
    }
    return false;
}

bool hmac_key_parse(struct hmac_key *key, struct slice text)
{
    struct slice prefix = SLICE(WHSEC);
    bool fits;

    *key = (struct hmac_key){ .len = 0 };
    if (slice_starts_with(text, prefix)) {
        fits = decode(key, slice_of(text.p + prefix.len, text.len - prefix.len));
    } else {
        fits = text.len >= HMAC_KEY_MIN && text.len <= HMAC_KEY_MAX;
        if (fits) {
            memcpy(key->bytes, text.p, text.len);
            key->len = text.len;
        }
    }
    if (!fits)
        hmac_key_wipe(key);
    return fits;
}

/* The whole of an open file, at most room bytes; its length or −errno. */
static ssize_t read_all(int fd, char *bytes, size_t room)
{
    size_t len = 0;
    ssize_t n;

    while (len < room && (n = read(fd, bytes + len, room - len)) != 0) {
        if (n < 0 && errno != EINTR)
            return -errno;
        len += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)len;
}

/* A file of its owner's alone. Its length or −errno. */
static ssize_t read_secret(const char *path, char *bytes, size_t room)
{
    struct stat st;
    ssize_t len;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) != 0)
        len = -errno;
    else if (!S_ISREG(st.st_mode) || st.st_size > (off_t)room)
        len = -EINVAL;
    else if (st.st_mode & 077)
        len = -EACCES;
    else
        len = read_all(fd, bytes, room);
    close(fd);
    return len;
}

static int parse_lines(struct slice text, struct hmac_key *keys, size_t max)
{
    size_t count = 0;

    while (text.len) {
        struct slice line = slice_trim(slice_cut(&text, '\n'));

        if (line.len == 0 || line.p[0] == '#')
            continue;
        if (count == max)
            return -E2BIG;
        if (!hmac_key_parse(&keys[count], line))
            return -EINVAL;
        count++;
    }
    return count ? (int)count : -EINVAL;
}

int hmac_key_read(const char *path, struct hmac_key *keys, size_t max)
{
    char *bytes = malloc(FILE_MAX_BYTES);
    ssize_t len;
    int count;

    if (!bytes)
        return -ENOMEM;
    len = read_secret(path, bytes, FILE_MAX_BYTES);
    count = len < 0 ? (int)len : parse_lines(slice_of(bytes, (size_t)len), keys, max);
    for (size_t i = 0; count < 0 && i < max; i++)
        hmac_key_wipe(&keys[i]);
    sodium_memzero(bytes, FILE_MAX_BYTES);
    free(bytes);
    return count;
}

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno != EINTR)
            return -errno;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

/* Whole or not at all, and whoever comes first wins: written beside, then linked to its name. */
static int make_store_key(const char *path)
{
    unsigned char bytes[STORE_KEY_BYTES];
    char line[LINE_MAX_BYTES] = WHSEC, beside[PATH_ROOM + 32];
    size_t len = sizeof WHSEC - 1;
    int fd, err;

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return -EIO;
    sodium_bin2base64(line + len, sizeof line - len - 1, bytes, sizeof bytes,
                      sodium_base64_VARIANT_ORIGINAL);
    len = strlen(line);
    line[len++] = '\n';
    snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid());
    unlink(beside); /* of a process of this number that died here */
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    err = fd < 0 ? -errno : write_all(fd, line, len);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(line, sizeof line);
    if (fd < 0)
        return err;
    close(fd);
    if (!err && link(beside, path) != 0 && errno != EEXIST)
        err = -errno;
    unlink(beside);
    return err;
}

int hmac_key_of_store(struct hmac_key *key, const char *store_dir)
{
    char path[PATH_ROOM];
    int len = snprintf(path, sizeof path, "%s/links.key", store_dir), count;

    if (len < 0 || (size_t)len >= sizeof path)
        return -ENAMETOOLONG;
    count = hmac_key_read(path, key, 1);
    if (count == -ENOENT) {
        int err = make_store_key(path);

        if (err)
            return err;
        count = hmac_key_read(path, key, 1);
    }
    return count < 0 ? count : 0;
}

void hmac_key_wipe(struct hmac_key *key)
{
    sodium_memzero(key, sizeof *key);
}

void hmac_make(const struct hmac_key *key, const struct slice *parts, size_t count,
               unsigned char out[HMAC_BYTES])
{
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, key->bytes, key->len);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len)
            crypto_auth_hmacsha256_update(&state, (const unsigned char *)parts[i].p, parts[i].len);
    }
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

bool hmac_equal(const unsigned char a[HMAC_BYTES], const unsigned char b[HMAC_BYTES])
{
    return sodium_memcmp(a, b, HMAC_BYTES) == 0;
}

void hmac_base64(const unsigned char mac[HMAC_BYTES], char out[HMAC_BASE64_MAX])
{
    sodium_bin2base64(out, HMAC_BASE64_MAX, mac, HMAC_BYTES, sodium_base64_VARIANT_ORIGINAL);
}
