#include "probe/secret/hmac.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* RFC 4231, the cases whose keys are of 16 to 64 bytes, and the others' with the length that they
 * have: hmac_make takes any. */
static const struct {
    const char *key;
    size_t key_len;
    const char *data;
    size_t data_len;
    const char *mac;
} vectors[] = {
    { "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b", 20,
      "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "Jefe", 4, "what do ya want for nothing?", 28,
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa\xaa", 20,
      "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
      "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd"
      "\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd\xdd",
      50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
      "\x17\x18\x19",
      25,
      "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd"
      "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd"
      "\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd\xcd",
      50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
};

static void hex(const unsigned char *p, char out[2 * HMAC_BYTES + 1])
{
    for (size_t i = 0; i < HMAC_BYTES; i++)
        snprintf(out + 2 * i, 3, "%02x", p[i]);
}

static void makes_what_the_rfc_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct slice data = slice_of(vectors[i].data, vectors[i].data_len);
        struct hmac_key key = { .len = vectors[i].key_len };
        unsigned char mac[HMAC_BYTES];
        char text[2 * HMAC_BYTES + 1];

        memcpy(key.bytes, vectors[i].key, vectors[i].key_len);
        hmac_make(&key, &data, 1, mac);
        hex(mac, text);
        assert_string_equal(text, vectors[i].mac);
        /* In any parts. */
        for (size_t at = 0; at <= data.len; at++) {
            struct slice parts[] = { slice_of(data.p, at), SLICE_ABSENT,
                                     slice_of(data.p + at, data.len - at) };
            unsigned char again[HMAC_BYTES];

            hmac_make(&key, parts, 3, again);
            assert_true(hmac_equal(mac, again));
        }
        mac[31] ^= 1;
        hmac_make(&key, &data, 1, (unsigned char *)text);
        assert_false(hmac_equal(mac, (unsigned char *)text));
    }
}

/* The example of the Standard Webhooks specification. */
static void signs_as_standard_webhooks_does(void **state)
{
    struct slice parts[] = { SLICE("msg_p5jXN8AQM9LWM0D4loKWxJek"), SLICE("."), SLICE("1614265330"),
                             SLICE("."), SLICE("{\"test\": 2432232314}") };
    unsigned char mac[HMAC_BYTES];
    char text[HMAC_BASE64_MAX];
    struct hmac_key key;

    (void)state;
    assert_true(hmac_key_parse(&key, SLICE("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
    assert_int_equal(key.len, 24);
    hmac_make(&key, parts, sizeof parts / sizeof parts[0], mac);
    hmac_base64(mac, text);
    assert_string_equal(text, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static const struct {
    const char *text;
    size_t len; /* 0: no key */
} keys[] = {
    { "", 0 },
    { "fifteen bytes..", 0 },
    { "sixteen bytes...", 16 },
    { "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64 },
    { "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0", 0 },
    { "whsec_", 0 },
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", 0 },  /* one character less */
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==", 0 }, /* 22 bytes */
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa S", 0 },
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa\xafw", 0 }, /* '/' with the high bit */
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA==", 25 },
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAA", 25 },  /* as it is copied at times */
    { "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAB==", 0 }, /* bits behind the end */
    { "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "==",
      64 },
    { "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      "A=",
      0 },
};

static void reads_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t len = strlen(keys[i].text);
        char *exact = malloc(len ? len : 1);
        struct hmac_key key;

        assert_non_null(exact);
        memcpy(exact, keys[i].text, len);
        assert_int_equal(hmac_key_parse(&key, slice_of(exact, len)), keys[i].len > 0);
        assert_int_equal(key.len, keys[i].len);
        free(exact);
    }
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

#define KEY_A "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define KEY_B "the key of last year"

static const struct {
    const char *text;
    mode_t mode;
    int count;
} files[] = {
    { KEY_A "\n", 0600, 1 },
    { KEY_A, 0400, 1 },
    { "# new\n" KEY_A "\r\n\n  " KEY_B "  \n", 0600, 2 },
    { KEY_A "\n" KEY_B "\nthe key of the year before\n", 0600, -E2BIG },
    { "", 0600, -EINVAL },
    { "# nothing\n\n", 0600, -EINVAL },
    { KEY_A "\nshort\n", 0600, -EINVAL },
    { KEY_A "\n", 0640, -EACCES },
    { KEY_A "\n", 0604, -EACCES },
    { KEY_A "\n", 0620, -EACCES },
};

static void reads_files_of_keys(void **state)
{
    const struct hmac_key none = { .len = 0 };
    const char *dir = *state;
    char path[256];
    struct hmac_key read[2];

    snprintf(path, sizeof path, "%s/keys", dir);
    assert_int_equal(hmac_key_read(path, read, 2), -ENOENT);
    assert_int_equal(hmac_key_read(dir, read, 2), -EINVAL);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_file(path, files[i].text, files[i].mode);
        assert_int_equal(hmac_key_read(path, read, 2), files[i].count);
        if (files[i].count < 0) { /* nothing of a refused file stays */
            assert_memory_equal(&read[0], &none, sizeof none);
            assert_memory_equal(&read[1], &none, sizeof none);
        }
        if (files[i].count > 0)
            assert_int_equal(read[0].len, 24);
        if (files[i].count > 1)
            assert_memory_equal(read[1].bytes, KEY_B, strlen(KEY_B));
        assert_int_equal(unlink(path), 0);
    }
}

static void keeps_the_stores_key(void **state)
{
    const char *dir = *state;
    struct hmac_key first, second;
    struct stat st;
    char path[256];

    snprintf(path, sizeof path, "%s/links.key", dir);
    assert_int_equal(hmac_key_of_store(&first, dir), 0);
    assert_int_equal(first.len, 32);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(hmac_key_of_store(&second, dir), 0);
    assert_memory_equal(&first, &second, sizeof first);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(hmac_key_of_store(&second, dir), 0);
    assert_memory_not_equal(first.bytes, second.bytes, first.len);

    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(hmac_key_of_store(&second, dir), -EACCES);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(hmac_key_of_store(&second, "/nonexistent"), -ENOENT);
}

static int make_dir(void **state)
{
    static char dir[64];

    snprintf(dir, sizeof dir, "/tmp/test_hmac.XXXXXX");
    *state = mkdtemp(dir);
    return *state ? 0 : -1;
}

static int remove_dir(void **state)
{
    return rmdir(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_what_the_rfc_says),
        cmocka_unit_test(signs_as_standard_webhooks_does),
        cmocka_unit_test(reads_keys),
        cmocka_unit_test_setup_teardown(reads_files_of_keys, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(keeps_the_stores_key, make_dir, remove_dir),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
