/*
 * test_array - a list that grows keeps what is in it, and says so when it cannot.
 */
#include "analyzer/base/array.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void it_grows_and_keeps_what_it_has(void **state)
{
    uint32_t *list = NULL;
    size_t room = 0, count = 0;

    (void)state;
    for (uint32_t n = 0; n < 1000; n++) {
        uint32_t *grown = array_grow(list, &room, count, sizeof *grown);

        assert_non_null(grown);
        assert_true(room > count);
        list = grown;
        list[count++] = n * 7;
    }
    for (uint32_t n = 0; n < 1000; n++)
        assert_int_equal(list[n], n * 7);
    free(list);
}

static void what_no_memory_holds_is_refused(void **state)
{
    size_t room = SIZE_MAX / 16;
    char *list = malloc(1);

    (void)state;
    assert_non_null(list);
    assert_null(array_grow(list, &room, room, 32));
    assert_int_equal(room, SIZE_MAX / 16);
    free(list); /* as it was */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_grows_and_keeps_what_it_has),
        cmocka_unit_test(what_no_memory_holds_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
