/*
 * bench_packet_log CALLS PACKETS_S SECONDS LEVEL MEMORY_MIB [STORE] - does the packet log hold up the thread that
 * captures, and does it stay within its memory?
 *
 * So many calls at the same time, each with so many packets a second of G.711, in the order in which they would
 * come, as fast as the machine can (packet time, not ours). Each packet_log_add and each tick is timed; where the
 * threads that compress cannot follow, the bench waits between two of them, as a network of that speed would leave
 * them the time.
 *
 * A stall is told from a machine that gave the processor to somebody else: by the thread's own clock (no 64 packets
 * in a row may take more of it than a stall), and by how often it gave the processor away itself (a lock, a disk).
 */
#define _GNU_SOURCE /* RUSAGE_THREAD */

#include "analyzer/record_id.h"
#include "storage/packets/packet_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum {
    HEAD_BYTES = 14 + 20 + 8 + 12,
    FRAME_BYTES = HEAD_BYTES + 160,
    BATCH = 64,
    BUCKETS = 24, /* powers of two of ns */
    STALL_NS = 1000000,
};

struct bench {
    struct writer *writer;
    struct packet_log *log;
    void **keepers;
    size_t calls;
    uint8_t frame[FRAME_BYTES];
    uint64_t wall[BUCKETS];
    int64_t wall_max_ns, tick_max_ns, cpu_max_ns; /* of a packet, of a tick, of a batch */
    uint64_t stalls, stalls_by_others, waits_ms;
    int64_t cpu_alone_ns_max; /* of batches in which nobody else came between */
};

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static long preempted(void)
{
    struct rusage u;

    getrusage(RUSAGE_THREAD, &u);
    return u.ru_nivcsw;
}

static long gave_up(void)
{
    struct rusage u;

    getrusage(RUSAGE_THREAD, &u);
    return u.ru_nvcsw;
}

static long kib_of(const char *name)
{
    FILE *f = fopen("/proc/self/status", "r");
    char line[256];
    long kib = 0;

    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtol(line + strlen(name), NULL, 10);
    }
    if (f)
        fclose(f);
    return kib;
}

static void put(uint8_t *p, uint32_t v, int bytes)
{
    for (int i = bytes; i-- > 0; v >>= 8)
        p[i] = (uint8_t)v;
}

static uint16_t ip_checksum(const uint8_t *header)
{
    uint32_t sum = 0;

    for (int i = 0; i < 20; i += 2)
        sum += i == 10 ? 0 : (uint32_t)header[i] << 8 | header[i + 1];
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

static void fill_frame(struct bench *b)
{
    static const uint8_t head[42] = { 2,    0,    0,  0,   0, 1, 2,    0, 0,    0,  0, 2,   8,  0,
                                      0x45, 0xb8, 0,  200, 0, 0, 0x40, 0, 64,   17, 0, 0,   10, 0,
                                      0,    1,    10, 0,   0, 2, 0x40, 0, 0x50, 0,  0, 180, 0,  0 };
    uint32_t dice = 1;

    memcpy(b->frame, head, sizeof head);
    b->frame[42] = 0x80;
    b->frame[43] = 8;
    for (int i = HEAD_BYTES; i < FRAME_BYTES; i++) {
        dice = dice * 1664525 + 1013904223;
        b->frame[i] = (uint8_t)(dice >> 24);
    }
}

static uint64_t id_of(int64_t begin_ns, size_t call)
{
    return record_id_make(begin_ns + (int64_t)call * 1000, call);
}

static void count_wall(struct bench *b, int64_t ns, long *switches)
{
    int bucket = 0;

    for (int64_t n = ns; n > 1 && bucket < BUCKETS - 1; n >>= 1)
        bucket++;
    b->wall[bucket]++;
    if (ns > b->wall_max_ns)
        b->wall_max_ns = ns;
    if (ns > STALL_NS) {
        long now = preempted();

        b->stalls++;
        b->stalls_by_others += now != *switches;
        *switches = now;
    }
}

/* Between two batches, outside of what is timed. */
static void let_them_follow(struct bench *b, size_t memory)
{
    static const struct timespec moment = { 0, 1000000 };
    struct packet_log_stats stats;

    packet_log_read_stats(b->log, &stats);
    while (stats.queued_bytes > memory / 16) {
        nanosleep(&moment, NULL);
        b->waits_ms++;
        packet_log_read_stats(b->log, &stats);
    }
}

static void drive(struct bench *b, int64_t begin_ns, unsigned packets_s, unsigned seconds,
                  size_t memory)
{
    uint64_t total = (uint64_t)b->calls * packets_s * seconds;
    int64_t next_tick = begin_ns + 1000000000, cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), before = 0;
    long switches = preempted(), came = switches;

    for (uint64_t n = 0; n < total; n++) {
        size_t call = (size_t)(n % b->calls);
        uint32_t seq = (uint32_t)(n / b->calls);
        struct frame f = { .time_ns =
                               begin_ns + (int64_t)(n * (1000000000u / packets_s) / b->calls),
                           .data = b->frame,
                           .captured_bytes = FRAME_BYTES,
                           .wire_bytes = FRAME_BYTES,
                           .link_type = 1 };

        if (n % BATCH == 0) {
            if (n % (BATCH * 64) == 0)
                let_them_follow(b, memory);
            cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
            before = clock_ns(CLOCK_MONOTONIC);
        }
        put(b->frame + 30, 0x0a000000 + (uint32_t)call, 4);
        put(b->frame + 24, ip_checksum(b->frame + 14), 2);
        put(b->frame + 44, seq, 2);
        put(b->frame + 46, seq * 160, 4);
        put(b->frame + 50, (uint32_t)call, 4);
        packet_log_add_media(b->log, &b->keepers[call], id_of(begin_ns, call), &f, HEAD_BYTES);
        {
            int64_t now = clock_ns(CLOCK_MONOTONIC);

            count_wall(b, now - before, &switches);
            before = now;
        }
        if (f.time_ns >= next_tick) {
            int64_t took;

            packet_log_tick(b->log, f.time_ns);
            took = clock_ns(CLOCK_MONOTONIC) - before;
            b->tick_max_ns = took > b->tick_max_ns ? took : b->tick_max_ns;
            next_tick += 1000000000;
            before += took;
        }
        if (n % BATCH == BATCH - 1) {
            int64_t took = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
            long now = preempted();

            if (now == came && took > b->cpu_alone_ns_max)
                b->cpu_alone_ns_max = took;
            came = now;

            b->cpu_max_ns = took > b->cpu_max_ns ? took : b->cpu_max_ns;
        }
    }
}

static void report(const struct bench *b, const struct packet_log_stats *s, size_t memory,
                   long rss_before_kib, long gave_up_times)
{
    uint64_t sum = 0, all = 0;

    for (int i = 0; i < BUCKETS; i++)
        all += b->wall[i];
    printf("packets %llu\n", (unsigned long long)all);
    printf("packet_ns_max %lld\ntick_ns_max %lld\ncpu_ns_max_of_64 %lld\n"
           "cpu_ns_max_of_64_unpreempted %lld\n",
           (long long)b->wall_max_ns, (long long)b->tick_max_ns, (long long)b->cpu_max_ns,
           (long long)b->cpu_alone_ns_max);
    printf("stalls_over_1_ms %llu\nstalls_while_preempted %llu\nprocessor_given_up %ld\n",
           (unsigned long long)b->stalls, (unsigned long long)b->stalls_by_others, gave_up_times);
    for (int i = 0; i < BUCKETS; i++) {
        sum += b->wall[i];
        if (b->wall[i])
            printf("under_ns_%lld %.7f\n", 2ll << i, (double)sum / (double)all);
    }
    printf("stored %llu\ndropped %llu\n", (unsigned long long)s->frames_stored,
           (unsigned long long)s->frames_dropped);
    for (int i = 0; i < PACKET_LOSSES; i++) {
        if (s->losses[i])
            printf("%s %llu\n", packet_loss_text((enum packet_loss)i),
                   (unsigned long long)s->losses[i]);
    }
    printf("memory_cap_mib %zu\nmemory_most_mib %.1f\n", memory >> 20,
           (double)s->memory_bytes_most / 1048576);
    printf("rss_before_mib %.1f\nrss_most_mib %.1f\nwaited_ms %llu\n",
           (double)rss_before_kib / 1024, (double)kib_of("VmHWM:") / 1024,
           (unsigned long long)b->waits_ms);
}

int main(int argc, char **argv)
{
    struct packet_log_options options = { .keep = PACKET_KEEP_FULL };
    struct packet_log_stats stats;
    struct bench b = { .calls = 0 };
    const int64_t begin_ns = INT64_C(1772400000000000000);
    long rss_kib, given_up;

    if (argc < 7) {
        fprintf(stderr,
                "usage: bench_packet_log CALLS PACKETS_S SECONDS full|headers MEMORY_MIB STORE\n");
        return 2;
    }
    b.calls = strtoul(argv[1], NULL, 10);
    if (strcmp(argv[4], "headers") == 0)
        options.keep = PACKET_KEEP_HEADERS;
    options.memory_max_bytes = strtoul(argv[5], NULL, 10) << 20;
    options.store_dir = argv[6];
    b.keepers = calloc(b.calls, sizeof *b.keepers);
    if (!b.keepers ||
        writer_start(&b.writer, &(struct writer_options){ .store_dir = argv[6] }) != 0)
        return 1;
    options.writer = b.writer;
    if (packet_log_start(&b.log, &options) != 0)
        return 1;
    fill_frame(&b);
    rss_kib = kib_of("VmRSS:");
    given_up = gave_up();
    drive(&b, begin_ns, (unsigned)strtoul(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10),
          options.memory_max_bytes);
    given_up = gave_up() - given_up - (long)b.waits_ms; /* not those of let_them_follow */
    packet_log_wait_when_full(b.log, true);
    packet_log_read_stats(b.log, &stats);
    printf("rss_at_end_mib %.1f\n", (double)kib_of("VmRSS:") / 1024);
    for (size_t i = 0; i < b.calls; i++)
        packet_log_close_keeper(b.log, &b.keepers[i]);
    packet_log_flush(b.log);
    packet_log_read_stats(b.log, &stats);
    report(&b, &stats, options.memory_max_bytes, rss_kib, given_up);
    packet_log_stop(b.log);
    writer_stop(b.writer);
    free(b.keepers);
    return 0;
}
