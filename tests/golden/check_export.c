/*
 * check_export - is every frame of an export a frame of the capture that it came from?
 *
 *     check_export CAPTURE EXPORT...
 *
 * Bytes, lengths, time and link type must be those of a frame of CAPTURE that no export has claimed
 * before, and an export is in order of time. Prints "EXPORT FRAMES" for each; what does not fit is
 * named, and the exit status 1. libpcap reads both sides, none of Earshot's code does.
 */
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct frame {
    int64_t time_ns;
    uint32_t captured, wire;
    uint8_t *data;
    bool claimed;
};

struct capture {
    struct frame *frames;
    size_t count, room;
    int link_type;
};

static pcap_t *open_capture(const char *path)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *file = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);

    if (!file) {
        fprintf(stderr, "check_export: %s: %s\n", path, text);
        exit(1);
    }
    return file;
}

/* The next frame, its data lent; false at the end. A damaged file ends the program. */
static bool next_frame(pcap_t *file, const char *path, struct frame *out)
{
    struct pcap_pkthdr *header;
    const u_char *data;
    int result = pcap_next_ex(file, &header, &data);

    if (result == PCAP_ERROR) {
        fprintf(stderr, "check_export: %s: %s\n", path, pcap_geterr(file));
        exit(1);
    }
    if (result != 1)
        return false;
    *out = (struct frame){ .time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec,
                           .captured = header->caplen,
                           .wire = header->len,
                           .data = (uint8_t *)(uintptr_t)data };
    return true;
}

static void *must(void *p)
{
    if (p)
        return p;
    fputs("check_export: out of memory\n", stderr);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    const struct frame *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    if (x->captured != y->captured)
        return x->captured < y->captured ? -1 : 1;
    if (x->wire != y->wire)
        return x->wire < y->wire ? -1 : 1;
    return memcmp(x->data, y->data, x->captured);
}

static void load(struct capture *c, const char *path)
{
    pcap_t *file = open_capture(path);
    struct frame frame;

    c->link_type = pcap_datalink(file);
    while (next_frame(file, path, &frame)) {
        if (c->count == c->room) {
            c->room = c->room ? c->room * 2 : 1024;
            c->frames = must(realloc(c->frames, c->room * sizeof *c->frames));
        }
        c->frames[c->count] = frame;
        c->frames[c->count].data = must(malloc(frame.captured ? frame.captured : 1));
        memcpy(c->frames[c->count++].data, frame.data, frame.captured);
    }
    pcap_close(file);
    if (c->count)
        qsort(c->frames, c->count, sizeof *c->frames, compare);
}

/* An equal frame that is still free, now claimed. Equals lie side by side. */
static bool claim(struct capture *c, const struct frame *frame)
{
    struct frame *found =
        c->count ? bsearch(frame, c->frames, c->count, sizeof *c->frames, compare) : NULL;

    while (found && found > c->frames && compare(found - 1, frame) == 0)
        found--;
    for (; found && found < c->frames + c->count && compare(found, frame) == 0; found++) {
        if (!found->claimed) {
            found->claimed = true;
            return true;
        }
    }
    return false;
}

static bool check(struct capture *c, const char *path)
{
    pcap_t *file = open_capture(path);
    unsigned long frames = 0, strange = 0, disordered = 0;
    struct frame frame;
    int64_t last_ns = INT64_MIN;
    bool good;

    while (next_frame(file, path, &frame)) {
        frames++;
        disordered += frame.time_ns < last_ns;
        last_ns = frame.time_ns;
        if (!claim(c, &frame) && strange++ == 0)
            fprintf(stderr, "%s: frame %lu (%u bytes at %lld ns) is not in the capture\n", path,
                    frames, frame.captured, (long long)frame.time_ns);
    }
    good = strange == 0 && disordered == 0 && pcap_datalink(file) == c->link_type;
    if (!good)
        fprintf(stderr,
                "%s: %lu of %lu frames are not the capture's, %lu out of order; link type "
                "%d, the capture's is %d\n",
                path, strange, frames, disordered, pcap_datalink(file), c->link_type);
    printf("%s %lu\n", path, frames);
    pcap_close(file);
    return good;
}

int main(int argc, char **argv)
{
    struct capture capture = { .frames = NULL };
    bool good = true;

    if (argc < 2) {
        fputs("usage: check_export CAPTURE EXPORT...\n", stderr);
        return 2;
    }
    load(&capture, argv[1]);
    for (int i = 2; i < argc; i++)
        good = check(&capture, argv[i]) && good;
    for (size_t i = 0; i < capture.count; i++)
        free(capture.frames[i].data);
    free(capture.frames);
    return good ? 0 : 1;
}
