#include "probe/decap/websocket.h"
#include "tests/unit/random.h"
#include "tests/unit/tcp_scene.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define A     "OPTIONS sip:a@example.com SIP/2.0\r\nCall-ID: a\r\n\r\n"
#define B     "SIP/2.0 200 OK\r\nCall-ID: b\r\n\r\n"
#define GET   "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\n"
#define SIP   "Sec-WebSocket-Protocol: msrp, SIP\r\n"
#define CHAT  "Sec-WebSocket-Protocol: chat\r\n"
#define GRANT "HTTP/1.1 101 Switching Protocols\r\nupgrade:websocket\r\n"

/* upgrade */

static void upgrades_are_read(void **state)
{
    static const struct {
        struct slice head;
        enum websocket_upgrade want;
    } cases[] = {
        { SLICE_INIT(GET SIP "\r\n"), WEBSOCKET_UPGRADE_SIP },
        { SLICE_INIT(GET "\r\n"), WEBSOCKET_UPGRADE },
        { SLICE_INIT(GET CHAT "\r\n"), WEBSOCKET_UPGRADE_OTHER },
        { SLICE_INIT(GET CHAT SIP "\r\n"), WEBSOCKET_UPGRADE_SIP },
        { SLICE_INIT(GRANT SIP "\r\n"), WEBSOCKET_UPGRADE_SIP },
        { SLICE_INIT(GRANT "\r\n"), WEBSOCKET_UPGRADE },
        { SLICE_INIT("GET / HTTP/1.1\nUpgrade: h2c, websocket\n\n"), WEBSOCKET_UPGRADE },
        { SLICE_INIT("GET / HTTP/1.1\r\nHost: websocket\r\n\r\n"), WEBSOCKET_UPGRADE_NONE },
        { SLICE_INIT("POST / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), WEBSOCKET_UPGRADE_NONE },
        { SLICE_INIT("HTTP/1.1 200 OK\r\nUpgrade: websocket\r\n\r\n"), WEBSOCKET_UPGRADE_NONE },
        { SLICE_INIT("GET"), WEBSOCKET_UPGRADE_NONE },
        { SLICE_INIT(""), WEBSOCKET_UPGRADE_NONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t n = 0; n <= cases[i].head.len; n++) {
            struct slice block = heap_block(slice_of(cases[i].head.p, n));
            enum websocket_upgrade got = websocket_upgrade_read(block);

            if (n == cases[i].head.len)
                assert_int_equal(got, cases[i].want);
            heap_block_free(block);
        }
    }
}

/* frames */

enum { FIN = 0x80, RSV1 = 0x40, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

/* Any length in any of the three forms. form: 7, 16 or 64 bits. */
static void add_frame(struct strbuf *out, unsigned first, bool masked, unsigned form,
                      struct slice payload)
{
    static const uint8_t mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    unsigned code = form == 64 ? 127 : form == 16 ? 126 : (unsigned)payload.len;

    strbuf_add_char(out, (char)first);
    strbuf_add_char(out, (char)(code | (masked ? 0x80u : 0)));
    for (unsigned bits = form > 7 ? form : 0; bits; bits -= 8)
        strbuf_add_char(out, (char)((uint64_t)payload.len >> (bits - 8)));
    if (masked)
        strbuf_add(out, mask, 4);
    for (size_t i = 0; i < payload.len; i++)
        strbuf_add_char(out, (char)(payload.p[i] ^ (masked ? mask[i % 4] : 0)));
}

/* The messages of a direction, each in [], pings as !; "bad" at the end. */
static void read_all(struct strbuf *out, struct slice stream, size_t most)
{
    struct websocket w = { .left = 0 };
    struct websocket_piece piece;
    size_t at = 0;

    while (at < stream.len) {
        size_t n = stream.len - at < most ? stream.len - at : most;
        struct slice block = heap_block(slice_of(stream.p + at, n)), rest = block;
        enum websocket_step step;

        while ((step = websocket_next(&w, &rest, &piece)) != WEBSOCKET_MORE) {
            struct slice text;

            if (step == WEBSOCKET_BAD)
                break;
            text = heap_block(piece.payload);
            if (step == WEBSOCKET_PIECE) {
                if (piece.begins)
                    strbuf_add_text(out, piece.compressed ? "[~" : "[");
                if (piece.masked) {
                    struct strbuf plain = { .p = NULL };

                    strbuf_add_slice(&plain, text);
                    if (plain.len)
                        websocket_unmask((uint8_t *)plain.p, plain.len, piece.mask);
                    strbuf_add_slice(out, strbuf_slice(&plain));
                    strbuf_fini(&plain);
                } else {
                    strbuf_add_slice(out, text);
                }
                if (piece.ends)
                    strbuf_add_text(out, "]");
            } else if (piece.ends) {
                strbuf_add_text(out, "!");
            }
            heap_block_free(text);
        }
        heap_block_free(block);
        if (step == WEBSOCKET_BAD) {
            strbuf_add_text(out, "bad");
            return;
        }
        at += n;
    }
}

static void expect_read(const struct strbuf *stream, const char *want)
{
    for (size_t most = 1; most < 40; most++) {
        struct strbuf got = { .p = NULL };

        read_all(&got, strbuf_slice(stream), most);
        if (!slice_eq(strbuf_slice(&got), slice_of_text(want)))
            print_message("by %zu: %s, not %s\n", most, got.p ? got.p : "nothing", want);
        assert_true(slice_eq(strbuf_slice(&got), slice_of_text(want)));
        strbuf_fini(&got);
    }
}

static void frames_are_read(void **state)
{
    static const unsigned forms[] = { 7, 16, 64 };

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct strbuf s = { .p = NULL };
        bool masked = i % 2;

        add_frame(&s, FIN | TEXT, masked, forms[i / 2], SLICE("hello"));
        add_frame(&s, BINARY, masked, forms[i / 2], SLICE("he"));
        add_frame(&s, FIN | PING, masked, 7, SLICE("ping"));
        add_frame(&s, 0, masked, forms[i / 2], SLICE(""));
        add_frame(&s, 0, masked, forms[i / 2], SLICE("l"));
        add_frame(&s, FIN | PONG, masked, 7, SLICE(""));
        add_frame(&s, FIN, masked, forms[i / 2], SLICE("lo"));
        add_frame(&s, FIN | TEXT, masked, forms[i / 2], SLICE(""));
        add_frame(&s, FIN | CLOSE, masked, 7, SLICE("\x03\xe8"));
        expect_read(&s, "[hello][he!l!lo][]!");
        strbuf_fini(&s);
    }
}

static void frames_that_cannot_be_are_refused(void **state)
{
    static const struct {
        struct slice bytes;
        const char *want;
    } cases[] = {
        { SLICE_INIT("\x91\x00"), "bad" },               /* RSV3 */
        { SLICE_INIT("\xa1\x00"), "bad" },               /* RSV2 */
        { SLICE_INIT("\xc1\x01x\x81\x01y"), "[~x][y]" }, /* RSV1: compressed */
        { SLICE_INIT("\xc9\x00"), "bad" },               /* a compressed ping */
        { SLICE_INIT("\x83\x00"), "bad" },               /* opcode 3 */
        { SLICE_INIT("\x8b\x00"), "bad" },               /* opcode 11 */
        { SLICE_INIT("\x80\x00"), "bad" },               /* goes on with nothing */
        { SLICE_INIT("\x01\x01x\x81\x01y"), "[xbad" },   /* a message within a message */
        { SLICE_INIT("\x09\x00"), "bad" },               /* a ping in pieces */
        { SLICE_INIT("\x89\x7e\x00\x7e"), "bad" },       /* a ping of 126 bytes */
        { SLICE_INIT("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), "bad" },
        { SLICE_INIT("\x81\x7f\x80\x00\x00\x00\x00\x00\x00\x00"), "bad" },
        { SLICE_INIT("\x81\x7f\x00\x00\x00\x00\x01\x00\x00\x01"), "bad" }, /* 16 MiB + 1 */
        { SLICE_INIT("\x81\x7f\x00\x00\x00\x00\x01\x00\x00\x00x"), "[x" },
        { SLICE_INIT("\x81\x05hel"), "[hel" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct strbuf s = { .p = NULL };

        strbuf_add_slice(&s, cases[i].bytes);
        expect_read(&s, cases[i].want);
        strbuf_fini(&s);
    }
}

static void a_frame_of_sip_is_recognised(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        struct strbuf s = { .p = NULL };

        add_frame(&s, FIN | TEXT, i & 1, i & 2 ? 16 : 7, SLICE(A));
        for (size_t n = 0; n < s.len; n++) {
            struct slice block = heap_block(slice_of(s.p, n));

            /* "OPTIONS sip:" tells it. */
            assert_int_equal(websocket_looks_like_sip(block), n >= s.len - strlen(A) + 12);
            heap_block_free(block);
        }
        strbuf_fini(&s);
        add_frame(&s, FIN | TEXT, i & 1, 7, SLICE("hello"));
        assert_false(websocket_looks_like_sip(strbuf_slice(&s)));
        strbuf_fini(&s);
    }
    assert_false(websocket_looks_like_sip(SLICE(A)));
    assert_false(websocket_looks_like_sip(SLICE("BYE sip:a@b SIP/2.0\r\n")));
}

/* in a TCP connection */

static struct scene scene;

static int setup(void **state)
{
    scene_open(&scene);
    scene.dst_port = 8080;
    scene_start(&scene);
    *state = &scene;
    return 0;
}

static int teardown(void **state)
{
    scene_close(*state);
    return 0;
}

#define SEND(seq, flags, text) scene_send(s, (seq), (flags), SLICE(text))

static void expect_unit(const struct scene *s, size_t i, struct slice text)
{
    assert_true(i < s->units);
    assert_true(slice_eq(scene_unit_text(s, i), text));
    assert_int_equal(s->datagrams[i].transport, TRANSPORT_WS);
    assert_int_equal(s->datagrams[i].wire_bytes, text.len);
}

static uint32_t upgraded(struct scene *s, struct slice head)
{
    SEND(0, SCENE_SYN, "");
    assert_int_equal(scene_send(s, 1, 0, head), BIN_WEBSOCKET);
    return 1 + (uint32_t)head.len;
}

static void both_directions_of_a_connection(void **state)
{
    struct scene *s = *state;
    struct strbuf client = { .p = NULL }, server = { .p = NULL };
    uint32_t at = upgraded(s, SLICE(GET SIP "\r\n"));

    add_frame(&client, FIN | TEXT, true, 7, SLICE(A));
    add_frame(&client, FIN | BINARY, true, 16, SLICE("\r\n" B));
    assert_int_equal(scene_send(s, at, 0, strbuf_slice(&client)), BIN_COUNT);
    expect_unit(s, 0, SLICE(A));
    expect_unit(s, 1, SLICE("\r\n" B));
    assert_true(s->in_frame[0] && !s->in_current[0] && s->parts[0] == 0);
    scene_turn(s);
    at = upgraded(s, SLICE(GRANT SIP "\r\n"));
    add_frame(&server, FIN | PING, false, 7, SLICE("x"));
    assert_int_equal(scene_send(s, at, 0, strbuf_slice(&server)), BIN_WEBSOCKET);
    at += (uint32_t)server.len;
    strbuf_reset(&server);
    add_frame(&server, FIN | TEXT, false, 7, SLICE("\r\n\r\n"));
    add_frame(&server, FIN | TEXT, false, 64, SLICE(B));
    assert_int_equal(scene_send(s, at, 0, strbuf_slice(&server)), BIN_COUNT);
    assert_int_equal(s->units, 3);
    expect_unit(s, 2, SLICE(B));
    assert_true(s->in_current[2]); /* not masked: not copied */
    strbuf_fini(&client);
    strbuf_fini(&server);
}

static void what_is_not_for_sip_is_left_alone(void **state)
{
    struct scene *s = *state;
    struct strbuf frames = { .p = NULL };
    uint32_t at;

    add_frame(&frames, FIN | TEXT, false, 7, SLICE(A));
    at = upgraded(s, SLICE(GET CHAT)) + 2;
    assert_int_equal(SEND(at - 2, 0, "\r\n"), BIN_TCP);
    assert_int_equal(scene_send(s, at, 0, strbuf_slice(&frames)), BIN_TCP);
    /* No subprotocol, and nothing but chat: 32 messages, then no more. */
    s->src_port++;
    at = upgraded(s, SLICE(GET "\r\n"));
    for (int i = 0; i < 40; i++)
        assert_int_equal(SEND(at + 4 * (uint32_t)i, 0, "\x81\x02hi"),
                         i < 31 ? BIN_WEBSOCKET : BIN_TCP);
    assert_int_equal(scene_send(s, at + 160, 0, strbuf_slice(&frames)), BIN_TCP);
    /* An upgrade after other requests of the same connection. */
    s->src_port++;
    SEND(0, SCENE_SYN, "");
    assert_int_equal(SEND(1, 0, "GET / HTTP/1.1\r\n\r\n"), BIN_TCP);
    assert_int_equal(SEND(19, 0, GET SIP "\r\n"), BIN_WEBSOCKET);
    assert_int_equal(scene_send(s, 19 + sizeof GET SIP "\r\n" - 1, 0, strbuf_slice(&frames)),
                     BIN_COUNT);
    assert_int_equal(s->units, 1);
    strbuf_fini(&frames);
}

static void a_connection_joined_in_the_middle(void **state)
{
    struct scene *s = *state;
    struct strbuf frames = { .p = NULL };

    add_frame(&frames, FIN | TEXT, true, 7, SLICE(A));
    for (uint32_t i = 0; i < 30; i++) /* silent for long */
        assert_int_equal(SEND(1 + 2 * i, 0, "\x89\x00"), BIN_TCP);
    assert_int_equal(scene_send(s, 61, 0, strbuf_slice(&frames)), BIN_COUNT);
    expect_unit(s, 0, SLICE(A));
    assert_int_equal(scene_send(s, 61 + (uint32_t)frames.len, 0, slice_of(frames.p, 20)),
                     BIN_WEBSOCKET);
    assert_int_equal(
        scene_send(s, 81 + (uint32_t)frames.len, 0, slice_of(frames.p + 20, frames.len - 20)),
        BIN_COUNT);
    expect_unit(s, 1, SLICE(A));
    assert_int_equal(s->part_mask[1], UINT64_C(1) << 31);
    strbuf_fini(&frames);
}

/* A hole within a frame's payload costs one message; one across frames, those until a frame begins
 * with a segment. */
static void a_hole_costs_what_is_in_it(void **state)
{
    struct scene *s = *state;
    struct strbuf frames = { .p = NULL };
    uint32_t at = upgraded(s, SLICE(GRANT SIP "\r\n")), len;

    add_frame(&frames, FIN | TEXT, false, 7, SLICE(B));
    add_frame(&frames, FIN | TEXT, false, 7, SLICE(A));
    len = (uint32_t)frames.len;
    scene_send(s, at, 0, slice_of(frames.p, 20));
    scene_send(s, at + 25, 0, slice_of(frames.p + 25, len - 25));
    scene_wait(s, 3 * SCENE_S);
    assert_int_equal(s->units, 2);
    assert_true(slice_eq(scene_unit_text(s, 0), slice_of(B, 18)));
    assert_true(s->datagrams[0].wire_bytes > 18);
    expect_unit(s, 1, SLICE(A));
    at += len;
    scene_send(s, at + 10, 0, slice_of(frames.p + 10, len - 10));
    scene_send(s, at + len, 0, strbuf_slice(&frames));
    scene_wait(s, 3 * SCENE_S);
    assert_int_equal(s->units, 4);
    expect_unit(s, 3, SLICE(A));
    strbuf_fini(&frames);
}

static void compressed_messages_are_refused_once(void **state)
{
    struct scene *s = *state;
    struct strbuf frames = { .p = NULL };
    uint32_t at = upgraded(s, SLICE(GET SIP "\r\n"));

    for (int i = 0; i < 5; i++)
        add_frame(&frames, FIN | RSV1 | TEXT, true, 7, SLICE("\xf2\x48"));
    add_frame(&frames, FIN | TEXT, true, 7, SLICE(A));
    assert_int_equal(scene_send(s, at, 0, strbuf_slice(&frames)), BIN_COUNT);
    assert_int_equal(s->counters.refusals[REFUSAL_WEBSOCKET_MALFORMED], 1);
    assert_int_equal(s->units, 1);
    assert_int_equal(SEND(at + (uint32_t)frames.len, 0, "\x83"), BIN_WEBSOCKET);
    assert_int_equal(SEND(at + (uint32_t)frames.len + 1, 0, "\x00"), BIN_TCP);
    strbuf_fini(&frames);
}

static void a_message_without_end_is_skipped(void **state)
{
    struct scene *s = *state;
    struct strbuf frames = { .p = NULL }, body = { .p = NULL };
    uint32_t at = upgraded(s, SLICE(GET SIP "\r\n"));

    scene_add_message(&body, 1, 30000);
    add_frame(&frames, TEXT, true, 16, strbuf_slice(&body));
    for (int i = 0; i < 4; i++)
        add_frame(&frames, 0, true, 16, strbuf_slice(&body));
    add_frame(&frames, FIN, true, 16, SLICE(""));
    add_frame(&frames, FIN | TEXT, true, 16, SLICE(A));
    for (size_t i = 0; i < frames.len; i += 1000)
        scene_send(s, at + (uint32_t)i, 0,
                   slice_of(frames.p + i, frames.len - i < 1000 ? frames.len - i : 1000));
    assert_int_equal(s->counters.refusals[REFUSAL_SIP_TOO_LONG], 1);
    assert_int_equal(s->units, 1);
    expect_unit(s, 0, SLICE(A));
    assert_true(tcp_stats(s->tcp)->waiting_bytes < 200);
    strbuf_fini(&frames);
    strbuf_fini(&body);
}

/* property: any messages in any frames, cut and shuffled, come out. */
static void any_frames_give_the_messages(void **state)
{
    struct scene *s = *state;

    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct random r = { seed };
        struct strbuf stream = { .p = NULL }, messages = { .p = NULL };
        unsigned n = 1 + random_below(&r, 20);
        size_t ends[20];

        scene_forget_units(s);
        s->src_port = (uint16_t)seed;
        strbuf_add_text(&stream, GET "\r\n");
        for (unsigned i = 0; i < n; i++) {
            size_t at = messages.len;
            bool first = true;

            scene_add_message(&messages, i, random_below(&r, 400));
            ends[i] = messages.len;
            while (first || at < ends[i]) {
                size_t left = ends[i] - at, len = random_below(&r, 900);
                bool fin = len >= left;

                len = fin ? left : len;
                add_frame(&stream, (first ? TEXT : 0) | (fin ? FIN : 0u), random_hits(&r, 0.5),
                          len > 125              ? 16
                          : random_hits(&r, 0.5) ? 7
                                                 : 64,
                          slice_of(messages.p + at, len));
                at += len;
                first = false;
                if (random_hits(&r, 0.2))
                    add_frame(&stream, FIN | PING, random_hits(&r, 0.5), 7, SLICE("are you there"));
            }
        }
        SEND(0, SCENE_SYN, "");
        for (size_t at = 0, most = 1 + random_below(&r, 2000); at < stream.len;) {
            size_t a = 1 + random_below(&r, (uint32_t)most), b;

            a = a > stream.len - at ? stream.len - at : a;
            b = 1 + random_below(&r, (uint32_t)most);
            b = b > stream.len - at - a ? stream.len - at - a : b;
            scene_send(s, (uint32_t)(1 + at + a), 0, slice_of(stream.p + at + a, b));
            scene_send(s, (uint32_t)(1 + at), 0, slice_of(stream.p + at, a));
            at += a + b;
        }
        if (s->units != n)
            print_message("seed %u\n", (unsigned)seed);
        assert_int_equal(s->units, n);
        for (unsigned i = 0; i < n; i++) {
            size_t begin = i ? ends[i - 1] : 0;

            expect_unit(s, i, slice_of(messages.p + begin, ends[i] - begin));
        }
        strbuf_fini(&stream);
        strbuf_fini(&messages);
    }
    assert_int_equal(s->counters.refusals[REFUSAL_WEBSOCKET_MALFORMED], 0);
    scene_finish(s);
    assert_int_equal(tcp_stats(s->tcp)->waiting_bytes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upgrades_are_read),
        cmocka_unit_test(frames_are_read),
        cmocka_unit_test(frames_that_cannot_be_are_refused),
        cmocka_unit_test(a_frame_of_sip_is_recognised),
        TEST(both_directions_of_a_connection),
        TEST(what_is_not_for_sip_is_left_alone),
        TEST(a_connection_joined_in_the_middle),
        TEST(a_hole_costs_what_is_in_it),
        TEST(compressed_messages_are_refused_once),
        TEST(a_message_without_end_is_skipped),
        TEST(any_frames_give_the_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
