/*
 * live_clients - the live feed under load: many WebSockets, many updates; and many connections that do nothing.
 *
 *     live_clients ADDR:PORT TOKEN PID STORE CLIENTS RATE SECONDS
 *     live_clients ADDR:PORT TOKEN PID idle CONNECTIONS SECONDS
 *
 * The first plays the probe: listens on STORE/live.sock and says RATE calls a second, each as long as a real one,
 * over 2,000 calls in turn. PID is the server's: its memory and processor time are read from /proc. Each second
 * an honest client asks for something and is timed. An answer of 0 drops on the side of the probe means that it
 * was never held up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CALLS = 2000, BACKLOG_BYTES = 1 << 20, EVENTS = 256, READ_BYTES = 256 * 1024 };

struct ws {
    int fd;
    uint64_t bytes, messages, dropped, skipped;
    unsigned char held[256]; /* the beginning of a frame */
    size_t held_len;
    uint64_t left; /* of a frame's body */
};

/* Of the processes of this program: the clients, the probe, and an honest client. */
struct shared {
    uint64_t said, lost;
    double worst_ms, sum_ms;
    unsigned asked, unanswered;
    long rss_max_kib;
};

struct bench {
    struct shared *all;
    struct sockaddr_in to;
    const char *token;
    long pid;
    struct ws *clients;
    size_t count, gone;
    int epoll;
    char line[4096]; /* a call, with room for its number */
    size_t line_len;
    char *backlog; /* what the socket did not take */
    size_t backlog_len;
};

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void die(const char *what)
{
    fprintf(stderr, "live_clients: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int connect_to(const struct bench *b)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    if (fd < 0 || connect(fd, (const struct sockaddr *)&b->to, sizeof b->to) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

/* One request on a connection of its own; the answer, with a NUL. -1: none within 5 s. */
static int ask(const struct bench *b, const char *method, const char *path, char *out, size_t room)
{
    const struct timeval patience = { 5, 0 };
    char text[1024];
    int fd = connect_to(b), n;
    size_t len = 0;

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    n = snprintf(
        text, sizeof text,
        "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %s\r\nConnection: close\r\n"
        "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
        method, path, b->token, *method == 'P' ? 2 : 0, *method == 'P' ? "{}" : "");
    if (send(fd, text, (size_t)n, MSG_NOSIGNAL) == n) {
        ssize_t got;

        while (len + 1 < room && (got = recv(fd, out + len, room - len - 1, 0)) > 0) {
            len += (size_t)got;
            out[len] = '\0';
            if (strstr(out, "\r\n\r\n") && out[len - 1] == '}')
                break;
        }
    }
    close(fd);
    out[len] = '\0';
    return len > 12 && strncmp(out, "HTTP/1.1 200", 12) == 0 ? 0 : -1;
}

static void open_ws(struct bench *b, struct ws *c)
{
    char answer[4096], ticket[128] = "", text[512];
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = c };
    char *at, *end;
    int n;

    if (ask(b, "POST", "/api/v1/live/ticket", answer, sizeof answer) != 0 ||
        !(at = strstr(answer, "\"ticket\":\"")) || !(end = strchr(at + 10, '"')) ||
        end - at - 10 >= (ptrdiff_t)sizeof ticket) {
        fprintf(stderr, "no ticket: %.200s\n", answer);
        exit(1);
    }
    memcpy(ticket, at + 10, (size_t)(end - at - 10));
    c->fd = connect_to(b);
    if (c->fd < 0)
        die("connect");
    n = snprintf(text, sizeof text,
                 "GET /api/v1/live?ticket=%s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: earshot.live.v1\r\n\r\n",
                 ticket);
    if (send(c->fd, text, (size_t)n, MSG_NOSIGNAL) != n)
        die("send");
    for (size_t len = 0;; len++) { /* a byte at a time: what follows are frames */
        if (len + 1 >= sizeof answer || recv(c->fd, answer + len, 1, 0) != 1)
            die("upgrade");
        answer[len + 1] = '\0';
        if (len > 3 && memcmp(answer + len - 3, "\r\n\r\n", 4) == 0)
            break;
    }
    if (strncmp(answer, "HTTP/1.1 101", 12) != 0) {
        fprintf(stderr, "client %zu refused: %.300s\n", (size_t)(c - b->clients), answer);
        exit(1);
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    epoll_ctl(b->epoll, EPOLL_CTL_ADD, c->fd, &event);
}

/* ---- frames ---- */

static uint64_t count_in(const char *text, const char *type)
{
    const char *at = strstr(text, type);

    return at && (at = strstr(at, "\"messages\":")) ? strtoull(at + 11, NULL, 10) : 0;
}

static void answer_ping(struct ws *c, const unsigned char *body, size_t len)
{
    unsigned char pong[6 + 125] = { 0x8a, (unsigned char)(0x80 | len) }; /* masked with zeros */

    memcpy(pong + 6, body, len);
    if (send(c->fd, pong, 6 + len, MSG_NOSIGNAL) < 0)
        return;
}

/* Heads alone, and the whole of what is short. */
static void take(struct ws *c, const unsigned char *p, size_t len)
{
    c->bytes += len;
    while (len) {
        size_t head, body, want;

        if (c->left) {
            size_t n = c->left < len ? (size_t)c->left : len;

            c->left -= n;
            p += n;
            len -= n;
            continue;
        }
        c->held[c->held_len++] = *p++;
        len--;
        if (c->held_len < 2)
            continue;
        body = c->held[1] & 0x7f;
        head = body == 126 ? 4 : body == 127 ? 10 : 2;
        if (c->held_len < head)
            continue;
        if (body == 126)
            body = (size_t)c->held[2] << 8 | c->held[3];
        want = body <= 125 ? head + body : head;
        if (c->held_len < want)
            continue;
        if ((c->held[0] & 15) == 9) {
            answer_ping(c, c->held + 2, body);
        } else if (body <= 125) {
            c->held[c->held_len] = '\0';
            c->dropped += count_in((const char *)c->held + 2, "\"dropped\"");
            c->skipped += count_in((const char *)c->held + 2, "\"skipped\"");
        }
        c->messages += (c->held[0] & 15) == 1;
        c->left = head + body - c->held_len;
        c->held_len = 0;
    }
}

static void read_clients(struct bench *b, int wait_ms)
{
    static unsigned char bytes[READ_BYTES];
    struct epoll_event events[EVENTS];
    int n = epoll_wait(b->epoll, events, EVENTS, wait_ms);

    for (int i = 0; i < n; i++) {
        struct ws *c = events[i].data.ptr;
        ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);

        if (got > 0) {
            take(c, bytes, (size_t)got);
        } else if (got == 0 || errno != EAGAIN) {
            close(c->fd);
            c->fd = -1;
            b->gone++;
        }
    }
}

/* ---- the probe ---- */

static void make_line(struct bench *b)
{
    size_t n = (size_t)snprintf(b->line, sizeof b->line,
                                "{\"type\":\"call\",\"id\":\"%%016llx\",\"call_id\":\"bench@192.0."
                                "2.1\",\"state\":\"in_call\",");

    /* As long as the record of a call is, without its streams. */
    while (n < 2400)
        n += (size_t)snprintf(b->line + n, sizeof b->line - n, "\"field_%zu\":\"value of it\",", n);
    snprintf(b->line + n, sizeof b->line - n, "\"event\":\"changed\"}\n");
}

static void flush(struct bench *b, int fd)
{
    ssize_t sent = 1;

    while (b->backlog_len && sent > 0) {
        sent = send(fd, b->backlog, b->backlog_len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            b->backlog_len -= (size_t)sent;
            memmove(b->backlog, b->backlog + sent, b->backlog_len);
        }
    }
}

static void say(struct bench *b)
{
    char text[4096];
    int n = snprintf(text, sizeof text, b->line, (unsigned long long)(1 + b->all->said % CALLS));

    b->all->said++;
    if (b->backlog_len + (size_t)n > BACKLOG_BYTES) {
        b->all->lost++;
        return;
    }
    memcpy(b->backlog + b->backlog_len, text, (size_t)n);
    b->backlog_len += (size_t)n;
}

static int listen_as_probe(const char *store)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), client;

    snprintf(at.sun_path, sizeof at.sun_path, "%s/live.sock", store);
    unlink(at.sun_path);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0)
        die(at.sun_path);
    client = accept(fd, NULL, NULL); /* the server tries once a second */
    if (client < 0)
        die("accept");
    return client;
}

/* ---- what it costs ---- */

static long rss_kib(long pid)
{
    char path[64], line[256];
    long kib = -1;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    }
    if (f)
        fclose(f);
    return kib;
}

static double cpu_s(long pid)
{
    char path[64], text[1024] = "";
    unsigned long user = 0, system_time = 0;
    const char *at;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    f = fopen(path, "r");
    if (!f)
        return 0;
    if (fgets(text, sizeof text, f) && (at = strrchr(text, ')')) != NULL) {
        for (int i = 0; i < 12 && at; i++)
            at = strchr(at + 1, ' ');
        if (at) {
            char *rest;

            user = strtoul(at, &rest, 10);
            system_time = strtoul(rest, NULL, 10);
        }
    }
    fclose(f);
    return (double)(user + system_time) / (double)sysconf(_SC_CLK_TCK);
}

/* An honest client, and the memory of that moment. */
static void look(struct bench *b)
{
    char answer[4096];
    double began = now_s(), ms;
    long kib = rss_kib(b->pid);
    int err = ask(b, "GET", "/api/v1/session", answer, sizeof answer);

    ms = (now_s() - began) * 1e3;
    b->all->asked++;
    b->all->unanswered += err != 0;
    b->all->sum_ms += ms;
    if (ms > b->all->worst_ms)
        b->all->worst_ms = ms;
    if (kib > b->all->rss_max_kib)
        b->all->rss_max_kib = kib;
}

static void report_common(const struct bench *b, double cpu, double seconds)
{
    printf("server: at most %.1f MB of memory, %.0f %% of one core\n",
           (double)b->all->rss_max_kib * 1024 / 1e6, 100 * cpu / seconds);
    printf("an honest client: %u asked, %u unanswered, %.1f ms on average, %.1f ms at worst\n",
           b->all->asked, b->all->unanswered, b->all->sum_ms / (b->all->asked ? b->all->asked : 1),
           b->all->worst_ms);
}

static void play_probe(struct bench *b, int probe, double rate, double seconds)
{
    const struct timespec pause = { 0, 500000 };
    double began = now_s();

    for (double t = began; t < began + seconds; t = now_s()) {
        while ((double)b->all->said < (t - began) * rate)
            say(b);
        flush(b, probe);
        nanosleep(&pause, NULL);
    }
}

static void play_honest(struct bench *b, double seconds)
{
    for (double end = now_s() + seconds; now_s() < end;) {
        sleep(1);
        look(b);
    }
}

static void run_live(struct bench *b, const char *store, double rate, double seconds)
{
    int probe = listen_as_probe(store);
    double began, cpu;
    uint64_t messages = 0, bytes = 0, dropped = 0, skipped = 0;

    b->backlog = malloc(BACKLOG_BYTES);
    if (!b->backlog)
        die("memory");
    make_line(b);
    for (size_t i = 0; i < b->count; i++)
        open_ws(b, &b->clients[i]);
    cpu = cpu_s(b->pid);
    began = now_s();
    if (fork() == 0) {
        play_probe(b, probe, rate, seconds);
        _exit(0);
    }
    if (fork() == 0) {
        play_honest(b, seconds - 1);
        _exit(0);
    }
    while (now_s() < began + seconds)
        read_clients(b, 5);
    cpu = cpu_s(b->pid) - cpu;
    while (wait(NULL) > 0)
        continue;
    for (size_t i = 0; i < b->count; i++) {
        messages += b->clients[i].messages;
        bytes += b->clients[i].bytes;
        dropped += b->clients[i].dropped;
        skipped += b->clients[i].skipped;
    }
    printf("%zu clients, %.0f updates/s of %zu bytes, %.0f s\n", b->count, rate, strlen(b->line),
           seconds);
    printf("the probe: %llu said, %llu lost\n", (unsigned long long)b->all->said,
           (unsigned long long)b->all->lost);
    printf(
        "the clients: %.0f messages/s each, %.0f MB/s in all, %llu skipped and %llu dropped of a "
        "client on average, %zu let go\n",
        (double)messages / (double)b->count / seconds, (double)bytes / 1e6 / seconds,
        (unsigned long long)(skipped / b->count), (unsigned long long)(dropped / b->count),
        b->gone);
    report_common(b, cpu, seconds);
    free(b->backlog);
}

static void run_idle(struct bench *b, double seconds)
{
    double cpu = cpu_s(b->pid), began = now_s();
    size_t open = 0;

    for (size_t i = 0; i < b->count; i++) {
        b->clients[i].fd = connect_to(b);
        if (i % 500 == 0)
            look(b);
    }
    for (double t = now_s(); t < began + seconds; t = now_s()) {
        look(b);
        usleep(200000);
    }
    for (size_t i = 0; i < b->count; i++) {
        char byte;
        int fd = b->clients[i].fd;

        open += fd >= 0 && recv(fd, &byte, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN;
    }
    printf("%zu connections opened that say nothing, %zu of them still there after %.0f s\n",
           b->count, open, seconds);
    report_common(b, cpu_s(b->pid) - cpu, seconds);
}

int main(int argc, char **argv)
{
    struct bench b = { .to = { .sin_family = AF_INET } };
    struct rlimit files;
    char *colon = argc > 6 ? strrchr(argv[1], ':') : NULL;
    bool idle;

    if (!colon || inet_pton(AF_INET, "127.0.0.1", &b.to.sin_addr) != 1) {
        fprintf(stderr, "usage: live_clients ADDR:PORT TOKEN PID STORE CLIENTS RATE SECONDS\n"
                        "       live_clients ADDR:PORT TOKEN PID idle CONNECTIONS SECONDS\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    b.to.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    b.token = argv[2];
    b.pid = strtol(argv[3], NULL, 10);
    idle = strcmp(argv[4], "idle") == 0;
    b.count = strtoul(argv[5], NULL, 10);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    b.all = mmap(NULL, sizeof *b.all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b.all == MAP_FAILED)
        die("memory");
    if (b.count == 0)
        return 2;
    b.clients = calloc(b.count, sizeof *b.clients);
    b.epoll = epoll_create1(0);
    if (!b.clients || b.epoll < 0)
        die("memory");
    if (idle)
        run_idle(&b, strtod(argv[6], NULL));
    else if (argc > 7)
        run_live(&b, argv[4], strtod(argv[6], NULL), strtod(argv[7], NULL));
    free(b.clients);
    return 0;
}
