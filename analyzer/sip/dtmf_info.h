/*
 * dtmf_info - a keypress in the body of an INFO.
 *
 * Two forms are in use: application/dtmf-relay ("Signal=5", "Duration=160") and application/dtmf
 * (the digit alone).
 *
 * Errors  False when the body is of neither, or holds no digit.
 */
#ifndef ANALYZER_SIP_DTMF_INFO_H
#define ANALYZER_SIP_DTMF_INFO_H

#include "analyzer/base/slice.h"

struct dtmf_info {
    char digit;           /* 0-9 * # A-D */
    uint32_t duration_ms; /* 0: not told */
};

/* Does the Content-Type name one of the two? */
bool dtmf_info_is(struct slice content_type);
bool dtmf_info_parse(struct dtmf_info *out, struct slice content_type, struct slice body);

#endif
