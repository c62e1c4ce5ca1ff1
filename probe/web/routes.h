/*
 * routes - the table of docs/API.md: which path, by which method, for whom, and who answers.
 *
 * To learn a route is to add a row.
 *
 * Thread  Pure functions.
 */
#ifndef PROBE_WEB_ROUTES_H
#define PROBE_WEB_ROUTES_H

#include "probe/web/api_context.h"

struct route {
    const char *path; /* its parts; '*' is the id of a call or an alert, '#' a number, '@' a name */
    uint8_t method;   /* enum exchange_method */
    unsigned right;   /* enum right: who may */
    const char *deed; /* what the audit trail calls it; NULL: it leaves no line */
    unsigned params;  /* enum params_set */
    bool no_store;    /* it reads nothing of it */
    api_handler *handle;
};

/* The variable part of a path, and of which kind it is. */
struct route_variable {
    char kind; /* 0: there is none */
    struct slice text;
};

/* NULL: nothing is there by this method. */
const struct route *routes_find(struct slice path, uint8_t method, struct route_variable *v);

/* What may be done at this path: never nothing. */
enum route_method { ROUTE_GET = 1, ROUTE_POST = 2, ROUTE_DELETE = 4 };
unsigned routes_methods(struct slice path);

/* All of them, for the tests that walk the table; NULL behind the last. */
const struct route *routes_at(size_t index);
/* Its index. */
size_t routes_index(const struct route *route);

#endif
