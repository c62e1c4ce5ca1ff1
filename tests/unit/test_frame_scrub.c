/*
 * test_frame_scrub - packets as they may be stored: masked where they lie, checksums right as before.
 */
#include "probe/engine/frame_scrub.h"

#include "tests/unit/privacy_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { ETHERNET = 14, V4 = 20, UDP = 8, TCP = 20, EVENT_TYPE = 101 };

static const uint8_t ip_a[4] = { 192, 0, 2, 1 }, ip_b[4] = { 198, 51, 100, 7 };

#define MESSAGE(number)                                                                            \
    "OPTIONS sip:h SIP/2.0\r\nFrom: <sip:" number "@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: 1\r\n"     \
    "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

static const char clear[] = MESSAGE("+4930123456"), masked[] = MESSAGE("+493012XXXX");

/* A frame, and the unit that it carries. */
struct packet {
    uint8_t *bytes;
    size_t len, ip, transport, payload;
    uint8_t protocol;
    struct frame frame;
    struct decap_unit unit;
    struct claim claim;
};

static uint32_t sum_of(const uint8_t *p, size_t len)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < len; i++)
        sum += (uint32_t)p[i] << (i & 1 ? 0 : 8);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

/* Over the pseudo-header too: 0xffff is right, and then the field makes it so. */
static uint32_t transport_sum(const struct packet *p, const uint8_t *bytes)
{
    size_t from = p->transport - 8; /* both addresses lie right before it */
    uint32_t sum =
        sum_of(bytes + from, p->len - from) + p->protocol + (uint32_t)(p->len - p->transport);

    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static size_t checksum_at(const struct packet *p)
{
    return p->transport + (p->protocol == 17 ? 6 : 16);
}

static struct packet make(uint8_t protocol, struct slice payload, enum claim_kind kind)
{
    struct packet p = { .protocol = protocol, .ip = ETHERNET, .transport = ETHERNET + V4 };
    uint32_t sum;

    p.payload = p.transport + (protocol == 17 ? UDP : TCP);
    p.len = p.payload + payload.len;
    p.bytes = calloc(1, p.len);
    assert_non_null(p.bytes);
    p.bytes[12] = 8;
    p.bytes[p.ip] = 0x45;
    p.bytes[p.ip + 2] = (uint8_t)((p.len - p.ip) >> 8);
    p.bytes[p.ip + 3] = (uint8_t)(p.len - p.ip);
    p.bytes[p.ip + 9] = protocol;
    memcpy(p.bytes + p.ip + 12, ip_a, 4);
    memcpy(p.bytes + p.ip + 16, ip_b, 4);
    p.bytes[p.transport] = p.bytes[p.transport + 2] = 0x13;
    p.bytes[p.transport + 1] = 0xc4;
    p.bytes[p.transport + 3] = 0xc5;
    if (protocol == 17) {
        p.bytes[p.transport + 4] = (uint8_t)((payload.len + UDP) >> 8);
        p.bytes[p.transport + 5] = (uint8_t)(payload.len + UDP);
    } else {
        p.bytes[p.transport + 12] = TCP / 4 << 4;
    }
    memcpy(p.bytes + p.payload, payload.p, payload.len);
    sum = ~transport_sum(&p, p.bytes) & 0xffff;
    p.bytes[checksum_at(&p)] = (uint8_t)(sum >> 8);
    p.bytes[checksum_at(&p) + 1] = (uint8_t)sum;
    p.frame = (struct frame){ .data = p.bytes,
                              .captured_bytes = (uint32_t)p.len,
                              .wire_bytes = (uint32_t)p.len,
                              .link_type = 1 };
    p.unit.in_frame = true;
    p.unit.datagram.src = addr_v4(ip_a, 0x13c4);
    p.unit.datagram.dst = addr_v4(ip_b, 0x13c5);
    p.unit.datagram.transport = protocol == 17 ? TRANSPORT_UDP : TRANSPORT_TCP;
    p.unit.datagram.payload = slice_of(p.bytes + p.payload, payload.len);
    p.claim.kind = kind;
    return p;
}

static struct frame_scrub *scrub_of(unsigned blank)
{
    const struct privacy privacy = privacy_fixture(PRIVACY_REDACT, PRIVACY_REDACT, blank);
    struct frame_scrub *s;

    assert_int_equal(frame_scrub_new(&s, &privacy), 0);
    return s;
}

static const uint8_t *scrubbed(struct frame_scrub *s, const struct packet *p)
{
    const struct frame *frame = frame_scrub_frame(s, &p->frame, &p->unit, &p->claim);

    assert_non_null(frame);
    assert_int_equal(frame->captured_bytes, p->len);
    assert_int_equal(frame->wire_bytes, p->frame.wire_bytes);
    assert_memory_equal(frame->data, p->bytes, p->transport); /* nothing before it changes */
    return frame->data;
}

static void expect_payload(const uint8_t *bytes, const struct packet *p, struct slice wanted)
{
    if (memcmp(bytes + p->payload, wanted.p, wanted.len) != 0)
        fail_msg("%.*s", (int)wanted.len, (const char *)bytes + p->payload);
}

static void a_message_in_udp(void **state)
{
    struct frame_scrub *s = scrub_of(0);
    struct packet p = make(17, SLICE(clear), CLAIM_SIP);
    const uint8_t *bytes = scrubbed(s, &p);

    (void)state;
    expect_payload(bytes, &p, SLICE(masked));
    assert_int_equal(transport_sum(&p, bytes), 0xffff);
    assert_true(frame_scrub_shows(s, (uint32_t)p.payload, sizeof clear - 1));
    assert_false(frame_scrub_shows(s, (uint32_t)p.payload, sizeof clear));

    p.bytes[checksum_at(&p)] ^= 0x55; /* wrong before, wrong after */
    assert_int_not_equal(transport_sum(&p, scrubbed(s, &p)), 0xffff);
    p.bytes[checksum_at(&p)] = p.bytes[checksum_at(&p) + 1] = 0; /* none before, none after */
    bytes = scrubbed(s, &p);
    assert_int_equal(bytes[checksum_at(&p)] | bytes[checksum_at(&p) + 1], 0);
    free(p.bytes);
    frame_scrub_free(s);
}

/* Whole messages from the beginning of the segment are masked, the rest is blanked. */
static void segments_of_tcp(void **state)
{
    static const struct {
        struct slice payload, wanted;
        uint64_t pieces;
        size_t shown;
    } rows[] = {
        { SLICE_INIT(MESSAGE("+4930123456")), SLICE_INIT(MESSAGE("+493012XXXX")), 0,
          sizeof clear - 1 },
        { SLICE_INIT(MESSAGE("+4930123456") "\r\n" MESSAGE("0301234567")),
          SLICE_INIT(MESSAGE("+493012XXXX") "\r\n" MESSAGE("030123XXXX")), 0,
          2 * sizeof clear - 1 },
        { SLICE_INIT(MESSAGE("+4930123456") "INVITE sip:4930123456"),
          SLICE_INIT(MESSAGE("+493012XXXX") "xxxxxxxxxxxxxxxxxxxxx"), 1, sizeof clear - 1 },
        { SLICE_INIT("30123456@h>\r\n\r\n"), SLICE_INIT("xxxxxxxxxxxxxxx"), 1, 0 },
        { SLICE_INIT("\x81\x05hello"), SLICE_INIT("xxxxxxx"), 1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame_scrub *s = scrub_of(0);
        struct packet p = make(6, rows[i].payload, CLAIM_SIP);
        struct counters counters = { .bins = { 0 } };
        const uint8_t *bytes;

        p.unit.datagram.payload = SLICE("elsewhere"); /* put together from several */
        bytes = scrubbed(s, &p);
        expect_payload(bytes, &p, rows[i].wanted);
        assert_int_equal(transport_sum(&p, bytes), 0xffff);
        assert_int_equal(
            frame_scrub_shows(s, (uint32_t)p.payload, rows[i].shown ? rows[i].shown : 1),
            rows[i].shown > 0);
        frame_scrub_count(s, &counters);
        assert_int_equal(counters.refusals[REFUSAL_PRIVACY_PIECE_BLANKED], rows[i].pieces);
        free(p.bytes);
        frame_scrub_free(s);
    }
}

/* Its first two bytes make up for the others: the sum of what is put together stays. */
static void a_fragment(void **state)
{
    struct frame_scrub *s = scrub_of(0);
    struct packet p = make(17, SLICE(clear), CLAIM_SIP);
    uint32_t before = sum_of(p.bytes + p.transport, p.len - p.transport);
    const uint8_t *bytes;

    (void)state;
    p.bytes[p.ip + 6] = 0; /* not the first */
    p.bytes[p.ip + 7] = 64;
    p.unit.datagram.payload = SLICE("elsewhere");
    bytes = scrubbed(s, &p);
    assert_int_equal(sum_of(bytes + p.transport, p.len - p.transport), before);
    for (size_t i = p.transport + 2; i < p.len; i++)
        assert_int_equal(bytes[i], 'x');
    assert_false(frame_scrub_shows(s, (uint32_t)p.payload, 1));
    free(p.bytes);
    frame_scrub_free(s);
}

static void a_frame_that_is_not_understood(void **state)
{
    struct frame_scrub *s = scrub_of(0);
    struct packet p = make(17, SLICE(clear), CLAIM_SIP);
    struct counters counters = { .bins = { 0 } };
    const struct frame *frame;

    (void)state;
    p.unit.datagram.payload = SLICE("elsewhere");
    p.unit.datagram.src.ip[15] ^= 1; /* of other hosts */
    frame = frame_scrub_frame(s, &p.frame, &p.unit, &p.claim);
    for (size_t i = 0; i < p.len; i++)
        assert_int_equal(frame->data[i], 'x');
    frame_scrub_count(s, &counters);
    assert_int_equal(counters.refusals[REFUSAL_PRIVACY_FRAME_BLANKED], 1);
    free(p.bytes);
    frame_scrub_free(s);
}

static void keys_in_rtp(void **state)
{
#define RTP(type) "\x80" type "\0\1\0\0\0\2\0\0\0\3"
    static const struct {
        struct slice payload, wanted;
        uint8_t key_type;
    } rows[] = {
        { SLICE_INIT(RTP("\x65") "\x07\x0a\x01\x40"), SLICE_INIT(RTP("\x65") "\x00\x0a\x01\x40"),
          EVENT_TYPE },
        { SLICE_INIT(RTP("\xe5") "\x0b\x0a\x01\x40\x05\x0a\x01\x40"),
          SLICE_INIT(RTP("\xe5") "\x00\x0a\x01\x40\x00\x0a\x01\x40"), EVENT_TYPE },
        { SLICE_INIT(RTP("\x65") "\x07"), SLICE_INIT(RTP("\x65") "\x00"), EVENT_TYPE }, /* cut */
        { SLICE_INIT(RTP("\x65") "\x24\x0a\x01\x40"), SLICE_INIT(RTP("\x65") "\x24\x0a\x01\x40"),
          EVENT_TYPE }, /* a tone of fax, no key */
        { SLICE_INIT(RTP("\x63") "\xe5\0\0\4\x65\x07\x0a\x01\x40\x09\x0a\x01\x40"),
          SLICE_INIT(RTP("\x63") "\xe5\0\0\4\x65\x00\x0a\x01\x40\x00\x0a\x01\x40"), EVENT_TYPE },
        { SLICE_INIT(RTP("\x08") "\x07\x0a\x01\x40"), SLICE_INIT(RTP("\x08") "\x07\x0a\x01\x40"),
          0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct frame_scrub *s = scrub_of(PRIVACY_BLANK_DTMF);
        struct packet p = make(17, rows[i].payload, CLAIM_MEDIA);
        const uint8_t *bytes;

        p.claim.key_type = rows[i].key_type;
        bytes = scrubbed(s, &p);
        expect_payload(bytes, &p, rows[i].wanted);
        assert_int_equal(transport_sum(&p, bytes), 0xffff);
        free(p.bytes);
        frame_scrub_free(s);
    }
}

static void names_in_rtcp(void **state)
{
    static const char rtcp[] = "\x80\xc9\0\1\0\0\0\1" /* RR */
                               "\x81\xca\0\x09\0\0\0\1"
                               "\1\x0b"
                               "alice@h.org"
                               "\3\x09"
                               "bob@h.org"
                               "\6\x02"
                               "T1"
                               "\0\0\0\0";
    static const char wanted[] = "\x80\xc9\0\1\0\0\0\1"
                                 "\x81\xca\0\x09\0\0\0\1"
                                 "\1\x0b"
                                 "xxxxx@h.org"
                                 "\3\x09"
                                 "xxx@h.org"
                                 "\6\x02"
                                 "T1"
                                 "\0\0\0\0";
    struct frame_scrub *s = scrub_of(0);
    struct packet p;

    (void)state;
    for (size_t cut = 0; cut < sizeof rtcp - 8; cut++) { /* whatever is missing */
        const uint8_t *bytes;

        p = make(17, slice_of(rtcp, sizeof rtcp - 1 - cut), CLAIM_MEDIA);
        bytes = scrubbed(s, &p);
        if (cut == 0)
            expect_payload(bytes, &p, SLICE(wanted));
        assert_int_equal(transport_sum(&p, bytes), 0xffff);
        free(p.bytes);
    }
    frame_scrub_free(s);
}

static void media_is_left_alone(void **state)
{
    struct frame_scrub *s = scrub_of(PRIVACY_BLANK_DTMF);
    struct packet p = make(17, SLICE(RTP("\x08") "sound"), CLAIM_MEDIA);

    (void)state;
    assert_ptr_equal(frame_scrub_frame(s, &p.frame, &p.unit, &p.claim), &p.frame); /* not copied */
    free(p.bytes);
    frame_scrub_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_in_udp),    cmocka_unit_test(segments_of_tcp),
        cmocka_unit_test(a_fragment),          cmocka_unit_test(a_frame_that_is_not_understood),
        cmocka_unit_test(keys_in_rtp),         cmocka_unit_test(names_in_rtcp),
        cmocka_unit_test(media_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
