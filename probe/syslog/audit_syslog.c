#include "probe/syslog/audit_syslog.h"

#include "analyzer/base/bqueue.h"
#include "analyzer/base/json_item.h"
#include "analyzer/base/log.h"
#include "probe/syslog/syslog_line.h"
#include "probe/syslog/syslog_place.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    DATAGRAM_MAX_BYTES = 8192,
    TIMEOUT_MS = 5000, /* to connect, or to take a line */
    LOOK_MS = 50,      /* how often it is asked whether we are to stop */
    WAIT_FIRST_MS = 500,
    WAIT_MAX_MS = 30000, /* between tries */
    STOP_MS = 1000,      /* for what waits still, at the end */
};

struct audit_syslog {
    struct syslog_place place;
    bool with_texts;
    struct bqueue *queue;
    pthread_t thread;
    int64_t end_ms;       /* the sender's: when it gives up, once it is to stop; 0: not yet */
    int fd;               /* the sender's; −1: none */
    pthread_mutex_t lock; /* of counts */
    struct audit_syslog_counts counts;
};

struct item {
    size_t len;
    char text[];
};

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the line ---- */

/* A text of ours, without its quotes; a stranger's bytes do not stand in it. */
static struct slice plain(struct slice line, const char *key)
{
    struct slice value = json_item_get(line, key);

    if (value.len >= 2 && value.p[0] == '"')
        value = slice_of(value.p + 1, value.len - 2);
    return value;
}

void audit_syslog_format(struct strbuf *out, struct slice line, bool with_texts)
{
    static const char *const names[] = {
        "seq", "user", "token", "from", "object", "status", "hash"
    };
    struct slice body = slice_trim(line), deed = plain(body, "deed"), head = body;
    double time = json_item_number(body, "time");
    size_t end = 0;

    if (!deed.p || !(time >= 0))
        return;
    syslog_line_begin(out, SYSLOG_AUDIT, SYSLOG_NOTICE, json_item_time(time), deed);
    strbuf_add_text(out, "[" SYSLOG_ELEMENT);
    syslog_line_param(out, "deed", deed);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        syslog_line_param(out, names[i], plain(body, names[i]));
    strbuf_add_text(out, "] ");
    if (with_texts) {
        syslog_line_mark(out, body);
        strbuf_add_slice(out, body);
        return;
    }
    /* Up to the salt, and the brace. */
    while (end < body.len &&
           !slice_starts_with(slice_of(body.p + end, body.len - end), SLICE(",\"salt\":")))
        end++;
    head.len = end;
    syslog_line_mark(out, head);
    strbuf_add_slice(out, head);
    strbuf_add_text(out, end < body.len ? "}" : "");
}

/* ---- the sender ---- */

static void set_reason(struct audit_syslog *s, const char *reason)
{
    bool is_new;

    pthread_mutex_lock(&s->lock);
    is_new = strcmp(s->counts.reason, reason) != 0;
    snprintf(s->counts.reason, sizeof s->counts.reason, "%s", reason);
    pthread_mutex_unlock(&s->lock);
    if (is_new && reason[0])
        log_warn("web: audit.syslog: %s", reason);
    else if (is_new)
        log_info("web: audit.syslog: it gets there again");
}

/* Is it to stop, and has it had its time? */
static bool is_over(struct audit_syslog *s)
{
    if (!bqueue_is_closed(s->queue))
        return false;
    if (s->end_ms == 0)
        s->end_ms = now_ms() + STOP_MS;
    return now_ms() >= s->end_ms;
}

/* 0, −ETIMEDOUT, −ECANCELED. */
static int wait_for(struct audit_syslog *s, short events)
{
    int64_t deadline = now_ms() + TIMEOUT_MS;

    for (;;) {
        struct pollfd p = { .fd = s->fd, .events = events };

        if (poll(&p, 1, LOOK_MS) > 0)
            return 0;
        if (is_over(s))
            return -ECANCELED;
        if (now_ms() >= deadline)
            return -ETIMEDOUT;
    }
}

static void hang_up(struct audit_syslog *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static int connect_to(struct audit_syslog *s, int family, int type, const struct sockaddr *to,
                      socklen_t len)
{
    int err = 0;
    socklen_t err_len = sizeof err;

    s->fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0)
        return -errno;
    if (connect(s->fd, to, len) != 0)
        err = -errno;
    if (err == -EINPROGRESS || err == -EAGAIN) {
        err = wait_for(s, POLLOUT);
        if (err == 0 && getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &err_len) == 0)
            err = -err;
    }
    if (err)
        hang_up(s);
    return err;
}

static int connect_address(struct audit_syslog *s, const struct addr *a)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };
    int type = s->place.way == SYSLOG_TCP ? SOCK_STREAM : SOCK_DGRAM;

    memcpy(&v4.sin_addr, a->ip + 12, 4);
    memcpy(&v6.sin6_addr, a->ip, 16);
    if (addr_is_v4(a))
        return connect_to(s, AF_INET, type, (const struct sockaddr *)&v4, sizeof v4);
    return connect_to(s, AF_INET6, type, (const struct sockaddr *)&v6, sizeof v6);
}

static int connect_host(struct audit_syslog *s)
{
    const struct timespec look = { 0, LOOK_MS * 1000000L };
    struct addr addresses[RESOLVE_ADDRESSES_MAX];
    int64_t deadline = now_ms() + TIMEOUT_MS;
    struct resolve *resolve;
    int count = 0, err = resolve_start(&resolve, s->place.host, s->place.port);

    if (err)
        return err;
    while ((count = resolve_poll(resolve, addresses)) == 0 && now_ms() < deadline && !is_over(s))
        nanosleep(&look, NULL);
    resolve_free(resolve);
    err = count < 0 ? -EHOSTUNREACH : -ETIMEDOUT;
    for (int i = 0; i < count && err; i++)
        err = connect_address(s, &addresses[i]);
    return err;
}

/* A datagram for each line where it takes them; some listen for streams. */
static int connect_unix(struct audit_syslog *s)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int err;

    memcpy(at.sun_path, s->place.host, SYSLOG_PATH_MAX); /* with zeros behind it */
    err = connect_to(s, AF_UNIX, SOCK_DGRAM, (const struct sockaddr *)&at, sizeof at);
    return err;
}

static bool connect_now(struct audit_syslog *s)
{
    char reason[AUDIT_SYSLOG_REASON_MAX];
    int err;

    if (s->fd >= 0)
        return true;
    err = s->place.way == SYSLOG_UNIX ? connect_unix(s) : connect_host(s);
    if (err) {
        snprintf(reason, sizeof reason, "%.100s: %s", s->place.host,
                 err == -EHOSTUNREACH ? "its name leads to no address, or there is no way to it"
                                      : strerror(-err));
        set_reason(s, reason);
    }
    return err == 0;
}

/* 0, or −errno: it did not go out whole. */
static int send_bytes(struct audit_syslog *s, struct slice bytes)
{
    while (bytes.len) {
        ssize_t n = send(s->fd, bytes.p, bytes.len, MSG_NOSIGNAL);
        int err = n < 0 ? -errno : 0;

        if (err == -EAGAIN || err == -ENOBUFS)
            err = wait_for(s, POLLOUT);
        else if (err == 0)
            bytes = slice_of(bytes.p + n, bytes.len - (size_t)n);
        if (err && err != -EINTR)
            return err;
    }
    return 0;
}

/* Has the other side hung up? What is written then is lost without a word. */
static bool has_gone(const struct audit_syslog *s)
{
    char byte;
    ssize_t n = recv(s->fd, &byte, 1, MSG_DONTWAIT);

    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* True: it is through with this line. */
static bool try_line(struct audit_syslog *s, struct slice line)
{
    struct strbuf out = { .max_bytes = 128 << 10 };
    bool is_stream = s->place.way == SYSLOG_TCP;
    int err;

    if (s->fd >= 0 && is_stream && has_gone(s))
        hang_up(s);
    if (!connect_now(s))
        return false;
    if (is_stream)
        strbuf_addf(&out, "%zu ", line.len);
    else if (line.len > DATAGRAM_MAX_BYTES)
        line.len = DATAGRAM_MAX_BYTES;
    strbuf_add_slice(&out, line);
    err = out.failed ? -ENOMEM : send_bytes(s, strbuf_slice(&out));
    strbuf_fini(&out);
    if (err) {
        hang_up(s);
        set_reason(s, strerror(-err));
    } else {
        set_reason(s, "");
    }
    pthread_mutex_lock(&s->lock);
    s->counts.sent += err == 0;
    s->counts.failed += err && s->place.way == SYSLOG_UDP;
    pthread_mutex_unlock(&s->lock);
    return err == 0 || s->place.way == SYSLOG_UDP;
}

static void send_line(struct audit_syslog *s, const struct item *item)
{
    struct strbuf line = { .max_bytes = 96 << 10 };
    int64_t wait_ms = WAIT_FIRST_MS;

    audit_syslog_format(&line, slice_of(item->text, item->len), s->with_texts);
    while (line.len && !try_line(s, strbuf_slice(&line))) {
        const struct timespec look = { 0, LOOK_MS * 1000000L };
        int64_t until = now_ms() + wait_ms;

        wait_ms = 2 * wait_ms < WAIT_MAX_MS ? 2 * wait_ms : WAIT_MAX_MS;
        while (now_ms() < until && !is_over(s))
            nanosleep(&look, NULL);
        if (is_over(s)) {
            pthread_mutex_lock(&s->lock);
            s->counts.dropped++;
            pthread_mutex_unlock(&s->lock);
            break;
        }
    }
    strbuf_fini(&line);
}

static void *run(void *ctx)
{
    struct audit_syslog *s = ctx;
    void *items[16];
    size_t n;

    while ((n = bqueue_pop_batch(s->queue, items, sizeof items / sizeof items[0], -1)) > 0) {
        for (size_t i = 0; i < n; i++) {
            send_line(s, items[i]);
            free(items[i]);
        }
    }
    hang_up(s);
    return NULL;
}

/* ---- life ---- */

int audit_syslog_start(struct audit_syslog **sp, const char *place, bool with_texts)
{
    struct audit_syslog *s = calloc(1, sizeof *s);
    int err;

    if (!s)
        return -ENOMEM;
    s->fd = -1;
    s->with_texts = with_texts;
    err = syslog_place_parse(&s->place, slice_of_text(place)) ? 0 : -EINVAL;
    if (err == 0)
        err = bqueue_new(&s->queue, AUDIT_SYSLOG_QUEUE);
    if (err)
        goto free_all;
    pthread_mutex_init(&s->lock, NULL);
    err = -pthread_create(&s->thread, NULL, run, s);
    if (err)
        goto free_queue;
    *sp = s;
    return 0;

free_queue:
    pthread_mutex_destroy(&s->lock);
    bqueue_free(s->queue);
free_all:
    free(s);
    return err;
}

void audit_syslog_stop(struct audit_syslog *s)
{
    if (!s)
        return;
    bqueue_close(s->queue);
    pthread_join(s->thread, NULL);
    bqueue_free(s->queue);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void audit_syslog_add(struct audit_syslog *s, struct slice line)
{
    struct item *item = malloc(sizeof *item + line.len);

    if (item) {
        item->len = line.len;
        memcpy(item->text, line.p, line.len);
    }
    if (item && bqueue_push(s->queue, item))
        return;
    free(item);
    pthread_mutex_lock(&s->lock);
    s->counts.dropped++;
    pthread_mutex_unlock(&s->lock);
}

void audit_syslog_count(struct audit_syslog *s, struct audit_syslog_counts *counts)
{
    pthread_mutex_lock(&s->lock);
    *counts = s->counts;
    pthread_mutex_unlock(&s->lock);
    counts->waiting = bqueue_length(s->queue);
}
