/*
 * bench_decap - what it costs to open a frame: decap alone, over a capture in memory.
 *
 *     bench_decap FILE
 *
 * Prints the nanoseconds a frame of the best of several rounds, frames and units; the noise of a
 * shared machine only ever makes a round slower. Each round is a new instance, since to one that has
 * seen the frames they would be copies.
 */
#include "probe/decap/decap.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, FRAMES_MAX = 4000000 };

struct capture {
    struct frame *frames;
    size_t count;
    uint8_t *bytes; /* of all of them, one behind the other, as they come from a file */
    size_t used;
};

static void *must(void *p)
{
    if (p)
        return p;
    fputs("bench_decap: no memory\n", stderr);
    exit(1);
}

static void load(struct capture *c, const char *path)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *file = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, text);
    struct pcap_pkthdr *header;
    const u_char *data;
    size_t room = 0, at = 0;

    if (!file) {
        fprintf(stderr, "bench_decap: %s: %s\n", path, text);
        exit(1);
    }
    c->frames = must(malloc(FRAMES_MAX * sizeof *c->frames));
    while (c->count < FRAMES_MAX && pcap_next_ex(file, &header, &data) == 1) {
        if (c->used + header->caplen > room) {
            room = 2 * room + header->caplen + (1 << 20);
            c->bytes = must(realloc(c->bytes, room));
        }
        memcpy(c->bytes + c->used, data, header->caplen);
        c->used += header->caplen;
        c->frames[c->count++] = (struct frame){
            .time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec,
            .captured_bytes = header->caplen,
            .wire_bytes = header->len,
            .link_type = (uint32_t)pcap_datalink(file),
        };
    }
    for (size_t i = 0; i < c->count; at += c->frames[i++].captured_bytes)
        c->frames[i].data = c->bytes + at;
    pcap_close(file);
}

static void count_unit(void *ctx, const struct decap_unit *unit)
{
    *(unsigned long *)ctx += unit->in_frame;
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double run(const struct capture *c, unsigned long *units)
{
    struct decap_options options;
    struct decap *decap;
    double begin;

    decap_options_default(&options);
    if (decap_new(&decap, &options) != 0)
        exit(1);
    begin = now_s();
    for (size_t i = 0; i < c->count; i++)
        decap_frame(decap, &c->frames[i], count_unit, units);
    begin = now_s() - begin;
    decap_free(decap);
    return begin;
}

int main(int argc, char **argv)
{
    struct capture c = { .frames = NULL };
    unsigned long units = 0;
    double best = 1e9;

    if (argc != 2) {
        fputs("usage: bench_decap FILE\n", stderr);
        return 2;
    }
    load(&c, argv[1]);
    for (int round = 0; round < ROUNDS; round++) {
        double took;

        units = 0;
        took = run(&c, &units);
        best = took < best ? took : best;
    }
    printf("%.1f %zu %lu\n", best / (double)c.count * 1e9, c.count, units);
    free(c.frames);
    free(c.bytes);
    return 0;
}
