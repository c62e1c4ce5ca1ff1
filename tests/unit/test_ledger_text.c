/*
 * test_ledger_text - what a person reads at the end of a run.
 */
#include "probe/cmd/ledger_text.h"

#include "analyzer/counters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void every_name_has_a_word(void **state)
{
    (void)state;
    for (int i = 0; i < BIN_COUNT; i++) {
        if (!ledger_text_word(slice_of_text(packet_bin_text((enum packet_bin)i))))
            fail_msg("no word for the bin %s", packet_bin_text((enum packet_bin)i));
    }
    for (int i = 0; i < REFUSAL_COUNT; i++) {
        if (!ledger_text_word(slice_of_text(refusal_text((enum refusal)i))))
            fail_msg("no word for the refusal %s", refusal_text((enum refusal)i));
    }
    assert_null(ledger_text_word(SLICE("nonsense")));
}

static void expect_ledger(const struct capture_record *c, const struct mirror_record *m,
                          const char *expected)
{
    struct strbuf out = { 0 };

    ledger_text_add(&out, c, m);
    strbuf_add_char(&out, '\0');
    assert_false(out.failed);
    assert_string_equal(out.p, expected);
    strbuf_fini(&out);
}

static struct capture_record quiet_capture(void)
{
    struct capture_record c;

    record_clear(&record_type_capture, &c);
    c.start_time = INT64_C(1000000000);
    c.end_time = INT64_C(3500000000);
    c.received = 12;
    c.truncated = c.duplicate_frames = c.fragments_expired = c.tcp_gaps = 0;
    c.tracked_limit = c.stored = c.store_dropped = 0;
    c.bins = SLICE("{\"rtp\":7,\"sip\":5}");
    c.refusals = SLICE("{}");
    c.protocols = SLICE("{}");
    return c;
}

static void what_is_well_is_short(void **state)
{
    struct capture_record c = quiet_capture();
    struct mirror_record m;

    (void)state;
    record_clear(&record_type_mirror, &m);
    expect_ledger(&c, NULL,
                  "12 packets in 2.5 s, each in one of these bins:\n"
                  "           7  RTP of known streams\n"
                  "           5  SIP messages\n");
    m.conversations = 3;
    m.complaints = SLICE("[]");
    c.start_time = c.end_time;
    expect_ledger(&c, &m,
                  "12 packets, each in one of these bins:\n"
                  "           7  RTP of known streams\n"
                  "           5  SIP messages\n"
                  "The mirror looks right: nothing to say against 3 pairs of hosts.\n");
    record_clear(&record_type_capture, &c);
    c.received = 0;
    expect_ledger(&c, NULL, "0 packets\n");
}

static void what_is_not_says_what_to_do(void **state)
{
    struct capture_record c = quiet_capture();
    struct mirror_record m;

    (void)state;
    c.kernel_dropped = 3;
    c.interface_dropped = 0;
    c.tcp_gaps = 2;
    c.not_kept = 5;
    c.store_losses = SLICE("{\"packets_disk_full\":9}");
    c.refusals = SLICE("{\"sip_resync\":1}");
    c.protocols = SLICE("{\"mgcp\":12,\"rtp\":3}");
    c.bins = SLICE("{\"rtp\":7,\"sip\":4,\"a\\u001b\":0}");
    record_clear(&record_type_mirror, &m);
    m.conversations = 10;
    m.one_way = 4;
    m.vlan_asymmetric = 2;
    m.duplicate_ratio = 0.512;
    m.truncated_ratio = 0.0123;
    m.complaints = SLICE("[\"doubled\",\"one_way\",\"vlan_missing\",\"cut\",\"new_one\"]");
    expect_ledger(
        &c, &m,
        "12 packets in 2.5 s, each in one of these bins:\n"
        "           7  RTP of known streams\n"
        "           4  SIP messages\n"
        "           0  a\\u001b\n"
        "           1  in no bin: this is a defect of earshot, please report it\n"
        "Lost, or left out:\n"
        "           3  dropped by the kernel               its ring was full: raise "
        "capture.ring_mib, or narrow capture.filter\n"
        "           2  holes in TCP streams                the mirror lost segments: SIP over TCP "
        "may lack messages\n"
        "           5  packets not kept, as configured     analysed; see store.keep, store.policy, "
        "store.video\n"
        "The store could not take:\n"
        "           9  packets: the disk is full\n"
        "Refused, or not as it should be:\n"
        "           1  SIP picked up after damage\n"
        "Seen, not analysed (what nDPI takes it for):\n"
        "          12  mgcp\n"
        "           3  rtp without SIP\n"
        "The mirror does not look right:\n"
        "  - 51.2 % of the packets came twice.\n"
        "    Mirror each port in one direction only, or one port instead of both ends of a link.\n"
        "  - 4 of 10 pairs of hosts are heard in one direction only.\n"
        "    Mirror both directions (rx and tx), or the port by which the answers return too.\n"
        "  - 2 of 10 pairs of hosts are tagged otherwise in one direction.\n"
        "    Let the mirror keep the tags ('encapsulation replicate'), or set "
        "decap.separate_vlans: no.\n"
        "  - 1.23 % of the packets are cut.\n"
        "    Raise the snap length (capture.snaplen, tcpdump -s 0), or the MTU of the tunnel that "
        "carries the mirror.\n"
        "  - new_one\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_has_a_word),
        cmocka_unit_test(what_is_well_is_short),
        cmocka_unit_test(what_is_not_says_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
