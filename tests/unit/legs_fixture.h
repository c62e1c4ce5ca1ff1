/*
 * legs_fixture - what a tracker would tell of calls, and what came of it.
 */
#ifndef TESTS_UNIT_LEGS_FIXTURE_H
#define TESTS_UNIT_LEGS_FIXTURE_H

#include "analyzer/legs/legs.h"
#include "analyzer/record_id.h"
#include "tests/unit/heap_block.h"

#include <stdio.h>
#include <stdlib.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S  (1000 * NS_PER_MS)
#define START_NS  INT64_C(1795255200000000000)

enum {
    MESSAGE_MAX = 4096,
    EXPECTED = 1000,
    TOLD_MAX = 20000,
    TOLD_SLOTS = 65536,
    TOLD_TEXT_MAX = 2048
};

/* The last word on a pair. */
struct told_pair {
    uint64_t id, group, call_a, call_b;
    double score, loss_added_ratio, delay_added_ms;
    bool certain;
    unsigned times;
    char evidence[TOLD_TEXT_MAX], media[TOLD_TEXT_MAX];
};

struct told {
    struct told_pair *pairs;
    size_t count, room;
    uint32_t *slots; /* of pairs, by their ids: index + 1 */
};

static inline void told_text(char out[TOLD_TEXT_MAX], struct slice s)
{
    size_t len = s.len < TOLD_TEXT_MAX - 1 ? s.len : TOLD_TEXT_MAX - 1;

    if (len)
        memcpy(out, s.p, len);
    out[len] = '\0';
}

/* A record_fn. Told again, a row is replaced. */
static inline void told_take(void *ctx, const struct record_type *type, const void *record)
{
    const struct leg_record *r = record;
    struct told *t = ctx;
    size_t slot = (size_t)(r->id * UINT64_C(0x9e3779b97f4a7c15) >> 40) % TOLD_SLOTS;
    size_t at;

    if (type != &record_type_leg)
        abort();
    while (t->slots[slot] && t->pairs[t->slots[slot] - 1].id != r->id)
        slot = (slot + 1) % TOLD_SLOTS;
    if (!t->slots[slot]) {
        if (t->count == t->room) {
            t->room = t->room ? t->room * 2 : 16;
            t->pairs = realloc(t->pairs, t->room * sizeof *t->pairs);
        }
        if (t->count == TOLD_MAX || !t->pairs)
            abort();
        t->slots[slot] = (uint32_t)++t->count;
        t->pairs[t->count - 1].times = 0;
    }
    at = t->slots[slot] - 1;
    t->pairs[at].id = r->id;
    t->pairs[at].group = r->leg_group;
    t->pairs[at].call_a = r->call_a;
    t->pairs[at].call_b = r->call_b;
    t->pairs[at].score = r->score;
    t->pairs[at].certain = r->certain == 1;
    t->pairs[at].loss_added_ratio = r->loss_added_ratio;
    t->pairs[at].delay_added_ms = r->delay_added_ms;
    t->pairs[at].times++;
    told_text(t->pairs[at].evidence, r->evidence);
    told_text(t->pairs[at].media, r->media);
}

/* NULL: nothing was told of the two. */
static inline const struct told_pair *told_find(const struct told *t, uint64_t x, uint64_t y)
{
    for (size_t i = 0; i < t->count; i++) {
        const struct told_pair *p = &t->pairs[i];

        if ((p->call_a == x && p->call_b == y) || (p->call_a == y && p->call_b == x))
            return p;
    }
    return NULL;
}

struct legs_scene {
    struct legs *legs;
    struct counters counters;
    struct told told;
};

static inline void legs_scene_open(struct legs_scene *s, const struct slice *headers,
                                   size_t header_count, size_t max_calls)
{
    struct legs_options options = { .headers = headers,
                                    .header_count = header_count,
                                    .max_calls = max_calls,
                                    .hash_key = { 1, 2 },
                                    .counters = &s->counters,
                                    .record = told_take,
                                    .ctx = &s->told };

    memset(s, 0, sizeof *s);
    s->told.slots = calloc(TOLD_SLOTS, sizeof *s->told.slots);
    if (!s->told.slots || legs_new(&s->legs, &options) != 0)
        abort();
}

static inline void legs_scene_close(struct legs_scene *s)
{
    legs_free(s->legs);
    free(s->told.pairs);
    free(s->told.slots);
}

/* A call, as it will go. Times in ns; RECORD_NONE: does not happen. */
struct leg_plan {
    uint64_t id;
    char call_id[64];
    char from[32], to[32];
    struct addr src, dst;
    int64_t start, ring, answer, end; /* end: of an answered one BYE, else the refusal */
    int64_t final_status;
    bool ended_by_callee;
};

static inline struct addr host(uint8_t last)
{
    return addr_v4((const uint8_t[]){ 192, 0, 2, last }, 5060);
}

static inline void leg_plan_name(struct leg_plan *p, uint64_t number)
{
    p->id = record_id_make(p->start, number * 0x9e37);
    snprintf(p->call_id, sizeof p->call_id, "%016llx@%u",
             (unsigned long long)(number * UINT64_C(0x9e3779b97f4a7c15)), p->src.ip[15]);
}

/* The INVITE with these header lines. */
static inline void tell_invite_with(struct legs *l, const struct leg_plan *p, struct sip_msg *msg)
{
    struct datagram d = { .time_ns = p->start, .src = p->src, .dst = p->dst };

    msg->is_request = true;
    msg->method = msg->cseq_method = SIP_METHOD_INVITE;
    msg->call_id = slice_of_text(p->call_id);
    msg->from_user = slice_of_text(p->from);
    msg->to_user = msg->request_user = slice_of_text(p->to);
    legs_message(l, p->id, msg->call_id, msg, &d);
}

static inline void tell_invite(struct legs *l, const struct leg_plan *p)
{
    struct sip_msg msg = { 0 };

    tell_invite_with(l, p, &msg);
}

static inline void tell_call_with(struct legs *l, const struct leg_plan *p, enum record_event event,
                                  const struct stream_record *streams, size_t stream_count)
{
    struct call_record r;

    record_clear(&record_type_call, &r);
    r.id = p->id;
    r.call_id = slice_of_text(p->call_id);
    r.from_user = slice_of_text(p->from);
    r.to_user = slice_of_text(p->to);
    r.src = p->src;
    r.dst = p->dst;
    r.invite_time = p->start;
    r.first_18x_time = p->ring;
    if (event >= RECORD_SETTLED) {
        r.answer_time = p->answer;
        r.final_status = p->final_status;
        r.settled_time = p->answer != RECORD_NONE ? p->answer : p->end;
    }
    if (event == RECORD_CLOSED && p->answer != RECORD_NONE) {
        r.end_time = p->end;
        r.ended_by = p->ended_by_callee ? SLICE("callee") : SLICE("caller");
    }
    r.streams = streams;
    r.stream_count = stream_count;
    legs_call(l, &r, event);
}

static inline void tell_call(struct legs *l, const struct leg_plan *p, enum record_event event)
{
    tell_call_with(l, p, event, NULL, 0);
}

/* An answered call that shares nothing with others: number n. */
static inline struct leg_plan stranger(unsigned n)
{
    struct leg_plan p = { .src = host((uint8_t)(2 * n)), .dst = host((uint8_t)(2 * n + 1)) };

    p.start = START_NS + n * 100 * NS_PER_MS;
    p.ring = RECORD_NONE;
    p.answer = p.start + (3 + n) * NS_PER_S;
    p.end = p.answer + (60 + 7 * n) * NS_PER_S;
    p.final_status = 200;
    snprintf(p.from, sizeof p.from, "+4930%u", 1000000 + n * 1237);
    snprintf(p.to, sizeof p.to, "+4940%u", 2000000 + n * 4321);
    leg_plan_name(&p, n);
    return p;
}

/* A message of the call as it is on the wire. */
static inline void tell_text(struct legs *l, const struct leg_plan *p, const char *start_line,
                             const char *to_tag, const char *lines)
{
    struct datagram d = { .time_ns = p->start, .src = p->src, .dst = p->dst };
    char text[MESSAGE_MAX];
    struct sip_msg msg;
    struct slice block;
    int len = snprintf(text, sizeof text,
                       "%s\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
                       "From: <sip:%s@192.0.2.1>;tag=1\r\nTo: <sip:%s@192.0.2.2>%s\r\n"
                       "Call-ID: %s\r\nCSeq: 1 INVITE\r\n%sContent-Length: 0\r\n\r\n",
                       start_line, p->from, p->to, to_tag, p->call_id, lines);

    if (len <= 0 || len >= MESSAGE_MAX)
        abort();
    block = heap_block(slice_of(text, (size_t)len));
    if (sip_msg_parse(&msg, block) != SIP_PARSE_OK)
        abort();
    legs_message(l, p->id, msg.call_id, &msg, &d);
    heap_block_free(block);
}

static inline void tell_invite_text(struct legs *l, const struct leg_plan *p, const char *lines)
{
    char start_line[128];

    snprintf(start_line, sizeof start_line, "INVITE sip:%s@192.0.2.2 SIP/2.0", p->to);
    tell_text(l, p, start_line, "", lines);
}

/* One stream: leg a goes from the phone to the machine and back, leg b from there to the other. */
struct sound_way {
    uint64_t stream;
    struct addr src, dst;
    const char *direction;
    int64_t lost;
};

static inline struct stream_record stream_of(const struct leg_plan *p, const struct sound_way *w)
{
    struct stream_record r;

    record_clear(&record_type_stream, &r);
    r.id = w->stream;
    r.call = p->id;
    r.src = w->src;
    r.dst = w->dst;
    r.direction = slice_of_text(w->direction);
    r.media = SLICE("audio");
    r.foreign_source = 0;
    r.expected = EXPECTED;
    r.lost = w->lost;
    r.jitter_ms_mean = 2.5;
    return r;
}

/* The n-th piece of sound that is remembered. */
static inline uint64_t print_of(unsigned n)
{
    return ((n + 1) * UINT64_C(0x9e3779b97f4a7c15) & (UINT64_MAX >> 6)) | 1;
}

static inline void close_with(struct legs *l, const struct leg_plan *p,
                              const struct sound_way *ways, size_t count)
{
    struct stream_record streams[4];

    for (size_t i = 0; i < count; i++)
        streams[i] = stream_of(p, &ways[i]);
    tell_call_with(l, p, RECORD_CLOSED, streams, count);
}

#endif
