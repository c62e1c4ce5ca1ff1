#include "probe/engine/run_clock.h"

#include "analyzer/base/log.h"

#include <time.h>

enum { TRIES = 5 };

#define NS_PER_S INT64_C(1000000000)
/* Two clocks read further apart than that say nothing about each other: one more try. */
#define APART_NS INT64_C(1000000)
/* An adapter's clock loses some 0.1 ms a second against the system's at most: forgotten faster. */
#define FORGET_NS INT64_C(1000000)

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

int64_t run_clock_real_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t run_clock_boot_ns(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

/* Both at the same moment, as near as a busy machine lets us. */
static void read_both(int64_t *real_ns, int64_t *boot_ns)
{
    int64_t after;

    for (int i = 0; i < TRIES; i++) {
        *boot_ns = run_clock_boot_ns();
        *real_ns = run_clock_real_ns();
        after = run_clock_boot_ns();
        if (after - *boot_ns <= APART_NS)
            return;
    }
}

void run_clock_start(struct run_clock *c)
{
    int64_t real_ns, boot_ns;

    read_both(&real_ns, &boot_ns);
    *c = (struct run_clock){ .offset_ns = real_ns - boot_ns };
}

int64_t run_clock_compare(struct run_clock *c, int64_t real_ns, int64_t boot_ns)
{
    int64_t step = real_ns - boot_ns - c->offset_ns;

    c->offset_ns += step;
    if (step >= -RUN_CLOCK_STEP_NS && step <= RUN_CLOCK_STEP_NS)
        return 0;
    c->steps++;
    c->moved_ns += step;
    return step;
}

int64_t run_clock_look(struct run_clock *c)
{
    int64_t real_ns, boot_ns, step;

    read_both(&real_ns, &boot_ns);
    step = run_clock_compare(c, real_ns, boot_ns);
    if (step)
        log_warn("run: the system's clock was set %s by %.3f s; calls that were open then have "
                 "wrong times",
                 step > 0 ? "forward" : "back", (double)(step > 0 ? step : -step) / 1e9);
    return step;
}

void run_clock_note_stamp(struct run_clock *c, int64_t stamp_ns, int64_t real_ns)
{
    int64_t skew = stamp_ns - real_ns;

    if (!c->has_skew || skew > c->skew_ns - FORGET_NS)
        c->skew_ns = skew;
    else
        c->skew_ns -= FORGET_NS;
    c->has_skew = true;
}
