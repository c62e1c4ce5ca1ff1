/* What a process says that it takes of the machine. */
#include "probe/process/own_figures.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static void figures_are_this_process_s(void **state)
{
    struct own_figures before, after;
    volatile unsigned work = 0;
    int fd;

    (void)state;
    own_figures_read(&before);
    assert_int_equal(before.pid, getpid());
    assert_int_equal(before.threads, 1);
    assert_true(before.own_bytes > 100000);
    assert_true(before.own_bytes < before.rss_bytes);
    assert_true(before.fds >= 3);
    assert_true(before.started_s <= (int64_t)time(NULL) + 1);
    assert_true(before.started_s > (int64_t)time(NULL) - 600);
    fd = open("/dev/null", O_RDONLY);
    for (unsigned i = 0; i < 20000000; i++)
        work += i;
    own_figures_read(&after);
    close(fd);
    assert_int_equal(after.fds, before.fds + 1);
    assert_true(llabs(after.started_s - before.started_s) <= 1); /* the clock may be set */
    assert_true(work && after.cpu_s > before.cpu_s);
}

static void what_is_not_known_is_null(void **state)
{
    const struct own_figures none = { .pid = 7,
                                      .started_s = OWN_FIGURES_NONE,
                                      .rss_bytes = OWN_FIGURES_NONE,
                                      .own_bytes = OWN_FIGURES_NONE,
                                      .cpu_s = 1.5,
                                      .threads = OWN_FIGURES_NONE,
                                      .fds = OWN_FIGURES_NONE };
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);

    (void)state;
    own_figures_write(&j, "web", &none);
    assert_string_equal(
        out.p, "{\"name\":\"web\",\"pid\":7,\"started\":null,\"rss_bytes\":null,\"own_bytes\":null,"
               "\"cpu_s\":1.50,\"threads\":null,\"fds\":null}");
    strbuf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_are_this_process_s),
        cmocka_unit_test(what_is_not_known_is_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
