/*
 * security_state - what the files of this room share.
 *
 * Ownership  Of struct security.
 */
#ifndef ANALYZER_SECURITY_SECURITY_STATE_H
#define ANALYZER_SECURITY_SECURITY_STATE_H

#include "analyzer/security/destinations.h"
#include "analyzer/security/fact_board.h"
#include "analyzer/security/known_user.h"
#include "analyzer/security/security.h"
#include "analyzer/security/source_watch.h"
#include "analyzer/security/subject_watch.h"

#define SECURITY_NS_PER_S INT64_C(1000000000)

struct security {
    struct security_options options;
    struct siphash_key key;
    struct fact_board board;
    struct watch_pool sources, users, subjects;
    struct expiry holds; /* suspicions that are over a threshold */
    struct destinations destinations;
};

/* What an answer says of who asked. */
enum security_outcome { OUTCOME_NONE, OUTCOME_ACCEPTED, OUTCOME_REFUSED };

/* ringing: 18x counts as accepted. */
enum security_outcome security_state_outcome(int64_t status);

/* Counted; NULL without memory. */
struct source_watch *security_state_source(struct security *s, const struct addr *ip,
                                           int64_t time_ns);

/* Keyed; kind tells apart what has one name. */
uint64_t security_state_hash(const struct security *s, char kind, struct slice name);

/* Looks whether the source is over a threshold, now that it was refused something more. */
void security_state_judge(struct security *s, struct source_watch *w, int64_t time_ns);

#endif
