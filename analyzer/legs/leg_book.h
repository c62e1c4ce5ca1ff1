/*
 * leg_book - all calls that are remembered, and by what they are found: the state behind legs.h.
 *
 * Ownership  leg_book_init/fini; it owns the calls and their pairs.
 * Thread     Analysis thread only.
 * Bounded    max_calls; beyond, the call that closed longest ago goes (counted: legs).
 */
#ifndef ANALYZER_LEGS_LEG_BOOK_H
#define ANALYZER_LEGS_LEG_BOOK_H

#include "analyzer/base/strbuf.h"
#include "analyzer/base/table.h"
#include "analyzer/legs/leg_hosts.h"
#include "analyzer/legs/leg_names.h"
#include "analyzer/legs/leg_pair.h"
#include "analyzer/legs/leg_print.h"
#include "analyzer/legs/legs.h"

/* Calls in the order in which they were put in. */
struct leg_list {
    struct leg_call *first, *last;
    size_t count;
};

struct leg_book {
    struct legs_options options;
    struct siphash_key key;
    struct leg_names names;
    struct table calls; /* by id */
    struct leg_keys keys;
    struct leg_prints prints;
    struct leg_hosts hosts;
    struct leg_list looks;  /* that are to be looked at, by when */
    struct leg_list closed; /* by when they closed */
    struct strbuf evidence, media;
    int64_t now_ns; /* of what came last */
    uint64_t refused_keys;
};

int leg_book_init(struct leg_book *b, const struct legs_options *options);
void leg_book_fini(struct leg_book *b);

/* NULL: not remembered. */
struct leg_call *leg_book_find(const struct leg_book *b, uint64_t id);

/* Found or made. NULL: no room, or no memory: counted. */
struct leg_call *leg_book_get(struct leg_book *b, uint64_t id, struct slice call_id,
                              int64_t time_ns);

/* It will be looked at then, and not when it was to be before. */
void leg_book_look_later(struct leg_book *b, struct leg_call *c, int64_t time_ns);

/* The next one whose time has come, taken out; NULL: none. */
struct leg_call *leg_book_next_look(struct leg_book *b, int64_t now_ns);

/* It has closed: it may be forgotten from now on. */
void leg_book_close(struct leg_book *b, struct leg_call *c);

/* Those that closed before that time go. */
void leg_book_forget(struct leg_book *b, int64_t before_ns);

static inline void leg_book_refuse(struct leg_book *b, enum refusal why)
{
    b->options.counters->refusals[why]++;
}

#endif
