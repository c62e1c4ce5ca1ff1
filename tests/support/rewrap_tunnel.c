/* The tunnels: what each writes between the outer IP header and what it carries. */
#include "tests/support/flow.h"
#include "tests/support/rewrap_ip.h"
#include "tests/support/rewrap_put.h"
#include "tests/support/rewrap_step.h"

#include <string.h>
#include <sysexits.h>

enum {
    HEADER_MAX = 128, /* of a tunnel itself */
    OUTER_MAX = REWRAP_ETHERNET_BYTES + REWRAP_IP_HEADER_MAX + 8 + HEADER_MAX,
    UDP_BYTES = 8,
    PROTOCOL_IPIP = 4,
    PROTOCOL_IPV6 = 41,
    PROTOCOL_GRE = 47,
    ETHERTYPE_TEB = 0x6558, /* transparent Ethernet bridging */
    ETHERTYPE_ERSPAN = 0x88be,
    ETHERTYPE_ERSPAN3 = 0x22eb,
    GRE_CHECKSUM = 0x8000,
    GRE_KEY = 0x2000,
    GRE_SEQUENCE = 0x1000,
    PPP_IPV4 = 0x0021,
    PPP_IPV6 = 0x0057,
    EPHEMERAL = 49152,
    GENEVE_OPTIONS_MAX = 64,
};

enum carried {
    CARRIES_IP,       /* IPv4 or IPv6 */
    CARRIES_NETWORK,  /* whatever an EtherType names: labels too */
    CARRIES_ETHERNET, /* frames */
};

struct tunnel;

/* What is wrapped now. */
struct load {
    const struct rewrap_frame *frame;
    size_t at;          /* of what is carried, in the frame */
    size_t bytes;       /* of it, on the wire */
    uint64_t flow;      /* a number that its two hosts, in that order, share */
    uint16_t ethertype; /* ETHERTYPE_TEB for frames */
    bool backwards;
};

struct tunnel_row {
    const char *name;
    enum carried carries;
    uint8_t protocol; /* of IP; FLOW_UDP has a port */
    uint16_t port;
    bool one_way;      /* a mirror sends, nobody answers */
    bool port_by_flow; /* the source port tells flows apart */
    bool no_sum;       /* UDP without a checksum over IPv4, as its RFC wants it */
    int64_t id_max;
    uint8_t *(*write)(struct tunnel *t, uint8_t *p, const struct load *load);
};

struct tunnel {
    const struct tunnel_row *row;
    const struct rewrap_args *args;
    struct addr ends[2];
    uint32_t id;
    uint32_t sequence[2];
    uint16_t ip_id[2];
    bool carries_ethernet;
};

static uint8_t *write_gre(struct tunnel *t, uint8_t *p, const struct load *load)
{
    unsigned flags = (t->args->value ? GRE_KEY : 0) |
                     (rewrap_args_has(t->args, "seq") ? GRE_SEQUENCE : 0) |
                     (rewrap_args_has(t->args, "csum") ? GRE_CHECKSUM : 0);

    p = put16(put16(p, flags), load->ethertype);
    if (flags & GRE_CHECKSUM)
        p = put32(p, 0); /* filled in when the rest is there */
    if (flags & GRE_KEY)
        p = put32(p, t->id);
    if (flags & GRE_SEQUENCE)
        p = put32(p, t->sequence[load->backwards]++);
    return p;
}

static uint8_t *write_erspan1(struct tunnel *t, uint8_t *p, const struct load *load)
{
    (void)t;
    (void)load;
    return put16(put16(p, 0), ETHERTYPE_ERSPAN);
}

static uint8_t *write_erspan2(struct tunnel *t, uint8_t *p, const struct load *load)
{
    p = put16(put16(p, GRE_SEQUENCE), ETHERTYPE_ERSPAN);
    p = put32(p, t->sequence[load->backwards]++);
    p = put16(p, 0x1000); /* version 1, VLAN 0 */
    p = put16(p, t->id);
    return put32(p, 7); /* port index */
}

static uint8_t *write_erspan3(struct tunnel *t, uint8_t *p, const struct load *load)
{
    bool sub = rewrap_args_has(t->args, "subheader");

    p = put16(put16(p, GRE_SEQUENCE), ETHERTYPE_ERSPAN3);
    p = put32(p, t->sequence[load->backwards]++);
    p = put16(p, 0x2000); /* version 2, VLAN 0 */
    p = put16(p, t->id);
    p = put32(p, (uint32_t)(load->frame->time_ns / 100000));
    p = put16(p, 0);             /* security group tag */
    p = put16(p, 0x8000u | sub); /* an Ethernet frame, stamped in 100 us */
    return sub ? put32(put32(p, 3u << 26), 0) : p;
}

static uint8_t *write_vxlan(struct tunnel *t, uint8_t *p, const struct load *load)
{
    if (load->ethertype == ETHERTYPE_TEB)
        p = put32(p, 0x08000000);
    else /* GPE names what it carries */
        p = put32(p, 0x0c000000 | (load->ethertype == REWRAP_IPV6 ? 2 : 1));
    return put32(p, t->id << 8);
}

static uint8_t *write_geneve(struct tunnel *t, uint8_t *p, const struct load *load)
{
    unsigned words = (unsigned)rewrap_args_number(t->args, "options", 0, GENEVE_OPTIONS_MAX, 0) / 4;

    p = put16(p, words << 8);
    p = put32(put16(p, load->ethertype), t->id << 8);
    if (words) {
        p = put32(p, 0x01020300 | (words - 1)); /* one option, of a class and type of no meaning */
        memset(p, 0xe5, 4 * (size_t)(words - 1));
        p += 4 * (size_t)(words - 1);
    }
    return p;
}

static uint8_t *write_nothing(struct tunnel *t, uint8_t *p, const struct load *load)
{
    (void)t;
    (void)load;
    return p;
}

/* Each direction has an endpoint identifier of its own. */
static uint8_t *write_gtpu(struct tunnel *t, uint8_t *p, const struct load *load)
{
    bool extension = rewrap_args_has(t->args, "extension"), seq = rewrap_args_has(t->args, "seq");
    size_t optional = (extension || seq ? 4u : 0u) + (extension ? 4u : 0u);

    p = put8(p, 0x30u | (extension ? 4 : 0) | (seq ? 2 : 0));
    p = put8(p, 0xff); /* G-PDU */
    p = put16(p, (unsigned)(load->bytes + optional));
    p = put32(p, t->id + load->backwards);
    if (extension || seq) {
        p = put16(p, seq ? t->sequence[load->backwards]++ : 0);
        p = put16(p, extension ? 0x85 : 0); /* no N-PDU number; next: PDU session container */
    }
    return extension ? put32(p, 0x01000900) : p; /* one word: QoS flow 9; nothing follows */
}

static uint8_t *write_tzsp(struct tunnel *t, uint8_t *p, const struct load *load)
{
    (void)t;
    (void)load;
    p = put32(p, 0x01000001);         /* version 1, received, Ethernet */
    p = put8(put16(p, 0x0a01), 0xc8); /* a tag: signal strength */
    return put8(put8(p, 0), 1);       /* padding, end */
}

/* id: tunnel << 16 | session */
static uint8_t *write_l2tp(struct tunnel *t, uint8_t *p, const struct load *load)
{
    bool seq = rewrap_args_has(t->args, "seq");

    p = put16(p, 0x4002u | (seq ? 0x0800 : 0)); /* with its length, version 2 */
    p = put16(p, (unsigned)(load->bytes + 12 + (seq ? 4 : 0)));
    p = put32(p, t->id);
    if (seq)
        p = put16(put16(p, t->sequence[load->backwards]++), 0);
    p = put16(p, 0xff03); /* PPP: address and control */
    return put16(p, load->ethertype == REWRAP_IPV6 ? PPP_IPV6 : PPP_IPV4);
}

/* clang-format off */
static const struct tunnel_row tunnels[] = {
    /* name      carries           IP protocol    port   one way by flow no sum id at most */
    { "gre",     CARRIES_NETWORK,  PROTOCOL_GRE,  0,     false,  false,  false, UINT32_MAX, write_gre },
    { "erspan1", CARRIES_ETHERNET, PROTOCOL_GRE,  0,     true,   false,  false, 0,          write_erspan1 },
    { "erspan2", CARRIES_ETHERNET, PROTOCOL_GRE,  0,     true,   false,  false, 1023,       write_erspan2 },
    { "erspan3", CARRIES_ETHERNET, PROTOCOL_GRE,  0,     true,   false,  false, 1023,       write_erspan3 },
    { "vxlan",   CARRIES_ETHERNET, FLOW_UDP,      4789,  false,  true,   true,  0xffffff,   write_vxlan },
    { "gpe",     CARRIES_IP,       FLOW_UDP,      4790,  false,  true,   true,  0xffffff,   write_vxlan },
    { "geneve",  CARRIES_ETHERNET, FLOW_UDP,      6081,  false,  true,   true,  0xffffff,   write_geneve },
    { "ipip",    CARRIES_IP,       PROTOCOL_IPIP, 0,     false,  false,  false, 0,          write_nothing },
    { "6in4",    CARRIES_IP,       PROTOCOL_IPIP, 0,     false,  false,  false, 0,          write_nothing },
    { "gtpu",    CARRIES_IP,       FLOW_UDP,      2152,  false,  false,  false, UINT32_MAX - 1, write_gtpu },
    { "tzsp",    CARRIES_ETHERNET, FLOW_UDP,      37008, true,   false,  false, 0,          write_tzsp },
    { "l2tp",    CARRIES_IP,       FLOW_UDP,      1701,  false,  false,  false, UINT32_MAX, write_l2tp },
};
/* clang-format on */

static bool is_ip(uint16_t ethertype)
{
    return ethertype == REWRAP_IPV4 || ethertype == REWRAP_IPV6;
}

static uint64_t flow_of(const struct rewrap_ip *ip)
{
    uint64_t hash = 0;

    for (size_t i = 0; i < 16; i++)
        hash = rng_mix(rng_mix(hash ^ ip->src.ip[i]) + ip->dst.ip[i]);
    return hash;
}

/* What goes into the tunnel; false: the frame stays outside (ARP in a tunnel for IP). */
static bool take_load(struct rewrap *r, const struct tunnel *t, struct rewrap_frame *frame,
                      struct load *load)
{
    const struct rewrap_network n = rewrap_network_find(r->frames.link_type, frame);
    struct rewrap_ip ip;
    bool has_ip = rewrap_ip_find(r->frames.link_type, frame, &ip);

    *load = (struct load){ .frame = frame, .flow = has_ip ? flow_of(&ip) : 0 };
    load->backwards = has_ip && !t->row->one_way && memcmp(ip.src.ip, ip.dst.ip, 16) > 0;
    if (t->carries_ethernet) {
        if (r->frames.link_type != REWRAP_LINK_ETHERNET)
            rewrap_die(EX_USAGE, "%s carries Ethernet: put `ethernet` before it", t->row->name);
        load->ethertype = ETHERTYPE_TEB;
    } else {
        if (!is_ip(n.ethertype) &&
            (t->row->carries != CARRIES_NETWORK || n.ethertype != REWRAP_MPLS))
            return false;
        if (n.tagged)
            rewrap_die(EX_USAGE, "%s would lose the tag: give it `ethernet`, or tag what it makes",
                       t->row->name);
        load->at = n.at;
        load->ethertype = n.ethertype;
    }
    load->bytes = frame->wire_bytes - load->at;
    if (has_ip && !t->carries_ethernet && ip.end < frame->wire_bytes)
        load->bytes = ip.end - load->at; /* without the padding of a short frame */
    return true;
}

static uint8_t *put_udp(const struct tunnel *t, uint8_t *p, const struct load *load, size_t bytes)
{
    unsigned port = (unsigned)rewrap_args_number(t->args, "port", 1, UINT16_MAX, t->row->port);
    unsigned source = port;

    if (t->row->port_by_flow)
        source = EPHEMERAL + (unsigned)(load->flow % (UINT16_MAX - EPHEMERAL));
    p = put16(put16(p, source), port);
    return put16(put16(p, (unsigned)bytes), 0);
}

static void sum_udp(const struct tunnel *t, uint8_t *udp, size_t bytes, bool backwards)
{
    uint16_t word;

    if (t->row->no_sum && addr_is_v4(&t->ends[0]))
        return;
    word = rewrap_ip_transport_sum(&t->ends[backwards], &t->ends[!backwards], FLOW_UDP, udp, bytes);
    memcpy(udp + 6, &word, 2);
}

static void sum_gre(uint8_t *gre, size_t bytes)
{
    uint16_t word;

    if (!(get16(gre) & GRE_CHECKSUM))
        return;
    word = (uint16_t)~flow_fold(flow_sum(gre, bytes));
    memcpy(gre + 4, &word, 2);
}

static uint8_t *put_ethernet(uint8_t *p, const struct tunnel *t, bool backwards)
{
    flow_mac(&t->ends[!backwards], p);
    flow_mac(&t->ends[backwards], p + 6);
    return put16(p + 12, addr_is_v4(&t->ends[0]) ? REWRAP_IPV4 : REWRAP_IPV6);
}

static void wrap(struct tunnel *t, struct rewrap_frame *frame, const struct load *load)
{
    uint8_t header[HEADER_MAX], *above, *p;
    size_t header_bytes = (size_t)(t->row->write(t, header, load) - header);
    bool is_udp = t->row->protocol == FLOW_UDP;
    size_t payload = (is_udp ? UDP_BYTES : 0) + header_bytes + load->bytes;
    size_t outer =
        REWRAP_ETHERNET_BYTES + (addr_is_v4(&t->ends[0]) ? 20u : 40u) + payload - load->bytes;
    uint8_t protocol = t->row->protocol;
    bool whole = frame->len >= load->at + load->bytes;

    if (protocol == PROTOCOL_IPIP && load->ethertype == REWRAP_IPV6)
        protocol = PROTOCOL_IPV6;
    frame->wire_bytes = load->at + load->bytes;
    if (frame->len > frame->wire_bytes)
        frame->len = frame->wire_bytes;
    p = rewrap_frame_splice(frame, 0, load->at, outer);
    p = put_ethernet(p, t, load->backwards);
    above = p = rewrap_ip_put(p, &t->ends[load->backwards], &t->ends[!load->backwards], protocol,
                              payload, t->ip_id[load->backwards]++);
    if (is_udp)
        p = put_udp(t, p, load, payload);
    put_bytes(p, header, header_bytes);
    if (is_udp && whole)
        sum_udp(t, above, payload, load->backwards);
    else if (protocol == PROTOCOL_GRE && whole)
        sum_gre(above, payload);
}

static const struct tunnel_row *find_row(const char *name)
{
    for (size_t i = 0; i < sizeof tunnels / sizeof tunnels[0]; i++) {
        if (strcmp(tunnels[i].name, name) == 0)
            return &tunnels[i];
    }
    rewrap_die(EX_SOFTWARE, "%s is no tunnel", name);
}

/* L2TP's id is two numbers. */
static uint32_t read_id(const struct rewrap_args *args, const struct tunnel_row *row)
{
    int64_t parts[2];

    if (strcmp(row->name, "l2tp") != 0 || !args->value)
        return (uint32_t)rewrap_args_number(args, NULL, 0, row->id_max, 0);
    if (rewrap_args_numbers(args, NULL, '.', 0, UINT16_MAX, parts, 2) == 1)
        return (uint32_t)parts[0];
    return (uint32_t)(parts[0] << 16 | parts[1]);
}

void rewrap_step_tunnel(struct rewrap *r, const struct rewrap_args *args)
{
    struct tunnel t = { .row = find_row(args->name), .args = args };
    uint8_t v4[4] = { 100, 64, (uint8_t)++r->tunnels, 1 };
    uint8_t v6[16] = { 0x20, 1, 0x0d, 0xb8, 0, 0x64, 0, (uint8_t)r->tunnels };

    t.id = read_id(args, t.row);
    t.carries_ethernet = (t.row->carries == CARRIES_ETHERNET && !rewrap_args_has(args, "ip")) ||
                         rewrap_args_has(args, "ethernet");
    for (uint8_t end = 0; end < 2; end++) {
        v4[3] = v6[15] = (uint8_t)(end + 1);
        t.ends[end] = rewrap_args_has(args, "v6") ? addr_v6(v6, 0) : addr_v4(v4, 0);
        t.ip_id[end] = (uint16_t)rng_next(&r->rng);
    }
    for (size_t i = 0; i < r->frames.count; i++) {
        struct load load;

        if (take_load(r, &t, &r->frames.all[i], &load))
            wrap(&t, &r->frames.all[i], &load);
        else if (r->frames.link_type != REWRAP_LINK_ETHERNET)
            rewrap_die(EX_DATAERR, "frame %zu cannot go into %s", i + 1, args->name);
    }
    r->frames.link_type = REWRAP_LINK_ETHERNET;
}
