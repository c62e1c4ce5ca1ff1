/*
 * fuzz_payload - any bytes as the payload of every codec whose header is read, and as samples.
 *
 * The first byte is the codec and the phase. What is held against it: what is told of a packet fits
 * its length, and a level is within its scale.
 */
#include "analyzer/quality/level.h"
#include "analyzer/rtp/payload.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void read_header(enum payload_kind kind, struct slice payload)
{
    struct payload_tally tally = { .bytes = 0 };
    struct payload_info p;

    if (payload_parse(&p, kind, payload) != PAYLOAD_PARSE_OK)
        return;
    must(kind == PAYLOAD_PLAIN || (payload.len > 0 && p.duration_us >= 2500));
    must(p.duration_us <= 3000000);
    must((p.mode != PAYLOAD_NO_MODE) == (p.frames > 0));
    payload_tally_add(&tally, &p, payload.len);
    must(payload_tally_mode(&tally) == p.mode);
}

static void measure(enum level_encoding encoding, struct slice payload, unsigned phase)
{
    struct level_sum s = { 0 };

    level_measure(&s, encoding, payload, phase);
    must(s.packets == (s.samples != 0) && s.samples <= payload.len / 4 + 1);
    must(s.clipped <= s.samples && s.silent_packets <= s.packets);
    must(s.active_power >= 0 && s.active_power <= s.samples * 1.01);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice payload;

    if (size == 0)
        return 0;
    payload = slice_of(data + 1, size - 1);
    read_header((enum payload_kind)(data[0] % (PAYLOAD_ILBC + 1)), payload);
    for (unsigned e = LEVEL_NONE; e <= LEVEL_L16; e++)
        measure((enum level_encoding)e, payload, data[0]);
    return 0;
}
