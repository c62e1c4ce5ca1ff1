/*
 * sip_framing - where the SIP messages of a byte stream begin and end.
 *
 * By Content-Length; a message without one has no body. What is no start line where one belongs is
 * damage: the framing goes on at the next start line that begins a line or a segment. Whoever feeds
 * it keeps the bytes that it still needs, and shows them again from their first one on together with
 * those that came after; no byte is scanned twice for that.
 *
 * Ownership  Plain value. sip_framing_init before use.
 * Source     RFC 3261 §7.5, §18.3, §20.14; RFC 5626 §4.4.1 for the line ends between messages
 */
#ifndef PROBE_DECAP_SIP_FRAMING_H
#define PROBE_DECAP_SIP_FRAMING_H

#include "analyzer/base/slice.h"
#include "analyzer/sip/sip_msg.h"

enum {
    /* A body at most; with its headers a message may be twice as long, of which the analyzer
     * takes SIP_MSG_MAX_BYTES. */
    SIP_FRAMING_BODY_MAX = SIP_MSG_MAX_BYTES,
    /* A start line longer than that is none. */
    SIP_FRAMING_LINE_MAX = 8192,
};

enum sip_framing_place {
    SIP_FRAMING_BETWEEN, /* a start line belongs here, or line ends */
    SIP_FRAMING_LOST,    /* looking for a start line */
    SIP_FRAMING_HEADERS, /* behind a start line */
    SIP_FRAMING_BODY,
};

struct sip_framing {
    uint8_t place;    /* enum sip_framing_place */
    bool line_begins; /* LOST: the next byte begins a line */
    bool counted;     /* LOST: said so already */
    bool nested;      /* BODY: it may hold start lines of its own (message/…, multipart/…) */
    uint32_t scanned; /* bytes kept that were looked at */
    uint32_t line;    /* HEADERS: where the line at hand begins */
    uint32_t total;   /* BODY: headers and body */
    uint32_t skip;    /* bytes to come that belong to a message already handed over */
};

enum sip_framing_step {
    SIP_FRAMING_MORE,      /* all of it is needed, and what comes next */
    SIP_FRAMING_KEEPALIVE, /* bytes of line ends */
    SIP_FRAMING_SKIP,      /* bytes of nothing */
    SIP_FRAMING_MESSAGE,
};

struct sip_framing_found {
    size_t bytes;   /* taken off the front; 0 with MORE */
    size_t payload; /* MESSAGE: that much of it is the message */
    size_t wire;    /* MESSAGE: its length; above payload: cut */
    bool lost;      /* the stream is damaged here; said once per damage */
    bool too_long;  /* MESSAGE: over the limit */
};

/* lost: joined in the middle. The next byte begins a segment. */
void sip_framing_init(struct sip_framing *f, bool lost);

/* The bytes kept from the last MORE and those that came; call it again with what is left of them. */
enum sip_framing_step sip_framing_next(struct sip_framing *f, struct slice bytes,
                                       struct sip_framing_found *found);

/* While `kept` bytes are kept: how many of the next ones are worth adding to them before the next
 * look. Less than all, so that no more than one message is kept. 0: `next`, with which a segment
 * begins, is a new message, because the length of the one that is kept lied; sip_framing_give_up. */
size_t sip_framing_wants(const struct sip_framing *f, size_t kept, struct slice next,
                         bool segment_begins);

/* What is kept, maybe nothing, will not become whole: there is a hole of `missing` bytes (0: unknown), or the end.
 * True: it is a message, cut; found is filled in. Everything kept is to be dropped. */
bool sip_framing_give_up(struct sip_framing *f, struct slice kept, size_t missing,
                         struct sip_framing_found *found);

/* A segment begins at the next byte, nothing is kept: it may begin a message. */
static inline void sip_framing_segment(struct sip_framing *f)
{
    f->line_begins = true;
}

#endif
