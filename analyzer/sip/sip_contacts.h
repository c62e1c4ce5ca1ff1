/*
 * sip_contacts - all the contacts of a message, and what it says of one of them.
 *
 * The answer to a REGISTER lists every binding of its user, other people's phones among them: what
 * was granted stands behind the contact that was asked for, and nowhere else.
 *
 * Ownership  Slices point into the header block.
 * Bounded    The first SIP_CONTACTS_MAX are looked at.
 * Source     RFC 3261 §10.2, §10.3 step 8, §20.10
 */
#ifndef ANALYZER_SIP_SIP_CONTACTS_H
#define ANALYZER_SIP_SIP_CONTACTS_H

#include "analyzer/base/slice.h"

enum { SIP_CONTACTS_MAX = 64 };

struct sip_contacts {
    unsigned count;
    bool star;          /* "*": all of them, to be removed */
    struct slice value; /* of the one asked for; of the only one there is; absent: neither */
    int64_t expires_s;  /* its parameter; −1: it has none, or there is no such contact */
};

/* uri: the contact that is asked for; absent: none. */
void sip_contacts_read(struct sip_contacts *out, struct slice header_block, struct slice uri);

#endif
