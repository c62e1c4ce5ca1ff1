/*
 * privacy_fixture - ways to mask, and a text masked in an exact-size block.
 */
#ifndef TESTS_UNIT_PRIVACY_FIXTURE_H
#define TESTS_UNIT_PRIVACY_FIXTURE_H

#include "analyzer/privacy/privacy.h"

#define FIXTURE_KEY "0123456789abcdef0123456789ABCDEF"

static inline struct privacy privacy_fixture(enum privacy_way numbers, enum privacy_way names,
                                             unsigned blank)
{
    struct privacy p = {
        .numbers = (uint8_t)numbers, .names = (uint8_t)names, .digits = 4, .blank = (uint8_t)blank
    };

    privacy_set_key(&p, SLICE(FIXTURE_KEY));
    return p;
}

#endif
