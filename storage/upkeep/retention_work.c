#include "storage/upkeep/retention_work.h"

#include "analyzer/base/log.h"
#include "storage/store_dir.h"
#include "storage/upkeep/disk_reserve.h"
#include "storage/upkeep/packet_removal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

enum {
    /* Another day's pin may have been what kept it. */
    SETTLED_MS = 3600 * 1000,
    /* A disk that fails, a file that somebody else holds. */
    FAILED_MS = 10 * 60 * 1000,
    BUSY_MS = 30 * 1000, /* packets came lately */
};

/* What is not to be tried before a time, unless the day's pins change. */
struct retention_settled {
    int32_t day;
    uint8_t kinds; /* bits */
    int64_t until_ms;
    struct timespec pins_changed;
};

void retention_work_init(struct retention_work *w, const struct day_removal *removal,
                         const struct retention_limits *limits)
{
    *w = (struct retention_work){ .limits = *limits, .removal = *removal };
    store_size_init(&w->size, removal->store_dir);
}

void retention_work_fini(struct retention_work *w)
{
    store_size_fini(&w->size);
    free(w->settled);
    w->settled = NULL;
    w->settled_count = w->settled_room = 0;
}

int retention_work_read_disk(struct retention_work *w)
{
    struct statvfs st;

    if (statvfs(w->removal.store_dir, &st) != 0)
        return -errno;
    w->disk_bytes = (int64_t)(st.f_blocks * st.f_frsize);
    w->free_bytes = (int64_t)(st.f_bavail * st.f_frsize);
    return 0;
}

/* --- what is not to be tried --------------------------------------------------------------------- */

static void settle(struct retention_work *w, const struct retention_removal *removal,
                   bool as_a_whole, int64_t until_ms)
{
    const struct store_day *d = store_size_find(&w->size, removal->day);

    if (w->settled_count == w->settled_room) {
        size_t room = w->settled_room ? w->settled_room * 2 : 16;
        struct retention_settled *grown = realloc(w->settled, room * sizeof *grown);

        if (!grown)
            return; /* it is tried once more, in vain */
        w->settled = grown;
        w->settled_room = room;
    }
    w->settled[w->settled_count++] = (struct retention_settled){
        .day = removal->day,
        .kinds = (uint8_t)(as_a_whole ? UINT8_MAX : 1u << removal->kind),
        .until_ms = until_ms,
        .pins_changed = d ? d->pins_changed : (struct timespec){ 0, 0 },
    };
}

static void drop_settled(struct retention_work *w, int64_t now_ms)
{
    size_t kept = 0;

    for (size_t i = 0; i < w->settled_count; i++) {
        const struct retention_settled *s = &w->settled[i];
        const struct store_day *d = store_size_find(&w->size, s->day);

        if (d && s->until_ms > now_ms && s->pins_changed.tv_sec == d->pins_changed.tv_sec &&
            s->pins_changed.tv_nsec == d->pins_changed.tv_nsec)
            w->settled[kept++] = *s;
    }
    w->settled_count = kept;
}

static uint8_t *settled_by_day(const struct retention_work *w)
{
    uint8_t *bits = calloc(w->size.count + 1, 1);

    for (size_t i = 0; bits && i < w->settled_count; i++) {
        const struct store_day *d = store_size_find(&w->size, w->settled[i].day);

        if (d)
            bits[d - w->size.days] |= w->settled[i].kinds;
    }
    return bits;
}

/* --- a look ------------------------------------------------------------------------------------- */

/* Of the store's own packets the newest: rows alone (how the store does, every minute) say that a
 * probe runs, not that its clock is right. */
static int32_t newest_packet_day(const struct retention_work *w, int32_t clock_day)
{
    int32_t newest = RETENTION_NO_PACKETS;

    for (size_t i = 0; i < w->size.count; i++) {
        const struct store_day *d = &w->size.days[i];

        if (d->bytes[STORE_SIGNALLING] + d->bytes[STORE_MEDIA] > 0)
            newest = d->day;
    }
    /* A store without packets, of rows alone: its newest day that is not in the future. */
    for (size_t i = 0; i < w->size.count && newest == RETENTION_NO_PACKETS; i++) {
        const struct store_day *d = &w->size.days[w->size.count - 1 - i];

        if (d->bytes[STORE_ROWS] > 0 && d->day <= clock_day)
            newest = d->day;
    }
    return newest;
}

int retention_work_look(struct retention_work *w, const struct retention_when *when,
                        struct retention_plan *plan)
{
    struct retention_facts facts = { .clock_day = when->clock_day,
                                     .packet_day = when->packet_day,
                                     .age_is_due = when->age_is_due,
                                     .by_hand = when->by_hand };
    uint8_t *settled;
    int32_t newest;
    int err = retention_work_read_disk(w);

    if (err == 0)
        err = store_size_look(&w->size);
    if (err)
        return err;
    drop_settled(w, when->now_ms);
    settled = settled_by_day(w);
    if (!settled)
        return -ENOMEM;
    newest = newest_packet_day(w, when->clock_day);
    if (newest > facts.packet_day)
        facts.packet_day = newest;
    facts.days = w->size.days;
    facts.count = w->size.count;
    facts.settled = settled;
    facts.disk_bytes = w->disk_bytes;
    facts.free_bytes = w->free_bytes;
    err = retention_plan_make(plan, &w->limits, &facts);
    free(settled);
    return err;
}

/* --- the doing ---------------------------------------------------------------------------------- */

static void log_removal(const struct retention_work *w, const struct retention_removal *r,
                        const struct day_removed *removed, int err)
{
    char day[16] = "";
    long long mib = 0;

    store_dir_day_name(r->day, day);
    for (int k = 0; k < STORE_KINDS; k++)
        mib += removed->bytes[k] >> 20;
    if (err)
        log_warn("retention: %s/%s: %s cannot be removed: %s; tried again in a while",
                 w->removal.store_dir, day, r->kind == STORE_ROWS ? "it" : store_kind_name(r->kind),
                 strerror(-err));
    else
        log_info("retention: %s/%s: removed %s, %lld MiB, because of %s", w->removal.store_dir, day,
                 r->kind == STORE_ROWS ? "the day" : store_kind_name(r->kind), mib,
                 retention_cause_name(r->cause));
}

static int remove_it(struct retention_work *w, const struct retention_when *when,
                     const struct retention_removal *r, struct day_removed *removed)
{
    bool is_open = retention_day_is_open(w->size.days, when->by_hand ? 0 : w->size.count,
                                         when->clock_day, r->day);

    if (r->kind == STORE_ROWS)
        return day_removal_day(&w->removal, r->day, removed);
    return packet_removal_run(&w->removal, r->day, (enum store_kind)r->kind, r->bytes, is_open,
                              removed);
}

static int remove_one(struct retention_work *w, const struct retention_when *when,
                      const struct retention_removal *r, struct day_removed *removed)
{
    int err = remove_it(w, when, r, removed);
    int64_t sum = 0;

    if (err == -ENOSPC && disk_reserve_release(w->removal.store_dir))
        err = remove_it(w, when, r, removed);
    for (int k = 0; k < STORE_KINDS; k++) {
        w->removed[k][r->cause] += removed->bytes[k];
        sum += removed->bytes[k];
    }
    if (err == -EBUSY)
        settle(w, r, false, when->now_ms + BUSY_MS);
    else if (err && err != -EINTR)
        settle(w, r, false, when->now_ms + FAILED_MS);
    else if (err == 0 && removed->is_settled)
        settle(w, r, r->kind == STORE_ROWS, when->now_ms + SETTLED_MS);
    else if (err == 0 && sum == 0)
        settle(w, r, false,
               when->now_ms + BUSY_MS); /* all of it is too fresh: nobody may count on it */
    return err;
}

int retention_work_do(struct retention_work *w, const struct retention_when *when,
                      const struct retention_plan *plan, retention_done_fn done, void *ctx)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct retention_removal *r = &plan->removals[i];
        struct day_removed removed = { .is_settled = false };
        int err =
            day_removal_goes_on(&w->removal, "removal") ? remove_one(w, when, r, &removed) : -EINTR;

        if (err == -EINTR)
            return err;
        if (err != -EBUSY && !removed.is_settled)
            log_removal(w, r, &removed, err);
        if (done)
            done(ctx, r, &removed, err);
    }
    return plan->count ? store_size_look(&w->size) : 0; /* what is told next is so */
}
