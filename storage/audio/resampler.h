/*
 * resampler - samples of one rate in, of another out, without a delay of its own.
 *
 * libspeexdsp; without it straight lines between the samples, which lets a little of the highest
 * tones alias. Output sample k belongs to the same time as input sample k · in / out.
 *
 * Ownership  resampler_open/close. The sink is called from within push and flush.
 * Thread     One thread a resampler.
 */
#ifndef STORAGE_AUDIO_RESAMPLER_H
#define STORAGE_AUDIO_RESAMPLER_H

#include <stddef.h>
#include <stdint.h>

struct resampler;

typedef void (*resampler_fn)(void *ctx, const int16_t *samples, size_t count);

/* 0 or −ENOMEM. Equal rates are fine: samples pass through. */
int resampler_open(struct resampler **rp, uint32_t in_hz, uint32_t out_hz);
void resampler_close(struct resampler *r);

uint32_t resampler_in_hz(const struct resampler *r);

void resampler_push(struct resampler *r, const int16_t *samples, size_t count, resampler_fn fn,
                    void *ctx);

/* The rest of what was pushed; then as new. */
void resampler_flush(struct resampler *r, resampler_fn fn, void *ctx);

#endif
