#include "probe/decap/mpls.h"

enum { LABEL_BYTES = 4, LABELS_MAX = 16, CONTROL_WORD_BYTES = 4, FRAME_BYTES_MIN = 20 };

/* Vendors' address blocks begin with 4 and 6 too, so that the first four bits alone prove nothing;
 * a frame's type field, 12 bytes in, does. A control word and a MAC address may both begin with 0:
 * again the type tells, first without a control word, since a tagged frame with one cannot look like
 * that, but a tagged frame without one looks as if it had. What is cut too short to tell goes by
 * the first four bits. */
static enum packet_bin open_payload(struct layer *l)
{
    unsigned nibble;

    if (l->captured_bytes == 0)
        return BIN_TUNNEL_MALFORMED;
    nibble = l->p[0] >> 4;
    if (!layer_holds_ip(l, 0)) {
        bool is_frame = layer_holds_ethernet(l, 0);

        if (is_frame || (nibble == 0 && layer_holds_ethernet(l, CONTROL_WORD_BYTES))) {
            layer_skip(l, is_frame ? 0 : CONTROL_WORD_BYTES);
            layer_becomes_ethernet(l);
            return BIN_COUNT;
        }
    }
    if (nibble == 4 || nibble == 6) {
        layer_becomes_ip(l);
        return BIN_COUNT;
    }
    if (l->captured_bytes < FRAME_BYTES_MIN && l->captured_bytes < l->wire_bytes)
        return BIN_TUNNEL_MALFORMED;
    return BIN_TUNNEL; /* 1: the associated channel; else a pseudowire of another kind */
}

enum packet_bin mpls_open(struct layer *l)
{
    enum packet_bin bin;
    uint32_t label;
    unsigned labels = 0;

    do {
        if (l->captured_bytes < LABEL_BYTES)
            return BIN_TUNNEL_MALFORMED;
        if (++labels > LABELS_MAX)
            return BIN_TUNNEL_DEPTH;
        label = layer_u32(l, 0);
        layer_skip(l, LABEL_BYTES);
    } while (!(label & 0x100)); /* bottom of the stack */
    bin = layer_enter_tunnel(l, TUNNEL_MPLS, label >> 12);
    return bin == BIN_COUNT ? open_payload(l) : bin;
}
