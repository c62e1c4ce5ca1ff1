/*
 * test_dtmf - one telephone-event payload. What events make a keypress is tested with the calls.
 */
#include "analyzer/rtp/dtmf.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void a_payload_is_an_event_a_flag_and_a_duration(void **state)
{
    static const struct {
        struct slice bytes;
        bool ok;
        struct dtmf_event event;
    } rows[] = {
        { SLICE_INIT("\x05\x0a\x03\x20"), true, { 5, false, 800 } },
        { SLICE_INIT("\x0b\x8a\xff\xff"), true, { 11, true, 65535 } },
        { SLICE_INIT("\xff\x7f\x00\x00"), true, { 255, false, 0 } },
        { SLICE_INIT("\x05\x0a\x03\x20\x06\x0a\x03\x20"), true, { 5, false, 800 } },
        { SLICE_INIT("\x05\x8a\x03"), false, { 0, false, 0 } },
        { SLICE_INIT(""), false, { 0, false, 0 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].bytes);
        struct dtmf_event e;

        assert_int_equal(dtmf_event_parse(&e, block), rows[i].ok);
        heap_block_free(block);
        if (!rows[i].ok)
            continue;
        assert_int_equal(e.event, rows[i].event.event);
        assert_int_equal(e.end, rows[i].event.end);
        assert_int_equal(e.duration, rows[i].event.duration);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_payload_is_an_event_a_flag_and_a_duration),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
