#include "tests/unit/http_sink.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REQUESTS_MAX = 512, HEAD_MAX = 8192, BODY_MAX = 65536, SCRIPT_MAX = 64 };

struct http_sink {
    pthread_t thread;
    int listener;
    uint16_t port;
    enum http_sink_mode modes[SCRIPT_MAX];
    size_t mode_count;
    struct http_sink_request requests[REQUESTS_MAX];
    atomic_size_t count, connections;
    atomic_bool stopping;
};

static const char *const answers[] = {
    [SINK_OK] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
    [SINK_NO_CONTENT] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
    [SINK_BAD_REQUEST] =
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    [SINK_GONE] = "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    [SINK_TOO_MANY] = "HTTP/1.1 429 Slow Down\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                      "Connection: close\r\n\r\n",
    [SINK_LATER] = "HTTP/1.1 503 Later\r\nRetry-After: 120\r\nContent-Length: 0\r\n"
                   "Connection: close\r\n\r\n",
    [SINK_ERROR] = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    [SINK_UNAVAILABLE] = "HTTP/1.1 503 Later\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    [SINK_REDIRECT] = "HTTP/1.1 307 There\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n"
                      "Connection: close\r\n\r\n",
    [SINK_HANG] = "",
    [SINK_CUT] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf",
    [SINK_SLAM] = "",
    [SINK_HUGE] = "HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\nConnection: close\r\n\r\n",
    [SINK_GARBAGE] = "\x16\x03\x01 SSH-2.0 surprise\r\n\r\n",
};

/* Waits for bytes, but not past the end of the test. */
static ssize_t receive(struct http_sink *sink, int fd, char *out, size_t room)
{
    while (!atomic_load(&sink->stopping)) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (poll(&p, 1, 20) > 0)
            return recv(fd, out, room, 0);
    }
    return -1;
}

static void copy_header(const char *head, const char *name, char *out, size_t room)
{
    size_t len = strlen(name);

    out[0] = '\0';
    for (const char *line = head; line; line = strstr(line, "\r\n")) {
        const char *end;

        if (line != head)
            line += 2;
        end = strstr(line, "\r\n");
        if (!end || strncasecmp(line, name, len) != 0 || line[len] != ':')
            continue;
        snprintf(out, room, "%.*s", (int)(end - line - (ptrdiff_t)len - 2), line + len + 2);
        return;
    }
}

static bool read_request(struct http_sink *sink, int fd, struct http_sink_request *r)
{
    char head[HEAD_MAX + 1], length[32];
    char *end = NULL;
    size_t have = 0, in_head;

    while (!end) {
        ssize_t n = have < HEAD_MAX ? receive(sink, fd, head + have, HEAD_MAX - have) : -1;

        if (n <= 0)
            return false;
        have += (size_t)n;
        head[have] = '\0';
        end = strstr(head, "\r\n\r\n");
    }
    in_head = (size_t)(end - head) + 4;
    if (strncmp(head, "POST ", 5) != 0)
        return false;
    snprintf(r->path, sizeof r->path, "%.*s", (int)strcspn(head + 5, " "), head + 5);
    copy_header(head, "Content-Type", r->content_type, sizeof r->content_type);
    copy_header(head, "webhook-id", r->webhook_id, sizeof r->webhook_id);
    copy_header(head, "webhook-timestamp", r->timestamp, sizeof r->timestamp);
    copy_header(head, "webhook-signature", r->signature, sizeof r->signature);
    copy_header(head, "Authorization", r->authorization, sizeof r->authorization);
    copy_header(head, "Content-Length", length, sizeof length);
    r->body_len = strtoul(length, NULL, 10);
    if (r->body_len > BODY_MAX || have - in_head > r->body_len)
        return false;
    r->body = calloc(1, r->body_len + 1);
    if (!r->body)
        return false;
    memcpy(r->body, head + in_head, have - in_head);
    have -= in_head;
    while (have < r->body_len) {
        ssize_t n = receive(sink, fd, r->body + have, r->body_len - have);

        if (n <= 0)
            return false;
        have += (size_t)n;
    }
    return true;
}

static void answer(struct http_sink *sink, int fd, enum http_sink_mode mode,
                   const struct http_sink_request *r)
{
    char byte[4096] = "";

    if (mode == SINK_REFUSE)
        mode =
            strcmp(r->webhook_id, sink->requests[0].webhook_id) == 0 ? SINK_BAD_REQUEST : SINK_OK;
    send(fd, answers[mode], strlen(answers[mode]), MSG_NOSIGNAL);
    for (int i = 0; mode == SINK_HUGE && i < 2500; i++) {
        if (send(fd, byte, sizeof byte, MSG_NOSIGNAL) < 0)
            break;
    }
    if (mode == SINK_HANG) {
        while (receive(sink, fd, byte, sizeof byte) > 0)
            ;
    }
}

static void *serve(void *ctx)
{
    struct http_sink *sink = ctx;

    while (!atomic_load(&sink->stopping)) {
        struct pollfd p = { .fd = sink->listener, .events = POLLIN };
        size_t n = atomic_load(&sink->count);
        struct http_sink_request *r = &sink->requests[n];
        int fd;

        if (poll(&p, 1, 20) <= 0 || n == REQUESTS_MAX)
            continue;
        fd = accept(sink->listener, NULL, NULL);
        if (fd < 0)
            continue;
        atomic_fetch_add(&sink->connections, 1);
        if (read_request(sink, fd, r)) {
            answer(sink, fd, sink->modes[n < sink->mode_count ? n : sink->mode_count - 1], r);
            atomic_store(&sink->count, n + 1);
        } else {
            free(r->body);
            r->body = NULL;
        }
        close(fd);
    }
    return NULL;
}

static struct http_sink *start(const struct sockaddr *at, socklen_t len,
                               const enum http_sink_mode *modes, size_t count)
{
    struct http_sink *sink = calloc(1, sizeof *sink);
    struct sockaddr_in6 bound; /* the port stands at the same place in both kinds */
    socklen_t bound_len = sizeof bound;
    int on = 1;

    if (!sink)
        return NULL;
    memcpy(sink->modes, modes, count * sizeof *modes);
    sink->mode_count = count;
    sink->listener = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(sink->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->sa_family == AF_INET6)
        setsockopt(sink->listener, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (sink->listener < 0 || bind(sink->listener, at, len) != 0 ||
        listen(sink->listener, 64) != 0 ||
        getsockname(sink->listener, (struct sockaddr *)&bound, &bound_len) != 0 ||
        pthread_create(&sink->thread, NULL, serve, sink) != 0) {
        close(sink->listener);
        free(sink);
        return NULL;
    }
    sink->port = ntohs(bound.sin6_port);
    return sink;
}

struct http_sink *http_sink_start_on(const char *address, uint16_t port,
                                     const enum http_sink_mode *modes, size_t count)
{
    struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

    if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
        return start((const struct sockaddr *)&v4, sizeof v4, modes, count);
    if (inet_pton(AF_INET6, address, &v6.sin6_addr) == 1)
        return start((const struct sockaddr *)&v6, sizeof v6, modes, count);
    return NULL;
}

struct http_sink *http_sink_start(uint16_t port, const enum http_sink_mode *modes, size_t count)
{
    return http_sink_start_on("127.0.0.1", port, modes, count);
}

void http_sink_stop(struct http_sink *sink)
{
    atomic_store(&sink->stopping, true);
    pthread_join(sink->thread, NULL);
    close(sink->listener);
    for (size_t i = 0; i < REQUESTS_MAX; i++)
        free(sink->requests[i].body);
    free(sink);
}

uint16_t http_sink_port(const struct http_sink *sink)
{
    return sink->port;
}

size_t http_sink_count(struct http_sink *sink)
{
    return atomic_load(&sink->count);
}

size_t http_sink_connections(struct http_sink *sink)
{
    return atomic_load(&sink->connections);
}

size_t http_sink_wait(struct http_sink *sink, size_t count)
{
    static const struct timespec nap = { 0, 5000000 };

    for (int i = 0; i < 2000 && http_sink_count(sink) < count; i++)
        nanosleep(&nap, NULL);
    return http_sink_count(sink);
}

const struct http_sink_request *http_sink_request(struct http_sink *sink, size_t which)
{
    return &sink->requests[which];
}
