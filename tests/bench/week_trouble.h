/*
 * week_trouble - what may go wrong in the weeks that alert_weeks makes up: 40 incidents of all kinds.
 *
 * Some bend the calls that they are about as those begin, others send more of them, or other messages,
 * or say something else about the store, the mirror or the probe.
 */
#ifndef TESTS_BENCH_WEEK_TROUBLE_H
#define TESTS_BENCH_WEEK_TROUBLE_H

#include "tests/bench/week_call.h"

enum week_kind {
    /* Of calls as they begin. */
    WEEK_REFUSE,  /* that share is refused with the code at once */
    WEEK_CAUSE,   /* that share ends with the code, after the time it takes */
    WEEK_TALK,    /* talks last that share of their time */
    WEEK_SHORT,   /* that share of the talks ends within 5 s */
    WEEK_PDD,     /* so many ms more */
    WEEK_VERDICT, /* that share of the talks has that verdict on its media */
    WEEK_LOSS,    /* packets lost, on average */
    WEEK_JITTER,  /* ms, p95 */
    WEEK_MEDIA_TIMEOUT,
    WEEK_ACK_TIMEOUT,
    WEEK_CODEC_REFUSED,
    WEEK_CODEC_CHANGE,
    WEEK_MOVE, /* that share goes to the trunk `code` */
    WEEK_DEAD, /* nothing answers there, pings neither */
    WEEK_PINGS_REFUSED,
    WEEK_FORMAT, /* those with a national number as caller are refused */
    /* More of them. */
    WEEK_MORE_CALLS, /* so many times the usual */
    WEEK_RETRIES,    /* one caller, so many a second */
    WEEK_SWEEP,      /* a stranger, so many numbers a second, all refused */
    WEEK_REDIAL,     /* a stranger, one number */
    WEEK_FRAUD,      /* a customer's machine calls where nobody ever did */
    WEEK_SCANNER,
    WEEK_FLOOD,
    WEEK_HIJACK,
    WEEK_EMERGENCY,
    /* Of registrations. */
    WEEK_BRUTE_FORCE,
    WEEK_REGISTRAR_DEAD,
    WEEK_REGISTER_STORM,
    WEEK_REGISTER_REFUSED,
    /* Of what the probe says. */
    WEEK_CERTIFICATE, /* so many days left */
    WEEK_CERTIFICATE_NAME,
    WEEK_DISK,      /* that share of it is used */
    WEEK_DISK_DAYS, /* days left */
    WEEK_DROPS,     /* that share of the packets */
    WEEK_BLIND,     /* one direction is not heard */
    WEEK_DOUBLED,
    WEEK_SILENT, /* no packet at all */
    WEEK_CLOCK,  /* set by so many ms */
    WEEK_KINDS
};

enum { WEEK_ANY = -1, WEEK_RULES_MAX = 5 };

struct week_trouble {
    const char *name;
    enum week_kind kind;
    double hour;                 /* of its day, UTC */
    double minutes, lead_min;    /* until it can show: calls pile up, bindings run out */
    int trunk, destination, sbc; /* WEEK_ANY: all */
    double strength;
    int code;
    const char *text;                  /* a verdict, a fact, a user-agent */
    const char *rules[WEEK_RULES_MAX]; /* those that are right to fire */
    const char *guilty;                /* stands in the labels; NULL: no group to name */
};

enum { WEEK_TROUBLES = 40 };
extern const struct week_trouble week_troubles[WEEK_TROUBLES];

/* Bends the call if it is one of those. */
void week_trouble_bend(const struct week_trouble *t, struct week_fate *f, struct week_random *r);

#endif
