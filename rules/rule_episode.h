/*
 * rule_episode - one alert from its beginning to its end, and the evidence that was frozen with it.
 *
 *   QUIET   -> PENDING   the condition holds: samples, matches, threshold, baseline and chance all
 *                        reach their mark (told where the rule has a `for`)
 *   PENDING -> QUIET     it does not, at the end of a step: told as passed
 *   PENDING -> FIRING    it has held for `for`: told, the evidence frozen
 *   FIRING  -> FIRING    it got worse (escalate), or another alert explains it or no longer does
 *   FIRING  -> QUIET     the measure was at the near side of `clear` at every step's end for
 *                        `clear.for`: told as resolved, with its worst moment
 *
 * All of it under one id. What comes back soon after it was over is flapping, and waits twice as
 * long for its end with each time.
 *
 * Ownership  An episode belongs to its group.
 */
#ifndef RULES_RULE_EPISODE_H
#define RULES_RULE_EPISODE_H

#include "analyzer/base/strbuf.h"
#include "rules/rule_measure.h"

struct rule_eval;

enum rule_life { RULE_PENDING, RULE_FIRING, RULE_RESOLVED, RULE_PASSED };

/* The measure as an alert tells it. */
struct rule_moment_told {
    struct rule_reading reading;
    double baseline; /* NaN: nobody knows */
    double mark;     /* that it was held against */
};

struct rule_episode {
    struct rule_episode *before, *after; /* those of the rule */
    struct rule_group *group;
    uint64_t id;
    enum rule_life life;
    enum rule_severity severity;
    int64_t begun_ns, fired_ns, since_ns; /* fired_ns: RECORD_NONE while it is pending */
    int64_t quiet_since_ns;               /* RECORD_NONE: it is not quiet */
    struct rule_moment_told told, worst;
    double before_value; /* of the window before it began */
    uint64_t muted_by;   /* 0: nothing explains it */
    int64_t
        unmute_ns; /* when that is told, since what explained it is over; RECORD_NONE: it goes on */
    size_t call_count;
    uint64_t calls[RULE_EVIDENCE_MAX]; /* newest first */
    struct strbuf evidence;            /* JSON */
    struct strbuf top;                 /* the first value of the first top field, printable */
};

/* The group after a record, and at the end of a step, while its window is whole. */
void rule_episode_look(struct rule_eval *e, struct rule_group *g, int64_t now_ns);
void rule_episode_look_at_end(struct rule_eval *e, struct rule_group *g, int64_t now_ns);

/* It is over whatever the measure says: told as such, with why (added to the description). */
void rule_episode_end(struct rule_eval *e, struct rule_group *g, int64_t now_ns, const char *why);

/* Another alert explains it from now on, or none (0); told anew. */
void rule_episode_mute(struct rule_eval *e, struct rule_episode *ep, uint64_t muted_by,
                       int64_t now_ns);

/* What is normal for the group just now; NaN: nobody knows, or the rule does not ask. */
double rule_episode_normal(struct rule_eval *e, struct rule_group *g);

void rule_episode_free(struct rule_episode *ep);
size_t rule_episode_bytes(const struct rule_episode *ep);

#endif
