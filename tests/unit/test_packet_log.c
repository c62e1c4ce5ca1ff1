/* Every packet that is put in comes out, bytes and times as they were. */
#include "storage/packets/call_messages.h"
#include "storage/packets/chunk.h"
#include "tests/unit/packet_fixture.h"

#include <errno.h>

static const uint8_t ip_a[4] = { 10, 0, 0, 1 }, ip_b[4] = { 10, 0, 0, 2 };

static void export_is_byte_exact_and_in_order(void **state)
{
    enum { FRAMES = 4000 };
    static const size_t rooms[] = { 7, 1000, 65536 };
    uint64_t id = fixture_id(FIXTURE_TIME, 7);
    struct packet_log_stats stats;
    struct log_fixture l;
    void *keeper = NULL;
    uint64_t bytes = 0;

    (void)state;
    log_fixture_start(&l);
    for (uint32_t n = 0; n < FRAMES; n++) {
        int64_t time = FIXTURE_TIME + n * 10000001ll;

        log_fixture_add(&l, &keeper, id, n % 40 ? PACKET_MEDIA : PACKET_SIP, time, n,
                        n * 37 % 1500);
        bytes += n * 37 % 1500;
        if (n % 100 == 0)
            packet_log_tick(l.log, time);
    }
    packet_log_close_keeper(l.log, &keeper);
    assert_null(keeper);
    packet_log_flush(l.log);
    packet_log_read_stats(l.log, &stats);
    assert_int_equal(stats.frames_stored, FRAMES);
    assert_int_equal(stats.bytes_stored, bytes);
    assert_int_equal(stats.frames_dropped + stats.bytes_dropped, 0);
    log_fixture_close(&l);

    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        struct pcap_frame frame;
        struct pcap_bytes b;

        assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, rooms[i]), 0);
        for (uint32_t n = 0; n < FRAMES; n++) {
            assert_true(pcap_bytes_next(&b, &frame));
            pcap_frame_expect(&frame, FIXTURE_TIME + n * 10000001ll, n, n * 37 % 1500);
        }
        assert_false(pcap_bytes_next(&b, &frame));
        assert_int_equal(b.frames, FRAMES);
        assert_int_equal(b.damaged + b.left_out, 0);
        free(b.p);
    }
    fixture_remove_dir(&l.f);
}

static void calls_are_kept_apart(void **state)
{
    enum { CALLS = 50, FRAMES = 60 };
    void *keepers[CALLS] = { NULL };
    struct log_fixture l;

    (void)state;
    log_fixture_start(&l);
    for (uint32_t n = 0; n < FRAMES; n++) {
        for (uint32_t c = 0; c < CALLS; c++)
            log_fixture_add(&l, &keepers[c], fixture_id(FIXTURE_TIME, c),
                            n % 10 ? PACKET_MEDIA : PACKET_SIP, FIXTURE_TIME + n * FIXTURE_S / 10,
                            n * CALLS + c, 700);
        packet_log_tick(l.log, FIXTURE_TIME + n * FIXTURE_S / 10);
    }
    for (uint32_t c = 0; c < CALLS; c++)
        packet_log_close_keeper(l.log, &keepers[c]);
    log_fixture_close(&l);
    for (uint32_t c = 0; c < CALLS; c++) {
        struct pcap_frame frame;
        struct pcap_bytes b;

        assert_int_equal(pcap_bytes_read(&b, l.f.dir, fixture_id(FIXTURE_TIME, c), 4096), 0);
        for (uint32_t n = 0; n < FRAMES; n++) {
            assert_true(pcap_bytes_next(&b, &frame));
            pcap_frame_expect(&frame, FIXTURE_TIME + n * FIXTURE_S / 10, n * CALLS + c, 700);
        }
        assert_false(pcap_bytes_next(&b, &frame));
        free(b.p);
    }
    fixture_remove_dir(&l.f);
}

static void sizes_from_nothing_to_the_limit(void **state)
{
    static const uint32_t sizes[] = { 0,     1,       60,        32752,  32753,
                                      65535, 1 << 17, 262143,    262144, 262145,
                                      100,   1 << 24, (1 << 18), 30000,  3000 };
    uint64_t id = fixture_id(FIXTURE_TIME, 7), dropped = 0;

    (void)state;
    for (int kind = 0; kind < PACKET_AUDIO; kind++) {
        struct packet_log_stats stats;
        struct pcap_frame frame;
        struct log_fixture l;
        struct pcap_bytes b;
        void *keeper = NULL;

        dropped = 0;
        log_fixture_start(&l);
        for (uint32_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
            log_fixture_add(&l, &keeper, id, (enum packet_kind)kind, FIXTURE_TIME + n, n, sizes[n]);
            dropped += sizes[n] > 262144;
        }
        packet_log_close_keeper(l.log, &keeper);
        packet_log_flush(l.log);
        packet_log_read_stats(l.log, &stats);
        assert_int_equal(stats.frames_dropped, dropped);
        log_fixture_close(&l);
        assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, 100000), 0);
        for (uint32_t n = 0; n < sizeof sizes / sizeof sizes[0]; n++) {
            if (sizes[n] > 262144)
                continue;
            assert_true(pcap_bytes_next(&b, &frame));
            pcap_frame_expect(&frame, FIXTURE_TIME + n, n, sizes[n]);
        }
        assert_false(pcap_bytes_next(&b, &frame));
        free(b.p);
        fixture_remove_dir(&l.f);
    }
}

static void other_link_types_are_left_out_and_counted(void **state)
{
    static const uint32_t types[] = { 113, 113, 1, 113, 228, 113 };
    uint64_t id = fixture_id(FIXTURE_TIME, 7);
    struct log_fixture l;
    struct pcap_bytes b;
    struct pcap_frame frame;
    void *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    for (int i = 0; i < 6; i++) {
        struct frame f = { .time_ns = FIXTURE_TIME + i,
                           .data = (const uint8_t *)"abc",
                           .captured_bytes = 3,
                           .wire_bytes = 3,
                           .link_type = types[i] };

        packet_log_add(l.log, &keeper, id, i % 2 ? PACKET_MEDIA : PACKET_SIP, &f);
    }
    packet_log_close_keeper(l.log, &keeper);
    log_fixture_close(&l);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, 4096), 0);
    assert_int_equal(pcap_bytes_u32(b.p + 20), 113);
    assert_int_equal(b.left_out, 2);
    for (int i = 0; i < 6; i++) {
        if (types[i] != 113)
            continue;
        assert_true(pcap_bytes_next(&b, &frame));
        assert_int_equal(frame.time_ns, FIXTURE_TIME + i);
    }
    assert_false(pcap_bytes_next(&b, &frame));
    free(b.p);
    fixture_remove_dir(&l.f);
}

/* A call over midnight, whose packets are in two folders; one whose clock jumps back. */
static void days_are_joined(void **state)
{
    const int64_t midnight = FIXTURE_TIME - FIXTURE_TIME % FIXTURE_DAY + FIXTURE_DAY;
    static const int64_t offsets_s[] = { -5, -1, 1, 5, -4000000, 3600 };
    struct call_record call;
    struct pcap_frame frame;
    struct log_fixture l;
    struct pcap_bytes b;
    void *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    fixture_call(&call, midnight - 5 * FIXTURE_S, 3, "midnight");
    call.end_time = midnight + 10 * FIXTURE_S;
    assert_true(writer_submit(l.writer, &record_type_call, &call));
    for (uint32_t n = 0; n < 6; n++) {
        int64_t time = midnight + offsets_s[n] * FIXTURE_S;

        log_fixture_add(&l, &keeper, call.id, PACKET_MEDIA, time, n, 100);
        packet_log_tick(l.log, time + 3 * FIXTURE_S); /* a chunk each */
    }
    packet_log_close_keeper(l.log, &keeper);
    log_fixture_close(&l);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, call.id, 4096), 0);
    assert_int_equal(b.frames, 6);
    for (uint32_t n = 0, seen = 0; pcap_bytes_next(&b, &frame); n++) {
        for (uint32_t m = 0; m < 6; m++) /* the one that jumped lies with the call's own day */
            seen += frame.time_ns == midnight + offsets_s[m] * FIXTURE_S;
        assert_int_equal(seen, n + 1);
    }
    free(b.p);
    fixture_remove_dir(&l.f);
}

static void packets_from_before_the_adoption_are_there(void **state)
{
    struct stream_record stream;
    struct call_record call;
    struct pcap_frame frame;
    struct log_fixture l;
    struct pcap_bytes b;
    void *orphan = NULL, *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    fixture_call(&call, FIXTURE_TIME, 3, "late SDP");
    record_clear(&record_type_stream, &stream);
    stream.id = fixture_id(FIXTURE_TIME - FIXTURE_S, 9);
    stream.call = call.id;
    stream.end_time = FIXTURE_TIME;
    call.streams = &stream;
    call.stream_count = 1;
    assert_true(writer_submit(l.writer, &record_type_call, &call));
    log_fixture_add(&l, &orphan, stream.id, PACKET_MEDIA, FIXTURE_TIME - FIXTURE_S, 0, 50);
    log_fixture_add(&l, &keeper, call.id, PACKET_SIP, FIXTURE_TIME, 1, 60);
    log_fixture_add(&l, &keeper, call.id, PACKET_MEDIA, FIXTURE_TIME + FIXTURE_S, 2, 70);
    packet_log_close_keeper(l.log, &orphan);
    packet_log_close_keeper(l.log, &keeper);
    log_fixture_close(&l);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, call.id, 4096), 0);
    for (uint32_t n = 0; n < 3; n++) {
        assert_true(pcap_bytes_next(&b, &frame));
        pcap_frame_expect(&frame, FIXTURE_TIME + ((int64_t)n - 1) * FIXTURE_S, n, 50 + 10 * n);
    }
    assert_false(pcap_bytes_next(&b, &frame));
    free(b.p);
    fixture_remove_dir(&l.f);
}

static void unknown_ids_have_no_packets(void **state)
{
    struct pcap_bytes b;
    struct log_fixture l;

    (void)state;
    log_fixture_start(&l);
    log_fixture_close(&l);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, fixture_id(FIXTURE_TIME, 1), 1000), -ENOENT);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, 0, 1000), -ENOENT);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, UINT64_MAX, 1000), -ENOENT);
    assert_int_equal(pcap_bytes_read(&b, "/nonexistent", 1, 1000), -ENOENT);
    fixture_remove_dir(&l.f);
}

/* After two seconds of packet time, and not before; nor does a jump of the clock hold it up. */
static void old_chunks_are_passed_on(void **state)
{
    struct packet_log_stats stats;
    struct log_fixture l;
    void *young = NULL, *old = NULL, *future = NULL;

    (void)state;
    log_fixture_start(&l);
    log_fixture_add(&l, &future, fixture_id(FIXTURE_TIME, 3), PACKET_MEDIA,
                    FIXTURE_TIME + FIXTURE_DAY, 0, 10);
    log_fixture_add(&l, &old, fixture_id(FIXTURE_TIME, 1), PACKET_MEDIA, FIXTURE_TIME, 0, 10);
    log_fixture_add(&l, &young, fixture_id(FIXTURE_TIME, 2), PACKET_MEDIA, FIXTURE_TIME + FIXTURE_S,
                    0, 10);
    packet_log_tick(l.log, FIXTURE_TIME + 2 * FIXTURE_S - 1);
    packet_log_close_keeper(l.log, &future); /* waits for nothing: its chunk was passed on */
    for (int i = 0; i < 1000; i++) {
        packet_log_read_stats(l.log, &stats);
        if (stats.frames_stored)
            break;
        usleep(1000);
    }
    assert_int_equal(stats.frames_stored, 1);
    packet_log_tick(l.log, FIXTURE_TIME + 2 * FIXTURE_S);
    for (int i = 0; i < 1000 && stats.frames_stored < 2; i++) {
        usleep(1000);
        packet_log_read_stats(l.log, &stats);
    }
    usleep(20000);
    packet_log_read_stats(l.log, &stats);
    assert_int_equal(stats.frames_stored, 2);
    packet_log_close_keeper(l.log, &old);
    packet_log_close_keeper(l.log, &young);
    packet_log_flush(l.log);
    packet_log_read_stats(l.log, &stats);
    assert_int_equal(stats.frames_stored, 3);
    log_fixture_close(&l);
    fixture_remove_dir(&l.f);
}

struct ladder {
    int count;
    int stop_after;
};

static void add_sip(struct log_fixture *l, void **keeper, uint64_t id, int n, const char *text,
                    uint32_t messages)
{
    const struct addr a = addr_v4(ip_a, 5060), b = addr_v4(ip_b, 5062);
    uint32_t len = (uint32_t)strlen(text);
    struct frame frame = { .time_ns = FIXTURE_TIME + n * FIXTURE_S,
                           .data = (const uint8_t *)text,
                           .captured_bytes = len,
                           .wire_bytes = len,
                           .link_type = 1 };

    packet_log_add(l->log, keeper, id, PACKET_SIP, &frame);
    for (uint32_t m = 0; m < messages; m++) /* one byte each, the first behind a header of two */
        packet_log_note_message(l->log, keeper, n % 2 ? &b : &a, n % 2 ? &a : &b, 2 + m, 1);
}

static bool expect_message(void *ctx, const struct stored_message *m)
{
    struct ladder *ladder = ctx;
    int n = ladder->count / 3;
    char expect = (char)('a' + ladder->count % 3);

    assert_int_equal(m->time_ns, FIXTURE_TIME + n * FIXTURE_S);
    assert_int_equal(m->src.port, n % 2 ? 5062 : 5060);
    assert_int_equal(m->dst.port, n % 2 ? 5060 : 5062);
    assert_int_equal(m->raw.len, 1);
    assert_int_equal(m->raw.p[0], expect);
    return ++ladder->count != ladder->stop_after;
}

static void ladder_has_every_message_in_order(void **state)
{
    uint64_t id = fixture_id(FIXTURE_TIME, 1);
    struct ladder all = { .count = 0 }, some = { .stop_after = 4 };
    struct log_fixture l;
    void *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    for (int n = 0; n < 200; n++) {
        add_sip(&l, &keeper, id, n, "xxabc", 3);
        log_fixture_add(&l, &keeper, id, PACKET_MEDIA, FIXTURE_TIME + n * FIXTURE_S, 1, 500);
    }
    packet_log_close_keeper(l.log, &keeper);
    log_fixture_close(&l);
    assert_int_equal(call_messages_read(l.f.dir, id, expect_message, &all), 0);
    assert_int_equal(all.count, 600);
    assert_int_equal(call_messages_read(l.f.dir, id, expect_message, &some), 0);
    assert_int_equal(some.count, 4);
    assert_int_equal(call_messages_read(l.f.dir, id + 1, expect_message, &all), -ENOENT);
    fixture_remove_dir(&l.f);
}

struct woven {
    uint64_t calls[64];
    int64_t last_ns;
    size_t count;
};

static bool weave_message(void *ctx, const struct stored_message *m)
{
    struct woven *woven = ctx;

    assert_true(m->time_ns >= woven->last_ns);
    assert_true(woven->count < 64);
    woven->last_ns = m->time_ns;
    woven->calls[woven->count++] = m->call;
    return true;
}

/* One call's messages fall between the other's; a third has none, a fourth is not there. */
static void messages_of_calls_are_woven_by_time(void **state)
{
    const uint64_t ids[4] = { fixture_id(FIXTURE_TIME, 1), fixture_id(FIXTURE_TIME, 2),
                              fixture_id(FIXTURE_TIME, 3), fixture_id(FIXTURE_TIME, 4) };
    uint64_t many[CALL_MESSAGES_CALLS_MAX + 1] = { 0 };
    struct woven woven = { .count = 0 };
    struct log_fixture l;
    void *keepers[2] = { NULL, NULL };

    (void)state;
    log_fixture_start(&l);
    for (int n = 0; n < 20; n++)
        add_sip(&l, &keepers[n % 3 == 0], ids[n % 3 == 0], n, "xxa", 1);
    packet_log_close_keeper(l.log, &keepers[0]);
    packet_log_close_keeper(l.log, &keepers[1]);
    log_fixture_close(&l);
    assert_int_equal(call_messages_read_all(l.f.dir, ids, 4, weave_message, &woven), 0);
    assert_int_equal(woven.count, 20);
    for (size_t n = 0; n < 20; n++)
        assert_int_equal(woven.calls[n], ids[n % 3 == 0]);
    assert_int_equal(call_messages_read_all(l.f.dir, ids + 2, 2, weave_message, &woven), -ENOENT);
    assert_int_equal(call_messages_read_all(l.f.dir, ids, 0, weave_message, &woven), -ENOENT);
    assert_int_equal(
        call_messages_read_all(l.f.dir, many, CALL_MESSAGES_CALLS_MAX + 1, weave_message, &woven),
        -E2BIG);
    fixture_remove_dir(&l.f);
}

static bool count_message(void *ctx, const struct stored_message *m)
{
    (void)m;
    ++*(int *)ctx;
    return true;
}

/* Pieces of a packet are taken when it is whole, up to seconds late: chunks overlap in time. */
static void late_frames_take_their_place(void **state)
{
    enum { FRAMES = 3000, LATE = 90 };
    uint64_t id = fixture_id(FIXTURE_TIME, 7);
    struct pcap_frame frame;
    struct log_fixture l;
    struct pcap_bytes b;
    void *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    for (uint32_t n = 0; n < FRAMES + LATE; n++) {
        /* Each third frame comes LATE frames, 1.8 s and some chunks, after its time. */
        if (n < FRAMES && n % 3)
            log_fixture_add(&l, &keeper, id, PACKET_SIP, FIXTURE_TIME + n * 20000000ll, n, 900);
        if (n >= LATE && (n - LATE) % 3 == 0)
            log_fixture_add(&l, &keeper, id, PACKET_SIP, FIXTURE_TIME + (n - LATE) * 20000000ll,
                            n - LATE, 900);
        if (n % 50 == 0)
            packet_log_tick(l.log, FIXTURE_TIME + n * 20000000ll);
    }
    packet_log_close_keeper(l.log, &keeper);
    log_fixture_close(&l);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, 4096), 0);
    for (uint32_t n = 0; n < FRAMES; n++) {
        assert_true(pcap_bytes_next(&b, &frame));
        pcap_frame_expect(&frame, FIXTURE_TIME + n * 20000000ll, n, 900);
    }
    assert_false(pcap_bytes_next(&b, &frame));
    assert_int_equal(b.damaged + b.left_out, 0);
    free(b.p);
    fixture_remove_dir(&l.f);
}

/* Frames of one time stay in the order in which they came. */
static void frames_of_one_time_keep_their_order(void **state)
{
    enum { FRAMES = 500 };
    uint64_t id = fixture_id(FIXTURE_TIME, 7);
    struct pcap_frame frame;
    struct log_fixture l;
    struct pcap_bytes b;
    void *keeper = NULL;

    (void)state;
    log_fixture_start(&l);
    for (uint32_t n = 0; n < FRAMES; n++)
        log_fixture_add(&l, &keeper, id, PACKET_MEDIA, FIXTURE_TIME, n, 1400);
    packet_log_close_keeper(l.log, &keeper);
    log_fixture_close(&l);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, 4096), 0);
    for (uint32_t n = 0; n < FRAMES; n++) {
        assert_true(pcap_bytes_next(&b, &frame));
        pcap_frame_expect(&frame, FIXTURE_TIME, n, 1400);
    }
    free(b.p);
    fixture_remove_dir(&l.f);
}

struct texts {
    size_t lengths[8];
    int64_t times[8];
    int count;
};

static bool take_text(void *ctx, const struct stored_message *m)
{
    struct texts *texts = ctx;

    assert_true(texts->count < 8);
    texts->lengths[texts->count] = m->raw.len;
    texts->times[texts->count++] = m->time_ns - FIXTURE_TIME;
    for (size_t i = 0; i < m->raw.len; i++)
        assert_int_equal(m->raw.p[i], m->raw.len == 1 ? 'c' : 'x');
    return true;
}

/* A message that several frames carried is kept whole, also where none of them is. */
static void texts_stand_beside_their_frames(void **state)
{
    static const size_t lengths[] = { 3000, 65536, CHUNK_TEXT_MAX, CHUNK_TEXT_MAX + 1 };
    uint64_t id = fixture_id(FIXTURE_TIME, 1);
    char *block = malloc(CHUNK_TEXT_MAX + 1);
    struct packet_log_stats stats;
    struct texts texts = { .count = 0 };
    struct log_fixture l;
    struct pcap_bytes b;
    void *keeper = NULL;

    (void)state;
    assert_non_null(block);
    memset(block, 'x', CHUNK_TEXT_MAX + 1);
    log_fixture_start(&l);
    for (int i = 0; i < 4; i++) {
        struct packet_text text = { .time_ns = FIXTURE_TIME + (8 - i) * FIXTURE_S,
                                    .src = addr_v4(ip_a, 5060),
                                    .dst = addr_v4(ip_b, 5060),
                                    .text = slice_of(block, lengths[i]) };

        packet_log_add_text(l.log, &keeper, id, &text); /* the first without a frame before it */
        packet_log_note_message(l.log, &keeper, &text.src, &text.dst, 2, 1); /* of which frame? */
    }
    add_sip(&l, &keeper, id, 6, "xxc", 1);
    packet_log_close_keeper(l.log, &keeper);
    packet_log_flush(l.log);
    packet_log_read_stats(l.log, &stats);
    assert_int_equal(stats.frames_stored, 1);
    assert_int_equal(stats.bytes_stored, 3);
    log_fixture_close(&l);
    assert_int_equal(call_messages_read(l.f.dir, id, take_text, &texts), 0);
    assert_int_equal(texts.count, 5);
    for (int i = 1; i < 5; i++)
        assert_true(texts.times[i] >= texts.times[i - 1]);
    assert_int_equal(texts.lengths[0], CHUNK_TEXT_MAX);
    assert_int_equal(texts.lengths[4], 3000);
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, 4096), 0);
    assert_int_equal(b.frames, 1);
    assert_int_equal(b.damaged, 0);
    free(b.p);
    free(block);
    fixture_remove_dir(&l.f);
}

/* Notes that fit nowhere are ignored; thousands in one frame stay with it. */
static void notes_are_bounded(void **state)
{
    const struct addr a = addr_v4(ip_a, 1);
    uint64_t id = fixture_id(FIXTURE_TIME, 1);
    struct frame big = {
        .time_ns = FIXTURE_TIME, .captured_bytes = 262144, .wire_bytes = 262144, .link_type = 1
    };
    uint8_t *data = calloc(1, big.captured_bytes);
    struct pcap_bytes b;
    struct log_fixture l;
    void *keeper = NULL;
    int messages = 0;

    (void)state;
    assert_non_null(data);
    big.data = data;
    log_fixture_start(&l);
    packet_log_note_message(l.log, &keeper, &a, &a, 0, 0); /* no frame yet */
    add_sip(&l, &keeper, id, 0, "xxabc", 3);
    packet_log_note_message(l.log, &keeper, &a, &a, 0, 6);
    packet_log_note_message(l.log, &keeper, &a, &a, 6, 0);
    packet_log_note_message(l.log, &keeper, &a, &a, UINT32_MAX, 2);
    packet_log_note_message(l.log, &keeper, &a, &a, 2, UINT32_MAX);
    packet_log_add(l.log, &keeper, id, PACKET_SIP, &big);
    for (int i = 0; i < 5000; i++)
        packet_log_note_message(l.log, &keeper, &a, &a, 0, 1);
    add_sip(&l, &keeper, id, 1, "xxabc", 3);
    packet_log_close_keeper(l.log, &keeper);
    log_fixture_close(&l);
    assert_int_equal(call_messages_read(l.f.dir, id, count_message, &messages), 0);
    assert_in_range(messages, 6 + 1000, 6 + 1400); /* as many as the largest chunk holds */
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, 4096), 0);
    assert_int_equal(b.frames, 3);
    assert_int_equal(b.damaged, 0);
    free(b.p);
    free(data);
    fixture_remove_dir(&l.f);
}

static void segments_go_on_after_a_restart(void **state)
{
    uint64_t id = fixture_id(FIXTURE_TIME, 1);
    struct pcap_frame frame;
    struct pcap_bytes b;
    struct log_fixture l;

    (void)state;
    log_fixture_start(&l);
    for (uint32_t n = 0; n < 5; n++) {
        void *keeper = NULL;

        if (n)
            log_fixture_open(&l, n % 2);
        log_fixture_add(&l, &keeper, id, PACKET_MEDIA, FIXTURE_TIME + n, n, 300);
        packet_log_close_keeper(l.log, &keeper);
        log_fixture_close(&l);
    }
    assert_int_equal(pcap_bytes_read(&b, l.f.dir, id, 4096), 0);
    for (uint32_t n = 0; n < 5; n++) {
        assert_true(pcap_bytes_next(&b, &frame));
        pcap_frame_expect(&frame, FIXTURE_TIME + n, n, 300);
    }
    assert_false(pcap_bytes_next(&b, &frame));
    free(b.p);
    fixture_remove_dir(&l.f);
}

/* One pass of a replay over `calls` calls of three frames each; `bad`: with a frame that no chunk
 * holds. */
static void replay_once(struct log_fixture *l, uint32_t calls, bool bad)
{
    struct packet_log_options options = { .store_dir = l->f.dir,
                                          .wait_when_full = true,
                                          .replace_older = true };

    options.writer = l->writer = fixture_writer(&l->f);
    assert_int_equal(packet_log_start(&l->log, &options), 0);
    for (uint32_t c = 0; c < calls; c++) {
        void *keeper = NULL;

        for (uint32_t n = 0; n < 3; n++)
            log_fixture_add(l, &keeper, fixture_id(FIXTURE_TIME, c), n ? PACKET_MEDIA : PACKET_SIP,
                            FIXTURE_TIME + n, n, 300);
        if (bad)
            log_fixture_add(l, &keeper, fixture_id(FIXTURE_TIME, c), PACKET_MEDIA, FIXTURE_TIME, 9,
                            CHUNK_FRAME_MAX + 1);
        packet_log_close_keeper(l->log, &keeper);
    }
    log_fixture_close(l);
}

static uint64_t exported_frames(struct log_fixture *l, uint32_t call)
{
    struct pcap_bytes b;

    assert_int_equal(pcap_bytes_read(&b, l->f.dir, fixture_id(FIXTURE_TIME, call), 4096), 0);
    free(b.p);
    return b.frames;
}

static void replay_replaces_what_it_stored_before(void **state)
{
    struct log_fixture l;

    (void)state;
    fixture_make_dir(&l.f);
    replay_once(&l, 2, false);
    replay_once(&l, 2, false);
    assert_int_equal(exported_frames(&l, 0), 3);
    assert_int_equal(exported_frames(&l, 1), 3);
    replay_once(&l, 1, false); /* the other call is not in this one: it stays */
    assert_int_equal(exported_frames(&l, 0), 3);
    assert_int_equal(exported_frames(&l, 1), 3);
    replay_once(&l, 1, true); /* not all of it could be stored: what was, is kept, and told once */
    assert_int_equal(exported_frames(&l, 0), 3);
    replay_once(&l, 1, false);
    assert_int_equal(exported_frames(&l, 0), 3);
    fixture_remove_dir(&l.f);
}

static void several_threads_keep_the_order_of_a_call(void **state)
{
    enum { CALLS = 16, FRAMES = 400 };
    struct packet_log_options options = { .wait_when_full = true, .threads = 4 };
    void *keepers[CALLS] = { NULL };
    struct log_fixture l;

    (void)state;
    fixture_make_dir(&l.f);
    l.writer = fixture_writer(&l.f);
    options.store_dir = l.f.dir;
    options.writer = l.writer;
    assert_int_equal(packet_log_start(&l.log, &options), 0);
    for (uint32_t n = 0; n < FRAMES; n++) {
        for (uint32_t c = 0; c < CALLS; c++)
            log_fixture_add(&l, &keepers[c], fixture_id(FIXTURE_TIME, c), PACKET_MEDIA,
                            FIXTURE_TIME + n, n, 1000);
    }
    for (uint32_t c = 0; c < CALLS; c++)
        packet_log_close_keeper(l.log, &keepers[c]);
    log_fixture_close(&l);
    for (uint32_t c = 0; c < CALLS; c++) {
        struct pcap_frame frame;
        struct pcap_bytes b;

        assert_int_equal(pcap_bytes_read(&b, l.f.dir, fixture_id(FIXTURE_TIME, c), 65536), 0);
        for (uint32_t n = 0; n < FRAMES; n++) {
            assert_true(pcap_bytes_next(&b, &frame));
            pcap_frame_expect(&frame, FIXTURE_TIME + n, n, 1000);
        }
        assert_false(pcap_bytes_next(&b, &frame));
        free(b.p);
    }
    fixture_remove_dir(&l.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(export_is_byte_exact_and_in_order),
        cmocka_unit_test(calls_are_kept_apart),
        cmocka_unit_test(sizes_from_nothing_to_the_limit),
        cmocka_unit_test(other_link_types_are_left_out_and_counted),
        cmocka_unit_test(days_are_joined),
        cmocka_unit_test(packets_from_before_the_adoption_are_there),
        cmocka_unit_test(unknown_ids_have_no_packets),
        cmocka_unit_test(old_chunks_are_passed_on),
        cmocka_unit_test(ladder_has_every_message_in_order),
        cmocka_unit_test(messages_of_calls_are_woven_by_time),
        cmocka_unit_test(late_frames_take_their_place),
        cmocka_unit_test(frames_of_one_time_keep_their_order),
        cmocka_unit_test(texts_stand_beside_their_frames),
        cmocka_unit_test(notes_are_bounded),
        cmocka_unit_test(segments_go_on_after_a_restart),
        cmocka_unit_test(replay_replaces_what_it_stored_before),
        cmocka_unit_test(several_threads_keep_the_order_of_a_call),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
