/*
 * fuzz_call_audio - a stranger's packets onto the timeline of a call.
 *
 * The first byte picks the codec of the right side (the left one is A-law) and whether gaps are
 * silent. Then twelve bytes a packet: side and payload type, sequence number, timestamp, time that
 * passes (in ms, or with its high bit in seconds, or back), length and a byte that fills it.
 */
#include "storage/audio/audio_codec.h"
#include "storage/audio/call_audio.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    PACKET_BYTES = 12,
    PACKETS_MAX = 300,
    RTP_HEADER = 12,
    PAYLOAD_MAX = 1024,
    SILENT = 0x80,
    SECONDS_MAX = 20, /* of a timeline: zeros for minutes teach nothing */
};

#define MS 1000000ll

static const struct {
    struct slice encoding;
    int64_t clock_rate_hz;
} codecs[] = {
    { SLICE_INIT("PCMU"), 8000 },  { SLICE_INIT("L16"), 44100 },     { SLICE_INIT("G722"), 8000 },
    { SLICE_INIT("opus"), 48000 }, { SLICE_INIT("AMR"), 8000 },      { SLICE_INIT("speex"), 16000 },
    { SLICE_INIT("GSM"), 8000 },   { SLICE_INIT("PCMU"), 1 },        { SLICE_INIT("L16"), 4000 },
    { SLICE_INIT("L16"), 96000 },  { SLICE_INIT("PCMU"), 1u << 31 },
};

struct run {
    const uint8_t *data;
    size_t count;
    struct call_audio *audio;
    int64_t frames, frames_max;
};

static int take(void *ctx, const int16_t *stereo, size_t frames)
{
    struct run *r = ctx;
    volatile int16_t last = stereo[2 * frames - 1];

    (void)last;
    r->frames += (int64_t)frames;
    if (r->frames > r->frames_max)
        abort();
    return 0;
}

static struct addr address(uint8_t host)
{
    uint8_t ip[4] = { 192, 0, 2, host };

    return addr_v4(ip, 4000);
}

/* Each packet in turn; a time that would leave the timeline stands still. */
static void each(struct run *r, bool second)
{
    int64_t now_ms = 0;

    for (size_t i = 0; i < r->count; i++) {
        const uint8_t *p = r->data + i * PACKET_BYTES;
        uint8_t side = p[0] >> 7, host = (uint8_t)(1 + side);
        int64_t step =
            p[7] & 0x80 ? (p[7] & 0x40 ? -(p[7] & 0x3f) * 50 : (p[7] & 0x3f) * 1000) : p[7];
        size_t bytes = RTP_HEADER + ((size_t)p[8] << 8 | p[9]) % PAYLOAD_MAX;
        uint8_t *packet = malloc(bytes);
        struct datagram d = { .src = address(host),
                              .dst = address((uint8_t)(3 - host)),
                              .payload = slice_of(packet, bytes),
                              .wire_bytes = (uint32_t)bytes + (p[10] == 0xff) };

        if (!packet)
            abort();
        if (now_ms + step >= 0 && now_ms + step <= SECONDS_MAX * 1000)
            now_ms += step;
        d.time_ns = now_ms * MS;
        memset(packet, p[11], bytes);
        packet[0] = 0x80;
        packet[1] = p[0] & 0x7f;
        memcpy(packet + 2, p + 1, 6); /* sequence number and timestamp */
        memset(packet + 8, host, 4);
        if (second && call_audio_render(r->audio, &d) != 0)
            abort();
        if (!second)
            call_audio_survey(r->audio, &d);
        free(packet);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream_record streams[2];
    struct call_record call;
    struct call_formats formats = { .count = 0 };
    struct strbuf said = { .p = NULL };
    struct run r = { .data = data + 1 };
    struct call_audio_options options = { .sink = take, .sink_ctx = &r };

    if (size == 0)
        return 0;
    r.count = (size - 1) / PACKET_BYTES < PACKETS_MAX ? (size - 1) / PACKET_BYTES : PACKETS_MAX;
    record_clear(&record_type_call, &call);
    for (size_t i = 0; i < 2; i++) {
        size_t codec = (data[0] & 0x7f) % (sizeof codecs / sizeof codecs[0]);

        record_clear(&record_type_stream, &streams[i]);
        streams[i].src = address((uint8_t)(1 + i));
        streams[i].dst = address((uint8_t)(2 - i));
        streams[i].ssrc = (int64_t)(0x01010101u * (1 + i));
        streams[i].media = SLICE("audio");
        streams[i].direction = i ? SLICE("callee_to_caller") : SLICE("caller_to_callee");
        streams[i].payload_type = i ? 96 : 8;
        streams[i].codec = i ? codecs[codec].encoding : SLICE("PCMA");
        streams[i].clock_rate_hz = i ? codecs[codec].clock_rate_hz : 8000;
    }
    call.streams = streams;
    call.stream_count = 2;
    options.silent_gaps = data[0] & SILENT;
    if (call_audio_new(&r.audio, &call, &formats) != 0)
        abort();
    each(&r, false);
    if (call_audio_plan(r.audio, &said) == CALL_AUDIO_OK) {
        /* The end of the last packet's sound, some seconds after its arrival. */
        r.frames_max = (int64_t)((call_audio_seconds(r.audio) + 5) * call_audio_rate_hz(r.audio));
        if (call_audio_begin(r.audio, &options) != 0)
            abort();
        each(&r, true);
        if (call_audio_finish(r.audio) != 0)
            abort();
    }
    call_audio_free(r.audio);
    strbuf_fini(&said);
    return 0;
}
