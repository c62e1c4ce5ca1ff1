/*
 * rewrap_websocket - SIP messages as WebSocket frames, and the upgrade before them.
 *
 * Source  RFC 6455, RFC 7118
 */
#ifndef TESTS_SUPPORT_REWRAP_WEBSOCKET_H
#define TESTS_SUPPORT_REWRAP_WEBSOCKET_H

#include "analyzer/base/strbuf.h"
#include "tests/support/rng.h"

struct rewrap_websocket_options {
    bool binary;
    uint64_t continuation; /* chances, of each message: it comes in frames; */
    uint64_t ping;         /* a ping comes before or within it */
};

extern const char rewrap_websocket_request[], rewrap_websocket_answer[];

/* masked: the client sends it. */
void rewrap_websocket_add(struct strbuf *out, const struct rewrap_websocket_options *o,
                          struct rng *rng, bool masked, const void *message, size_t len);

#endif
