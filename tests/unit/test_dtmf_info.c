/*
 * test_dtmf_info - what bodies of INFO say which key.
 */
#include "analyzer/sip/dtmf_info.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define RELAY "application/dtmf-relay"
#define PLAIN "application/dtmf"

static void bodies_as_phones_write_them(void **state)
{
    static const struct {
        const char *type, *body;
        enum dtmf_info_parse result;
        char digit;
        uint32_t duration_ms;
    } rows[] = {
        { RELAY, "Signal=5\r\nDuration=160\r\n", DTMF_INFO_OK, '5', 160 },
        { RELAY, "Signal=5\nDuration=160", DTMF_INFO_OK, '5', 160 },
        { RELAY, "signal= 5 \r\nDURATION =  250 \r\n", DTMF_INFO_OK, '5', 250 },
        { RELAY, "Duration=160\r\nSignal=*\r\n", DTMF_INFO_OK, '*', 160 },
        { RELAY, "Signal=#\r\n", DTMF_INFO_OK, '#', 0 },
        { RELAY, "Signal=10\r\n", DTMF_INFO_OK, '*', 0 },
        { RELAY, "Signal=11\r\n", DTMF_INFO_OK, '#', 0 },
        { RELAY, "Signal=12\r\n", DTMF_INFO_OK, 'A', 0 },
        { RELAY, "Signal=d\r\n", DTMF_INFO_OK, 'D', 0 },
        { RELAY, "Signal=0\r\nDuration=99999999999999999999\r\n", DTMF_INFO_OK, '0', 0 },
        { RELAY, "Signal=0\r\nDuration=60001\r\n", DTMF_INFO_OK, '0', 0 },
        { RELAY, "Signal=0\r\nDuration=-5\r\n", DTMF_INFO_OK, '0', 0 },
        { RELAY, "Signal=1\r\nSignal=2\r\n", DTMF_INFO_OK, '1', 0 },
        { RELAY ";charset=utf-8", "Signal=3\r\n", DTMF_INFO_OK, '3', 0 },
        { "Application/DTMF-Relay", "Signal=3\r\n", DTMF_INFO_OK, '3', 0 },
        { RELAY, "Signal=16\r\n", DTMF_INFO_NONE, '\0', 0 }, /* flash */
        { RELAY, "Signal=hf\r\n", DTMF_INFO_NONE, '\0', 0 },
        { RELAY, "Signal=!\r\n", DTMF_INFO_NONE, '\0', 0 },
        { RELAY, "Signal=\r\nDuration=160\r\n", DTMF_INFO_MALFORMED, '\0', 160 },
        { RELAY, "Signal=55555\r\n", DTMF_INFO_MALFORMED, '\0', 0 },
        { RELAY, "Signal=E\r\n", DTMF_INFO_MALFORMED, '\0', 0 },
        { RELAY, "5", DTMF_INFO_MALFORMED, '\0', 0 },
        { RELAY, "", DTMF_INFO_MALFORMED, '\0', 0 },
        { PLAIN, "5", DTMF_INFO_OK, '5', 0 },
        { PLAIN, " * \r\n", DTMF_INFO_OK, '*', 0 },
        { PLAIN, "11", DTMF_INFO_OK, '#', 0 },
        { PLAIN, "Signal=7\r\nDuration=80\r\n", DTMF_INFO_OK, '7', 80 },
        { PLAIN, "", DTMF_INFO_MALFORMED, '\0', 0 },
        { PLAIN, "x", DTMF_INFO_MALFORMED, '\0', 0 },
        { "text/plain", "5", DTMF_INFO_NONE, '\0', 0 },
        { "application/dtmf-relayed", "Signal=5\r\n", DTMF_INFO_NONE, '\0', 0 },
        { "", "5", DTMF_INFO_NONE, '\0', 0 },
        { "multipart/mixed;boundary=b",
          "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: " RELAY
          "\r\n\r\nSignal=9\r\nDuration=70\r\n--b--\r\n",
          DTMF_INFO_OK, '9', 70 },
        { "multipart/mixed;boundary=b", "--b\r\nContent-Type: " PLAIN "\r\n\r\n8\r\n--b--\r\n",
          DTMF_INFO_OK, '8', 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice type = heap_block(slice_of_text(rows[i].type));
        struct slice body = heap_block(slice_of_text(rows[i].body));
        struct dtmf_info info;
        enum dtmf_info_parse result = dtmf_info_parse(&info, type, body);

        if (result != rows[i].result || info.digit != rows[i].digit ||
            info.duration_ms != rows[i].duration_ms)
            fail_msg("row %zu (%s): %d '%c' %u", i, rows[i].body, result, info.digit,
                     info.duration_ms);
        heap_block_free(type);
        heap_block_free(body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(bodies_as_phones_write_them) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
