/*
 * fuzz_udptl - any bytes as a packet of fax over UDP, whole and cut.
 *
 * What is held against it: a packet that is whole says the same when it is said to be cut, a piece of
 * one is never taken for whole with other figures in front of the cut, and what it repeats fits in it.
 */
#include "analyzer/rtp/udptl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct udptl_packet whole, cut;
    enum udptl_parse result = udptl_packet_parse(&whole, slice_of(data, size), false);

    if (result == UDPTL_PARSE_OK) {
        must(udptl_packet_parse(&cut, slice_of(data, size), true) == UDPTL_PARSE_OK);
        must(cut.seq == whole.seq && cut.repeats == whole.repeats && cut.fec == whole.fec);
        must(whole.has_correction && !(whole.fec && whole.repeats));
        must((size_t)whole.primary_bytes + 2 * (size_t)whole.repeats + 5 <= size);
    }
    for (size_t n = 0; n < size && n < 64; n++) {
        char *piece = malloc(n ? n : 1); /* of its own size: a read behind it is seen */

        must(piece != NULL);
        memcpy(piece, data, n);
        if (udptl_packet_parse(&cut, slice_of(piece, n), true) == UDPTL_PARSE_OK &&
            result == UDPTL_PARSE_OK) {
            must(cut.seq == whole.seq && cut.primary_bytes == whole.primary_bytes);
            must(cut.repeats <= whole.repeats);
        }
        free(piece);
    }
    return 0;
}
