/*
 * params - the parameters of a request, checked against one table.
 *
 * The server hands them over split and percent-decoded ("name=value"); what they mean is a table:
 * to learn a parameter is to add a row. Whatever is not in the table, twice there or out of range
 * is refused with a sentence that names it, never ignored.
 *
 * Ownership  Slices point into the caller's fragments; params_fini frees the text of the older filters.
 * Thread     Pure functions.
 */
#ifndef PROBE_WEB_PARAMS_H
#define PROBE_WEB_PARAMS_H

#include "analyzer/base/strbuf.h"
#include "analyzer/filter/filter.h"

enum {
    PARAMS_MAX = 32,
    PARAMS_VALUE_MAX_BYTES = 512,
    PARAMS_LIMIT_MAX = 1000,
    PARAMS_FIELDS_MAX = 64,
    PARAMS_IDS_MAX = 200,
    PARAMS_LIMIT_DEFAULT = 100,
};

struct param {
    struct slice name, value;
};

struct params {
    struct param list[PARAMS_MAX];
    size_t count;
    bool too_many;
};

/* What a route accepts. */
enum params_set {
    PARAMS_NONE = 0,
    PARAMS_PAGE = 1,          /* limit, cursor */
    PARAMS_SEARCH = 2,        /* filter, sort, limit, cursor, and the older filters of /calls */
    PARAMS_SOUND = 4,         /* format, gaps */
    PARAMS_PEAKS = 8,         /* buckets */
    PARAMS_LEGS = 16,         /* legs */
    PARAMS_WINDOW = 32,       /* minutes, until */
    PARAMS_PACKETS = 64,      /* format, legs: of the packets of a call */
    PARAMS_EXPORT = 128,      /* format, filter, sort, limit: of the calls of a search */
    PARAMS_ALERTS = 256,      /* state, severity, rule, since */
    PARAMS_SILENCES = 512,    /* over */
    PARAMS_DELIVERIES = 1024, /* state, limit, cursor: a number */
    PARAMS_SIGNED = 2048,     /* may come by a signed link, see signed.h */
    PARAMS_REGISTRATIONS = 1 << 20, /* state, q, limit, cursor */
    PARAMS_SPAN = 1 << 21,          /* hours, until */
    PARAMS_SOURCES = 1 << 22,       /* kind */
    PARAMS_CERTIFICATES = 1 << 23,  /* sort */
    PARAMS_TRANSACTIONS = 1 << 24,  /* user, source, method */
    PARAMS_OVERVIEW = 1 << 25,      /* minutes, until */
    PARAMS_FACETS = 1 << 26,        /* filter */
    PARAMS_AUDIT = 1 << 27,         /* user, deed, call, since, until, limit, cursor: a number */
};

enum params_format { PARAMS_WAV, PARAMS_FLAC, PARAMS_OGG, PARAMS_JSON_PEAKS };
enum params_gaps { PARAMS_CONCEAL, PARAMS_SILENCE };

enum { PARAMS_MINUTES_DEFAULT = 15, PARAMS_MINUTES_MAX = 1440 };
enum { PARAMS_OVERVIEW_MINUTES = 60, PARAMS_OVERVIEW_MINUTES_MAX = 10080 };
enum { PARAMS_HOURS_DEFAULT = 24, PARAMS_HOURS_MAX = 168 };
enum { PARAMS_BUCKETS_DEFAULT = 1000, PARAMS_BUCKETS_MAX = 8192 };

/* What was asked for; what was not is at its default, absent slices among it. */
struct asked {
    struct slice filter;          /* as it was written */
    struct strbuf older;          /* what the older filters mean, as a filter */
    struct slice sort;            /* "mos", or "-mos": the largest first */
    struct slice fields;          /* of a call, commas between: no others are sent */
    uint64_t ids[PARAMS_IDS_MAX]; /* of calls that are exported instead of a search */
    size_t id_count;
    struct slice cursor; /* of a search */
    uint64_t before;     /* the cursor of the other lists; 0: from the newest */
    size_t limit;
    int64_t since, until; /* ns; RECORD_NONE: open */
    uint8_t format, gaps; /* enum params_format, enum params_gaps */
    uint32_t buckets;
    bool legs;        /* of the whole conversation */
    unsigned minutes; /* of a window */
    unsigned overview_minutes;
    uint8_t export_format;              /* enum export_format */
    size_t export_limit;                /* 0: none */
    struct slice state, severity, rule; /* of alerts; state also of deliveries */
    int64_t before_number;              /* the cursor of deliveries; 0: from the newest */
    bool over;                          /* silences that have ended, too */
    unsigned hours;                     /* of a span */
    struct slice text;                  /* searched for among registrations */
    struct slice kind;                  /* of what a source did */
    struct slice user, source, method;  /* of transactions; user also of the audit trail */
    struct slice deed, call;            /* of the audit trail */
    bool by_days_left;                  /* certificates: those that end first */
};

/* One decoded fragment; an empty one (from "?" alone, or "&&") is nothing. */
void params_add(struct params *p, struct slice fragment);

/* An id as records print it: 16 hex digits, not all 0. */
bool params_parse_id(struct slice text, uint64_t *id);

/* True: `asked` holds it, `limit` set. False: `error` has one sentence. params_fini either way. */
bool params_read(const struct params *p, unsigned accepted, struct asked *asked,
                 struct strbuf *error);
void params_fini(struct asked *asked);

/* The names of those that it accepts, one after the other; NULL behind the last. */
const char *params_name(unsigned accepted, size_t at);

/* "wav", "conceal": as they are spelled in a request, and by `earshot export`. */
const char *params_format_name(uint8_t format);
const char *params_gaps_name(uint8_t gaps);

#endif
