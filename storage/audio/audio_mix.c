#include "storage/audio/audio_mix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE_FRAMES = 1024 };

int audio_mix_init(struct audio_mix *m, uint32_t rate_hz, audio_sink_fn sink, void *ctx)
{
    *m = (struct audio_mix){ .frames = 1, .sink = sink, .sink_ctx = ctx };
    while (m->frames < (size_t)rate_hz * AUDIO_MIX_SECONDS)
        m->frames *= 2;
    m->sums = calloc(m->frames * AUDIO_SIDES, sizeof *m->sums);
    return m->sums ? 0 : -ENOMEM;
}

void audio_mix_fini(struct audio_mix *m)
{
    free(m->sums);
    m->sums = NULL;
}

void audio_mix_add(struct audio_mix *m, enum audio_side side, int64_t at, const int16_t *samples,
                   size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int64_t place = at + (int64_t)i;

        if (place < m->line || place - m->line >= (int64_t)m->frames) {
            m->dropped++;
            continue;
        }
        m->sums[((size_t)place & (m->frames - 1)) * AUDIO_SIDES + side] += samples[i];
        if (place >= m->end)
            m->end = place + 1;
    }
}

static int16_t saturate(int32_t sum)
{
    if (sum > INT16_MAX)
        return INT16_MAX;
    return (int16_t)(sum < INT16_MIN ? INT16_MIN : sum);
}

void audio_mix_advance(struct audio_mix *m, int64_t line)
{
    int16_t piece[PIECE_FRAMES * AUDIO_SIDES];

    while (m->line < line && m->error == 0) {
        size_t n = line - m->line < PIECE_FRAMES ? (size_t)(line - m->line) : PIECE_FRAMES;

        for (size_t i = 0; i < n; i++) {
            size_t at = ((size_t)m->line + i) & (m->frames - 1);
            int32_t *sum = m->sums + at * AUDIO_SIDES;

            piece[i * AUDIO_SIDES + AUDIO_LEFT] = saturate(sum[AUDIO_LEFT]);
            piece[i * AUDIO_SIDES + AUDIO_RIGHT] = saturate(sum[AUDIO_RIGHT]);
            sum[AUDIO_LEFT] = sum[AUDIO_RIGHT] = 0;
        }
        m->line += (int64_t)n;
        m->error = m->sink(m->sink_ctx, piece, n);
    }
}
