/*
 * test_g711 - every code of both laws.
 */
#include "analyzer/rtp/g711.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int16_t sample_of(enum g711_law law, uint8_t code)
{
    struct slice block = heap_block(slice_of(&code, 1));
    int16_t sample = 12345;

    g711_expand(&sample, law, block);
    heap_block_free(block);
    return sample;
}

/* ITU-T G.711, tables 1 and 2: ends of the scale, zero, and where segments meet. */
static void known_codes_have_their_values(void **state)
{
    static const struct {
        enum g711_law law;
        uint8_t code;
        int16_t sample;
    } rows[] = {
        { G711_ULAW, 0x00, -32124 }, { G711_ULAW, 0x80, 32124 }, { G711_ULAW, 0xff, 0 },
        { G711_ULAW, 0x7f, 0 },      { G711_ULAW, 0xfe, 8 },     { G711_ULAW, 0x7e, -8 },
        { G711_ULAW, 0xef, 132 },    { G711_ULAW, 0x8f, 16764 }, { G711_ALAW, 0xd5, 8 },
        { G711_ALAW, 0x55, -8 },     { G711_ALAW, 0xaa, 32256 }, { G711_ALAW, 0x2a, -32256 },
        { G711_ALAW, 0xc5, 264 },    { G711_ALAW, 0xf5, 528 },   { G711_NONE, 0x00, 12345 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (sample_of(rows[i].law, rows[i].code) != rows[i].sample)
            fail_msg("row %zu: %d", i, sample_of(rows[i].law, rows[i].code));
    }
}

static void both_halves_mirror_each_other_and_grow(void **state)
{
    (void)state;
    for (int magnitude = 0; magnitude < 128; magnitude++) {
        uint8_t u = (uint8_t)(0xff - magnitude), a = (uint8_t)((0x80 | magnitude) ^ 0x55);

        assert_int_equal(sample_of(G711_ULAW, u), -sample_of(G711_ULAW, u & 0x7f));
        assert_int_equal(sample_of(G711_ALAW, a), -sample_of(G711_ALAW, a ^ 0x80));
        if (magnitude == 0)
            continue;
        assert_true(sample_of(G711_ULAW, u) > sample_of(G711_ULAW, (uint8_t)(u + 1)));
        assert_true(sample_of(G711_ALAW, a) >
                    sample_of(G711_ALAW, (uint8_t)((0x80 | (magnitude - 1)) ^ 0x55)));
    }
}

static void names_are_those_of_sdp(void **state)
{
    (void)state;
    assert_int_equal(g711_law_of(SLICE("pcmu")), G711_ULAW);
    assert_int_equal(g711_law_of(SLICE("PCMA")), G711_ALAW);
    assert_int_equal(g711_law_of(SLICE("G722")), G711_NONE);
    assert_int_equal(g711_law_of(SLICE_ABSENT), G711_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_codes_have_their_values),
        cmocka_unit_test(both_halves_mirror_each_other_and_grow),
        cmocka_unit_test(names_are_those_of_sdp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
