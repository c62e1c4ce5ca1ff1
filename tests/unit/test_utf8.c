/*
 * test_utf8 - every code point there and back, and every way to be broken.
 */
#include "analyzer/base/utf8.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static size_t encode(uint32_t c, char out[4])
{
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t heads[5] = { 0, 0, 0xc0, 0xe0, 0xf0 };

    for (size_t i = len; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(heads[len] | c);
    return len;
}

static void every_code_point_is_read(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        bool surrogate = c >= 0xd800 && c < 0xe000;
        uint32_t code = 0;
        char text[4];
        size_t len = encode(c, text);

        assert_int_equal(utf8_decode(text, len, &code), surrogate ? 0 : len);
        if (!surrogate)
            assert_int_equal(code, c);
        if (len > 1)
            assert_int_equal(utf8_decode(text, len - 1, &code), 0);
    }
}

static void broken_text_has_no_length(void **state)
{
    static const struct slice rows[] = {
        SLICE_INIT(""),
        SLICE_INIT("\x80"),
        SLICE_INIT("\xbf\x80"),
        SLICE_INIT("\xc0\x80"),         /* overlong NUL */
        SLICE_INIT("\xc1\xbf"),         /* overlong DEL */
        SLICE_INIT("\xe0\x9f\xbf"),     /* overlong U+07FF */
        SLICE_INIT("\xf0\x8f\xbf\xbf"), /* overlong U+FFFF */
        SLICE_INIT("\xf4\x90\x80\x80"), /* U+110000 */
        SLICE_INIT("\xf5\x80\x80\x80"),
        SLICE_INIT("\xf8\x88\x80\x80\x80"), /* five bytes */
        SLICE_INIT("\xff"),
        SLICE_INIT("\xc3("),
        SLICE_INIT("\xe2\x82("),
        SLICE_INIT("\xe2("),
        SLICE_INIT("\xf0\x9f\x98("),
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i]);
        uint32_t code;

        if (utf8_decode(block.p, block.len, &code) != 0)
            fail_msg("row %zu", i);
        heap_block_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_is_read),
        cmocka_unit_test(broken_text_has_no_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
