/* fuzz_pcapng - a whole pcapng file. Every byte of every frame is touched. */
#include "probe/capture/pcapng.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static volatile uint8_t sink;
    uint8_t *copy;
    FILE *file;
    struct pcapng *ng = NULL;
    struct frame frame;

    if (size == 0)
        return 0;
    copy = malloc(size); /* fmemopen wants bytes that are not const */
    file = copy ? fmemopen(copy, size, "rb") : NULL;
    if (!file || pcapng_new(&ng, file) != 0)
        abort();
    memcpy(copy, data, size);
    while (pcapng_next(ng, &frame) == PCAPNG_FRAME) {
        for (uint32_t i = 0; i < frame.captured_bytes; i++)
            sink = (uint8_t)(sink ^ frame.data[i]);
        if (frame.wire_bytes < frame.captured_bytes)
            abort();
    }
    if (pcapng_offset(ng) > size)
        abort();
    pcapng_free(ng);
    fclose(file);
    free(copy);
    return 0;
}
