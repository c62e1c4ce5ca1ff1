/*
 * plan_world - what the world has agreed on: which prefix is which destination, and how each country
 * dials.
 *
 * Tables alone. To add a destination or a country is to add a row; prefixes of one name stand in one
 * text with blanks between them.
 *
 * Source  ITU-T E.164 annex: list of assigned country codes; NANPA: area codes in service; ITU-T
 *         E.164 Supplement 1 (national and international prefixes)
 */
#ifndef ANALYZER_PLAN_PLAN_WORLD_H
#define ANALYZER_PLAN_PLAN_WORLD_H

#include <stddef.h>
#include <stdint.h>

struct plan_world_destination {
    const char *name;
    const char *head;     /* that all prefixes begin with */
    const char *prefixes; /* what follows it; NULL: the head alone */
};

extern const struct plan_world_destination plan_world_destinations[];
extern const size_t plan_world_destination_count;

struct plan_world_country {
    const char *code;
    const char *national;      /* dialled before a number of another area; "": none */
    const char *international; /* with blanks between several */
    uint8_t min_len, max_len;  /* digits of a national number, without the prefix; 1 and 0: none is
                                  understood */
};

extern const struct plan_world_country plan_world_countries[];
extern const size_t plan_world_country_count;

#endif
