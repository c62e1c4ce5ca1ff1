/*
 * sip_uri - the parts of a SIP, SIPS, TEL or foreign URI, and of the name-addr around it.
 *
 * Ownership  Slices point into the text that was given; nothing is allocated, nothing unescaped.
 * Errors     Tolerant: what can be read is read. A part that is not there is absent. bad says that
 *            the grammar was hurt on the way.
 * Source     RFC 3261 §19.1 and §25.1, RFC 3966, RFC 5118 §4.
 */
#ifndef ANALYZER_SIP_SIP_URI_H
#define ANALYZER_SIP_SIP_URI_H

#include "analyzer/base/addr.h"

enum sip_scheme {
    SIP_SCHEME_NONE,
    SIP_SCHEME_SIP,
    SIP_SCHEME_SIPS,
    SIP_SCHEME_TEL,
    SIP_SCHEME_OTHER
};

struct sip_uri {
    uint8_t scheme; /* enum sip_scheme */
    bool bad;       /* spaces inside, no host, unbalanced bracket, ":::", a port that is none */
    uint16_t port;  /* 0: not said */
    struct slice scheme_text;
    struct slice user;     /* the number of a tel:; absent in a foreign scheme. %00 stays text */
    struct slice password; /* after the colon of the user part */
    struct slice host;     /* without the brackets of IPv6 */
    struct slice params;   /* after the host's first ';', without it */
    struct slice headers;  /* after '?', without it; never acted on */
};

/* One value of From, To, Contact, …: display name, URI, header parameters. */
struct sip_name_addr {
    struct slice display; /* raw, quotes included */
    struct slice uri;     /* the addr-spec without <> */
    struct slice params;  /* after the URI: begins with ';', or ',' where the list goes on */
    bool bad;
};

/* False when nothing of a URI is there (no scheme): everything is absent then. */
bool sip_uri_parse(struct sip_uri *uri, struct slice text);

/* The user part alone, for less than half the price: the host is not looked into. *bad becomes true
 * where sip_uri_parse finds fault up to there, and stays as it is otherwise. */
struct slice sip_uri_user(struct slice text, bool *bad);

/* False when the URI cannot be told (no closing quote or bracket): uri is absent then. */
bool sip_name_addr_parse(struct sip_name_addr *out, struct slice value);

/* Takes the next ;name=value off *rest; false at the end or before the comma of a list, where *rest
 * begins then. A value has its quotes yet and is absent without '='; the name of a stray ';' is
 * empty. */
bool sip_param_next(struct slice *rest, struct slice *name, struct slice *value);

/* The next value of a list, given what sip_param_next left; absent when there is none. */
struct slice sip_list_next(struct slice rest);

/* The value of a ;name=value parameter, quotes taken off; empty when it has none, absent when the
 * name is not there. The first one wins. */
struct slice sip_param_find(struct slice params, struct slice name);

/* An IP literal, with or without brackets; ":::" is read as "::" (RFC 5118 §4.10). False on a host
 * name. */
bool sip_host_to_addr(struct slice host, struct addr *out);

/* Equal after %-escapes are undone (RFC 3261 §19.1.4); a '%' that is no escape stands for itself.
 * Case counts: it is a user part. */
bool sip_escaped_eq(struct slice a, struct slice b);

/* Undoes %-escapes into out, at most max bytes; returns the length. A decoded NUL is kept. */
size_t sip_unescape(struct slice text, char *out, size_t max);

#endif
