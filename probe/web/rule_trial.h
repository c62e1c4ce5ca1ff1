/*
 * rule_trial - when a rule would have fired: `earshot rules test`, in a process of its own.
 *
 * Reading weeks of a store takes its time and its memory: a child has both, with a limit, at low priority.
 *
 * Thread  Blocks its caller, a worker, until the child is gone.
 * Errors  An HTTP status, and a sentence for a person.
 */
#ifndef PROBE_WEB_RULE_TRIAL_H
#define PROBE_WEB_RULE_TRIAL_H

#include "analyzer/base/strbuf.h"

#include <stdatomic.h>

enum { RULE_TRIAL_TIME_MAX_S = 60, RULE_TRIAL_OUTPUT_MAX = 8 << 20, RULE_TRIAL_MESSAGE_MAX = 512 };

struct rule_trial {
    const char *program; /* NULL: this very program */
    const char *rule, *store_dir, *rules_dir;
    const char *since;       /* "7d" */
    const atomic_bool *gone; /* nobody waits any more */
    struct strbuf *output;   /* what it says; `failed`: it had more to say */
};

/* 200: it is in the output. Else the status of the answer, and why. */
int rule_trial_run(const struct rule_trial *trial, char message[RULE_TRIAL_MESSAGE_MAX]);

#endif
