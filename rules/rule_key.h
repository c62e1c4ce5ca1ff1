/*
 * rule_key - the bytes that tell a record's group, made once for all rules that group alike.
 *
 * Ownership  rule_key_fini; zeroed is empty.
 */
#ifndef RULES_RULE_KEY_H
#define RULES_RULE_KEY_H

#include "analyzer/base/siphash.h"
#include "rules/rule.h"

struct rule_key {
    struct strbuf bytes;
    uint64_t hash;
    uint64_t record;    /* number of the record that it is of; 0: of none */
    bool is_known;      /* the record knows its first field */
    struct strbuf part; /* room */
};

void rule_key_fini(struct rule_key *k);

/* Do the two rules group by the same fields of the same records? */
bool rule_key_is_shared(const struct rule *a, const struct rule *b);

/* Of a record of the rule's type. What it does not know of the further fields makes a group too. */
void rule_key_make(struct rule_key *k, const struct rule *rule, const struct siphash_key *hash_key,
                   const void *record);

/* The part of the bytes that is the field of that number; absent: the record did not know it. */
struct slice rule_key_part(struct slice key, size_t which);

#endif
