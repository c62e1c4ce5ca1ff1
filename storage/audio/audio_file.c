#include "storage/audio/audio_file.h"

#include "storage/audio/audio_have.h"

#include <errno.h>
#include <stdlib.h>

static const char *const names[AUDIO_FILE_FORMATS] = { "wav", "flac", "ogg" };

bool audio_file_format_find(struct slice name, enum audio_file_format *format)
{
    for (size_t i = 0; i < AUDIO_FILE_FORMATS; i++) {
        if (slice_ieq(name, slice_of_text(names[i]))) {
            *format = (enum audio_file_format)i;
            return true;
        }
    }
    return false;
}

#if HAVE_SNDFILE

#include <sndfile.h>

enum { CHANNELS = 2 };

struct audio_file {
    SNDFILE *file;
};

/* In the order in which they are tried. */
static const struct {
    enum audio_file_format format;
    int type;
} types[] = {
    { AUDIO_FILE_WAV, SF_FORMAT_WAV | SF_FORMAT_PCM_16 },
    { AUDIO_FILE_FLAC, SF_FORMAT_FLAC | SF_FORMAT_PCM_16 },
    { AUDIO_FILE_OGG, SF_FORMAT_OGG | SF_FORMAT_OPUS },
    { AUDIO_FILE_OGG, SF_FORMAT_OGG | SF_FORMAT_VORBIS },
};

static bool choose_type(SF_INFO *info, enum audio_file_format format)
{
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        info->format = types[i].type;
        if (types[i].format == format && sf_format_check(info))
            return true;
    }
    return false;
}

static int last_error(SNDFILE *file)
{
    if (sf_error(file) == SF_ERR_SYSTEM && errno)
        return -errno;
    return -EIO;
}

int audio_file_open(struct audio_file **fp, int fd, enum audio_file_format format, uint32_t rate_hz)
{
    SF_INFO info = { .samplerate = (int)rate_hz, .channels = CHANNELS };
    struct audio_file *f;
    int err;

    if (!choose_type(&info, format))
        return -ENOSYS;
    f = calloc(1, sizeof *f);
    if (!f)
        return -ENOMEM;
    errno = 0;
    f->file = sf_open_fd(fd, SFM_WRITE, &info, SF_FALSE);
    if (!f->file) {
        err = last_error(NULL);
        free(f);
        return err;
    }
    *fp = f;
    return 0;
}

int audio_file_write(struct audio_file *f, const int16_t *stereo, size_t frames)
{
    errno = 0;
    if (sf_writef_short(f->file, stereo, (sf_count_t)frames) == (sf_count_t)frames)
        return 0;
    return last_error(f->file);
}

int audio_file_close(struct audio_file *f)
{
    int err;

    if (!f)
        return 0;
    errno = 0;
    sf_write_sync(f->file);
    err = sf_close(f->file) == 0 ? 0 : errno ? -errno : -EIO;
    free(f);
    return err;
}

#else

int audio_file_open(struct audio_file **fp, int fd, enum audio_file_format format, uint32_t rate_hz)
{
    (void)fp;
    (void)fd;
    (void)format;
    (void)rate_hz;
    return -ENOSYS;
}

int audio_file_write(struct audio_file *f, const int16_t *stereo, size_t frames)
{
    (void)f;
    (void)stereo;
    (void)frames;
    return -ENOSYS;
}

int audio_file_close(struct audio_file *f)
{
    (void)f;
    return 0;
}

#endif
