/*
 * filter - which calls are meant: one small language for the command line, the API, the page, the
 * rules and the configuration.
 *
 *     from:+49* status:5xx mos<3.5 since:2h
 *
 * Words stand side by side and all must hold; `or`, `not` (or a - before a word) and parentheses do
 * what they say. docs/FILTER.md is for whoever writes one.
 *
 * A test on what is not known is false, and its `not` therefore true.
 *
 * A word without a field is an address, or else two tests: the beginning of a Call-ID or a part of
 * a number (three, where it may be an id). A list is a test for each of its values. So every test is one comparison.
 *
 * Ownership  filter_parse/filter_free. Texts of the tests lie in the filter's own memory.
 * Thread     Pure; a filter that is made is only read.
 * Errors     One sentence with the column of the word at fault, and what was meant, where it is near.
 */
#ifndef ANALYZER_FILTER_FILTER_H
#define ANALYZER_FILTER_FILTER_H

#include "analyzer/record.h"

enum {
    FILTER_TEXT_MAX = 4096, /* bytes */
    FILTER_TESTS_MAX = 64,
    FILTER_DEPTH_MAX = 16,
    /* Each test, the "and" or "or" before it, and a "not" over each of both. */
    FILTER_NODES_MAX = 4 * FILTER_TESTS_MAX,
    FILTER_MEMBERS_MAX = 4,
    FILTER_ERROR_MAX = 512,
};

/* What a field holds, and so what can be asked of it. */
enum filter_kind {
    FILTER_TEXT,   /* word, word*, *word, *word* */
    FILTER_NUMBER, /* = < <= > >= and 3..4; in the unit of the field or with one */
    FILTER_TIME,   /* of the call, by its id: since, until */
    FILTER_TRUTH,  /* yes, no */
    FILTER_ADDR,   /* IP, CIDR, IP:port */
    FILTER_PORT,   /* of an address; asked like a number */
    FILTER_NAMES, /* JSON array of names or of objects that have one: any of them; asked like a text */
    FILTER_ID,    /* 16 hex digits */
    FILTER_ALERT,   /* name of a rule that has the call among its evidence; * is any */
    FILTER_INSTANT, /* a time of the record's own: < <= > >= and from..to */
};

struct filter_field {
    const char *group; /* heading of this one and those behind it; NULL: as the one before */
    const char *name, *aliases;     /* further names, blanks between them */
    const struct record_type *type; /* whose members they are; NULL: calls */
    uint8_t kind;
    bool ignores_case;                       /* ASCII letters alone */
    bool is_loose;                           /* of texts: a word without stars is meant as a part */
    bool has_classes;                        /* of numbers: 5xx is 500..599 */
    bool is_sortable;                        /* by its first member */
    const char *members[FILTER_MEMBERS_MAX]; /* fields of the call record; any of them may fit */
    const char *name_key; /* of names: the member of the objects; NULL: names alone */
    const char *unit;     /* of numbers without one, as a person writes it: "s"; "%": a ratio */
    double scale;         /* the member's value for 1 of that unit */
    double low, high;     /* of numbers, in the unit that a number without one has */
    const char *values;   /* all that there are, blanks between them; NULL: any */
    const char *help, *example;
};

extern const struct filter_field filter_fields[];
extern const size_t filter_field_count;

/* By name or alias, whatever their case; '-', '.' and '_' are one. NULL: none. */
const struct filter_field *filter_field_find(struct slice name);

enum filter_shape {
    FILTER_WHOLE,
    FILTER_PREFIX,
    FILTER_SUFFIX,
    FILTER_PART,
    FILTER_ANY /* known; of names: there is one */
};

/* One word. Which values count depends on the field's kind. */
struct filter_test {
    const struct filter_field *field;
    const struct record_field *members[FILTER_MEMBERS_MAX]; /* of the field; NULL behind the last */
    uint8_t shape;     /* of texts, names, alerts; FILTER_ANY of every kind: it is known */
    struct slice text; /* without the stars */
    double least,
        most; /* numbers in the member's unit, ports: both inclusive unless told otherwise */
    bool is_over, is_under; /* least, most themselves do not count */
    int64_t from, to; /* times, both inclusive, to the microsecond of an id; RECORD_NONE: open */
    int8_t truth;
    struct addr addr;  /* FILTER_ADDR: network; port 0: any */
    uint8_t addr_bits; /* of the 128 of addr.ip that count */
    uint64_t id;
};

enum filter_node_kind { FILTER_AND, FILTER_OR, FILTER_NOT, FILTER_TEST };

struct filter_node {
    uint8_t kind;
    uint8_t test;         /* FILTER_TEST: index */
    uint16_t left, right; /* indexes; FILTER_NOT has a left alone */
};

struct filter {
    struct filter_node nodes[FILTER_NODES_MAX];
    struct filter_test tests[FILTER_TESTS_MAX];
    uint16_t node_count, test_count;
    uint16_t root; /* without nodes: everything matches */
    /* What follows for whatever matches, so that whole days and blocks can be left out;
     * RECORD_NONE, absent: nothing follows. */
    int64_t since,
        until; /* of the calls' ids, both inclusive; since after until: nothing matches */
    /* Every match has exactly this Call-ID. Where all of them have a Call-ID that was asked for
     * exactly, times beside it do not count: the whole call is meant. Its tests of times are open
     * then, and so hold always. */
    struct slice call_id;
    char *memory;
    struct filter_field *vocabulary; /* of filter_parse_record; NULL: calls */
    char *masked;                    /* texts of analyzer/privacy/privacy_filter.h; NULL: none */
};

struct filter_error {
    size_t column; /* from 1, in characters */
    size_t length; /* of the word */
    char text[FILTER_ERROR_MAX];
};

/* now_ns: what since:2h counts from. An empty text is everything. 0; −EINVAL with *error; −ENOMEM. */
int filter_parse(struct filter **fp, struct slice text, int64_t now_ns, struct filter_error *error);
void filter_free(struct filter *f);

/* The same language over records of any type, by the names of their fields (docs/METRICS.md); of
 * calls it is filter_parse. There is no free word, since, until or alert in others.
 *
 * now_ns RECORD_NONE: of a rule, which looks at what comes. How long ago something was, the time of
 * a call and its alerts are refused then. */
int filter_parse_record(struct filter **fp, const struct record_type *type, struct slice text,
                        int64_t now_ns, struct filter_error *error);

/* The same filter in the one way to write it that does without lists, aliases and what is clear
 * anyway; times stand in it as such. NULL: nothing. */
void filter_print(const struct filter *f, struct strbuf *out);

/* A text as a value or a word alone that means itself, stars and operators in it too. */
void filter_print_text(struct strbuf *out, struct slice text);

/* The text, and under it a line that points at the word; a tab and what is unfit for a terminal
 * become one character. Both lines begin with `indent` and end in a newline. */
void filter_error_point(const struct filter_error *error, struct slice text, const char *indent,
                        struct strbuf *out);

/* What only a store knows of a call. */
struct filter_world {
    void *ctx;
    /* Whether an alert of that rule (a test of FILTER_ALERT) has the call among its evidence. NULL: none */
    bool (*in_alert)(void *ctx, const struct filter_test *test, uint64_t call);
};

/* NULL filter: everything. NULL world: no alerts. */
bool filter_match(const struct filter *f, const struct call_record *call,
                  const struct filter_world *world);

/* A filter of filter_parse_record, over a record of the same type. */
bool filter_match_record(const struct filter *f, const void *record);

/* One test of a text, a number, an address: what every place that looks at values shares. What is
 * not known (absent, NaN, all zero) is false. */
bool filter_test_text(const struct filter_test *test, struct slice value);
bool filter_test_names(const struct filter_test *test, struct slice json);
bool filter_test_number(const struct filter_test *test, double value);
bool filter_test_addr(const struct filter_test *test, const struct addr *value); /* ports too */
bool filter_test_time(const struct filter_test *test, uint64_t id);
bool filter_test_instant(const struct filter_test *test, int64_t time_ns);

#endif
