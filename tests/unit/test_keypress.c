/*
 * test_keypress - what packets make a key, and what sources make one key together.
 */
#include "analyzer/call/keypress_report.h"

#include "tests/unit/heap_block.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MS INT64_C(1000000)

enum { TICKS_PER_MS = 8, PACKET_TICKS = 160, PACKET_MS = 20 };

static const struct keypress_clock telephone = { 1.0 / TICKS_PER_MS, PACKET_TICKS };

/* One telephone-event packet as it arrives. */
struct event_packet {
    uint32_t timestamp;
    uint16_t duration;
    uint8_t event;
    bool end;
    int64_t time_ms;
};

static void hear(struct keypress_list *l, const struct event_packet *p, struct counters *c)
{
    const uint8_t bytes[4] = { p->event, (uint8_t)(p->end ? 0x8a : 0x0a),
                               (uint8_t)(p->duration >> 8), (uint8_t)p->duration };
    struct slice block = heap_block(slice_of(bytes, sizeof bytes));
    const struct rtp_packet packet = { .timestamp = p->timestamp, .payload = block };

    keypress_event(l, &packet, &telephone, p->time_ms * MS, c);
    heap_block_free(block);
}

/* A list as "5@1000+100 …": digit, ms, duration. */
static void expect_keys(const struct keypress_list *l, const char *expected)
{
    char text[1024] = "";
    size_t used = 0;

    for (uint32_t i = 0; i < l->count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%c@%lld+%.0f", i ? " " : "",
                                 l->keys[i].digit, (long long)(l->keys[i].time_ns / MS),
                                 l->keys[i].duration_ms);
    assert_string_equal(text, expected);
}

static void packets_of_one_timestamp_are_one_key(void **state)
{
    enum { PACKETS_MAX = 8 };
    static const struct {
        const char *what;
        struct event_packet packets[PACKETS_MAX]; /* until a time of 0 */
        const char *keys;
    } rows[] = {
        { "an ordinary one, its end three times",
          { { 800, 160, 5, false, 100 },
            { 800, 320, 5, false, 120 },
            { 800, 480, 5, true, 140 },
            { 800, 480, 5, true, 160 },
            { 800, 480, 5, true, 180 } },
          "5@100+60" },
        { "the end alone, once: it began before", { { 800, 800, 5, true, 180 } }, "5@100+100" },
        { "out of order: the longest duration counts",
          { { 800, 480, 5, true, 140 }, { 800, 160, 5, false, 141 }, { 800, 320, 5, false, 142 } },
          "5@100+60" },
        { "late, behind the next key: in its place all the same",
          { { 800, 160, 1, false, 100 },
            { 4000, 160, 3, false, 500 },
            { 2400, 160, 2, true, 520 },
            { 4000, 320, 3, true, 530 },
            { 2400, 160, 2, true, 540 } },
          "1@100+20 2@500+20 3@500+40" },
        { "the timestamp wraps",
          { { 0xffffff00, 160, 7, true, 100 }, { 600, 160, 8, true, 400 } },
          "7@100+20 8@400+20" },
        { "late across the wrap",
          { { 600, 160, 8, true, 400 }, { 0xffffff00, 160, 7, true, 410 } },
          "7@400+20 8@400+20" },
        { "the sender begins anew with timestamps below: a later key, not an earlier one",
          { { 900000, 160, 1, true, 100 }, { 800, 160, 2, true, 1000 } },
          "1@100+20 2@1000+20" },
        { "the same timestamp much later is another key",
          { { 800, 160, 1, true, 100 }, { 800, 160, 1, true, 60000 } },
          "1@100+20 1@60000+20" },
        { "another digit at the same timestamp is another key",
          { { 800, 160, 1, true, 100 }, { 800, 160, 2, true, 110 } },
          "1@100+20 2@110+20" },
        { "no key: a flash, and what is no tone of a keypad",
          { { 800, 160, 16, true, 100 }, { 1600, 160, 255, true, 200 } },
          "" },
        { "the four that no phone has",
          { { 800, 160, 12, true, 100 }, { 1600, 160, 15, true, 200 } },
          "A@100+20 D@200+20" },
        { "no duration is known", { { 800, 0, 11, false, 100 } }, "#@100+nan" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct keypress_list l = { 0 };
        struct counters c = { 0 };

        print_message("    %s\n", rows[i].what);
        for (size_t n = 0; n < PACKETS_MAX && rows[i].packets[n].time_ms; n++)
            hear(&l, &rows[i].packets[n], &c);
        expect_keys(&l, rows[i].keys);
        keypress_fini(&l);
    }
}

/* RFC 4733 §2.5.1.3: at 65535 the next segment begins, under the timestamp where this one ended. */
static void a_long_key_is_one_through_all_its_segments(void **state)
{
    static const uint32_t pressed[] = { 0xffff - 160, 0xffff, 0xffff + 1, 70000, 200000, 480000 };

    (void)state;
    for (size_t i = 0; i < sizeof pressed / sizeof pressed[0]; i++) {
        for (unsigned keep = 1; keep <= 50; keep += 7) { /* every so manyth packet arrives */
            struct keypress_list l = { 0 };
            struct counters c = { 0 };
            uint32_t start = 0xfffe0000, last = 0;
            unsigned n = 0;

            for (uint32_t at = 160; at <= pressed[i]; at += 160, n++) {
                uint32_t segment = (at - 1) / 0xffff;

                if (n % keep)
                    continue;
                last = at;
                hear(&l,
                     &(struct event_packet){ start + segment * 0xffff,
                                             (uint16_t)(at - segment * 0xffff), 9, false,
                                             100 + (n + 1) * PACKET_MS },
                     &c);
            }
            hear(&l,
                 &(struct event_packet){ start + 8000000, 160, 9, true,
                                         200 + pressed[i] / TICKS_PER_MS + 1000 },
                 &c);
            assert_int_equal(l.count, 2);
            assert_int_equal(l.keys[0].ticks, last);
            assert_true(fabs(l.keys[0].duration_ms - last / 8.0) < 1e-9);
            keypress_fini(&l);
        }
    }
}

static void an_ended_key_has_no_further_segment(void **state)
{
    struct keypress_list l = { 0 };
    struct counters c = { 0 };

    (void)state;
    hear(&l, &(struct event_packet){ 1000, 800, 4, true, 100 }, &c);
    hear(&l, &(struct event_packet){ 1000 + 0xffff, 800, 4, true, 8300 }, &c);
    expect_keys(&l, "4@20+100 4@8220+100");
    keypress_fini(&l);
}

static void what_is_too_short_or_too_much_is_counted(void **state)
{
    struct keypress_list l = { 0 };
    struct counters c = { 0 };
    const struct rtp_packet cut = { .timestamp = 1, .payload = SLICE("\5\12\3") };

    (void)state;
    keypress_event(&l, &cut, &telephone, MS, &c);
    assert_int_equal(c.refusals[REFUSAL_DTMF_MALFORMED], 1);
    for (uint32_t i = 0; i < KEYPRESS_MAX + 10; i++) {
        for (int copy = 0; copy < 3; copy++)
            hear(&l, &(struct event_packet){ i * 1600, 800, 1, true, 100 + i * 200 }, &c);
    }
    assert_int_equal(l.count, KEYPRESS_MAX);
    assert_int_equal(c.refusals[REFUSAL_DTMF_DIGITS], 10);
    keypress_fini(&l);
}

/* xorshift64* */
static uint64_t roll(uint64_t *seed)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return *seed * UINT64_C(2685821657736338717);
}

static bool chance(uint64_t *seed, unsigned percent)
{
    return roll(seed) % 100 < percent;
}

enum { DIALLED = 200, PACKETS_A_KEY = 40, CHANNEL_MAX = DIALLED * PACKETS_A_KEY * 2 };

struct dialled {
    uint8_t event;
    int64_t begin_ms;  /* when its first packet would arrive */
    uint16_t duration; /* of the longest packet that arrived */
    unsigned arrived;
    uint16_t least; /* duration of the first to arrive */
};

static int by_arrival(const void *a, const void *b)
{
    const struct event_packet *x = a, *y = b;

    return (x->time_ms > y->time_ms) - (x->time_ms < y->time_ms);
}

/* One packet through a bad network. */
static size_t pass(struct event_packet *out, struct event_packet p, struct dialled *key,
                   uint64_t *seed)
{
    size_t n = 0;

    if (chance(seed, 10))
        return 0;
    p.time_ms +=
        40 + (int64_t)(roll(seed) % 20) + (chance(seed, 5) ? 30 + (int64_t)(roll(seed) % 300) : 0);
    key->arrived++;
    if (p.duration > key->duration)
        key->duration = p.duration;
    out[n++] = p;
    if (chance(seed, 5)) {
        p.time_ms += (int64_t)(roll(seed) % 100);
        out[n++] = p;
    }
    return n;
}

/* A person dials; the network loses, doubles and mixes. */
static size_t dial(struct dialled *keys, struct event_packet *packets, uint64_t *seed)
{
    uint32_t base = (uint32_t)roll(seed);
    int64_t now_ms = 1000;
    size_t n = 0;

    for (int k = 0; k < DIALLED; k++) {
        unsigned updates = 1 + (unsigned)(roll(seed) % 12);
        struct event_packet p = { base + (uint32_t)now_ms * TICKS_PER_MS, 0, 0, false, 0 };

        keys[k] = (struct dialled){ .event = (uint8_t)(roll(seed) % 16), .begin_ms = now_ms + 50 };
        p.event = keys[k].event;
        for (unsigned i = 1; i <= updates + 2; i++) {
            p.duration = (uint16_t)((i < updates ? i : updates) * PACKET_TICKS);
            p.end = i >= updates;
            p.time_ms = now_ms + (int64_t)(i - 1) * PACKET_MS;
            n += pass(packets + n, p, &keys[k], seed);
        }
        now_ms += (int64_t)(updates + 2 + roll(seed) % 20) * PACKET_MS;
    }
    qsort(packets, n, sizeof *packets, by_arrival);
    return n;
}

static void every_key_is_heard_once_through_loss_copies_and_disorder(void **state)
{
    static struct event_packet packets[CHANNEL_MAX];
    static struct dialled keys[DIALLED];
    unsigned heard = 0, lost = 0;

    (void)state;
    for (uint64_t run = 1; run <= 100; run++) {
        uint64_t seed = run * UINT64_C(0x9e3779b97f4a7c15);
        size_t n = dial(keys, packets, &seed);
        struct keypress_list l = { 0 };
        struct counters c = { 0 };
        uint32_t at = 0;

        for (size_t i = 0; i < n; i++)
            hear(&l, &packets[i], &c);
        for (int k = 0; k < DIALLED; k++) {
            const struct keypress *key = &l.keys[at];

            if (keys[k].arrived == 0) {
                lost++;
                continue;
            }
            assert_true(at < l.count);
            assert_int_equal(key->digit, "0123456789*#ABCD"[keys[k].event]);
            assert_int_equal(key->ticks, keys[k].duration);
            assert_true(llabs(key->time_ns / MS - keys[k].begin_ms) <= 400);
            at++;
            heard++;
        }
        assert_int_equal(at, l.count);
        keypress_fini(&l);
    }
    print_message("    %u keys heard, each once; of %u no packet arrived\n", heard, lost);
    assert_true(heard + lost == 100 * DIALLED && lost < 100);
}

/* What the sources of a call say, in ms. */
struct said {
    enum { NOBODY, ALICE_EVENT, BOB_EVENT, RELAY_EVENT, ALICE_TONE, ALICE_INFO, BOB_INFO } who;
    int64_t time_ms;
    char digit;
    double duration_ms;
};

static void add_said(struct call *call, const struct said *said, uint32_t number)
{
    static const struct {
        uint8_t way, direction;
        int stream; /* −1: signalling */
    } sources[] = {
        [ALICE_EVENT] = { KEYPRESS_RFC4733, DIRECTION_CALLER_TO_CALLEE, 0 },
        [BOB_EVENT] = { KEYPRESS_RFC4733, DIRECTION_CALLEE_TO_CALLER, 1 },
        [RELAY_EVENT] = { KEYPRESS_RFC4733, DIRECTION_CALLER_TO_CALLEE, 2 },
        [ALICE_TONE] = { KEYPRESS_INBAND, DIRECTION_CALLER_TO_CALLEE, 0 },
        [ALICE_INFO] = { KEYPRESS_INFO, DIRECTION_CALLER_TO_CALLEE, -1 },
        [BOB_INFO] = { KEYPRESS_INFO, DIRECTION_CALLEE_TO_CALLER, -1 },
    };
    const struct keypress key = { .time_ns = said->time_ms * MS,
                                  .last_ns = said->time_ms * MS,
                                  .duration_ms = said->duration_ms,
                                  .known_by = number,
                                  .digit = said->digit,
                                  .way = sources[said->who].way,
                                  .direction = sources[said->who].direction };
    int stream = sources[said->who].stream;
    struct counters c = { 0 };

    if (stream < 0) {
        keypress_info(&call->keys, &key, &c);
        return;
    }
    call->streams[stream]->direction = key.direction;
    if (key.way == KEYPRESS_INBAND)
        keypress_tone(&call->streams[stream]->keys, &key, &c);
    else
        hear(&call->streams[stream]->keys,
             &(struct event_packet){ (uint32_t)said->time_ms * TICKS_PER_MS,
                                     (uint16_t)(said->duration_ms * TICKS_PER_MS),
                                     (uint8_t)(said->digit - '0'), true,
                                     said->time_ms + (int64_t)said->duration_ms - PACKET_MS },
             &c);
}

static struct call *call_with_streams(unsigned count)
{
    static const struct media_format format = { .clock_rate_hz = 8000 };
    struct call *call = call_new(SLICE("call"), 1, MS);

    assert_non_null(call);
    for (uint32_t i = 0; i < count; i++) {
        const struct stream_key key = { .ssrc = i };

        assert_true(call_add_stream(call, media_stream_new(&key, &format, MS)));
    }
    return call;
}

#define C2C "\"direction\":\"caller_to_callee\",\"duration_ms\":"
#define B2A "\"direction\":\"callee_to_caller\",\"duration_ms\":"
#define KEY(time, method, also, digit, direction, ms)                                              \
    "{\"time\":" time ",\"method\":\"" method "\",\"also\":[" also "],\"digit\":\"" digit          \
    "\",\"masked\":false," direction ms "}"

static void one_key_told_in_several_ways_is_one(void **state)
{
    static const struct {
        const char *what;
        struct said said[6];
        const char *json;
    } rows[] = {
        { "nothing", { { NOBODY, 0, 0, 0 } }, "[]" },
        { "event and INFO",
          { { ALICE_INFO, 1010, '5', 160 }, { ALICE_EVENT, 1000, '5', 100 } },
          "[" KEY("1.000000", "rfc4733", "\"info\"", "5", C2C, "100.0") "]" },
        { "INFO after a long press",
          { { ALICE_EVENT, 1000, '5', 2000 }, { ALICE_INFO, 3020, '5', 2000 } },
          "[" KEY("1.000000", "rfc4733", "\"info\"", "5", C2C, "2000.0") "]" },
        { "all three",
          { { ALICE_TONE, 1012, '5', 90 },
            { ALICE_INFO, 1200, '5', 160 },
            { ALICE_EVENT, 1020, '5', 100 } },
          "[" KEY("1.020000", "rfc4733", "\"inband\",\"info\"", "5", C2C, "100.0") "]" },
        { "the same digit of the other side is another",
          { { ALICE_EVENT, 1000, '5', 100 }, { BOB_INFO, 1010, '5', 160 } },
          "[" KEY("1.000000", "rfc4733", "", "5", C2C, "100.0") "," KEY("1.010000", "info", "", "5",
                                                                        B2A, "160.0") "]" },
        { "another digit is another",
          { { ALICE_EVENT, 1000, '5', 100 }, { ALICE_INFO, 1010, '6', 160 } },
          "[" KEY("1.000000", "rfc4733", "", "5", C2C, "100.0") "," KEY("1.010000", "info", "", "6",
                                                                        C2C, "160.0") "]" },
        { "later than half a second is another",
          { { ALICE_EVENT, 1000, '5', 100 }, { ALICE_INFO, 1601, '5', 160 } },
          "[" KEY("1.000000", "rfc4733", "", "5", C2C, "100.0") "," KEY("1.601000", "info", "", "5",
                                                                        C2C, "160.0") "]" },
        { "pressed twice, told twice in two ways",
          { { ALICE_EVENT, 1000, '5', 100 },
            { ALICE_INFO, 1120, '5', 100 },
            { ALICE_EVENT, 1250, '5', 100 },
            { ALICE_INFO, 1370, '5', 100 } },
          "[" KEY("1.000000", "rfc4733", "\"info\"", "5", C2C,
                  "100.0") "," KEY("1.250000", "rfc4733", "\"info\"", "5", C2C, "100.0") "]" },
        { "on both legs of a relay",
          { { ALICE_EVENT, 1000, '5', 100 },
            { RELAY_EVENT, 1003, '5', 100 },
            { ALICE_EVENT, 1250, '5', 100 },
            { RELAY_EVENT, 1253, '5', 100 } },
          "[" KEY("1.000000", "rfc4733", "", "5", C2C, "100.0") "," KEY("1.250000", "rfc4733", "",
                                                                        "5", C2C, "100.0") "]" },
        { "two INFOs are two keys",
          { { ALICE_INFO, 1000, '5', 100 }, { ALICE_INFO, 1050, '5', 100 } },
          "[" KEY("1.000000", "info", "", "5", C2C, "100.0") "," KEY("1.050000", "info", "", "5",
                                                                     C2C, "100.0") "]" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct call *call = call_with_streams(3);
        struct strbuf out = { 0 };

        print_message("    %s\n", rows[i].what);
        for (uint32_t n = 0; n < 6 && rows[i].said[n].who != NOBODY; n++)
            add_said(call, &rows[i].said[n], n);
        keypress_report(call, true, &out);
        strbuf_add_char(&out, '\0');
        assert_string_equal(out.p, rows[i].json);
        strbuf_fini(&out);
        call_free(call);
    }
}

static void digits_are_masked_unless_they_are_wanted(void **state)
{
    struct call *call = call_with_streams(2);
    struct strbuf out = { 0 };

    (void)state;
    add_said(call, &(struct said){ ALICE_EVENT, 1000, '7', 100 }, 1);
    keypress_report(call, false, &out);
    strbuf_add_char(&out, '\0');
    assert_string_equal(out.p,
                        "[{\"time\":1.000000,\"method\":\"rfc4733\",\"also\":[],\"digit\":null,"
                        "\"masked\":true,\"direction\":\"caller_to_callee\","
                        "\"duration_ms\":100.0}]");
    strbuf_fini(&out);
    call_free(call);
}

static void somebody_elses_keys_are_not_the_calls(void **state)
{
    struct call *call = call_with_streams(1);
    struct strbuf out = { 0 };

    (void)state;
    add_said(call, &(struct said){ ALICE_EVENT, 1000, '7', 100 }, 1);
    call->streams[0]->foreign = true;
    keypress_report(call, true, &out);
    strbuf_add_char(&out, '\0');
    assert_string_equal(out.p, "[]");
    strbuf_fini(&out);
    call_free(call);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets_of_one_timestamp_are_one_key),
        cmocka_unit_test(a_long_key_is_one_through_all_its_segments),
        cmocka_unit_test(an_ended_key_has_no_further_segment),
        cmocka_unit_test(what_is_too_short_or_too_much_is_counted),
        cmocka_unit_test(every_key_is_heard_once_through_loss_copies_and_disorder),
        cmocka_unit_test(one_key_told_in_several_ways_is_one),
        cmocka_unit_test(digits_are_masked_unless_they_are_wanted),
        cmocka_unit_test(somebody_elses_keys_are_not_the_calls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
