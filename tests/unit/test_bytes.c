/*
 * test_bytes - reads in order, and failures that stay.
 */
#include "analyzer/base/bytes.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void numbers_are_big_endian(void **state)
{
    struct slice block = heap_block(SLICE("\xff\x12\x34\xab\xcd\xef\x80\x00\x00\x01"
                                          "\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8"));
    struct bytes b = bytes_of(block.p, block.len);

    (void)state;
    assert_int_equal(bytes_u8(&b), 0xff);
    assert_int_equal(bytes_u16(&b), 0x1234);
    assert_int_equal(bytes_u24(&b), 0xabcdef);
    assert_int_equal(bytes_u32(&b), 0x80000001);
    assert_true(bytes_u64(&b) == UINT64_C(0xfffefdfcfbfaf9f8));
    assert_true(bytes_ok(&b));
    assert_int_equal(b.len, 0);
    heap_block_free(block);
}

/* Each width at each length: it reads all of its bytes, or none, and then nothing ever again. */
static void a_read_past_the_end_is_sticky(void **state)
{
    (void)state;
    for (size_t len = 0; len < 9; len++) {
        struct slice block = heap_block(slice_of("\xff\xff\xff\xff\xff\xff\xff\xff", len));

        for (int width = 1; width <= 8; width++) {
            struct bytes b = bytes_of(block.p, len);
            uint64_t value = 1;

            switch (width) {
            case 1:
                value = bytes_u8(&b);
                break;
            case 2:
                value = bytes_u16(&b);
                break;
            case 3:
                value = bytes_u24(&b);
                break;
            case 4:
                value = bytes_u32(&b);
                break;
            case 8:
                value = bytes_u64(&b);
                break;
            default:
                continue;
            }
            if (len >= (size_t)width) {
                assert_true(bytes_ok(&b));
                assert_int_equal(b.len, len - (size_t)width);
                continue;
            }
            assert_false(bytes_ok(&b));
            assert_true(width == 8 || value == 0);
            assert_int_equal(bytes_u8(&b), 0); /* though a byte may have been left */
            assert_null(bytes_take(&b, 0));
            assert_int_equal(b.len, 0);
        }
        heap_block_free(block);
    }
}

static void taking_is_bounded(void **state)
{
    struct slice block = heap_block(SLICE("abcd"));
    struct bytes b = bytes_of(block.p, block.len), none = bytes_of(NULL, 0);

    (void)state;
    assert_ptr_equal(bytes_take(&b, 0), block.p);
    assert_ptr_equal(bytes_take(&b, 3), block.p);
    assert_null(bytes_take(&b, SIZE_MAX));
    assert_false(bytes_ok(&b));
    assert_null(bytes_take(&none, 0));
    assert_true(bytes_ok(&none));
    heap_block_free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(a_read_past_the_end_is_sticky),
        cmocka_unit_test(taking_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
