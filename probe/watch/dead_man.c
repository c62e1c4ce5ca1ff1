#include "probe/watch/dead_man.h"

#include "analyzer/base/log.h"
#include "analyzer/base/utc.h"
#include "analyzer/record.h"
#include "analyzer/record_id.h"
#include "probe/watch/watch_alerts.h"
#include "rules/rule_builtin.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_MS INT64_C(1000000)

enum { SILENCE_MS = 60000, TICK_MS = 1000, PATH_ROOM = 4096, READS_MAX = 256, HOST_MAX = 64 };

struct dead_man {
    pthread_t thread;
    int stop_fd, feed_fd; /* feed_fd −1: nobody is there */
    char *store_dir;
    struct watch_alerts *alerts;
    int64_t silence_ms, tick_ms;
    int64_t heard_ms;      /* steady: the last line, or when we began */
    int64_t heard_wall_ns; /* the same by the wall clock */
    bool ran, heard;       /* ever; since we began */

    enum dead_man_verdict told; /* what the alert says that is out; FINE: none */
    struct alert_record alert;
    char host[HOST_MAX + 1], labels[HOST_MAX + 160], summary[HOST_MAX + 160];
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

enum dead_man_verdict dead_man_judge(int64_t silent_ms, int64_t silence_ms, bool ran, bool has_mark)
{
    if (silent_ms < silence_ms)
        return DEAD_MAN_FINE;
    if (has_mark)
        return DEAD_MAN_SILENT;
    return ran ? DEAD_MAN_STOPPED : DEAD_MAN_FINE;
}

/* ---- the alert ---- */

static void write_summary(struct dead_man *d, enum dead_man_verdict verdict)
{
    char since[UTC_TEXT_MAX];

    utc_format_ms(d->alert.since, since);
    if (verdict == DEAD_MAN_FINE)
        snprintf(d->summary, sizeof d->summary,
                 "The probe of %s is back after %.0f s, since %.19s UTC: no calls of that time are "
                 "recorded",
                 d->host, d->alert.value, since);
    else if (verdict == DEAD_MAN_STOPPED)
        snprintf(
            d->summary, sizeof d->summary,
            "The probe of %s was stopped and is not back, since %.19s UTC: no calls are recorded",
            d->host, since);
    else
        snprintf(d->summary, sizeof d->summary,
                 "The probe of %s is silent since %.19s UTC: no calls are recorded, no other alert "
                 "comes",
                 d->host, since);
    d->alert.summary = slice_of_text(d->summary);
}

static void write_severity(struct dead_man *d, enum dead_man_verdict verdict)
{
    const char *severity = verdict == DEAD_MAN_STOPPED ? "info" : "critical";

    d->alert.severity = slice_of_text(severity);
    snprintf(d->labels, sizeof d->labels,
             "{\"rule\":\"probe-silent\",\"severity\":\"%s\",\"host\":\"%s\",\"area\":\"probe\"}",
             severity, d->host);
    d->alert.labels = slice_of_text(d->labels);
}

/* Goes on with the one of before, where that is still out. */
static void begin_alert(struct dead_man *d, int64_t now_ns)
{
    const struct rule_builtin *rule = rule_builtin_find(SLICE("probe-silent"));
    struct alert_record *a = &d->alert;

    record_clear(&record_type_alert, a);
    a->id = record_id_make(now_ns, 0);
    a->rule = rule->name;
    a->state = SLICE("firing");
    a->group = slice_of_text(d->host);
    a->description = rule->description;
    a->runbook = rule->runbook;
    a->since = d->heard_wall_ns;
    a->time = a->fired_time = now_ns;
    a->threshold = (double)d->silence_ms / 1e3;
    a->unit = SLICE("s");
    a->window_s = d->silence_ms / 1000;
}

static void tell(struct dead_man *d, enum dead_man_verdict verdict, int64_t silent_ms)
{
    int64_t now_ns = wall_ns();

    if (d->told == DEAD_MAN_FINE)
        begin_alert(d, now_ns);
    d->alert.changed_time = now_ns;
    d->alert.value = (double)silent_ms / 1e3;
    if (verdict == DEAD_MAN_FINE) {
        d->alert.state = SLICE("resolved");
        d->alert.ended_time = now_ns;
        d->alert.value = (double)(now_ns - d->alert.since) / 1e9;
    } else {
        write_severity(d, verdict);
    }
    write_summary(d, verdict);
    d->told = verdict;
    watch_alerts_tell(d->alerts, &d->alert);
}

/* ---- listening ---- */

static bool has_mark(const struct dead_man *d)
{
    char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/RUNNING", d->store_dir);
    return access(path, F_OK) == 0;
}

static void connect_feed(struct dead_man *d)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    int n = snprintf(to.sun_path, sizeof to.sun_path, "%s/live.sock", d->store_dir);

    if (d->feed_fd >= 0 || n < 0 || (size_t)n >= sizeof to.sun_path)
        return;
    d->feed_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (d->feed_fd >= 0 && connect(d->feed_fd, (struct sockaddr *)&to, sizeof to) != 0) {
        close(d->feed_fd);
        d->feed_fd = -1;
    }
}

/* Did the probe say how it does? A replay speaks of its calls too, and ends when it is done: nobody
 * misses it. What came in two pieces goes unseen; there is another one in a second. */
static bool is_alive(struct slice bytes)
{
    static const struct slice word = SLICE_INIT("{\"type\":\"probe\"");

    for (struct slice line; bytes.len;) {
        line = slice_cut(&bytes, '\n');
        if (slice_starts_with(line, word))
            return true;
    }
    return false;
}

static bool hear(struct dead_man *d)
{
    char bytes[16384];
    bool heard = false;
    ssize_t n = 1;

    for (int i = 0; d->feed_fd >= 0 && i < READS_MAX && n > 0; i++) {
        n = recv(d->feed_fd, bytes, sizeof bytes, 0);
        heard = heard || (n > 0 && is_alive(slice_of(bytes, (size_t)n)));
    }
    if (d->feed_fd >= 0 && (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))) {
        close(d->feed_fd);
        d->feed_fd = -1;
    }
    return heard;
}

static void look(struct dead_man *d)
{
    int64_t now_ms = read_clock_ms(CLOCK_MONOTONIC);
    enum dead_man_verdict verdict;

    connect_feed(d);
    if (hear(d)) {
        d->heard_ms = now_ms;
        d->heard_wall_ns = wall_ns();
        d->ran = d->heard = true;
        watch_alerts_end_old(d->alerts, d->heard_wall_ns); /* of another name of this host */
    }
    verdict = dead_man_judge(now_ms - d->heard_ms, d->silence_ms, d->ran, has_mark(d));
    /* That we have just begun to listen is no sign of life. */
    if (verdict != d->told && (verdict != DEAD_MAN_FINE || d->heard))
        tell(d, verdict, now_ms - d->heard_ms);
}

static void *run(void *ctx)
{
    struct dead_man *d = ctx;
    struct pollfd stop = { .fd = d->stop_fd, .events = POLLIN };

    do
        look(d);
    while (poll(&stop, 1, (int)d->tick_ms) <= 0);
    return NULL;
}

/* ---- start and stop ---- */

/* Letters that need no care anywhere. */
static void read_host(char out[HOST_MAX + 1])
{
    size_t len = 0;

    if (gethostname(out, HOST_MAX) != 0)
        out[0] = '\0';
    out[HOST_MAX] = '\0';
    for (; out[len]; len++) {
        char c = out[len];

        if ((c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z') && c != '-' && c != '.')
            out[len] = '_';
    }
    if (len == 0)
        snprintf(out, HOST_MAX, "this-host");
}

/* An alert that is out from before speaks of a probe that ran; of one in order, by its severity. */
static void take_over(struct dead_man *d)
{
    const struct alert_record *old =
        watch_alerts_find_old(d->alerts, SLICE("probe-silent"), slice_of_text(d->host));

    if (!old)
        return;
    d->ran = true;
    begin_alert(d, old->time);
    d->alert.id = old->id;
    d->alert.since = old->since;
    d->told = slice_eq(old->severity, SLICE("info")) ? DEAD_MAN_STOPPED : DEAD_MAN_SILENT;
    write_severity(d, d->told);
    write_summary(d, d->told);
    d->alert.changed_time = old->changed_time;
    d->alert.value = old->value;
    watch_alerts_tell(d->alerts, &d->alert); /* it is ours again: nobody else ends it */
}

static void free_all(struct dead_man *d)
{
    watch_alerts_close(d->alerts);
    if (d->feed_fd >= 0)
        close(d->feed_fd);
    if (d->stop_fd >= 0)
        close(d->stop_fd);
    free(d->store_dir);
    free(d);
}

static int start_thread(struct dead_man *d)
{
    sigset_t all, before;
    int err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(&d->thread, NULL, run, d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -err;
}

int dead_man_start(struct dead_man **dp, const struct dead_man_options *options)
{
    struct watch_alerts_options alerts = {
        .state = options->state, .only = "probe-silent", .told = options->told, .ctx = options->ctx
    };
    struct dead_man *d = calloc(1, sizeof *d);
    int err = -ENOMEM;

    if (!d)
        return -ENOMEM;
    d->feed_fd = -1;
    read_host(d->host);
    d->silence_ms = options->silence_ms > 0 ? options->silence_ms : SILENCE_MS;
    d->tick_ms = d->silence_ms / 4 < TICK_MS ? d->silence_ms / 4 : TICK_MS;
    d->heard_ms = read_clock_ms(CLOCK_MONOTONIC);
    d->heard_wall_ns = wall_ns();
    d->stop_fd = eventfd(0, EFD_CLOEXEC);
    d->store_dir = strdup(options->store_dir);
    if (d->stop_fd >= 0 && d->store_dir)
        err = watch_alerts_open(&d->alerts, &alerts);
    if (!err) {
        take_over(d);
        err = start_thread(d);
    }
    if (err) {
        free_all(d);
        return err;
    }
    *dp = d;
    return 0;
}

void dead_man_stop(struct dead_man *d)
{
    const uint64_t one = 1;

    if (!d)
        return;
    if (write(d->stop_fd, &one, sizeof one) != sizeof one)
        log_warn("watch: cannot stop listening to the probe");
    pthread_join(d->thread, NULL);
    free_all(d);
}
