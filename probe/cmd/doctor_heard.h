/*
 * doctor_heard - what was heard in some seconds, what is wrong with it, and how that is told.
 *
 * Ownership  Zeroed is empty; doctor_heard_fini frees the texts.
 */
#ifndef PROBE_CMD_DOCTOR_HEARD_H
#define PROBE_CMD_DOCTOR_HEARD_H

#include "analyzer/record.h"
#include "probe/cmd/doctor_report.h"

struct doctor_heard {
    double seconds;
    int64_t packets, bytes;     /* bytes as they were on the wire */
    int64_t unicast;            /* to one machine */
    int64_t to_here, from_here; /* of unicast: to this interface itself, or by it */
    int64_t sip, rtp, cut;      /* packets */
    int64_t calls;
    int64_t kernel_dropped, interface_dropped; /* RECORD_NONE: cannot tell */
    int64_t clock_steps;
    bool is_ethernet;      /* what is said of unicast is known */
    bool was_blamed;       /* the mirror: the report has it */
    int64_t conversations; /* pairs of hosts that the mirror was judged by */
    /* JSON: the records at the end, empty before, and the counts in them. */
    struct strbuf capture_json, mirror_json;
    struct strbuf bins, protocols, vlans, tunnels;
};

void doctor_heard_fini(struct doctor_heard *h);

/* One of the counts; 0 when it is not there. */
int64_t doctor_heard_count(const struct strbuf *json, const char *name);

/* What the figures are to be blamed for, or praised. */
void doctor_heard_judge(const struct doctor_heard *h, const char *interface,
                        struct doctor_report *report);

/* The figures for people. */
void doctor_heard_print(const struct doctor_heard *h, FILE *out);

/* The object "heard". */
void doctor_heard_write_json(const struct doctor_heard *h, struct jsonw *j);

#endif
