#include "analyzer/rtp/dtmf.h"

#include "analyzer/base/bytes.h"

enum { RED_FOLLOWED = 0x80 }; /* of a block's type: another one comes */

bool dtmf_event_parse(struct dtmf_event *out, struct slice payload)
{
    struct bytes b = bytes_of(payload.p, payload.len);
    uint8_t flags;

    out->event = bytes_u8(&b);
    flags = bytes_u8(&b);
    out->end = (flags & 0x80) != 0;
    out->duration = bytes_u16(&b);
    return bytes_ok(&b);
}

unsigned dtmf_red_parse(struct dtmf_red_block out[DTMF_RED_BLOCKS], struct slice payload)
{
    struct bytes b = bytes_of(payload.p, payload.len);
    unsigned count = 0;

    /* First the headers: type and, but for the last one, how much earlier and how long. */
    for (bool last = false; !last;) {
        uint8_t type = bytes_u8(&b);
        struct dtmf_red_block *block = &out[count];

        if (!bytes_ok(&b) || count == DTMF_RED_BLOCKS)
            return 0;
        *block = (struct dtmf_red_block){ .payload_type = type & 0x7f };
        last = (type & RED_FOLLOWED) == 0;
        if (!last) {
            uint32_t rest = bytes_u24(&b);

            block->earlier = (uint16_t)(rest >> 10);
            block->payload.len = rest & 0x3ff;
        }
        count++;
    }
    for (unsigned i = 0; i < count; i++) {
        size_t len = i + 1 < count ? out[i].payload.len : b.len;
        const uint8_t *at = bytes_take(&b, len);

        if (!bytes_ok(&b))
            return 0;
        out[i].payload = slice_of(at, len);
    }
    return count;
}

size_t dtmf_red_head_bytes(struct slice payload)
{
    struct bytes b = bytes_of(payload.p, payload.len);

    while (bytes_u8(&b) & RED_FOLLOWED)
        bytes_u24(&b);
    return bytes_ok(&b) ? payload.len - b.len : payload.len;
}
