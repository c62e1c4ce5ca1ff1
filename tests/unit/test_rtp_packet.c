/*
 * test_rtp_packet - the header, byte by byte, and what does not fit.
 */
#include "analyzer/rtp/rtp_packet.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HEAD "\x12\x34\x89\xab\xcd\xef\x01\x02\x03\x04" /* seq, timestamp, SSRC */

static void every_packet_has_its_verdict(void **state)
{
    static const struct {
        struct slice bytes;
        uint32_t more_on_the_wire;
        enum rtp_parse verdict;
        struct slice payload;
    } rows[] = {
        { SLICE_INIT("\x80\x00" HEAD "pay"), 0, RTP_PARSE_OK, SLICE_INIT("pay") },
        { SLICE_INIT("\x80\x00" HEAD), 0, RTP_PARSE_OK, SLICE_INIT("") },
        { SLICE_INIT(""), 0, RTP_PARSE_SHORT, SLICE_INIT("") },
        { SLICE_INIT("\x80\x00\x12\x34\x89\xab\xcd\xef\x01\x02\x03"), 0, RTP_PARSE_SHORT,
          SLICE_INIT("") },
        { SLICE_INIT("\x00\x00" HEAD), 0, RTP_PARSE_VERSION, SLICE_INIT("") },
        { SLICE_INIT("\x40\x00" HEAD), 0, RTP_PARSE_VERSION, SLICE_INIT("") },
        { SLICE_INIT("\xc0\x00" HEAD), 0, RTP_PARSE_VERSION, SLICE_INIT("") },
        /* CSRCs: as many as the four bits say. */
        { SLICE_INIT("\x82\x00" HEAD "aaaabbbbp"), 0, RTP_PARSE_OK, SLICE_INIT("p") },
        { SLICE_INIT("\x82\x00" HEAD "aaaabbb"), 0, RTP_PARSE_SHORT, SLICE_INIT("") },
        { SLICE_INIT("\x8f\x00" HEAD "aaaabbbb"), 0, RTP_PARSE_SHORT, SLICE_INIT("") },
        /* A header extension: its length counts words behind its own four bytes. */
        { SLICE_INIT("\x90\x00" HEAD "\xbe\xde\x00\x01xxxxp"), 0, RTP_PARSE_OK, SLICE_INIT("p") },
        { SLICE_INIT("\x90\x00" HEAD "\xbe\xde\x00\x00p"), 0, RTP_PARSE_OK, SLICE_INIT("p") },
        { SLICE_INIT("\x90\x00" HEAD "\xbe\xde\x00\x02xxxxp"), 0, RTP_PARSE_SHORT, SLICE_INIT("") },
        { SLICE_INIT("\x90\x00" HEAD "\xbe\xde\xff\xff"), 0, RTP_PARSE_SHORT, SLICE_INIT("") },
        { SLICE_INIT("\x90\x00" HEAD "\xbe\xde\x00"), 0, RTP_PARSE_SHORT, SLICE_INIT("") },
        { SLICE_INIT("\x91\x00" HEAD "cccc\xbe\xde\x00\x01xxxxp"), 0, RTP_PARSE_OK,
          SLICE_INIT("p") },
        /* Padding: its last byte counts itself. */
        { SLICE_INIT("\xa0\x00" HEAD "pay\x00\x00\x03"), 0, RTP_PARSE_OK, SLICE_INIT("pay") },
        { SLICE_INIT("\xa0\x00" HEAD "\x00\x02"), 0, RTP_PARSE_OK, SLICE_INIT("") },
        { SLICE_INIT("\xa0\x00" HEAD "pay\x00"), 0, RTP_PARSE_PADDING, SLICE_INIT("") },
        { SLICE_INIT("\xa0\x00" HEAD "pay\x05"), 0, RTP_PARSE_PADDING, SLICE_INIT("") },
        { SLICE_INIT("\xa0\x00" HEAD), 0, RTP_PARSE_PADDING, SLICE_INIT("") },
        /* Cut by the snap length: the last byte held is no count of padding. */
        { SLICE_INIT("\xa0\x00" HEAD "pay\xff"), 100, RTP_PARSE_OK, SLICE_INIT("pay\xff") },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].bytes);
        uint32_t wire = (uint32_t)block.len + rows[i].more_on_the_wire;
        struct rtp_packet p = { .seq = 0 };
        enum rtp_parse verdict = rtp_packet_parse(&p, block, wire);

        if (verdict != rows[i].verdict)
            fail_msg("row %zu: %d, expected %d", i, (int)verdict, (int)rows[i].verdict);
        if (verdict == RTP_PARSE_OK) {
            assert_true(slice_eq(p.payload, rows[i].payload));
            assert_int_equal(p.seq, 0x1234);
            assert_int_equal(p.timestamp, 0x89abcdef);
            assert_int_equal(p.ssrc, 0x01020304);
        }
        heap_block_free(block);
    }
}

static void marker_and_type_share_a_byte(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        char bytes[] = "\x80?" HEAD;
        struct rtp_packet p;

        bytes[1] = (char)byte;
        assert_int_equal(rtp_packet_parse(&p, slice_of(bytes, 12), 12), RTP_PARSE_OK);
        assert_int_equal(p.payload_type, byte % 128);
        assert_int_equal(p.marker, byte >= 128);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packet_has_its_verdict),
        cmocka_unit_test(marker_and_type_share_a_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
