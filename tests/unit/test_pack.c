/* Packing: what went in comes out, whatever it was; and what nobody packed is refused. */
#include "storage/packets/media_chunk.h"
#include "storage/packets/pack.h"
#include "storage/packets/pack_bits.h"
#include "storage/packets/pack_stream.h"
#include "storage/packets/packet_log.h"
#include "tests/unit/pack_traffic.h"
#include "tests/unit/store_fixture.h"

enum { ROUNDS = 400, ROOM = 64 << 10 };

struct stored {
    struct media_encoder *encoder;
    uint8_t *raw; /* CHUNK_RAW_MAX */
    size_t raw_bytes;
    struct chunk_header header;
    uint8_t *media, *audio; /* exactly as long as they are; audio NULL: none */
    size_t media_bytes, audio_bytes;
};

static int setup(void **state)
{
    struct stored *s = calloc(1, sizeof *s);

    assert_non_null(s);
    s->raw = malloc(CHUNK_RAW_MAX);
    assert_non_null(s->raw);
    assert_int_equal(media_encoder_new(&s->encoder), 0);
    *state = s;
    return 0;
}

static void forget(struct stored *s)
{
    free(s->media);
    free(s->audio);
    s->media = s->audio = NULL;
    s->audio_bytes = 0;
}

static int teardown(void **state)
{
    struct stored *s = *state;

    forget(s);
    media_encoder_free(s->encoder);
    free(s->raw);
    free(s);
    return 0;
}

static uint8_t *copy_of(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);

    assert_non_null(copy);
    memcpy(copy, p, n);
    return copy;
}

/* Encodes s->raw. */
static void store(struct stored *s, int64_t first, int64_t last, uint32_t frames)
{
    size_t room = CHUNK_HEADER_BYTES + chunk_bound(CHUNK_RAW_MAX);
    uint8_t *out = malloc(room);
    const uint8_t *audio;

    assert_non_null(out);
    forget(s);
    s->header = (struct chunk_header){ .id = 77,
                                       .first_time = first,
                                       .last_time = last,
                                       .frames = frames,
                                       .link_type = 1,
                                       .raw_bytes = (uint32_t)s->raw_bytes,
                                       .kind = PACKET_MEDIA };
    s->audio_bytes = media_chunk_split(s->encoder, &s->header, s->raw, &audio);
    if (s->audio_bytes)
        s->audio = copy_of(audio, s->audio_bytes);
    s->media_bytes = media_chunk_encode(s->encoder, &s->header, s->raw, 3, 4711, out, room);
    s->media = copy_of(out, s->media_bytes);
    free(out);
}

static enum chunk_parse load(const struct stored *s, bool with_audio, struct chunk_header *h,
                             uint8_t *raw)
{
    return media_chunk_decode(bytes_of(s->media, s->media_bytes),
                              with_audio ? bytes_of(s->audio, s->audio_bytes) : bytes_of(NULL, 0),
                              h, raw);
}

static void comes_back(const struct stored *s, uint64_t seed)
{
    uint8_t *raw = malloc(CHUNK_RAW_MAX);
    struct chunk_header h;

    assert_non_null(raw);
    if (load(s, true, &h, raw) != CHUNK_OK || h.raw_bytes != s->raw_bytes || h.cut_frames != 0 ||
        memcmp(raw, s->raw, s->raw_bytes) != 0)
        fail_msg("seed %llu does not come back", (unsigned long long)seed);
    free(raw);
}

/* Without the payloads: as many frames, of the same times and lengths on the wire, each the beginning of
 * what it was, but for a UDP checksum that nobody can tell. */
static void comes_back_cut(const struct stored *s, uint64_t seed)
{
    uint8_t *raw = malloc(CHUNK_RAW_MAX);
    struct chunk_reader whole = chunk_reader_of(s->raw, s->raw_bytes), cut;
    struct chunk_header h;
    uint32_t cut_frames = 0;

    assert_non_null(raw);
    assert_int_equal(load(s, false, &h, raw), CHUNK_OK);
    cut = chunk_reader_of(raw, h.raw_bytes);
    while (chunk_read(&whole) == CHUNK_FRAME) {
        unsigned differ = 0;

        assert_int_equal(chunk_read(&cut), CHUNK_FRAME);
        assert_true(cut.frame.time_ns == whole.frame.time_ns);
        assert_int_equal(cut.frame.wire_bytes, whole.frame.wire_bytes);
        assert_true(cut.frame.captured_bytes <= whole.frame.captured_bytes);
        cut_frames += cut.frame.captured_bytes < whole.frame.captured_bytes;
        for (uint32_t i = 0; i < cut.frame.captured_bytes; i++)
            differ += cut.frame.data[i] != whole.frame.data[i] && cut.frame.data[i] == 0;
        for (uint32_t i = 0; i < cut.frame.captured_bytes; i++)
            if (cut.frame.data[i] != whole.frame.data[i] && cut.frame.data[i] != 0)
                fail_msg("seed %llu: a header came back otherwise", (unsigned long long)seed);
        assert_true(differ <= 4);
    }
    assert_int_equal(chunk_read(&cut), CHUNK_END);
    assert_int_equal(h.cut_frames, cut_frames);
    free(raw);
}

static void frames_of_all_shapes_come_back(void **state)
{
    struct stored *s = *state;
    unsigned packed = 0, apart = 0;

    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct random r = { seed };
        int64_t first, last;
        uint32_t frames;

        s->raw_bytes = traffic_chunk(&r, s->raw, ROOM, 1 + random_below(&r, 120), FIXTURE_TIME,
                                     &first, &last, &frames);
        store(s, first, last, frames);
        packed += s->header.encoding >= CHUNK_PACKED;
        apart += s->audio != NULL;
        comes_back(s, seed);
        comes_back_cut(s, seed);
    }
    assert_true(packed > ROUNDS * 9 / 10);
    assert_true(apart > ROUNDS / 2);
}

static struct wire plain_wire(void)
{
    return (struct wire){ .link = LINK_ETHERNET,
                          .ids = IDS_ONE,
                          .sums = SUMS_RIGHT,
                          .content = WIRE_RTP,
                          .sport = 10000,
                          .dport = 20000,
                          .payload_bytes = 160,
                          .ssrc = 0x1234567,
                          .snaplen = TRAFFIC_FRAME_MAX,
                          .next_ns = FIXTURE_TIME,
                          .resolution = 1000,
                          .address = 10 };
}

/* `frames` frames of one wire. */
static void run_wire(struct stored *s, struct wire *w, unsigned frames)
{
    struct random r = { 5 };

    s->raw_bytes = 0;
    for (unsigned i = 0; i < frames; i++)
        s->raw_bytes += wire_next(w, &r, s->raw + s->raw_bytes);
    store(s, FIXTURE_TIME, FIXTURE_TIME + 20000000 * (int64_t)frames, frames);
    comes_back(s, 0);
}

/* What each kind of stream may cost a packet beside its payload, chunk headers left out. */
static void headers_cost_little(void **state)
{
    static const struct {
        const char *name;
        uint8_t link, tunnel, ids, sums;
        bool v6;
        uint32_t jitter_ns, snaplen;
        double most; /* bytes a packet */
    } cases[] = {
        { "even", LINK_ETHERNET, TUNNEL_NONE, IDS_ONE, SUMS_RIGHT, false, 0, 2048, 1.5 },
        { "jitter of 1 ms", LINK_ETHERNET, TUNNEL_NONE, IDS_ZERO, SUMS_RIGHT, false, 1000000, 2048,
          3 },
        { "VLAN, IPv6", LINK_VLAN, TUNNEL_NONE, IDS_ZERO, SUMS_RIGHT, true, 0, 2048, 1.7 },
        { "no link", LINK_NONE, TUNNEL_NONE, IDS_ONE, SUMS_ZERO, false, 0, 2048, 1.5 },
        { "offload", LINK_ETHERNET, TUNNEL_NONE, IDS_ONE, SUMS_OFFLOAD, false, 0, 2048, 1.5 },
        { "shared ids", LINK_ETHERNET, TUNNEL_NONE, IDS_SHARED, SUMS_RIGHT, false, 0, 2048, 3.5 },
        { "VXLAN", LINK_ETHERNET, TUNNEL_VXLAN, IDS_ZERO, SUMS_RIGHT, false, 0, 2048, 2 },
        { "ERSPAN", LINK_ERSPAN, TUNNEL_NONE, IDS_ONE, SUMS_RIGHT, false, 0, 2048, 7 },
        { "headers only", LINK_ETHERNET, TUNNEL_NONE, IDS_ONE, SUMS_RIGHT, false, 0, 54, 3.5 },
    };
    struct stored *s = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct wire w = plain_wire();
        double bytes;

        w.link = cases[i].link;
        w.tunnel = cases[i].tunnel;
        w.ids = cases[i].ids;
        w.sums = cases[i].sums;
        w.v6 = cases[i].v6;
        w.jitter_ns = cases[i].jitter_ns;
        w.snaplen = cases[i].snaplen;
        run_wire(s, &w, 120);
        bytes = (double)(s->media_bytes - CHUNK_HEADER_BYTES) / 120;
        if (bytes > cases[i].most)
            fail_msg("%s: %.2f bytes a packet", cases[i].name, bytes);
        assert_int_equal(s->audio != NULL, w.snaplen > 54);
    }
}

static void payloads_stand_apart_and_say_whose_they_are(void **state)
{
    struct stored *s = *state;
    struct wire w = plain_wire();
    struct media_audio place;
    struct chunk_header h, audio;
    uint8_t *raw = malloc(CHUNK_RAW_MAX);

    assert_non_null(raw);
    run_wire(s, &w, 50);
    assert_int_equal(load(s, false, &h, raw), CHUNK_OK);
    assert_int_equal(h.cut_frames, 50);
    assert_int_equal(h.raw_bytes, 50 * (CHUNK_FRAME_HEADER_BYTES + 54));
    media_chunk_audio(bytes_of(s->media, s->media_bytes), &h, &place);
    assert_int_equal(place.segment, 3);
    assert_int_equal(place.offset, 4711);
    assert_int_equal(place.stored_bytes, s->audio_bytes);
    assert_int_equal(place.payload_bytes, 50 * 160);
    assert_int_equal(chunk_check(bytes_of(s->audio, s->audio_bytes), &audio), CHUNK_OK);
    assert_int_equal(audio.kind, PACKET_AUDIO);
    assert_int_equal(audio.id, 77);
    assert_int_equal(audio.frames, 50);
    assert_true(audio.first_time == h.first_time && audio.last_time == h.last_time);
    assert_true(place.checksum == audio.checksum);
    assert_int_equal(media_chunk_check_audio(bytes_of(s->audio, s->audio_bytes), &place), CHUNK_OK);
    place.checksum++;
    assert_int_equal(media_chunk_check_audio(bytes_of(s->audio, s->audio_bytes), &place),
                     CHUNK_BAD_FIELD);
    free(raw);
}

/* Another chunk's payloads, damaged ones, a gravestone: the headers come back without them. */
static void wrong_payloads_are_none(void **state)
{
    struct stored *s = *state;
    struct wire w = plain_wire();
    uint8_t *raw = malloc(CHUNK_RAW_MAX), *other;
    size_t other_bytes;
    struct chunk_header h;

    assert_non_null(raw);
    run_wire(s, &w, 50);
    other = copy_of(s->audio, s->audio_bytes);
    other_bytes = s->audio_bytes;
    w.ssrc++;
    w.payload_bytes = 80;
    run_wire(s, &w, 50);
    assert_int_equal(media_chunk_decode(bytes_of(s->media, s->media_bytes),
                                        bytes_of(other, other_bytes), &h, raw),
                     CHUNK_OK);
    assert_int_equal(h.cut_frames, 50);
    s->audio[s->audio_bytes - 1] ^= 1;
    assert_int_equal(load(s, true, &h, raw), CHUNK_OK);
    assert_int_equal(h.cut_frames, 50);
    chunk_put_gravestone(s->audio, PACKET_AUDIO, (uint32_t)s->audio_bytes - CHUNK_HEADER_BYTES);
    assert_int_equal(load(s, true, &h, raw), CHUNK_OK);
    assert_int_equal(h.cut_frames, 50);
    free(other);
    free(raw);
}

/* What may be forgotten, and what has to stay to know how the call was. */
static void content_is_told_from_what_carries_it(void **state)
{
    static const struct {
        const char *name;
        uint8_t bytes[24];
        uint8_t length;
        enum pack_content content;
        uint8_t rtp_header;
    } cases[] = {
        { "RTP", { 0x80, 0x08 }, 24, PACK_CONTENT_RTP, 12 },
        { "RTP, two sources", { 0x82, 0x88 }, 24, PACK_CONTENT_RTP, 20 },
        { "RTP, an extension", { 0x90, 0x08, [15] = 2 }, 24, PACK_CONTENT_RTP, 24 },
        { "RTP, an extension that is cut", { 0x90, 0x08, [15] = 3 }, 24, PACK_CONTENT_OTHER, 0 },
        { "RTCP", { 0x81, 200 }, 24, PACK_CONTENT_KEPT, 0 },
        { "STUN", { 0, 1, 0, 4, 0x21, 0x12, 0xa4, 0x42 }, 24, PACK_CONTENT_KEPT, 0 },
        { "DTLS", { 22, 0xfe, 0xfd }, 24, PACK_CONTENT_KEPT, 0 },
        { "fax, packet 1", { 0, 1, 6 }, 24, PACK_CONTENT_OTHER, 0 },
        { "fax, packet 5632", { 22, 0, 6 }, 24, PACK_CONTENT_OTHER, 0 },
        { "one byte", { 0x80 }, 1, PACK_CONTENT_OTHER, 0 },
        { "nothing", { 0 }, 0, PACK_CONTENT_OTHER, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *exact = copy_of(cases[i].bytes, cases[i].length);
        size_t header;

        if (pack_content_of(exact, cases[i].length, &header) != cases[i].content ||
            header != cases[i].rtp_header)
            fail_msg("%s is taken for something else", cases[i].name);
        free(exact);
    }
}

/* A little payload stays with the headers. */
static void a_little_stays(void **state)
{
    struct stored *s = *state;
    struct wire w = plain_wire();

    w.payload_bytes = 10;
    run_wire(s, &w, 12);
    assert_null(s->audio);
    assert_true(s->header.encoding >= CHUNK_PACKED);
    run_wire(s, &w, 13);
    assert_non_null(s->audio);
}

/* Messages and texts among frames; the frame that a message lies in stays whole without payloads. */
static void other_entries_come_back(void **state)
{
    struct stored *s = *state;
    struct wire w = plain_wire();
    struct random r = { 9 };
    static const uint8_t ips[2][4] = { { 10, 0, 0, 1 }, { 10, 0, 0, 2 } };
    struct addr src = addr_v4(ips[0], 5060), dst = addr_v4(ips[1], 5060);
    uint8_t *raw = malloc(CHUNK_RAW_MAX), *p = s->raw;
    struct chunk_header h;
    struct chunk_reader reader;

    assert_non_null(raw);
    chunk_put_text(p, FIXTURE_TIME + 1000, &src, &dst, 5);
    memcpy(p + CHUNK_TEXT_HEADER_BYTES, "hello", 5);
    p += CHUNK_TEXT_HEADER_BYTES + 5;
    for (int i = 0; i < 10; i++) {
        p += wire_next(&w, &r, p);
        if (i == 5) {
            chunk_put_message(p, &src, &dst, 60, 100);
            p += CHUNK_MESSAGE_BYTES;
        }
    }
    s->raw_bytes = (size_t)(p - s->raw);
    store(s, FIXTURE_TIME, FIXTURE_TIME + 1000000000, 10);
    assert_true(s->header.encoding >= CHUNK_PACKED);
    comes_back(s, 0);
    assert_int_equal(load(s, false, &h, raw), CHUNK_OK);
    assert_int_equal(h.cut_frames, 9);
    reader = chunk_reader_of(raw, h.raw_bytes);
    assert_int_equal(chunk_read(&reader), CHUNK_TEXT);
    for (int i = 0; i < 6; i++)
        assert_int_equal(chunk_read(&reader), CHUNK_FRAME);
    assert_int_equal(chunk_read(&reader), CHUNK_MESSAGE);
    assert_int_equal(reader.message.text.len, 100);
    free(raw);
}

/* More streams than a chunk can hold, and times at the ends of what a number holds. */
static void nothing_is_too_odd(void **state)
{
    static const int64_t times[] = { 0, 1, -1, INT64_MIN, INT64_MAX, 999, 1000, INT64_MIN + 1 };
    struct stored *s = *state;
    struct wire w = plain_wire();
    struct random r = { 3 };
    uint8_t *p = s->raw;

    for (int i = 0; i < 200; i++) {
        w.ssrc = (uint32_t)(i % 40);
        p += wire_next(&w, &r, p);
    }
    s->raw_bytes = (size_t)(p - s->raw);
    store(s, FIXTURE_TIME, FIXTURE_TIME + 4000000000, 200);
    assert_true(s->header.encoding >= CHUNK_PACKED);
    comes_back(s, 0);
    p = s->raw;
    for (size_t i = 0; i < 64; i++) {
        size_t n = wire_next(&w, &r, p);

        chunk_put_u64(p + 8, (uint64_t)times[random_below(&r, 8)]);
        p += n;
    }
    s->raw_bytes = (size_t)(p - s->raw);
    store(s, INT64_MIN, INT64_MAX, 64);
    comes_back(s, 0);
}

/* With its checksum put right, so that the unpacking sees it. */
static void reseal(struct stored *s)
{
    struct chunk_header h;

    if (chunk_parse_header(bytes_of(s->media, s->media_bytes), &h) == CHUNK_OK)
        chunk_seal(&h, s->media);
}

static void damaged_packing_is_refused_without_harm(void **state)
{
    struct stored *s = *state;
    struct wire w = plain_wire();
    struct random r = { 4 };
    uint8_t *raw = malloc(CHUNK_RAW_MAX);
    unsigned refused = 0;

    assert_non_null(raw);
    w.jitter_ns = 100000;
    w.odd = 200;
    run_wire(s, &w, 40);
    for (size_t at = CHUNK_HEADER_BYTES; at < s->media_bytes; at++) {
        struct chunk_header h;
        uint8_t was = s->media[at];

        s->media[at] ^= (uint8_t)(1u << random_below(&r, 8));
        assert_int_equal(load(s, true, &h, raw), CHUNK_BAD_CHECKSUM);
        reseal(s);
        refused += load(s, true, &h, raw) != CHUNK_OK;
        s->media[at] = was;
        reseal(s);
    }
    assert_true(refused > 0);
    for (size_t cut = 0; cut < s->media_bytes; cut++) {
        uint8_t *part = copy_of(s->media, cut);
        struct chunk_header h;

        assert_int_equal(media_chunk_decode(bytes_of(part, cut), bytes_of(NULL, 0), &h, raw),
                         CHUNK_SHORT);
        free(part);
    }
    free(raw);
}

static void bits_and_varints_come_back(void **state)
{
    static const uint64_t values[] = { 0, 1, 127, 128, 255, 65535, 65536, UINT32_MAX, UINT64_MAX };
    enum { VALUES = sizeof values / sizeof values[0] };
    uint8_t bits[VALUES * 33 * 12], bytes[VALUES * PACK_VARINT_MAX];
    struct bit_writer w = { .p = bits, .end = bits + sizeof bits };
    struct byte_writer b = { .p = bytes, .end = bytes + sizeof bytes };
    struct bit_reader r;
    struct bytes back;

    (void)state;
    for (unsigned k = 0; k <= 32; k++)
        for (size_t i = 0; i < VALUES; i++)
            bits_put_rice(&w, values[i], k);
    bits_close(&w);
    assert_false(w.failed);
    r = (struct bit_reader){ .p = bits, .end = w.p };
    for (unsigned k = 0; k <= 32; k++)
        for (size_t i = 0; i < VALUES; i++)
            assert_true(bits_get_rice(&r, k) == values[i]);
    assert_false(r.failed);
    bits_get(&r, 32);
    assert_true(r.failed);
    for (size_t i = 0; i < VALUES; i++) {
        pack_put_varint(&b, values[i]);
        assert_true(pack_zigzag(pack_unzigzag(values[i])) == values[i]);
    }
    assert_false(b.failed);
    back = bytes_of(bytes, (size_t)(b.p - bytes));
    for (size_t i = 0; i < VALUES; i++)
        assert_true(pack_get_varint(&back) == values[i]);
    assert_true(bytes_ok(&back) && back.len == 0);
    pack_get_varint(&back);
    assert_false(bytes_ok(&back));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frames_of_all_shapes_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(headers_cost_little, setup, teardown),
        cmocka_unit_test_setup_teardown(payloads_stand_apart_and_say_whose_they_are, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(wrong_payloads_are_none, setup, teardown),
        cmocka_unit_test(content_is_told_from_what_carries_it),
        cmocka_unit_test_setup_teardown(a_little_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(other_entries_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_too_odd, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_packing_is_refused_without_harm, setup, teardown),
        cmocka_unit_test(bits_and_varints_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
