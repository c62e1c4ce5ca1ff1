#include "tests/support/noise.h"

enum {
    PAYLOAD_MAX = 1400,
    TTL = 64,
    DNS_PORT = 53,
    NTP_PORT = 123,
    HTTPS_PORT = 443,
    ARP_FRAME_BYTES = 60, /* the least that Ethernet carries */
};

struct noise {
    struct actor actor;
    struct world *world;
    struct rng rng;
    int64_t mean_ns;
    uint16_t serial; /* IP identification, DNS and ping numbers */
};

struct noise_text {
    uint8_t bytes[PAYLOAD_MAX];
    size_t len;
};

static void put8(struct noise_text *t, unsigned value)
{
    t->bytes[t->len++] = (uint8_t)value;
}

static void put16(struct noise_text *t, unsigned value)
{
    put8(t, value >> 8);
    put8(t, value & 255);
}

static void put32(struct noise_text *t, uint32_t value)
{
    put16(t, value >> 16);
    put16(t, value & 0xffff);
}

static void put_label(struct noise_text *t, const char *label)
{
    put8(t, (unsigned)strlen(label));
    while (*label)
        put8(t, (unsigned char)*label++);
}

static struct addr host(unsigned a, unsigned b, unsigned c, unsigned d, unsigned port)
{
    uint8_t ip[4] = { (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d };

    return addr_v4(ip, (uint16_t)port);
}

static struct addr client(struct noise *n, unsigned port)
{
    return host(203, 0, 113, 1 + rng_below(&n->rng, 250), port);
}

static unsigned ephemeral(struct noise *n)
{
    return 49152 + rng_below(&n->rng, 16000);
}

static void send(struct noise *n, enum world_frame kind, enum flow_protocol protocol,
                 const struct addr *src, const struct addr *dst, const struct noise_text *t,
                 int64_t now_ns)
{
    struct flow flow;
    struct flow_part head = { t->bytes, t->len, flow_fold(flow_sum(t->bytes, t->len)) };
    struct flow_part none = { 0 };

    flow_init(&flow, &n->world->options.style, protocol, src, dst, TTL, 0, n->serial++);
    world_write(n->world, kind, &flow, now_ns, &head, &none);
}

/* A query for an A record, or its answer. */
static void send_dns(struct noise *n, int64_t now_ns)
{
    struct noise_text t = { .len = 0 };
    struct addr a = client(n, ephemeral(n)), b = host(192, 0, 2, 53, DNS_PORT);
    bool answer = rng_below(&n->rng, 2) == 1;

    put16(&t, n->serial);
    put16(&t, answer ? 0x8180 : 0x0100);
    put16(&t, 1);
    put16(&t, answer);
    put32(&t, 0);
    put_label(&t, "www");
    put_label(&t, "example");
    put_label(&t, "com");
    put8(&t, 0);
    put16(&t, 1);
    put16(&t, 1);
    if (answer) {
        put16(&t, 0xc00c); /* the name of the question */
        put16(&t, 1);
        put16(&t, 1);
        put32(&t, 300);
        put16(&t, 4);
        put32(&t, 0xc6336401u + rng_below(&n->rng, 200));
    }
    send(n, WORLD_DNS, FLOW_UDP, answer ? &b : &a, answer ? &a : &b, &t, now_ns);
}

static void send_ntp(struct noise *n, int64_t now_ns)
{
    struct noise_text t = { .len = 0 };
    struct addr a = client(n, NTP_PORT), b = host(192, 0, 2, 123, NTP_PORT);
    bool answer = rng_below(&n->rng, 2) == 1;

    put32(&t, answer ? 0x240206ecu : 0x230006ecu); /* version 4, server or client */
    put32(&t, 0x00000100);
    put32(&t, 0x00000200);
    put32(&t, 0xc0000201u);
    for (int i = 0; i < 4; i++) { /* reference, origin, receive, transmit */
        put32(&t, (uint32_t)(now_ns / NS_PER_S + 2208988800));
        put32(&t, (uint32_t)rng_next(&n->rng));
    }
    send(n, WORLD_NTP, FLOW_UDP, answer ? &b : &a, answer ? &a : &b, &t, now_ns);
}

/* A segment in the midst of a TLS connection, or a bare acknowledgement. */
static void send_tcp(struct noise *n, int64_t now_ns)
{
    struct noise_text t = { .len = 0 };
    struct addr a = client(n, ephemeral(n)), b = host(192, 0, 2, 80, HTTPS_PORT);
    bool answer = rng_below(&n->rng, 2) == 1;
    unsigned data = rng_below(&n->rng, 2) ? 100 + rng_below(&n->rng, 1200) : 0;

    put16(&t, answer ? b.port : a.port);
    put16(&t, answer ? a.port : b.port);
    put32(&t, (uint32_t)rng_next(&n->rng));
    put32(&t, (uint32_t)rng_next(&n->rng));
    put16(&t, data ? 0x5018 : 0x5010);
    put16(&t, 64000);
    put32(&t, 0);
    if (data) {
        put8(&t, 23); /* TLS application data */
        put16(&t, 0x0303);
        put16(&t, data);
        for (unsigned i = 0; i < data; i++)
            put8(&t, rng_below(&n->rng, 256));
    }
    send(n, WORLD_TCP, FLOW_TCP, answer ? &b : &a, answer ? &a : &b, &t, now_ns);
}

static void send_ping(struct noise *n, int64_t now_ns)
{
    struct noise_text t = { .len = 0 };
    struct addr a = client(n, 0), b = host(192, 0, 2, 1, 0);
    bool answer = rng_below(&n->rng, 2) == 1;

    put16(&t, answer ? 0 : 8 << 8);
    put16(&t, 0);
    put16(&t, 0x4a17);
    put16(&t, n->serial);
    for (unsigned i = 0; i < 56; i++)
        put8(&t, i);
    send(n, WORLD_ICMP, FLOW_ICMP, answer ? &b : &a, answer ? &a : &b, &t, now_ns);
}

/* Who has 192.0.2.1? Ethernet alone; a tag as everywhere else. */
static void send_arp(struct noise *n, int64_t now_ns)
{
    struct noise_text t = { .len = 0 };
    struct addr a = client(n, 0), b = host(192, 0, 2, 1 + rng_below(&n->rng, 250), 0);
    int vlan = n->world->options.style.vlan;
    uint8_t mac[6];

    flow_mac(&a, mac);
    for (int i = 0; i < 6; i++)
        put8(&t, 255);
    for (int i = 0; i < 6; i++)
        put8(&t, mac[i]);
    if (vlan)
        put32(&t, 0x81000000u | (uint32_t)vlan);
    put16(&t, 0x0806);
    put32(&t, 0x00010800);
    put32(&t, 0x06040001);
    for (int i = 0; i < 6; i++)
        put8(&t, mac[i]);
    for (int i = 12; i < 16; i++)
        put8(&t, a.ip[i]);
    put32(&t, 0);
    put16(&t, 0);
    for (int i = 12; i < 16; i++)
        put8(&t, b.ip[i]);
    while (t.len < ARP_FRAME_BYTES)
        put8(&t, 0);
    memcpy(pcap_writer_frame(n->world->pcap, now_ns, t.len), t.bytes, t.len);
    world_count(n->world, WORLD_ARP, now_ns, t.len);
}

static int64_t noise_run(struct actor *self, int64_t now_ns)
{
    struct noise *n = (struct noise *)self;
    bool ethernet = n->world->options.style.link == FLOW_ETHERNET;
    uint32_t luck = rng_below(&n->rng, 100);
    int64_t next_ns;

    if (luck < 30)
        send_dns(n, now_ns);
    else if (luck < 35)
        send_ntp(n, now_ns);
    else if (luck < 40)
        send_ping(n, now_ns);
    else if (luck < 45 && ethernet)
        send_arp(n, now_ns);
    else
        send_tcp(n, now_ns);
    next_ns = world_time(n->world, now_ns + rng_between(&n->rng, 0, 2000) * n->mean_ns / 1000);
    return next_ns < n->world->noise_end_ns ? next_ns : ACTOR_DONE;
}

struct noise *noise_start(struct world *w)
{
    struct noise *n;

    if (w->options.background_per_s <= 0)
        return NULL;
    n = world_alloc(sizeof(*n));
    n->actor.run = noise_run;
    n->world = w;
    n->rng = rng_for((uint64_t)w->options.seed, WORLD_RNG_NOISE, 0);
    n->mean_ns = (int64_t)(1e9 / w->options.background_per_s);
    event_heap_push(&w->events, w->start_ns, &n->actor);
    return n;
}
