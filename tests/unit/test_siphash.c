/*
 * test_siphash - SipHash-1-3 against a second implementation that goes byte by byte.
 */
#include "analyzer/base/siphash.h"

#include "tests/unit/heap_block.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t left(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

struct naive {
    uint64_t a, b, c, d;
};

/* The figure of the paper, line by line. */
static void naive_round(struct naive *v)
{
    v->a += v->b;
    v->b = left(v->b, 13);
    v->b ^= v->a;
    v->a = left(v->a, 32);
    v->c += v->d;
    v->d = left(v->d, 16);
    v->d ^= v->c;
    v->a += v->d;
    v->d = left(v->d, 21);
    v->d ^= v->a;
    v->c += v->b;
    v->b = left(v->b, 17);
    v->b ^= v->c;
    v->c = left(v->c, 32);
}

/* rounds per word, rounds to finish: c and d of SipHash-c-d. */
static uint64_t naive_siphash(const struct siphash_key *key, const uint8_t *data, size_t len,
                              int rounds, int final_rounds)
{
    struct naive v = { key->k[0] ^ UINT64_C(0x736f6d6570736575),
                       key->k[1] ^ UINT64_C(0x646f72616e646f6d),
                       key->k[0] ^ UINT64_C(0x6c7967656e657261),
                       key->k[1] ^ UINT64_C(0x7465646279746573) };
    uint64_t word = 0;

    for (size_t i = 0; i <= len; i++) {
        uint64_t byte = i < len ? data[i] : (uint64_t)len & 0xff;
        size_t shift = i < len ? 8 * (i % 8) : 56;

        word |= byte << shift;
        if (shift != 56)
            continue;
        v.d ^= word;
        for (int n = 0; n < rounds; n++)
            naive_round(&v);
        v.a ^= word;
        word = 0;
    }
    v.c ^= 0xff;
    for (int n = 0; n < final_rounds; n++)
        naive_round(&v);
    return v.a ^ v.b ^ v.c ^ v.d;
}

/* The paper's own vector is of SipHash-2-4: it vouches for the second implementation. */
static void the_second_implementation_is_right(void **state)
{
    const struct siphash_key key = { { UINT64_C(0x0706050403020100),
                                       UINT64_C(0x0f0e0d0c0b0a0908) } };
    uint8_t input[15];

    (void)state;
    for (uint8_t i = 0; i < 15; i++)
        input[i] = i;
    assert_true(naive_siphash(&key, input, 15, 2, 4) == UINT64_C(0xa129ca6149be45e5));
}

static void every_length_agrees(void **state)
{
    struct random r = { 2 };

    (void)state;
    for (size_t len = 0; len < 200; len++) {
        struct siphash_key key = { { random_next(&r), random_next(&r) } };
        uint8_t data[200];
        struct slice block;

        for (size_t i = 0; i < len; i++)
            data[i] = (uint8_t)random_next(&r);
        block = heap_block(slice_of(data, len));
        assert_true(siphash(&key, block.p, len) == naive_siphash(&key, data, len, 1, 3));
        heap_block_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_implementation_is_right),
        cmocka_unit_test(every_length_agrees),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
