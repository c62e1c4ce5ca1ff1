/*
 * leg_print - which calls had a sound, lately: a table of fixed size that forgets the oldest.
 *
 * Announcements, ringback, music on hold and silence are the same in many calls, tones are the same
 * again and again. A print that a third call has proves nothing; one that comes twice in a stream,
 * in many calls, or in another call later on is common: it is not even measured by.
 *
 * Ownership  leg_prints_init/fini. One line of the cache an entry, LEG_PRINT_WAYS looked at.
 */
#ifndef ANALYZER_LEGS_LEG_PRINT_H
#define ANALYZER_LEGS_LEG_PRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEG_PRINT_WAYS = 4,
    LEG_PRINT_CALLS = 4, /* machines in a row that one sound passes; in more calls it is music */
};

struct leg_hearing {
    uint64_t call, stream;
    int64_t time_ns;
};

/* 64 bytes. */
struct leg_print {
    uint64_t print; /* 0: free */
    struct leg_hearing heard[2];
    uint8_t calls; /* that had it, up to LEG_PRINT_CALLS: the last two stand above */
    bool common;
};

struct leg_prints {
    struct leg_print *sets;
    uint64_t mask; /* sets − 1 */
};

enum leg_print_news {
    LEG_PRINT_NEW,
    LEG_PRINT_AGAIN,  /* nothing learned */
    LEG_PRINT_EQUAL,  /* one other call had it, a moment ago: older[1] */
    LEG_PRINT_SHARED, /* the same, and a third call had it too: what it proved is void */
    LEG_PRINT_COMMON, /* from now on: what it proved is void */
};

/* 0 or −ENOMEM. */
int leg_prints_init(struct leg_prints *p, size_t max_calls);
void leg_prints_fini(struct leg_prints *p);

/* older: the hearings that were known before, [1] the later; [0].call is 0 where there was one. */
enum leg_print_news leg_prints_hear(struct leg_prints *p, uint64_t print,
                                    const struct leg_hearing *now, struct leg_hearing older[2]);

#endif
