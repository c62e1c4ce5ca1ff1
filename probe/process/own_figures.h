/*
 * own_figures - what this very process takes of the machine: memory, time, threads, descriptors.
 *
 * Thread  Any; no state. Reads /proc/self, some 50 µs.
 */
#ifndef PROBE_PROCESS_OWN_FIGURES_H
#define PROBE_PROCESS_OWN_FIGURES_H

#include "analyzer/base/jsonw.h"

enum { OWN_FIGURES_NONE = -1 };

/* OWN_FIGURES_NONE: not known. */
struct own_figures {
    int64_t pid;
    int64_t started_s; /* epoch */
    int64_t rss_bytes; /* all that lies in memory, pages of mapped files too */
    int64_t own_bytes; /* of it what is its own: the system cannot drop it */
    double cpu_s;      /* of all its threads since it began */
    int64_t threads, fds;
};

void own_figures_read(struct own_figures *out);

/* {"name":"web","pid":…}, as docs/API.md has it. */
void own_figures_write(struct jsonw *j, const char *name, const struct own_figures *figures);

#endif
