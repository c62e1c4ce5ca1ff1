/*
 * test_engine - frames in, calls and their packets out: what carried a message is kept, once.
 *
 * SIP over TCP is cut anywhere and comes in any order; messages over UDP come in fragments. Each
 * call's packets are held against what a reader of the whole stream would keep.
 */
#include "probe/engine/engine.h"

#include "storage/packets/call_messages.h"
#include "tests/unit/ledger_json.h"
#include "tests/unit/packet_fixture.h"
#include "tests/unit/random.h"

enum { CALLS = 3, MESSAGES = 24, STREAM_MAX = 64 << 10, FRAMES_MAX = 2048, FRAME_MAX = 4096 };

struct message {
    size_t begin, end; /* in the stream */
    int call;
};

/* Messages of some calls, one behind the other. */
struct stream {
    char bytes[STREAM_MAX];
    size_t len;
    struct message messages[MESSAGES];
};

struct sent_frame {
    uint8_t bytes[FRAME_MAX];
    size_t len;
    size_t begin, end; /* what it carries of the stream */
    int64_t time_ns;
};

struct scene {
    struct fixture f;
    struct engine *engine;
    struct stream stream;
    struct sent_frame frames[FRAMES_MAX];
    size_t frame_count;
    uint64_t ids[CALLS];
    int64_t received, binned, sip, parts, not_kept;
    char dtmf[256]; /* of the last call */
};

static void on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct scene *s = ctx;

    if (type == &record_type_call) {
        const struct call_record *call = record;
        const size_t before = strlen("call-");
        uint64_t n;

        assert_true(call->call_id.len > before);
        assert_true(slice_to_u64(slice_of(call->call_id.p + before, call->call_id.len - before),
                                 CALLS - 1, &n));
        assert_true(s->ids[n] == 0);
        s->ids[n] = call->id;
        snprintf(s->dtmf, sizeof s->dtmf, "%.*s", (int)call->dtmf.len, call->dtmf.p);
    } else if (type == &record_type_capture) {
        const struct capture_record *c = record;

        s->received = c->received;
        s->binned = sum_of_bins(c->bins);
        s->sip = count_in(c->bins, "sip");
        s->parts = count_in(c->bins, "tcp_segment") + count_in(c->bins, "fragment");
        s->not_kept = c->not_kept;
    }
}

static void open_scene_with(struct scene *s, struct engine_options options)
{
    struct engine_error error;

    options.source = "test";
    options.record = on_record;
    options.record_ctx = s;
    fixture_make_dir(&s->f);
    options.store_dir = s->f.dir;
    assert_int_equal(engine_open(&s->engine, &options, &error), 0);
}

static void open_scene(struct scene *s)
{
    open_scene_with(s, (struct engine_options){ .store_dir = NULL });
}

static void close_scene(struct scene *s)
{
    fixture_remove_dir(&s->f);
    free(s);
}

static struct scene *new_scene(void)
{
    struct scene *s = calloc(1, sizeof *s);

    assert_non_null(s);
    return s;
}

/* INVITEs and what may follow them, of a length of their own. */
static void add_message(struct stream *s, int index, int call, const char *method, size_t padding)
{
    struct message *m = &s->messages[index];
    int n;

    m->begin = s->len;
    m->call = call;
    n = snprintf(s->bytes + s->len, sizeof s->bytes - s->len,
                 "%s sip:bob@example SIP/2.0\r\nVia: SIP/2.0/TCP 10.0.0.1;branch=z9hG4bK-%d-%d\r\n"
                 "From: <sip:alice@example>;tag=a%d\r\nTo: <sip:bob@example>\r\n"
                 "Call-ID: call-%d\r\nCSeq: %d %s\r\nSubject: %0*d\r\nContent-Length: 0\r\n\r\n",
                 method, call, index, call, call, index + 1, method, (int)padding, index);
    assert_true(n > 0 && s->len + (size_t)n < sizeof s->bytes);
    s->len += (size_t)n;
    m->end = s->len;
}

static void make_stream(struct stream *s, struct random *r)
{
    s->len = 0;
    for (int i = 0; i < MESSAGES; i++)
        add_message(s, i, i < CALLS ? i : (int)random_below(r, CALLS),
                    i < CALLS ? "INVITE" : "INFO",
                    1 + random_below(r, random_hits(r, 0.1) ? 3000 : 300));
}

static void put16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* Ethernet and IPv4 in front of `len` bytes; returns the place of those. */
static uint8_t *put_ip(struct sent_frame *f, uint8_t protocol, uint16_t id, uint16_t fragment,
                       size_t len)
{
    static const uint8_t head[] = { 2, 0, 0, 0, 0, 1,  2, 0, 0, 0,  0, 2, 8, 0,  0x45, 0, 0,
                                    0, 0, 0, 0, 0, 64, 0, 0, 0, 10, 0, 0, 1, 10, 0,    0, 2 };

    assert_true(sizeof head + len <= sizeof f->bytes);
    memcpy(f->bytes, head, sizeof head);
    put16(f->bytes + 16, 20 + len);
    put16(f->bytes + 18, id);
    put16(f->bytes + 20, fragment);
    f->bytes[23] = protocol;
    f->len = sizeof head + len;
    return f->bytes + sizeof head;
}

static struct sent_frame *next_frame(struct scene *s)
{
    struct sent_frame *f = &s->frames[s->frame_count];

    assert_true(s->frame_count < FRAMES_MAX);
    s->frame_count++;
    f->begin = f->end = 0;
    return f;
}

static void add_segment(struct scene *s, size_t begin, size_t end, bool syn)
{
    struct sent_frame *f = next_frame(s);
    uint32_t seq = 0xfffffff0u + (syn ? 0 : 1 + (uint32_t)begin); /* and past the wrap */
    uint8_t *p = put_ip(f, 6, (uint16_t)s->frame_count, 0, 20 + end - begin);

    memset(p, 0, 20);
    put16(p, 40000);
    put16(p + 2, 5060);
    put16(p + 4, seq >> 16);
    put16(p + 6, seq & 0xffff);
    p[12] = 0x50;
    p[13] = syn ? 0x02 : 0x18;
    put16(p + 14, 65535);
    memcpy(p + 20, s->stream.bytes + begin, end - begin);
    f->begin = begin;
    f->end = end;
}

/* Cut anywhere, now and then with two neighbours changed. */
static void cut_stream(struct scene *s, struct random *r, size_t most)
{
    add_segment(s, 0, 0, true);
    for (size_t at = 0; at < s->stream.len;) {
        size_t n = 1 + random_below(r, (uint32_t)most);

        if (n > s->stream.len - at)
            n = s->stream.len - at;
        add_segment(s, at, at + n, false);
        at += n;
    }
    for (size_t i = 2; i < s->frame_count; i++) {
        struct sent_frame swap = s->frames[i];

        if (!random_hits(r, 0.2))
            continue;
        s->frames[i] = s->frames[i - 1];
        s->frames[i - 1] = swap;
    }
}

static void send_all(struct scene *s)
{
    for (size_t i = 0; i < s->frame_count; i++) {
        struct sent_frame *f = &s->frames[i];
        uint8_t *block = malloc(f->len);
        struct frame frame = { .time_ns = FIXTURE_TIME + (int64_t)i * 1000000,
                               .data = block,
                               .captured_bytes = (uint32_t)f->len,
                               .wire_bytes = (uint32_t)f->len,
                               .link_type = 1 };

        assert_non_null(block);
        memcpy(block, f->bytes, f->len);
        f->time_ns = frame.time_ns;
        engine_frame(s->engine, &frame);
        free(block);
    }
    engine_finish(s->engine);
    engine_close(s->engine);
    assert_int_equal(s->received, s->frame_count);
    assert_int_equal(s->binned, s->frame_count);
}

static bool carries(const struct scene *s, const struct sent_frame *f, int call)
{
    for (int i = 0; i < MESSAGES; i++) {
        const struct message *m = &s->stream.messages[i];

        if (m->call == call && f->begin < m->end && m->begin < f->end)
            return true;
    }
    return false;
}

/* Each frame that carried something of the call is in its export, once, by its time. */
static void expect_frames(const struct scene *s, int call)
{
    struct pcap_frame frame;
    struct pcap_bytes b;

    assert_int_equal(pcap_bytes_read(&b, s->f.dir, s->ids[call], 4096), 0);
    for (size_t i = 0; i < s->frame_count; i++) {
        const struct sent_frame *f = &s->frames[i];

        if (!carries(s, f, call))
            continue;
        assert_true(pcap_bytes_next(&b, &frame));
        assert_true(frame.time_ns == f->time_ns);
        assert_int_equal(frame.captured, f->len);
        assert_memory_equal(frame.data, f->bytes, f->len);
    }
    assert_false(pcap_bytes_next(&b, &frame));
    assert_int_equal(b.damaged + b.left_out, 0);
    free(b.p);
}

struct ladder {
    const struct stream *stream;
    bool seen[MESSAGES];
    int call, count;
};

static bool take_message(void *ctx, const struct stored_message *m)
{
    struct ladder *ladder = ctx;

    for (int i = 0; i < MESSAGES; i++) {
        const struct message *sent = &ladder->stream->messages[i];
        struct slice text = slice_of(ladder->stream->bytes + sent->begin, sent->end - sent->begin);

        if (sent->call != ladder->call || !slice_eq(text, m->raw))
            continue;
        assert_false(ladder->seen[i]);
        ladder->seen[i] = true;
        ladder->count++;
        return true;
    }
    fail_msg("a message that was not sent: %.*s", (int)m->raw.len, m->raw.p);
    return false;
}

/* Each message is in the ladder, whole, once. */
static void expect_ladder(const struct scene *s, int call)
{
    struct ladder ladder = { .stream = &s->stream, .call = call };
    int expected = 0;

    for (int i = 0; i < MESSAGES; i++)
        expected += s->stream.messages[i].call == call;
    assert_int_equal(call_messages_read(s->f.dir, s->ids[call], take_message, &ladder), 0);
    assert_int_equal(ladder.count, expected);
}

static void every_segment_is_kept_once(void **state)
{
    static const size_t most[] = { 40, 300, 1400, 3500 };

    (void)state;
    for (uint64_t seed = 1; seed <= 24; seed++) {
        struct scene *s = new_scene();
        struct random r = { seed };

        open_scene(s);
        make_stream(&s->stream, &r);
        cut_stream(s, &r, most[seed % 4]);
        send_all(s);
        for (int call = 0; call < CALLS; call++) {
            expect_frames(s, call);
            expect_ladder(s, call);
        }
        close_scene(s);
    }
}

/* All messages in one segment: the frame is one packet of SIP, and each call has it once. */
static void one_frame_has_one_bin(void **state)
{
    struct scene *s = new_scene();
    struct random r = { 1 };

    (void)state;
    open_scene(s);
    for (int i = 0; i < MESSAGES; i++)
        add_message(&s->stream, i, i % CALLS, i < CALLS ? "INVITE" : "INFO",
                    1 + random_below(&r, 9));
    s->stream.len = s->stream.len < 3900 ? s->stream.len : s->stream.messages[14].end;
    add_segment(s, 0, 0, true);
    add_segment(s, 0, s->stream.messages[11].end, false);
    add_segment(s, s->stream.messages[11].end, s->stream.messages[11].end + 10, false);
    send_all(s);
    assert_int_equal(s->sip, 1);
    assert_int_equal(s->parts, 1); /* ten bytes of the next message */
    for (int call = 0; call < CALLS; call++) {
        struct pcap_frame frame;
        struct pcap_bytes b;

        assert_int_equal(pcap_bytes_read(&b, s->f.dir, s->ids[call], 4096), 0);
        assert_true(pcap_bytes_next(&b, &frame));
        assert_int_equal(frame.captured, s->frames[1].len);
        assert_false(pcap_bytes_next(&b, &frame));
        free(b.p);
    }
    close_scene(s);
}

/* One message over UDP in fragments, last one first. */
static void every_fragment_is_kept(void **state)
{
    enum { PIECE = 1200 };
    struct scene *s = new_scene();
    uint8_t datagram[8 + STREAM_MAX];
    size_t len, pieces;

    (void)state;
    open_scene(s);
    for (int i = 0; i < MESSAGES; i++)
        add_message(&s->stream, i, i == 0 ? 0 : 1, "INVITE", i == 0 ? 4000 : 1);
    s->stream.len = s->stream.messages[0].end;
    len = 8 + s->stream.len;
    put16(datagram, 5060);
    put16(datagram + 2, 5060);
    put16(datagram + 4, len);
    put16(datagram + 6, 0);
    memcpy(datagram + 8, s->stream.bytes, s->stream.len);
    pieces = (len + PIECE - 1) / PIECE;
    for (size_t i = pieces; i-- > 0;) {
        struct sent_frame *f = next_frame(s);
        size_t n = i + 1 == pieces ? len - i * PIECE : PIECE;
        uint16_t field = (uint16_t)(i * PIECE / 8 | (i + 1 < pieces ? 0x2000 : 0));

        memcpy(put_ip(f, 17, 7, field, n), datagram + i * PIECE, n);
        f->begin = 0;
        f->end = 1;
    }
    send_all(s);
    assert_int_equal(s->sip, 1);
    assert_int_equal(s->parts, pieces - 1);
    expect_frames(s, 0);
    for (int i = 1; i < MESSAGES; i++)
        s->stream.messages[i].call = -1; /* not sent */
    expect_ladder(s, 0);
    close_scene(s);
}

static bool take_ledger(void *ctx, const void *record)
{
    const struct capture_record *c = record;
    int64_t *received = ctx;

    assert_int_equal(sum_of_bins(c->bins), c->received);
    *received = c->received;
    return false;
}

/* What the store says while the run goes on, a dozen frames being held back. */
static void bins_add_up_in_the_middle_of_a_run(void **state)
{
    const struct engine_losses none = { RECORD_NONE, RECORD_NONE, 0, 0, NULL, 0 };
    struct scene *s = new_scene();
    struct engine_options options = { .source = "test", .live = true };
    struct engine_error error;
    struct random r = { 5 };
    struct query *q;
    int64_t received = 0;

    (void)state;
    fixture_make_dir(&s->f);
    options.store_dir = s->f.dir;
    assert_int_equal(engine_open(&s->engine, &options, &error), 0);
    make_stream(&s->stream, &r);
    cut_stream(s, &r, 300);
    for (size_t i = 0; i < s->frame_count / 2; i++) {
        struct frame frame = { .time_ns = FIXTURE_TIME + (int64_t)i * 1000000,
                               .data = s->frames[i].bytes,
                               .captured_bytes = (uint32_t)s->frames[i].len,
                               .wire_bytes = (uint32_t)s->frames[i].len,
                               .link_type = 1 };

        engine_frame(s->engine, &frame);
    }
    engine_heartbeat(s->engine, FIXTURE_TIME, &none);
    assert_int_equal(query_open(&q, s->f.dir), 0);
    for (int tries = 0; received == 0 && tries < 200; tries++) { /* the writer commits in 0.4 s */
        usleep(50000);
        assert_int_equal(query_captures(q, 1, take_ledger, &received), 0);
    }
    query_close(q);
    assert_int_equal(received, s->frame_count / 2);
    engine_finish(s->engine);
    engine_close(s->engine);
    close_scene(s);
}

static void add_udp(struct scene *s, uint16_t src, uint16_t dst, const void *payload, size_t len)
{
    struct sent_frame *f = next_frame(s);
    uint8_t *p = put_ip(f, 17, (uint16_t)s->frame_count, 0, 8 + len);

    put16(p, src);
    put16(p + 2, dst);
    put16(p + 4, 8 + len);
    put16(p + 6, 0);
    memcpy(p + 8, payload, len);
    f->begin = f->end = 1; /* of no text message */
}

static void add_text(struct scene *s, const char *method, unsigned cseq, const char *type,
                     const char *body)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "%s sip:bob@example SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK%u\r\n"
                     "From: <sip:alice@example>;tag=a\r\nTo: <sip:bob@example>\r\n"
                     "Call-ID: call-0\r\nCSeq: %u %s\r\nContent-Type: %s\r\nContent-Length: "
                     "%zu\r\n\r\n%s",
                     method, cseq, cseq, method, type, strlen(body), body);

    add_udp(s, 5060, 5060, text, (size_t)n);
}

/* The same stream of audio or video, packet by packet. */
static void add_rtp(struct scene *s, uint16_t port, uint8_t type, unsigned packets)
{
    for (unsigned i = 0; i < packets; i++) {
        uint8_t rtp[172] = { 0x80, type, 0, (uint8_t)i, 0, 0, (uint8_t)(i / 2), 0, 0, 0, 7, type };

        add_udp(s, port, 6000, rtp, sizeof rtp);
    }
}

static size_t frames_kept(const struct scene *s)
{
    struct pcap_frame frame;
    struct pcap_bytes b;
    size_t count = 0;

    assert_int_equal(pcap_bytes_read(&b, s->f.dir, s->ids[0], 4096), 0);
    while (pcap_bytes_next(&b, &frame))
        count++;
    free(b.p);
    return count;
}

static void video_and_digits_are_kept_if_asked_for(void **state)
{
    enum { AUDIO = 20, VIDEO = 30 };

    (void)state;
    for (int asked = 0; asked < 2; asked++) {
        struct scene *s = new_scene();

        open_scene_with(s, (struct engine_options){ .keep_video = asked, .keep_digits = asked });
        add_text(
            s, "INVITE", 1, "application/sdp",
            "v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nm=video 4002 RTP/AVP 34\r\n");
        add_text(s, "INFO", 2, "application/dtmf-relay", "Signal=7\r\nDuration=100\r\n");
        add_rtp(s, 4000, 0, AUDIO);
        add_rtp(s, 4002, 34, VIDEO);
        send_all(s);
        assert_int_equal(s->not_kept, asked ? 0 : VIDEO);
        assert_int_equal(frames_kept(s), 2 + AUDIO + (asked ? VIDEO : 0));
        assert_non_null(strstr(s->dtmf, "\"method\":\"info\""));
        assert_non_null(strstr(s->dtmf, asked ? "\"digit\":\"7\",\"masked\":false"
                                              : "\"digit\":null,\"masked\":true"));
        close_scene(s);
    }
}

static void count_alert(void *ctx, const struct record_type *type, const void *record)
{
    const struct alert_record *alert = record;
    size_t *count = ctx;

    /* Of the moment: rules see it, and nobody else. */
    assert_true(type != &record_type_probe && type != &record_type_load);
    if (type != &record_type_alert)
        return;
    assert_true(alert->value >= 2);
    ++*count;
}

/* Rules see the probe itself each second, before any packet came. */
static void a_live_run_watches_itself(void **state)
{
    static const char rule[] = "description: d\nseverity: info\non: probe\n"
                               "where: \"received:0 dropped:7 -has:packet_age_ms\"\nwindow: 60s\n"
                               "step: 10s\nmeasure: count\nthreshold: 2\n"
                               "clear: { below: 1, for: 0s }\n";
    const struct engine_losses losses = { 4, 3, 0, 0, NULL, 0 };
    struct engine_error error;
    struct scene *s = new_scene();
    char path[sizeof s->f.dir + 16];
    FILE *f;

    (void)state;
    fixture_make_dir(&s->f);
    snprintf(path, sizeof path, "%s/self.yaml", s->f.dir);
    f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(rule, f) >= 0);
    assert_int_equal(fclose(f), 0);
    for (int live = 0; live < 2; live++) {
        size_t alerts = 0;
        struct engine_options options = { .source = "test",
                                          .live = live,
                                          .rules_dir = s->f.dir,
                                          .record = count_alert,
                                          .record_ctx = &alerts };

        assert_int_equal(engine_open(&s->engine, &options, &error), 0);
        for (int64_t second = 0; second < 4; second++)
            engine_heartbeat(s->engine, FIXTURE_TIME + second * 1000000000, &losses);
        assert_int_equal(alerts, live);
        engine_finish(s->engine);
        engine_close(s->engine);
    }
    s->engine = NULL;
    assert_int_equal(unlink(path), 0);
    close_scene(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_segment_is_kept_once),
        cmocka_unit_test(one_frame_has_one_bin),
        cmocka_unit_test(every_fragment_is_kept),
        cmocka_unit_test(bins_add_up_in_the_middle_of_a_run),
        cmocka_unit_test(video_and_digits_are_kept_if_asked_for),
        cmocka_unit_test(a_live_run_watches_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
