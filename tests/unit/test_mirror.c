#include "probe/decap/mirror.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct scene {
    struct mirror *mirror;
    struct counters counters;
    struct strbuf scratch;
    struct mirror_record record;
};

static int set_up(void **state)
{
    static const uint64_t key[2] = { 1, 2 };
    struct scene *s = calloc(1, sizeof *s);

    *state = s;
    return s ? mirror_new(&s->mirror, key, &s->counters) : -1;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    mirror_free(s->mirror);
    strbuf_fini(&s->scratch);
    free(s);
    return 0;
}

static void frames(struct scene *s, unsigned count, enum packet_bin bin, uint32_t cut_bytes)
{
    const struct frame frame = { .time_ns = 5, .captured_bytes = 60, .wire_bytes = 60 + cut_bytes };

    while (count--)
        mirror_frame(s->mirror, &frame, bin);
}

/* From 10.0.0.FROM to 10.0.0.TO, ports that change. */
static struct datagram datagram(uint8_t from, uint8_t to, const char *text, uint16_t vlan)
{
    static uint16_t port = 1024;
    const uint8_t src[4] = { 10, 0, 0, from }, dst[4] = { 10, 0, 0, to };
    struct datagram d = { .src = addr_v4(src, port++), .dst = addr_v4(dst, 5060) };

    d.payload = slice_of_text(text);
    d.path.vlans[0] = vlan;
    d.path.vlan_count = vlan != 0;
    return d;
}

static void sip(struct scene *s, uint8_t from, uint8_t to, const char *text, uint16_t vlan)
{
    struct datagram d = datagram(from, to, text, vlan);

    mirror_datagram(s->mirror, &d, BIN_SIP, 1);
}

static void rtp(struct scene *s, uint8_t from, uint8_t to, unsigned weight)
{
    struct datagram d = datagram(from, to, "\x80", 0);

    mirror_datagram(s->mirror, &d, BIN_RTP, weight);
}

static void report(struct scene *s)
{
    mirror_report(s->mirror, &s->record, &s->scratch);
}

static void assert_text(struct slice is, const char *should)
{
    char text[256];

    snprintf(text, sizeof text, "%.*s", (int)is.len, is.p);
    assert_string_equal(text, should);
}

static void nothing_heard_is_no_complaint(void **state)
{
    struct scene *s = *state;

    report(s);
    assert_text(s->record.complaints, "[]");
    assert_text(s->record.vlans, "{}");
    assert_int_equal(s->record.frames, 0);
    assert_true(s->record.start_time == RECORD_NONE);
    assert_true(s->record.duplicate_ratio != s->record.duplicate_ratio);
}

static void a_good_mirror_has_none(void **state)
{
    struct scene *s = *state;

    frames(s, 1000, BIN_SIP, 0);
    for (int i = 0; i < 10; i++) {
        sip(s, 1, 2, "INVITE sip:x SIP/2.0\r\n", 7);
        sip(s, 2, 1, "SIP/2.0 200 OK\r\n", 7);
        sip(s, 1, 2, "ACK sip:x SIP/2.0\r\n", 7);
    }
    rtp(s, 1, 3, 16);
    report(s);
    assert_text(s->record.complaints, "[]");
    assert_int_equal(s->record.conversations, 2);
    assert_int_equal(s->record.one_way, 0);
    assert_text(s->record.vlans, "{\"7\":30,\"untagged\":16}");
}

static void copies_and_cuts_are_told_by_their_share(void **state)
{
    struct scene *s = *state;

    frames(s, 991, BIN_RTP, 0);
    frames(s, 9, BIN_DUPLICATE, 0);
    frames(s, 1, BIN_RTP, 1);
    report(s);
    assert_text(s->record.complaints, "[]");
    frames(s, 2, BIN_DUPLICATE, 0);
    frames(s, 1, BIN_RTP, 1);
    report(s);
    assert_text(s->record.complaints, "[\"doubled\",\"cut\"]");
    assert_int_equal(s->record.duplicate_frames, 11);
    assert_int_equal(s->record.truncated, 2);
}

static void requests_that_nobody_answers_prove_nothing(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 50; i++)
        sip(s, 1, 2, "OPTIONS sip:x SIP/2.0\r\n", 0);
    report(s);
    assert_text(s->record.complaints, "[]");
    assert_int_equal(s->record.one_way, 0);
}

static void answers_without_questions_do(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 4; i++)
        sip(s, 2, 1, "SIP/2.0 200 OK\r\n", 0);
    report(s);
    assert_text(s->record.complaints, "[\"one_way\"]");
    assert_int_equal(s->record.one_way, 1);
}

static void so_does_an_ack_to_what_was_never_heard(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 2; i++) {
        sip(s, 1, 2, "INVITE sip:x SIP/2.0\r\n", 0);
        sip(s, 1, 2, "ACK sip:x SIP/2.0\r\n", 0);
    }
    /* An ACK that goes past the proxy has its INVITE elsewhere. */
    for (int i = 0; i < 4; i++)
        sip(s, 1, 3, "ACK sip:x SIP/2.0\r\n", 0);
    report(s);
    assert_int_equal(s->record.one_way, 1);
    assert_text(s->record.complaints, "[\"one_way\"]");
}

static void one_pair_of_many_is_no_mirror(void **state)
{
    struct scene *s = *state;

    for (uint8_t host = 10; host < 13; host++) {
        for (int i = 0; i < 4; i++) {
            sip(s, 1, host, "BYE sip:x SIP/2.0\r\n", 0);
            sip(s, host, 1, "SIP/2.0 200 OK\r\n", 0);
        }
    }
    for (int i = 0; i < 4; i++)
        sip(s, 2, 1, "SIP/2.0 200 OK\r\n", 0);
    report(s);
    assert_int_equal(s->record.one_way, 1);
    assert_text(s->record.complaints, "[]");
}

static void audio_alone_needs_three_pairs(void **state)
{
    struct scene *s = *state;

    rtp(s, 1, 2, 200);
    rtp(s, 3, 4, 200);
    report(s);
    assert_text(s->record.complaints, "[]");
    rtp(s, 5, 6, 200);
    report(s);
    assert_text(s->record.complaints, "[\"one_way\"]");
    assert_int_equal(s->record.one_way, 3);
    rtp(s, 6, 5, 1);
    report(s);
    assert_text(s->record.complaints, "[]");
}

static void directions_tagged_otherwise_are_told(void **state)
{
    struct scene *s = *state;

    sip(s, 1, 2, "INVITE sip:x SIP/2.0\r\n", 7);
    sip(s, 2, 1, "SIP/2.0 200 OK\r\n", 8);
    report(s);
    assert_int_equal(s->record.vlan_asymmetric, 1);
    assert_text(s->record.complaints, "[]");
    sip(s, 3, 4, "INVITE sip:x SIP/2.0\r\n", 7);
    sip(s, 4, 3, "SIP/2.0 200 OK\r\n", 0);
    report(s);
    assert_int_equal(s->record.vlan_asymmetric, 2);
    assert_text(s->record.complaints, "[\"vlan_missing\"]");
}

/* The same addresses in two VLANs are two pairs that cannot be told apart here. */
static void a_side_in_several_vlans_is_not_judged(void **state)
{
    struct scene *s = *state;

    sip(s, 1, 2, "INVITE sip:x SIP/2.0\r\n", 7);
    sip(s, 1, 2, "INVITE sip:x SIP/2.0\r\n", 8);
    sip(s, 2, 1, "SIP/2.0 200 OK\r\n", 0);
    report(s);
    assert_int_equal(s->record.vlan_asymmetric, 0);
}

static void tallies_are_bounded(void **state)
{
    struct scene *s = *state;
    struct datagram d = datagram(1, 2, "\x80", 0);

    d.path.vlan_count = 2;
    d.path.tunnel_count = 1;
    d.path.tunnels[0] = TUNNEL_VXLAN;
    for (uint16_t i = 1; i <= 66; i++) {
        d.path.vlans[0] = 5;
        d.path.vlans[1] = i;
        mirror_datagram(s->mirror, &d, BIN_RTP, i == 3 ? 9 : 1);
    }
    report(s);
    assert_text(s->record.tunnels, "{\"vxlan\":74}");
    assert_true(slice_starts_with(s->record.vlans, SLICE("{\"5.3\":9,\"5.1\":1,\"5.2\":1,")));
    assert_true(s->record.vlans.len > 12);
    assert_memory_equal(s->record.vlans.p + s->record.vlans.len - 10, "\"other\":2}", 10);
}

static void hosts_are_bounded(void **state)
{
    struct scene *s = *state;
    struct datagram d = datagram(1, 2, "\x80", 0);

    for (unsigned i = 0; i < 5000; i++) {
        d.src.ip[14] = (uint8_t)(i >> 8);
        d.src.ip[15] = (uint8_t)i;
        d.src.ip[13] = 77;
        mirror_datagram(s->mirror, &d, BIN_RTP, 1);
    }
    report(s);
    assert_int_equal(s->record.conversations, 4096);
    assert_int_equal(s->counters.refusals[REFUSAL_CONVERSATIONS], 5000 - 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_heard_is_no_complaint),
        TEST(a_good_mirror_has_none),
        TEST(copies_and_cuts_are_told_by_their_share),
        TEST(requests_that_nobody_answers_prove_nothing),
        TEST(answers_without_questions_do),
        TEST(so_does_an_ack_to_what_was_never_heard),
        TEST(one_pair_of_many_is_no_mirror),
        TEST(audio_alone_needs_three_pairs),
        TEST(directions_tagged_otherwise_are_told),
        TEST(a_side_in_several_vlans_is_not_judged),
        TEST(tallies_are_bounded),
        TEST(hosts_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
