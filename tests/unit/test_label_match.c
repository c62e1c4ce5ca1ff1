#include "probe/state/label_match.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char labels[] = "{\"rule\":\"sip-503-spike\",\"severity\":\"critical\","
                             "\"trunk\":\"carrier a\",\"quote\":\"a\\\"b\",\"n\":5}";

static const struct {
    const char *match;
    bool fits;
} rows[] = {
    { "", true },
    { "  ", true },
    { "rule=sip-503-spike", true },
    { "rule=sip-*", true },
    { "rule=*", true },
    { "rule=sip", false },
    { "rule=sip-503-spike severity=critical", true },
    { "rule=sip-*, severity=warning", false },
    { "severity!=info", true },
    { "severity!=crit*", false },
    { "trunk=\"carrier a\"", true },
    { "trunk=\"carrier \"*", true },
    { "trunk=\"carrier *\"", false },
    { "quote=\"a\\\"b\"", true },
    { "n=5", true },
    { "area=quality", false },
    { "area=\"\"", true },
    { "area!=\"\"", false },
    { "area!=quality", true },
};

static void fits_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[LABEL_MATCH_ERROR_MAX];
        size_t len = strlen(rows[i].match);
        char *exact = malloc(len ? len : 1);
        struct label_match m, copy;

        assert_non_null(exact);
        memcpy(exact, rows[i].match, len);
        if (label_match_parse(&m, slice_of(exact, len), error) != 0)
            fail_msg("%s: %s", rows[i].match, error);
        free(exact);
        copy = m; /* a plain value */
        memset(&m, 0xee, sizeof m);
        if (label_match_fits(&copy, slice_of_text(labels)) != rows[i].fits)
            fail_msg("%s", rows[i].match);
        assert_string_equal(copy.text, rows[i].match);
    }
}

static const struct {
    const char *match, *error;
} wrong[] = {
    { "=x", "column 1: the name" },
    { "rule", "column 5: = or !=" },
    { "rule!x", "column 6: = or !=" },
    { "rule=", "column 6: the value is missing" },
    { "rule=a trunk=", "column 14: the value is missing" },
    { "rule=\"a", "column 6: a quote is not closed" },
    { "rule=\"a\\", "column 6: a quote is not closed" },
    { "rule=\"a\"b", "column 9: a blank is missing" },
    { "rule=a\"b\"", "column 7: a quote within" },
    { "rule=a\nb", "column 7: a control character" },
    { "a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 a=1 b=1",
      "column 65: too many" },
};

static void says_where_it_is_wrong(void **state)
{
    char error[LABEL_MATCH_ERROR_MAX], longest[LABEL_MATCH_TEXT_MAX + 1];
    struct label_match m;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(label_match_parse(&m, slice_of_text(wrong[i].match), error), -EINVAL);
        if (strncmp(error, wrong[i].error, strlen(wrong[i].error)) != 0)
            fail_msg("%s: %s", wrong[i].match, error);
    }
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "rule=", 5);
    assert_int_equal(label_match_parse(&m, slice_of(longest, LABEL_MATCH_TEXT_MAX - 1), error), 0);
    assert_int_equal(label_match_parse(&m, slice_of(longest, LABEL_MATCH_TEXT_MAX), error),
                     -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_what_it_says),
        cmocka_unit_test(says_where_it_is_wrong),
    };

    return cmocka_run_group_tests_name("label_match", tests, NULL, NULL);
}
