#include "tests/web/told_records.h"

#include "analyzer/kpi/kpi_id.h"
#include "analyzer/record_id.h"

#include <math.h>
#include <stdio.h>

#define SECOND_NS 1000000000ll
#define MINUTE_NS (60 * SECOND_NS)

struct addr told_host(unsigned last)
{
    return addr_v4((const uint8_t[4]){ 192, 0, 2, (uint8_t)last }, 5060);
}

void told_call_fill(struct call_record *c, bool leaves, uint64_t other)
{
    static char links[512]; /* lent to the writer, which copies */

    c->src = told_host(leaves ? TOLD_SBC_OUT : TOLD_CALLER);
    c->dst = told_host(leaves ? TOLD_CALLEE : TOLD_SBC_IN);
    c->state = SLICE("completed");
    c->outcome = SLICE("success");
    c->final_status = 200;
    c->answer_time = c->invite_time + 3 * SECOND_NS;
    c->end_time = c->closed_time = c->invite_time + 40 * SECOND_NS;
    c->settled_time = c->answer_time;
    c->duration_ms = 37000;
    c->ended_by = SLICE("caller");
    c->ended_how = SLICE("bye");
    c->q850_cause = 16;
    c->challenged_by = told_host(TOLD_SBC_IN);
    c->auth_challenged = 1;
    c->branches = 2;
    c->sightings = 1;
    c->early_media = c->late_offer = 0;
    c->hold_count = 1;
    c->hold_ms = 4000;
    c->session_expires_s = 1800;
    c->mos_lq = leaves ? 2.9 : 4.3;
    c->media_verdict = SLICE("one_way");
    c->one_way = 1;
    c->capture_confidence = SLICE("reduced");
    c->capture_confidence_reasons = SLICE("[\"simultaneous_gaps\"]");
    c->from_number = SLICE("+4989000006");
    c->to_number = SLICE("+4930123456");
    c->trunk_in = leaves ? SLICE_ABSENT : SLICE("carrier <a>");
    c->trunk_out = leaves ? SLICE("carrier b") : SLICE_ABSENT;
    c->destination = SLICE("Germany");
    c->destination_prefix = SLICE("49");
    c->stir = SLICE("{\"attestation\":\"B\",\"x5u_host\":\"cert.example.com\"}");
    c->history = SLICE("[{\"t\":1795217416.5,\"event\":\"hold\",\"by\":\"caller\",\"count\":1,"
                       "\"detail\":null},{\"t\":1795217420.5,\"event\":\"media_moved\",\"by\":"
                       "\"callee\",\"count\":2,\"detail\":\"<b>198.51.100.9:4000</b>\"}]");
    c->deviations = SLICE(
        "[{\"t\":1795217413.2,\"deviation\":\"private_contact\",\"by\":\"callee\",\"count\":3,"
        "\"detail\":\"<img src=x onerror=ran=1>\"},{\"t\":1795217414.0,\"deviation\":"
        "\"codec_refused\",\"by\":\"callee\",\"count\":1,\"detail\":"
        "\"offer: PCMU, G729; would take: iLBC; warning: 305 no codec\"}]");
    c->media_evidence = SLICE(
        "{\"why\":\"callee_sent_nothing\",\"silent_side\":\"callee\",\"packets\":{\"caller\":1850,"
        "\"callee\":0},\"early_packets\":{\"caller\":0,\"callee\":41},\"announced\":{\"caller\":"
        "\"192.0.2.10:4000\",\"callee\":\"192.0.2.30:4000\"},\"arrived_from\":{\"caller\":"
        "\"192.0.2.10:4000\",\"callee\":null},\"directions\":{\"caller\":\"sendrecv\",\"callee\":"
        "\"sendrecv\"},\"talk_ms\":37000,\"excused_ms\":{\"caller\":0,\"callee\":4000},"
        "\"provisional\":false,\"learned\":[]}");
    c->media_timeouts = SLICE("[{\"from\":1795217420.0,\"to\":null,\"direction\":"
                              "\"callee_to_caller\"}]");
    snprintf(links, sizeof links,
             "[{\"t\":1795217421.0,\"link\":\"transfers_to\",\"call_id\":\"call-%u@test\",\"call\":"
             "\"%016llx\"},{\"t\":1795217422.0,\"link\":\"replaced_by\",\"call_id\":"
             "\"<script>ran=1</script>\",\"call\":null}]",
             leaves ? 6u : 7u, (unsigned long long)other);
    c->links = slice_of_text(links);
}

void told_add_streams(struct writer *w, const struct call_record *call, bool leaves)
{
    for (unsigned way = 0; way < 2; way++) {
        struct stream_record s;

        record_clear(&record_type_stream, &s);
        s.id = call->id + 2 + way;
        s.call = call->id;
        s.call_id = call->call_id;
        s.ssrc = 0x600 + way;
        s.src = way ? call->dst : call->src;
        s.dst = way ? call->src : call->dst;
        s.src.port = s.dst.port = 4000;
        s.direction = way ? SLICE("callee_to_caller") : SLICE("caller_to_callee");
        s.media = SLICE("audio");
        s.codec = SLICE("PCMA");
        s.clock_rate_hz = 8000;
        s.packets = s.expected = 1850;
        s.lost = 0;
        if (leaves && !way) {
            s.lost = 37;
            s.packets -= s.lost;
        }
        s.mos_lq_jb200 = s.lost ? 2.9 : 4.3;
        s.start_time = call->answer_time + way;
        s.end_time = call->end_time;
        writer_submit(w, &record_type_stream, &s);
    }
}

void told_add_leg(struct writer *w, const struct call_record *a, const struct call_record *b)
{
    struct leg_record leg;

    record_clear(&record_type_leg, &leg);
    leg.id = record_id_make(b->invite_time, 77);
    leg.leg_group = a->id;
    leg.call_a = a->id;
    leg.call_b = b->id;
    leg.call_id_a = a->call_id;
    leg.call_id_b = b->call_id;
    leg.time = b->invite_time;
    leg.certain = 1;
    leg.score = 1;
    leg.evidence = SLICE("[{\"by\":\"session_id\",\"weight\":1,\"detail\":null},{\"by\":\"address_"
                         "chain\",\"weight\":-0.05,\"detail\":\"no host is in both\"}]");
    leg.media = SLICE("[{\"direction\":\"caller_to_callee\",\"loss_added_ratio\":0.02,"
                      "\"delay_added_ms\":14.0}]");
    leg.loss_added_ratio = 0.02;
    leg.delay_added_ms = 14;
    writer_submit(w, &record_type_leg, &leg);
}

/* Group 0: all; 1: calls in from a trunk; 2: of these, to a destination. Minute n has n + 1 calls in
 * each, one of which is busy. */
static void add_minute(struct writer *w, int64_t time, int64_t n, unsigned group)
{
    static char histogram[64]; /* lent to the writer, which copies */
    struct kpi_record k;

    record_clear(&record_type_kpi, &k);
    k.time = time;
    k.window_s = 60;
    k.trunk = group ? SLICE("carrier <a>") : SLICE_ABSENT;
    k.direction = group ? SLICE("in") : SLICE_ABSENT;
    k.destination = group == 2 ? SLICE("Germany") : SLICE_ABSENT;
    k.id = kpi_id_make(kpi_id_hash(k.trunk, k.direction, k.destination), time);
    k.attempts = n + 1;
    k.answered = n;
    k.failure = 0;
    k.nos = k.nos_busy = 1;
    k.nos_cancel = k.nos_not_found = k.nos_other = 0;
    k.ended = n;
    k.duration_s = 30.0 * (double)n;
    k.short_calls = k.ended_by_callee = 0;
    k.ended_by_caller = n;
    k.one_way = 0;
    k.judged = n;
    k.concurrent_max = n;
    k.channel_limit = group ? 30 : RECORD_NONE;
    k.ner_ratio = 1;
    k.scr_ratio = (double)n / (double)(n + 1);
    k.responses = SLICE("{\"486\":1}");
    snprintf(histogram, sizeof histogram, "{\"100\":%d,\"2000\":1}", (int)n);
    k.pdd_histogram = slice_of_text(histogram);
    k.mos_histogram = SLICE("{}");
    writer_submit(w, &record_type_kpi, &k);
}

void told_add_minutes(struct writer *w, int64_t start_ns)
{
    for (int64_t n = 0; n < TOLD_MINUTES; n++) {
        for (unsigned group = 0; group < 3; group++)
            add_minute(w, start_ns - start_ns % MINUTE_NS + n * MINUTE_NS, n, group);
    }
}

static void add_registration(struct writer *w, int64_t time, unsigned n)
{
    struct registration_record r;

    record_clear(&record_type_registration, &r);
    r.id = record_id_make(time + n * SECOND_NS, n);
    r.user = n ? SLICE("alice") : SLICE("\"><script>ran=1</script>");
    r.domain = SLICE("example.com");
    r.source = SLICE("192.0.2.10");
    r.registrar = SLICE("192.0.2.30");
    r.state = SLICE("registered");
    r.attempts = r.successes = n + 1;
    r.first_seen = r.last_seen = time + n * SECOND_NS;
    writer_submit(w, &record_type_registration, &r);
}

static void add_peer(struct writer *w, int64_t time, unsigned n)
{
    struct peer_record p;

    record_clear(&record_type_peer, &p);
    p.id = record_id_make(time + n * SECOND_NS, n);
    p.source = SLICE("192.0.2.30");
    p.target = SLICE("192.0.2.20");
    p.trunk = SLICE("carrier b");
    p.state = n ? SLICE("down") : SLICE("up");
    p.pings = 10;
    p.answered = n ? 4 : 10;
    p.round_trip_ms_mean = 12.25;
    p.first_seen = p.last_seen = time;
    p.since = time + n * SECOND_NS;
    writer_submit(w, &record_type_peer, &p);
}

static void add_transaction(struct writer *w, int64_t time, unsigned n)
{
    struct transaction_record t;

    record_clear(&record_type_transaction, &t);
    t.id = record_id_make(time + n * SECOND_NS, n);
    t.method = n ? SLICE("options") : SLICE("register");
    t.call_id = SLICE("t@test");
    t.time = time;
    t.src = told_host(TOLD_SBC_IN);
    t.dst = told_host(TOLD_CALLEE);
    t.final_status = 200;
    writer_submit(w, &record_type_transaction, &t);
}

void told_add_guards(struct writer *w, int64_t start_ns, uint64_t call)
{
    struct security_record s;

    for (unsigned n = 0; n < TOLD_REGISTRATIONS; n++)
        add_registration(w, start_ns, n);
    for (unsigned n = 0; n < 2; n++)
        add_peer(w, start_ns, n);
    for (unsigned n = 0; n < 3; n++)
        add_transaction(w, start_ns, n);
    record_clear(&record_type_security, &s);
    s.id = record_id_make(start_ns, 1);
    s.fact = SLICE("scanner_agent");
    s.source = SLICE("203.0.113.66");
    s.user_agent = SLICE("friendly-scanner \xff");
    s.count = 40;
    s.call = call;
    s.evidence = SLICE("{}");
    s.first_seen = s.last_seen = start_ns;
    writer_submit(w, &record_type_security, &s);
}
