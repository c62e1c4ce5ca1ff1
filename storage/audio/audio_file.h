/*
 * audio_file - stereo samples as a WAV, FLAC or Ogg file, by libsndfile.
 *
 * Ogg is Ogg Opus where libsndfile can, else Ogg Vorbis. The file is written in place, its header put
 * right at the end: so it must be one that can be sought in.
 *
 * Ownership  audio_file_open/close; the descriptor stays the caller's.
 * Thread     One thread a file.
 * Errors     −errno; −ENOSYS: libsndfile is not built in, or not with that format.
 */
#ifndef STORAGE_AUDIO_AUDIO_FILE_H
#define STORAGE_AUDIO_AUDIO_FILE_H

#include "analyzer/base/slice.h"

enum audio_file_format { AUDIO_FILE_WAV, AUDIO_FILE_FLAC, AUDIO_FILE_OGG, AUDIO_FILE_FORMATS };

/* "wav", "flac", "ogg": also the ends of file names. False: none of them. */
bool audio_file_format_find(struct slice name, enum audio_file_format *format);

struct audio_file;

/* fd: empty, at its beginning, open for reading and writing (or writing alone: WAV). */
int audio_file_open(struct audio_file **fp, int fd, enum audio_file_format format,
                    uint32_t rate_hz);
int audio_file_write(struct audio_file *f, const int16_t *stereo, size_t frames);
/* What is left goes out, and the header. 0 or −errno; NULL is fine. */
int audio_file_close(struct audio_file *f);

#endif
