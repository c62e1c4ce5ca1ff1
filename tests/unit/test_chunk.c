/* The format of a chunk: what was put in comes out, and nothing else is taken for a chunk. */
#include "storage/packets/chunk.h"
#include "storage/packets/packet_log.h"
#include "tests/unit/store_fixture.h"

enum { RAW_BYTES = 600, STORED_ROOM = 2048 };

struct sample {
    struct chunk_header header;
    uint8_t raw[RAW_BYTES];
    uint8_t *stored; /* exactly stored_bytes long */
    size_t stored_bytes;
};

static uint8_t noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint8_t)(*seed >> 24);
}

/* One frame that fills the chunk; random bytes do not shrink, equal ones do. */
static void make_sample(struct sample *s, bool random)
{
    uint8_t out[STORED_ROOM];
    uint32_t seed = 1;

    chunk_put_frame(s->raw, FIXTURE_TIME, RAW_BYTES - CHUNK_FRAME_HEADER_BYTES, 1500);
    for (size_t i = CHUNK_FRAME_HEADER_BYTES; i < RAW_BYTES; i++)
        s->raw[i] = random ? noise(&seed) : 'a';
    s->header = (struct chunk_header){ .id = 0x0123456789abcdef,
                                       .first_time = FIXTURE_TIME,
                                       .last_time = FIXTURE_TIME,
                                       .frames = 1,
                                       .link_type = 1,
                                       .raw_bytes = RAW_BYTES,
                                       .kind = PACKET_MEDIA };
    assert_true(CHUNK_HEADER_BYTES + chunk_bound(RAW_BYTES) <= sizeof out);
    s->stored_bytes = chunk_encode(&s->header, s->raw, out, sizeof out);
    s->stored = malloc(s->stored_bytes);
    assert_non_null(s->stored);
    memcpy(s->stored, out, s->stored_bytes);
}

static void comes_back_raw_and_compressed(void **state)
{
    uint8_t *raw = malloc(CHUNK_RAW_MAX);

    (void)state;
    assert_non_null(raw);
    for (int random = 0; random < 2; random++) {
        struct chunk_header h;
        struct sample s;

        make_sample(&s, random);
        assert_int_equal(s.header.encoding, random ? CHUNK_RAW : CHUNK_LZ4);
        assert_true(random || s.stored_bytes < 200);
        assert_int_equal(chunk_decode(bytes_of(s.stored, s.stored_bytes), &h, raw), CHUNK_OK);
        assert_memory_equal(raw, s.raw, RAW_BYTES);
        assert_int_equal(h.id, s.header.id);
        assert_int_equal(h.first_time, FIXTURE_TIME);
        assert_int_equal(h.last_time, FIXTURE_TIME);
        assert_int_equal(h.frames, 1);
        assert_int_equal(h.link_type, 1);
        assert_int_equal(h.kind, PACKET_MEDIA);
        assert_int_equal(h.payload_bytes + CHUNK_HEADER_BYTES, s.stored_bytes);
        free(s.stored);
    }
    free(raw);
}

static void every_flipped_bit_is_noticed(void **state)
{
    uint8_t *raw = malloc(CHUNK_RAW_MAX);

    (void)state;
    assert_non_null(raw);
    for (int random = 0; random < 2; random++) {
        struct sample s;

        make_sample(&s, random);
        for (size_t bit = 0; bit < s.stored_bytes * 8; bit++) {
            struct chunk_header h;

            s.stored[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(chunk_decode(bytes_of(s.stored, s.stored_bytes), &h, raw),
                                 CHUNK_OK);
            s.stored[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        free(s.stored);
    }
    free(raw);
}

static void every_cut_is_short(void **state)
{
    uint8_t *raw = malloc(CHUNK_RAW_MAX);
    struct chunk_header h;
    struct sample s;

    (void)state;
    assert_non_null(raw);
    make_sample(&s, true);
    for (size_t cut = 0; cut < s.stored_bytes; cut++) {
        uint8_t *part = malloc(cut ? cut : 1);

        assert_non_null(part);
        memcpy(part, s.stored, cut);
        assert_int_equal(chunk_decode(bytes_of(part, cut), &h, raw), CHUNK_SHORT);
        free(part);
    }
    free(s.stored);
    free(raw);
}

/* Lies in the header, each with a right checksum where one is reached. */
static void impossible_headers_are_named(void **state)
{
    static const struct {
        size_t offset;
        uint32_t value;
        int bytes;
        enum chunk_parse expect;
    } cases[] = {
        { 0, 0x45534349, 4, CHUNK_BAD_MAGIC },
        { 4, 3, 1, CHUNK_BAD_VERSION },
        { 4, 2, 1, CHUNK_BAD_FIELD }, /* packed, and not encoded so */
        { 5, PACKET_KINDS, 1, CHUNK_BAD_FIELD },
        { 6, 2, 1, CHUNK_BAD_FIELD },
        { 7, 1, 1, CHUNK_BAD_FIELD },
        { 32, 0, 4, CHUNK_BAD_CHECKSUM }, /* texts alone are possible */
        { 32, UINT32_MAX, 4, CHUNK_BAD_FIELD },
        { 40, 0, 4, CHUNK_BAD_FIELD },
        { 40, UINT32_MAX, 4, CHUNK_BAD_FIELD },
        { 40, CHUNK_RAW_MAX + 1, 4, CHUNK_BAD_FIELD },
        { 44, UINT32_MAX, 4, CHUNK_BAD_FIELD },
        { 44, RAW_BYTES + 1, 4, CHUNK_BAD_FIELD },
        { 44, RAW_BYTES - 1, 4, CHUNK_BAD_FIELD }, /* raw, but of another length */
        { 40, RAW_BYTES + 1, 4, CHUNK_BAD_FIELD },
        { 16, 7, 4, CHUNK_BAD_CHECKSUM },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chunk_header h;
        struct sample s;

        make_sample(&s, true);
        for (int b = 0; b < cases[i].bytes; b++)
            s.stored[cases[i].offset + (size_t)b] =
                (uint8_t)(cases[i].value >> 8 * (cases[i].bytes - 1 - b));
        if (chunk_check(bytes_of(s.stored, s.stored_bytes), &h) != cases[i].expect)
            fail_msg("case %zu: %s", i,
                     chunk_parse_text(chunk_check(bytes_of(s.stored, s.stored_bytes), &h)));
        free(s.stored);
    }
}

static void entries_come_in_order(void **state)
{
    static const uint8_t ip[4] = { 10, 0, 0, 1 };
    const struct addr src = addr_v4(ip, 5060), dst = addr_v4(ip, 5080);
    size_t len = 2 * CHUNK_FRAME_HEADER_BYTES + 10 + 2 * CHUNK_MESSAGE_BYTES;
    uint8_t *raw = malloc(len), *p = raw;
    struct chunk_reader r;

    (void)state;
    assert_non_null(raw);
    chunk_put_frame(p, -5, 10, 2000);
    memcpy(p + CHUNK_FRAME_HEADER_BYTES, "0123456789", 10);
    p += CHUNK_FRAME_HEADER_BYTES + 10;
    chunk_put_message(p, &src, &dst, 2, 3);
    chunk_put_message(p + CHUNK_MESSAGE_BYTES, &dst, &src, 10, 0);
    chunk_put_frame(p + 2 * CHUNK_MESSAGE_BYTES, 7, 0, 60);

    r = chunk_reader_of(raw, len);
    assert_int_equal(chunk_read(&r), CHUNK_FRAME);
    assert_int_equal(r.frame.time_ns, -5);
    assert_int_equal(r.frame.captured_bytes, 10);
    assert_int_equal(r.frame.wire_bytes, 2000);
    assert_memory_equal(r.frame.data, "0123456789", 10);
    assert_int_equal(chunk_read(&r), CHUNK_MESSAGE);
    assert_true(slice_eq(r.message.text, SLICE("234")));
    assert_true(addr_eq(&r.message.src, &src) && addr_eq(&r.message.dst, &dst));
    assert_int_equal(chunk_read(&r), CHUNK_MESSAGE);
    assert_int_equal(r.message.text.len, 0);
    assert_int_equal(chunk_read(&r), CHUNK_FRAME);
    assert_int_equal(r.frame.time_ns, 7);
    assert_int_equal(r.frame.captured_bytes, 0);
    assert_int_equal(chunk_read(&r), CHUNK_END);
    assert_int_equal(chunk_read(&r), CHUNK_END);
    free(raw);
}

/* It stands alone: no frame before it, or one that it does not lie in. */
static void text_is_a_message_of_its_own(void **state)
{
    static const uint8_t ip[4] = { 10, 0, 0, 1 };
    const struct addr src = addr_v4(ip, 5060), dst = addr_v4(ip, 5080);
    const struct {
        uint32_t bytes;
        enum chunk_entry expect;
    } cases[] = {
        { 0, CHUNK_TEXT },
        { 3, CHUNK_TEXT },
        { CHUNK_TEXT_MAX, CHUNK_TEXT },
        { CHUNK_TEXT_MAX + 1, CHUNK_BROKEN },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = CHUNK_TEXT_HEADER_BYTES + cases[i].bytes;
        uint8_t *raw = malloc(len);
        struct chunk_reader r;

        assert_non_null(raw);
        chunk_put_text(raw, -7, &src, &dst, cases[i].bytes);
        memset(raw + CHUNK_TEXT_HEADER_BYTES, 'x', cases[i].bytes);
        r = chunk_reader_of(raw, len);
        assert_int_equal(chunk_read(&r), cases[i].expect);
        if (cases[i].expect == CHUNK_TEXT) {
            assert_int_equal(r.message.time_ns, -7);
            assert_true(addr_eq(&r.message.src, &src) && addr_eq(&r.message.dst, &dst));
            assert_int_equal(r.message.text.len, cases[i].bytes);
            assert_int_equal(chunk_read(&r), CHUNK_END);
        }
        free(raw);
    }
}

static void broken_entries_end_the_walk(void **state)
{
    static const struct {
        const char *name;
        uint32_t words[12];
        size_t len;
    } cases[] = {
        { "unknown tag", { 0x04000000 }, 16 },
        { "zeros", { 0 }, 16 },
        { "half a tag", { 0x01000000 }, 3 },
        { "frame past the end", { 0x01000001, 1, 0, 0 }, 16 },
        { "frame header cut", { 0x01000000, 0, 0 }, 12 },
        { "message without a frame", { 0x02000000, 0, 0 }, 48 },
        { "message tag with a length", { 0x02000001, 0, 0 }, 48 },
        { "text past the end", { 0x03000001, 0, 0 }, 48 },
        { "text header cut", { 0x03000000, 0, 0 }, 47 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t *raw = malloc(cases[i].len), all[48];
        struct chunk_reader r;

        assert_non_null(raw);
        for (size_t w = 0; w < 12; w++)
            chunk_put_u32(all + w * 4, cases[i].words[w]);
        memcpy(raw, all, cases[i].len);
        r = chunk_reader_of(raw, cases[i].len);
        if (chunk_read(&r) != CHUNK_BROKEN || chunk_read(&r) != CHUNK_BROKEN)
            fail_msg("%s was taken", cases[i].name);
        free(raw);
    }
}

static void message_must_lie_in_its_frame(void **state)
{
    static const struct {
        uint32_t offset, len;
        enum chunk_entry expect;
    } cases[] = {
        { 0, 4, CHUNK_MESSAGE },
        { 4, 0, CHUNK_MESSAGE },
        { 0, 5, CHUNK_BROKEN },
        { 5, 0, CHUNK_BROKEN },
        { 1, UINT32_MAX, CHUNK_BROKEN },
        { UINT32_MAX, 1, CHUNK_BROKEN },
        { UINT32_MAX, UINT32_MAX, CHUNK_BROKEN },
    };
    static const struct addr none;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t len = CHUNK_FRAME_HEADER_BYTES + 4 + CHUNK_MESSAGE_BYTES;
        uint8_t *raw = calloc(1, len);
        struct chunk_reader r;

        assert_non_null(raw);
        chunk_put_frame(raw, 0, 4, 4);
        chunk_put_message(raw + CHUNK_FRAME_HEADER_BYTES + 4, &none, &none, cases[i].offset,
                          cases[i].len);
        r = chunk_reader_of(raw, len);
        assert_int_equal(chunk_read(&r), CHUNK_FRAME);
        assert_int_equal(chunk_read(&r), cases[i].expect);
        free(raw);
    }
}

/* Any other byte in it, and it is none. */
static void gravestone_says_how_long_it_was(void **state)
{
    uint8_t *stone = malloc(CHUNK_HEADER_BYTES);
    struct chunk_header h;

    (void)state;
    assert_non_null(stone);
    chunk_put_gravestone(stone, PACKET_MEDIA, 1234);
    assert_int_equal(chunk_parse_header(bytes_of(stone, CHUNK_HEADER_BYTES), &h), CHUNK_FORGOTTEN);
    assert_int_equal(h.kind, PACKET_MEDIA);
    assert_int_equal(h.payload_bytes, 1234);
    assert_int_equal(chunk_check(bytes_of(stone, CHUNK_HEADER_BYTES), &h), CHUNK_FORGOTTEN);
    assert_int_equal(chunk_parse_header(bytes_of(stone, CHUNK_HEADER_BYTES - 1), &h), CHUNK_SHORT);
    for (int bit = 0; bit < CHUNK_HEADER_BYTES * 8; bit++) {
        enum chunk_parse is;

        stone[bit / 8] ^= (uint8_t)(1 << bit % 8);
        is = chunk_parse_header(bytes_of(stone, CHUNK_HEADER_BYTES), &h);
        assert_true(is != CHUNK_FORGOTTEN && is != CHUNK_OK);
        stone[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    free(stone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_raw_and_compressed),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(every_cut_is_short),
        cmocka_unit_test(impossible_headers_are_named),
        cmocka_unit_test(entries_come_in_order),
        cmocka_unit_test(text_is_a_message_of_its_own),
        cmocka_unit_test(broken_entries_end_the_walk),
        cmocka_unit_test(message_must_lie_in_its_frame),
        cmocka_unit_test(gravestone_says_how_long_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
