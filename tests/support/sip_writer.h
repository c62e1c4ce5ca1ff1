/*
 * sip_writer - SIP messages and their SDP as text.
 *
 * Source  RFC 3261, RFC 3581 (rport), RFC 3264 and RFC 4566 (SDP), RFC 4733
 */
#ifndef TESTS_SUPPORT_SIP_WRITER_H
#define TESTS_SUPPORT_SIP_WRITER_H

#include "tests/support/call.h"

void sip_writer_write(const struct call *c, const struct call_step *s, struct strbuf *out);

#endif
