#include "probe/capture/link_watch.h"

#include "probe/capture/interface.h"

#include "analyzer/base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

/* How often an interface that is gone is looked for. */
#define LOOK_NS INT64_C(100000000)

static int64_t monotonic_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void link_watch_init(struct link_watch *w, const char *name, int fd, bool promiscuous)
{
    struct interface_facts facts;

    *w = (struct link_watch){ .name = name, .fd = fd, .kind = -1, .promiscuous = promiscuous };
    if (interface_read(name, &facts))
        w->kind = facts.kind;
}

/* The kernel's word that the interface was taken from under the socket. One that was only renamed
 * is still there. */
static bool is_unbound(const struct link_watch *w)
{
    struct sockaddr_ll address = { 0 };
    socklen_t len = sizeof address;

    return getsockname(w->fd, (struct sockaddr *)&address, &len) == 0 && address.sll_ifindex == -1;
}

static void note_link(struct link_watch *w)
{
    struct ifreq request = { 0 };
    bool is_down;

    if (snprintf(request.ifr_name, sizeof request.ifr_name, "%s", w->name) >=
            (int)sizeof request.ifr_name ||
        ioctl(w->fd, SIOCGIFFLAGS, &request) != 0)
        return; /* "any", or one that was renamed */
    is_down = (request.ifr_flags & (IFF_UP | IFF_RUNNING)) != (IFF_UP | IFF_RUNNING);
    if (is_down && !w->is_down)
        log_warn("capture: %s: %s; waiting for it", w->name,
                 request.ifr_flags & IFF_UP ? "has no link" : "is down");
    else if (!is_down && w->is_down)
        log_warn("capture: %s: is back", w->name);
    w->is_down = is_down;
}

void link_watch_look(struct link_watch *w)
{
    if (w->is_gone)
        return;
    w->is_gone = is_unbound(w);
    if (w->is_gone)
        log_warn("capture: %s: the interface is gone; waiting for it to come back", w->name);
    else
        note_link(w);
}

static bool bind_again(struct link_watch *w, int index)
{
    struct sockaddr_ll address = { .sll_family = AF_PACKET,
                                   .sll_protocol = htons(ETH_P_ALL),
                                   .sll_ifindex = index };
    struct packet_mreq promiscuous = { .mr_ifindex = index, .mr_type = PACKET_MR_PROMISC };

    if (bind(w->fd, (struct sockaddr *)&address, sizeof address) != 0)
        return false;
    if (w->promiscuous &&
        setsockopt(w->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof promiscuous) != 0)
        log_warn("capture: %s: not promiscuous any more: %s", w->name, strerror(errno));
    return true;
}

int link_watch_recover(struct link_watch *w, struct source_error *error)
{
    struct interface_facts facts;
    int64_t now = monotonic_ns();

    if (now < w->next_look_ns)
        return 0;
    w->next_look_ns = now + LOOK_NS;
    if (!interface_read(w->name, &facts))
        return 0;
    if (facts.kind != w->kind)
        return source_fail(error, SOURCE_FAULT_INTERFACE, ENODEV,
                           "%s: the interface was gone and came back as another kind of link; "
                           "what was captured is kept, start again",
                           w->name);
    if (!bind_again(w, facts.index))
        return 0; /* gone once more, just now */
    w->is_gone = false;
    w->is_down = false;
    log_warn("capture: %s: is back", w->name);
    return 0;
}
