#include "tests/support/rewrap_frames.h"

#include "tests/support/pcap_writer.h"

#include <pcap/pcap.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { FRAME_MAX = 65535 }; /* what pcap_writer takes */

void rewrap_die(int status, const char *format, ...)
{
    va_list args;

    fputs("earshot-rewrap: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(status);
}

static void *must(void *p)
{
    if (!p)
        rewrap_die(EX_OSERR, "no memory");
    return p;
}

/* libpcap has numbers of its own for two of those that the generator writes. */
static uint32_t link_type_of(int dlt)
{
    return dlt == DLT_RAW ? 101 : (uint32_t)dlt;
}

void rewrap_frames_load(struct rewrap_frames *f, const char *path)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *file = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
    struct pcap_pkthdr *header;
    const u_char *data;
    int result;

    if (!file)
        rewrap_die(EX_NOINPUT, "%s: %s", path, text);
    f->link_type = link_type_of(pcap_datalink(file));
    while ((result = pcap_next_ex(file, &header, &data)) == 1) {
        int64_t time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec;
        struct rewrap_frame *frame = rewrap_frames_add(f, time_ns, header->caplen);

        frame->wire_bytes = header->len;
        frame->origin = f->count;
        memcpy(frame->p, data, header->caplen);
    }
    if (result == PCAP_ERROR)
        rewrap_die(EX_DATAERR, "%s: %s", path, pcap_geterr(file));
    pcap_close(file);
}

void rewrap_frames_save(const struct rewrap_frames *f, const char *path)
{
    const struct pcap_writer_format format = { .link_type = (uint16_t)f->link_type,
                                               .nanoseconds = true };
    struct pcap_writer *w;
    int err = pcap_writer_open(&w, path, &format);

    if (err)
        rewrap_die(EX_CANTCREAT, "cannot write %s: %s", path, strerror(-err));
    for (size_t i = 0; i < f->count; i++) {
        const struct rewrap_frame *frame = &f->all[i];

        if (frame->len > FRAME_MAX)
            rewrap_die(EX_DATAERR, "frame %zu has grown to %zu bytes", i + 1, frame->len);
        memcpy(pcap_writer_cut_frame(w, frame->time_ns, frame->len, frame->wire_bytes), frame->p,
               frame->len);
    }
    err = pcap_writer_close(w);
    if (err)
        rewrap_die(EX_IOERR, "cannot write all of %s: %s", path, strerror(-err));
}

void rewrap_frames_fini(struct rewrap_frames *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->all[i].p);
    free(f->all);
    *f = (struct rewrap_frames){ .link_type = f->link_type };
}

void rewrap_frames_move(struct rewrap_frames *f, struct rewrap_frame *frame)
{
    if (f->count == f->room) {
        f->room = f->room ? f->room * 2 : 1024;
        f->all = must(realloc(f->all, f->room * sizeof *f->all));
    }
    f->all[f->count++] = *frame;
    frame->p = NULL;
}

struct rewrap_frame *rewrap_frames_add(struct rewrap_frames *f, int64_t time_ns, size_t len)
{
    struct rewrap_frame frame = { time_ns, 0, must(malloc(len ? len : 1)), len, len, 0 };

    rewrap_frames_move(f, &frame);
    return &f->all[f->count - 1];
}

static int64_t place_of(const struct rewrap_frame *frame)
{
    return frame->time_ns + frame->late_ns;
}

/* qsort is not stable, and the order of equal times is worth keeping: a merge from below. */
void rewrap_frames_sort(struct rewrap_frames *f)
{
    struct rewrap_frame *from = f->all, *to = must(malloc((f->count + 1) * sizeof *to)), *swap;

    for (size_t run = 1; run < f->count; run *= 2) {
        for (size_t begin = 0; begin < f->count; begin += 2 * run) {
            size_t a = begin, b = begin + run, out = begin;
            size_t a_end = b < f->count ? b : f->count;
            size_t b_end = b + run < f->count ? b + run : f->count;

            while (a < a_end || b < b_end) {
                bool take_a = b >= b_end || (a < a_end && place_of(&from[a]) <= place_of(&from[b]));

                to[out++] = from[take_a ? a++ : b++];
            }
        }
        swap = from;
        from = to;
        to = swap;
    }
    /* Either buffer holds count; room says so, whichever was kept. */
    free(to);
    f->all = from;
    f->room = f->count;
}

uint8_t *rewrap_frame_splice(struct rewrap_frame *frame, size_t at, size_t remove, size_t insert)
{
    size_t len = frame->len - remove + insert;
    uint8_t *p = must(malloc(len ? len : 1));

    memcpy(p, frame->p, at);
    memcpy(p + at + insert, frame->p + at + remove, frame->len - at - remove);
    free(frame->p);
    frame->p = p;
    frame->wire_bytes = frame->wire_bytes - remove + insert;
    frame->len = len;
    return p + at;
}
