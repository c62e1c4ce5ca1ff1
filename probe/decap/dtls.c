#include "probe/decap/dtls.h"

#include "analyzer/base/bytes.h"
#include "analyzer/base/expiry.h"
#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "probe/decap/tls_message.h"

#include <errno.h>
#include <stdlib.h>

#define SILENCE_NS ((int64_t)30 * 1000000000)

enum {
    CONTENT_HANDSHAKE = 22,
    /* A hello and the Certificate after it: more of those three are never open at a time. */
    MESSAGES = 2,
};

/* The other types of a flight are not gathered. */
struct message {
    uint8_t *body; /* and after it a bit for each byte that is there; NULL: free */
    uint32_t length, there;
    uint16_t seq;
    uint8_t type;
};

struct direction_key {
    struct addr src, dst;
    uint32_t network;
};

struct direction {
    struct direction_key key;
    uint64_t hash;
    struct expiry_link link;
    struct message messages[MESSAGES];
    uint8_t random[TLS_RANDOM_BYTES]; /* of the hello: tells a new handshake from one repeated */
    bool random_known, done, hidden;
    uint16_t version;  /* of the ServerHello */
    char *server_name; /* of the ClientHello; NULL: none */
};

struct dtls {
    struct table directions;
    struct expiry silence;
    struct siphash_key hash_key;
    struct counters *counters;
    size_t held_bytes;
    dtls_fn fn;
    void *ctx;
};

/* One handshake message's fragment, as its header says. */
struct fragment {
    uint8_t type;
    uint16_t seq;
    uint32_t length, offset;
    struct slice bytes;
    uint16_t record_version;
};

int dtls_new(struct dtls **dp, const uint64_t hash_key[2], struct counters *counters, dtls_fn fn,
             void *ctx)
{
    struct dtls *d = calloc(1, sizeof *d);
    int err;

    if (!d)
        return -ENOMEM;
    err = table_init(&d->directions, DTLS_DIRECTIONS_MAX);
    if (err) {
        free(d);
        return err;
    }
    expiry_init(&d->silence);
    memcpy(d->hash_key.k, hash_key, sizeof d->hash_key.k);
    d->counters = counters;
    d->fn = fn;
    d->ctx = ctx;
    *dp = d;
    return 0;
}

static size_t message_bytes(uint32_t length)
{
    return length + (length + 7) / 8;
}

static void drop_message(struct dtls *d, struct message *m)
{
    if (m->body)
        d->held_bytes -= message_bytes(m->length);
    free(m->body);
    *m = (struct message){ 0 };
}

static void drop_messages(struct dtls *d, struct direction *dir)
{
    for (unsigned i = 0; i < MESSAGES; i++)
        drop_message(d, &dir->messages[i]);
}

static void forget(struct dtls *d, struct direction *dir)
{
    table_remove(&d->directions, dir->hash, dir);
    expiry_cancel(&dir->link);
    drop_messages(d, dir);
    free(dir->server_name);
    free(dir);
}

static struct direction *direction_of(struct expiry_link *link)
{
    return (struct direction *)(void *)((char *)link - offsetof(struct direction, link));
}

void dtls_free(struct dtls *d)
{
    struct expiry_link *link;

    if (!d)
        return;
    while ((link = expiry_pop_any(&d->silence)) != NULL)
        forget(d, direction_of(link));
    table_fini(&d->directions);
    free(d);
}

void dtls_tick(struct dtls *d, int64_t now_ns)
{
    struct expiry_link *link;

    while ((link = expiry_pop(&d->silence, now_ns)) != NULL)
        forget(d, direction_of(link));
}

size_t dtls_directions(const struct dtls *d)
{
    return d->directions.used;
}

size_t dtls_held_bytes(const struct dtls *d)
{
    return d->held_bytes;
}

static bool direction_same(const void *item, const void *key)
{
    const struct direction_key *a = &((const struct direction *)item)->key, *b = key;

    return addr_eq(&a->src, &b->src) && addr_eq(&a->dst, &b->dst) && a->network == b->network;
}

static uint64_t direction_hash(const struct dtls *d, const struct direction_key *key)
{
    uint8_t bytes[40];

    memcpy(bytes, key->src.ip, 16);
    memcpy(bytes + 16, key->dst.ip, 16);
    memcpy(bytes + 32, &key->src.port, 2);
    memcpy(bytes + 34, &key->dst.port, 2);
    memcpy(bytes + 36, &key->network, 4);
    return siphash(&d->hash_key, bytes, sizeof bytes);
}

static struct direction *find(const struct dtls *d, const struct direction_key *key)
{
    return table_find(&d->directions, direction_hash(d, key), direction_same, key);
}

/* Lets the longest silent direction go, but never this one. */
static bool let_one_go(struct dtls *d, const struct direction *but)
{
    struct expiry_link *link = expiry_first(&d->silence);

    if (link && but && direction_of(link) == but)
        link = expiry_next(&d->silence, link);
    if (!link)
        return false;
    forget(d, direction_of(link));
    d->counters->refusals[REFUSAL_HANDSHAKES]++;
    return true;
}

static struct direction *find_or_add(struct dtls *d, const struct direction_key *key)
{
    struct direction *dir = find(d, key);

    if (dir)
        return dir;
    if (d->directions.used >= DTLS_DIRECTIONS_MAX)
        let_one_go(d, NULL);
    dir = calloc(1, sizeof *dir);
    if (!dir) {
        d->counters->refusals[REFUSAL_MEMORY]++;
        return NULL;
    }
    dir->key = *key;
    dir->hash = direction_hash(d, key);
    if (table_put(&d->directions, dir->hash, dir) != 0) {
        d->counters->refusals[REFUSAL_MEMORY]++;
        free(dir);
        return NULL;
    }
    return dir;
}

/* A hello with another random opens another handshake of the same two ports. HelloRetryRequest and
 * the ServerHello after it differ too, but hide alike. */
static void notice_new_handshake(struct dtls *d, struct direction *dir, const struct fragment *f)
{
    const char *random = f->bytes.p + 2;

    if (f->type == TLS_MESSAGE_CERTIFICATE || f->offset != 0 ||
        f->bytes.len < 2 + TLS_RANDOM_BYTES || dir->hidden)
        return;
    if (dir->random_known && memcmp(dir->random, random, TLS_RANDOM_BYTES) == 0)
        return;
    if (dir->random_known) {
        drop_messages(d, dir);
        dir->done = false;
        dir->version = 0;
    }
    memcpy(dir->random, random, TLS_RANDOM_BYTES);
    dir->random_known = true;
}

/* The message that the fragment is of; the older of the two makes room for a third. */
static struct message *message_of(struct dtls *d, struct direction *dir, const struct fragment *f)
{
    struct message *m = &dir->messages[0];
    size_t bytes = message_bytes(f->length);

    for (unsigned i = 0; i < MESSAGES; i++) {
        struct message *at = &dir->messages[i];

        if (at->body && at->type == f->type && at->seq == f->seq && at->length == f->length)
            return at;
        if (m->body && (!at->body || (uint16_t)(at->seq - m->seq) >= 0x8000))
            m = at;
    }
    drop_message(d, m);
    while (d->held_bytes + bytes > DTLS_HELD_MAX_BYTES) {
        if (!let_one_go(d, dir))
            return NULL;
    }
    m->body = calloc(1, bytes);
    if (!m->body) {
        d->counters->refusals[REFUSAL_MEMORY]++;
        return NULL;
    }
    d->held_bytes += bytes;
    m->type = f->type;
    m->seq = f->seq;
    m->length = f->length;
    return m;
}

static void fill_in(struct message *m, const struct fragment *f)
{
    uint8_t *map = m->body + m->length;

    for (size_t i = 0; i < f->bytes.len; i++) {
        size_t at = f->offset + i;
        uint8_t bit = (uint8_t)(1u << (at & 7));

        if (map[at >> 3] & bit)
            continue;
        map[at >> 3] |= bit;
        m->body[at] = (uint8_t)f->bytes.p[i];
        m->there++;
    }
}

static void keep_server_name(struct direction *dir, struct slice name)
{
    free(dir->server_name);
    dir->server_name = name.p ? malloc(name.len + 1) : NULL;
    if (!dir->server_name)
        return;
    memcpy(dir->server_name, name.p, name.len);
    dir->server_name[name.len] = '\0';
}

static struct slice name_asked_for(const struct dtls *d, const struct direction *dir)
{
    struct direction_key key = { dir->key.dst, dir->key.src, dir->key.network };
    const struct direction *client = find(d, &key);

    return slice_of_text(client ? client->server_name : NULL);
}

static void read_message(struct dtls *d, struct direction *dir, struct slice body,
                         const struct fragment *f, const struct datagram *datagram)
{
    struct tls_message m = { .type = f->type, .dtls = true, .body = body };
    struct tls_sight sight;
    enum tls_progress progress = tls_message_read(&m, &dir->version, &sight);

    if (!sight.version && tls_version_text(f->record_version).p)
        sight.version = f->record_version; /* the ServerHello was not heard */
    switch (progress) {
    case TLS_CLIENT_HELLO:
        keep_server_name(dir, sight.server_name);
        break;
    case TLS_CERTIFICATES:
    case TLS_HIDDEN:
        dir->done = true;
        dir->hidden = tls_version_hides(sight.version);
        d->fn(d->ctx, datagram, name_asked_for(d, dir), progress, &sight);
        break;
    case TLS_DAMAGED:
        dir->done = true;
        d->counters->refusals[REFUSAL_TLS_MALFORMED]++;
        break;
    case TLS_MORE:
        break;
    }
}

static void take_fragment(struct dtls *d, struct direction *dir, const struct fragment *f,
                          const struct datagram *datagram)
{
    struct message *m;

    notice_new_handshake(d, dir, f);
    if (dir->done)
        return;
    if (f->bytes.len == f->length) {
        read_message(d, dir, f->bytes, f, datagram);
    } else {
        m = message_of(d, dir, f);
        if (!m)
            return;
        fill_in(m, f);
        if (m->there < m->length)
            return;
        read_message(d, dir, slice_of(m->body, m->length), f, datagram);
        drop_message(d, m);
    }
    if (dir->done)
        drop_messages(d, dir);
}

static bool is_wanted(uint8_t type)
{
    return type == TLS_MESSAGE_CLIENT_HELLO || type == TLS_MESSAGE_SERVER_HELLO ||
           type == TLS_MESSAGE_CERTIFICATE;
}

/* The fragments of one record. False when a length lies. */
static bool take_record(struct dtls *d, struct direction *dir, struct bytes record,
                        uint16_t version, const struct datagram *datagram)
{
    while (record.len) {
        struct fragment f = { .type = bytes_u8(&record), .record_version = version };
        uint32_t fragment_length;

        f.length = bytes_u24(&record);
        f.seq = bytes_u16(&record);
        f.offset = bytes_u24(&record);
        fragment_length = bytes_u24(&record);
        f.bytes = slice_of(bytes_take(&record, fragment_length), fragment_length);
        if (!bytes_ok(&record) || f.offset > f.length || fragment_length > f.length - f.offset)
            return false;
        if (!is_wanted(f.type) || (fragment_length == 0 && f.length))
            continue;
        if (f.length > DTLS_MESSAGE_MAX_BYTES) {
            d->counters->refusals[REFUSAL_HANDSHAKES]++;
            continue;
        }
        take_fragment(d, dir, &f, datagram);
    }
    return true;
}

void dtls_see(struct dtls *d, const struct datagram *datagram)
{
    struct bytes b = bytes_of(datagram->payload.p, datagram->payload.len);
    struct direction_key key = { datagram->src, datagram->dst, datagram->network };
    struct direction *dir;

    dtls_tick(d, datagram->time_ns);
    if (!dtls_looks_like(datagram->payload))
        return;
    dir = find_or_add(d, &key);
    if (!dir)
        return;
    expiry_set(&d->silence, &dir->link, datagram->time_ns + SILENCE_NS);
    while (b.len) {
        uint8_t type = bytes_u8(&b);
        uint16_t version = bytes_u16(&b), epoch = bytes_u16(&b);
        struct bytes record;
        size_t length;

        bytes_take(&b, 6); /* sequence number */
        length = bytes_u16(&b);
        record = bytes_of(bytes_take(&b, length), length);
        if (!bytes_ok(&b)) /* cut, by the snap length or by its sender */
            break;
        if (type == CONTENT_HANDSHAKE && version >> 8 == 0xfe && epoch == 0 &&
            !take_record(d, dir, record, version, datagram)) {
            d->counters->refusals[REFUSAL_TLS_MALFORMED]++;
            break;
        }
    }
}
