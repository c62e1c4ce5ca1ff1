/*
 * bench_store - how fast a store is written and searched.
 *
 *     bench_store DIR [CALLS [DAYS [CONCURRENT [SECONDS]]]]
 *
 * Writes CALLS calls (each first as it begins, then as it ends) over DAYS days, searches them, and
 * then puts the packets of CONCURRENT calls of SECONDS seconds into the packet log, two streams of
 * 50 packets a second each as captured (214 bytes), and takes one of them out again. DIR must not
 * hold a store: it stays, for a look at it.
 */
#include "analyzer/record_id.h"
#include "storage/export/export.h"
#include "storage/packets/packet_log.h"
#include "storage/query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define START_NS 1795255200000000000 /* 2026-11-21 10:00:00 UTC */
#define DAY_NS   86400000000000ll

enum { SEARCHES = 200, PACKET_BYTES = 214 };

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static long rss_kib(void)
{
    char line[128] = "", *second;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f)
        return 0;
    if (!fgets(line, sizeof line, f))
        line[0] = '\0';
    fclose(f);
    second = strchr(line, ' ');
    return second ? strtol(second, NULL, 10) * 4 : 0;
}

static void die(const char *what, int err)
{
    fprintf(stderr, "bench_store: %s: %s\n", what, strerror(-err));
    exit(1);
}

struct bench {
    const char *dir;
    long calls, days, concurrent, seconds;
};

/* Call n of the bench: evenly over the days, in order of time. */
static int64_t call_time(const struct bench *b, long n)
{
    long per_day = (b->calls + b->days - 1) / b->days;

    return START_NS + n / per_day * DAY_NS + n % per_day * 30000000;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

static size_t call_id_of(long n, char out[64])
{
    return (size_t)snprintf(out, 64, "%016llx%08lx@10.20.30.40",
                            (unsigned long long)mix((uint64_t)n * 77 + 5), (unsigned long)n);
}

struct texts {
    char call_id[64], from[32], to[32], from_uri[64], to_uri[64];
};

static void make_call(const struct bench *b, long n, struct call_record *c, struct texts *t)
{
    const uint8_t src[4] = { 10, 20, (uint8_t)(n % 7), (uint8_t)(n % 251) };
    const uint8_t dst[4] = { 10, 30, 0, (uint8_t)(n % 5) };

    record_clear(&record_type_call, c);
    c->id = record_id_make(call_time(b, n), mix((uint64_t)n));
    c->call_id = slice_of(t->call_id, call_id_of(n, t->call_id));
    snprintf(t->from, sizeof t->from, "+4930%07lu", (unsigned long)(mix((uint64_t)n) % 10000000));
    snprintf(t->to, sizeof t->to, "+4420%08lu", (unsigned long)(mix((uint64_t)n + 9) % 100000000));
    snprintf(t->from_uri, sizeof t->from_uri, "sip:%s@10.20.30.40", t->from);
    snprintf(t->to_uri, sizeof t->to_uri, "sip:%s@carrier.example", t->to);
    c->transport = SLICE("udp");
    c->state = SLICE("trying");
    c->from_user = slice_of_text(t->from);
    c->to_user = slice_of_text(t->to);
    c->from_uri = slice_of_text(t->from_uri);
    c->to_uri = slice_of_text(t->to_uri);
    c->request_uri = c->to_uri;
    c->from_tag = slice_of(t->call_id, 10);
    c->src = addr_v4(src, 5060);
    c->dst = addr_v4(dst, 5060);
    c->user_agent = SLICE("Asterisk PBX 18.10.0");
    c->invite_time = call_time(b, n);
    c->invite_count = 1;
}

static void end_call(struct call_record *c, long n)
{
    c->state = SLICE("completed");
    c->to_tag = slice_of(c->call_id.p + 8, 10);
    c->server = SLICE("carrier-sbc 7.4");
    c->first_18x_time = c->invite_time + 800000000;
    c->answer_time = c->invite_time + 4000000000;
    c->end_time = c->invite_time + 64000000000;
    c->final_status = n % 20 ? 200 : 486;
    c->final_reason = SLICE("OK");
    c->ended_by = SLICE("caller");
    c->post_dial_delay_ms = 800.125;
    c->setup_ms = 4000.5;
    c->duration_ms = 60000.25;
    c->outcome = SLICE("success");
    c->codecs = SLICE("[\"PCMA\"]");
    c->one_way = 0;
    c->capture_confidence = SLICE("high");
    c->mos_lq = 3.0 + (double)(n % 140) / 100;
    c->jitter_ms_p95 = 2.25;
    c->loss_ratio = 0.001;
    c->packets = 6000;
}

/* Begun ten thousand calls ahead of their end, as concurrent calls are. */
static void bench_write(const struct bench *b)
{
    enum { OPEN = 10000 };
    struct writer_options options = { .store_dir = b->dir, .wait_when_full = true };
    struct writer_stats stats;
    struct call_record call;
    struct texts texts;
    struct writer *w;
    double start, cpu, took;
    int err = writer_start(&w, &options);

    if (err)
        die(b->dir, err);
    start = now_s();
    cpu = cpu_s();
    for (long n = 0; n < b->calls + OPEN; n++) {
        if (n < b->calls) {
            make_call(b, n, &call, &texts);
            writer_submit(w, &record_type_call, &call);
        }
        if (n >= OPEN) {
            make_call(b, n - OPEN, &call, &texts);
            end_call(&call, n - OPEN);
            writer_submit(w, &record_type_call, &call);
        }
    }
    writer_flush(w);
    took = now_s() - start;
    writer_read_stats(w, &stats);
    printf("writer: %llu rows in %.2f s (%.2f s CPU): %.0f rows/s; refused %llu, failed %llu; "
           "RSS %ld MiB\n",
           (unsigned long long)stats.written, took, cpu_s() - cpu, (double)stats.written / took,
           (unsigned long long)stats.refused, (unsigned long long)stats.failed, rss_kib() / 1024);
    writer_stop(w);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_times(const char *what, double *ms, int n)
{
    qsort(ms, (size_t)n, sizeof *ms, by_value);
    printf("%-44s median %8.3f ms, p99 %8.3f ms, worst %8.3f ms\n", what, ms[n / 2],
           ms[n * 99 / 100], ms[n - 1]);
}

static bool count_row(void *ctx, const void *record)
{
    (void)record;
    ++*(long *)ctx;
    return true;
}

/* A Call-ID out of the oldest day. */
static void search_call_id(const struct bench *b, bool cold)
{
    struct query *q = NULL;
    double ms[SEARCHES];

    for (int i = 0; i < SEARCHES; i++) {
        struct call_filter filter;
        char call_id[64];
        long found = 0;
        double start = now_s();
        int err = 0;

        if (!q)
            err = query_open(&q, b->dir);
        call_filter_clear(&filter);
        filter.text =
            slice_of(call_id, call_id_of((long)(mix((uint64_t)i) % (uint64_t)(b->calls / b->days)),
                                         call_id));
        if (err == 0)
            err = query_calls(q, &filter, count_row, &found);
        if (err || found != 1)
            die("a Call-ID was not found", err ? err : -ENOENT);
        ms[i] = (now_s() - start) * 1e3;
        if (cold) {
            query_close(q);
            q = NULL;
        }
    }
    query_close(q);
    print_times(cold ? "Call-ID, oldest day, store just opened:" : "Call-ID, oldest day:", ms,
                SEARCHES);
}

static void search_one(const struct bench *b, const char *what, const struct call_filter *filter)
{
    double ms[5];
    struct query *q;
    long found = 0;
    int err = query_open(&q, b->dir);

    for (int i = 0; i < 5 && err == 0; i++) {
        double start = now_s();

        found = 0;
        err = query_calls(q, filter, count_row, &found);
        ms[i] = (now_s() - start) * 1e3;
    }
    if (err)
        die(what, err);
    query_close(q);
    print_times(what, ms, 5);
    printf("%60ld rows\n", found);
}

static void bench_search(const struct bench *b)
{
    struct call_filter filter;
    struct store_totals totals;
    struct query *q;
    double start;

    search_call_id(b, true);
    search_call_id(b, false);
    call_filter_clear(&filter);
    filter.limit = 100;
    search_one(b, "the newest 100:", &filter);
    filter.number = SLICE("30123");
    search_one(b, "part of a number, first 100:", &filter);
    filter.number = SLICE("nobody");
    search_one(b, "part of a number that nobody has:", &filter);
    call_filter_clear(&filter);
    filter.ip = SLICE("10.20.3.77");
    filter.limit = 100;
    search_one(b, "an IP, first 100:", &filter);
    call_filter_clear(&filter);
    filter.limit = 100;
    filter.mos_max = 3.05;
    search_one(b, "MOS under 3.05, first 100:", &filter);
    if (query_open(&q, b->dir) != 0)
        die("query_open", -EIO);
    start = now_s();
    query_totals(q, &totals);
    printf("totals: %.3f ms; ", (now_s() - start) * 1e3);
    start = now_s();
    query_totals(q, &totals);
    printf("again %.3f ms: %llu calls, %llu days, %llu MiB\n", (now_s() - start) * 1e3,
           (unsigned long long)totals.calls, (unsigned long long)totals.days,
           (unsigned long long)totals.bytes >> 20);
    query_close(q);
}

/* Headers as they repeat in a stream, a payload that shrinks as little as speech does. */
static void make_packet(uint8_t p[PACKET_BYTES], uint64_t call, int direction, uint32_t seq)
{
    uint64_t noise = mix(call * 2654435761u + seq * 2 + (uint64_t)direction);

    memset(p, 0, 54);
    memcpy(p, "\x02\x00\x00\x00\x00\x01\x02\x00\x00\x00\x00\x02\x08\x00\x45\xb8", 16);
    memcpy(p + 26, &call, 4);
    p[30] = (uint8_t)direction;
    p[42] = 0x80;
    p[43] = 8;
    p[44] = (uint8_t)(seq >> 8);
    p[45] = (uint8_t)seq;
    for (int i = 54; i < PACKET_BYTES;
         i += 8) { /* seven bits of noise in eight: A-law of a voice */
        uint64_t word = noise & 0x7f7f7f7f7f7f7f7fu;

        memcpy(p + i, &word, 8);
        noise = mix(noise + (uint64_t)i);
    }
}

static uint64_t packets_id(const struct bench *b, long n)
{
    return record_id_make(START_NS + b->days * DAY_NS + n * 1000, (uint64_t)n);
}

static double first_bytes_ms(const struct bench *b, long n)
{
    static uint8_t out[1 << 16];
    double start = now_s();
    uint64_t id = packets_id(b, n);
    struct export_request request = { .store_dir = b->dir, .calls = &id, .call_count = 1 };
    struct export *x;
    int err = export_open(&x, &request);

    if (err)
        die("export", err);
    if (export_read(x, out, sizeof out) <= 24)
        die("export", -EIO);
    start = (now_s() - start) * 1e3;
    export_close(x);
    return start;
}

static void bench_packets(const struct bench *b)
{
    struct writer_options writer_options = { .store_dir = b->dir, .wait_when_full = true };
    struct packet_log_options options = { .store_dir = b->dir, .wait_when_full = true };
    void **keepers = calloc((size_t)b->concurrent, sizeof *keepers);
    enum { PACKETS = 4096 };
    uint8_t(*packets)[PACKET_BYTES] = malloc(PACKETS * sizeof *packets);
    struct packet_log_stats stats;
    struct packet_log *log;
    double start, cpu, added, took, ms[SEARCHES];
    long before = rss_kib(), rss = 0;
    uint32_t n = 0;

    if (!keepers || !packets || writer_start(&options.writer, &writer_options) != 0 ||
        packet_log_start(&log, &options) != 0)
        die("packet log", -ENOMEM);
    for (uint32_t i = 0; i < PACKETS; i++)
        make_packet(packets[i], i, i & 1, i);
    start = now_s();
    cpu = cpu_s();
    for (long tick = 0; tick < b->seconds * 50; tick++) {
        int64_t time = START_NS + b->days * DAY_NS + tick * 20000000;

        for (long c = 0; c < b->concurrent; c++) {
            for (int direction = 0; direction < 2; direction++) {
                struct frame frame = { .time_ns = time + c * 1000 + direction,
                                       .data = packets[n++ % PACKETS],
                                       .captured_bytes = PACKET_BYTES,
                                       .wire_bytes = PACKET_BYTES,
                                       .link_type = 1 };

                packet_log_add(log, &keepers[c], packets_id(b, c), PACKET_MEDIA, &frame);
            }
        }
        if (tick % 50 == 0)
            packet_log_tick(log, time);
        if (tick == b->seconds * 25)
            rss = rss_kib() - before;
    }
    added = now_s() - start;
    for (long c = 0; c < b->concurrent; c++)
        packet_log_close_keeper(log, &keepers[c]);
    packet_log_flush(log);
    writer_flush(options.writer);
    took = now_s() - start;
    cpu = cpu_s() - cpu;
    packet_log_read_stats(log, &stats);
    printf("packet log: %llu packets in %.2f s (adding %.2f s, CPU %.2f s): %.0f ns CPU a packet; "
           "dropped %llu; RSS %.1f KiB a call\n",
           (unsigned long long)stats.frames_stored, took, added, cpu,
           cpu * 1e9 / (double)stats.frames_stored, (unsigned long long)stats.frames_dropped,
           (double)rss / (double)b->concurrent);
    packet_log_stop(log);
    writer_stop(options.writer);
    for (int i = 0; i < SEARCHES; i++)
        ms[i] = first_bytes_ms(b, (long)(mix((uint64_t)i) % (uint64_t)b->concurrent));
    print_times("first 64 KiB of a call's pcap:", ms, SEARCHES);
    free(packets);
    free(keepers);
}

static long argument(int argc, char **argv, int at, long otherwise)
{
    long value = at < argc ? strtol(argv[at], NULL, 10) : otherwise;

    return value > 0 ? value : otherwise;
}

int main(int argc, char **argv)
{
    struct bench b = { .dir = argc > 1 ? argv[1] : NULL };

    if (!b.dir) {
        fprintf(stderr, "usage: bench_store DIR [CALLS [DAYS [CONCURRENT [SECONDS]]]]\n");
        return 2;
    }
    b.calls = argument(argc, argv, 2, 1000000);
    b.days = argument(argc, argv, 3, 5);
    b.concurrent = argument(argc, argv, 4, 1000);
    b.seconds = argument(argc, argv, 5, 60);
    bench_write(&b);
    bench_search(&b);
    bench_packets(&b);
    return 0;
}
