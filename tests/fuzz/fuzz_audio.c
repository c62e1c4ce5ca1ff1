/*
 * fuzz_audio - a stranger's payloads into every decoder, and what is lost between them.
 *
 * The first byte picks the codec (which, its parameters); then come packets: two bytes of length,
 * big-endian, and so many bytes. A length of 0 is a lost packet. The libraries are not instrumented:
 * their crashes are seen, and what they do to the blocks that they are given, which are exact.
 */
#include "storage/audio/audio_codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PACKETS_MAX = 200, LOST_SAMPLES = 320 };

static const struct audio_format formats[] = {
    { .encoding = SLICE_INIT("PCMU"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("PCMA"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("L16"), .clock_rate_hz = 44100, .channels = 2 },
    { .encoding = SLICE_INIT("G722"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("G726-16"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("G726-24"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("G726-32"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("G726-40"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("AAL2-G726-24"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("AAL2-G726-40"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("GSM"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("opus"), .clock_rate_hz = 48000, .channels = 2 },
    { .encoding = SLICE_INIT("AMR"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("AMR"), .fmtp = SLICE_INIT("octet-align=1"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("AMR-WB"), .clock_rate_hz = 16000 },
    { .encoding = SLICE_INIT("AMR-WB"),
      .fmtp = SLICE_INIT("octet-align=1"),
      .clock_rate_hz = 16000 },
    { .encoding = SLICE_INIT("speex"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("speex"), .clock_rate_hz = 16000 },
    { .encoding = SLICE_INIT("speex"), .clock_rate_hz = 32000 },
    { .encoding = SLICE_INIT("iLBC"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("G729"), .clock_rate_hz = 8000 },
    { .encoding = SLICE_INIT("G723"), .clock_rate_hz = 8000 },
};

/* Payload and samples in blocks of their own, where one too many is seen. */
static void packet(struct audio_decoder *d, const uint8_t *data, size_t len)
{
    int16_t *out = malloc(AUDIO_SAMPLES_MAX * sizeof *out);
    uint8_t *payload = malloc(len ? len : 1);

    if (!out || !payload)
        abort();
    if (len == 0) {
        int16_t *lost = malloc(LOST_SAMPLES * sizeof *lost);

        if (!lost || audio_decoder_conceal(d, lost, LOST_SAMPLES) != LOST_SAMPLES)
            abort();
        free(lost);
    } else {
        memcpy(payload, data, len);
        if (audio_decoder_decode(d, slice_of(payload, len), out, AUDIO_SAMPLES_MAX) >
            AUDIO_SAMPLES_MAX)
            abort();
    }
    free(payload);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct audio_decoder *d;
    size_t at = 1;

    if (size == 0 ||
        audio_decoder_open(&d, &formats[data[0] % (sizeof formats / sizeof formats[0])]) != 0)
        return 0;
    for (int i = 0; i < PACKETS_MAX && size - at >= 2; i++) {
        size_t len = (size_t)data[at] << 8 | data[at + 1];

        at += 2;
        if (len > size - at)
            len = size - at;
        packet(d, data + at, len);
        at += len;
    }
    audio_decoder_close(d);
    return 0;
}
