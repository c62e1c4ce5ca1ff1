/*
 * handshake_fixture - TLS and DTLS handshakes put together for tests.
 *
 * Whatever is built is added to a strbuf; the bytes of a message go into records with add_record or
 * add_dtls_record.
 */
#ifndef TESTS_UNIT_HANDSHAKE_FIXTURE_H
#define TESTS_UNIT_HANDSHAKE_FIXTURE_H

#include "analyzer/base/strbuf.h"
#include "tests/unit/certificate_fixture.h"

enum { HANDSHAKE_CLIENT_HELLO = 1, HANDSHAKE_SERVER_HELLO = 2, HANDSHAKE_CERTIFICATE = 11 };

static inline void add_number(struct strbuf *b, uint64_t n, unsigned width)
{
    while (width--)
        strbuf_add_char(b, (char)(uint8_t)(n >> 8 * width));
}

static inline unsigned hex_value(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Small letters. */
static inline void add_hex(struct strbuf *b, const char *hex)
{
    for (; hex[0] && hex[1]; hex += 2)
        strbuf_add_char(b, (char)(uint8_t)(hex_value(hex[0]) << 4 | hex_value(hex[1])));
}

/* A length of that width, and the bytes. */
static inline void add_vector(struct strbuf *b, struct slice s, unsigned width)
{
    add_number(b, s.len, width);
    strbuf_add_slice(b, s);
}

static inline void add_message(struct strbuf *b, unsigned type, struct slice body)
{
    add_number(b, type, 1);
    add_vector(b, body, 3);
}

static inline void add_record(struct strbuf *b, unsigned type, struct slice payload)
{
    add_number(b, type, 1);
    add_number(b, 0x0303, 2);
    add_vector(b, payload, 2);
}

/* The fragment [offset, offset + len) of a handshake message in a record of its own. */
static inline void add_dtls_record(struct strbuf *b, unsigned type, unsigned seq, struct slice body,
                                   size_t offset, size_t len)
{
    static uint64_t record_number; /* nobody reads it: it need not begin anew */

    add_number(b, 22, 1);
    add_number(b, 0xfefd, 2);
    add_number(b, 0, 2);
    add_number(b, record_number++, 6);
    add_number(b, 12 + len, 2);
    add_number(b, type, 1);
    add_number(b, body.len, 3);
    add_number(b, seq, 2);
    add_number(b, offset, 3);
    add_number(b, len, 3);
    strbuf_add(b, body.p + offset, len);
}

/* NULL: without the extension. random: one byte, 32 times. */
static inline void add_client_hello(struct strbuf *b, const char *name, bool dtls, uint8_t random)
{
    struct strbuf list = { 0 }, extensions = { 0 };

    add_number(b, dtls ? 0xfefd : 0x0303, 2);
    for (int i = 0; i < 32; i++)
        add_number(b, random, 1);
    add_vector(b, SLICE("session"), 1);
    if (dtls)
        add_vector(b, SLICE("cookie"), 1);
    add_vector(b, SLICE("\x13\x01\xc0\x2f"), 2);
    add_vector(b, SLICE("\0"), 1);
    add_number(&extensions, 10, 2); /* supported groups, to be passed over */
    add_vector(&extensions, SLICE("\0\x02\0\x17"), 2);
    if (name) {
        add_number(&list, 0, 1);
        add_vector(&list, slice_of_text(name), 2);
        add_number(&extensions, 0, 2);
        add_number(&extensions, list.len + 2, 2);
        add_vector(&extensions, strbuf_slice(&list), 2);
    }
    add_vector(b, strbuf_slice(&extensions), 2);
    strbuf_fini(&extensions);
    strbuf_fini(&list);
}

/* supported: of the supported_versions extension; 0: without extensions. */
static inline void add_server_hello(struct strbuf *b, unsigned version, unsigned supported,
                                    uint8_t random)
{
    add_number(b, version, 2);
    for (int i = 0; i < 32; i++)
        add_number(b, random, 1);
    add_vector(b, SLICE("session"), 1);
    add_number(b, 0xc02f, 2);
    add_number(b, 0, 1);
    if (!supported)
        return;
    add_number(b, 6, 2);
    add_number(b, 43, 2);
    add_number(b, 2, 2);
    add_number(b, supported, 2);
}

/* Of the DERs, ended by NULL. */
static inline void add_certificates(struct strbuf *b, const char *const *hex)
{
    struct strbuf list = { 0 };

    for (; *hex; hex++) {
        add_number(&list, strlen(*hex) / 2, 3);
        add_hex(&list, *hex);
    }
    add_vector(b, strbuf_slice(&list), 3);
    strbuf_fini(&list);
}

#endif
