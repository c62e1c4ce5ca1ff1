#include "probe/decap/tls_handshake.h"

#include "probe/decap/tls_message.h"

#include <stdlib.h>

enum {
    RECORD_HEADER_BYTES = 5,
    RECORD_MAX_BYTES = 1 << 14, /* in clear; RFC 5246 §6.2.1 */
    MESSAGE_HEADER_BYTES = 4,
    FIRST_ROOM = 512,
};

enum content_type {
    CONTENT_CHANGE_CIPHER_SPEC = 20,
    CONTENT_ALERT = 21,
    CONTENT_HANDSHAKE = 22,
};

void tls_handshake_init(struct tls_handshake *h)
{
    *h = (struct tls_handshake){ 0 };
}

void tls_handshake_fini(struct tls_handshake *h)
{
    free(h->gathered);
    *h = (struct tls_handshake){ .ended = true };
}

/* Grows with what came, not with what was announced. Without memory the direction is given up. */
static bool gather(struct tls_handshake *h, struct slice bytes)
{
    size_t wanted = h->gathered_bytes + bytes.len;

    if (wanted > h->gathered_room) {
        size_t room = h->gathered_room ? h->gathered_room : FIRST_ROOM;
        uint8_t *p;

        while (room < wanted)
            room *= 2;
        p = realloc(h->gathered, room);
        if (!p)
            return false;
        h->gathered = p;
        h->gathered_room = room;
    }
    memcpy(h->gathered + h->gathered_bytes, bytes.p, bytes.len);
    h->gathered_bytes += bytes.len;
    return true;
}

/* Takes what belongs to the message at hand off *bytes, which is of one record. */
static enum tls_progress take_message(struct tls_handshake *h, struct slice *bytes,
                                      struct tls_sight *sight)
{
    size_t wanted = MESSAGE_HEADER_BYTES;
    struct tls_message m;
    size_t n;

    if (h->gathered_bytes >= MESSAGE_HEADER_BYTES)
        wanted += (size_t)h->gathered[1] << 16 | (size_t)h->gathered[2] << 8 | h->gathered[3];
    if (wanted > TLS_HANDSHAKE_MAX_BYTES)
        return TLS_DAMAGED;
    n = wanted - h->gathered_bytes;
    if (n > bytes->len)
        n = bytes->len;
    if (n && !gather(h, slice_of(bytes->p, n)))
        return TLS_DAMAGED;
    *bytes = slice_of(bytes->p + n, bytes->len - n);
    if (h->gathered_bytes < wanted)
        return TLS_MORE;
    if (wanted == MESSAGE_HEADER_BYTES && (h->gathered[1] || h->gathered[2] || h->gathered[3]))
        return TLS_MORE; /* the length is known now; the body is to come */
    m = (struct tls_message){ .type = h->gathered[0],
                              .body = slice_of(h->gathered + MESSAGE_HEADER_BYTES,
                                               wanted - MESSAGE_HEADER_BYTES) };
    h->gathered_bytes = 0;
    return tls_message_read(&m, &h->version, sight);
}

/* A record's header is whole: TLS_MORE when its payload is wanted. */
static enum tls_progress open_record(struct tls_handshake *h, struct tls_sight *sight)
{
    const uint8_t *header = h->record_header;

    h->record_left = (uint16_t)(header[3] << 8 | header[4]);
    if (header[1] != 3 || header[2] > 4 || h->record_left > RECORD_MAX_BYTES || !h->record_left)
        return TLS_DAMAGED;
    switch (header[0]) {
    case CONTENT_HANDSHAKE:
        return TLS_MORE;
    case CONTENT_ALERT: /* a warning may stand between; after a fatal one nothing comes */
        return h->gathered_bytes ? TLS_DAMAGED : TLS_MORE;
    case CONTENT_CHANGE_CIPHER_SPEC: /* no Certificate came before it: a session resumed */
        if (!h->version || h->gathered_bytes)
            return TLS_DAMAGED;
        *sight = (struct tls_sight){ .version = h->version };
        return TLS_HIDDEN;
    default:
        return TLS_DAMAGED;
    }
}

static enum tls_progress take_header(struct tls_handshake *h, struct slice *bytes,
                                     struct tls_sight *sight)
{
    size_t n = (size_t)(RECORD_HEADER_BYTES - h->record_header_bytes);

    if (n > bytes->len)
        n = bytes->len;
    memcpy(h->record_header + h->record_header_bytes, bytes->p, n);
    h->record_header_bytes = (uint8_t)(h->record_header_bytes + n);
    *bytes = slice_of(bytes->p + n, bytes->len - n);
    return h->record_header_bytes == RECORD_HEADER_BYTES ? open_record(h, sight) : TLS_MORE;
}

static enum tls_progress take_payload(struct tls_handshake *h, struct slice *bytes,
                                      struct tls_sight *sight)
{
    size_t n = h->record_left < bytes->len ? h->record_left : bytes->len;
    struct slice part = slice_of(bytes->p, n);
    enum tls_progress progress = TLS_MORE;

    *bytes = slice_of(bytes->p + n, bytes->len - n);
    h->record_left = (uint16_t)(h->record_left - n);
    if (h->record_left == 0)
        h->record_header_bytes = 0;
    if (h->record_header[0] != CONTENT_HANDSHAKE)
        return TLS_MORE;
    while (part.len && progress == TLS_MORE)
        progress = take_message(h, &part, sight);
    return progress;
}

enum tls_progress tls_handshake_feed(struct tls_handshake *h, struct slice bytes,
                                     struct tls_sight *sight)
{
    enum tls_progress progress = TLS_MORE;

    *sight = (struct tls_sight){ 0 };
    if (h->ended)
        return TLS_MORE;
    while (bytes.len && progress == TLS_MORE) {
        if (h->record_header_bytes < RECORD_HEADER_BYTES)
            progress = take_header(h, &bytes, sight);
        else
            progress = take_payload(h, &bytes, sight);
    }
    h->ended = progress != TLS_MORE;
    return progress;
}
