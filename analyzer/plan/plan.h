/*
 * plan - the dial plan: which addresses are which trunk, what a dialled string is in E.164, and which
 * destination a number belongs to.
 *
 * Made from the configuration before a run, then only read. Pointers that the find functions give
 * stay as long as the plan.
 *
 * Ownership  plan_new/free; texts are copied.
 * Thread     Any, once it is made.
 * Errors     0, −EINVAL (what was given cannot be read), −EEXIST, −ENOENT (no such trunk), −ENOMEM,
 *            −E2BIG (over a cap).
 * Source     ITU-T E.164, E.164 annex (country codes), E.123 (separators), RFC 3966, NANPA
 */
#ifndef ANALYZER_PLAN_PLAN_H
#define ANALYZER_PLAN_PLAN_H

#include "analyzer/base/addr.h"

enum {
    PLAN_TRUNKS_MAX = 1024,
    PLAN_ADDRESSES_MAX = 16384, /* of all trunks */
    PLAN_RULES_MAX = 256,
    PLAN_EMERGENCY_MAX = 64, /* numbers for emergencies */
    PLAN_DESTINATIONS_MAX = 200000,
    PLAN_NUMBER_MAX = 24,  /* '+', 15 digits (more are seen and kept), NUL */
    PLAN_NAME_MAX = 64,    /* bytes of the name of a trunk or a destination */
    PLAN_PREFIX_MAX = 15,  /* digits of a destination's prefix */
    PLAN_DIALLED_MAX = 64, /* characters of a dialled string; what is longer is no number */
};

struct plan;

struct plan_trunk {
    struct slice name;
    int64_t channel_limit; /* below 0 (RECORD_NONE): none is known */
    bool encrypted;        /* signalling by TLS and media by SRTP are expected of it */
};

struct plan_destination {
    struct slice prefix; /* digits, without '+' */
    struct slice name;   /* "Germany", "United States", … */
};

struct plan_rule {
    struct slice prefix, replacement; /* may be empty */
    uint8_t min_len, max_len;
};

/* Knows the countries and the NANP already, and no trunk. */
int plan_new(struct plan **pp);
void plan_free(struct plan *p);

int plan_add_trunk(struct plan *p, const struct plan_trunk *trunk);
/* address: IP, IP:PORT or CIDR. Of addresses that overlap the narrower one counts, and one with a
 * port before one without. −EEXIST: another trunk has it. */
int plan_add_trunk_address(struct plan *p, struct slice trunk, struct slice address);
/* Can it be read as the address of a trunk? */
bool plan_is_address(struct slice address);

/* The country that numbers without one belong to: "49" or "+49". Of the countries in the table of
 * plan_world.c the national and the international prefix are known; elsewhere only +NUMBER and
 * 00NUMBER are understood, and what rules say. */
int plan_set_country(struct plan *p, struct slice country_code);
bool plan_is_country(struct slice country_code);

/* A rule of the user's, before all others: strings that begin with `prefix` and have min to max
 * characters (separators not counted) begin with `replacement` instead. Of several that fit the one
 * with the longest prefix counts, then the first. */
int plan_add_rule(struct plan *p, struct slice prefix, uint8_t min_len, uint8_t max_len,
                  struct slice replacement);
/* "PREFIX MIN-MAX REPLACEMENT", "-" for nothing: "0 6-12 +49", "- 3-4 +4930555". Borrows from the
 * text; false: not of this shape. */
bool plan_rule_parse(struct slice text, struct plan_rule *out);

/* A number for emergencies: 2 to 15 digits, * and #. The first one takes the place of the usual ones,
 * which are 112, 911, 999, 000 and those of the country. */
int plan_add_emergency(struct plan *p, struct slice number);
bool plan_is_emergency_number(struct slice number);

/* Country codes and NANP are built in; a prefix given again replaces its name. */
int plan_add_destination(struct plan *p, struct slice prefix, struct slice name);

/* Where a table of destinations is wrong. */
struct plan_csv_error {
    size_t line;      /* from 1 */
    const char *what; /* static */
};

/*
 * "prefix,name" a line, as RFC 4180 has it: quotes where a name holds commas; a '+' before the prefix,
 * a first line of headings, empty lines, lines that begin with '#', a byte order mark and further
 * columns are all welcome. Reads up to the first line that is wrong.
 */
int plan_read_csv(struct plan *p, struct slice text, struct plan_csv_error *error);

/* NULL: of no trunk. */
const struct plan_trunk *plan_find_trunk(const struct plan *p, const struct addr *addr);
/* By name; NULL: there is none. */
const struct plan_trunk *plan_find_trunk_named(const struct plan *p, struct slice name);

/*
 * What a user part means in E.164: "+493012345". False: it is no number, or cannot be told (an
 * extension, a name, digits that may be of any country). Visual separators, URI parameters and a
 * scheme before it are stepped over, escapes undone (RFC 3966); a phone-context that is a number
 * stands in for the country.
 */
bool plan_number(const struct plan *p, struct slice user, char out[PLAN_NUMBER_MAX]);

/* Does it call for help? A Request-URI or To, whole: its user is a number for emergencies, as dialled
 * or by the user's rules, or it is urn:service:sos (RFC 5031). */
bool plan_is_emergency(const struct plan *p, struct slice uri);

/* Is a number from plan_number one of another country than the configured one? False where none is. */
bool plan_is_abroad(const struct plan *p, const char *number);

/* Of a number from plan_number, by its longest prefix; NULL: unknown. */
const struct plan_destination *plan_find_destination(const struct plan *p, const char *number);

#endif
