#include "storage/audio/peaks.h"

#include <errno.h>
#include <stdlib.h>

enum { PIECES_MAX = 8 * PEAKS_MAX };

#define FULL_SCALE 32768.0

int peaks_init(struct peaks *p, uint32_t rate_hz)
{
    *p = (struct peaks){ .piece_frames = 1, .rate_hz = rate_hz };
    p->pieces = malloc(PIECES_MAX * sizeof *p->pieces);
    return p->pieces ? 0 : -ENOMEM;
}

void peaks_fini(struct peaks *p)
{
    free(p->pieces);
    p->pieces = NULL;
}

static void widen(struct peak_piece *to, const struct peak_piece *by)
{
    for (size_t side = 0; side < AUDIO_SIDES; side++) {
        if (by->least[side] < to->least[side])
            to->least[side] = by->least[side];
        if (by->greatest[side] > to->greatest[side])
            to->greatest[side] = by->greatest[side];
    }
}

static void halve(struct peaks *p)
{
    for (size_t i = 0; i < p->count / 2; i++) {
        p->pieces[i] = p->pieces[2 * i];
        widen(&p->pieces[i], &p->pieces[2 * i + 1]);
    }
    p->count /= 2;
    p->piece_frames *= 2;
    p->in_last = p->piece_frames;
}

void peaks_add(struct peaks *p, const int16_t *stereo, size_t frames)
{
    for (size_t i = 0; i < frames; i++, stereo += AUDIO_SIDES) {
        struct peak_piece now = { { stereo[0], stereo[1] }, { stereo[0], stereo[1] } };

        if (p->count && p->in_last < p->piece_frames) {
            widen(&p->pieces[p->count - 1], &now);
            p->in_last++;
            continue;
        }
        if (p->count == PIECES_MAX)
            halve(p);
        p->pieces[p->count++] = now;
        p->in_last = 1;
    }
    p->frames += frames;
}

static void write_side(const struct peaks *p, size_t buckets, enum audio_side side, struct jsonw *j)
{
    jsonw_array_open(j);
    for (size_t i = 0; i < buckets; i++) {
        size_t from = i * p->count / buckets, to = (i + 1) * p->count / buckets;
        struct peak_piece whole = p->pieces[from];

        for (size_t k = from + 1; k < to; k++)
            widen(&whole, &p->pieces[k]);
        jsonw_array_open(j);
        jsonw_real(j, whole.least[side] / FULL_SCALE, 3);
        jsonw_real(j, whole.greatest[side] / FULL_SCALE, 3);
        jsonw_array_close(j);
    }
    jsonw_array_close(j);
}

void peaks_write_json(const struct peaks *p, size_t buckets, struct jsonw *j)
{
    if (buckets > p->count)
        buckets = p->count;
    jsonw_object_open(j);
    jsonw_key(j, "duration_s");
    jsonw_real(j, (double)p->frames / p->rate_hz, 3);
    jsonw_key(j, "sample_rate_hz");
    jsonw_int(j, p->rate_hz);
    jsonw_key(j, "buckets");
    jsonw_int(j, (int64_t)buckets);
    jsonw_key(j, "left");
    write_side(p, buckets, AUDIO_LEFT, j);
    jsonw_key(j, "right");
    write_side(p, buckets, AUDIO_RIGHT, j);
    jsonw_object_close(j);
}
