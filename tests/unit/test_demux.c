/*
 * test_demux - the first bytes, cut everywhere.
 */
#include "analyzer/demux.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum demux_kind kind_of(struct slice bytes, uint16_t src_port, uint16_t dst_port)
{
    struct slice block = heap_block(bytes);
    struct datagram d = { .payload = block, .wire_bytes = (uint32_t)bytes.len };
    enum demux_kind kind;

    d.src.port = src_port;
    d.dst.port = dst_port;
    kind = demux_classify(&d);
    heap_block_free(block);
    return kind;
}

static void first_bytes_tell(void **state)
{
    static const struct {
        struct slice bytes;
        enum demux_kind kind, on_sip_port;
    } rows[] = {
        { SLICE_INIT(""), DEMUX_EMPTY, DEMUX_EMPTY },
        { SLICE_INIT("INVITE sip:x SIP/2.0\r\n"), DEMUX_SIP, DEMUX_SIP },
        { SLICE_INIT("SIP/2.0 200 OK\r\n"), DEMUX_SIP, DEMUX_SIP },
        { SLICE_INIT("GET / HTTP/1.1\r\n"), DEMUX_OTHER, DEMUX_SIP },
        { SLICE_INIT("\r\n\r\n"), DEMUX_OTHER, DEMUX_KEEPALIVE },
        { SLICE_INIT("\n"), DEMUX_OTHER, DEMUX_KEEPALIVE },
        { SLICE_INIT("\0\0\0\0"), DEMUX_OTHER, DEMUX_KEEPALIVE },
        /* RFC 7983: 128..191; RFC 5761: of those, 192..223 in the second byte are RTCP. */
        { SLICE_INIT("\x80\x00\0\0\0\0\0\0\0\0\0\0"), DEMUX_RTP, DEMUX_RTP },
        { SLICE_INIT("\xbf\xff\0\0\0\0\0\0\0\0\0\0"), DEMUX_RTP, DEMUX_RTP },
        { SLICE_INIT("\x80\xbf\0\0\0\0\0\0\0\0\0\0"), DEMUX_RTP, DEMUX_RTP },
        { SLICE_INIT("\x80\xe0\0\0\0\0\0\0\0\0\0\0"), DEMUX_RTP, DEMUX_RTP },
        { SLICE_INIT("\x80\xc0\0\0\0\0\0\0"), DEMUX_RTCP, DEMUX_RTCP },
        { SLICE_INIT("\x80\xdf\0\0\0\0\0\0"), DEMUX_RTCP, DEMUX_RTCP },
        { SLICE_INIT("\x80\x00\0\0\0\0\0\0\0\0\0"), DEMUX_OTHER, DEMUX_OTHER },
        { SLICE_INIT("\x80\xc8\0\0\0\0\0"), DEMUX_OTHER, DEMUX_OTHER },
        { SLICE_INIT("\x80"), DEMUX_OTHER, DEMUX_OTHER },
        { SLICE_INIT("\xc0\x00\0\0\0\0\0\0\0\0\0\0"), DEMUX_OTHER, DEMUX_SIP },
        { SLICE_INIT("\x7f\x00\0\0\0\0\0\0\0\0\0\0"), DEMUX_OTHER, DEMUX_SIP },
        { SLICE_INIT("\0\1\0\0\x21\x12\xa4\x42"
                     "abcdefghijkl"),
          DEMUX_STUN, DEMUX_STUN },
        { SLICE_INIT("\3\1\0\0\x21\x12\xa4\x42"
                     "abcdefghijkl"),
          DEMUX_STUN, DEMUX_STUN },
        { SLICE_INIT("\4\1\0\0\x21\x12\xa4\x42"
                     "abcdefghijkl"),
          DEMUX_OTHER, DEMUX_SIP },
        { SLICE_INIT("\0\1\0\0\x21\x12\xa4\x42"
                     "abcdefghijk"),
          DEMUX_OTHER, DEMUX_KEEPALIVE },
        { SLICE_INIT("\0\1\0\0\x21\x12\xa4\x43"
                     "abcdefghijkl"),
          DEMUX_OTHER, DEMUX_KEEPALIVE },
        { SLICE_INIT("\x10\0\0\0ZRTPabcd"), DEMUX_ZRTP, DEMUX_ZRTP },
        { SLICE_INIT("\x10\0\0\0ZRTPabc"), DEMUX_OTHER, DEMUX_SIP },
        { SLICE_INIT("\x14\xfe\xff\0\0\0\0\0\0\0\0\0\1"), DEMUX_DTLS, DEMUX_DTLS },
        { SLICE_INIT("\x3f\xfe\xfd\0\0\0\0\0\0\0\0\0\1"), DEMUX_DTLS, DEMUX_DTLS },
        { SLICE_INIT("\x16\xfe\xfd\0\0\0\0\0\0\0\0\0"), DEMUX_OTHER, DEMUX_SIP },
        { SLICE_INIT("\x16\x03\x01\0\0\0\0\0\0\0\0\0\1"), DEMUX_OTHER, DEMUX_SIP },
    };
    static const uint16_t sip_ports[] = { 5060, 5061 };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(kind_of(rows[i].bytes, 1234, 5678), rows[i].kind);
        for (size_t p = 0; p < 2; p++) {
            assert_int_equal(kind_of(rows[i].bytes, sip_ports[p], 5678), rows[i].on_sip_port);
            assert_int_equal(kind_of(rows[i].bytes, 1234, sip_ports[p]), rows[i].on_sip_port);
        }
    }
}

/* Every two first bytes at every length: a kind, and no byte too many is read. */
static void every_beginning_has_a_kind(void **state)
{
    char bytes[24] = { 0 };

    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        for (size_t len = 0; len <= sizeof bytes; len++) {
            bytes[0] = (char)first;
            bytes[1] = (char)0xfe;
            assert_in_range(kind_of(slice_of(bytes, len), 1, 2), DEMUX_EMPTY, DEMUX_OTHER);
            assert_in_range(kind_of(slice_of(bytes, len), 5060, 2), DEMUX_EMPTY, DEMUX_OTHER);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_bytes_tell),
        cmocka_unit_test(every_beginning_has_a_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
