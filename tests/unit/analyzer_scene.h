/*
 * analyzer_scene - an analyzer with a clock, somebody who sends, and a memory of what it reported.
 *
 * Alice calls Bob. A message is what differs from the usual: send(&s, (struct message){ "INVITE" }).
 * scene_close checks what must hold whatever was sent: every datagram in one bin, every call closed
 * exactly once, no id twice.
 */
#ifndef TESTS_UNIT_ANALYZER_SCENE_H
#define TESTS_UNIT_ANALYZER_SCENE_H

#include "analyzer/analyzer.h"
#include "tests/unit/heap_block.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SCENE_START_NS INT64_C(1795255200000000000)
#define NS_PER_MS      INT64_C(1000000)
#define ALICE          "203.0.113.1:5060"
#define BOB            "198.51.100.1:5060"
#define ALICE_RTP      "203.0.113.1:4000"
#define BOB_RTP        "198.51.100.1:6000"

/* An offer or answer with PCMU and keypresses; attributes end in CRLF. */
#define SDP(ip, port, attributes)                                                                  \
    "v=0\r\no=- 1 1 IN IP4 " ip "\r\ns=-\r\nc=IN IP4 " ip "\r\nt=0 0\r\nm=audio " port             \
    " RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n" attributes
#define ALICE_SDP SDP("203.0.113.1", "4000", "")
#define BOB_SDP   SDP("198.51.100.1", "6000", "")

enum { SCENE_RECORDS = 4096, SCENE_TEXT_MAX = 70000 };

struct scene {
    struct analyzer *analyzer;
    int64_t now_ns, ticked_ns;
    uint64_t bins[BIN_COUNT], datagrams;
    struct claim claim; /* of the last datagram */
    uint32_t network;   /* of the next ones */
    uint8_t dscp;       /* the same */
    bool tcp;           /* the next ones come in a TCP stream, */
    uint32_t tcp_gaps;  /* which has so many holes so far */
    uint32_t cut_bytes; /* so much was cut off the next ones by the snap length */
    /* What was reported, in order. */
    struct call_record *calls[SCENE_RECORDS];     /* closed */
    struct stream_record *streams[SCENE_RECORDS]; /* of closed calls, and orphans */
    struct transaction_record *transactions[SCENE_RECORDS];
    size_t call_count, stream_count, orphan_count, transaction_count;
    size_t opened, changed, settled, adopted, let_go;
    struct slice settled_state; /* of the last call that settled; static text */
    struct strbuf json;         /* of all, a line each */
    char *text;
};

static inline void scene_add_json(struct scene *s, const struct record_type *type,
                                  const void *record)
{
    struct jsonw j = jsonw_to(&s->json);

    record_write_json(&j, type, record);
    strbuf_add_char(&s->json, '\n');
}

static inline void scene_keep_stream(struct scene *s, const struct stream_record *stream)
{
    assert_true(s->stream_count < SCENE_RECORDS);
    s->streams[s->stream_count] = record_clone(&record_type_stream, stream);
    assert_non_null(s->streams[s->stream_count++]);
}

static inline void scene_on_call(void *ctx, const struct call_record *call, enum record_event event,
                                 void **keeper)
{
    struct scene *s = ctx;

    assert_non_null(keeper);
    for (size_t i = 0; i < s->call_count; i++)
        assert_true(s->calls[i]->id != call->id); /* nothing follows the last word */
    s->opened += event == RECORD_OPENED;
    s->changed += event == RECORD_CHANGED;
    s->settled += event == RECORD_SETTLED;
    if (event == RECORD_SETTLED)
        s->settled_state = call->state;
    if (event != RECORD_CLOSED)
        return;
    scene_add_json(s, &record_type_call, call);
    assert_true(s->call_count < SCENE_RECORDS);
    s->calls[s->call_count] = record_clone(&record_type_call, call);
    assert_non_null(s->calls[s->call_count++]);
    for (size_t i = 0; i < call->stream_count; i++)
        scene_keep_stream(s, &call->streams[i]);
}

static inline void scene_on_stream(void *ctx, const struct stream_record *stream, void **keeper)
{
    struct scene *s = ctx;

    assert_non_null(keeper);
    if (!stream) {
        s->let_go++;
        return;
    }
    scene_add_json(s, &record_type_stream, stream);
    scene_keep_stream(s, stream);
    s->orphan_count++;
}

static inline void scene_on_adopted(void *ctx, uint64_t orphan, uint64_t call, void **keeper)
{
    struct scene *s = ctx;

    assert_true(orphan && call && orphan != call && keeper);
    s->adopted++;
}

static inline void scene_on_transaction(void *ctx, const struct transaction_record *t)
{
    struct scene *s = ctx;

    scene_add_json(s, &record_type_transaction, t);
    assert_true(s->transaction_count < SCENE_RECORDS);
    s->transactions[s->transaction_count] = record_clone(&record_type_transaction, t);
    assert_non_null(s->transactions[s->transaction_count++]);
}

/* options NULL: the default ones. */
static inline struct scene *scene_open(const struct analyzer_options *options)
{
    struct scene *s = calloc(1, sizeof *s);
    struct analyzer_options usual;
    struct analyzer_sink sink = { .ctx = s,
                                  .call = scene_on_call,
                                  .stream = scene_on_stream,
                                  .adopted = scene_on_adopted,
                                  .transaction = scene_on_transaction };

    assert_non_null(s);
    analyzer_options_default(&usual);
    s->text = malloc(SCENE_TEXT_MAX);
    assert_non_null(s->text);
    assert_int_equal(analyzer_new(&s->analyzer, options ? options : &usual, &sink), 0);
    s->now_ns = s->ticked_ns = SCENE_START_NS;
    return s;
}

/* Time goes on, with a tick each second. */
static inline void scene_wait_ms(struct scene *s, int64_t ms)
{
    s->now_ns += ms * NS_PER_MS;
    for (; s->ticked_ns + 1000 * NS_PER_MS <= s->now_ns; s->ticked_ns += 1000 * NS_PER_MS)
        analyzer_tick(s->analyzer, s->ticked_ns + 1000 * NS_PER_MS);
}

static inline uint64_t scene_refused(const struct scene *s, enum refusal refusal)
{
    return analyzer_counters(s->analyzer)->refusals[refusal];
}

/* The end of the capture. What was reported stays until scene_close. */
static inline void scene_finish(struct scene *s)
{
    struct analyzer_totals totals;
    uint64_t binned = 0;

    analyzer_finish(s->analyzer);
    analyzer_totals(s->analyzer, &totals);
    assert_int_equal(totals.open_calls, 0);
    assert_int_equal(totals.calls, s->call_count);
    assert_true(s->settled <= s->call_count && s->opened <= s->call_count);
    for (int i = 0; i < BIN_COUNT; i++)
        binned += s->bins[i];
    assert_int_equal(binned, s->datagrams);
}

static inline int scene_by_id(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static inline void scene_expect_unique_ids(const struct scene *s)
{
    size_t n = s->call_count + s->stream_count + s->transaction_count, at = 0;
    uint64_t *ids = calloc(n + 1, sizeof *ids);

    assert_non_null(ids);
    for (size_t i = 0; i < s->call_count; i++)
        ids[at++] = s->calls[i]->id;
    for (size_t i = 0; i < s->stream_count; i++)
        ids[at++] = s->streams[i]->id;
    for (size_t i = 0; i < s->transaction_count; i++)
        ids[at++] = s->transactions[i]->id;
    qsort(ids, n, sizeof *ids, scene_by_id);
    for (size_t i = 0; i < n; i++) {
        assert_true(ids[i] != 0);
        assert_true(i == 0 || ids[i] != ids[i - 1]);
    }
    free(ids);
}

static inline void scene_close(struct scene *s)
{
    scene_finish(s);
    scene_expect_unique_ids(s);
    for (size_t i = 0; i < s->call_count; i++)
        free(s->calls[i]);
    for (size_t i = 0; i < s->stream_count; i++)
        free(s->streams[i]);
    for (size_t i = 0; i < s->transaction_count; i++)
        free(s->transactions[i]);
    strbuf_fini(&s->json);
    analyzer_free(s->analyzer);
    free(s->text);
    free(s);
}

static inline struct addr addr_of(const char *text)
{
    struct addr a;

    if (!addr_parse(slice_of_text(text), &a))
        fail_msg("'%s' is no address", text);
    return a;
}

static inline enum packet_bin send_bytes(struct scene *s, const char *src, const char *dst,
                                         struct slice bytes)
{
    struct slice block;
    struct datagram d = { .time_ns = s->now_ns, .network = s->network, .dscp = s->dscp };
    enum packet_bin bin;

    bytes.len -= s->cut_bytes < bytes.len ? s->cut_bytes : bytes.len;
    block = heap_block(bytes);
    d.src = addr_of(src);
    d.dst = addr_of(dst);
    d.payload = block;
    d.wire_bytes = (uint32_t)bytes.len + s->cut_bytes;
    d.transport = s->tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
    d.tcp_gaps = s->tcp_gaps;
    bin = analyzer_datagram(s->analyzer, &d, &s->claim);
    heap_block_free(block);
    assert_true(bin < BIN_COUNT);
    s->bins[bin]++;
    s->datagrams++;
    return bin;
}

/* What of a SIP message is not as usual. */
struct message {
    const char *what;   /* "INVITE", or "200" with .of */
    const char *of;     /* the request that a response answers; NULL: INVITE */
    const char *to_tag; /* Bob's tag; NULL: none yet */
    const char *sdp;
    const char *type;     /* of that body; NULL: "application/sdp" */
    unsigned cseq;        /* 0: 1 */
    bool by_bob;          /* Bob's request, or the answer to one */
    const char *call_id;  /* NULL: "call-1@example" */
    const char *from_tag; /* Alice's tag; NULL: "alice-1" */
    const char *branch;   /* NULL: of the CSeq and method */
    const char *extra;    /* header lines, each with CRLF */
    const char *src, *dst;
};

static inline enum packet_bin send_message(struct scene *s, const struct message *m)
{
    bool response = m->what[0] >= '1' && m->what[0] <= '6', from_bob = m->by_bob != response;
    const char *method = response ? (m->of ? m->of : "INVITE") : m->what;
    const char *tags[2] = { m->from_tag ? m->from_tag : "alice-1", m->to_tag };
    const char *const names[2] = { "alice", "bob" };
    unsigned cseq = m->cseq ? m->cseq : 1;
    char branch[64];
    int n;

    snprintf(branch, sizeof branch, "z9hG4bK-%s-%u-%d", method, cseq, m->by_bob);
    n = snprintf(s->text, SCENE_TEXT_MAX,
                 response ? "SIP/2.0 %s Because\r\n" : "%s sip:x@example SIP/2.0\r\n", m->what);
    n += snprintf(s->text + n, SCENE_TEXT_MAX - (size_t)n,
                  "Via: SIP/2.0/UDP host;branch=%s\r\n"
                  "From: <sip:%s@example>%s%s\r\nTo: <sip:%s@example>%s%s\r\n"
                  "Call-ID: %s\r\nCSeq: %u %s\r\n%s%s%s%sContent-Length: %zu\r\n\r\n%s",
                  m->branch ? m->branch : branch, names[m->by_bob], tags[m->by_bob] ? ";tag=" : "",
                  tags[m->by_bob] ? tags[m->by_bob] : "", names[!m->by_bob],
                  tags[!m->by_bob] ? ";tag=" : "", tags[!m->by_bob] ? tags[!m->by_bob] : "",
                  m->call_id ? m->call_id : "call-1@example", cseq, method,
                  m->extra ? m->extra : "", m->sdp ? "Content-Type: " : "",
                  m->sdp ? (m->type ? m->type : "application/sdp") : "", m->sdp ? "\r\n" : "",
                  m->sdp ? strlen(m->sdp) : 0, m->sdp ? m->sdp : "");
    assert_in_range(n, 1, SCENE_TEXT_MAX - 1);
    return send_bytes(s,
                      m->src     ? m->src
                      : from_bob ? BOB
                                 : ALICE,
                      m->dst     ? m->dst
                      : from_bob ? ALICE
                                 : BOB,
                      slice_of(s->text, (size_t)n));
}

/* send(s, "INVITE", .sdp = ALICE_SDP) */
#define send(scene, ...) send_message(scene, &(const struct message){ .what = __VA_ARGS__ })

/* INVITE to 200 and ACK, 100 ms ringing, with SDP both ways. */
static inline void set_up_call(struct scene *s)
{
    send(s, "INVITE", .sdp = ALICE_SDP);
    scene_wait_ms(s, 10);
    send(s, "180", .to_tag = "bob-1");
    scene_wait_ms(s, 100);
    send(s, "200", .to_tag = "bob-1", .sdp = BOB_SDP);
    scene_wait_ms(s, 10);
    send(s, "ACK", .to_tag = "bob-1", .branch = "z9hG4bK-ack");
}

static inline void hang_up(struct scene *s)
{
    send(s, "BYE", .to_tag = "bob-1", .cseq = 2);
    scene_wait_ms(s, 5);
    send(s, "200", .of = "BYE", .to_tag = "bob-1", .cseq = 2);
}

/* The only call there was, after its end. */
static inline const struct call_record *only_call(struct scene *s)
{
    scene_finish(s);
    assert_int_equal(s->call_count, 1);
    return s->calls[0];
}

static inline void expect_text(struct slice is, const char *expected)
{
    if (!slice_eq(is, slice_of_text(expected)) || (is.p == NULL) != (expected == NULL))
        fail_msg("'%.*s', expected '%s'", (int)is.len, is.p ? is.p : "", expected ? expected : "");
}

#define expect_real(is, expected)                                                                  \
    do {                                                                                           \
        double is_ = (is), expected_ = (expected);                                                 \
        if (!(is_ - expected_ < 1e-6 && expected_ - is_ < 1e-6))                                   \
            fail_msg(#is " is %g, expected %g", is_, expected_);                                   \
    } while (0)

#endif
