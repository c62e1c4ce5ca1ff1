/*
 * Pairs of hosts are kept without their ports and without their VLAN, so that a direction that lost
 * its tag is still the other half of its pair.
 */
#include "probe/decap/mirror.h"

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"

#include <errno.h>
#include <stdlib.h>

enum {
    CONVERSATIONS_MAX = 4096,
    TALLY_MAX = 64, /* VLANs or kinds of tunnel told apart; the rest is "other" */

    SIP_LEAST = 4, /* messages by which a pair is judged */
    RTP_LEAST = 200,
    RTP_PAIRS_LEAST = 3,
    DOUBLED_LEAST = 10,
};

#define DOUBLED_RATIO 0.01
#define CUT_RATIO     0.001

/* What one host of a pair sent to the other. */
struct side {
    uint64_t sip, rtp;
    uint32_t vlan; /* of the first packet: tags outermost << 12 | innermost; 0: untagged */
    bool heard;
    bool vlan_differs; /* among its own packets */
    bool responded, invited, acknowledged;
};

struct conversation {
    struct addr hosts[2]; /* in order of their addresses, without ports */
    uint64_t hash;
    struct side sides[2];
};

struct tally {
    uint32_t keys[TALLY_MAX];
    uint64_t counts[TALLY_MAX];
    uint64_t other;
    unsigned used;
};

struct mirror {
    struct siphash_key key;
    struct counters *counters;
    struct table conversations;
    struct tally vlans, tunnels;
    uint64_t frames, duplicate_frames, truncated;
    int64_t first_time, last_time;
};

int mirror_new(struct mirror **mp, const uint64_t hash_key[2], struct counters *counters)
{
    struct mirror *m = calloc(1, sizeof *m);

    if (!m)
        return -ENOMEM;
    if (table_init(&m->conversations, CONVERSATIONS_MAX) != 0) {
        free(m);
        return -ENOMEM;
    }
    m->key = (struct siphash_key){ { hash_key[0], hash_key[1] } };
    m->counters = counters;
    *mp = m;
    return 0;
}

void mirror_free(struct mirror *m)
{
    if (!m)
        return;
    for (size_t i = 0; i <= m->conversations.mask; i++)
        free(m->conversations.slots[i].item);
    table_fini(&m->conversations);
    free(m);
}

void mirror_frame(struct mirror *m, const struct frame *frame, enum packet_bin bin)
{
    if (m->frames++ == 0)
        m->first_time = frame->time_ns;
    m->last_time = frame->time_ns;
    m->duplicate_frames += bin == BIN_DUPLICATE;
    m->truncated += frame->captured_bytes < frame->wire_bytes;
}

static bool same_hosts(const void *item, const void *key)
{
    const struct conversation *c = item, *k = key;

    return addr_ip_eq(&c->hosts[0], &k->hosts[0]) && addr_ip_eq(&c->hosts[1], &k->hosts[1]);
}

/* NULL: no room. */
static struct conversation *find_or_add(struct mirror *m, const struct conversation *key)
{
    struct conversation *c = table_find(&m->conversations, key->hash, same_hosts, key);

    if (c)
        return c;
    c = calloc(1, sizeof *c);
    if (c)
        *c = *key;
    if (!c || table_put(&m->conversations, key->hash, c) != 0) {
        free(c);
        m->counters->refusals[REFUSAL_CONVERSATIONS]++;
        return NULL;
    }
    return c;
}

/* *from: which of the two sent it. */
static struct conversation *conversation_of(struct mirror *m, const struct datagram *d, int *from)
{
    struct conversation key = { .hosts = { d->src, d->dst } };
    uint8_t bytes[32];

    *from = memcmp(d->src.ip, d->dst.ip, sizeof d->src.ip) > 0;
    if (*from) {
        key.hosts[0] = d->dst;
        key.hosts[1] = d->src;
    }
    key.hosts[0].port = key.hosts[1].port = 0;
    memcpy(bytes, key.hosts[0].ip, 16);
    memcpy(bytes + 16, key.hosts[1].ip, 16);
    key.hash = siphash(&m->key, bytes, sizeof bytes);
    return find_or_add(m, &key);
}

static uint32_t vlan_of(const struct path *path)
{
    uint32_t inner = path->vlan_count > 1 ? path->vlans[1] : path->vlans[0];

    if (path->vlan_count == 0)
        return 0;
    return path->vlan_count > 1 ? (uint32_t)path->vlans[0] << 12 | inner : inner;
}

static void count(struct tally *t, uint32_t key, uint64_t weight)
{
    for (unsigned i = 0; i < t->used; i++) {
        if (t->keys[i] != key)
            continue;
        t->counts[i] += weight;
        return;
    }
    if (t->used == TALLY_MAX) {
        t->other += weight;
        return;
    }
    t->keys[t->used] = key;
    t->counts[t->used++] = weight;
}

static void note_sip(struct side *s, struct slice message)
{
    s->sip++;
    s->responded |= slice_starts_with(message, SLICE("SIP/2.0 "));
    s->invited |= slice_starts_with(message, SLICE("INVITE "));
    s->acknowledged |= slice_starts_with(message, SLICE("ACK "));
}

void mirror_datagram(struct mirror *m, const struct datagram *d, enum packet_bin bin,
                     unsigned weight)
{
    uint32_t vlan = vlan_of(&d->path);
    struct conversation *c;
    struct side *s;
    int from;

    count(&m->vlans, vlan, weight);
    if (d->path.tunnel_count)
        count(&m->tunnels, d->path.tunnels[0], weight);
    c = conversation_of(m, d, &from);
    if (!c)
        return;
    s = &c->sides[from];
    if (!s->heard)
        s->vlan = vlan;
    s->heard = true;
    s->vlan_differs |= s->vlan != vlan;
    if (bin == BIN_SIP)
        note_sip(s, d->payload);
    else
        s->rtp += weight;
}

struct judgement {
    int64_t pairs, sip_pairs, sip_one_way, rtp_pairs, rtp_one_way, vlan_asymmetric, vlan_missing;
};

static void judge(struct judgement *j, const struct conversation *c)
{
    const struct side *a = &c->sides[0], *b = &c->sides[1];
    const struct side *alone = !b->heard ? a : !a->heard ? b : NULL;
    bool spoke_sip = a->sip + b->sip >= SIP_LEAST;

    j->pairs++;
    j->sip_pairs += spoke_sip;
    if (!spoke_sip && a->sip + b->sip == 0 && a->rtp + b->rtp >= RTP_LEAST) {
        j->rtp_pairs++;
        j->rtp_one_way += alone != NULL;
    }
    if (alone) {
        j->sip_one_way +=
            spoke_sip && (alone->responded || (alone->invited && alone->acknowledged));
    } else if (!a->vlan_differs && !b->vlan_differs && a->vlan != b->vlan) {
        j->vlan_asymmetric++;
        j->vlan_missing += a->vlan == 0 || b->vlan == 0;
    }
}

static struct judgement judge_all(const struct mirror *m)
{
    struct judgement j = { 0 };

    for (size_t i = 0; i <= m->conversations.mask; i++) {
        if (m->conversations.slots[i].item)
            judge(&j, m->conversations.slots[i].item);
    }
    return j;
}

static const char *name_of_vlan(uint32_t key, struct strbuf *room)
{
    struct path path = { .vlan_count = key > 0xfff ? 2 : 1 };

    if (key == 0)
        return "untagged";
    path.vlans[0] = (uint16_t)(key > 0xfff ? key >> 12 : key);
    path.vlans[1] = key & 0xfff;
    path_add_vlan(room, &path);
    return room->failed ? "" : room->p;
}

static const char *name_of_tunnel(uint32_t key, struct strbuf *room)
{
    struct path path = { .tunnel_count = 1,
                         .tunnels = { (uint8_t)key },
                         .tunnel_ids = { TUNNEL_ID_NONE, TUNNEL_ID_NONE } };

    path_add_tunnel(room, &path);
    return room->failed ? "" : room->p;
}

/* Most first. */
static void write_tally(struct jsonw *j, const struct tally *t,
                        const char *(*name)(uint32_t key, struct strbuf *room))
{
    bool written[TALLY_MAX] = { false };
    struct strbuf room = { 0 };

    jsonw_object_open(j);
    for (unsigned n = 0; n < t->used; n++) {
        unsigned most = TALLY_MAX;

        for (unsigned i = 0; i < t->used; i++) {
            if (!written[i] && (most == TALLY_MAX || t->counts[i] > t->counts[most]))
                most = i;
        }
        written[most] = true;
        strbuf_reset(&room);
        jsonw_key(j, name(t->keys[most], &room));
        jsonw_int(j, (int64_t)t->counts[most]);
    }
    if (t->other) {
        jsonw_key(j, "other");
        jsonw_int(j, (int64_t)t->other);
    }
    jsonw_object_close(j);
    strbuf_fini(&room);
}

static void write_complaints(struct jsonw *j, const struct mirror_record *r,
                             const struct judgement *judged)
{
    const struct {
        const char *name;
        bool made;
    } complaints[] = {
        { "doubled", r->duplicate_frames >= DOUBLED_LEAST && r->duplicate_ratio >= DOUBLED_RATIO },
        { "one_way", (judged->sip_one_way > 0 && judged->sip_one_way * 2 >= judged->sip_pairs) ||
                         (judged->sip_pairs == 0 && judged->rtp_pairs >= RTP_PAIRS_LEAST &&
                          judged->rtp_one_way == judged->rtp_pairs) },
        { "vlan_missing", judged->vlan_missing > 0 },
        { "cut", r->truncated_ratio > CUT_RATIO },
    };

    jsonw_array_open(j);
    for (size_t i = 0; i < sizeof complaints / sizeof complaints[0]; i++) {
        if (complaints[i].made)
            jsonw_text(j, slice_of_text(complaints[i].name));
    }
    jsonw_array_close(j);
}

static void report_json(const struct mirror *m, const struct judgement *judged,
                        struct mirror_record *out, struct strbuf *scratch)
{
    size_t vlans_end, tunnels_end;
    struct jsonw j;

    strbuf_reset(scratch);
    j = jsonw_to(scratch);
    write_tally(&j, &m->vlans, name_of_vlan);
    vlans_end = scratch->len;
    j = jsonw_to(scratch);
    write_tally(&j, &m->tunnels, name_of_tunnel);
    tunnels_end = scratch->len;
    j = jsonw_to(scratch);
    write_complaints(&j, out, judged);
    if (scratch->failed)
        return;
    out->vlans = slice_of(scratch->p, vlans_end);
    out->tunnels = slice_of(scratch->p + vlans_end, tunnels_end - vlans_end);
    out->complaints = slice_of(scratch->p + tunnels_end, scratch->len - tunnels_end);
}

void mirror_report(const struct mirror *m, struct mirror_record *out, struct strbuf *scratch)
{
    struct judgement judged = judge_all(m);

    record_clear(&record_type_mirror, out);
    out->frames = (int64_t)m->frames;
    out->duplicate_frames = (int64_t)m->duplicate_frames;
    out->truncated = (int64_t)m->truncated;
    if (m->frames) {
        out->start_time = m->first_time;
        out->end_time = m->last_time;
        out->duplicate_ratio = (double)m->duplicate_frames / (double)m->frames;
        out->truncated_ratio = (double)m->truncated / (double)m->frames;
    }
    out->conversations = judged.pairs;
    out->one_way = judged.sip_one_way;
    if (judged.sip_pairs == 0)
        out->one_way = judged.rtp_one_way;
    out->vlan_asymmetric = judged.vlan_asymmetric;
    report_json(m, &judged, out, scratch);
}
