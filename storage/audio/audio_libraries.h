/*
 * audio_libraries - the libraries that listening stands on: what each is for, and which version.
 */
#ifndef STORAGE_AUDIO_AUDIO_LIBRARIES_H
#define STORAGE_AUDIO_AUDIO_LIBRARIES_H

#include <stddef.h>

struct audio_library {
    const char *name;    /* "libopus" */
    const char *version; /* NULL: not built in */
    const char *purpose; /* "Opus" */
};

/* NULL past the last one. */
const struct audio_library *audio_library_at(size_t i);

#endif
