/*
 * test_udptl - packets of fax over UDP, whole, cut and lying.
 */
#include "analyzer/rtp/udptl.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

struct row {
    const char *what;
    struct slice bytes;
    bool cut;
    enum udptl_parse result;
    struct udptl_packet packet; /* where it is OK */
};

static void check(const struct row *row)
{
    struct slice block = heap_block(row->bytes);
    struct udptl_packet p;
    enum udptl_parse result = udptl_packet_parse(&p, block, row->cut);

    if (result != row->result)
        fail_msg("%s: %d", row->what, result);
    heap_block_free(block);
    if (result != UDPTL_PARSE_OK)
        return;
    if (p.seq != row->packet.seq || p.primary_bytes != row->packet.primary_bytes ||
        p.repeats != row->packet.repeats || p.fec != row->packet.fec ||
        p.has_correction != row->packet.has_correction)
        fail_msg("%s: seq %u, %u bytes, %u repeats, fec %d, %d", row->what, p.seq, p.primary_bytes,
                 p.repeats, p.fec, p.has_correction);
}

static void packets_are_read_with_all_their_lengths(void **state)
{
    static const struct row rows[] = {
        { "no repeats",
          SLICE_INIT("\x00\x05\x02\xc0\x01\x00\x00"),
          false,
          UDPTL_PARSE_OK,
          { 5, 2, 0, false, true } },
        { "two repeats",
          SLICE_INIT("\xff\xff\x01\x06\x00\x02\x01\x06\x03\x01\x02\x03"),
          false,
          UDPTL_PARSE_OK,
          { 65535, 1, 2, false, true } },
        { "an empty one hides what is behind it",
          SLICE_INIT("\x00\x07\x01\x06\x00\x03\x01\x06\x00\x01\x06"),
          false,
          UDPTL_PARSE_OK,
          { 7, 1, 1, false, true } },
        { "an empty primary",
          SLICE_INIT("\x80\x00\x00\x00\x00"),
          false,
          UDPTL_PARSE_OK,
          { 32768, 0, 0, false, true } },
        { "parity over three packets",
          SLICE_INIT("\x00\x09\x01\x06\x80\x01\x03\x01\x02\xaa\xbb"),
          false,
          UDPTL_PARSE_OK,
          { 9, 1, 0, true, true } },
        { "a length of two octets",
          SLICE_INIT("\x00\x01\x80\x02\x01\x02\x00\x00"),
          false,
          UDPTL_PARSE_OK,
          { 1, 2, 0, false, true } },
        { "cut in the primary, by the snap length",
          SLICE_INIT("\x00\x01\x20\x01\x02"),
          true,
          UDPTL_PARSE_OK,
          { 1, 32, 0, false, false } },
        { "cut in the second repeat",
          SLICE_INIT("\x00\x08\x01\x06\x00\x02\x01\x06\x05\x01"),
          true,
          UDPTL_PARSE_OK,
          { 8, 1, 1, false, true } },
        { "nothing", SLICE_INIT(""), false, UDPTL_PARSE_SHORT, { 0 } },
        { "nothing, cut", SLICE_INIT(""), true, UDPTL_PARSE_SHORT, { 0 } },
        { "a number alone", SLICE_INIT("\x00\x01"), false, UDPTL_PARSE_SHORT, { 0 } },
        { "half a length", SLICE_INIT("\x00\x01\x80"), false, UDPTL_PARSE_SHORT, { 0 } },
        { "a primary that is not there",
          SLICE_INIT("\x00\x01\x20\x01\x02"),
          false,
          UDPTL_PARSE_SHORT,
          { 0 } },
        { "no correction", SLICE_INIT("\x00\x01\x01\x06"), false, UDPTL_PARSE_SHORT, { 0 } },
        { "a correction of no kind",
          SLICE_INIT("\x00\x01\x01\x06\x01\x00"),
          false,
          UDPTL_PARSE_LENGTH,
          { 0 } },
        { "more repeats than bytes",
          SLICE_INIT("\x00\x01\x01\x06\x00\xbf\xff\x00\x00"),
          false,
          UDPTL_PARSE_SHORT,
          { 0 } },
        { "fragments of 16 KiB",
          SLICE_INIT("\x00\x01\xc1\x06\x00\x00"),
          false,
          UDPTL_PARSE_SHORT,
          { 0 } },
        { "parity over nothing",
          SLICE_INIT("\x00\x01\x01\x06\x80\x00\x00"),
          false,
          UDPTL_PARSE_LENGTH,
          { 0 } },
        { "bytes behind the end",
          SLICE_INIT("\x00\x01\x01\x06\x00\x00\x00"),
          false,
          UDPTL_PARSE_LENGTH,
          { 0 } },
        { "RTP",
          SLICE_INIT("\x80\x00\x12\x34\x00\x00\x00\xa0\x12\x34\x56\x78"
                     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
          false,
          UDPTL_PARSE_LENGTH,
          { 0 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_are_read_with_all_their_lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
