/*
 * keep_load - what store.keep, store.policy, store.media_of and store.media_sample say, with their filters
 * made.
 *
 * Ownership  keep_load/keep_load_fini; nothing of it points into the configuration.
 * Errors     Whole sentences, one a line, with the column of the word at fault, appended to a strbuf.
 */
#ifndef PROBE_KEEP_LOAD_H
#define PROBE_KEEP_LOAD_H

#include "probe/config.h"
#include "probe/engine/keep_policy.h"

struct keep_loaded {
    struct keep_options options;
    struct keep_rule *rules;
    const struct filter **media_of;
    struct filter **filters; /* all of them */
    size_t filter_count;
};

/* 0; −EINVAL after a complaint; or −ENOMEM. *out is to be freed with keep_load_fini either way. */
int keep_load(struct keep_loaded *out, const struct config *config, struct strbuf *errors);
void keep_load_fini(struct keep_loaded *loaded);

/* Whether the text of store.policy ("LEVEL FILTER") or, without with_level, of store.media_of can be
 * read; else a sentence in *why. */
bool keep_load_check(struct slice text, bool with_level, struct strbuf *why);

#endif
