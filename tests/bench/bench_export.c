/*
 * bench_export - what it takes to give a search out: megabytes a second and memory, in each format.
 *
 *     bench_export DIR [CALLS [SECONDS]]
 *
 * Makes a store in DIR (removed by whoever made it) with that many G.711 calls side by side, random in what
 * they say, and reads all of them as each format, each in a process of its own.
 */
#include "storage/export/export.h"

#include "analyzer/record_id.h"
#include "storage/packets/packet_log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_NS INT64_C(1795255200000000000)

enum { FRAME_BYTES = 214, PACKETS_PER_S = 50, HEADER_BYTES = 54, READ_BYTES = 64 << 10 };

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double seconds_of(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static void die(const char *what, int err)
{
    fprintf(stderr, "bench_export: %s: %s\n", what, strerror(-err));
    exit(1);
}

static uint64_t call_id(unsigned call)
{
    return record_id_make(START_NS + call * 1000, call);
}

static void put_be16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* What every packet of a stream begins with; checksums are right where there are any. */
static void make_headers(uint8_t *p, unsigned call, bool back, unsigned n)
{
    uint32_t sum = 0;

    memset(p, 0, HEADER_BYTES);
    p[5] = (uint8_t)(2 + back);
    p[11] = (uint8_t)(3 - back);
    p[12] = 8;
    p[14] = 0x45;
    put_be16(p + 16, FRAME_BYTES - 14);
    put_be16(p + 18, n);
    p[22] = 64;
    p[23] = 17;
    p[26] = p[30] = 10;
    p[back ? 33 : 29] = 1;
    put_be16(p + (back ? 27 : 31), 1 + call / 20000);
    p[back ? 29 : 33] = 2;
    for (int i = 14; i < 34; i += 2)
        sum += (uint32_t)(p[i] << 8 | p[i + 1]);
    sum = (sum & 0xffff) + (sum >> 16);
    put_be16(p + 24, ~(sum + (sum >> 16)) & 0xffff);
    put_be16(p + 34, 10000 + 2 * (call % 20000));
    put_be16(p + 36, 10000 + 2 * (call % 20000));
    put_be16(p + 38, FRAME_BYTES - 34);
    p[42] = 0x80;
    p[43] = 8;
    put_be16(p + 44, n);
    put_be16(p + 46, n * 160 >> 16);
    put_be16(p + 48, n * 160 & 0xffff);
    put_be16(p + 50, call >> 8);
    put_be16(p + 52, call << 1 | back);
}

static void make_store(const char *dir, unsigned calls, unsigned seconds)
{
    struct writer_options writer_options = { .store_dir = dir, .wait_when_full = true };
    struct packet_log_options options = { .store_dir = dir, .wait_when_full = true };
    void **keepers = calloc(calls, sizeof(void *));
    uint64_t noise = 1;
    struct packet_log *log;
    int err = keepers ? writer_start(&options.writer, &writer_options) : -ENOMEM;

    if (err == 0)
        err = packet_log_start(&log, &options);
    if (err)
        die(dir, err);
    for (unsigned n = 0; n < seconds * PACKETS_PER_S; n++) {
        for (unsigned call = 0; call < calls; call++) {
            for (int back = 0; back < 2; back++) {
                uint8_t bytes[FRAME_BYTES];
                struct frame frame = { .time_ns = START_NS + n * INT64_C(20000000) + call * 17000 +
                                                  back * 9000,
                                       .data = bytes,
                                       .captured_bytes = FRAME_BYTES,
                                       .wire_bytes = FRAME_BYTES,
                                       .link_type = 1 };

                make_headers(bytes, call, back, n);
                for (int i = HEADER_BYTES; i < FRAME_BYTES; i += 8) {
                    noise = noise * 6364136223846793005u + 1442695040888963407u;
                    memcpy(bytes + i, &noise, 8);
                }
                packet_log_add(log, &keepers[call], call_id(call), PACKET_MEDIA, &frame);
            }
        }
        packet_log_tick(log, START_NS + n * INT64_C(20000000));
    }
    for (unsigned call = 0; call < calls; call++)
        packet_log_close_keeper(log, &keepers[call]);
    packet_log_stop(log);
    writer_stop(options.writer);
    free(keepers);
}

static void read_all(const char *dir, unsigned calls, enum export_format format)
{
    struct export_request request = { .store_dir = dir, .format = format, .call_count = calls };
    static uint8_t out[READ_BYTES];
    uint64_t *ids = calloc(calls, sizeof *ids), bytes = 0;
    double begun = now_s(), first = 0, cpu;
    struct export_counts counts;
    struct rusage used;
    struct export *x = NULL;
    int64_t n;
    int err;

    for (unsigned i = 0; ids && i < calls; i++)
        ids[i] = call_id(i);
    request.calls = ids;
    err = ids ? export_open(&x, &request) : -ENOMEM;
    if (err)
        die("export", err);
    while ((n = export_read(x, out, sizeof out)) > 0) {
        if (bytes == 0)
            first = now_s() - begun;
        bytes += (uint64_t)n;
    }
    if (n < 0)
        die("export", (int)n);
    export_read_counts(x, &counts);
    getrusage(RUSAGE_SELF, &used);
    cpu = seconds_of(&used.ru_utime) + seconds_of(&used.ru_stime);
    printf("%-11s %7.1f MB, %llu packets: %5.2f s, of a processor %5.2f s (%4.0f MB/s), first byte "
           "%4.0f "
           "ms, %5.1f MiB in memory, %llu late\n",
           export_formats[format].name, (double)bytes / 1e6, (unsigned long long)counts.frames,
           now_s() - begun, cpu, (double)counts.frames * (FRAME_BYTES + 16) / 1e6 / cpu,
           first * 1e3, (double)used.ru_maxrss / 1024, (unsigned long long)counts.late);
    export_close(x);
    free(ids);
}

int main(int argc, char **argv)
{
    unsigned calls = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 1000;
    unsigned seconds = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 45;
    double begun = now_s();
    int status;
    pid_t child;

    if (argc < 2)
        die("usage: bench_export DIR [CALLS [SECONDS]]", -EINVAL);
    child = fork(); /* its memory is none of ours */
    if (child == 0) {
        make_store(argv[1], calls, seconds);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        return 1;
    printf("%u calls of %u s stored in %.1f s\n", calls, seconds, now_s() - begun);
    for (int format = EXPORT_PCAP; format <= EXPORT_PCAPNG_LZ4; format++) {
        fflush(stdout);
        child = fork();
        if (child == 0) {
            read_all(argv[1], calls, (enum export_format)format);
            fflush(stdout);
            _exit(0);
        }
        if (waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    return 0;
}
