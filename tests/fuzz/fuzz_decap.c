/*
 * fuzz_decap - one frame: a byte that picks the link type, one that says how much more there was on
 * the wire, then the frame.
 */
#include "probe/decap/decap.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t link_types[] = { 1, 113, 276, 101, 228, 229, 0, 108 };
    struct frame frame = { 0 };
    const struct datagram *datagram = NULL;
    enum packet_bin bin = BIN_COUNT;
    struct decap *d;
    uint32_t offset;

    if (size < 2 || decap_new(&d) != 0)
        return 0;
    frame.link_type = link_types[data[0] % (sizeof link_types / sizeof link_types[0])];
    frame.captured_bytes = (uint32_t)(size - 2);
    frame.wire_bytes = frame.captured_bytes + data[1];
    frame.data = data + 2;
    if (decap_frame(d, &frame, &datagram, &bin) == 0) {
        if (bin >= BIN_COUNT)
            abort();
    } else if (bin != BIN_COUNT || !decap_payload_offset(&frame, datagram, &offset) ||
               datagram->wire_bytes < datagram->payload.len ||
               datagram->wire_bytes > frame.wire_bytes - offset) {
        abort();
    }
    decap_free(d);
    return 0;
}
