/*
 * fuzz_websocket - the frames of one direction: a byte that says how many bytes come at a time, then
 * the bytes.
 *
 * However they are cut, the same messages come out; and the same in a TCP connection that was
 * upgraded.
 */
#include "analyzer/base/strbuf.h"
#include "analyzer/sip/sip_msg.h"
#include "probe/decap/tcp.h"
#include "probe/decap/websocket.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UPGRADE                                                                                    \
    "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n"                    \
    "Connection: Upgrade\r\n\r\n"

static void insist(bool truth)
{
    if (!truth)
        abort();
}

/* Text of the messages, each behind its mark. */
static void read_frames(struct strbuf *out, struct slice bytes, size_t most)
{
    struct websocket w = { .left = 0 };
    struct websocket_piece piece;

    while (bytes.len) {
        struct slice some = { bytes.p, bytes.len < most ? bytes.len : most };
        enum websocket_step step;

        bytes = slice_of(bytes.p + some.len, bytes.len - some.len);
        while ((step = websocket_next(&w, &some, &piece)) != WEBSOCKET_MORE) {
            size_t at;

            if (step == WEBSOCKET_BAD) {
                strbuf_add_char(out, '!');
                return;
            }
            if (step == WEBSOCKET_CONTROL)
                continue;
            if (piece.begins)
                strbuf_add_char(out, piece.compressed ? '~' : '[');
            at = out->len;
            strbuf_add_slice(out, piece.payload);
            if (out->failed)
                return;
            if (piece.masked && piece.payload.len)
                websocket_unmask((uint8_t *)out->p + at, piece.payload.len, piece.mask);
            if (piece.ends)
                strbuf_add_char(out, ']');
        }
        insist(some.len == 0);
    }
}

static void take_unit(void *ctx, const struct decap_unit *unit)
{
    struct strbuf *out = ctx;
    const struct datagram *d = &unit->datagram;

    if (d->transport != TRANSPORT_WS)
        return; /* joined anew: what follows may be anything */
    insist(d->payload.len <= SIP_MSG_MAX_BYTES && sip_msg_looks_like(d->payload));
    insist(d->wire_bytes >= d->payload.len);
    strbuf_addf(out, "[%zu]", d->payload.len);
    strbuf_add_slice(out, d->payload);
}

static void send_bytes(struct tcp *tcp, struct strbuf *units, uint32_t seq, unsigned flags,
                       struct slice payload)
{
    static const struct path no_path;
    uint8_t ip[8] = { 10, 0, 0, 1, 10, 0, 0, 2 };
    size_t wire = 20 + payload.len;
    uint8_t *p = calloc(1, wire);
    struct frame frame = { 1, p, (uint32_t)wire, (uint32_t)wire, 101 };
    struct tcp_packet packet = { .src_ip = ip,
                                 .dst_ip = ip + 4,
                                 .p = p,
                                 .captured_bytes = wire,
                                 .wire_bytes = wire,
                                 .path = &no_path };

    if (!p)
        return;
    for (int i = 0; i < 4; i++)
        p[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
    p[12] = 0x50;
    p[13] = (uint8_t)flags;
    if (payload.len)
        memcpy(p + 20, payload.p, payload.len);
    insist(tcp_add(tcp, &frame, &packet, take_unit, units) <= BIN_COUNT);
    free(p);
}

static void run_tcp(struct strbuf *units, struct slice bytes, size_t most)
{
    struct decap_options options;
    struct counters counters = { .bins = { 0 } };
    uint32_t at = 1 + sizeof UPGRADE - 1;
    struct tcp *tcp;

    decap_options_default(&options);
    options.tcp_stream_bytes_max = 32 << 20;
    if (tcp_new(&tcp, &options, NULL, &counters) != 0)
        return;
    send_bytes(tcp, units, 0, 2, SLICE(""));
    send_bytes(tcp, units, 1, 0, SLICE(UPGRADE));
    while (bytes.len) {
        struct slice some = { bytes.p, bytes.len < most ? bytes.len : most };

        send_bytes(tcp, units, at, 0, some);
        at += (uint32_t)some.len;
        bytes = slice_of(bytes.p + some.len, bytes.len - some.len);
    }
    tcp_finish(tcp, take_unit, units);
    insist(tcp_stats(tcp)->waiting_bytes == 0);
    tcp_free(tcp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strbuf whole = { .p = NULL }, cut = { .p = NULL };
    struct slice bytes;
    size_t most;

    if (size < 1 || size > 16384)
        return 0;
    most = 1 + data[0] % 64;
    bytes = slice_of(data + 1, size - 1);
    websocket_looks_like_sip(bytes);
    websocket_upgrade_read(bytes);
    read_frames(&whole, bytes, SIZE_MAX);
    read_frames(&cut, bytes, most);
    insist(whole.failed || cut.failed || slice_eq(strbuf_slice(&whole), strbuf_slice(&cut)));
    strbuf_reset(&whole);
    strbuf_reset(&cut);
    run_tcp(&whole, bytes, 1400);
    run_tcp(&cut, bytes, most);
    strbuf_fini(&whole);
    strbuf_fini(&cut);
    return 0;
}
