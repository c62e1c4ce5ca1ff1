/*
 * privacy_load - what the configuration says of people's names, numbers and secrets, and the key.
 *
 * Errors  Whole sentences, one a line, with the file, appended to a strbuf.
 */
#ifndef PROBE_PRIVACY_LOAD_H
#define PROBE_PRIVACY_LOAD_H

#include "analyzer/privacy/privacy.h"
#include "probe/config.h"

/* 0; −EINVAL after a complaint: no key where one is needed, or one that others may read. */
int privacy_load(struct privacy *out, const struct config *config, struct strbuf *errors);

#endif
