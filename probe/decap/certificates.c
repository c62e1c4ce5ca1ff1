#include "probe/decap/certificates.h"

#include "analyzer/base/siphash.h"
#include "analyzer/base/table.h"
#include "analyzer/record_id.h"
#include "probe/decap/dtls.h"
#include "probe/decap/tls_cert.h"
#include "probe/decap/tls_message.h"
#include "probe/decap/tls_name.h"

#include <errno.h>
#include <stdlib.h>

#define NS_PER_S        INT64_C(1000000000)
#define REPORT_EVERY_NS (60 * NS_PER_S)
#define NS_PER_DAY      (86400.0 * 1e9)

enum transport_kind { KIND_TLS, KIND_DTLS };

static const struct slice transport_texts[] = { SLICE_INIT("tls"), SLICE_INIT("dtls") };

struct certificate_key {
    struct addr server;
    uint8_t transport; /* enum transport_kind */
    bool hidden;
    uint8_t fingerprint[TLS_CERT_FINGERPRINT_BYTES]; /* zeros when hidden */
};

struct certificate {
    struct certificate_key key;
    uint64_t hash, id;
    struct certificate *older, *newer; /* in the order of last_seen_ns */
    struct tls_cert cert;
    char fingerprint[2 * TLS_CERT_FINGERPRINT_BYTES + 1];
    char server_name[TLS_SERVER_NAME_MAX + 1]; /* "": none yet */
    int64_t first_seen_ns, last_seen_ns, seen_count, chain_length;
    size_t bytes;
    uint16_t version;
    bool changed;
};

struct certificates {
    struct table table;
    struct siphash_key hash_key;
    struct certificate *oldest, *newest;
    size_t bytes;
    int64_t last_sweep_ns;
    int64_t read_second; /* that the certificates below were read in */
    unsigned read_count;
    bool swept, once;
    struct dtls *dtls;
    struct counters *counters;
    void (*fn)(void *ctx, const struct certificate_record *certificate);
    void *ctx;
};

/* Not secret: the id is the same in every run. */
static const struct siphash_key id_key = { { 0x65617273686f7421u, 0x6365727469666963u } };

static bool certificate_same(const void *item, const void *key)
{
    const struct certificate_key *a = &((const struct certificate *)item)->key, *b = key;

    return addr_eq(&a->server, &b->server) && a->transport == b->transport &&
           a->hidden == b->hidden &&
           memcmp(a->fingerprint, b->fingerprint, sizeof a->fingerprint) == 0;
}

static uint64_t certificate_hash(const struct siphash_key *hash_key,
                                 const struct certificate_key *key)
{
    uint8_t bytes[20 + TLS_CERT_FINGERPRINT_BYTES];

    memcpy(bytes, key->server.ip, 16);
    bytes[16] = (uint8_t)(key->server.port >> 8);
    bytes[17] = (uint8_t)key->server.port;
    bytes[18] = key->transport;
    bytes[19] = key->hidden;
    memcpy(bytes + 20, key->fingerprint, sizeof key->fingerprint);
    return siphash(hash_key, bytes, sizeof bytes);
}

static void unlink_entry(struct certificates *c, struct certificate *e)
{
    *(e->older ? &e->older->newer : &c->oldest) = e->newer;
    *(e->newer ? &e->newer->older : &c->newest) = e->older;
    e->older = e->newer = NULL;
}

/* A time gone back changes the order by what it went back: it decides who is let go, no more. */
static void link_newest(struct certificates *c, struct certificate *e)
{
    e->older = c->newest;
    e->newer = NULL;
    *(c->newest ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

static struct slice text_or_absent(const char *text)
{
    return text[0] ? slice_of_text(text) : SLICE_ABSENT;
}

static void fill_in_certificate(const struct certificate *e, struct certificate_record *r)
{
    const struct tls_cert *cert = &e->cert;

    r->subject = slice_of(cert->subject.p, cert->subject.len);
    r->issuer = slice_of(cert->issuer.p, cert->issuer.len);
    if (cert->alt_names.len)
        r->subject_alt_names = strbuf_slice(&cert->alt_names);
    r->serial = text_or_absent(cert->serial);
    r->fingerprint = slice_of_text(e->fingerprint);
    r->not_before = cert->not_before_ns;
    r->not_after = cert->not_after_ns;
    if (cert->not_after_ns != RECORD_NONE)
        r->days_left = ((double)cert->not_after_ns - (double)e->last_seen_ns) / NS_PER_DAY;
    r->chain_length = e->chain_length;
    r->key_type = text_or_absent(cert->key_type);
    r->key_bits = cert->key_bits;
    r->name_matches = tls_name_matches(r->server_name, r->subject_alt_names,
                                       text_or_absent(cert->common_name), cert->has_more_names);
}

static void report(struct certificates *c, struct certificate *e)
{
    struct certificate_record r;

    e->changed = false;
    if (!c->fn)
        return;
    record_clear(&record_type_certificate, &r);
    r.id = e->id;
    r.server = e->key.server;
    r.server_name = text_or_absent(e->server_name);
    r.transport = transport_texts[e->key.transport];
    r.tls_version = tls_version_text(e->version);
    r.origin = SLICE("wire");
    r.state = e->key.hidden ? SLICE("not_observable") : SLICE("seen");
    if (!e->key.hidden)
        fill_in_certificate(e, &r);
    r.first_seen = e->first_seen_ns;
    r.last_seen = e->last_seen_ns;
    r.seen_count = e->seen_count;
    c->fn(c->ctx, &r);
}

static void let_go(struct certificates *c, struct certificate *e)
{
    table_remove(&c->table, e->hash, e);
    unlink_entry(c, e);
    c->bytes -= e->bytes;
    tls_cert_fini(&e->cert);
    free(e);
}

/* Until one more of that many bytes fits in. */
static void make_room(struct certificates *c, size_t bytes)
{
    while (c->oldest &&
           (c->table.used >= CERTIFICATES_MAX || c->bytes + bytes > CERTIFICATES_MAX_BYTES)) {
        if (c->oldest->changed)
            report(c, c->oldest);
        let_go(c, c->oldest);
        c->counters->refusals[REFUSAL_CERTIFICATES]++;
    }
}

static void print_fingerprint(struct certificate *e)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < TLS_CERT_FINGERPRINT_BYTES; i++) {
        e->fingerprint[2 * i] = digits[e->key.fingerprint[i] >> 4];
        e->fingerprint[2 * i + 1] = digits[e->key.fingerprint[i] & 15];
    }
    e->fingerprint[2 * TLS_CERT_FINGERPRINT_BYTES] = '\0';
}

/* False, and counted, when the leaf cannot be read. */
static bool read_leaf(struct certificates *c, struct slice leaf, int64_t time_ns,
                      struct tls_cert *cert)
{
    if (c->read_second != time_ns / NS_PER_S) {
        c->read_second = time_ns / NS_PER_S;
        c->read_count = 0;
    }
    if (c->read_count >= CERTIFICATES_NEW_PER_SECOND) {
        c->counters->refusals[REFUSAL_CERTIFICATES]++;
        return false;
    }
    c->read_count++;
    switch (tls_cert_read(leaf, cert)) {
    case TLS_CERT_OK:
        return true;
    case TLS_CERT_NO_MEMORY:
        c->counters->refusals[REFUSAL_MEMORY]++;
        return false;
    case TLS_CERT_TOO_LONG:
    case TLS_CERT_NOT_DER:
    case TLS_CERT_TRAILING:
        break;
    }
    c->counters->refusals[REFUSAL_CERTIFICATE_MALFORMED]++;
    return false;
}

/* NULL, and counted, when there is nothing to record. */
static struct certificate *add(struct certificates *c, const struct certificate_key *key,
                               struct slice leaf, int64_t time_ns)
{
    struct tls_cert cert = { 0 };
    struct certificate *e;

    if (!key->hidden && !read_leaf(c, leaf, time_ns, &cert))
        return NULL;
    e = calloc(1, sizeof *e);
    if (!e)
        goto no_memory;
    e->key = *key;
    e->hash = certificate_hash(&c->hash_key, key);
    e->id = record_id_make(time_ns, certificate_hash(&id_key, key));
    e->cert = cert;
    e->bytes = sizeof *e + cert.subject.room + cert.issuer.room + cert.alt_names.room;
    e->first_seen_ns = e->last_seen_ns = time_ns;
    print_fingerprint(e);
    make_room(c, e->bytes);
    if (table_put(&c->table, e->hash, e) != 0)
        goto no_memory;
    c->bytes += e->bytes;
    link_newest(c, e);
    return e;

no_memory:
    c->counters->refusals[REFUSAL_MEMORY]++;
    tls_cert_fini(&cert);
    free(e);
    return NULL;
}

static int64_t count_chain(struct slice list)
{
    int64_t count = 0;

    while (tls_certificates_next(&list).len)
        count++;
    return count;
}

static void keep_server_name(struct certificate *e, struct slice name)
{
    if (!name.len || name.len > TLS_SERVER_NAME_MAX)
        return;
    memcpy(e->server_name, name.p, name.len);
    e->server_name[name.len] = '\0';
}

static void see(struct certificates *c, int64_t time_ns, const struct addr *server,
                enum transport_kind transport, struct slice server_name, enum tls_progress what,
                const struct tls_sight *sight)
{
    struct certificate_key key = { .server = *server, .transport = (uint8_t)transport };
    struct slice rest = sight->certificates, leaf = SLICE_ABSENT;
    struct certificate *e;
    bool is_new;

    if (what == TLS_HIDDEN && tls_version_hides(sight->version)) {
        key.hidden = true;
    } else if (what == TLS_CERTIFICATES) {
        leaf = tls_certificates_next(&rest);
        if (!tls_cert_fingerprint(leaf, key.fingerprint))
            return;
    } else {
        return;
    }
    e = table_find(&c->table, certificate_hash(&c->hash_key, &key), certificate_same, &key);
    is_new = e == NULL;
    if (is_new)
        e = add(c, &key, leaf, time_ns);
    if (!e)
        return;
    unlink_entry(c, e);
    link_newest(c, e);
    e->seen_count++;
    e->version = sight->version;
    e->chain_length = count_chain(sight->certificates);
    if (time_ns < e->first_seen_ns)
        e->first_seen_ns = time_ns;
    if (time_ns > e->last_seen_ns)
        e->last_seen_ns = time_ns;
    keep_server_name(e, server_name);
    e->changed = true;
    if (is_new && !c->once)
        report(c, e);
}

void certificates_see(struct certificates *c, int64_t time_ns, const struct addr *server,
                      struct slice server_name, enum tls_progress what,
                      const struct tls_sight *sight)
{
    see(c, time_ns, server, KIND_TLS, server_name, what, sight);
}

static void on_dtls(void *ctx, const struct datagram *last, struct slice server_name,
                    enum tls_progress what, const struct tls_sight *sight)
{
    see(ctx, last->time_ns, &last->src, KIND_DTLS, server_name, what, sight);
}

void certificates_dtls(struct certificates *c, const struct datagram *d)
{
    dtls_see(c->dtls, d);
}

static void report_changed(struct certificates *c)
{
    for (struct certificate *e = c->oldest; e; e = e->newer) {
        if (e->changed)
            report(c, e);
    }
}

void certificates_tick(struct certificates *c, int64_t now_ns)
{
    dtls_tick(c->dtls, now_ns);
    if (!c->swept || now_ns < c->last_sweep_ns) {
        c->swept = true;
        c->last_sweep_ns = now_ns;
    }
    if (c->once || now_ns - c->last_sweep_ns < REPORT_EVERY_NS)
        return;
    c->last_sweep_ns = now_ns;
    report_changed(c);
}

void certificates_finish(struct certificates *c)
{
    report_changed(c);
}

int certificates_new(struct certificates **cp, const struct decap_options *options,
                     struct counters *counters)
{
    struct certificates *c = calloc(1, sizeof *c);
    int err;

    if (!c)
        return -ENOMEM;
    err = table_init(&c->table, CERTIFICATES_MAX);
    if (err)
        goto free_it;
    err = dtls_new(&c->dtls, options->hash_key, counters, on_dtls, c);
    if (err)
        goto free_table;
    memcpy(c->hash_key.k, options->hash_key, sizeof c->hash_key.k);
    c->counters = counters;
    c->fn = options->certificate;
    c->ctx = options->certificate_ctx;
    c->once = options->certificate_once;
    *cp = c;
    return 0;

free_table:
    table_fini(&c->table);
free_it:
    free(c);
    return err;
}

void certificates_free(struct certificates *c)
{
    if (!c)
        return;
    while (c->oldest)
        let_go(c, c->oldest);
    dtls_free(c->dtls);
    table_fini(&c->table);
    free(c);
}
