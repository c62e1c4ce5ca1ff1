/*
 * about_facts - the libraries that this program stands on, each with its version, and what is configured.
 *
 * Ownership  about_facts_init/fini in place; borrows the configuration.
 * Thread     Main thread, before anything else starts.
 */
#ifndef PROBE_CMD_ABOUT_FACTS_H
#define PROBE_CMD_ABOUT_FACTS_H

#include "analyzer/base/strbuf.h"
#include "probe/config.h"
#include "probe/web/about.h"

enum { ABOUT_LIBRARIES_MAX = 32 };

struct about_facts {
    struct about about;
    struct about_library libraries[ABOUT_LIBRARIES_MAX];
    struct strbuf config;
};

/* config, file: NULL where there is none. */
void about_facts_init(struct about_facts *f, const struct config *config, const char *file);
void about_facts_fini(struct about_facts *f);

#endif
