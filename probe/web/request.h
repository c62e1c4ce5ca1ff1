/*
 * request - what a request must be before anything is done for it.
 *
 * The refusals of docs/API.md that need neither the store nor a file: whose name is in Host, which
 * method, a body, a path that cannot be, a page of another site. What changes something comes from no
 * other site's page: its Origin would tell, and JSON is a type that a page may not send elsewhere unasked.
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_WEB_REQUEST_H
#define PROBE_WEB_REQUEST_H

#include "analyzer/base/addr.h"
#include "probe/web/exchange.h"

#define REQUEST_LIVE_PATH     "/api/v1/live"
#define REQUEST_LIVE_PROTOCOL "earshot.live.v1"

enum request_method { REQUEST_GET, REQUEST_HEAD, REQUEST_POST, REQUEST_DELETE, REQUEST_OTHER };

enum { REQUEST_NO_LENGTH = -1 };

/* As it came; absent slices for what did not. */
struct request {
    uint8_t method; /* enum request_method */
    bool is_1_1;    /* HTTP/1.1 */
    bool has_body;
    int64_t body_bytes;        /* as Content-Length says; REQUEST_NO_LENGTH: it does not */
    struct slice content_type; /* of the body */
    struct slice path;         /* decoded */
    struct slice host, origin, if_none_match;
    struct slice range, if_range;
    struct slice cookie, authorization, accept;
};

struct request_rules {
    struct addr bound;             /* the address that we listen on */
    const char *const *host_names; /* NULL-terminated, or NULL */
    bool plain_cookie;             /* see credentials.h */
    size_t body_bytes_max;         /* 0: EXCHANGE_ASKED_MAX */
};

/* True: x holds the request; its body is to come. False: x holds the refusal. */
bool request_accept(const struct request *r, const struct request_rules *rules, struct exchange *x);

/* The same for a request that would become the WebSocket of the live feed. */
bool request_accept_live(const struct request *r, const struct request_rules *rules,
                         struct exchange *x);

#endif
