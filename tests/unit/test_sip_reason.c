/*
 * test_sip_reason - the Q.850 cause among all that a message gives as its reason.
 */
#include "analyzer/sip/sip_reason.h"
#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void the_cause_is_found(void **state)
{
    static const struct {
        struct slice headers;
        int cause;
    } rows[] = {
        { SLICE_INIT("Reason: Q.850;cause=16\r\n\r\n"), 16 },
        { SLICE_INIT("Reason: q.850 ; Cause = 17 ;text=\"User busy\"\r\n\r\n"), 17 },
        { SLICE_INIT("Reason: SIP;cause=200;text=\"elsewhere, Q.850;cause=3\", Q.850;cause=19\r\n"),
          19 },
        { SLICE_INIT("Reason: SIP;cause=487\r\nVia: x\r\nreason:Q.850;text=\"a\";cause=34\r\n"),
          34 },
        { SLICE_INIT("Reason: Q.850;cause=31\r\nReason: Q.850;cause=16\r\n"), 31 },
        { SLICE_INIT("Reason: Q.850;cause=0\r\n"), 0 },
        { SLICE_INIT("Reason: Q.850;cause=127\r\n"), 127 },
        { SLICE_INIT("Reason: Q.850;cause=128\r\n"), -1 },
        { SLICE_INIT("Reason: Q.850;cause=-1\r\n"), -1 },
        { SLICE_INIT("Reason: Q.850;cause=99999999999999999999\r\n"), -1 },
        { SLICE_INIT("Reason: Q.850;cause=\r\n"), -1 },
        { SLICE_INIT("Reason: Q.850;cause\r\n"), -1 },
        { SLICE_INIT("Reason: Q.850\r\n"), -1 },
        { SLICE_INIT("Reason: SIP;cause=16\r\n"), -1 },
        { SLICE_INIT("Reason:\r\nReason:   \r\nReason: Q.850;cause=1\r\n"), 1 },
        { SLICE_INIT("Reason: ,,;;,Q.850;cause=2\r\n"), 2 },
        { SLICE_INIT("Reason: \"Q.850;cause=5\r\n"), -1 },
        { SLICE_INIT("X-Reason: Q.850;cause=16\r\n"), -1 },
        { SLICE_INIT("Reason"), -1 },
        { SLICE_INIT(""), -1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].headers);
        int cause = sip_reason_q850(block);

        if (cause != rows[i].cause)
            fail_msg("row %zu: %d, expected %d", i, cause, rows[i].cause);
        heap_block_free(block);
    }
}

/* So many are looked at, and no more. */
static void a_flood_of_reasons_is_cut(void **state)
{
    static const char one[] = "Reason: SIP;cause=200\r\n", last[] = "Reason: Q.850;cause=16\r\n";
    static const int counts[] = { 0, 5, SIP_REASON_VALUES_MAX, 4000 };

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t len = (sizeof one - 1) * (size_t)counts[i];
        char *text = malloc(len + sizeof last);

        assert_non_null(text);
        for (int n = 0; n < counts[i]; n++)
            memcpy(text + (size_t)n * (sizeof one - 1), one, sizeof one - 1);
        memcpy(text + len, last, sizeof last);
        assert_int_equal(sip_reason_q850(slice_of(text, len + sizeof last - 1)),
                         counts[i] < SIP_REASON_VALUES_MAX / 2 ? 16 : -1);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_cause_is_found),
        cmocka_unit_test(a_flood_of_reasons_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
