/*
 * The first byte tells the format: 0x0a begins a pcapng section header, and no pcap magic. It is
 * looked at and pushed back, which works on a pipe too.
 *
 * The offset in an error is that of the record that could not be read. libpcap does not tell it, so
 * it is counted here from the records' own lengths, and held against the FILE's position between
 * batches where there is one (a record longer than the file's snap length is handed over cut).
 */
#include "probe/capture/source_file.h"

#include "probe/capture/pcapng.h"

#include "analyzer/record.h"

#include <errno.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_BUFFER_BYTES = 1 << 20, /* few system calls, and still in the second-level cache */
    PCAP_FILE_HEADER_BYTES = 24,
    PCAP_RECORD_HEADER_BYTES = 16,
    PCAPNG_FIRST_BYTE = 0x0a,
};

struct file_source {
    struct source base;
    char *name;
    FILE *file;
    char *buffer;
    pcap_t *pcap; /* one of these two */
    struct pcapng *pcapng;
    uint32_t link_type;
    int64_t offset;      /* of the next record */
    int64_t bytes_total; /* RECORD_NONE: a pipe */
    int pending;         /* what the next poll says; 0: read on */
    frame_fn fn;         /* of the poll that is under way */
    void *ctx;
};

/* Compressed captures are the usual mistake; each with the program that unpacks to stdout. */
static const struct {
    const char *magic;
    size_t len;
    const char *is, *do_this;
} foreign_files[] = {
    { "\x1f\x8b", 2, "gzip", "gzip -dc" },       { "\x28\xb5\x2f\xfd", 4, "zstd", "zstd -dc" },
    { "\x04\x22\x4d\x18", 4, "lz4", "lz4 -dc" }, { "\xfd\x37zXZ", 5, "xz", "xz -dc" },
    { "BZh", 3, "bzip2", "bzip2 -dc" },
};

static const char advice_foreign[] =
    "not a pcap or pcapng file; name a file that tcpdump, dumpcap or Wireshark wrote";
static const char advice_cut[] = "what was read before it is kept; the capture may still be "
                                 "running, or its disk was full";
static const char advice_damaged[] =
    "what was read before it is kept; get the file again from where it was captured";

static int fail_foreign(struct file_source *s, struct source_error *error)
{
    char head[8];
    size_t got = 0;

    if (s->bytes_total != RECORD_NONE && fseeko(s->file, 0, SEEK_SET) == 0)
        got = fread(head, 1, sizeof head, s->file);
    for (size_t i = 0; i < sizeof foreign_files / sizeof foreign_files[0]; i++) {
        if (got >= foreign_files[i].len &&
            memcmp(head, foreign_files[i].magic, foreign_files[i].len) == 0)
            return source_fail(error, SOURCE_FAULT_DATA, EBADMSG,
                               "%s: offset 0: a %s file; unpack it: %s %s | earshot analyze -",
                               s->name, foreign_files[i].is, foreign_files[i].do_this, s->name);
    }
    return source_fail(error, SOURCE_FAULT_DATA, EBADMSG, "%s: offset 0: %s", s->name,
                       advice_foreign);
}

static int fail_read(struct file_source *s, struct source_error *error, int err)
{
    return source_fail(error, SOURCE_FAULT_READ, err, "%s: offset %lld: cannot read: %s", s->name,
                       (long long)s->offset, strerror(err));
}

static int fail_cut(struct file_source *s, struct source_error *error)
{
    return source_fail(error, SOURCE_FAULT_DATA, EBADMSG,
                       "%s: offset %lld: the file ends in the middle of a packet; %s", s->name,
                       (long long)s->offset, advice_cut);
}

static int fail_damaged(struct file_source *s, struct source_error *error, const char *reason)
{
    return source_fail(error, SOURCE_FAULT_DATA, EBADMSG, "%s: offset %lld: damaged: %s; %s",
                       s->name, (long long)s->offset, reason, advice_damaged);
}

static const char *file_name(const struct source *base)
{
    return ((const struct file_source *)base)->name;
}

static int file_fd(const struct source *base)
{
    (void)base;
    return -1;
}

static void file_stats(struct source *base, struct source_stats *out)
{
    struct file_source *s = (struct file_source *)base;

    out->bytes_read = s->offset;
    out->bytes_total = s->bytes_total;
}

static void file_close(struct source *base)
{
    struct file_source *s = (struct file_source *)base;

    pcapng_free(s->pcapng);
    if (s->pcap)
        pcap_close(s->pcap); /* closes the file too */
    else if (s->file)
        fclose(s->file);
    free(s->name);
    free(s->buffer);
    free(s);
}

/* After this batch comes `result` for ever; now, if the batch was empty. */
static int finish(struct file_source *s, int delivered, int result)
{
    s->pending = result;
    return delivered > 0 ? delivered : result;
}

static bool is_interrupted(const struct file_source *s)
{
    return atomic_load_explicit(&s->base.interrupted, memory_order_relaxed);
}

static void on_pcap_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    struct file_source *s = (struct file_source *)(void *)user;
    struct frame frame = {
        .time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec,
        .data = data,
        .captured_bytes = header->caplen,
        .wire_bytes = header->len > header->caplen ? header->len : header->caplen,
        .link_type = s->link_type,
    };

    s->offset += PCAP_RECORD_HEADER_BYTES + (int64_t)header->caplen;
    source_deliver(&s->base, &frame, s->fn, s->ctx);
}

static int explain_pcap_failure(struct file_source *s)
{
    int err = errno;

    if (is_interrupted(s))
        return SOURCE_END;
    if (ferror(s->file))
        return fail_read(s, &s->base.error, err ? err : EIO);
    if (feof(s->file))
        return fail_cut(s, &s->base.error);
    return fail_damaged(s, &s->base.error, pcap_geterr(s->pcap));
}

static int poll_pcap(struct source *base, int max_frames, frame_fn fn, void *ctx)
{
    struct file_source *s = (struct file_source *)base;
    int64_t before = s->base.frames, position;
    int result, delivered;

    if (s->pending)
        return s->pending;
    s->fn = fn;
    s->ctx = ctx;
    errno = 0;
    result = pcap_dispatch(s->pcap, max_frames, on_pcap_packet, (u_char *)s);
    delivered = (int)(s->base.frames - before);
    if (result < 0)
        return finish(s, delivered, explain_pcap_failure(s));
    if (delivered < max_frames)
        return finish(s, delivered, SOURCE_END);
    position = s->bytes_total == RECORD_NONE ? -1 : ftello(s->file);
    if (position >= 0)
        s->offset = position;
    return delivered;
}

static int explain_pcapng_end(struct file_source *s, struct source_error *error,
                              enum pcapng_result result)
{
    int err = errno;

    s->offset = (int64_t)pcapng_offset(s->pcapng);
    if (is_interrupted(s) || result == PCAPNG_END)
        return SOURCE_END;
    switch (result) {
    case PCAPNG_CUT:
        return fail_cut(s, error);
    case PCAPNG_FOREIGN:
        return fail_foreign(s, error);
    case PCAPNG_READ:
        return fail_read(s, error, err ? err : EIO);
    case PCAPNG_NO_MEMORY:
        return source_fail(error, SOURCE_FAULT_SYSTEM, ENOMEM, "%s: offset %lld: out of memory",
                           s->name, (long long)s->offset);
    default:
        return fail_damaged(s, error, pcapng_reason(s->pcapng));
    }
}

static int poll_pcapng(struct source *base, int max_frames, frame_fn fn, void *ctx)
{
    struct file_source *s = (struct file_source *)base;
    int delivered = 0;

    if (s->pending)
        return s->pending;
    while (delivered < max_frames) {
        struct frame frame;
        enum pcapng_result result = pcapng_next(s->pcapng, &frame);

        if (result != PCAPNG_FRAME)
            return finish(s, delivered, explain_pcapng_end(s, &s->base.error, result));
        frame.link_type = source_link_type((int)frame.link_type);
        source_deliver(&s->base, &frame, fn, ctx);
        delivered++;
    }
    s->offset = (int64_t)pcapng_offset(s->pcapng);
    return delivered;
}

static const struct source_ops pcap_ops = {
    .name = file_name,
    .poll = poll_pcap,
    .fd = file_fd,
    .stats = file_stats,
    .close = file_close,
};

static const struct source_ops pcapng_ops = {
    .name = file_name,
    .poll = poll_pcapng,
    .fd = file_fd,
    .stats = file_stats,
    .close = file_close,
};

static int open_pcap(struct file_source *s, struct source_error *error)
{
    char text[PCAP_ERRBUF_SIZE] = "";

    s->pcap = pcap_fopen_offline_with_tstamp_precision(s->file, PCAP_TSTAMP_PRECISION_NANO, text);
    if (!s->pcap) {
        int err = errno;

        if (ferror(s->file))
            return fail_read(s, error, err ? err : EIO);
        if (!feof(s->file) && strstr(text, "unknown file format"))
            return fail_foreign(s, error);
        if (!feof(s->file))
            return source_fail(error, SOURCE_FAULT_DATA, EBADMSG, "%s: offset 0: %s; %s", s->name,
                               text, advice_foreign);
        return source_fail(error, SOURCE_FAULT_DATA, EBADMSG,
                           "%s: offset 0: the file ends inside its header, there is no packet in "
                           "it; capture again, or %s",
                           s->name, "check that this is a pcap file");
    }
    s->link_type = source_link_type(pcap_datalink(s->pcap));
    s->offset = PCAP_FILE_HEADER_BYTES;
    s->base.ops = &pcap_ops;
    return 0;
}

/* Whether it is pcapng at all is known with the first block, so that is read by the first poll. */
static int open_pcapng(struct file_source *s, struct source_error *error)
{
    if (pcapng_new(&s->pcapng, s->file) != 0)
        return source_fail(error, SOURCE_FAULT_SYSTEM, ENOMEM, "%s: out of memory", s->name);
    s->base.ops = &pcapng_ops;
    return 0;
}

/* A FILE of our own on it, so that our buffer goes when the source goes. */
static FILE *open_standard_input(void)
{
    int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "rb");

    if (!file && fd >= 0)
        close(fd);
    return file;
}

static int open_stream(struct file_source *s, const char *path, struct source_error *error)
{
    struct stat st;

    s->file = strcmp(path, "-") == 0 ? open_standard_input() : fopen(path, "rbe");
    if (!s->file || fstat(fileno(s->file), &st) != 0) {
        int err = errno;

        return source_fail(error, SOURCE_FAULT_OPEN, err,
                           "%s: cannot open: %s; check the name and who may read it", path,
                           strerror(err));
    }
    if (S_ISDIR(st.st_mode))
        return source_fail(error, SOURCE_FAULT_OPEN, EISDIR,
                           "%s: a directory; name the capture files in it", path);
    s->bytes_total = S_ISREG(st.st_mode) ? (int64_t)st.st_size : RECORD_NONE;
    setvbuf(s->file, s->buffer, _IOFBF, FILE_BUFFER_BYTES);
    __fsetlocking(s->file, FSETLOCKING_BYCALLER); /* one thread: no lock a read */
    return 0;
}

static int open_format(struct file_source *s, struct source_error *error)
{
    int first_byte = getc(s->file);

    if (first_byte == EOF && ferror(s->file))
        return fail_read(s, error, errno);
    if (first_byte == EOF)
        return source_fail(error, SOURCE_FAULT_DATA, ENODATA,
                           "%s: offset 0: the file is empty; the capture has not been written yet, "
                           "or saw nothing",
                           s->name);
    ungetc(first_byte, s->file);
    return first_byte == PCAPNG_FIRST_BYTE ? open_pcapng(s, error) : open_pcap(s, error);
}

int source_file_open(struct source **sp, const char *path, struct source_error *error)
{
    struct file_source *s = calloc(1, sizeof *s);
    int err = -ENOMEM;

    if (s) {
        s->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
        s->buffer = malloc(FILE_BUFFER_BYTES);
    }
    if (!s || !s->name || !s->buffer)
        source_fail(error, SOURCE_FAULT_SYSTEM, ENOMEM, "%s: out of memory", path);
    else
        err = open_stream(s, path, error);
    if (!err)
        err = open_format(s, error);
    if (err) {
        if (s)
            file_close(&s->base);
        return err;
    }
    atomic_init(&s->base.interrupted, false);
    *sp = &s->base;
    return 0;
}
