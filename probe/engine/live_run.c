#include "probe/engine/live_run.h"

#include "analyzer/base/log.h"
#include "probe/engine/stop_signal.h"

#include <poll.h>
#include <time.h>

enum { SOURCES_MAX = 32, BATCH_FRAMES = 8192, WAIT_MS = 100 };

#define BEAT_NS INT64_C(1000000000)
/* Packets may lie that long in the kernel's ring: time passes behind them, not before. */
#define RING_DELAY_NS INT64_C(1000000000)
#define MS_NS         INT64_C(1000000)
/* To be gone within 5 s of a signal leaves 2 for what lies in the rings. */
#define DRAIN_MAX_NS INT64_C(2000000000)

static int64_t wall_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void live_run_losses(struct source **sources, size_t count, struct engine_losses *out)
{
    *out = (struct engine_losses){ RECORD_NONE, RECORD_NONE };
    for (size_t i = 0; i < count; i++) {
        struct source_stats s;

        if (!sources[i])
            continue;
        source_stats_read(sources[i], &s);
        if (s.kernel_dropped != RECORD_NONE)
            out->kernel_dropped =
                (out->kernel_dropped == RECORD_NONE ? 0 : out->kernel_dropped) + s.kernel_dropped;
        if (s.interface_dropped != RECORD_NONE)
            out->interface_dropped =
                (out->interface_dropped == RECORD_NONE ? 0 : out->interface_dropped) +
                s.interface_dropped;
    }
}

static void wait_for_any(struct source **sources, size_t count)
{
    struct pollfd fds[SOURCES_MAX];
    nfds_t n = 0;

    for (size_t i = 0; i < count && n < SOURCES_MAX; i++) {
        if (sources[i] && source_fd(sources[i]) >= 0)
            fds[n++] = (struct pollfd){ .fd = source_fd(sources[i]), .events = POLLIN };
    }
    (void)poll(fds, n, WAIT_MS); /* a signal ends it early, which is as good */
}

/* Polls each once. Returns how many are still alive; *frames: how many came. */
static size_t poll_all(struct engine *e, struct source **sources, size_t count, bool *alive,
                       int64_t *frames, struct source_error *error)
{
    size_t left = 0;

    *frames = 0;
    for (size_t i = 0; i < count; i++) {
        int n;

        if (!alive[i])
            continue;
        n = source_poll(sources[i], BATCH_FRAMES, engine_frame, e);
        if (n >= 0) {
            *frames += n;
            left++;
            continue;
        }
        alive[i] = false;
        if (n != SOURCE_END) {
            *error = *source_last_error(sources[i]);
            log_error("capture: %s", error->text);
        }
    }
    return left;
}

/* What the kernel took in and nobody will look at any more. */
static void report_left(struct source **sources, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct source_stats s;

        source_stats_read(sources[i], &s);
        if (s.received != RECORD_NONE && s.received - s.kernel_dropped > s.frames)
            log_warn("capture: %s: stopped with %lld packets waiting, which are not analysed",
                     source_name(sources[i]),
                     (long long)(s.received - s.kernel_dropped - s.frames));
    }
}

/* What came before the signal is still heard. The kernel hands over a block that is not full only
 * when it is gather_ms old, so that long an empty ring says nothing. */
static void drain(struct engine *e, struct source **sources, size_t count, bool *alive,
                  int gather_ms, struct source_error *error)
{
    int64_t asked = wall_ns(), waited = 0, frames = 0;
    int64_t settled = gather_ms * MS_NS + gather_ms * MS_NS / 2; /* its timer is not exact */

    do {
        if (poll_all(e, sources, count, alive, &frames, error) == 0)
            return;
        if (frames == 0)
            wait_for_any(sources, count);
        waited = wall_ns() - asked;
    } while ((frames > 0 || waited < settled) && waited >= 0 && waited < DRAIN_MAX_NS);
    if (frames > 0)
        report_left(sources, count);
}

int live_run(struct engine *e, struct source **sources, size_t count, int gather_ms,
             struct source_error *error)
{
    bool alive[SOURCES_MAX];
    int64_t next_beat = wall_ns() + BEAT_NS;
    size_t left = count;

    for (size_t i = 0; i < SOURCES_MAX; i++)
        alive[i] = i < count;
    error->fault = SOURCE_FAULT_NONE;
    while (!stop_signal_seen() && left > 0) {
        int64_t frames, now;

        left = poll_all(e, sources, count, alive, &frames, error);
        now = wall_ns();
        if (now >= next_beat) {
            struct engine_losses losses;

            live_run_losses(sources, count, &losses);
            engine_heartbeat(e, now, &losses);
            engine_idle(e, now - RING_DELAY_NS);
            next_beat = now + BEAT_NS;
        }
        if (frames == 0)
            wait_for_any(sources, count);
    }
    if (left > 0)
        drain(e, sources, count, alive, gather_ms, error);
    return left == 0 && error->fault != SOURCE_FAULT_NONE ? source_exit_status(error->fault) : 0;
}
