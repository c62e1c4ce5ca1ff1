/*
 * sip_multipart - finds the part of a wanted type in a body, however deep it is packed.
 *
 * Ownership  The slice returned points into the body.
 * Errors     Tolerant: a missing closing boundary ends the last part where the body ends.
 * Source     RFC 2046 §5.1, RFC 5621.
 */
#ifndef ANALYZER_SIP_SIP_MULTIPART_H
#define ANALYZER_SIP_SIP_MULTIPART_H

#include "analyzer/base/slice.h"

/* Deeper multiparts in multiparts are not opened. */
enum { SIP_MULTIPART_DEPTH = 4 };

/* Is the Content-Type value that type, whatever its case and parameters? */
bool sip_type_is(struct slice content_type, struct slice type);

/* The body itself if it is of the type, else the first such part of a multipart. Absent: none. */
struct slice sip_multipart_find(struct slice content_type, struct slice body, struct slice type);

#endif
