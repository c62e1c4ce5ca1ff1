/*
 * sip_scrub - masks the people in a whole SIP message and blanks its secrets, in place.
 *
 * Not one byte is added or taken, so Content-Length stays right, and so does every place in the packet
 * that carried it. What it looks at:
 *
 *     URIs anywhere (uri_scrub.h), display names before them, the user of Authorization, of SDP's o=, e=
 *     and p=, display names of XML; Call-IDs wherever headers name one
 *     response= and rspauth= of digests, other credentials whole; inline keys and MIKEY of SDP; keys
 *     pressed in INFO and KPML; bodies and subjects of MESSAGE
 *     the numbers masked so far, wherever else they stand in the message
 *
 * What it cannot look into is blanked, never left: a message without a readable head, a header line
 * without a name, a part of a body that is binary (ISUP), encoded or compressed, the claims of an
 * Identity header. Each is counted.
 *
 * Hosts, addresses, ports, tags, branches, user-agents stay.
 *
 * Thread  Pure functions; safe anywhere.
 */
#ifndef ANALYZER_PRIVACY_SIP_SCRUB_H
#define ANALYZER_PRIVACY_SIP_SCRUB_H

#include "analyzer/privacy/mask.h"

/* clang-format off */
#define SCRUB_NOTES(X)                                                        \
    X(MESSAGE_BLANKED, "message_blanked") /* its head could not be read */    \
    X(HEADER_BLANKED,  "header_blanked")  /* a line without a name */         \
    X(BODY_BLANKED,    "body_blanked")    /* not text, or packed */           \
    X(IDENTITY_BLANKED, "identity_blanked") /* what a PASSporT vouches for */ \
    X(PIECE_BLANKED,   "piece_blanked")   /* a packet with a part of a message */ \
    X(FRAME_BLANKED,   "frame_blanked")   /* a packet whose payload was not found */
/* clang-format on */

enum scrub_note {
#define X(id, name) SCRUB_##id,
    SCRUB_NOTES(X)
#undef X
        SCRUB_NOTE_COUNT
};

struct scrub_counts {
    uint64_t notes[SCRUB_NOTE_COUNT];
};

const char *sip_scrub_note_text(enum scrub_note note);

void sip_scrub(const struct privacy *p, char *text, size_t len, struct scrub_counts *counts);

#endif
