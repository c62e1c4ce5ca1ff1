/*
 * credentials - what a request says about who asks: a session's cookie, or a token.
 *
 *     Cookie: __Host-earshot=…           Authorization: Bearer earshot_…
 *
 * Of TLS, and on this machine alone, the cookie has the prefix __Host-: a browser then takes it from
 * nobody but this very host, and sends it by nothing but TLS (to itself, by anything). Without TLS on
 * another address there is no such cookie, and its name is plain.
 *
 * What is doubled or has not the form of one is nobody's. An Authorization: Bearer that is wrong is not
 * made up for by a cookie.
 *
 * Thread  Pure functions.
 * Source  RFC 6265bis §4.1.3 (prefixes), §4.2; RFC 6750 §2.1
 */
#ifndef PROBE_WEB_CREDENTIALS_H
#define PROBE_WEB_CREDENTIALS_H

#include "probe/web/exchange.h"

/* Both headers as they came, or absent. */
void credentials_read(struct slice cookie, struct slice authorization, bool plain,
                      struct exchange *x);

/* Into x->set_cookie; secret "": it is to be forgotten. */
void credentials_set_cookie(struct exchange *x, const char *secret, bool plain);

#endif
