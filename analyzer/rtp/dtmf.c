#include "analyzer/rtp/dtmf.h"

#include "analyzer/base/bytes.h"

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
