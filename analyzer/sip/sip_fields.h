/*
 * sip_fields - one header field of a block after the other, for those who want all of a name.
 *
 * Ownership  Slices point into the block.
 * Source     RFC 3261 §7.3.1 (lines that go on with a blank belong to the field before)
 */
#ifndef ANALYZER_SIP_SIP_FIELDS_H
#define ANALYZER_SIP_SIP_FIELDS_H

#include "analyzer/base/slice.h"

/* Takes the next field off *block; false at the end. The value is empty where there is no colon; it
 * holds the line ends that it goes on over. */
bool sip_fields_next(struct slice *block, struct slice *name, struct slice *value);

#endif
