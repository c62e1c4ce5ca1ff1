/*
 * uri_scrub - finds sip:, tel: and the like of them anywhere in a text and masks the users in them.
 *
 * It does not ask what the text is: a header, SDP, XML, JSON, a sentence. So a URI in a place that
 * nobody knows of is masked all the same. Hosts stay; a password in a URI is blanked.
 *
 * Thread  Pure functions; safe anywhere.
 * Source  RFC 3261 §19.1, RFC 3966
 */
#ifndef ANALYZER_PRIVACY_URI_SCRUB_H
#define ANALYZER_PRIVACY_URI_SCRUB_H

#include "analyzer/privacy/mask.h"

/* The bytes of "sip:", "sips:", "tel:" and the like at text[at], 0: none begins there. */
size_t uri_scheme_at(struct slice text, size_t at);

bool uri_is_in(struct slice text);

/* Returns how many URIs were looked at. */
size_t uri_scrub(const struct privacy *p, char *text, size_t len, struct mask_seen *seen);

/* The display names before <URIs> in a value of a header, or in a list of them. */
void uri_scrub_displays(const struct privacy *p, char *value, size_t len, struct mask_seen *seen);

#endif
