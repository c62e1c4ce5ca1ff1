/*
 * bench_tcp - what TCP streams cost: memory while they wait, time while they flow.
 *
 * Memory is what the process has in RAM (VmRSS), each row on top of the one before. Each time is the
 * best of several rounds: the noise of a shared machine only ever makes a round slower.
 */
#include "probe/decap/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { STREAMS = 10000, ROUNDS = 7, SEGMENTS = 200000, HEADER = 20, BELOW = 34 };

#define HEAD                                                                                       \
    "INVITE sip:+4930555012@trunk.example.net:5060;user=phone SIP/2.0\r\n"                         \
    "Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bK-524287-1-9c6a71d05e2c4a1f;rport\r\n"          \
    "From: \"Front Desk\" <sip:+4940555087@pbx.example.org;user=phone>;tag=8a6b3c51f0\r\n"         \
    "To: <sip:+4930555012@trunk.example.net;user=phone>\r\n"                                       \
    "Call-ID: 3f0c2e9a-7d51-4be2-9a60-1cfa8bd64c11@192.0.2.10\r\n"                                 \
    "CSeq: 102 INVITE\r\nMax-Forwards: 69\r\n"                                                     \
    "Contact: <sip:+4940555087@192.0.2.10:5060;transport=tcp>\r\n"                                 \
    "Content-Type: application/sdp\r\n"

struct bench {
    struct tcp *tcp;
    struct counters counters;
    uint64_t units;
    uint8_t frame[2048];
};

static void take_unit(void *ctx, const struct decap_unit *unit)
{
    struct bench *b = ctx;

    b->units += unit->datagram.payload.len > 0;
}

static void put_u32(uint8_t *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static enum packet_bin send_segment(struct bench *b, uint32_t stream, uint32_t seq, unsigned flags,
                                    const char *payload, size_t len)
{
    static const struct path no_path;
    static int64_t now_ns;
    uint8_t src[4] = { 10, 0, (uint8_t)(stream >> 8), (uint8_t)stream }, dst[4] = { 10, 1, 0, 1 };
    uint8_t *p = b->frame + BELOW;
    size_t wire = HEADER + len;
    struct frame frame = { now_ns += 1000, b->frame, (uint32_t)(BELOW + wire),
                           (uint32_t)(BELOW + wire), 1 };
    struct tcp_packet packet = { .src_ip = src,
                                 .dst_ip = dst,
                                 .p = p,
                                 .captured_bytes = wire,
                                 .wire_bytes = wire,
                                 .path = &no_path };

    put_u32(p, 40000u << 16 | 5060);
    put_u32(p + 4, seq);
    p[12] = 0x50;
    p[13] = (uint8_t)flags;
    if (len)
        memcpy(p + HEADER, payload, len);
    return tcp_add(b->tcp, &frame, &packet, take_unit, b);
}

static double rss_mib(void)
{
    FILE *f = fopen("/proc/self/status", "r");
    double kib = 0;
    char line[128];

    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtod(line + 6, NULL);
    }
    if (f)
        fclose(f);
    return kib / 1024;
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void open_tcp(struct bench *b)
{
    struct decap_options options;

    decap_options_default(&options);
    if (tcp_new(&b->tcp, &options, NULL, &b->counters) != 0)
        exit(1);
}

/* Memory: idle, then each with the first half of a message, then each with holes behind it. */
static void measure_memory(struct bench *b)
{
    static char part[1460];
    double begin = rss_mib(), at = begin, last;

    open_tcp(b);
    memcpy(part, HEAD "Content-Length: 3000\r\n\r\n", sizeof HEAD - 1 + 24);
    memset(part + sizeof HEAD + 23, 'x', sizeof part - sizeof HEAD - 23);
    for (uint32_t i = 0; i < STREAMS; i++) {
        send_segment(b, i, 0, 2, "", 0);
        send_segment(b, i, 1, 0, "OPTIONS sip:a@b SIP/2.0\r\n\r\n", 27);
    }
    last = rss_mib();
    printf("%d idle SIP streams          %7.1f MiB, %4.0f bytes each\n", STREAMS, last - at,
           (last - at) * 1048576 / STREAMS);
    at = last;
    for (uint32_t i = 0; i < STREAMS; i++)
        send_segment(b, i, 28, 0, part, sizeof part);
    last = rss_mib();
    printf("  each with half a message      %7.1f MiB, %4.0f bytes each\n", last - at,
           (last - at) * 1048576 / STREAMS);
    for (uint32_t n = 0; n < 200; n++) {
        for (uint32_t i = 0; i < STREAMS; i++)
            send_segment(b, i, 3000 + 2000 * n, 0, part, sizeof part);
    }
    printf("  each with 200 holes behind it %7.1f MiB in all, %zu waiting\n", rss_mib() - begin,
           tcp_stats(b->tcp)->waiting_bytes >> 20);
    tcp_free(b->tcp);
}

static void measure_time(struct bench *b, const char *name, const char *payload, size_t len,
                         size_t cut)
{
    double best = 1e9;

    for (int round = 0; round < ROUNDS; round++) {
        uint32_t seq = 1;
        double begin;

        open_tcp(b);
        send_segment(b, 0, 0, 2, "", 0);
        begin = now_s();
        for (int i = 0; i < SEGMENTS; i++) {
            for (size_t at = 0; at < len; at += cut) {
                size_t n = len - at < cut ? len - at : cut;

                send_segment(b, 0, seq, 0, payload + at, n);
                seq += (uint32_t)n;
            }
        }
        begin = now_s() - begin;
        best = begin < best ? begin : best;
        tcp_free(b->tcp);
    }
    printf("%-31s %7.0f ns a message\n", name, best / SEGMENTS * 1e9);
}

int main(void)
{
    static struct bench b;
    static char message[2048], other[1460];
    size_t len = sizeof HEAD - 1 + 23;

    memcpy(message, HEAD "Content-Length: 600\r\n\r\n", len);
    memset(message + len, 'x', 600);
    len += 600;
    memset(other, 0x9a, sizeof other);
    measure_memory(&b);
    measure_time(&b, "a segment of nothing of ours", other, sizeof other, sizeof other);
    measure_time(&b, "a message in a segment", message, len, len);
    measure_time(&b, "a message in two segments", message, len, len / 2 + 1);
    measure_time(&b, "a message in 12 segments", message, len, len / 12 + 1);
    printf("%llu messages\n", (unsigned long long)b.units);
    return 0;
}
