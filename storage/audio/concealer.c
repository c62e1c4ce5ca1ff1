#include "storage/audio/concealer.h"

#include "storage/audio/audio_have.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#if HAVE_SPANDSP
#include <spandsp/telephony.h>
/* After telephony.h. */
#include <spandsp/plc.h>
enum { PLC_PIECE = 160 };
#else
enum { FADE_MS = 50, REPEATED_MS = 20 };
#endif

int concealer_init(struct concealer *c, uint32_t rate_hz)
{
    *c = (struct concealer){ .rate_hz = rate_hz };
#if HAVE_SPANDSP
    c->plc = plc_init(NULL);
    if (!c->plc)
        return -ENOMEM;
#endif
    return 0;
}

void concealer_fini(struct concealer *c)
{
#if HAVE_SPANDSP
    if (c->plc)
        plc_free(c->plc);
#endif
    c->plc = NULL;
}

static void remember(struct concealer *c, const int16_t *samples, size_t count)
{
    size_t keep = CONCEALER_HISTORY;

    if (count >= keep) {
        memcpy(c->history, samples + count - keep, keep * sizeof *samples);
    } else {
        memmove(c->history, c->history + count, (keep - count) * sizeof *samples);
        memcpy(c->history + keep - count, samples, count * sizeof *samples);
    }
}

void concealer_heard(struct concealer *c, int16_t *samples, size_t count)
{
#if HAVE_SPANDSP
    if (c->missing)
        plc_rx(c->plc, samples, (int)count);
#endif
    c->missing = 0;
    remember(c, samples, count);
}

#if HAVE_SPANDSP

/* Two things of spandsp 0.0.6 are kept from doing harm. plc_fillin straightens its ring of samples
 * with a memcpy that overlaps: what is given to it in one piece that is longer than the ring lies
 * straight already, so it hears the past at the beginning of a gap, and all at once. And it begins
 * with a blend that may be longer than what it was asked for: so it is asked for 20 ms at least. */
void concealer_fill(struct concealer *c, int16_t *out, size_t count)
{
    int16_t piece[PLC_PIECE];
    size_t rest = count % PLC_PIECE, whole = count - rest;

    if (c->missing == 0)
        plc_rx(c->plc, c->history, CONCEALER_HISTORY);
    c->missing += count;
    if (whole)
        plc_fillin(c->plc, out, (int)whole);
    if (rest) {
        plc_fillin(c->plc, piece, PLC_PIECE);
        memcpy(out + whole, piece, rest * sizeof *out);
    }
}

_Static_assert((int)CONCEALER_HISTORY >= (int)PLC_HISTORY_LEN, "the ring is filled in one piece");

#else

static size_t history_samples(const struct concealer *c)
{
    size_t n = (size_t)c->rate_hz * REPEATED_MS / 1000;

    return n < CONCEALER_HISTORY ? n : CONCEALER_HISTORY;
}

void concealer_fill(struct concealer *c, int16_t *out, size_t count)
{
    size_t repeated = history_samples(c), fade = (size_t)c->rate_hz * FADE_MS / 1000;
    const int16_t *last = c->history + CONCEALER_HISTORY - repeated;

    for (size_t i = 0; i < count; i++, c->missing++) {
        int64_t left = c->missing < fade ? (int64_t)(fade - c->missing) : 0;
        int64_t sample = repeated ? last[c->missing % repeated] * left / (int64_t)fade : 0;

        out[i] = (int16_t)sample;
    }
}

#endif
