/*
 * bench_store - how fast a store is written and searched.
 *
 *     bench_store DIR [CALLS [DAYS [CONCURRENT [SECONDS]]]]
 *
 * Writes CALLS calls of store_mix.h (each first as it begins, then as it ends) over DAYS days, says
 * what they take, and searches them. Then, where CONCURRENT is given, it puts the packets of that many
 * calls of SECONDS seconds into the packet log, two streams of 50 packets a second each as captured
 * (214 bytes), and takes one of them out again. DIR stays; where it is there already, it is searched
 * alone.
 */
#include "analyzer/base/utc.h"
#include "analyzer/record_id.h"
#include "storage/day_db.h"
#include "storage/export/export.h"
#include "storage/packets/packet_log.h"
#include "storage/search/search.h"
#include "tests/bench/store_mix.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#define START_NS 1795255200000000000 /* 2026-11-21 10:00:00 UTC */
#define DAY_NS   86400000000000ll

enum { SEARCHES = 24, PACKET_BYTES = 214 };

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

static double thread_cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Call n of the bench: evenly over the days, in order of time. */
static int64_t call_time(const struct bench *b, long n)
{
    long per_day = (b->calls + b->days - 1) / b->days;

    return START_NS + n / per_day * DAY_NS + n % per_day * (DAY_NS / 2 / per_day / 1000 * 1000);
}

/* Begun ten thousand calls ahead of their end, as concurrent calls are. */
static void bench_write(const struct bench *b)
{
    enum { OPEN = 10000 };
    struct writer_options options = { .store_dir = b->dir, .wait_when_full = true };
    struct writer_stats stats;
    struct call_record call;
    struct mix_texts texts;
    struct writer *w;
    double start, cpu, own, took;
    int err = writer_start(&w, &options);

    if (err)
        die(b->dir, err);
    start = now_s();
    cpu = cpu_s();
    own = thread_cpu_ms() / 1e3;
    for (long n = 0; n < b->calls + OPEN; n++) {
        if (n < b->calls) {
            mix_begin(&call, &texts, n, call_time(b, n));
            writer_submit(w, &record_type_call, &call);
        }
        if (n >= OPEN) {
            mix_begin(&call, &texts, n - OPEN, call_time(b, n - OPEN));
            mix_end(&call, &texts, n - OPEN);
            writer_submit(w, &record_type_call, &call);
        }
    }
    writer_flush(w);
    took = now_s() - start;
    cpu = cpu_s() - cpu - (thread_cpu_ms() / 1e3 - own);
    writer_read_stats(w, &stats);
    printf(
        "writer: %ld calls, each as it began and as it ended, in %.2f s: %.0f calls/s; its thread "
        "%.2f s of CPU: %.0f calls a second of it; refused %llu, failed %llu; RSS %ld MiB\n",
        b->calls, took, (double)b->calls / took, cpu, (double)b->calls / cpu,
        (unsigned long long)stats.refused, (unsigned long long)stats.failed, rss_kib() / 1024);
    writer_stop(w);
}

/* What the tables and indexes of the first day take of the disk. */
static void bench_size(const struct bench *b)
{
    static const char sql[] = "SELECT name, sum(pgsize), (SELECT count(*) FROM calls) FROM dbstat "
                              "GROUP BY name HAVING sum(pgsize) > 65536";
    double whole = 0;
    sqlite3_stmt *s;
    sqlite3 *db;

    if (day_db_open_read(&db, b->dir, record_id_day(record_id_make(START_NS, 0))) != 0 ||
        day_db_prepare(&s, db, slice_of(sql, sizeof sql - 1)) != 0)
        die("sizes", -EIO);
    while (sqlite3_step(s) == SQLITE_ROW) {
        double each = (double)sqlite3_column_int64(s, 1) / (double)sqlite3_column_int64(s, 2);

        printf("size: %-24s %7.1f bytes a call\n", (const char *)sqlite3_column_text(s, 0), each);
        whole += each;
    }
    printf("size: %-24s %7.1f bytes a call\n", "whole", whole);
    sqlite3_finalize(s);
    day_db_close(db);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print_times(const char *what, double *ms, double *cpu, int n)
{
    qsort(ms, (size_t)n, sizeof *ms, by_value);
    qsort(cpu, (size_t)n, sizeof *cpu, by_value);
    printf("%-58s median %8.3f ms, worst %8.3f ms; CPU %8.3f ms\n", what, ms[n / 2], ms[n - 1],
           cpu[n / 2]);
    fflush(stdout);
}

static bool count_row(void *ctx, const void *record)
{
    (void)record;
    ++*(long *)ctx;
    return true;
}

/* The k-th search of a kind; NULL sort: by time. */
struct search_kind {
    const char *what, *sort;
    void (*write)(const struct bench *b, long k, char out[FILTER_TEXT_MAX]);
};

/* Some call of the store, another for each k. */
static void some_call(const struct bench *b, long k, struct call_record *c, struct mix_texts *t)
{
    long n = (long)(mix_bits((uint64_t)k + 1) % (uint64_t)b->calls);

    mix_begin(c, t, n, call_time(b, n));
}

static void write_call_id(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    struct call_record c;
    struct mix_texts t;

    some_call(b, k, &c, &t);
    snprintf(out, FILTER_TEXT_MAX, "call_id:\"%s\"", t.call_id);
}

static void write_call_id_prefix(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    struct call_record c;
    struct mix_texts t;

    some_call(b, k, &c, &t);
    snprintf(out, FILTER_TEXT_MAX, "call_id:\"%.13s\"*", t.call_id);
}

static void write_suffix(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    struct call_record c;
    struct mix_texts t;

    some_call(b, k, &c, &t);
    snprintf(out, FILTER_TEXT_MAX, "number:*%s", t.to_number + strlen(t.to_number) - 8);
}

static void write_short_suffix(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    (void)b;
    snprintf(out, FILTER_TEXT_MAX, "to:*%04lu", (unsigned long)mix_bits((uint64_t)k) % 10000);
}

static void write_cidr(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    (void)b;
    snprintf(out, FILTER_TEXT_MAX, "ip:10.20.%ld.%ld/30", k % 3, k % 4 * 4);
}

static void write_cidr_none(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    (void)b;
    snprintf(out, FILTER_TEXT_MAX, "ip:10.99.%ld.0/24", k);
}

static void write_part(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    char from[UTC_TEXT_MAX], to[UTC_TEXT_MAX];

    utc_format_ms(START_NS + k % b->days * DAY_NS, from);
    utc_format_ms(START_NS + k % b->days * DAY_NS + DAY_NS / 2, to);
    from[16] = to[16] = '\0'; /* to the minute */
    snprintf(out, FILTER_TEXT_MAX, "number:*%05lu* time:%s..%s",
             (unsigned long)mix_bits((uint64_t)k) % 100000, from, to);
}

static void write_hardest(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    (void)b;
    snprintf(out, FILTER_TEXT_MAX,
             "(number:*%03lu* or ua:*\"t%ld 1\"* or reason:request) not status:486 (codec:pcma or "
             "jitter>20 or ring>5s) (mos<3.9 or ip:10.20.1.0/28) duration>1min",
             (unsigned long)mix_bits((uint64_t)k) % 1000, k % 30);
}

static void write_everything(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    (void)b;
    (void)k;
    out[0] = '\0';
}

static void write_bad(const struct bench *b, long k, char out[FILTER_TEXT_MAX])
{
    (void)b;
    snprintf(out, FILTER_TEXT_MAX, "mos<3.5 status:200 trunk:carrier-%ld", k % 4);
}

static const struct search_kind kinds[] = {
    { "Call-ID", NULL, write_call_id },
    { "Call-ID, first 13 characters", NULL, write_call_id_prefix },
    { "number suffix, 8 digits (whole store)", NULL, write_suffix },
    { "number suffix, 4 digits, first 100", NULL, write_short_suffix },
    { "CIDR, first 100", NULL, write_cidr },
    { "CIDR that nobody has (whole store)", NULL, write_cidr_none },
    { "part of a number within a day", NULL, write_part },
    { "mos, status, trunk, first 100", NULL, write_bad },
    { "the newest 100", NULL, write_everything },
    { "the 100 longest", "duration", write_everything },
    { "hardest: 10 words, by duration, first 100", "duration", write_hardest },
    { "hardest: 10 words, by callee, first 100", "to", write_hardest },
};

/* One search of the kind: its time. */
static double search_ms(const struct bench *b, struct query *q, const struct search_kind *kind,
                        long k, long *found)
{
    struct search_request request = { .limit = 100 };
    struct filter_error error;
    char text[FILTER_TEXT_MAX];
    struct filter *f;
    double start;
    int err;

    kind->write(b, k, text);
    if (filter_parse(&f, slice_of_text(text), START_NS, &error) != 0) {
        fprintf(stderr, "bench_store: %s: %s\n", text, error.text);
        exit(1);
    }
    request.filter = f;
    if (kind->sort)
        request.sort = filter_field_find(slice_of_text(kind->sort));
    start = now_s();
    err = search_calls(q, &request, count_row, found, NULL);
    if (err)
        die(kind->what, err);
    start = (now_s() - start) * 1e3;
    filter_free(f);
    return start;
}

/* Cold: days are opened by each search, and SQLite's pages are read anew; what the system has of the
 * files stays. */
static void search_kind(const struct bench *b, const struct search_kind *kind, bool cold)
{
    struct query *q = NULL;
    double ms[SEARCHES], cpu[SEARCHES];
    char what[96];
    long found = 0;

    for (long i = 0; i < SEARCHES; i++) {
        double start = now_s(), opened;

        cpu[i] = thread_cpu_ms();
        if (!q && query_open(&q, b->dir) != 0)
            die("query_open", -EIO);
        opened = (now_s() - start) * 1e3;
        ms[i] = opened + search_ms(b, q, kind, i, &found);
        cpu[i] = thread_cpu_ms() - cpu[i];
        if (cold) {
            query_close(q);
            q = NULL;
        }
    }
    query_close(q);
    snprintf(what, sizeof what, "%s, %s:", kind->what, cold ? "just opened" : "warm");
    print_times(what, ms, cpu, SEARCHES);
    if (cold)
        printf("%58ld rows in all\n", found);
}

static void bench_search(const struct bench *b)
{
    struct store_totals totals;
    struct query *q;
    double start;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        search_kind(b, &kinds[i], true);
        search_kind(b, &kinds[i], false);
    }
    if (query_open(&q, b->dir) != 0)
        die("query_open", -EIO);
    start = now_s();
    query_totals(q, &totals);
    printf("totals: %.3f ms; ", (now_s() - start) * 1e3);
    start = now_s();
    query_totals(q, &totals);
    printf("again %.3f ms: %llu calls, %llu days, %llu MiB: %.1f bytes a call; RSS %ld MiB\n",
           (now_s() - start) * 1e3, (unsigned long long)totals.calls,
           (unsigned long long)totals.days, (unsigned long long)totals.bytes >> 20,
           (double)totals.bytes / (double)totals.calls, rss_kib() / 1024);
    query_close(q);
}

/* Headers as they repeat in a stream, a payload that shrinks as little as speech does. */
static void make_packet(uint8_t p[PACKET_BYTES], uint64_t call, int direction, uint32_t seq)
{
    uint64_t noise = mix_bits(call * 2654435761u + seq * 2 + (uint64_t)direction);

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
        noise = mix_bits(noise + (uint64_t)i);
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
    double start, cpu, added, took, ms[SEARCHES], each[SEARCHES];
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
    for (int i = 0; i < SEARCHES; i++) {
        each[i] = thread_cpu_ms();
        ms[i] = first_bytes_ms(b, (long)(mix_bits((uint64_t)i) % (uint64_t)b->concurrent));
        each[i] = thread_cpu_ms() - each[i];
    }
    print_times("first 64 KiB of a call's pcap:", ms, each, SEARCHES);
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
    struct stat st;
    struct bench b = { .dir = argc > 1 ? argv[1] : NULL };

    if (!b.dir) {
        fprintf(stderr, "usage: bench_store DIR [CALLS [DAYS [CONCURRENT [SECONDS]]]]\n");
        return 2;
    }
    b.calls = argument(argc, argv, 2, 1000000);
    b.days = argument(argc, argv, 3, 5);
    b.concurrent = argument(argc, argv, 4, 0);
    b.seconds = argument(argc, argv, 5, 60);
    if (stat(b.dir, &st) != 0) { /* else it is there already, of the same figures */
        bench_write(&b);
        bench_size(&b);
    }
    bench_search(&b);
    if (b.concurrent)
        bench_packets(&b);
    return 0;
}
