/*
 * http - requests into exchanges, exchanges into answers.
 *
 * Thread  The service thread. Returns what a callback of the library returns: 0, or −1 to hang up.
 */
#ifndef PROBE_WEB_HTTP_H
#define PROBE_WEB_HTTP_H

#include "probe/web/server_state.h"

/* What a struct request points into. */
struct http_request_room {
    char version[16], host[320], origin[320], tag[EXCHANGE_TAG_MAX];
    char range[EXCHANGE_RANGE_MAX], if_range[EXCHANGE_TAG_MAX];
    char content_type[128], accept[512];
    char cookie[SERVER_HEADERS_MAX_BYTES + 1], authorization[256];
};

/* A header of the request, copied; absent when it is not there or too long. */
struct slice http_header(struct lws *wsi, enum lws_token_indexes token, char *out, int room);
struct request http_read_request(struct lws *wsi, struct http_request_room *room);

int http_on_request(struct server *s, struct client *c);
/* A piece of a request's body, and its end. */
int http_on_body(struct client *c, const void *bytes, size_t len);
int http_on_body_end(struct server *s, struct client *c);
int http_on_writeable(struct server *s, struct client *c);

/* Whatever the pool has answered. */
void http_on_answers(struct server *s);

/* The connection ends: nobody waits for its answer. */
void http_drop_exchange(struct server *s, struct client *c);

#endif
