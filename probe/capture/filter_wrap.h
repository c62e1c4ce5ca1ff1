/*
 * filter_wrap - what a person's capture filter would lose, added to it.
 *
 * "udp port 5060" says nothing about the second fragment of a message, about the same packet behind
 * a VLAN tag, or inside a tunnel: the kernel looks at fixed places. So the filter is also applied
 * behind one and two tags, and what hides ports from it passes: fragments, tunnels, MPLS, PPPoE.
 *
 * Source  pcap-filter(7): 'vlan' moves what stands to its right, in all of the text; 'and' and 'or'
 *         bind alike, from the left.
 */
#ifndef PROBE_CAPTURE_FILTER_WRAP_H
#define PROBE_CAPTURE_FILTER_WRAP_H

#include "analyzer/base/strbuf.h"

struct filter_wrap_ports {
    const uint16_t *ports; /* UDP, as destination, of tunnels */
    size_t count;
};

/* How much a link type lets us ask; each does with less than the one before. */
enum filter_wrap_reach {
    FILTER_WRAP_VLANS,
    FILTER_WRAP_LINK, /* no tags: the kind of packet only */
    FILTER_WRAP_IP,   /* there is no link layer */
    FILTER_WRAP_REACHES
};

/*
 * Filters of which any lets a packet pass; each is to be compiled apart. 'vlan' moves what stands to
 * its right, and libpcap 1.10 keeps how far in a register that byte expressions to its left use too.
 */
enum filter_wrap_part {
    FILTER_WRAP_OWN,    /* for packets that have no (more) tag; as typed, if it speaks of layers */
    FILTER_WRAP_HIDING, /* what hides things from it, without a tag */
    FILTER_WRAP_TAGGED, /* both, behind tags */
    FILTER_WRAP_PARTS
};

/* Appends the text of one part; nothing when there is none for that kind of link. */
void filter_wrap_text(const char *filter, enum filter_wrap_part part, enum filter_wrap_reach reach,
                      const struct filter_wrap_ports *ports, struct strbuf *out);

#endif
