#include "storage/upkeep/disk_guard.h"

static const char *const step_names[] = {
    [DISK_STEP_FULL] = "full",
    [DISK_STEP_HEADERS] = "headers",
    [DISK_STEP_METRICS] = "metrics",
};

static const char *const cause_names[DISK_CAUSES] = {
    [DISK_CAUSE_FULL] = "disk_full",
    [DISK_CAUSE_BUDGET] = "budget",
    [DISK_CAUSE_SLOW] = "disk_slow",
    [DISK_CAUSE_ERROR] = "disk_error",
};

const char *disk_step_name(enum disk_step step)
{
    return step_names[step];
}

const char *disk_cause_name(enum disk_cause cause)
{
    return cause_names[cause];
}

/* --- what each cause asks for ------------------------------------------------------------------- */

/* Half of what is to stay free is for rows and signalling alone. */
static enum disk_step by_room(const struct disk_facts *f)
{
    if (f->keep_free <= 0 || !f->nothing_to_remove || f->free_bytes >= f->keep_free)
        return DISK_STEP_FULL;
    return f->free_bytes < f->keep_free / 2 ? DISK_STEP_METRICS : DISK_STEP_HEADERS;
}

static enum disk_step by_budget(const struct disk_facts *f)
{
    if (f->media_over)
        return DISK_STEP_METRICS;
    return f->audio_over ? DISK_STEP_HEADERS : DISK_STEP_FULL;
}

/* One step each time that the queue has been long for DISK_GUARD_SLOW_MS. */
static enum disk_step by_queue(struct disk_guard *g, const struct disk_facts *f)
{
    if (f->queue_percent < DISK_GUARD_SLOW_PERCENT) {
        g->slow_since_ms = 0;
        /* Not over the mark, and not easy either: what was given up stays so. */
        return f->queue_percent >= DISK_GUARD_EASY_PERCENT && g->cause == DISK_CAUSE_SLOW
                   ? g->step
                   : DISK_STEP_FULL;
    }
    if (g->slow_since_ms == 0)
        g->slow_since_ms = f->now_ms;
    if (f->now_ms - g->slow_since_ms < DISK_GUARD_SLOW_MS)
        return g->step;
    g->slow_since_ms = f->now_ms;
    return g->step == DISK_STEP_FULL ? DISK_STEP_HEADERS : DISK_STEP_METRICS;
}

static enum disk_step by_errors(struct disk_guard *g, const struct disk_facts *f)
{
    if (f->errors > g->errors) {
        g->error_at_ms = f->now_ms;
        g->errors_are_full = f->errors_are_full;
    }
    g->errors = f->errors;
    if (g->error_at_ms == 0 || f->now_ms - g->error_at_ms >= DISK_GUARD_ERROR_MS)
        return DISK_STEP_FULL;
    return DISK_STEP_METRICS; /* what little can be written is for rows and signalling */
}

/* --- the step ----------------------------------------------------------------------------------- */

static void change(struct disk_guard *g, enum disk_step step)
{
    g->step = step;
    g->changes++;
}

bool disk_guard_look(struct disk_guard *g, const struct disk_facts *f)
{
    enum disk_step asked = DISK_STEP_FULL, before = g->step;
    enum disk_cause cause = DISK_CAUSE_NONE;
    enum disk_step errors = by_errors(g, f);
    const struct {
        enum disk_step step;
        enum disk_cause cause;
    } asks[] = {
        { errors, g->errors_are_full ? DISK_CAUSE_FULL : DISK_CAUSE_ERROR },
        { by_room(f), DISK_CAUSE_FULL },
        { by_budget(f), DISK_CAUSE_BUDGET },
        { by_queue(g, f), DISK_CAUSE_SLOW },
    };

    for (size_t i = 0; i < sizeof asks / sizeof asks[0]; i++) {
        if (asks[i].step > asked) {
            asked = asks[i].step;
            cause = asks[i].cause;
        }
    }
    if (asked > g->step)
        change(g, asked);
    if (asked >= g->step) { /* it is asked for, or nothing is to be undone */
        g->quiet_since_ms = 0;
        g->cause = cause;
        return g->step != before;
    }
    if (g->quiet_since_ms == 0)
        g->quiet_since_ms = f->now_ms;
    if (f->now_ms - g->quiet_since_ms < DISK_GUARD_HOLD_MS)
        return false;
    g->quiet_since_ms = f->now_ms;
    change(g, g->step - 1);
    if (g->step == DISK_STEP_FULL)
        g->cause = DISK_CAUSE_NONE;
    return true;
}
