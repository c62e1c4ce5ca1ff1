/*
 * g711 - the samples of A-law and µ-law.
 *
 * Thread  Pure functions; safe anywhere.
 * Units   16-bit linear; the overload point is 32256 (A-law) and 32124 (µ-law).
 * Source  ITU-T G.711 tables 1a, 2a
 */
#ifndef ANALYZER_RTP_G711_H
#define ANALYZER_RTP_G711_H

#include "analyzer/base/slice.h"

enum g711_law { G711_NONE, G711_ULAW, G711_ALAW };

/* By the encoding name of SDP. */
enum g711_law g711_law_of(struct slice codec);

/* One sample an octet; out has room for codes.len. Nothing for G711_NONE. */
void g711_expand(int16_t *out, enum g711_law law, struct slice codes);

#endif
