#include "probe/web/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128 };

union any_addr {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

int listener_parse(struct slice text, struct addr *out)
{
    static const struct slice localhost = SLICE_INIT("localhost:");
    static const uint8_t loopback[4] = { 127, 0, 0, 1 };
    uint64_t port;

    if (slice_istarts_with(text, localhost)) {
        if (!slice_to_u64(slice_of(text.p + localhost.len, text.len - localhost.len), 65535, &port))
            return -EINVAL;
        *out = addr_v4(loopback, (uint16_t)port);
        return 0;
    }
    return addr_parse(text, out) ? 0 : -EINVAL;
}

static socklen_t to_sockaddr(const struct addr *at, union any_addr *out)
{
    memset(out, 0, sizeof *out);
    if (addr_is_v4(at)) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons(at->port);
        memcpy(&out->v4.sin_addr, at->ip + 12, 4);
        return sizeof out->v4;
    }
    out->v6.sin6_family = AF_INET6;
    out->v6.sin6_port = htons(at->port);
    memcpy(&out->v6.sin6_addr, at->ip, 16);
    return sizeof out->v6;
}

static struct addr from_sockaddr(const union any_addr *a)
{
    uint8_t ip[16];

    if (a->any.sa_family == AF_INET) {
        memcpy(ip, &a->v4.sin_addr, 4);
        return addr_v4(ip, ntohs(a->v4.sin_port));
    }
    memcpy(ip, &a->v6.sin6_addr, 16);
    return addr_v6(ip, ntohs(a->v6.sin6_port));
}

int listener_open(const struct addr *at, struct addr *bound)
{
    union any_addr name;
    socklen_t len = to_sockaddr(at, &name);
    int fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1, err;

    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, &name.any, len) != 0 || listen(fd, BACKLOG) != 0)
        goto fail;
    len = sizeof name;
    if (getsockname(fd, &name.any, &len) != 0)
        goto fail;
    *bound = from_sockaddr(&name);
    return fd;

fail:
    err = -errno;
    close(fd);
    return err;
}

int listener_accept(int fd, struct addr *peer)
{
    union any_addr from;
    socklen_t len = sizeof from;
    int on = 1;
    int client = accept(fd, &from.any, &len);

    if (client < 0)
        return -errno;
    fcntl(client, F_SETFD, FD_CLOEXEC);
    fcntl(client, F_SETFL, O_NONBLOCK);
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *peer = from_sockaddr(&from);
    return client;
}
