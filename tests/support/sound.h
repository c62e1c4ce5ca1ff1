/*
 * sound - what a G.711 stream is made to say on request: tones, keys, noise, silence, too loud.
 *
 * Where one of these is asked for, packets are not taken from the endless loops (audio.h) but worked
 * out one by one, so that the truth can name each tone's time, frequency and level. What was said is
 * measured again by a decoder of its own, to say what an ideal probe would of level and silence.
 *
 * Ownership  Plain values; pcm is borrowed from struct audio.
 * Units      dBm0: a sine of 0 dBm0 is G.711's digital milliwatt, 3.14 dB (A) or 3.17 dB (µ) under the
 *            largest that the law can carry.
 * Source     ITU-T G.711 §5, Tables 5 and 6; ITU-T Q.23 (the frequencies of the keys)
 */
#ifndef TESTS_SUPPORT_SOUND_H
#define TESTS_SUPPORT_SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SOUND_TONES_MAX = 40, SOUND_PACKET_MAX = 480 }; /* 60 ms */

enum sound_voice { SOUND_AS_EVER, SOUND_SPEECH, SOUND_SILENCE };

/* What the command line asks of one side. */
struct sound_tone {
    double hz, second_hz; /* second_hz 0: one frequency; else both at that level */
    double dbm0;
    double start_s, length_s; /* from the first packet on; length 0: to the end */
};

struct sound_plan {
    int voice;      /* enum sound_voice */
    double gain_db; /* of speech */
    bool noisy;
    double noise_dbm0;
    struct sound_tone tones[SOUND_TONES_MAX];
    int tone_count;
};

static inline bool sound_is_asked_for(const struct sound_plan *p)
{
    return p->voice != SOUND_AS_EVER || p->noisy || p->tone_count > 0;
}

/* A tone ready to be played: whole numbers alone. */
struct sound_wave {
    int64_t from, to; /* samples */
    uint32_t step[2]; /* of the phase: a full turn is 2^32 */
    int32_t peak;     /* of each */
};

struct sound {
    bool mu_law;
    const int16_t *pcm; /* speech; NULL: silence */
    int64_t pcm_samples;
    int64_t gain; /* in 1/256 */
    int64_t noise_rms;
    uint64_t noise_seed;
    bool mutes; /* a tone is heard alone, without the voice */
    struct sound_wave waves[SOUND_TONES_MAX];
    int wave_count;
};

/* What an ideal probe would measure of the packets that came. */
struct sound_seen {
    int64_t packets, silent;  /* those under −50 dBm0 */
    int64_t samples, clipped; /* at either end of the scale */
    int64_t loud_samples;     /* of packets that are not silent */
    double loud_square;       /* the sum of their squares; 1: full scale of the law */
};

void sound_init(struct sound *s, const struct sound_plan *plan, bool mu_law, const int16_t *pcm,
                int64_t pcm_samples, uint64_t noise_seed);
/* One more tone than the plan has; left out when there is no room. */
void sound_add(struct sound *s, const struct sound_tone *tone);

/* A packet's samples from that one of the stream on. */
void sound_render(const struct sound *s, int64_t first, uint8_t *out, size_t count);

/* The two frequencies of a key. */
struct sound_tone sound_key(char digit, double dbm0, double start_s, double length_s);

void sound_measure(struct sound_seen *seen, bool mu_law, const uint8_t *bytes, size_t count);
double sound_level_dbm0(const struct sound_seen *seen, bool mu_law); /* NaN: all silent */

#endif
