/*
 * doctor_report - what the doctor found: a table for people, one JSON object for machines.
 *
 * Ownership  Zeroed is empty; doctor_report_fini frees it. Texts are copied, topics borrowed.
 */
#ifndef PROBE_CMD_DOCTOR_REPORT_H
#define PROBE_CMD_DOCTOR_REPORT_H

#include "analyzer/base/jsonw.h"

#include <stdio.h>

enum doctor_level {
    DOCTOR_FINE,
    DOCTOR_NOTE,  /* good to know, nothing to be done at once */
    DOCTOR_WRONG, /* makes calls or figures wrong */
};

enum { DOCTOR_FINDINGS_MAX = 64 };

struct doctor_finding {
    enum doctor_level level;
    const char *topic; /* one word */
    char *text, *fix;  /* fix: NULL, or a command or an instruction */
};

struct doctor_report {
    struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
    size_t count;
    size_t shown; /* those that were printed */
};

/* fix: NULL or empty when there is none. What does not fit any more is left out. */
void doctor_report_add(struct doctor_report *r, enum doctor_level level, const char *topic,
                       const char *fix, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

void doctor_report_fini(struct doctor_report *r);

size_t doctor_report_complaints(const struct doctor_report *r);

/* Those that were not printed yet, a line or two each; in colours for a terminal. */
void doctor_report_print(struct doctor_report *r, FILE *out);

/* The array "checks". */
void doctor_report_write_json(const struct doctor_report *r, struct jsonw *j);

#endif
