/*
 * render - the sound of a call, made by a process of its own.
 *
 * Decoders are large, old, and fed with a stranger's bytes: none runs here. `earshot export` is
 * started with no descriptor but its three, without a way to gain rights, at low priority, with limits
 * of time, memory and length of its file; what it complains of last becomes our answer.
 *
 * Thread  Blocks its caller, a worker, until the child is gone.
 * Errors  An HTTP status, and a sentence for a person.
 */
#ifndef PROBE_WEB_RENDER_H
#define PROBE_WEB_RENDER_H

#include "analyzer/base/slice.h"

enum { RENDER_TIME_MAX_S = 300, RENDER_MESSAGE_MAX = 256 };

struct render_job {
    const char *program;     /* NULL: this very program */
    const char *config_file; /* NULL: none */
    const char *store_dir;
    uint64_t call;
    const char *format;  /* wav flac ogg peaks */
    const char *gaps;    /* conceal silence */
    unsigned peaks;      /* buckets, of the format peaks */
    unsigned time_max_s; /* 0: RENDER_TIME_MAX_S */
    int to;              /* an empty file, to be written in place */
    /* Asked ten times a second: is nobody waiting any more? */
    bool (*is_unwanted)(void *ctx);
    void *ctx;
};

/* 200: it is in the file. Else the status of the answer, and why. */
int render_run(const struct render_job *job, char message[RENDER_MESSAGE_MAX]);

/* What the exit of the child means: the status. status: as waitpid gives it. said: its last line on
 * the standard error. */
int render_judge(int status, struct slice said, char message[RENDER_MESSAGE_MAX]);

#endif
