/*
 * rule_folder - the rule files of a folder, read and parsed.
 *
 * Every *.yaml, in the order of their names.
 *
 * Ownership  rule_folder_read/fini; rules that are taken out (set to NULL) are the taker's.
 * Errors     −errno or −EINVAL with one line "file:line:column: what, and what to do"; nothing is left.
 */
#ifndef RULES_RULE_FOLDER_H
#define RULES_RULE_FOLDER_H

#include "rules/rule.h"

enum { RULE_FILES_MAX = 256 };

struct rule_file {
    struct rule *rule;
    uint64_t content[2]; /* a hash of the text: is it the same file? */
};

struct rule_folder {
    struct rule_file files[RULE_FILES_MAX];
    size_t count;
};

/* only: the name of one rule; NULL: all. occasions: 1 << enum rule_occasion of those to keep; 0: all. */
int rule_folder_read(struct rule_folder *f, const char *dir, const char *only, uint32_t occasions,
                     char *error, size_t error_room);
/* All that is wrong with the rules of a folder, or with one file, one a line with its line end; those
 * that are fine are in `f`. 0; −EINVAL; −errno when `path` itself cannot be read. */
int rule_folder_check(struct rule_folder *f, const char *path, struct strbuf *errors);

void rule_folder_fini(struct rule_folder *f);

#endif
