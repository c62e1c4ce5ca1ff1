#include "analyzer/base/resolve.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static int wait_for(struct resolve *r, struct addr out[RESOLVE_ADDRESSES_MAX])
{
    const struct timespec wait = { 0, 2000000 };
    int count = 0;

    for (int i = 0; i < 10000 && (count = resolve_poll(r, out)) == 0; i++)
        nanosleep(&wait, NULL);
    return count;
}

static void takes_an_address_for_itself(void **state)
{
    static const char *const texts[] = { "192.0.2.1", "2001:db8::1" };
    struct addr out[RESOLVE_ADDRESSES_MAX], expected;
    struct resolve *r;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(resolve_start(&r, texts[i], 5061), 0);
        assert_int_equal(resolve_poll(r, out), 1); /* at once */
        assert_true(addr_parse_ip(slice_of_text(texts[i]), &expected));
        assert_true(addr_ip_eq(&out[0], &expected));
        assert_int_equal(out[0].port, 5061);
        resolve_free(r);
    }
}

static void finds_names_and_says_where_there_are_none(void **state)
{
    struct addr out[RESOLVE_ADDRESSES_MAX];
    struct resolve *r;

    (void)state;
    assert_int_equal(resolve_start(&r, "localhost", 7), 0);
    assert_true(wait_for(r, out) >= 1);
    assert_true(addr_is_private(&out[0]));
    assert_int_equal(out[0].port, 7);
    resolve_free(r);
    assert_int_equal(resolve_start(&r, "nowhere.invalid", 7), 0);
    assert_int_equal(wait_for(r, out), -ENOENT);
    resolve_free(r);
    assert_int_equal(resolve_start(&r, "", 7), -EINVAL);
}

/* The thread tidies up behind who does not wait. */
static void lets_go_of_those_who_leave(void **state)
{
    const struct timespec wait = { 0, 100000000 };
    struct resolve *r;

    (void)state;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(resolve_start(&r, "localhost", 7), 0);
        resolve_free(r);
    }
    resolve_free(NULL);
    nanosleep(&wait, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_an_address_for_itself),
        cmocka_unit_test(finds_names_and_says_where_there_are_none),
        cmocka_unit_test(lets_go_of_those_who_leave),
    };

    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
