/*
 * make_store - a store for the tests of the web process, through the writer and the packet log.
 *
 *     make_store DIR CALLS
 *     make_store DIR incident STATE
 *
 * Call n (0 the oldest) begins n seconds after 2026-11-20 23:30 UTC, so that a store of some
 * thousand calls lies in two days; its Call-ID is "call-n@test". What it is follows from n: see
 * fill_call(). Calls 0, 1 and 2 have packets: a whole call, a call whose messages hold what is not
 * UTF-8, and one of some 20 MB. Calls 3, 4 and 5 say how they sounded (sounding_calls.h): one in
 * every field, a fax, one of 24 hours. Prints the ids of those six, one a line. With a state, the alerts
 * of an incident in that state are put into a store that is there.
 */
#include "analyzer/record_id.h"
#include "storage/packets/packet_log.h"
#include "tests/web/alert_records.h"
#include "tests/web/sounding_calls.h"
#include "tests/web/told_records.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define START_NS  1795217400000000000ll
#define SECOND_NS 1000000000ll

enum { CALLS_MAX = 10000000, ALERTS = 25, CERTIFICATES = 7, LINK_ETHERNET = 1, FRAME_ROOM = 2048 };
enum {
    ETH_BYTES = 14,
    IP_BYTES = 20,
    UDP_BYTES = 8,
    HEAD_BYTES = ETH_BYTES + IP_BYTES + UDP_BYTES
};
enum { CALL_LOUD = 3, CALL_FAX, CALL_LONG, CALL_COMES, CALL_LEAVES, CALLS_LEAST };
enum { RTP_BYTES = 172, LONG_CALL_PACKETS = 90000 };

struct store {
    struct writer *writer;
    struct packet_log *log;
};

static struct addr caller(void)
{
    return addr_v4((const uint8_t[4]){ 192, 0, 2, 10 }, 5060);
}

static struct addr callee(void)
{
    return addr_v4((const uint8_t[4]){ 192, 0, 2, 20 }, 5060);
}

static int64_t call_time(unsigned n)
{
    return START_NS + (int64_t)n * SECOND_NS;
}

static uint64_t call_id(unsigned n)
{
    return record_id_make(call_time(n), n);
}

/* Every 5th failed with 486, every 7th with 503; every 10th heard one side only. */
static void fill_call(struct call_record *c, unsigned n, char *call_id_text, char *from_user)
{
    record_clear(&record_type_call, c);
    c->id = call_id(n);
    c->call_id = slice_of_text(call_id_text);
    c->transport = SLICE("udp");
    c->from_user = slice_of_text(from_user);
    c->to_user = SLICE("+4930123456");
    c->from_uri = SLICE("sip:alice@192.0.2.10");
    c->src = caller();
    c->dst = n % 2 ? callee() : addr_v4((const uint8_t[4]){ 198, 51, 100, 7 }, 5060);
    c->invite_time = call_time(n);
    c->final_status = n % 5 == 0 ? 486 : n % 7 == 0 ? 503 : 200;
    c->state = c->final_status == 200 ? SLICE("completed") : SLICE("failed");
    c->mos_lq = c->final_status == 200 ? 1.5 + (double)(n % 30) / 10 : c->mos_lq;
    c->one_way = c->final_status == 200 ? n % 10 == 1 : -1;
    c->codecs = SLICE("[\"PCMU\"]");
    c->dtmf = SLICE("[]");
    c->invite_count = 1;
    c->vlan = n == 0 ? SLICE("100.42") : SLICE_ABSENT;
    c->tunnel = n == 0 ? SLICE("vxlan 5001") : SLICE_ABSENT;
}

static void put_u16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static unsigned ip_checksum(const uint8_t *p)
{
    unsigned sum = 0;

    for (int i = 0; i < IP_BYTES; i += 2)
        sum += (unsigned)(p[i] << 8 | p[i + 1]);
    sum = (sum >> 16) + (sum & 0xffff);
    return ~(sum + (sum >> 16)) & 0xffff;
}

/* Ethernet, IPv4 and UDP before the payload at data + HEAD_BYTES. */
static void fill_heads(uint8_t *data, const struct addr *src, const struct addr *dst,
                       size_t payload)
{
    uint8_t *ip = data + ETH_BYTES, *udp = ip + IP_BYTES;

    memset(data, 0, HEAD_BYTES);
    put_u16(data + 12, 0x0800);
    ip[0] = 0x45;
    put_u16(ip + 2, (unsigned)(IP_BYTES + UDP_BYTES + payload));
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, src->ip + 12, 4);
    memcpy(ip + 16, dst->ip + 12, 4);
    put_u16(ip + 10, ip_checksum(ip));
    put_u16(udp, src->port);
    put_u16(udp + 2, dst->port);
    put_u16(udp + 4, (unsigned)(UDP_BYTES + payload));
}

static void add_message_between(struct store *s, void **keeper, unsigned call, int64_t after_ms,
                                struct addr src, struct addr dst, const char *text)
{
    uint8_t data[FRAME_ROOM];
    size_t len = strlen(text);
    struct frame frame = { .time_ns = call_time(call) + after_ms * 1000000,
                           .data = data,
                           .captured_bytes = (uint32_t)(HEAD_BYTES + len),
                           .wire_bytes = (uint32_t)(HEAD_BYTES + len),
                           .link_type = LINK_ETHERNET };

    fill_heads(data, &src, &dst, len);
    memcpy(data + HEAD_BYTES, text, len);
    packet_log_add(s->log, keeper, call_id(call), PACKET_SIP, &frame);
    packet_log_note_message(s->log, keeper, &src, &dst, HEAD_BYTES, (uint32_t)len);
}

static void add_message(struct store *s, void **keeper, unsigned call, int64_t after_ms,
                        bool from_caller, const char *text)
{
    add_message_between(s, keeper, call, after_ms, from_caller ? caller() : callee(),
                        from_caller ? callee() : caller(), text);
}

static void add_rtp(struct store *s, void **keeper, unsigned call, unsigned packets)
{
    uint8_t data[FRAME_ROOM];
    struct addr src = caller(), dst = callee();

    src.port = dst.port = 4000;
    for (unsigned i = 0; i < packets; i++) {
        struct frame frame = { .time_ns = call_time(call) + (300 + (int64_t)i * 20) * 1000000,
                               .data = data,
                               .captured_bytes = HEAD_BYTES + RTP_BYTES,
                               .wire_bytes = HEAD_BYTES + RTP_BYTES,
                               .link_type = LINK_ETHERNET };
        uint8_t *rtp = data + HEAD_BYTES;

        fill_heads(data, &src, &dst, RTP_BYTES);
        memset(rtp, 0, RTP_BYTES);
        rtp[0] = 0x80;
        put_u16(rtp + 2, i & 0xffff);
        for (unsigned k = 12; k < RTP_BYTES; k++)
            rtp[k] = (uint8_t)(i * 31 + k * k); /* so that LZ4 does not make nothing of it */
        packet_log_add(s->log, keeper, call_id(call), PACKET_MEDIA, &frame);
    }
}

#define DIALOG                                                                                     \
    "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\nFrom: <sip:alice@192.0.2.10>;tag=a1\r\n"       \
    "To: <sip:bob@192.0.2.20>%s\r\nCall-ID: call-%u@test\r\nCSeq: %s\r\n"
#define SDP                                                                                        \
    "Content-Type: application/sdp\r\nContent-Length: %u\r\n\r\nv=0\r\nc=IN IP4 192.0.2.10\r\n"    \
    "m=audio 4000 RTP/AVP 0\r\n"
enum { SDP_BODY_BYTES = 51 };

static void add_dialog(struct store *s, unsigned call, const char *reason, unsigned rtp_packets)
{
    void *sip = NULL, *media = NULL;
    char text[1024];

    snprintf(text, sizeof text,
             "INVITE sip:bob@192.0.2.20 SIP/2.0\r\n" DIALOG "Subject: caf\xe9 </script>\r\n" SDP,
             "", call, "1 INVITE", (unsigned)SDP_BODY_BYTES);
    add_message(s, &sip, call, 0, true, text);
    snprintf(text, sizeof text, "SIP/2.0 180 %s\r\n" DIALOG "Content-Length: 0\r\n\r\n", reason,
             ";tag=b1", call, "1 INVITE");
    add_message(s, &sip, call, 100, false, text);
    snprintf(text, sizeof text, "SIP/2.0 200 OK\r\n" DIALOG "Content-Length: 0\r\n\r\n", ";tag=b1",
             call, "1 INVITE");
    add_message(s, &sip, call, 200, false, text);
    snprintf(text, sizeof text, "ACK sip:bob@192.0.2.20 SIP/2.0\r\n" DIALOG "\r\n", ";tag=b1", call,
             "1 ACK");
    add_message(s, &sip, call, 250, true, text);
    add_rtp(s, &media, call, rtp_packets);
    packet_log_close_keeper(s->log, &sip);
    packet_log_close_keeper(s->log, &media);
    printf("%016" PRIx64 "\n", call_id(call));
}

/* One leg's INVITE and answer, 50 ms later for the one that leaves the SBC; the INVITE is sent twice. */
static void add_leg_messages(struct store *s, unsigned call, bool leaves)
{
    struct addr from = told_host(leaves ? TOLD_SBC_OUT : TOLD_CALLER);
    struct addr to = told_host(leaves ? TOLD_CALLEE : TOLD_SBC_IN);
    /* The second one begins a second later by its number; the messages are to be interleaved. */
    int64_t after = leaves ? -950 : 0;
    void *sip = NULL;
    char text[1024];

    snprintf(text, sizeof text, "INVITE sip:bob@192.0.2.20 SIP/2.0\r\n" DIALOG SDP, "", call,
             "1 INVITE", (unsigned)SDP_BODY_BYTES);
    add_message_between(s, &sip, call, after, from, to, text);
    add_message_between(s, &sip, call, after + 500, from, to, text);
    snprintf(text, sizeof text, "SIP/2.0 200 OK\r\n" DIALOG "Content-Length: 0\r\n\r\n", ";tag=b1",
             call, "1 INVITE");
    add_message_between(s, &sip, call, 3000 + 2 * after, to, from, text);
    snprintf(text, sizeof text, "ACK sip:bob@192.0.2.20 SIP/2.0\r\n" DIALOG "\r\n", ";tag=b1", call,
             "1 ACK");
    add_message_between(s, &sip, call, 3100 + after, from, to, text);
    packet_log_close_keeper(s->log, &sip);
    printf("%016" PRIx64 "\n", call_id(call));
}

static void add_stream(struct store *s, unsigned call)
{
    struct stream_record r;

    record_clear(&record_type_stream, &r);
    r.id = call_id(call) + 1;
    r.call = call_id(call);
    r.ssrc = 0x1234;
    r.codec = SLICE("PCMU");
    r.packets = r.expected = 100;
    r.lost = 0;
    r.start_time = call_time(call);
    writer_submit(s->writer, &record_type_stream, &r);
}

static void add_alert(struct store *s, unsigned n)
{
    struct alert_record a;

    record_clear(&record_type_alert, &a);
    a.id = record_id_make(call_time(n), 2047 - n);
    a.rule = SLICE("failures_503");
    a.severity = SLICE("critical");
    a.state = SLICE("firing");
    a.summary = SLICE("503 from 192.0.2.20: 12 of 20 calls in 60 s");
    a.time = call_time(n);
    a.value = 0.6;
    a.calls = SLICE("[]");
    writer_submit(s->writer, &record_type_alert, &a);
}

static void add_ledger(struct store *s, unsigned calls)
{
    struct capture_record l;

    record_clear(&record_type_capture, &l);
    l.start_time = START_NS;
    l.end_time = call_time(calls);
    l.source = SLICE("test");
    l.received = l.stored = 1000;
    l.store_dropped = 0;
    l.calls = calls;
    l.bins = SLICE("{}");
    l.protocols = SLICE("{\"mgcp\":3}");
    writer_submit(s->writer, &record_type_capture, &l);
}

/* Every third hides behind TLS 1.3. */
static void add_certificate(struct store *s, unsigned n)
{
    struct certificate_record c;

    record_clear(&record_type_certificate, &c);
    c.id = record_id_make(call_time(n), n);
    c.server = addr_v4((const uint8_t[4]){ 192, 0, 2, (uint8_t)(50 + n) }, 5061);
    c.server_name = SLICE("sip.example.com");
    c.transport = SLICE("tls");
    c.tls_version = n % 3 ? SLICE("1.2") : SLICE("1.3");
    c.state = n % 3 ? SLICE("seen") : SLICE("not_observable");
    if (n % 3) {
        c.subject = SLICE("CN=\"<b>sip\",O=Ex\xff");
        c.subject_alt_names = SLICE("[\"sip.example.com\"]");
        c.not_after = call_time(n) + 30 * 86400 * SECOND_NS;
        c.days_left = 30;
        c.key_bits = 2048;
    }
    c.first_seen = c.last_seen = call_time(n);
    c.seen_count = n + 1;
    writer_submit(s->writer, &record_type_certificate, &c);
}

static void add_mirror(struct store *s)
{
    struct mirror_record m;

    record_clear(&record_type_mirror, &m);
    m.start_time = START_NS;
    m.source = SLICE("test");
    m.frames = 1000;
    m.duplicate_ratio = 0.5;
    m.conversations = 4;
    m.vlans = SLICE("{\"42\":900,\"untagged\":100}");
    m.complaints = SLICE("[\"doubled\"]");
    writer_submit(s->writer, &record_type_mirror, &m);
}

static void add_calls(struct store *s, unsigned calls)
{
    for (unsigned n = 0; n < calls; n++) {
        char text[32], user[32];
        struct call_record c;

        snprintf(text, sizeof text, "call-%u@test", n);
        snprintf(user, sizeof user, "+4989%06u", n);
        fill_call(&c, n, text, user);
        if (n == CALL_LOUD)
            sounding_call_fill(&c, call_time(n));
        if (n == CALL_FAX)
            c.fax = 1;
        if (n == CALL_COMES || n == CALL_LEAVES)
            told_call_fill(&c, n == CALL_LEAVES,
                           call_id(n == CALL_LEAVES ? CALL_COMES : CALL_LEAVES));
        writer_submit(s->writer, &record_type_call, &c);
    }
}

/* The records that calls 6 and 7 are told by, besides their own. */
static void add_told(struct store *s)
{
    struct call_record calls[2];
    char texts[2][32];

    for (unsigned n = 0; n < 2; n++) {
        snprintf(texts[n], sizeof texts[n], "call-%u@test", CALL_COMES + n);
        fill_call(&calls[n], CALL_COMES + n, texts[n], texts[n]);
        told_call_fill(&calls[n], n == 1, call_id(CALL_COMES + 1 - n));
        told_add_streams(s->writer, &calls[n], n == 1);
        add_leg_messages(s, CALL_COMES + n, n == 1);
    }
    told_add_leg(s->writer, &calls[0], &calls[1]);
    told_add_minutes(s->writer, START_NS);
    told_add_guards(s->writer, START_NS, call_id(CALL_COMES));
}

static void add_sounds(struct store *s)
{
    sounding_call_add_loud(s->writer, call_id(CALL_LOUD), call_time(CALL_LOUD));
    sounding_call_add_fax(s->writer, call_id(CALL_FAX), call_time(CALL_FAX));
    sounding_call_add_long(s->writer, call_id(CALL_LONG), call_time(CALL_LONG));
    for (unsigned n = CALL_LOUD; n < CALL_COMES; n++)
        printf("%016" PRIx64 "\n", call_id(n));
}

/* The incident alone, in a store that there is. */
static int add_incident(const char *dir, const char *state)
{
    struct store s = { 0 };
    char calls[80];

    snprintf(calls, sizeof calls, "[\"%016" PRIx64 "\",\"%016" PRIx64 "\",\"%016x\"]", call_id(5),
             call_id(0), 0xdeadu);
    if (writer_start(&s.writer, &(struct writer_options){ dir, true }) != 0)
        return 1;
    alert_records_add(s.writer, START_NS, state, calls);
    writer_stop(s.writer);
    return 0;
}

int main(int argc, char **argv)
{
    struct store s = { 0 };
    uint64_t calls;

    if (argc == 4)
        return add_incident(argv[1], argv[3]);
    if (argc != 3 || !slice_to_u64(slice_of_text(argv[2]), CALLS_MAX, &calls) ||
        calls < CALLS_LEAST) {
        fprintf(stderr, "usage: make_store DIR CALLS | make_store DIR incident STATE\n");
        return 2;
    }
    if (writer_start(&s.writer, &(struct writer_options){ argv[1], true }) != 0)
        return 1;
    if (packet_log_start(&s.log, &(struct packet_log_options){ .store_dir = argv[1],
                                                               .writer = s.writer,
                                                               .wait_when_full = true }))
        return 1;
    add_calls(&s, (unsigned)calls);
    add_stream(&s, 0);
    for (unsigned n = 0; n < ALERTS; n++)
        add_alert(&s, n);
    for (unsigned n = 0; n < CERTIFICATES; n++)
        add_certificate(&s, n);
    add_ledger(&s, (unsigned)calls);
    add_mirror(&s);
    add_dialog(&s, 0, "Ringing", 100);
    add_dialog(&s, 1, "Ring\xff\xfe", 10);
    add_dialog(&s, 2, "Ringing", LONG_CALL_PACKETS);
    add_sounds(&s);
    add_told(&s);
    packet_log_stop(s.log);
    writer_stop(s.writer);
    return 0;
}
