/*
 * body_scrub - what stands in the lines and elements of a SIP body: SDP, XML, keys pressed.
 *
 * Thread  Pure functions; safe anywhere.
 */
#ifndef ANALYZER_PRIVACY_BODY_SCRUB_H
#define ANALYZER_PRIVACY_BODY_SCRUB_H

#include "analyzer/privacy/sip_scrub.h"

/* Blanks the parts that cannot be looked into, then the keys that were pressed, as their types say. */
void body_scrub_parts(const struct privacy *p, struct slice content_type, char *body, size_t len,
                      struct scrub_counts *counts);

/* One line of a body: SDP. */
void body_scrub_line(const struct privacy *p, char *line, size_t len, struct mask_seen *seen);

/* Display names of XML. */
void body_scrub_xml(const struct privacy *p, char *body, size_t len, struct mask_seen *seen);

#endif
