/* Steps on link headers: tags, labels and sessions put in, one link type made another. */
#include "tests/support/flow.h"
#include "tests/support/rewrap_ip.h"
#include "tests/support/rewrap_put.h"
#include "tests/support/rewrap_step.h"

#include <string.h>
#include <sysexits.h>

enum {
    AFTER_MACS = 12,
    LABEL_MAX = (1 << 20) - 1,
    LABELS_MAX = 8,
    VLAN_MAX = 4095,
    VLAN_VOICE = 5 << 13, /* priority code point 5 */
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    FAMILY_INET = 2,   /* AF_INET of every system */
    FAMILY_INET6 = 30, /* AF_INET6 of macOS */
};

static void want_ethernet(const struct rewrap *r, const struct rewrap_args *args)
{
    if (r->frames.link_type != REWRAP_LINK_ETHERNET)
        rewrap_die(EX_USAGE, "%s needs Ethernet around it", args->name);
}

/* vlan=7, qinq=100.7, 8021ad=100.7: outermost first. */
void rewrap_step_tag(struct rewrap *r, const struct rewrap_args *args)
{
    unsigned outer = strcmp(args->name, "8021ad") == 0 ? REWRAP_VLAN_AD : REWRAP_VLAN;
    int64_t ids[LABELS_MAX];
    int count = rewrap_args_numbers(args, NULL, '.', 0, VLAN_MAX, ids, LABELS_MAX);

    want_ethernet(r, args);
    outer = (unsigned)rewrap_args_number(args, "type", 1536, UINT16_MAX, outer);
    for (size_t i = 0; i < r->frames.count; i++) {
        for (int k = count - 1; k >= 0; k--) {
            uint8_t *p = rewrap_frame_splice(&r->frames.all[i], AFTER_MACS, 0, 4);

            put16(put16(p, k == 0 ? outer : REWRAP_VLAN), VLAN_VOICE | (unsigned)ids[k]);
        }
    }
}

/* Destination and source interface; version 0. */
void rewrap_step_vntag(struct rewrap *r, const struct rewrap_args *args)
{
    unsigned vif = (unsigned)rewrap_args_number(args, NULL, 0, VLAN_MAX, 1);

    want_ethernet(r, args);
    for (size_t i = 0; i < r->frames.count; i++) {
        uint8_t *p = rewrap_frame_splice(&r->frames.all[i], AFTER_MACS, 0, 6);

        put32(put16(p, REWRAP_VNTAG), vif);
    }
}

static void put_labels(uint8_t *p, const int64_t *labels, int count)
{
    for (int i = 0; i < count; i++)
        p = put32(p, (uint32_t)labels[i] << 12 | (uint32_t)(i == count - 1) << 8 | 63);
}

/* What names no IP (ARP) goes unlabelled, as it would. */
static bool find_ip_network(const struct rewrap *r, size_t i, struct rewrap_network *out)
{
    *out = rewrap_network_find(r->frames.link_type, &r->frames.all[i]);
    if (out->type_at == SIZE_MAX)
        rewrap_die(EX_USAGE, "link type %u has no room for what follows IP", r->frames.link_type);
    return out->ethertype == REWRAP_IPV4 || out->ethertype == REWRAP_IPV6;
}

void rewrap_step_mpls(struct rewrap *r, const struct rewrap_args *args)
{
    int64_t labels[LABELS_MAX];
    int count = rewrap_args_numbers(args, NULL, '.', 0, LABEL_MAX, labels, LABELS_MAX);

    for (size_t i = 0; i < r->frames.count; i++) {
        struct rewrap_network n;

        if (!find_ip_network(r, i, &n))
            continue;
        put_labels(rewrap_frame_splice(&r->frames.all[i], n.at, 0, 4 * (size_t)count), labels,
                   count);
        put16(r->frames.all[i].p + n.type_at, REWRAP_MPLS);
    }
}

void rewrap_step_pppoe(struct rewrap *r, const struct rewrap_args *args)
{
    unsigned session = (unsigned)rewrap_args_number(args, NULL, 0, UINT16_MAX, 1);

    for (size_t i = 0; i < r->frames.count; i++) {
        struct rewrap_frame *frame = &r->frames.all[i];
        struct rewrap_network n;
        uint8_t *p;

        if (!find_ip_network(r, i, &n))
            continue;
        p = rewrap_frame_splice(frame, n.at, 0, 8);
        p = put16(p, 0x1100); /* version 1, type 1, session data */
        p = put16(p, session);
        p = put16(p, (unsigned)(frame->wire_bytes - n.at - 6));
        put16(p, n.ethertype == REWRAP_IPV6 ? PPP_IPV6 : PPP_IPV4);
        put16(frame->p + n.type_at, REWRAP_PPPOE);
    }
}

/* A label stack and a frame below it. A control word of zeros tells it from IP. */
void rewrap_step_pseudowire(struct rewrap *r, const struct rewrap_args *args)
{
    static const uint8_t routers[12] = { 2, 0, 0, 0, 0xe5, 2, 2, 0, 0, 0, 0xe5, 1 };
    int64_t labels[LABELS_MAX];
    int count = rewrap_args_numbers(args, NULL, '.', 0, LABEL_MAX, labels, LABELS_MAX);
    size_t control = rewrap_args_has(args, "control") ? 4 : 0;

    want_ethernet(r, args);
    for (size_t i = 0; i < r->frames.count; i++) {
        size_t bytes = REWRAP_ETHERNET_BYTES + 4 * (size_t)count + control;
        uint8_t *p = rewrap_frame_splice(&r->frames.all[i], 0, 0, bytes);

        memset(p, 0, bytes);
        p = put16(put_bytes(p, routers, sizeof routers), REWRAP_MPLS);
        put_labels(p, labels, count);
    }
}

/* Headers of a link type before a network packet. */

static void write_ethernet(uint8_t *p, const uint8_t mac[6], unsigned ethertype)
{
    memset(p, 2, 6);
    put16(put_bytes(p + 6, mac, 6), ethertype);
}

static void write_sll(uint8_t *p, const uint8_t mac[6], unsigned ethertype)
{
    p = put16(p, 0);
    p = put16(p, 1); /* ARPHRD_ETHER */
    p = put16(p, 6);
    p = put_bytes(p, mac, 6);
    put16(put16(p, 0), ethertype);
}

static void write_sll2(uint8_t *p, const uint8_t mac[6], unsigned ethertype)
{
    p = put32(put16(p, ethertype), 0);
    p = put16(p, 2); /* interface index */
    p = put16(p, 1);
    p = put16(p, 6);
    put16(put_bytes(p, mac, 6), 0);
}

/* In the byte order of who captured: little-endian here. */
static void write_null(uint8_t *p, const uint8_t mac[6], unsigned ethertype)
{
    (void)mac;
    put32(p, (uint32_t)(ethertype == REWRAP_IPV6 ? FAMILY_INET6 : FAMILY_INET) << 24);
}

static void write_loop(uint8_t *p, const uint8_t mac[6], unsigned ethertype)
{
    (void)mac;
    put32(p, ethertype == REWRAP_IPV6 ? FAMILY_INET6 : FAMILY_INET);
}

static const struct link_row {
    const char *name;
    uint32_t type;
    size_t bytes;
    bool ip_alone;
    void (*write)(uint8_t *p, const uint8_t mac[6], unsigned ethertype);
} links[] = {
    { "ethernet", REWRAP_LINK_ETHERNET, REWRAP_ETHERNET_BYTES, false, write_ethernet },
    { "sll", REWRAP_LINK_SLL, 16, false, write_sll },
    { "sll2", REWRAP_LINK_SLL2, 20, false, write_sll2 },
    { "null", REWRAP_LINK_NULL, 4, true, write_null },
    { "loop", REWRAP_LINK_LOOP, 4, true, write_loop },
    { "raw", REWRAP_LINK_RAW, 0, true, NULL },
};

static void relink(const struct rewrap *r, struct rewrap_frame *frame, const struct link_row *row)
{
    struct rewrap_network n = rewrap_network_find(r->frames.link_type, frame);
    bool is_ip = n.ethertype == REWRAP_IPV4 || n.ethertype == REWRAP_IPV6;
    uint8_t mac[6] = { 2, 0, 0, 0, 0xe5, 0 }, *p;

    if (row->ip_alone && (!is_ip || n.tagged))
        rewrap_die(EX_DATAERR, "%s has room for IP alone, not for EtherType 0x%04x", row->name,
                   n.tagged ? REWRAP_VLAN : n.ethertype);
    if (n.tagged && r->frames.link_type == REWRAP_LINK_ETHERNET) {
        /* The tags stay: they are what the cooked header announces. */
        n.at = REWRAP_ETHERNET_BYTES;
        n.ethertype = (uint16_t)get16(frame->p + AFTER_MACS);
    }
    if (r->frames.link_type == REWRAP_LINK_ETHERNET)
        memcpy(mac, frame->p + 6, 6);
    p = rewrap_frame_splice(frame, 0, n.at, row->bytes);
    if (row->write)
        row->write(p, mac, n.ethertype);
}

void rewrap_step_link(struct rewrap *r, const struct rewrap_args *args)
{
    for (size_t k = 0; k < sizeof links / sizeof links[0]; k++) {
        if (strcmp(links[k].name, args->name) != 0)
            continue;
        for (size_t i = 0; i < r->frames.count; i++)
            relink(r, &r->frames.all[i], &links[k]);
        r->frames.link_type = links[k].type;
    }
}
