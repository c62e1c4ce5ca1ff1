/*
 * One thread, one loop: a glance every two seconds, a whole look once a minute or for want of room.
 * Whoever asks from outside takes a lock for a few loads and stores; the thread holds it no longer.
 */
#include "storage/upkeep/retention.h"

#include "analyzer/base/jsonw.h"
#include "analyzer/base/log.h"
#include "analyzer/record_id.h"
#include "storage/packets/packet_log.h"
#include "storage/store_losses.h"
#include "storage/upkeep/disk_reserve.h"
#include "storage/upkeep/pins.h"
#include "storage/upkeep/store_report.h"
#include "storage/writer.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum {
    EVERY_MS = 2000,
    LOOK_MS = 60000,
    SHORT_LOOK_MS = 5000,       /* while there is too little room */
    AGE_MS = 3600 * 1000,       /* between two removals by age */
    JUMP_HOLD_MS = 24 * AGE_MS, /* nothing goes by age so long after the clock jumped */
    JUMP_S = 2 * 86400,         /* further than any summer time or leap second */
    CHANGES_MAX = 16,           /* not taken yet; older ones are forgotten */
    PIN_JOBS_MAX = 64,          /* alerts */
    PIN_TEXT_MAX = 256,
};

/* The calls of one alert. */
struct pin_job {
    uint64_t calls[RETENTION_ALERT_PINS_MAX];
    size_t count;
    int64_t time;
    char by[PIN_TEXT_MAX], reason[PIN_TEXT_MAX];
};

struct retention {
    struct retention_options options;
    pthread_t thread;
    _Atomic int64_t packet_ns;
    atomic_bool stopping;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct store_record *record; /* not taken yet */
    struct retention_change changes[CHANGES_MAX];
    size_t change_count;
    struct pin_job *pins[PIN_JOBS_MAX];
    size_t pin_count;
    uint64_t pins_refused;
    enum disk_step step;
    enum disk_cause cause;

    /* The thread's own. */
    struct retention_work work;
    struct disk_guard guard;
    struct store_growth growth;
    struct strbuf removed, losses;
    int64_t next_look_ms, next_short_look_ms, next_age_ms;
    int64_t clock_ahead_s; /* of the monotonic one, at the last look */
    bool disk_is_short, audio_over, media_over;
    bool said_ahead, said_look;
};

static int64_t clock_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t monotonic_ms(void)
{
    return clock_ns(CLOCK_MONOTONIC) / 1000000;
}

/* For day_removal: the end of a run does not wait for a whole plan. */
static bool goes_on(void *ctx, const char *step)
{
    struct retention *r = ctx;

    (void)step;
    return !atomic_load(&r->stopping);
}

/* --- pins --------------------------------------------------------------------------------------- */

static void pin_all(struct retention *r, const struct pin_job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        int err = pins_add_new(r->options.store_dir,
                               &(struct pin){ job->calls[i], job->time, slice_of_text(job->by),
                                              slice_of_text(job->reason) });

        if (err)
            log_warn("retention: %016llx cannot be pinned: %s", (unsigned long long)job->calls[i],
                     strerror(-err));
    }
}

static void run_pins(struct retention *r)
{
    struct pin_job *jobs[PIN_JOBS_MAX];
    uint64_t refused;
    size_t n;

    pthread_mutex_lock(&r->lock);
    n = r->pin_count;
    if (n)
        memcpy(jobs, r->pins, n * sizeof *jobs);
    r->pin_count = 0;
    refused = r->pins_refused;
    r->pins_refused = 0;
    pthread_mutex_unlock(&r->lock);
    for (size_t i = 0; i < n; i++) {
        pin_all(r, jobs[i]);
        free(jobs[i]);
    }
    if (refused)
        log_warn("retention: the calls of %llu alerts are not pinned: too many at a time",
                 (unsigned long long)refused);
}

static void copy_text(char out[PIN_TEXT_MAX], struct slice text)
{
    size_t n = text.len < PIN_TEXT_MAX - 1 ? text.len : PIN_TEXT_MAX - 1;

    if (n)
        memcpy(out, text.p, n);
    out[n] = '\0';
}

void retention_pin(struct retention *r, struct slice calls, struct slice by, struct slice reason)
{
    struct pin_job *job = calloc(1, sizeof *job);

    if (!job)
        return;
    job->count = pins_read_calls(calls, job->calls, RETENTION_ALERT_PINS_MAX);
    job->time = clock_ns(CLOCK_REALTIME);
    copy_text(job->by, by);
    copy_text(job->reason, reason);
    pthread_mutex_lock(&r->lock);
    if (job->count && r->pin_count < PIN_JOBS_MAX) {
        r->pins[r->pin_count++] = job;
        job = NULL;
        pthread_cond_signal(&r->wake);
    } else if (job->count) {
        r->pins_refused++;
    }
    pthread_mutex_unlock(&r->lock);
    free(job);
}

/* --- a look ------------------------------------------------------------------------------------- */

/* A clock that was set forward by days makes everything old at once. */
static void mind_the_clock(struct retention *r, int64_t now_ms)
{
    int64_t ahead_s = clock_ns(CLOCK_REALTIME) / 1000000000 - now_ms / 1000;
    int64_t jumped_s = ahead_s - r->clock_ahead_s;

    r->clock_ahead_s = ahead_s;
    if (jumped_s <= JUMP_S)
        return;
    r->next_age_ms = now_ms + JUMP_HOLD_MS;
    log_warn("retention: the clock jumped ahead by %lld days: nothing is removed by age for a day; "
             "set it right until then",
             (long long)(jumped_s / 86400));
}

static void say_what_is_odd(struct retention *r, const struct retention_plan *plan)
{
    if (plan->clock_is_ahead && !r->said_ahead)
        log_warn(
            "retention: the clock is over %d days ahead of the newest packet: nothing is removed "
            "by age until one comes",
            RETENTION_AHEAD_DAYS);
    r->said_ahead = plan->clock_is_ahead;
}

static void look(struct retention *r, int64_t now_ms)
{
    int64_t packet_ns = atomic_load(&r->packet_ns);
    struct retention_when when = { .now_ms = now_ms, .packet_day = RETENTION_NO_PACKETS };
    struct retention_plan plan;
    int err;

    mind_the_clock(r, now_ms);
    when.clock_day = record_id_day(record_id_make(clock_ns(CLOCK_REALTIME), 0));
    if (packet_ns > 0)
        when.packet_day = record_id_day(record_id_make(packet_ns, 0));
    when.age_is_due = now_ms >= r->next_age_ms;
    if (when.age_is_due)
        r->next_age_ms = now_ms + AGE_MS;
    err = retention_work_look(&r->work, &when, &plan);
    if (err) {
        if (!r->said_look)
            log_error("retention: cannot look at %s: %s; nothing is removed", r->options.store_dir,
                      strerror(-err));
        r->said_look = true;
        return;
    }
    r->said_look = false;
    say_what_is_odd(r, &plan);
    (void)retention_work_do(&r->work, &when, &plan, NULL, NULL);
    r->disk_is_short = plan.disk_short > 0;
    r->audio_over = plan.over_size[STORE_AUDIO] > 0;
    r->media_over = plan.over_size[STORE_MEDIA] > 0;
    retention_plan_fini(&plan);
    (void)retention_work_read_disk(&r->work);
    disk_reserve_make(r->options.store_dir,
                      r->work.free_bytes -
                          retention_keep_free(&r->work.limits, r->work.disk_bytes));
}

/* --- the step ----------------------------------------------------------------------------------- */

static void push_change(struct retention *r, enum disk_step from)
{
    struct retention_change change = {
        .time = clock_ns(CLOCK_REALTIME),
        .from = from,
        .to = r->guard.step,
        .cause = r->guard.cause,
        .disk_bytes = r->work.disk_bytes,
        .free_bytes = r->work.free_bytes,
        .keep_free = retention_keep_free(&r->work.limits, r->work.disk_bytes),
    };

    pthread_mutex_lock(&r->lock);
    if (r->change_count == CHANGES_MAX) {
        memmove(r->changes, r->changes + 1, (CHANGES_MAX - 1) * sizeof *r->changes);
        r->change_count--;
    }
    r->changes[r->change_count++] = change;
    r->step = r->guard.step;
    r->cause = r->guard.cause;
    pthread_mutex_unlock(&r->lock);
}

static void say_step(const struct retention *r, enum disk_step from)
{
    static const char *const taken[] = {
        [DISK_STEP_FULL] = "media is taken in as configured",
        [DISK_STEP_HEADERS] = "of media the headers alone are taken in",
        [DISK_STEP_METRICS] = "no media is taken in, signalling and rows go on",
    };
    const char *cause = disk_cause_name(r->guard.cause);

    if (r->guard.step > from)
        log_warn("retention: %s: %s (%lld MiB free)", cause ? cause : "pressure",
                 taken[r->guard.step], (long long)(r->work.free_bytes >> 20));
    else
        log_warn("retention: a minute without pressure: %s", taken[r->guard.step]);
}

/* A row can fail by its own fault, which a stranger can bring about: that is no word on the disk. */
static bool is_of_disk(int err)
{
    return err == -ENOSPC || err == -EIO || err == -EROFS || err == -EDQUOT;
}

static void glance(struct retention *r, int64_t now_ms)
{
    static const enum packet_pressure pressures[] = {
        [DISK_STEP_FULL] = PACKET_PRESSURE_NONE,
        [DISK_STEP_HEADERS] = PACKET_PRESSURE_HEADERS,
        [DISK_STEP_METRICS] = PACKET_PRESSURE_METRICS,
    };
    enum disk_step from = r->guard.step;
    struct packet_log_stats packets;
    struct writer_stats rows;
    struct disk_facts facts;

    packet_log_read_stats(r->options.log, &packets);
    writer_read_stats(r->options.writer, &rows);
    facts = (struct disk_facts){
        .now_ms = now_ms,
        .free_bytes = r->work.free_bytes,
        .keep_free = retention_keep_free(&r->work.limits, r->work.disk_bytes),
        .nothing_to_remove = r->disk_is_short,
        .audio_over = r->audio_over,
        .media_over = r->media_over,
        .queue_percent = packet_log_queue_percent(r->options.log),
        .errors = packets.losses[PACKET_LOSS_DISK_FULL] + packets.losses[PACKET_LOSS_IO_ERROR] +
                  (is_of_disk(rows.last_error) ? rows.failed : 0),
        .errors_are_full = packets.last_error == -ENOSPC || rows.last_error == -ENOSPC,
    };
    if (!disk_guard_look(&r->guard, &facts))
        return;
    packet_log_set_pressure(r->options.log, pressures[r->guard.step]);
    say_step(r, from);
    push_change(r, from);
}

/* --- the record --------------------------------------------------------------------------------- */

static void write_losses(struct retention *r)
{
    struct jsonw j = jsonw_to(&r->losses);
    struct packet_log_stats packets;
    struct writer_stats rows;

    packet_log_read_stats(r->options.log, &packets);
    writer_read_stats(r->options.writer, &rows);
    strbuf_reset(&r->losses);
    store_losses_write(&j, &packets, &rows);
}

static void report(struct retention *r, int64_t now_ms)
{
    struct store_record record, *copy;

    store_growth_add(&r->growth, now_ms, &r->work);
    write_losses(r);
    store_report_make(&record,
                      &(struct store_report_facts){ clock_ns(CLOCK_REALTIME), r->guard.step,
                                                    r->guard.cause, strbuf_slice(&r->losses) },
                      &r->work, &r->growth, &r->removed);
    copy = record_clone(&record_type_store, &record);
    pthread_mutex_lock(&r->lock);
    free(r->record);
    r->record = copy;
    pthread_mutex_unlock(&r->lock);
}

/* --- the thread --------------------------------------------------------------------------------- */

/* Until it is time, something is to be pinned, or the end. */
static void wait_a_while(struct retention *r)
{
    int64_t until = clock_ns(CLOCK_MONOTONIC) + (int64_t)r->options.every_ms * 1000000;
    struct timespec at = { until / 1000000000, until % 1000000000 };

    pthread_mutex_lock(&r->lock);
    while (!atomic_load(&r->stopping) && r->pin_count == 0) {
        if (pthread_cond_timedwait(&r->wake, &r->lock, &at) == ETIMEDOUT)
            break;
    }
    pthread_mutex_unlock(&r->lock);
}

static void turn(struct retention *r)
{
    int64_t now_ms = monotonic_ms();
    bool is_due = now_ms >= r->next_look_ms;

    if (retention_work_read_disk(&r->work) == 0 &&
        r->work.free_bytes < retention_keep_free(&r->work.limits, r->work.disk_bytes) &&
        now_ms >= r->next_short_look_ms)
        is_due = true;
    if (is_due) {
        look(r, now_ms);
        r->next_short_look_ms = monotonic_ms() + SHORT_LOOK_MS;
    }
    glance(r, now_ms);
    if (now_ms >= r->next_look_ms) {
        report(r, now_ms);
        r->next_look_ms = now_ms + LOOK_MS;
    }
}

static void *watch(void *ctx)
{
    struct retention *r = ctx;
    int err = day_removal_clean(&r->work.removal);

    if (err)
        log_warn("retention: %s: what an earlier run had removed is still there: %s",
                 r->options.store_dir, strerror(-err));
    while (!atomic_load(&r->stopping)) {
        turn(r);
        wait_a_while(r);
        run_pins(r);
    }
    run_pins(r); /* of alerts that the end raised */
    /* The last word: sizes as they are, nothing is removed. */
    if (retention_work_read_disk(&r->work) == 0 && store_size_look(&r->work.size) == 0)
        report(r, monotonic_ms());
    return NULL;
}

static int init_lock(struct retention *r)
{
    pthread_condattr_t attr;
    int err = -pthread_mutex_init(&r->lock, NULL);

    if (err)
        return err;
    err = -pthread_condattr_init(&attr);
    if (err == 0) {
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        err = -pthread_cond_init(&r->wake, &attr);
        pthread_condattr_destroy(&attr);
    }
    if (err)
        pthread_mutex_destroy(&r->lock);
    return err;
}

int retention_start(struct retention **rp, const struct retention_options *options)
{
    struct retention *r = calloc(1, sizeof *r);
    struct day_removal removal;
    int err;

    if (!r)
        return -ENOMEM;
    r->options = *options;
    if (r->options.every_ms == 0)
        r->options.every_ms = EVERY_MS;
    removal = (struct day_removal){ .store_dir = options->store_dir,
                                    .writer = options->writer,
                                    .log = options->log,
                                    .goes_on = goes_on,
                                    .ctx = r };
    retention_work_init(&r->work, &removal, &options->limits);
    r->clock_ahead_s = clock_ns(CLOCK_REALTIME) / 1000000000 - monotonic_ms() / 1000;
    err = init_lock(r);
    if (err)
        goto fini_work;
    err = -pthread_create(&r->thread, NULL, watch, r);
    if (err)
        goto destroy_lock;
    *rp = r;
    return 0;

destroy_lock:
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
fini_work:
    retention_work_fini(&r->work);
    free(r);
    return err;
}

void retention_stop(struct retention *r)
{
    if (atomic_exchange(&r->stopping, true))
        return;
    pthread_mutex_lock(&r->lock);
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
    pthread_join(r->thread, NULL);
}

void retention_free(struct retention *r)
{
    if (!r)
        return;
    retention_stop(r);
    for (size_t i = 0; i < r->pin_count; i++)
        free(r->pins[i]);
    free(r->record);
    retention_work_fini(&r->work);
    strbuf_fini(&r->removed);
    strbuf_fini(&r->losses);
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

void retention_note_packet(struct retention *r, int64_t time_ns)
{
    atomic_store_explicit(&r->packet_ns, time_ns, memory_order_relaxed);
}

struct store_record *retention_take_record(struct retention *r)
{
    struct store_record *record;

    pthread_mutex_lock(&r->lock);
    record = r->record;
    r->record = NULL;
    pthread_mutex_unlock(&r->lock);
    return record;
}

bool retention_take_change(struct retention *r, struct retention_change *out)
{
    bool has_one;

    pthread_mutex_lock(&r->lock);
    has_one = r->change_count > 0;
    if (has_one) {
        *out = r->changes[0];
        r->change_count--;
        memmove(r->changes, r->changes + 1, r->change_count * sizeof *r->changes);
    }
    pthread_mutex_unlock(&r->lock);
    return has_one;
}

enum disk_step retention_step(struct retention *r, enum disk_cause *cause)
{
    enum disk_step step;

    pthread_mutex_lock(&r->lock);
    step = r->step;
    *cause = r->cause;
    pthread_mutex_unlock(&r->lock);
    return step;
}
