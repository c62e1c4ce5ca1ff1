#include "probe/notify/roster.h"

#include "analyzer/base/array.h"

#include <errno.h>
#include <stdlib.h>

static void free_entry(struct roster_entry *e)
{
    if (e)
        free(e->alert);
    free(e);
}

void roster_fini(struct roster *r)
{
    for (size_t i = 0; i < r->count; i++)
        free_entry(r->entries[i]);
    free(r->entries);
    r->entries = NULL;
    r->count = r->room = 0;
}

/* Where it is, or would be. */
static size_t find(const struct roster *r, uint64_t id)
{
    size_t from = 0, to = r->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (r->entries[middle]->alert->id < id)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

struct filling {
    const struct roster *roster;
    struct roster_entry *entry;
};

static void fill_mark(void *ctx, const char *receiver, const struct outbox_told *told)
{
    struct filling *f = ctx;

    for (size_t i = 0; i < f->roster->receiver_count; i++) {
        if (strcmp(f->roster->receivers[i].name, receiver) != 0)
            continue;
        f->entry->marks[i] =
            (struct route_mark){ .severity = (int8_t)told->severity,
                                 .held = (uint8_t)route_hold_find(slice_of_text(told->held)),
                                 .is_over = told->is_over,
                                 .returns = (int32_t)told->flaps };
    }
}

static int make_entry(const struct roster *r, struct outbox *o, uint64_t id,
                      struct roster_entry **out)
{
    struct roster_entry *e = calloc(1, sizeof *e);
    struct filling f = { r, e };
    int err;

    if (!e)
        return -ENOMEM;
    for (size_t i = 0; i < RECEIVERS_MAX; i++)
        e->marks[i].severity = -1;
    err = outbox_read_told(o, id, fill_mark, &f);
    if (err)
        free(e);
    else
        *out = e;
    return err;
}

/* A new version opens every receiver again that it may concern. */
static void open_receivers(const struct roster *r, struct roster_entry *e)
{
    e->open = 0;
    e->hold_ms = 0;
    for (size_t i = 0; i < r->receiver_count; i++) {
        if (e->marks[i].severity >= 0 || route_wants(&r->receivers[i], e->alert))
            e->open |= UINT32_C(1) << i;
    }
}

int roster_put(struct roster *r, struct outbox *o, struct alert_record **alert)
{
    size_t at = find(r, (*alert)->id);
    struct roster_entry *e = NULL, **grown;
    int err;

    if (at < r->count && r->entries[at]->alert->id == (*alert)->id) {
        e = r->entries[at];
        free(e->alert);
        e->alert = *alert;
        *alert = NULL;
        open_receivers(r, e);
        return 0;
    }
    if (r->count == ROSTER_MAX)
        return -ENOSPC;
    grown = array_grow(r->entries, &r->room, r->count, sizeof(struct roster_entry *));
    if (!grown)
        return -ENOMEM;
    r->entries = grown;
    err = make_entry(r, o, (*alert)->id, &e);
    if (err)
        return err;
    e->alert = *alert;
    *alert = NULL;
    open_receivers(r, e);
    memmove(r->entries + at + 1, r->entries + at, (r->count - at) * sizeof(struct roster_entry *));
    r->entries[at] = e;
    r->count++;
    return 0;
}

void roster_remove(struct roster *r, size_t at)
{
    free_entry(r->entries[at]);
    r->count--;
    memmove(r->entries + at, r->entries + at + 1, (r->count - at) * sizeof(struct roster_entry *));
}

int roster_save(const struct roster *r, struct outbox *o, const struct roster_entry *e,
                size_t receiver)
{
    const struct route_mark *m = &e->marks[receiver];
    const struct outbox_told told = { .severity = m->severity,
                                      .flaps = m->returns,
                                      .is_over = m->is_over,
                                      .held = route_hold_name((enum route_hold)m->held) };

    return outbox_note_told(o, e->alert->id, r->receivers[receiver].name, &told);
}

bool roster_is_done(const struct roster *r, const struct roster_entry *e)
{
    for (size_t i = 0; i < r->receiver_count; i++) {
        if (!route_is_done(&r->receivers[i], e->alert, &e->marks[i]))
            return false;
    }
    return r->receiver_count > 0 || e->alert->ended_time != RECORD_NONE;
}
