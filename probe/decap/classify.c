#include "probe/decap/classify.h"

#include "analyzer/base/siphash.h"
#include "probe/decap/classify_name.h"

#include <errno.h>
#include <ndpi_api.h>
#include <stdlib.h>

#define NS_PER_S INT64_C(1000000000)

enum {
    /* Flows remembered, in groups of WAYS: the longest silent of a group makes room. */
    WAYS = 4,
    GROUPS = 16384,
    /* nDPI's state is 688 bytes, so fewer are looked at at a time; the silent ones are given up. */
    LOOKED_AT_MAX = 16384,
    SILENCE_S = 30,
    SWEEP_SLOTS = 16, /* looked through for silent ones with every new flow */
    UDP_LOOKS = 8,
    /* A dissector that does not like a flow's first packet never looks again, and a capture may begin
     * with an answer: nDPI begins anew after every third, so that questions come first too. */
    LOOKS_BEFORE_NEW = 3,
    TCP_LOOKS = 10,
    /* One packet in sixty looks like RTP to nDPI, whatever it is: a flow has to do so again. */
    RTP_VOTES = 2,
    TCP_SYN = 2,
};

struct flow {
    uint64_t hash;                 /* of the five-tuple, both directions alike; 0: free */
    struct ndpi_flow_struct *ndpi; /* NULL: the verdict stands */
    uint32_t last_seen_s;
    uint16_t packets; /* so far, while there is no verdict */
    uint8_t name;     /* enum classify_name */
    uint8_t looks : 6, rtp_votes : 2;
};

struct classify {
    struct flow *flows; /* GROUPS × WAYS; NULL: no unknown flow yet */
    struct ndpi_detection_module_struct *ndpi;
    struct siphash_key hash_key;
    struct counters *counters;
    size_t looked_at, sweep_at;
    uint64_t packets[CLASSIFY_COUNT];
    bool started;
    uint8_t plain[CLASSIFY_PACKET_PLAIN_BYTES];
};

static const struct {
    uint16_t id;
    uint8_t name; /* enum classify_name */
    bool dissect; /* else it is a guest of another protocol, STUN above all */
} protocols[] = {
    { NDPI_PROTOCOL_MGCP, CLASSIFY_MGCP, true },
    { NDPI_PROTOCOL_IAX, CLASSIFY_IAX, true },
    { NDPI_PROTOCOL_H323, CLASSIFY_H323, true },
    { NDPI_PROTOCOL_SKINNY, CLASSIFY_SKINNY, true },
    { NDPI_PROTOCOL_MEGACO, CLASSIFY_MEGACO, true },
    { NDPI_PROTOCOL_SIP, CLASSIFY_SIP, true },
    { NDPI_PROTOCOL_RTP, CLASSIFY_RTP, true },
    { NDPI_PROTOCOL_RTCP, CLASSIFY_RTCP, true },
    { NDPI_PROTOCOL_STUN, CLASSIFY_STUN, true },
    { NDPI_PROTOCOL_DHCP, CLASSIFY_DHCP, true },
    { NDPI_PROTOCOL_NTP, CLASSIFY_NTP, true },
    { NDPI_PROTOCOL_TFTP, CLASSIFY_TFTP, true },
    { NDPI_PROTOCOL_SYSLOG, CLASSIFY_SYSLOG, true },
    { NDPI_PROTOCOL_RADIUS, CLASSIFY_RADIUS, true },
    { NDPI_PROTOCOL_DIAMETER, CLASSIFY_DIAMETER, true },
    { NDPI_PROTOCOL_WHATSAPP_CALL, CLASSIFY_WHATSAPP, false },
    { NDPI_PROTOCOL_MSTEAMS, CLASSIFY_TEAMS, false },
    { NDPI_PROTOCOL_SKYPE_CALL, CLASSIFY_SKYPE, false },
    { NDPI_PROTOCOL_SKYPE_TEAMS, CLASSIFY_SKYPE, false },
    { NDPI_PROTOCOL_ZOOM, CLASSIFY_ZOOM, false },
    { NDPI_PROTOCOL_HANGOUT_DUO, CLASSIFY_HANGOUT, false },
    { NDPI_PROTOCOL_FACEBOOK_VOIP, CLASSIFY_FACEBOOK, false },
    { NDPI_PROTOCOL_SIGNAL_VOIP, CLASSIFY_SIGNAL, false },
    { NDPI_PROTOCOL_DTLS, CLASSIFY_DTLS, false },
};

static enum classify_name name_of_id(uint16_t id)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (protocols[i].id == id)
            return (enum classify_name)protocols[i].name;
    }
    return CLASSIFY_UNKNOWN;
}

/* Without it, what is plain to see is still told. QUIC is not asked for, so neither is libgcrypt. */
static struct ndpi_detection_module_struct *start_ndpi(void)
{
    struct ndpi_detection_module_struct *ndpi;
    NDPI_PROTOCOL_BITMASK wanted;

    if (ndpi_get_api_version() != NDPI_API_VERSION ||
        ndpi_detection_get_sizeof_ndpi_flow_struct() != sizeof(struct ndpi_flow_struct))
        return NULL;
    ndpi = ndpi_init_detection_module(ndpi_dont_load_tor_hosts | ndpi_dont_init_libgcrypt);
    if (!ndpi)
        return NULL;
    NDPI_BITMASK_RESET(wanted);
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (protocols[i].dissect)
            wanted.fds_bits[protocols[i].id / NDPI_BITS] |= UINT32_C(1)
                                                            << protocols[i].id % NDPI_BITS;
    }
    ndpi_set_protocol_detection_bitmask2(ndpi, &wanted);
    ndpi_finalize_initialization(ndpi);
    return ndpi;
}

int classify_new(struct classify **cp, const uint64_t hash_key[2], struct counters *counters)
{
    struct classify *c = calloc(1, sizeof *c);

    if (!c)
        return -ENOMEM;
    memcpy(c->hash_key.k, hash_key, sizeof c->hash_key.k);
    c->counters = counters;
    *cp = c;
    return 0;
}

/* nDPI is done with the flow; the verdict stands. */
static void stop_looking(struct classify *c, struct flow *f)
{
    if (!f->ndpi)
        return;
    ndpi_free_flow(f->ndpi);
    f->ndpi = NULL;
    c->looked_at--;
}

void classify_free(struct classify *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->flows && i < (size_t)GROUPS * WAYS; i++)
        stop_looking(c, &c->flows[i]);
    if (c->ndpi)
        ndpi_exit_detection_module(c->ndpi);
    free(c->flows);
    free(c);
}

static bool start(struct classify *c)
{
    if (c->started)
        return c->flows != NULL;
    c->started = true;
    c->flows = calloc((size_t)GROUPS * WAYS, sizeof *c->flows);
    c->ndpi = start_ndpi();
    if (!c->flows || !c->ndpi)
        c->counters->refusals[REFUSAL_MEMORY]++;
    return c->flows != NULL;
}

static uint64_t flow_hash(const struct classify *c, const struct classify_packet *packet)
{
    const struct addr *low = &packet->src, *high = &packet->dst;
    int order = memcmp(low->ip, high->ip, 16);
    uint8_t bytes[37];
    uint64_t hash;

    if (order > 0 || (order == 0 && low->port > high->port)) {
        low = &packet->dst;
        high = &packet->src;
    }
    memcpy(bytes, low->ip, 16);
    memcpy(bytes + 16, high->ip, 16);
    memcpy(bytes + 32, &low->port, 2);
    memcpy(bytes + 34, &high->port, 2);
    bytes[36] = packet->tcp;
    hash = siphash(&c->hash_key, bytes, sizeof bytes);
    return hash ? hash : 1;
}

/* Gives up a few flows that fell silent before there was a verdict. */
static void sweep(struct classify *c, uint32_t now_s)
{
    for (unsigned i = 0; i < SWEEP_SLOTS; i++) {
        struct flow *f = &c->flows[c->sweep_at];

        c->sweep_at = (c->sweep_at + 1) % ((size_t)GROUPS * WAYS);
        if (f->ndpi && now_s - f->last_seen_s > SILENCE_S)
            stop_looking(c, f);
    }
}

static void begin(struct classify *c, struct flow *f, uint64_t hash, uint32_t now_s)
{
    if (f->ndpi) {
        if (now_s - f->last_seen_s <= SILENCE_S)
            c->counters->refusals[REFUSAL_FLOWS]++;
        stop_looking(c, f);
    }
    *f = (struct flow){ .hash = hash, .last_seen_s = now_s };
    sweep(c, now_s);
    if (c->looked_at >= LOOKED_AT_MAX) {
        c->counters->refusals[REFUSAL_FLOWS]++;
        return;
    }
    f->ndpi = ndpi_flow_malloc(sizeof *f->ndpi);
    if (!f->ndpi) {
        c->counters->refusals[REFUSAL_MEMORY]++;
        return;
    }
    memset(f->ndpi, 0, sizeof *f->ndpi);
    c->looked_at++;
}

/* The flow's slot, taken anew when it is not known. */
static struct flow *find_or_begin(struct classify *c, uint64_t hash, uint32_t now_s)
{
    struct flow *group = &c->flows[hash % GROUPS * WAYS], *oldest = group;

    for (unsigned i = 0; i < WAYS; i++) {
        if (group[i].hash == hash)
            return &group[i];
        if (!group[i].hash || (oldest->hash && group[i].last_seen_s < oldest->last_seen_s))
            oldest = &group[i];
    }
    begin(c, oldest, hash, now_s);
    return oldest;
}

/* What was counted so far becomes the name's. */
static void rename_flow(struct classify *c, struct flow *f, enum classify_name name)
{
    c->packets[f->name] -= f->packets;
    c->packets[name] += f->packets;
    f->name = (uint8_t)name;
}

static void forget_ndpi(struct flow *f)
{
    ndpi_free_flow_data(f->ndpi);
    memset(f->ndpi, 0, sizeof *f->ndpi);
}

static enum classify_name ask_ndpi(struct classify *c, struct flow *f, int64_t time_ns,
                                   const struct classify_packet *packet)
{
    size_t len = classify_packet_write_plain(packet, c->plain);
    uint64_t time_ms = time_ns > 0 ? (uint64_t)time_ns / 1000000 : 0;
    ndpi_protocol found;
    enum classify_name name;

    found = ndpi_detection_process_packet(c->ndpi, f->ndpi, c->plain, (unsigned short)len, time_ms);
    name = name_of_id(found.app_protocol);
    if (name == CLASSIFY_UNKNOWN)
        name = name_of_id(found.master_protocol);
    if (name == CLASSIFY_RTP && ++f->rtp_votes < RTP_VOTES) {
        forget_ndpi(f);
        return CLASSIFY_UNKNOWN;
    }
    return name;
}

static void look(struct classify *c, struct flow *f, int64_t time_ns,
                 const struct classify_packet *packet)
{
    enum classify_name name = CLASSIFY_UNKNOWN;

    if (packet->payload.len) {
        name = classify_name_of(packet);
        if (f->looks && f->looks % LOOKS_BEFORE_NEW == 0)
            forget_ndpi(f);
        f->looks++;
    }
    if (name == CLASSIFY_UNKNOWN && c->ndpi)
        name = ask_ndpi(c, f, time_ns, packet);
    if (name == CLASSIFY_UNKNOWN && f->name == CLASSIFY_UNKNOWN && classify_name_is_stun(packet))
        rename_flow(c, f, CLASSIFY_STUN); /* until nDPI finds more in it */
    if (name != CLASSIFY_UNKNOWN) {
        rename_flow(c, f, name);
        stop_looking(c, f);
    } else if (f->looks >= (packet->tcp ? TCP_LOOKS : UDP_LOOKS)) {
        stop_looking(c, f);
    }
}

void classify_see(struct classify *c, int64_t time_ns, struct slice ip_packet)
{
    struct classify_packet packet;
    uint32_t now_s = (uint32_t)(time_ns / NS_PER_S);
    struct flow *f;

    if (!classify_packet_read(ip_packet, &packet) || !start(c))
        return;
    f = find_or_begin(c, flow_hash(c, &packet), now_s);
    f->last_seen_s = now_s;
    c->packets[f->name]++;
    if (!f->ndpi)
        return;
    if (f->packets < UINT16_MAX)
        f->packets++;
    /* A TCP segment that only acknowledges says nothing. */
    if (packet.payload.len || (packet.tcp && packet.transport_header.p[13] & TCP_SYN))
        look(c, f, time_ns, &packet);
}

void classify_write(struct jsonw *j, const struct classify *c)
{
    bool written[CLASSIFY_COUNT] = { [CLASSIFY_UNKNOWN] = true };

    jsonw_object_open(j);
    for (;;) {
        unsigned most = CLASSIFY_UNKNOWN;

        for (unsigned i = 0; i < CLASSIFY_COUNT; i++) {
            if (!written[i] && c->packets[i] && (written[most] || c->packets[i] > c->packets[most]))
                most = i;
        }
        if (most == CLASSIFY_UNKNOWN)
            break;
        written[most] = true;
        jsonw_key(j, classify_name_text((enum classify_name)most));
        jsonw_int(j, (int64_t)c->packets[most]);
    }
    jsonw_object_close(j);
}

bool classify_wants(enum packet_bin bin)
{
    switch (bin) {
    case BIN_UDP_OTHER:
    case BIN_RTP_UNPROVEN:
    case BIN_STUN:
    case BIN_DTLS:
    case BIN_TCP:
    case BIN_TLS:
        return true;
    default:
        return false;
    }
}

const char *classify_library_version(void)
{
    return ndpi_revision();
}
