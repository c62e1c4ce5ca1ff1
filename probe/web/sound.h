/*
 * sound - calls as sound files: made on demand by a child, a few of them kept for the next range.
 *
 * A player asks for one file in many pieces. The file has no name anywhere; it is kept while it is
 * among the newest few, and each answer holds a descriptor of its own, so that one thrown out here is
 * read to its end there. What changes still, a call in progress, is made anew each time.
 *
 * Ownership  sound_open/close. A descriptor that is handed out is the caller's.
 * Thread     Any; a worker may block in sound_get for as long as a child takes.
 * Bounded    SOUND_RENDERS_MAX workers in there at a time, SOUND_FILES_MAX files,
 *            SOUND_BYTES_MAX of them.
 */
#ifndef PROBE_WEB_SOUND_H
#define PROBE_WEB_SOUND_H

#include "analyzer/base/addr.h"
#include "probe/web/exchange.h"
#include "probe/web/render.h"

#include <stdatomic.h>

enum {
    SOUND_RENDERS_MAX = 2,
    SOUND_FILES_MAX = 8,
};
#define SOUND_BYTES_MAX (UINT64_C(512) << 20)

struct sound;

struct sound_options {
    const char *store_dir;
    const char *program;     /* NULL: this very program */
    const char *config_file; /* NULL: none */
    unsigned time_max_s;     /* 0: RENDER_TIME_MAX_S */
};

struct sound_key {
    uint64_t call;
    uint8_t format, gaps; /* enum params_format, enum params_gaps */
    uint32_t buckets;     /* 0: not peaks */
};

struct sound_file {
    int fd; /* −1: none */
    uint64_t size;
    char etag[EXCHANGE_TAG_MAX]; /* of its bytes: made twice, it is the same */
};

/* 0 or −errno. */
int sound_open(struct sound **sp, const struct sound_options *options);
void sound_close(struct sound *s);

/* No child runs on: for the end of the workers. */
void sound_stop(struct sound *s);

/* 200 and the file; else the status of the answer and why. keep: it will not change any more.
 * gone: set by another thread when nobody waits any more. */
int sound_get(struct sound *s, const struct sound_key *key, bool keep, const atomic_bool *gone,
              struct sound_file *out, char message[RENDER_MESSAGE_MAX]);

#endif
