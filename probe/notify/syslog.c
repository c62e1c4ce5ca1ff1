/*
 * syslog - lines of RFC 5424 over UDP, a datagram each, or over TCP with their lengths in front.
 *
 *   RESOLVING -> CONNECTING -> SENDING -> ENDING -> done
 *
 * Neither has an answer. UDP is given a moment for the network to say that nobody is there; over TCP
 * we say that we are through and wait for the other side to be, which it is when it has read it all.
 *
 * Source  RFC 5426 §3.1, RFC 6587 §3.4.1
 */
#include "probe/notify/transport.h"

#include "analyzer/base/log.h"
#include "analyzer/base/strbuf.h"
#include "probe/notify/address_guard.h"
#include "probe/syslog/syslog_place.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    TIMEOUT_MS = 10000,
    DATAGRAM_MAX_BYTES = 2048, /* that every receiver should take */
    UDP_MOMENT_MS = 150,       /* for an ICMP message to come back */
    TCP_MOMENT_MS = 2000, /* for the other side to end; one that never does has it all the same */
};

enum step { RESOLVING, CONNECTING, SENDING, ENDING };

struct syslog {
    struct transport base;
    const struct address_guard *guard;
    struct syslog_place place;
    bool is_tcp;
    int64_t timeout_ms;

    enum step step;
    struct resolve *resolve;
    struct addr addresses[RESOLVE_ADDRESSES_MAX];
    int count, at; /* of the addresses; the one that is tried */
    int fd;        /* −1: none */
    struct strbuf out;
    size_t sent;
    int64_t deadline_ms, moment_ms; /* 0: not known yet */
    char reason[160];               /* why the last address failed */
};

/* ---- open and close ---- */

static int syslog_open(struct transport **tp, const struct receiver *receiver,
                       const struct transport_environment *environment)
{
    static const struct slice udp = SLICE_INIT("syslog+udp://"), tcp = SLICE_INIT("syslog+tcp://");
    struct slice url = slice_of_text(receiver->url);
    struct syslog *s;
    bool is_tcp = slice_istarts_with(url, tcp);

    if (!is_tcp && !slice_istarts_with(url, udp))
        return -EINVAL;
    s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->base.kind = &transport_syslog;
    s->guard = environment->guard;
    s->is_tcp = is_tcp;
    s->fd = -1;
    s->timeout_ms = environment->timeout_ms > 0 ? environment->timeout_ms : TIMEOUT_MS;
    if (!syslog_place_read_host(&s->place, slice_of(url.p + udp.len, url.len - udp.len))) {
        free(s);
        return -EINVAL;
    }
    snprintf(s->base.place, sizeof s->base.place, "syslog+%s://%.60s:%u", is_tcp ? "tcp" : "udp",
             log_text(slice_of_text(s->place.host)), s->place.port);
    *tp = &s->base;
    return 0;
}

static void close_socket(struct syslog *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static void settle(struct syslog *s)
{
    close_socket(s);
    resolve_free(s->resolve);
    s->resolve = NULL;
    s->base.is_busy = false;
}

static void syslog_close(struct transport *t)
{
    struct syslog *s = (struct syslog *)t;

    if (!s)
        return;
    settle(s);
    strbuf_fini(&s->out);
    free(s);
}

/* ---- one message ---- */

/* Not within a character. */
static struct slice cut(struct slice line)
{
    if (line.len > DATAGRAM_MAX_BYTES) {
        line.len = DATAGRAM_MAX_BYTES;
        while (line.len && ((unsigned char)line.p[line.len] & 0xc0) == 0x80)
            line.len--;
    }
    return line;
}

static int syslog_start(struct transport *t, const struct transport_message *message)
{
    struct syslog *s = (struct syslog *)t;
    struct slice rest = message->body;
    int err;

    if (t->is_busy)
        return -EBUSY;
    strbuf_reset(&s->out);
    if (!s->is_tcp)
        strbuf_add_slice(&s->out, rest);
    while (s->is_tcp && rest.len) {
        struct slice line = slice_cut(&rest, '\n');

        strbuf_addf(&s->out, "%zu ", line.len);
        strbuf_add_slice(&s->out, line);
    }
    if (s->out.failed)
        return -ENOMEM;
    err = resolve_start(&s->resolve, s->place.host, s->place.port);
    if (err)
        return err;
    s->step = RESOLVING;
    s->sent = 0;
    s->count = s->at = 0;
    s->deadline_ms = s->moment_ms = 0;
    s->reason[0] = '\0';
    t->is_busy = true;
    return 0;
}

static bool finish(struct syslog *s, struct webhook_answer *answer, enum webhook_outcome outcome,
                   const char *reason)
{
    settle(s);
    answer->outcome = outcome;
    snprintf(answer->reason, sizeof answer->reason, "%s", reason);
    return true;
}

static void note_failure(struct syslog *s, int err)
{
    char text[ADDR_TEXT_MAX];

    addr_format(&s->addresses[s->at], text);
    snprintf(s->reason, sizeof s->reason, "%s: %s", text, strerror(err));
    close_socket(s);
    s->at++;
    s->sent = 0;
    s->step = CONNECTING;
}

static socklen_t fill_in(const struct addr *a, struct sockaddr_storage *to)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(a->port) };

    if (addr_is_v4(a)) {
        memcpy(&v4.sin_addr, a->ip + 12, 4);
        memcpy(to, &v4, sizeof v4);
        return sizeof v4;
    }
    memcpy(&v6.sin6_addr, a->ip, 16);
    memcpy(to, &v6, sizeof v6);
    return sizeof v6;
}

/* To the address at hand, which is asked for only now. */
static void begin_connect(struct syslog *s)
{
    const struct addr *a = &s->addresses[s->at];
    struct sockaddr_storage to = { .ss_family = AF_UNSPEC };
    socklen_t len = fill_in(a, &to);
    char text[ADDR_TEXT_MAX];

    if (!address_guard_permits(s->guard, s->place.host, a)) {
        const char *why = address_guard_reason(a);

        addr_format_ip(a, text);
        snprintf(s->reason, sizeof s->reason,
                 "refused to connect: %s is %s; notify.allow may list it", text,
                 why ? why : "unknown");
        s->at++;
        return;
    }
    s->fd = socket(to.ss_family,
                   (s->is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0 || (connect(s->fd, (struct sockaddr *)&to, len) != 0 && errno != EINPROGRESS))
        note_failure(s, errno);
}

/* What the socket has to say: 0 or errno. */
static int socket_error(int fd)
{
    socklen_t len = sizeof(int);
    int err = 0;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) != 0)
        return errno;
    return err;
}

static bool is_ready(int fd, short events)
{
    struct pollfd p = { .fd = fd, .events = events };

    return poll(&p, 1, 0) > 0;
}

static void send_datagrams(struct syslog *s)
{
    struct slice rest = slice_of(s->out.p + s->sent, s->out.len - s->sent);

    while (rest.len) {
        struct slice line = cut(slice_cut(&rest, '\n'));

        if (send(s->fd, line.p, line.len, MSG_NOSIGNAL) < 0) {
            if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS)
                note_failure(s, errno);
            return;
        }
        s->sent = s->out.len - rest.len;
    }
}

static void send_stream(struct syslog *s)
{
    while (s->sent < s->out.len) {
        ssize_t n = send(s->fd, s->out.p + s->sent, s->out.len - s->sent, MSG_NOSIGNAL);

        if (n < 0) {
            if (errno != EAGAIN && errno != EINTR)
                note_failure(s, errno);
            return;
        }
        s->sent += (size_t)n;
    }
    shutdown(s->fd, SHUT_WR);
}

/* One step further; false when nothing can be done just now. */
static bool go_on(struct syslog *s)
{
    int err;

    switch (s->step) {
    case RESOLVING:
        s->count = resolve_poll(s->resolve, s->addresses);
        if (s->count > 0)
            s->step = CONNECTING;
        return s->count > 0;
    case CONNECTING:
        if (s->fd < 0 && s->at < s->count)
            begin_connect(s);
        if (s->fd < 0 || !is_ready(s->fd, POLLOUT))
            return s->fd < 0 && s->at < s->count;
        err = socket_error(s->fd);
        if (err)
            note_failure(s, err);
        else
            s->step = SENDING;
        return true;
    case SENDING:
        if (s->is_tcp)
            send_stream(s);
        else
            send_datagrams(s);
        if (s->step == SENDING && s->sent == s->out.len)
            s->step = ENDING;
        return s->step != SENDING;
    case ENDING:
        break;
    }
    return false;
}

/* True when the other side has it, as far as that can be known; or the step goes back. */
static bool is_over(struct syslog *s, int64_t steady_ms)
{
    char ignored[256];
    ssize_t n;
    int err;

    if (!s->moment_ms)
        s->moment_ms = steady_ms + (s->is_tcp ? TCP_MOMENT_MS : UDP_MOMENT_MS);
    err = socket_error(s->fd);
    if (err) {
        s->moment_ms = 0;
        note_failure(s, err);
        return false;
    }
    while (s->is_tcp && (n = recv(s->fd, ignored, sizeof ignored, 0)) >= 0) {
        if (n == 0)
            return true;
    }
    return steady_ms >= s->moment_ms;
}

static bool syslog_run(struct transport *t, int64_t steady_ms, struct webhook_answer *answer)
{
    struct syslog *s = (struct syslog *)t;

    *answer = (struct webhook_answer){ .outcome = WEBHOOK_DOWN };
    if (!s->deadline_ms)
        s->deadline_ms = steady_ms + s->timeout_ms;
    while (go_on(s))
        ;
    if (s->step == ENDING && is_over(s, steady_ms))
        return finish(s, answer, WEBHOOK_DELIVERED, "");
    if (s->step == RESOLVING && s->count < 0)
        return finish(s, answer, WEBHOOK_DOWN, "its name leads to no address");
    if (s->step == CONNECTING && s->at >= s->count)
        return finish(s, answer, WEBHOOK_DOWN, s->reason);
    if (steady_ms >= s->deadline_ms)
        return finish(s, answer, WEBHOOK_DOWN, s->reason[0] ? s->reason : "no answer in time");
    return false;
}

const struct transport_kind transport_syslog = { syslog_open, syslog_close, syslog_start,
                                                 syslog_run };
