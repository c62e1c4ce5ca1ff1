/*
 * pseudonym - a keyed permutation of the numbers of one to eight digits.
 *
 * Ten rounds of an unbalanced Feistel network over decimal digits, SipHash as its round function; as
 * many rounds as NIST's FF1 has. Nobody without the key can go back; who has it can do so at once, and
 * who may ask for the pseudonyms of any number can learn them all: there are but 10^8.
 *
 * Source  Black and Rogaway: Ciphers with arbitrary finite domains (2002); NIST SP 800-38G (its shape,
 *         not its cipher).
 */
#ifndef ANALYZER_PRIVACY_PSEUDONYM_H
#define ANALYZER_PRIVACY_PSEUDONYM_H

#include "analyzer/base/siphash.h"

enum { PSEUDONYM_DIGITS_MAX = 8 };

/* value < 10^digits; so is the result. digits: 1 to PSEUDONYM_DIGITS_MAX. */
uint32_t pseudonym_of(const struct siphash_key *key, uint32_t value, unsigned digits);

#endif
