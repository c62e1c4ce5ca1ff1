#include "tests/support/play.h"

#include "tests/support/play_truth.h"

#include <stdlib.h>

enum {
    SIP_PORT = 5060,
    NAT_PORT = 23000,
    PORTS_EACH = 4 * PLAY_DIALOGS_MAX,
    FIRST_PORT = 10000,
    PORT_SLOTS = 1700, /* times PORTS_EACH */
    MEDIA_HOSTS = 4,
};

void play_overflow(const struct play *p, const char *what)
{
    fprintf(stderr, "earshot-traffic: scene %s: too many %s\n", p->scene, what);
    exit(70);
}

static struct addr v4(unsigned a, unsigned b, unsigned c, unsigned d, unsigned port)
{
    const uint8_t ip[4] = { (uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d };

    return addr_v4(ip, (uint16_t)port);
}

static void seat(struct play_party *who, const char *host, const char *agent, struct addr sip,
                 struct addr media)
{
    who->host = host;
    who->agent = agent;
    who->sip = who->says = sip;
    who->media = who->rtp = media;
}

/* RTP ports are the scene's own, so that no two scenes share one by chance. */
static struct addr media_of(const struct play *p, unsigned net)
{
    unsigned slot = (unsigned)(p->index / MEDIA_HOSTS % PORT_SLOTS);
    unsigned host = 1 + (unsigned)(p->index % MEDIA_HOSTS);

    return v4(198, net, 0, host, FIRST_PORT + slot * PORTS_EACH);
}

static void fill_cast(struct play *p)
{
    static const char pbx[] = "pbx.example.com", net[] = "trunk.example.net";
    struct play_party *cast = p->cast;
    unsigned n = (unsigned)p->index;

    seat(&cast[ROLE_PHONE], pbx, "BranchPBX/18.1", v4(192, 0, 2, 10 + n % 8, SIP_PORT),
         media_of(p, 18));
    seat(&cast[ROLE_PHONE2], pbx, "Deskphone/4.2.1", v4(192, 0, 2, 20 + n % 8, SIP_PORT),
         media_of(p, 18));
    seat(&cast[ROLE_TRUNK], net, "EdgeSBC/7.3", v4(198, 51, 100, 1 + n % 4, SIP_PORT),
         media_of(p, 19));
    seat(&cast[ROLE_TRUNK2], net, "EdgeSBC/7.3", v4(198, 51, 100, 11 + n % 4, SIP_PORT),
         media_of(p, 19));
    seat(&cast[ROLE_SBC], "sbc.example.com", "BorderBox/2.0", v4(192, 0, 2, 100, SIP_PORT),
         media_of(p, 18));
    seat(&cast[ROLE_SBC_OUT], "sbc.example.com", "BorderBox/2.0", v4(192, 0, 2, 101, SIP_PORT),
         media_of(p, 18));
    for (int role = ROLE_SBC; role <= ROLE_SBC_OUT; role++)
        cast[role].media.ip[15] = cast[role].rtp.ip[15] = (uint8_t)(100 + n % MEDIA_HOSTS);
    seat(&cast[ROLE_PROXY], "proxy.example.com", "Proxy/5.6", v4(192, 0, 2, 200, SIP_PORT),
         media_of(p, 18));
    seat(&cast[ROLE_NOMAD], pbx, "Softphone/2.9",
         v4(203, 0, 113, 1 + n % 200, NAT_PORT + n / 200 % 8000), media_of(p, 18));
    cast[ROLE_NOMAD].says = v4(10, 1, n / 200 % 250, 1 + n % 200, SIP_PORT);
    cast[ROLE_NOMAD].media = v4(10, 1, n / 200 % 250, 1 + n % 200, 4000 + 2 * (n % 1000));
    cast[ROLE_NOMAD].rtp = v4(203, 0, 113, 1 + n % 200, 40000 + 2 * (n % 8000));
    for (int role = 0; role < ROLES_OF_PLAY; role++) {
        bool outside = role == ROLE_TRUNK || role == ROLE_TRUNK2;

        if (outside)
            snprintf(cast[role].user, sizeof(cast[role].user), "+4477009%05u",
                     rng_below(&p->rng, 100000));
        else
            snprintf(cast[role].user, sizeof(cast[role].user), "%u",
                     1000 + rng_below(&p->rng, 9000));
    }
}

static int64_t play_run(struct actor *self, int64_t now_ns)
{
    static const struct flow_part none;
    struct play *p = (struct play *)self;
    const struct play_message *m = &p->messages[p->message_at];
    struct flow flow;
    struct flow_part head = { p->text.p + m->at, m->len,
                              flow_fold(flow_sum(p->text.p + m->at, m->len)) };

    flow_init(&flow, &p->world->options.style, FLOW_UDP, &m->src, &m->dst, 61, 24, p->ip_id++);
    world_write(p->world, WORLD_SIP, &flow, now_ns, &head, &none);
    if (++p->message_at < p->message_count)
        return p->messages[p->message_at].time_ns;
    play_release(p);
    return ACTOR_DONE;
}

struct play *play_new(struct world *w, const char *scene, uint64_t index, int64_t time_ns)
{
    struct play *p = world_alloc(sizeof(*p));

    p->actor.run = play_run;
    p->world = w;
    p->scene = scene;
    p->index = index;
    p->rng = rng_for((uint64_t)w->options.seed, WORLD_RNG_PLAY, index);
    p->references = 1;
    p->now_ns = time_ns;
    p->ip_id = (uint16_t)rng_next(&p->rng);
    fill_cast(p);
    return p;
}

void play_frame(struct play *p, int64_t time_ns, const struct addr *src, const struct addr *dst,
                const void *bytes, size_t len)
{
    if (p->message_count == p->message_room) {
        p->message_room = p->message_room ? 2 * p->message_room : 32;
        p->messages = realloc(p->messages, p->message_room * sizeof(*p->messages));
        if (!p->messages)
            play_overflow(p, "messages");
    }
    p->messages[p->message_count++] =
        (struct play_message){ world_time(p->world, time_ns), *src, *dst, p->text.len, len };
    strbuf_add(&p->text, bytes, len);
}

/* Nearly in order already. */
static void sort_messages(struct play *p)
{
    for (size_t i = 1; i < p->message_count; i++) {
        struct play_message m = p->messages[i];
        size_t hole = i;

        for (; hole > 0 && p->messages[hole - 1].time_ns > m.time_ns; hole--)
            p->messages[hole] = p->messages[hole - 1];
        p->messages[hole] = m;
    }
}

void play_start(struct play *p)
{
    sort_messages(p);
    if (p->message_count)
        event_heap_push(&p->world->events, p->messages[0].time_ns, &p->actor);
    else
        play_release(p);
}

void play_take(struct play *p)
{
    p->references++;
}

void play_release(struct play *p)
{
    if (--p->references > 0)
        return;
    play_truth_write(p);
    free(p->messages);
    strbuf_fini(&p->text);
    strbuf_fini(&p->body);
    strbuf_fini(&p->scratch);
    strbuf_fini(&p->notes);
    free(p);
}

/* As tests/golden/corpus.yaml calls them. */
static const char *trunk_of(enum play_role role)
{
    return role == ROLE_TRUNK ? "carrier" : role == ROLE_TRUNK2 ? "other" : NULL;
}

struct play_dialog *play_dialog(struct play *p, enum play_role caller, enum play_role callee)
{
    struct play_dialog *d = &p->dialogs[p->dialog_count];
    char host[ADDR_TEXT_MAX];

    if (p->dialog_count == PLAY_DIALOGS_MAX)
        play_overflow(p, "calls");
    d->play = p;
    d->own[CALL_CALLER] = p->cast[caller];
    d->own[CALL_CALLEE] = p->cast[callee];
    for (int side = 0; side < CALL_SIDES; side++) {
        uint16_t ports = (uint16_t)(4 * p->dialog_count + 2 * side);

        d->party[side] = &d->own[side];
        d->own[side].media.port = (uint16_t)(d->own[side].media.port + ports);
        d->own[side].rtp.port = (uint16_t)(d->own[side].rtp.port + ports);
        d->tag[side] = (uint32_t)(rng_next(&p->rng) >> 32);
        d->cseq[side] = 1 + (int)rng_below(&p->rng, 100);
        d->sdp[side] = (struct play_sdp){ .direction = "sendrecv" };
    }
    d->codec = &play_g729;
    addr_format_ip(&d->party[CALL_CALLER]->says, host);
    snprintf(d->call_id, sizeof(d->call_id), "%016llx-%llx.%d@%s",
             (unsigned long long)rng_next(&p->rng), (unsigned long long)p->index, p->dialog_count,
             host);
    p->dialog_count++;
    d->truth = (struct play_truth){ .one_way = -1,
                                    .confidence = PLAY_ANY,
                                    .trunk_in = trunk_of(caller),
                                    .trunk_out = trunk_of(callee),
                                    .attestation = PLAY_ANY,
                                    .deviations = "",
                                    .history = "",
                                    .legs_delay_ms = PLAY_ANY_INT };
    return d;
}
