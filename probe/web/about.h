/*
 * about - what this program is made of and how it is configured, as the page of the probe shows it.
 *
 * Filled in by who knows all rooms (probe/cmd/about_facts.h).
 *
 * Ownership  Borrowed for as long as the server runs.
 */
#ifndef PROBE_WEB_ABOUT_H
#define PROBE_WEB_ABOUT_H

#include "analyzer/base/slice.h"

struct about_library {
    const char *name;
    const char *version; /* NULL: not built in */
    const char *purpose;
};

struct about {
    const struct about_library *libraries;
    size_t library_count;
    struct slice config; /* JSON: an array of options, see config_print_shown; absent: not known */
    const char *config_file; /* NULL: none, only defaults and options */
};

#endif
