#include "probe/web/body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *body;
    const char *error; /* NULL: it is read */
} rows[] = {
    { "{\"labels\":\"a=b\"}", NULL },
    { "{\"labels\":\"a=b\",\"until\":1795255200.5,\"comment\":null}", NULL },
    { "", "'labels' is missing" },
    { "  ", "'labels' is missing" },
    { "{}", "'labels' is missing" },
    { "[]", "the body must be a JSON object" },
    { "{\"labels\":\"a=b\",\"lables\":1}",
      "the body has an unknown member 'lables', did you mean 'labels'?" },
    { "{\"labels\":1}", "'labels' must be a text of at most 8 bytes" },
    { "{\"labels\":\"123456789\"}", "'labels' must be a text of at most 8 bytes" },
    { "{\"labels\":\"a\",\"until\":\"now\"}", "'until' must be a time, in seconds since 1970" },
    { "{\"labels\":\"a\",\"until\":-1}", "'until' must be a time, in seconds since 1970" },
    { "{\"labels\":\"a\",\"until\":1e300}", "'until' must be a time, in seconds since 1970" },
    { "{\"labels\":[[[[[[[[1]]]]]]]]}", "the body is nested more than 8 deep" },
    { "[[[[[[[[[", "the body is nested more than 8 deep" },
};

static const char *const broken[] = {
    "{",
    "{\"labels\"",
    "{\"labels\":\"a\"}x",
    "{\"labels\":\"a\",\"labels\":\"b\"}",
    "{\"labels\":\"\xff\"}",
    "{\"labels\":\"a\\u0000b\"}",
    "nul",
    "{\"a\\",
};

static bool read_one(const char *text, struct slice *labels, int64_t *until, struct strbuf *error,
                     struct body *body)
{
    struct slice comment;
    const struct body_field fields[] = {
        { "labels", BODY_TEXT, true, 8, labels, NULL },
        { "until", BODY_TIME, false, 0, NULL, until },
        { "comment", BODY_TEXT, false, 8, &comment, NULL },
    };
    size_t len = strlen(text);
    char *exact = malloc(len ? len : 1);
    bool ok;

    assert_non_null(exact);
    memcpy(exact, text, len);
    ok = body_read(body, slice_of(exact, len), fields, 3, error);
    free(exact);
    return ok;
}

static void reads_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct strbuf error = { 0 };
        struct slice labels;
        struct body body;
        int64_t until;
        bool ok = read_one(rows[i].body, &labels, &until, &error, &body);

        if (ok != !rows[i].error || (!ok && strcmp(error.p, rows[i].error) != 0))
            fail_msg("%s: %s", rows[i].body, error.p ? error.p : "(read)");
        if (ok)
            assert_int_equal(until, i == 1 ? 1795255200500 : 0);
        strbuf_fini(&error);
        body_fini(&body);
    }
}

static void says_where_it_is_no_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct strbuf error = { 0 };
        struct slice labels;
        struct body body;
        int64_t until;

        assert_false(read_one(broken[i], &labels, &until, &error, &body));
        assert_non_null(strstr(error.p, "the body is no JSON: line 1, column "));
        strbuf_fini(&error);
        body_fini(&body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_the_table_says),
        cmocka_unit_test(says_where_it_is_no_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
