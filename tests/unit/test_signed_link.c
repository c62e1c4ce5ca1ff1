#include "probe/secret/signed_link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PATH    "/api/v1/calls/0123456789abcdef/pcap"
#define NOW     1795255200
#define EXPIRES 1795258800

static const struct hmac_key key = { "0123456789abcdef0123456789abcdef", 32 };

static enum signed_link_verdict check(const char *link, int64_t now_s)
{
    /* Of exact size, so that a step past the end is seen. */
    size_t len = strlen(link);
    char *exact = malloc(len ? len : 1);
    struct slice query, path;
    enum signed_link_verdict verdict;

    assert_non_null(exact);
    memcpy(exact, link, len);
    query = slice_of(exact, len);
    path = slice_cut(&query, '?');
    verdict = signed_link_check(&key, path, query, now_s);
    free(exact);
    return verdict;
}

static char *make(const char *path)
{
    struct strbuf b = { 0 };

    signed_link_write(&b, &key, slice_of_text(path), EXPIRES);
    assert_false(b.failed);
    return b.p;
}

static void holds_until_its_time(void **state)
{
    static const char *const paths[] = { PATH, PATH "?format=pcap", PATH "?legs=yes&format=pcapng",
                                         "/" };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char *link = make(paths[i]);

        assert_int_equal(check(paths[i], NOW), SIGNED_LINK_NONE);
        assert_int_equal(check(link, 0), SIGNED_LINK_GOOD);
        assert_int_equal(check(link, NOW), SIGNED_LINK_GOOD);
        assert_int_equal(check(link, EXPIRES - 1), SIGNED_LINK_GOOD);
        assert_int_equal(check(link, EXPIRES), SIGNED_LINK_EXPIRED);
        assert_int_equal(check(link, INT64_MAX), SIGNED_LINK_EXPIRED);
        free(link);
    }
}

static void is_the_same_for_the_same_key_alone(void **state)
{
    const struct hmac_key other = { "0123456789abcdef0123456789abcdeg", 32 };
    char *link = make(PATH), *again = make(PATH);
    struct slice query = slice_of_text(link), path = slice_cut(&query, '?');

    (void)state;
    assert_string_equal(link, again);
    assert_int_equal(signed_link_check(&key, path, query, NOW), SIGNED_LINK_GOOD);
    assert_int_equal(signed_link_check(&other, path, query, NOW), SIGNED_LINK_FORGED);
    free(link);
    free(again);
}

/* No end of it but the parameters' own can be cut off, and no bit of it be another. */
static void breaks_with_every_change(void **state)
{
    char *link = make(PATH "?format=pcap&legs=yes");
    size_t len = strlen(link), plain = strlen(PATH "?format=pcap&legs=yes");
    char *bad = malloc(len + 2);

    (void)state;
    assert_non_null(bad);
    for (size_t cut = 0; cut < len; cut++) {
        enum signed_link_verdict verdict;

        memcpy(bad, link, cut);
        bad[cut] = '\0';
        verdict = check(bad, NOW);
        if (cut < plain + sizeof "&expires=" - 1)
            assert_int_equal(verdict, SIGNED_LINK_NONE);
        else
            assert_int_equal(verdict, SIGNED_LINK_FORGED);
    }
    for (size_t at = 0; at < len; at++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bad, link, len + 1);
            bad[at] = (char)(bad[at] ^ (1 << bit));
            if (bad[at] == '\0')
                continue;
            if (check(bad, NOW) == SIGNED_LINK_GOOD)
                fail_msg("taken: %s", bad);
        }
    }
    free(bad);
    free(link);
}

/* $E is the time of the right link, $S its signature. */
static const char *const forgeries[] = {
    PATH "?legs=yes&format=pcap&$E&$S",               /* in another order */
    PATH "?format=pcap&$E&$S",                        /* one less */
    PATH "?format=pcap&legs=yes&format=pcapng&$E&$S", /* one more */
    PATH "?format=pcap&legs=yes&$E&$S&",              /* one more, empty */
    PATH "?format=pcap&legs=yes&$E&$S&format=pcapng", /* behind it */
    PATH "?format=pcap&legs=yes&$S&$E",               /* the wrong way round */
    PATH "?$E&format=pcap&legs=yes&$S",
    PATH "?$S&format=pcap&legs=yes&$E",
    PATH "?format=pcap&legs=yes&$E&$S&$S",
    PATH "?format=pcap&legs=yes&$E&$E&$S",
    PATH "?format=pcap&legs=yes&$E&$S&expires=9999999999",
    PATH "?format=pcap&legs=yes&expires=9999999999&$S", /* a later time */
    PATH "?format=pcap&legs=yes&expires=9999999999&$E&$S",
    PATH "?format=pcap&legs=yes&$E",
    PATH "?format=pcap&legs=yes&$S",
    PATH "?format=pcap&legs=yes&$E&signature=",
    PATH "?format=pcap&legs=yes&$E&$S=",
    PATH "?format=pcap&legs=yes&$E&$S%3D",
    "/api/v1/calls/0123456789abcdee/pcap?format=pcap&legs=yes&$E&$S",
    "/api/v1/calls/0123456789abcdef/audio?format=pcap&legs=yes&$E&$S",
    PATH "?&format=pcap&legs=yes&$E&$S",
    PATH "&format=pcap?legs=yes&$E&$S",
};

static void refuses_forgeries(void **state)
{
    char *link = make(PATH "?format=pcap&legs=yes");
    const char *time = strstr(link, "expires="), *signature = strstr(link, "signature=");
    size_t time_len = (size_t)(signature - time) - 1;

    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof forgeries[0]; i++) {
        struct strbuf b = { 0 };

        for (const char *p = forgeries[i]; *p; p++) {
            if (p[0] == '$' && p[1] == 'E')
                strbuf_add(&b, time, time_len);
            else if (p[0] == '$' && p[1] == 'S')
                strbuf_add_text(&b, signature);
            else
                strbuf_add_char(&b, *p);
            p += *p == '$';
        }
        if (check(b.p, NOW) != SIGNED_LINK_FORGED)
            fail_msg("taken: %s", b.p);
        strbuf_fini(&b);
    }
    free(link);
}

/* A time that is no number cannot come from us, were it signed or not. */
static void refuses_odd_times(void **state)
{
    static const char *const odd[] = { "-1", "+5", "1e9", "", "99999999999999999999", " 9", "0x9" };

    (void)state;
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        char link[256];

        snprintf(link, sizeof link, PATH "?expires=%s&signature=%043d", odd[i], 0);
        assert_int_equal(check(link, NOW), SIGNED_LINK_FORGED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_until_its_time),
        cmocka_unit_test(is_the_same_for_the_same_key_alone),
        cmocka_unit_test(breaks_with_every_change),
        cmocka_unit_test(refuses_forgeries),
        cmocka_unit_test(refuses_odd_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
