/*
 * cause_words - what the industry reads from a status with which calls fail, and from the kinds they make.
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_WEB_CAUSE_WORDS_H
#define PROBE_WEB_CAUSE_WORDS_H

struct cause_words {
    int status; /* 0: no final response */
    const char *reason, *meaning;
    const char *kind; /* of outcomes: busy, cancel, not_found, failure, other */
};

/* NULL: nothing is known of it but its class. */
const struct cause_words *cause_words_find(int status);

/* Of the kinds, in the order in which they are shown; NULL behind the last. */
struct kind_words {
    const char *kind, *title, *meaning, *filter;
};
const struct kind_words *cause_words_kind(unsigned at);

/* "busy" of 486. */
const char *cause_words_kind_of(int status);

#endif
