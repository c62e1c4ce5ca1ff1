#include "tests/support/identity.h"

enum {
    SIP_PORT = 5060,
    DSCP_CS3 = 24,
    PBX_COUNT = 8,
    MEDIA_HOSTS = 16,    /* addresses a block of calls is spread over */
    MEDIA_SLOTS = 13000, /* of four ports each, from 10000 on */
    MEDIA_BLOCKS = 15,   /* times MEDIA_HOSTS: the last byte and a half of the address */
    MEDIA_FIRST_PORT = 10000
};

/* Networks, by their fourth IPv6 group too. */
enum network { NET_PBX, NET_TRUNK, NET_PHONE, NET_MEDIA_PBX, NET_MEDIA_TRUNK };

static const char *const pbx_agents[] = { "Deskphone/4.2.1", "Softphone/2.9", "BranchPBX/18.1",
                                          "Handset/1.0.7" };
static const char *const trunk_agent = "EdgeSBC/7.3";

static struct addr address(enum network net, uint32_t host, uint16_t port, bool v6)
{
    static const uint8_t prefixes[][3] = {
        [NET_PBX] = { 192, 0, 2 },          [NET_TRUNK] = { 198, 51, 100 },
        [NET_PHONE] = { 203, 0, 113 },      [NET_MEDIA_PBX] = { 198, 18, 0 },
        [NET_MEDIA_TRUNK] = { 198, 19, 0 },
    };
    const uint8_t *prefix = prefixes[net];
    uint8_t ip4[4] = { prefix[0], prefix[1], (uint8_t)(prefix[2] + host / 250),
                       (uint8_t)(1 + host % 250) };
    uint8_t ip6[16] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, (uint8_t)(1 + net) };

    ip6[14] = (uint8_t)((host + 1) >> 8);
    ip6[15] = (uint8_t)(host + 1);
    return v6 ? addr_v6(ip6, port) : addr_v4(ip4, port);
}

static void make_number(struct rng *r, char *out, size_t room)
{
    static const int area_codes[] = { 202, 212, 303, 312, 404, 415, 503, 617, 702, 808 };

    int area_code = area_codes[rng_below(r, 10)];

    switch (rng_below(r, 3)) {
    case 0:
        snprintf(out, room, "+1%d55501%02u", area_code, rng_below(r, 100));
        break;
    case 1:
        snprintf(out, room, "+44207946%04u", rng_below(r, 1000));
        break;
    default:
        snprintf(out, room, "+447700900%03u", rng_below(r, 1000));
        break;
    }
}

/* What the pattern says, with a digit drawn for each x. */
static void make_from_pattern(struct rng *r, struct slice pattern, char *out, size_t room)
{
    size_t len = pattern.len < room ? pattern.len : room - 1;

    for (size_t i = 0; i < len; i++)
        out[i] = pattern.p[i] == 'x' ? (char)('0' + rng_below(r, 10)) : pattern.p[i];
    if (len)
        out[len] = '\0';
}

static void make_flows(struct call *c, const struct addr *caller, const struct addr *callee)
{
    const struct flow_style *style = &c->world->options.style;

    flow_init(&c->signalling[CALL_CALLER], style, FLOW_UDP, caller, callee, 64, DSCP_CS3,
              (uint16_t)rng_next(&c->rng));
    flow_init(&c->signalling[CALL_CALLEE], style, FLOW_UDP, callee, caller, 57, DSCP_CS3,
              (uint16_t)rng_next(&c->rng));
}

/* Call-ID, tags, and how far both sides are from the capture point. */
static void make_common(struct call *c)
{
    uint64_t token = rng_next(&c->rng);
    char host[ADDR_TEXT_MAX];

    for (int side = 0; side < CALL_SIDES; side++) {
        c->tag[side] = rng_next(&c->rng);
        c->delay_ns[side] = rng_between(&c->rng, 1000, 20000) * 1000;
    }
    addr_format_ip(&c->signalling[CALL_CALLER].src, host);
    snprintf(c->call_id, sizeof(c->call_id), "%016llx-%llx@%s", (unsigned long long)token,
             (unsigned long long)c->index, host);
}

/* Ports come round again after 13,000 × 16 × 15 calls. A port beyond the RTP and RTCP of both
 * phases belongs to the next call. */
static void make_media(struct call *c, bool outbound, bool v6)
{
    uint64_t host = c->index % MEDIA_HOSTS +
                    c->index / (MEDIA_HOSTS * MEDIA_SLOTS) % MEDIA_BLOCKS * MEDIA_HOSTS;
    uint64_t slot = c->index / MEDIA_HOSTS % MEDIA_SLOTS;
    uint16_t port = (uint16_t)(MEDIA_FIRST_PORT + slot * 4);

    c->stranger = address(NET_PHONE, 66, 0, v6);
    for (int side = 0; side < CALL_SIDES; side++) {
        bool is_pbx = (side == CALL_CALLER) == outbound;

        for (int phase = 0; phase < CALL_PHASES; phase++)
            c->media[phase][side] =
                address(is_pbx ? NET_MEDIA_PBX : NET_MEDIA_TRUNK, (uint32_t)host, port, v6);
    }
}

void identity_call(struct call *c, int64_t trunk, bool outbound)
{
    const struct options *o = &c->world->options;
    bool v6 = rng_chance(&c->rng, o->ipv6);
    uint32_t pbx_host = 9 + rng_below(&c->rng, PBX_COUNT);
    uint32_t trunk_host = rng_below(&c->rng, (uint32_t)o->trunks);
    const struct wave *wave = c->wave;
    bool inbound = (rng_chance(&c->rng, o->inbound) && !outbound) || (wave && wave->way == WAVE_IN);
    int pbx = inbound ? CALL_CALLEE : CALL_CALLER;
    int far = call_other(pbx);
    struct addr ends[CALL_SIDES];

    if (wave && wave->pbx >= 0)
        pbx_host = 9 + (uint32_t)wave->pbx;
    if (trunk >= 0)
        trunk_host = (uint32_t)trunk;
    ends[pbx] = address(NET_PBX, pbx_host, SIP_PORT, v6);
    ends[far] = address(NET_TRUNK, trunk_host, SIP_PORT, v6);
    make_flows(c, &ends[CALL_CALLER], &ends[CALL_CALLEE]);
    make_common(c);
    make_number(&c->rng, c->user[far], sizeof(c->user[far]));
    snprintf(c->user[pbx], sizeof(c->user[pbx]), "%u", 1000 + rng_below(&c->rng, 1000));
    if (wave) {
        make_from_pattern(&c->rng, wave->from, c->user[CALL_CALLER], CALL_USER_MAX);
        make_from_pattern(&c->rng, wave->to, c->user[CALL_CALLEE], CALL_USER_MAX);
    }
    c->host[pbx] = "pbx.example.com";
    c->host[far] = "trunk.example.net";
    c->agent[pbx] = pbx_agents[rng_below(&c->rng, 4)];
    c->agent[far] = trunk_agent;
    make_media(c, !inbound, v6);
}

void identity_register(struct call *c)
{
    bool v6 = rng_chance(&c->rng, c->world->options.ipv6);
    uint32_t phone = (uint32_t)(c->index % 250);
    struct addr from = address(NET_PHONE, phone, SIP_PORT, v6);
    struct addr to = address(NET_PBX, 0, SIP_PORT, v6);

    from.port = (uint16_t)(SIP_PORT + c->index / 250 % 1000 * 2);
    make_flows(c, &from, &to);
    make_common(c);
    for (int side = 0; side < CALL_SIDES; side++) {
        snprintf(c->user[side], sizeof(c->user[side]), "%u", 1000 + (unsigned)(c->index % 250));
        c->host[side] = "pbx.example.com";
    }
    c->agent[CALL_CALLER] = pbx_agents[rng_below(&c->rng, 4)];
    c->agent[CALL_CALLEE] = "Registrar/3.3";
    c->expires_s = 3600;
}

void identity_options(struct call *c)
{
    bool v6 = rng_chance(&c->rng, c->world->options.ipv6);
    uint32_t trunk = (uint32_t)(c->index % (uint64_t)c->world->options.trunks);
    struct addr from = address(NET_PBX, 0, SIP_PORT, v6);
    struct addr to = address(NET_TRUNK, trunk, SIP_PORT, v6);

    make_flows(c, &from, &to);
    make_common(c);
    snprintf(c->user[CALL_CALLER], sizeof(c->user[0]), "ping");
    snprintf(c->user[CALL_CALLEE], sizeof(c->user[0]), "ping");
    c->host[CALL_CALLER] = "pbx.example.com";
    c->host[CALL_CALLEE] = "trunk.example.net";
    c->agent[CALL_CALLER] = "BranchPBX/18.1";
    c->agent[CALL_CALLEE] = trunk_agent;
}
