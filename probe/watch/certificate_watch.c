#include "probe/watch/certificate_watch.h"

#include "analyzer/base/log.h"
#include "analyzer/base/siphash.h"
#include "analyzer/record.h"
#include "analyzer/record_id.h"
#include "probe/decap/tls_cert.h"
#include "probe/decap/tls_message.h"
#include "probe/decap/tls_name.h"
#include "probe/state/watched.h"
#include "probe/watch/tls_look.h"
#include "probe/watch/watch_alerts.h"
#include "probe/watch/watch_target.h"
#include "rules/rule_set.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define NS_PER_MS  INT64_C(1000000)
#define NS_PER_DAY (86400.0 * 1e9)

enum {
    EVERY_MS = 4 * 3600 * 1000,
    REPEAT_MS = 5 * 60 * 1000,
    TIMEOUT_MS = 10000,
    TICK_MS = 1000,
    RETRY_MS = 10 * 60 * 1000, /* after a look that saw nothing */
    GRACE_ROUNDS = 6,          /* of telling the rules, until what they do not find again is over */
    JSON_MAX_BYTES = 128 * 1024,
};

struct target {
    char *text;
    struct watch_target at;
    int64_t next_ms;                   /* steady */
    struct certificate_record *record; /* what it showed last; NULL: nothing yet */
    bool failing;                      /* it was said */
};

struct certificate_watch {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    atomic_bool stopping;
    struct state_db *state;
    struct rule_set *rules; /* NULL: none */
    struct watch_alerts *alerts;
    int64_t every_ms, repeat_ms, timeout_ms;
    int64_t next_repeat_ms;
    unsigned rounds;
    struct siphash_key lots; /* for jitter: many probes do not knock at once */
    struct target targets[CERTIFICATE_WATCH_MAX];
    size_t count;
};

static int64_t read_clock_ms(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / NS_PER_MS;
}

static int64_t wall_ns(void)
{
    return read_clock_ms(CLOCK_REALTIME) * NS_PER_MS;
}

/* ---- what was seen, as a record ---- */

static void print_fingerprint(const uint8_t *bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < TLS_CERT_FINGERPRINT_BYTES; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * TLS_CERT_FINGERPRINT_BYTES] = '\0';
}

static struct slice text_or_absent(const char *text)
{
    return text[0] ? slice_of_text(text) : SLICE_ABSENT;
}

/* The same certificate at the same place goes on under its id. */
static void fill_in_sight(const struct target *t, struct certificate_record *r, int64_t now_ns)
{
    static const struct siphash_key id_key = { { 0x65617273686f7421u, 0x7761746368696e67u } };
    const struct certificate_record *before = t->record;

    r->first_seen = r->last_seen = now_ns;
    r->seen_count = 1;
    r->id = record_id_make(now_ns, siphash(&id_key, t->text, strlen(t->text)));
    if (before && slice_eq(before->fingerprint, r->fingerprint)) {
        r->id = before->id;
        r->first_seen = before->first_seen;
        r->seen_count = before->seen_count + 1;
    }
}

/* A copy that stands alone; NULL: the certificate cannot be read, or there is no memory. */
static struct certificate_record *make_record(const struct target *t, const struct addr *server,
                                              const struct tls_look *look, int64_t now_ns)
{
    struct slice der = slice_of(look->der, look->der_len);
    char fingerprint[2 * TLS_CERT_FINGERPRINT_BYTES + 1];
    uint8_t bytes[TLS_CERT_FINGERPRINT_BYTES];
    struct certificate_record r, *made;
    struct tls_cert cert;

    if (!tls_cert_fingerprint(der, bytes) || tls_cert_read(der, &cert) != TLS_CERT_OK)
        return NULL;
    print_fingerprint(bytes, fingerprint);
    record_clear(&record_type_certificate, &r);
    r.server = *server;
    r.server_name = t->at.is_name ? slice_of_text(t->at.host) : SLICE_ABSENT;
    r.transport = SLICE("tls");
    r.tls_version = tls_version_text(look->version);
    r.state = SLICE("seen");
    r.origin = SLICE("watch");
    r.subject = strbuf_slice(&cert.subject);
    r.issuer = strbuf_slice(&cert.issuer);
    r.subject_alt_names = cert.alt_names.len ? strbuf_slice(&cert.alt_names) : SLICE_ABSENT;
    r.serial = text_or_absent(cert.serial);
    r.fingerprint = slice_of_text(fingerprint);
    r.not_before = cert.not_before_ns;
    r.not_after = cert.not_after_ns;
    if (cert.not_after_ns != RECORD_NONE)
        r.days_left = ((double)cert.not_after_ns - (double)now_ns) / NS_PER_DAY;
    r.chain_length = look->chain_length;
    r.key_type = text_or_absent(cert.key_type);
    r.key_bits = cert.key_bits;
    r.name_matches = tls_name_matches(r.server_name, r.subject_alt_names,
                                      text_or_absent(cert.common_name), cert.has_more_names);
    fill_in_sight(t, &r, now_ns);
    made = record_clone(&record_type_certificate, &r);
    tls_cert_fini(&cert);
    return made;
}

/* ---- one look ---- */

/* Sleeps; false: it is time to stop. */
static bool rest(struct certificate_watch *w, int64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * NS_PER_MS;
    if (until.tv_nsec >= 1000 * NS_PER_MS) {
        until.tv_sec++;
        until.tv_nsec -= 1000 * NS_PER_MS;
    }
    pthread_mutex_lock(&w->mutex);
    while (!atomic_load(&w->stopping) &&
           pthread_cond_timedwait(&w->wake, &w->mutex, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&w->mutex);
    return !atomic_load(&w->stopping);
}

/* How many addresses it has; 0: none, or none in time. */
static int resolve_target(struct certificate_watch *w, const struct target *t,
                          struct addr out[RESOLVE_ADDRESSES_MAX])
{
    int64_t deadline_ms = read_clock_ms(CLOCK_MONOTONIC) + w->timeout_ms;
    struct resolve *r;
    int count = 0;

    if (resolve_start(&r, t->at.host, t->at.port) != 0)
        return 0;
    while ((count = resolve_poll(r, out)) == 0 && read_clock_ms(CLOCK_MONOTONIC) < deadline_ms &&
           rest(w, 20))
        ;
    resolve_free(r);
    return count > 0 ? count : 0;
}

/* Its addresses one after the other, until one shows something. error: why none did. */
static struct certificate_record *look_at(struct certificate_watch *w, const struct target *t,
                                          char error[TLS_LOOK_ERROR_MAX])
{
    struct addr addresses[RESOLVE_ADDRESSES_MAX];
    int count = resolve_target(w, t, addresses);
    struct certificate_record *record = NULL;

    snprintf(error, TLS_LOOK_ERROR_MAX, "its name leads to no address");
    for (int i = 0; i < count && !record && !atomic_load(&w->stopping); i++) {
        struct tls_look_options o = { .server = addresses[i],
                                      .server_name = t->at.is_name ? t->at.host : NULL,
                                      .timeout_ms = w->timeout_ms,
                                      .stopping = &w->stopping };
        struct tls_look look;

        if (tls_look(&look, &o))
            record = make_record(t, &addresses[i], &look, wall_ns());
        snprintf(error, TLS_LOOK_ERROR_MAX, "%s",
                 record          ? ""
                 : look.error[0] ? look.error
                                 : "a certificate that cannot be read");
        tls_look_fini(&look);
    }
    return record;
}

static void store(struct certificate_watch *w, const struct target *t, const char *error)
{
    struct strbuf json = { .max_bytes = JSON_MAX_BYTES };
    struct jsonw j = jsonw_to(&json);

    jsonw_object_open(&j);
    jsonw_key(&j, "target");
    jsonw_text(&j, slice_of_text(t->text));
    jsonw_key(&j, "looked");
    jsonw_time(&j, wall_ns());
    jsonw_key(&j, "error");
    jsonw_text(&j, text_or_absent(error));
    jsonw_key(&j, "certificate");
    if (t->record)
        record_write_json(&j, &record_type_certificate, t->record);
    else
        jsonw_null(&j);
    jsonw_object_close(&j);
    if (json.failed || watched_put(w->state, slice_of_text(t->text), strbuf_slice(&json)) != 0)
        log_warn("watch: what %s shows cannot be stored", log_text(slice_of_text(t->text)));
    strbuf_fini(&json);
}

static void tell_rules(struct certificate_watch *w, const struct target *t)
{
    if (w->rules && t->record)
        rule_set_record(w->rules, RULE_CERTIFICATE, &record_type_certificate, t->record, wall_ns());
}

/* ±20 %. */
static int64_t jitter(const struct certificate_watch *w, const struct target *t, int64_t ms)
{
    int64_t salt[] = { t - w->targets, t->next_ms };
    uint64_t lot = siphash(&w->lots, salt, sizeof salt) % 401;

    return ms + ms * ((int64_t)lot - 200) / 1000;
}

static void visit(struct certificate_watch *w, struct target *t)
{
    char error[TLS_LOOK_ERROR_MAX];
    struct certificate_record *record = look_at(w, t, error);
    int64_t wait_ms = record || w->every_ms < RETRY_MS ? w->every_ms : RETRY_MS;

    if (atomic_load(&w->stopping)) {
        free(record);
        return;
    }
    if (!record && !t->failing)
        log_warn("watch: %s shows no certificate: %s; it is asked again",
                 log_text(slice_of_text(t->text)), log_text(slice_of_text(error)));
    t->failing = !record;
    if (record) {
        free(t->record);
        t->record = record;
        tell_rules(w, t);
    }
    store(w, t, error);
    t->next_ms = read_clock_ms(CLOCK_MONOTONIC);
    t->next_ms += jitter(w, t, wait_ms);
}

/* ---- the thread ---- */

/* What the last look saw stands until the next one. */
static void repeat(struct certificate_watch *w, int64_t now_ms)
{
    if (now_ms < w->next_repeat_ms)
        return;
    if (w->next_repeat_ms) { /* else they have just been told */
        for (size_t i = 0; i < w->count; i++)
            tell_rules(w, &w->targets[i]);
    }
    w->next_repeat_ms = now_ms + w->repeat_ms;
    if (++w->rounds == GRACE_ROUNDS && w->alerts)
        watch_alerts_end_old(w->alerts, wall_ns());
}

static void *run(void *ctx)
{
    struct certificate_watch *w = ctx;

    do {
        for (size_t i = 0; i < w->count && !atomic_load(&w->stopping); i++) {
            if (read_clock_ms(CLOCK_MONOTONIC) >= w->targets[i].next_ms)
                visit(w, &w->targets[i]);
        }
        if (atomic_load(&w->stopping))
            break;
        repeat(w, read_clock_ms(CLOCK_MONOTONIC));
        if (w->rules)
            rule_set_tick(w->rules, wall_ns());
    } while (rest(w, TICK_MS < w->repeat_ms ? TICK_MS : w->repeat_ms));
    return NULL;
}

static void on_alert(void *ctx, const struct alert_record *alert)
{
    struct certificate_watch *w = ctx;

    watch_alerts_tell(w->alerts, alert);
}

static int load_rules(struct certificate_watch *w, const struct certificate_watch_options *o)
{
    struct watch_alerts_options alerts = {
        .state = o->state, .not = "probe-silent", .told = o->told, .ctx = o->ctx
    };
    struct rule_set_options rules = {
        .dir = o->rules_dir, .occasions = 1u << RULE_CERTIFICATE, .alert = on_alert, .ctx = w
    };
    char error[512];
    int err;

    if (!o->rules_dir)
        return 0;
    err = watch_alerts_open(&w->alerts, &alerts);
    if (err)
        return err;
    err = rule_set_load(&w->rules, &rules, error, sizeof error);
    if (err) /* the probe says so too, and does not start */
        log_warn("watch: no alerts of watched certificates: %s", log_text(slice_of_text(error)));
    return 0;
}

static int take_targets(struct certificate_watch *w, const struct certificate_watch_options *o)
{
    if (o->target_count > CERTIFICATE_WATCH_MAX)
        return -E2BIG;
    for (size_t i = 0; i < o->target_count; i++) {
        struct target *t = &w->targets[w->count];

        if (!watch_target_parse(&t->at, slice_of_text(o->targets[i]))) {
            log_error("certificates.watch: '%s' is no HOST:PORT",
                      log_text(slice_of_text(o->targets[i])));
            return -EINVAL;
        }
        t->text = strdup(o->targets[i]);
        if (!t->text)
            return -ENOMEM;
        w->count++;
    }
    return watched_keep(o->state, o->targets, o->target_count);
}

static void free_all(struct certificate_watch *w)
{
    for (size_t i = 0; i < w->count; i++) {
        free(w->targets[i].text);
        free(w->targets[i].record);
    }
    rule_set_free(w->rules);
    watch_alerts_close(w->alerts);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->mutex);
    free(w);
}

/* No signal is for this thread: not those that stop the process, and not the SIGPIPE of a server that
 * hung up. */
static int start_thread(struct certificate_watch *w)
{
    sigset_t all, before;
    int err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -err;
}

int certificate_watch_start(struct certificate_watch **wp,
                            const struct certificate_watch_options *options)
{
    struct certificate_watch *w = calloc(1, sizeof *w);
    pthread_condattr_t steady;
    int err;

    if (!w)
        return -ENOMEM;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&w->wake, &steady);
    pthread_condattr_destroy(&steady);
    w->state = options->state;
    w->every_ms = options->every_ms > 0 ? options->every_ms : EVERY_MS;
    w->repeat_ms = options->repeat_ms > 0 ? options->repeat_ms : REPEAT_MS;
    w->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : TIMEOUT_MS;
    err = getrandom(&w->lots, sizeof w->lots, 0) == (ssize_t)sizeof w->lots ? 0 : -EIO;
    if (!err)
        err = take_targets(w, options);
    if (!err)
        err = load_rules(w, options);
    if (!err && w->count == 0 && w->alerts)
        watch_alerts_end_old(w->alerts, wall_ns());
    if (!err && w->count)
        err = start_thread(w);
    if (err || w->count == 0) {
        free_all(w);
        w = NULL;
    }
    if (!err)
        *wp = w;
    return err;
}

void certificate_watch_stop(struct certificate_watch *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->mutex);
    atomic_store(&w->stopping, true);
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    free_all(w);
}
