/*
 * export_sound - a stored call as sound, or as the outline of one, for 'earshot export'.
 *
 * Listening is off unless the configuration says audio.listen: yes, and each time it is done a line
 * goes to the store's audit.jsonl first. The web process does both itself and says so (is_audited).
 *
 * Thread  Main thread. Decoders run here: for the web this is a child of its own, with limits.
 */
#ifndef PROBE_CMD_EXPORT_SOUND_H
#define PROBE_CMD_EXPORT_SOUND_H

#include "probe/cli.h"
#include "storage/audio/audio_file.h"

struct export_sound {
    const char *store, *output; /* "-": standard output */
    const char *config;         /* NULL: none given */
    uint64_t call;
    bool is_peaks;                 /* JSON instead of a file of sound */
    enum audio_file_format format; /* … otherwise */
    bool silent_gaps;
    bool is_audited;
    int64_t buckets;
};

/* Returns the exit status, everything said. */
int export_sound(const struct cli_command *command, const struct export_sound *options);

#endif
