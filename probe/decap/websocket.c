#include "probe/decap/websocket.h"

#include "analyzer/base/bytes.h"
#include "analyzer/sip/sip_msg.h"
#include "analyzer/sip/sip_scan.h"

enum {
    FIN = 0x80,
    COMPRESSED = 0x40, /* RSV1: permessage-deflate, RFC 7692 §6 */
    RESERVED = 0x30,   /* RSV2, RSV3: no extension uses them */
    MASKED = 0x80,
    CONTINUATION = 0,
    TEXT = 1,
    BINARY = 2,
    CONTROL = 8, /* and above */
    PONG = 10,
    CONTROL_MAX = 125,
    PEEK_MAX = 512, /* enough for a start line */
};

/* The length of a header that begins so; two bytes tell. */
static size_t header_size(const uint8_t *p)
{
    size_t n = 2 + (p[1] & MASKED ? 4 : 0);

    switch (p[1] & 0x7f) {
    case 126:
        return n + 2;
    case 127:
        return n + 8;
    default:
        return n;
    }
}

static uint64_t header_length(const uint8_t *p)
{
    struct bytes b = bytes_of(p + 2, 8);

    switch (p[1] & 0x7f) {
    case 126:
        return bytes_u16(&b);
    case 127:
        return bytes_u64(&b);
    default:
        return p[1] & 0x7f;
    }
}

static bool header_is_sound(const uint8_t *p, bool in_message)
{
    unsigned opcode = p[0] & 0x0f;
    uint64_t length = header_length(p);

    if (p[0] & RESERVED || length > WEBSOCKET_FRAME_MAX)
        return false;
    if (opcode >= CONTROL)
        return opcode <= PONG && p[0] & FIN && !(p[0] & COMPRESSED) && length <= CONTROL_MAX;
    return opcode == CONTINUATION ? in_message : opcode <= BINARY && !in_message;
}

/* The gathered header is whole. */
static bool begin_frame(struct websocket *w)
{
    const uint8_t *p = w->header;
    size_t size = header_size(p);

    if (!header_is_sound(p, w->in_message))
        return false;
    memset(w->mask, 0, sizeof w->mask);
    if (p[1] & MASKED)
        memcpy(w->mask, p + size - 4, 4);
    w->left = (uint32_t)header_length(p);
    w->in_payload = true;
    if ((p[0] & 0x0f) == TEXT || (p[0] & 0x0f) == BINARY) {
        w->in_message = w->begins = true;
        w->compressed = (p[0] & COMPRESSED) != 0;
    }
    return true;
}

/* Turns the mask so that it fits what comes `n` bytes later. */
static void turn_mask(uint8_t mask[4], size_t n)
{
    uint8_t turned[4];

    for (size_t i = 0; i < 4; i++)
        turned[i] = mask[(i + n) % 4];
    memcpy(mask, turned, 4);
}

static enum websocket_step take_payload(struct websocket *w, struct slice *bytes,
                                        struct websocket_piece *piece)
{
    size_t n = bytes->len < w->left ? bytes->len : w->left;
    bool whole = n == w->left, fin = w->header[0] & FIN;

    *piece = (struct websocket_piece){ .payload = slice_of(bytes->p, n),
                                       .masked = w->header[1] & MASKED,
                                       .begins = w->begins,
                                       .ends = whole && fin,
                                       .compressed = w->compressed };
    memcpy(piece->mask, w->mask, sizeof w->mask);
    if (n)
        *bytes = scan_skip(*bytes, n);
    turn_mask(w->mask, n);
    w->left -= (uint32_t)n;
    if (whole) {
        w->in_payload = false;
        w->header_bytes = 0;
    }
    if ((w->header[0] & 0x0f) >= CONTROL)
        return WEBSOCKET_CONTROL;
    w->begins = false;
    if (piece->ends)
        w->in_message = false;
    return WEBSOCKET_PIECE;
}

enum websocket_step websocket_next(struct websocket *w, struct slice *bytes,
                                   struct websocket_piece *piece)
{
    while (!w->in_payload) {
        size_t size = w->header_bytes < 2 ? 2 : header_size(w->header);

        if (w->header_bytes == size) {
            if (!begin_frame(w))
                return WEBSOCKET_BAD;
            break;
        }
        if (bytes->len == 0)
            return WEBSOCKET_MORE;
        w->header[w->header_bytes++] = (uint8_t)bytes->p[0];
        *bytes = scan_skip(*bytes, 1);
    }
    if (w->left && bytes->len == 0)
        return WEBSOCKET_MORE;
    return take_payload(w, bytes, piece);
}

bool websocket_skip(struct websocket *w, size_t missing)
{
    if (!w->in_payload || missing > w->left)
        return false;
    turn_mask(w->mask, missing % 4);
    w->left -= (uint32_t)missing;
    return true;
}

void websocket_unmask(uint8_t *p, size_t len, const uint8_t mask[4])
{
    for (size_t i = 0; i < len; i++)
        p[i] ^= mask[i % 4];
}

bool websocket_looks_like_sip(struct slice bytes)
{
    uint8_t header[WEBSOCKET_HEADER_MAX] = { 0 }, text[PEEK_MAX];
    size_t size, n;

    memcpy(header, bytes.p, bytes.len < sizeof header ? bytes.len : sizeof header);
    if (bytes.len < 2 || bytes.len <= (size = header_size(header)) ||
        !header_is_sound(header, false) || (header[0] & 0x0f) >= CONTROL ||
        header[0] & COMPRESSED || /* so does every letter */
        header_length(header) == 0)
        return false;
    bytes = scan_skip(bytes, size);
    n = bytes.len < sizeof text ? bytes.len : sizeof text;
    memcpy(text, bytes.p, n);
    if (header[1] & MASKED)
        websocket_unmask(text, n, header + size - 4);
    return sip_msg_looks_like(slice_of(text, n));
}

/* Is the word in the comma-separated list? */
static bool list_has(struct slice list, struct slice word)
{
    while (list.len) {
        struct slice item = slice_trim(slice_cut(&list, ','));

        if (slice_ieq(item, word))
            return true;
    }
    return false;
}

enum websocket_upgrade websocket_upgrade_read(struct slice head)
{
    struct slice line = slice_cut(&head, '\n');
    enum websocket_upgrade upgrade = WEBSOCKET_UPGRADE_NONE;
    bool upgraded = false, named = false, sip = false;

    if (!slice_starts_with(line, SLICE("GET ")) && !slice_starts_with(line, SLICE("HTTP/1.1 101")))
        return upgrade;
    while (head.len) {
        struct slice value = slice_cut(&head, '\n'), name = slice_trim(slice_cut(&value, ':'));

        if (slice_ieq(name, SLICE("Upgrade")))
            upgraded |= list_has(value, SLICE("websocket"));
        if (slice_ieq(name, SLICE("Sec-WebSocket-Protocol"))) {
            named = true;
            sip |= list_has(value, SLICE("sip"));
        }
    }
    if (!upgraded)
        return upgrade;
    return sip ? WEBSOCKET_UPGRADE_SIP : named ? WEBSOCKET_UPGRADE_OTHER : WEBSOCKET_UPGRADE;
}
