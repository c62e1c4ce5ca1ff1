#define _GNU_SOURCE /* memmem */
/* What is given out is what was stored: each frame once, in order, in formats that others read. */
#include "storage/export/export.h"
#include "storage/export/frame_merge.h"
#include "storage/export/packet_notes.h"
#include "storage/export/pcapng_blocks.h"
#include "tests/unit/packet_fixture.h"

#include <errno.h>
#include <lz4frame.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* ---- blocks ---- */

static uint32_t u32(const uint8_t *p)
{
    return pcap_bytes_u32(p);
}

static uint32_t u16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

/* Walks the blocks: each has its length at both ends and is whole words. Returns how many of `type`. */
static size_t count_blocks(const uint8_t *p, size_t len, uint32_t type)
{
    size_t n = 0;

    for (size_t at = 0; at < len;) {
        uint32_t length;

        assert_true(len - at >= 12);
        length = u32(p + at + 4);
        assert_true(length >= 12 && length % 4 == 0 && length <= len - at);
        assert_int_equal(u32(p + at + length - 4), length);
        n += u32(p + at) == type;
        at += length;
    }
    return n;
}

/* The nth option of that code among the options that begin at p; absent. */
static struct slice find_option(const uint8_t *p, const uint8_t *end, uint32_t code, size_t nth)
{
    while (end - p >= 4) {
        uint32_t len = u16(p + 2);

        if (u16(p) == 0)
            break;
        assert_true((size_t)(end - p) >= 4 + ((len + 3) & ~3u));
        if (u16(p) == code && nth-- == 0)
            return slice_of(p + 4, len);
        p += 4 + ((len + 3) & ~3u);
    }
    return SLICE_ABSENT;
}

static void packets_of_every_length_are_whole_blocks(void **state)
{
    static const uint8_t bytes[64] = { 1, 2, 3 };

    (void)state;
    for (uint32_t n = 0; n < sizeof bytes; n++) {
        for (size_t comment = 0; comment < 6; comment++) {
            struct pcapng_packet packet = { .interface = 3,
                                            .time_ns = 0x123456789abcdef0,
                                            .captured_bytes = n,
                                            .wire_bytes = n + 9,
                                            .data = bytes,
                                            .comments = slice_of("abcde", comment) };
            struct strbuf out = { 0 };
            const uint8_t *p;
            struct slice found;

            pcapng_add_packet(&out, &packet);
            p = (const uint8_t *)out.p;
            assert_int_equal(count_blocks(p, out.len, 6), 1);
            assert_int_equal(u32(p + 8), 3);
            assert_int_equal(u32(p + 12), 0x12345678);
            assert_int_equal(u32(p + 16), 0x9abcdef0);
            assert_int_equal(u32(p + 20), n);
            assert_int_equal(u32(p + 24), n + 9);
            assert_memory_equal(p + 28, bytes, n);
            found = find_option(p + 28 + ((n + 3) & ~3u), p + out.len - 4, 1, 0);
            assert_true(slice_eq(found, slice_of("abcde", comment)));
            strbuf_fini(&out);
        }
    }
}

static void texts_of_strangers_are_cleaned_and_cut(void **state)
{
    char *lengthy = malloc(2 * 40000);
    struct strbuf out = { 0 };
    struct slice found;
    const uint8_t *options;

    (void)state;
    assert_non_null(lengthy);
    for (size_t i = 0; i < 40000; i++)
        memcpy(lengthy + 2 * i, "\xc3\xa4", 2);
    pcapng_add_section(&out,
                       SLICE("a\033[2Jb\xff\x07"
                             "\nsecond\n"),
                       SLICE("earshot"));
    options = (const uint8_t *)out.p + 24;
    found = find_option(options, (uint8_t *)out.p + out.len - 4, 1, 0);
    assert_true(slice_eq(found, SLICE("a?[2Jb??")));
    found = find_option(options, (uint8_t *)out.p + out.len - 4, 1, 1);
    assert_true(slice_eq(found, SLICE("second")));
    assert_null(find_option(options, (uint8_t *)out.p + out.len - 4, 1, 2).p);
    strbuf_reset(&out);
    pcapng_add_section(&out, slice_of(lengthy, 80000 - 1), SLICE_ABSENT);
    found = find_option((uint8_t *)out.p + 24, (uint8_t *)out.p + out.len - 4, 1, 0);
    assert_int_equal(found.len, PCAPNG_TEXT_MAX); /* of whole characters */
    assert_memory_equal(found.p, lengthy, found.len);
    assert_int_equal(count_blocks((uint8_t *)out.p, out.len, 0x0a0d0d0a), 1);
    strbuf_fini(&out);
    free(lengthy);
}

static void names_stand_for_addresses(void **state)
{
    static const uint8_t v4[4] = { 192, 0, 2, 1 };
    static const uint8_t v6[16] = { 0x20, 1, 0xd, 0xb8, [15] = 7 };
    const struct pcapng_name names[] = { { addr_v4(v4, 5060), SLICE_INIT("trunk a") },
                                         { addr_v6(v6, 0), SLICE_INIT("b\r\n") } };
    static const uint8_t expected[] = {
        1, 0, 12, 0,  192, 0,    2,   1,   't',  'r', 'u', 'n', 'k', ' ', 'a',
        0, 2, 0,  20, 0,   0x20, 1,   0xd, 0xb8, 0,   0,   0,   0,   0,   0,
        0, 0, 0,  0,  0,   7,    'b', '?', '?',  0,   0,   0,   0,   0,
    };
    struct strbuf out = { 0 };

    (void)state;
    pcapng_add_names(&out, names, 0);
    assert_int_equal(out.len, 0);
    pcapng_add_names(&out, names, 2);
    assert_int_equal(count_blocks((uint8_t *)out.p, out.len, 4), 1);
    assert_int_equal(out.len, 12 + sizeof expected);
    assert_memory_equal(out.p + 8, expected, sizeof expected);
    strbuf_fini(&out);
}

/* ---- merge ---- */

enum { CALLS = 12, FRAMES = 900 };

struct stored_frame {
    int64_t time_ns;
    uint32_t n, order;
};

static int by_time(const void *a, const void *b)
{
    const struct stored_frame *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->n < y->n ? -1 : x->n > y->n;
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static uint64_t call_id(uint32_t call)
{
    return fixture_id(FIXTURE_TIME + call * 1000000, call);
}

/* Calls side by side, one in four frames filed under two of them, some late by up to 40 ms; returns how many
 * frames there are in all. */
static size_t store_calls(struct log_fixture *l, struct stored_frame *frames)
{
    void *keepers[CALLS] = { NULL };
    uint32_t seed = 7;

    log_fixture_start(l);
    for (uint32_t n = 0; n < FRAMES; n++) {
        int64_t time = FIXTURE_TIME + n * 9000000ll - next_random(&seed) % 5 * 8000000ll;
        uint32_t call = next_random(&seed) % CALLS;

        frames[n] = (struct stored_frame){ time, n, n };
        log_fixture_add(l, &keepers[call], call_id(call), n % 5 ? PACKET_MEDIA : PACKET_SIP, time,
                        n, 20 + n % 90);
        if (n % 4 == 0) {
            call = (call + 1) % CALLS;
            log_fixture_add(l, &keepers[call], call_id(call), n % 5 ? PACKET_MEDIA : PACKET_SIP,
                            time, n, 20 + n % 90);
        }
        packet_log_tick(l->log, time);
    }
    for (uint32_t call = 0; call < CALLS; call++)
        packet_log_close_keeper(l->log, &keepers[call]);
    log_fixture_close(l);
    return FRAMES;
}

static void list_calls(uint64_t ids[CALLS])
{
    for (uint32_t i = 0; i < CALLS; i++)
        ids[i] = call_id((i * 5) % CALLS);
}

static void frames_of_many_calls_come_once_and_in_order(void **state)
{
    struct stored_frame frames[FRAMES];
    uint64_t ids[CALLS + 1];
    struct pcap_frame frame;
    struct pcap_bytes b;
    struct log_fixture l;

    (void)state;
    store_calls(&l, frames);
    qsort(frames, FRAMES, sizeof frames[0], by_time);
    list_calls(ids);
    ids[CALLS] = ids[3]; /* told twice */
    assert_int_equal(pcap_bytes_read_calls(&b, l.f.dir, ids, CALLS + 1, 5000), 0);
    assert_int_equal(b.frames, FRAMES);
    assert_int_equal(b.repeated, FRAMES / 4);
    assert_int_equal(b.damaged + b.left_out + b.late, 0);
    for (size_t i = 0; i < FRAMES;) {
        size_t alike = 1; /* of one time: in any order */
        bool seen[FRAMES] = { false };

        while (i + alike < FRAMES && frames[i + alike].time_ns == frames[i].time_ns)
            alike++;
        for (size_t k = 0; k < alike; k++) {
            size_t which = 0;

            assert_true(pcap_bytes_next(&b, &frame));
            assert_int_equal(frame.time_ns, frames[i].time_ns);
            while (which < alike &&
                   (frames[i + which].n % 90 + 20 != frame.captured || seen[frames[i + which].n]))
                which++;
            assert_true(which < alike);
            seen[frames[i + which].n] = true;
            pcap_frame_expect(&frame, frames[i].time_ns, frames[i + which].n, frame.captured);
        }
        i += alike;
    }
    assert_false(pcap_bytes_next(&b, &frame));
    free(b.p);
    fixture_remove_dir(&l.f);
}

/* With room for one chunk alone nothing is missing; what comes late is counted. */
static void little_memory_costs_order_and_no_frame(void **state)
{
    struct stored_frame frames[FRAMES];
    struct frame_merge_counts counts;
    uint64_t ids[CALLS], late = 0;
    struct merged_frame frame;
    struct frame_merge *m;
    struct log_fixture l;
    int64_t newest = 0;
    int got;

    (void)state;
    store_calls(&l, frames);
    list_calls(ids);
    assert_int_equal(frame_merge_open(&m, &(struct frame_merge_options){ .store_dir = l.f.dir,
                                                                         .calls = ids,
                                                                         .call_count = CALLS,
                                                                         .open_max_bytes = 1 }),
                     0);
    while ((got = frame_merge_next(m, &frame)) > 0) {
        late += frame.time_ns < newest;
        if (frame.time_ns > newest)
            newest = frame.time_ns;
    }
    assert_int_equal(got, 0);
    frame_merge_read_counts(m, &counts);
    assert_true(counts.frames >= FRAMES);
    assert_int_equal(counts.late, late);
    assert_true(late > 0);
    assert_int_equal(counts.done_bytes, counts.total_bytes);
    frame_merge_close(m);
    fixture_remove_dir(&l.f);
}

/* ---- replays ---- */

static void replay(struct log_fixture *l, uint32_t until)
{
    struct packet_log_options options = { .store_dir = l->f.dir,
                                          .wait_when_full = true,
                                          .replace_older = true };
    void *keeper = NULL;

    options.writer = l->writer = fixture_writer(&l->f);
    assert_int_equal(packet_log_start(&l->log, &options), 0);
    for (uint32_t n = 0; n < until; n++) {
        int64_t time = FIXTURE_TIME + n * 10000000ll;

        log_fixture_add(l, &keeper, call_id(0), n % 50 ? PACKET_MEDIA : PACKET_SIP, time, n, 900);
        packet_log_tick(l->log, time);
    }
    packet_log_close_keeper(l->log, &keeper);
    log_fixture_close(l);
}

/* What the segments take on the disk. */
static uint64_t blocks(const struct log_fixture *l)
{
    static const char *const kinds[] = { "sip", "media", "audio" };
    uint64_t sum = 0;

    for (size_t i = 0; i < 3; i++) {
        char path[160];
        struct stat st;

        snprintf(path, sizeof path, "%s/2026-11-21/%s-000001.seg", l->f.dir, kinds[i]);
        if (stat(path, &st) == 0)
            sum += (uint64_t)st.st_blocks;
    }
    return sum;
}

static void expect_frames(const struct log_fixture *l, uint32_t until)
{
    uint64_t id = call_id(0);
    struct pcap_frame frame;
    struct pcap_bytes b;

    assert_int_equal(pcap_bytes_read(&b, l->f.dir, id, 65536), 0);
    for (uint32_t n = 0; n < until; n++) {
        assert_true(pcap_bytes_next(&b, &frame));
        pcap_frame_expect(&frame, FIXTURE_TIME + n * 10000000ll, n, 900);
    }
    assert_false(pcap_bytes_next(&b, &frame));
    assert_int_equal(b.damaged, 0);
    free(b.p);
}

static void a_replay_again_takes_no_more_room(void **state)
{
    struct log_fixture l;
    uint64_t once;

    (void)state;
    fixture_make_dir(&l.f);
    replay(&l, 1000);
    once = blocks(&l);
    assert_true(once > 0);
    for (int i = 0; i < 2; i++) {
        replay(&l, 1000);
        expect_frames(&l, 1000);
        if (blocks(&l) > once + once / 10)
            fail_msg("%llu blocks, %llu before", (unsigned long long)blocks(&l),
                     (unsigned long long)once);
    }
    fixture_remove_dir(&l.f);
}

static void captures_that_overlap_lose_nothing(void **state)
{
    /* Where the first ends, where the second: both begin with the INVITE. */
    static const uint32_t ends[][2] = {
        { 1000, 333 },
        { 1000, 1 },
        { 620, 1000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct log_fixture l;

        fixture_make_dir(&l.f);
        replay(&l, ends[i][0]);
        replay(&l, ends[i][1]);
        expect_frames(&l, 1000);
        fixture_remove_dir(&l.f);
    }
}

/* ---- notes ---- */

static const uint8_t host_a[4] = { 10, 0, 0, 1 }, host_b[4] = { 10, 0, 0, 2 };

/* An Ethernet frame with RTP, in an exact-size block; only its headers are captured. */
static struct merged_frame make_rtp(uint8_t *at, bool from_b, uint16_t sequence, uint8_t type,
                                    int64_t time_ns)
{
    uint8_t *udp = at + 34;

    memset(at, 0, 54);
    at[12] = 8;
    memcpy(at + 26, from_b ? host_b : host_a, 4);
    memcpy(at + 30, from_b ? host_a : host_b, 4);
    udp[0] = udp[2] = 0x27; /* port 10000, both */
    udp[1] = udp[3] = 0x10;
    udp[5] = 8 + 12 + 20;
    udp[8] = 0x80;
    udp[9] = type;
    udp[10] = (uint8_t)(sequence >> 8);
    udp[11] = (uint8_t)sequence;
    udp[19] = 0x77; /* both have the same SSRC */
    return (struct merged_frame){ .time_ns = time_ns,
                                  .data = at,
                                  .captured_bytes = 54,
                                  .wire_bytes = 74,
                                  .link_type = 1,
                                  .is_media = true };
}

static void make_noted_call(struct call_record *call, struct stream_record streams[2])
{
    record_clear(&record_type_call, call);
    for (int i = 0; i < 2; i++) {
        record_clear(&record_type_stream, &streams[i]);
        streams[i].ssrc = 0x77;
        streams[i].src = addr_v4(i ? host_b : host_a, 10000);
        streams[i].dst = addr_v4(i ? host_a : host_b, 10000);
        streams[i].direction = i ? SLICE("callee_to_caller") : SLICE("caller_to_callee");
    }
    call->streams = streams;
    call->stream_count = 2;
}

static void expect_note(struct packet_notes *n, bool from_b, uint16_t sequence, uint8_t type,
                        int64_t time_ns, const char *expected)
{
    uint8_t *bytes = malloc(54);
    struct merged_frame frame = make_rtp(bytes, from_b, sequence, type, time_ns);
    struct strbuf out = { 0 };

    packet_notes_look(n, &frame, &out);
    if (strcmp(out.p ? out.p : "", expected) != 0)
        fail_msg("sequence %u: '%s', expected '%s'", sequence, out.p ? out.p : "", expected);
    strbuf_fini(&out);
    free(bytes);
}

static void bursts_are_told_where_they_end(void **state)
{
    static const struct {
        uint16_t sequence;
        const char *note;
    } rows[] = {
        { 65530, "" },
        { 65531, "" },
        { 65534, "" }, /* two are missing */
        { 65533, "" }, /* late */
        { 65534, "" }, /* twice */
        { 2,
          "loss burst: 3 packets of SSRC 0x00000077 are missing before this one (65535 to 1)\n" },
        { 3, "" },
        { 14, "loss burst: 10 packets of SSRC 0x00000077 are missing before this one (4 to 13)\n" },
        { 13, "" },
        { 9000, "" }, /* another beginning */
        { 9001, "" },
    };
    struct stream_record streams[2];
    struct call_record call;
    struct packet_notes *n;

    (void)state;
    make_noted_call(&call, streams);
    assert_int_equal(packet_notes_new(&n, &call), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_note(n, false, rows[i].sequence, 8, 0, rows[i].note);
        expect_note(n, true, (uint16_t)(100 + i), 8, 0, ""); /* the other way, all are there */
        expect_note(n, true, 40000, 72, 0, "");              /* RTCP */
    }
    packet_notes_free(n);
}

static void events_are_told_at_their_packet(void **state)
{
    struct stream_record streams[2];
    struct call_record call;
    struct packet_notes *n;

    (void)state;
    make_noted_call(&call, streams);
    call.one_way = 1;
    call.answer_time = 2 * FIXTURE_S;
    call.media_verdict = SLICE("nat_unreachable");
    call.media_evidence = SLICE("{\"why\":\"x\",\"silent_side\":\"callee\"}");
    streams[0].events = SLICE(
        "[{\"t\":3.000001,\"event\":\"codec_change\",\"from\":\"PCMA/8\",\"to\":\"G\\u001b729/"
        "18\",\"announced\":true},{\"t\":4,\"event\":\"restart\"},{\"t\":5,\"event\":\"new\"}]");
    call.media_timeouts = SLICE("[{\"from\":10,\"to\":80,\"direction\":\"caller_to_callee\"}]");
    assert_int_equal(packet_notes_new(&n, &call), 0);
    expect_note(n, false, 1, 8, 1 * FIXTURE_S, "");
    expect_note(n, true, 1, 8, 2 * FIXTURE_S, "");
    expect_note(n, false, 2, 8, 2 * FIXTURE_S,
                "one-way audio begins: the callee is not heard (nat_unreachable)\n");
    expect_note(n, true, 2, 8, 3 * FIXTURE_S + 2000, "");
    expect_note(n, false, 3, 18, 3 * FIXTURE_S + 400,
                "codec changes from PCMA/8 to G?729/18, as the SDP announced\n");
    expect_note(n, false, 4, 18, 6 * FIXTURE_S, "stream begins anew\n");
    expect_note(n, true, 3, 18, 11 * FIXTURE_S,
                "one-way audio begins: no packet of the caller for over 60 s\n");
    expect_note(n, false, 5, 18, 80 * FIXTURE_S, "the caller is heard again\n");
    expect_note(n, false, 6, 18, 81 * FIXTURE_S, "");
    packet_notes_free(n);
}

/* ---- formats ---- */

static void formats_and_names(void **state)
{
    static const struct {
        const char *path;
        int format; /* −1: none */
    } rows[] = {
        { "a.pcap", EXPORT_PCAP },
        { "a.PCAPNG", EXPORT_PCAPNG },
        { "a.pcap.lz4", EXPORT_PCAP_LZ4 },
        { "/b.csv/a.pcapng.lz4", EXPORT_PCAPNG_LZ4 },
        { "a.csv", EXPORT_CSV },
        { "a.jsonl", EXPORT_JSONL },
        { "a.lz4", -1 },
        { "pcap", -1 },
        { "apcap", -1 },
        { "", -1 },
    };
    char name[EXPORT_NAME_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum export_format format = EXPORT_FORMATS;
        bool known = export_format_of_path(slice_of_text(rows[i].path), &format);

        if ((known ? (int)format : -1) != rows[i].format)
            fail_msg("%s", rows[i].path);
    }
    export_name_call(name, fixture_id(FIXTURE_TIME, 1), "pcapng");
    assert_string_equal(name, "20261121T100000Z_33063363d1400001.pcapng");
    export_name_calls(name, FIXTURE_TIME, 12, "pcap.lz4");
    assert_string_equal(name, "20261121T100000Z_12-calls.pcap.lz4");
    export_name_calls(name, FIXTURE_TIME, 0, "csv");
    assert_string_equal(name, "20261121T100000Z_calls.csv");
}

/* Unpacked by the library at one go. */
static void lz4_is_one_frame_of_the_same_bytes(void **state)
{
    struct stored_frame frames[FRAMES];
    struct export_request request = { .format = EXPORT_PCAPNG };
    struct export_counts counts;
    uint64_t ids[CALLS];
    uint8_t *plain, *packed, *unpacked;
    size_t plain_len, packed_len, from_len, to_len;
    LZ4F_dctx *context;
    struct log_fixture l;

    (void)state;
    store_calls(&l, frames);
    list_calls(ids);
    request.store_dir = l.f.dir;
    request.calls = ids;
    request.call_count = CALLS;
    assert_int_equal(export_bytes_read(&request, 1 << 16, &plain, &plain_len, &counts), 0);
    assert_int_equal(counts.frames, FRAMES);
    assert_int_equal(count_blocks(plain, plain_len, 6), FRAMES);
    assert_int_equal(count_blocks(plain, plain_len, 1), 1);
    request.format = EXPORT_PCAPNG_LZ4;
    assert_int_equal(export_bytes_read(&request, 777, &packed, &packed_len, &counts), 0);
    assert_true(packed_len < plain_len);
    unpacked = malloc(plain_len + 1);
    from_len = packed_len;
    to_len = plain_len + 1;
    assert_false(LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)));
    /* 0: the frame is over, its checksum right. */
    assert_int_equal(LZ4F_decompress(context, unpacked, &to_len, packed, &from_len, NULL), 0);
    assert_int_equal(from_len, packed_len);
    assert_int_equal(to_len, plain_len);
    assert_memory_equal(unpacked, plain, plain_len);
    LZ4F_freeDecompressionContext(context);
    free(plain);
    free(packed);
    free(unpacked);
    fixture_remove_dir(&l.f);
}

/* The nth comment of a file whose first block is a section; absent. */
static struct slice section_comment(const uint8_t *p, size_t nth)
{
    return find_option(p + 24, p + u32(p + 4) - 4, 1, nth);
}

static void a_pcapng_tells_of_its_calls(void **state)
{
    struct export_request request = { .format = EXPORT_PCAPNG };
    struct capture_record ledger;
    struct export_counts counts;
    struct call_record call;
    struct log_fixture l;
    uint64_t ids[2];
    uint8_t *bytes;
    size_t len;

    (void)state;
    log_fixture_start(&l);
    record_clear(&record_type_capture, &ledger);
    ledger.source = SLICE("/captures/of/ours/mirror.pcap");
    ledger.start_time = FIXTURE_TIME - FIXTURE_S;
    assert_true(writer_submit(l.writer, &record_type_capture, &ledger));
    for (uint32_t i = 0; i < 2; i++) {
        void *keeper = NULL;

        fixture_call(&call, FIXTURE_TIME, i, i ? "b@x" : "a@x");
        call.trunk_in = SLICE("Carrier \033One");
        call.media_verdict = SLICE("one_way");
        call.kept = SLICE("headers");
        ids[i] = call.id;
        assert_true(writer_submit(l.writer, &record_type_call, &call));
        log_fixture_add(&l, &keeper, call.id, PACKET_SIP, FIXTURE_TIME + i, i, 100);
        packet_log_close_keeper(l.log, &keeper);
    }
    log_fixture_close(&l);
    request.store_dir = l.f.dir;
    request.calls = ids;
    request.call_count = 1;
    assert_int_equal(export_bytes_read(&request, 1000, &bytes, &len, &counts), 0);
    assert_true(slice_eq(section_comment(bytes, 0), SLICE("Call-ID: a@x")));
    assert_true(
        slice_eq(section_comment(bytes, 1), SLICE("200, completed; media: one_way; MOS 4.10")));
    assert_true(slice_eq(section_comment(bytes, 2), SLICE("Of its packets is kept: headers")));
    assert_true(slice_eq(section_comment(bytes, 3), SLICE("Exported by earshot " EARSHOT_VERSION)));
    assert_int_equal(count_blocks(bytes, len, 4), 1);
    assert_non_null(memmem(bytes, len, "Carrier ?One", 13));
    assert_non_null(memmem(bytes, len, "\2\0\x0b\0mirror.pcap\0", 16)); /* no path */
    assert_null(memmem(bytes, len, "ours", 4));
    free(bytes);
    request.call_count = 2;
    assert_int_equal(export_bytes_read(&request, 1000, &bytes, &len, &counts), 0);
    assert_true(slice_eq(section_comment(bytes, 0), SLICE("2 calls")));
    assert_int_equal(count_blocks(bytes, len, 4), 1); /* the same trunk */
    assert_non_null(memmem(bytes, len, "Call-ID: a@x", 12));
    assert_non_null(memmem(bytes, len, "Call-ID: b@x", 12));
    free(bytes);
    fixture_remove_dir(&l.f);
}

/* Days that were written before payload stood apart have no columns for it. */
static void days_of_an_older_version_are_read(void **state)
{
    struct stored_frame frames[FRAMES];
    struct pcap_bytes before, after;
    uint64_t ids[CALLS];
    struct log_fixture l;
    char path[96];
    sqlite3 *db;

    (void)state;
    store_calls(&l, frames);
    list_calls(ids);
    assert_int_equal(pcap_bytes_read_calls(&before, l.f.dir, ids, CALLS, 65536), 0);
    snprintf(path, sizeof path, "%s/2026-11-21/calls.sqlite", l.f.dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "CREATE TABLE older AS SELECT place,id,first_time,last_time,"
                                  "stored_bytes,frames FROM chunks;"
                                  "DROP TABLE chunks; ALTER TABLE older RENAME TO chunks",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(pcap_bytes_read_calls(&after, l.f.dir, ids, CALLS, 65536), 0);
    assert_int_equal(before.frames, after.frames); /* cut: nothing says where the rest lies */
    assert_int_equal(after.damaged, 0);
    free(before.p);
    free(after.p);
    fixture_remove_dir(&l.f);
}

static size_t count_lines(const uint8_t *p, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += p[i] == '\n';
    return n;
}

static void calls_of_a_search_are_lines(void **state)
{
    enum { ROWS = 600 };
    struct export_request request = { .format = EXPORT_CSV };
    struct export_counts counts;
    struct call_record call;
    struct fixture f;
    struct writer *w;
    uint8_t *text;
    size_t len;

    (void)state;
    fixture_make_dir(&f);
    w = fixture_writer(&f);
    for (uint32_t i = 0; i < ROWS; i++) {
        fixture_call(&call, FIXTURE_TIME + i * FIXTURE_S, i, "a@b");
        assert_true(writer_submit(w, &record_type_call, &call));
    }
    writer_stop(w);
    request.store_dir = f.dir;
    assert_int_equal(export_bytes_read(&request, 1000, &text, &len, &counts), 0);
    assert_int_equal(count_lines(text, len), ROWS + 1);
    assert_int_equal(counts.calls, ROWS);
    assert_non_null(strstr((char *)text, "\"'+493012345\""));
    free(text);
    request.format = EXPORT_JSONL;
    request.limit = 300;
    assert_int_equal(export_bytes_read(&request, 1000, &text, &len, &counts), 0);
    assert_int_equal(count_lines(text, len), 300);
    free(text);
    request.format = EXPORT_PCAP;
    assert_int_equal(export_bytes_read(&request, 1000, &text, &len, &counts), -ENOENT);
    request.calls_max = 299;
    assert_int_equal(export_bytes_read(&request, 1000, &text, &len, &counts), -E2BIG);
    fixture_remove_dir(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_every_length_are_whole_blocks),
        cmocka_unit_test(texts_of_strangers_are_cleaned_and_cut),
        cmocka_unit_test(names_stand_for_addresses),
        cmocka_unit_test(frames_of_many_calls_come_once_and_in_order),
        cmocka_unit_test(little_memory_costs_order_and_no_frame),
        cmocka_unit_test(a_replay_again_takes_no_more_room),
        cmocka_unit_test(captures_that_overlap_lose_nothing),
        cmocka_unit_test(bursts_are_told_where_they_end),
        cmocka_unit_test(events_are_told_at_their_packet),
        cmocka_unit_test(formats_and_names),
        cmocka_unit_test(lz4_is_one_frame_of_the_same_bytes),
        cmocka_unit_test(a_pcapng_tells_of_its_calls),
        cmocka_unit_test(days_of_an_older_version_are_read),
        cmocka_unit_test(calls_of_a_search_are_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
