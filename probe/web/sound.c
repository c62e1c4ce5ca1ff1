#define _GNU_SOURCE /* O_TMPFILE */
#include "probe/web/sound.h"

#include "analyzer/base/siphash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASHED_BYTES = 64 * 1024 };

struct kept {
    struct sound_key key;
    struct sound_file file; /* fd −1: free */
    uint64_t used;
};

struct sound {
    struct sound_options options;
    pthread_mutex_t lock;
    pthread_cond_t made; /* a child is gone */
    struct kept kept[SOUND_FILES_MAX];
    struct sound_key busy[SOUND_RENDERS_MAX]; /* being made; call 0: free */
    size_t inside;                            /* workers that make a file or wait for one */
    uint64_t turn, bytes;
    atomic_bool stopping;
};

int sound_open(struct sound **sp, const struct sound_options *options)
{
    struct sound *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    s->options = *options;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->made, NULL);
    for (size_t i = 0; i < SOUND_FILES_MAX; i++)
        s->kept[i].file.fd = -1;
    *sp = s;
    return 0;
}

void sound_close(struct sound *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < SOUND_FILES_MAX; i++) {
        if (s->kept[i].file.fd >= 0)
            close(s->kept[i].file.fd);
    }
    pthread_cond_destroy(&s->made);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void sound_stop(struct sound *s)
{
    atomic_store(&s->stopping, true);
}

static bool same_key(const struct sound_key *a, const struct sound_key *b)
{
    return a->call == b->call && a->format == b->format && a->gaps == b->gaps &&
           a->buckets == b->buckets;
}

/* ---- the files ---- */

static void drop(struct sound *s, struct kept *k)
{
    close(k->file.fd);
    s->bytes -= k->file.size;
    k->file.fd = -1;
}

static struct kept *oldest(struct sound *s)
{
    struct kept *found = NULL;

    for (size_t i = 0; i < SOUND_FILES_MAX; i++) {
        struct kept *k = &s->kept[i];

        if (k->file.fd >= 0 && (!found || k->used < found->used))
            found = k;
    }
    return found;
}

static struct kept *free_place(struct sound *s)
{
    for (size_t i = 0; i < SOUND_FILES_MAX; i++) {
        if (s->kept[i].file.fd < 0)
            return &s->kept[i];
    }
    return NULL;
}

/* A descriptor of the caller's own. */
static bool lend(const struct sound_file *file, struct sound_file *out)
{
    *out = *file;
    out->fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
    return out->fd >= 0;
}

static bool find_kept(struct sound *s, const struct sound_key *key, struct sound_file *out)
{
    for (size_t i = 0; i < SOUND_FILES_MAX; i++) {
        struct kept *k = &s->kept[i];

        if (k->file.fd < 0 || !same_key(&k->key, key))
            continue;
        k->used = ++s->turn;
        return lend(&k->file, out);
    }
    return false;
}

static void keep_file(struct sound *s, const struct sound_key *key, const struct sound_file *file)
{
    struct kept *place;

    if (file->size > SOUND_BYTES_MAX / 2)
        return;
    while (s->bytes + file->size > SOUND_BYTES_MAX || !free_place(s))
        drop(s, oldest(s));
    place = free_place(s);
    if (!lend(file, &place->file)) {
        place->file.fd = -1;
        return;
    }
    place->key = *key;
    place->used = ++s->turn;
    s->bytes += file->size;
}

/* Beside the store, where there is room; else where temporary files go. */
static int open_nameless(const char *store_dir)
{
    int fd = open(store_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    return fd >= 0 ? fd : open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* The size, and a tag made of the bytes. 0 or −errno. */
static int describe(struct sound_file *file)
{
    struct siphash_key key = { { 0, 0 } };
    uint8_t *piece = malloc(HASHED_BYTES);
    ssize_t n;

    if (!piece)
        return -ENOMEM;
    file->size = 0;
    while ((n = pread(file->fd, piece, HASHED_BYTES, (off_t)file->size)) > 0) {
        key.k[0] = siphash(&key, piece, (size_t)n);
        key.k[1] += (uint64_t)n;
        file->size += (uint64_t)n;
    }
    free(piece);
    snprintf(file->etag, sizeof file->etag, "\"%016" PRIx64 "-%" PRIx64 "\"", key.k[0], file->size);
    return n < 0 ? -errno : 0;
}

/* ---- making one ---- */

struct wish {
    struct sound *sound;
    const atomic_bool *gone;
};

static bool is_unwanted(void *ctx)
{
    struct wish *w = ctx;

    return atomic_load(&w->sound->stopping) || (w->gone && atomic_load(w->gone));
}

static int make_file(struct sound *s, const struct sound_key *key, const atomic_bool *gone,
                     struct sound_file *out, char message[RENDER_MESSAGE_MAX])
{
    struct wish wish = { s, gone };
    struct render_job job = {
        .program = s->options.program,
        .config_file = s->options.config_file,
        .store_dir = s->options.store_dir,
        .call = key->call,
        .format = params_format_name(key->format),
        .gaps = params_gaps_name(key->gaps),
        .peaks = key->buckets,
        .time_max_s = s->options.time_max_s,
        .is_unwanted = is_unwanted,
        .ctx = &wish,
    };
    int answer;

    out->fd = job.to = open_nameless(s->options.store_dir);
    if (out->fd < 0) {
        snprintf(message, RENDER_MESSAGE_MAX, "no file to make the sound in (error %d)", errno);
        return 503;
    }
    answer = render_run(&job, message);
    if (answer == 200 && describe(out) != 0) {
        snprintf(message, RENDER_MESSAGE_MAX, "the sound cannot be read back");
        answer = 500;
    }
    if (answer != 200) {
        close(out->fd);
        out->fd = -1;
    }
    return answer;
}

static bool is_busy(const struct sound *s, const struct sound_key *key)
{
    for (size_t i = 0; i < SOUND_RENDERS_MAX; i++) {
        if (s->busy[i].call && same_key(&s->busy[i], key))
            return true;
    }
    return false;
}

/* There is one: no more are inside than there are places. */
static struct sound_key *free_busy(struct sound *s)
{
    size_t i = 0;

    while (i + 1 < SOUND_RENDERS_MAX && s->busy[i].call)
        i++;
    return &s->busy[i];
}

/* With the lock held, as one of those inside. */
static int wait_or_make(struct sound *s, const struct sound_key *key, bool keep,
                        const atomic_bool *gone, struct sound_file *out,
                        char message[RENDER_MESSAGE_MAX])
{
    struct sound_key *mine;
    int answer;

    while (is_busy(s, key))
        pthread_cond_wait(&s->made, &s->lock);
    if (find_kept(s, key, out))
        return 200;
    mine = free_busy(s);
    *mine = *key;
    pthread_mutex_unlock(&s->lock);
    answer = make_file(s, key, gone, out, message);
    pthread_mutex_lock(&s->lock);
    mine->call = 0;
    if (answer == 200 && keep)
        keep_file(s, key, out);
    pthread_cond_broadcast(&s->made);
    return answer;
}

int sound_get(struct sound *s, const struct sound_key *key, bool keep, const atomic_bool *gone,
              struct sound_file *out, char message[RENDER_MESSAGE_MAX])
{
    int answer = 200;

    out->fd = -1;
    pthread_mutex_lock(&s->lock);
    if (!find_kept(s, key, out)) {
        if (s->inside >= SOUND_RENDERS_MAX) {
            snprintf(message, RENDER_MESSAGE_MAX,
                     "the sound of other calls is being made, try again in a few seconds");
            answer = 503;
        } else {
            s->inside++;
            answer = wait_or_make(s, key, keep, gone, out, message);
            s->inside--;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return answer;
}
