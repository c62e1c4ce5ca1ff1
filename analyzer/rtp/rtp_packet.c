#include "analyzer/rtp/rtp_packet.h"

#include "analyzer/base/bytes.h"

enum { VERSION_BITS = 0x80, PADDING = 0x20, EXTENSION = 0x10, CSRC_COUNT = 0x0f };

enum rtp_parse rtp_packet_parse(struct rtp_packet *out, struct slice datagram, uint32_t wire_bytes)
{
    struct bytes b = bytes_of(datagram.p, datagram.len);
    uint8_t flags = bytes_u8(&b);
    uint8_t type = bytes_u8(&b);

    out->seq = bytes_u16(&b);
    out->timestamp = bytes_u32(&b);
    out->ssrc = bytes_u32(&b);
    out->payload_type = type & 0x7f;
    out->marker = (type & 0x80) != 0;
    out->cut = wire_bytes != datagram.len;
    if (flags & CSRC_COUNT)
        bytes_take(&b, 4 * (size_t)(flags & CSRC_COUNT));
    if (flags & EXTENSION) {
        bytes_u16(&b); /* the profile's own */
        bytes_take(&b, 4 * (size_t)bytes_u16(&b));
    }
    if (!bytes_ok(&b))
        return RTP_PARSE_SHORT;
    if ((flags & 0xc0) != VERSION_BITS)
        return RTP_PARSE_VERSION;
    out->payload = slice_of(b.p, b.len);
    if ((flags & PADDING) && !out->cut) {
        uint8_t padding = b.len ? b.p[b.len - 1] : 0;

        if (padding == 0 || padding > b.len)
            return RTP_PARSE_PADDING;
        out->payload.len -= padding;
    }
    out->wire_payload_bytes = (uint32_t)out->payload.len;
    if (out->cut)
        out->wire_payload_bytes =
            flags & PADDING ? 0 : wire_bytes - (uint32_t)(datagram.len - b.len);
    return RTP_PARSE_OK;
}
