#include "probe/decap/held.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct held_frame *take(struct held_budget *budget, struct slice bytes)
{
    struct slice block = heap_block(bytes);
    struct frame frame = { .time_ns = 7,
                           .data = (const uint8_t *)block.p,
                           .captured_bytes = (uint32_t)block.len,
                           .wire_bytes = (uint32_t)block.len + 3,
                           .link_type = 113 };
    struct held_frame *held = held_take(budget, &frame);

    heap_block_free(block); /* the source takes its bytes back */
    return held;
}

static void test_is_a_copy_of_its_own(void **state)
{
    struct held_budget budget = { .max_bytes = 4096 };
    struct held_frame *held = take(&budget, SLICE("INVITE sip:bob"));

    (void)state;
    assert_non_null(held);
    assert_null(held->next);
    assert_ptr_equal(held->frame.data, held->bytes);
    assert_memory_equal(held->bytes, "INVITE sip:bob", 14);
    assert_int_equal(held->frame.captured_bytes, 14);
    assert_int_equal(held->frame.wire_bytes, 17);
    assert_int_equal(held->frame.link_type, 113);
    assert_int_equal(held->frame.time_ns, 7);
    for (int i = 0; i < HELD_OWNERS; i++)
        assert_int_equal(held->owners[i], 0);
    held_release(&budget, held);
    assert_int_equal(budget.used_bytes, 0);
}

static void test_is_paid_to_the_byte(void **state)
{
    struct held_budget budget = { .max_bytes = 2 * sizeof(struct held_frame) + 9 };
    struct held_frame *first = take(&budget, SLICE("12345")), *second, *third;

    (void)state;
    assert_non_null(first);
    assert_int_equal(budget.used_bytes, sizeof *first + 5);
    assert_null(take(&budget, SLICE("12345"))); /* one byte too many */
    assert_int_equal(budget.used_bytes, sizeof *first + 5);
    second = take(&budget, SLICE("1234"));
    assert_non_null(second);
    assert_int_equal(budget.used_bytes, budget.max_bytes);
    assert_null(take(&budget, SLICE("")));
    held_release(&budget, first);
    assert_int_equal(budget.used_bytes, sizeof *second + 4);
    third = take(&budget, SLICE(""));
    assert_non_null(third);
    assert_int_equal(third->frame.captured_bytes, 0);
    held_release(&budget, second);
    held_release(&budget, third);
    held_release(&budget, NULL);
    assert_int_equal(budget.used_bytes, 0);
}

static void test_takes_nothing_from_an_overdrawn_budget(void **state)
{
    struct held_budget budget = { .used_bytes = 11, .max_bytes = 10 };

    (void)state;
    assert_null(take(&budget, SLICE("")));
    assert_int_equal(budget.used_bytes, 11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_a_copy_of_its_own),
        cmocka_unit_test(test_is_paid_to_the_byte),
        cmocka_unit_test(test_takes_nothing_from_an_overdrawn_budget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
