/*
 * test_log - one line a call, the level, and a stranger's text made harmless.
 */
#include "analyzer/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

/* What stderr got meanwhile. */
struct catcher {
    FILE *file;
    int stderr_fd;
    char text[8192];
};

static void catch_begin(struct catcher *c)
{
    c->file = tmpfile();
    assert_non_null(c->file);
    c->stderr_fd = dup(STDERR_FILENO);
    assert_true(c->stderr_fd >= 0);
    assert_true(dup2(fileno(c->file), STDERR_FILENO) >= 0);
}

static const char *catch_end(struct catcher *c)
{
    size_t n;

    dup2(c->stderr_fd, STDERR_FILENO);
    close(c->stderr_fd);
    rewind(c->file);
    n = fread(c->text, 1, sizeof c->text - 1, c->file);
    c->text[n] = '\0';
    fclose(c->file);
    return c->text;
}

static void only_what_is_asked_for_is_written(void **state)
{
    static const struct {
        enum log_level level;
        const char *text;
    } rows[] = {
        { LOG_LEVEL_ERROR, "earshot: error: e 1\n" },
        { LOG_LEVEL_WARN, "earshot: error: e 1\nearshot: warning: w 2\n" },
        { LOG_LEVEL_DEBUG,
          "earshot: error: e 1\nearshot: warning: w 2\nearshot: info: i\nearshot: debug: d\n" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct catcher c;

        log_set_level(rows[i].level);
        catch_begin(&c);
        log_error("e %d", 1);
        log_warn("w %d", 2);
        log_info("i");
        log_debug("d");
        assert_string_equal(catch_end(&c), rows[i].text);
    }
    log_set_level(LOG_LEVEL_WARN);
}

static void a_line_too_long_is_cut_and_still_a_line(void **state)
{
    struct catcher c;
    char longer[3000];
    size_t len;

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    catch_begin(&c);
    log_error("%s", longer);
    catch_end(&c);
    len = strlen(c.text);
    assert_in_range(len, 1000, 1024);
    assert_ptr_equal(strchr(c.text, '\n'), c.text + len - 1);
}

static void texts_of_strangers_are_printable_and_short(void **state)
{
    char longer[1000];
    const char *a, *b, *c, *d;

    (void)state;
    assert_string_equal(log_text(SLICE("a\nb\x1b[0m\xff")), "a?b?[0m?");
    assert_string_equal(log_text(SLICE_ABSENT), "");
    memset(longer, 'x', sizeof longer);
    assert_in_range(strlen(log_text(slice_of(longer, sizeof longer))), 40, 120);
    memset(longer, '\xff', sizeof longer);
    assert_in_range(strlen(log_text(slice_of(longer, sizeof longer))), 40, 120);
    a = log_text(SLICE("a"));
    b = log_text(SLICE("b"));
    c = log_text(SLICE("c"));
    d = log_text(SLICE("d"));
    assert_string_equal(a, "a");
    assert_string_equal(b, "b");
    assert_string_equal(c, "c");
    assert_string_equal(d, "d");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_asked_for_is_written),
        cmocka_unit_test(a_line_too_long_is_cut_and_still_a_line),
        cmocka_unit_test(texts_of_strangers_are_printable_and_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
