/* Where the content of a packet begins: in its payload, in its frame, in the frames of its pieces. */
#include "analyzer/rtp/dtmf.h"
#include "analyzer/rtp/payload.h"
#include "analyzer/rtp/rtp_packet.h"
#include "analyzer/rtp/udptl.h"
#include "probe/engine/frame_keeper.h"
#include "tests/unit/heap_block.h"
#include "tests/unit/packet_fixture.h"
#include "tests/unit/random.h"

static void a_codec_says_how_long_its_head_is(void **state)
{
    static const struct {
        enum payload_kind kind;
        struct slice payload;
        size_t head;
    } rows[] = {
        { PAYLOAD_PLAIN, SLICE_INIT("sound"), 0 },
        { PAYLOAD_G729, SLICE_INIT("0123456789"), 0 },
        { PAYLOAD_ILBC, SLICE_INIT("01234567890123456789012345678901234567"), 0 },
        { PAYLOAD_G723, SLICE_INIT("012345678901234567890123"), 1 },
        { PAYLOAD_OPUS, SLICE_INIT("\x78sound"), 1 },
        { PAYLOAD_OPUS, SLICE_INIT("\x7a\x03sound"), 2 },         /* two frames, one length */
        { PAYLOAD_OPUS, SLICE_INIT("\x7a\xfc\x01sound"), 3 },     /* … of two bytes */
        { PAYLOAD_OPUS, SLICE_INIT("\x7b\x83\x01\x01sound"), 4 }, /* three, two lengths */
        { PAYLOAD_OPUS, SLICE_INIT("\x7b\x43\xff\x02sound"), 4 }, /* padding */
        { PAYLOAD_OPUS, SLICE_INIT("\x78\x01"), 2 },              /* DTX */
        { PAYLOAD_AMR_OCTETS, SLICE_INIT("\xf0\x3csound"), 2 },
        { PAYLOAD_AMR_OCTETS, SLICE_INIT("\xf0\xbc\x3csound"), 3 },
        { PAYLOAD_AMR, SLICE_INIT("\xf3\xc0sound"), 2 },
        { PAYLOAD_AMR_OCTETS, SLICE_INIT("\xf0"), 1 },
        { PAYLOAD_AMR, SLICE_INIT(""), 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct slice block = heap_block(rows[i].payload);

        assert_int_equal(payload_head_bytes(rows[i].kind, block), rows[i].head);
        heap_block_free(block);
    }
}

/* The head and the length on the wire say what the whole payload says. */
static void a_head_tells_what_the_whole_tells(void **state)
{
    enum { ANY = 16, LONGEST = 600 };
    static const enum payload_kind kinds[] = { PAYLOAD_AMR,    PAYLOAD_AMR_OCTETS,
                                               PAYLOAD_AMR_WB, PAYLOAD_AMR_WB_OCTETS,
                                               PAYLOAD_OPUS,   PAYLOAD_G729,
                                               PAYLOAD_ILBC };
    struct random r = { .state = 5 };
    unsigned good = 0;

    (void)state;
    for (int n = 0; n < 60000; n++) {
        enum payload_kind kind = kinds[n % 7];
        uint8_t bytes[LONGEST];
        struct slice whole = { (char *)bytes, random_below(&r, n % 2 ? 70 : LONGEST) };
        struct payload_info all, cut;
        enum payload_parse result;
        struct slice head;

        for (size_t i = 0; i < whole.len; i++)
            bytes[i] = (uint8_t)random_next(&r);
        if (whole.len > 1 && n % 3 == 0)
            bytes[1] &= 0x7c; /* AMR's most usual: one frame */
        result = payload_parse(&all, kind, whole);
        head = heap_block(slice_of(whole.p, payload_head_bytes(kind, whole)));
        if (result == PAYLOAD_PARSE_OK) {
            assert_int_equal(payload_parse_cut(&cut, kind, head, whole.len), PAYLOAD_PARSE_OK);
            assert_memory_equal(&cut, &all, sizeof all);
            good++;
        } else {
            assert_int_not_equal(payload_parse_cut(&cut, kind, head, whole.len), PAYLOAD_PARSE_OK);
        }
        heap_block_free(head);
    }
    assert_true(good > 3000);
}

static void redundancy_and_fax_have_heads(void **state)
{
    (void)state;
    assert_int_equal(dtmf_red_head_bytes(SLICE("\x65key!")), 1);
    assert_int_equal(dtmf_red_head_bytes(SLICE("\xe5\x00\x00\x04\x65key!key!")), 5);
    assert_int_equal(dtmf_red_head_bytes(SLICE("\xe5\x00")), 2);
    assert_int_equal(udptl_head_bytes(SLICE("\x00\x01\x04page")), 3);
    assert_int_equal(udptl_head_bytes(SLICE("\x00\x01\x80\x90page")), 4);
    assert_int_equal(udptl_head_bytes(SLICE("\x00")), 0);
}

struct keep_scene {
    struct log_fixture l;
    struct frame_keeper *frames;
    void *keeper;
};

static void open_keeper(struct keep_scene *s)
{
    static const struct siphash_key key = { { 1, 2 } };
    struct packet_log_options options = { .wait_when_full = true, .keep = PACKET_KEEP_HEADERS };

    s->keeper = NULL;
    fixture_make_dir(&s->l.f);
    s->l.writer = fixture_writer(&s->l.f);
    options.store_dir = s->l.f.dir;
    options.writer = s->l.writer;
    assert_int_equal(packet_log_start(&s->l.log, &options), 0);
    assert_int_equal(
        frame_keeper_new(&s->frames, s->l.log, &key,
                         &(struct frame_keeper_options){ .keep_orphans = PACKET_KEEP_SIGNALLING }),
        0);
}

static uint64_t close_keeper(struct keep_scene *s, uint64_t *not_kept)
{
    struct packet_log_stats stats;

    frame_keeper_free(s->frames);
    packet_log_close_keeper(s->l.log, &s->keeper);
    packet_log_flush(s->l.log);
    packet_log_read_stats(s->l.log, &stats);
    *not_kept = stats.not_kept;
    log_fixture_close(&s->l);
    fixture_remove_dir(&s->l.f);
    return stats.bytes_stored;
}

#define RTP "\x80\x08\x00\x01\x00\x00\x00\xa0\x11\x22\x33\x44"

/* bytes of the frame that are stored, for a claim of the first `plain` bytes of its payload. */
static uint64_t stored_of(const char *before, uint32_t plain, bool orphan, uint64_t *not_kept)
{
    static const char payload[] = RTP "what was said";
    size_t head = strlen(before), len = sizeof payload - 1;
    uint8_t *data = malloc(head + len);
    struct frame frame = { FIXTURE_TIME, data, (uint32_t)(head + len), (uint32_t)(head + len), 1 };
    struct keep_scene s;
    struct decap_unit unit = { .datagram = { .transport = TRANSPORT_UDP }, .in_frame = true };
    struct claim claim = { .kind = CLAIM_MEDIA,
                           .id = fixture_id(FIXTURE_TIME, 7),
                           .keeper = &s.keeper,
                           .plain_bytes = plain,
                           .is_orphan = orphan };

    assert_non_null(data);
    memcpy(data, before, head);
    memcpy(data + head, payload, len);
    unit.datagram.payload = slice_of((const char *)data + head, len);
    open_keeper(&s);
    frame_keeper_keep(s.frames, &frame, &unit, &claim);
    frame_keeper_end_frame(s.frames);
    free(data);
    return close_keeper(&s, not_kept);
}

static void a_frame_ends_where_its_content_begins(void **state)
{
    uint64_t not_kept;

    (void)state;
    assert_int_equal(stored_of("headers", 12, false, &not_kept), 7 + 12);
    assert_int_equal(stored_of("in a tunnel, headers", 12, false, &not_kept), 20 + 12);
    assert_int_equal(stored_of("headers", 0, false, &not_kept), 7);
    assert_int_equal(stored_of("headers", CLAIM_ALL, false, &not_kept), 7 + 12 + 13);
    assert_int_equal(stored_of("headers", 9999, false, &not_kept), 7 + 12 + 13);
    assert_int_equal(not_kept, 0);
    assert_int_equal(stored_of("headers", 12, true, &not_kept), 0); /* of no call: its own level */
    assert_int_equal(not_kept, 1);
}

/* One datagram in three frames: the header is found in the first, the others are content alone. */
static void of_pieces_the_one_with_the_header_is_kept_up_to_it(void **state)
{
    static const struct {
        uint32_t plain;
        uint64_t bytes, not_kept;
    } rows[] = { { 12, 2 + 12, 2 }, { CLAIM_ALL, 2 + 16 + 2 + 6 + 2 + 3, 0 }, { 0, 0, 3 } };
    static const char payload[] = RTP "what was said";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        static const size_t begins[] = { 0, 16, 22, 25 };
        struct held_frame first = { .next = NULL }, second = { .next = NULL };
        struct held_frame *const held[] = { &first, &second };
        const struct held_frame *parts[2] = { &first, &second };
        uint8_t bytes[3][32];
        struct frame last = { .time_ns = 0 };
        struct keep_scene s;
        struct decap_unit unit = { .datagram = { .transport = TRANSPORT_UDP,
                                                 .payload = SLICE(payload) },
                                   .parts = parts,
                                   .part_count = 2,
                                   .in_frame = true };
        struct claim claim = { .kind = CLAIM_MEDIA,
                               .id = fixture_id(FIXTURE_TIME, 7),
                               .keeper = &s.keeper,
                               .plain_bytes = rows[i].plain };
        uint64_t not_kept;

        unit.datagram.payload.len = sizeof payload - 1;
        for (int n = 0; n < 3; n++) {
            uint32_t len = (uint32_t)(2 + begins[n + 1] - begins[n]);
            struct frame f = { FIXTURE_TIME + n, bytes[n], len, len, 1 };

            memcpy(bytes[n], "ip", 2);
            memcpy(bytes[n] + 2, payload + begins[n], begins[n + 1] - begins[n]);
            if (n < 2)
                held[n]->frame = f;
            else
                last = f;
        }
        open_keeper(&s);
        frame_keeper_keep(s.frames, &last, &unit, &claim);
        frame_keeper_end_frame(s.frames);
        assert_int_equal(close_keeper(&s, &not_kept), rows[i].bytes);
        assert_int_equal(not_kept, rows[i].not_kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_codec_says_how_long_its_head_is),
        cmocka_unit_test(a_head_tells_what_the_whole_tells),
        cmocka_unit_test(redundancy_and_fax_have_heads),
        cmocka_unit_test(a_frame_ends_where_its_content_begins),
        cmocka_unit_test(of_pieces_the_one_with_the_header_is_kept_up_to_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
