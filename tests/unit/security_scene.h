/*
 * security_scene - somebody who asks, somebody who answers, and what the guards told of them.
 *
 * Sources are 203.0.113.1, the server 198.51.100.1, unless said otherwise. Trunks: "vault"
 * (192.0.2.10, encrypted) and "plain" (192.0.2.20). The country is Germany.
 */
#ifndef TESTS_UNIT_SECURITY_SCENE_H
#define TESTS_UNIT_SECURITY_SCENE_H

#include "analyzer/security/fact.h"
#include "analyzer/security/security.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SCENE_START_NS INT64_C(1795255200000000000) /* 2026-11-21 10:00 UTC */
#define DIGEST                                                                                     \
    "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:r\", "              \
    "response=\"0123456789abcdef0123456789abcdef\"\r\n"
#define BASIC "Authorization: Basic eDp5\r\n"

enum { SCENE_RECORDS = 4096, SCENE_SOURCES = 1000 };

struct scene {
    struct security *security;
    struct plan *plan;
    struct counters counters;
    int64_t now_ns, ticked_ns;
    unsigned messages, calls;
    struct security_record *records[SCENE_RECORDS];
    size_t count;
    char evidence[8192];
};

static inline void scene_on_record(void *ctx, const struct record_type *type, const void *record)
{
    struct scene *s = ctx;

    assert_ptr_equal(type, &record_type_security);
    assert_true(s->count < SCENE_RECORDS);
    s->records[s->count] = record_clone(type, record);
    assert_non_null(s->records[s->count++]);
}

static inline struct scene *scene_open_hours(int from, int to)
{
    struct scene *s = calloc(1, sizeof *s);
    struct security_options options = { .hours_from = (uint8_t)from,
                                        .hours_to = (uint8_t)to,
                                        .max_sources = SCENE_SOURCES,
                                        .hash_key = { 1, 2 },
                                        .record = scene_on_record };

    assert_non_null(s);
    assert_int_equal(plan_new(&s->plan), 0);
    assert_int_equal(plan_set_country(s->plan, SLICE("49")), 0);
    assert_int_equal(
        plan_add_trunk(s->plan, &(struct plan_trunk){ SLICE("vault"), RECORD_NONE, true }), 0);
    assert_int_equal(
        plan_add_trunk(s->plan, &(struct plan_trunk){ SLICE("plain"), RECORD_NONE, false }), 0);
    assert_int_equal(plan_add_trunk_address(s->plan, SLICE("vault"), SLICE("192.0.2.10")), 0);
    assert_int_equal(plan_add_trunk_address(s->plan, SLICE("plain"), SLICE("192.0.2.20")), 0);
    options.plan = s->plan;
    options.counters = &s->counters;
    options.ctx = s;
    assert_int_equal(security_new(&s->security, &options), 0);
    s->now_ns = s->ticked_ns = SCENE_START_NS;
    return s;
}

static inline struct scene *scene_open(void)
{
    return scene_open_hours(0, 0);
}

static inline void scene_close(struct scene *s)
{
    security_finish(s->security);
    for (size_t i = 0; i < s->count; i++)
        free(s->records[i]);
    security_free(s->security);
    plan_free(s->plan);
    free(s);
}

static inline void wait_ms(struct scene *s, int64_t ms)
{
    s->now_ns += ms * 1000000;
    for (; s->ticked_ns + 1000000000 <= s->now_ns; s->ticked_ns += 1000000000) {
        if (s->now_ns - s->ticked_ns > INT64_C(20000000000)) { /* long waits by minutes */
            s->ticked_ns += INT64_C(10000000000);
        }
        security_tick(s->security, s->ticked_ns + 1000000000);
    }
}

/* How often that fact was told. */
static inline int told(const struct scene *s, const char *fact)
{
    int n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += slice_eq(s->records[i]->fact, slice_of_text(fact));
    return n;
}

static inline void scene_expect_nothing(const struct scene *s)
{
    if (s->count)
        fail_msg("%.*s was told", (int)s->records[0]->fact.len, s->records[0]->fact.p);
}

static inline const struct security_record *last(const struct scene *s)
{
    assert_true(s->count > 0);
    return s->records[s->count - 1];
}

/* Of the last record, NUL-terminated. */
static inline const char *evidence(struct scene *s)
{
    snprintf(s->evidence, sizeof s->evidence, "%.*s", (int)last(s)->evidence.len,
             last(s)->evidence.p);
    return s->evidence;
}

#define expect_text(slice, text) assert_true(slice_eq(slice, SLICE(text)))

static inline void scene_addr(const char *text, const char *usual, struct addr *out)
{
    assert_true(addr_parse(slice_of_text(text ? text : usual), out));
}

static inline int atoi_of(const char *text)
{
    return (text[0] - '0') * 100 + (text[1] - '0') * 10 + text[2] - '0';
}

/* A message that is not as usual. src is who asked, dst who answers: also in an answer. */
struct said {
    const char *what; /* "INVITE", or "200" with .of */
    const char *of;   /* NULL: INVITE */
    const char *user; /* in To */
    const char *agent, *extra, *src, *dst;
    uint8_t transport;
    bool to_tag;
};

static inline void scene_say(struct scene *s, const struct said *m)
{
    bool response = m->what[0] >= '1' && m->what[0] <= '6';
    const char *method = response ? (m->of ? m->of : "INVITE") : m->what;
    const char *user = m->user ? m->user : "bob";
    struct datagram d = { .time_ns = s->now_ns, .transport = m->transport };
    struct sip_msg msg;
    char text[2048];
    int n;

    n = snprintf(text, sizeof text, response ? "SIP/2.0 %s Because\r\n" : "%s sip:x@r SIP/2.0\r\n",
                 m->what);
    n += snprintf(text + n, sizeof text - (size_t)n,
                  "Via: SIP/2.0/UDP h;branch=z9hG4bK-%u\r\nFrom: <sip:alice@r>;tag=1\r\n"
                  "To: <sip:%s@r>%s\r\nCall-ID: call-%u\r\nCSeq: 1 %s\r\n%s%s%s%s\r\n",
                  s->messages, user, response || m->to_tag ? ";tag=2" : "", s->messages, method,
                  m->agent ? "User-Agent: " : "", m->agent ? m->agent : "", m->agent ? "\r\n" : "",
                  m->extra ? m->extra : "");
    s->messages++;
    scene_addr(m->src, "203.0.113.1:5060", response ? &d.dst : &d.src);
    scene_addr(m->dst, "198.51.100.1:5060", response ? &d.src : &d.dst);
    d.payload = slice_of(text, (size_t)n);
    assert_int_equal(sip_msg_parse(&msg, d.payload), SIP_PARSE_OK);
    security_message(s->security, &msg, &d, 0);
}

/* say(s, "401", .of = "REGISTER", .user = "100") */
#define say(s, ...) scene_say(s, &(const struct said){ .what = __VA_ARGS__ })

/* A REGISTER that was accepted. */
static inline void registered(struct scene *s, const char *user, const char *src)
{
    struct transaction_record t;
    char uri[64];

    record_clear(&record_type_transaction, &t);
    snprintf(uri, sizeof uri, "sip:%s@r", user);
    t.method = SLICE("register");
    t.user = slice_of_text(user);
    t.to_uri = slice_of_text(uri);
    t.time = s->now_ns;
    t.final_status = 200;
    scene_addr(src, NULL, &t.src);
    security_transaction(s->security, &t);
}

/* A call that is over; answered unless it has a status. */
struct called {
    int status; /* 0: 200 */
    const char *to, *src, *destination, *prefix, *trunk;
    const char *stream; /* who sent sound to 198.51.100.1:6000; NULL: nobody */
    bool srtp, foreign;
};

static inline void scene_call(struct scene *s, const struct called *c)
{
    struct security_mark mark = { false, false };
    struct stream_record stream;
    struct call_record r;

    record_clear(&record_type_call, &r);
    record_clear(&record_type_stream, &stream);
    r.id = ++s->calls;
    r.to_user = r.to_number = slice_of_text(c->to ? c->to : "+4930123");
    r.destination = slice_of_text(c->destination);
    r.destination_prefix = slice_of_text(c->prefix);
    r.trunk_in = slice_of_text(c->trunk);
    r.invite_time = r.settled_time = s->now_ns;
    r.final_status = c->status ? c->status : 200;
    if (r.final_status == 200)
        r.answer_time = s->now_ns;
    scene_addr(c->src, "203.0.113.1:5060", &r.src);
    r.foreign_sources = c->foreign;
    if (c->stream) {
        scene_addr(c->stream, NULL, &stream.src);
        scene_addr("198.51.100.1:6000", NULL, &stream.dst);
        stream.media = SLICE("audio");
        stream.srtp = c->srtp;
        stream.foreign_source = c->foreign;
        stream.end_time = s->now_ns;
        r.streams = &stream;
        r.stream_count = 1;
    }
    security_call(s->security, &mark, &r, RECORD_SETTLED);
    security_call(s->security, &mark, &r, RECORD_CLOSED); /* counted once for all */
}

/* call(s, .status = 404, .to = "+4930") */
#define call(s, ...) scene_call(s, &(const struct called){ __VA_ARGS__ })

#endif
