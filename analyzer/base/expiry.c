#include "analyzer/base/expiry.h"

#define NS_PER_S INT64_C(1000000000)

static struct expiry_link *slot_at(struct expiry *e, int64_t second)
{
    return &e->slots[(uint64_t)second % EXPIRY_SLOTS];
}

void expiry_init(struct expiry *e)
{
    for (int i = 0; i < EXPIRY_SLOTS; i++)
        e->slots[i].next = e->slots[i].prev = &e->slots[i];
    e->now_s = 0;
    e->started = false;
}

void expiry_cancel(struct expiry_link *link)
{
    if (!link->next)
        return;
    link->next->prev = link->prev;
    link->prev->next = link->next;
    link->next = link->prev = NULL;
}

/* Files the link under its deadline, or as far ahead as the wheel reaches. */
static void file(struct expiry *e, struct expiry_link *link)
{
    int64_t second = link->deadline_ns / NS_PER_S;
    struct expiry_link *head;

    if (second < e->now_s)
        second = e->now_s;
    if (second >= e->now_s + EXPIRY_SLOTS)
        second = e->now_s + EXPIRY_SLOTS - 1;
    head = slot_at(e, second);
    link->slot = (uint32_t)((uint64_t)second % EXPIRY_SLOTS);
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

void expiry_set(struct expiry *e, struct expiry_link *link, int64_t deadline_ns)
{
    bool later = link->next && deadline_ns >= link->deadline_ns;

    link->deadline_ns = deadline_ns;
    if (later)
        return; /* found again when its slot comes up */
    expiry_cancel(link);
    file(e, link);
}

/* What is due in the slot of the current second. Items that moved on are filed anew. */
static struct expiry_link *pop_slot(struct expiry *e, int64_t now_ns)
{
    struct expiry_link *head = slot_at(e, e->now_s);
    struct expiry_link *link = head->next;

    while (link != head) {
        struct expiry_link *next = link->next;

        if (link->deadline_ns <= now_ns) {
            expiry_cancel(link);
            return link;
        }
        if (link->deadline_ns / NS_PER_S > e->now_s) {
            expiry_cancel(link);
            file(e, link);
        }
        link = next;
    }
    return NULL;
}

struct expiry_link *expiry_pop(struct expiry *e, int64_t now_ns)
{
    int64_t target = now_ns / NS_PER_S;

    if (!e->started) {
        e->started = true;
        if (target - e->now_s > EXPIRY_SLOTS)
            e->now_s =
                target - EXPIRY_SLOTS; /* armed before the first look: near the start anyway */
    }
    for (;;) {
        struct expiry_link *due = pop_slot(e, now_ns);

        if (due)
            return due;
        if (e->now_s >= target)
            return NULL;
        /* After a leap in time each slot is passed once: what is in it is due or moves on. */
        if (target - e->now_s > 2 * EXPIRY_SLOTS)
            e->now_s = target - 2 * EXPIRY_SLOTS;
        e->now_s++;
    }
}

/* The first item in the slots from the `from`-th after now on. */
static struct expiry_link *first_from(struct expiry *e, int64_t from)
{
    for (int64_t i = from; i < EXPIRY_SLOTS; i++) {
        struct expiry_link *head = slot_at(e, e->now_s + i);

        if (head->next != head)
            return head->next;
    }
    return NULL;
}

struct expiry_link *expiry_first(struct expiry *e)
{
    return first_from(e, 0);
}

struct expiry_link *expiry_next(struct expiry *e, const struct expiry_link *link)
{
    if (link->next != &e->slots[link->slot])
        return link->next;
    return first_from(e, (int64_t)((link->slot - (uint64_t)e->now_s) % EXPIRY_SLOTS) + 1);
}

struct expiry_link *expiry_pop_any(struct expiry *e)
{
    struct expiry_link *link = first_from(e, 0);

    if (link)
        expiry_cancel(link);
    return link;
}
