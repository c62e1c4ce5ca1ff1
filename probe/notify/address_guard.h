/*
 * address_guard - the addresses that no message may go to: those of this machine and its networks.
 *
 * Loopback, link-local, metadata services, private, shared, multicast, reserved and unspecified
 * addresses, in IPv4 and as IPv6 carries them (mapped, compatible, NAT64, 6to4, Teredo), are refused
 * unless notify.allow lists the address, its network, or the host name that led to it. The address is
 * asked for when a connection is made, after the name has been resolved, so a name that changes its
 * mind helps nobody.
 *
 * Ownership  address_guard_init/fini in place; copies what it is given.
 * Thread     Read-only after init.
 */
#ifndef PROBE_NOTIFY_ADDRESS_GUARD_H
#define PROBE_NOTIFY_ADDRESS_GUARD_H

#include "analyzer/base/addr.h"

enum { ADDRESS_GUARD_ALLOW_MAX = 64 };

struct sockaddr;

struct address_guard {
    struct {
        struct addr net;
        unsigned bits; /* of 128 */
    } nets[ADDRESS_GUARD_ALLOW_MAX];
    size_t net_count;
    char *hosts[ADDRESS_GUARD_ALLOW_MAX];
    size_t host_count;
};

/* Is that an address, a CIDR or a host name, as notify.allow takes them? */
bool address_guard_accepts(struct slice text);

/* 0, −EINVAL, −E2BIG, −ENOMEM. */
int address_guard_init(struct address_guard *g, const char *const *allow, size_t count);
void address_guard_fini(struct address_guard *g);

/* NULL: nothing is allowed that is internal. host: the name that led to it, "" or NULL for none. */
bool address_guard_permits(const struct address_guard *g, const char *host, const struct addr *a);
/* The same of what connect() is to be given; false for what is neither IPv4 nor IPv6. */
bool address_guard_permits_socket(const struct address_guard *g, const char *host,
                                  const struct sockaddr *at, size_t len);

/* False for what is neither IPv4 nor IPv6. */
bool address_guard_of_socket(const struct sockaddr *at, size_t len, struct addr *out);

/* "loopback", "private", …: why it is internal; NULL: it is not. */
const char *address_guard_reason(const struct addr *a);

#endif
