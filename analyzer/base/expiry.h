/*
 * expiry - things that end when nothing more is heard of them, in order of their deadlines.
 *
 * A wheel of one-second slots. A deadline may be moved later for free: when its old slot comes up,
 * the item is looked at again and put where it belongs now. Order within a second is the order of
 * arming, so the same packets give the same order.
 *
 * Ownership  Links are embedded in their items; the wheel owns nothing.
 * Time       Nanoseconds, the packets' own. Going back is harmless: nothing is due.
 */
#ifndef ANALYZER_BASE_EXPIRY_H
#define ANALYZER_BASE_EXPIRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXPIRY_SLOTS = 256 };

struct expiry_link {
    struct expiry_link *next, *prev; /* NULL: not armed */
    int64_t deadline_ns;
    uint32_t slot;
};

struct expiry {
    struct expiry_link slots[EXPIRY_SLOTS];
    int64_t now_s;
    bool started;
};

void expiry_init(struct expiry *e);

/* Arms or moves. */
void expiry_set(struct expiry *e, struct expiry_link *link, int64_t deadline_ns);
void expiry_cancel(struct expiry_link *link);

/* The next item that is due at now_ns, disarmed; NULL when there is none. Call it until NULL. */
struct expiry_link *expiry_pop(struct expiry *e, int64_t now_ns);

/* The item filed first, and the one after, still armed; NULL at the end. For evictions. */
struct expiry_link *expiry_first(struct expiry *e);
struct expiry_link *expiry_next(struct expiry *e, const struct expiry_link *link);

/* The item that stands first in the order, due or not, disarmed; NULL when empty. For the end. */
struct expiry_link *expiry_pop_any(struct expiry *e);

#endif
