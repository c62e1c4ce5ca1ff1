/*
 * fuzz_tcp - TCP packets of a few connections, and what comes of them.
 *
 * The first byte's lowest bit chooses. 0: packets spelled out one after the other (connection,
 * flags, place, time, length, cut, payload): whatever they are, each has its place in the ledger,
 * the limits hold, and in the end nothing is left. 1: the input is a plan. It says how messages are
 * cut into segments, and how those are repeated, widened, shuffled and lost; then the messages that
 * come out are known beforehand.
 */
#include "analyzer/base/strbuf.h"
#include "analyzer/sip/sip_msg.h"
#include "probe/decap/certificates.h"
#include "probe/decap/tcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADER = 20, MESSAGES_MAX = 24, CUTS_MAX = 512, SHUFFLE_BLOCK = 5, INPUT_MAX = 64 << 10 };

#define MS INT64_C(1000000)

static void insist(bool truth)
{
    if (!truth)
        abort();
}

struct tape {
    const uint8_t *p;
    size_t len;
};

static unsigned tape_u8(struct tape *t)
{
    if (t->len == 0)
        return 0;
    t->len--;
    return *t->p++;
}

static unsigned tape_u16(struct tape *t)
{
    unsigned high = tape_u8(t);

    return high << 8 | tape_u8(t);
}

struct run {
    struct tcp *tcp;
    struct certificates *certificates;
    struct decap_options options;
    struct counters counters;
    int64_t now_ns;
    const struct frame *at_hand;
    unsigned in_frame;
    struct strbuf text; /* units, one behind the other */
    size_t ends[4 * MESSAGES_MAX], units;
};

static void take_unit(void *ctx, const struct decap_unit *unit)
{
    struct run *r = ctx;
    const struct datagram *d = &unit->datagram;

    insist(d->payload.len > 0 && d->payload.len <= SIP_MSG_MAX_BYTES);
    insist(d->wire_bytes >= d->payload.len);
    insist(sip_msg_looks_like(d->payload));
    insist(d->transport == TRANSPORT_TCP || d->transport == TRANSPORT_WS);
    insist(!unit->in_frame || r->at_hand);
    for (size_t i = 0; i < unit->part_count; i++) {
        const struct frame *part = &unit->parts[i]->frame;

        insist(part->captured_bytes >= HEADER);
        insist(i == 0 || unit->parts[i - 1]->frame.time_ns <= part->time_ns);
        insist(i == 0 || unit->parts[i - 1] != unit->parts[i]);
    }
    r->in_frame += unit->in_frame;
    strbuf_add_slice(&r->text, d->payload);
    if (r->units < sizeof r->ends / sizeof r->ends[0])
        r->ends[r->units] = r->text.len;
    r->units++;
}

static bool begin(struct run *r, size_t bytes_max, size_t stream_bytes_max, size_t streams_max)
{
    memset(r, 0, sizeof *r);
    decap_options_default(&r->options);
    r->options.tcp_bytes_max = bytes_max;
    r->options.tcp_stream_bytes_max = stream_bytes_max;
    r->options.tcp_streams_max = streams_max;
    r->now_ns = 1000 * MS;
    if (certificates_new(&r->certificates, &r->options, &r->counters) != 0)
        return false;
    if (tcp_new(&r->tcp, &r->options, r->certificates, &r->counters) == 0)
        return true;
    certificates_free(r->certificates);
    return false;
}

static void end(struct run *r)
{
    tcp_finish(r->tcp, take_unit, r);
    insist(tcp_stats(r->tcp)->waiting_bytes == 0 && tcp_stats(r->tcp)->streams == 0);
    tcp_free(r->tcp);
    certificates_free(r->certificates);
    strbuf_fini(&r->text);
}

/* connection: its lowest bit is the direction. cut: bytes that were not captured. */
static void send_segment(struct run *r, unsigned connection, uint32_t seq, unsigned flags,
                         struct slice payload, size_t cut)
{
    static const uint16_t ports[4] = { 5060, 443, 8080, 5061 };
    static const struct path no_path;
    uint16_t client = (uint16_t)(1024 + connection / 2), server = ports[connection / 2 % 4];
    uint8_t a[4] = { 10, 0, 0, 1 }, b[4] = { 10, 0, 0, 2 };
    bool down = connection & 1;
    size_t wire = HEADER + payload.len, captured = cut < wire ? wire - cut : 0;
    uint8_t header[HEADER] = { 0 }, *p = malloc(captured ? captured : 1);
    struct frame frame = { r->now_ns, p, (uint32_t)captured, (uint32_t)wire, 101 };
    struct tcp_packet packet = { .src_ip = down ? b : a,
                                 .dst_ip = down ? a : b,
                                 .p = p,
                                 .captured_bytes = captured,
                                 .wire_bytes = wire,
                                 .path = &no_path };
    uint16_t src = down ? server : client, dst = down ? client : server;
    enum packet_bin bin;

    if (!p)
        return;
    header[0] = (uint8_t)(src >> 8);
    header[1] = (uint8_t)src;
    header[2] = (uint8_t)(dst >> 8);
    header[3] = (uint8_t)dst;
    for (int i = 0; i < 4; i++)
        header[4 + i] = (uint8_t)(seq >> (24 - 8 * i));
    header[12] = (uint8_t)(flags & 0x80 ? flags & 0x70 : 0x50);
    header[13] = (uint8_t)(flags & 7);
    memcpy(p, header, captured < HEADER ? captured : HEADER);
    if (captured > HEADER)
        memcpy(p + HEADER, payload.p, captured - HEADER);
    r->at_hand = &frame;
    r->in_frame = 0;
    bin = tcp_add(r->tcp, &frame, &packet, take_unit, r);
    r->at_hand = NULL;
    insist(bin <= BIN_COUNT);
    insist((bin == BIN_COUNT) == (r->in_frame > 0));
    insist(tcp_stats(r->tcp)->waiting_bytes <= r->options.tcp_bytes_max);
    insist(tcp_stats(r->tcp)->streams <= r->options.tcp_streams_max);
    free(p);
}

static void run_packets(struct tape *t)
{
    uint32_t next[16] = { 0 };
    struct run r;

    if (!begin(&r, 40 << 10, 8 << 10, 6))
        return;
    while (t->len) {
        unsigned connection = tape_u8(t), flags = tape_u8(t), place = tape_u8(t);
        unsigned how = tape_u8(t), len = tape_u8(t);
        struct slice payload = { (const char *)t->p, len < t->len ? len : t->len };
        uint32_t *at = &next[connection % 16];

        t->p += payload.len;
        t->len -= payload.len;
        if (place & 0x80)
            place |= 0xffffff00u;
        send_segment(&r, connection % 16, *at + place, flags, payload, how & 0x80 ? how & 0x1f : 0);
        if (place == 0)
            *at += (uint32_t)payload.len + (flags & 2 ? 1 : 0);
        r.now_ns += (how & 0x60) == 0x60 ? 1500 * MS : MS;
        if (how == 0x7f) {
            r.now_ns += 100000 * MS;
            tcp_tick(r.tcp, r.now_ns, take_unit, &r);
        }
    }
    end(&r);
}

struct plan {
    struct strbuf stream;
    size_t begins[MESSAGES_MAX], ends[MESSAGES_MAX];
    unsigned messages;
    struct cut {
        uint32_t begin, end;
        bool lost;
    } cuts[CUTS_MAX];
    size_t cut_count;
    bool lossy;
};

static void add_message(struct strbuf *out, struct tape *t, unsigned n)
{
    static const char *const lengths[] = { "Content-Length: %u\r\n", "l:%u\r\n", "L : %u\r\n",
                                           "content-length:\r\n  %u\r\nl: 7\r\n" };
    unsigned body = tape_u8(t), how = tape_u8(t);

    if (body > 200)
        body = (body - 200) * 40;
    strbuf_addf(out, how & 1 ? "SIP/2.0 200 OK\r\nCall-ID: %u\r\n" : "BYE sip:%u@x SIP/2.0\r\n", n);
    if (body || how & 2)
        strbuf_addf(out, lengths[how >> 2 & 3], body);
    for (unsigned i = how >> 4; i > 0; i--)
        strbuf_addf(out, "X-%u: %u\r\n", i, n);
    strbuf_add_text(out, "\r\n");
    while (body-- > 0)
        strbuf_add_char(out, body % 50 ? 'x' : '\n');
}

static void cut_stream(struct plan *x, struct tape *t)
{
    uint32_t at = 0, len = (uint32_t)x->stream.len;

    while (at < len && x->cut_count + 3 < CUTS_MAX) {
        uint32_t size = tape_u8(t), end = at + (size < 128 ? size : size * 16) + 1;
        unsigned how = tape_u8(t);

        if (how & 0x80) {
            /* Most senders end a segment with a message. */
            for (unsigned i = 0; i < x->messages; i++) {
                if (x->ends[i] > at && x->ends[i] < end)
                    end = (uint32_t)x->ends[i];
            }
        }
        if (end > len || x->cut_count + 6 >= CUTS_MAX)
            end = len;
        x->cuts[x->cut_count++] = (struct cut){ at, end, x->lossy && (how & 0x0f) == 0x0f };
        if (!x->lossy && how & 1)
            x->cuts[x->cut_count++] = (struct cut){ at, end, false };
        if (!x->lossy && how & 2) {
            uint32_t back = tape_u8(t), on = tape_u8(t);

            x->cuts[x->cut_count++] =
                (struct cut){ at > back ? at - back : 0, len - end > on ? end + on : len, false };
        }
        at = end;
    }
}

/* Each cut changes places within its block: none is late for longer than a stream may wait. */
static void shuffle(struct plan *x, struct tape *t)
{
    for (size_t i = 0; i < x->cut_count; i++) {
        size_t j = i / SHUFFLE_BLOCK * SHUFFLE_BLOCK + tape_u8(t) % SHUFFLE_BLOCK;
        struct cut other = x->cuts[i];

        if (j >= x->cut_count)
            continue;
        x->cuts[i] = x->cuts[j];
        x->cuts[j] = other;
    }
}

static struct slice unit_text(const struct run *r, size_t i)
{
    size_t begin = i ? r->ends[i - 1] : 0;

    return slice_of(r->text.p + begin, r->ends[i] - begin);
}

/* Nothing was lost: the messages, in order. */
static void expect_all(const struct run *r, const struct plan *x)
{
    insist(r->units == x->messages);
    for (size_t i = 0; i < r->units; i++)
        insist(slice_eq(unit_text(r, i),
                        slice_of(x->stream.p + x->begins[i], x->ends[i] - x->begins[i])));
    insist(r->counters.refusals[REFUSAL_TCP_BYTES] == 0);
    insist(r->counters.refusals[REFUSAL_TCP_OVERLAP] == 0);
    insist(r->counters.refusals[REFUSAL_SIP_RESYNC] == 0);
    insist(tcp_stats(r->tcp)->gaps == 0);
}

/* Segments were lost: messages that came whole and begin a segment, and those right behind them. */
static void expect_whole(const struct run *r, const struct plan *x)
{
    bool known = true;
    size_t found = 0;

    for (unsigned i = 0; i < x->messages; i++) {
        struct slice want = { x->stream.p + x->begins[i], x->ends[i] - x->begins[i] };
        bool whole = true, fresh = false;

        for (size_t c = 0; c < x->cut_count; c++) {
            fresh |= x->cuts[c].begin == x->begins[i];
            whole &= !x->cuts[c].lost || x->cuts[c].end <= x->begins[i] ||
                     x->cuts[c].begin >= x->ends[i];
        }
        known = whole && (known || fresh);
        for (size_t u = found; u < r->units; u++) {
            if (slice_eq(unit_text(r, u), want)) {
                found = u + 1;
                whole = false;
                break;
            }
        }
        insist(!known || !whole);
    }
}

static void run_plan(struct tape *t)
{
    static struct plan x;
    uint32_t isn = UINT32_MAX - tape_u16(t);
    struct run r;

    memset(&x, 0, sizeof x);
    x.lossy = isn & 1;
    x.messages = 1 + tape_u8(t) % MESSAGES_MAX;
    for (unsigned i = 0; i < x.messages; i++) {
        if (i && tape_u8(t) % 4 == 0)
            strbuf_add_text(&x.stream, "\r\n\r\n");
        x.begins[i] = x.stream.len;
        add_message(&x.stream, t, i);
        x.ends[i] = x.stream.len;
    }
    cut_stream(&x, t);
    if (!x.lossy)
        shuffle(&x, t);
    if (!x.stream.failed && begin(&r, 64 << 20, 16 << 20, 16)) {
        send_segment(&r, 0, isn, 2, SLICE(""), 0);
        for (size_t i = 0; i < x.cut_count; i++) {
            const struct cut *c = &x.cuts[i];

            if (!c->lost)
                send_segment(&r, 0, isn + 1 + c->begin, 0,
                             slice_of(x.stream.p + c->begin, c->end - c->begin), 0);
            r.now_ns += MS;
            if (x.lossy) {
                r.now_ns += 2500 * MS;
                tcp_tick(r.tcp, r.now_ns, take_unit, &r);
            }
        }
        if (!x.lossy) {
            expect_all(&r, &x);
            insist(tcp_stats(r.tcp)->waiting_bytes == 0);
        }
        tcp_finish(r.tcp, take_unit, &r);
        if (x.lossy)
            expect_whole(&r, &x);
        end(&r);
    }
    strbuf_fini(&x.stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tape t = { data, size };

    if (size > INPUT_MAX)
        return 0;
    if (tape_u8(&t) & 1)
        run_plan(&t);
    else
        run_packets(&t);
    return 0;
}
