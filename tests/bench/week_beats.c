/*
 * What the probe says each second or minute of itself and of what it hears.
 */
#include "tests/bench/week_state.h"

#include <math.h>

#define DISK_BYTES 2e12

static void tell_probe(struct week_traffic *w)
{
    const struct week_beats *b = &w->beats;
    struct probe_record p;
    double quiet_ms = 1000 / (0.4 + 100 * (double)w->in_calls); /* between two packets, about */

    record_clear(&record_type_probe, &p);
    p.time = w->now_ns;
    p.uptime_s = (w->now_ns - b->started_ns) / WEEK_NS_PER_S;
    p.clock_step_ms = 0;
    p.clock_synchronised = 1;
    p.packet_age_ms = week_exponential(&w->random, quiet_ms) + 1;
    p.sip_date_offset_ms = 40 + 150 * week_normal(&w->random); /* Date has whole seconds */
    p.sip_dates = 6;
    p.received = (int64_t)b->received;
    p.dropped = (int64_t)b->dropped;
    p.store_queued = week_below(&w->random, 50);
    if (week_state_has(w, WEEK_CLOCK)) {
        p.clock_step_ms = w->trouble->strength;
        p.clock_synchronised = 0;
        p.sip_date_offset_ms += w->trouble->strength;
    }
    if (week_state_has(w, WEEK_SILENT))
        p.packet_age_ms = (double)(w->now_ns - w->trouble_began_ns) / 1e6;
    week_state_tell(w, RULE_PROBE, &record_type_probe, &p);
}

static void tell_capture(struct week_traffic *w)
{
    const struct week_beats *b = &w->beats;
    struct capture_record c;

    record_clear(&record_type_capture, &c);
    c.start_time = b->started_ns;
    c.end_time = w->now_ns;
    c.source = SLICE("eth1");
    c.received = (int64_t)b->received;
    c.received_bytes = c.received * 214;
    c.kernel_dropped = (int64_t)b->dropped;
    c.interface_dropped = 0;
    c.truncated = c.duplicate_frames = c.fragments_expired = c.tcp_gaps = c.tracked_limit = 0;
    c.duplicate_frames = (int64_t)b->duplicates;
    c.stored = c.received;
    c.store_dropped = 0;
    c.not_kept = 0;
    c.store_losses = c.bins = c.malformed = c.refusals = c.sip_anomalies = SLICE("{}");
    c.calls = (int64_t)w->calls;
    c.streams = 2 * c.calls;
    week_state_tell(w, RULE_CAPTURE, &record_type_capture, &c);
}

static void tell_mirror(struct week_traffic *w)
{
    const struct week_beats *b = &w->beats;
    struct mirror_record m;
    bool is_blind = week_state_has(w, WEEK_BLIND);
    double elapsed_s = (double)(w->now_ns - w->trouble_began_ns) / 1e9;

    record_clear(&record_type_mirror, &m);
    m.start_time = b->started_ns;
    m.end_time = w->now_ns;
    m.source = SLICE("eth1");
    m.frames = (int64_t)b->received;
    m.duplicate_frames = (int64_t)b->duplicates;
    m.truncated = 0;
    m.truncated_ratio = 0;
    m.duplicate_ratio = b->received > 0 ? b->duplicates / b->received : 0;
    m.conversations = 14;
    m.one_way = is_blind && elapsed_s > 20 ? 12 : 0;
    m.vlan_asymmetric = 0;
    m.vlans = SLICE("{\"100\":60,\"200\":40}");
    m.tunnels = SLICE("{}");
    m.complaints = m.one_way                 ? SLICE("[\"one_way\"]")
                   : m.duplicate_ratio > .01 ? SLICE("[\"doubled\"]")
                                             : SLICE("[]");
    week_state_tell(w, RULE_MIRROR, &record_type_mirror, &m);
}

/* Retention holds it at 60 %, with what a day brings on top. */
static void tell_store(struct week_traffic *w)
{
    double used = 0.60 + 0.01 * sin((double)(w->now_ns / WEEK_NS_PER_S) / 13750.0);
    double days = 11 + 1.5 * sin((double)(w->now_ns / WEEK_NS_PER_S) / 61000.0);
    struct store_record s;

    record_clear(&record_type_store, &s);
    if (week_state_has(w, WEEK_DISK))
        used = w->trouble->strength;
    if (week_state_has(w, WEEK_DISK_DAYS))
        days = w->trouble->strength;
    s.id = (uint64_t)w->now_ns / 1000 << 11;
    s.time = w->now_ns;
    s.step = SLICE("full");
    s.disk_bytes = (int64_t)DISK_BYTES;
    s.disk_free_bytes = (int64_t)((1 - used) * DISK_BYTES);
    s.rows_bytes = (int64_t)(0.05 * DISK_BYTES);
    s.signalling_bytes = (int64_t)(0.15 * DISK_BYTES);
    s.media_bytes = (int64_t)(0.1 * DISK_BYTES);
    s.audio_bytes = (int64_t)(0.25 * DISK_BYTES);
    s.growth_bytes_s = (double)s.disk_free_bytes / (days * WEEK_DAY_S);
    s.days_left = days;
    s.days = 30;
    s.removed_bytes = s.pinned_calls = 0;
    s.removed = s.losses = SLICE("{}");
    week_state_tell(w, RULE_STORE, &record_type_store, &s);
}

static void tell_certificate(struct week_traffic *w, int server)
{
    static const struct {
        const char *name;
        double days, of; /* left when it begins; of a new one */
    } servers[] = {
        { "sip.example", 75, 90 },
        { "proxy.example", 140, 365 },
        { "wss.example", 300, 397 },
    };
    double age = (double)(w->now_ns - w->beats.started_ns) / 1e9 / WEEK_DAY_S,
           left = servers[server].days - age;
    const uint8_t ip[4] = { 192, 0, 2, (uint8_t)(30 + server) };
    struct certificate_record c;

    while (left < 32) /* by then it is renewed */
        left += servers[server].of - 32;
    record_clear(&record_type_certificate, &c);
    if (server == 0 && week_state_has(w, WEEK_CERTIFICATE))
        left = w->trouble->strength;
    c.id = 100 + (uint64_t)server;
    c.server = addr_v4(ip, 5061);
    c.server_name = slice_of_text(servers[server].name);
    c.transport = SLICE("tls");
    c.tls_version = SLICE("1.2");
    c.state = SLICE("seen");
    c.subject = SLICE("CN=sip.example");
    c.issuer = SLICE("CN=Some CA");
    c.not_after = w->now_ns + (int64_t)(left * WEEK_DAY_S * 1e9);
    c.not_before = c.not_after - 90 * (int64_t)WEEK_DAY_S * WEEK_NS_PER_S;
    c.days_left = left;
    c.chain_length = 2;
    c.first_seen = w->beats.started_ns;
    c.last_seen = w->now_ns;
    c.seen_count = (int64_t)(age * 300);
    c.name_matches = !(server == 0 && week_state_has(w, WEEK_CERTIFICATE_NAME));
    c.origin = SLICE("wire");
    week_state_tell(w, RULE_CERTIFICATE, &record_type_certificate, &c);
}

static void count_packets(struct week_traffic *w)
{
    struct week_beats *b = &w->beats;
    double rate = (3 + 100 * (double)w->in_calls) * w->options.step_s;

    if (week_state_has(w, WEEK_SILENT))
        return;
    b->received += rate;
    if (w->in_calls > 20 && /* some ms in which a ring was full */
        week_chance(&w->random, w->options.step_s / (3.0 * WEEK_DAY_S)))
        b->dropped += rate / w->options.step_s * week_between(&w->random, 0.005, 0.015);
    if (week_state_has(w, WEEK_DROPS))
        b->dropped += rate * w->trouble->strength;
    if (week_state_has(w, WEEK_DOUBLED)) {
        b->duplicates += rate;
        b->received += rate;
    }
}

void week_beats_tick(struct week_traffic *w)
{
    int64_t s = w->now_ns / WEEK_NS_PER_S;

    count_packets(w);
    tell_mirror(w);
    tell_capture(w);
    tell_probe(w);
    if (s % 60 == 0)
        tell_store(w);
    for (int i = 0; i < 3; i++) {
        if ((w->options.step_s > 60 || s % 180 == 60 * i) && week_chance(&w->random, 0.5))
            tell_certificate(w, i);
    }
}
