/*
 * receivers_load - whom alerts are told, from the configuration and the files with secrets that it names.
 *
 * Ownership  receivers_load_fini frees and wipes it, also after an error. Borrows the configuration.
 * Errors     Sentences, one a line; what they say is no secret.
 */
#ifndef PROBE_RECEIVERS_LOAD_H
#define PROBE_RECEIVERS_LOAD_H

#include "probe/config.h"
#include "probe/notify/maintenance.h"
#include "probe/notify/receiver.h"

struct receivers_loaded {
    struct receiver *receivers;
    size_t count;
    struct maintenance *windows;
    size_t window_count;
    char **secrets; /* lines of files */
    size_t secret_count;
};

/* 0, −EINVAL: a file with a secret is no good; −ENOMEM. */
int receivers_load(struct receivers_loaded *out, const struct config *config,
                   struct strbuf *errors);
void receivers_load_fini(struct receivers_loaded *out);

#endif
