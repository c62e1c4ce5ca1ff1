#include "tests/bench/store_mix.h"

#include "analyzer/record_id.h"

#include <math.h>
#include <stdio.h>

enum { HOSTS = 40, TRUNKS = 12, DESTINATIONS = 60, AGENTS = 30, RARE = 1000000 };

uint64_t mix_bits(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    x ^= x >> 29;
    x *= 0xbf58476d1ce4e5b9u;
    return x ^ x >> 32;
}

/* The k-th property of call n, 0..below−1. */
static unsigned pick(long n, unsigned k, unsigned below)
{
    return (unsigned)(mix_bits((uint64_t)n * 64 + k) >> 20) % below;
}

static unsigned long wide(long n, unsigned k)
{
    return (unsigned long)(mix_bits((uint64_t)n * 64 + k) >> 16);
}

size_t mix_call_id(long n, char out[64])
{
    unsigned long a = (unsigned long)mix_bits((uint64_t)n * 77 + 5), b = wide(n, 1);

    if (n % 3 == 0) /* a phone's */
        return (size_t)snprintf(out, 64, "%08lx-%04lx-%04lx-%04lx-%012lx", a & 0xffffffff,
                                b & 0xffff, b >> 16 & 0xffff, a >> 32 & 0xffff, b & 0xffffffffffff);
    if (n % 3 == 1) /* a PBX's */
        return (size_t)snprintf(out, 64, "%016lx%08lx@10.20.%lu.%lu:5060", a, b & 0xffffffff,
                                b % 4 + 10, a % 90 + 10);
    return (size_t)snprintf(out, 64, "SD%08lx-%016lx%08lx-v3000", b & 0xffffffff, a,
                            b >> 8 & 0xffffffff);
}

static struct addr host(unsigned network, unsigned n)
{
    const uint8_t ip[4] = { 10, (uint8_t)network, (uint8_t)(n / 16), (uint8_t)(n % 16 + 1) };

    return addr_v4(ip, 5060);
}

static void set_numbers(struct call_record *c, struct mix_texts *t, long n)
{
    static const unsigned areas[] = { 30, 40, 69, 89, 221, 211, 711, 351 };
    unsigned country = 20 + pick(n, 2, DESTINATIONS), area = areas[pick(n, 3, 8)];
    bool national = pick(n, 4, 5) == 0;

    snprintf(t->from_number, sizeof t->from_number, "+49%u%07lu", area, wide(n, 5) % 10000000);
    snprintf(t->from, sizeof t->from, "%s%s", national ? "0" : "",
             t->from_number + (national ? 3 : 0));
    snprintf(t->to_number, sizeof t->to_number, "+%u%09lu", country, wide(n, 6) % 1000000000);
    snprintf(t->to, sizeof t->to, "%s%s", national ? "00" : "", t->to_number + national);
    snprintf(t->from_uri, sizeof t->from_uri, "sip:%s@10.20.30.%u", t->from,
             10 + pick(n, 7, HOSTS));
    snprintf(t->to_uri, sizeof t->to_uri, "sip:%s@sbc%u.carrier.example", t->to, pick(n, 8, 4));
    snprintf(t->destination, sizeof t->destination, "Country %02u %s", country,
             pick(n, 6, 2) ? "mobile" : "fixed");
    snprintf(t->prefix, sizeof t->prefix, "%u%u", country, pick(n, 6, 2));
    c->from_user = slice_of_text(t->from);
    c->to_user = slice_of_text(t->to);
    c->from_number = slice_of_text(t->from_number);
    c->to_number = slice_of_text(t->to_number);
    c->from_uri = slice_of_text(t->from_uri);
    c->to_uri = slice_of_text(t->to_uri);
    c->request_uri = c->to_uri;
    c->destination = slice_of_text(t->destination);
    c->destination_prefix = slice_of_text(t->prefix);
}

void mix_begin(struct call_record *c, struct mix_texts *t, long n, int64_t time_ns)
{
    record_clear(&record_type_call, c);
    c->id = record_id_make(time_ns, mix_bits((uint64_t)n));
    c->call_id = slice_of(t->call_id, mix_call_id(n, t->call_id));
    set_numbers(c, t, n);
    snprintf(t->from_tag, sizeof t->from_tag, "as%08lx", wide(n, 9) & 0xffffffff);
    snprintf(t->user_agent, sizeof t->user_agent, "Vendor %u Model T%u %u.%u", pick(n, 10, 6),
             pick(n, 10, AGENTS), pick(n, 10, 9), pick(n, 10, 30));
    if (pick(n, 35, RARE) == 0)
        snprintf(t->user_agent, sizeof t->user_agent, "oddphone 0.1");
    snprintf(t->trunk_in, sizeof t->trunk_in, "customer-%u", pick(n, 7, TRUNKS));
    snprintf(t->trunk_out, sizeof t->trunk_out, "carrier-%u", pick(n, 8, 4));
    c->transport = SLICE("udp");
    c->state = SLICE("trying");
    c->from_tag = slice_of_text(t->from_tag);
    c->src = host(20, pick(n, 7, HOSTS));
    c->dst = host(30, pick(n, 8, 4));
    c->user_agent = slice_of_text(t->user_agent);
    c->trunk_in = slice_of_text(t->trunk_in);
    c->trunk_out = slice_of_text(t->trunk_out);
    c->invite_time = time_ns;
    c->invite_count = 1;
    c->retransmissions = c->reinvite_count = c->branches = c->sightings = c->hold_count = 0;
    c->history = c->links = c->deviations = c->sip_anomalies = c->codecs = SLICE("[]");
    c->dtmf = c->vq_reports = c->media_timeouts = c->capture_confidence_reasons = SLICE("[]");
    c->auth_challenged = c->late_offer = c->early_media = c->fax = 0;
    c->kept = SLICE("headers");
    c->kept_by = SLICE("default");
}

static int64_t later(int64_t time, double ms)
{
    return time + (int64_t)(ms * 1000) * 1000;
}

static void set_evidence(struct call_record *c, struct mix_texts *t, long n, bool has_media)
{
    unsigned port = 10000 + 2 * pick(n, 11, 10000), other = 10000 + 2 * pick(n, 12, 10000);
    unsigned a = pick(n, 7, HOSTS), b = pick(n, 8, 4), packets = (unsigned)(c->duration_ms / 20);

    if (!has_media)
        packets = 0;
    snprintf(t->evidence, sizeof t->evidence,
             "{\"why\":\"%s\",\"silent_side\":null,\"packets\":{\"caller\":%u,\"callee\":%u},"
             "\"early_packets\":{\"caller\":0,\"callee\":%u},\"elsewhere\":{\"caller\":0,"
             "\"callee\":0},\"unassigned\":0,\"announced\":{\"caller\":\"10.40.0.%u:%u\","
             "\"callee\":\"10.41.0.%u:%u\"},\"arrived_from\":{\"caller\":\"10.40.0.%u:%u\","
             "\"callee\":\"10.41.0.%u:%u\"},\"went_to\":{\"caller\":\"10.41.0.%u:%u\",\"callee\":"
             "\"10.40.0.%u:%u\"},\"directions\":{\"caller\":\"sendrecv\",\"callee\":\"sendrecv\"},"
             "\"talk_ms\":%.0f,\"excused_ms\":{\"caller\":0,\"callee\":0},\"held_by\":null,"
             "\"rtcp\":{\"caller\":\"hears_seen\",\"callee\":\"hears_seen\"},\"pair\":{\"kind\":"
             "\"media\",\"hosts\":[\"10.40.0.%u\",\"10.41.0.%u\"],\"calls\":%u,\"both_ways\":%u,"
             "\"one_way\":0,\"only_from\":null,\"users\":0},\"provisional\":false,\"learned\":[],"
             "\"capture\":null}",
             has_media ? "both_heard" : "no_media_anywhere", packets, packets ? packets + 3 : 0,
             pick(n, 13, 40), a, port, b, other, a, port, b, other, b, other, a, port,
             c->duration_ms, a, b, 40 + pick(n, 14, 3000), 40 + pick(n, 14, 3000));
    c->media_evidence = slice_of_text(t->evidence);
}

static void set_media(struct call_record *c, long n)
{
    static const struct slice codecs[] = { SLICE_INIT("[\"PCMA\"]"), SLICE_INIT("[\"PCMU\"]"),
                                           SLICE_INIT("[\"G729\",\"telephone-event\"]"),
                                           SLICE_INIT("[\"PCMA\",\"telephone-event\"]") };
    bool bad = pick(n, 15, 20) == 0;

    c->codecs = codecs[pick(n, 16, 4)];
    c->one_way = pick(n, 17, 200) == 0;
    c->media_verdict = c->one_way ? SLICE("one_way") : SLICE("ok");
    c->mos_lq = bad ? 1.5 + pick(n, 18, 2000) / 1000.0 : 4.0 + pick(n, 18, 410) / 1000.0;
    c->mos_cq = c->mos_lq - 0.2;
    c->worst_10s_mos_lq = c->mos_lq - pick(n, 19, 300) / 1000.0;
    c->interval_mos_p5 = c->mos_lq - 0.1;
    c->interval_mos_p50 = c->mos_lq;
    c->jitter_ms_p95 = pick(n, 20, bad ? 60000 : 6000) / 1000.0;
    c->loss_ratio = bad ? pick(n, 21, 100000) / 1e6 : pick(n, 21, 10) ? 0 : pick(n, 22, 2000) / 1e6;
    c->bad_seconds = bad ? pick(n, 23, 60) : 0;
    c->silence_ratio = pick(n, 24, 9000) / 1e4;
    c->codec_changes_unannounced = c->foreign_sources = 0;
    c->packets = (int64_t)(c->duration_ms / 10);
}

static void end_answered(struct call_record *c, struct mix_texts *t, long n, bool has_media)
{
    double ring = 1000 + pick(n, 25, 20000000) / 1000.0;

    c->state = SLICE("completed");
    c->ring_ms = ring;
    c->setup_ms = c->post_dial_delay_ms + ring;
    c->duration_ms = 1000 + -log((pick(n, 26, 1000000) + 1) / 1e6) * 120000;
    c->answer_time = later(c->invite_time, c->setup_ms);
    c->end_time = later(c->answer_time, c->duration_ms);
    c->settled_time = c->answer_time;
    c->disconnect_delay_ms = pick(n, 27, 80000) / 1000.0;
    c->duration_open = 0;
    c->final_status = 200;
    c->final_reason = SLICE("OK");
    c->reason_header = SLICE("Q.850;cause=16;text=\"Normal call clearing\"");
    c->q850_cause = 16;
    c->ended_by = pick(n, 28, 2) ? SLICE("caller") : SLICE("callee");
    c->ended_how = SLICE("bye");
    c->outcome = SLICE("success");
    c->capture_confidence = SLICE("high");
    c->media_verdict = SLICE("no_rtp");
    if (has_media)
        set_media(c, n);
    set_evidence(c, t, n, has_media);
}

static void end_unanswered(struct call_record *c, long n, unsigned kind)
{
    static const struct {
        int status;
        struct slice reason, how, cause, state, outcome;
    } ends[] = {
        { 487, SLICE_INIT("Request Terminated"), SLICE_INIT("cancel"), SLICE_INIT("cancel"),
          SLICE_INIT("cancelled"), SLICE_INIT("nos") },
        { 486, SLICE_INIT("Busy Here"), SLICE_INIT("rejected"), SLICE_INIT("busy"),
          SLICE_INIT("failed"), SLICE_INIT("nos") },
        { 404, SLICE_INIT("Not Found"), SLICE_INIT("rejected"), SLICE_INIT("not_found"),
          SLICE_INIT("failed"), SLICE_INIT("nos") },
        { 503, SLICE_INIT("Service Unavailable"), SLICE_INIT("rejected"), SLICE_INIT(""),
          SLICE_INIT("failed"), SLICE_INIT("failure") },
    };
    unsigned e = kind < 79 ? 0 : kind < 88 ? 1 : kind < 94 ? 2 : 3;

    c->state = ends[e].state;
    c->final_status = ends[e].status;
    c->final_reason = ends[e].reason;
    c->ended_how = ends[e].how;
    c->outcome = ends[e].outcome;
    c->nos_cause = ends[e].cause.len ? ends[e].cause : SLICE_ABSENT;
    c->capture_confidence = SLICE("high");
    c->end_time = later(c->invite_time, c->post_dial_delay_ms + pick(n, 29, 30000000) / 1000.0);
    c->settled_time = c->end_time;
    c->foreign_sources = 0;
}

void mix_end(struct call_record *c, struct mix_texts *t, long n)
{
    unsigned kind = pick(n, 30, 100);

    c->post_dial_delay_ms = 40 + pick(n, 31, 3000000) / 1000.0;
    c->first_18x_time = later(c->invite_time, c->post_dial_delay_ms);
    snprintf(t->to_tag, sizeof t->to_tag, "%lx", wide(n, 32) & 0xffffffffff);
    snprintf(t->server, sizeof t->server, "SBC %u/7.%u", pick(n, 8, 4), pick(n, 8, 4));
    c->to_tag = slice_of_text(t->to_tag);
    c->server = slice_of_text(t->server);
    c->hold_ms = 0;
    c->branches = 1;
    if (pick(n, 33, 10) < 3) {
        c->auth_challenged = 1;
        c->invite_count = 2;
        c->challenged_by = c->dst;
        snprintf(
            t->history, sizeof t->history,
            "[{\"t\":%lld.%06d,\"event\":\"challenge\",\"by\":null,\"count\":1,\"detail\":null}]",
            (long long)(c->invite_time / 1000000000), (int)pick(n, 34, 1000000));
        c->history = slice_of_text(t->history);
    }
    if (kind < 59)
        end_answered(c, t, n, kind < 55);
    else
        end_unanswered(c, n, kind);
    c->closed_time = c->end_time;
}
