#include "analyzer/rtp/udptl.h"

#include "analyzer/base/bytes.h"

enum {
    PARITY = 0x80,           /* which of the two corrections follows; the other bits are zero */
    TWO_OCTETS = 0x80,       /* of a length: the other 14 bits are it */
    FRAGMENTS = 0xc0,        /* of a length: pieces of 16 KiB, more than fax has */
    PARITY_REACH_OCTETS = 4, /* of the number of packets that parity is over */
};

/* Fails the cursor on what no datagram can hold. */
static size_t take_length(struct bytes *b)
{
    uint8_t first = bytes_u8(b);

    if (first < TWO_OCTETS)
        return first;
    if ((first & FRAGMENTS) == FRAGMENTS) {
        bytes_take(b, b->len + 1);
        return 0;
    }
    return (size_t)(first & ~TWO_OCTETS) << 8 | bytes_u8(b);
}

/* So many pieces, each with its length. Says how many hold something before the first that does not:
 * a piece behind a missing one cannot be told which packet it is of, so it is not counted. */
static uint8_t take_pieces(struct bytes *b)
{
    size_t count = take_length(b);
    uint8_t whole = 0;
    bool missing = false;

    for (size_t i = 0; i < count && bytes_ok(b); i++) {
        size_t len = take_length(b);

        bytes_take(b, len);
        missing = missing || len == 0;
        if (bytes_ok(b) && !missing && whole < UINT8_MAX)
            whole++;
    }
    return whole;
}

size_t udptl_head_bytes(struct slice datagram)
{
    struct bytes b = bytes_of(datagram.p, datagram.len);

    bytes_u16(&b);
    take_length(&b);
    return bytes_ok(&b) ? datagram.len - b.len : 0;
}

enum udptl_parse udptl_packet_parse(struct udptl_packet *out, struct slice datagram, bool cut)
{
    struct bytes b = bytes_of(datagram.p, datagram.len);
    size_t primary;
    uint8_t correction;

    *out = (struct udptl_packet){ .seq = bytes_u16(&b) };
    primary = take_length(&b);
    if (!bytes_ok(&b))
        return UDPTL_PARSE_SHORT;
    out->primary_bytes = (uint16_t)primary;
    bytes_take(&b, primary);
    correction = bytes_u8(&b);
    if (!bytes_ok(&b))
        return cut ? UDPTL_PARSE_OK : UDPTL_PARSE_SHORT;
    if (correction & ~PARITY)
        return UDPTL_PARSE_LENGTH;
    out->has_correction = true;
    out->fec = (correction & PARITY) != 0;
    if (out->fec) {
        size_t octets = take_length(&b);

        bytes_take(&b, octets);
        if (bytes_ok(&b) && (octets == 0 || octets > PARITY_REACH_OCTETS))
            return UDPTL_PARSE_LENGTH;
        take_pieces(&b);
    } else {
        out->repeats = take_pieces(&b);
    }
    if (!bytes_ok(&b))
        return cut ? UDPTL_PARSE_OK : UDPTL_PARSE_SHORT;
    return b.len ? UDPTL_PARSE_LENGTH : UDPTL_PARSE_OK;
}
