/*
 * doctor_listen - listens for a while, and counts what comes.
 *
 * The frames go through an engine that stores nothing, so that the doctor hears what a run would.
 *
 * Thread     One thread.
 */
#ifndef PROBE_CMD_DOCTOR_LISTEN_H
#define PROBE_CMD_DOCTOR_LISTEN_H

#include "probe/capture/source.h"
#include "probe/cmd/doctor_heard.h"
#include "probe/engine/engine.h"

struct doctor_listen_options {
    struct source *source;
    const char *interface; /* "any" has no address of its own */
    const struct decap_options *decap;
    int seconds;
    bool quiet; /* no progress, even on a terminal */
};

/* Until the time is up or somebody asks to stop. 0; or −errno with *error filled in. What the mirror
 * is to be blamed for is added to the report on the way. */
int doctor_listen(const struct doctor_listen_options *options, struct doctor_heard *out,
                  struct doctor_report *report, struct source_error *error);

#endif
