/*
 * rtp_content - what the sender of one stream sends next: speech, noise, keys, pictures.
 *
 * Source  RFC 3550 §5.1, RFC 4733 (telephone-event), RFC 3389 (comfort noise), RFC 3711 §3.1 (SRTP)
 */
#ifndef TESTS_SUPPORT_RTP_CONTENT_H
#define TESTS_SUPPORT_RTP_CONTENT_H

#include "tests/support/rtp_source.h"

/* The event of a key, RFC 4733 §3.2, and back. */
uint8_t rtp_content_event(char key);
char rtp_content_key(uint8_t event);

/* Sets up what the options ask of this stream's sound. */
void rtp_content_prepare(struct rtp_source *s);

/* False at the end. */
bool rtp_content_next(struct rtp_source *s, struct rtp_unit *u);

#endif
