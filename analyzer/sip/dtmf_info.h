/*
 * dtmf_info - a keypress in the body of an INFO.
 *
 * Two forms are in use: application/dtmf-relay ("Signal=5", "Duration=160") and application/dtmf
 * (the digit alone). Either may stand in a part of a multipart. No standard defines them, so what is
 * read is what phones and gateways send: the key itself, or its number of RFC 4733 (10 for *, 11 for
 * #). A hook flash is no key.
 *
 * Thread  Pure functions; safe anywhere.
 */
#ifndef ANALYZER_SIP_DTMF_INFO_H
#define ANALYZER_SIP_DTMF_INFO_H

#include "analyzer/base/slice.h"

enum dtmf_info_parse {
    DTMF_INFO_OK,
    DTMF_INFO_NONE,      /* the body is of another type, or holds a signal that is no key */
    DTMF_INFO_MALFORMED, /* of the type, but without a signal that can be read */
};

enum { DTMF_INFO_DURATION_MAX_MS = 60000 }; /* longer ones are not believed */

struct dtmf_info {
    char digit;           /* 0-9 * # A-D */
    uint32_t duration_ms; /* 0: not told */
};

enum dtmf_info_parse dtmf_info_parse(struct dtmf_info *out, struct slice content_type,
                                     struct slice body);

#endif
