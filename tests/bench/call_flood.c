/*
 * call_flood - writes a capture to the standard output: calls that are talked in, and a flood of new
 * Call-IDs around them.
 *
 *   call_flood LIVE RATE SECONDS
 *
 * LIVE calls are set up in the first second, say something (INFO) every ten, and hang up after the
 * flood. RATE new Call-IDs a second follow, each an INVITE that nobody answers, with tags and branches
 * of their own. With RATE 0 the live calls stay idle: what one costs is told by their number.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 1024, HEADERS_BYTES = 14 + 20 + 8, SNAPLEN = 65535, INFO_EVERY_S = 10 };

#define START_S  INT64_C(1795255200)
#define US_PER_S INT64_C(1000000)

static void put(unsigned char *at, unsigned bytes, uint32_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * (bytes - 1 - i));
}

/* Ethernet, IPv4 and UDP; the checksums are left out, as a network card does. */
static void write_frame(int64_t time_us, uint32_t src, uint32_t dst, const char *text, size_t len)
{
    const uint32_t head[4] = { (uint32_t)(time_us / US_PER_S), (uint32_t)(time_us % US_PER_S),
                               (uint32_t)(HEADERS_BYTES + len), (uint32_t)(HEADERS_BYTES + len) };
    unsigned char h[HEADERS_BYTES] = { 0 };

    put(h + 12, 2, 0x0800);
    put(h + 14, 2, 0x4500);
    put(h + 16, 2, (uint32_t)(28 + len));
    put(h + 22, 2, 0x4011);
    put(h + 26, 4, src);
    put(h + 30, 4, dst);
    put(h + 34, 2, 5060);
    put(h + 36, 2, 5060);
    put(h + 38, 2, (uint32_t)(8 + len));
    fwrite(head, sizeof head, 1, stdout);
    fwrite(h, sizeof h, 1, stdout);
    fwrite(text, len, 1, stdout);
}

struct said {
    const char *line, *to_tag, *kind; /* start line, ";tag=b" or "", prefix of the Call-ID */
    const char *method;
    unsigned cseq;
    uint32_t number;
    int answers; /* it goes from the callee to the caller */
};

static void say(int64_t time_us, const struct said *s)
{
    uint32_t caller = 0x0a000000u + s->number % 65536, callee = 0x0a640001u;
    char text[FRAME_MAX];
    int n = snprintf(text, sizeof text,
                     "%s\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK-%s-%" PRIu32 "-%u\r\n"
                     "Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=%s%" PRIu32 "\r\n"
                     "To: <sip:b@example.com>%s\r\nCall-ID: %s-%" PRIu32 "@example.com\r\n"
                     "CSeq: %u %s\r\nContact: <sip:x@10.0.0.1>\r\nContent-Length: 0\r\n\r\n",
                     s->line, s->method, s->number, s->cseq, s->kind, s->number, s->to_tag, s->kind,
                     s->number, s->cseq, s->method);

    write_frame(time_us, s->answers ? callee : caller, s->answers ? caller : callee, text,
                (size_t)n);
}

static void set_up(int64_t time_us, uint32_t number)
{
    const struct said steps[] = {
        { "INVITE sip:b@example.com SIP/2.0", "", "live", "INVITE", 1, number, 0 },
        { "SIP/2.0 180 Ringing", ";tag=b", "live", "INVITE", 1, number, 1 },
        { "SIP/2.0 200 OK", ";tag=b", "live", "INVITE", 1, number, 1 },
        { "ACK sip:b@example.com SIP/2.0", ";tag=b", "live", "ACK", 1, number, 0 },
    };

    for (unsigned i = 0; i < sizeof steps / sizeof steps[0]; i++)
        say(time_us + i, &steps[i]);
}

static void hang_up(int64_t time_us, uint32_t number, unsigned cseq)
{
    const struct said bye = {
        "BYE sip:b@example.com SIP/2.0", ";tag=b", "live", "BYE", cseq, number, 0
    };
    const struct said ok = { "SIP/2.0 200 OK", ";tag=b", "live", "BYE", cseq, number, 1 };

    say(time_us, &bye);
    say(time_us + 1, &ok);
}

/* One second of the flood; the live calls say something in their turn. */
static void flood_second(int64_t second_us, uint32_t rate, uint32_t live, unsigned second,
                         uint32_t *number)
{
    uint32_t turn = live / INFO_EVERY_S + 1, first = second % INFO_EVERY_S * turn;

    for (uint32_t i = 0; i < rate; i++) {
        const struct said invite = {
            "INVITE sip:b@example.com SIP/2.0", "", "flood", "INVITE", 1, (*number)++, 0
        };

        say(second_us + (int64_t)i * US_PER_S / rate, &invite);
    }
    for (uint32_t i = first; rate && i < first + turn && i < live; i++) {
        const struct said info = { "INFO sip:b@example.com SIP/2.0", ";tag=b", "live", "INFO",
                                   2 + second / INFO_EVERY_S,        i,        0 };

        say(second_us + US_PER_S - 1, &info);
    }
}

int main(int argc, char **argv)
{
    const uint32_t magic[6] = { 0xa1b2c3d4u, 4u << 16 | 2u, 0, 0, SNAPLEN, 1 };
    uint32_t live, rate, seconds, number = 0;
    int64_t now_us = START_S * US_PER_S;

    if (argc != 4) {
        fputs("usage: call_flood LIVE RATE SECONDS > capture.pcap\n", stderr);
        return 2;
    }
    live = (uint32_t)strtoul(argv[1], NULL, 10);
    rate = (uint32_t)strtoul(argv[2], NULL, 10);
    seconds = (uint32_t)strtoul(argv[3], NULL, 10);
    fwrite(magic, sizeof magic, 1, stdout);
    for (uint32_t i = 0; i < live; i++)
        set_up(now_us + (int64_t)i * US_PER_S / live, i);
    now_us += US_PER_S;
    for (uint32_t s = 0; s < seconds; s++, now_us += US_PER_S)
        flood_second(now_us, rate, live, s, &number);
    for (uint32_t i = 0; rate && i < live; i++)
        hang_up(now_us + (int64_t)i * US_PER_S / live, i, 2 + seconds / INFO_EVERY_S + 1);
    return fflush(stdout) == 0 ? 0 : 1;
}
