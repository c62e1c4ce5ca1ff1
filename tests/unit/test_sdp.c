#include "analyzer/sip/sdp.h"

#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define F(name)   (1U << SDP_ANOMALY_##name)
#define SESSION   "v=0\r\no=u 1 2 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n"
#define C4        "c=IN IP4 192.0.2.1\r\n"
#define PCMA_LINE "m=audio 4000 RTP/AVP 8\r\n"

static void assert_text(struct slice is, const char *wanted)
{
    if (!wanted ? is.p != NULL : (!is.p || !slice_eq(is, slice_of_text(wanted))))
        fail_msg("'%.*s', not '%s'", (int)is.len, is.p ? is.p : "(absent)",
                 wanted ? wanted : "(absent)");
}

static void assert_addr(const struct addr *is, const char *wanted)
{
    char text[ADDR_TEXT_MAX];

    addr_format(is, text);
    assert_string_equal(text, wanted);
}

static void test_whole(void **state)
{
    static const char text[] =
        "v=0\r\no=carol 28908764872 2890876487 IN IP4 192.0.2.9\r\ns=a call\r\nc=IN IP4 "
        "192.0.2.1/127\r\n"
        "t=0 0\r\na=recvonly\r\n"
        "m=audio 49170 RTP/AVP 8 0 97 101 18\r\n"
        "a=rtpmap:97 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
        "a=fmtp:18 annexb=no\r\na=ptime:20\r\na=sendrecv\r\na=rtcp:53020\r\n"
        "m=video 51372/2 RTP/SAVPF 31 99\r\nc=IN IP6 2001:db8::5\r\na=rtpmap:99 H264/90000\r\n"
        "a=rtcp-mux\r\na=candidate:1 1 UDP 1 192.0.2.3 5000 typ host\r\n"
        "m=image 0 udptl t38\r\na=inactive\r\n"
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=fingerprint:sha-256 AB\r\n"
        "m=audio 7000 RTP/AVP 3\r\na=rtcp:7100 IN IP4 192.0.2.77\r\na=crypto:1 x inline:y\r\n"
        "a=ptime:2.5\r\n";
    struct slice block = heap_block(slice_of_text(text));
    const struct sdp_format *format;
    const struct sdp_media *m;
    struct sdp sdp;

    (void)state;
    memset(&sdp, 0xa5, sizeof sdp);
    assert_int_equal(sdp_parse(&sdp, block), SDP_PARSE_OK);
    assert_int_equal(sdp.anomalies, 0);
    assert_text(sdp.origin_user, "carol");
    assert_text(sdp.origin_session_id, "28908764872");
    assert_text(sdp.origin_version, "2890876487");
    assert_addr(&sdp.origin, "192.0.2.9:0");
    assert_text(sdp.session_name, "a call");
    assert_addr(&sdp.connection, "192.0.2.1:0");
    assert_int_equal(sdp.media_count, 5);

    m = &sdp.media[0];
    assert_int_equal(m->type, SDP_AUDIO);
    assert_addr(&m->rtp, "192.0.2.1:49170");
    assert_addr(&m->rtcp, "192.0.2.1:53020");
    assert_int_equal(m->direction, SDP_SENDRECV);
    assert_true(m->on_rtp && m->has_address);
    assert_false(m->srtp || m->rtcp_mux || m->ice || m->disabled || m->host_name);
    assert_int_equal(m->ptime_us, 20000);
    assert_int_equal(m->format_count, 5);
    format = sdp_media_formats(&sdp, m);
    assert_text(format[0].name, "PCMA");
    assert_int_equal(format[0].clock_rate_hz, 8000);
    format = sdp_media_format_find(&sdp, m, 97);
    assert_non_null(format);
    assert_text(format->name, "opus");
    assert_int_equal(format->clock_rate_hz, 48000);
    assert_int_equal(format->channels, 2);
    assert_text(format->fmtp, NULL);
    assert_text(sdp_media_format_find(&sdp, m, 101)->fmtp, "0-16");
    assert_text(sdp_media_format_find(&sdp, m, 18)->name, "G729");
    assert_text(sdp_media_format_find(&sdp, m, 18)->fmtp, "annexb=no");
    assert_null(sdp_media_format_find(&sdp, m, 99));

    m = &sdp.media[1];
    assert_int_equal(m->type, SDP_VIDEO);
    assert_addr(&m->rtp, "[2001:db8::5]:51372");
    assert_addr(&m->rtcp, "[2001:db8::5]:51372");
    assert_int_equal(m->port_count, 2);
    assert_int_equal(m->direction, SDP_RECVONLY);
    assert_true(m->srtp && m->rtcp_mux && m->ice);
    assert_text(sdp_media_format_find(&sdp, m, 99)->name, "H264");
    assert_int_equal(sdp_media_format_find(&sdp, m, 31)->clock_rate_hz, 90000);

    m = &sdp.media[2];
    assert_int_equal(m->type, SDP_IMAGE);
    assert_true(m->disabled && !m->on_rtp);
    assert_int_equal(m->direction, SDP_INACTIVE);
    assert_int_equal(m->rtcp.port, 0);
    assert_text(sdp_media_formats(&sdp, m)->name, "t38");
    assert_int_equal(sdp_media_formats(&sdp, m)->payload_type, SDP_PAYLOAD_NONE);

    m = &sdp.media[3];
    assert_int_equal(m->type, SDP_OTHER);
    assert_text(m->type_text, "application");
    assert_false(m->srtp);

    m = &sdp.media[4];
    assert_addr(&m->rtcp, "192.0.2.77:7100");
    assert_true(m->srtp);
    assert_int_equal(m->ptime_us, 2500);
    assert_text(sdp_media_formats(&sdp, m)->name, "GSM");
    heap_block_free(block);
}

/* The first media as one line: what the table below compares. */
static void describe(const struct sdp *sdp, char *out, size_t size)
{
    const struct sdp_media *m = &sdp->media[0];
    char rtp[ADDR_TEXT_MAX], rtcp[ADDR_TEXT_MAX];
    const struct sdp_format *f;

    if (sdp->media_count == 0) {
        snprintf(out, size, "none");
        return;
    }
    addr_format(&m->rtp, rtp);
    addr_format(&m->rtcp, rtcp);
    f = sdp_media_formats(sdp, m);
    snprintf(out, size, "%u media %s %s dir %u%s%s%s fmt %u %.*s/%u/%u", sdp->media_count, rtp,
             rtcp, m->direction, m->host_name ? " name" : "", m->srtp ? " srtp" : "",
             m->has_address ? "" : " nowhere", m->format_count,
             m->format_count ? (int)f->name.len : 0, m->format_count && f->name.p ? f->name.p : "",
             m->format_count ? f->clock_rate_hz : 0, m->format_count ? f->channels : 0);
}

static void test_oddities(void **state)
{
    /* clang-format off */
    static const struct {
        const char *name, *body;
        enum sdp_parse result;
        uint32_t anomalies;
        const char *is;
    } rows[] = {
        { "plain", SESSION C4 PCMA_LINE, SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "bare LF, no last line end", "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "nothing", "", SDP_PARSE_EMPTY, 0, "none" },
        { "line ends", "\r\n\r\n", SDP_PARSE_EMPTY, 0, "none" },
        { "one letter", "v", SDP_PARSE_NOT_SDP, F(BAD_LINE) | F(NO_VERSION), "none" },
        { "one-letter lines", "v=0\r\nm\r\nc\r\na\r\n=\r\nx\r\n", SDP_PARSE_OK, F(BAD_LINE), "none" },
        { "lines of a letter and =", "v=\r\no=\r\ns=\r\nc=\r\na=\r\nm=\r\n", SDP_PARSE_OK,
          F(BAD_ADDRESS) | F(BAD_MEDIA), "none" },
        { "text", "hello, world\r\n", SDP_PARSE_NOT_SDP, F(BAD_LINE) | F(NO_VERSION), "none" },
        { "no v=", C4 PCMA_LINE, SDP_PARSE_OK, F(NO_VERSION),
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "ends in m=X", SESSION C4 PCMA_LINE "m=X", SDP_PARSE_OK, F(BAD_MEDIA),
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "attributes of a bad m= are not its neighbour's",
          SESSION C4 PCMA_LINE "m=audio none RTP/AVP 0\r\na=inactive\r\nc=IN IP4 192.0.2.2\r\n",
          SDP_PARSE_OK, F(BAD_MEDIA), "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "port 65536", SESSION C4 "m=audio 65536 RTP/AVP 8\r\n", SDP_PARSE_OK, F(BAD_MEDIA), "none" },
        { "port 65535 has none above it", SESSION C4 "m=audio 65535 RTP/AVP 8\r\n", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:65535 192.0.2.1:0 dir 0 fmt 1 PCMA/8000/1" },
        { "no formats", SESSION C4 "m=audio 4000 RTP/AVP\r\n", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 0 /0/0" },
        { "a format of 2^32", SESSION C4 "m=audio 4000 RTP/AVP 4294967296\r\n", SDP_PARSE_OK, F(BAD_MEDIA),
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 4294967296/0/1" },
        { "a dynamic type without rtpmap", SESSION C4 "m=audio 4000 RTP/AVP 96\r\n", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 /0/1" },
        { "an rtpmap over a static type", SESSION C4 PCMA_LINE "a=rtpmap:8 L8/11025/2\r\n", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 L8/11025/2" },
        { "an rtpmap without a clock", SESSION C4 PCMA_LINE "a=rtpmap:8 X\r\n", SDP_PARSE_OK,
          F(BAD_ATTRIBUTE), "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "an rtpmap of another type", SESSION C4 PCMA_LINE "a=rtpmap:9 X/1\r\n", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "an rtpmap of type 300", SESSION C4 PCMA_LINE "a=rtpmap:300 X/1\r\na=fmtp\r\na=fmtp:\r\n",
          SDP_PARSE_OK, F(BAD_ATTRIBUTE), "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "attributes before any m=", SESSION "a=rtpmap:8 X/1\r\na=rtcp:1\r\na=ptime:20\r\n" C4 PCMA_LINE,
          SDP_PARSE_OK, 0, "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "hold, the old way", SESSION "c=IN IP4 0.0.0.0\r\n" PCMA_LINE, SDP_PARSE_OK, 0,
          "1 media 0.0.0.0:4000 0.0.0.0:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "a host name", SESSION "c=IN IP4 media.b.example\r\n" PCMA_LINE, SDP_PARSE_OK, 0,
          "1 media [::]:4000 [::]:4001 dir 0 name fmt 1 PCMA/8000/1" },
        { "no c= at all", SESSION PCMA_LINE, SDP_PARSE_OK, 0,
          "1 media [::]:4000 [::]:4001 dir 0 nowhere fmt 1 PCMA/8000/1" },
        { "a c= of 512 digits too many", SESSION "c=IN IP4 127.0.0.1"
          "11111111111111111111111111111111111111111111111111111111111111111111111111111111\r\n" PCMA_LINE,
          SDP_PARSE_OK, F(BAD_ADDRESS), "1 media [::]:4000 [::]:4001 dir 0 nowhere fmt 1 PCMA/8000/1" },
        { "a c= cut short", SESSION "c=IN\r\n" PCMA_LINE, SDP_PARSE_OK, F(BAD_ADDRESS),
          "1 media [::]:4000 [::]:4001 dir 0 nowhere fmt 1 PCMA/8000/1" },
        { "IPv4 spelled as IPv6", SESSION "c=IN IP6 ::ffff:192.0.2.2\r\n" PCMA_LINE, SDP_PARSE_OK, 0,
          "1 media 192.0.2.2:4000 192.0.2.2:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "two c= in a media: the first", SESSION PCMA_LINE C4 "c=IN IP4 192.0.2.5\r\n", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "fingerprint of the session", SESSION C4 "a=fingerprint:sha-1 A\r\n" PCMA_LINE, SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 srtp fmt 1 PCMA/8000/1" },
        { "DTLS-SRTP by its proto", SESSION C4 "m=audio 4000 UDP/TLS/RTP/SAVPF 8\r\na=sendonly \r\n",
          SDP_PARSE_OK, 0, "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 1 srtp fmt 1 PCMA/8000/1" },
        { "rtcp and ptime of no number", SESSION C4 PCMA_LINE "a=rtcp:x\r\na=ptime:\r\n", SDP_PARSE_OK,
          F(BAD_ATTRIBUTE), "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
        { "blanks where one belongs", SESSION C4 "m= audio  4000\tRTP/AVP  8 \r\n", SDP_PARSE_OK, 0,
          "1 media 192.0.2.1:4000 192.0.2.1:4001 dir 0 fmt 1 PCMA/8000/1" },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(slice_of_text(rows[i].body));
        char is[256];
        struct sdp sdp;

        print_message("  %s\n", rows[i].name);
        memset(&sdp, 0xa5, sizeof sdp);
        assert_string_equal(sdp_parse_text(sdp_parse(&sdp, block)), sdp_parse_text(rows[i].result));
        describe(&sdp, is, sizeof is);
        assert_string_equal(is, rows[i].is);
        for (unsigned bit = 0; bit < SDP_ANOMALY_COUNT; bit++) {
            if (sdp_has(&sdp, (enum sdp_anomaly)bit) != (rows[i].anomalies >> bit & 1))
                fail_msg("%s", sdp_anomaly_text((enum sdp_anomaly)bit));
        }
        heap_block_free(block);
    }
}

static void test_two_families(void **state)
{
    struct sdp sdp;

    (void)state;
    assert_int_equal(
        sdp_parse(&sdp, SLICE(SESSION "m=audio 6000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n"
                                      "m=video 6024 RTP/AVP 34\r\n" C4)),
        SDP_PARSE_OK);
    assert_addr(&sdp.media[0].rtp, "[2001:db8::1]:6000");
    assert_addr(&sdp.media[1].rtp, "192.0.2.1:6024");
}

/* An SDP of `n` times `unit` behind a session, in an exact block. */
static struct slice repeat(const char *head, const char *unit, size_t n)
{
    size_t at = strlen(head), len = strlen(unit);
    char *p = malloc(at + n * len + 1);

    assert_non_null(p);
    memcpy(p, head, at);
    for (size_t i = 0; i < n; i++, at += len)
        memcpy(p + at, unit, len);
    return slice_of(p, at);
}

static void test_caps(void **state)
{
    struct slice body;
    struct sdp sdp;

    (void)state;
    body = repeat(SESSION C4, "m=audio 4000 RTP/AVP 8\r\n", SDP_MEDIA_MAX);
    assert_int_equal(sdp_parse(&sdp, body), SDP_PARSE_OK);
    assert_int_equal(sdp.media_count, SDP_MEDIA_MAX);
    assert_int_equal(sdp.anomalies, 0);
    heap_block_free(body);

    body = repeat(SESSION C4, "m=audio 4000 RTP/AVP 8\r\na=inactive\r\n", 1500);
    assert_int_equal(sdp_parse(&sdp, body), SDP_PARSE_OK);
    assert_int_equal(sdp.media_count, SDP_MEDIA_MAX);
    assert_int_equal(sdp.anomalies, F(MEDIA_LIMIT));
    heap_block_free(body);

    body = repeat(SESSION C4 "m=audio 4000 RTP/AVP", " 96", SDP_FORMATS_PER_MEDIA);
    assert_int_equal(sdp_parse(&sdp, body), SDP_PARSE_OK);
    assert_int_equal(sdp.media[0].format_count, SDP_FORMATS_PER_MEDIA);
    assert_int_equal(sdp.anomalies, 0);
    heap_block_free(body);

    body = repeat(SESSION C4 "m=audio 4000 RTP/AVP", " 96", 20000);
    assert_int_equal(sdp_parse(&sdp, body), SDP_PARSE_OK);
    assert_int_equal(sdp.media[0].format_count, SDP_FORMATS_PER_MEDIA);
    assert_int_equal(sdp.anomalies, F(FORMAT_LIMIT));
    heap_block_free(body);

    body = repeat(SESSION C4, "m=audio 4000 RTP/AVP 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\r\n", 17);
    assert_int_equal(sdp_parse(&sdp, body), SDP_PARSE_OK);
    assert_int_equal(sdp.format_count, SDP_FORMATS_MAX);
    assert_int_equal(sdp.media[16].format_count, 0);
    assert_int_equal(sdp.anomalies, F(FORMAT_LIMIT));
    heap_block_free(body);

    body = repeat(SESSION C4 "m=", "a", 1024);
    assert_int_equal(sdp_parse(&sdp, body), SDP_PARSE_OK);
    assert_int_equal(sdp.anomalies, F(BAD_MEDIA));
    heap_block_free(body);

    body = repeat(SESSION, "a", SDP_MAX_BYTES);
    assert_int_equal(sdp_parse(&sdp, body), SDP_PARSE_TOO_LONG);
    assert_int_equal(sdp.media_count, 0);
    heap_block_free(body);
}

static void test_static_payloads(void **state)
{
    (void)state;
    assert_text(sdp_static_payload(0)->name, "PCMU");
    assert_int_equal(sdp_static_payload(9)->clock_rate_hz, 8000);
    assert_int_equal(sdp_static_payload(10)->channels, 2);
    assert_int_equal(sdp_static_payload(34)->type, SDP_VIDEO);
    assert_null(sdp_static_payload(1));
    assert_null(sdp_static_payload(35));
    assert_null(sdp_static_payload(96));
    assert_null(sdp_static_payload(UINT32_MAX));
}

static void test_find_body(void **state)
{
    /* clang-format off */
    static const struct {
        const char *name, *type, *body, *is;
    } rows[] = {
        { "plain", "application/sdp", "v=0", "v=0" },
        { "case and parameters", "Application/SDP ; x=y", "v=0", "v=0" },
        { "no type", NULL, "v=0\r\n", "v=0\r\n" },
        { "no type, no SDP", NULL, "hello", NULL },
        { "another type", "application/unknown", "v=0", NULL },
        { "first part", "multipart/mixed;boundary=b1", "--b1\r\nContent-Type: application/sdp\r\n\r\n"
          "v=0\r\ns=x\r\n--b1\r\nContent-Type: a/b\r\n\r\n\x01\x02\r\n--b1--\r\n", "v=0\r\ns=x" },
        { "second part, quoted boundary, preamble", "MULTIPART/mixed; x=y; BOUNDARY=\"b 1\"",
          "read me\r\n--b 1\r\n\r\nplain\r\n--b 1  \r\nc: application/sdp;q=1\r\nContent-ID: z\r\n\r\nv=0\r\n\r\n--b 1--",
          "v=0\r\n" },
        { "nested", "multipart/mixed;boundary=o", "--o\nContent-Type: multipart/alternative;boundary=i\n\n"
          "--i\nContent-Type: text/plain\n\nx\n--i--\n\n--o\nContent-Type: multipart/alternative;boundary=j\n\n"
          "--j\nContent-Type: application/sdp\n\nv=0\n--j--\n--o--\n", "v=0" },
        { "no closing boundary", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n",
          "v=0\r\n" },
        { "a part of no bytes", "multipart/mixed;boundary=b", "--b\r\n--b\r\n\r\n--b--", NULL },
        { "an empty SDP", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n\r\n--b--", NULL },
        { "a longer boundary is another one", "multipart/mixed;boundary=b",
          "--bb\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--bb--", NULL },
        { "headers without end", "multipart/mixed;boundary=b", "--b\r\nContent-Type: application/sdp\r\n--b--", NULL },
        { "no boundary", "multipart/mixed", "--\r\nContent-Type: application/sdp\r\n\r\nv=0", NULL },
        { "an empty boundary", "multipart/mixed;boundary=\"\"", "--\r\nContent-Type: application/sdp\r\n\r\nv=0", NULL },
        { "no body", "multipart/mixed;boundary=b", "", NULL },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice body = heap_block(slice_of_text(rows[i].body));
        struct slice type = rows[i].type ? heap_block(slice_of_text(rows[i].type)) : SLICE_ABSENT;

        print_message("  %s\n", rows[i].name);
        assert_text(sdp_find_body(type, body), rows[i].is);
        for (size_t n = 0; n < body.len; n++) {
            struct slice cut = heap_block(slice_of(body.p, n)), found = sdp_find_body(type, cut);

            assert_true(!found.p || (found.p >= cut.p && found.p + found.len <= cut.p + cut.len));
            heap_block_free(cut);
        }
        heap_block_free(type);
        heap_block_free(body);
    }
}

/* Ten multiparts in one another, each with the same words: only the first few are opened. */
static void test_multipart_depth(void **state)
{
    struct slice body = repeat("", "--b\nContent-Type: multipart/mixed;boundary=b\n\n", 1200);
    struct slice type = SLICE("multipart/mixed;boundary=b");

    (void)state;
    assert_null(sdp_find_body(type, body).p);
    heap_block_free(body);
}

static void test_cuts(void **state)
{
    static const char text[] = SESSION C4
        "m=audio 4000/2 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000/1\r\na=fmtp:101 0-16\r\n"
        "a=rtcp:4001 IN IP4 192.0.2.1\r\na=ptime:2.55\r\nm=image 5000 udptl t38\r\nc=IN IP6 "
        "::1/3\r\n";

    (void)state;
    for (size_t from = 0; from < sizeof text; from++) {
        for (size_t n = 0; from + n < sizeof text; n++) {
            struct slice block = heap_block(slice_of(text + from, n));
            struct sdp sdp;

            sdp_parse(&sdp, block);
            for (unsigned i = 0; i < sdp.format_count; i++)
                assert_true(sdp.formats[i].payload_type < 128 ||
                            sdp.formats[i].payload_type == SDP_PAYLOAD_NONE);
            heap_block_free(block);
        }
    }
}

/* ICE, bundles and SSRCs: what is read, and which anomalies say that it is not all. */
static void test_ice_and_bundles(void **state)
{
    static const char text[] = SESSION C4
        "a=group:BUNDLE a v\r\na=group:LS z\r\nm=audio 4000 RTP/AVP 0\r\na=mid:a\r\n"
        "a=candidate:1 1 UDP 99 10.0.1.1 8998 typ host\r\n"
        "a=candidate:2 2 udp 98 2001:db8::3 45664 typ srflx raddr 10.0.1.1 rport 8998\r\n"
        "a=candidate:3 1 TCP 9 192.0.2.9 9 typ host\r\n"
        "a=candidate:4 1 UDP 9 x.local 5353 typ host\r\n"
        "a=remote-candidates:1 192.0.2.3 45664 2 192.0.2.3 45665\r\n"
        "a=ssrc:1 cname:x\r\na=ssrc:1 msid:y\r\na=ssrc:4294967295 cname:x\r\n"
        "m=video 0 RTP/AVP 100\r\na=mid:v\r\na=bundle-only\r\na=ssrc:7\r\n"
        "m=audio 4010 RTP/AVP 0\r\na=mid:w\r\n";
    static const struct {
        const char *addr;
        uint8_t kind, component;
    } candidates[] = {
        { "10.0.1.1:8998", SDP_CANDIDATE_HOST, 1 },
        { "[2001:db8::3]:45664", SDP_CANDIDATE_SRFLX, 2 },
        { "192.0.2.3:45664", SDP_CANDIDATE_REMOTE, 1 },
        { "192.0.2.3:45665", SDP_CANDIDATE_REMOTE, 2 },
    };
    struct slice block = heap_block(slice_of_text(text));
    struct sdp sdp;

    (void)state;
    memset(&sdp, 0xa5, sizeof sdp);
    assert_int_equal(sdp_parse(&sdp, block), SDP_PARSE_OK);
    assert_int_equal(sdp.anomalies, 0);
    assert_int_equal(sdp.media_count, 3);
    assert_int_equal(sdp.candidate_count, 4);
    assert_int_equal(sdp.media[0].candidate_count, 4);
    for (unsigned i = 0; i < 4; i++) {
        assert_addr(&sdp.candidates[i].addr, candidates[i].addr);
        assert_int_equal(sdp.candidates[i].kind, candidates[i].kind);
        assert_int_equal(sdp.candidates[i].component, candidates[i].component);
    }
    assert_true(sdp.media[0].ice && !sdp.media[1].ice);
    assert_int_equal(sdp.media[0].ssrc_count, 2);
    assert_true(sdp.ssrcs[0] == 1 && sdp.ssrcs[1] == UINT32_MAX && sdp.ssrcs[2] == 7);
    assert_int_equal(sdp.media[1].first_ssrc, 2);
    assert_text(sdp.media[1].mid, "v");
    assert_true(sdp.media[0].bundle == 1 && sdp.media[1].bundle == 1 && sdp.media[2].bundle == 0);
    assert_true(sdp.media[1].disabled && sdp.media[1].bundle_only);
    heap_block_free(block);
}

/* One wrong line each; none of them is kept. */
static void test_candidates_that_are_none(void **state)
{
    static const char *const lines[] = {
        "candidate:",
        "candidate:1 1 UDP 1 192.0.2.1 0 typ host",
        "candidate:1 0 UDP 1 192.0.2.1 1 typ host",
        "candidate:1 1 UDP 1 192.0.2.1 65536 typ host",
        "candidate:1 1 UDP 1 192.0.2.1 1 type host",
        "candidate:1 1 UDP 1 192.0.2.1 1 typ",
        "remote-candidates:1 192.0.2.3",
        "ssrc:4294967296 cname:x",
        "ssrc:x",
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct sdp sdp;
        struct slice block;
        char text[300];

        snprintf(text, sizeof text, SESSION C4 PCMA_LINE "a=%s\r\n", lines[i]);
        block = heap_block(slice_of_text(text));
        assert_int_equal(sdp_parse(&sdp, block), SDP_PARSE_OK);
        if (sdp.anomalies != F(BAD_ATTRIBUTE) || sdp.candidate_count || sdp.ssrc_count)
            fail_msg("%s: anomalies %x", lines[i], (unsigned)sdp.anomalies);
        heap_block_free(block);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_ice_and_bundles),
        cmocka_unit_test(test_candidates_that_are_none),
        cmocka_unit_test(test_oddities),
        cmocka_unit_test(test_two_families),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_static_payloads),
        cmocka_unit_test(test_find_body),
        cmocka_unit_test(test_multipart_depth),
        cmocka_unit_test(test_cuts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
