/*
 * test_ledger - every frame received is in exactly one bin, and the bins add up.
 */
#include "probe/engine/ledger.h"

#include "probe/engine/engine.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/ledger_json.h"
#include "tests/unit/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void a_report_tells_what_was_counted(void **state)
{
    struct ledger l = { .kernel_dropped = RECORD_NONE, .interface_dropped = 3 };
    struct counters refusals = { .bins = { 0 } };
    struct strbuf scratch = { 0 };
    struct capture_record r;

    (void)state;
    for (int i = 0; i < 5; i++) {
        const struct frame f = { .time_ns = 1000 + i,
                                 .captured_bytes = 60,
                                 .wire_bytes = i == 2 ? 61 : 60 };

        ledger_receive(&l, &f, i == 3 ? BIN_IP_SHORT : BIN_RTP);
    }
    l.stored = 4;
    refusals.refusals[REFUSAL_CALLS] = 2;
    refusals.refusals[REFUSAL_STREAMS] = 5;
    refusals.refusals[REFUSAL_TEXT_CUT] = 7; /* nothing was left untracked for it */
    refusals.bins[BIN_SIP] = 99;             /* the ledger counts frames, not the analyzer */
    ledger_report(&l, &refusals, NULL, NULL, "a.pcap", &r, &scratch);
    assert_true(slice_eq(r.source, SLICE("a.pcap")));
    assert_true(r.start_time == 1000 && r.end_time == 1004);
    assert_int_equal(r.received, 5);
    assert_int_equal(r.received_bytes, 300);
    assert_int_equal(r.truncated, 1);
    assert_true(r.kernel_dropped == RECORD_NONE);
    assert_int_equal(r.interface_dropped, 3);
    assert_int_equal(r.tracked_limit, 7);
    assert_int_equal(r.stored, 4);
    assert_int_equal(r.store_dropped, 0);
    assert_true(slice_eq(r.bins, SLICE("{\"rtp\":4,\"ip_short\":1}")));
    assert_true(slice_eq(r.malformed, SLICE("{\"ip_short\":1}")));
    assert_null(r.protocols.p); /* nobody was asked */
    assert_true(slice_eq(r.refusals, SLICE("{\"calls\":2,\"streams\":5,\"text_cut\":7}")));
    strbuf_fini(&scratch);
}

static void an_empty_ledger_has_no_times(void **state)
{
    const struct counters none = { .bins = { 0 } };
    const struct ledger l = { .kernel_dropped = RECORD_NONE };
    struct strbuf scratch = { 0 };
    struct capture_record r;

    (void)state;
    ledger_report(&l, &none, NULL, NULL, "eth0", &r, &scratch);
    assert_true(r.start_time == RECORD_NONE && r.end_time == RECORD_NONE);
    assert_int_equal(r.received, 0);
    assert_true(slice_eq(r.bins, SLICE("{}")));
    assert_true(slice_eq(r.malformed, SLICE("{}")));
    strbuf_fini(&scratch);
}

/* No two bins and no two refusals of one name. */
static void names_are_unique(void **state)
{
    (void)state;
    for (int a = 0; a < BIN_COUNT; a++) {
        for (int b = 0; b < a; b++)
            assert_string_not_equal(packet_bin_text((enum packet_bin)a),
                                    packet_bin_text((enum packet_bin)b));
    }
    for (int a = 0; a < REFUSAL_COUNT; a++) {
        for (int b = 0; b < a; b++)
            assert_string_not_equal(refusal_text((enum refusal)a), refusal_text((enum refusal)b));
    }
}

struct seen {
    int64_t received, binned, truncated;
    int reports;
};

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct seen *seen = ctx;
    const struct capture_record *c = record;

    if (type != &record_type_capture)
        return;
    seen->reports++;
    seen->received = c->received;
    seen->truncated = c->truncated;
    seen->binned = sum_of_bins(c->bins);
}

/* A UDP datagram in Ethernet, then damaged: bytes changed, or cut. */
static size_t make_frame(struct random *r, uint8_t *out)
{
    static const uint8_t head[] = { 2,    0, 0,  0, 0, 1, 2,    0,    0,    0,    0, 2, 8,  0,
                                    0x45, 0, 0,  0, 0, 0, 0,    0,    64,   17,   0, 0, 10, 0,
                                    0,    1, 10, 0, 0, 2, 0x0f, 0xa0, 0x17, 0x70, 0, 0, 0,  0 };
    static const char *const payloads[] = { "OPTIONS sip:x SIP/2.0\r\nCall-ID: 1\r\n\r\n",
                                            "\r\n\r\n",
                                            "hello",
                                            "\x80\x08 12345678901234567890",
                                            "\x81\xc9 123456789012345678901234567890",
                                            "" };
    const char *payload = payloads[random_below(r, 6)];
    size_t len = strlen(payload), all = sizeof head + len;

    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, payload, len);
    out[17] = (uint8_t)(28 + len);
    out[39] = (uint8_t)(8 + len);
    if (random_hits(r, 0.5))
        out[37] = 0xc4, out[36] = 0x13; /* to port 5060 */
    for (uint32_t n = random_below(r, 4); n; n--)
        out[random_below(r, (uint32_t)all)] = (uint8_t)random_next(r);
    return random_hits(r, 0.3) ? random_below(r, (uint32_t)all + 1) : all;
}

static void bins_of_damaged_frames_add_up(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct random r = { seed };
        struct seen seen = { 0 };
        struct engine_options options = { .source = "test",
                                          .record = on_record,
                                          .record_ctx = &seen };
        struct engine_error error;
        struct engine *e = NULL;
        int64_t truncated = 0;

        assert_int_equal(engine_open(&e, &options, &error), 0);
        for (int i = 0; i < 2000; i++) {
            uint8_t bytes[256];
            size_t len = make_frame(&r, bytes);
            struct slice block = heap_block(slice_of(bytes, len));
            struct frame f = { .time_ns = i * INT64_C(10000000),
                               .data = (const uint8_t *)block.p,
                               .captured_bytes = (uint32_t)len,
                               .wire_bytes = (uint32_t)len + random_below(&r, 2),
                               .link_type = random_hits(&r, 0.9) ? 1 : random_below(&r, 300) };

            truncated += f.wire_bytes > f.captured_bytes;
            engine_frame(e, &f);
            heap_block_free(block);
        }
        engine_finish(e);
        engine_close(e);
        assert_int_equal(seen.reports, 1);
        assert_int_equal(seen.received, 2000);
        assert_int_equal(seen.binned, 2000);
        assert_int_equal(seen.truncated, truncated);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_tells_what_was_counted),
        cmocka_unit_test(an_empty_ledger_has_no_times),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(bins_of_damaged_frames_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
