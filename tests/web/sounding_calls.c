#include "tests/web/sounding_calls.h"

#include "analyzer/interval.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SECOND_NS 1000000000ll

enum { MINUTE_INTERVALS = 12, BURST_AT = 6, LONG_BURST_AT = 17000, JSON_ROOM = 512 };

static struct addr host(uint8_t last, uint16_t port)
{
    return addr_v4((const uint8_t[4]){ 192, 0, 2, last }, port);
}

static struct interval interval_of(uint32_t at, bool burst)
{
    return (struct interval){ .packets = burst ? 212 : 250,
                              .lost = burst ? 38 : 0,
                              .late = burst ? 9 : 0,
                              .jitter_ms_max = burst ? 41.2 : 2 + at % 5 * 0.7,
                              .mos_lq = burst ? 1.72 : 4.409,
                              .level_dbm0 = -19.1 - at % 4,
                              .silence_ratio = 0.12 + at % 3 * 0.1,
                              .clipping_ratio = 0.0001,
                              .unheard = { 0, burst ? 90 : 0, burst ? 4 : 0, 0, 0 } };
}

/* `count` intervals, packed; `burst_at` and the one after it are bad. The caller frees. */
static struct slice pack(int64_t start_ns, uint32_t count, uint32_t burst_at, uint32_t burst_length)
{
    size_t room = INTERVAL_HEADING_BYTES + (size_t)count * INTERVAL_PACKED_BYTES, n;
    uint8_t *bytes = malloc(room);

    if (!bytes)
        return SLICE_ABSENT;
    n = interval_pack_heading(bytes, start_ns);
    for (uint32_t at = 0; at < count; at++) {
        struct interval i = interval_of(at, at >= burst_at && at < burst_at + burst_length);

        n += interval_pack(bytes + n, &i);
    }
    return slice_of((const char *)bytes, n);
}

static void fill_sound(struct stream_record *s)
{
    s->skew_ms_min = -1.84;
    s->skew_ms_max = 71.22;
    s->clock_drift_ppm = -12.4;
    s->talkspurts = 14;
    s->comfort_noise = 31;
    s->dtx_ratio = 0.28;
    s->bad_seconds = 7;
    s->worst_10s_mos_lq = 1.512;
    s->worst_10s_time = s->start_time + 30 * SECOND_NS;
    s->interval_mos_p5 = 1.72;
    s->interval_mos_p50 = 4.389;
    s->level_dbm0 = -19.3;
    s->silence_ratio = 0.31;
    s->clipping_ratio = 0.00012;
    s->loss_runs = SLICE("[21,6,2,1,4,1,0]");
}

static void fill_playout(struct stream_record *s)
{
    struct playout_result *const results[] = { &s->jb20,  &s->jb50,  &s->jb60,
                                               &s->jb120, &s->jb200, &s->adaptive };
    static const int64_t late[] = { 140, 41, 30, 8, 14, 12 };
    double *const r[] = { &s->r_jb20,  &s->r_jb50,  &s->r_jb60,
                          &s->r_jb120, &s->r_jb200, &s->r_adaptive };
    static const double r_values[] = { 69.1, 78.8, 79.9, 83.2, 82.53, 82.8 };
    double *const mos[] = { &s->mos_lq_jb20,  &s->mos_lq_jb50,  &s->mos_lq_jb60,
                            &s->mos_lq_jb120, &s->mos_lq_jb200, &s->mos_lq_adaptive };
    static const double mos_values[] = { 3.55, 3.97, 4.01, 4.136, 4.111, 4.12 };

    for (size_t i = 0; i < sizeof late / sizeof late[0]; i++) {
        *results[i] = (struct playout_result){ late[i], s->lost + late[i] };
        *r[i] = r_values[i];
        *mos[i] = mos_values[i];
    }
    s->r_raw = 84.07;
    s->mos_lq_raw = 4.168;
    s->r_cq = 74.89;
    s->mos_cq = 3.813;
    s->codec_model = SLICE("itu");
    s->model_codec = SLICE("G.711");
    s->model_scale = SLICE("nb");
    s->model_ppl_ratio = 0.0301;
    s->model_burst_ratio = 1.8;
    s->model_ie = 0;
    s->model_bpl = 25.1;
    s->model_delay_ms = 0;
    s->model_cq_delay_ms = 310;
    s->model_version = SLICE("g107-2015.1");
}

static void fill_reports(struct stream_record *s)
{
    s->rtcp_reports = s->rtcp_sender_reports = 12;
    s->rtcp_sender_packets = s->expected;
    s->rtcp_fraction_lost_max = 0.12;
    s->rtcp_jitter_ms_max = 12.5;
    s->rtcp_rtt_ms = 180;
    s->rtcp_rtt_receiver_ms = 92;
    s->rtcp_lost_cumulative = 83;
    s->rtcp_lost_before_probe = 77;
    s->rtcp_lost_after_probe = 6;
    s->rtcp_loss_side = SLICE("both");
    s->rtcp_cname = SLICE("phone-1@192.0.2.10");
    s->rtcp_bye_time = s->end_time;
    s->rtcp_xr = SLICE("{\"loss_ratio\":0.023,\"round_trip_ms\":182,\"r_factor\":71,"
                       "\"mos_lq\":3.6,\"mos_cq\":3.3}");
}

static struct stream_record audio(uint64_t call, unsigned number, bool from_caller,
                                  int64_t start_ns, int64_t seconds)
{
    struct stream_record s;

    record_clear(&record_type_stream, &s);
    s.id = call + 1 + number;
    s.call = call;
    s.ssrc = 0x1a2b3c4d + number;
    s.src = from_caller ? host(10, 40000) : host(20, 40002);
    s.dst = from_caller ? host(20, 40002) : host(10, 40000);
    s.direction = from_caller ? SLICE("caller_to_callee") : SLICE("callee_to_caller");
    s.media = SLICE("audio");
    s.foreign_source = 0;
    s.payload_type = 8;
    s.codec = SLICE("PCMA");
    s.clock_rate_hz = 8000;
    s.ptime_ms = 20;
    s.start_time = start_ns;
    s.end_time = start_ns + seconds * SECOND_NS;
    s.expected = 3023;
    s.lost = 77;
    s.packets = s.expected - s.lost;
    s.duplicates = s.restarts = 0;
    s.out_of_order = 3;
    s.jitter_ms_mean = 3.12;
    s.jitter_ms_p95 = 11.84;
    s.jitter_ms_max = 41.2;
    s.burst_bursts = 3;
    s.burst_burst_ratio = 1.8;
    s.dscp = 46;
    s.srtp = 0;
    return s;
}

static void submit(struct writer *w, struct stream_record *s, struct slice packed)
{
    s->intervals = packed;
    writer_submit(w, &record_type_stream, s);
    free((void *)(uintptr_t)packed.p);
}

void sounding_call_fill(struct call_record *call, int64_t start_ns)
{
    static char keys[JSON_ROOM];
    double t = (double)start_ns / 1e9;

    call->bad_seconds = 7;
    call->worst_10s_mos_lq = 1.512;
    call->interval_mos_p5 = 1.72;
    call->interval_mos_p50 = 4.389;
    call->silence_ratio = 0.31;
    call->codec_changes_unannounced = 1;
    call->foreign_sources = 1;
    snprintf(keys, sizeof keys,
             "[{\"time\":%.6f,\"method\":\"rfc4733\",\"also\":[\"inband\"],\"digit\":null,"
             "\"masked\":true,\"direction\":\"caller_to_callee\",\"duration_ms\":160.0},"
             "{\"time\":%.6f,\"method\":\"info\",\"also\":[],\"digit\":null,\"masked\":true,"
             "\"direction\":\"caller_to_callee\",\"duration_ms\":250.0},"
             "{\"time\":%.6f,\"method\":\"inband\",\"also\":[],\"digit\":\"5\",\"masked\":false,"
             "\"direction\":\"callee_to_caller\",\"duration_ms\":null}]",
             t + 10.12, t + 11.52, t + 13.02);
    call->dtmf = slice_of_text(keys);
    call->vq_reports = SLICE("[{\"time\":1795217464.0,\"by\":\"caller\",\"kind\":\"session\","
                             "\"final\":true,\"codec\":\"PCMA\",\"mos_lq\":3.70,\"remote\":null}]");
}

void sounding_call_add_loud(struct writer *w, uint64_t call, int64_t start_ns)
{
    struct stream_record s = audio(call, 0, true, start_ns, 60);
    char events[JSON_ROOM];

    fill_sound(&s);
    fill_playout(&s);
    fill_reports(&s);
    snprintf(events, sizeof events,
             "[{\"t\":%.6f,\"event\":\"codec_change\",\"from\":\"PCMA/8\",\"to\":\"G729/18\","
             "\"announced\":false}]",
             (double)start_ns / 1e9 + 16.9);
    s.events = slice_of_text(events);
    submit(w, &s, pack(start_ns, MINUTE_INTERVALS, BURST_AT, 2));

    s = audio(call, 1, false, start_ns, 60);
    fill_playout(&s);
    submit(w, &s, pack(start_ns, MINUTE_INTERVALS, MINUTE_INTERVALS, 0));

    s = audio(call, 2, true, start_ns, 1);
    s.src = addr_v4((const uint8_t[4]){ 198, 51, 100, 66 }, 5004);
    s.foreign_source = 1;
    s.packets = s.expected = 43;
    s.lost = 0;
    submit(w, &s, SLICE_ABSENT);
}

void sounding_call_add_fax(struct writer *w, uint64_t call, int64_t start_ns)
{
    for (unsigned n = 0; n < 2; n++) {
        struct stream_record s = audio(call, n, n == 0, start_ns, 30);

        s.media = SLICE("image");
        s.codec = SLICE("t38");
        s.ssrc = s.payload_type = RECORD_NONE;
        s.expected = 415;
        s.lost = 3;
        s.packets = 412;
        s.udptl_recovered = n == 0 ? 3 : 1;
        s.udptl_error_correction = SLICE("redundancy");
        submit(w, &s, SLICE_ABSENT);
    }
}

void sounding_call_add_long(struct writer *w, uint64_t call, int64_t start_ns)
{
    struct stream_record s = audio(call, 0, true, start_ns, (int64_t)INTERVALS_MAX * INTERVAL_S);

    fill_sound(&s);
    fill_playout(&s);
    s.worst_10s_time = start_ns + (int64_t)LONG_BURST_AT * INTERVAL_S * SECOND_NS;
    submit(w, &s, pack(start_ns, INTERVALS_MAX, LONG_BURST_AT, 1));
}
