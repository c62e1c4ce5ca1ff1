/*
 * search_fixture - a search by its text, for tests that have a store to look into.
 */
#ifndef TESTS_UNIT_SEARCH_FIXTURE_H
#define TESTS_UNIT_SEARCH_FIXTURE_H

#include "analyzer/filter/filter.h"
#include "storage/search/search.h"
#include "tests/unit/store_fixture.h"

/* A page of the newest; cursor: of the page before, or ""; it becomes that of this one. */
static inline int fixture_search_page(struct query *q, struct slice text, size_t limit,
                                      char cursor[SEARCH_CURSOR_MAX], query_row_fn row, void *ctx)
{
    struct search_request request = { .limit = limit, .cursor = slice_of_text(cursor) };
    struct search_end end = { .cursor = "" };
    struct filter_error error;
    struct filter *f = NULL;
    int err = filter_parse(&f, text, FIXTURE_TIME, &error);

    if (err)
        return err;
    request.filter = f;
    err = search_calls(q, &request, row, ctx, &end);
    memcpy(cursor, end.cursor, sizeof end.cursor);
    filter_free(f);
    return err;
}

static inline int fixture_search(struct query *q, const char *text, query_row_fn row, void *ctx)
{
    char cursor[SEARCH_CURSOR_MAX] = "";

    return fixture_search_page(q, slice_of_text(text), 0, cursor, row, ctx);
}

#endif
