#include "tests/support/rewrap_websocket.h"

#include "tests/support/rewrap_put.h"

enum {
    OPCODE_CONTINUATION = 0,
    OPCODE_TEXT = 1,
    OPCODE_BINARY = 2,
    OPCODE_PING = 9,
    FIN = 0x80,
    MASKED = 0x80,
    LEN_16 = 126,
    LEN_64 = 127,
    HEADER_MAX = 14,
    PIECES_MAX = 4,
};

/* The accept value is SHA-1 of the key and a constant (RFC 6455 §4.2.2), worked out once. */
const char rewrap_websocket_request[] = "GET /sip HTTP/1.1\r\n"
                                        "Host: pbx.example.com\r\n"
                                        "Upgrade: websocket\r\n"
                                        "Connection: keep-alive, Upgrade\r\n"
                                        "Origin: https://phone.example.com\r\n"
                                        "Sec-WebSocket-Version: 13\r\n"
                                        "Sec-WebSocket-Protocol: sip\r\n"
                                        "Sec-WebSocket-Key: RWFyc2hvdCBsaXN0ZW5zLg==\r\n"
                                        "\r\n";
const char rewrap_websocket_answer[] = "HTTP/1.1 101 Switching Protocols\r\n"
                                       "Upgrade: websocket\r\n"
                                       "Connection: Upgrade\r\n"
                                       "Sec-WebSocket-Protocol: sip\r\n"
                                       "Sec-WebSocket-Accept: F/2IklbYBcYTtVRfdf1CMw9SwHk=\r\n"
                                       "\r\n";

static void add_frame(struct strbuf *out, struct rng *rng, unsigned first, bool masked,
                      const uint8_t *p, size_t len)
{
    uint8_t header[HEADER_MAX], key[4], *at = put8(header, first);
    unsigned mask = masked ? MASKED : 0;

    if (len < LEN_16)
        at = put8(at, mask | (unsigned)len);
    else if (len <= UINT16_MAX)
        at = put16(put8(at, mask | LEN_16), (unsigned)len);
    else
        at = put32(put32(put8(at, mask | LEN_64), 0), (uint32_t)len);
    if (!masked) {
        strbuf_add(out, header, (size_t)(at - header));
        strbuf_add(out, p, len);
        return;
    }
    put32(key, (uint32_t)rng_next(rng));
    at = put_bytes(at, key, sizeof key);
    strbuf_add(out, header, (size_t)(at - header));
    for (size_t i = 0; i < len; i++)
        strbuf_add_char(out, (char)(p[i] ^ key[i % 4]));
}

void rewrap_websocket_add(struct strbuf *out, const struct rewrap_websocket_options *o,
                          struct rng *rng, bool masked, const void *message, size_t len)
{
    static const uint8_t ping[] = "still there?";
    size_t pieces = rng_chance(rng, o->continuation) ? 2 + rng_below(rng, PIECES_MAX - 1) : 1;
    size_t pinged = rng_chance(rng, o->ping) ? rng_below(rng, (uint32_t)pieces) : SIZE_MAX;
    const uint8_t *p = message;

    for (size_t i = 0; i < pieces; i++) {
        size_t from = len * i / pieces, to = len * (i + 1) / pieces;
        unsigned opcode = o->binary ? OPCODE_BINARY : OPCODE_TEXT;

        /* A control frame may stand between the frames of a message. */
        if (i == pinged)
            add_frame(out, rng, FIN | OPCODE_PING, masked, ping, sizeof ping - 1);
        add_frame(out, rng, (i ? OPCODE_CONTINUATION : opcode) | (i + 1 == pieces ? FIN : 0),
                  masked, p + from, to - from);
    }
}
