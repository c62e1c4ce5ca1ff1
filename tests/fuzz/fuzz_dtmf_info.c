/*
 * fuzz_dtmf_info - any bytes as Content-Type (the first line) and body (the rest) of an INFO.
 *
 * What is held against it: a key is one of the sixteen, and only where it is said to be there.
 */
#include "analyzer/sip/dtmf_info.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice body = slice_of(data, size), type = slice_cut(&body, '\n');
    struct dtmf_info info;
    enum dtmf_info_parse result = dtmf_info_parse(&info, type, body);

    must((result == DTMF_INFO_OK) == (info.digit != '\0'));
    must(info.digit == '\0' || memchr("0123456789*#ABCD", info.digit, 16));
    must(info.duration_ms <= DTMF_INFO_DURATION_MAX_MS);
    return 0;
}
