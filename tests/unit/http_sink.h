/*
 * http_sink - a tiny HTTP server on loopback that a test can make misbehave.
 *
 * One connection at a time, each answered as the script says and then closed. What came in is kept.
 *
 * Ownership  http_sink_start/stop; requests belong to the sink.
 * Thread     Its own; http_sink_count and http_sink_request from the test's.
 */
#ifndef TESTS_UNIT_HTTP_SINK_H
#define TESTS_UNIT_HTTP_SINK_H

#include <stddef.h>
#include <stdint.h>

enum http_sink_mode {
    SINK_OK,
    SINK_NO_CONTENT,
    SINK_BAD_REQUEST,
    SINK_GONE,
    SINK_TOO_MANY, /* Retry-After: 1 */
    SINK_LATER,    /* 503, Retry-After: 120 */
    SINK_ERROR,
    SINK_UNAVAILABLE,
    SINK_REDIRECT, /* to /elsewhere, on itself */
    SINK_HANG,     /* never answers */
    SINK_CUT,      /* closes in the middle of a 200's body */
    SINK_SLAM,     /* closes without a word */
    SINK_HUGE,     /* 200 and ten megabytes */
    SINK_GARBAGE,  /* not HTTP */
    SINK_REFUSE,   /* 400 to all that has the webhook-id of the first request, 200 to others */
};

struct http_sink_request {
    char path[64], content_type[64], webhook_id[128], timestamp[32];
    char signature[512], authorization[128];
    char *body;
    size_t body_len;
};

struct http_sink;

/* The n-th request is answered by modes[n], those past the end by the last of them. port 0: any. */
struct http_sink *http_sink_start(uint16_t port, const enum http_sink_mode *modes, size_t count);
/* The same on another address of this machine, "0.0.0.0" or "::"; NULL: it has none of that kind. */
struct http_sink *http_sink_start_on(const char *address, uint16_t port,
                                     const enum http_sink_mode *modes, size_t count);
void http_sink_stop(struct http_sink *sink);

uint16_t http_sink_port(const struct http_sink *sink);
size_t http_sink_count(struct http_sink *sink);
/* Whoever connected, whether he said a word or not. */
size_t http_sink_connections(struct http_sink *sink);
/* Waits up to 10 s for that many requests to have been answered; how many there are then. */
size_t http_sink_wait(struct http_sink *sink, size_t count);
/* Good until the sink stops. */
const struct http_sink_request *http_sink_request(struct http_sink *sink, size_t which);

#endif
