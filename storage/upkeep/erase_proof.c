/*
 * The proof: nothing is taken on trust from the steps before, all files are read anew.
 */
#include "storage/packets/packet_log.h"
#include "storage/upkeep/erase_audit.h"
#include "storage/upkeep/erase_segments.h"
#include "storage/upkeep/erase_work.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct proof {
    struct erase *e;
    uint64_t times; /* in the chunks of the segments of one day and kind */
};

static void tell(struct erase *e, const char *file, uint64_t times)
{
    if (times == 0)
        return;
    e->result->found += times;
    e->result->found_files++;
    if (e->options->left)
        e->options->left(e->options->ctx, file, times);
}

/* Piece by piece, so that somebody sees it go on; pieces overlap by more than a number can be long, and
 * what the last one saw of it is taken off. */
static uint64_t count_in(struct erase *e, const char *bytes, size_t len)
{
    enum { PIECE = 16 << 20, OVERLAP = 256 };
    uint64_t times = 0;

    for (size_t at = 0; at < len; at += PIECE) {
        size_t begin = at < OVERLAP ? 0 : at - OVERLAP;
        size_t end = len - at < PIECE ? len : at + PIECE;

        times += number_forms_count(e->forms, slice_of(bytes + begin, end - begin));
        if (begin < at)
            times -= number_forms_count(e->forms, slice_of(bytes + begin, at - begin));
        erase_progress(e, "proof", end - at);
    }
    return times;
}

static int look_at_file(struct erase *e, const char *path, const struct stat *st)
{
    const char *bytes;
    int fd;

    e->result->files++;
    if (st->st_size == 0)
        return 0;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? 0 : -errno;
    bytes = mmap(NULL, (size_t)st->st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return -errno;
    tell(e, path, count_in(e, bytes, (size_t)st->st_size));
    munmap((void *)(uintptr_t)bytes, (size_t)st->st_size);
    return 0;
}

static bool is_trail(const FTSENT *entry)
{
    return entry->fts_level == 1 && strcmp(entry->fts_name, "audit.jsonl") == 0;
}

/* Its hashes may hold any digits: only its texts are looked at. */
static int look_at_trail(struct erase *e, const char *path)
{
    uint64_t lines = 0;
    int err = erase_audit(e->dir, e->forms, ERASE_AUDIT_LEFT, &lines);

    e->result->files++;
    tell(e, path, lines);
    return err;
}

static int look_at_files(struct erase *e)
{
    char *paths[] = { (char *)(uintptr_t)e->dir, NULL };
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    int err = 0;

    if (!tree)
        return -errno;
    while (err == 0 && (errno = 0, entry = fts_read(tree)) != NULL) {
        if (entry->fts_info == FTS_F && is_trail(entry))
            err = look_at_trail(e, entry->fts_path);
        else if (entry->fts_info == FTS_F)
            err = look_at_file(e, entry->fts_path, entry->fts_statp);
        else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR)
            err = -entry->fts_errno;
    }
    if (err == 0 && errno)
        err = -errno;
    fts_close(tree);
    return err;
}

static int look_at_chunk(void *ctx, struct erase_chunk *c)
{
    struct proof *p = ctx;

    p->e->result->chunks++;
    erase_progress(p->e, "proof", CHUNK_HEADER_BYTES + c->header.payload_bytes);
    if (erase_chunk_load(c))
        p->times += number_forms_count(p->e->forms, slice_of(c->raw, c->header.raw_bytes));
    return 0;
}

int erase_proof_make(struct erase *e)
{
    int err = look_at_files(e);

    for (size_t d = 0; err == 0 && d < e->day_count; d++) {
        for (uint8_t kind = 0; err == 0 && kind < PACKET_KINDS; kind++) {
            struct proof p = { e, 0 };

            err = erase_segments_walk(e->dir, e->days[d], kind, look_at_chunk, &p);
            tell(e, "packets, unpacked", p.times);
        }
    }
    return err;
}
