#include "analyzer/base/json_item.h"
#include "analyzer/record_id.h"
#include "probe/state/watched.h"
#include "probe/web/metrics.h"
#include "probe/web/registration_sums.h"
#include "storage/query_scan.h"

#include <math.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
    REGISTRATIONS_EVERY_S = 60, /* a hundred thousand rows take a moment */
    REGISTRATION_ROWS_MAX = 200000,
};
#define REGISTRATION_DAYS_NS INT64_C(2 * 86400 * 1000000000)

/* ---- the ledger ---- */

static double known(int64_t value)
{
    return value == RECORD_NONE ? NAN : (double)value;
}

/* A counter of each member of an object of the ledger. */
static void write_members(struct exposition *e, struct slice object, const char *family,
                          const char *label, const char *help)
{
    struct slice name, value;

    exposition_begin(e, family, EXPOSITION_COUNTER, help);
    while (object.len && json_item_next_member(&object, &name, &value)) {
        uint64_t count;

        if (!slice_to_u64(value, UINT64_MAX, &count))
            continue;
        exposition_label(e, 0, label, name);
        exposition_count(e, count);
    }
}

static bool on_ledger(void *ctx, const void *record)
{
    const struct capture_record *ledger = record;
    struct exposition *e = ctx;

    exposition_begin(e, "earshot_capture_bytes", EXPOSITION_COUNTER,
                     "Bytes received, as the newest ledger says.");
    exposition_value(e, known(ledger->received_bytes));
    write_members(e, ledger->bins, "earshot_packets", "bin",
                  "Packets received, by what they were: each is in exactly one.");
    write_members(e, ledger->malformed, "earshot_malformed_packets", "reason",
                  "Packets that broke their protocol, by how.");
    write_members(e, ledger->sip_anomalies, "earshot_sip_anomalies", "anomaly",
                  "SIP messages that are odd, by how.");
    write_members(e, ledger->refusals, "earshot_refusals", "what",
                  "What a cap of the probe refused, by name.");
    return false;
}

/* ---- the store ---- */

static void write_kinds(struct exposition *e, const struct store_record *s)
{
    const struct {
        struct slice kind;
        int64_t bytes;
    } kinds[] = {
        { SLICE("rows"), s->rows_bytes },
        { SLICE("signalling"), s->signalling_bytes },
        { SLICE("media"), s->media_bytes },
        { SLICE("audio"), s->audio_bytes },
    };

    exposition_begin(e, "earshot_storage_bytes", EXPOSITION_GAUGE,
                     "What the store takes on the disk, by kind.");
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        exposition_label(e, 0, "kind", kinds[i].kind);
        exposition_value(e, known(kinds[i].bytes));
    }
}

static void write_gauge(struct exposition *e, double value, const char *family, const char *help)
{
    if (isnan(value))
        return;
    exposition_begin(e, family, EXPOSITION_GAUGE, help);
    exposition_value(e, value);
}

static bool on_store(void *ctx, const void *record)
{
    const struct store_record *s = record;
    struct exposition *e = ctx;

    write_kinds(e, s);
    write_gauge(e, known(s->disk_bytes), "earshot_storage_disk_bytes",
                "How large the file system of the store is.");
    write_gauge(e, known(s->disk_free_bytes), "earshot_storage_free_bytes",
                "How much of it is free.");
    write_gauge(e, s->days_left * 86400, "earshot_storage_left_seconds",
                "How long until something must go, as fast as it grows now.");
    write_gauge(
        e, s->step_cause.len ? 1 : 0, "earshot_storage_pressed",
        "Whether less media is taken in than configured, for want of room or speed: 1 or 0.");
    write_gauge(e, (double)s->time / 1e9, "earshot_storage_time_seconds",
                "When the probe said all this.");
    return false;
}

/* ---- who is registered ---- */

struct registered {
    struct registration_sums sums;
    int64_t newest, last_seen;
    bool no_memory;
};

static bool on_registration(void *ctx, const void *record)
{
    const struct registration_record *row = record;
    struct registered *r = ctx;
    int64_t time_ns = record_id_time_ns(row->id);

    if (r->newest == RECORD_NONE)
        r->newest = time_ns;
    if (time_ns < r->newest - REGISTRATION_DAYS_NS)
        return false;
    if (row->last_seen > r->last_seen)
        r->last_seen = row->last_seen;
    r->no_memory = !registration_sums_add(&r->sums, row, true);
    return !r->no_memory;
}

static bool count_registrations(struct query *q, int64_t now_ns,
                                uint64_t counts[REGISTRATION_STATES])
{
    static const char *const fields[] = { "user",         "domain", "source",
                                          "registrar",    "state",  "since",
                                          "expires_time", "flaps",  "first_seen",
                                          "last_seen",    NULL };
    struct registered r = { .newest = RECORD_NONE, .last_seen = RECORD_NONE };
    const struct query_scan scan = { .type = &record_type_registration,
                                     .fields = fields,
                                     .since = RECORD_NONE,
                                     .until = RECORD_NONE,
                                     .rows_max = REGISTRATION_ROWS_MAX,
                                     .row = on_registration,
                                     .ctx = &r };
    struct siphash_key key;
    bool ok;

    if (getrandom(&key, sizeof key, 0) != (ssize_t)sizeof key ||
        registration_sums_init(&r.sums, &key) != 0)
        return false;
    ok = query_scan_rows(q, &scan, NULL) == 0 && !r.no_memory;
    if (ok)
        registration_sums_judge(&r.sums, now_ns, counts);
    registration_sums_fini(&r.sums);
    return ok;
}

/* Counted once a minute, whoever asks. */
static void write_registrations(struct exposition *e, struct api_context *c)
{
    _Static_assert(TALLY_REGISTRATIONS == (int)REGISTRATION_STATES, "a count for each state");
    struct tally *tally = c->api->options.tally;
    int64_t now_ms = api_now_ms();
    uint64_t counts[REGISTRATION_STATES] = { 0 };

    if (!tally_read_registrations(tally, now_ms, REGISTRATIONS_EVERY_S * 1000, counts)) {
        if (!count_registrations(c->api->query, now_ms * 1000000, counts))
            return;
        tally_set_registrations(tally, now_ms, counts);
    }
    exposition_begin(e, "earshot_registrations", EXPOSITION_GAUGE,
                     "Users at registrars, by how they stand; counted once a minute.");
    for (unsigned i = 0; i < REGISTRATION_STATES; i++) {
        exposition_label(e, 0, "state", registration_state_name((enum registration_state)i));
        exposition_count(e, counts[i]);
    }
}

/* ---- certificates that the configuration has us watch ---- */

static bool on_watched(void *ctx, struct slice json)
{
    struct slice target = json_item_get(json, "target");
    struct slice certificate = json_item_get(json, "certificate");
    struct exposition *e = ctx;

    if (target.len < 2)
        return true;
    exposition_label(e, 0, "target", slice_of(target.p + 1, target.len - 2));
    exposition_value(e, json_item_number(certificate, "not_after"));
    return true;
}

static void write_certificates(struct exposition *e, const struct api_options *o)
{
    if (o->state) {
        exposition_begin(e, "earshot_tls_certificate_not_after_timestamp_seconds", EXPOSITION_GAUGE,
                         "When the certificate of a server of certificates.watch ends.");
        (void)watched_list(o->state, on_watched, e);
    }
    if (o->tls) {
        struct tls_state own;

        tls_read_state(o->tls, &own);
        exposition_begin(e, "earshot_web_certificate_not_after_timestamp_seconds", EXPOSITION_GAUGE,
                         "When the certificate of this server ends.");
        exposition_value(e, (double)own.not_after_s);
    }
}

void metrics_write_store(struct exposition *e, struct api_context *c)
{
    bool readable = api_try_store(c) == 0;

    exposition_begin(e, "earshot_storage_up", EXPOSITION_GAUGE,
                     "Whether the store can be read: 1 or 0.");
    exposition_count(e, readable);
    if (readable) {
        (void)query_captures(c->api->query, 1, on_ledger, e);
        (void)query_stores(c->api->query, 1, on_store, e);
        write_registrations(e, c);
    }
    write_certificates(e, &c->api->options);
}
