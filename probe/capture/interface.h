/*
 * interface - what the system says of a network interface: link, speed, offloads, rings.
 *
 * Thread  Any. Needs no privilege, and changes nothing.
 */
#ifndef PROBE_CAPTURE_INTERFACE_H
#define PROBE_CAPTURE_INTERFACE_H

#include "analyzer/base/strbuf.h"

/* Those that make other packets of what was on the wire. On reception they glue, on sending the
 * capture sees packets before they are cut. */
enum interface_offload {
    INTERFACE_GRO = 1 << 0,
    INTERFACE_GRO_HW = 1 << 1,
    INTERFACE_LRO = 1 << 2,
    INTERFACE_UDP_GRO = 1 << 3,
    INTERFACE_GRO_LIST = 1 << 4,
    INTERFACE_GSO = 1 << 5,
    INTERFACE_TSO = 1 << 6,

    INTERFACE_RECEIVING =
        INTERFACE_GRO | INTERFACE_GRO_HW | INTERFACE_LRO | INTERFACE_UDP_GRO | INTERFACE_GRO_LIST,
    INTERFACE_SENDING = INTERFACE_GSO | INTERFACE_TSO,
};

enum { INTERFACE_NAME_BYTES = 16, INTERFACE_DRIVER_BYTES = 32 };

/* -1: unknown, in every number. */
struct interface_facts {
    char name[INTERFACE_NAME_BYTES];
    int index; /* 0: no such interface */
    int kind;  /* ARPHRD_ */
    bool is_up, has_link, is_loopback, is_promiscuous;
    bool has_address; /* IPv4: the machine itself speaks there */
    int mtu;
    int speed_mbps;
    int rx_ring, rx_ring_max; /* descriptors of the adapter's own ring */
    bool knows_offloads;
    int offloads; /* of enum interface_offload, those that are on */
    int fixed;    /* of those, the ones that cannot be switched off */
    char driver[INTERFACE_DRIVER_BYTES];
};

/* false: there is no interface of that name; "any" is none. */
bool interface_read(const char *name, struct interface_facts *out);

/* "gro and lro" of the offloads in the mask. */
void interface_name_offloads(int offloads, struct strbuf *out);

/* "ethtool -K eth1 gro off lro off" */
void interface_add_fix(const struct interface_facts *facts, int offloads, struct strbuf *out);

#endif
