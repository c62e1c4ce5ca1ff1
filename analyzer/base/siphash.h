/*
 * siphash - a keyed hash that an outsider cannot aim.
 *
 * Every hash table whose keys come off the wire uses it with a key drawn at start, so that nobody
 * can prepare keys that collide. SipHash-1-3: one round per word, three to finish.
 *
 * Source  Aumasson, Bernstein: SipHash, a fast short-input PRF (2012)
 */
#ifndef ANALYZER_BASE_SIPHASH_H
#define ANALYZER_BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
    uint64_t k[2];
};

uint64_t siphash(const struct siphash_key *key, const void *data, size_t len);

#endif
