#include "probe/engine/live_run.h"

#include "analyzer/base/log.h"
#include "probe/capture/source_merge.h"
#include "probe/engine/run_clock.h"
#include "probe/engine/stop_signal.h"

#include <poll.h>
#include <stdio.h>

enum {
    BATCH_FRAMES = 8192,
    WAIT_MS = 100,
    NAP_MS = 20, /* what is due sooner waits for company: to wake up for each frame costs more */
};

#define MS_NS   INT64_C(1000000)
#define BEAT_NS INT64_C(1000000000)
/* Packets may lie that long in the kernel's ring: time passes behind them, not before. */
#define RING_DELAY_NS INT64_C(1000000000)
/* To be gone within 5 s of a signal leaves 2 for what lies in the rings. */
#define DRAIN_MAX_NS INT64_C(2000000000)
#define LATE_TIMERS  6 /* times that a timer of the kernel should take */

struct live_run {
    struct engine *engine;
    struct source **sources;
    size_t count;
    struct source_merge merge; /* with one source: only who has ended */
    struct run_clock clock;
    int64_t settle_ns; /* how long the kernel may keep frames to itself; its timer is not exact */
    int64_t newest_ns; /* the last frame's stamp; 0: none since the last beat */
    int64_t next_beat_ns;
    struct live_run_end *end;
    struct engine_interface interfaces[SOURCE_MERGE_MAX];
};

static void add_known(int64_t *sum, int64_t value)
{
    if (value != RECORD_NONE)
        *sum = (*sum == RECORD_NONE ? 0 : *sum) + value;
}

static void read_losses(struct live_run *run, struct engine_losses *out)
{
    *out = (struct engine_losses){ RECORD_NONE,         RECORD_NONE,     run->clock.steps,
                                   run->clock.moved_ns, run->interfaces, run->count };
    for (size_t i = 0; i < run->count; i++) {
        struct source_stats s;

        source_stats_read(run->sources[i], &s);
        add_known(&out->kernel_dropped, s.kernel_dropped);
        add_known(&out->interface_dropped, s.interface_dropped);
        run->interfaces[i] = (struct engine_interface){ source_name(run->sources[i]), s.frames,
                                                        s.kernel_dropped, s.interface_dropped };
    }
}

static void on_frame(void *ctx, const struct frame *frame)
{
    struct live_run *run = ctx;

    run->newest_ns = frame->time_ns;
    engine_frame(run->engine, frame);
}

static void on_ended(void *ctx, struct source *source, int result)
{
    struct live_run *run = ctx;

    if (result == SOURCE_END)
        return;
    run->end->error = *source_last_error(source);
    log_error("capture: %s", run->end->error.text);
}

/* For those that have nothing at hand, but not much longer than the oldest frame at hand must wait. */
static void wait_for_any(const struct live_run *run)
{
    struct pollfd fds[SOURCE_MERGE_MAX];
    int64_t wait_ms = WAIT_MS;
    nfds_t n = 0;

    for (size_t i = 0; i < run->merge.count; i++) {
        int fd = source_fd(run->merge.inputs[i].source);

        if (source_merge_is_wanted(&run->merge, i) && fd >= 0)
            fds[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
    }
    if (run->merge.wait_ns < wait_ms * MS_NS)
        wait_ms = run->merge.wait_ns / MS_NS + 1;
    if (wait_ms < NAP_MS)
        wait_ms = NAP_MS;
    (void)poll(fds, n, (int)wait_ms); /* a signal ends it early, which is as good */
}

/* One source needs no merging: whole batches, and nothing is copied. */
static int poll_one(struct live_run *run)
{
    struct source_merge_input *only = &run->merge.inputs[0];
    int n = source_poll(only->source, BATCH_FRAMES, on_frame, run);

    if (n >= 0)
        return n;
    only->has_ended = true;
    on_ended(run, only->source, n);
    return 0;
}

static int poll_all(struct live_run *run)
{
    const struct source_merge_sink sink = { on_frame, on_ended, run };
    struct source_merge_times times;

    if (run->count == 1)
        return run->merge.inputs[0].has_ended ? 0 : poll_one(run);
    times = (struct source_merge_times){
        .now_ns = run_clock_stamp_ns(&run->clock, run_clock_real_ns()),
        .monotonic_ns = run_clock_boot_ns(),
    };
    return source_merge_poll(&run->merge, &times, BATCH_FRAMES, &sink);
}

/* What the kernel took in and has not handed over; on the loopback it counts both ways, and says more
 * than there is. */
static int64_t waiting_in(struct source *source)
{
    struct source_stats s;

    source_stats_read(source, &s);
    return s.received == RECORD_NONE ? 0 : s.received - s.kernel_dropped - s.frames;
}

static bool is_any_waiting(const struct live_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        if (waiting_in(run->sources[i]) > 0)
            return true;
    }
    return false;
}

/* What nobody will look at any more. */
static void report_left(const struct live_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        int64_t waiting = waiting_in(run->sources[i]);

        if (waiting > 0)
            log_warn("capture: %s: stopped with %lld packets waiting, which are not analysed",
                     source_name(run->sources[i]), (long long)waiting);
    }
}

/* What came before the signal is still heard. The kernel hands over a block that is not full only
 * when it is gather_ms old, so that long an empty ring says nothing; and on a busy machine its timer
 * is late, so what it is known to hold is waited for some more. */
static void drain(struct live_run *run)
{
    const struct source_merge_sink sink = { on_frame, on_ended, run };
    int64_t asked = run_clock_boot_ns(), waited;
    int frames;

    do {
        frames = poll_all(run);
        if (source_merge_alive(&run->merge) == 0)
            break;
        if (frames == 0)
            wait_for_any(run);
        waited = run_clock_boot_ns() - asked;
    } while (waited < DRAIN_MAX_NS &&
             (frames > 0 || waited < run->settle_ns ||
              (waited < LATE_TIMERS * run->settle_ns && is_any_waiting(run))));
    source_merge_flush(&run->merge, &sink);
    if (frames > 0)
        report_left(run);
}

/* After SIGHUP; on the thread that uses them, which some milliseconds of packets wait for. */
static void reload_rules(struct engine *e)
{
    struct engine_error said;

    if (engine_reload_rules(e, &said) != 0)
        log_error("rules: %s; the rules of before stay in force", said.text);
    else
        printf("rules read anew: %s\n", said.text[0] ? said.text : "there are none");
    fflush(stdout);
}

/* What happens once a second, and when no packet comes. */
static void beat(struct live_run *run, int64_t boot_ns)
{
    int64_t delay = 2 * run->settle_ns, now;
    struct engine_losses losses;

    run_clock_look(&run->clock);
    now = run_clock_real_ns();
    for (size_t i = 0; i < run->count && run->newest_ns; i++) {
        if (run->sources[i]->has_own_clock) {
            run_clock_note_stamp(&run->clock, run->newest_ns, now);
            break;
        }
    }
    run->newest_ns = 0;
    read_losses(run, &losses);
    engine_heartbeat(run->engine, now, &losses);
    engine_idle(run->engine, run_clock_stamp_ns(&run->clock, now) -
                                 (delay > RING_DELAY_NS ? delay : RING_DELAY_NS));
    run->next_beat_ns = boot_ns + BEAT_NS;
}

int live_run(struct engine *e, struct source **sources, size_t count, int gather_ms,
             struct live_run_end *end)
{
    struct live_run run = { .engine = e,
                            .sources = sources,
                            .count = count,
                            .settle_ns = gather_ms * MS_NS + gather_ms * MS_NS / 2,
                            .end = end };

    end->error.fault = SOURCE_FAULT_NONE;
    source_merge_init(&run.merge, sources, count, run.settle_ns);
    run_clock_start(&run.clock);
    run.next_beat_ns = run_clock_boot_ns() + BEAT_NS;
    while (!stop_signal_seen() && source_merge_alive(&run.merge) > 0) {
        int frames = poll_all(&run);
        int64_t now = run_clock_boot_ns();

        if (stop_signal_take_reload())
            reload_rules(e);
        if (now >= run.next_beat_ns)
            beat(&run, now);
        if (frames == 0)
            wait_for_any(&run);
    }
    if (source_merge_alive(&run.merge) > 0)
        drain(&run);
    read_losses(&run, &end->losses);
    end->losses.interfaces = NULL; /* ours */
    end->losses.interface_count = 0;
    return source_merge_alive(&run.merge) == 0 ? source_exit_status(end->error.fault) : 0;
}
