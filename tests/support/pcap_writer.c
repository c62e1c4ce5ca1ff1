#include "tests/support/pcap_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BUFFER_BYTES = 4 << 20,
    FRAME_MAX = 65535,
    FRAME_OVERHEAD = 64, /* more than any record header, padding and trailer */
    SNAPLEN = 262144,    /* what tcpdump writes today */
};

static const int64_t ns_per_s = 1000000000;

struct pcap_writer {
    struct pcap_writer_format format;
    int fd;
    int error;
    size_t used;
    uint8_t buffer[BUFFER_BYTES];
};

/* All fields in the byte order of this machine: the magic number tells the reader. */
static uint8_t *put32(uint8_t *p, uint32_t value)
{
    memcpy(p, &value, 4);
    return p + 4;
}

static uint8_t *put16(uint8_t *p, uint16_t value)
{
    memcpy(p, &value, 2);
    return p + 2;
}

static void flush(struct pcap_writer *w)
{
    size_t done = 0;

    while (!w->error && done < w->used) {
        ssize_t n = write(w->fd, w->buffer + done, w->used - done);

        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            w->error = -errno;
    }
    w->used = 0;
}

static void start_pcap(struct pcap_writer *w)
{
    uint8_t *p = w->buffer;

    p = put32(p, w->format.nanoseconds ? 0xa1b23c4du : 0xa1b2c3d4u);
    p = put16(p, 2);
    p = put16(p, 4);
    p = put32(p, 0);
    p = put32(p, 0);
    p = put32(p, SNAPLEN);
    p = put32(p, w->format.link_type);
    w->used = (size_t)(p - w->buffer);
}

/* A section header, and one interface with its time resolution. */
static void start_pcapng(struct pcap_writer *w)
{
    uint8_t *p = w->buffer;

    p = put32(p, 0x0a0d0d0au);
    p = put32(p, 28);
    p = put32(p, 0x1a2b3c4du);
    p = put16(p, 1);
    p = put16(p, 0);
    p = put32(p, 0xffffffffu); /* section length: not known */
    p = put32(p, 0xffffffffu);
    p = put32(p, 28);

    p = put32(p, 1);
    p = put32(p, 32);
    p = put16(p, w->format.link_type);
    p = put16(p, 0);
    p = put32(p, SNAPLEN);
    p = put16(p, 9); /* if_tsresol */
    p = put16(p, 1);
    p = put32(p, 0);
    p[-4] = w->format.nanoseconds ? 9 : 6;
    p = put32(p, 0); /* end of options */
    p = put32(p, 32);
    w->used = (size_t)(p - w->buffer);
}

int pcap_writer_open(struct pcap_writer **out, const char *path,
                     const struct pcap_writer_format *format)
{
    struct pcap_writer *w = malloc(sizeof(*w));

    if (!w)
        return -ENOMEM;
    w->format = *format;
    w->error = 0;
    w->fd = STDOUT_FILENO;
    if (strcmp(path, "-") != 0)
        w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (w->fd < 0) {
        int err = -errno;

        free(w);
        return err;
    }
    if (format->pcapng)
        start_pcapng(w);
    else
        start_pcap(w);
    *out = w;
    return 0;
}

static uint8_t *frame_pcap(struct pcap_writer *w, int64_t time_ns, size_t bytes, size_t wire_bytes)
{
    int64_t fraction_ns = time_ns % ns_per_s;
    uint8_t *p = w->buffer + w->used;

    p = put32(p, (uint32_t)(time_ns / ns_per_s));
    p = put32(p, (uint32_t)(w->format.nanoseconds ? fraction_ns : fraction_ns / 1000));
    p = put32(p, (uint32_t)bytes);
    p = put32(p, (uint32_t)wire_bytes);
    w->used += 16 + bytes;
    return p;
}

static uint8_t *frame_pcapng(struct pcap_writer *w, int64_t time_ns, size_t bytes,
                             size_t wire_bytes)
{
    uint64_t ticks = (uint64_t)(w->format.nanoseconds ? time_ns : time_ns / 1000);
    size_t padding = (4 - bytes % 4) % 4;
    uint32_t total = (uint32_t)(32 + bytes + padding);
    uint8_t *p = w->buffer + w->used;
    uint8_t *frame;

    p = put32(p, 6); /* enhanced packet block */
    p = put32(p, total);
    p = put32(p, 0);
    p = put32(p, (uint32_t)(ticks >> 32));
    p = put32(p, (uint32_t)ticks);
    p = put32(p, (uint32_t)bytes);
    frame = put32(p, (uint32_t)wire_bytes);
    memset(frame + bytes, 0, padding);
    put32(frame + bytes + padding, total);
    w->used += total;
    return frame;
}

uint8_t *pcap_writer_cut_frame(struct pcap_writer *w, int64_t time_ns, size_t bytes,
                               size_t wire_bytes)
{
    if (bytes > FRAME_MAX)
        bytes = FRAME_MAX;
    if (w->used + bytes + FRAME_OVERHEAD > BUFFER_BYTES)
        flush(w);
    return w->format.pcapng ? frame_pcapng(w, time_ns, bytes, wire_bytes)
                            : frame_pcap(w, time_ns, bytes, wire_bytes);
}

uint8_t *pcap_writer_frame(struct pcap_writer *w, int64_t time_ns, size_t bytes)
{
    return pcap_writer_cut_frame(w, time_ns, bytes, bytes > FRAME_MAX ? FRAME_MAX : bytes);
}

int pcap_writer_error(const struct pcap_writer *w)
{
    return w->error;
}

int pcap_writer_close(struct pcap_writer *w)
{
    int err;

    if (!w)
        return 0;
    flush(w);
    err = w->error;
    if (w->fd != STDOUT_FILENO && close(w->fd) != 0 && !err)
        err = -errno;
    free(w);
    return err;
}
