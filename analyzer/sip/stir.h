/*
 * stir - what an Identity header claims: who calls whom, since when, and how sure the signer is.
 *
 * Nothing is verified: the certificate behind x5u would have to be fetched, and a probe fetches
 * nothing. What can be told is what is claimed, and whether the claim fits the call.
 *
 * Ownership  Plain value: texts are copied, cut to size, with '?' for whatever is not printable
 *            ASCII or would need an escape in JSON.
 * Bounded    A header of STIR_HEADER_MAX bytes; JSON of STIR_DEPTH_MAX levels.
 * Errors     enum stir_parse.
 * Source     RFC 8224 §4, RFC 8225 §5 to §8, RFC 8588
 */
#ifndef ANALYZER_SIP_STIR_H
#define ANALYZER_SIP_STIR_H

#include "analyzer/base/slice.h"

/* clang-format off */
#define STIR_PARSES(X)                                                       \
    X(OK,         "ok")                                                      \
    X(NO_TOKEN,   "no_token")   /* not three parts between dots */           \
    X(NOT_BASE64, "not_base64") /* a part that is not base64url */           \
    X(NOT_JSON,   "not_json")   /* header or claims are no JSON object */    \
    X(TOO_LONG,   "too_long")                                                \
    X(NO_CLAIMS,  "no_claims")  /* neither iat nor orig nor dest can be read */
/* clang-format on */

enum stir_parse {
#define X(name, text) STIR_##name,
    STIR_PARSES(X)
#undef X
        STIR_PARSE_COUNT
};

enum {
    STIR_HEADER_MAX = 8192,
    STIR_CLAIMS_MAX = 4096, /* of decoded JSON */
    STIR_DEPTH_MAX = 8,
    STIR_DESTS_MAX = 4, /* that are kept */
    STIR_NAME_MAX = 64,
    STIR_WORD_MAX = 16,
    STIR_HOST_MAX = 128,
};

struct stir {
    bool compact;               /* "..signature": the claims stand in the SIP headers themselves */
    char attestation;           /* 'A' 'B' 'C'; 0: none */
    int64_t iat_s;              /* −1: none */
    char alg[STIR_WORD_MAX];    /* "ES256"; "": none */
    char ppt[STIR_WORD_MAX];    /* "shaken", "div", … */
    char origid[STIR_NAME_MAX]; /* "": none */
    char orig[STIR_NAME_MAX];   /* "+12155551212", or a URI; "": none */
    char dest[STIR_DESTS_MAX][STIR_NAME_MAX];
    uint8_t dest_count;
    char x5u_host[STIR_HOST_MAX]; /* of the certificate's URL; "": none */
    bool x5u_https;
};

/* value: of the Identity header. */
enum stir_parse stir_parse(struct stir *out, struct slice value);

/* The one of ppt=shaken among several Identity headers (a diversion adds its own), else the first. */
struct slice stir_find(struct slice header_block, struct slice first);

const char *stir_parse_text(enum stir_parse why);

#endif
