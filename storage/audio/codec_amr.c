/*
 * codec_amr - AMR and AMR-WB by the opencore libraries; both packings of RFC 4867.
 *
 * The libraries take a frame as a file holds it: one byte of frame type and quality, then its bits.
 * They look types up in tables without a check, so a type that the codec does not have never reaches
 * them; and they read as many bytes as the type has, so a frame is copied behind its length check.
 *
 * Source  RFC 4867 §4.3, §4.4, §5.3; 3GPP TS 26.101 and 26.201 (bits of each frame type)
 */
#include "storage/audio/audio_have.h"
#include "storage/audio/codec.h"

#if HAVE_AMRNB || HAVE_AMRWB

#include <errno.h>
#include <stdlib.h>

#if HAVE_AMRNB
#include <opencore-amrnb/interf_dec.h>
#endif
#if HAVE_AMRWB
#include <opencore-amrwb/dec_if.h>
#endif

enum {
    FRAME_TYPES = 16,
    FRAME_NO_DATA = 15,
    FRAME_BYTES_MAX = 61, /* of 23.85 kbit/s: 477 bits and the type */
    FRAMES_MAX = 50,      /* a second */
    NO_FRAME = UINT16_MAX,
};

/* What the two codecs differ in. */
struct amr_kind {
    uint32_t rate_hz;
    size_t frame_samples;
    uint8_t noise_type; /* SID */
    uint16_t bits[FRAME_TYPES];
    void (*decode)(void *state, const unsigned char *frame, short *out, int is_bad);
};

struct amr_state {
    const struct amr_kind *kind;
    void *decoder;
    bool octets;   /* octet-align=1 */
    bool in_noise; /* the last frame with anything in it was a SID */
};

/* The bits of a payload, first the high ones of the first byte. */
struct bit_reader {
    const uint8_t *p;
    size_t at, end; /* bits */
};

static size_t bits_left(const struct bit_reader *r)
{
    return r->end - r->at;
}

/* Up to 8; the caller has looked at bits_left. */
static uint8_t take_bits(struct bit_reader *r, size_t count)
{
    unsigned value = 0;

    for (size_t i = 0; i < count; i++, r->at++)
        value = value << 1 | ((unsigned)r->p[r->at / 8] >> (7 - r->at % 8) & 1);
    return (uint8_t)value;
}

/* "octet-align" is there and not 0; what needs it but is not decoded here is another matter. */
static bool is_set(const struct audio_decoder *d, const char *parameter)
{
    struct slice value = codec_parameter(d, parameter);

    return value.p && !slice_eq(value, SLICE("0"));
}

static int amr_state_new(struct audio_decoder *d, const struct amr_kind *kind, void *decoder)
{
    struct amr_state *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    *s = (struct amr_state){ .kind = kind, .decoder = decoder, .octets = is_set(d, "octet-align") };
    d->rate_hz = kind->rate_hz;
    d->state = s;
    return 0;
}

/* Checksums, interleaving and sorting by sensitivity: nobody on IP asks for them. */
static bool is_unusual(const struct audio_decoder *d)
{
    return is_set(d, "crc") || is_set(d, "robust-sorting") || is_set(d, "interleaving") ||
           d->channels > 1;
}

/* The types of the frames in the payload, up to FRAMES_MAX; 0 when it is cut within them. */
static size_t read_contents(const struct amr_state *s, struct bit_reader *r,
                            uint8_t entries[FRAMES_MAX])
{
    size_t count = 0, entry_bits = s->octets ? 8 : 6, head_bits = s->octets ? 8 : 4;
    bool more = true;

    if (bits_left(r) < head_bits)
        return 0;
    r->at += head_bits; /* the mode that the sender would like to hear */
    while (more) {
        uint8_t entry;

        if (bits_left(r) < entry_bits || count == FRAMES_MAX)
            return 0;
        entry = take_bits(r, 6); /* F, four of the type, Q */
        r->at += entry_bits - 6;
        more = entry >> 5;
        entries[count++] = entry & 0x1f;
    }
    return count;
}

/* The frame as the library wants it. False: the payload ends within it. */
static bool take_frame(const struct amr_state *s, struct bit_reader *r, uint8_t entry,
                       uint8_t frame[FRAME_BYTES_MAX])
{
    uint8_t type = entry >> 1;
    size_t bits = s->kind->bits[type], at = 1;

    if (bits_left(r) < bits)
        return false;
    memset(frame, 0, FRAME_BYTES_MAX);
    frame[0] = (uint8_t)(type << 3 | (entry & 1) << 2);
    for (; bits >= 8; bits -= 8)
        frame[at++] = take_bits(r, 8);
    if (bits)
        frame[at] = (uint8_t)(take_bits(r, bits) << (8 - bits));
    if (s->octets)
        r->at = (r->at + 7) / 8 * 8;
    return true;
}

static void decode_nothing(struct amr_state *s, int16_t *out)
{
    static const unsigned char no_data[FRAME_BYTES_MAX] = { FRAME_NO_DATA << 3 | 1 << 2 };

    s->kind->decode(s->decoder, no_data, out, 1);
}

static size_t amr_payload(struct audio_decoder *d, const uint8_t *p, size_t len, int16_t *out,
                          size_t room)
{
    struct amr_state *s = d->state;
    struct bit_reader r = { .p = p, .end = len * 8 };
    uint8_t entries[FRAMES_MAX], frame[FRAME_BYTES_MAX];
    size_t n = 0, count = read_contents(s, &r, entries);

    if (count == 0)
        return codec_refuse(d, AUDIO_REFUSED_LENGTH);
    for (size_t i = 0; i < count && room - n >= s->kind->frame_samples; i++) {
        uint8_t type = entries[i] >> 1;

        if (s->kind->bits[type] == NO_FRAME) {
            codec_refuse(d, AUDIO_REFUSED_MODE);
            break;
        }
        if (!take_frame(s, &r, entries[i], frame)) {
            codec_refuse(d, AUDIO_REFUSED_LENGTH);
            break;
        }
        if (s->kind->bits[type]) {
            s->in_noise = type == s->kind->noise_type;
            /* Q is 0: damaged on its way through the radio. */
            s->kind->decode(s->decoder, frame, out + n, !(entries[i] & 1));
        } else {
            decode_nothing(s, out + n);
        }
        n += s->kind->frame_samples;
    }
    d->pausing = s->in_noise;
    return n;
}

static void guess(struct audio_decoder *d, int16_t *frame)
{
    decode_nothing(d->state, frame);
}

static void amr_conceal(struct audio_decoder *d, int16_t *out, size_t samples)
{
    codec_fill_frames(d, out, samples, ((struct amr_state *)d->state)->kind->frame_samples, guess);
}

#endif

#if HAVE_AMRNB

static const struct amr_kind narrow = {
    .rate_hz = 8000,
    .frame_samples = 160,
    .noise_type = 8,
    .bits = { 95, 103, 118, 134, 148, 159, 204, 244, 39, NO_FRAME, NO_FRAME, NO_FRAME, NO_FRAME,
              NO_FRAME, NO_FRAME, 0 },
    .decode = Decoder_Interface_Decode,
};

static int amr_open(struct audio_decoder *d)
{
    void *decoder;
    int err;

    if (is_unusual(d))
        return -ENOTSUP;
    decoder = Decoder_Interface_init();
    err = decoder ? amr_state_new(d, &narrow, decoder) : -ENOMEM;
    if (err && decoder)
        Decoder_Interface_exit(decoder);
    return err;
}

static void amr_close(struct audio_decoder *d)
{
    Decoder_Interface_exit(((struct amr_state *)d->state)->decoder);
    free(d->state);
}

const struct audio_codec_ops codec_amr_ops = {
    .open = amr_open, .close = amr_close, .decode = amr_payload, .conceal = amr_conceal
};

#else

const struct audio_codec_ops codec_amr_ops = { .open = NULL };

#endif

#if HAVE_AMRWB

static const struct amr_kind wide = {
    .rate_hz = 16000,
    .frame_samples = 320,
    .noise_type = 9,
    /* Type 14: the frame was lost on the radio. */
    .bits = { 132, 177, 253, 285, 317, 365, 397, 461, 477, 40, NO_FRAME, NO_FRAME, NO_FRAME,
              NO_FRAME, 0, 0 },
    .decode = D_IF_decode,
};

static int amrwb_open(struct audio_decoder *d)
{
    void *decoder;
    int err;

    if (is_unusual(d))
        return -ENOTSUP;
    decoder = D_IF_init();
    err = decoder ? amr_state_new(d, &wide, decoder) : -ENOMEM;
    if (err && decoder)
        D_IF_exit(decoder);
    return err;
}

static void amrwb_close(struct audio_decoder *d)
{
    D_IF_exit(((struct amr_state *)d->state)->decoder);
    free(d->state);
}

const struct audio_codec_ops codec_amrwb_ops = {
    .open = amrwb_open, .close = amrwb_close, .decode = amr_payload, .conceal = amr_conceal
};

#else

const struct audio_codec_ops codec_amrwb_ops = { .open = NULL };

#endif
