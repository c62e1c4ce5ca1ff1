/*
 * concealer - what a codec without a guess of its own puts in the place of lost packets.
 *
 * spandsp's, which repeats the last pitch period and fades it out within 50 ms; without spandsp the
 * last 20 ms, repeated and faded likewise.
 *
 * Ownership  concealer_init/fini; zeroed is not yet open.
 * Thread     One thread a concealer.
 */
#ifndef STORAGE_AUDIO_CONCEALER_H
#define STORAGE_AUDIO_CONCEALER_H

#include <stddef.h>
#include <stdint.h>

enum { CONCEALER_HISTORY = 960 }; /* 20 ms at 48 kHz */

struct concealer {
    void *plc; /* spandsp's; NULL: the history is repeated */
    uint32_t rate_hz;
    size_t missing; /* samples since the last that were heard */
    int16_t history[CONCEALER_HISTORY];
};

/* 0 or −ENOMEM. */
int concealer_init(struct concealer *c, uint32_t rate_hz);
void concealer_fini(struct concealer *c);

/* Samples that were heard; those after a gap are blended with its end. */
void concealer_heard(struct concealer *c, int16_t *samples, size_t count);
void concealer_fill(struct concealer *c, int16_t *out, size_t count);

#endif
