/*
 * veth_send - plays a capture on a network interface, at its own pace or at a given one.
 *
 *     veth_send [-r PACKETS_PER_S] [-x SPEED] [-l LOOPS] [-n PACKETS] [-t|-a IFACE] IFACE FILE
 *
 * For a veth pair in a network namespace of its own: this is the one program here that sends. The
 * capture must be a pcap of this machine's byte order with Ethernet frames; it is mapped, and what
 * is not in the page cache yet is late. Frames leave through an AF_PACKET socket past the queueing
 * discipline, up to 64 a system call, never before their time. With -t as a tap that has a port for
 * each direction: packets from the higher of their two addresses leave by the other interface. With
 * -a as two bonded links: every other packet does. Ends with one line:
 *
 *     sent N packets, N bytes in S s: N packets/s, at most N ms late
 *
 * Exit status 1 when a frame could not be sent: then no count is worth anything.
 */
#define _GNU_SOURCE /* sendmmsg */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    BATCH = 64,
    NAP_NS = 100000,       /* shorter waits are not worth a system call */
    TIMER_SLACK_NS = 1000, /* the usual 50 us would come on top of every nap */
    SEND_BUFFER_BYTES = 8 << 20,
    PCAP_HEADER_BYTES = 24,
    RECORD_HEADER_BYTES = 16,
    LINK_ETHERNET = 1,
};

#define NS_PER_S    INT64_C(1000000000)
#define MAGIC_MICRO 0xa1b2c3d4u
#define MAGIC_NANO  0xa1b23c4du

struct player {
    const uint8_t *file, *end, *at; /* the next record */
    int64_t fraction_ns;            /* what one unit of a time stamp's fraction is */
    int64_t first_ns, loop_ns;      /* of the capture; what the loops before this one took */
    double rate, speed;             /* packets/s; 0: as captured, times speed */
    long loops;
    unsigned long long limit; /* packets; 0: none */
    int fds[2];               /* the second one is that of -t or -a, or the first one again */
    bool alternately;
    unsigned long long sent, bytes;
    int64_t begun_ns, late_ns;
};

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

static void die(const char *format, ...)
{
    va_list args;

    fputs("veth_send: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

static uint32_t u32_at(const uint8_t *p)
{
    uint32_t value;

    memcpy(&value, p, sizeof value);
    return value;
}

static int64_t record_time(const struct player *p, const uint8_t *record)
{
    return (int64_t)u32_at(record) * NS_PER_S + (int64_t)u32_at(record + 4) * p->fraction_ns;
}

static void open_capture(struct player *p, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    void *map;

    if (fd < 0 || fstat(fd, &st) != 0)
        die("%s: %s", path, strerror(errno));
    if (st.st_size < PCAP_HEADER_BYTES + RECORD_HEADER_BYTES)
        die("%s: no packets in it", path);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (map == MAP_FAILED)
        die("%s: %s", path, strerror(errno));
    close(fd);
    p->file = map;
    p->end = p->file + st.st_size;
    p->at = p->file + PCAP_HEADER_BYTES;
    p->fraction_ns = u32_at(p->file) == MAGIC_NANO ? 1 : 1000;
    if (u32_at(p->file) != MAGIC_MICRO && u32_at(p->file) != MAGIC_NANO)
        die("%s: not a pcap of this machine's byte order", path);
    if (u32_at(p->file + 20) != LINK_ETHERNET)
        die("%s: link type %u is not Ethernet", path, u32_at(p->file + 20));
    p->first_ns = record_time(p, p->at);
}

static int open_interface(const char *name)
{
    const struct sockaddr_ll to = { .sll_family = AF_PACKET,
                                    .sll_ifindex = (int)if_nametoindex(name) };
    int on = 1, bytes = SEND_BUFFER_BYTES, fd;

    if (to.sll_ifindex == 0)
        die("%s: %s", name, strerror(errno));
    fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0); /* protocol 0: it receives nothing */
    if (fd < 0)
        die("%s: %s", name, strerror(errno));
    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
    if (bind(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        die("%s: %s", name, strerror(errno));
    return fd;
}

/* Whether the source is the higher address. */
static bool is_back(const uint8_t *record)
{
    const uint8_t *frame = record + RECORD_HEADER_BYTES, *ip = frame + 14;
    uint32_t len = u32_at(record + 8);

    if (len >= 34 && frame[12] == 0x08 && frame[13] == 0x00)
        return memcmp(ip + 12, ip + 16, 4) > 0;
    if (len >= 54 && frame[12] == 0x86 && frame[13] == 0xdd)
        return memcmp(ip + 8, ip + 24, 16) > 0;
    return false;
}

/* By which interface the record leaves that is the number-th. */
static int fd_of(const struct player *p, const uint8_t *record, unsigned long long number)
{
    return p->fds[p->alternately ? number % 2 : is_back(record)];
}

/* The next record, the first one again after the last while there are loops left; or NULL. */
static const uint8_t *next_record(struct player *p)
{
    const uint8_t *record = p->at;

    if (record == p->end && p->loops > 1) {
        p->loops--;
        p->loop_ns = now_ns() - p->begun_ns;
        record = p->file + PCAP_HEADER_BYTES;
    }
    if (p->end - record < RECORD_HEADER_BYTES ||
        p->end - record - RECORD_HEADER_BYTES < (ptrdiff_t)u32_at(record + 8))
        return NULL;
    p->at = record + RECORD_HEADER_BYTES + u32_at(record + 8);
    return record;
}

/* When the record is to leave, in ns after the start; `number` counts the packets from 0. */
static int64_t due_ns(const struct player *p, const uint8_t *record, unsigned long long number)
{
    if (p->rate > 0)
        return (int64_t)((double)number / p->rate * (double)NS_PER_S);
    return p->loop_ns + (int64_t)((double)(record_time(p, record) - p->first_ns) / p->speed);
}

static void nap(int64_t ns)
{
    const struct timespec t = { ns / NS_PER_S, ns % NS_PER_S };

    nanosleep(&t, NULL);
}

static void send_batch(struct player *p, int fd, struct mmsghdr *messages, unsigned n)
{
    for (unsigned done = 0; done < n;) {
        int sent = sendmmsg(fd, messages + done, n - done, 0);

        if (sent > 0)
            done += (unsigned)sent;
        else if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
            die("sendmmsg: %s after %llu packets", strerror(errno), p->sent + done);
    }
    p->sent += n;
}

static void play(struct player *p)
{
    struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    const uint8_t *record = next_record(p);

    memset(messages, 0, sizeof messages);
    p->begun_ns = now_ns();
    while (record && (p->limit == 0 || p->sent < p->limit)) {
        int64_t elapsed = now_ns() - p->begun_ns, due = due_ns(p, record, p->sent);
        int fd = fd_of(p, record, p->sent);
        unsigned n = 0;

        if (due > elapsed) {
            if (due - elapsed > NAP_NS)
                nap(due - elapsed);
            continue;
        }
        if (elapsed - due > p->late_ns)
            p->late_ns = elapsed - due;
        while (record && n < BATCH && fd_of(p, record, p->sent + n) == fd &&
               (p->limit == 0 || p->sent + n < p->limit) &&
               due_ns(p, record, p->sent + n) <= elapsed) {
            uint32_t len = u32_at(record + 8);

            /* sendmmsg only reads it, whatever iovec's type says. */
            pieces[n].iov_base = (void *)(uintptr_t)(record + RECORD_HEADER_BYTES);
            pieces[n].iov_len = len;
            messages[n].msg_hdr.msg_iov = &pieces[n];
            messages[n].msg_hdr.msg_iovlen = 1;
            p->bytes += len;
            n++;
            record = next_record(p);
        }
        send_batch(p, fd, messages, n);
    }
}

static double number(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value > 0))
        die("'%s' is no number above 0", text);
    return value;
}

int main(int argc, char **argv)
{
    struct player p = { .speed = 1, .loops = 1 };
    const char *other = NULL;
    double seconds;
    int option;

    while ((option = getopt(argc, argv, "r:x:l:n:t:a:")) != -1) {
        switch (option) {
        case 'r':
            p.rate = number(optarg);
            break;
        case 'x':
            p.speed = number(optarg);
            break;
        case 'l':
            p.loops = (long)number(optarg);
            break;
        case 'n':
            p.limit = (unsigned long long)number(optarg);
            break;
        case 'a':
            p.alternately = true;
            other = optarg;
            break;
        case 't':
            other = optarg;
            break;
        default:
            return 2;
        }
    }
    if (argc - optind != 2) {
        fputs(
            "usage: veth_send [-r PACKETS_PER_S] [-x SPEED] [-l LOOPS] [-n PACKETS] [-t|-a IFACE] "
            "IFACE FILE\n",
            stderr);
        return 2;
    }
    prctl(PR_SET_TIMERSLACK, (unsigned long)TIMER_SLACK_NS, 0, 0, 0);
    open_capture(&p, argv[optind + 1]);
    p.fds[0] = open_interface(argv[optind]);
    p.fds[1] = other ? open_interface(other) : p.fds[0];
    play(&p);
    seconds = (double)(now_ns() - p.begun_ns) / (double)NS_PER_S;
    printf("sent %llu packets, %llu bytes in %.2f s: %.0f packets/s, at most %.1f ms late\n",
           p.sent, p.bytes, seconds, (double)p.sent / seconds, (double)p.late_ns / 1e6);
    return 0;
}
