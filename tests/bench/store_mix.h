/*
 * store_mix - the calls that bench_store writes: a made-up carrier's day, always the same.
 *
 * Of 100 calls 55 are answered and have media, 20 are cancelled by the caller, 15 busy or not found,
 * 6 failed with a 5xx, 4 answered without media. Call-IDs have 36 to 46 bytes. Both numbers are there,
 * as dialled and as E.164; a fifth is dialled nationally. 40 hosts, 12 trunks, 60 destinations, 30
 * products as user agents; one call in a million is of an oddphone. Three in ten are challenged, which is an entry in their history.
 *
 * Ownership  The texts lie in struct mix_texts.
 */
#ifndef TESTS_BENCH_STORE_MIX_H
#define TESTS_BENCH_STORE_MIX_H

#include "analyzer/record.h"

struct mix_texts {
    char call_id[64], from[40], to[40], from_number[32], to_number[32];
    char from_uri[128], to_uri[128], from_tag[32], to_tag[32];
    char user_agent[48], server[48], destination[48], prefix[16], trunk_in[24], trunk_out[24];
    char history[160], evidence[1200];
};

uint64_t mix_bits(uint64_t x);

size_t mix_call_id(long n, char out[64]);

/* Call n as it begins, and then as it ends. */
void mix_begin(struct call_record *c, struct mix_texts *t, long n, int64_t time_ns);
void mix_end(struct call_record *c, struct mix_texts *t, long n);

#endif
