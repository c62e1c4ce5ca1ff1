/*
 * fuzz_tls_cert - what servers show: TLS cut anywhere, DTLS datagrams, bare certificates.
 *
 * The first byte chooses. TLS: pieces of a direction (2 bytes of length, the bytes), each in a block
 * of its own. DTLS: for each datagram its ends and how many seconds later (1 byte), length (2
 * bytes), the bytes. Else: one certificate.
 */
#include "analyzer/base/bytes.h"
#include "probe/decap/certificates.h"
#include "probe/decap/tls_cert.h"
#include "probe/decap/tls_message.h"
#include "tests/unit/heap_block.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MODE_TLS, MODE_DTLS, MODE_DER, MODES };

#define SECOND INT64_C(1000000000)
#define NOW    (INT64_C(1767225600) * SECOND)

static void demand(bool truth)
{
    if (!truth)
        abort();
}

struct witness {
    unsigned reports;
    int64_t seen;
};

static void on_certificate(void *ctx, const struct certificate_record *r)
{
    struct witness *w = ctx;
    struct strbuf out = { 0 };
    struct jsonw j = jsonw_to(&out);
    bool hidden = slice_eq(r->state, SLICE("not_observable"));

    demand(r->id && r->seen_count > 0 && r->first_seen <= r->last_seen);
    demand(hidden == !r->fingerprint.p && hidden == (r->chain_length == RECORD_NONE));
    demand(hidden || r->chain_length > 0);
    demand(r->not_after != RECORD_NONE || r->days_left != r->days_left);
    record_write_json(&j, &record_type_certificate, r);
    demand(out.failed || (out.p[0] == '{' && out.p[out.len - 1] == '}'));
    strbuf_fini(&out);
    w->reports++;
    w->seen += r->seen_count;
}

/* Returns how far it came, so that the same bytes in one piece can be held against it. */
static enum tls_progress feed(struct bytes in, struct certificates *c, struct strbuf *whole)
{
    const struct addr server = addr_v4((const uint8_t[]){ 192, 0, 2, 1 }, 5061);
    enum tls_progress progress = TLS_MORE;
    struct tls_handshake h;
    struct tls_sight sight;

    tls_handshake_init(&h);
    while (in.len) {
        size_t len = bytes_u16(&in);
        struct slice block;

        if (len > in.len)
            len = in.len;
        block = heap_block(slice_of(bytes_take(&in, len), len));
        strbuf_add_slice(whole, block);
        if (progress == TLS_MORE) {
            progress = tls_handshake_feed(&h, block, &sight);
            if (progress == TLS_CERTIFICATES || progress == TLS_HIDDEN)
                certificates_see(c, NOW, &server, SLICE("fuzz.example"), progress, &sight);
            demand(progress != TLS_CLIENT_HELLO || sight.server_name.len <= TLS_SERVER_NAME_MAX);
        }
        demand(h.gathered_room <= TLS_HANDSHAKE_MAX_BYTES);
        heap_block_free(block);
    }
    tls_handshake_fini(&h);
    return progress;
}

static void play_tls(struct bytes in, struct certificates *c)
{
    struct strbuf whole = { 0 };
    enum tls_progress progress = feed(in, c, &whole);
    struct tls_handshake h;
    struct tls_sight sight;

    tls_handshake_init(&h);
    demand(tls_handshake_feed(&h, strbuf_slice(&whole), &sight) == progress);
    tls_handshake_fini(&h);
    strbuf_fini(&whole);
}

static void play_dtls(struct bytes in, struct certificates *c)
{
    struct datagram d = { .time_ns = NOW };

    while (in.len) {
        uint8_t what = bytes_u8(&in);
        size_t len = bytes_u16(&in);
        struct slice block;

        if (len > in.len)
            len = in.len;
        block = heap_block(slice_of(bytes_take(&in, len), len));
        d.src = addr_v4((const uint8_t[]){ 10, 0, 0, 1 + (what & 3) }, 5000);
        d.dst = addr_v4((const uint8_t[]){ 10, 0, 0, 1 + (what >> 2 & 3) }, 5000);
        d.time_ns += (what >> 4) * SECOND;
        d.payload = block;
        d.wire_bytes = (uint32_t)len;
        certificates_dtls(c, &d);
        certificates_tick(c, d.time_ns);
        heap_block_free(block);
    }
}

static void read_der(struct bytes in)
{
    uint8_t fingerprint[TLS_CERT_FINGERPRINT_BYTES];
    struct slice der = slice_of(in.p, in.len);
    struct tls_cert cert;

    if (tls_cert_read(der, &cert) != TLS_CERT_OK)
        return;
    demand(tls_cert_fingerprint(der, fingerprint));
    demand(cert.subject.len <= TLS_CERT_NAME_MAX_BYTES);
    demand(cert.issuer.len <= TLS_CERT_NAME_MAX_BYTES);
    demand(memchr(cert.serial, 0, sizeof cert.serial) != NULL);
    demand(memchr(cert.key_type, 0, sizeof cert.key_type) != NULL);
    demand(cert.key_bits == RECORD_NONE || cert.key_bits > 0);
    demand(!cert.alt_names.len ||
           (cert.alt_names.p[0] == '[' && cert.alt_names.p[cert.alt_names.len - 1] == ']'));
    tls_cert_fini(&cert);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct witness w = { 0 };
    struct counters counters = { 0 };
    struct decap_options options = { .certificate = on_certificate, .certificate_ctx = &w };
    struct bytes in = bytes_of(data, size);
    uint8_t mode = bytes_u8(&in) % MODES;
    struct certificates *c;

    if (mode == MODE_DER) {
        read_der(in);
        return 0;
    }
    demand(certificates_new(&c, &options, &counters) == 0);
    if (mode == MODE_TLS)
        play_tls(in, c);
    else
        play_dtls(in, c);
    certificates_finish(c);
    demand(w.reports == 0 || w.seen > 0);
    certificates_free(c);
    return 0;
}
