/*
 * sip_header - finds the header fields that a monitor needs, in one pass over the header block.
 *
 * To learn a header is to add a row. Rows hash on length, first and last letter; two rows that
 * collide do not compile (the compiler reports an initializer that overrides another).
 *
 * Ownership  Slices point into the message.
 * Errors     Tolerant: a line that is no header is counted and stepped over.
 * Source     RFC 3261 §7.3, §20 (names and compact forms), RFC 3326, 3325, 7989.
 */
#ifndef ANALYZER_SIP_SIP_HEADER_H
#define ANALYZER_SIP_SIP_HEADER_H

#include "analyzer/base/slice.h"

/* clang-format off */
/* Name in lower case, its first and last letter, and whether it may be there only once (RFC 3261
 * table 2). Those up to SIP_HEADER_LAST_KEY are found even beyond the limit of header fields: a
 * message cannot be filed without them. */
#define SIP_HEADERS(X)                                               \
    X(CALL_ID,             "call-id",             'c', 'd', true)    \
    X(FROM,                "from",                'f', 'm', true)    \
    X(TO,                  "to",                  't', 'o', true)    \
    X(CSEQ,                "cseq",                'c', 'q', true)    \
    X(CONTENT_LENGTH,      "content-length",      'c', 'h', true)    \
    X(CONTENT_TYPE,        "content-type",        'c', 'e', true)    \
    X(VIA,                 "via",                 'v', 'a', false)   \
    X(CONTACT,             "contact",             'c', 't', false)   \
    X(MAX_FORWARDS,        "max-forwards",        'm', 's', true)    \
    X(EXPIRES,             "expires",             'e', 's', true)    \
    X(DATE,                "date",                'd', 'e', true)    \
    X(RETRY_AFTER,         "retry-after",         'r', 'r', true)    \
    X(USER_AGENT,          "user-agent",          'u', 't', true)    \
    X(SERVER,              "server",              's', 'r', true)    \
    X(REASON,              "reason",              'r', 'n', false)   \
    X(WARNING,             "warning",             'w', 'g', false)   \
    X(SESSION_ID,          "session-id",          's', 'd', true)    \
    X(ASSERTED_IDENTITY,   "p-asserted-identity", 'p', 'y', false)   \
    X(WWW_AUTHENTICATE,    "www-authenticate",    'w', 'e', false)   \
    X(PROXY_AUTHENTICATE,  "proxy-authenticate",  'p', 'e', false)   \
    X(AUTHORIZATION,       "authorization",       'a', 'n', false)   \
    X(PROXY_AUTHORIZATION, "proxy-authorization", 'p', 'n', false)   \
    X(REFER_TO,            "refer-to",            'r', 'o', true)    \
    X(REFERRED_BY,         "referred-by",         'r', 'y', true)    \
    X(REPLACES,            "replaces",            'r', 's', true)    \
    X(JOIN,                "join",                'j', 'n', true)    \
    X(TARGET_DIALOG,       "target-dialog",       't', 'g', true)    \
    X(SESSION_EXPIRES,     "session-expires",     's', 's', true)    \
    X(MIN_SE,              "min-se",              'm', 'e', true)    \
    X(REQUIRE,             "require",             'r', 'e', false)   \
    X(RSEQ,                "rseq",                'r', 'q', true)    \
    X(RACK,                "rack",                'r', 'k', true)    \
    X(IDENTITY,            "identity",            'i', 'y', false)   \
    X(DIVERSION,           "diversion",           'd', 'n', false)   \
    X(HISTORY_INFO,        "history-info",        'h', 'o', false)   \
    X(CHARGING_VECTOR,     "p-charging-vector",   'p', 'r', true)    \
    X(EVENT,               "event",               'e', 't', true)

/* RFC 3261 §7.3.3, 3515, 3892, 4028, 8224, 6665. */
#define SIP_COMPACT_HEADERS(X)                                       \
    X('i', CALL_ID) X('f', FROM) X('t', TO) X('v', VIA)              \
    X('m', CONTACT) X('l', CONTENT_LENGTH) X('c', CONTENT_TYPE)      \
    X('r', REFER_TO) X('b', REFERRED_BY) X('x', SESSION_EXPIRES)     \
    X('y', IDENTITY) X('o', EVENT)
/* clang-format on */

enum sip_header {
    SIP_HEADER_NONE, /* none that we look at */
#define X(id, name, first, last, once) SIP_HEADER_##id,
    SIP_HEADERS(X)
#undef X
        SIP_HEADER_COUNT,
    SIP_HEADER_LAST_KEY = SIP_HEADER_CONTENT_TYPE
};

struct sip_headers {
    struct slice first[SIP_HEADER_COUNT]; /* trimmed; only where the bit in `seen` is set */
    uint64_t seen;                        /* bit 1 << enum sip_header */
    uint64_t repeated;                    /* of those that may be there once, but are not */
    const char *end; /* behind the empty line; where the bytes end when there is none */
    uint32_t lines;  /* header fields, folded ones once */
    bool ended;      /* there was an empty line */
    bool folded;     /* a field that is used went over several lines */
    bool bad_line;   /* a line without a name or a colon */
    bool duplicate;  /* a field that may be there once was there twice, with other words */
};

static inline bool sip_headers_has(const struct sip_headers *headers, enum sip_header id)
{
    return headers->seen >> id & 1;
}

/* The value of the first of that name; absent when there is none. */
static inline struct slice sip_headers_get(const struct sip_headers *headers, enum sip_header id)
{
    return sip_headers_has(headers, id) ? headers->first[id] : SLICE_ABSENT;
}

/* As standards write it, of those that may be missing or repeated: "Max-Forwards"; others in lower
 * case; empty for NONE. */
struct slice sip_header_name(enum sip_header id);

/* The row of a name, in any case, long or compact. */
enum sip_header sip_header_find(struct slice name);

/* The trimmed value of the first field of that name, long form, in any case; absent: none. Walks
 * through the lines of the block. */
struct slice sip_headers_find(struct slice block, struct slice name);

/* From the line after the start line. Of the fields after the first `limit` only those up to
 * SIP_HEADER_LAST_KEY are taken. A last line without a line end is not used: half a value is none. */
void sip_headers_scan(struct sip_headers *out, struct slice block, uint32_t limit);

#endif
