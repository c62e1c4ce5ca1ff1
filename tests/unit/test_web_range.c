/*
 * test_web_range - which bytes are asked for, and what a child's end means.
 */
#include "probe/web/range.h"
#include "probe/web/render.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *header;
    uint64_t size;
    enum range_kind kind;
    uint64_t first, count;
} rows[] = {
    { NULL, 10, RANGE_WHOLE, 0, 10 },
    { "", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=0-", 10, RANGE_PART, 0, 10 },
    { "bytes=0-9", 10, RANGE_PART, 0, 10 },
    { "bytes=9-9", 10, RANGE_PART, 9, 1 },
    { "bytes=2-5", 10, RANGE_PART, 2, 4 },
    { "bytes=2-500", 10, RANGE_PART, 2, 8 },
    { "bytes=2-18446744073709551615", 10, RANGE_PART, 2, 8 },
    { "bytes=2-99999999999999999999999999", 10, RANGE_PART, 2, 8 },
    { "BYTES=2-5", 10, RANGE_PART, 2, 4 },
    { " bytes = 2 - 5 ", 10, RANGE_PART, 2, 4 },
    { "bytes=-3", 10, RANGE_PART, 7, 3 },
    { "bytes=-10", 10, RANGE_PART, 0, 10 },
    { "bytes=-11", 10, RANGE_PART, 0, 10 },
    { "bytes=-99999999999999999999999999", 10, RANGE_PART, 0, 10 },
    { "bytes=-0", 10, RANGE_OUTSIDE, 0, 0 },
    { "bytes=10-", 10, RANGE_OUTSIDE, 0, 0 },
    { "bytes=10-20", 10, RANGE_OUTSIDE, 0, 0 },
    { "bytes=99999999999999999999999999-", 10, RANGE_OUTSIDE, 0, 0 },
    { "bytes=0-", 0, RANGE_OUTSIDE, 0, 0 },
    { "bytes=-1", 0, RANGE_OUTSIDE, 0, 0 },
    { "bytes=5-2", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=0-1,3-4", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=0-1,", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=-", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=", 10, RANGE_WHOLE, 0, 10 },
    { "bytes", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=3", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=+3-4", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=--3", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=1-2-3", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=3-0x4", 10, RANGE_WHOLE, 0, 10 },
    { "bytes=a-4", 10, RANGE_WHOLE, 0, 10 },
    { "items=0-3", 10, RANGE_WHOLE, 0, 10 },
};

static void knows_one_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = rows[i].header ? strlen(rows[i].header) : 0;
        char *block = malloc(len ? len : 1);
        struct slice header = rows[i].header ? slice_of(block, len) : SLICE_ABSENT;
        struct range out;
        enum range_kind kind;

        assert_non_null(block);
        if (len)
            memcpy(block, rows[i].header, len);
        kind = range_parse(header, rows[i].size, &out);
        if (kind != rows[i].kind || out.first != rows[i].first || out.count != rows[i].count)
            fail_msg("%s: kind %d, %llu bytes at %llu", rows[i].header, (int)kind,
                     (unsigned long long)out.count, (unsigned long long)out.first);
        free(block);
    }
}

static void serves_a_part_of_the_same_alone(void **state)
{
    const struct slice tag = SLICE("\"abc\"");

    (void)state;
    assert_true(range_condition_holds(SLICE_ABSENT, tag));
    assert_true(range_condition_holds(SLICE("\"abc\""), tag));
    assert_true(range_condition_holds(SLICE(" \"abc\" "), tag));
    assert_false(range_condition_holds(SLICE("W/\"abc\""), tag));
    assert_false(range_condition_holds(SLICE("\"abd\""), tag));
    assert_false(range_condition_holds(SLICE("abc"), tag));
    assert_false(range_condition_holds(SLICE(""), tag));
    assert_false(range_condition_holds(SLICE(""), SLICE("")));
    assert_false(range_condition_holds(SLICE("Sat, 21 Nov 2026 10:00:00 GMT"), tag));
}

/* As waitpid() has it. */
static int exited(int with)
{
    return with << 8;
}

static void judges_a_child(void **state)
{
    static const struct {
        int status;
        const char *said;
        int answer;
        const char *message;
    } ends[] = {
        { 65 << 8, "earshot export: it is encrypted", 409, "it is encrypted" },
        { 65 << 8, "it is encrypted", 409, "it is encrypted" },
        { 65 << 8, "", 409, "the media of this call cannot become sound" },
        { 66 << 8, "earshot export: gone", 404, "gone" },
        { 69 << 8, "earshot export: no G.729", 501, "no G.729" },
        { 73 << 8, "earshot export: disk full", 507, "disk full" },
        { 1 << 8, "earshot export: /var/lib is odd", 500, "the sound of this call cannot be made" },
        { 77 << 8, "earshot export: off", 500, "the sound of this call cannot be made" },
        { SIGKILL, "", 503, "it took too long to make the sound of this call" },
        { SIGXCPU, "x", 503, "it took too long to make the sound of this call" },
        { SIGSEGV, "x", 500, "the sound of this call cannot be made" },
    };
    char message[RENDER_MESSAGE_MAX] = "";

    (void)state;
    assert_int_equal(render_judge(exited(0), SLICE("earshot export: left out"), message), 200);
    assert_string_equal(message, "");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        assert_int_equal(render_judge(ends[i].status, slice_of_text(ends[i].said), message),
                         ends[i].answer);
        assert_string_equal(message, ends[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_one_range),
        cmocka_unit_test(serves_a_part_of_the_same_alone),
        cmocka_unit_test(judges_a_child),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
