#include "analyzer/privacy/pseudonym.h"

enum { ROUNDS = 10 };

static uint32_t power_of_ten(unsigned n)
{
    uint32_t power = 1;

    while (n-- > 0)
        power *= 10;
    return power;
}

uint32_t pseudonym_of(const struct siphash_key *key, uint32_t value, unsigned digits)
{
    const uint32_t sizes[2] = { power_of_ten(digits / 2), power_of_ten(digits - digits / 2) };
    uint32_t a = value / sizes[1], b = value % sizes[1];

    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint32_t words[3] = { digits, i, b };
        uint32_t size = sizes[i & 1];
        uint32_t c = (uint32_t)((a + siphash(key, words, sizeof words) % size) % size);

        a = b;
        b = c;
    }
    return a * sizes[1] + b; /* after an even number of rounds each half has its size again */
}
