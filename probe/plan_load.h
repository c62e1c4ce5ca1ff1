/*
 * plan_load - the dial plan that the configuration describes, and what else the analyzer borrows of
 * it for the length of a run.
 *
 * Ownership  plan_load/plan_load_fini; nothing of it points into the configuration.
 * Errors     Whole sentences, one a line, with file and line, appended to a strbuf.
 */
#ifndef PROBE_PLAN_LOAD_H
#define PROBE_PLAN_LOAD_H

#include "analyzer/plan/plan.h"
#include "probe/keep_load.h"
#include "probe/privacy_load.h"

enum { PLAN_LOAD_HEADERS_MAX = 16 };

struct plan_loaded {
    struct plan *plan;
    struct slice headers[PLAN_LOAD_HEADERS_MAX]; /* legs.headers */
    size_t header_count;
    char *texts;
    uint8_t hours_from, hours_to; /* security.hours */
    struct privacy privacy;
    struct keep_loaded keep; /* what of whose packets is stored */
};

/* 0; −EINVAL after a complaint; or −ENOMEM. *out is to be freed with plan_load_fini either way. */
int plan_load(struct plan_loaded *out, const struct config *config, struct strbuf *errors);
void plan_load_fini(struct plan_loaded *loaded);

#endif
