/*
 * plan - the dial plan: which addresses are which trunk, what a dialled string is in E.164, and which
 * destination a number belongs to.
 *
 * Made from the configuration before a run, then only read.
 *
 * Ownership  plan_new/free; texts are copied.
 * Thread     Any, once it is made.
 * Errors     0, −EINVAL (what was given cannot be read), −EEXIST, −ENOMEM, −E2BIG (over a cap).
 * Source     ITU-T E.164, E.164 annex (country codes), NANPA
 */
#ifndef ANALYZER_PLAN_PLAN_H
#define ANALYZER_PLAN_PLAN_H

#include "analyzer/base/addr.h"

enum {
    PLAN_TRUNKS_MAX = 1024,
    PLAN_ADDRESSES_MAX = 16384, /* of all trunks */
    PLAN_RULES_MAX = 256,
    PLAN_DESTINATIONS_MAX = 200000,
    PLAN_NUMBER_MAX = 24, /* '+', 15 digits (more are seen and kept), NUL */
};

struct plan;

struct plan_trunk {
    struct slice name;
    int64_t channel_limit; /* RECORD_NONE: none is known */
    bool encrypted;        /* signalling by TLS and media by SRTP are expected of it */
};

struct plan_destination {
    struct slice prefix; /* digits, without '+' */
    struct slice name;   /* "Germany", "United States", … */
};

int plan_new(struct plan **pp);
void plan_free(struct plan *p);

/* address: IP, IP:PORT or CIDR. Of addresses that overlap the narrower one counts. */
int plan_add_trunk(struct plan *p, const struct plan_trunk *trunk);
int plan_add_trunk_address(struct plan *p, struct slice trunk, struct slice address);

/* The country that numbers without one belong to: "49" or "+49"; its national prefix ("0") and
 * international prefix ("00") are known. */
int plan_set_country(struct plan *p, struct slice country_code);
/* A rule of the user's, before all others: strings that begin with `prefix` and have min to max
 * characters begin with `replacement` instead. */
int plan_add_rule(struct plan *p, struct slice prefix, uint8_t min_len, uint8_t max_len,
                  struct slice replacement);

/* Country codes and NANP are built in; a prefix given again replaces its name. */
int plan_add_destination(struct plan *p, struct slice prefix, struct slice name);

/* NULL: of no trunk. */
const struct plan_trunk *plan_find_trunk(const struct plan *p, const struct addr *addr);

/* What a user part means in E.164: "+493012345". False: it is no number, or cannot be told (an
 * extension, a name). Visual separators and URI parameters are stepped over (RFC 3966). */
bool plan_number(const struct plan *p, struct slice user, char out[PLAN_NUMBER_MAX]);

/* Of a number from plan_number; NULL: unknown. */
const struct plan_destination *plan_find_destination(const struct plan *p, const char *number);

#endif
