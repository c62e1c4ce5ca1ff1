/*
 * latest_line - the newest message of one kind, for the workers to read.
 *
 * Ownership  latest_line_init/fini in place. The text is copied both ways.
 * Thread     Any.
 */
#ifndef PROBE_WEB_LATEST_LINE_H
#define PROBE_WEB_LATEST_LINE_H

#include "analyzer/base/strbuf.h"

#include <pthread.h>

struct latest_line {
    pthread_mutex_t lock;
    struct strbuf text; /* empty: none has come */
};

int latest_line_init(struct latest_line *l); /* 0 or −errno */
void latest_line_fini(struct latest_line *l);

void latest_line_set(struct latest_line *l, struct slice line);
/* Appends it. */
void latest_line_add_to(struct latest_line *l, struct strbuf *out);

#endif
