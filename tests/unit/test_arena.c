/*
 * test_arena - memory that lives and dies together, up to its cap.
 */
#include "analyzer/base/arena.h"

#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void pieces_are_apart_and_aligned(void **state)
{
    struct random r = { 3 };

    (void)state;
    for (int round = 0; round < 200; round++) {
        size_t room = random_below(&r, 700);
        char *first = malloc(room ? room : 1); /* exact: the sanitizer sees a step beyond */
        unsigned char *pieces[60];
        size_t sizes[60];
        struct arena a;

        assert_non_null(first);
        arena_init(&a, room ? first : NULL, room, 1 << 20);
        for (int i = 0; i < 60; i++) {
            bool cut = false;

            sizes[i] = random_below(&r, i % 10 == 0 ? 3000 : 90);
            if (i % 2) {
                pieces[i] = arena_take(&a, sizes[i]);
                assert_non_null(pieces[i]);
                assert_int_equal((uintptr_t)pieces[i] % 16, 0);
                memset(pieces[i], i, sizes[i]);
            } else {
                char text[3000];
                struct slice kept;

                memset(text, i, sizes[i]);
                kept = arena_copy(&a, slice_of(text, sizes[i]), sizeof text, &cut);
                assert_false(cut);
                assert_non_null(kept.p);
                assert_int_equal(kept.len, sizes[i]);
                pieces[i] = (unsigned char *)(uintptr_t)kept.p;
            }
        }
        for (int i = 0; i < 60; i++) {
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(pieces[i][k], i);
        }
        arena_fini(&a);
        free(first);
    }
}

static void the_cap_holds(void **state)
{
    struct arena a;
    bool cut = false;
    size_t taken = 0;

    (void)state;
    arena_init(&a, NULL, 0, 10000);
    while (arena_take(&a, 100))
        taken += 100;
    assert_in_range(taken, 8000, 10000);
    assert_true(a.total_bytes <= 10000);
    assert_null(arena_take(&a, 20000));
    arena_fini(&a);

    arena_init(&a, NULL, 0, 0);
    assert_null(arena_take(&a, 1));
    assert_null(arena_copy(&a, SLICE("x"), 10, &cut).p);
    assert_true(cut);
    arena_fini(&a);
}

static void copies_are_cut_and_say_so(void **state)
{
    static const struct {
        struct slice in;
        size_t max_len;
        struct slice out;
        bool absent, cut;
    } rows[] = {
        { SLICE_INIT("alice"), 5, SLICE_INIT("alice"), false, false },
        { SLICE_INIT("alice"), 4, SLICE_INIT("alic"), false, true },
        { SLICE_INIT("alice"), 0, SLICE_INIT(""), false, true },
        { SLICE_INIT(""), 5, SLICE_INIT(""), false, false },
        { { NULL, 0 }, 5, SLICE_INIT(""), true, false },
        { SLICE_INIT("a\0b"), 5, SLICE_INIT("a\0b"), false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct arena a;
        bool cut = false;
        struct slice copy;

        arena_init(&a, NULL, 0, 4096);
        copy = arena_copy(&a, rows[i].in, rows[i].max_len, &cut);
        assert_int_equal(copy.p == NULL, rows[i].absent);
        assert_true(slice_eq(copy, rows[i].out));
        assert_int_equal(cut, rows[i].cut);
        assert_true(copy.len == 0 || copy.p != rows[i].in.p);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_apart_and_aligned),
        cmocka_unit_test(the_cap_holds),
        cmocka_unit_test(copies_are_cut_and_say_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
