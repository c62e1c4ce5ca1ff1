/*
 * ledger_json - what stands in the JSON objects of a capture record.
 */
#ifndef TESTS_UNIT_LEDGER_JSON_H
#define TESTS_UNIT_LEDGER_JSON_H

#include "analyzer/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The number behind "name": in a JSON object; 0 when it is not there. */
static inline int64_t count_in(struct slice json, const char *name)
{
    char text[4096], key[64], *at;

    assert_true(json.p && json.len < sizeof text);
    memcpy(text, json.p, json.len);
    text[json.len] = '\0';
    snprintf(key, sizeof key, "\"%s\":", name);
    at = strstr(text, key);
    return at ? strtoll(at + strlen(key), NULL, 10) : 0;
}

static inline int64_t sum_of_bins(struct slice json)
{
    int64_t sum = 0;

    for (int i = 0; i < BIN_COUNT; i++)
        sum += count_in(json, packet_bin_text((enum packet_bin)i));
    return sum;
}

#endif
