#include "analyzer/base/nearest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const names[] = {
    "jitter", "loss", "mos", NULL, "capture.ring_mib", "capture.filter", "", "--store", "--json"
};

static const struct {
    const char *word, *nearest;
} rows[] = {
    { "jiter", "jitter" },   /* one left out */
    { "jittter", "jitter" }, /* one too many */
    { "jitxer", "jitter" },  /* another one */
    { "jtiter", "jitter" },  /* two swapped: one edit, or two would be past the limit */
    { "JITTER", "jitter" },  /* case is free */
    { "jitter", "jitter" },  /* itself */
    { "mso", "mos" },        /* a short word allows one edit */
    { "mxs", "mos" },
    { "sox", NULL }, /* two edits of three letters: no guess */
    { "capture.rign_mb", "capture.ring_mib" },
    { "capture.fliter", "capture.filter" },
    { "--stoer", "--store" },
    { "--jsno", "--json" },
    { "x", NULL },
    { "bandwidth", NULL },
    { "", NULL },
};

static void suggests_only_what_is_near(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t len = strlen(rows[i].word);
        char *word = malloc(len ? len : 1);
        const char *nearest;

        assert_non_null(word);
        memcpy(word, rows[i].word, len);
        nearest = nearest_name(slice_of(word, len), names, sizeof names / sizeof names[0]);
        if (rows[i].nearest && nearest)
            assert_string_equal(nearest, rows[i].nearest);
        else
            assert_ptr_equal(nearest, rows[i].nearest);
        free(word);
    }
}

static void a_tie_goes_to_the_first(void **state)
{
    static const char *const tie[] = { "cat", "bat" };

    (void)state;
    assert_string_equal(nearest_name(SLICE("rat"), tie, 2), "cat");
}

static void an_overlong_word_gets_none(void **state)
{
    char word[200];
    const char *const own[] = { "aaaa" };

    (void)state;
    memset(word, 'a', sizeof word);
    assert_null(nearest_name(slice_of(word, sizeof word), own, 1));
    assert_null(nearest_name(slice_of(word, 65), own, 1));
    assert_null(nearest_name(SLICE_ABSENT, own, 1));
    assert_null(nearest_name(SLICE("aaaa"), NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(suggests_only_what_is_near),
        cmocka_unit_test(a_tie_goes_to_the_first),
        cmocka_unit_test(an_overlong_word_gets_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
